/* model.c -- the frame of models: making one from its spec, its layout, views on weights. */
#include <limits.h>
#include <string.h>

#include "models/model.h"

typedef struct frame { /* behind model->own */
    key_texts texts;
    char *spec;
    tensor *tensors;
    char **names; /* name and roles of each tensor */
    size_t n;
} frame;

status model_new_row(model **out, const model_row *row, const char *args, const task *t)
{
    model *m = mem_array(1, row->size);
    frame *f = mem_array(1, sizeof *f);
    text spec = {0};
    status st;
    *out = NULL;
    if (!m || !f) {
        mem_free(m);
        mem_free(f);
        return ERR_MEMORY;
    }
    m->row = row;
    m->task = t;
    m->own = f;
    m->head = "head";
    if ((st = key_parse(row->name, row->keys, args, m, &f->texts)))
        goto failed;
    key_canonical(row->name, row->keys, m, &spec);
    f->spec = spec.text;
    if (spec.failed) {
        st = ERR_MEMORY;
        goto failed;
    }
    if ((st = row->init(m))) {
        error_prefix("%s: ", f->spec);
        goto failed;
    }
    *out = m;
    return OK;
failed:
    model_free(m);
    return st;
}

status model_new(model **m, const char *spec, const task *t)
{
    const model_row *row;
    const char *args;
    char kind[64];
    status st;
    *m = NULL;
    if ((st = key_kind(spec, kind, sizeof kind, &args)) || (st = model_find(kind, &row)))
        return st;
    return model_new_row(m, row, args, t);
}

void model_free(model *m)
{
    if (!m)
        return;
    frame *f = m->own;
    if (m->row->clear)
        m->row->clear(m);
    key_texts_clear(&f->texts);
    for (size_t i = 0; i < 2 * f->n; i++)
        mem_free(f->names[i]);
    mem_free(f->names);
    mem_free(f->tensors);
    mem_free(f->spec);
    mem_free(f);
    mem_free(m);
}

const char *model_spec(const model *m)
{
    const frame *f = m->own;
    return f->spec;
}

static status tensor_size(const char *name, size_t dims, const size_t *shape, size_t *n)
{
    status st;
    *n = 1;
    for (size_t i = 0; i < dims; i++) {
        if (shape[i] == 0 || shape[i] > INT_MAX)
            return error_set(ERR_LIMIT, "%s: a dimension of %zu; 1 to %d fit", name, shape[i],
                             INT_MAX);
        if ((st = size_mul(*n, shape[i], n)))
            return st;
    }
    return OK;
}

idim_status idim_model_tensor(idim_model *m, const char *name, const char *roles, int layer,
                              size_t dims, const size_t *shape)
{
    frame *f = m->own;
    size_t n, all;
    status st;
    if ((st = tensor_size(name, dims, shape, &n)) || (st = size_add(m->layout.n, n, &all)))
        return st;
    tensor *tensors = mem_resize(f->tensors, f->n + 1, sizeof *tensors);
    if (!tensors)
        return ERR_MEMORY;
    f->tensors = tensors;
    char **names = mem_resize(f->names, 2 * (f->n + 1), sizeof *names);
    if (!names)
        return ERR_MEMORY;
    f->names = names;
    names[2 * f->n] = mem_string(name);
    names[2 * f->n + 1] = mem_string(roles);
    f->n++; /* what is there is freed with the model */
    if (!names[2 * f->n - 2] || !names[2 * f->n - 1])
        return ERR_MEMORY;
    tensor *t = &tensors[f->n - 1];
    *t = (tensor){.name = names[2 * f->n - 2],
                  .roles = names[2 * f->n - 1],
                  .offset = m->layout.n,
                  .n = n,
                  .layer = layer,
                  .decay = dims >= 2,
                  .bare = dims != 2 || !m->row->riders};
    memcpy(t->shape, shape, dims * sizeof *shape);
    m->layout = (layout){.tensors = tensors, .n_tensors = f->n, .n = all};
    m->D += n;
    return OK;
}

size_t layout_find(const layout *l, const char *name)
{
    for (size_t i = 0; i < l->n_tensors; i++)
        if (!strcmp(l->tensors[i].name, name))
            return i;
    return SIZE_MAX;
}

/* ------------------------------------------------------------------ views */

status view_init(view *v, const layout *l)
{
    *v = (view){.layout = l, .slots = mem_array(l->n_tensors, sizeof *v->slots)};
    return v->slots ? OK : ERR_MEMORY;
}

void view_clear(view *v)
{
    mem_free(v->slots);
    *v = (view){0};
}

void view_point(view *v, const real *theta, real *g_theta)
{
    for (size_t i = 0; i < v->layout->n_tensors; i++) {
        size_t at = v->layout->tensors[i].offset;
        v->slots[i] =
            (slot){.value = theta + at, .grad = g_theta ? g_theta + at : NULL, .scale = 1};
    }
}

void view_add_l2(const view *v, real l2)
{
    for (size_t i = 0; i < v->layout->n_tensors; i++) {
        const tensor *t = &v->layout->tensors[i];
        const slot *s = &v->slots[i];
        const real *value = s->value;
        if (!s->grad || !t->decay)
            continue;
        for (size_t k = 0; k < t->n; k++)
            s->grad[k] += l2 * value[k];
    }
}
