/* d90_test.c -- estimates, states and flags on curves whose answers are worked out by hand. */
#include "tests/test.h"

#include "measure/d90.h"

enum { MOST = 64 };

typedef struct sweep_of {
    d90_point points[MOST], baseline[8], floor[8];
    d90_scores in;
} sweep_of;

/* Scores at d = 10, 100, 1000 for each seed; baseline b and floor c for all. */
static void make(sweep_of *w, size_t seeds, const double (*scores)[3], double b, double c)
{
    memset(w, 0, sizeof *w);
    w->in = (d90_scores){.space = "mine",
                         .points = w->points,
                         .baseline = w->baseline,
                         .floor = w->floor,
                         .n_points = 3 * seeds,
                         .n_baseline = seeds,
                         .n_floor = seeds,
                         .fixed = 1,
                         .seed = 1,
                         .asks = 1};
    for (size_t s = 0; s < seeds; s++) {
        w->baseline[s] =
            (d90_point){.seed = s, .score = b, .score_best = (double)NAN, .gain = (double)NAN};
        w->floor[s] =
            (d90_point){.seed = s, .score = c, .score_best = (double)NAN, .gain = (double)NAN};
        for (size_t k = 0; k < 3; k++)
            w->points[3 * s + k] = (d90_point){.d = pow(10, (double)k + 1),
                                               .seed = s,
                                               .score = scores[s][k],
                                               .score_best = (double)NAN,
                                               .gain = (double)NAN};
    }
}

static d90_row measure(const sweep_of *w, const char *rule)
{
    d90_rule r;
    d90_row row;
    assert_ok(d90_rule_parse(rule, D90_RAW, &r));
    assert_ok(d90_measure(&w->in, &r, 1, &row));
    return row;
}

static const double plain[3][3] = {{.5, .8, .95}, {.52, .82, .97}, {.48, .78, .93}};

static void the_crossing_is_where_the_line_reaches_the_threshold(void **state)
{
    sweep_of w;
    make(&w, 3, plain, 1, .1);
    d90_row r = measure(&w, "own,raw,.9");
    /* means .5 .8 .95; .9 lies two thirds of the way from 100 to 1000 on ln d */
    assert_int_equal(r.state, IDIM_EXACT);
    assert_near(r.threshold, .9, 1e-12);
    assert_near(r.fit, pow(10, 2 + 2. / 3), 1e-9);
    assert_near(r.grid, 1000, 1e-9);
    /* seeds cross at 2 + .1/.15, 2 + .08/.15, 2 + .12/.15 on log10 d: mean 2.66667, sd .13333 */
    assert_near(log10(r.seed_mean), 2 + 2. / 3, 1e-9);
    assert_near(r.seed_sd, (2. / 15) * log(10), 1e-9);
    /* t_.975(2) = 4.302652729911275 (scipy.stats.t.ppf) */
    double half = 4.302652729911275 * (2. / 15) * log(10) / sqrt(3);
    assert_near(log(r.low), (2 + 2. / 3) * log(10) - half, 1e-9);
    assert_near(log(r.high), (2 + 2. / 3) * log(10) + half, 1e-9);
    assert_int_equal(r.n_seeds, 3);
    assert_int_equal(r.n_d, 3);
}

static void gain_counts_from_the_floor(void **state)
{
    sweep_of w;
    make(&w, 3, plain, 1, .5);
    d90_row r = measure(&w, "own,gain,.8");
    assert_near(r.threshold, .5 + .8 * .5, 1e-12);
    assert_near(r.fit, pow(10, 2 + 2. / 3), 1e-9);
}

static void fixed_rules_take_the_given_baseline(void **state)
{
    sweep_of w;
    make(&w, 3, plain, .5, .1);
    d90_row r = measure(&w, "fixed,raw,.9");
    assert_near(r.threshold, .9, 1e-12);
    assert_near(r.baseline, 1, 1e-12);
}

static void absolute_is_the_score_itself(void **state)
{
    sweep_of w;
    make(&w, 3, plain, 1, .1);
    d90_row r = measure(&w, "absolute,.65");
    assert_near(r.fit, pow(10, 1.5), 1e-9);
}

