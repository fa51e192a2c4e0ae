/* kept.h -- a finished run's z as it lies in a file: z/ID.safetensors (keep.h), or packed (format/packed.h). Both
 * say which run it is of, and from both the same model is made. */
#ifndef SWEEP_KEPT_H
#define SWEEP_KEPT_H

#include "format/packed.h"
#include "models/model.h"
#include "sweep/run.h"

typedef struct kept {
    run_spec run; /* canonical, without its places */
    char id[RUN_ID], kind[PACKED_KIND];
    char *form;       /* what the id is the hash of */
    bool regenerable; /* do the space's frozen parts come back from the seed? */
    real *z;          /* (d); NULL: coded, until kept_start */
    size_t d;
    packed packed; /* of a packed file; form without run and notes, which stand above */
    key_texts texts;
} kept;

/* By the file's first bytes. ERR_FILE; ERR_FORMAT: not a file of ours, damaged, of another width of real.
 * kept_clear accepts what a failure left. */
status kept_read(kept *k, const char *path);
void kept_clear(kept *k);

/* Fills z of a coded one: z0 (d) is the space's at step 0. */
status kept_start(kept *k, const real *z0, size_t d);

/* Puts the tensors that are stored into theta (l->n); without any nothing changes. ERR_FORMAT: they are of another
 * model; `path` begins the sentence. */
status kept_weights(const kept *k, const char *path, const layout *l, real *theta);

/* Writes it as a packed file: k->packed has code, tensors and scores, and gets texts and sizes. ERR_FORMAT: the
 * run would not come back from what is written. */
status kept_pack(kept *k, const char *path);

/* Writes z and what it belongs to as z/ID.safetensors has them: of a whole z the same bytes. */
status kept_write(const kept *k, const char *path);

#endif
