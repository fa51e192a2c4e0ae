/* library.c -- tasks as idim.h gives them to programs that train by themselves. */
#include <string.h>

#include "data/data.h"

idim_status idim_task_new(idim_task **t, const char *spec)
{
    return task_new(t, spec);
}

void idim_task_free(idim_task *t)
{
    task_free(t);
}

size_t idim_task_samples(const idim_task *t, idim_split which)
{
    return t->splits[which].n;
}

size_t idim_task_features(const idim_task *t)
{
    return t->n_features;
}

size_t idim_task_classes(const idim_task *t)
{
    return t->n_outputs;
}

idim_status idim_task_fetch(const idim_task *t, idim_split which, const uint32_t *index, size_t n,
                            idim_real *x, int32_t *labels)
{
    batch_buffer b;
    if (!t->n_features || !t->splits[which].labels || task_labels(t) != 1)
        return error_set(ERR_USAGE, "%s: its samples are no numbers with a class each",
                         t->row->name);
    for (size_t i = 0; i < n; i++)
        if (index[i] >= t->splits[which].n)
            return error_set(ERR_USAGE, "%s: no sample %lu, its split has %zu", t->row->name,
                             (unsigned long)index[i], t->splits[which].n);
    status st = batch_init(&b, t, n);
    if (st)
        return st;
    task_fetch(t, which, index, n, 0, &b);
    memcpy(x, b.batch.x, n * t->n_features * sizeof *x);
    memcpy(labels, b.batch.labels, n * sizeof *labels);
    batch_clear(&b);
    return OK;
}

void idim_order(uint64_t seed, size_t n, size_t epoch, uint32_t *order)
{
    stream all = stream_make(seed, "order"), one = stream_sub(&all, epoch);
    rng_permutation(&one, n, order);
}
