/* crossings.h -- where each seed's own curve passes: what comparisons and variances are made of. */
#ifndef MEASURE_CROSSINGS_H
#define MEASURE_CROSSINGS_H

#include "measure/d90.h"

typedef struct crossings {
    size_t n;              /* seeds with a crossing; 0: the rule is unmeasurable here */
    uint64_t *seeds;       /* (n) rising */
    double *x;             /* (n) ln d */
    idim_d90_state *state; /* (n) ABOVE: never passes, x is ln d_max; BELOW: x is ln d_min */
    size_t replicates;     /* 0: the runs' bits say nothing */
    double *again;         /* (replicates, n) x on resampled test examples, alike for all spaces */
} crossings;

/* again: with resampled test examples. Errors as d90_measure. crossings_clear accepts what a failure
 * left. */
status crossings_init(crossings *x, const d90_scores *in, d90_rule rule, bool again);
void crossings_clear(crossings *x);

#endif
