/* rebuilt.h -- weights that a command works on: of a checkpoint, of one with an adapter, or of a kept z. */
#ifndef EXPERIMENTS_REBUILT_H
#define EXPERIMENTS_REBUILT_H

#include "sweep/runner.h"

typedef struct rebuilt {
    runner *runner;
    key_texts texts;
    run_spec run; /* canonical */
    const task *task;
    const model *model;
    real *theta; /* (model->layout.n) */
    real *z;     /* (d) that was read; NULL: step 0 */
    size_t d;
} rebuilt;

/* z: a file of keep.h; its run stands in place of `run`, but for where data and checkpoints lie (from,
 * adapter, dir). "": step 0 of the run, a checkpoint's weights. Errors as run_canonical and keep_z_read. */
status rebuilt_open(rebuilt *w, const run_spec *run, const char *z, size_t threads);
void rebuilt_close(rebuilt *w);

#endif
