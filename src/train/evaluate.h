/* evaluate.h -- scoring weights on a split: its samples, or the episodes of an environment. */
#ifndef TRAIN_EVALUATE_H
#define TRAIN_EVALUATE_H

#include "train/episodes.h"
#include "train/train.h"

/* Samples (or episodes) that are passed at once. */
size_t evaluate_batch(const task *t);

/* What one pass over so many needs. */
typedef struct passing {
    batch_buffer *batch;
    uint32_t *index;
    void *work;
    real *outputs;
    uint8_t *hits;
    episodes *play; /* of an environment; all others are of samples */
} passing;

/* Tally of a bound view over a split; hits (rows of the split) or NULL. */
idim_tally evaluate(const task *t, const model *m, const view *v, split which, pool *p,
                    const passing *with, uint8_t *all_hits);

#endif
