/* intruders.h -- counts of intruder dimensions as people read them. */
#ifndef REPORT_INTRUDERS_H
#define REPORT_INTRUDERS_H

#include "base/mem.h"
#include "measure/intruders.h"

/* Appends a table of at most 80 columns: for each epsilon the sums over all tensors at the largest k <= 10 (else
 * the least there is), of both sides, with their nulls. */
void intruders_says(const intruders_row *rows, size_t n, text *out);

#endif
