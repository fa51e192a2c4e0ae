/* curve.c -- see curve.h. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "measure/curve.h"
#include "measure/isotonic.h"
#include "measure/rule.h"

/* ln d and means of a few of them are good to this: some units in the last place of a ln below 32. */
static const double curve_place_rounding = 3e-14;

static const double curve_gap_errors = 4;

/* A variance this small against the largest mean is the rounding of equal scores: sd 1e-10. */
static const double curve_rounding = 1e-20;

static int curve_order_d(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static int curve_order_seed(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static size_t curve_find_seed(const curve *c, uint64_t seed)
{
    const uint64_t *at = bsearch(&seed, c->seeds, c->n_seeds, sizeof seed, curve_order_seed);
    return at ? (size_t)(at - c->seeds) : SIZE_MAX;
}

static status curve_check(const d90_scores *in)
{
    if (!in->n_points)
        return error_set(ERR_USAGE, "space %s: no scores with d > 0; give at least one", in->space);
    for (size_t i = 0; i < in->n_points; i++) {
        const d90_point *p = &in->points[i];
        if (!(p->d > 0) || !isfinite(p->d))
            return error_set(ERR_USAGE, "space %s, seed %" PRIu64 ": d = %g; d must be above 0",
                             in->space, p->seed, p->d);
        if (!isfinite(p->score))
            return error_set(ERR_USAGE,
                             "space %s, d = %g, seed %" PRIu64
                             ": the score is not finite; a run that "
                             "diverged enters with the worst value of its metric",
                             in->space, p->d, p->seed);
    }
    return OK;
}

/* Baseline or floor: finite, one a seed. */
static status curve_check_list(const d90_scores *in, const d90_point *list, size_t n,
                               const char *what)
{
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(list[i].score))
            return error_set(ERR_USAGE,
                             "space %s, %s of seed %" PRIu64
                             ": the score is not finite; a run that "
                             "diverged enters with the worst value of its metric",
                             in->space, what, list[i].seed);
        for (size_t k = 0; k < i; k++)
            if (list[k].seed == list[i].seed)
                return error_set(ERR_USAGE,
                                 "space %s: seed %" PRIu64 " has two %s scores; keep one",
                                 in->space, list[i].seed, what);
    }
    return OK;
}

static status curve_places(curve *c)
{
    const d90_scores *in = c->in;
    size_t n = in->n_points;
    for (size_t i = 0; i < n; i++) {
        c->d[i] = in->points[i].d;
        c->seeds[i] = in->points[i].seed;
    }
    qsort(c->d, n, sizeof *c->d, curve_order_d);
    qsort(c->seeds, n, sizeof *c->seeds, curve_order_seed);
    for (size_t i = 0; i < n; i++) {
        if (!c->n_d || c->d[i] > c->d[c->n_d - 1])
            c->d[c->n_d++] = c->d[i];
        if (!c->n_seeds || c->seeds[i] > c->seeds[c->n_seeds - 1])
            c->seeds[c->n_seeds++] = c->seeds[i];
    }

    size_t cells = 0;
    status st = size_mul(c->n_d, c->n_seeds, &cells);
    if (st)
        return st;
    c->score = mem_array(cells, sizeof *c->score);
    if (!c->score)
        return ERR_MEMORY;
    for (size_t i = 0; i < n; i++) {
        const double *at = bsearch(&in->points[i].d, c->d, c->n_d, sizeof *c->d, curve_order_d);
        c->cell[i] = curve_find_seed(c, in->points[i].seed) * c->n_d + (size_t)(at - c->d);
        if (c->score[c->cell[i]] > 0)
            return error_set(ERR_USAGE,
                             "space %s: d = %g, seed %" PRIu64 " is there twice; keep one score",
                             in->space, in->points[i].d, in->points[i].seed);
        c->score[c->cell[i]] = 1; /* taken; curve_load overwrites it */
    }
    return OK;
}

