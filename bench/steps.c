/* steps.c -- one training step (batch 128, one thread, Adam): of the full space beside its own matrix
 * products alone, of spaces beside the full space. */
#include <string.h>

#include "base/mem.h"
#include "bench/bench.h"
#include "linalg/linalg.h"
#include "spaces/space.h"
#include "train/optimiser.h"

enum { BATCH = 128 };

typedef struct step {
    task *t;
    model *m;
    space *s;
    space_mem *mem;
    optimiser *o;
    view v;
    batch_buffer b;
    real *theta0, *z, *g_z, *slot[2], *outputs, *g_outputs;
    void *work;
    size_t count;
} step;

static status step_open(step *w, const task *t, const char *model_, const char *space_)
{
    stream draw = stream_make(1, "theta0");
    uint32_t index[BATCH];
    status st;
    *w = (step){0};
    if ((st = model_new(&w->m, model_, t)) || (st = view_init(&w->v, &w->m->layout)) ||
        (st = batch_init(&w->b, t, BATCH)) || (st = optimiser_new(&w->o, "adam")))
        return st;
    w->theta0 = mem_array(w->m->layout.n, sizeof(real));
    if (!w->theta0)
        return ERR_MEMORY;
    w->m->row->theta0(w->m, &draw, w->theta0);
    if ((st = space_new(&w->s, space_, &w->m->layout, w->theta0, draw)) ||
        (st = space_mem_new(&w->mem, w->s)))
        return st;
    size_t d = w->s->d, k = BATCH * w->m->n_outputs;
    w->z = mem_array(d, sizeof(real));
    w->g_z = mem_array(d, sizeof(real));
    w->slot[0] = mem_array(d, sizeof(real));
    w->slot[1] = mem_array(d, sizeof(real));
    w->outputs = mem_array(k, sizeof(real));
    w->g_outputs = mem_array(k, sizeof(real));
    for (uint32_t i = 0; i < BATCH; i++)
        index[i] = i;
    task_fetch(t, IDIM_SPLIT_TRAIN, index, BATCH, &w->b);
    space_start(w->s, w->mem, w->z);
    view_point(&w->v, w->theta0, NULL);
    const space *s = w->s;
    const real *z = w->z;
    view *v = &w->v;
    space_bind(1, &s, &w->mem, &z, &w->g_z, &v);
    w->work = mem_array(w->m->row->work(w->m, v, BATCH, IDIM_TRAIN), 1);
    return w->work ? OK : ERR_MEMORY;
}

static void step_run(void *context)
{
    step *w = context;
    const space *s = w->s;
    const real *z = w->z;
    view *v = &w->v;
    pass p = {.mode = IDIM_TRAIN};
    double loss = 0;
    space_bind(1, &s, &w->mem, &z, &w->g_z, &v);
    w->m->row->forward(w->m, v, &w->b.batch, &p, w->work, w->outputs);
    w->m->task->loss->eval(BATCH, w->m->n_outputs, w->outputs, &w->b.batch, w->g_outputs, &loss,
                           NULL);
    w->m->row->backward(w->m, v, &w->b.batch, &p, w->work, w->g_outputs);
    space_gather(1, &s, &w->mem, &z, &w->g_z, &v);
    w->o->row->step(w->o, ++w->count % 1000 + 1, 1e-9, 0, 1, s->d, w->z, w->g_z, w->slot);
}

/* The products of a fully-connected step: forward, gradients of weights, of inputs but the first. */
typedef struct products {
    real *a, *b, *c;
} products;

static void products_run(void *context)
{
    static const size_t widths[] = {784, 200, 200, 10};
    const products *p = context;
    for (size_t l = 0; l < 3; l++) {
        size_t in = widths[l], out = widths[l + 1];
        mat_gemm(false, true, BATCH, out, in, 1, p->a, in, p->b, in, 0, p->c, out);
        mat_gemm(true, false, out, in, BATCH, 1, p->c, out, p->a, in, 1, p->b, in);
        if (l)
            mat_gemm(false, false, BATCH, in, out, 1, p->c, out, p->b, in, 0, p->a, in);
    }
}

int main(void)
{
    static const char *const spaces[][2] = {
        {"fastfood:d=750", "fastfood stacked d=750"},
        {"fastfood:d=750,form=single", "fastfood single d=750"},
        {"onehot:d=750", "onehot d=750"},
        {"sparse:d=750", "sparse d=750"},
        {"lora:r=8", "lora r=8"},
    };
    task *t;
    step full, lenet;
    products p = {mem_array(BATCH * 784, sizeof(real)), mem_array(200 * 784, sizeof(real)),
                  mem_array(BATCH * 784, sizeof(real))};
    if (idim_start() || task_new(&t, "synth:features=784,classes=10,n=300,val=0") ||
        step_open(&full, t, "fc", "full") || step_open(&lenet, t, "lenet", "full") || !p.a ||
        !p.b || !p.c) {
        fprintf(stderr, "%s\n", error_text());
        return 1;
    }
    bench_pair("step", "fc 784-200-200-10 full", step_run, &full, "its own products", products_run,
               &p);
    bench_pair("step", "lenet full", step_run, &lenet, "fc full step", step_run, &full);
    for (size_t i = 0; i < sizeof spaces / sizeof *spaces; i++) {
        step w;
        if (step_open(&w, t, "fc", spaces[i][0])) {
            fprintf(stderr, "%s\n", error_text());
            return 1;
        }
        bench_pair("step", spaces[i][1], step_run, &w, "fc full step", step_run, &full);
    }
    return 0; /* the process ends here: nothing is freed, so that nothing is timed but steps */
}
