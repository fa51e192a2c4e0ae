/* lenet.c -- the LeNet of Li et al. 2018, section 3.2, and its three controls.
 *
 *   picture -> patches 5x5 to 6 planes -> relu -> maxima 2x2 -> patches 5x5 to 16 planes -> relu ->
 *   maxima 2x2 -> 120 -> relu -> 84 -> relu -> outputs
 *
 *   form     the two patch layers                                  D: 1 x 28 x 28     3 x 32 x 32
 *   tied     convolutions                                              44,426          62,006
 *   untied   every place has weights and biases of its own            286,334         658,238
 *   fc       every output sees the whole picture                    3,640,574      16,397,726
 *   fctied   one kernel of the picture's size, moved round it          60,404         100,142
 *
 * fctied is our own definition: the paper names an "FC-tied" net and gives neither definition nor count.
 * Ours keeps the tie (one kernel a pair of planes) and gives up locality (it sees everything).
 * Kernels at step 0 He normal, biases 0. */
#include <stdio.h>
#include <string.h>

#include "models/model.h"
#include "nn/activation.h"
#include "nn/conv.h"
#include "nn/linear.h"
#include "nn/patch.h"

enum { LOOK = 2, DENSE = 3, LAYERS = LOOK + DENSE, SIDE = 5 };
enum { FORM_TIED, FORM_UNTIED, FORM_FC, FORM_FCTIED };

typedef struct lenet {
    model base;
    int form;
    patch look[LOOK]; /* shapes; weights are set for each view */
} lenet;

static const key keys[] = {
    KEY_WORD("form", lenet, form, "tied", "tied+untied+fc+fctied",
             "convolutions, or a control without ties, without locality, with ties alone"),
    {0},
};
static const size_t planes[LOOK] = {6, 16}, widths[DENSE - 1] = {120, 84};

static size_t look_in(const patch *p)
{
    return p->channels * p->height * p->width;
}

static size_t look_out(const patch *p)
{
    return p->out * patch_places(p);
}

static size_t pooled(const patch *p)
{
    return p->out * (p->rows / 2) * (p->cols / 2);
}

static status lenet_shapes(lenet *m)
{
    const size_t *shape = m->base.task->shape;
    size_t channels = shape[0], height = shape[1], width = shape[2];
    if (channels * height * width == 784 && height == 1) { /* MNIST's numbers without their shape */
        channels = 1;
        height = width = 28;
    }
    for (size_t i = 0; i < LOOK; i++) {
        if (height < SIDE + 1 || width < SIDE + 1)
            return error_set(ERR_USAGE,
                             "%s: its %zu x %zu x %zu samples are no pictures of 16 x 16 "
                             "or more; take --model fc",
                             m->base.task->row->name, shape[0], shape[1], shape[2]);
        patch *p = &m->look[i];
        *p = (patch){.channels = channels,
                     .height = height,
                     .width = width,
                     .kh = m->form == FORM_FCTIED ? height : SIDE,
                     .kw = m->form == FORM_FCTIED ? width : SIDE,
                     .out = planes[i],
                     .rows = height - SIDE + 1,
                     .cols = width - SIDE + 1,
                     .untied = m->form == FORM_UNTIED,
                     .wrap = m->form == FORM_FCTIED};
        channels = p->out;
        height = p->rows / 2;
        width = p->cols / 2;
    }
    return OK;
}

static size_t dense_in(const lenet *m, size_t l)
{
    return l ? widths[l - 1] : pooled(&m->look[LOOK - 1]);
}

static size_t dense_out(const lenet *m, size_t l)
{
    return l + 1 < DENSE ? widths[l] : m->base.n_outputs;
}

