/* checkpoint_test.c -- a run that was left and taken up again ends in the bytes of one that was not: at every
 * step, for every optimiser, in teams; whatever happened to the file. */
#include "tests/format/hostile.h"

#include "train/checkpoint.h"

enum { EPOCHS = 3, STEPS = 4, MEMBERS = 3 }; /* 90 samples by 25: a short last batch */

static const char data[] = "synth:features=12,classes=3,n=100";

typedef struct world {
    char folder[256], *files[MEMBERS];
    task *t;
    model *m;
    real *theta0;
    space *s[MEMBERS];
    optimiser *o;
    schedule *c;
    train_plan plan;
    train_member members[MEMBERS];
    train_result whole[MEMBERS], again[MEMBERS];
    size_t leave, steps; /* told: stop after so many steps of this call */
    train_word word;
    char said[1000];
} world;

static train_word world_told(void *context, size_t row, size_t rows, bool fresh)
{
    world *w = context;
    assert_true(row <= rows && rows == EPOCHS);
    return ++w->steps == w->leave ? w->word : TRAIN_GO_ON;
}

static void world_said(void *context, const char *sentence)
{
    world *w = context;
    snprintf(w->said, sizeof w->said, "%s", sentence);
}

static void world_open(world *w, const char *const *spaces, const char *optimiser_)
{
    static const char *const ids[MEMBERS] = {"first", "second", "third"};
    stream s = stream_make(1, "theta0");
    *w = (world){.word = TRAIN_STOP};
    test_folder(w->folder);
    assert_ok(task_new(&w->t, data));
    assert_ok(model_new(&w->m, "fc:width=6,depth=1", w->t));
    w->theta0 = mem_array(w->m->layout.n, sizeof(real));
    assert_non_null(w->theta0);
    w->m->row->theta0(w->m, &s, w->theta0);
    assert_ok(optimiser_new(&w->o, optimiser_));
    assert_ok(schedule_new(&w->c, "cosine:warmup=.2"));
    for (size_t i = 0; i < MEMBERS; i++) {
        w->files[i] = mem_printf("%s/partial/%s", w->folder, ids[i]);
        assert_ok(space_new(&w->s[i], spaces[i], &w->m->layout, w->theta0, stream_make(1, "P")));
        w->members[i] = (train_member){
            .space = w->s[i], .optimiser = w->o, .schedule = w->c, .clip = .5, .id = ids[i]};
    }
    w->plan = (train_plan){.task = w->t,
                           .model = w->m,
                           .theta0 = w->theta0,
                           .batch = 25,
                           .epochs = EPOCHS,
                           .order = stream_make(1, "order"),
                           .dropout = stream_make(1, "dropout"),
                           .test = true,
                           .kind = "here",
                           .said = world_said,
                           .context = w};
}

static void results_clear(train_result *r)
{
    for (size_t i = 0; i < MEMBERS; i++)
        train_result_clear(&r[i]);
}

static void world_close(world *w)
{
    results_clear(w->whole);
    results_clear(w->again);
    for (size_t i = 0; i < MEMBERS; i++) {
        space_free(w->s[i]);
        mem_free(w->files[i]);
    }
    schedule_free(w->c);
    optimiser_free(w->o);
    mem_free(w->theta0);
    model_free(w->m);
    task_free(w->t);
    test_folder_end(w->folder);
}

/* Trained through, without files. */
static void world_whole(world *w, size_t n)
{
    for (size_t i = 0; i < MEMBERS; i++)
        w->members[i].checkpoint = NULL;
    w->plan.told = NULL;
    assert_ok(train_team(&w->plan, w->members, n, w->whole));
    for (size_t i = 0; i < MEMBERS; i++)
        w->members[i].checkpoint = w->files[i];
    w->plan.told = world_told;
}

/* Left after `leave` steps. */
static void world_leave(world *w, const train_member *members, size_t n, size_t leave)
{
    train_result left[MEMBERS];
    w->leave = leave;
    w->steps = 0;
    assert_refused(train_team(&w->plan, members, n, left), ERR_STOPPED, "stopped after");
    w->leave = 0;
    assert_string_equal(w->said, "");
}

