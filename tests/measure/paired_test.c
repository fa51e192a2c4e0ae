/* paired_test.c -- two spaces on the same seeds and examples, by hand. t of 2 degrees in closed form:
 * t_.975 = .95 / sqrt(2 .975 .025), p = 1 - t / sqrt(2 + t^2). */
#include "tests/test.h"

#include "base/rng.h"
#include "measure/interval.h"
#include "measure/paired.h"

enum { SEEDS = 3, GRID = 3, N = 400, RUNS = SEEDS * GRID };

typedef struct world {
    d90_point a[RUNS], b[RUNS], baseline[SEEDS];
    uint8_t bits[2 * RUNS + SEEDS][N / 8];
    d90_scores in[2];
    crossings x[2];
    paired_row *rows;
    size_t n;
    paired_how how;
} world;

static double t_2(void)
{
    return .95 / sqrt(2 * .975 * .025);
}

static double t4(void)
{
    return 2.776445105197779; /* as in interval_test.c */
}

static double p_2(double t)
{
    return 1 - t / sqrt(2 + t * t);
}

static d90_point point(double d, uint64_t seed, double score)
{
    return (d90_point){
        .d = d, .seed = seed, .score = score, .score_best = (double)NAN, .gain = (double)NAN};
}

/* Scores at d = 10, 100, 1000. */
static void make(world *w, const double (*a)[GRID], const double (*b)[GRID])
{
    memset(w, 0, sizeof *w);
    for (size_t s = 0; s < SEEDS; s++) {
        w->baseline[s] = point(1, s + 1, 1);
        for (size_t k = 0; k < GRID; k++) {
            w->a[s * GRID + k] = point(pow(10, (double)k + 1), s + 1, a[s][k]);
            w->b[s * GRID + k] = point(pow(10, (double)k + 1), s + 1, b[s][k]);
        }
    }
    for (size_t i = 0; i < 2; i++)
        w->in[i] = (d90_scores){.space = i ? "b" : "a",
                                .points = i ? w->b : w->a,
                                .baseline = w->baseline,
                                .n_points = RUNS,
                                .n_baseline = SEEDS,
                                .fixed = (double)NAN,
                                .vary = "all",
                                .seed = 1};
}

static void measure(world *w)
{
    d90_rule rule;
    assert_ok(d90_rule_parse("own,raw,.9", D90_RAW, &rule));
    for (size_t i = 0; i < 2; i++)
        assert_ok(crossings_init(&w->x[i], &w->in[i], rule, w->in[i].n_test > 0));
    assert_ok(paired_measure(&w->in[0], &w->in[1], &w->x[0], &w->x[1], "own baseline", w->how,
                             &w->rows, &w->n));
}

static void clear(world *w)
{
    crossings_clear(&w->x[0]);
    crossings_clear(&w->x[1]);
    mem_free(w->rows);
}

/* The first score N examples of a run are right, from `first` on. */
static void give_bits(world *w, size_t first)
{
    for (size_t i = 0; i < 2 * RUNS + SEEDS; i++) {
        d90_point *p = i < RUNS       ? &w->a[i]
                       : i < 2 * RUNS ? &w->b[i - RUNS]
                                      : &w->baseline[i - 2 * RUNS];
        size_t right = (size_t)(p->score * N + .5), from = i >= RUNS && i < 2 * RUNS ? first : 0;
        for (size_t e = 0; e < right; e++)
            w->bits[i][(from + e) % N / 8] |= (uint8_t)(1u << (from + e) % N % 8);
        p->bits = w->bits[i];
    }
    w->in[0].n_test = w->in[1].n_test = N;
    w->in[0].replicates = w->in[1].replicates = 400;
}

static const double first[SEEDS][GRID] = {{.5, .8, .95}, {.52, .82, .97}, {.48, .78, .93}};
/* a - b at 10: .01 .03 .02 */
static const double second[SEEDS][GRID] = {{.49, .8, .95}, {.49, .82, .97}, {.46, .78, .93}};

