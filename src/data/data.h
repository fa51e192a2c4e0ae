/* data.h -- tasks: data sets behind one table, made from "mnist:shuffle=labels,val=.1".
 *
 * The frame (data.c) finds the row, parses its keys, calls init, and finishes what every data set
 * needs: a stratified validation split where the row made none, and the content hash. A task is
 * const and shared by threads once made; processes share it through task_pack. */
#ifndef DATA_DATA_H
#define DATA_DATA_H

#include "base/key.h"
#include "base/rng.h"
#include "base/status.h"

typedef idim_task task;
typedef idim_task_row task_row;
typedef idim_split split;
typedef idim_samples samples;
typedef idim_batch batch;

/* All rows, ended by NULL; and the row of a name (ERR_USAGE with "did you mean"). */
extern const task_row *const task_rows[];
status task_find(const char *name, const task_row **row);

status task_new(task **t, const char *spec);
status task_new_row(task **t, const task_row *row, const char *args);
void task_free(task *t);

/* "mnist:shuffle=labels": canonical, and its kind's revision. Borrowed from the task. */
const char *task_spec(const task *t);
/* SHA-256 over the SHA-256 of everything that init noted, in order; "" when none (synthetic). */
const char *task_content(const task *t);

/* For init: these bytes of a file, unpacked, are part of what the task is; packed otherwise it is the
 * same task. */
void task_note(task *t, const void *bytes, size_t n);
/* For init: memory that is freed with the task. NULL: the sentence is left. */
void *task_alloc(task *t, size_t n, size_t size);
/* For init: the first folder that holds file `name`: `dir` when not "" (then it alone), else
 * $IDIM_DATA/SUB, $IDIM_DATA, ./data/SUB, /usr/share/datasets/SUB. `path` is set (room bytes). ERR_FILE
 * lists all the places that were looked at and how to fetch the data set. */
status task_locate(const char *dir, const char *sub, const char *name, char *path, size_t room);

/* What Li et al. do to a data set; the keys that image sets and a user's own files share. First the
 * fields, then the rows to put into a kind's table: SAMPLES_KEYS(mnist, options). */
typedef struct samples_options {
    const char *dir;  /* folder; "": look in the usual places */
    int shuffle;      /* none, labels (memorisation), pixels: one permutation for all samples */
    size_t n_train;   /* the first n after a stratified draw; 0: all */
    size_t n_test;    /* likewise */
    double val;       /* share of the training split held out for validation, stratified */
    int standardise;  /* unit: x/255 (u8) or as is; global: mean 0 and sd 1 over the training
                            split; feature: each feature; none */
    size_t data_seed; /* of the split, the subset and the shuffles; never of a run */
} samples_options;
#define SAMPLES_KEYS(struct_, field_)                                                              \
    KEY_PLACE("dir", struct_, field_.dir, "", "folder of the files; empty: the usual places"),     \
        KEY_WORD("shuffle", struct_, field_.shuffle, "none", "none+labels+pixels",                 \
                 "labels: scored on training data, for memorisation; pixels: one permutation"),    \
        KEY("train", struct_, field_.n_train, "0", 0, 1e9, "samples", "training samples; 0: all"), \
        KEY("test", struct_, field_.n_test, "0", 0, 1e9, "samples", "test samples; 0: all"),       \
        KEY("val", struct_, field_.val, ".1", 0, .9, "share",                                      \
            "training samples held out for validation, stratified, the same for every seed"),      \
        KEY_WORD("standardise", struct_, field_.standardise, "unit", "unit+global+feature+none",   \
                 "unit: bytes / 255; global, feature: mean 0 and sd 1 over the training split"),   \
        KEY("seed", struct_, field_.data_seed, "0", 0, 1e15, "", "of the split and the shuffles")

/* Applies the options to a task whose train and test splits are filled in file order. Called last
 * by init. ERR_USAGE, ERR_MEMORY. */
status task_apply(task *t, const samples_options *options);

/* Buffers for batches of up to n samples, and filling them. Fetching cannot fail. */
typedef struct batch_buffer {
    batch batch;
    real *x;
    int32_t *labels;
    real *targets;
    int32_t *tokens;
    uint8_t *segments;
    uint32_t *index;
} batch_buffer;
status batch_init(batch_buffer *b, const task *t, size_t n);
void batch_clear(batch_buffer *b);
/* draw: of the masks of a masked language model; the epoch from 1, or 0 for scores. */
void task_fetch(const task *t, split which, const uint32_t *index, size_t n, uint64_t draw,
                batch_buffer *b);
size_t task_labels(const task *t); /* of a sample */

/* An environment: the streams of the episodes of a split are this one's children, the same for every run. */
stream task_episodes(const task *t, split which);

/* The whole task as one read-only block that other processes map: a descriptor (os_shared_new). */
status task_pack(const task *t, int *fd);
status task_unpack(task **t, int fd); /* borrows the map until task_free */

#endif
