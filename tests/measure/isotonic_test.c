/* isotonic_test.c -- against brute force over all ways to cut into blocks, and the example of R's isoreg. */
#include "tests/test.h"

#include "base/rng.h"
#include "measure/isotonic.h"

enum { MOST = 7 };

/* The best rising fit is constant on blocks, with each block's weighted mean: of all 2^(n-1) ways to cut,
 * the best whose means rise. */
static void brute(size_t n, const double *y, const double *w, double *fit)
{
    double least = (double)INFINITY;
    for (unsigned cuts = 0; cuts < 1u << (n - 1); cuts++) {
        double f[MOST], loss = 0;
        bool rises = true;
        for (size_t i = 0, end; i < n; i = end) {
            double sum = 0, weight = 0;
            for (end = i; end == i || (end < n && !(cuts & 1u << (end - 1))); end++) {
                sum += w[end] * y[end];
                weight += w[end];
            }
            for (size_t k = i; k < end; k++)
                f[k] = sum / weight;
            rises &= i == 0 || f[i] >= f[i - 1];
        }
        for (size_t i = 0; i < n; i++)
            loss += w[i] * (y[i] - f[i]) * (y[i] - f[i]);
        if (rises && loss < least) {
            least = loss;
            memcpy(fit, f, n * sizeof *fit);
        }
    }
}

static void it_is_the_best_rising_fit(void **state)
{
    stream s = stream_make(3, "isotonic");
    uint64_t at = 0;
    for (size_t round = 0; round < 500; round++) {
        size_t n = 1 + (size_t)rng_below(&s, at++, MOST);
        double y[MOST], w[MOST], fit[MOST], best[MOST], work[2 * MOST];
        for (size_t i = 0; i < n; i++) {
            y[i] = (double)rng_below(&s, at++, 6); /* ties too */
            w[i] = .5 + (double)rng_below(&s, at++, 8);
        }
        isotonic_fit(n, y, w, fit, work);
        brute(n, y, w, best);
        for (size_t i = 0; i < n; i++)
            assert_near(fit[i], best[i], 1e-12);
        isotonic_fit(n, y, w, y, work); /* in place */
        assert_memory_equal(y, fit, n * sizeof *y);
    }
}

/* isoreg(c(1, 0, 4, 3, 3, 5, 4, 2, 0)) of R's manual: (1 + 0)/2, then (4 + 3 + 3 + 5 + 4 + 2 + 0)/7 */
static void r_s_example_is_the_same(void **state)
{
    static const double y[9] = {1, 0, 4, 3, 3, 5, 4, 2, 0};
    static const double w[9] = {1, 1, 1, 1, 1, 1, 1, 1, 1};
    double fit[9], work[18];
    isotonic_fit(9, y, w, fit, work);
    for (size_t i = 0; i < 9; i++)
        assert_near(fit[i], i < 2 ? .5 : 3, 1e-14);
}

static const double x[4] = {1, 2, 4, 8}, f[4] = {.1, .3, .3, .7};

static void it_crosses_on_the_line_between(void **state)
{
    double at;
    assert_int_equal(isotonic_cross(4, x, f, .2, &at), IDIM_EXACT);
    assert_near(at, 1.5, 1e-14);
    assert_int_equal(isotonic_cross(4, x, f, .4, &at), IDIM_EXACT);
    assert_near(at, 5, 1e-14);
}

static void on_a_level_stretch_the_first_place_counts(void **state)
{
    double at;
    assert_int_equal(isotonic_cross(4, x, f, .3, &at), IDIM_EXACT);
    assert_near(at, 2, 1e-14);
}

static void beyond_the_ends_it_says_so(void **state)
{
    double at;
    assert_int_equal(isotonic_cross(4, x, f, .8, &at), IDIM_ABOVE);
    assert_near(at, 8, 1e-14);
    assert_int_equal(isotonic_cross(4, x, f, .05, &at), IDIM_BELOW);
    assert_near(at, 1, 1e-14);
    assert_int_equal(isotonic_cross(4, x, f, .1, &at), IDIM_EXACT);
    assert_near(at, 1, 1e-14);
    assert_int_equal(isotonic_cross(4, x, f, .7, &at), IDIM_EXACT);
    assert_near(at, 8, 1e-14);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_the_best_rising_fit),
        cmocka_unit_test(r_s_example_is_the_same),
        cmocka_unit_test(it_crosses_on_the_line_between),
        cmocka_unit_test(on_a_level_stretch_the_first_place_counts),
        cmocka_unit_test(beyond_the_ends_it_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
