/* attention.c -- see attention.h. For a tile of queries and one of keys, with m, l the running largest
 * score and sum of a row (Milakov & Gimelshein 2018):
 *
 *     m' = max(m, S)   P = e^(S - m')   l = l e^(m - m') + sum P   y = y e^(m - m') + drop(P) v
 *     at the end       y /= l           log = m + ln l
 *
 * Backward, P = e^(S - log), D = sum over the head of g_y o y, M the dropout mask:
 *
 *     g_v += (M o P)^T g_y       g_S = P o (M o (g_y v^T) - D)
 *     g_q += scale g_S k         g_k += scale g_S^T q
 *
 * A part is one sample and one key head with its group of query heads, so that no two parts write to
 * one place; where prefix rows, which all samples share, want gradients, it is a key head of all
 * samples. */
#include <string.h>

#include "linalg/exp.h"
#include "linalg/linalg.h"
#include "linalg/thin.h"
#include "nn/attention.h"
#include "nn/dropout.h"

enum { TILE_Q = 64, TILE_K = THIN_COLUMNS };

typedef struct job { /* what the parts share */
    const attention *a;
    const attention_in *in;
    const idim_batch *batch;
    const idim_pass *pass;
    stream layer;
    real *logs, *y, *g_q, *g_k, *g_v;
    const real *had_logs, *had_y, *g_y; /* of backward */
} job;

typedef struct head { /* a query head of one sample */
    const real *q, *had_y, *had_logs, *g_y;
    real *y, *logs, *g_q; /* y, logs: of forward */
    size_t n, before;     /* queries; keys that stand before the first query's own */
    size_t h;
    stream sample; /* of its masks */
    bool drops;
} head;

typedef struct span { /* keys and values that lie together */
    const real *k, *v;
    real *g_k, *g_v;     /* NULL: not wanted */
    size_t n, ld, first; /* first: its place among all keys of the sample */
    bool causal;
} span;

static head head_at(const job *j, size_t s, size_t h)
{
    const attention *a = j->a;
    const attention_in *in = j->in;
    size_t q0 = in->q_starts[s], n = in->q_starts[s + 1] - q0, ld = a->heads * a->width;
    size_t q = q0 * in->ldq + h * a->width, y = q0 * ld + h * a->width, log = q0 * a->heads + h;
    head r = {.q = in->q + q,
              .n = n,
              .before = in->k_starts[s + 1] - in->k_starts[s] - n,
              .h = h,
              .drops = a->drop > 0 && j->pass->mode == IDIM_TRAIN};
    if (j->g_y) {
        r.had_y = j->had_y + y;
        r.had_logs = j->had_logs + log;
        r.g_y = j->g_y + y;
        r.g_q = j->g_q + q;
    } else {
        r.y = j->y + y;
        r.logs = j->logs + log;
    }
    if (r.drops)
        r.sample = dropout_sample(&j->layer, j->batch, j->pass, s);
    return r;
}

static span span_prefix(const job *j, size_t g)
{
    const attention *a = j->a;
    size_t at = g * a->width;
    const real *k = a->prefix_k->value, *v = a->prefix_v->value;
    return (span){.k = k + at,
                  .v = v + at,
                  .g_k = a->prefix_k->grad ? a->prefix_k->grad + at : NULL,
                  .g_v = a->prefix_v->grad ? a->prefix_v->grad + at : NULL,
                  .n = a->prefix,
                  .ld = a->kv_heads * a->width};
}

static span span_own(const job *j, size_t s, size_t g)
{
    const attention_in *in = j->in;
    size_t row = in->k_starts[s], at = row * in->ldkv + g * j->a->width;
    return (span){.k = in->k + at,
                  .v = in->v + at,
                  .g_k = j->g_k ? j->g_k + at : NULL,
                  .g_v = j->g_v ? j->g_v + at : NULL,
                  .n = in->k_starts[s + 1] - row,
                  .ld = in->ldkv,
                  .first = j->a->prefix,
                  .causal = j->a->causal};
}

/* How many of the keys from k0 on query i sees, of at most n. */
static size_t visible(const head *r, const span *p, size_t i, size_t k0, size_t n)
{
    size_t end = r->before + i + 1;
    if (!p->causal)
        return n;
    return end <= k0 ? 0 : end - k0 < n ? end - k0 : n;
}

/* The mask of a query's row, keys of the span from k0 on. */
static void row_mask(const job *j, const head *r, const span *p, size_t i, size_t k0, size_t n,
                     real *mask)
{
    stream row = stream_sub(&r->sample, (uint64_t)r->h << 32 | (r->before + i));
    dropout_mask(&row, p->first + k0, n, j->a->drop, mask);
}

/* S (nq, nk) = alpha A B^T; C (m, w) += alpha op(S) B, S (n, m) where it is turned. */
static void tile_outer(size_t w, size_t nq, size_t nk, real alpha, const real *A, size_t lda,
                       const real *B, size_t ldb, real *S)
{
    if (thin_has(w))
        thin_outer(w, nq, nk, alpha, A, lda, B, ldb, S);
    else
        mat_gemm(false, true, nq, nk, w, alpha, A, lda, B, ldb, 0, S, nk);
}

