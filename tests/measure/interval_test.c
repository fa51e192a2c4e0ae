/* interval_test.c -- Student's t in closed form (2 degrees: t_p = (2p - 1) / sqrt(2 p (1 - p)), and the
 * two-sided p of t is 1 - t / sqrt(2 + t^2)); t_.975 of 4 and 162 degrees by Simpson's rule on the
 * density and bisection (docs/check_d90.py, t_quantile). */
#include "tests/test.h"

#include <gsl/gsl_cdf.h>

#include "measure/interval.h"

static const double t_4 = 2.776445105197779, t_162 = 1.9747157859232323;
static const double three[3] = {1, 2, 4}; /* mean 7/3, s^2 7/3 */

static double t_2(void)
{
    return .95 / sqrt(2 * .975 * .025);
}

static void three_values_have_student_s_interval(void **state)
{
    interval r = interval_t(3, three, 0);
    double error = sqrt(7. / 9);
    assert_near(r.mean, 7. / 3, 1e-14);
    assert_near(r.sd, sqrt(7. / 3), 1e-14);
    assert_near(r.low, 7. / 3 - t_2() * error, 1e-9);
    assert_near(r.high, 7. / 3 + t_2() * error, 1e-9);
    double t = 7. / 3 / error;
    assert_near(r.p, 1 - t / sqrt(2 + t * t), 1e-12);
}

static void five_values_have_four_degrees(void **state)
{
    static const double x[5] = {-2, -1, 0, 1, 2}; /* s^2 = 2.5 */
    interval r = interval_t(5, x, 0);
    assert_near(r.high, t_4 * sqrt(.5), 1e-9);
    assert_near(r.p, 1, 1e-12);
}

/* Stein: s^2 = 7/3 and 2 degrees are the first three values', n = 5 is all of theirs. */
static void a_first_stage_alone_says_how_far_values_spread(void **state)
{
    static const double x[5] = {1, 2, 4, 3, 5};
    interval r = interval_stein(5, 3, x, 0), all = interval_stein(5, 5, x, 0);
    assert_near(r.mean, 3, 1e-14);
    assert_near(r.sd, sqrt(7. / 3), 1e-14);
    assert_near(r.high, 3 + t_2() * sqrt(7. / 15), 1e-9);
    assert_near(r.low, 3 - t_2() * sqrt(7. / 15), 1e-9);
    assert_near(all.high, interval_t(5, x, 0).high, 0);
    assert_near(interval_stein(5, 0, x, 0).high, all.high, 0);
}

static interval_sample of(size_t n, const double *x)
{
    return (interval_sample){x, n, 0};
}

/* By numpy: Welch's nu, t_quantile of docs/check_d90.py. */
static void two_samples_apart_have_welch_s_interval(void **state)
{
    static const double b[5] = {.5, .7, .1, .9, .3};
    interval r = interval_welch(of(3, three), of(5, b), 0),
             back = interval_welch(of(5, b), of(3, three), 0);
    assert_near(r.mean, 11. / 6, 1e-14);
    assert_near(r.low, -1.8341141280930602, 1e-7);
    assert_near(r.high, 5.500780794759727, 1e-7);
    assert_near(back.low, -r.high, 1e-12);
    assert_near(back.p, r.p, 1e-12);
    /* as many of each with one variance: 2 (n - 1) degrees */
    r = interval_welch(of(3, three), of(3, (const double[]){-1, 0, 2}), 0);
    assert_near(r.high - r.mean, t_4 * sqrt(14. / 9), 1e-9);
    assert_near(r.sd, sqrt(14. / 3), 1e-12);
}

/* s^2 = 7/3 of the first three of each, 2 degrees each; nu as the header says. */
static void first_stages_apart_alone_say_how_far_values_spread(void **state)
{
    static const double a[5] = {1, 2, 4, 3, 5}, b[4] = {11, 12, 14, 13};
    const interval_sample x = {a, 5, 3}, y = {b, 4, 3};
    interval r = interval_welch(x, y, 0);
    double va = 7. / 15, vb = 7. / 12, nu = (va + vb) * (va + vb) / (va * va / 2 + vb * vb / 2);
    assert_near(r.mean, 3 - 12.5, 1e-14);
    assert_near(r.high - r.mean, gsl_cdf_tdist_Pinv(.975, nu) * sqrt(va + vb), 1e-9);
    assert_true(isnan(interval_welch((interval_sample){a, 5, 2}, y, 0).high));
}

