/* repeat_test.c -- a d90 whose runs are of several numeric kinds: one of another kind is done again here, and
 * the difference that is said is the one that is there. */
#include "tests/sweep/world.h"

#include "sweep/repeat.h"
#include "sweep/results.h"

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

/* A small d90, trained where it is not there yet; `use` is called while the sweep is open. */
static void with_d90(void (*use)(sweep *s, const results *r))
{
    const sweep_options options = {.folder = folder, .threads = 1};
    key_texts texts = {0};
    ask given, a;
    ask_list asks;
    sweep *s;
    stages *p;
    results r;
    assert_ok(ask_defaults(&given, &texts));
    given.run.data = "synth:features=12,classes=3,n=100";
    given.run.model = "fc:width=6,depth=1";
    given.run.epochs = 2;
    given.d = "5+20";
    given.seeds = 1;
    given.lr = given.lr_full = ".05";
    assert_ok(stages_canonical(&given, NULL, &a, &texts));
    assert_ok(sweep_open(&s, &options));
    assert_ok(stages_open(&p, s, &a));
    assert_ok(ask_note(folder, &a, &asks));
    assert_ok(stages_train(p));
    assert_ok(results_d90(s, &asks, "own,raw,.9", 0, &r));
    use(s, &r);
    results_clear(&r);
    ask_clear(&asks);
    stages_free(p);
    assert_ok(sweep_close(s));
    key_texts_clear(&texts);
}

/* Which run is edited: the one of the largest d, which has steps. */
static bool chosen(const record *r)
{
    return r->d == 20 && r->run.role == RUN_SCORE;
}

/* Writes the journal again with another kind in the chosen run and in those of step 0, which would show
 * nothing (all: in every one), sealed as ever, and val_loss of its second epoch and its score moved. */
static void edit(bool all, double val_loss, double score)
{
    store *s;
    char *path, *bytes;
    text lines = {0};
    size_t n;
    journal_of(folder, &path, &bytes, &n);
    assert_ok(store_open(&s, folder));
    for (size_t i = 0; i < store_count(s); i++) {
        record r = *store_at(s, i);
        train_row *history;
        assert_ok(record_history(&r, &history, &r.result.n_history));
        r.rows = (jsonl_span){0};
        if (all || chosen(&r) || r.d == 0)
            memcpy(r.kind, "0123456789abcdef", sizeof r.kind);
        r.result.history = history;
        if (chosen(&r)) {
            history[1].val_loss += val_loss;
            r.result.score += score;
        }
        record_write(&r, &lines);
        mem_free(history);
    }
    assert_ok(store_close(s));
    assert_ok(file_write(path, lines.text, lines.length));
    text_clear(&lines);
    mem_free(path);
    mem_free(bytes);
}

static void one_kind(sweep *s, const results *r)
{
    assert_int_equal(r->kinds, 1);
    assert_string_equal(r->foreign, "");
}

static void one_other_kind(sweep *s, const results *r)
{
    assert_int_equal(r->kinds, 1);
}

static void same_numbers(sweep *s, const results *r)
{
    repeat_difference d;
    text words = {0};
    size_t count = store_count(sweep_store(s));
    assert_int_equal(r->kinds, 2);
    const record *foreign = store_find(sweep_store(s), r->foreign);
    assert_true(foreign && chosen(foreign));
    assert_ok(repeat_run(s, foreign, &d));
    assert_true(d.largest == 0 && d.score == 0);
    repeat_words(&d, &words);
    assert_non_null(strstr(words.text, foreign->id));
    assert_non_null(strstr(words.text, "of kind 0123456789abcdef"));
    assert_non_null(strstr(words.text, sweep_kind(s)));
    assert_non_null(strstr(words.text, "gives the same numbers"));
    text_clear(&words);
    assert_int_equal(store_count(sweep_store(s)), count); /* nothing is stored */
    assert_string_equal(store_find(sweep_store(s), d.id)->kind, "0123456789abcdef");
}

static void moved_numbers(sweep *s, const results *r)
{
    repeat_difference d;
    text words = {0};
    assert_ok(repeat_run(s, store_find(sweep_store(s), r->foreign), &d));
    assert_near(d.largest, .25, 1e-12);
    assert_near(d.score, .125, 1e-12);
    assert_string_equal(d.what, "val_loss");
    assert_int_equal(d.epoch, 2);
    repeat_words(&d, &words);
    assert_non_null(
        strstr(words.text, "differs by at most 0.25 (val_loss, epoch 2), its score by 0.12"));
    text_clear(&words);
}

static void runs_of_one_kind_need_no_repetition(void **state)
{
    with_d90(one_kind);
    edit(true, 0, 0); /* all of one other kind: nothing is mixed */
    with_d90(one_other_kind);
}

static void a_run_of_another_kind_is_done_again_and_compared(void **state)
{
    with_d90(one_kind);
    edit(false, 0, 0);
    with_d90(same_numbers);
}

static void what_differs_is_found_and_said(void **state)
{
    with_d90(one_kind);
    edit(false, .25, -.125);
    with_d90(moved_numbers);
}

static void records_are_compared_number_by_number(void **state)
{
    record a, b;
    repeat_difference d;
    text words = {0};
    record_make(&a, "0123456789abcdef0123", .75);
    record_make(&b, "0123456789abcdef0123", .75);
    assert_ok(repeat_compare(&a, &b, &d)); /* NaN and Inf stand on both sides */
    assert_true(d.largest == 0);
    b.result.loss += 1e-3;
    assert_ok(repeat_compare(&a, &b, &d));
    assert_near(d.largest, 1e-3, 1e-12);
    assert_string_equal(d.what, "loss");
    repeat_words(&d, &words);
    assert_non_null(
        strstr(words.text, "differs by at most 0.001 (loss, test data), its score by 0"));
    text_clear(&words);
    b.result.n_history = 1; /* it diverged here */
    b.result.score = b.result.loss = (double)NAN;
    assert_ok(repeat_compare(&a, &b, &d));
    assert_true(isinf(d.largest) && isinf(d.score));
    repeat_words(&d, &words);
    assert_non_null(strstr(words.text, "ends otherwise: rows of the history"));
    text_clear(&words);
    record_clear(&a);
    record_clear(&b);
}

#define IN_A_FOLDER(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_A_FOLDER(runs_of_one_kind_need_no_repetition),
        IN_A_FOLDER(a_run_of_another_kind_is_done_again_and_compared),
        IN_A_FOLDER(what_differs_is_found_and_said),
        cmocka_unit_test(records_are_compared_number_by_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
