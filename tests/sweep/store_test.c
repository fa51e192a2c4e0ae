/* store_test.c -- journals are added to and read by others; what is torn, damaged or there twice moves no
 * result; checkpoints go when their runs are whole. */
#include "sweep/tables.h"
#include "tests/sweep/world.h"

static char folder[256];

static int setup(void **state)
{
    test_folder(folder);
    return 0;
}

static int teardown(void **state)
{
    test_folder_end(folder);
    return 0;
}

static const char first[] = "0000000000000000000a", second[] = "0000000000000000000b";
static const unsigned char bits[2] = {0xa5, 0x01};

/* A record with bits, added by a store of its own: a worker that has ended. */
static void add(const char *id, record_status how, double score, size_t epochs)
{
    store *s;
    record r;
    record_make(&r, id, score);
    r.status = how;
    r.outside = how == RECORD_FAILED;
    r.tries = how == RECORD_FAILED;
    r.result.epochs = epochs;
    if (how == RECORD_OK)
        r.result.bits = mem_copy(bits, sizeof bits, 1);
    else
        r.result.n_bits = 0;
    assert_ok(store_open(&s, folder));
    assert_ok(store_add(s, &r));
    assert_null(r.result.history); /* the store has it */
    assert_ok(store_close(s));
}

static void what_one_worker_adds_another_finds(void **state)
{
    store *reader, *writer;
    record r;
    uint8_t *got;
    assert_ok(store_open(&reader, folder));
    assert_ok(store_open(&writer, folder));
    record_make(&r, second, .5);
    r.result.n_bits = 0;
    assert_ok(store_add(writer, &r));
    record_make(&r, first, .75);
    r.result.bits = mem_copy(bits, sizeof bits, 1);
    assert_ok(store_add(writer, &r));
    assert_int_equal(store_count(writer), 2);
    assert_int_equal(store_count(reader), 0);
    assert_ok(store_refresh(reader));
    assert_ok(store_refresh(reader)); /* reads on, nothing twice */
    assert_int_equal(store_count(reader), 2);
    assert_string_equal(store_at(reader, 0)->id, first); /* in order of ids */
    assert_true(store_find(reader, first)->result.score == .75);
    assert_null(store_find(reader, "0000000000000000000c"));
    assert_ok(store_bits(reader, store_find(reader, first), &got));
    assert_memory_equal(got, bits, sizeof bits);
    mem_free(got);
    assert_ok(store_bits(reader, store_find(reader, second), &got));
    assert_null(got);
    assert_int_equal(store_notes(reader), 0);
    assert_ok(store_close(writer));
    assert_ok(store_close(reader));
}

static void a_torn_line_waits_for_its_end(void **state)
{
    store *s;
    char *path, *bytes;
    size_t n;
    add(first, RECORD_OK, .75, 2);
    journal_of(folder, &path, &bytes, &n);
    assert_ok(file_write(path, bytes, n - 1)); /* all but its '\n' */
    assert_ok(store_open(&s, folder));
    assert_int_equal(store_count(s), 0);
    assert_int_equal(store_notes(s), 0); /* its writer may be at it */
    FILE *out = fopen(path, "ab");
    assert_true(out && fputc('\n', out) == '\n' && !fclose(out));
    assert_ok(store_refresh(s));
    assert_int_equal(store_count(s), 1);
    assert_ok(store_close(s));
    mem_free(path);
    mem_free(bytes);
}

static void a_damaged_line_is_noted_and_its_neighbours_are_read(void **state)
{
    store *s;
    record r;
    char *path, *bytes;
    size_t n;
    assert_ok(store_open(&s, folder));
    const char *const ids[] = {first, second, "0000000000000000000c"};
    for (size_t i = 0; i < 3; i++) {
        record_make(&r, ids[i], .5);
        r.result.n_bits = 0;
        assert_ok(store_add(s, &r));
    }
    assert_ok(store_close(s));
    journal_of(folder, &path, &bytes, &n);
    char *place = strstr(bytes, second);
    assert_non_null(place);
    *place ^= 1;
    assert_ok(file_write(path, bytes, n));
    assert_ok(store_open(&s, folder));
    assert_int_equal(store_count(s), 2);
    assert_null(store_find(s, second));
    assert_int_equal(store_notes(s), 1);
    assert_non_null(strstr(store_note(s, 0), path));
    assert_non_null(strstr(store_note(s, 0), "checksum"));
    assert_ok(store_close(s));
    mem_free(path);
    mem_free(bytes);
}

static void one_run_done_twice_is_one_run(void **state)
{
    store *s;
    record r;
    add(first, RECORD_OK, .75, 2);
    add(first, RECORD_OK, .75, 2);
    assert_ok(store_open(&s, folder));
    assert_int_equal(store_count(s), 1);
    assert_int_equal(store_notes(s), 0);
    assert_int_equal(store_twice(s), 0); /* of one start and as long: a copy */
    record_make(&r, first, .75);
    r.wall_s = 7;
    assert_ok(store_add(s, &r));
    assert_int_equal(store_count(s), 1);
    assert_int_equal(store_twice(s), 1);
    assert_ok(store_close(s));
}

