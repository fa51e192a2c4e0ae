/* block.c -- see block.h. */
#include <math.h>
#include <string.h>

#include "nn/attention.h"
#include "nn/block.h"
#include "nn/cut.h"
#include "nn/dropout.h"
#include "nn/linear.h"
#include "nn/norm.h"
#include "nn/rope.h"

/* Streams of dropout behind those of the matrices' riders. */
enum { PLACE_RESIDUAL = 32, PLACE_ATTENTION = 34 };

/* What a forward keeps for its backward. in: what Q, K, V and then what the MLP reads. Norms before:
 * in[0] = norm1 x, sum = h, in[1] = norm2 h. Norms behind: sums before each norm, in[1] = h. What a matrix reads
 * is kept where a gradient of that matrix is wanted; else it lies in scratch (in, act). */
typedef struct kept {
    real *in[2], *sum[2], *stats[2];
    real *qkv, *logs, *att, *gate, *up, *act;
    real *out[2], *deep[2], *bent[2]; /* of the adapters: what goes in, D' u, f(D' u) */
    real *linear[BLOCK_PARTS];        /* what each matrix keeps itself */
    real *scratch;                    /* of every matrix */
} kept;

typedef struct scratch {
    real *a, *b;                         /* (n, width) */
    real *g_qkv, *g_att, *g_gate, *g_up; /* of backward */
    real *g_deep;
    real *linear; /* of every matrix */
} scratch;

static size_t shape_q(const block_shape *s)
{
    return s->heads * s->head;
}

static size_t shape_kv(const block_shape *s)
{
    return s->kv_heads * s->head;
}

static size_t shape_qkv(const block_shape *s)
{
    return shape_q(s) + 2 * shape_kv(s);
}

static linear block_linear(const block *b, block_part p, const block_rows *r, real *scratch_)
{
    const block_shape *s = b->shape;
    const size_t w = s->width, q = shape_q(s), kv = shape_kv(s), small = s->bottleneck;
    const size_t sizes[BLOCK_PARTS][2] = {
        [BLOCK_QKV] = {w, shape_qkv(s)},
        [BLOCK_Q] = {w, q},
        [BLOCK_K] = {w, kv},
        [BLOCK_V] = {w, kv},
        [BLOCK_O] = {q, w},
        [BLOCK_GATE] = {w, s->hidden},
        [BLOCK_UP] = {w, s->hidden},
        [BLOCK_DOWN] = {s->hidden, w},
        [BLOCK_ADAPT1_IN] = {w, small},
        [BLOCK_ADAPT1_OUT] = {small, w},
        [BLOCK_ADAPT2_IN] = {w, small},
        [BLOCK_ADAPT2_OUT] = {small, w},
    };
    bool qkv = p == BLOCK_QKV || p == BLOCK_Q || p == BLOCK_K || p == BLOCK_V;
    return (linear){.in = sizes[p][0],
                    .out = sizes[p][1],
                    .weight = b->weight[p],
                    .bias = b->bias[p],
                    .place = b->place + p,
                    .starts = r ? r->starts : NULL,
                    .ld = qkv ? shape_qkv(s) : 0,
                    .shared = true,
                    .scratch = scratch_};
}

static bool part_is_linear(const block *b, block_part p)
{
    return b->weight[p] && p != BLOCK_NORM1 && p != BLOCK_NORM2 && p != BLOCK_PREFIX_K &&
           p != BLOCK_PREFIX_V;
}

/* Does the backward of one of the parts first .. last read what goes into them? */
static bool parts_read(const block *b, block_part first, block_part last)
{
    for (block_part p = first; p <= last; p++)
        if (b->weight[p] && linear_reads(b->weight[p]))
            return true;
    return false;
}

