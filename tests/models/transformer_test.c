/* transformer_test.c -- what the transformer alone promises. Golden: losses of all families and heads by
 * tests/models/golden.py, which is numpy written from the papers and knows none of our code. */
#include "tests/test.h"

#include "models/model.h"
#include "spaces/space.h"
#include "tests/models/words.h"

enum { LENGTH = 6, SAMPLES = 2 };
static const int32_t tokens[] = {5, 0, 12, 3, 3, 7, 1, 11, 2, -1, -1, -1};
static const uint8_t segments[] = {0, 0, 0, 1, 1, 1, 0, 1, 1, 0, 0, 0};
static const int32_t next[] = {0, 12, 3, 3, 7, 9, 11, 2, 6, -1, -1, -1};
static const int32_t hidden[] = {-1, 4, -1, -1, 8, -1, 1, -1, -1, -1, -1, -1};
static const int32_t classes[] = {2, 0};

typedef struct world {
    task *t;
    model *m;
    view v;
    real *theta, *g, *outputs, *g_outputs;
    void *work;
    batch b;
    pass pass;
} world;

/* Entry i of a tensor: a sine of i and of the name's bytes, as in golden.py. */
static void fill(const tensor *t, real *at)
{
    unsigned bytes = 0;
    for (const char *c = t->name; *c; c++)
        bytes += (unsigned char)*c;
    bool norm = strstr(t->name, "ln_") || strstr(t->name, "norm") || strstr(t->name, "Norm");
    bool gain = norm && strstr(t->name, "weight");
    for (size_t i = 0; i < t->n; i++) {
        double k = (double)i + 1, s = sin(.37 * k + .11 * bytes + .002 * k * k);
        at[i] = (real)(gain ? 1 + .2 * s : .4 * s);
    }
}

static void world_open(world *w, const char *spec, const char *words_)
{
    *w = (world){.pass = {.mode = IDIM_TRAIN, .dropout = {{1, 2}, {3, 4}}, .step = 5}};
    assert_ok(task_new_row(&w->t, &words_row, words_));
    assert_ok(model_new(&w->m, spec, w->t));
    assert_ok(view_init(&w->v, &w->m->layout));
    size_t d = w->m->layout.n, k = SAMPLES * w->m->n_outputs;
    w->theta = mem_array(d, sizeof(real));
    w->g = mem_array(d, sizeof(real));
    w->outputs = mem_array(k, sizeof(real));
    w->g_outputs = mem_array(k, sizeof(real));
    assert_true(w->theta && w->g && w->outputs && w->g_outputs);
    for (size_t i = 0; i < w->m->layout.n_tensors; i++)
        fill(&w->m->layout.tensors[i], w->theta + w->m->layout.tensors[i].offset);
    view_point(&w->v, w->theta, w->g);
    bool masked = w->t->mask_share > 0, every = w->t->n_labels > 1;
    w->b = (batch){.n = SAMPLES,
                   .tokens = tokens,
                   .segments = segments,
                   .length = LENGTH,
                   .labels = masked  ? hidden
                             : every ? next
                                     : classes,
                   .n_labels = every ? LENGTH : 1,
                   .counted = masked  ? 3
                              : every ? 9
                                      : 2};
    w->work = mem_array(w->m->row->work(w->m, &w->v, SAMPLES, IDIM_TRAIN), 1);
    assert_non_null(w->work);
}

static void world_close(world *w)
{
    mem_free(w->theta);
    mem_free(w->g);
    mem_free(w->outputs);
    mem_free(w->g_outputs);
    mem_free(w->work);
    view_clear(&w->v);
    model_free(w->m);
    task_free(w->t);
}

static double world_pass(world *w, real *g, uint8_t *hits)
{
    idim_tally sum = {0};
    w->m->row->forward(w->m, &w->v, &w->b, &w->pass, w->work, w->outputs);
    model_loss(w->m, &w->v, &w->b, &w->pass, w->work, w->outputs, g, &sum, hits);
    assert_int_equal(sum.n, w->b.counted);
    return sum.loss / (double)sum.n;
}

static void world_gradient(world *w)
{
    world_pass(w, w->g_outputs, NULL);
    w->m->row->backward(w->m, &w->v, &w->b, &w->pass, w->work, w->g_outputs);
}

