/* fc.c -- a fully-connected network: depth hidden layers of width units, and a linear head.
 *
 *   h_0 = x,  h_l = f(W_l h_{l-1} + b_l),  outputs = W_L h_{L-1} + b_L       L = depth + 1
 *
 * D = sum (in + 1) out: 199,210 for 784-200-200-10 (Li et al. 2018, table 1), 959,610 for
 * 784-400x5-10. Kernels at step 0: activation_spread (He normal for relu, as Li et al.), biases 0.
 * Work: the layers' outputs one behind another, two gradients, the layers' own work. */
#include <stdio.h>
#include <string.h>

#include "models/model.h"
#include "nn/activation.h"
#include "nn/linear.h"

typedef struct fc {
    model base;
    size_t width, depth;
    int act;
} fc;

static const key keys[] = {
    KEY("width", fc, width, "200", 1, 1e6, "units", "of each hidden layer"),
    KEY("depth", fc, depth, "2", 0, 100, "layers", "hidden layers; 0: a linear model"),
    KEY_WORD("act", fc, act, "relu", ACTIVATION_WORDS, "after each hidden layer"),
    {0},
};

static size_t fc_in(const fc *m, size_t l)
{
    return l ? m->width : m->base.task->n_features;
}

static size_t fc_out(const fc *m, size_t l)
{
    return l < m->depth ? m->width : m->base.n_outputs;
}

static status fc_init(model *base)
{
    fc *m = (fc *)base;
    if (!base->task->n_features)
        return error_set(ERR_USAGE, "%s has no inputs that are numbers; take --model %s",
                         base->task->row->name, base->task->length ? "transformer" : "toy");
    base->n_outputs = base->task->n_outputs;
    for (size_t l = 0; l <= m->depth; l++) {
        size_t shape[2] = {fc_out(m, l), fc_in(m, l)};
        bool last = l == m->depth;
        char name[32];
        status st;
        snprintf(name, sizeof name, "fc%zu.weight", l + 1);
        if ((st = idim_model_tensor(base, name, last ? "fc+head+kernel" : "fc+kernel", (int)l, 2,
                                    shape)))
            return st;
        snprintf(name, sizeof name, "fc%zu.bias", l + 1);
        if ((st = idim_model_tensor(base, name, last ? "fc+head+bias" : "fc+bias", (int)l, 1,
                                    shape)))
            return st;
    }
    return OK;
}

static void fc_theta0(const model *base, const stream *s, real *theta0)
{
    const fc *m = (const fc *)base;
    for (size_t l = 0; l <= m->depth; l++) {
        const tensor *w = &base->layout.tensors[2 * l];
        stream layer = stream_sub(s, l);
        real spread = (real)activation_spread((activation)m->act, fc_in(m, l), fc_out(m, l));
        rng_normals(&layer, 0, w->n, theta0 + w->offset);
        for (size_t i = 0; i < w->n; i++)
            theta0[w->offset + i] *= spread;
        memset(theta0 + w->offset + w->n, 0, fc_out(m, l) * sizeof *theta0);
    }
}

static linear fc_layer(const fc *m, const view *v, size_t l)
{
    return (linear){.in = fc_in(m, l),
                    .out = fc_out(m, l),
                    .weight = &v->slots[2 * l],
                    .bias = &v->slots[2 * l + 1],
                    .place = l};
}

static size_t fc_lines(size_t reals) /* to whole cache lines, in reals */
{
    size_t line = 64 / sizeof(real);
    return (reals + line - 1) / line * line;
}

/* Where the parts of work begin, in reals: outputs of hidden layer l, two gradients, a layer's work. */
typedef struct fc_parts {
    size_t hidden, grad[2], layers, all;
} fc_parts;

static fc_parts fc_cut(const fc *m, const view *v, size_t n, idim_mode mode)
{
    fc_parts p = {.hidden = fc_lines(n * m->width)};
    p.grad[0] = m->depth * p.hidden;
    p.grad[1] = p.grad[0] + p.hidden;
    p.layers = p.grad[1] + p.hidden;
    p.all = p.layers;
    for (size_t l = 0; l <= m->depth; l++) {
        linear layer = fc_layer(m, v, l);
        p.all += linear_work(&layer, n, mode) / sizeof(real);
    }
    return p;
}

static size_t fc_work(const model *base, const view *v, size_t n, idim_mode mode)
{
    return fc_cut((const fc *)base, v, n, mode).all * sizeof(real);
}

static void fc_forward(const model *base, const view *v, const batch *b, const pass *pass_,
                       void *work, real *outputs)
{
    const fc *m = (const fc *)base;
    fc_parts p = fc_cut(m, v, b->n, pass_->mode);
    real *at = work, *own = at + p.layers;
    const real *x = b->x;
    for (size_t l = 0; l <= m->depth; l++) {
        linear layer = fc_layer(m, v, l);
        real *y = l < m->depth ? at + l * p.hidden : outputs;
        linear_forward(&layer, b->n, x, b, pass_, own, y);
        if (l < m->depth)
            activation_forward((activation)m->act, b->n * m->width, y);
        own += linear_work(&layer, b->n, pass_->mode) / sizeof(real);
        x = y;
    }
}

/* Below which layer nothing is trained: no gradient of its input is wanted. */
static size_t fc_lowest(const fc *m, const view *v)
{
    for (size_t l = 0; l <= m->depth; l++) {
        const slot *w = &v->slots[2 * l];
        if (w->grad || w->g_c || w->n_riders || v->slots[2 * l + 1].grad)
            return l;
    }
    return m->depth + 1;
}

static void fc_backward(const model *base, const view *v, const batch *b, const pass *pass_,
                        void *work, const real *g_outputs)
{
    const fc *m = (const fc *)base;
    fc_parts p = fc_cut(m, v, b->n, pass_->mode);
    size_t lowest = fc_lowest(m, v);
    real *at = work, *own = at + p.all;
    const real *g_y = g_outputs;
    for (size_t l = m->depth + 1; l-- > lowest;) {
        linear layer = fc_layer(m, v, l);
        const real *x = l ? at + (l - 1) * p.hidden : b->x;
        real *g_x = l > lowest ? at + p.grad[l % 2] : NULL;
        own -= linear_work(&layer, b->n, pass_->mode) / sizeof(real);
        linear_backward(&layer, b->n, x, b, pass_, own, g_y, g_x);
        if (g_x)
            activation_backward((activation)m->act, b->n * m->width, x, g_x);
        g_y = g_x;
    }
}

const model_row model_fc = {
    .name = "fc",
    .doc = "fully connected: depth hidden layers of width units",
    .source = "Li et al. 2018, arXiv 1804.08838",
    .example = "fc:width=5,depth=2",
    .revision = 1,
    .keys = keys,
    .size = sizeof(fc),
    .riders = true,
    .init = fc_init,
    .theta0 = fc_theta0,
    .work = fc_work,
    .forward = fc_forward,
    .backward = fc_backward,
};
