/* curve.h -- the runs of one space, laid out: which d, which seeds, their scores, means, variances.
 *
 * Scores are turned so that higher is better (a loss changes its sign), thresholds with them. The
 * places of the runs are found once by curve_new; curve_load fills in scores, as often as one likes. */
#ifndef MEASURE_CURVE_H
#define MEASURE_CURVE_H

#include "measure/d90.h"

typedef struct curve {
    const d90_scores *in; /* borrowed */
    size_t n_d, n_seeds;
    double *d, *x;         /* (n_d) rising; ln d */
    uint64_t *seeds;       /* (n_seeds) rising */
    size_t *cell;          /* (n_points) seed * n_d + d of each point */
    size_t *own_b, *own_c; /* (n_seeds) place in in->baseline, in->floor; SIZE_MAX: none */
    /* filled by curve_load */
    double *score; /* (n_seeds, n_d); NaN: no such run */
    double *n, *mean,
        *var;      /* (n_d) runs, mean, variance of one run (pooled where n < 2 or it is 0) */
    double pooled; /* within-d variance over the grid; 0: not known */
    double *b, *c; /* (n_seeds) own; NaN: none */
    double b_mean, c_mean; /* NaN: none */
    double b_var, c_var;   /* of one run: own sample, pooled for a single run; 0 for none */
    double *work;          /* (5 max(n_d, n_seeds)) scratch */
} curve;

/* Scores of all runs, one array a list, not turned. */
typedef struct curve_values {
    const double *points, *baseline, *floor;
} curve_values;

/* ERR_USAGE: as d90_measure; ERR_MEMORY. curve_clear accepts what a failure left. */
status curve_init(curve *c, const d90_scores *in);
void curve_clear(curve *c);

void curve_load(curve *c, curve_values v);

/* Where the mean's isotonic fit reaches t (turned); *at is ln d. */
idim_d90_state curve_cross_mean(const curve *c, double t, double *at);

/* Baseline (or in->fixed), floor and threshold, turned; of seed k, or of the mean (SIZE_MAX). */
typedef struct curve_target {
    double b, c, t;
    bool shared; /* the seed has none of its own of what the rule reads */
} curve_target;
curve_target curve_aim(const curve *c, d90_rule r, size_t k);

/* Does the rule say something, and is b - c wide enough against its error? */
bool curve_measurable(const curve *c, d90_rule r, curve_target a);

/* ln d of seed k's crossing against its own threshold, from the points that it has. What never
 * crosses is at d_max (ABOVE), what passes everywhere at d_min (BELOW). UNMEASURABLE: no points. */
idim_d90_state curve_cross_seed(const curve *c, d90_rule r, size_t k, double *at);

/* Is x = ln d, but for rounding? */
bool curve_same_place(double x, double d);

/* exp(x); within rounding of a place of the grid it is that d itself: exp(log(2000)) is
 * 1999.9999999999998, and an end at d_max should say so. */
double curve_d(const curve *c, double x);

#endif
