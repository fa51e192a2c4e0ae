/* memory.c -- see memory.h. */
#include <stdio.h>
#include <string.h>

#include "measure/memory.h"
#include "spaces/space.h"

#define COLUMN(...) D90_COLUMN(memory_row, __VA_ARGS__)
const d90_column memory_columns[] = {
    COLUMN("method", D90_WORD, method, "", "what is trained"),
    COLUMN("d", D90_COUNT, d, "numbers", "trained"),
    COLUMN("tensors", D90_COUNT, tensors, "", "of the model that are trained or ridden on"),
    COLUMN("share", D90_NUMBER, share, "share", "d of the model's numbers"),
    COLUMN("batch", D90_COUNT, batch, "texts", "of a step"),
    COLUMN("length", D90_COUNT, length, "tokens", "of a text"),
    COLUMN("weights", D90_NUMBER, weights, "bytes", "frozen and trained"),
    COLUMN("gradients", D90_NUMBER, gradients, "bytes", "of the trained numbers"),
    COLUMN("optimiser", D90_NUMBER, optimiser, "bytes", "its state"),
    COLUMN("activations", D90_NUMBER, activations, "bytes", "of a batch, with scratch and outputs"),
    COLUMN("total", D90_NUMBER, total, "bytes", "of training"),
    COLUMN("step0", D90_NUMBER, step0, "bytes",
           "of what is trained, as idim keeps it beside to tell the update"),
    COLUMN("stored", D90_NUMBER, stored, "bytes", "of one trained task, beside the model"),
    COLUMN("tasks", D90_NUMBER, tasks, "bytes", "of all tasks, the model once where it is shared"),
    COLUMN("serving", D90_NUMBER, serving, "bytes", "16-bit weights, all merged"),
    COLUMN("cache", D90_NUMBER, cache, "bytes", "16-bit keys and values of a batch"),
    {0},
};
#undef COLUMN
#define COLUMN(...) D90_COLUMN(memory_role, __VA_ARGS__)
const d90_column memory_role_columns[] = {
    COLUMN("roles", D90_TEXT, roles, "", "words that targets= selects them by"),
    COLUMN("tensors", D90_COUNT, tensors, "", "of these roles"),
    COLUMN("numbers", D90_COUNT, numbers, "numbers", "in them"),
    COLUMN("share", D90_NUMBER, share, "share", "of the model"),
    {0},
};

/* ------------------------------------------------------------------ the model */

void memory_model_clear(memory_model *m)
{
    model_free(m->model);
    *m = (memory_model){0};
}

status memory_model_init(memory_model *m, const memory_ask *ask, const char *extra)
{
    *m = (memory_model){.task = {.loss = ask->language ? &idim_loss_tokens : &idim_loss_softmax,
                                 .n_outputs = ask->language ? ask->vocabulary : ask->classes,
                                 .length = ask->length,
                                 .vocabulary = ask->vocabulary,
                                 .n_labels = ask->language ? ask->length : 1}};
    char *spec = mem_printf("%s%s%s", ask->model, ask->recompute ? ",recompute=yes" : "", extra);
    status st = spec ? model_new(&m->model, spec, &m->task) : ERR_MEMORY;
    mem_free(spec);
    if (st)
        return st;
    m->D = m->model->D;
    for (size_t i = 0; i < m->model->layout.n_tensors; i++) {
        const tensor *t = &m->model->layout.tensors[i];
        if (t->layer >= 0 && (size_t)t->layer + 1 > m->blocks)
            m->blocks = (size_t)t->layer + 1;
        if (t->layer == 0 && !t->outside)
            m->block += t->n;
    }
    return OK;
}

