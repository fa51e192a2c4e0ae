/* program.h -- one run of anybody's program (exec.h), from its start to its record.
 *
 * Its result is the last line of its stdout that begins with score= or val=, words name=value, or result.json in
 * {out}, one object: score, val (of a tuning run alone needed), loss, train, score_best, val_best, best_epoch,
 * steps, metric; d where it is not what the run names (a rank), d_head, D. Other names are the program's own. */
#ifndef SWEEP_PROGRAM_H
#define SWEEP_PROGRAM_H

#include "sweep/record.h"

typedef struct program_how {
    const char
        *folder;    /* results folder that {out} lies in; NULL: a fresh one that is taken away */
    size_t threads; /* of its BLAS and OpenMP, by their environment variables */
    double grace_s; /* after a signal was passed on, until it is killed */
    void (*said)(void *context, const char *sentence); /* NULL: nobody */
    void *context;
} program_how;

/* Runs it. What the program did wrong is a failed record and OK. ERR_STOPPED: a signal came and was passed
 * on; nothing is recorded. */
status program_run(const run_spec *run, const char *id, const program_how *how, record *out);

#endif
