/* d90.c -- see d90.h: one row for each rule, from the laid-out curve (curve.h).
 *
 *   unmeasurable   b - c < 4 sqrt(b_var / n_b + c_var / n_c), or b <= c, or the rule says nothing
 *   end of an interval is open where a seed never crosses (it enters at d_max) or passes everywhere
 *   (it enters at d_min): a number there would claim what no run has seen */
#include <math.h>

#include "base/mem.h"
#include "measure/curve.h"
#include "measure/examples.h"
#include "measure/interval.h"
#include "measure/rule.h"

static const double d90_gain_errors = 2;

static double d90_if_exact(idim_d90_state state, double x)
{
    return state == IDIM_EXACT ? x : (double)NAN;
}

/* d90_grid and d_p50: first place of the grid where enough pass. */
static void d90_on_grid(const curve *c, d90_rule r, double t, d90_row *row)
{
    size_t grid = c->n_d, p50 = c->n_d;
    for (size_t j = c->n_d; j-- > 0;) {
        size_t passed = 0;
        for (size_t k = 0; k < c->n_seeds; k++)
            passed += c->score[k * c->n_d + j] > curve_aim(c, r, k).t; /* NaN passes nothing */
        if (2 * (double)passed >= c->n[j])
            p50 = j;
        if (c->mean[j] > t)
            grid = j;
    }
    row->grid_state = grid == c->n_d ? IDIM_ABOVE : grid == 0 ? IDIM_BELOW : IDIM_EXACT;
    row->p50_state = p50 == c->n_d ? IDIM_ABOVE : p50 == 0 ? IDIM_BELOW : IDIM_EXACT;
    row->grid = row->grid_state == IDIM_EXACT ? c->d[grid] : (double)NAN;
    row->p50 = row->p50_state == IDIM_EXACT ? c->d[p50] : (double)NAN;
}

static void d90_shape(const curve *c, d90_row *row)
{
    double area = 0;
    row->fall = 0;
    row->fall_z = 0;
    for (size_t j = 1; j < c->n_d; j++) {
        area += (c->x[j] - c->x[j - 1]) * (c->mean[j] + c->mean[j - 1]) / 2;
        for (size_t i = 0; i < j; i++) {
            double fall = c->mean[i] - c->mean[j];
            if (fall <= row->fall)
                continue;
            double error = sqrt(c->var[i] / c->n[i] + c->var[j] / c->n[j]);
            row->fall = fall;
            row->fall_z = error > 0 ? fall / error : (double)NAN;
        }
    }
    row->auc = (double)NAN;
    if (c->n_d > 1)
        row->auc = (c->in->lower_is_better ? -area : area) / (c->x[c->n_d - 1] - c->x[0]);
}

/* Was training still improving where the curve last fails? Noise: pooled over the grid. */
static void d90_end_gain(const curve *c, double t, d90_row *row)
{
    const d90_scores *in = c->in;
    double *sum = c->work, *n = c->work + c->n_d, within = 0, freedom = 0;
    size_t at = 0;
    for (size_t j = 0; j < c->n_d; j++) {
        sum[j] = n[j] = 0;
        if (!(c->mean[j] > t))
            at = j;
    }
    for (size_t i = 0; i < in->n_points; i++)
        if (!isnan(in->points[i].gain)) {
            sum[c->cell[i] % c->n_d] += in->points[i].gain;
            n[c->cell[i] % c->n_d] += 1;
        }
    for (size_t i = 0; i < in->n_points; i++) {
        size_t j = c->cell[i] % c->n_d;
        double off = in->points[i].gain - sum[j] / n[j];
        within += isnan(off) ? 0 : off * off;
    }
    for (size_t j = 0; j < c->n_d; j++)
        freedom += fmax(n[j] - 1, 0);
    row->end_gain = n[at] > 0 ? sum[at] / n[at] : (double)NAN;
    row->unfinished = freedom > 0 && n[at] > 0 &&
                      row->end_gain > d90_gain_errors * sqrt(within / freedom / n[at]);
}

