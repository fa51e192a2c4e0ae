/* curve.h -- what a results folder says of each space: its runs and its headline, from runs.csv and
 * d90.csv alone. */
#ifndef REPORT_CURVE_H
#define REPORT_CURVE_H

#include "format/csv.h"

typedef struct curve_run {
    double d, score;
    size_t seed;
} curve_run;

/* The headline row of a space, and its scored runs. Texts are borrowed from the files. */
typedef struct curve_space {
    const char *space, *rule, *state, *low_state, *high_state;
    double baseline, floor, threshold, d90, low, high, d_min, d_max; /* NaN: empty */
    curve_run *runs;
    size_t n_runs;
} curve_space;

typedef struct curves {
    csv *runs, *d90;
    curve_space *spaces;
    size_t n;
    const char *data, *model, *metric, *epochs; /* of the first scored run */
    double D;
} curves;

/* ERR_FILE, ERR_FORMAT: names the file. curves_clear accepts what a failure left. */
status curves_load(curves *c, const char *folder);
void curves_clear(curves *c);

#endif