static void scores_are_paired_by_seed(void **state)
{
    world w;
    make(&w, first, second);
    measure(&w);
    assert_int_equal(w.n, GRID + 1);
    const paired_row *r = &w.rows[0];
    double error = .01 / sqrt(3);
    assert_string_equal(r->what, "score");
    assert_near(r->d, 10, 1e-12);
    assert_int_equal(r->n_seeds, 3);
    assert_near(r->a, .5, 1e-12);
    assert_near(r->effect, .02, 1e-12);
    assert_near(r->low, .02 - t_2() * error, 1e-9);
    assert_near(r->high, .02 + t_2() * error, 1e-9);
    assert_near(r->p, p_2(.02 / error), 1e-9);
    assert_true(isnan(r->test_low) && isnan(r->mcnemar_p)); /* no bits */
    assert_near(w.rows[1].effect, 0, 1e-12);
    assert_true(isnan(w.rows[1].p)); /* equal in all seeds: nothing varied */
    clear(&w);
}

/* a crosses at 2 + .1/.15, .08/.15, .12/.15 on log10 d; b's second seed crosses at 100 10^(.04/.15). */
static void d90_is_a_ratio_on_the_same_seeds(void **state)
{
    static const double other[SEEDS][GRID] = {{.5, .8, .95}, {.5, .86, 1.01}, {.48, .78, .93}};
    world w;
    make(&w, first, other);
    measure(&w);
    const paired_row *r = &w.rows[GRID];
    double difference = .04 / .15 * log(10), mean = difference / 3;
    double error = difference / 3; /* of 0, 0, x: sd x/sqrt(3), its error x/3 */
    assert_string_equal(r->what, "d90");
    assert_near(log(r->effect), mean, 1e-9);
    assert_near(log(r->a), (2 + 2. / 3) * log(10), 1e-9);
    assert_near(log(r->low), mean - t_2() * error, 1e-9);
    assert_near(log(r->high), mean + t_2() * error, 1e-9);
    assert_near(r->p, p_2(1), 1e-9);
    assert_string_equal(r->words, "own baseline");
    clear(&w);
}

static void a_seed_that_never_passes_leaves_an_end_open(void **state)
{
    static const double never[SEEDS][GRID] = {{.5, .8, .95}, {.52, .82, .97}, {.48, .78, .89}};
    world w;
    make(&w, never, first);
    measure(&w);
    const paired_row *r = &w.rows[GRID];
    assert_true(isnan(r->effect) && isnan(r->p) && isinf(r->high) && r->high > 0);
    assert_true(isfinite(r->low));
    clear(&w);
    make(&w, first, never);
    measure(&w);
    assert_true(isinf(w.rows[GRID].low) && w.rows[GRID].low < 0);
    assert_true(isfinite(w.rows[GRID].high));
    clear(&w);
}

/* All of 1000's scores of both are at the grid's end: it is that number, not exp(log(1000)). */
static void at_the_grid_s_end_it_is_that_number(void **state)
{
    static const double never[SEEDS][GRID] = {{.1, .2, .3}, {.1, .2, .3}, {.1, .2, .3}};
    world w;
    make(&w, never, first);
    measure(&w);
    assert_true(w.rows[GRID].a >= 1000 && w.rows[GRID].a <= 1000);
    clear(&w);
}

/* One seed: 20 examples only a has right, 8 only b; two-sided mid-p 2 P(X < 8) + P(X = 8), X binomial
 * (28, 1/2), by its sum. */
static void one_seed_has_mcnemar_s_test(void **state)
{
    static const double a[SEEDS][GRID] = {{.5, .8, .95}, {.5, .8, .95}, {.5, .8, .95}};
    static const double b[SEEDS][GRID] = {{.47, .8, .95}, {.47, .8, .95}, {.47, .8, .95}};
    world w;
    make(&w, a, b);
    give_bits(&w, 20); /* at d = 10: a has 0..199 right, b 20..207 */
    w.in[1].n_points = GRID;
    measure(&w);
    double sum = 0, term = 1; /* C(28, k) */
    for (int k = 0; k <= 8; k++) {
        sum += k < 8 ? 2 * term : term;
        term *= (double)(28 - k) / (k + 1);
    }
    assert_int_equal(w.rows[0].n_seeds, 1);
    assert_near(w.rows[0].mcnemar_p, sum / pow(2, 28), 1e-12);
    assert_true(isnan(w.rows[0].low));
    clear(&w);
}

/* Fagerland et al. 2013, section on airway hyper-responsiveness: 1 and 7 discordant pairs, exact .070,
 * mid-p .039. */
static void mid_p_is_the_published_one(void **state)
{
    assert_near(paired_mcnemar(1, 7), 2 * 9. / 256 - 8. / 256, 1e-12);
    assert_near(paired_mcnemar(7, 1), .0391, 5e-5);
    assert_near(paired_mcnemar(5, 5), 1, 1e-12);
    assert_near(paired_mcnemar(0, 0), 1, 1e-12);
}