#define NEXT "length=6,vocabulary=13,labels=next"
#define CLASSES "length=6,vocabulary=13,classes=3,labels=classes"
#define HIDDEN "length=6,vocabulary=13,labels=hidden"
#define LAYER ",width=16,heads=4,hidden=12"
#define SHAPE ",layers=2" LAYER

static void losses_are_numpys(void **state)
{
    static const struct {
        const char *model, *task;
        double loss;
    } golden[] = {
        {"transformer:family=gpt2" SHAPE, NEXT, 4.026117547296},
        {"transformer:family=gpt2" SHAPE, CLASSES, 1.391155280614},
        {"transformer:family=llama,kv-heads=2" SHAPE, NEXT, 3.311574286470},
        {"transformer:family=llama,kv-heads=2,rope=interleaved" SHAPE, NEXT, 2.920930600711},
        {"transformer:family=llama,kv-heads=2" SHAPE, CLASSES, 1.628774706920},
        {"transformer:family=bert" SHAPE, HIDDEN, 3.968994147930},
        {"transformer:family=bert" SHAPE, CLASSES, 1.146947011159},
        {"transformer:family=roberta" SHAPE, HIDDEN, 5.080808589178},
        {"transformer:family=roberta" SHAPE, CLASSES, 1.036716154646},
    };
    for (size_t k = 0; k < sizeof golden / sizeof *golden; k++) {
        world w;
        world_open(&w, golden[k].model, golden[k].task);
        assert_near(world_pass(&w, NULL, NULL), golden[k].loss, sizeof(real) == 8 ? 1e-11 : 2e-6);
        world_close(&w);
    }
}

/* Riders on every matrix that heeds them, all optional parts there. */
typedef struct riders {
    idim_rider *all;
    real *numbers, *g;
    size_t n;
} riders;

static void riders_open(riders *r, world *w, double drop)
{
    const layout *l = &w->m->layout;
    *r = (riders){.all = mem_array(l->n_tensors, sizeof *r->all)};
    for (size_t i = 0; i < l->n_tensors; i++)
        r->n += l->tensors[i].bare ? 0 : 2 * (l->tensors[i].shape[0] + l->tensors[i].shape[1]);
    r->numbers = mem_array(r->n, sizeof *r->numbers);
    r->g = mem_array(r->n, sizeof *r->g);
    assert_true(r->all && r->numbers && r->g);
    test_fill(r->numbers, r->n, 3);
    for (size_t i = 0, at = 0; i < l->n_tensors; i++) {
        const tensor *t = &l->tensors[i];
        size_t A = at, B = at + 2 * t->shape[1];
        if (t->bare)
            continue;
        r->all[i] = (idim_rider){.rows = t->shape[0],
                                 .r = 2,
                                 .s = .3,
                                 .drop = drop,
                                 .A = r->numbers + A,
                                 .B = r->numbers + B,
                                 .g_A = r->g + A,
                                 .g_B = r->g + B,
                                 .lda = t->shape[1],
                                 .ldb = 2};
        w->v.slots[i].riders = &r->all[i];
        w->v.slots[i].n_riders = 1;
        at = B + 2 * t->shape[0];
    }
    mem_free(w->work);
    w->work = mem_array(w->m->row->work(w->m, &w->v, SAMPLES, IDIM_TRAIN), 1);
    assert_non_null(w->work);
}

static void riders_close(riders *r)
{
    mem_free(r->all);
    mem_free(r->numbers);
    mem_free(r->g);
}

static void check(world *w, real *x, const real *g, size_t n, const char *what)
{
    for (size_t i = 0; i < n; i += n / 250 + 1) {
        real keep = x[i], h = (real)1e-6;
        x[i] = keep + h;
        double up = world_pass(w, NULL, NULL);
        x[i] = keep - h;
        double down = world_pass(w, NULL, NULL);
        x[i] = keep;
        double slope = (up - down) / 2e-6, got = (double)g[i];
        if (fabs(slope - got) > 2e-6 * fmax(1, fabs(slope)))
            fail_msg("%s[%zu]: gradient %.12g, differences %.12g", what, i, got, slope);
    }
}

