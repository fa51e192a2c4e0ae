/* laws_test.c -- what every model promises, asked of all rows by their examples; and the published
 * parameter counts. */
#include "tests/test.h"

#include "base/pool.h"
#include "models/model.h"
#include "nn/conv.h"
#include "tests/models/words.h"

enum { BATCH = LANES + 2 }; /* a whole block of samples and a part of one */

typedef struct world {
    task *t;
    model *m;
    view v;
    real *theta, *g, *outputs, *g_outputs;
    void *work;
    batch_buffer b;
    pass pass;
} world;

/* Every row's example, and the forms that share a row. */
static const char *const more[] = {"lenet:form=untied", "lenet:form=fctied", "fc:depth=0",
                                   "fc:width=4,depth=1,act=tanh", "fc:width=4,act=sigmoid"};

#define SMALL ",width=6,layers=2,hidden=5"
/* Transformers, each with a task of texts: all families, heads and what changes the passes. */
static const struct {
    const char *model, *task;
} texts[] = {
    {"transformer:family=gpt2,heads=2" SMALL, "labels=next"},
    {"transformer:family=gpt2,tie=no,norm=rms,act=relu,heads=2" SMALL, "labels=next"},
    {"transformer:family=gpt2,heads=2" SMALL, "labels=classes"},
    {"transformer:family=gpt2,recompute=yes,adapter=houlsby,bottleneck=3,prefix=2,heads=2" SMALL,
     "labels=next"},
    {"transformer:family=llama,heads=3,kv-heads=1" SMALL, "labels=next"},
    {"transformer:family=llama,rope=interleaved,tie=yes,recompute=yes,heads=3" SMALL,
     "labels=next"},
    {"transformer:family=llama,adapter=pfeiffer,bottleneck=2,heads=3" SMALL, "labels=classes"},
    {"transformer:family=bert,heads=2" SMALL, "labels=classes"},
    {"transformer:family=bert,adapter=houlsby,bottleneck=3,prefix=1,heads=2" SMALL,
     "labels=hidden"},
    {"transformer:family=bert,recompute=yes,tie=no,heads=2" SMALL, "labels=hidden"},
    {"transformer:family=roberta,heads=2" SMALL, "labels=classes"},
    {"transformer:family=roberta,heads=2" SMALL, "labels=hidden"},
};

static const char *model_spec_at(size_t k)
{
    size_t n = 0;
    while (model_rows[n])
        n++;
    if (k < n)
        return model_rows[k]->example;
    k -= n;
    n = sizeof more / sizeof *more;
    if (k < n)
        return more[k];
    return k - n < sizeof texts / sizeof *texts ? texts[k - n].model : NULL;
}

/* The keys of the words that go with a transformer; NULL: it is none. */
static const char *words_for(const char *model_)
{
    for (size_t k = 0; k < sizeof texts / sizeof *texts; k++)
        if (model_ == texts[k].model)
            return texts[k].task;
    return strncmp(model_, "transformer", 11) ? NULL : "labels=next";
}

/* A task that the model takes. */
static const char *task_for(const char *model_)
{
    return !strncmp(model_, "toy", 3)     ? "toy:groups=3,n=20"
           : !strncmp(model_, "lenet", 5) ? "synth:features=784,informative=10,n=40"
                                          : "synth:features=6,informative=4,classes=3,n=60";
}

static void world_open(world *w, const char *spec, size_t n)
{
    static const uint32_t first[BATCH] = {0};
    uint32_t index[BATCH];
    *w = (world){0};
    for (uint32_t i = 0; i < BATCH; i++)
        index[i] = (5 + 7 * i) % 19;
    stream s = stream_make(1, "theta0");
    if (words_for(spec))
        assert_ok(task_new_row(&w->t, &words_row, words_for(spec)));
    else
        assert_ok(task_new(&w->t, task_for(spec)));
    assert_ok(model_new(&w->m, spec, w->t));
    assert_ok(view_init(&w->v, &w->m->layout));
    assert_ok(batch_init(&w->b, w->t, n));
    size_t d = w->m->layout.n, k = w->m->n_outputs;
    w->theta = mem_array(d, sizeof(real));
    w->g = mem_array(d, sizeof(real));
    w->outputs = mem_array(n * k, sizeof(real));
    w->g_outputs = mem_array(n * k, sizeof(real));
    assert_true(w->theta && w->g && w->outputs && w->g_outputs);
    w->m->row->theta0(w->m, &s, w->theta);
    for (size_t i = 0; i < d; i++) /* biases too are somewhere */
        w->theta[i] += (real)(.05 * sin(1.7 * (double)i));
    view_point(&w->v, w->theta, w->g);
    w->pass = (pass){.mode = IDIM_TRAIN};
    w->work = mem_array(w->m->row->work(w->m, &w->v, n, IDIM_TRAIN), 1);
    assert_non_null(w->work);
    task_fetch(w->t, IDIM_SPLIT_TRAIN, w->t->n_features || w->t->length ? index : first, n, 1,
               &w->b);
}

