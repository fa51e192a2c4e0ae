/* trial.h -- a model with one method of fine-tuning on drawn weights and drawn texts, to be run and not to learn:
 * what a training step takes, and how long a text does (peak.h, latency.h). Methods are those of memory.h. */
#ifndef MEASURE_TRIAL_H
#define MEASURE_TRIAL_H

#include "base/pool.h"
#include "measure/memory.h"
#include "spaces/space.h"
#include "train/optimiser.h"

typedef struct trial {
    memory_model m;
    space *space; /* NULL: nothing is trained ("base") */
    space_mem *mem;
    optimiser *optimiser; /* of training alone, as what follows */
    real *g_z, *slot[2], *g_outputs;
    view view;
    real *theta0, *z, *outputs;
    void *work;
    int32_t *tokens, *labels;
    batch batch;
    pool *pool; /* borrowed; NULL: one thread */
    size_t steps;
} trial;

/* train: room for trial_step; else for trial_run alone. method "base": the model as it is. z is drawn about its
 * start, so that no update is 0. ERR_USAGE as memory_of, a space's own, or an optimiser that keeps another count
 * of numbers than these; ERR_MEMORY. */
status trial_open(trial *t, const memory_ask *ask, const char *method, bool train, pool *p);
void trial_close(trial *t);

/* One step of Adam (states 2) or of SGD with momentum (1). */
void trial_step(trial *t);
/* One pass over the texts, with the outputs of every position: the mean loss. */
double trial_run(trial *t);
/* From here on its weights are theta0 with the update added: what is trained is merged. ERR_USAGE: a method that
 * adds tensors has nothing to merge. */
status trial_merge(trial *t);

#endif