static void losses_are_turned(void **state)
{
    sweep_of w;
    static const double losses[3][3] = {{2, 1.2, .6}, {2, 1.2, .6}, {2, 1.2, .6}};
    make(&w, 3, losses, .5, 2.3);
    for (size_t i = 0; i < 3; i++) { /* a spread, or 4 standard errors of it would be nothing */
        w.baseline[i].score += .001 * (double)i;
        w.floor[i].score += .001 * (double)i;
    }
    w.in.lower_is_better = true;
    d90_row r = measure(&w, "own,gain,.9");
    /* t = b + .1 (c - b) = .501 + .1 1.8 */
    assert_near(r.threshold, .501 + .18, 1e-9);
    assert_near(r.fit, pow(10, 2 + (1.2 - .681) / .6), 1e-9);
    assert_int_equal(measure(&w, "own,raw,.9").state, IDIM_UNMEASURABLE);
}

static void states_say_where_nothing_crosses(void **state)
{
    sweep_of w;
    static const double low[3][3] = {{.1, .2, .3}, {.1, .2, .3}, {.1, .2, .31}};
    static const double high[3][3] = {{.95, .96, .97}, {.95, .96, .97}, {.95, .96, .98}};
    make(&w, 3, low, 1, .1);
    d90_row r = measure(&w, "own,raw,.9");
    assert_int_equal(r.state, IDIM_ABOVE);
    assert_true(isnan(r.fit) && isinf(r.high));
    assert_int_equal(r.seeds_above, 3);
    make(&w, 3, high, 1, .1);
    r = measure(&w, "own,raw,.9");
    assert_int_equal(r.state, IDIM_BELOW);
    assert_int_equal(r.seeds_below, 3);
    make(&w, 3, high, .1, .1); /* the baseline is no better than the floor */
    assert_int_equal(measure(&w, "own,gain,.9").state, IDIM_UNMEASURABLE);
}

static void an_end_at_the_grid_s_end_is_that_number(void **state)
{
    sweep_of w;
    static const double low[3][3] = {{.1, .2, .3}, {.1, .2, .3}, {.1, .2, .31}};
    make(&w, 3, low, 1, .1);
    d90_row r = measure(&w, "own,raw,.9");
    char cell[D90_WORDS];
    for (const d90_column *c = d90_columns; c->name; c++)
        if (!strcmp(c->name, "d90_low") || !strcmp(c->name, "d90_seeds"))
            assert_string_equal(d90_cell(&r, c, cell), "1000"); /* exp(log(1000)) is less */
}

/* P moves no baseline: all seeds have the one, and none is without its own. */
static void one_baseline_may_be_everyone_s(void **state)
{
    sweep_of w;
    make(&w, 3, plain, 1, .1);
    d90_row each = measure(&w, "own,raw,.9");
    w.in.n_baseline = w.in.n_floor = 1; /* of seed 0 */
    assert_int_equal(measure(&w, "own,raw,.9").seeds_shared, 2);
    w.in.vary = "P";
    w.in.baseline_mask = w.in.floor_mask = 8; /* of 0, 1, 2 nothing stays */
    d90_row r = measure(&w, "own,raw,.9");
    assert_int_equal(r.seeds_shared, 0);
    assert_string_equal(r.vary, "P");
    assert_string_equal(r.words, "own baseline, raw .9, d90_fit, 3 seeds of P");
    assert_near(r.low, each.low, 1e-12);
}

static void crossed_seeds_have_no_interval(void **state)
{
    sweep_of w;
    make(&w, 3, plain, 1, .1);
    w.in.crossed = true;
    d90_row r = measure(&w, "own,raw,.9");
    assert_true(isnan(r.low) && isnan(r.high) && isnan(r.test_low));
    assert_int_equal(r.seeds_half, 0);
    assert_near(r.fit, pow(10, 2 + 2. / 3), 1e-9);
    assert_near(r.seed_sd, (2. / 15) * log(10), 1e-9);
}

static void a_seed_that_never_crosses_opens_the_interval(void **state)
{
    sweep_of w;
    static const double some[3][3] = {{.5, .8, .95}, {.5, .8, .95}, {.5, .8, .89}};
    make(&w, 3, some, 1, .1);
    d90_row r = measure(&w, "own,raw,.9");
    assert_int_equal(r.seeds_above, 1);
    assert_true(isinf(r.high));
    assert_true(r.low > 0 && isfinite(r.low));
}

static void two_seeds_give_no_interval(void **state)
{
    sweep_of w;
    make(&w, 2, plain, 1, .1);
    d90_row r = measure(&w, "own,raw,.9");
    assert_true(r.few_seeds && isnan(r.low) && isnan(r.high));
    assert_int_equal(r.state, IDIM_EXACT);
}

