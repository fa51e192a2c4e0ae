/* npy.c -- anyone's own samples as NumPy arrays: .npy files, or members of one .npz.
 *
 *   x (n, features) or (n, height, width) or (n, channels, height, width)
 *   y (n) whole numbers: classes; floating-point (n) or (n, outputs): targets of a squared loss */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "data/data.h"
#include "format/npy.h"

typedef struct npy_task {
    task base;
    samples_options options;
    const char *file, *x, *y, *x_test, *y_test;
} npy_task;

static const key keys[] = {
    KEY_PLACE("file", npy_task, file, "", "an .npz archive; then x and y name its members"),
    KEY_PLACE("x", npy_task, x, "x", "training samples: a member, or a file in dir"),
    KEY_PLACE("y", npy_task, y, "y", "training labels or targets"),
    KEY_PLACE("x_test", npy_task, x_test, "", "test samples; empty: a sixth is set aside"),
    KEY_PLACE("y_test", npy_task, y_test, "", "test labels or targets"),
    SAMPLES_KEYS(npy_task, options),
    {0},
};

static status npy_take_x(task *t, const npy *a, const char *name, samples *s)
{
    size_t shape[3] = {1, 1, 1};
    if (a->dims < 2 || !a->shape[0] || !a->n)
        return error_set(ERR_FORMAT,
                         "%s: samples are rows; the shape must be (n, features), (n, "
                         "height, width) or (n, channels, height, width)",
                         name);
    size_t n = a->n / a->shape[0];
    if (a->dims == 2)
        shape[0] = n;
    else
        memcpy(shape + (a->dims == 3), a->shape + 1, (a->dims - 1) * sizeof *shape);
    if (t->n_features && t->n_features != n)
        return error_set(ERR_FORMAT, "%s: %zu numbers a sample, the training samples have %zu",
                         name, n, t->n_features);
    memcpy(t->shape, shape, sizeof shape);
    t->n_features = n;
    s->n = a->shape[0];
    uint8_t *bytes = a->type == 'u' && a->width == 1 ? task_alloc(t, a->n, 1) : NULL;
    real *reals = a->type == 'u' && a->width == 1 ? NULL : task_alloc(t, a->n, sizeof *reals);
    if (!bytes && !reals)
        return ERR_MEMORY;
    for (size_t i = 0; i < a->n; i++) {
        double v = npy_at(a, i);
        if (!isfinite(v))
            return error_set(ERR_FORMAT, "%s: number %zu is not finite", name, i);
        if (bytes)
            bytes[i] = (uint8_t)v;
        else
            reals[i] = (real)v;
    }
    s->bytes = bytes;
    s->reals = reals;
    return OK;
}

static status npy_take_labels(task *t, const npy *a, const char *name, samples *s)
{
    int32_t *labels = task_alloc(t, a->n, sizeof *labels);
    if (!labels)
        return ERR_MEMORY;
    for (size_t i = 0; i < a->n; i++) {
        double v = npy_at(a, i);
        if (!(v >= 0) || v > 1e6)
            return error_set(ERR_FORMAT, "%s: label %g of sample %zu is outside 0..1000000", name,
                             v, i);
        labels[i] = (int32_t)v;
        if ((size_t)v >= t->n_outputs)
            t->n_outputs = (size_t)v + 1;
    }
    s->labels = labels;
    t->loss = &idim_loss_softmax;
    return OK;
}

static status npy_take_targets(task *t, const npy *a, const char *name, samples *s)
{
    size_t outputs = a->n / a->shape[0];
    real *targets = task_alloc(t, a->n, sizeof *targets);
    if (!targets)
        return ERR_MEMORY;
    if (t->n_outputs && t->n_outputs != outputs)
        return error_set(ERR_FORMAT, "%s: %zu targets a sample, training has %zu", name, outputs,
                         t->n_outputs);
    for (size_t i = 0; i < a->n; i++) {
        double v = npy_at(a, i);
        if (!isfinite(v))
            return error_set(ERR_FORMAT, "%s: target %zu is not finite", name, i);
        targets[i] = (real)v;
    }
    s->targets = targets;
    t->n_outputs = outputs;
    t->loss = &idim_loss_squared;
    return OK;
}

/* An array by its name: a member of file=, or a file in dir. */
static status npy_get(task *t, const char *name, npy *a)
{
    const npy_task *m = (const npy_task *)t;
    const char *dir = *m->options.dir ? m->options.dir : ".";
    bool archive = *m->file, ends = strstr(name, ".npy");
    char path[4096];
    char *file = mem_printf("%s%s", archive ? m->file : name, archive || ends ? "" : ".npy");
    status st = file ? task_locate(dir, "", file, path, sizeof path) : ERR_MEMORY;
    mem_free(file);
    if (!st && !(st = npy_open(a, path, archive ? name : "")))
        task_note(t, a->bytes, a->n_bytes);
    return st;
}

static status npy_split(task *t, split which, const char *x, const char *y)
{
    samples *s = &t->splits[which];
    npy a = {0}, b = {0};
    status st;
    if ((st = npy_get(t, x, &a)) || (st = npy_take_x(t, &a, x, s)) || (st = npy_get(t, y, &b)))
        goto done;
    if (b.shape[0] != s->n || (b.type != 'f' && b.dims != 1))
        st = error_set(ERR_FORMAT,
                       "%s: %zu rows for the %zu samples of %s; labels are (n), targets "
                       "(n) or (n, outputs)",
                       y, b.shape[0], s->n, x);
    else
        st = b.type == 'f' ? npy_take_targets(t, &b, y, s) : npy_take_labels(t, &b, y, s);
done:
    npy_clear(&a);
    npy_clear(&b);
    return st;
}

static status npy_init(task *t)
{
    const npy_task *m = (const npy_task *)t;
    status st;
    if (!*m->x_test != !*m->y_test)
        return error_set(ERR_USAGE, "npy: x_test and y_test go together; give both or none");
    if ((st = npy_split(t, IDIM_SPLIT_TRAIN, m->x, m->y)) ||
        (*m->x_test && (st = npy_split(t, IDIM_SPLIT_TEST, m->x_test, m->y_test))))
        return st;
    return task_apply(t, &m->options);
}

const task_row task_npy = {
    .name = "npy",
    .doc = "your own samples in NumPy's .npy or .npz",
    .source = "NumPy's file format",
    .example = "npy",
    .revision = 1,
    .keys = keys,
    .size = sizeof(npy_task),
    .init = npy_init,
};
