/* cifar10.c -- CIFAR-10, binary version (Krizhevsky 2009): six files of records
 *   label (1 byte), 1024 red, 1024 green, 1024 blue           50,000 for training, 10,000 for testing */
#include <stdio.h>
#include <string.h>

#include "data/data.h"
#include "format/inflate.h"

enum { PIXELS = 3072, RECORD = PIXELS + 1, A_FILE = 10000, CLASSES = 10 };

typedef struct cifar10 {
    task base;
    samples_options options;
} cifar10;

static const key keys[] = {SAMPLES_KEYS(cifar10, options), {0}};

static status cifar10_file(task *t, const char *name, uint8_t *bytes, int32_t *labels)
{
    const cifar10 *m = (const cifar10 *)t;
    char path[4096], *raw;
    size_t n;
    status st;
    if ((st = task_locate(m->options.dir, "cifar10", name, path, sizeof path)) ||
        (st = inflate_file(path, (size_t)A_FILE * RECORD + 1, &raw, &n)))
        return st;
    if (n != (size_t)A_FILE * RECORD)
        st = error_set(ERR_FORMAT, "%s: %zu bytes, a batch has %d records of %d: fetch it again",
                       path, n, A_FILE, RECORD);
    for (size_t i = 0; i < A_FILE && !st; i++) {
        const uint8_t *record = (const uint8_t *)raw + i * RECORD;
        if (record[0] >= CLASSES)
            st = error_set(ERR_FORMAT, "%s: label %d of record %zu is outside 0..9: fetch it again",
                           path, record[0], i);
        labels[i] = record[0];
        memcpy(bytes + i * PIXELS, record + 1, PIXELS);
    }
    if (!st)
        task_note(t, raw, n);
    mem_free(raw);
    return st;
}

static status cifar10_init(task *t)
{
    const cifar10 *m = (const cifar10 *)t;
    t->loss = &idim_loss_softmax;
    t->n_outputs = CLASSES;
    t->n_features = PIXELS;
    t->shape[0] = 3;
    t->shape[1] = t->shape[2] = 32;
    for (int which = IDIM_SPLIT_TRAIN; which <= IDIM_SPLIT_TEST; which += 2) {
        size_t files = which == IDIM_SPLIT_TRAIN ? 5 : 1, n = files * A_FILE;
        uint8_t *bytes = task_alloc(t, n, PIXELS);
        int32_t *labels = task_alloc(t, n, sizeof *labels);
        if (!bytes || !labels)
            return ERR_MEMORY;
        for (size_t f = 0; f < files; f++) {
            char name[32];
            if (files == 1)
                snprintf(name, sizeof name, "test_batch.bin");
            else
                snprintf(name, sizeof name, "data_batch_%zu.bin", f + 1);
            status st = cifar10_file(t, name, bytes + f * A_FILE * PIXELS, labels + f * A_FILE);
            if (st)
                return st;
        }
        t->splits[which] = (samples){.n = n, .bytes = bytes, .labels = labels};
    }
    return task_apply(t, &m->options);
}

const task_row task_cifar10 = {
    .name = "cifar10",
    .doc = "small colour pictures, 3 x 32 x 32, 10 classes",
    .source = "Krizhevsky 2009",
    .example = "cifar10",
    .revision = 1,
    .keys = keys,
    .size = sizeof(cifar10),
    .init = cifar10_init,
};
