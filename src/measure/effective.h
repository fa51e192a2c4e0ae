/* effective.h -- how many directions the updates of a whole run use: medians over its matrices. */
#ifndef MEASURE_EFFECTIVE_H
#define MEASURE_EFFECTIVE_H

#include "measure/spectrum.h"

/* One row of effective.csv. Texts are borrowed; NaN: of no matrix. */
typedef struct effective_row {
    const char *run_id, *space, *space_spec;
    double d, seed;
    size_t matrices; /* that changed */
    double rank;     /* the most there could be: of the factors, or the smaller side */
    double effective_rank, null_effective_rank, participation, stable_rank, rank90, relative;
} effective_row;
extern const d90_column effective_columns[]; /* the last row is all zeros */

/* Fills all but texts, d and seed from the matrices' rows (n). ERR_MEMORY. */
status effective_of(const spectrum_row *rows, size_t n, effective_row *out);

#endif
