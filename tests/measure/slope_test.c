/* slope_test.c -- golden values by numpy: weighted least squares written out, t_.975 by Simpson's rule on the
 * density and bisection (docs/check_d90.py, t_quantile). */
#include "tests/test.h"

#include "measure/slope.h"

static const double D[5] = {39760, 49960, 199210, 318010, 959610};
static const double seeds[5] = {3, 3, 5, 3, 4};
static const double sd[5] = {.05, .08, .06, .04, .09};

static slope slope_of(const double *d, size_t k)
{
    slope_point points[5];
    for (size_t i = 0; i < k; i++)
        points[i] = (slope_point){log(D[i]), log(d[i]), seeds[i], sd[i]};
    return slope_fit(k, points);
}

static void five_networks_have_numpy_s_slope(void **state)
{
    slope s = slope_of((const double[]){610, 655, 620, 690, 668}, 5);
    assert_near(s.b, 0.021790817917608004, 1e-10);
    assert_near(s.low, -0.03753406629923653, 1e-8);
    assert_near(s.high, 0.08111570213445254, 1e-8);
    assert_near(s.sigma, 0.06776656765919085, 1e-12);
    assert_near(s.tau, 0.03223529195083127, 1e-8);
}

static void networks_that_scatter_widen_it(void **state)
{
    slope s = slope_of((const double[]){500, 700, 520, 900, 600}, 5);
    assert_near(s.b, 0.03505461689335986, 1e-10);
    assert_near(s.low, -0.28497555010732, 1e-8);
    assert_near(s.high, 0.35508478389403975, 1e-8);
    assert_near(s.tau, 0.25707210214657267, 1e-8);
}

static void on_a_line_nothing_is_left_beside_the_seeds(void **state)
{
    double d[5];
    for (size_t i = 0; i < 5; i++)
        d[i] = 7 * pow(D[i], .25);
    slope s = slope_of(d, 5);
    assert_near(s.b, .25, 1e-12);
    assert_near(s.high, .25, 1e-10);
    assert_near(s.tau, 0, 0);
}

static void two_networks_have_no_interval_and_one_no_slope(void **state)
{
    slope s = slope_of((const double[]){500, 700}, 2);
    assert_near(s.b, log(1.4) / log(D[1] / D[0]), 1e-12);
    assert_true(isnan(s.low) && isnan(s.high) && isnan(s.tau));
    const slope_point same[2] = {{1, 2, 3, .1}, {1, 3, 3, .1}};
    assert_true(isnan(slope_fit(2, same).b) && isnan(slope_fit(0, same).b));
    assert_near(slope_fit(2, same).sigma, .1, 1e-12);
}

static void single_values_say_nothing_of_their_spread(void **state)
{
    const slope_point one[3] = {
        {1, 2, 1, (double)NAN}, {2, 3, 1, (double)NAN}, {3, 3.5, 1, (double)NAN}};
    slope s = slope_fit(3, one);
    assert_near(s.b, .75, 1e-12);
    assert_true(isnan(s.sigma) && isnan(s.tau) && isfinite(s.low));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(five_networks_have_numpy_s_slope),
        cmocka_unit_test(networks_that_scatter_widen_it),
        cmocka_unit_test(on_a_line_nothing_is_left_beside_the_seeds),
        cmocka_unit_test(two_networks_have_no_interval_and_one_no_slope),
        cmocka_unit_test(single_values_say_nothing_of_their_spread),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