static size_t curve_own(const d90_point *list, size_t n, uint64_t mask, uint64_t seed)
{
    for (size_t i = 0; i < n; i++)
        if (list[i].seed == (mask ? seed & mask : seed))
            return i;
    return SIZE_MAX;
}

status curve_init(curve *c, const d90_scores *in)
{
    *c = (curve){.in = in};
    status st = curve_check(in);
    if (!st)
        st = curve_check_list(in, in->baseline, in->n_baseline, "baseline");
    if (!st)
        st = curve_check_list(in, in->floor, in->n_floor, "floor");
    if (st)
        return st;

    size_t n = in->n_points, work = 0; /* n >= n_d, n_seeds */
    if ((st = size_mul(n, 5, &work)))
        return st;
    double **arrays[] = {&c->d, &c->x, &c->n, &c->mean, &c->var, &c->b, &c->c};
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++)
        if (!(*arrays[i] = mem_array(n, sizeof(double))))
            return ERR_MEMORY;
    size_t **places[] = {&c->cell, &c->own_b, &c->own_c};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        if (!(*places[i] = mem_array(n, sizeof(size_t))))
            return ERR_MEMORY;
    c->seeds = mem_array(n, sizeof *c->seeds);
    c->work = mem_array(work, sizeof *c->work);
    if (!c->seeds || !c->work)
        return ERR_MEMORY;
    if ((st = curve_places(c)))
        return st;

    for (size_t j = 0; j < c->n_d; j++)
        c->x[j] = log(c->d[j]);
    for (size_t k = 0; k < c->n_seeds; k++) {
        c->own_b[k] = curve_own(in->baseline, in->n_baseline, in->baseline_mask, c->seeds[k]);
        c->own_c[k] = curve_own(in->floor, in->n_floor, in->floor_mask, c->seeds[k]);
    }
    return OK;
}

void curve_clear(curve *c)
{
    void *all[] = {c->d,    c->x,     c->n,     c->mean,  c->var,   c->b,   c->c,
                   c->cell, c->own_b, c->own_c, c->seeds, c->score, c->work};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        mem_free(all[i]);
    *c = (curve){0};
}

/* Mean and variance (n - 1) of sign * v; a single value has the variance `single`. */
static void curve_moments(const double *v, size_t n, double sign, double single, double *mean,
                          double *var)
{
    double sum = 0, squares = 0;
    for (size_t i = 0; i < n; i++)
        sum += sign * v[i];
    *mean = n ? sum / (double)n : (double)NAN;
    for (size_t i = 0; i < n; i++)
        squares += (sign * v[i] - *mean) * (sign * v[i] - *mean);
    *var = n >= 2 ? squares / (double)(n - 1) : n ? single : 0;
}

void curve_load(curve *c, curve_values v)
{
    const d90_scores *in = c->in;
    const double sign = in->lower_is_better ? -1 : 1;
    for (size_t i = 0; i < c->n_d * c->n_seeds; i++)
        c->score[i] = (double)NAN;
    for (size_t i = 0; i < in->n_points; i++)
        c->score[c->cell[i]] = sign * v.points[i];

    double within = 0, freedom = 0, largest = 0;
    for (size_t j = 0; j < c->n_d; j++) {
        double *column = c->work;
        size_t n = 0;
        for (size_t k = 0; k < c->n_seeds; k++)
            if (!isnan(c->score[k * c->n_d + j]))
                column[n++] = c->score[k * c->n_d + j];
        c->n[j] = (double)n;
        curve_moments(column, n, 1, 0, &c->mean[j], &c->var[j]);
        within += c->var[j] * (double)(n - 1);
        freedom += (double)(n - 1);
        largest = fmax(largest, fabs(c->mean[j]));
    }
    double least = curve_rounding * largest * largest;
    c->pooled = freedom > 0 && within / freedom > least ? within / freedom : 0;
    for (size_t j = 0; j < c->n_d; j++)
        if (c->n[j] < 2 || c->var[j] <= least)
            c->var[j] = c->pooled;

    curve_moments(v.baseline, in->n_baseline, sign, c->pooled, &c->b_mean, &c->b_var);
    curve_moments(v.floor, in->n_floor, sign, c->pooled, &c->c_mean, &c->c_var);
    for (size_t k = 0; k < c->n_seeds; k++) {
        c->b[k] = c->own_b[k] == SIZE_MAX ? (double)NAN : sign * v.baseline[c->own_b[k]];
        c->c[k] = c->own_c[k] == SIZE_MAX ? (double)NAN : sign * v.floor[c->own_c[k]];
    }
}