static void of_two_results_the_first_stays_and_the_difference_is_noted(void **state)
{
    store *s;
    record r;
    char *old = NULL, *path, *bytes;
    size_t n;
    add(first, RECORD_OK, .75, 2);
    journal_of(folder, &path, &bytes, &n); /* under a name that is read first */
    old = mem_printf("%s/runs/a.jsonl", folder);
    assert_int_equal(rename(path, old), 0);
    add(first, RECORD_OK, .5, 2);
    assert_ok(store_open(&s, folder));
    assert_true(store_find(s, first)->result.score == .75);
    assert_int_equal(store_notes(s), 1);
    assert_non_null(strstr(store_note(s, 0), "differs from the first"));
    /* on another numeric kind that is no fault */
    record_make(&r, first, .25);
    r.kind[0] = '0';
    assert_ok(store_add(s, &r));
    assert_int_equal(store_notes(s), 1);
    assert_true(store_find(s, first)->result.score == .75);
    assert_ok(store_close(s));
    mem_free(old);
    mem_free(path);
    mem_free(bytes);
}

static void what_is_longer_replaces_what_was_stopped(void **state)
{
    static const struct {
        record_status status;
        size_t epochs;
        record_status then;
        size_t then_epochs;
    } steps[] = {
        {RECORD_FAILED, 0, RECORD_FAILED, 0},   {RECORD_STOPPED, 2, RECORD_STOPPED, 2},
        {RECORD_STOPPED, 1, RECORD_STOPPED, 2}, {RECORD_STOPPED, 5, RECORD_STOPPED, 5},
        {RECORD_FAILED, 0, RECORD_STOPPED, 5},  {RECORD_OK, 9, RECORD_OK, 9},
        {RECORD_STOPPED, 12, RECORD_OK, 9},     {RECORD_FAILED, 0, RECORD_OK, 9},
    };
    store *s;
    record r;
    assert_ok(store_open(&s, NULL));
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        record_make(&r, first, .5);
        r.status = steps[i].status;
        r.outside = r.status == RECORD_FAILED;
        r.result.epochs = steps[i].epochs;
        assert_ok(store_add(s, &r));
        const record *now = store_find(s, first);
        if (now->status != steps[i].then || now->result.epochs != steps[i].then_epochs)
            fail_msg("step %zu: %s, %zu epochs", i, record_status_text[now->status],
                     now->result.epochs);
    }
    assert_ok(store_close(s));
}

static void tries_that_ended_from_outside_are_counted(void **state)
{
    store *s;
    for (size_t i = 1; i <= RECORD_TRIES; i++) {
        add(first, RECORD_FAILED, 0, 0);
        assert_ok(store_open(&s, folder));
        assert_int_equal(store_find(s, first)->tries, i);
        assert_int_equal(record_whole(store_find(s, first)), i == RECORD_TRIES);
        assert_ok(store_close(s));
    }
}

static void a_run_whose_bits_were_changed_is_done_again(void **state)
{
    store *s, *before;
    uint8_t *got;
    char *runs = joined(folder, "runs"), **names;
    size_t n;
    add(first, RECORD_OK, .75, 2);
    assert_ok(file_names(runs, ".bits", &names, &n));
    assert_int_equal(n, 1);
    char *path = joined(runs, names[0]);
    assert_ok(store_open(&before, folder));
    for (size_t cut = 0; cut < 2; cut++) {
        assert_ok(file_write(path, "\xa5\x02", 2 - cut));
        assert_ok(store_open(&s, folder));
        assert_null(store_find(s, first));
        assert_int_equal(store_notes(s), 1);
        assert_non_null(strstr(store_note(s, 0), first));
        assert_ok(store_close(s));
        assert_refused(store_bits(before, store_find(before, first), &got), ERR_FORMAT, first);
        assert_null(got);
    }
    assert_ok(store_close(before));
    file_names_free(names, n);
    mem_free(path);
    mem_free(runs);
}

static void journals_of_ended_workers_are_folded_into_one(void **state)
{
    store *s;
    uint8_t *got;
    add(second, RECORD_OK, .5, 2);
    add(first, RECORD_OK, .75, 2);
    add(second, RECORD_OK, .5, 2);
    assert_int_equal(count_names(folder, "runs", ".jsonl"), 3);
    assert_ok(store_open(&s, folder));
    assert_ok(store_fold(s));
    assert_ok(store_close(s));
    assert_int_equal(count_names(folder, "runs", ".jsonl"), 1);
    assert_int_equal(count_names(folder, "runs", ".bits"), 1);
    assert_ok(store_open(&s, folder));
    assert_int_equal(store_count(s), 2);
    assert_ok(store_bits(s, store_find(s, first), &got));
    assert_memory_equal(got, bits, sizeof bits);
    mem_free(got);
    assert_ok(store_close(s));
}

