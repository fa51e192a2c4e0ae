/* rebuilt.h -- weights that a command works on: of a checkpoint, of one with an adapter, or of a kept z. */
#ifndef EXPERIMENTS_REBUILT_H
#define EXPERIMENTS_REBUILT_H

#include "sweep/kept.h"
#include "sweep/runner.h"

typedef struct rebuilt {
    runner *runner;
    key_texts texts;
    run_spec run; /* canonical */
    const task *task;
    const model *model;
    real *theta; /* (model->layout.n) */
    kept kept;   /* what was read; empty: step 0 */
} rebuilt;

/* z: a file of kept.h; its run stands in place of `run`, but for where data and checkpoints lie (from,
 * adapter, dir). "": step 0 of the run, a checkpoint's weights. Errors as run_canonical and kept_read. */
status rebuilt_open(rebuilt *w, const run_spec *run, const char *z, size_t threads);
/* Fills kept.z where it was packed beside weights and is not there yet: the space is made for it. */
status rebuilt_z(rebuilt *w);
void rebuilt_close(rebuilt *w);

/* Says what was saved as a model's folder, and where no tokenizer lies in it though its tokens are no bytes. */
status rebuilt_saved(const char *folder, const layout *l, FILE *out);

#endif
