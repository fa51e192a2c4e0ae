/* running.h -- what the files of a runner (runner.h) share, and no other includes:
 *
 *     runner.c    the task, the model, the checkpoint and the weights at step 0 that runs start from
 *     team.c      units of runs, trained as teams
 *     weights.c   what becomes of a run's z: weights, updates, an adapter */
#ifndef SWEEP_RUNNING_H
#define SWEEP_RUNNING_H

#include "base/hash.h"
#include "models/stored.h"
#include "sweep/runner.h"

struct runner {
    const run_rows *rows;
    pool *pool;
    size_t memory;
    char kind[17];
    char *task_text, *model_text, *from_text;
    task *task;
    model *model;
    pretrained *from;
    char content[HASH_HEX];
};

/* The model of the task that was asked for last; borrowed as the task. */
status runner_model(runner *r, const char *spec, const model **m);
/* Weights at step 0, all in float; what the run stores in bf16 has been through it. */
status runner_theta0(runner *r, const model *m, const run_spec *run, real *theta0);
/* The same as the run stores them: never all of it in float at a time. */
status runner_stored(runner *r, const model *m, const run_spec *run, stored *to);
/* A space on weights that are stored, or in theta0. */
status runner_space(const stored *w, const real *theta0, const model *m, const char *spec, stream P,
                    const space *sibling, size_t memory, space **s);

#endif
