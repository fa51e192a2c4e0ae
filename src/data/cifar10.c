/* cifar10.c -- CIFAR-10, binary version (Krizhevsky 2009): six files of records
 *   label (1 byte), 1024 red, 1024 green, 1024 blue           50,000 for training, 10,000 for testing
 * They are read from their folder, or from the archive as it is distributed. What is noted is the six
 * files' bytes in both cases, so that a run's id does not depend on how they were packed. */
#include <stdio.h>
#include <string.h>

#include "data/data.h"
#include "format/inflate.h"
#include "format/tar.h"

enum { PIXELS = 3072, RECORD = PIXELS + 1, A_FILE = 10000, CLASSES = 10, FILES = 6 };
enum { A_FILE_BYTES = A_FILE * RECORD, ARCHIVE_BYTES = FILES * A_FILE_BYTES + (1 << 20) };

static const char *const names[FILES] = {"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin",
                                         "data_batch_4.bin", "data_batch_5.bin", "test_batch.bin"};

typedef struct cifar10 {
    task base;
    samples_options options;
} cifar10;

static const key keys[] = {SAMPLES_KEYS(cifar10, options), {0}};

typedef struct packed { /* the archive in memory; bytes NULL: the files lie there by themselves */
    char path[4096], *bytes;
    size_t n;
} packed;

static status cifar10_archive(const task *t, packed *p)
{
    const char *dir = ((const cifar10 *)t)->options.dir;
    status st;
    p->bytes = NULL;
    p->n = 0;
    if (!task_locate(dir, "cifar10", names[0], p->path, sizeof p->path))
        return OK;
    if ((st = task_locate(dir, "cifar10", "cifar-10-binary.tar", p->path, sizeof p->path))) {
        error_prefix("neither %s nor the archive: ", names[0]);
        return st;
    }
    return inflate_file(p->path, ARCHIVE_BYTES, &p->bytes, &p->n);
}

static status cifar10_records(task *t, const char *path, const char *name, const char *raw,
                              size_t n, uint8_t *bytes, int32_t *labels)
{
    if (n != A_FILE_BYTES)
        return error_set(ERR_FORMAT,
                         "%s: %s: %zu bytes, a batch has %d records of %d: fetch it again", path,
                         name, n, A_FILE, RECORD);
    for (size_t i = 0; i < A_FILE; i++) {
        const uint8_t *record = (const uint8_t *)raw + i * RECORD;
        if (record[0] >= CLASSES)
            return error_set(ERR_FORMAT,
                             "%s: %s: label %d of record %zu is outside 0..9: fetch it again", path,
                             name, record[0], i);
        labels[i] = record[0];
        memcpy(bytes + i * PIXELS, record + 1, PIXELS);
    }
    task_note(t, raw, n);
    return OK;
}

static status cifar10_file(task *t, const packed *p, const char *name, uint8_t *bytes,
                           int32_t *labels)
{
    const char *dir = ((const cifar10 *)t)->options.dir, *member;
    char path[4096], *raw;
    size_t n;
    status st;
    if (p->bytes) {
        if ((st = tar_find(p->path, p->bytes, p->n, name, &member, &n)))
            return st;
        return cifar10_records(t, p->path, name, member, n, bytes, labels);
    }
    if ((st = task_locate(dir, "cifar10", name, path, sizeof path)) ||
        (st = inflate_file(path, A_FILE_BYTES + 1, &raw, &n)))
        return st;
    st = cifar10_records(t, path, name, raw, n, bytes, labels);
    mem_free(raw);
    return st;
}

static status cifar10_init(task *t)
{
    packed p;
    status st = cifar10_archive(t, &p);
    t->loss = &idim_loss_softmax;
    t->n_outputs = CLASSES;
    t->n_features = PIXELS;
    t->shape[0] = 3;
    t->shape[1] = t->shape[2] = 32;
    for (int which = IDIM_SPLIT_TRAIN; which <= IDIM_SPLIT_TEST && !st; which += 2) {
        size_t first = which == IDIM_SPLIT_TRAIN ? 0 : FILES - 1;
        size_t files = which == IDIM_SPLIT_TRAIN ? FILES - 1 : 1, n = files * A_FILE;
        uint8_t *bytes = task_alloc(t, n, PIXELS);
        int32_t *labels = task_alloc(t, n, sizeof *labels);
        if (!bytes || !labels)
            st = ERR_MEMORY;
        for (size_t f = 0; f < files && !st; f++)
            st = cifar10_file(t, &p, names[first + f], bytes + f * A_FILE * PIXELS,
                              labels + f * A_FILE);
        t->splits[which] = (samples){.n = n, .bytes = bytes, .labels = labels};
    }
    mem_free(p.bytes);
    return st ? st : task_apply(t, &((const cifar10 *)t)->options);
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
