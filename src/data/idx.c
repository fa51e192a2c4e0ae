/* idx.c -- anyone's own samples as IDX files (plain, .gz or .xz): images and labels, perhaps a test
 * set; a sixth is set aside for testing where none is given. */
#include "data/images.h"

typedef struct idx_task {
    task base;
    samples_options options;
    const char *x, *y, *x_test, *y_test;
} idx_task;

static const key keys[] = {
    KEY_PLACE("x", idx_task, x, "train-images-idx3-ubyte", "training samples (n, ...), in dir"),
    KEY_PLACE("y", idx_task, y, "train-labels-idx1-ubyte", "training labels (n), 0 .. classes - 1"),
    KEY_PLACE("x_test", idx_task, x_test, "", "test samples; empty: a sixth is set aside"),
    KEY_PLACE("y_test", idx_task, y_test, "", "test labels"),
    SAMPLES_KEYS(idx_task, options),
    {0},
};

static status idx_read(task *t, split which, const char *x, const char *y)
{
    const idx_task *m = (const idx_task *)t;
    const char *dir = *m->options.dir ? m->options.dir : ".";
    char images[4096], labels[4096];
    status st;
    if ((st = task_locate(dir, "", x, images, sizeof images)) ||
        (st = task_locate(dir, "", y, labels, sizeof labels)))
        return st;
    return images_read(t, which, images, labels, 0);
}

static status idx_init(task *t)
{
    const idx_task *m = (const idx_task *)t;
    status st;
    t->loss = &idim_loss_softmax;
    if (!*m->x_test != !*m->y_test)
        return error_set(ERR_USAGE, "idx: x_test and y_test go together; give both or none");
    if ((st = idx_read(t, IDIM_SPLIT_TRAIN, m->x, m->y)) ||
        (*m->x_test && (st = idx_read(t, IDIM_SPLIT_TEST, m->x_test, m->y_test))))
        return st;
    return task_apply(t, &m->options);
}

const task_row task_idx = {
    .name = "idx",
    .doc = "your own samples in IDX files",
    .source = "MNIST's file format",
    .example = "idx",
    .revision = 1,
    .keys = keys,
    .size = sizeof(idx_task),
    .init = idx_init,
};
