/* runner.h -- trains units of runs in this process: what a worker does, and what a library user's
 * program does itself. Keeps the last task and model, so that the next unit finds them made. */
#ifndef SWEEP_RUNNER_H
#define SWEEP_RUNNER_H

#include "base/pool.h"
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

/* Trains n canonical runs as one team; they agree in all but optimiser and d (run_teams). The records
 * (n) have ids, results with bits and z, provenance. told as in train.h. On failure no record is
 * made; ERR_STOPPED when told asked for it. */
status runner_unit(runner *r, const run_spec *runs, size_t n, int fd,
                   int (*told)(void *context, size_t epoch, size_t epochs), void *context,
                   record *records);

/* May these two runs go side by side in one team? */
bool run_teams(const run_spec *a, const run_spec *b);

/* D of a model on a task, and the D and d of a run, without training (theta0 is drawn). */
status runner_sizes(runner *r, const run_spec *run, int fd, size_t *D, size_t *d);

/* How numbers come out here: 50 fixed steps are trained and z is hashed. 16 hexadecimal digits. */
status numeric_kind(char hex[17]);

#endif