/* ln of every seed's crossing into x (n_seeds); returns how many. row NULL: only those. */
static size_t d90_seeds(const curve *c, d90_rule r, double *x, d90_row *row)
{
    size_t n = 0;
    for (size_t k = 0; k < c->n_seeds; k++) {
        idim_d90_state state = curve_cross_seed(c, r, k, &x[n]);
        if (state == IDIM_UNMEASURABLE)
            continue;
        n++;
        if (!row)
            continue;
        row->seeds_above += state == IDIM_ABOVE;
        row->seeds_below += state == IDIM_BELOW;
        row->seeds_shared += curve_aim(c, r, k).shared;
    }
    return n;
}

static void d90_ends(const curve *c, interval v, const d90_row *row, double *low, double *high)
{
    *low = isnan(v.low) || !row->seeds_below ? curve_d(c, v.low) : 0;
    *high = isnan(v.high) || !row->seeds_above ? curve_d(c, v.high) : (double)INFINITY;
}

/* Loads the curve with replicates; the caller loads the scores again. x (n_seeds) scratch. */
static void d90_test_interval(curve *c, d90_rule r, const examples *e, double *x, d90_row *row)
{
    size_t n = d90_seeds(c, r, x, NULL), used = 0;
    double mean = 0, squares = 0;
    double *again = x + c->n_seeds; /* the seeds' crossings themselves must outlive the loop */
    for (size_t b = 0; b < e->replicates; b++) {
        double sum = 0;
        curve_load(c, examples_replicate(c->in, e, b));
        size_t m = d90_seeds(c, r, again, NULL);
        for (size_t k = 0; k < m; k++)
            sum += again[k];
        if (!m)
            continue;
        double off = sum / (double)m - mean; /* Welford: one pass, no cancellation */
        mean += off / (double)++used;
        squares += off * (sum / (double)m - mean);
    }
    if (used < 2)
        return;
    row->test_se = sqrt(squares / (double)(used - 1));
    d90_ends(c, interval_stein(n, c->in->first_stage, x, row->test_se * row->test_se), row,
             &row->test_low, &row->test_high);
}

static void d90_flags(const curve *c, d90_row *row)
{
    const d90_scores *in = c->in;
    for (size_t j = 0; j < c->n_d; j++) {
        bool edge = false;
        for (size_t i = 0; i < in->n_points; i++)
            edge |= c->cell[i] % c->n_d == j && in->points[i].lr_edge;
        row->lr_edges += edge;
    }
    bool edge = false;
    for (size_t i = 0; i < in->n_baseline; i++)
        edge |= in->baseline[i].lr_edge;
    row->lr_edges += edge;
    for (size_t k = 0; k < c->n_seeds; k++) {
        bool partial = false;
        for (size_t j = 0; j < c->n_d; j++)
            partial |= isnan(c->score[k * c->n_d + j]);
        row->seeds_partial += partial;
    }
    row->few_seeds = c->n_seeds < 3;
    row->asks = in->asks;
}

static d90_row d90_blank(const curve *c, d90_rule r, curve_target a)
{
    const d90_scores *in = c->in;
    const double sign = in->lower_is_better ? -1 : 1, none = (double)NAN;
    d90_row row = {.space = in->space,
                   .rule_base = rule_base_text(r),
                   .rule_kind = rule_kind_text(r),
                   .level = r.level,
                   .better = in->lower_is_better ? "lower" : "higher",
                   .baseline = r.kind == D90_ABSOLUTE ? none : sign * a.b,
                   .floor = sign * a.c,
                   .threshold = sign * a.t,
                   .n_baseline = in->n_baseline,
                   .n_floor = in->n_floor,
                   .d_min = c->d[0],
                   .d_max = c->d[c->n_d - 1],
                   .n_d = c->n_d,
                   .n_seeds = c->n_seeds};
    row.state = row.grid_state = row.p50_state = IDIM_UNMEASURABLE;
    row.fit = row.grid = row.p50 = row.fit_best = row.seed_mean = row.seed_sd = none;
    row.low = row.high = row.test_low = row.test_high = row.test_se = none;
    row.end_gain = none;
    row.vary = in->vary ? in->vary : "";
    row.first_seed = (size_t)in->first_seed;
    row.first_stage = in->first_stage;
    row.baseline_sd =
        r.base == D90_OWN && r.kind != D90_ABSOLUTE && in->n_baseline >= 2 ? sqrt(c->b_var) : none;
    rule_words(r, c->n_seeds, in, row.words);
    return row;
}

/* In a search each seed was scored at places of its own, the next one up because it failed: a mean over
 * those that happen to be at a d is no curve. The middle of the seeds' crossings is what is known. */
