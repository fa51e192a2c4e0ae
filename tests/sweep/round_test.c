/* round_test.c -- runs that are left, stopped and continued in a folder end in the records, and z in the bytes,
 * of runs that were trained through. */
#include "tests/sweep/world.h"

#include "format/safetensors.h"

enum { EPOCHS = 4, RUNS = 2 };

static char whole[256], parts[256];

static int setup(void **state)
{
    test_folder(whole);
    test_folder(parts);
    return 0;
}

static int teardown(void **state)
{
    test_folder_end(whole);
    test_folder_end(parts);
    return 0;
}

/* Canonical runs of one team: two d of dense. */
typedef struct asked {
    run_spec runs[RUNS];
    key_texts texts;
} asked;

static void asked_make(asked *a)
{
    static const char *const spaces[RUNS] = {"dense:d=9", "dense:d=5"};
    *a = (asked){0};
    for (size_t i = 0; i < RUNS; i++) {
        run_spec r;
        assert_ok(run_defaults(&r, &a->texts));
        r.data = "synth:features=12,classes=3,n=100";
        r.model = "fc:width=6,depth=1";
        r.space = spaces[i];
        r.optimiser = "adam:lr=.05";
        r.epochs = EPOCHS;
        r.batch = 25;
        assert_ok(run_canonical(&r, NULL, &a->runs[i], &a->texts));
    }
}

static void sweep_in(sweep **s, const char *folder, bool keep_z)
{
    sweep_options options = {.folder = folder, .threads = 1, .keep_z = keep_z};
    assert_ok(sweep_open(s, &options));
}

/* Trained through, with z. */
static void train_whole(const asked *a)
{
    sweep *s;
    sweep_in(&s, whole, true);
    assert_ok(sweep_stage(s, a->runs, RUNS));
    assert_int_equal(sweep_done(s), RUNS);
    assert_ok(sweep_close(s));
    assert_int_equal(count_names(whole, "z", ".safetensors"), RUNS);
    assert_false(there(whole, "partial"));
}

static void assert_same_file(const char *sub, const char *id)
{
    char *name = mem_printf("%s/%s.safetensors", sub, id), *a = joined(whole, name), *x, *y;
    char *b = joined(parts, name);
    size_t n_x, n_y;
    assert_ok(file_read(a, 1 << 20, &x, &n_x));
    assert_ok(file_read(b, 1 << 20, &y, &n_y));
    assert_int_equal(n_x, n_y);
    assert_memory_equal(x, y, n_x);
    mem_free(name);
    mem_free(a);
    mem_free(b);
    mem_free(x);
    mem_free(y);
}

/* The two folders hold the same runs, bits and z. */
static void assert_same_folders(void)
{
    store *a, *b;
    assert_ok(store_open(&a, whole));
    assert_ok(store_open(&b, parts));
    assert_int_equal(store_count(a), RUNS);
    assert_int_equal(store_count(b), RUNS);
    for (size_t i = 0; i < RUNS; i++) {
        const record *x = store_at(a, i), *y = store_at(b, i);
        assert_int_equal(x->status, RECORD_OK);
        assert_true(record_same(x, y));
        assert_int_equal(x->bits_crc, y->bits_crc);
        assert_same_file("z", x->id);
    }
    assert_ok(store_close(a));
    assert_ok(store_close(b));
}

static void rounds_and_a_stage_make_the_whole(void **state)
{
    asked a;
    sweep *s;
    asked_make(&a);
    train_whole(&a);
    sweep_in(&s, parts, true);
    assert_ok(sweep_round(s, a.runs, RUNS, 1));
    assert_int_equal(sweep_done(s), RUNS);
    assert_int_equal(sweep_failed(s), 0);
    assert_int_equal(count_names(parts, "partial", ".safetensors"), RUNS);
    assert_int_equal(count_names(parts, "z", ""), 0); /* of finished runs alone */
    assert_ok(sweep_round(s, a.runs, RUNS, 1));       /* they are there */
    assert_int_equal(sweep_done(s), RUNS);
    assert_ok(sweep_round(s, a.runs, RUNS - 1, 3)); /* the better half */
    assert_int_equal(sweep_done(s), RUNS + 1);
    assert_ok(sweep_close(s));

    store *x, *y;
    size_t epochs = 0;
    assert_ok(store_open(&x, whole));
    assert_ok(store_open(&y, parts));
    for (size_t i = 0; i < RUNS; i++) {
        const record *r = store_at(y, i), *all = store_find(x, r->id);
        assert_int_equal(r->status, RECORD_STOPPED);
        assert_true(isnan(r->result.score));
        assert_memory_equal(r->result.history, all->result.history,
                            r->result.n_history * sizeof(train_row));
        epochs += r->result.epochs;
    }
    assert_int_equal(epochs, 1 + 3);
    assert_ok(store_close(x));
    assert_ok(store_close(y));

    sweep_in(&s, parts, true);
    assert_ok(sweep_stage(s, a.runs, RUNS));
    assert_int_equal(store_notes(sweep_store(s)), 0);
    assert_ok(sweep_close(s));
    assert_int_equal(count_names(parts, "partial", ""), 0);
    assert_same_folders();
    key_texts_clear(&a.texts);
}

