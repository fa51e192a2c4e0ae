/* record_test.c -- a journal line holds a run whole, and no damaged one is taken for it. */
#include "tests/sweep/world.h"

static void a_record_comes_back_from_its_line(void **state)
{
    record a, b;
    text line = {0}, again = {0};
    record_make(&a, "0123456789abcdef0123", .75);
    record_write(&a, &line);
    assert_true(!line.failed && line.text[line.length - 1] == '\n');
    assert_null(memchr(line.text, '\n', line.length - 1)); /* one line, whatever the texts hold */
    assert_ok(record_read(line.text, line.length - 1, &b));
    assert_true(record_same(&a, &b));
    assert_string_equal(b.run.space, a.run.space);
    assert_string_equal(b.reason, a.reason);
    assert_true(b.result.history[1].val_score == (double)INFINITY);
    assert_true(isnan(b.result.history[1].val_loss));
    assert_true(b.result.history[0].train_loss == 1.0 / 3);
    assert_true(b.bits_offset == 1234567 && b.bits_crc == 0xfedcba98 && b.result.n_bits == 9);
    assert_true(b.wall_s == a.wall_s && b.cpu_s == a.cpu_s && b.peak_rss == a.peak_rss);
    assert_string_equal(b.host, "a \"host\"");
    record_write(&b, &again); /* to the byte: folding changes no line */
    assert_int_equal(again.length, line.length);
    assert_memory_equal(again.text, line.text, line.length);
    text_clear(&line);
    text_clear(&again);
    record_clear(&a);
    record_clear(&b);
}

static void where_the_data_lay_makes_no_difference(void **state)
{
    record a, b;
    record_make(&a, "0123456789abcdef0123", .75);
    record_make(&b, "0123456789abcdef0123", .75);
    a.run.data = "mnist:dir=/a,train=600";
    b.run.data = "mnist:train=600";
    assert_true(record_same(&a, &b));
    b.run.data = "mnist:dir=/a";
    assert_false(record_same(&a, &b));
    record_clear(&a);
    record_clear(&b);
}

static void no_part_of_a_line_is_taken_and_none_with_a_changed_byte(void **state)
{
    record a, b;
    text line = {0};
    record_make(&a, "0123456789abcdef0123", .75);
    record_write(&a, &line);
    for (size_t n = 0; n + 1 < line.length; n++)
        if (record_read(line.text, n, &b) != ERR_FORMAT)
            fail_msg("the first %zu bytes were taken", n);
    for (size_t i = 0; i + 1 < line.length; i++)
        for (unsigned bit = 0; bit < 8; bit += 3) {
            line.text[i] = (char)(line.text[i] ^ (1 << bit));
            if (record_read(line.text, line.length - 1, &b) != ERR_FORMAT)
                fail_msg("byte %zu was changed and the line taken", i);
            line.text[i] = (char)(line.text[i] ^ (1 << bit));
        }
    text_clear(&line);
    record_clear(&a);
}

static void sealed_lines_that_hold_no_run_are_refused(void **state)
{
    static const struct {
        const char *members, *part;
    } wrong[] = {
        {"\"format\":2,\"id\":\"0123456789abcdef0123\",\"status\":\"ok\"", "format 2"},
        {"\"format\":1,\"id\":\"0123456789\",\"status\":\"ok\"", "no run id"},
        {"\"format\":1,\"id\":\"0123456789abcdef0123\",\"status\":\"fine\"", "no status"},
        {"\"format\":1,\"format\":1", "duplicate"},
        {"\"format\":1,", "column"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        text line = {0};
        record r;
        jsonl_seal(wrong[i].members, &line);
        assert_refused(record_read(line.text, line.length - 1, &r), ERR_FORMAT, wrong[i].part);
        assert_null(r.result.history);
        text_clear(&line);
    }
}

static void sameness_is_of_numbers_and_not_of_clocks(void **state)
{
    record a, b;
    record_make(&a, "0123456789abcdef0123", .75);
    record_make(&b, "0123456789abcdef0123", .75);
    b.wall_s = 17;
    b.bits_offset = 0;
    snprintf(b.host, sizeof b.host, "elsewhere");
    assert_true(record_same(&a, &b));
    b.result.history[1].train_loss = nextafter(b.result.history[1].train_loss, 1);
    assert_false(record_same(&a, &b));
    record_clear(&a);
    record_clear(&b);
}

static void whole_is_what_another_try_would_not_mend(void **state)
{
    static const struct {
        record_status status;
        bool outside;
        size_t tries;
        bool whole;
    } all[] = {
        {RECORD_OK, false, 0, true},
        {RECORD_DIVERGED, false, 0, true},
        {RECORD_STOPPED, false, 0, false},
        {RECORD_FAILED, false, 1, true},
        {RECORD_FAILED, true, 1, false},
        {RECORD_FAILED, true, RECORD_TRIES - 1, false},
        {RECORD_FAILED, true, RECORD_TRIES, true},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        record r = {.status = all[i].status, .outside = all[i].outside, .tries = all[i].tries};
        assert_int_equal(record_whole(&r), all[i].whole);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_comes_back_from_its_line),
        cmocka_unit_test(where_the_data_lay_makes_no_difference),
        cmocka_unit_test(no_part_of_a_line_is_taken_and_none_with_a_changed_byte),
        cmocka_unit_test(sealed_lines_that_hold_no_run_are_refused),
        cmocka_unit_test(sameness_is_of_numbers_and_not_of_clocks),
        cmocka_unit_test(whole_is_what_another_try_would_not_mend),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