static void assert_same(const train_result *a, const train_result *b)
{
    double x[TRAIN_ROW], y[TRAIN_ROW];
    assert_int_equal(a->end, b->end);
    assert_int_equal(a->epochs, b->epochs);
    assert_int_equal(a->steps, b->steps);
    assert_int_equal(a->best_epoch, b->best_epoch);
    assert_int_equal(a->n_history, b->n_history);
    for (size_t k = 0; k < a->n_history; k++) {
        train_row_numbers(&a->history[k], x);
        train_row_numbers(&b->history[k], y);
        assert_memory_equal(x, y, sizeof x);
    }
    const double of_a[] = {a->score, a->loss, a->score_best, a->val,
                           a->train, a->gain, a->val_best,   a->update_norm};
    const double of_b[] = {b->score, b->loss, b->score_best, b->val,
                           b->train, b->gain, b->val_best,   b->update_norm};
    for (size_t i = 0; i < sizeof of_a / sizeof *of_a; i++)
        assert_true(of_a[i] == of_b[i] || (isnan(of_a[i]) && isnan(of_b[i])));
    assert_int_equal(a->n_bits, b->n_bits);
    if (a->bits)
        assert_memory_equal(a->bits, b->bits, (a->n_bits + 7) / 8);
    assert_memory_equal(a->z, b->z, a->d * sizeof *a->z);
}

static const char *const three[MEMBERS] = {"full", "dense:d=9", "fastfood:d=20@lora:r=2"};

/* A team's members are of one kind. */
static const char *const team[MEMBERS] = {"dense:d=9", "dense:d=5", "dense:d=7"};

static void left_at_any_step_it_ends_in_the_same_bytes(void **state)
{
    for (size_t i = 0; optimiser_rows[i]; i++) { /* each with another space */
        const char *const spaces[MEMBERS] = {three[i % MEMBERS], "full", "full"};
        world w;
        world_open(&w, spaces, optimiser_rows[i]->example);
        world_whole(&w, 1);
        for (size_t leave = 1; leave <= EPOCHS * STEPS; leave++) {
            world_leave(&w, w.members, 1, leave);
            assert_true(file_exists(w.files[0]));
            assert_ok(train_team(&w.plan, w.members, 1, w.again));
            /* what was done is not done again: told once for each step */
            assert_int_equal(w.steps, EPOCHS * STEPS);
            assert_same(&w.whole[0], &w.again[0]);
            train_result_clear(&w.again[0]);
            remove(w.files[0]);
        }
        world_close(&w);
    }
}

static void every_space_is_taken_up_where_it_was_left(void **state)
{
    static const char *const composed[] = {"onehot:d=7@lora:r=2", "lora:r=2++full:targets=bias",
                                           NULL};
    for (size_t i = 0, k = 0; space_rows[i] || composed[k];) {
        const char *example = space_rows[i] ? space_rows[i++]->example : composed[k++];
        const char *const spaces[MEMBERS] = {example, "full", "full"};
        if (!strncmp(example, "file:", 5) || !strcmp(example, "norms"))
            continue; /* directions of another network; this one has no norms */
        world w;
        world_open(&w, spaces, "adam:lr=.05");
        world_whole(&w, 1);
        for (size_t leave = STEPS - 1; leave < EPOCHS * STEPS; leave += STEPS + 1) {
            world_leave(&w, w.members, 1, leave);
            assert_ok(train_team(&w.plan, w.members, 1, w.again));
            assert_int_equal(w.steps, EPOCHS * STEPS);
            assert_same(&w.whole[0], &w.again[0]);
            train_result_clear(&w.again[0]);
            remove(w.files[0]);
        }
        world_close(&w);
    }
}

static void left_again_and_again_it_ends_in_the_same_bytes(void **state)
{
    world w;
    world_open(&w, three, "adam:lr=.05");
    world_whole(&w, 1);
    for (size_t leave = 1; leave <= EPOCHS * STEPS; leave++)
        world_leave(&w, w.members, 1, 1);
    assert_ok(train_team(&w.plan, w.members, 1, w.again));
    assert_same(&w.whole[0], &w.again[0]);
    world_close(&w);
}

static void kept_in_passing_it_goes_on(void **state)
{
    world w;
    world_open(&w, three, "adam:lr=.05");
    world_whole(&w, 1);
    w.word = TRAIN_SAVE;
    w.leave = 5;
    assert_ok(train_team(&w.plan, w.members, 1, w.again));
    assert_same(&w.whole[0], &w.again[0]);
    train_result_clear(&w.again[0]);
    /* as after a crash at step 9 */
    w.steps = w.leave = 0;
    assert_ok(train_team(&w.plan, w.members, 1, w.again));
    assert_int_equal(w.steps, EPOCHS * STEPS - 5);
    assert_same(&w.whole[0], &w.again[0]);
    world_close(&w);
}

