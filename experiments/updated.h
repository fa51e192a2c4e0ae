/* updated.h -- what the commands that look inside weight updates share: options, whose updates they are, the loop
 * over them, and what is said of all.
 *
 * A name is an adapter, a checkpoint (its update is told by the base, --from), or a kept run's z
 * (z/ID.safetensors, or packed), whose network is made again: a sweep's own runs, with A at step 0. */
#ifndef EXPERIMENTS_UPDATED_H
#define EXPERIMENTS_UPDATED_H

#include "experiments/folder.h"
#include "experiments/rebuilt.h"
#include "measure/update.h"

typedef struct updated_options {
    const char *from, *data, *out;
    double alpha;
    size_t seed;
    bool plot, quiet;
} updated_options;
#define UPDATED_KEYS(struct_, field_)                                                              \
    KEY_TEXT("from", struct_, field_.from, "",                                                     \
             "the base model of an adapter or checkpoint, or what a kept run started from"),       \
        KEY_TEXT("data", struct_, field_.data, "",                                                 \
                 "of a kept run, where they lie in no usual place: mnist:dir=..."),                \
        KEY("alpha", struct_, field_.alpha, "0", 0, 1e9, "",                                       \
            "an adapter's, the first of two; 0: its configuration's"),                             \
        KEY("seed", struct_, field_.seed, "1", 0, 1e15, "",                                        \
            "of random updates and directions to compare with"),                                   \
        KEY("plot", struct_, field_.plot, "yes", 0, 0, "",                                         \
            "draw figures; no: idim plot makes them later"),                                       \
        KEY_TEXT("out", struct_, field_.out, "",                                                   \
                 "results folder: a name under results/, or a path"),                              \
        KEY("quiet", struct_, field_.quiet, "no", 0, 0, "", "no progress line")

typedef struct updated {
    updates *updates;
    rebuilt rebuilt; /* of a kept run: owns what the updates borrow */
    bool fresh_head; /* its checkpoint has none for its task */
} updated;

/* before: the checkpoint that `path` is compared with; NULL: --from is. Errors as updates_open and
 * rebuilt_open; ERR_USAGE: a checkpoint alone. */
status updated_open(updated *w, const updated_options *o, const char *before, const char *path);
/* Of the run of a z, with where its checkpoint, adapter and data lie as `places` has them. */
status updated_run(updated *w, const run_spec *places, const char *z);
void updated_close(updated *w);

/* Was this tensor drawn where the run began from a checkpoint? Nobody trained what it was before. */
bool updated_drawn(const updated *w, const char *tensor);

/* One update after another, with its progress; before: W0 is wanted. Ends at the first that fails. */
typedef status updated_look(void *context, size_t i, update *u);
status updated_each(const updated *w, const updated_options *o, bool before, updated_look *look,
                    void *context);

/* Draws figures (ended by NULL) of a folder whose CSVs are there. false: none was asked for, or it is said why not. */
bool updated_draw(const updated_options *o, const char *path, const char *const *figures);
/* A line where an adapter's scale is not known, and where it changes more than its factors say. */
void updated_notes(const updated *w, FILE *out);

/* The folder of --out, else results/WHAT-NAME... after what is looked at, so that looks at two things leave two
 * folders: `idim spectra a/adapter` makes results/spectra-a-adapter. Fresh; NULL: ERR_MEMORY. */
char *updated_folder(const updated_options *o, const char *what, size_t n, char *const *names);

#endif
