/* exec_test.c -- the words of anybody's command, its spaces, and one run of it in this process. */
#include "tests/test.h"

#include "base/key.h"
#include "sweep/exec.h"
#include "sweep/program.h"

static run_spec run_of(const char *command, const char *space_, key_texts *texts)
{
    run_spec r;
    assert_ok(run_defaults(&r, texts));
    r.exec = command;
    r.space = space_;
    r.seed = 7;
    return r;
}

/* The words of a command, a bar between them. */
static void words_are(const char *command, const char *expected)
{
    key_texts texts = {0};
    run_spec r = run_of(command, "mine:k=\"a b\",d=50@lora:r=8", &texts);
    char **words, joined[400] = "";
    size_t n;
    assert_ok(exec_words(&r, "/some/where", &words, &n));
    assert_null(words[n]);
    for (size_t i = 0; i < n; i++)
        snprintf(joined + strlen(joined), sizeof joined - strlen(joined), "%s%s", i ? "|" : "",
                 words[i]);
    assert_string_equal(joined, expected);
    key_parts_free(words, n);
    key_texts_clear(&texts);
}

static void words_are_refused(const char *command, const char *part)
{
    key_texts texts = {0};
    run_spec r = run_of(command, "mine:d=50", &texts);
    char **words;
    size_t n;
    assert_refused(exec_words(&r, "", &words, &n), ERR_USAGE, part);
    assert_null(words);
    assert_int_equal(n, 0);
    key_texts_clear(&texts);
}

static void a_value_never_becomes_two_words(void **state)
{
    words_are("true {space} --d={d} {out}", "true|mine:k=\"a b\"@lora:r=8|--d=50|/some/where");
    words_are("true {seed}{seed.P} {batch}", "true|77|128");
}

static void quotes_keep_words_together(void **state)
{
    words_are("true  'a b' \"c \\\" \\\\ \\n\" d\\ e '' x'y'\"z\"\t",
              "true|a b|c \" \\ \\n|d e||xyz");
    words_are("true '$HOME|;' \"|;\"", "true|$HOME|;||;");
}

static void other_braces_stay(void **state)
{
    words_are("true {{d}} '{\"d\":{d}}' {} {a b}", "true|{d}|{\"d\":50}|{}|{a|b}");
}

static void what_a_shell_would_do_is_refused(void **state)
{
    const char *const commands[] = {"true | x", "true; x", "true & x", "true > x",
                                    "true $x",  "true `x", "(true)",   "true \"$x\""};
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        words_are_refused(commands[i], "is a shell's word");
    words_are_refused("A=1 true", "write env A=1");
    words_are_refused("true 'x", "has no other");
    words_are_refused("  ", "no program");
    words_are_refused("/no/such/program", "cannot be started");
    words_are_refused("true {sed}", "did you mean seed?");
}

static void a_tuning_run_has_a_seed_of_its_own(void **state)
{
    key_texts texts = {0};
    run_spec r = run_of("true {seed}", "mine", &texts);
    char **words;
    size_t n;
    r.role = RUN_TUNE;
    assert_ok(exec_words(&r, "", &words, &n));
    assert_string_equal(words[1], "1000007");
    key_parts_free(words, n);
    key_texts_clear(&texts);
}

static void at_step_0_nothing_is_trained(void **state)
{
    key_texts texts = {0};
    run_spec r = run_of("true {d} {lr} {epochs}", "full", &texts);
    char **words;
    size_t n;
    r.epochs = 0;
    assert_ok(exec_words(&r, "", &words, &n));
    for (size_t i = 1; i < 4; i++)
        assert_string_equal(words[i], "0");
    key_parts_free(words, n);
    key_texts_clear(&texts);
}

static void a_d_that_is_no_count_is_none(void **state)
{
    static const char *const none[] = {"mine", "mine:d=1e300", "mine:d=-3", "mine:d=nan"};
    key_texts texts = {0};
    run_spec r = run_of("true {d}", "mine:d=50@lora:r=8", &texts);
    assert_near(exec_d(&r), 50, 0);
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        r.space = none[i];
        assert_near(exec_d(&r), 0, 0);
    }
    key_texts_clear(&texts);
}

static void a_space_is_swept_by_what_the_command_names(void **state)
{
    assert_string_equal(exec_swept("x {d}", "lora"), "d");
    assert_string_equal(exec_swept("x {rank}", "mine"), "r");
    assert_string_equal(exec_swept("x {d} {rank}", "lora"), "r");
    assert_string_equal(exec_swept("x {d} {rank}", "mine"), "d");
    assert_null(exec_swept("x {{d}}", "mine"));
}

static void a_key_of_any_space_is_set(void **state)
{
    const char *const all[][3] = {{"mine", "5", "mine:d=5"},
                                  {"mine:d=3,k=1@lora:r=8,d=2", "5", "mine:k=1,d=5@lora:r=8,d=2"},
                                  {"mine:dd=1,d=4", NULL, "mine:dd=1"},
                                  {"mine:d=4", NULL, "mine"}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        char *out;
        assert_ok(exec_with(all[i][0], "d", all[i][1], &out));
        assert_string_equal(out, all[i][2]);
        mem_free(out);
    }
}

