/* step.h -- one training step of batch 128 (8 texts) on one thread, as the trainer's loop does it, whole and in its
 * parts. The rate is next to 0: the same step again and again, nothing saturates. */
#ifndef BENCH_STEP_H
#define BENCH_STEP_H

#include "base/mem.h"
#include "bench/bench.h"
#include "spaces/space.h"
#include "train/optimiser.h"

enum { STEP_BATCH = 128, STEP_TEXTS = 8 };

typedef struct step {
    const task *t;
    model *m;
    space *s;
    space_mem *mem;
    optimiser *o;
    view v;
    batch_buffer b;
    uint32_t *order; /* of the training split, as an epoch shuffles it */
    real *theta0, *z, *g_z, *slot[2], *outputs, *g_outputs;
    void *work;
    uint8_t *hits;
    size_t batch, count, first;
} step;

/* The parts, in the loop's order. */
static inline void step_fetch(void *context)
{
    step *w = context;
    size_t n = w->t->splits[IDIM_SPLIT_TRAIN].n;
    w->first = w->first + 2 * w->batch <= n ? w->first + w->batch : 0;
    task_fetch(w->t, IDIM_SPLIT_TRAIN, w->order + w->first, w->batch, 1, &w->b);
}

static inline void step_bind(void *context)
{
    step *w = context;
    space_bind(1, &(const space *){w->s}, &w->mem, &(const real *){w->z}, &w->g_z,
               &(view *){&w->v});
}

static inline void step_forward(void *context)
{
    step *w = context;
    w->m->row->forward(w->m, &w->v, &w->b.batch, &(pass){.mode = IDIM_TRAIN}, w->work, w->outputs);
}

static inline void step_loss(void *context)
{
    step *w = context;
    idim_tally tally = {0};
    model_loss(w->m, &w->v, &w->b.batch, &(pass){.mode = IDIM_TRAIN}, w->work, w->outputs,
               w->g_outputs, &tally, w->hits);
}

static inline void step_backward(void *context)
{
    step *w = context;
    w->m->row->backward(w->m, &w->v, &w->b.batch, &(pass){.mode = IDIM_TRAIN}, w->work,
                        w->g_outputs);
}

static inline void step_gather(void *context)
{
    step *w = context;
    space_gather(1, &(const space *){w->s}, &w->mem, &(const real *){w->z}, &w->g_z,
                 &(view *){&w->v});
}

static inline void step_move(void *context)
{
    step *w = context;
    w->o->row->step(w->o, ++w->count % 1000 + 1, 1e-9, 0, 1, w->s->d, w->z, w->g_z, w->slot);
}

/* All of it but the fetch: the batch lies ready. */
static inline void step_run(void *context)
{
    step_bind(context);
    step_forward(context);
    step_loss(context);
    step_backward(context);
    step_gather(context);
    step_move(context);
}

static inline status step_open(step *w, const task *t, const char *model_, const char *space_)
{
    stream draw = stream_make(1, "theta0");
    size_t n = t->splits[IDIM_SPLIT_TRAIN].n;
    status st;
    *w = (step){.t = t, .batch = t->length ? STEP_TEXTS : STEP_BATCH};
    if ((st = model_new(&w->m, model_, t)) || (st = view_init(&w->v, &w->m->layout)) ||
        (st = batch_init(&w->b, t, w->batch)) || (st = optimiser_new(&w->o, "adam")))
        return st;
    w->order = mem_array(n, sizeof *w->order);
    w->theta0 = mem_array(w->m->layout.n, sizeof(real));
    if (!w->order || !w->theta0)
        return ERR_MEMORY;
    rng_permutation(&draw, n, w->order);
    w->m->row->theta0(w->m, &draw, w->theta0);
    if ((st = space_new(&w->s, space_, &w->m->layout, w->theta0, draw)) ||
        (st = space_mem_new(&w->mem, w->s)))
        return st;
    size_t d = w->s->d, k = w->batch * w->m->n_outputs;
    w->z = mem_array(d, sizeof(real));
    w->g_z = mem_array(d, sizeof(real));
    w->slot[0] = mem_array(d, sizeof(real));
    w->slot[1] = mem_array(d, sizeof(real));
    w->outputs = mem_array(k, sizeof(real));
    w->g_outputs = mem_array(k, sizeof(real));
    w->hits = mem_array(w->batch * task_labels(t), 1);
    if (!w->hits || !w->z || !w->g_z || !w->slot[0] || !w->slot[1] || !w->outputs || !w->g_outputs)
        return ERR_MEMORY;
    space_start(w->s, w->mem, w->z);
    view_point(&w->v, w->theta0, NULL);
    step_fetch(w);
    step_bind(w); /* work depends on the riders that the space brings */
    w->work = mem_array(w->m->row->work(w->m, &w->v, w->batch, IDIM_TRAIN), 1);
    return w->work ? OK : ERR_MEMORY;
}

static inline void step_close(step *w)
{
    real *const own[] = {w->theta0, w->z, w->g_z, w->slot[0], w->slot[1], w->outputs, w->g_outputs};
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        mem_free(own[i]);
    mem_free(w->hits);
    mem_free(w->order);
    mem_free(w->work);
    space_mem_free(w->mem);
    space_free(w->s);
    optimiser_free(w->o);
    batch_clear(&w->b);
    view_clear(&w->v);
    model_free(w->m);
}

#endif