status memory_roles(const memory_model *m, memory_role **rows, size_t *n)
{
    const layout *l = &m->model->layout;
    *n = 0;
    if (!(*rows = mem_array(l->n_tensors, sizeof **rows)))
        return ERR_MEMORY;
    for (size_t i = 0; i < l->n_tensors; i++) {
        const tensor *t = &l->tensors[i];
        size_t k = 0;
        while (k < *n && strcmp((*rows)[k].roles, t->roles))
            k++;
        memory_role *r = &(*rows)[k];
        if (k == *n) {
            snprintf(r->roles, sizeof r->roles, "%s", t->roles);
            ++*n;
        }
        r->tensors++;
        r->numbers += t->n;
        r->share = (double)r->numbers / (double)m->D;
    }
    return OK;
}

/* Numbers that a token leaves in the cache: keys and values of all layers. */
static size_t memory_cached(const layout *l)
{
    size_t n = 0;
    for (size_t i = 0; i < l->n_tensors; i++) {
        const tensor *t = &l->tensors[i];
        const char *at = t->blocks, *name;
        size_t length, rows;
        if (t->shape[1] && tensor_has_role(t, "k"))
            n += 2 * t->shape[0];
        while (at && blocks_next(&at, &name, &length, &rows))
            if (length == 1 && *name == 'k')
                n += 2 * rows;
    }
    return n;
}

/* ------------------------------------------------------------------ methods */

status memory_method(const char *method, char **extra, char **space_)
{
    char kind[64];
    const char *args;
    status st = key_kind(method, kind, sizeof kind, &args);
    if (st)
        return st;
    if (!strcmp(kind, "houlsby") || !strcmp(kind, "pfeiffer")) {
        *extra = mem_printf(",adapter=%s%s%s", kind, *args ? "," : "", args);
        *space_ = mem_string("full:targets=adapter");
    } else if (!strcmp(kind, "prefix")) {
        *extra = mem_printf(",%s", *args ? args : "prefix=16");
        *space_ = mem_string("full:targets=prefix");
    } else {
        *extra = mem_string("");
        *space_ = mem_string(method);
    }
    return *extra && *space_ ? OK : ERR_MEMORY;
}

static void memory_fill(const memory_ask *ask, const memory_model *m, const space_counted *c,
                        memory_row *row)
{
    const model *net = m->model;
    double d = (double)c->d, n = (double)net->layout.n, whole = 4 * (double)m->D;
    size_t work = net->row->work(net, &c->view, ask->batch, IDIM_TRAIN);
    double outputs = 2.0 * sizeof(real) * (double)ask->batch * (double)net->n_outputs;
    row->d = c->d;
    row->tensors = c->tensors;
    row->share = d / (double)m->D;
    row->batch = ask->batch;
    row->length = ask->length;
    double formed = c->lifted ? 4 * (double)c->selected : 0;
    row->weights = (n - (double)c->in_place) * (double)ask->frozen + 4 * d + formed;
    row->gradients = 4 * d + formed;
    row->optimiser = 4 * (double)ask->states * d;
    row->activations = (double)work + outputs;
    row->step0 = 4 * (double)c->selected;
    row->total = row->weights + row->gradients + row->optimiser + row->activations;
    row->stored = 4 * d;
    row->tasks = (double)ask->tasks * row->stored + (c->in_place == m->D ? 0 : whole);
    row->serving = 2 * n;
    row->cache =
        2.0 * (double)memory_cached(&net->layout) * (double)ask->length * (double)ask->batch;
}

status memory_of(const memory_ask *ask, const char *method, memory_row *row)
{
    memory_model m = {0};
    space_counted c = {0};
    char *extra = NULL, *space_ = NULL;
    *row = (memory_row){.method = method};
    status st = memory_method(method, &extra, &space_);
    if (!st && !(st = memory_model_init(&m, ask, extra)) &&
        !(st = space_count(space_, &m.model->layout, &c)))
        memory_fill(ask, &m, &c, row);
    space_counted_clear(&c);
    memory_model_clear(&m);
    mem_free(extra);
    mem_free(space_);
    return st;
}