static status lenet_look(lenet *m, size_t i)
{
    const patch *p = &m->look[i];
    size_t K = patch_numbers(p), L = patch_places(p);
    size_t tied[4] = {p->out, p->channels, p->kh, p->kw}, untied[3] = {L, p->out, K};
    size_t fc[2] = {look_out(p), look_in(p)};
    size_t biases = m->form == FORM_UNTIED || m->form == FORM_FC ? look_out(p) : p->out;
    const size_t *shape = m->form == FORM_FC ? fc : p->untied ? untied : tied;
    size_t dims = m->form == FORM_FC ? 2 : p->untied ? 3 : 4;
    char weight[32], bias[32];
    status st;
    snprintf(weight, sizeof weight, "conv%zu.weight", i + 1);
    snprintf(bias, sizeof bias, "conv%zu.bias", i + 1);
    if ((st = idim_model_tensor(&m->base, weight, "conv+kernel", (int)i, dims, shape)))
        return st;
    return idim_model_tensor(&m->base, bias, "conv+bias", (int)i, 1, &biases);
}

static status lenet_init(model *base)
{
    lenet *m = (lenet *)base;
    status st;
    base->n_outputs = base->task->n_outputs;
    if ((st = lenet_shapes(m)))
        return st;
    for (size_t i = 0; i < LOOK; i++)
        if ((st = lenet_look(m, i)))
            return st;
    for (size_t l = 0; l < DENSE; l++) {
        size_t shape[2] = {dense_out(m, l), dense_in(m, l)};
        bool last = l + 1 == DENSE;
        char name[32];
        snprintf(name, sizeof name, "fc%zu.weight", l + 1);
        if ((st = idim_model_tensor(base, name, last ? "fc+head+kernel" : "fc+kernel",
                                    (int)(LOOK + l), 2, shape)))
            return st;
        snprintf(name, sizeof name, "fc%zu.bias", l + 1);
        if ((st = idim_model_tensor(base, name, last ? "fc+head+bias" : "fc+bias", (int)(LOOK + l),
                                    1, shape)))
            return st;
    }
    return OK;
}

static void lenet_theta0(const model *base, const stream *s, real *theta0)
{
    const lenet *m = (const lenet *)base;
    for (size_t l = 0; l < LAYERS; l++) {
        const tensor *w = &base->layout.tensors[2 * l], *b = w + 1;
        size_t in = l >= LOOK            ? dense_in(m, l - LOOK)
                    : m->form == FORM_FC ? look_in(&m->look[l])
                                         : patch_numbers(&m->look[l]);
        stream layer = stream_sub(s, l);
        real spread = (real)activation_spread(ACT_RELU, in, 0);
        rng_normals(&layer, 0, w->n, theta0 + w->offset);
        for (size_t i = 0; i < w->n; i++)
            theta0[w->offset + i] *= spread;
        memset(theta0 + b->offset, 0, b->n * sizeof *theta0);
    }
}

/* ------------------------------------------------------------------ running */

static linear dense_layer(const lenet *m, const view *v, size_t l)
{
    const slot *w = &v->slots[2 * (LOOK + l)];
    return (linear){.in = dense_in(m, l),
                    .out = dense_out(m, l),
                    .weight = w,
                    .bias = w + 1,
                    .place = LOOK + l};
}

/* The fc form's "patch" layers. */
static linear look_linear(const lenet *m, const view *v, size_t i)
{
    const slot *w = &v->slots[2 * i];
    return (linear){.in = look_in(&m->look[i]),
                    .out = look_out(&m->look[i]),
                    .weight = w,
                    .bias = w + 1,
                    .place = i};
}

static patch look_patch(const lenet *m, const view *v, size_t i)
{
    patch p = m->look[i];
    p.weight = &v->slots[2 * i];
    p.bias = &v->slots[2 * i + 1];
    return p;
}

static size_t look_work(const lenet *m, const view *v, size_t i, size_t n, idim_mode mode)
{
    if (m->form == FORM_FC) {
        linear l = look_linear(m, v, i);
        return linear_work(&l, n, mode);
    }
    return patch_work(&m->look[i], n);
}

/* Where the parts of work begin, in bytes. pool[LOOK - 1] holds rows of samples in every form. */
typedef struct parts {
    size_t y[LOOK], pool[LOOK], which[LOOK], hidden[DENSE - 1], own[LAYERS], grad[2], all;
    /* the tied form: blocks of LANES samples (conv.h) */
    size_t x, last, forward[LOOK], backward[LOOK], sums[LOOK];
} parts;

