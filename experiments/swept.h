/* swept.h -- what the commands that read a sweep file share: the file with the command line's keys over it. */
#ifndef EXPERIMENTS_SWEPT_H
#define EXPERIMENTS_SWEPT_H

#include "experiments/folder.h"
#include "sweep/expand.h"

enum { SWEPT_OVER = 128 };

/* First member of a command's options; its tables are swept_keys or its own first, then SWEPT_TABLES. */
typedef struct swept_options {
    expand_spec
        spec; /* first: run_keys, ask_keys, expand_keys; shown in help, set by `over` alone */
    struct {
        const key *key;
        const char *value; /* of argv */
    } over[SWEPT_OVER];
    size_t n_over;
    const char *only; /* SWEPT_ONLY */
} swept_options;

/* For the command's own keys: which of a file's sub-sweeps. */
#define SWEPT_ONLY(struct_, field_)                                                                \
    KEY_TEXT("only", struct_, field_.only, "",                                                     \
             "this sub-sweep of the file and those in it, OUTER.INNER; empty: all")

#define SWEPT_TABLES run_keys, ask_keys, expand_keys

/* command.lists of such a command, and of those that call swept_ask. */
#define SWEPT_LISTS " data model space "

/* What the options of an ask list, several data sets or models, as a file with these lines: asks of one part.
 * expand_clear accepts what a failed call left. */
status swept_ask(const ask *given, expansion *e);

/* command.over of such a command. */
status swept_over(void *options, const key *k, const char *value);

/* A sweep file that was read, and the results folder that it is for. */
typedef struct swept {
    sweepfile file;
    expansion sweep;
    char *folder;
    key_texts texts;
} swept;

/* Reads the file; what it says of the command's own keys is set in `own` where the command line left the
 * default. `folder` is part of own; where it names none, the file's name without folder and ending does.
 * swept_close takes what a failed call left. */
status swept_open(swept *s, const swept_options *o, const char *path, const key *table, void *own,
                  const folder_options *folder);
void swept_close(swept *s);

#endif
