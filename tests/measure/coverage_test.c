/* coverage_test.c -- how often the 95 % interval holds the truth, on sweeps drawn from a measured curve.
 *
 * The curve: error e(d) = exp(a quadratic in ln d) through the mean errors of FC 784-200-200-10 on MNIST in
 * fastfood spaces (results/reference/mnist-fc-fastfood: .364 at d = 100, .121 at 464, .057 at 2000), so that
 * the grid's straight lines are a little wrong, as they are in earnest. A seed has a height of its own (sd
 * .0025, for all d alike) and each run a noise of sd .003; together the .0037 that runs of one d were
 * seen to have. Baselines vary by sd .001 around .979. The truth is where the curve passes .9 x .979. */
#include "tests/test.h"

#include "base/rng.h"
#include "measure/d90.h"

enum { GRID = 9, SEEDS = 10, TIMES = 3000 };

static const double grid[GRID] = {100, 147, 215, 316, 464, 681, 1000, 1468, 2000};
static const double b = .979;

static double curve(double d)
{
    double u = log(d / 464);
    return 1 - .121 * exp(-.61 * u + .0675 * u * u);
}

static double truth(void)
{
    double low = log(100), high = log(2000);
    for (int i = 0; i < 60; i++) {
        double mid = (low + high) / 2;
        if (curve(exp(mid)) > .9 * b)
            high = mid;
        else
            low = mid;
    }
    return low;
}

static double coverage(size_t seeds, uint64_t stream_seed)
{
    stream s = stream_make(stream_seed, "coverage");
    d90_point points[GRID * SEEDS], baseline[SEEDS];
    d90_scores in = {.space = "mine",
                     .points = points,
                     .baseline = baseline,
                     .n_points = GRID * seeds,
                     .n_baseline = seeds,
                     .fixed = (double)NAN,
                     .asks = 1};
    d90_rule rule;
    double at = truth();
    size_t inside = 0;
    uint64_t k = 0;
    assert_ok(d90_rule_parse("own,raw,.9", D90_RAW, &rule));
    for (size_t i = 0; i < TIMES; i++) {
        for (size_t m = 0; m < seeds; m++) {
            double height = .0025 * rng_normal(&s, k++);
            baseline[m] = (d90_point){.seed = m,
                                      .score = b + .001 * rng_normal(&s, k++),
                                      .score_best = (double)NAN,
                                      .gain = (double)NAN};
            for (size_t j = 0; j < GRID; j++)
                points[m * GRID + j] =
                    (d90_point){.d = grid[j],
                                .seed = m,
                                .score = curve(grid[j]) + height + .003 * rng_normal(&s, k++),
                                .score_best = (double)NAN,
                                .gain = (double)NAN};
        }
        d90_row r;
        assert_ok(d90_measure(&in, &rule, 1, &r));
        inside += log(r.low) <= at && at <= log(r.high);
    }
    return (double)inside / TIMES;
}

/* 95 % and three standard errors of a share of 3,000: 93.8 to 96.2; asked for is 93 to 97. */
static void check(size_t seeds)
{
    double c = coverage(seeds, seeds);
    print_message("coverage at %zu seeds: %.3f\n", seeds, c);
    assert_true(c >= .93 && c <= .97);
}

static void three_seeds_cover(void **state)
{
    check(3);
}

static void five_seeds_cover(void **state)
{
    check(5);
}

static void ten_seeds_cover(void **state)
{
    check(10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(three_seeds_cover),
        cmocka_unit_test(five_seeds_cover),
        cmocka_unit_test(ten_seeds_cover),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