/* Three seeds that agree on every example: m_e is +1 at 20, -1 at 8, so that z = 12 / sqrt(28) as for one
 * seed: three seeds are no three test sets. Variance of the mean: (28/400 - (12/400)^2) / 400. */
static void seeds_that_agree_are_one_test_set(void **state)
{
    static const double a[SEEDS][GRID] = {{.5, .8, .95}, {.5, .8, .95}, {.5, .8, .95}};
    static const double b[SEEDS][GRID] = {{.47, .8, .95}, {.47, .8, .95}, {.47, .8, .95}};
    world w;
    make(&w, a, b);
    give_bits(&w, 20);
    measure(&w);
    const paired_row *r = &w.rows[0];
    double error = sqrt((28. / 400 - .03 * .03) / 400);
    assert_near(r->mcnemar_p, erfc(12 / sqrt(28) / sqrt(2)), 1e-12);
    assert_near(r->low, .03, 1e-12); /* no spread between seeds */
    assert_near(r->test_low, .03 - 1.959963984540054 * error, 1e-9);
    assert_near(r->test_p, erfc(.03 / error / sqrt(2)), 1e-9);
    clear(&w);
}

/* That closed form is what drawing examples gives: 4,000 replicates, whose variance is good to 7 % (three
 * of its standard errors). */
static void the_formula_is_the_bootstrap_s(void **state)
{
    world w;
    make(&w, first, second);
    give_bits(&w, 20);
    measure(&w);
    stream s = stream_make(1, "draw");
    double mean = 0, squares = 0;
    for (size_t r = 0; r < 4000; r++) {
        double sum = 0;
        for (size_t e = 0; e < N; e++) {
            size_t at = (size_t)rng_below(&s, r * N + e, N);
            for (size_t k = 0; k < SEEDS; k++)
                sum += (double)(w.a[k * GRID].bits[at / 8] >> at % 8 & 1) -
                       (double)(w.b[k * GRID].bits[at / 8] >> at % 8 & 1);
        }
        double off = sum / (SEEDS * N) - mean;
        mean += off / (double)(r + 1);
        squares += off * (sum / (SEEDS * N) - mean);
    }
    double v = squares / 3999, own = .01 * .01 / 3;
    assert_true(v > own); /* so that the test set is what widens */
    double half = w.rows[0].test_high - w.rows[0].effect, nu = 2 * pow(1 + v / own, 2);
    /* t_.975(nu) = 1.96 (1 + 2.37 / (nu - 1)) to 2 % above 8 degrees (Cornish and Fisher) */
    assert_true(nu > 8);
    assert_near(half / (1.96 * (1 + 1.21 / nu) * sqrt(own + v)), 1, .06);
    clear(&w);
}

/* Seeds 4 and 5 of a search were added for the first three's spread, which alone says how sure it is. */
static void a_search_s_first_stage_says_how_far_pairs_spread(void **state)
{
    enum { MORE = 5 };
    static const double by[MORE] = {.01, .03, .02, .5, -.3}; /* a - b at 10 and 100 */
    d90_point a[2 * MORE], b[2 * MORE], baseline[MORE];
    double ratio[MORE], mean = 0; /* ln of a's crossing over b's, on the line from 10 to 1000 */
    world w;
    make(&w, first, second);
    for (size_t s = 0; s < MORE; s++) {
        ratio[s] = 2 * log(10) * (.4 / .5 - (.4 + by[s]) / (.5 + by[s]));
        mean += ratio[s] / MORE;
        baseline[s] = point(1, s + 1, 1);
    }
    for (size_t s = 0; s < MORE;
         s++) /* the added ones stand first, and are none of the first stage */
        for (size_t k = 0; k < 2; k++) {
            size_t i = (MORE - 1 - s) * 2 + k;
            a[i] = point(k ? 1000 : 10, s + 1, k ? 1 : .5);
            b[i] = point(k ? 1000 : 10, s + 1, k ? 1 : .5 - by[s]);
        }
    for (size_t i = 0; i < 2; i++) {
        w.in[i].points = i ? b : a;
        w.in[i].n_points = 2 * MORE;
        w.in[i].first_stage = 3;
        w.in[i].baseline = baseline;
        w.in[i].n_baseline = MORE;
    }
    measure(&w);
    const paired_row *r = &w.rows[0];
    double sum = .01 + .03 + .02 + .5 - .3, error = .01 / sqrt(MORE);
    assert_int_equal(r->n_seeds, 5);
    assert_int_equal(r->first_stage, 3);
    assert_near(r->effect, sum / 5, 1e-12);
    assert_near(r->high, sum / 5 + t_2() * error, 1e-9);
    assert_near(r->p, p_2(sum / 5 / error), 1e-9);
    r = &w.rows[2];
    assert_string_equal(r->what, "d90");
    assert_int_equal(r->first_stage, 3);
    double sd = interval_t(3, ratio, 0).sd;
    assert_near(log(r->high), mean + t_2() * sd / sqrt(MORE), 1e-9);
    assert_near(log(r->low), mean - t_2() * sd / sqrt(MORE), 1e-9);
    w.how.apart = true;
    mem_free(w.rows);
    assert_ok(
        paired_measure(&w.in[0], &w.in[1], &w.x[0], &w.x[1], "own baseline", w.how, &w.rows, &w.n));
    assert_int_equal(w.rows[2].first_stage, 6);
    interval v = interval_welch((interval_sample){w.x[0].x, MORE, 3},
                                (interval_sample){w.x[1].x, MORE, 3}, 0);
    assert_near(log(w.rows[2].high), v.high, 1e-9);
    clear(&w);
}