static size_t cut(size_t *at, size_t bytes)
{
    size_t here = *at;
    *at += (bytes + 63) / 64 * 64;
    return here;
}

static conv look_conv(const lenet *m, size_t i)
{
    const patch *p = &m->look[i];
    return (conv){p->channels, p->height, p->width, p->out};
}

static size_t blocks_of(size_t n)
{
    return (n + LANES - 1) / LANES;
}

/* The parts of the tied form's two layers. */
static void tied_cut(const lenet *m, size_t n, parts *p)
{
    size_t blocks = blocks_of(n), number = LANES * sizeof(real), widest = 0, least = 0;
    for (size_t i = 0; i < LOOK; i++) {
        const patch *look = &m->look[i];
        conv c = look_conv(m, i);
        widest = look_out(look) > widest ? look_out(look) : widest;
        least = pooled(look) > least ? pooled(look) : least;
        p->which[i] = cut(&p->all, blocks * pooled(look) * LANES * sizeof(lane_place));
        p->forward[i] = cut(&p->all, conv_kernel(&c) * sizeof(real));
        p->backward[i] = cut(&p->all, conv_kernel(&c) * sizeof(real));
        p->sums[i] = cut(&p->all, conv_sums(&c) * sizeof(real));
    }
    p->x = cut(&p->all, blocks * look_in(&m->look[0]) * number);
    p->y[0] = cut(&p->all, widest * number);
    p->last = cut(&p->all, least * number);
    p->pool[0] = cut(&p->all, blocks * pooled(&m->look[0]) * number);
    p->pool[LOOK - 1] = cut(&p->all, n * pooled(&m->look[LOOK - 1]) * sizeof(real));
}

static parts lenet_cut(const lenet *m, const view *v, size_t n, idim_mode mode)
{
    parts p = {.all = 0};
    size_t widest = 0;
    if (m->form == FORM_TIED)
        tied_cut(m, n, &p);
    for (size_t i = 0; i < LOOK && m->form != FORM_TIED; i++) {
        const patch *look = &m->look[i];
        p.y[i] = cut(&p.all, n * look_out(look) * sizeof(real));
        p.pool[i] = cut(&p.all, n * pooled(look) * sizeof(real));
        p.which[i] = cut(&p.all, n * pooled(look));
        p.own[i] = cut(&p.all, look_work(m, v, i, n, mode));
        widest = look_out(look) > widest ? look_out(look) : widest;
    }
    if (widest < pooled(&m->look[LOOK - 1]))
        widest = pooled(&m->look[LOOK - 1]);
    for (size_t l = 0; l + 1 < DENSE; l++)
        widest = widths[l] > widest ? widths[l] : widest;
    for (size_t l = 0; l < DENSE; l++) {
        linear layer = dense_layer(m, v, l);
        if (l + 1 < DENSE)
            p.hidden[l] = cut(&p.all, n * widths[l] * sizeof(real));
        p.own[LOOK + l] = cut(&p.all, linear_work(&layer, n, mode));
    }
    p.grad[0] = cut(&p.all, n * widest * sizeof(real));
    p.grad[1] = cut(&p.all, n * widest * sizeof(real));
    return p;
}

static size_t lenet_work(const model *base, const view *v, size_t n, idim_mode mode)
{
    return lenet_cut((const lenet *)base, v, n, mode).all;
}

static real *reals_at(void *work, size_t at)
{
    return (real *)(void *)((char *)work + at);
}

static lane_place *places_at(void *work, size_t at)
{
    return (lane_place *)(void *)((char *)work + at);
}

/* The two layers, a block of LANES samples at a time, so that what lies between them stays in cache; the
 * rows of the last pictures are what the dense layers read. */