static void members_left_at_different_steps_get_their_bytes(void **state)
{
    world w;
    world_open(&w, team, "adam:lr=.05");
    world_whole(&w, MEMBERS);
    world_leave(&w, &w.members[1], 1, 3);
    world_leave(&w, &w.members[2], 1, 2 * STEPS);
    assert_ok(train_team(&w.plan, w.members, MEMBERS, w.again)); /* the first from step 0 */
    for (size_t i = 0; i < MEMBERS; i++)
        assert_same(&w.whole[i], &w.again[i]);
    results_clear(w.again);
    /* the team is left before its second and third member have joined */
    world_leave(&w, w.members, MEMBERS, 2);
    w.steps = 0;
    assert_ok(train_team(&w.plan, w.members, MEMBERS, w.again));
    assert_int_equal(w.steps, EPOCHS * STEPS - 2);
    for (size_t i = 0; i < MEMBERS; i++)
        assert_same(&w.whole[i], &w.again[i]);
    results_clear(w.again);
    /* the others first: nobody is at work for a while */
    w.steps = 0;
    assert_ok(train_team(&w.plan, &w.members[1], 2, &w.again[1]));
    assert_int_equal(w.steps, EPOCHS * STEPS - 3);
    assert_same(&w.whole[1], &w.again[1]);
    assert_same(&w.whole[2], &w.again[2]);
    world_close(&w);
}

static void a_diverged_member_stays_so(void **state)
{
    world w;
    world_open(&w, team, "sgd:lr=1,momentum=0");
    w.members[0].clip = 0;
    w.members[0].l2 = sizeof(real) == 4 ? 1e12 : 1e90; /* overflows in the fourth step */
    world_whole(&w, 2);
    assert_int_equal(w.whole[0].end, TRAIN_DIVERGED);
    assert_int_equal(w.whole[1].end, TRAIN_OK);
    world_leave(&w, w.members, 2, EPOCHS * STEPS - 1);
    assert_ok(train_team(&w.plan, w.members, 2, w.again));
    assert_int_equal(w.steps, EPOCHS * STEPS);
    /* its z holds NaN: compared as bytes all the same */
    for (size_t i = 0; i < 2; i++)
        assert_same(&w.whole[i], &w.again[i]);
    world_close(&w);
}

static void a_stopped_run_continues_from_its_stop(void **state)
{
    world w;
    world_open(&w, team, "adam:lr=.05");
    world_whole(&w, 2);
    w.members[0].stop_epoch = 1;
    assert_ok(train_team(&w.plan, w.members, 2, w.again)); /* the other goes through */
    assert_int_equal(w.again[0].end, TRAIN_STOPPED);
    assert_int_equal(w.again[0].epochs, 1);
    assert_memory_equal(w.again[0].history, w.whole[0].history, sizeof(train_row));
    assert_same(&w.whole[1], &w.again[1]);
    results_clear(w.again);
    w.members[0].stop_epoch = 2;
    w.steps = 0;
    assert_ok(train_team(&w.plan, w.members, 1, w.again));
    assert_int_equal(w.steps, STEPS);
    assert_int_equal(w.again[0].end, TRAIN_STOPPED);
    assert_int_equal(w.again[0].epochs, 2);
    results_clear(w.again);
    for (w.members[0].stop_epoch = 2; w.members[0].stop_epoch > 0; w.members[0].stop_epoch--) {
        w.steps = 0; /* it is there already, or behind that */
        assert_ok(train_team(&w.plan, w.members, 1, w.again));
        assert_int_equal(w.steps, 0);
        assert_int_equal(w.again[0].end, TRAIN_STOPPED);
        assert_int_equal(w.again[0].epochs, 2);
        results_clear(w.again);
    }
    assert_ok(train_team(&w.plan, w.members, 1, w.again));
    assert_int_equal(w.steps, STEPS);
    assert_same(&w.whole[0], &w.again[0]);
    world_close(&w);
}

/* A team that goes on after a member stopped must not put a later step beside the stopped one's z. */
static void a_stop_is_kept_as_it_was_when_the_team_is_left_later(void **state)
{
    world w;
    world_open(&w, team, "adam:lr=.05");
    world_whole(&w, 2);
    w.members[0].stop_epoch = 1;
    world_leave(&w, w.members, 2, 2 * STEPS + 1);
    w.members[0].stop_epoch = 0;
    assert_ok(train_team(&w.plan, w.members, 2, w.again));
    assert_string_equal(w.said, "");
    for (size_t i = 0; i < 2; i++)
        assert_same(&w.whole[i], &w.again[i]);
    world_close(&w);
}

