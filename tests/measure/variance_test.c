/* variance_test.c -- components by hand. chi^2 of 2 degrees has the quantile -2 ln(1 - p); F of 2 and m
 * degrees m/2 ((1 - p)^(-2/m) - 1); chi^2 of 4 degrees: 11.143287, .484419 (printed tables). */
#include "tests/test.h"

#include "measure/variance.h"

static void one_source_has_its_sd(void **state)
{
    static const double x[3] = {1, 2, 4}; /* squares 14/3 */
    component c = variance_one(3, x);
    assert_int_equal(c.n, 3);
    assert_near(c.sd, sqrt(7. / 3), 1e-14);
    assert_near(c.low, sqrt(14. / 3 / (-2 * log(.025))), 1e-12);
    assert_near(c.high, sqrt(14. / 3 / (-2 * log(.975))), 1e-12);
}

static void few_seeds_give_no_interval(void **state)
{
    static const double x[2] = {1, 2};
    component c = variance_one(2, x);
    assert_near(c.sd, sqrt(.5), 1e-14);
    assert_true(isnan(c.low) && isnan(c.high));
    assert_true(isnan(variance_one(1, x).sd));
}

/* Row means 7/3 11/3 7, column means 3 4 6, mean 13/3: SS_A = 104/3, SS_B = 14, SS_AB = 4/3. */
static const double y[9] = {1, 2, 4, 2, 4, 5, 6, 6, 9};

static double f_2(double p) /* of 2 and 4 degrees */
{
    return 2 * (pow(1 - p, -.5) - 1);
}

static void crossed_sources_are_told_apart(void **state)
{
    component c[3];
    double work[6];
    variance_crossed(3, 3, y, c, work);
    assert_near(c[0].sd, sqrt((52. / 3 - 1. / 3) / 3), 1e-12);
    assert_near(c[1].sd, sqrt((7 - 1. / 3) / 3), 1e-12);
    assert_near(c[2].sd, sqrt(1. / 3), 1e-12);
    assert_int_equal(c[0].n, 3);
    assert_int_equal(c[2].n, 9);
    double F = 52; /* MS_A / MS_AB = 52/3 : 1/3 */
    assert_near(c[0].low, sqrt(104. / 3 * (1 - f_2(.975) / F) / (3 * -2 * log(.025))), 1e-9);
    assert_near(c[0].high, sqrt(104. / 3 * (1 - f_2(.025) / F) / (3 * -2 * log(.975))), 1e-9);
    assert_near(c[1].low, sqrt(14 * (1 - f_2(.975) / 21) / (3 * -2 * log(.025))), 1e-9);
    assert_near(c[2].low, sqrt(4. / 3 / 11.143287), 1e-6);
    assert_near(c[2].high, sqrt(4. / 3 / .484419), 1e-6);
}

/* 2 x 3: rows 2 and 3.5 apart from nothing but a shift, so that nothing is left to the interaction. */
static void a_pure_shift_is_one_source_s_alone(void **state)
{
    static const double shift[6] = {2, 2, 2, 3.5, 3.5, 3.5};
    component c[3];
    double work[5];
    variance_crossed(2, 3, shift, c, work);
    assert_near(c[0].sd, sqrt(1.125), 1e-12); /* variance of 2 and 3.5 */
    assert_near(c[1].sd, 0, 1e-12);
    assert_near(c[2].sd, 0, 1e-12);
    assert_true(isnan(c[0].low)); /* two seeds */
}

static void what_comes_out_negative_is_none(void **state)
{
    static const double only_both[9] = {1, 2, 3, 2, 3,
                                        1, 3, 1, 2}; /* a Latin square: equal means */
    component c[3];
    double work[6];
    variance_crossed(3, 3, only_both, c, work);
    assert_near(c[0].sd, 0, 1e-12);
    assert_near(c[0].low, 0, 1e-12);
    assert_near(c[2].sd, sqrt(6. / 4), 1e-12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_source_has_its_sd),
        cmocka_unit_test(few_seeds_give_no_interval),
        cmocka_unit_test(crossed_sources_are_told_apart),
        cmocka_unit_test(a_pure_shift_is_one_source_s_alone),
        cmocka_unit_test(what_comes_out_negative_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