static void d90_searched(size_t n, d90_row *row)
{
    row->state = 2 * row->seeds_above > n   ? IDIM_ABOVE
                 : 2 * row->seeds_below > n ? IDIM_BELOW
                                            : IDIM_EXACT;
    row->fit = d90_if_exact(row->state, row->seed_mean);
    row->grid_state = row->p50_state = IDIM_UNMEASURABLE;
    row->grid = row->p50 = row->auc = row->fall = row->fall_z = (double)NAN;
}

static void d90_one(curve *c, d90_rule r, const examples *e, double *x, d90_row *row)
{
    curve_target a = curve_aim(c, r, SIZE_MAX);
    *row = d90_blank(c, r, a);
    d90_flags(c, row);
    d90_shape(c, row);
    if (!curve_measurable(c, r, a))
        return;

    double at = 0;
    row->state = curve_cross_mean(c, a.t, &at);
    row->fit = d90_if_exact(row->state, curve_d(c, at));
    d90_on_grid(c, r, a.t, row);
    d90_end_gain(c, a.t, row);
    size_t n = d90_seeds(c, r, x, row);
    interval v = interval_stein(n, c->in->first_stage, x, 0);
    row->seed_mean = curve_d(c, v.mean);
    row->seed_sd = v.sd;
    if (c->in->first_stage)
        d90_searched(n, row);
    if (c->in->crossed)
        return;
    d90_ends(c, v, row, &row->low, &row->high);
    bool stein = c->in->first_stage && c->in->first_stage < n;
    row->seeds_half = stein ? 4 * n : interval_half(n); /* its t does not fall with n */
    if (e->score)
        d90_test_interval(c, r, e, x, row);
}

/* score or score_best of all runs, in the order points, baseline, floor; false: some are unknown. */
static bool d90_gather(const d90_scores *in, bool best, double *out)
{
    const d90_point *lists[] = {in->points, in->baseline, in->floor};
    const size_t n[] = {in->n_points, in->n_baseline, in->n_floor};
    bool known = true;
    for (size_t l = 0; l < 3; l++)
        for (size_t i = 0; i < n[l]; i++) {
            const d90_point *p = &lists[l][i];
            /* a floor that was not trained has one score */
            *out = best && (l < 2 || isfinite(p->score_best)) ? p->score_best : p->score;
            known &= (bool)isfinite(*out++);
        }
    return known;
}

static status d90_check(const d90_scores *in, const d90_rule *rules, size_t n_rules)
{
    for (size_t i = 0; i < n_rules; i++)
        if (rules[i].base == D90_FIXED && rules[i].kind != D90_ABSOLUTE && !isfinite(in->fixed))
            return error_set(ERR_USAGE,
                             "space %s: a fixed rule without a fixed baseline; give its value or "
                             "use the rule own",
                             in->space);
    return OK;
}

status d90_measure(const d90_scores *in, const d90_rule *rules, size_t n_rules, d90_row *rows)
{
    curve c = {0};
    examples e = {0};
    double *score = NULL, *x = NULL;
    status st = d90_check(in, rules, n_rules);
    if (st || (st = curve_init(&c, in)) || (st = examples_init(&e, in)))
        goto done;
    st = ERR_MEMORY;
    size_t runs = in->n_points + in->n_baseline + in->n_floor;
    if (!(score = mem_array(runs, 2 * sizeof *score)) || !(x = mem_array(c.n_seeds, 2 * sizeof *x)))
        goto done;
    examples plain = {.runs = runs, .score = score};
    d90_gather(in, false, score);
    bool best = d90_gather(in, true, score + runs);
    for (size_t i = 0; i < n_rules; i++) {
        curve_load(&c, examples_replicate(in, &plain, 0));
        d90_one(&c, rules[i], &e, x, &rows[i]);
        if (!best || in->first_stage || rows[i].state == IDIM_UNMEASURABLE)
            continue;
        double at = 0;
        curve_load(&c, examples_replicate(in, &plain, 1));
        idim_d90_state state = curve_cross_mean(&c, curve_aim(&c, rules[i], SIZE_MAX).t, &at);
        rows[i].fit_best = d90_if_exact(state, curve_d(&c, at));
    }
    st = OK;
done:
    mem_free(score);
    mem_free(x);
    examples_clear(&e);
    curve_clear(&c);
    return st;
}
