/* staging.h -- what the files of stages (stages.h) share, and no other includes:
 *
 *     stages.c     which runs are there and which are missing, stage by stage
 *     rates.c      the grids of learning rates, and which rate a cell takes
 *     cells.c      the cells are made, and looked at by others
 *     asked.c      what an ask stands for, and what it is refused for */
#ifndef SWEEP_STAGING_H
#define SWEEP_STAGING_H

#include "sweep/stages.h"
#include "train/optimiser.h"

typedef struct cell {
    const char *space; /* without d; NULL: the baseline */
    char *spec;        /* with d */
    double d;          /* 0: not known beforehand (a rank, the baseline) */
    size_t anchor;     /* the cell whose rate is carried here; its own place: tuned itself */
    double lr[STAGES_RATES], best;
    size_t n_lr;
    bool edge, floor; /* floor: the head alone, of spaces beside it */
} cell;

struct stages {
    sweep *sweep;
    ask own;        /* as it was asked, but for a grid that is ended at D */
    const ask *ask; /* that */
    char grid[48];
    runner_about about;
    const optimiser_row *optimiser;
    vary vary;
    char **spaces;
    size_t n_spaces;
    double *d;
    size_t n_d;
    size_t *first; /* (n_spaces + 1) of each space's cells; a space with neither d nor r has one */
    cell *cells;   /* [0] is the baseline; the rest by space, then d; perhaps the head alone */
    size_t n_cells;
    run_spec *need; /* the stage that is being listed */
    size_t n_need, room;
    stages_visit *visit; /* asked in place of listing; NULL: nobody */
    void *context;
    int stage;
    bool training; /* else what is whole is read as it is, wanted anew or not */
};

/* ------------------------------------------------------------------ stages.c */

/* Its record when it is whole, else NULL and it is listed, or shown to who looks at the plan. lr = 0: the
 * floor. seed: of a tuning run; the label of a scored one. */
status stages_run(stages *p, const cell *c, double lr, int role, uint64_t seed,
                  const record **found);
/* The label of the k-th draw. */
uint64_t stages_label(const stages *p, size_t k);

/* ------------------------------------------------------------------ rates.c */

/* A program whose command has no {lr} chooses rates itself: all grids are one rate that is not used. */
bool stages_tunes(const stages *p);
/* The rates of a grid's text; rel: needs the baseline's best (NaN: not known, the place is checked
 * alone). */
status stages_grid(const stages *p, const char *what, const char *grid, double full, double d,
                   cell *c);
status stages_baseline_grid(const stages *p, cell *c);
/* Chooses the rates of all cells, of the baseline alone with last = 1; *missing: runs are listed instead. */
status stages_settle_all(stages *p, int last, bool *missing);

/* ------------------------------------------------------------------ cells.c */

const cell *stages_cell(const stages *p, const stages_place *at);

/* ------------------------------------------------------------------ asked.c */

/* A net smaller than the grid that nobody chose: the grid's span, ended at D. */
void stages_end_auto(stages *p);
/* Everything that the runs to come would be refused for is found before the first. */
status stages_check(stages *p);

#endif
