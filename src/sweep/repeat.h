/* repeat.h -- runs of several numeric kinds in one answer: a run of another kind is done again here, and the
 * largest difference is said in words. */
#ifndef SWEEP_REPEAT_H
#define SWEEP_REPEAT_H

#include "sweep/worker.h"

typedef struct repeat_difference {
    char id[RUN_ID], there[17], here[17]; /* the run; its kind in the store, and this machine's */
    double largest, score;                /* of all numbers; of the test score. 0: the same bytes */
    const char *what;                     /* "val_loss" */
    size_t epoch;                         /* 0: at the end, on test data */
} repeat_difference;

/* Of two records of one run: the history row by row, then what was scored. Where one has a number and the
 * other none (it diverged), the difference is infinite. */
status repeat_compare(const record *there, const record *here, repeat_difference *out);

/* Trains the run of a stored record in this process, without a word in the store, and compares. */
status repeat_run(sweep *s, const record *there, repeat_difference *out);

/* "run ID of kind X, done again here (kind Y), differs by at most 3e-05 (val_loss, epoch 2)". Appends. */
void repeat_words(const repeat_difference *d, text *out);

#endif