curve_target curve_aim(const curve *c, d90_rule r, size_t k)
{
    const bool lower = c->in->lower_is_better, mean = k == SIZE_MAX;
    const double sign = lower ? -1 : 1;
    curve_target a = {c->b_mean, c->c_mean, (double)NAN, false};
    if (!mean && r.base == D90_OWN && r.kind != D90_ABSOLUTE) {
        a.shared = isnan(c->b[k]);
        a.b = a.shared ? c->b_mean : c->b[k];
    }
    if (!mean && r.kind == D90_GAIN) {
        a.shared |= isnan(c->c[k]);
        a.c = isnan(c->c[k]) ? c->c_mean : c->c[k];
    }
    if (r.base == D90_FIXED)
        a.b = sign * c->in->fixed;
    a.t = sign * rule_threshold(r, lower, sign * a.b, sign * a.c);
    return a;
}

bool curve_measurable(const curve *c, d90_rule r, curve_target a)
{
    const d90_scores *in = c->in;
    if (isnan(a.t))
        return false;
    if (r.kind == D90_ABSOLUTE)
        return true;
    if (isnan(a.c)) /* raw, no floor known: nothing to hold b against */
        return true;
    double error = r.base == D90_OWN ? c->b_var / (double)in->n_baseline : 0;
    error += c->c_var / (double)in->n_floor;
    return a.b > a.c && a.b - a.c >= curve_gap_errors * sqrt(error);
}

idim_d90_state curve_cross_mean(const curve *c, double t, double *at)
{
    double *weight = c->work, *fit = c->work + c->n_d, *work = c->work + 2 * c->n_d;
    for (size_t j = 0; j < c->n_d; j++)
        weight[j] = c->n[j] / (c->pooled > 0 ? c->var[j] : 1);
    isotonic_fit(c->n_d, c->mean, weight, fit, work);
    return isotonic_cross(c->n_d, c->x, fit, t, at);
}

idim_d90_state curve_cross_seed(const curve *c, d90_rule r, size_t k, double *at)
{
    /* one score at each d: nothing is known of their precision but that it is alike */
    double *x = c->work, *y = c->work + c->n_d, *weight = c->work + 2 * c->n_d;
    double *work = c->work + 3 * c->n_d;
    size_t n = 0;
    for (size_t j = 0; j < c->n_d; j++) {
        if (isnan(c->score[k * c->n_d + j]))
            continue;
        x[n] = c->x[j];
        y[n] = c->score[k * c->n_d + j];
        weight[n++] = 1;
    }
    double t = curve_aim(c, r, k).t;
    if (!n || isnan(t))
        return IDIM_UNMEASURABLE;
    isotonic_fit(n, y, weight, y, work);
    idim_d90_state state = isotonic_cross(n, x, y, t, at);
    if (state == IDIM_ABOVE)
        *at = c->x[c->n_d - 1];
    if (state == IDIM_BELOW)
        *at = c->x[0];
    return state;
}

bool curve_same_place(double x, double d)
{
    return fabs(x - log(d)) <= curve_place_rounding;
}

double curve_d(const curve *c, double x)
{
    for (size_t j = 0; j < c->n_d; j++)
        if (curve_same_place(x, c->d[j]))
            return c->d[j];
    return exp(x);
}
