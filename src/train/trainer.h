/* trainer.h -- how a step finds the gradient of z, behind one table: from samples, or by acting.
 *
 * supervised   the loss of a batch; the loop of train.c, where teams share batches
 * others       act in an environment: a run alone, one call of `gradient` a step
 *
 * A step learns from `batch` samples: transitions (dqn) or episodes (es). */
#ifndef TRAIN_TRAINER_H
#define TRAIN_TRAINER_H

#include "train/episodes.h"
#include "train/train.h"

typedef struct trainer trainer;

/* One run, as its trainer sees it. */
typedef struct learner {
    const train_plan *plan;
    const space *space;
    space_mem *mem;
    view *view;    /* bound at z while `gradient` runs */
    real *z, *g_z; /* (d) */
    size_t step, T;
    episodes *play;
    void *work; /* of the model, IDIM_TRAIN for a batch */
    void *own;  /* scratch, by start */
    size_t state_bytes;
    void *state; /* (state_bytes) zeros at step 0, kept in checkpoints: plain bytes, no pointers */
} learner;

typedef struct trainer_row {
    const char *name, *doc, *source, *example;
    unsigned revision;
    const key *keys;
    size_t size;
    bool choice; /* needs an environment whose action is a choice */
    /* supervised has none of these */
    size_t (*state_bytes)(const trainer *tr, const train_plan *plan, const space *s); /* NULL: 0 */
    status (*start)(const trainer *tr,
                    learner *l); /* allocates own; l->state is zeros or taken up */
    void (*end)(learner *l);     /* takes what a failed start left, too */
    /* Adds d loss / d weights to the view's gradients; where `whole`, overwrites g_z itself. Returns of
     * episodes that ended are added to the tally. false: a value is no number any more. */
    bool (*gradient)(const trainer *tr, learner *l, idim_tally *tally);
    bool whole;
} trainer_row;

struct trainer { /* first member of every kind */
    const trainer_row *row;
    key_texts texts;
};

extern const trainer_row *const trainer_rows[];
status trainer_new(trainer **tr, const char *spec);
void trainer_free(trainer *tr);

#endif
