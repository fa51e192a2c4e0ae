/* claims.h -- which runs the leaders of one folder have in hand, so that two do not train the same.
 *
 *     working/HOST-PROCESS-RANDOM     a file of each leader at work, which it alone appends to:
 *                                     "+ID" taken, "-ID" given back, "." still there
 *
 * A run is taken by saying so first and looking at what the others said then: of two that are at it at once at least
 * one sees the other and gives it back, so never do both have it. Who gives a run back has written its line, so
 * that who takes it later, and reads the journals on after that, finds it there: no run is done twice, but when
 *
 *     a leader was killed, while its worker wrote its line before it ended too
 *     a leader's file did not grow for CLAIMS_DEAD_S of the reader's own clock: it was stopped for so long (or trains
 *       in this process, an epoch longer than that); its process may be another's by now, which nobody waits for
 *     a network file system hands out an old listing of working/ (NFS: for up to acdirmax, 60 s): who was there
 *       before overlooks who just came
 *
 * What failed by itself is tried again by leaders that were asked to (--again), once by all that were there before:
 * each passes over what it reads failed a second time since it opened the folder. A leader that comes later than such
 * a second failure tries a third time: it cannot tell whether the two calls were meant as one.
 *
 * Nobody's numbers depend on it: that costs the time of a run, and `idim status` counts it. */
#ifndef SWEEP_CLAIMS_H
#define SWEEP_CLAIMS_H

#include "sweep/run.h"

#define CLAIMS_BEAT_S 10.0
#define CLAIMS_DEAD_S 60.0
enum { CLAIMS_NAME = 256 };

typedef struct claims claims;

status claims_open(claims **c, const char *folder);
void claims_close(claims *c); /* NULL is fine */

/* Reads on what the others wrote, and lets them see that this one is there. */
status claims_refresh(claims *c);
size_t claims_others(const claims *c); /* alive */

/* Takes n runs, all or none: *taken. ERR_FILE: it cannot be said. */
status claims_take(claims *c, const char *const *ids, size_t n, bool *taken);
/* Gives them back, done or not. ERR_MEMORY. */
status claims_release(claims *c, const char *const *ids, size_t n);

/* The file of another process that is at work in this folder, or of another host's that may be; "": nobody is. Only
 * a leader tells of another host which of its files stopped growing; here each counts. */
status claims_other(const char *folder, char name[CLAIMS_NAME]);

#endif
