/* curve_test.c -- how runs are laid out, whose baseline is whose, weights, what is measurable. */
#include "tests/test.h"

#include "measure/curve.h"

enum { MOST = 16 };

typedef struct world {
    d90_point points[MOST], baseline[4], floor[4];
    double score[MOST], b[4], c[4];
    d90_scores in;
    curve c_;
} world;

static void add(world *w, double d, uint64_t seed, double score)
{
    w->score[w->in.n_points] = score;
    w->points[w->in.n_points++] = (d90_point){.d = d, .seed = seed, .score = score};
}

static void add_baseline(world *w, uint64_t seed, double score)
{
    w->b[w->in.n_baseline] = score;
    w->baseline[w->in.n_baseline++] = (d90_point){.seed = seed, .score = score};
}

static void add_floor(world *w, uint64_t seed, double score)
{
    w->c[w->in.n_floor] = score;
    w->floor[w->in.n_floor++] = (d90_point){.seed = seed, .score = score};
}

static void start(world *w)
{
    memset(w, 0, sizeof *w);
    w->in = (d90_scores){.space = "mine",
                         .points = w->points,
                         .baseline = w->baseline,
                         .floor = w->floor,
                         .fixed = (double)NAN};
}

static void load(world *w)
{
    assert_ok(curve_init(&w->c_, &w->in));
    curve_load(&w->c_, (curve_values){w->score, w->b, w->c});
}

static d90_rule rule_of(const char *text_)
{
    d90_rule r;
    assert_ok(d90_rule_parse(text_, D90_RAW, &r));
    return r;
}

static void runs_are_laid_out_by_seed_and_d(void **state)
{
    world w;
    start(&w);
    add(&w, 100, 7, .8);
    add(&w, 10, 7, .5);
    add(&w, 10, 2, .4);
    load(&w);
    assert_int_equal(w.c_.n_d, 2);
    assert_int_equal(w.c_.n_seeds, 2);
    assert_int_equal(w.c_.seeds[0], 2);
    assert_near(w.c_.score[0], .4, 1e-15);
    assert_true(isnan(w.c_.score[1])); /* seed 2 has no run at 100 */
    assert_near(w.c_.score[3], .8, 1e-15);
    assert_near(w.c_.mean[0], .45, 1e-15);
    assert_near(w.c_.var[0], .005, 1e-15);
    assert_near(w.c_.var[1], .005, 1e-15); /* one run: the pooled one */
    curve_clear(&w.c_);
}

/* Means .5 .4 .9 with n / s^2 of 3/.03, 3/.01, 3/.02: the fall pools to (100 .5 + 300 .4) / 400 = .425, so
 * that .8 lies (.8 - .425)/(.9 - .425) of the way from 100 to 1000. */
static void precise_means_weigh_more(void **state)
{
    static const double sd[3] = {.1732050807568877, .1, .1414213562373095}, mean[3] = {.5, .4, .9};
    world w;
    double at;
    start(&w);
    for (int k = 0; k < 3; k++)
        for (int s = 0; s < 3; s++) /* -sd, 0, sd: variance sd^2 */
            add(&w, pow(10, k + 1), (uint64_t)s, mean[k] + (s - 1) * sd[k]);
    load(&w);
    assert_int_equal(curve_cross_mean(&w.c_, .8, &at), IDIM_EXACT);
    assert_near(at / log(10), 2 + (.8 - .425) / .475, 1e-9);
    curve_clear(&w.c_);
}

static void a_seed_is_held_against_its_own_baseline(void **state)
{
    world w;
    start(&w);
    for (uint64_t s = 1; s <= 3; s++) {
        add(&w, 10, s, .2);
        add(&w, 100, s, .9);
    }
    add_baseline(&w, 2, .8);
    add_baseline(&w, 1, .6);
    load(&w);
    curve_target one = curve_aim(&w.c_, rule_of("raw,.5"), 0),
                 two = curve_aim(&w.c_, rule_of("raw,.5"), 1);
    curve_target three = curve_aim(&w.c_, rule_of("raw,.5"), 2);
    assert_near(one.t, .3, 1e-15);
    assert_near(two.t, .4, 1e-15);
    assert_near(three.t, .35, 1e-15); /* none of its own: the mean */
    assert_true(three.shared && !one.shared);
    curve_clear(&w.c_);
}

