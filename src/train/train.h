/* train.h -- one training: (task, model, theta0, space, optimiser, schedule, budget) -> a result; and
 * teams of trainings that go step by step beside each other.
 *
 * A team's runs share task, model, theta0, batches and the space's kind; they differ in optimiser,
 * rate and d (siblings). Each gets the bits that it would get alone; together they read a dense P
 * once a step. The trainer knows no space, model or optimiser by name. */
#ifndef TRAIN_TRAIN_H
#define TRAIN_TRAIN_H

#include "base/pool.h"
#include "data/data.h"
#include "models/model.h"
#include "spaces/space.h"
#include "train/optimiser.h"

typedef enum train_end {
    TRAIN_OK,
    TRAIN_STOPPED,  /* after `stop_epoch`: no test score; a byte-equal prefix of the longer run */
    TRAIN_DIVERGED, /* NaN or Inf was met: the score is the metric's worst value */
    TRAIN_ENDS
} train_end;

/* What a team does next. */
typedef enum train_word {
    TRAIN_GO_ON,
    TRAIN_SAVE, /* the members' states are kept in their checkpoints */
    TRAIN_STOP  /* the same, and the team ends with ERR_STOPPED */
} train_word;

struct trainer;

/* What the members of a team share. */
typedef struct train_plan {
    const struct trainer *trainer; /* NULL: supervised */
    const task *task;
    const model *model;
    const real *theta0; /* (model->layout.n) */
    const slot
        *step0;    /* (model->layout.n_tensors) in its place where some tensors are in bf16; NULL */
    size_t batch;  /* samples a step; the last step of an epoch takes what is left */
    size_t epochs; /* 0: step 0 is scored */
    size_t steps;  /* in place of epochs when not 0; history then has at most 20 rows */
    stream order, dropout;
    bool test; /* false: a tuning run, test data are not touched */
    pool *pool;
    const char *kind; /* numeric kind: checkpoints of another one are not taken; NULL: "" */
    /* Told after every step: history rows done of all; fresh: one was just written. NULL: nobody. */
    train_word (*told)(void *context, size_t row, size_t rows, bool fresh);
    /* A sentence on a checkpoint that was not taken or could not be kept. NULL: nobody. */
    void (*said)(void *context, const char *sentence);
    void *context;
} train_plan;

/* One member. */
typedef struct train_member {
    const space *space;
    const optimiser *optimiser;
    const schedule *schedule;
    double clip, l2;   /* 0: none; the norm of g_z; the factor on kernels added to g_theta */
    size_t stop_epoch; /* 0: never; the search's decision, not part of what the run is */
    /* A file that the run is taken up from when it is there, and that its state is kept in when told to
     * save and at stop_epoch; NULL: none. id: of the run, which the file must name. */
    const char *checkpoint, *id;
} train_member;

typedef struct train_row { /* of the history */
    size_t epoch, step;
    double lr;
    double train_loss, train_score; /* mean over the epoch's batches while they are trained on */
    double val_loss, val_score;     /* NaN without a validation split */
} train_row;

/* A row as the numbers above, in that order, and back. */
enum { TRAIN_ROW = 7 };
void train_row_numbers(const train_row *row, double out[TRAIN_ROW]);
train_row train_row_of(const double in[TRAIN_ROW]);

typedef struct train_result {
    train_end end;
    size_t epochs, steps; /* done */
    double score, loss;   /* test split, last epoch; NaN when not scored */
    double score_best;    /* test score at the epoch best on validation data */
    double val, val_best; /* validation score, last and best */
    size_t best_epoch;
    double train;       /* training score of the last epoch */
    double gain;        /* of the validation score over the last tenth: > 0, still improving */
    double update_norm; /* ||theta - theta0|| over the selection, at the end */
    train_row *history;
    size_t n_history;
    uint8_t
        *bits; /* one bit per test row (label): 1 where right; (n_bits + 7) / 8 bytes; NULL: none */
    size_t n_bits;
    real *z; /* (d) at the end */
    size_t d;
} train_result;

/* Trains n members; results (n) are filled for all or, on failure, for none. ERR_MEMORY, ERR_USAGE
 * (l2 with a space that rides, no samples), ERR_STOPPED. A member taken up from a checkpoint joins the
 * others at the step where it was left; one that was left at or behind its stop_epoch ends there at
 * once. The bytes are those of a run that was never left. */
status train_team(const train_plan *plan, const train_member *members, size_t n,
                  train_result *results);
void train_result_clear(train_result *r);

/* Tally of one set of weights on a split; hits (a row each, n task_labels) or NULL. ERR_USAGE: the split
 * is empty; ERR_MEMORY. */
status train_evaluate(const task *t, const model *m, const real *theta, split which, pool *p,
                      idim_tally *tally, uint8_t *hits);

/* Steps an epoch takes, and those of the whole plan. */
size_t train_steps_per_epoch(const task *t, size_t batch_size);
size_t train_steps(const train_plan *plan);
/* History rows of the plan, and how many of them are written once `step` steps are done. */
size_t train_rows(const train_plan *plan);
size_t train_row_end(const train_plan *plan, size_t k); /* steps done when row k is written */
size_t train_rows_done(const train_plan *plan, size_t step);

#endif