static void tied_forward(const lenet *m, const view *v, const batch *b, void *work, const parts *p)
{
    size_t in = look_in(&m->look[0]), middle = pooled(&m->look[0]), out = pooled(&m->look[1]);
    conv first = look_conv(m, 0), second = look_conv(m, 1);
    real *y = reals_at(work, p->y[0]), *last = reals_at(work, p->last);
    lane_place *which[LOOK] = {places_at(work, p->which[0]), places_at(work, p->which[1])};
    conv_turn(&first, &v->slots[0], reals_at(work, p->forward[0]), reals_at(work, p->backward[0]));
    conv_turn(&second, &v->slots[2], reals_at(work, p->forward[1]), reals_at(work, p->backward[1]));
    for (size_t i = 0, at = 0; at < b->n; i++, at += LANES) {
        size_t n = b->n - at < LANES ? b->n - at : LANES;
        real *x = reals_at(work, p->x) + i * in * LANES;
        real *pool = reals_at(work, p->pool[0]) + i * middle * LANES;
        lanes_take(n, in, b->x + at * in, x);
        conv_forward(&first, reals_at(work, p->forward[0]), v->slots[1].value, x, y);
        relu_maxpool_forward(first.out, m->look[0].rows, m->look[0].cols, y, pool,
                             which[0] + i * middle * LANES);
        conv_forward(&second, reals_at(work, p->forward[1]), v->slots[3].value, pool, y);
        relu_maxpool_forward(second.out, m->look[1].rows, m->look[1].cols, y, last,
                             which[1] + i * out * LANES);
        lanes_give(n, out, last, reals_at(work, p->pool[1]) + at * out);
    }
}

/* g_rows: the gradient of the last pictures' rows. lowest: the first layer that is trained. */
static void tied_backward(const lenet *m, const view *v, size_t n_all, void *work, const parts *p,
                          const real *g_rows, size_t lowest)
{
    size_t in = look_in(&m->look[0]), middle = pooled(&m->look[0]), out = pooled(&m->look[1]);
    conv first = look_conv(m, 0), second = look_conv(m, 1);
    real *g_y = reals_at(work, p->y[0]), *g = reals_at(work, p->last);
    const lane_place *which[LOOK] = {places_at(work, p->which[0]), places_at(work, p->which[1])};
    real *sums[LOOK] = {reals_at(work, p->sums[0]), reals_at(work, p->sums[1])};
    memset(sums[0], 0, conv_sums(&first) * sizeof(real));
    memset(sums[1], 0, conv_sums(&second) * sizeof(real));
    for (size_t i = 0, at = 0; at < n_all; i++, at += LANES) {
        size_t n = n_all - at < LANES ? n_all - at : LANES;
        lanes_take(n, out, g_rows + at * out, g);
        relu_maxpool_backward(second.out, m->look[1].rows, m->look[1].cols,
                              which[1] + i * out * LANES, g, g_y);
        if (v->slots[2].grad || v->slots[3].grad)
            conv_sum(&second, reals_at(work, p->pool[0]) + i * middle * LANES, g_y, sums[1]);
        if (lowest > 0)
            continue;
        conv_backward(&second, reals_at(work, p->backward[1]), g_y, g);
        relu_maxpool_backward(first.out, m->look[0].rows, m->look[0].cols,
                              which[0] + i * middle * LANES, g, g_y);
        conv_sum(&first, reals_at(work, p->x) + i * in * LANES, g_y, sums[0]);
    }
    conv_gradients(&first, sums[0], &v->slots[0], &v->slots[1]);
    conv_gradients(&second, sums[1], &v->slots[2], &v->slots[3]);
}

