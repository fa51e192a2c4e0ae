/* vera.c -- low-rank updates through one frozen random pair for all tensors; two vectors a tensor are trained.
 *
 *   W = W0 + e o B (m o A)       A (r, in), B (out, r): the corner of A (r, most in), B (most out, r)
 *   T = g_W A^T (out, r):        g_m_j = sum_i e_i B_ij T_ij      g_e_i = sum_j B_ij m_j T_ij
 *   step 0: m = start (.1), e = 0, so that W = W0
 *
 * A and B are drawn once, uniform in +-sqrt(6 / fan in), fan in = most in for A and r for B, as PEFT's
 * (Kaiming with gain sqrt 2; the paper says Kaiming and no more). Bound, each tensor has a rider on its
 * corner (lda, ldb) with m and e: nothing is formed.
 * Source: Kopiczko et al., arXiv 2310.11454; PEFT vera/model.py.
 * Shapes: z = m (r), e (out) of every tensor: sum of (r + out) numbers. */
#include <math.h>
#include <string.h>

#include "linalg/linalg.h"
#include "spaces/factors.h"

typedef struct vera {
    space base;
    size_t r;
    double start, drop;
    factors factors;
    size_t in, out; /* the largest */
    real *A, *B;    /* (r, in), (out, r), in what is frozen */
} vera;

static const key keys[] = {
    KEY("r", vera, r, "256", 1, 65536, "rows", "rank of the frozen pair"),
    KEY("start", vera, start, ".1", 0, 1e6, "", "m at step 0 (PEFT's d_initial)"),
    KEY("drop", vera, drop, "0", 0, .99, "share", "dropout of the input of A"),
    {0},
};

static void vera_draw(const vera *s, const char *name, size_t n, size_t fan, real *x)
{
    stream own = stream_named(&s->base.stream, name);
    double reach = sqrt(6 / (double)fan);
    rng_uniforms(&own, 0, n, x);
    for (size_t i = 0; i < n; i++)
        x[i] = (real)((2 * (double)x[i] - 1) * reach);
}

static status vera_init(space *base)
{
    vera *s = (vera *)base;
    size_t count = base->layout->n_tensors, both;
    const factors_ask ask = {.drop = s->drop};
    static const factors_part parts[] = {{.what = FACTOR_M, .name = "m"},
                                         {.what = FACTOR_E, .name = "e"}};
    status st = factors_init(&s->factors, base, &ask);
    for (size_t k = 0; k < count && !st; k++) {
        factor *f = &s->factors.each[k];
        f->r = s->r;
        s->in = f->in > s->in ? f->in : s->in;
        s->out = f->out > s->out ? f->out : s->out;
    }
    if (st || (st = size_mul(s->r, s->in + s->out, &both)) ||
        (st = factors_parts(&s->factors, base, parts, 2, both)))
        return st;
    s->A = s->factors.frozen;
    s->B = s->A + s->r * s->in;
    vera_draw(s, "A", s->r * s->in, s->in, s->A);
    vera_draw(s, "B", s->out * s->r, s->r, s->B);
    for (size_t k = 0; k < count; k++)
        for (size_t j = 0; j < s->r; j++)
            factors_start(&s->factors, k, FACTOR_M)[j] = (real)s->start;
    base->work_bytes = both * sizeof(real);
    return OK;
}

static void vera_clear(space *base)
{
    factors_clear(&((vera *)base)->factors);
}

static void vera_lift(const space *base, space_mem *mem, const real *restrict z,
                      real *restrict theta)
{
    const vera *s = (const vera *)base;
    real *mA = mem->work, *eB = mA + s->r * s->in;
    memcpy(theta, base->theta0, base->n * sizeof *theta);
    for (size_t k = 0; k < base->layout->n_tensors; k++) {
        const factor *f = &s->factors.each[k];
        const real *m = z + f->at[FACTOR_M], *e = z + f->at[FACTOR_E];
        for (size_t j = 0; j < s->r; j++)
            for (size_t i = 0; i < f->in; i++)
                mA[j * f->in + i] = m[j] * s->A[j * s->in + i];
        for (size_t i = 0; i < f->out; i++)
            for (size_t j = 0; j < s->r; j++)
                eB[i * s->r + j] = e[i] * s->B[i * s->r + j];
        factor_lift(f, mA, f->in, eB, s->r, theta + base->layout->tensors[k].offset);
    }
}

static void vera_pull(const space *base, space_mem *mem, const real *restrict z,
                      const real *restrict g_theta, real *restrict g_z)
{
    const vera *s = (const vera *)base;
    real *T = (real *)mem->work + s->r * s->in;
    for (size_t k = 0; k < base->layout->n_tensors; k++) {
        const factor *f = &s->factors.each[k];
        const real *m = z + f->at[FACTOR_M], *e = z + f->at[FACTOR_E];
        factor_pull(f, s->A, s->in, s->B, s->r, g_theta + base->layout->tensors[k].offset, NULL, T);
        for (size_t i = 0; i < f->out; i++) {
            for (size_t j = 0; j < s->r; j++)
                T[i * s->r + j] *= s->B[i * s->r + j];
            g_z[f->at[FACTOR_E] + i] = (real)vec_dot(T + i * s->r, m, s->r);
        }
        mat_vec(true, f->out, s->r, T, s->r, e, g_z + f->at[FACTOR_M]);
    }
}

static void vera_bind(const space *base, space_mem *mem, const real *z, real *g_z, view *v)
{
    const vera *s = (const vera *)base;
    memset(g_z, 0, base->d * sizeof *g_z);
    for (size_t k = 0; k < base->layout->n_tensors; k++) {
        const factor *f = &s->factors.each[k];
        rider *r = factors_ride(&s->factors, base, mem, k, v, s->A, s->B);
        r->lda = s->in;
        r->m = z + f->at[FACTOR_M];
        r->e = z + f->at[FACTOR_E];
        r->g_m = g_z + f->at[FACTOR_M];
        r->g_e = g_z + f->at[FACTOR_E];
    }
}

const space_ops space_vera = {
    .name = "vera",
    .doc =
        "low-rank updates through one frozen random pair, scaled by two trained vectors a tensor",
    .source = "Kopiczko et al., arXiv 2310.11454",
    .example = "vera:r=4",
    .revision = 1,
    .keys = keys,
    .size = sizeof(vera),
    .cost =
        "d = sum of (r + out); r (most in + most out) frozen numbers; products as lora's of that r",
    .targets = "linear",
    .regenerable = true,
    .rides = 1,
    .unread = true,
    .init = vera_init,
    .clear = vera_clear,
    .lift = vera_lift,
    .pull = vera_pull,
    .bind = vera_bind,
};
