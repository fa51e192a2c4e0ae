/* checkpoint.h -- the state of a run between two steps as a file: everything that decides its further bytes.
 *
 * A safetensors file that Python opens: z, z_best (d), optimiser (slots, d), space (bytes of the space's
 * state), trainer (of the trainer's), history (rows, 7); counts and sums stand in one sealed line of its metadata, with a checksum of
 * each tensor. Written atomically: after a crash the old one is there or the new one. */
#ifndef TRAIN_CHECKPOINT_H
#define TRAIN_CHECKPOINT_H

#include "train/train.h"

enum { CHECKPOINT_FORMAT = 3 };

typedef struct checkpoint {
    const train_plan *plan;
    const char *id, *kind; /* the run, and the numeric kind that its numbers are of */
    size_t step;           /* steps done */
    bool diverged;
    idim_tally seen; /* of the history row in progress */
    size_t d, slots, state_bytes;
    real *z, *z_best, *kept; /* (d) (d) (slots, d) */
    void *state;             /* (state_bytes) */
    size_t trainer_bytes;
    void *trainer_state;  /* (trainer_bytes) */
    train_result *result; /* history and best_epoch; with room for all rows of the plan */
} checkpoint;

/* Makes the folder too. ERR_FILE, ERR_MEMORY. */
status checkpoint_write(const char *path, const checkpoint *c);

/* Fills step to seen, and what the pointers point at. On failure nothing is changed: ERR_FILE; ERR_FORMAT:
 * damaged, of another run or numeric kind; ERR_MEMORY. */
status checkpoint_read(const char *path, checkpoint *c);

#endif