static size_t kept_cut(const block *b, size_t rows, real *base, kept *k)
{
    const block_shape *s = b->shape;
    const block_part into[2] = {BLOCK_ADAPT1_IN, BLOCK_ADAPT2_IN};
    cutter c = {base, 0};
    size_t w = rows * s->width, hidden = rows * s->hidden;
    const bool reads[2] = {parts_read(b, BLOCK_QKV, BLOCK_V), parts_read(b, BLOCK_GATE, BLOCK_UP)};
    *k = (kept){0};
    for (int half = 0; half < BLOCK_HALVES; half++) {
        /* norms before: the second sum is y itself; behind: the first input is x itself */
        if (reads[half] && (!s->behind || half))
            k->in[half] = cut(&c, w);
        if (s->behind || !half)
            k->sum[half] = cut(&c, w);
        k->stats[half] = cut(&c, 2 * rows);
        if (b->weight[into[half]]) {
            k->out[half] = cut(&c, w);
            k->deep[half] = cut(&c, rows * s->bottleneck);
            k->bent[half] = cut(&c, rows * s->bottleneck);
        }
    }
    k->qkv = cut(&c, rows * shape_qkv(s));
    k->logs = cut(&c, rows * s->heads);
    k->att = cut(&c, rows * shape_q(s));
    k->gate = s->gated ? cut(&c, hidden) : NULL;
    k->up = cut(&c, hidden);
    k->act = parts_read(b, BLOCK_DOWN, BLOCK_DOWN) ? cut(&c, hidden) : NULL;
    for (block_part p = 0; p < BLOCK_PARTS; p++)
        if (part_is_linear(b, p)) {
            linear l = block_linear(b, p, NULL, NULL);
            k->linear[p] = cut(&c, linear_work(&l, rows, IDIM_TRAIN) / sizeof(real));
        }
    return c.at;
}

/* b, g_up hold what is not kept of in and act while a half runs forward. */
static size_t scratch_cut(const block *b, size_t rows, idim_mode mode, real *base, scratch *t)
{
    const block_shape *s = b->shape;
    cutter c = {base, 0};
    size_t most = 0;
    *t = (scratch){.a = cut(&c, rows * s->width), .b = cut(&c, rows * s->width)};
    t->g_up = cut(&c, rows * s->hidden);
    for (block_part p = 0; p < BLOCK_PARTS; p++)
        if (part_is_linear(b, p)) {
            linear l = block_linear(b, p, NULL, NULL);
            size_t reals = linear_scratch(&l, rows);
            most = reals > most ? reals : most;
        }
    t->linear = cut(&c, most);
    if (mode == IDIM_EVAL)
        return c.at;
    t->g_qkv = cut(&c, rows * shape_qkv(s));
    t->g_att = cut(&c, rows * shape_q(s));
    t->g_gate = s->gated ? cut(&c, rows * s->hidden) : NULL;
    t->g_deep = s->bottleneck ? cut(&c, rows * s->bottleneck) : NULL;
    return c.at;
}

/* Both, whole: what is not kept points into scratch. */
static void block_cut(const block *b, const block_rows *r, real *kept_, real *scratch_, kept *k,
                      scratch *t)
{
    kept_cut(b, r->n, kept_, k);
    scratch_cut(b, r->n, r->pass->mode, scratch_, t);
    for (int half = 0; half < BLOCK_HALVES; half++)
        k->in[half] = k->in[half] ? k->in[half] : t->b;
    k->act = k->act ? k->act : t->g_up;
    k->scratch = t->linear;
}

size_t block_kept(const block *b, size_t rows)
{
    kept k;
    return kept_cut(b, rows, NULL, &k);
}

size_t block_scratch(const block *b, size_t rows, idim_mode mode)
{
    scratch t;
    return scratch_cut(b, rows, mode, NULL, &t);
}

static bool slot_trains(const idim_slot *s)
{
    return s && (s->grad || s->g_c || s->n_riders);
}

static bool part_trains(const block *b, block_part p)
{
    return slot_trains(b->weight[p]) || slot_trains(b->bias[p]);
}

bool block_trains(const block *b, int half)
{
    block_part first = half == BLOCK_ATTENTION ? BLOCK_NORM1 : BLOCK_NORM2;
    block_part end = half == BLOCK_ATTENTION ? BLOCK_NORM2 : BLOCK_PARTS;
    for (block_part p = first; p < end; p++)
        if (part_trains(b, p))
            return true;
    return false;
}

static norm block_norm(const block *b, int half)
{
    block_part p = half == BLOCK_ATTENTION ? BLOCK_NORM1 : BLOCK_NORM2;
    const block_shape *s = b->shape;
    return (norm){s->width, s->rms, s->eps, b->weight[p], b->bias[p]};
}