static void the_test_set_widens_the_ratio_s_interval(void **state)
{
    world w;
    make(&w, first, second);
    w.b[GRID + 1].score = .85;
    give_bits(&w, 20);
    measure(&w);
    const paired_row *r = &w.rows[GRID];
    assert_true(w.x[0].replicates == 400 && isfinite(r->test_low));
    assert_true(r->test_low <= r->low && r->test_high >= r->high && r->test_p >= r->p);
    clear(&w);
}

/* The same examples are drawn for both: a space against itself has no error from the test set. */
static void a_space_against_itself_is_itself(void **state)
{
    world w;
    make(&w, first, first);
    give_bits(&w, 0);
    measure(&w);
    const paired_row *r = &w.rows[GRID];
    assert_near(r->effect, 1, 1e-12);
    assert_near(r->test_low, 1, 1e-12);
    assert_near(r->test_high, 1, 1e-12);
    clear(&w);
}

static void without_a_seed_in_common_there_is_nothing(void **state)
{
    world w;
    make(&w, first, second);
    for (size_t i = 0; i < RUNS; i++)
        w.b[i].seed += 100;
    measure(&w);
    assert_int_equal(w.n, 1);
    assert_int_equal(w.rows[0].n_seeds, 0);
    assert_true(isnan(w.rows[0].effect));
    clear(&w);
}

/* Equal n and, at d = 10, variances .02^2 and .0003: Welch's nu is that of the formula, t between t_4 and t_2. */
static void apart_all_seeds_count_by_welch(void **state)
{
    world w;
    make(&w, first, second);
    for (size_t i = 0; i < RUNS; i++)
        w.b[i].seed += 100;
    w.how.apart = true;
    assert_false(paired_seeds(&w.in[0], &w.in[1]));
    measure(&w);
    assert_int_equal(w.n, GRID + 1);
    const double x[] = {.5, .52, .48}, y[] = {.49, .49, .46};
    interval v = interval_welch((interval_sample){x, 3, 0}, (interval_sample){y, 3, 0}, 0);
    assert_near(w.rows[0].effect, .02, 1e-12);
    assert_near(w.rows[0].low, v.low, 1e-12);
    assert_near(w.rows[0].p, v.p, 1e-12);
    assert_true(w.rows[0].apart && !w.rows[0].n_seeds && w.rows[0].n_a == 3 && w.rows[0].n_b == 3);
    v = interval_welch((interval_sample){w.x[0].x, 3, 0}, (interval_sample){w.x[1].x, 3, 0}, 0);
    assert_near(log(w.rows[GRID].effect), v.mean, 1e-12);
    assert_near(log(w.rows[GRID].high), v.high, 1e-12);
    clear(&w);
}

