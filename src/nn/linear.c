/* linear.c -- see linear.h.
 *
 * With t = scale W x + sum_k ..., u_k = A_k x_k, x_k = drop(x), p_k = B_k (m_k o u_k):
 *
 *     g_c += sum g_y o t            g_t = c o g_y
 *     g_W += scale g_t^T x          g_x  = scale g_t W
 *     q_k  = s_k e_k o g_t (its rows)       g_e += sum s_k g_t o p_k
 *     g_B += q_k^T (m_k o u_k)      v_k  = q_k B_k       g_m += sum v_k o u_k
 *     w_k  = m_k o v_k              g_A += w_k^T x_k     g_x += drop(w_k A_k)
 *
 * Kept: t (n, out) when c is there; per rider u and, with an m, m o u (n, r). Scratch: q or p (n, rows of a
 * rider); one (n, in) where a rider drops; v (n, r); widened rows of W where it is stored in bf16. */
#include "linalg/linalg.h"
#include "nn/bf16.h"
#include "nn/cut.h"
#include "nn/dropout.h"
#include "nn/linear.h"

enum { WIDEN = 64 }; /* rows of a bf16 matrix widened at a time */

typedef struct scratch { /* work, cut up; riders: u and m o u of each, one behind another */
    real *t, *riders, *q, *dropped, *v, *rows;
} scratch;

static size_t linear_ld(const linear *l)
{
    return l->ld ? l->ld : l->out;
}

static bool linear_drops(const idim_slot *w)
{
    for (size_t k = 0; k < w->n_riders; k++)
        if (w->riders[k].drop > 0)
            return true;
    return false;
}

/* What a rider keeps: u, and behind it m o u where that is another. */
static real *rider_cut(const idim_rider *r, size_t n, cutter *c, real **mu)
{
    real *u = cut(c, n * r->r);
    *mu = r->m ? cut(c, n * r->r) : u;
    return u;
}

static void kept_cut(const linear *l, size_t n, cutter *c, scratch *s)
{
    const idim_slot *w = l->weight;
    real *mu;
    s->t = w->c ? cut(c, n * l->out) : NULL;
    s->riders = c->base ? c->base + c->at : NULL;
    for (size_t k = 0; k < w->n_riders; k++)
        rider_cut(&w->riders[k], n, c, &mu);
}

static void scratch_cut(const linear *l, size_t n, cutter *c, scratch *s)
{
    const idim_slot *w = l->weight;
    size_t rows = 0, r = 0;
    for (size_t k = 0; k < w->n_riders; k++) {
        rows = w->riders[k].rows > rows ? w->riders[k].rows : rows;
        r = w->riders[k].r > r ? w->riders[k].r : r;
    }
    s->q = cut(c, n * rows);
    s->v = cut(c, n * r);
    s->dropped = linear_drops(w) ? cut(c, n * l->in) : NULL;
    s->rows = w->storage == IDIM_STORED_BF16 ? cut(c, WIDEN * l->in) : NULL;
}

static size_t work_cut(const linear *l, size_t n, real *work, scratch *s)
{
    cutter kept = {work, 0}, shared = {l->scratch, 0};
    kept_cut(l, n, &kept, s);
    scratch_cut(l, n, l->shared ? &shared : &kept, s);
    return kept.at;
}

size_t linear_work(const linear *l, size_t n, idim_mode mode)
{
    scratch s;
    (void)mode; /* what evaluation saves is small beside one set of buffers for both */
    return work_cut(l, n, NULL, &s) * sizeof(real);
}

size_t linear_scratch(const linear *l, size_t n)
{
    cutter c = {NULL, 0};
    scratch s;
    scratch_cut(l, n, &c, &s);
    return c.at;
}

/* y = scale x W^T (n, out), or g_x = scale g_y W (n, in) + beta g_x. */
static void weight_forward(const linear *l, size_t n, const real *x, const scratch *s, pool *p,
                           real *y)
{
    const idim_slot *w = l->weight;
    if (w->storage == IDIM_STORED_REAL) {
        mat_gemm_on(p, false, true, n, l->out, l->in, w->scale, x, l->in, w->value, l->in, 0, y,
                    linear_ld(l));
        return;
    }
    for (size_t row = 0; row < l->out; row += WIDEN) {
        size_t rows = l->out - row < WIDEN ? l->out - row : WIDEN;
        bf16_values((const uint16_t *)w->value + row * l->in, rows * l->in, s->rows);
        mat_gemm_on(p, false, true, n, rows, l->in, w->scale, x, l->in, s->rows, l->in, 0, y + row,
                    linear_ld(l));
    }
}

