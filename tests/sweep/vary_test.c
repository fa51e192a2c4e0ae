/* vary_test.c -- designs: their words, draws, and which seeds each draw sets. */
#include "tests/test.h"

#include "sweep/vary.h"

static vary vary_of(const char *words)
{
    vary v;
    assert_ok(vary_parse(words, &v));
    return v;
}

static void a_design_has_one_form(void **state)
{
    static const char *const forms[][2] = {
        {"all", "all"},           {"P", "P"},
        {"data+P", "P+data"},     {"data+P+theta0", "all"},
        {"P*theta0", "theta0*P"}, {"data*theta0+P", "theta0+P*data"},
    };
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        vary v = vary_of(forms[i][0]);
        char out[32];
        assert_string_equal(vary_text(&v, out), forms[i][1]);
    }
}

static void what_is_no_design_is_refused(void **state)
{
    vary v;
    assert_refused(vary_parse("theta", &v), ERR_USAGE, "did you mean theta0");
    assert_refused(vary_parse("P+P", &v), ERR_USAGE, "there twice");
    assert_refused(vary_parse("P*theta0+P", &v), ERR_USAGE, "there twice");
    assert_refused(vary_parse("P*theta0*data", &v), ERR_USAGE, "two factors");
    assert_refused(vary_parse("P*", &v), ERR_USAGE, "missing");
    assert_refused(vary_parse("", &v), ERR_USAGE, "missing");
    assert_refused(vary_parse("all+P", &v), ERR_USAGE, "all is none");
}

static run_spec draw(const char *words, uint64_t mask, size_t seeds, size_t k)
{
    vary v = vary_of(words);
    run_spec r = {
        .seed = 11, .seed_theta0 = -1, .seed_P = -1, .seed_order = -1, .seed_dropout = -1};
    vary_run(&v, vary_label(&v, 11, seeds, k) & mask, &r);
    return r;
}

static void check(run_spec r, double seed, double theta0, double P, double order, double dropout)
{
    assert_near(r.seed, seed, 0);
    assert_near(r.seed_theta0, theta0, 0);
    assert_near(r.seed_P, P, 0);
    assert_near(r.seed_order, order, 0);
    assert_near(r.seed_dropout, dropout, 0);
}

static void all_moves_the_seed_itself(void **state)
{
    check(draw("all", UINT64_MAX, 3, 2), 13, -1, -1, -1, -1);
}

static void the_first_draw_is_a_plain_run(void **state)
{
    static const char *const designs[] = {"all", "P", "theta0+data", "theta0*P"};
    for (size_t i = 0; i < sizeof designs / sizeof *designs; i++)
        check(draw(designs[i], UINT64_MAX, 3, 0), 11, -1, -1, -1, -1);
}

static void what_is_named_moves_alone(void **state)
{
    check(draw("P", UINT64_MAX, 3, 2), 11, -1, 13, -1, -1);
    check(draw("theta0", UINT64_MAX, 3, 1), 11, 12, -1, -1, -1);
    check(draw("data", UINT64_MAX, 3, 1), 11, -1, -1, 12, 12);
    check(draw("P+data", UINT64_MAX, 3, 2), 11, -1, 13, 13, 13);
}

static void a_seed_that_was_given_is_where_it_starts(void **state)
{
    vary v = vary_of("P");
    run_spec r = {.seed = 1, .seed_theta0 = 40, .seed_P = 70, .seed_order = -1, .seed_dropout = -1};
    vary_run(&v, vary_label(&v, 1, 3, 2), &r);
    check(r, 1, 40, 72, -1, -1);
}

static void crossed_draws_are_all_pairs(void **state)
{
    vary v = vary_of("theta0*P");
    assert_int_equal(vary_draws(&v, 3), 9);
    for (size_t i = 0; i < 3; i++)
        for (size_t k = 0; k < 3; k++) {
            check(draw("theta0*P", UINT64_MAX, 3, 3 * i + k), 11, i ? 11 + (double)i : -1,
                  k ? 11 + (double)k : -1, -1, -1);
            uint64_t label = vary_label(&v, 11, 3, 3 * i + k);
            assert_int_equal(vary_steps(v.moved, label), i);
            assert_int_equal(vary_steps(v.crossed, label), k);
            /* more seeds later: the same draw has the same label */
            assert_int_equal(label, vary_label(&v, 11, 5, 5 * i + k));
        }
}

static void a_baseline_has_no_p_and_a_floor_theta0_alone(void **state)
{
    vary v = vary_of("P+data");
    check(draw("P+data", vary_baseline_mask(&v), 3, 2), 11, -1, -1, 13, 13);
    check(draw("P+data", vary_floor_mask(&v), 3, 2), 11, -1, -1, -1, -1);
    v = vary_of("theta0+P");
    check(draw("theta0+P", vary_floor_mask(&v), 3, 2), 11, 13, -1, -1, -1);
    v = vary_of("all");
    check(draw("all", vary_floor_mask(&v), 3, 2), 13, -1, -1, -1, -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_design_has_one_form),
        cmocka_unit_test(what_is_no_design_is_refused),
        cmocka_unit_test(all_moves_the_seed_itself),
        cmocka_unit_test(the_first_draw_is_a_plain_run),
        cmocka_unit_test(what_is_named_moves_alone),
        cmocka_unit_test(a_seed_that_was_given_is_where_it_starts),
        cmocka_unit_test(crossed_draws_are_all_pairs),
        cmocka_unit_test(a_baseline_has_no_p_and_a_floor_theta0_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