static void samples_apart_take_three_of_each(void **state)
{
    interval r = interval_welch(of(2, three), of(3, three), 0);
    assert_near(r.mean, 1.5 - 7. / 3, 1e-14);
    assert_true(isnan(r.low) && isnan(r.p));
    assert_true(isnan(interval_welch(of(3, three), of(2, three), 0).high));
    r = interval_welch(of(3, (const double[]){5, 5, 5}), of(3, (const double[]){4, 4, 4}), 0);
    assert_true(r.low >= 1 && r.high <= 1 && isnan(r.p)); /* nothing varies */
    r = interval_welch(of(3, (const double[]){5, 5, 5}), of(3, (const double[]){4, 4, 4}), .01);
    assert_near(r.high, 1 + .1 * 1.959963984540054, 1e-9);
}

static void fewer_than_three_give_none(void **state)
{
    interval r = interval_t(2, three, 0);
    assert_near(r.mean, 1.5, 1e-14);
    assert_near(r.sd, sqrt(.5), 1e-14);
    assert_true(isnan(r.low) && isnan(r.high) && isnan(r.p));
    r = interval_t(1, three, 0);
    assert_true(isnan(r.sd) && isnan(r.low));
    assert_true(isnan(interval_t(0, three, 0).mean));
}

static void a_shared_error_widens_it(void **state)
{
    double own = 7. / 9;
    interval r = interval_t(3, three, 8 * own); /* nu = 2 (1 + 8)^2 = 162 */
    assert_near(r.high - r.mean, t_162 * sqrt(9 * own), 1e-9);
    assert_true(r.p > interval_t(3, three, 0).p);
}

/* own (1 + v / own) with (1 + v / own)^2 = 2 has 4 degrees: 2.78 sqrt(1.41 own) < 4.30 sqrt(own) */
static void an_error_more_never_narrows_it(void **state)
{
    double own = 7. / 9;
    interval plain = interval_t(3, three, 0), r = interval_t(3, three, (sqrt(2) - 1) * own);
    assert_true(t_4 * sqrt(sqrt(2) * own) < plain.high - plain.mean);
    assert_near(r.high, plain.high, 1e-12);
    assert_near(r.low, plain.low, 1e-12);
    assert_near(r.p, plain.p, 1e-12);
}

static void equal_values_have_the_shared_error_alone(void **state)
{
    static const double x[3] = {5, 5, 5};
    interval r = interval_t(3, x, .04);
    assert_near(r.high, 5 + 1.959963984540054 * .2, 1e-9); /* the normal's .975 */
    r = interval_t(3, x, 0);
    assert_near(r.low, 5, 1e-14);
    assert_near(r.high, 5, 1e-14);
    assert_true(isnan(r.p));                                 /* nothing varied: nothing is known */
    static const double rounded[3] = {.1 + .2, .3, .5 - .2}; /* .30000000000000004, .3, .3 */
    assert_true(rounded[0] > rounded[1]);
    assert_true(isnan(interval_t(3, rounded, 0).p));
}

/* t_.975(n - 1) / sqrt(n) from the printed tables: 2.4841 (3), 1.2417 (5); 1.2417 (5), .6354 (12), .6043
 * (13); .7154 (10), .3605 (32), .3546 (33). */
static void half_the_width_takes_so_many(void **state)
{
    assert_int_equal(interval_half(3), 5);
    assert_int_equal(interval_half(5), 13);
    assert_int_equal(interval_half(10), 33);
    assert_int_equal(interval_half(2), 0);
}

/* The promise itself: that many values of the same spread have half the interval, one less have more. */
static void half_is_half(void **state)
{
    for (size_t n = 3; n < 12; n++) {
        size_t m = interval_half(n);
        double x[64], half[2], whole;
        for (size_t k = 0; k < 3; k++) {
            size_t count = k == 2 ? n : m - k;
            double spread = 0;
            assert_true(count <= 64);
            for (size_t i = 0; i < count; i++)
                spread += pow((double)i - (double)(count - 1) / 2, 2);
            for (size_t i = 0; i < count; i++) /* sd 1 */
                x[i] = ((double)i - (double)(count - 1) / 2) * sqrt((double)(count - 1) / spread);
            interval r = interval_t(count, x, 0);
            *(k == 2 ? &whole : &half[k]) = r.high - r.low;
        }
        assert_true(half[0] <= whole / 2);
        assert_true(half[1] > whole / 2);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(three_values_have_student_s_interval),
        cmocka_unit_test(five_values_have_four_degrees),
        cmocka_unit_test(a_first_stage_alone_says_how_far_values_spread),
        cmocka_unit_test(two_samples_apart_have_welch_s_interval),
        cmocka_unit_test(first_stages_apart_alone_say_how_far_values_spread),
        cmocka_unit_test(samples_apart_take_three_of_each),
        cmocka_unit_test(fewer_than_three_give_none),
        cmocka_unit_test(a_shared_error_widens_it),
        cmocka_unit_test(an_error_more_never_narrows_it),
        cmocka_unit_test(equal_values_have_the_shared_error_alone),
        cmocka_unit_test(half_the_width_takes_so_many),
        cmocka_unit_test(half_is_half),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
