/* model.c -- the frame of models: making one from its spec, its layout, views on weights. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "models/model.h"

enum { NAMES = 3 }; /* texts of a tensor */

typedef struct frame { /* behind model->own */
    key_texts texts;
    char *spec;
    tensor *tensors;
    char **names; /* name, roles and blocks (NULL: none) of each tensor */
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
    for (size_t i = 0; i < NAMES * f->n; i++)
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
    char **names = mem_resize(f->names, NAMES * (f->n + 1), sizeof *names);
    if (!names)
        return ERR_MEMORY;
    f->names = names;
    names += NAMES * f->n;
    names[0] = mem_string(name);
    names[1] = mem_string(roles);
    names[2] = NULL;
    f->n++; /* what is there is freed with the model */
    if (!names[0] || !names[1])
        return ERR_MEMORY;
    tensor *t = &tensors[f->n - 1];
    *t = (tensor){.name = names[0],
                  .roles = names[1],
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

bool roles_have(const char *roles, const char *role, size_t length)
{
    for (const char *w = roles; w && *w;) {
        size_t n = strcspn(w, "+");
        if (n == length && !strncmp(w, role, n))
            return true;
        w += n + (w[n] == '+');
    }
    return false;
}

bool tensor_has_role(const tensor *t, const char *role)
{
    return roles_have(t->roles, role, strlen(role));
}

void model_mark(model *m, unsigned marks)
{
    frame *f = m->own;
    tensor *t = &f->tensors[f->n - 1];
    if (marks & MODEL_OUTSIDE && !t->outside)
        m->D -= t->n;
    t->tied = t->tied || marks & MODEL_TIED;
    t->bare = t->bare || marks & MODEL_BARE;
    t->outside = t->outside || marks & MODEL_OUTSIDE;
}

bool blocks_next(const char **at, const char **name, size_t *length, size_t *rows)
{
    char *end;
    size_t n = *at ? strcspn(*at, ":+") : 0;
    if (!n || (*at)[n] != ':' || (*at)[n + 1] < '0' || (*at)[n + 1] > '9')
        return false;
    unsigned long long count = strtoull(*at + n + 1, &end, 10);
    if ((*end && *end != '+') || count == 0 || count > INT_MAX)
        return false;
    *name = *at;
    *length = n;
    *rows = (size_t)count;
    *at = end + (*end == '+');
    return true;
}

/* Does a block before the one at `name` have its name? */
static bool blocks_twice(const char *blocks, const char *name, size_t length)
{
    const char *other;
    size_t n, rows;
    while (blocks_next(&blocks, &other, &n, &rows) && other != name)
        if (n == length && !strncmp(other, name, n))
            return true;
    return false;
}

idim_status idim_model_blocks(idim_model *m, const char *blocks)
{
    frame *f = m->own;
    tensor *t = f->n ? &f->tensors[f->n - 1] : NULL;
    const char *at = blocks, *name;
    size_t length, rows, sum = 0;
    if (!t)
        return error_set(ERR_USAGE, "%s: blocks of rows before any tensor; append the tensor first",
                         blocks);
    while (blocks_next(&at, &name, &length, &rows)) {
        if (blocks_twice(blocks, name, length))
            return error_set(ERR_USAGE, "%s: blocks %s: %.*s stands twice; give each a name",
                             t->name, blocks, (int)length, name);
        sum += rows;
    }
    if (*at || (at > blocks && at[-1] == '+'))
        return error_set(ERR_USAGE, "%s: blocks %s: they are written q:768+k:768", t->name, blocks);
    if (sum != t->shape[0])
        return error_set(ERR_USAGE, "%s: blocks %s are %zu rows of %zu; name all of them", t->name,
                         blocks, sum, t->shape[0]);
    char *copy = mem_string(blocks);
    if (!copy)
        return ERR_MEMORY;
    mem_free(f->names[NAMES * f->n - 1]);
    t->blocks = f->names[NAMES * f->n - 1] = copy;
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

void model_loss(const model *m, const view *v, const batch *b, const pass *ps, void *work,
                const real *outputs, real *g_outputs, idim_tally *tally, uint8_t *hits)
{
    if (m->row->loss)
        m->row->loss(m, v, b, ps, work, outputs, g_outputs, tally, hits);
    else
        m->task->loss->eval(b, 0, b->n, m->n_outputs, outputs, g_outputs, tally, hits);
}

void tally_add(idim_tally *to, const idim_tally *more)
{
    to->loss += more->loss;
    to->n += more->n;
    to->hits += more->hits;
    to->n_positive += more->n_positive;
    to->hits_positive += more->hits_positive;
}
