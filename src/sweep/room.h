/* room.h -- how many bytes a unit of runs takes, so that jobs side by side stay in memory.
 *
 * Measured: the least peak of a process that trained the same space on the same data and model (a process that did
 * something larger before has a higher one). Before one is measured: theta0, weights and gradients of each
 * member, and what a space may freeze in one of so many jobs. */
#ifndef SWEEP_ROOM_H
#define SWEEP_ROOM_H

#include "sweep/runner.h"

typedef struct room_peak {
    const char *data, *model, *exec, *space;
    double bytes;
} room_peak;

typedef struct room {
    double limit; /* bytes of all processes together */
    double most;  /* the largest peak that was noted */
    bool keeps;   /* peaks of each space too: when jobs times the most do not fit */
    room_peak *peaks;
    size_t n;
    key_texts texts;
} room;

void room_clear(room *r); /* the limit stays */
status room_note(room *r, const record *ran);
/* 0: not measured. */
double room_peak_of(const room *r, const run_spec *run);
/* Bytes of the weights of a run at step 0: it takes them whatever its space is. */
double room_theta0(const runner_about *about);

#endif
