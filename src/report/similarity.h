/* similarity.h -- similarities of subspaces and amplification as people read them. */
#ifndef REPORT_SIMILARITY_H
#define REPORT_SIMILARITY_H

#include "base/mem.h"
#include "measure/similarity.h"

/* Appends a table of at most 80 columns: of every role and what the medians over tensors of phi and of its
 * excess over random subspaces, for the first directions and for the most directions that both have. */
void similarity_says(const similarity_row *rows, size_t n, text *out);

/* A line for each role and r: medians over tensors. */
void amplification_says(const amplification_row *rows, size_t n, text *out);

#endif