static void lenet_forward(const model *base, const view *v, const batch *b, const pass *pass_,
                          void *work, real *outputs)
{
    const lenet *m = (const lenet *)base;
    parts p = lenet_cut(m, v, b->n, pass_->mode);
    const real *x = b->x;
    if (m->form == FORM_TIED) {
        tied_forward(m, v, b, work, &p);
        x = reals_at(work, p.pool[LOOK - 1]);
    }
    for (size_t i = 0; i < LOOK && m->form != FORM_TIED; i++) {
        patch look = look_patch(m, v, i);
        real *y = reals_at(work, p.y[i]), *own = reals_at(work, p.own[i]);
        if (m->form == FORM_FC) {
            linear layer = look_linear(m, v, i);
            linear_forward(&layer, b->n, x, b, pass_, own, y);
        } else {
            patch_forward(&look, b->n, x, own, y);
        }
        activation_forward(ACT_RELU, b->n * look_out(&look), y);
        real *to = reals_at(work, p.pool[i]);
        maxpool_forward(b->n * look.out, look.rows, look.cols, y, to, (uint8_t *)work + p.which[i]);
        x = to;
    }
    for (size_t l = 0; l < DENSE; l++) {
        linear layer = dense_layer(m, v, l);
        real *y = l + 1 < DENSE ? reals_at(work, p.hidden[l]) : outputs;
        linear_forward(&layer, b->n, x, b, pass_, reals_at(work, p.own[LOOK + l]), y);
        if (l + 1 < DENSE)
            activation_forward(ACT_RELU, b->n * layer.out, y);
        x = y;
    }
}

/* Below which layer nothing is trained. */
static size_t lenet_lowest(const view *v)
{
    for (size_t l = 0; l < LAYERS; l++) {
        const slot *w = &v->slots[2 * l];
        if (w->grad || w->g_c || w->n_riders || w[1].grad)
            return l;
    }
    return LAYERS;
}

static void look_backward(const lenet *m, const view *v, size_t i, const parts *p, const batch *b,
                          const pass *pass_, void *work, real *g_pool, real *g_y, bool last)
{
    patch look = look_patch(m, v, i);
    const real *x = i ? reals_at(work, p->pool[i - 1]) : b->x;
    real *own = reals_at(work, p->own[i]);
    maxpool_backward(b->n * look.out, look.rows, look.cols, (const uint8_t *)work + p->which[i],
                     g_pool, g_y);
    activation_backward(ACT_RELU, b->n * look_out(&look), reals_at(work, p->y[i]), g_y);
    if (m->form == FORM_FC) {
        linear layer = look_linear(m, v, i);
        linear_backward(&layer, b->n, x, b, pass_, own, g_y, last ? NULL : g_pool);
    } else {
        patch_backward(&look, b->n, x, own, g_y, last ? NULL : g_pool);
    }
}

static void lenet_backward(const model *base, const view *v, const batch *b, const pass *pass_,
                           void *work, const real *g_outputs)
{
    const lenet *m = (const lenet *)base;
    parts p = lenet_cut(m, v, b->n, pass_->mode);
    size_t lowest = lenet_lowest(v);
    real *g[2] = {reals_at(work, p.grad[0]), reals_at(work, p.grad[1])};
    const real *g_y = g_outputs;
    for (size_t l = DENSE; l-- > 0 && LOOK + l >= lowest;) {
        linear layer = dense_layer(m, v, l);
        const real *x = reals_at(work, l ? p.hidden[l - 1] : p.pool[LOOK - 1]);
        real *g_x = LOOK + l > lowest ? g[l % 2] : NULL;
        linear_backward(&layer, b->n, x, b, pass_, reals_at(work, p.own[LOOK + l]), g_y, g_x);
        if (g_x && l)
            activation_backward(ACT_RELU, b->n * layer.in, x, g_x);
        g_y = g_x;
    }
    /* the gradient of the last pictures lies in g[0] */
    if (m->form == FORM_TIED && lowest < LOOK)
        tied_backward(m, v, b->n, work, &p, g[0], lowest);
    for (size_t i = LOOK; m->form != FORM_TIED && i-- > 0 && i >= lowest;)
        look_backward(m, v, i, &p, b, pass_, work, g[0], g[1], i == lowest);
}

const model_row model_lenet = {
    .name = "lenet",
    .doc = "LeNet, and its controls without ties or locality",
    .source = "Li et al. 2018, section 3.2; LeCun et al. 1998",
    .example = "lenet",
    .revision = 2,
    .keys = keys,
    .size = sizeof(lenet),
    .riders = true,
    .init = lenet_init,
    .theta0 = lenet_theta0,
    .work = lenet_work,
    .forward = lenet_forward,
    .backward = lenet_backward,
};