static void a_damaged_checkpoint_is_said_and_the_run_is_the_same(void **state)
{
    asked a;
    sweep *s;
    char *partial, **names;
    size_t n;
    asked_make(&a);
    train_whole(&a);
    sweep_in(&s, parts, true);
    assert_ok(sweep_round(s, a.runs, RUNS, 2));
    partial = joined(parts, "partial");
    assert_ok(file_names(partial, "", &names, &n));
    char *path = joined(partial, names[0]);
    assert_ok(file_write(path, "torn", 4));
    assert_ok(sweep_stage(s, a.runs, RUNS));
    assert_int_equal(store_notes(sweep_store(s)), 1);
    assert_non_null(strstr(store_note(sweep_store(s), 0), "the run starts anew"));
    assert_non_null(strstr(store_note(sweep_store(s), 0), names[0]));
    assert_ok(sweep_close(s));
    assert_same_folders();
    file_names_free(names, n);
    mem_free(partial);
    mem_free(path);
    key_texts_clear(&a.texts);
}

typedef struct teller {
    size_t leave, told;
} teller;

static int tell(void *context, size_t epoch, size_t epochs)
{
    teller *t = context;
    assert_int_equal(epochs, EPOCHS);
    t->told++;
    return epoch == t->leave;
}

static void a_unit_that_was_left_is_taken_up(void **state)
{
    asked a;
    runner *r;
    record records[RUNS];
    store *s;
    teller t = {.leave = 3};
    const runner_how how = {.folder = parts, .keep_z = true, .told = tell, .context = &t};
    asked_make(&a);
    train_whole(&a);
    assert_ok(runner_new(&r, NULL, 1, 0));
    assert_int_equal(runner_unit(r, a.runs, RUNS, -1, &how, records), ERR_STOPPED);
    assert_int_equal(count_names(parts, "partial", ".safetensors"), RUNS);
    t = (teller){0};
    assert_ok(runner_unit(r, a.runs, RUNS, -1, &how, records));
    assert_int_equal(t.told, EPOCHS - 3);
    assert_ok(store_open(&s, parts));
    for (size_t i = 0; i < RUNS; i++)
        assert_ok(store_add(s, &records[i]));
    assert_ok(store_close(s));
    assert_int_equal(count_names(parts, "partial", ""), 0);
    assert_same_folders();
    runner_free(r);
    key_texts_clear(&a.texts);
}

static bool seen_enough(void *context, bool scored)
{
    size_t *steps = context; /* an epoch's four: the fourth has a row of the history */
    assert_int_equal(scored, ++*steps % 4 == 0);
    return *steps == 6;
}

static void a_watched_run_ends_when_enough_was_seen(void **state)
{
    asked a;
    sweep *s;
    record r;
    bool ended;
    size_t steps = 0;
    asked_make(&a);
    sweep_in(&s, NULL, false);
    assert_ok(sweep_watch(s, &a.runs[0], seen_enough, &steps, &r, &ended));
    assert_false(ended);
    assert_int_equal(steps, 6);
    assert_ok(sweep_watch(s, &a.runs[0], NULL, NULL, &r, &ended));
    assert_true(ended);
    assert_int_equal(r.status, RECORD_OK);
    record_clear(&r);
    assert_ok(sweep_close(s));
    key_texts_clear(&a.texts);
}

