/* keep.h -- what a run leaves in a results folder beside its journal line.
 *
 *     partial/ID.safetensors   its state while it is in progress (train/checkpoint.h); taken away when its
 *                              line is in the journal, kept of a run that was stopped
 *     z/ID.safetensors         on request, of a finished run: one tensor "z" (d), with what it takes to
 *                              make the whole fine-tuned model from it again; kept.h reads it */
#ifndef SWEEP_KEEP_H
#define SWEEP_KEEP_H

#include "spaces/space.h"
#include "sweep/record.h"

enum { KEEP_FORMAT = 1 };

/* Fresh strings; NULL: ERR_MEMORY. */
char *keep_partial(const char *folder, const char *id);
char *keep_z(const char *folder, const char *id);

/* Writes the z of a record that still has it; `form`: the text that its id is the hash of. Where the
 * data lay is not in it. */
status keep_z_write(const char *folder, const record *r, const run_rows *rows, const char *form,
                    const space *s);

/* What is written beside a z. */
typedef struct keep_about {
    const run_spec *run; /* without its places */
    const char *id, *kind, *form;
    bool regenerable, coded; /* coded: z went through few bits */
    bool once;               /* a user's file, not the store's: file_write_once */
} keep_about;
status keep_z_put(const char *path, const keep_about *about, const real *z, size_t d);

#endif