#define DROPS ",drop=.3,drop-attention=.2"
static const struct {
    const char *model, *task;
} forms[] = {
    {"transformer:family=gpt2,adapter=houlsby,bottleneck=3,prefix=2" DROPS SHAPE, NEXT},
    {"transformer:family=llama,kv-heads=2" DROPS SHAPE, NEXT},
    {"transformer:family=bert,recompute=yes,tie=no" DROPS SHAPE, HIDDEN},
    {"transformer:family=roberta" DROPS SHAPE, CLASSES},
    {"transformer:family=bert,adapter=pfeiffer" DROPS SHAPE, CLASSES},
    /* heads of the widths of linalg/thin.h */
    {"transformer:family=llama,layers=1,width=16,heads=2,kv-heads=1,hidden=12" DROPS, NEXT},
    {"transformer:family=gpt2,layers=1,width=16,heads=1,hidden=12,prefix=2" DROPS, NEXT},
};
enum { FORMS = sizeof forms / sizeof *forms };

static void gradients_agree_under_dropout_with_riders_everywhere(void **state)
{
    for (size_t k = 0; k < FORMS; k++) {
        world w;
        riders r;
        world_open(&w, forms[k].model, forms[k].task);
        riders_open(&r, &w, .2);
        world_gradient(&w);
        check(&w, w.theta, w.g, w.m->layout.n, forms[k].model);
        check(&w, r.numbers, r.g, r.n, forms[k].model);
        riders_close(&r);
        world_close(&w);
    }
}

/* LoRA on all, nothing else: the frozen tables and norms get no gradient, and cost the riders none. */
static void riders_alone_get_what_they_get_with_all(void **state)
{
    for (size_t k = 0; k < FORMS; k++) {
        world w;
        riders r;
        world_open(&w, forms[k].model, forms[k].task);
        riders_open(&r, &w, 0);
        world_gradient(&w);
        real *all = mem_copy(r.g, r.n, sizeof *all);
        memset(r.g, 0, r.n * sizeof *r.g);
        for (size_t i = 0; i < w.m->layout.n_tensors; i++)
            w.v.slots[i].grad = NULL;
        world_gradient(&w);
        for (size_t i = 0; i < r.n; i++)
            assert_near(r.g[i], all[i], 1e-5);
        mem_free(all);
        riders_close(&r);
        world_close(&w);
    }
}

static void recomputation_changes_no_bits_and_takes_less(void **state)
{
    static const char *const pairs[][2] = {
        {"transformer:family=gpt2,adapter=houlsby,bottleneck=3,prefix=2" DROPS SHAPE,
         "transformer:recompute=yes,family=gpt2,adapter=houlsby,bottleneck=3,prefix=2" DROPS SHAPE},
        {"transformer:family=llama" DROPS SHAPE,
         "transformer:recompute=yes,family=llama" DROPS SHAPE},
    };
    for (size_t k = 0; k < 2; k++) {
        world w, again;
        world_open(&w, pairs[k][0], NEXT);
        world_open(&again, pairs[k][1], NEXT);
        world_gradient(&w);
        world_gradient(&again);
        assert_memory_equal(w.g, again.g, w.m->layout.n * sizeof *w.g);
        assert_true(again.m->row->work(again.m, &again.v, 50, IDIM_TRAIN) <
                    w.m->row->work(w.m, &w.v, 50, IDIM_TRAIN));
        world_close(&w);
        world_close(&again);
    }
}

