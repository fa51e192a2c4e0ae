/* watch.h -- how far a results folder is, run by run that was asked for, and who is at work in it.
 *
 *     running/HOST-PROCESS.json    what a leader has under way: a line of format/jsonl.h, written at most once a
 *                                  second, taken away when it ends; one file a leader
 */
#ifndef SWEEP_WATCH_H
#define SWEEP_WATCH_H

#include "sweep/ask.h"
#include "sweep/store.h"

typedef struct watch_row {
    const char *space; /* without its d; "full": baselines, and floors with d = 0 */
    double d;          /* 0: none */
    size_t
        want; /* scores that were asked for, by all questions of the folder; 0: of runs that no ask
                        * counts: baselines, floors, a search's */
    size_t want_here; /* while one question's asks are read */
    size_t done, failed, tuned, running;
    double best;   /* score so far; NaN: none */
    double left_s; /* at the pace of all runs so far; NaN: nothing to go by */
    bool lower_is_better;
} watch_row;

typedef struct watch {
    watch_row *rows; /* by space, then d */
    size_t n;
    size_t want, done;                             /* of rows that want scores */
    size_t beside;                                 /* scores of the others */
    size_t failed, tuned, running, leaders, twice; /* twice: store_twice */
    double left_s;
    char time[32]; /* of the look, UTC */
    key_texts texts;
} watch;

/* Reads the journals of a folder on and looks. */
status watch_look(store *s, watch *out);
void watch_clear(watch *w);

/* A leader's word: the runs that are under way. Nothing is said when it cannot be written. */
void watch_say(const char *folder, const run_spec *const *runs, size_t n);
void watch_end(const char *folder); /* takes this process's word away */

#endif
