/* images.c -- see images.h. */
#include <math.h>
#include <string.h>

#include "data/images.h"
#include "format/idx.h"

enum { PATH_ROOM = 4096 };

static status take_shape(task *t, const idx *x, const char *path)
{
    size_t shape[3] = {1, 1, 1}, n = x->shape[0] ? x->n / x->shape[0] : 0;
    if (!x->shape[0] || !n)
        return error_set(ERR_FORMAT, "%s: no samples in it", path);
    if (x->dims == 2)
        shape[0] = x->shape[1];
    else if (x->dims >= 3)
        memcpy(shape + (x->dims == 3), x->shape + 1, (x->dims - 1) * sizeof *shape);
    if (t->n_features && t->n_features != n)
        return error_set(ERR_FORMAT, "%s: %zu numbers a sample, the training images have %zu", path,
                         n, t->n_features);
    memcpy(t->shape, shape, sizeof shape);
    t->n_features = n;
    return OK;
}

static status take_images(task *t, const idx *x, samples *s)
{
    if (x->type == IDX_U8) {
        uint8_t *bytes = task_alloc(t, x->n, 1);
        if (!bytes)
            return ERR_MEMORY;
        memcpy(bytes, x->data, x->n);
        s->bytes = bytes;
        return OK;
    }
    real *reals = task_alloc(t, x->n, sizeof *reals);
    if (!reals)
        return ERR_MEMORY;
    for (size_t i = 0; i < x->n; i++)
        reals[i] = (real)idx_at(x, i);
    s->reals = reals;
    return OK;
}

static status take_labels(task *t, const idx *x, const char *path, size_t classes, samples *s)
{
    if (x->dims != 1 || x->n != s->n)
        return error_set(ERR_FORMAT,
                         "%s: %zu labels for %zu samples; the files do not belong "
                         "together",
                         path, x->n, s->n);
    int32_t *labels = task_alloc(t, x->n, sizeof *labels);
    if (!labels)
        return ERR_MEMORY;
    for (size_t i = 0; i < x->n; i++) {
        double label = idx_at(x, i);
        if (!(label >= 0) || label > 1e6 || label > floor(label) ||
            (classes && label >= (double)classes))
            return error_set(ERR_FORMAT, "%s: label %g of sample %zu is outside 0..%zu", path,
                             label, i, classes ? classes - 1 : 1000000);
        labels[i] = (int32_t)label;
        if ((size_t)label >= t->n_outputs)
            t->n_outputs = (size_t)label + 1;
    }
    s->labels = labels;
    return OK;
}

status images_read(task *t, split which, const char *images, const char *labels, size_t classes)
{
    samples *s = &t->splits[which];
    idx x = {0}, y = {0};
    status st;
    if ((st = idx_open(&x, images)) || (st = take_shape(t, &x, images)) ||
        (st = idx_open(&y, labels)))
        goto done;
    s->n = x.shape[0];
    if ((st = take_images(t, &x, s)) || (st = take_labels(t, &y, labels, classes, s)))
        goto done;
    task_note(t, x.bytes, x.n_bytes);
    task_note(t, y.bytes, y.n_bytes);
done:
    idx_clear(&x);
    idx_clear(&y);
    return st;
}

status images_mnist(task *t, const char *sub, const samples_options *o, size_t classes)
{
    static const char *const names[2][2] = {{"train-images-idx3-ubyte", "train-labels-idx1-ubyte"},
                                            {"t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"}};
    static const split splits[2] = {IDIM_SPLIT_TRAIN, IDIM_SPLIT_TEST};
    char images[PATH_ROOM], labels[PATH_ROOM];
    status st;
    t->loss = &idim_loss_softmax;
    t->n_outputs = classes;
    for (int i = 0; i < 2; i++)
        if ((st = task_locate(o->dir, sub, names[i][0], images, sizeof images)) ||
            (st = task_locate(o->dir, sub, names[i][1], labels, sizeof labels)) ||
            (st = images_read(t, splits[i], images, labels, classes)))
            return st;
    return task_apply(t, o);
}
