/* runner.h -- trains units of runs in this process: what a worker does, and what a library user's
 * program does itself. Keeps the last task and model, so that the next unit finds them made. */
#ifndef SWEEP_RUNNER_H
#define SWEEP_RUNNER_H

#include "base/pool.h"
#include "measure/update.h"
#include "models/pretrained.h"
#include "sweep/record.h"

typedef struct runner runner;

/* rows: NULL for this library's tables. threads >= 1. memory: bytes that a space's frozen parts may
 * take, 0 for half of what the machine has. */
status runner_new(runner **r, const run_rows *rows, size_t threads, size_t memory);
void runner_free(runner *r);

/* The task of a canonical spec: made on the first call (`fd` >= 0: unpacked from it), kept then.
 * Borrowed until the runner is freed or another task is asked for. */
status runner_task(runner *r, const char *spec, int fd, const task **t);

/* What stands for the content of the task that runner_task gave last: task_content, and for a program's
 * own rows the SHA-256 of the program. */
const char *runner_content(const runner *r);

/* This machine's numeric kind. */
const char *runner_kind(const runner *r);

/* How a unit is trained; none of it is part of what its runs are. */
typedef struct runner_how {
    const char *folder; /* where keep.h's files lie; NULL: in memory, nothing is kept */
    bool keep_z;        /* write z/ID.safetensors of each run that ends well */
    double grace_s;     /* of a program (exec.h) */
    size_t stop_epoch;  /* 0: trained through */
    /* Told at evaluations of the team; not 0: stop. NULL: nobody. */
    int (*told)(void *context, size_t epoch, size_t epochs);
    /* Told after every step, scored: with a row of the history behind it; true: stop. NULL: nobody. */
    bool (*stepped)(void *context, bool scored);
    void (*said)(void *context, const char *sentence); /* on checkpoints (train.h); NULL: nobody */
    void *context;
} runner_how;

/* Trains n canonical runs as one team; they agree in all but optimiser and d (run_teams). Those with a
 * checkpoint in the folder are taken up from it. The records (n) have ids, results with bits and z,
 * provenance. On failure no record is made. ERR_STOPPED: told or stepped asked for it, or a signal came; the
 * states are in the folder. */
status runner_unit(runner *r, const run_spec *runs, size_t n, int fd, const runner_how *how,
                   record *records);

/* Appends what two runs must have in common to go side by side in one team; nothing when the run goes
 * alone. */
status run_team_key(const run_spec *run, text *key);

/* Makes the space of a canonical run and lets it go: what does not fit is refused as in training.
 * memory: bytes as in runner_new. theta0 is 0: which numbers it holds changes nothing of that. */
status runner_fits(runner *r, const run_spec *run, int fd, size_t memory);

/* The model of a canonical run and all of its weights: at step 0 (z NULL), or at z (d) of its space.
 * theta (layout.n) is fresh; the model is borrowed as the task of runner_task. ERR_USAGE: z is not this
 * space's. */
status runner_weights(runner *r, const run_spec *run, int fd, const real *z, size_t d,
                      const model **m, real **theta);
/* What a run's z is held against: z at step 0 (d), how many numbers each of its parts has, and whether what is
 * frozen comes back from the seed. Freed by runner_start_clear, which accepts what a failure left. */
typedef struct runner_start {
    real *z0;
    size_t d, *parts, n_parts;
    bool regenerable;
} runner_start;
status runner_start_of(runner *r, const run_spec *run, int fd, runner_start *start);
void runner_start_clear(runner_start *start);
/* The weight updates of z (d): update.h's of a model in memory. Their layout is borrowed as the task. */
status runner_updates(runner *r, const run_spec *run, int fd, const real *z, size_t d, updates **u);
/* Writes z (d) of a canonical run as a LoRA adapter (adapted_write); pairs: matrices that it has one of. */
status runner_adapter(runner *r, const run_spec *run, int fd, const real *z, size_t d,
                      const char *folder, size_t *pairs);
/* The checkpoint of the run that was made last; NULL: none. Borrowed as the task. */
const pretrained *runner_checkpoint(const runner *r);

/* What a task and a model are, without training. Texts are static. */
typedef struct runner_about {
    const layout *layout; /* borrowed until another model is asked for */
    size_t D, n_features, n_outputs, n_train, n_val, n_test;
    const char *metric;
    bool lower_is_better, memorise;
    size_t halves;    /* weights that frozen=bf16 stores so */
    double published; /* baseline of `fixed` rules; 0: none */
} runner_about;
status runner_describe(runner *r, const run_spec *run, int fd, runner_about *about);

/* Is the last layer of a canonical run drawn anew: without a checkpoint, or beside one that brings none of this task's?
 * A tied one is not. */
status runner_fresh_head(runner *r, const run_spec *run, int fd, bool *fresh);

/* How numbers come out here: 50 fixed steps are trained and z is hashed. 16 hexadecimal digits. */
status numeric_kind(char hex[17]);

#endif
