/* examples.h -- what the test set's own error does to a score: every run rescored on resampled tests.
 *
 * All runs are scored on one test set, so its error moves them together; more seeds do not lessen it.
 * A replicate draws n_test examples with replacement, the same for every run, and scores each run by
 * its stored bits. */
#ifndef MEASURE_EXAMPLES_H
#define MEASURE_EXAMPLES_H

#include "measure/curve.h"

typedef struct examples {
    size_t replicates, runs; /* runs: points, then baseline, then floor */
    double *score;           /* (replicates, runs); NULL: the runs have no bits to speak of */
} examples;

/* A run without bits keeps its score when that is 0 (it diverged); any other run without bits, or
 * whose score is no share of its bits, means that there is nothing to resample: score stays NULL.
 * Floors keep their scores where they have no bits. ERR_MEMORY. */
status examples_init(examples *e, const d90_scores *in);
void examples_clear(examples *e);

/* What curve_load takes of replicate r. */
curve_values examples_replicate(const d90_scores *in, const examples *e, size_t r);

#endif