/* What is frozen keeps no inputs, and below the lowest trained tensor nothing is kept at all. */
static void a_tensor_alone_gets_what_it_gets_with_all_and_takes_less(void **state)
{
    static const char *const specs[][2] = {
        {"transformer:family=gpt2,adapter=houlsby,bottleneck=3,prefix=2,layers=3" DROPS LAYER,
         NEXT},
        {"transformer:family=gpt2,recompute=yes,layers=3" DROPS LAYER, NEXT},
        {"transformer:family=llama,layers=3" DROPS LAYER, CLASSES},
        {"transformer:family=bert,layers=3" DROPS LAYER, CLASSES},
        {"transformer:family=roberta,adapter=pfeiffer,bottleneck=3,layers=3" DROPS LAYER, HIDDEN},
    };
    /* of the rest that they keep, q, k and v alone */
    const size_t two_layers = 2 * 50 * LENGTH * (3 * 16) * sizeof(real);
    for (size_t k = 0; k < sizeof specs / sizeof *specs; k++) {
        world w;
        world_open(&w, specs[k][0], specs[k][1]);
        const layout *l = &w.m->layout;
        size_t first = SIZE_MAX, most = w.m->row->work(w.m, &w.v, 50, IDIM_TRAIN);
        world_gradient(&w);
        real *all = mem_copy(w.g, l->n, sizeof *all);
        assert_non_null(all);
        for (size_t i = 0; i < l->n_tensors; i++) {
            const tensor *t = &l->tensors[i];
            view_point(&w.v, w.theta, NULL);
            w.v.slots[i].grad = w.g + t->offset;
            mem_free(w.work);
            w.work = mem_array(w.m->row->work(w.m, &w.v, SAMPLES, IDIM_TRAIN), 1);
            assert_non_null(w.work);
            memset(w.g, 0, l->n * sizeof *w.g);
            world_gradient(&w);
            assert_memory_equal(w.g + t->offset, all + t->offset, t->n * sizeof *w.g);
            size_t work = w.m->row->work(w.m, &w.v, 50, IDIM_TRAIN);
            assert_true(work < most);
            if (t->layer == 0 && first == SIZE_MAX)
                first = work;
            if (t->layer == 2 && !strstr(specs[k][0], "recompute"))
                assert_true(work + two_layers < first);
        }
        mem_free(all);
        world_close(&w);
    }
}

static void dropout_is_drawn_anew_each_step_and_off_in_evaluation(void **state)
{
    world w, plain;
    world_open(&w, "transformer:family=llama" DROPS SHAPE, NEXT);
    world_open(&plain, "transformer:family=llama" SHAPE, NEXT);
    double first = world_pass(&w, NULL, NULL);
    assert_true(world_pass(&w, NULL, NULL) == first);
    w.pass.step++;
    assert_true(world_pass(&w, NULL, NULL) != first);
    w.pass.mode = IDIM_EVAL;
    assert_true(world_pass(&w, NULL, NULL) == world_pass(&plain, NULL, NULL));
    world_close(&w);
    world_close(&plain);
}

static void hits_stand_where_their_labels_do(void **state)
{
    uint8_t hits[SAMPLES * LENGTH];
    world w;
    world_open(&w, "transformer:family=roberta" SHAPE, HIDDEN);
    const tensor *bias = &w.m->layout.tensors[layout_find(&w.m->layout, "lm_head.bias")];
    w.theta[bias->offset + 4] = 100; /* token 4 wins everywhere */
    memset(hits, 9, sizeof hits);
    world_pass(&w, NULL, hits);
    for (size_t i = 0; i < SAMPLES * LENGTH; i++)
        assert_int_equal(hits[i], hidden[i] == 4);
    world_close(&w);
}

/* One token throughout and no positions: all states are equal, and the masks of the head's rider alone
 * tell the positions apart. */
static void riders_of_the_head_drop_otherwise_at_each_position(void **state)
{
    static const int32_t same[LENGTH] = {3, 3, 3, 3, 3, 3}, one[LENGTH] = {5, -1, -1, -1, -1, -1},
                         all[LENGTH] = {5, 5, 5, 5, 5, 5};
    for (int drops = 0; drops < 2; drops++) {
        world w;
        riders r;
        world_open(&w, "transformer:family=gpt2,tie=no" SHAPE, NEXT);
        const tensor *t = &w.m->layout.tensors[layout_find(&w.m->layout, "wpe.weight")];
        memset(w.theta + t->offset, 0, t->n * sizeof *w.theta);
        riders_open(&r, &w, 0);
        r.all[w.m->layout.n_tensors - 1].drop = drops ? .5 : 0;
        w.b.n = 1;
        w.b.tokens = same;
        w.b.labels = one;
        w.b.counted = 1;
        double first = world_pass(&w, NULL, NULL);
        w.b.labels = all;
        w.b.counted = LENGTH;
        double mean = world_pass(&w, NULL, NULL);
        assert_true(drops ? fabs(mean - first) > 1e-3 : fabs(mean - first) < 1e-5);
        riders_close(&r);
        world_close(&w);
    }
}