static void world_close(world *w)
{
    mem_free(w->theta);
    mem_free(w->g);
    mem_free(w->outputs);
    mem_free(w->g_outputs);
    mem_free(w->work);
    batch_clear(&w->b);
    view_clear(&w->v);
    model_free(w->m);
    task_free(w->t);
}

/* g: the outputs' gradient is wanted (a model's own loss then adds to its last layer's). */
static double world_pass(world *w, real *g)
{
    idim_tally sum = {0};
    w->m->row->forward(w->m, &w->v, &w->b.batch, &w->pass, w->work, w->outputs);
    model_loss(w->m, &w->v, &w->b.batch, &w->pass, w->work, w->outputs, g, &sum, NULL);
    return sum.loss / (double)sum.n;
}

static double world_loss(world *w)
{
    return world_pass(w, NULL);
}

static void world_gradient(world *w)
{
    world_pass(w, w->g_outputs);
    w->m->row->backward(w->m, &w->v, &w->b.batch, &w->pass, w->work, w->g_outputs);
}

static void gradients_agree_with_differences(void **state)
{
    for (size_t k = 0; model_spec_at(k); k++) {
        world w;
        world_open(&w, model_spec_at(k), BATCH);
        world_gradient(&w);
        size_t n = w.m->layout.n, step = n > 2000 ? n / 300 : 1; /* of a large model some */
        for (size_t i = 0; i < n; i += step) {
            real keep = w.theta[i], h = (real)1e-6;
            w.theta[i] = keep + h;
            double up = world_loss(&w);
            w.theta[i] = keep - h;
            double down = world_loss(&w);
            w.theta[i] = keep;
            double slope = (up - down) / 2e-6, got = (double)w.g[i];
            if (fabs(slope - got) > 1e-6 * fmax(1, fabs(slope)))
                fail_msg("%s: theta[%zu]: gradient %.12g, differences %.12g", model_spec_at(k), i,
                         got, slope);
        }
        world_close(&w);
    }
}

static void gradients_are_added(void **state)
{
    for (size_t k = 0; model_spec_at(k); k++) {
        world w;
        world_open(&w, model_spec_at(k), BATCH);
        world_gradient(&w);
        real *once = mem_copy(w.g, w.m->layout.n, sizeof *once);
        world_gradient(&w);
        for (size_t i = 0; i < w.m->layout.n; i++)
            assert_near(w.g[i], 2 * once[i], 1e-5);
        mem_free(once);
        world_close(&w);
    }
}

static void a_frozen_tensor_gets_no_gradient_and_changes_no_other(void **state)
{
    for (size_t k = 0; model_spec_at(k); k++) {
        world w;
        world_open(&w, model_spec_at(k), BATCH);
        size_t n = w.m->layout.n;
        world_gradient(&w);
        real *all = mem_copy(w.g, n, sizeof *all);
        for (size_t f = 0; f < w.m->layout.n_tensors; f++) {
            const tensor *t = &w.m->layout.tensors[f];
            memset(w.g, 0, n * sizeof *w.g);
            view_point(&w.v, w.theta, w.g);
            w.v.slots[f].grad = NULL;
            world_gradient(&w);
            for (size_t i = 0; i < n; i++)
                if (i >= t->offset && i < t->offset + t->n)
                    assert_true(w.g[i] == 0);
                else
                    assert_near(w.g[i], all[i], 1e-5);
        }
        mem_free(all);
        world_close(&w);
    }
}

static void outputs_of_a_sample_do_not_depend_on_its_batch(void **state)
{
    for (size_t k = 0; model_spec_at(k); k++) {
        world w;
        world_open(&w, model_spec_at(k), BATCH);
        world_loss(&w);
        size_t outputs = w.m->n_outputs;
        real *together = mem_copy(w.outputs, BATCH * outputs, sizeof *together);
        for (size_t i = 0; i < BATCH; i++) {
            uint32_t one = w.b.index[i];
            uint32_t keep[BATCH];
            memcpy(keep, w.b.index, sizeof keep);
            task_fetch(w.t, IDIM_SPLIT_TRAIN, &one, 1, 1, &w.b);
            world_loss(&w);
            for (size_t j = 0; j < outputs; j++)
                assert_near(w.outputs[j], together[i * outputs + j], 1e-5);
            memcpy(w.b.index, keep, sizeof keep);
        }
        mem_free(together);
        world_close(&w);
    }
}