static void weight_backward(const linear *l, size_t n, const real *g_t, size_t ld, const scratch *s,
                            pool *p, real *g_x)
{
    const idim_slot *w = l->weight;
    if (w->storage == IDIM_STORED_REAL) {
        mat_gemm_on(p, false, false, n, l->in, l->out, w->scale, g_t, ld, w->value, l->in,
                    l->add ? 1 : 0, g_x, l->in);
        return;
    }
    for (size_t row = 0; row < l->out; row += WIDEN) {
        size_t rows = l->out - row < WIDEN ? l->out - row : WIDEN;
        bf16_values((const uint16_t *)w->value + row * l->in, rows * l->in, s->rows);
        mat_gemm_on(p, false, false, n, l->in, rows, w->scale, g_t + row, ld, s->rows, l->in,
                    row || l->add ? 1 : 0, g_x, l->in);
    }
}

/* y = drop(x) for rider k; add: y += instead. */
static void rider_drop(const linear *l, size_t k, size_t n, const real *x, const idim_batch *batch,
                       const idim_pass *pass, bool add, real *y)
{
    stream layer = stream_sub(&pass->dropout, l->place), own = stream_sub(&layer, k);
    dropout_rows(&own, l->weight->riders[k].drop, n, l->in, l->starts, batch, pass, x, add, y);
}

/* What a rider's A multiplies. */
static const real *rider_input(const linear *l, size_t k, size_t n, const real *x,
                               const idim_batch *batch, const idim_pass *pass, const scratch *s)
{
    const idim_rider *r = &l->weight->riders[k];
    if (pass->mode == IDIM_EVAL || !(r->drop > 0))
        return x;
    rider_drop(l, k, n, x, batch, pass, false, s->dropped);
    return s->dropped;
}

static void columns_times(size_t n, size_t cols, const real *m, const real *from, size_t ld,
                          real *to, size_t ld_to)
{
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < cols; j++)
            to[i * ld_to + j] = m ? m[j] * from[i * ld + j] : from[i * ld + j];
}

static void rider_forward(const linear *l, size_t k, size_t n, const real *x,
                          const idim_batch *batch, const idim_pass *pass, const scratch *s,
                          cutter *own, real *y)
{
    const idim_rider *r = &l->weight->riders[k];
    real *mu, *u = rider_cut(r, n, own, &mu);
    const real *in = rider_input(l, k, n, x, batch, pass, s);
    mat_gemm_on(pass->pool, false, true, n, r->r, l->in, 1, in, l->in, r->A, r->lda, 0, u, r->r);
    if (r->m)
        columns_times(n, r->r, r->m, u, r->r, mu, r->r);
    if (!r->e) {
        mat_gemm_on(pass->pool, false, true, n, r->rows, r->r, (real)r->s, mu, r->r, r->B, r->ldb,
                    1, y + r->row0, linear_ld(l));
        return;
    }
    mat_gemm_on(pass->pool, false, true, n, r->rows, r->r, 1, mu, r->r, r->B, r->ldb, 0, s->q,
                r->rows);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < r->rows; j++)
            y[i * linear_ld(l) + r->row0 + j] += (real)r->s * r->e[j] * s->q[i * r->rows + j];
}

void linear_forward(const linear *l, size_t n, const real *x, const idim_batch *batch,
                    const idim_pass *pass, void *work, real *y)
{
    const idim_slot *w = l->weight;
    size_t ld = linear_ld(l);
    scratch s;
    work_cut(l, n, work, &s);
    weight_forward(l, n, x, &s, pass->pool, y);
    cutter own = {s.riders, 0};
    for (size_t k = 0; k < w->n_riders; k++)
        rider_forward(l, k, n, x, batch, pass, &s, &own, y);
    if (w->c) {
        columns_times(n, l->out, NULL, y, ld, s.t, l->out);
        columns_times(n, l->out, w->c, s.t, l->out, y, ld);
    }
    const real *b = l->bias ? l->bias->value : NULL;
    for (size_t i = 0; b && i < n; i++)
        for (size_t j = 0; j < l->out; j++)
            y[i * ld + j] += b[j];
}

