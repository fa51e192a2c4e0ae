/* ridden_test.c -- spaces that ride, on the layers of a real network: what its forward gives with riders is
 * what it gives with the merged weights, and g_z what pull makes of the whole gradient. */
#include "tests/test.h"

#include "spaces/space.h"

enum { BATCH = 11, Z_MOST = 4096 };

/* Beside the examples of all rows that ride. */
static const char *const others[] = {
    "lora:r=2++full:targets=head",
    "lora:r=2,freeze=A,init=orthonormal",
    "dora:r=2,norm=exact",
    "fastfood:d=50@lora:r=2",
    "pissa:r=2,start=qr",
    "pissa:r=2,start=minor",
    "lora-xs:r=2,split=sqrt",
    "fastfood:d=50@pissa:r=2",
    "dense:d=5@lora-xs:r=2,start=zero",
    "onehot:d=50@lora:r=2",
    "fastfood:d=50@dora:r=2,norm=exact",
};
enum { OTHERS = sizeof others / sizeof *others };

/* The k-th spec; NULL behind the last. */
static const char *spec_at(size_t k)
{
    for (size_t i = 0; space_rows[i]; i++)
        if (space_rows[i]->rides && k-- == 0)
            return space_rows[i]->example;
    return k < OTHERS ? others[k] : NULL;
}

typedef struct world {
    task *t;
    model *m;
    space *s;
    space_mem *mem;
    view v;
    batch_buffer b;
    real *theta0, *theta, *g, *outputs, *g_outputs, *z, *g_z, *pulled;
} world;

static void world_open(world *w, const char *spec)
{
    *w = (world){0};
    stream draw = stream_make(1, "theta0");
    assert_ok(task_new(&w->t, "synth:features=9,informative=4,classes=3,n=60"));
    assert_ok(model_new(&w->m, "fc:width=8,depth=2,act=tanh", w->t));
    size_t n = w->m->layout.n;
    uint32_t index[BATCH];
    w->theta0 = mem_array(n, sizeof(real));
    w->theta = mem_array(n, sizeof(real));
    w->g = mem_array(n, sizeof(real));
    w->outputs = mem_array(BATCH * 3, sizeof(real));
    w->g_outputs = mem_array(BATCH * 3, sizeof(real));
    w->z = mem_array(Z_MOST, sizeof(real));
    w->g_z = mem_array(Z_MOST, sizeof(real));
    w->pulled = mem_array(Z_MOST, sizeof(real));
    w->m->row->theta0(w->m, &draw, w->theta0);
    assert_ok(space_new(&w->s, spec, &w->m->layout, w->theta0, stream_make(1, "P")));
    assert_true(w->s->d <= Z_MOST);
    assert_ok(space_mem_new(&w->mem, w->s));
    assert_ok(view_init(&w->v, &w->m->layout));
    assert_ok(batch_init(&w->b, w->t, BATCH));
    for (uint32_t i = 0; i < BATCH; i++)
        index[i] = 3 * i;
    task_fetch(w->t, IDIM_SPLIT_TRAIN, index, BATCH, 1, &w->b);
}

static void world_close(world *w)
{
    real *const all[] = {w->theta0,    w->theta, w->g,   w->outputs,
                         w->g_outputs, w->z,     w->g_z, w->pulled};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        mem_free(all[i]);
    batch_clear(&w->b);
    view_clear(&w->v);
    space_mem_free(w->mem);
    space_free(w->s);
    model_free(w->m);
    task_free(w->t);
}

static double world_run(world *w)
{
    pass p = {.mode = IDIM_TRAIN};
    idim_tally sum = {0};
    void *work = mem_array(w->m->row->work(w->m, &w->v, BATCH, IDIM_TRAIN), 1);
    assert_non_null(work);
    w->m->row->forward(w->m, &w->v, &w->b.batch, &p, work, w->outputs);
    model_loss(w->m, &w->v, &w->b.batch, &p, work, w->outputs, w->g_outputs, &sum, NULL);
    w->m->row->backward(w->m, &w->v, &w->b.batch, &p, work, w->g_outputs);
    mem_free(work);
    return sum.loss;
}

static void a_ridden_network_is_the_merged_one(void **state)
{
    const double tolerance = sizeof(real) == sizeof(double) ? 1e-12 : 2e-5;
    for (size_t k = 0; spec_at(k); k++) {
        world w;
        real step[Z_MOST], ridden[BATCH * 3];
        view *v = &w.v;
        world_open(&w, spec_at(k));
        const real *z = w.z;
        real *g_z = w.g_z;
        space_start(w.s, w.mem, w.z);
        test_fill(step, w.s->d, 4);
        for (size_t j = 0; j < w.s->d; j++)
            w.z[j] += (real)0.3 * step[j];
        view_point(&w.v, w.theta0, NULL);
        space_bind(1, (const space *const *)&w.s, &w.mem, &z, &g_z, &v);
        assert_true(space_rides(w.s));
        for (size_t i = 0; i < w.m->layout.n_tensors; i++)
            if (w.v.slots[i].n_riders) /* B A is never formed, nor a gradient of W */
                assert_true(w.v.slots[i].value == w.theta0 + w.m->layout.tensors[i].offset &&
                            !w.v.slots[i].grad);
        double loss = world_run(&w);
        space_gather(1, (const space *const *)&w.s, &w.mem, &z, &g_z, &v);
        memcpy(ridden, w.outputs, sizeof ridden);

        space_merge(w.s, w.mem, w.z, w.theta);
        view_point(&w.v, w.theta, w.g);
        for (size_t i = 0; i < w.m->layout.n_tensors; i++) {
            w.v.slots[i].riders = NULL;
            w.v.slots[i].n_riders = 0;
        }
        assert_near(world_run(&w), loss, tolerance);
        for (size_t i = 0; i < BATCH * 3; i++)
            assert_near(ridden[i], w.outputs[i], tolerance);
        size_t at = 0; /* pack the gradient to the front */
        for (size_t i = 0; i < w.s->layout->n_tensors; i++) {
            const tensor *t = &w.m->layout.tensors[w.s->selected[i]];
            memmove(w.g + at, w.g + t->offset, t->n * sizeof *w.g);
            at += t->n;
        }
        space_pull(w.s, w.mem, w.z, w.g, w.pulled);
        space_penalty(w.s, w.mem, w.z, w.pulled);
        for (size_t j = 0; j < w.s->d; j++)
            if (fabs((double)w.g_z[j] - (double)w.pulled[j]) > 10 * tolerance)
                fail_msg("%s: gathered g_z[%zu] = %.9g, pulled %.9g", spec_at(k), j,
                         (double)w.g_z[j], (double)w.pulled[j]);
        world_close(&w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_ridden_network_is_the_merged_one)};
    return cmocka_run_group_tests_name("spaces/ridden", tests, NULL, NULL);
}