static void evaluation_gives_what_training_gives(void **state) /* no example drops anything */
{
    for (size_t k = 0; model_spec_at(k); k++) {
        world w;
        world_open(&w, model_spec_at(k), BATCH);
        world_loss(&w);
        size_t n = BATCH * w.m->n_outputs;
        real *training = mem_copy(w.outputs, n, sizeof *training);
        w.pass.mode = IDIM_EVAL;
        world_loss(&w);
        assert_memory_equal(w.outputs, training, n * sizeof *training);
        mem_free(training);
        world_close(&w);
    }
}

static void threads_change_no_bits(void **state)
{
    for (size_t k = 0; model_spec_at(k); k++) {
        real *first = NULL;
        for (size_t threads = 1; threads <= 3; threads++) {
            world w;
            pool *p;
            assert_ok(pool_new(&p, threads));
            world_open(&w, model_spec_at(k), BATCH);
            w.pass.pool = p;
            world_gradient(&w);
            if (!first)
                first = mem_copy(w.g, w.m->layout.n, sizeof *first);
            else
                assert_memory_equal(w.g, first, w.m->layout.n * sizeof *first);
            world_close(&w);
            pool_free(p);
        }
        mem_free(first);
    }
}

static void layouts_are_gapless_and_named_once(void **state)
{
    for (size_t k = 0; model_spec_at(k); k++) {
        world w;
        size_t at = 0, outside = 0;
        world_open(&w, model_spec_at(k), 1);
        for (size_t i = 0; i < w.m->layout.n_tensors; i++) {
            const tensor *t = &w.m->layout.tensors[i];
            assert_int_equal(t->offset, at);
            assert_int_equal(layout_find(&w.m->layout, t->name), i);
            at += t->n;
            outside += t->outside ? t->n : 0;
        }
        assert_int_equal(at, w.m->layout.n);
        assert_int_equal(w.m->D + outside, w.m->layout.n);
        world_close(&w);
    }
}

static void parameter_counts_are_the_published_ones(void **state)
{
    static const struct {
        const char *task, *model;
        size_t D;
    } published[] = {
        {"synth:features=784,classes=10,n=40", "fc", 199210},
        {"synth:features=784,classes=10,n=40", "fc:width=400,depth=5", 959610},
        {"synth:features=3072,classes=10,n=40", "fc", 656810},
        {"synth:features=784,classes=10,n=40", "fc:width=50,depth=1", 39760},
        {"synth:features=784,classes=10,n=40", "lenet", 44426},
        {"synth:features=784,classes=10,n=40", "lenet:form=untied", 286334},
        {"synth:features=784,classes=10,n=40", "lenet:form=fc", 3640574},
        {"synth:features=784,classes=10,n=40", "lenet:form=fctied", 60404}, /* ours */
        {"toy", "toy", 1000},
    };
    for (size_t k = 0; k < sizeof published / sizeof *published; k++) {
        task *t;
        model *m;
        assert_ok(task_new(&t, published[k].task));
        assert_ok(model_new(&m, published[k].model, t));
        assert_int_equal(m->D, published[k].D);
        model_free(m);
        task_free(t);
    }
}

static void counts_of_cifar_are_the_published_ones(void **state)
{
    static const struct {
        const char *model;
        size_t D;
    } published[] = {{"lenet", 62006}, {"lenet:form=untied", 658238}, {"lenet:form=fc", 16397726}};
    task t = {
        .loss = &idim_loss_softmax, .shape = {3, 32, 32}, .n_features = 3072, .n_outputs = 10};
    for (size_t k = 0; k < sizeof published / sizeof *published; k++) {
        model *m;
        assert_ok(model_new(&m, published[k].model, &t));
        assert_int_equal(m->D, published[k].D);
        model_free(m);
    }
}

static void a_model_that_does_not_fit_its_task_is_refused(void **state)
{
    task *t;
    model *m;
    assert_ok(task_new(&t, "toy"));
    assert_refused(model_new(&m, "fc", t), ERR_USAGE, "no inputs");
    assert_null(m);
    assert_refused(model_new(&m, "toy:D=1001", t), ERR_USAGE, "no multiple");
    assert_refused(model_new(&m, "fcc", t), ERR_USAGE, "did you mean fc");
    task_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        double_test(gradients_agree_with_differences),
        cmocka_unit_test(gradients_are_added),
        cmocka_unit_test(a_frozen_tensor_gets_no_gradient_and_changes_no_other),
        cmocka_unit_test(outputs_of_a_sample_do_not_depend_on_its_batch),
        cmocka_unit_test(evaluation_gives_what_training_gives),
        cmocka_unit_test(threads_change_no_bits),
        cmocka_unit_test(layouts_are_gapless_and_named_once),
        cmocka_unit_test(parameter_counts_are_the_published_ones),
        cmocka_unit_test(counts_of_cifar_are_the_published_ones),
        cmocka_unit_test(a_model_that_does_not_fit_its_task_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
