/* episodes.h -- playing an environment with a network as the policy. */
#ifndef TRAIN_EPISODES_H
#define TRAIN_EPISODES_H

#include "data/data.h"
#include "models/model.h"

/* Room to play episodes side by side. */
typedef struct episodes {
    size_t most;     /* episodes at once */
    stream *streams; /* (most) of each: to be filled */
    double *returns; /* (most) of each: what came of it */
    double *state;
    uint32_t *index; /* (most) of episodes that go on */
    real *x, *outputs;
    void *work; /* of the model, IDIM_EVAL; borrowed */
} episodes;

status episodes_init(episodes *e, const task *t, const model *m, size_t most, void *work);
void episodes_clear(episodes *e);

/* Plays n <= most episodes, the k-th from streams[k] to returns[k], each as if it were alone. ps: IDIM_EVAL. */
void episodes_play(episodes *e, const task *t, const model *m, const view *v, const pass *ps,
                   size_t n);

#endif
