/* frame.h -- what the files of the frame share; no data set includes it. */
#ifndef DATA_FRAME_H
#define DATA_FRAME_H

#include "base/hash.h"
#include "data/data.h"
#include "format/tokenizer.h"

typedef struct frame { /* behind task->own */
    key_texts texts;
    char *spec;
    text notes; /* "SHA-256\n" of each file */
    char content[HASH_HEX];
    void **blocks; /* freed with the task */
    size_t n_blocks;
    tokenizer *tokenizer; /* of a text; NULL: none, or unpacked */
    const void *map;      /* of an unpacked task */
    size_t n_map;
} frame;

/* An empty task of `size` bytes; NULL: ERR_MEMORY. */
task *frame_new(const task_row *row, size_t size);

/* A block of task_alloc is not needed any more. */
void frame_release(task *t, const void *block);

/* The arrays of a split as a list: bytes, reals, labels, targets, tokens, segments. */
enum { FRAME_ARRAYS = 6 };
const void *frame_array(const samples *s, int a);
void frame_set_arrays(samples *s, const void *const arrays[FRAME_ARRAYS]);
size_t frame_row_bytes(const task *t, int a); /* of one sample */
/* ERR_FORMAT: a label or a token out of range. */
status frame_check(const task *t, const samples *s);

#endif
