/* curve.h -- what a results folder says of each space: its runs and its headline, from runs.csv and
 * d90.csv alone. They may be anybody's: nothing in them is trusted. */
#ifndef REPORT_CURVE_H
#define REPORT_CURVE_H

#include "format/csv.h"
#include "measure/d90.h"

typedef struct curve_run {
    double d, score;
    double seed;
} curve_run;

typedef struct curve_mean {
    double d, mean;
    size_t n;
} curve_mean;

/* The headline row of a space, and its scored runs. Texts are borrowed from the files. */
typedef struct curve_space {
    const char *space, *rule, *state, *low_state, *high_state, *metric;
    double baseline, floor, threshold, d90, low, high, d_min, d_max; /* NaN: empty */
    d90_row row;       /* the whole of it; columns that the file lacks are NaN, 0, "" */
    curve_run *runs;   /* by d, then seed */
    curve_mean *means; /* by d */
    size_t n_runs, n_means;
} curve_space;

typedef struct curves {
    csv *runs, *d90;
    d90_row *rows; /* all of d90.csv, as it stands there */
    curve_space *spaces;
    size_t n_rows, n;
    /* of the first scored run; "": not known. exec: the program that trained it, if it was not idim */
    const char *data, *model, *metric, *epochs, *steps, *exec;
    double D;     /* NaN: not known */
    bool designs; /* rows of d90.csv differ in what their seeds move */
    bool mixed;   /* the scored runs are of more than one data set, model or budget */
    size_t n_runs, n_diverged, n_failed, n_other; /* other: scored, of a space without a row */
} curves;

/* runs.csv needs role, space, d_total, seed and score; the rest may be missing. ERR_FILE, ERR_FORMAT:
 * names file and line. curves_clear accepts what a failure left. */
status curves_load(curves *c, const char *folder);
void curves_clear(curves *c);

/* A row of a table of columns (measure/d90.h) from its CSV: d90_cell's inverse. What the file lacks is
 * NaN, 0, "". The row's bytes are zero before; texts are borrowed from the file. ERR_FORMAT. */
status curves_cells(const csv *c, size_t row, const d90_column *columns, void *out);
/* All rows of folder/name, `size` bytes each; none where it is not there. The file holds their texts. */
status curves_table(const char *folder, const char *name, const d90_column *columns, size_t size,
                    csv **file, void **rows, size_t *n);

#endif