/* A fresh adapter is the identity, and D counts the model's own numbers alone. */
static void an_adapter_changes_nothing_at_step_0(void **state)
{
    static const char *const families[] = {"gpt2", "llama", "bert"};
    for (size_t k = 0; k < 3; k++) {
        world w, own;
        char spec[160];
        stream s = stream_make(1, "theta0");
        snprintf(spec, sizeof spec, "transformer:family=%s" SHAPE, families[k]);
        world_open(&own, spec, CLASSES);
        snprintf(spec, sizeof spec, "transformer:family=%s,adapter=houlsby,bottleneck=3" SHAPE,
                 families[k]);
        world_open(&w, spec, CLASSES);
        w.m->row->theta0(w.m, &s, w.theta);
        own.m->row->theta0(own.m, &s, own.theta);
        assert_true(world_pass(&w, NULL, NULL) == world_pass(&own, NULL, NULL));
        assert_int_equal(w.m->D, own.m->D);
        assert_int_equal(w.m->layout.n, own.m->D + 2 * 2 * (2 * 16 * 3 + 16 + 3));
        world_close(&w);
        world_close(&own);
    }
}

/* N(0, .02), what ends in a residual divided by sqrt(2 layers); gains 1, biases 0. */
static void step_0_has_the_spreads_of_gpt2(void **state)
{
    world w;
    stream s = stream_make(1, "theta0");
    world_open(&w, "transformer:width=64,layers=8", NEXT);
    w.m->row->theta0(w.m, &s, w.theta);
    for (size_t i = 0; i < w.m->layout.n_tensors; i++) {
        const tensor *t = &w.m->layout.tensors[i];
        double sum = 0, expected = strstr(t->name, "c_proj") ? .02 / 4 : .02;
        const real *at = w.theta + t->offset;
        for (size_t k = 0; k < t->n; k++)
            sum += (double)at[k] * (double)at[k];
        sum = sqrt(sum / (double)t->n);
        if (t->shape[1]) /* a relative sd of 1/sqrt(2 n): five of them */
            assert_true(fabs(sum / expected - 1) < 5 / sqrt(2 * (double)t->n));
        else
            assert_true(sum == (strstr(t->name, "weight") ? 1 : 0));
    }
    world_close(&w);
}

/* GPT-2 small, RoBERTa base and BERT base with two classes (their published 124,645,632 and 109,482,240
 * and 1,538 of the classifier), Llama 3.1 8B, stories260K. */
static void parameter_counts_are_the_published_ones(void **state)
{
    static const struct {
        const char *model, *task;
        size_t D;
    } published[] = {
        {"transformer:family=gpt2,width=768,layers=12,heads=12,positions=1024",
         "vocabulary=50257,n=1,labels=next", 124439808},
        {"transformer:family=bert,width=768,layers=12,heads=12,positions=512",
         "vocabulary=30522,n=1,classes=2", 109483778},
        {"transformer:family=roberta,width=768,layers=12,heads=12,positions=512",
         "vocabulary=50265,n=1,classes=2", 124647170},
        {"transformer:family=llama,width=4096,layers=32,heads=32,kv-heads=8,hidden=14336",
         "vocabulary=128256,n=1,labels=next", 8030261248},
        {"transformer:family=llama,width=64,layers=5,heads=8,kv-heads=4,tie=yes",
         "vocabulary=512,n=1,labels=next", 260032},
    };
    for (size_t k = 0; k < sizeof published / sizeof *published; k++) {
        task *t;
        model *m;
        assert_ok(task_new_row(&t, &words_row, published[k].task));
        assert_ok(model_new(&m, published[k].model, t));
        assert_int_equal(m->D, published[k].D);
        model_free(m);
        task_free(t);
    }
}

