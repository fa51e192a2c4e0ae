/* values.h -- what a column of a CSV holds, in a few words. */
#ifndef REPORT_VALUES_H
#define REPORT_VALUES_H

#include "format/csv.h"

/* Appends "128", "0.003 to 0.45", "fastfood, full and 3 more": without the cells of floors, whose budget is 0,
 * and of optimisers without their rate, which is a column of its own. Nothing where there is no such column. */
void values_words(const csv *c, const char *name, text *out);

#endif