bool linear_reads(const idim_slot *w)
{
    for (size_t k = 0; k < w->n_riders; k++)
        if (w->riders[k].g_A)
            return true;
    return w->grad != NULL;
}

/* g_j += sum over samples of a o b. */
static void add_columns(size_t n, size_t cols, double factor, const real *a, size_t lda,
                        const real *b, size_t ldb, real *g)
{
    for (size_t j = 0; j < cols; j++) {
        double sum = 0;
        for (size_t i = 0; i < n; i++)
            sum += (double)a[i * lda + j] * (b ? (double)b[i * ldb + j] : 1);
        g[j] += (real)(factor * sum);
    }
}

/* Column sums row by row: the order that is read fastest, in real. */
static void add_rows(size_t n, size_t cols, const real *a, size_t ld, real *g)
{
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < cols; j++)
            g[j] += a[i * ld + j];
}

static void rider_backward(const linear *l, size_t k, size_t n, const real *x,
                           const idim_batch *batch, const idim_pass *pass, const scratch *s,
                           cutter *own, const real *g_t, size_t ld, real *g_x)
{
    const idim_rider *r = &l->weight->riders[k];
    real *mu, *u = rider_cut(r, n, own, &mu), *v = s->v, *q = s->q;
    if (r->g_e) { /* q holds p for a moment */
        mat_gemm_on(pass->pool, false, true, n, r->rows, r->r, 1, mu, r->r, r->B, r->ldb, 0, q,
                    r->rows);
        add_columns(n, r->rows, r->s, g_t + r->row0, ld, q, r->rows, r->g_e);
    }
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < r->rows; j++)
            q[i * r->rows + j] = (real)r->s * (r->e ? r->e[j] : 1) * g_t[i * ld + r->row0 + j];
    if (r->g_B)
        mat_gemm_on(pass->pool, true, false, r->rows, r->r, n, 1, q, r->rows, mu, r->r, 1, r->g_B,
                    r->ldb);
    mat_gemm_on(pass->pool, false, false, n, r->r, r->rows, 1, q, r->rows, r->B, r->ldb, 0, v,
                r->r);
    if (r->g_m)
        add_columns(n, r->r, 1, v, r->r, u, r->r, r->g_m);
    if (r->m)
        columns_times(n, r->r, r->m, v, r->r, v, r->r);
    bool drops = pass->mode == IDIM_TRAIN && r->drop > 0;
    if (r->g_A) {
        const real *in = rider_input(l, k, n, x, batch, pass, s);
        mat_gemm_on(pass->pool, true, false, r->r, l->in, n, 1, v, r->r, in, l->in, 1, r->g_A,
                    r->lda);
    }
    if (!g_x)
        return;
    if (!drops) {
        mat_gemm_on(pass->pool, false, false, n, l->in, r->r, 1, v, r->r, r->A, r->lda, 1, g_x,
                    l->in);
        return;
    }
    mat_gemm_on(pass->pool, false, false, n, l->in, r->r, 1, v, r->r, r->A, r->lda, 0, s->dropped,
                l->in);
    rider_drop(l, k, n, s->dropped, batch, pass, true, g_x);
}

void linear_backward(const linear *l, size_t n, const real *x, const idim_batch *batch,
                     const idim_pass *pass, void *work, const real *g_y, real *g_x)
{
    const idim_slot *w = l->weight;
    size_t ld = linear_ld(l);
    scratch s;
    work_cut(l, n, work, &s);
    if (l->bias && l->bias->grad)
        add_rows(n, l->out, g_y, ld, l->bias->grad);
    if (w->c && w->g_c)
        add_columns(n, l->out, 1, g_y, ld, s.t, l->out, w->g_c);
    const real *g_t = g_y;
    if (w->c) { /* t is not needed any more */
        columns_times(n, l->out, w->c, g_y, ld, s.t, l->out);
        g_t = s.t;
        ld = l->out;
    }
    if (w->grad)
        mat_gemm_on(pass->pool, true, false, l->out, l->in, n, w->scale, g_t, ld, x, l->in, 1,
                    w->grad, l->in);
    if (g_x)
        weight_backward(l, n, g_t, ld, &s, pass->pool, g_x);
    cutter own = {s.riders, 0};
    for (size_t k = 0; k < w->n_riders; k++)
        rider_backward(l, k, n, x, batch, pass, &s, &own, g_t, ld, g_x);
}