static void its_files_decide_by_their_contents(void **state)
{
    char folder[256], a[300], b[300], list[640], one[HASH_HEX], two[HASH_HEX];
    test_folder(folder);
    snprintf(a, sizeof a, "%s/a.py", folder);
    snprintf(b, sizeof b, "%s/b.py", folder);
    snprintf(list, sizeof list, "%s+\"%s\"", a, b);
    assert_ok(file_write(a, "1", 1));
    assert_ok(file_write(b, "2", 1));
    assert_ok(exec_content(list, one));
    assert_ok(exec_content(list, two));
    assert_string_equal(one, two);
    assert_ok(file_write(b, "3", 1));
    assert_ok(exec_content(list, two));
    assert_string_not_equal(one, two);
    assert_int_equal(unlink(b), 0);
    assert_int_equal(exec_content(list, two), ERR_FILE);
    test_folder_end(folder);
}

static record ran(const char *command, const char *space_)
{
    key_texts texts = {0};
    const program_how how = {.threads = 2, .grace_s = 1};
    run_spec r = run_of(command, space_, &texts);
    record out;
    assert_ok(program_run(&r, "0123456789abcdef0123", &how, &out));
    key_texts_clear(&texts);
    return out;
}

static void the_last_line_with_a_result_counts(void **state)
{
    record r =
        ran("sh -c 'echo score=.1; echo score=.93 val=.92 D=1000 steps=40 mine=x; printf end' {lr}",
            "mine:d=50");
    assert_int_equal(r.status, RECORD_OK);
    assert_near(r.result.score, .93, 0);
    assert_near(r.result.val, .92, 0);
    assert_int_equal(r.D, 1000);
    assert_int_equal(r.d, 50);
    assert_int_equal(r.result.steps, 40);
    assert_near(r.lr, 1e-3, 0);
    record_clear(&r);
}

static void its_threads_are_told(void **state)
{
    record r = ran("sh -c 'echo score=$OMP_NUM_THREADS'", "mine:d=50");
    assert_near(r.result.score, 2, 0);
    assert_true(isnan(r.lr));
    record_clear(&r);
}

static void its_last_words_are_kept(void **state)
{
    record r = ran("sh -c 'i=0; while [ $i -lt 900 ]; do echo word $i >&2; i=$((i + 1)); done; "
                   "exit 2'",
                   "mine:d=50");
    assert_int_equal(r.status, RECORD_FAILED);
    assert_false(r.outside);
    assert_non_null(strstr(r.reason, "exit code 2; its last words: "));
    assert_non_null(strstr(r.reason, "word 898 / word 899"));
    assert_true(strlen(r.reason) < 600);
    record_clear(&r);
}

static void a_program_that_is_killed_is_tried_again(void **state)
{
    record r = ran("sh -c 'kill -9 $$'", "mine:d=50");
    assert_int_equal(r.status, RECORD_FAILED);
    assert_true(r.outside);
    record_clear(&r);
    r = ran("sh -c 'exit 75'", "mine:d=50");
    assert_true(r.outside);
    record_clear(&r);
}

static void full_training_trains_D(void **state)
{
    record r = ran("echo score=1 D=12", "full");
    assert_int_equal(r.d, 12);
    record_clear(&r);
}

static void a_head_beside_is_part_of_d(void **state)
{
    record r = ran("echo score=1 d=12 d_head=2", "mine:d=5");
    assert_int_equal(r.d, 12);
    assert_int_equal(r.d_head, 2);
    record_clear(&r);
    r = ran("echo score=1 d=12 d_head=13", "mine:d=5");
    assert_int_equal(r.status, RECORD_FAILED);
    assert_non_null(strstr(r.reason, "d counts the head too"));
    record_clear(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_value_never_becomes_two_words),
        cmocka_unit_test(quotes_keep_words_together),
        cmocka_unit_test(other_braces_stay),
        cmocka_unit_test(what_a_shell_would_do_is_refused),
        cmocka_unit_test(a_tuning_run_has_a_seed_of_its_own),
        cmocka_unit_test(at_step_0_nothing_is_trained),
        cmocka_unit_test(a_d_that_is_no_count_is_none),
        cmocka_unit_test(a_space_is_swept_by_what_the_command_names),
        cmocka_unit_test(a_key_of_any_space_is_set),
        cmocka_unit_test(its_files_decide_by_their_contents),
        cmocka_unit_test(the_last_line_with_a_result_counts),
        cmocka_unit_test(its_threads_are_told),
        cmocka_unit_test(its_last_words_are_kept),
        cmocka_unit_test(a_program_that_is_killed_is_tried_again),
        cmocka_unit_test(full_training_trains_D),
        cmocka_unit_test(a_head_beside_is_part_of_d),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