/* However often a sweep is killed and started: the journals stay few, and tries are not counted again. */
static void folding_again_and_again_leaves_one_journal(void **state)
{
    store *s;
    uint8_t *got;
    char id[RUN_ID];
    add(second, RECORD_FAILED, 0, 0);
    add(second, RECORD_FAILED, 0, 0);
    for (int i = 0; i < 6; i++) {
        snprintf(id, sizeof id, "%020d", i);
        add(id, RECORD_OK, .5, 1);
        assert_ok(store_open(&s, folder));
        assert_ok(store_fold(s));
        assert_ok(store_fold(s)); /* nothing is left to do */
        assert_int_equal(store_find(s, second)->tries, 2);
        assert_ok(store_bits(s, store_find(s, id), &got));
        assert_memory_equal(got, bits, sizeof bits);
        mem_free(got);
        assert_ok(store_close(s));
        assert_int_equal(count_names(folder, "runs", ".jsonl"), 1);
        assert_int_equal(count_names(folder, "runs", ".bits"), 1);
    }
    assert_ok(store_open(&s, folder));
    assert_int_equal(store_count(s), 7);
    assert_int_equal(store_notes(s), 0);
    assert_int_equal(store_find(s, second)->tries, 2);
    assert_ok(store_close(s));
}

/* 300 workers that came and went. Their runs are 3,000 where the sanitisers watch, else 100,000; in memory
 * where there is a place for that, for every line waits for its disk. */
static void a_hundred_thousand_runs_leave_few_files(void **state)
{
    enum { WORKERS = 300, RUNS = sizeof(real) == sizeof(double) ? 334 : 10 };
    char place[256] = "/dev/shm/idim-test-XXXXXX", id[RUN_ID];
    store *s;
    if (!mkdtemp(place))
        test_folder(place);
    for (int k = 0; k < WORKERS; k++) {
        assert_ok(store_open_blind(&s, place));
        for (int i = 0; i < RUNS; i++) {
            record r;
            snprintf(id, sizeof id, "%020d", k * RUNS + i);
            record_make(&r, id, .5);
            r.result.n_bits = 0;
            assert_ok(store_add(s, &r));
        }
        assert_ok(store_close(s));
    }
    assert_int_equal(count_names(place, "runs", ""), WORKERS);
    assert_ok(store_open(&s, place));
    assert_ok(store_fold(s));
    assert_ok(tables_write(s));
    assert_int_equal(store_count(s), WORKERS * RUNS);
    assert_ok(store_close(s));
    assert_int_equal(count_names(place, "runs", ""), 1);
    assert_int_equal(count_names(place, "", ""), 4); /* runs/ and three CSVs */
    test_folder_end(place);
}

static void put_partial(const char *name)
{
    char *path = mem_printf("%s/partial/%s", folder, name);
    assert_ok(file_make_folder_of(path));
    assert_ok(file_write(path, "x", 1));
    mem_free(path);
}

static void a_checkpoint_goes_when_its_run_is_whole(void **state)
{
    static const char a[] = "partial/0000000000000000000a.safetensors";
    static const char b[] = "partial/0000000000000000000b.safetensors";
    put_partial(a + 8);
    put_partial(b + 8);
    add(first, RECORD_STOPPED, .5, 1);
    assert_true(there(folder, a)); /* it is continued from there */
    add(first, RECORD_OK, .5, 1);
    assert_false(there(folder, a));
    assert_true(there(folder, b));
}

static void what_a_crash_left_in_partial_is_taken_away_when_folding(void **state)
{
    store *s;
    add(first, RECORD_OK, .5, 1);
    add(second, RECORD_STOPPED, .5, 1);
    put_partial("0000000000000000000a.safetensors");
    put_partial("0000000000000000000a.safetensors.0123456789abcdef.tmp");
    put_partial("0000000000000000000b.safetensors");
    assert_ok(store_open(&s, folder));
    assert_ok(store_fold(s));
    assert_int_equal(count_names(folder, "partial", ""), 1); /* that run goes on */
    char *path = joined(folder, "partial/0000000000000000000b.safetensors");
    assert_int_equal(remove(path), 0);
    assert_ok(store_fold(s));
    assert_false(there(folder, "partial"));
    assert_ok(store_close(s));
    mem_free(path);
}

#define IN_A_FOLDER(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_A_FOLDER(what_one_worker_adds_another_finds),
        IN_A_FOLDER(a_torn_line_waits_for_its_end),
        IN_A_FOLDER(a_damaged_line_is_noted_and_its_neighbours_are_read),
        IN_A_FOLDER(one_run_done_twice_is_one_run),
        IN_A_FOLDER(of_two_results_the_first_stays_and_the_difference_is_noted),
        cmocka_unit_test(what_is_longer_replaces_what_was_stopped),
        IN_A_FOLDER(tries_that_ended_from_outside_are_counted),
        IN_A_FOLDER(a_run_whose_bits_were_changed_is_done_again),
        IN_A_FOLDER(journals_of_ended_workers_are_folded_into_one),
        IN_A_FOLDER(folding_again_and_again_leaves_one_journal),
        cmocka_unit_test(a_hundred_thousand_runs_leave_few_files),
        IN_A_FOLDER(a_checkpoint_goes_when_its_run_is_whole),
        IN_A_FOLDER(what_a_crash_left_in_partial_is_taken_away_when_folding),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
