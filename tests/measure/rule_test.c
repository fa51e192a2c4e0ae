/* rule_test.c -- rules read, listed, in words, and what they ask for. */
#include "tests/test.h"

#include "measure/rule.h"

static d90_rule rule_of(const char *text_)
{
    d90_rule r;
    assert_ok(d90_rule_parse(text_, D90_RAW, &r));
    return r;
}

static void parts_left_out_are_the_headline_s(void **state)
{
    static const char *const same[] = {"", "own", "raw", ".9", "own,raw", "raw,.9", "0.9,own"};
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        d90_rule r = rule_of(same[i]);
        assert_true(r.base == D90_OWN && r.kind == D90_RAW);
        assert_near(r.level, .9, 1e-15);
    }
    assert_int_equal(rule_of("fixed,gain,.95").base, D90_FIXED);
    assert_int_equal(rule_of("fixed,gain,.95").kind, D90_GAIN);
    assert_near(rule_of("fixed,gain,.95").level, .95, 1e-15);
}

static void an_absolute_score_may_be_any(void **state)
{
    d90_rule r = rule_of("absolute,-3.5");
    assert_int_equal(r.kind, D90_ABSOLUTE);
    assert_near(r.level, -3.5, 1e-15);
    assert_string_equal(rule_base_text(r), "none");
    assert_int_equal(rule_of("fixed,absolute,2").base, D90_OWN); /* none is read */
}

static void what_is_no_rule_is_refused(void **state)
{
    static const char *const bad[] = {"own,",    "own,,raw", "raw,0",    "raw,1.01", "raw,-.5",
                                      "raw,nan", "owned",    "absolute", ".9x",      "absolute,x"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        d90_rule r;
        assert_refused(d90_rule_parse(bad[i], D90_RAW, &r), ERR_USAGE, "own,raw,.9");
    }
}

static void the_headline_comes_first_and_once(void **state)
{
    d90_rule out[D90_RULES];
    assert_int_equal(d90_rule_list(rule_of("own,gain,.95"), true, out), 20);
    assert_int_equal(out[0].kind, D90_GAIN);
    assert_near(out[0].level, .95, 1e-15);
    for (size_t i = 0; i < 20; i++)
        for (size_t k = 0; k < i; k++)
            assert_true(out[i].base != out[k].base || out[i].kind != out[k].kind ||
                        fabs(out[i].level - out[k].level) > .001);
    assert_int_equal(d90_rule_list(rule_of(""), false, out), 10);
    for (size_t i = 0; i < 10; i++)
        assert_int_equal(out[i].base, D90_OWN);
    assert_int_equal(d90_rule_list(rule_of("raw,.7"), true, out), 21); /* none of the 20 */
}

/* raw: level b. gain: c + level (b - c); of a loss b + (1 - level)(c - b). */
static void thresholds_are_those_of_the_formulas(void **state)
{
    assert_near(rule_threshold(rule_of("raw,.8"), false, .5, .1), .4, 1e-15);
    assert_near(rule_threshold(rule_of("gain,.8"), false, .5, .1), .42, 1e-15);
    assert_near(rule_threshold(rule_of("gain,.8"), true, .5, 2.5), .9, 1e-15);
    assert_true(isnan(rule_threshold(rule_of("raw,.8"), true, .5, 2.5)));
    assert_near(rule_threshold(rule_of("absolute,.65"), true, .5, 2.5), .65, 1e-15);
}

static void words_name_rule_and_seeds(void **state)
{
    char out[D90_WORDS];
    d90_scores in = {0};
    rule_words(rule_of("fixed,gain,.95"), 3, &in, out);
    assert_string_equal(out, "fixed baseline, gain .95, d90_fit, 3 seeds");
    rule_words(rule_of("absolute,2"), 1, &in, out);
    assert_string_equal(out, "absolute 2, d90_fit, 1 seed");
    in.vary = "all";
    rule_words(rule_of(""), 2, &in, out);
    assert_string_equal(out, "own baseline, raw .9, d90_fit, 2 seeds");
    in.vary = "P";
    rule_words(rule_of(""), 2, &in, out);
    assert_string_equal(out, "own baseline, raw .9, d90_fit, 2 seeds of P");
    in.vary = "theta0*P";
    in.crossed = true;
    rule_words(rule_of(""), 9, &in, out);
    assert_string_equal(out, "own baseline, raw .9, d90_fit, 9 pairs of theta0*P");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_left_out_are_the_headline_s),
        cmocka_unit_test(an_absolute_score_may_be_any),
        cmocka_unit_test(what_is_no_rule_is_refused),
        cmocka_unit_test(the_headline_comes_first_and_once),
        cmocka_unit_test(thresholds_are_those_of_the_formulas),
        cmocka_unit_test(words_name_rule_and_seeds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
