/* compare.h -- spaces against each other and d90's variance by source, as people read them: from
 * paired.csv and variance.csv alone. */
#ifndef REPORT_COMPARE_H
#define REPORT_COMPARE_H

#include "measure/paired.h"
#include "measure/variance.h"
#include "report/curve.h"

typedef struct compare {
    csv *variance, *paired;
    variance_row *variances;
    paired_row *pairs;
    size_t n_variances, n_pairs;
} compare;

/* A file that is not there has no rows. ERR_FORMAT names file and line. compare_clear accepts what a
 * failure left. */
status compare_load(compare *c, const char *folder);
void compare_clear(compare *c);

/* One sentence for each space whose sources were told apart, each between `before` and `after`. */
void compare_sources(const compare *c, const char *before, const char *after, text *out);
/* One for each pair of spaces: d90's ratio, and where the scores differ. */
void compare_pairs(const compare *c, const char *before, const char *after, text *out);

#endif
