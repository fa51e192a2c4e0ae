/* episodes.h -- playing an environment with a network as the policy. */
#ifndef TRAIN_EPISODES_H
#define TRAIN_EPISODES_H

#include "data/data.h"
#include "models/model.h"

/* Room to play episodes side by side. */
typedef struct episodes {
    size_t most;     /* episodes at once */
    double *returns; /* (most) of each */
    double *state;
    uint32_t *index; /* (most) of episodes that go on */
    real *x, *outputs;
    void *work; /* of the model, IDIM_EVAL; borrowed */
} episodes;

status episodes_init(episodes *e, const task *t, const model *m, size_t most, void *work);
void episodes_clear(episodes *e);

/* The sum of the returns of n episodes, each as if it were alone; the k-th is stream_sub(all, k)'s. ps: IDIM_EVAL. */
double episodes_play(episodes *e, const task *t, const model *m, const view *v, const pass *ps,
                     const stream *all, size_t n);

#endif
