/* claims.h -- which runs the leaders of one folder have in hand, so that two do not train the same.
 *
 *     working/HOST-PROCESS-RANDOM     a file of each leader at work, which it alone appends to:
 *                                     "+ID" taken, "-ID" given back, "." still there
 *
 * Nobody's numbers depend on it: a claim that is overlooked costs the time of a run done twice. A leader whose
 * process is gone, or whose file did not grow for CLAIMS_DEAD_S of the reader's own clock, holds nothing. Of two
 * that take a run at once the one whose name sorts first keeps it. */
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
size_t claims_others(const claims *c);             /* alive */
bool claims_held(const claims *c, const char *id); /* by one of them */

/* Takes n runs, all or none: *taken. */
status claims_take(claims *c, const char *const *ids, size_t n, bool *taken);
/* Gives them back, done or not. */
void claims_release(claims *c, const char *const *ids, size_t n);

/* The file of another process that is at work in this folder, or of another host's that may be; "": nobody is. Only
 * a leader tells of another host which of its files stopped growing; here each counts. */
status claims_other(const char *folder, char name[CLAIMS_NAME]);

#endif