static void starts_anew(world *w, const char *part)
{
    w->steps = 0;
    w->said[0] = '\0';
    assert_ok(train_team(&w->plan, w->members, 1, w->again));
    if (!strstr(w->said, part) || strncmp(w->said, "the run starts anew: ", 21))
        fail_msg("\"%s\" should hold \"%s\"", w->said, part);
    assert_int_equal(w->steps, EPOCHS * STEPS);
    assert_same(&w->whole[0], &w->again[0]);
    results_clear(w->again);
}

static void what_is_not_this_runs_own_is_said_and_not_taken(void **state)
{
    world w;
    world_open(&w, three, "adam:lr=.05");
    world_whole(&w, 1);
    world_leave(&w, w.members, 1, 6);
    w.plan.kind = "there";
    starts_anew(&w, "made on numeric kind here, and this machine is there");
    w.plan.kind = "here";
    w.members[0].id = "other";
    starts_anew(&w, "a checkpoint of run first, not of other");
    w.members[0].id = "first";
    assert_ok(file_write(w.files[0], "{}", 2));
    starts_anew(&w, "too few");
    assert_ok(file_write(w.files[0], "\2\0\0\0\0\0\0\0{}", 10));
    starts_anew(&w, "no checkpoint of a run");
    world_close(&w);
}

/* A space's state lies in one piece, whatever its parts. */
typedef struct small {
    real z[3], z_best[3], kept[6];
    unsigned char state[64];
    train_row rows[EPOCHS];
    train_result r;
    train_plan plan;
    checkpoint c;
} small;

static task small_task;

static void small_make(small *s)
{
    *s = (small){.rows = {{1, STEPS, .1, .2, .3, (double)NAN, (double)INFINITY}}};
    small_task.splits[IDIM_SPLIT_TRAIN].n = STEPS;
    test_fill(s->z, 3, 1);
    test_fill(s->z_best, 3, 2);
    test_fill(s->kept, 6, 3);
    for (size_t i = 0; i < sizeof s->state; i++)
        s->state[i] = (unsigned char)(7 * i + 1);
    s->r = (train_result){.history = s->rows, .n_history = 1, .best_epoch = 1};
    s->plan = (train_plan){.task = &small_task, .batch = 1, .epochs = EPOCHS};
    s->c = (checkpoint){.plan = &s->plan,
                        .id = "0123456789abcdef0123",
                        .kind = "fedcba9876543210",
                        .step = STEPS + 2,
                        .seen = {1.0 / 3, 23, 17, 11, 7},
                        .d = 3,
                        .slots = 2,
                        .state_bytes = sizeof s->state,
                        .z = s->z,
                        .z_best = s->z_best,
                        .kept = s->kept,
                        .state = s->state,
                        .result = &s->r};
}

static void small_empty(small *s)
{
    small_make(s);
    memset(s->z, 0, sizeof s->z);
    memset(s->z_best, 0, sizeof s->z_best);
    memset(s->kept, 0, sizeof s->kept);
    memset(s->state, 0, sizeof s->state);
    memset(s->rows, 0, sizeof s->rows);
    s->r.n_history = s->r.best_epoch = s->c.step = 0;
    s->c.seen = (idim_tally){0};
}

static void all_that_decides_further_bytes_comes_back(void **state)
{
    char folder[256], *path;
    small a, b;
    test_folder(folder);
    path = mem_printf("%s/new/folder/c", folder);
    small_make(&a);
    small_empty(&b);
    assert_ok(checkpoint_write(path, &a.c));
    assert_ok(checkpoint_read(path, &b.c));
    assert_memory_equal(a.z, b.z, sizeof a.z);
    assert_memory_equal(a.z_best, b.z_best, sizeof a.z_best);
    assert_memory_equal(a.kept, b.kept, sizeof a.kept);
    assert_memory_equal(a.state, b.state, sizeof a.state);
    assert_memory_equal(a.rows, b.rows, sizeof *a.rows);
    assert_true(b.c.step == STEPS + 2 && b.c.seen.loss == 1.0 / 3);
    assert_true(b.c.seen.n == 23 && b.c.seen.hits == 17);
    assert_true(b.c.seen.n_positive == 11 && b.c.seen.hits_positive == 7);
    assert_true(b.r.n_history == 1 && b.r.best_epoch == 1 && b.r.epochs == 1);
    mem_free(path);
    test_folder_end(folder);
}