static void who_has_no_z_is_trained_again_when_z_is_wanted(void **state)
{
    asked a;
    sweep *s;
    asked_make(&a);
    train_whole(&a);
    sweep_in(&s, parts, false);
    assert_ok(sweep_stage(s, a.runs, RUNS));
    assert_false(there(parts, "z"));
    assert_ok(sweep_close(s));
    for (size_t i = 0; i < 2; i++) {
        sweep_in(&s, parts, true);
        assert_ok(sweep_stage(s, a.runs, RUNS));
        assert_int_equal(sweep_done(s), i ? 0 : RUNS);
        assert_int_equal(store_notes(sweep_store(s)), 0);
        assert_ok(sweep_close(s));
    }
    assert_same_folders();
    key_texts_clear(&a.texts);
}

/* d and d_head of one run of so many epochs. */
typedef struct meanwhile {
    const asked *a;
    bool came;
    char id[RUN_ID]; /* of the first run */
} meanwhile;

/* Another leader comes when a stage has its list, does all of it, and goes. */
static int other_comes(void *context, size_t done, size_t total, const char *now)
{
    meanwhile *o = context;
    if (!o->came) {
        o->came = true;
        train_whole(o->a);
    }
    return 0;
}

static void what_another_leader_did_meanwhile_is_not_done_again(void **state)
{
    asked a;
    sweep *s;
    store *all;
    asked_make(&a);
    meanwhile o = {.a = &a};
    const sweep_options options = {
        .folder = whole, .threads = 1, .told = other_comes, .context = &o};
    assert_ok(sweep_open(&s, &options));
    assert_ok(sweep_stage(s, a.runs, RUNS));
    assert_int_equal(sweep_done(s), 0);
    assert_int_equal(sweep_found(s), RUNS);
    assert_ok(sweep_close(s));
    assert_ok(store_open(&all, whole));
    assert_int_equal(store_count(all), RUNS);
    assert_int_equal(store_twice(all), 0);
    assert_ok(store_close(all));
    key_texts_clear(&a.texts);
}

static void a_second_leader_does_not_keep_the_first_from_what_is_asked_again(void **state)
{
    asked a;
    sweep *s;
    asked_make(&a);
    sweep_in(&s, whole, false);
    assert_ok(sweep_stage(s, a.runs, RUNS));
    assert_ok(sweep_close(s));
    sweep_in(&s, whole, true);
    char *path = joined(whole, "working/another-1-00000000");
    assert_ok(file_write(path, ".\n", 2));
    assert_ok(sweep_stage(s, a.runs, RUNS)); /* for their z */
    assert_int_equal(sweep_done(s), RUNS);
    assert_ok(sweep_close(s));
    mem_free(path);
    key_texts_clear(&a.texts);
}

/* Another leader, asked to, tries again what failed, in vain. */
static int other_fails(void *context, size_t done, size_t total, const char *now)
{
    meanwhile *o = context;
    if (!o->came) {
        store *s;
        record bad;
        o->came = true;
        assert_ok(record_failed(&bad, &o->a->runs[0], o->id, "it broke", false));
        assert_ok(store_open(&s, whole));
        assert_ok(store_add_all(s, &bad, 1));
        assert_ok(store_close(s));
    }
    return 0;
}

static void what_failed_is_tried_again_once_by_all_leaders_that_are_asked(void **state)
{
    asked a;
    sweep *s;
    asked_make(&a);
    meanwhile o = {.a = &a};
    const sweep_options options = {
        .folder = whole, .threads = 1, .again = true, .told = other_fails, .context = &o};
    run_spec same;
    sweep_in(&s, NULL, false);
    assert_ok(sweep_run_of(s, &a.runs[0], &same, o.id));
    assert_ok(sweep_close(s));
    other_fails(&o, 0, 0, NULL); /* the failure that is to be mended */
    for (size_t k = 0; k < 2; k++) {
        o.came = k;
        assert_ok(sweep_open(&s, &options));
        assert_ok(sweep_stage(s, a.runs, 1));
        assert_int_equal(sweep_done(s), k); /* who comes later tries too */
        assert_int_equal(sweep_failed(s), 1 - k);
        assert_ok(sweep_close(s));
    }
    key_texts_clear(&a.texts);
}