/* On one test set its error moves both, apart or not; with other examples the two errors add up. */
static void other_test_examples_add_their_errors(void **state)
{
    world w;
    double own, variance, half[2];
    for (int other = 0; other < 2; other++) {
        make(&w, first, first);
        give_bits(&w, 0);
        w.how = (paired_how){.apart = true, .other_test = other};
        measure(&w);
        half[other] = w.rows[0].test_high - w.rows[0].effect;
        assert_true(isnan(w.rows[0].mcnemar_p) == other);
        assert_true(isfinite(w.rows[GRID].test_low));
        clear(&w);
    }
    /* examples 192 to 207 are right in one, two or none of the seeds: m = 1/3, 2/3 of 16 */
    own = .02 * .02 / 3;
    double ones = 192 + 8 * 4. / 9 + 8 / 9.;
    variance = (ones / N - .25) / N;
    assert_near(half[0], t4() * sqrt(2 * own), 1e-9);
    double nu = 4 * pow(1 + variance / own, 2);
    assert_true(nu > 20 && half[1] > 1.96 * sqrt(2 * (own + variance)) &&
                half[1] < 1.96 * (1 + 1.3 / nu) * sqrt(2 * (own + variance)));
}

static void seeds_are_paired_where_one_side_has_all_of_the_other_s(void **state)
{
    world w;
    make(&w, first, second);
    assert_true(paired_seeds(&w.in[0], &w.in[1]));
    w.in[1].n_points = GRID; /* seed 1 alone */
    assert_true(paired_seeds(&w.in[0], &w.in[1]) && paired_seeds(&w.in[1], &w.in[0]));
    w.b[0].seed = 77;
    assert_false(paired_seeds(&w.in[0], &w.in[1]));
}

static void crossed_seeds_have_no_interval(void **state)
{
    world w;
    make(&w, first, second);
    w.in[0].crossed = w.in[1].crossed = true;
    measure(&w);
    assert_near(w.rows[0].effect, .02, 1e-12);
    assert_true(isnan(w.rows[0].low) && isnan(w.rows[0].p) && isnan(w.rows[GRID].low));
    clear(&w);
}

/* ------------------------------------------------------------------ crossings */

static void crossings_are_those_of_each_seed(void **state)
{
    world w;
    make(&w, first, second);
    measure(&w);
    static const double at[SEEDS] = {.1 / .15, .08 / .15, .12 / .15};
    assert_int_equal(w.x[0].n, 3);
    for (size_t k = 0; k < SEEDS; k++) {
        assert_int_equal(w.x[0].seeds[k], k + 1);
        assert_int_equal(w.x[0].state[k], IDIM_EXACT);
        assert_near(w.x[0].x[k], (2 + at[k]) * log(10), 1e-9);
    }
    clear(&w);
}

static void what_is_unmeasurable_has_none(void **state)
{
    crossings x;
    d90_rule rule;
    world w;
    make(&w, first, second);
    w.in[0].lower_is_better = true; /* raw says nothing of a loss */
    assert_ok(d90_rule_parse("own,raw,.9", D90_RAW, &rule));
    assert_ok(crossings_init(&x, &w.in[0], rule, true));
    assert_int_equal(x.n, 0);
    crossings_clear(&x);
    w.in[0].n_points = 0;
    assert_int_equal(crossings_init(&x, &w.in[0], rule, true), ERR_USAGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scores_are_paired_by_seed),
        cmocka_unit_test(d90_is_a_ratio_on_the_same_seeds),
        cmocka_unit_test(a_seed_that_never_passes_leaves_an_end_open),
        cmocka_unit_test(at_the_grid_s_end_it_is_that_number),
        cmocka_unit_test(one_seed_has_mcnemar_s_test),
        cmocka_unit_test(mid_p_is_the_published_one),
        cmocka_unit_test(seeds_that_agree_are_one_test_set),
        cmocka_unit_test(the_formula_is_the_bootstrap_s),
        cmocka_unit_test(a_search_s_first_stage_says_how_far_pairs_spread),
        cmocka_unit_test(the_test_set_widens_the_ratio_s_interval),
        cmocka_unit_test(a_space_against_itself_is_itself),
        cmocka_unit_test(without_a_seed_in_common_there_is_nothing),
        cmocka_unit_test(apart_all_seeds_count_by_welch),
        cmocka_unit_test(other_test_examples_add_their_errors),
        cmocka_unit_test(seeds_are_paired_where_one_side_has_all_of_the_other_s),
        cmocka_unit_test(crossed_seeds_have_no_interval),
        cmocka_unit_test(crossings_are_those_of_each_seed),
        cmocka_unit_test(what_is_unmeasurable_has_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