static status small_reader(const char *path)
{
    small s, before;
    small_empty(&s);
    small_empty(&before);
    status st = checkpoint_read(path, &s.c);
    if (st) { /* nothing was touched */
        assert_memory_equal(s.z, before.z, sizeof s.z);
        assert_memory_equal(s.state, before.state, sizeof s.state);
        assert_true(s.r.n_history == 0 && s.c.step == 0);
    }
    return st;
}

static void no_damaged_checkpoint_is_taken(void **state)
{
    char folder[256], *path, *bytes;
    size_t n;
    small a;
    test_folder(folder);
    path = mem_printf("%s/c", folder);
    small_make(&a);
    assert_ok(checkpoint_write(path, &a.c));
    assert_ok(file_read(path, 100000, &bytes, &n));
    assert_ok(small_reader(path));
    assert_int_equal(hostile_try(folder, "damaged", bytes, n, small_reader), 0);
    mem_free(bytes);
    mem_free(path);
    test_folder_end(folder);
}

static void rows_that_do_not_fit_the_step_are_refused(void **state)
{
    char folder[256], *path;
    small a, b;
    test_folder(folder);
    path = mem_printf("%s/c", folder);
    small_make(&a);
    a.c.step = 2 * STEPS; /* two rows would be written by then */
    assert_ok(checkpoint_write(path, &a.c));
    small_empty(&b);
    assert_refused(checkpoint_read(path, &b.c), ERR_FORMAT, "1 rows at step 8");
    a.c.step = EPOCHS * STEPS + 1;
    assert_ok(checkpoint_write(path, &a.c));
    assert_refused(checkpoint_read(path, &b.c), ERR_FORMAT, "none of this run");
    a.c.step = STEPS;
    a.r.best_epoch = 2;
    assert_ok(checkpoint_write(path, &a.c));
    assert_refused(checkpoint_read(path, &b.c), ERR_FORMAT, "cannot be the best");
    a.r.best_epoch = 1;
    a.rows[0].epoch = SIZE_MAX; /* as a double it is no size_t any more */
    assert_ok(checkpoint_write(path, &a.c));
    assert_refused(checkpoint_read(path, &b.c), ERR_FORMAT, "row 1 of its history");
    a.rows[0].epoch = 1;
    a.rows[0].step = STEPS - 1;
    assert_ok(checkpoint_write(path, &a.c));
    assert_refused(checkpoint_read(path, &b.c), ERR_FORMAT, "epoch 1 and step 3");
    mem_free(path);
    test_folder_end(folder);
}

static void where_nothing_can_be_kept_it_trains_on_and_says_so(void **state)
{
    world w;
    world_open(&w, three, "adam:lr=.05");
    world_whole(&w, 1);
    char *partial = mem_printf("%s/partial", w.folder);
    assert_ok(file_write(partial, "", 0)); /* a file where the folder should be */
    w.word = TRAIN_SAVE;
    w.leave = 2;
    assert_ok(train_team(&w.plan, w.members, 1, w.again));
    assert_same(&w.whole[0], &w.again[0]);
    assert_non_null(strstr(w.said, "no checkpoint was kept: "));
    mem_free(partial);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(left_at_any_step_it_ends_in_the_same_bytes),
        cmocka_unit_test(every_space_is_taken_up_where_it_was_left),
        cmocka_unit_test(left_again_and_again_it_ends_in_the_same_bytes),
        cmocka_unit_test(kept_in_passing_it_goes_on),
        cmocka_unit_test(members_left_at_different_steps_get_their_bytes),
        cmocka_unit_test(a_diverged_member_stays_so),
        cmocka_unit_test(a_stopped_run_continues_from_its_stop),
        cmocka_unit_test(a_stop_is_kept_as_it_was_when_the_team_is_left_later),
        cmocka_unit_test(what_is_not_this_runs_own_is_said_and_not_taken),
        cmocka_unit_test(all_that_decides_further_bytes_comes_back),
        cmocka_unit_test(no_damaged_checkpoint_is_taken),
        cmocka_unit_test(rows_that_do_not_fit_the_step_are_refused),
        cmocka_unit_test(where_nothing_can_be_kept_it_trains_on_and_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