static void heads_of(runner *r, const char *space_, size_t epochs, size_t *d, size_t *head)
{
    const runner_how how = {.folder = NULL};
    key_texts texts = {0};
    run_spec given, run;
    record out;
    assert_ok(run_defaults(&given, &texts));
    given.data = "synth:features=12,classes=3,n=100";
    given.model = "fc:width=6,depth=1";
    given.space = space_;
    given.epochs = epochs;
    assert_ok(run_canonical(&given, NULL, &run, &texts));
    assert_ok(runner_unit(r, &run, 1, -1, &how, &out));
    *d = out.d;
    *head = out.d_head;
    record_clear(&out);
    key_texts_clear(&texts);
}

/* 12 x 6 + 6 numbers, and a head of 6 x 3 + 3. */
static void numbers_trained_beside_a_space_are_counted_wherever_they_stand(void **state)
{
    static const struct {
        const char *space;
        size_t d, head;
    } want[] = {
        {"full", 99, 0},
        {"full:targets=head", 21, 0},
        {"onehot:d=5,targets=0++full:targets=head", 26, 21},
        {"full:targets=head++onehot:d=5,targets=0", 26, 21},
        {"full:targets=head++full:targets=0", 99, 0}, /* beside no other space */
        {"onehot:d=5@full", 5, 0},
    };
    runner *r;
    assert_ok(runner_new(&r, NULL, 1, 0));
    for (size_t i = 0; i < sizeof want / sizeof *want; i++)
        for (size_t epochs = 0; epochs < 2; epochs++) { /* at step 0 nothing is trained */
            size_t d, head;
            heads_of(r, want[i].space, epochs, &d, &head);
            if (d != epochs * want[i].d || head != epochs * want[i].head)
                fail_msg("%s, %zu epochs: d %zu, head %zu", want[i].space, epochs, d, head);
        }
    runner_free(r);
}

/* No kind of today is so; the row of one is changed here. */
static void z_says_whether_frozen_parts_can_be_drawn_again(void **state)
{
    const tensor t = {
        .name = "w", .roles = "kernel", .shape = {4}, .n = 4, .layer = 0, .lr_factor = 1};
    const layout l = {.tensors = &t, .n_tensors = 1, .n = 4};
    const real theta0[4] = {1, 2, 3, 4};
    real z[2] = {5, 6}, got[2];
    space *s;
    record r;
    assert_ok(space_new(&s, "onehot:d=2", &l, theta0, stream_make(1, "P")));
    record_make(&r, "0123456789abcdef0123", .5);
    r.result.z = z;
    r.result.d = 2;
    r.run.data = "mnist:dir=/here";
    for (int drawn = 0; drawn < 2; drawn++) {
        space_ops ops = *s->ops;
        space other = *s;
        safetensors *f;
        ops.regenerable = drawn;
        other.ops = &ops;
        assert_ok(keep_z_write(parts, &r, NULL, "core 1\n", &other));
        char *path = keep_z(parts, r.id);
        assert_ok(safetensors_open(&f, path));
        assert_int_equal(strncmp(safetensors_meta(f, "frozen"), "regenerable", 11) == 0, drawn);
        assert_string_equal(safetensors_meta(f, "hashed"), "core 1\n");
        assert_string_equal(safetensors_meta(f, "space"), "fastfood:d=750");
        assert_non_null(strstr(safetensors_meta(f, "run"), "\"data\":\"mnist\""));
        assert_ok(safetensor_reals(safetensors_find(f, "z"), 0, 2, got));
        assert_true(got[0] == 5 && got[1] == 6);
        safetensors_close(f);
        mem_free(path);
    }
    r.result.z = NULL;
    record_clear(&r);
    space_free(s);
}

#define IN_FOLDERS(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDERS(rounds_and_a_stage_make_the_whole),
        IN_FOLDERS(a_damaged_checkpoint_is_said_and_the_run_is_the_same),
        IN_FOLDERS(a_unit_that_was_left_is_taken_up),
        cmocka_unit_test(numbers_trained_beside_a_space_are_counted_wherever_they_stand),
        IN_FOLDERS(z_says_whether_frozen_parts_can_be_drawn_again),
        IN_FOLDERS(who_has_no_z_is_trained_again_when_z_is_wanted),
        IN_FOLDERS(what_another_leader_did_meanwhile_is_not_done_again),
        IN_FOLDERS(a_watched_run_ends_when_enough_was_seen),
        IN_FOLDERS(what_failed_is_tried_again_once_by_all_leaders_that_are_asked),
        IN_FOLDERS(a_second_leader_does_not_keep_the_first_from_what_is_asked_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