static void a_fall_is_pooled_and_reported(void **state)
{
    sweep_of w;
    static const double falls[3][3] = {{.6, .5, .95}, {.62, .52, .96}, {.58, .48, .94}};
    make(&w, 3, falls, 1, .1);
    d90_row r = measure(&w, "own,raw,.9");
    assert_near(r.fall, .1, 1e-12);
    /* sd .02 at both: .1 / sqrt(2 .0004 / 3) */
    assert_near(r.fall_z, .1 / sqrt(2 * .0004 / 3), 1e-9);
    /* the isotonic fit is .55 .55 .95: .9 lies at 2 + .35/.4 */
    assert_near(r.fit, pow(10, 2 + .35 / .4), 1e-9);
}

static void order_of_points_says_nothing(void **state)
{
    sweep_of w;
    make(&w, 3, plain, 1, .1);
    d90_row a = measure(&w, "own,raw,.9");
    for (size_t i = 0; i < 4; i++) {
        d90_point keep = w.points[i];
        w.points[i] = w.points[8 - i];
        w.points[8 - i] = keep;
    }
    d90_row b = measure(&w, "own,raw,.9");
    assert_near(a.fit, b.fit, 1e-12);
    assert_near(a.low, b.low, 1e-12);
    assert_near(a.auc, b.auc, 1e-12);
}

static void what_cannot_be_measured_is_refused(void **state)
{
    sweep_of w;
    d90_rule r;
    d90_row row;
    make(&w, 3, plain, 1, .1);
    assert_ok(d90_rule_parse("own,raw,.9", D90_RAW, &r));
    w.points[1].d = 10; /* with the same seed: twice */
    assert_int_equal(d90_measure(&w.in, &r, 1, &row), ERR_USAGE);
    make(&w, 3, plain, 1, .1);
    w.points[1].score = (double)NAN;
    assert_int_equal(d90_measure(&w.in, &r, 1, &row), ERR_USAGE);
    make(&w, 3, plain, 1, .1);
    w.points[0].d = 0;
    assert_int_equal(d90_measure(&w.in, &r, 1, &row), ERR_USAGE);
    w.in.n_points = 0;
    assert_int_equal(d90_measure(&w.in, &r, 1, &row), ERR_USAGE);
    assert_int_equal(d90_rule_parse("own,raw,9", D90_RAW, &r), ERR_USAGE);
    assert_int_equal(d90_rule_parse("own,rwa,.9", D90_RAW, &r), ERR_USAGE);
}

static void a_test_set_widens_the_interval(void **state)
{
    enum { N = 400 };
    static uint8_t bits[12][N / 8];
    static const double scores[3][3] = {{.5, .8, .95}, {.5, .8, .95}, {.5, .8, .95}};
    sweep_of w;
    make(&w, 3, scores, 1, .1);
    for (size_t i = 0; i < 12; i++) { /* the first score N examples are right */
        size_t right = (size_t)((i < 9 ? w.points[i].score : 1) * N + .5);
        memset(bits[i], 0, sizeof bits[i]);
        for (size_t k = 0; k < right; k++)
            bits[i][k / 8] |= (uint8_t)(1u << k % 8);
        if (i < 9)
            w.points[i].bits = bits[i];
        else
            w.baseline[i - 9].bits = bits[i];
    }
    w.in.n_test = N;
    d90_row r = measure(&w, "own,raw,.9");
    /* at the crossing the score is .9 of 400: sd .015, slope .15 per factor of ten */
    double expected = .015 / (.15 / log(10));
    assert_true(r.test_se > .5 * expected && r.test_se < 1.5 * expected);
    assert_true(r.test_low < r.low || r.test_high > r.high);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_crossing_is_where_the_line_reaches_the_threshold),
        cmocka_unit_test(gain_counts_from_the_floor),
        cmocka_unit_test(fixed_rules_take_the_given_baseline),
        cmocka_unit_test(absolute_is_the_score_itself),
        cmocka_unit_test(losses_are_turned),
        cmocka_unit_test(states_say_where_nothing_crosses),
        cmocka_unit_test(an_end_at_the_grid_s_end_is_that_number),
        cmocka_unit_test(one_baseline_may_be_everyone_s),
        cmocka_unit_test(crossed_seeds_have_no_interval),
        cmocka_unit_test(a_seed_that_never_crosses_opens_the_interval),
        cmocka_unit_test(two_seeds_give_no_interval),
        cmocka_unit_test(a_fall_is_pooled_and_reported),
        cmocka_unit_test(order_of_points_says_nothing),
        cmocka_unit_test(what_cannot_be_measured_is_refused),
        cmocka_unit_test(a_test_set_widens_the_interval),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