static void part_forward(const block *b, block_part p, const block_rows *r, const real *x,
                         const kept *k, real *y)
{
    linear l = block_linear(b, p, r, k->scratch);
    linear_forward(&l, r->n, x, r->batch, r->pass, k->linear[p], y);
}

/* g_x NULL: not wanted; add: to what is there. */
static void part_backward(const block *b, block_part p, const block_rows *r, const real *x,
                          const kept *k, const real *g_y, bool add, real *g_x)
{
    linear l = block_linear(b, p, r, k->scratch);
    l.add = add;
    linear_backward(&l, r->n, x, r->batch, r->pass, k->linear[p], g_y, g_x);
}

/* ------------------------------------------------------------------ attention */

static attention block_attention(const block *b)
{
    const block_shape *s = b->shape;
    return (attention){.heads = s->heads,
                       .kv_heads = s->kv_heads,
                       .width = s->head,
                       .causal = s->causal,
                       .scale = 1 / sqrt((double)s->head),
                       .drop = s->drop_attention,
                       .place = b->place + PLACE_ATTENTION,
                       .prefix = s->prefix,
                       .prefix_k = b->weight[BLOCK_PREFIX_K],
                       .prefix_v = b->weight[BLOCK_PREFIX_V]};
}

/* Queries and keys lie side by side: their heads are turned in one go. */
static void block_turn(const block_shape *s, const block_rows *r, size_t past, bool back, real *qkv)
{
    size_t ld = shape_qkv(s);
    if (!s->turns)
        return;
    for (size_t i = 0; i < r->batch->n; i++) {
        size_t row = r->starts[i];
        rope_turn(s->turns, s->head, s->half, back, past, r->starts[i + 1] - row,
                  s->heads + s->kv_heads, ld, qkv + row * ld);
    }
}

static void qkv_forward(const block *b, const block_rows *r, const real *x, const kept *k)
{
    const block_shape *s = b->shape;
    if (b->weight[BLOCK_QKV]) {
        part_forward(b, BLOCK_QKV, r, x, k, k->qkv);
        return;
    }
    part_forward(b, BLOCK_Q, r, x, k, k->qkv);
    part_forward(b, BLOCK_K, r, x, k, k->qkv + shape_q(s));
    part_forward(b, BLOCK_V, r, x, k, k->qkv + shape_q(s) + shape_kv(s));
}

static void qkv_backward(const block *b, const block_rows *r, const real *x, const kept *k,
                         const real *g_qkv, bool add, real *g_x)
{
    const block_shape *s = b->shape;
    if (b->weight[BLOCK_QKV]) {
        part_backward(b, BLOCK_QKV, r, x, k, g_qkv, add, g_x);
        return;
    }
    part_backward(b, BLOCK_Q, r, x, k, g_qkv, add, g_x);
    part_backward(b, BLOCK_K, r, x, k, g_qkv + shape_q(s), true, g_x);
    part_backward(b, BLOCK_V, r, x, k, g_qkv + shape_q(s) + shape_kv(s), true, g_x);
}

static attention_in block_in(const block *b, const block_rows *r, const kept *k)
{
    const block_shape *s = b->shape;
    return (attention_in){.q = k->qkv,
                          .k = k->qkv + shape_q(s),
                          .v = k->qkv + shape_q(s) + shape_kv(s),
                          .ldq = shape_qkv(s),
                          .ldkv = shape_qkv(s),
                          .q_starts = r->starts,
                          .k_starts = r->starts};
}

/* Appends the new rows' keys and values; the attention then reads all of them. */
static void cache_append(const block_shape *s, const block_rows *r, const kept *k,
                         block_cache *cache)
{
    size_t kv = shape_kv(s);
    for (size_t i = 0; i < r->n; i++) {
        const real *row = k->qkv + i * shape_qkv(s) + shape_q(s);
        memcpy(cache->k + (cache->past + i) * kv, row, kv * sizeof *row);
        memcpy(cache->v + (cache->past + i) * kv, row + kv, kv * sizeof *row);
    }
}

