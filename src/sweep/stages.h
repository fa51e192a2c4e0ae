/* stages.h -- which runs an ask needs, found stage by stage. (A search has stages of its own: searches.h.)
 *
 *   1  floors (step 0), and the baseline's rates
 *   2  rates of each (space, d): relative ones need stage 1's best
 *   3  scores of the baseline and of each (space, d), for every seed
 *
 * Where a space trains a fresh head beside (X++full:targets=head), what it adds is counted from the head alone, which
 * is trained too, a space of one size: the floor of such spaces. (Not of a search, nor of a program's spaces.)
 *
 * A stage's runs are known when the one before is whole, so that choices rest on whole stages alone:
 * the same store gives the same choices, whoever trained it in which order. A rate is chosen by the
 * mean validation score over tuning seeds. A best rate at the end of its grid adds one beyond it, at
 * most STAGES_MORE times; then the place is flagged (edge). */
#ifndef SWEEP_STAGES_H
#define SWEEP_STAGES_H

#include "sweep/ask.h"
#include "sweep/worker.h"

enum { STAGES_MORE = 2, STAGES_RATES = 40, STAGES_SEARCH_SEEDS = 5, STAGES_SEARCH_TUNE = 3 };

typedef struct stages stages;

#define STAGES_HEAD "full:targets=head"
/* Does a canonical space train the head as it is, beside others? */
bool stages_heads(const char *space_);

/* Checks the ask and loads its task. The ask (its run canonical: stages_canonical) and the sweep are
 * borrowed until stages_free. ERR_USAGE: a space without d, d above D, a grid that says nothing, no
 * validation split to choose on. */
status stages_open(stages **p, sweep *s, const ask *a);
void stages_free(stages *p);

/* The ask with its kinds canonical, its spaces without d and its vary in order; texts are put into
 * `texts`. ERR_USAGE: a kind is wrong, the optimiser names a rate. */
status stages_canonical(const ask *a, const run_rows *rows, ask *canonical, key_texts *texts);

const runner_about *stages_about(const stages *p);
const vary *stages_vary(const stages *p);
/* As it was asked; the grid that auto stands for goes no further than D. This is what a folder's list has. */
const ask *stages_ask(const stages *p);
bool stages_floors(const stages *p); /* may step 0 be asked for? */
sweep *stages_sweep(const stages *p);
size_t stages_most(const stages *p); /* runs in all, without grids that are made longer */

/* Makes each space once at the largest d (or r) of the grid, with the memory that each of so many jobs
 * has (0: as the sweep's): what does not fit is refused before anything is trained. */
status stages_fits(stages *p, size_t jobs);

/* Trains what is not there yet, when it fits. Errors as sweep_stage. */
status stages_train(stages *p);
/* The same up to a stage (1 to 3), which ends whole. */
status stages_train_to(stages *p, int last);

/* The runs that are known to be needed, each with its record (NULL: not there), without training; `later`:
 * how many at most each stage (1 to 3) may need beside them. */
typedef status stages_visit(void *context, int stage, const run_spec *run, const char *id,
                            const record *found);
status stages_list(stages *p, stages_visit *visit, void *context, size_t later[4]);

/* One run of an ask: what a search asks for. */
typedef struct stages_place {
    size_t space; /* of stages_space; SIZE_MAX: the baseline, and the floor with lr = 0 */
    size_t at;    /* of the grid */
    double lr;
    int role;
    uint64_t seed;
} stages_place;
const char *stages_space(const stages *p, size_t i); /* without d; NULL behind the last */
const double *stages_d(const stages *p, size_t *n);  /* rising */
/* The sorted rates of a place; full: the baseline's best. */
status stages_rates(const stages *p, const stages_place *at, double full, double lr[STAGES_RATES],
                    size_t *n);
double stages_round(double lr); /* three digits: what is hashed */
/* The canonical run, and what the store has of it: NULL, nothing, or it is whole and wanted anew. */
status stages_find(stages *p, const stages_place *at, run_spec *run, const record **there);

/* What the store holds for this ask, without training. */
typedef struct stages_score {
    const record *record;
    const char *space; /* without d; NULL: baseline or step 0 */
    bool floor, edge;  /* floor with a space: the head alone, that no one asked for */
    uint64_t label;    /* of the draw (vary.h) */
} stages_score;
/* ERR_FAILED: a choice cannot be made, since runs are missing. Borrowed texts: until stages_free. */
status stages_scores(stages *p, stages_score **scores, size_t *n);

#endif