static void tile_inner(size_t w, bool trans, size_t m, size_t n, real alpha, const real *S,
                       const real *B, size_t ldb, real *C, size_t ldc)
{
    size_t lds = trans ? m : n;
    if (thin_has(w))
        thin_inner(w, trans, m, n, alpha, S, lds, B, ldb, C, ldc);
    else
        mat_gemm(trans, false, m, w, n, alpha, S, lds, B, ldb, 1, C, ldc);
}

/* Scores of queries i0 .. i0+nq with keys k0 .. k0+nk of the span. */
static void tile_scores(const job *j, const head *r, const span *p, size_t i0, size_t nq, size_t k0,
                        size_t nk, real *S)
{
    tile_outer(j->a->width, nq, nk, (real)j->a->scale, r->q + i0 * j->in->ldq, j->in->ldq,
               p->k + k0 * p->ld, p->ld, S);
}

/* ------------------------------------------------------------------ forward */

static void span_forward(const job *j, const head *r, const span *p, size_t i0, size_t nq, real *m,
                         real *l)
{
    real S[TILE_Q * TILE_K], mask[TILE_K];
    size_t w = j->a->width, ld = j->a->heads * w;
    size_t seen = visible(r, p, i0 + nq - 1, 0, p->n);
    for (size_t k0 = 0; k0 < seen; k0 += TILE_K) {
        size_t nk = seen - k0 < TILE_K ? seen - k0 : TILE_K;
        tile_scores(j, r, p, i0, nq, k0, nk, S);
        for (size_t i = 0; i < nq; i++) {
            real *row = S + i * nk, *y = r->y + (i0 + i) * ld;
            size_t n = visible(r, p, i0 + i, k0, nk);
            memset(row + n, 0, (nk - n) * sizeof *row);
            if (!n)
                continue;
            real most = vec_max(row, n);
            if (!(most <= m[i])) { /* all that was summed is scaled down */
                real down = real_exp(m[i] - most);
                l[i] *= down;
                for (size_t c = 0; c < w; c++)
                    y[c] *= down;
                m[i] = most;
            }
            for (size_t k = 0; k < n; k++)
                row[k] = real_exp(row[k] - m[i]);
            l[i] += vec_sum(row, NULL, n);
            if (r->drops) {
                row_mask(j, r, p, i0 + i, k0, n, mask);
                for (size_t k = 0; k < n; k++)
                    row[k] *= mask[k];
            }
        }
        tile_inner(w, false, nq, nk, 1, S, p->v + k0 * p->ld, p->ld, r->y + i0 * ld, ld);
    }
}

static void head_forward(const job *j, const head *r, const span *spans, size_t n_spans)
{
    size_t w = j->a->width, ld = j->a->heads * w;
    for (size_t i0 = 0; i0 < r->n; i0 += TILE_Q) {
        size_t nq = r->n - i0 < TILE_Q ? r->n - i0 : TILE_Q;
        real m[TILE_Q], l[TILE_Q];
        for (size_t i = 0; i < nq; i++) {
            m[i] = -HUGE_VALF;
            l[i] = 0;
            memset(r->y + (i0 + i) * ld, 0, w * sizeof(real));
        }
        for (size_t k = 0; k < n_spans; k++)
            span_forward(j, r, &spans[k], i0, nq, m, l);
        for (size_t i = 0; i < nq; i++) {
            real *y = r->y + (i0 + i) * ld, over = 1 / l[i];
            for (size_t c = 0; c < w; c++)
                y[c] *= over;
            r->logs[(i0 + i) * j->a->heads] = m[i] + (real)log((double)l[i]);
        }
    }
}

static size_t spans_of(const job *j, size_t s, size_t g, span spans[2])
{
    size_t n = 0;
    if (j->a->prefix)
        spans[n++] = span_prefix(j, g);
    spans[n++] = span_own(j, s, g);
    return n;
}

static void forward_part(void *context, size_t part)
{
    const job *j = context;
    size_t s = part / j->a->kv_heads, g = part % j->a->kv_heads;
    size_t group = j->a->heads / j->a->kv_heads;
    span spans[2];
    size_t n = spans_of(j, s, g, spans);
    for (size_t h = g * group; h < (g + 1) * group; h++) {
        head r = head_at(j, s, h);
        head_forward(j, &r, spans, n);
    }
}

void attention_forward(const attention *a, const attention_in *in, const idim_batch *batch,
                       const idim_pass *pass, real *logs, real *y)
{
    job j = {.a = a, .in = in, .batch = batch, .pass = pass, .logs = logs, .y = y};
    j.layer = stream_sub(&pass->dropout, a->place);
    pool_run(pass->pool, forward_part, &j, batch->n * a->kv_heads);
}

/* ------------------------------------------------------------------ backward */