static void attention_half(const block *b, const block_rows *r, const real *x, const kept *k,
                           block_cache *cache, real *y)
{
    const block_shape *s = b->shape;
    attention a = block_attention(b);
    attention_in in = block_in(b, r, k);
    uint32_t all[2] = {0, (uint32_t)((cache ? cache->past : 0) + r->n)};
    qkv_forward(b, r, x, k);
    block_turn(s, r, cache ? cache->past : 0, false, k->qkv);
    if (cache) {
        cache_append(s, r, k, cache);
        in.k = cache->k;
        in.v = cache->v;
        in.ldkv = shape_kv(s);
        in.k_starts = all;
    }
    attention_forward(&a, &in, r->batch, r->pass, k->logs, k->att);
    part_forward(b, BLOCK_O, r, k->att, k, y);
}

/* ------------------------------------------------------------------ the ends of a half */

/* u <- u + U' f(D' u), in place. */
static void adapt_forward(const block *b, int half, const block_rows *r, const kept *k, real *u)
{
    const block_part in = half ? BLOCK_ADAPT2_IN : BLOCK_ADAPT1_IN;
    size_t n = r->n * b->shape->width;
    if (!b->weight[in])
        return;
    memcpy(k->out[half], u, n * sizeof *u);
    part_forward(b, in, r, k->out[half], k, k->deep[half]);
    gelu_forward(b->shape->act, r->n * b->shape->bottleneck, k->deep[half], k->bent[half]);
    part_forward(b, in + 1, r, k->bent[half], k, u);
    for (size_t i = 0; i < n; i++)
        u[i] += k->out[half][i];
}

/* g: d/d(what came out), becomes d/du. */
static void adapt_backward(const block *b, int half, const block_rows *r, const kept *k,
                           real *g_deep, real *g)
{
    const block_part in = half ? BLOCK_ADAPT2_IN : BLOCK_ADAPT1_IN;
    if (!b->weight[in])
        return;
    part_backward(b, in + 1, r, k->bent[half], k, g, false, g_deep);
    gelu_backward(b->shape->act, r->n * b->shape->bottleneck, k->deep[half], g_deep);
    part_backward(b, in, r, k->out[half], k, g_deep, true, g);
}

static bool residual_drops(const block *b, const block_rows *r)
{
    return b->shape->drop > 0 && r->pass->mode == IDIM_TRAIN;
}

static stream residual_stream(const block *b, int half, const block_rows *r)
{
    return stream_sub(&r->pass->dropout, b->place + PLACE_RESIDUAL + (uint64_t)half);
}

/* y = x + drop(adapt(u)); u is lost. */
static void residual_forward(const block *b, int half, const block_rows *r, const kept *k,
                             const real *x, real *u, real *y)
{
    size_t w = b->shape->width, n = r->n * w;
    adapt_forward(b, half, r, k, u);
    if (residual_drops(b, r)) {
        stream s = residual_stream(b, half, r);
        dropout_rows(&s, b->shape->drop, r->n, w, r->starts, r->batch, r->pass, u, false, u);
    }
    for (size_t i = 0; i < n; i++)
        y[i] = x[i] + u[i];
}

/* d/du of y = x + drop(adapt(u)) in a fresh array, or g itself where it is the same. */
static const real *residual_backward(const block *b, int half, const block_rows *r, const kept *k,
                                     const scratch *t, const real *g)
{
    size_t w = b->shape->width;
    bool drops = residual_drops(b, r), adapts = k->out[half] != NULL;
    if (!drops && !adapts)
        return g;
    if (drops) {
        stream s = residual_stream(b, half, r);
        dropout_rows(&s, b->shape->drop, r->n, w, r->starts, r->batch, r->pass, g, false, t->a);
    } else {
        memcpy(t->a, g, r->n * w * sizeof *g);
    }
    adapt_backward(b, half, r, k, t->g_deep, t->a);
    return t->a;
}

/* ------------------------------------------------------------------ MLP */

static void mlp_half(const block *b, const block_rows *r, const real *x, const kept *k, real *y)
{
    const block_shape *s = b->shape;
    size_t n = r->n * s->hidden;
    part_forward(b, BLOCK_UP, r, x, k, k->up);
    if (s->gated) {
        part_forward(b, BLOCK_GATE, r, x, k, k->gate);
        gelu_gated_forward(s->act, n, k->gate, k->up, k->act);
    } else {
        gelu_forward(s->act, n, k->up, k->act);
    }
    part_forward(b, BLOCK_DOWN, r, k->act, k, y);
}