/* P in the upper four bits, theta0 in the lower: P moves no baseline. */
static void a_design_s_baseline_is_that_of_what_it_reads(void **state)
{
    world w;
    start(&w);
    static const uint64_t labels[4] = {0x00, 0x10, 0x01, 0x11};
    for (size_t i = 0; i < 4; i++)
        add(&w, 10, labels[i], .2);
    add_baseline(&w, 0x00, .6);
    add_baseline(&w, 0x01, .8);
    add_floor(&w, 0x00, .1);
    w.in.baseline_mask = 0x0F;
    w.in.floor_mask = 0x100; /* the floor reads nothing that moves */
    load(&w);
    for (size_t k = 0; k < 4; k++) {
        curve_target a = curve_aim(&w.c_, rule_of("gain,.5"), k);
        assert_near(a.b, w.c_.seeds[k] & 1 ? .8 : .6, 1e-15);
        assert_near(a.c, .1, 1e-15);
        assert_false(a.shared);
    }
    curve_clear(&w.c_);
}

/* Three baselines .9 +- .03: standard error .03/sqrt(3); floor without error. */
static void four_standard_errors_are_asked_for(void **state)
{
    const double error = .03 / sqrt(3);
    for (int wide = 0; wide < 2; wide++) {
        world w;
        start(&w);
        add(&w, 10, 1, .9);
        for (int s = 0; s < 3; s++)
            add_baseline(&w, (uint64_t)s, .9 + (s - 1) * .03);
        for (int s = 0; s < 2; s++)
            add_floor(&w, (uint64_t)s, .9 - (wide ? 4.01 : 3.99) * error);
        load(&w);
        d90_rule r = rule_of("gain,.9");
        assert_int_equal(curve_measurable(&w.c_, r, curve_aim(&w.c_, r, SIZE_MAX)), wide);
        assert_true(curve_measurable(&w.c_, rule_of("absolute,.5"),
                                     curve_aim(&w.c_, rule_of("absolute,.5"), SIZE_MAX)));
        curve_clear(&w.c_);
    }
}

static void a_place_of_the_grid_is_that_number(void **state)
{
    world w;
    start(&w);
    for (int k = 0; k < 10; k++)
        add(&w, 200 * (k + 1), 1, .5);
    load(&w);
    for (int k = 0; k < 10; k++) {
        double d = 200 * (k + 1), at = curve_d(&w.c_, log(d));
        assert_true(at >= d && at <= d);
        at = curve_d(&w.c_, (log(d) + log(d) + log(d)) / 3 + 2e-15);
        assert_true(at >= d && at <= d);
    }
    assert_near(curve_d(&w.c_, log(300)) / 300, 1, 1e-14);
    assert_true(fabs(curve_d(&w.c_, log(2000) + 1e-12) - 2000) > 1e-9); /* no more than rounding */
    assert_true(isnan(curve_d(&w.c_, (double)NAN)));
    curve_clear(&w.c_);
}

static void a_seed_s_missing_d_are_stepped_over(void **state)
{
    world w;
    double at;
    start(&w);
    add(&w, 10, 1, .2);
    add(&w, 100, 2, .1);
    add(&w, 1000, 1, .8);
    add(&w, 1000, 2, .3);
    load(&w);
    d90_rule r = rule_of("absolute,.5");
    assert_int_equal(curve_cross_seed(&w.c_, r, 0, &at), IDIM_EXACT);
    assert_near(at, log(100), 1e-12); /* halfway from 10 to 1000 */
    assert_int_equal(curve_cross_seed(&w.c_, r, 1, &at), IDIM_ABOVE);
    assert_near(at, log(1000), 1e-12);
    curve_clear(&w.c_);
}

static void two_baselines_of_a_seed_are_refused(void **state)
{
    world w;
    start(&w);
    add(&w, 10, 1, .2);
    add_baseline(&w, 1, .9);
    add_baseline(&w, 1, .8);
    assert_refused(curve_init(&w.c_, &w.in), ERR_USAGE, "two baseline scores");
    curve_clear(&w.c_);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(runs_are_laid_out_by_seed_and_d),
        cmocka_unit_test(precise_means_weigh_more),
        cmocka_unit_test(a_seed_is_held_against_its_own_baseline),
        cmocka_unit_test(a_design_s_baseline_is_that_of_what_it_reads),
        cmocka_unit_test(four_standard_errors_are_asked_for),
        cmocka_unit_test(a_place_of_the_grid_is_that_number),
        cmocka_unit_test(a_seed_s_missing_d_are_stepped_over),
        cmocka_unit_test(two_baselines_of_a_seed_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
