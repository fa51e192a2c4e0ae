/* searches.h -- an ask with `search`: the stages of measure/search.h, trained, scored and told.
 *
 * Each space of the ask is searched by itself; those of one round go into one stage, by the epoch that they
 * stop at. Every look is a walk from the beginning over the answers that the store has: a run that the store
 * holds further than the search asked for counts up to the epoch asked for. So the same bytes come out
 * whatever the jobs, however often it was interrupted, and whatever else is in the folder.
 *
 * A program of one's own (--exec) has no epochs to stop at: its runs are whole, and one look is all. */
#ifndef SWEEP_SEARCHES_H
#define SWEEP_SEARCHES_H

#include "measure/d90.h"
#include "measure/search.h"
#include "sweep/stages.h"

/* Share of searches of which some probe may be stopped on the wrong side (measure/search.h). */
extern const double searches_risk;

/* What stages.h does for other asks. check, ERR_USAGE: the rule, what seeds move, a space without d or r. */
status searches_check(stages *p);
size_t searches_most(const stages *p);
status searches_train(stages *p);
/* Scores of part two alone. */
status searches_scores(stages *p, stages_score **scores, size_t *n);

/* One run in one stage of one space: search.csv. */
typedef struct searches_row {
    const char *space; /* borrowed of the stages */
    size_t stage;
    const char *part;
    double d;         /* NaN: baseline and floor */
    double lr;        /* NaN: the floor */
    const char *role; /* as in runs.csv */
    size_t seed, from, epoch, steps, steps_total;
    double val, threshold, score;
    const char *verdict, *end;
} searches_row;
extern const d90_column searches_columns[];

typedef struct searches_told {
    searches_row *rows;
    size_t n, steps, runs; /* steps trained by all of it: baseline, tuning, failures */
    const char *end;       /* of the first space */
    size_t grid_runs;      /* of the whole grid with the same seeds, nothing stopped */
    double grid_steps;
} searches_told;
/* All of it, from the store. ERR_FAILED: runs are missing. */
status searches_tell(stages *p, searches_told *told);

#endif