static void mlp_backward(const block *b, const block_rows *r, const real *x, const kept *k,
                         const scratch *t, const real *g_y, bool add, real *g_x)
{
    const block_shape *s = b->shape;
    size_t n = r->n * s->hidden;
    part_backward(b, BLOCK_DOWN, r, k->act, k, g_y, false, t->g_up);
    if (s->gated)
        gelu_gated_backward(s->act, n, k->gate, k->up, t->g_up, t->g_gate, t->g_up);
    else
        gelu_backward(s->act, n, k->up, t->g_up);
    part_backward(b, BLOCK_UP, r, x, k, t->g_up, add, g_x);
    if (s->gated)
        part_backward(b, BLOCK_GATE, r, x, k, t->g_gate, true, g_x);
}

static void attention_back(const block *b, const block_rows *r, const real *x, const kept *k,
                           const scratch *t, const real *g_y, bool add, real *g_x)
{
    const block_shape *s = b->shape;
    attention a = block_attention(b);
    attention_in in = block_in(b, r, k);
    part_backward(b, BLOCK_O, r, k->att, k, g_y, false, t->g_att);
    attention_backward(&a, &in, r->batch, r->pass, k->logs, k->att, t->g_att, t->g_qkv,
                       t->g_qkv + shape_q(s), t->g_qkv + shape_q(s) + shape_kv(s));
    block_turn(s, r, 0, true, t->g_qkv);
    qkv_backward(b, r, x, k, t->g_qkv, add, g_x);
}

/* ------------------------------------------------------------------ halves, whole */

static void half_forward(const block *b, int half, const block_rows *r, const real *x,
                         const kept *k, const scratch *t, block_cache *cache, real *y)
{
    norm l = block_norm(b, half);
    bool behind = b->shape->behind;
    const real *in = x;
    if (!behind) {
        norm_forward(&l, r->n, x, k->stats[half], k->in[half]);
        in = k->in[half];
    }
    if (half == BLOCK_ATTENTION)
        attention_half(b, r, in, k, cache, t->a);
    else
        mlp_half(b, r, in, k, t->a);
    residual_forward(b, half, r, k, x, t->a, behind ? k->sum[half] : y);
    if (behind)
        norm_forward(&l, r->n, k->sum[half], k->stats[half], y);
}

/* below: x's gradient is wanted. */
static void half_backward(const block *b, int half, const block_rows *r, const real *x,
                          const kept *k, const scratch *t, bool below, real *g)
{
    norm l = block_norm(b, half);
    bool behind = b->shape->behind;
    const real *in = behind ? x : k->in[half];
    if (behind)
        norm_backward(&l, r->n, k->sum[half], k->stats[half], g, NULL, g);
    const real *g_u = residual_backward(b, half, r, k, t, g);
    /* behind: what comes through the half is added to the residual's; before: it passes the norm first */
    bool wanted = below || (!behind && part_trains(b, half ? BLOCK_NORM2 : BLOCK_NORM1));
    real *g_in = !wanted ? NULL : behind ? g : t->b;
    if (half == BLOCK_ATTENTION)
        attention_back(b, r, in, k, t, g_u, behind, g_in);
    else
        mlp_backward(b, r, in, k, t, g_u, behind, g_in);
    if (!behind && wanted)
        norm_backward(&l, r->n, x, k->stats[half], t->b, g, below ? g : NULL);
}

void block_forward(const block *b, const block_rows *r, const real *x, real *kept_, real *scratch_,
                   block_cache *cache, real *y)
{
    kept k;
    scratch t;
    block_cut(b, r, kept_, scratch_, &k, &t);
    real *h = b->shape->behind ? k.in[1] : k.sum[0];
    half_forward(b, BLOCK_ATTENTION, r, x, &k, &t, cache, h);
    half_forward(b, BLOCK_MLP, r, h, &k, &t, NULL, y);
}

void block_backward(const block *b, const block_rows *r, const real *x, real *kept_, real *scratch_,
                    int lowest, bool below, real *g)
{
    kept k;
    scratch t;
    block_cut(b, r, kept_, scratch_, &k, &t);
    const real *h = b->shape->behind ? k.in[1] : k.sum[0];
    half_backward(b, BLOCK_MLP, r, h, &k, &t, lowest == BLOCK_ATTENTION || below, g);
    if (lowest == BLOCK_ATTENTION)
        half_backward(b, BLOCK_ATTENTION, r, x, &k, &t, below, g);
}