static void roles_and_blocks_are_those_of_the_parts(void **state)
{
    world w;
    world_open(&w, "transformer:family=gpt2,adapter=houlsby,prefix=2" SHAPE, NEXT);
    const layout *l = &w.m->layout;
    const tensor *qkv = &l->tensors[layout_find(l, "h.1.attn.c_attn.weight")];
    assert_string_equal(qkv->blocks, "q:16+k:16+v:16");
    assert_true(qkv->layer == 1 && !qkv->bare);
    const tensor *table = &l->tensors[layout_find(l, "wte.weight")];
    assert_string_equal(table->roles, "embed+head+kernel");
    assert_true(table->tied && table->bare && table->layer == -1);
    assert_string_equal(l->tensors[layout_find(l, "h.0.mlp.c_proj.weight")].roles,
                        "down+mlp+kernel");
    assert_string_equal(l->tensors[layout_find(l, "h.0.mlp.c_proj.bias")].roles, "mlp+bias");
    const tensor *prefix = &l->tensors[layout_find(l, "h.0.prefix.key")];
    assert_true(prefix->outside && prefix->bare);
    assert_true(l->tensors[layout_find(l, "h.1.adapter_mlp.up.bias")].outside);
    world_close(&w);
}

/* A table among the targets would have all weights formed. */
static void spaces_of_low_rank_ride_on_every_linear_layer_by_default(void **state)
{
    static const char *const all[][2] = {
        {"transformer:family=gpt2,adapter=houlsby,bottleneck=3,prefix=2" SHAPE, NEXT},
        {"transformer:family=llama" SHAPE, NEXT},
        {"transformer:family=llama,tie=yes" SHAPE, NEXT},
        {"transformer:family=bert" SHAPE, HIDDEN},
        {"transformer:family=bert" SHAPE, CLASSES},
        {"transformer:family=roberta" SHAPE, CLASSES},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        world w;
        size_t linear = 0;
        world_open(&w, all[i][0], all[i][1]);
        for (size_t k = 0; k < w.m->layout.n_tensors; k++)
            linear += !w.m->layout.tensors[k].bare && !w.m->layout.tensors[k].outside;
        for (const space_ops *const *row = space_rows; *row; row++) {
            space *s;
            if (!(*row)->rides)
                continue;
            assert_ok(space_new(&s, (*row)->example, &w.m->layout, w.theta, w.pass.dropout));
            assert_true(space_rides(s));
            assert_int_equal(s->layout->n_tensors, linear);
            space_free(s);
        }
        world_close(&w);
    }
}

static void what_does_not_fit_is_refused(void **state)
{
    static const struct {
        const char *model, *task, *part;
    } bad[] = {
        {"transformer:width=10,heads=4", NEXT, "do not share"},
        {"transformer:heads=4,kv-heads=3", NEXT, "into groups"},
        {"transformer:family=llama,width=12,heads=4", NEXT, "turns pairs"},
        {"transformer:rope=half", NEXT, "rope is llama's"},
        {"transformer:positions=5", NEXT, "texts of 6 tokens"},
        {"transformer:vocabulary=12", NEXT, "has 13 tokens"},
        {"transformer", HIDDEN, "predicts the next one"},
        {"transformer:family=bert", NEXT, "which this family sees"},
    };
    model *m;
    task *t;
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
        assert_ok(task_new_row(&t, &words_row, bad[k].task));
        assert_refused(model_new(&m, bad[k].model, t), ERR_USAGE, bad[k].part);
        assert_null(m);
        task_free(t);
    }
    assert_ok(task_new(&t, "synth"));
    assert_refused(model_new(&m, "transformer", t), ERR_USAGE, "has no texts");
    task_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(losses_are_numpys),
        double_test(gradients_agree_under_dropout_with_riders_everywhere),
        cmocka_unit_test(riders_alone_get_what_they_get_with_all),
        cmocka_unit_test(recomputation_changes_no_bits_and_takes_less),
        cmocka_unit_test(a_tensor_alone_gets_what_it_gets_with_all_and_takes_less),
        cmocka_unit_test(dropout_is_drawn_anew_each_step_and_off_in_evaluation),
        cmocka_unit_test(hits_stand_where_their_labels_do),
        cmocka_unit_test(riders_of_the_head_drop_otherwise_at_each_position),
        cmocka_unit_test(an_adapter_changes_nothing_at_step_0),
        cmocka_unit_test(step_0_has_the_spreads_of_gpt2),
        cmocka_unit_test(parameter_counts_are_the_published_ones),
        cmocka_unit_test(roles_and_blocks_are_those_of_the_parts),
        cmocka_unit_test(spaces_of_low_rank_ride_on_every_linear_layer_by_default),
        cmocka_unit_test(what_does_not_fit_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
