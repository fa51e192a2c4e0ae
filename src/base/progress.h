/* progress.h -- one line that redraws itself on a terminal, and words of a chosen weight.
 *
 *   [############........] 24/38 | d=316 seed 2 | 0:58 gone, 0:31 left
 *
 * Silent when the stream is no terminal.
 * NO_COLOR and TERM=dumb are obeyed. Nothing here writes but to the FILE it was handed. */
#ifndef BASE_PROGRESS_H
#define BASE_PROGRESS_H

#include <stdio.h>

#include "base/status.h"

typedef struct progress progress;
status progress_new(progress **p, FILE *out, size_t total);
/* done of total, with a short word on what is going on now. `left_s` < 0: estimated from the pace. */
void progress_show(progress *p, size_t done, double left_s, const char *now);
void progress_total(progress *p, size_t total); /* later stages may add work */
void progress_clear(progress *p);               /* takes the line away until it is shown again */
void progress_free(progress *p);                /* clears the line; NULL is fine, for both */
/* "0:58", "12:05", "3:04:05". */
const char *progress_time_text(double seconds, char out[16]);

typedef enum log_level { LOG_QUIET, LOG_WARN, LOG_INFO, LOG_DEBUG } log_level;
typedef struct logger {
    FILE *out; /* NULL: nothing is written */
    log_level level;
} logger;
void log_say(const logger *l, log_level level, const char *format, ...) PRINTF_LIKE(3, 4);
bool log_colour(FILE *out); /* may escape sequences be written to it? */

#endif