/* S becomes g_S, G (g_y v^T at first) becomes M o P. */
static void rows_backward(const job *j, const head *r, const span *p, size_t i0, size_t nq,
                          size_t k0, size_t nk, const real *D, real *S, real *G)
{
    real mask[TILE_K];
    for (size_t i = 0; i < nq; i++) {
        real *restrict s = S + i * nk, *restrict g = G + i * nk;
        real log_sum = r->had_logs[(i0 + i) * j->a->heads], d = D[i];
        size_t n = visible(r, p, i0 + i, k0, nk);
        memset(s + n, 0, (nk - n) * sizeof *s);
        memset(g + n, 0, (nk - n) * sizeof *g);
        if (r->drops) {
            row_mask(j, r, p, i0 + i, k0, n, mask);
            for (size_t k = 0; k < n; k++) {
                real P = real_exp(s[k] - log_sum);
                s[k] = P * (mask[k] * g[k] - d);
                g[k] = mask[k] * P;
            }
            continue;
        }
        for (size_t k = 0; k < n; k++) {
            real P = real_exp(s[k] - log_sum);
            s[k] = P * (g[k] - d);
            g[k] = P;
        }
    }
}

static void span_backward(const job *j, const head *r, const span *p, size_t i0, size_t nq,
                          const real *D)
{
    real S[TILE_Q * TILE_K], G[TILE_Q * TILE_K];
    size_t w = j->a->width, ld = j->a->heads * w, ldq = j->in->ldq;
    real scale = (real)j->a->scale;
    const real *q = r->q + i0 * ldq, *g_y = r->g_y + i0 * ld;
    size_t seen = visible(r, p, i0 + nq - 1, 0, p->n);
    for (size_t k0 = 0; k0 < seen; k0 += TILE_K) {
        size_t nk = seen - k0 < TILE_K ? seen - k0 : TILE_K;
        tile_scores(j, r, p, i0, nq, k0, nk, S);
        tile_outer(w, nq, nk, 1, g_y, ld, p->v + k0 * p->ld, p->ld, G);
        rows_backward(j, r, p, i0, nq, k0, nk, D, S, G);
        if (p->g_v)
            tile_inner(w, true, nk, nq, 1, G, g_y, ld, p->g_v + k0 * p->ld, p->ld);
        if (p->g_k)
            tile_inner(w, true, nk, nq, scale, S, q, ldq, p->g_k + k0 * p->ld, p->ld);
        tile_inner(w, false, nq, nk, scale, S, p->k + k0 * p->ld, p->ld, r->g_q + i0 * ldq, ldq);
    }
}

static void head_backward(const job *j, const head *r, const span *spans, size_t n_spans)
{
    size_t w = j->a->width, ld = j->a->heads * w;
    for (size_t i0 = 0; i0 < r->n; i0 += TILE_Q) {
        size_t nq = r->n - i0 < TILE_Q ? r->n - i0 : TILE_Q;
        real D[TILE_Q];
        for (size_t i = 0; i < nq; i++) {
            D[i] = vec_sum(r->g_y + (i0 + i) * ld, r->had_y + (i0 + i) * ld, w);
            memset(r->g_q + (i0 + i) * j->in->ldq, 0, w * sizeof(real));
        }
        for (size_t k = 0; k < n_spans; k++)
            span_backward(j, r, &spans[k], i0, nq, D);
    }
}

static void sample_backward(const job *j, size_t s, size_t g)
{
    size_t group = j->a->heads / j->a->kv_heads, w = j->a->width;
    span spans[2];
    size_t n = spans_of(j, s, g, spans);
    const span *own = &spans[n - 1];
    for (size_t i = 0; i < own->n; i++) {
        memset(own->g_k + i * own->ld, 0, w * sizeof(real));
        memset(own->g_v + i * own->ld, 0, w * sizeof(real));
    }
    for (size_t h = g * group; h < (g + 1) * group; h++) {
        head r = head_at(j, s, h);
        head_backward(j, &r, spans, n);
    }
}

static void backward_part(void *context, size_t part)
{
    const job *j = context;
    sample_backward(j, part / j->a->kv_heads, part % j->a->kv_heads);
}

static void backward_head(void *context, size_t g)
{
    const job *j = context;
    for (size_t s = 0; s < j->batch->n; s++)
        sample_backward(j, s, g);
}

void attention_backward(const attention *a, const attention_in *in, const idim_batch *batch,
                        const idim_pass *pass, const real *logs, const real *y, const real *g_y,
                        real *g_q, real *g_k, real *g_v)
{
    job j = {.a = a,
             .in = in,
             .batch = batch,
             .pass = pass,
             .g_q = g_q,
             .g_k = g_k,
             .g_v = g_v,
             .had_logs = logs,
             .had_y = y,
             .g_y = g_y};
    j.layer = stream_sub(&pass->dropout, a->place);
    bool shared = a->prefix && (a->prefix_k->grad || a->prefix_v->grad);
    pool_run(pass->pool, shared ? backward_head : backward_part, &j,
             shared ? a->kv_heads : batch->n * a->kv_heads);
}
