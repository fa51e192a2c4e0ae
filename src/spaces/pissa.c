/* pissa.c -- low-rank updates whose factors begin as parts of the weights themselves.
 *
 *   W = W0 + s (B A - B0 A0)      A (r, in), B (out, r); A0, B0: where they begin;  W0 = U S V^T = Q R
 *   g_A = s B^T g_W               g_B = s g_W A^T
 *   start=svd    A0 = sqrt(S_r / s) V_r^T,  B0 = U_r sqrt(S_r / s): the largest r singular values (PiSSA)
 *   start=qr     A0 = R_r,  B0 = Q_r: the first r rows and columns (OLoRA)
 *   start=minor  A0 = 0,  B0 = U of the smallest r singular values, frozen: A alone is trained (MiCA)
 *
 * The published codes take s B0 A0 out of the frozen weights; here they stay as they are and the update is what
 * moved, so that step 0 is theta0 to the bit: lift forms s B A and s B0 A0 apart, by the same products. Bound, each
 * matrix has two riders, the second frozen with -s. scale and alpha give s = 1 by default, as in the papers.
 * A0 and B0 come from LAPACK: not the same bits on every machine.
 * Source: Meng et al., arXiv 2404.02948; Buyukakyuz, arXiv 2406.01775 (qr); PEFT lora/layer.py.
 * Shapes: z = A (r, in), B (out, r) of every tensor, A alone with start=minor. */
#include <math.h>
#include <string.h>

#include "linalg/linalg.h"
#include "linalg/svd.h"
#include "spaces/factors.h"

enum { START_SVD, START_QR, START_MINOR };

typedef struct pissa {
    space base;
    const char *r, *alpha;
    double drop;
    int scale, start;
    factor *factors; /* (layout->n_tensors) */
    size_t *A, *B;   /* (layout->n_tensors) where they begin in z; B in frozen with start=minor */
    zparts parts;
    real *z0, *frozen;
    size_t most; /* numbers of the largest tensor */
} pissa;

static const key keys[] = {
    KEY_MAP("r", pissa, r, "8", 1, 65536, "rows",
            "rank of every update, or by role or name: q:4+v:8+16, 16 for the rest"),
    KEY_MAP("alpha", pissa, alpha, "1", 0, 1e9, "", "in the scale s; or by role or name"),
    KEY_WORD("scale", pissa, scale, "one", FACTOR_SCALES,
             "s: alpha (one), alpha/r (plain), alpha/sqrt(r) (rs)"),
    KEY_WORD("start", pissa, start, "svd", "svd+qr+minor",
             "svd: largest singular values; qr: OLoRA; minor: MiCA, the smallest, B frozen"),
    KEY("drop", pissa, drop, "0", 0, .99, "share", "dropout of the input of A"),
    {0},
};

static status pissa_parts(pissa *s, size_t *frozen)
{
    space *base = &s->base;
    size_t count = base->layout->n_tensors;
    status st = zparts_init(&s->parts, 2 * count);
    base->d = *frozen = 0;
    for (size_t k = 0; k < count && !st; k++) {
        const factor *f = &s->factors[k];
        size_t n = base->layout->tensors[k].n;
        s->most = n > s->most ? n : s->most;
        if ((st = zparts_add(&s->parts, base, k, "A", f->r, f->in, 1, &s->A[k])))
            break;
        if (s->start == START_MINOR) {
            s->B[k] = *frozen;
            st = size_add(*frozen, f->out * f->r, frozen);
        } else {
            st = zparts_add(&s->parts, base, k, "B", f->out, f->r, 1, &s->B[k]);
        }
    }
    zparts_done(&s->parts, base);
    return st;
}

/* A0 (r, in) and B0 (out, r) by singular values. */
static status start_svd(const pissa *s, size_t k, real *A, real *B)
{
    const factor *f = &s->factors[k];
    size_t most = f->out < f->in ? f->out : f->in;
    real *values = mem_array(f->r, sizeof *values);
    status st = values ? OK : ERR_MEMORY;
    if (!st)
        st = factor_svd(&s->base, k, f, s->start == START_MINOR ? most - f->r : 0, B, values, A);
    for (size_t a = 0; a < f->r && !st; a++) {
        double root = s->start == START_MINOR ? 0 : sqrt((double)values[a] / f->s);
        for (size_t j = 0; j < f->in; j++)
            A[a * f->in + j] = (real)((double)A[a * f->in + j] * root);
        for (size_t i = 0; i < f->out && s->start == START_SVD; i++)
            B[i * f->r + a] = (real)((double)B[i * f->r + a] * root);
    }
    mem_free(values);
    return st;
}

/* The same by Q R; a wide matrix has as many columns in Q as rows, from its first columns, and R = Q^T W. */
static status start_qr(const pissa *s, size_t k, real *A, real *B)
{
    const factor *f = &s->factors[k];
    const tensor *t = &s->base.layout->tensors[k];
    const real *W = s->base.theta0 + t->offset;
    size_t most = f->out < f->in ? f->out : f->in;
    real *Q = mem_array(f->out, most * sizeof *Q);
    status st = Q ? qr_thin(f->out, most, W, f->in, Q, NULL) : ERR_MEMORY;
    if (st && Q)
        error_prefix("%s: %s: ", s->base.ops->name, t->name);
    for (size_t i = 0; i < f->out && !st; i++)
        memcpy(B + i * f->r, Q + i * most, f->r * sizeof *B);
    if (!st)
        mat_gemm(true, false, f->r, f->in, f->out, 1, B, f->r, W, f->in, 0, A, f->in);
    mem_free(Q);
    return st;
}

static status pissa_init(space *base)
{
    pissa *s = (pissa *)base;
    size_t count = base->layout->n_tensors, frozen;
    const factors_ask ask = {
        .r = s->r, .alpha = s->alpha, .scale = (factor_scale)s->scale, .drop = s->drop};
    status st;
    s->A = mem_array(count, sizeof *s->A);
    s->B = mem_array(count, sizeof *s->B);
    if (!s->A || !s->B)
        return ERR_MEMORY;
    if ((st = factors_new(&s->factors, base, &ask)) || (st = pissa_parts(s, &frozen)) ||
        (st = factors_room(base, &s->z0, frozen, &s->frozen)))
        return st;
    for (size_t k = 0; k < count; k++)
        if (s->factors[k].s <= 0 && s->start == START_SVD)
            return error_set(ERR_USAGE,
                             "pissa: alpha=%s: with a scale of 0 no factors make up the "
                             "weights; give alpha above 0",
                             s->alpha);
    for (size_t k = 0; k < count; k++) {
        real *A = s->z0 + s->A[k];
        real *B = (s->start == START_MINOR ? s->frozen : s->z0) + s->B[k];
        if ((st = s->start == START_QR ? start_qr(s, k, A, B) : start_svd(s, k, A, B)))
            return st;
    }
    return size_mul(2 * sizeof(real), s->most, &base->work_bytes);
}

static void pissa_clear(space *base)
{
    pissa *s = (pissa *)base;
    zparts_clear(&s->parts);
    mem_free(s->factors);
    mem_free(s->A);
    mem_free(s->B);
    mem_free(s->z0);
    mem_free(s->frozen);
}

static const real *pissa_B(const pissa *s, const real *z, size_t k)
{
    return (s->start == START_MINOR ? s->frozen : z) + s->B[k];
}

static void pissa_lift(const space *base, space_mem *mem, const real *restrict z,
                       real *restrict theta)
{
    const pissa *s = (const pissa *)base;
    real *now = mem->work, *then = now + s->most;
    for (size_t k = 0; k < base->layout->n_tensors; k++) {
        const factor *f = &s->factors[k];
        const tensor *t = &base->layout->tensors[k];
        memset(now, 0, t->n * sizeof *now);
        memset(then, 0, t->n * sizeof *then);
        factor_lift(f, z + s->A[k], f->in, pissa_B(s, z, k), f->r, now);
        if (s->start != START_MINOR)
            factor_lift(f, s->z0 + s->A[k], f->in, s->z0 + s->B[k], f->r, then);
        for (size_t i = 0; i < t->n; i++)
            theta[t->offset + i] = base->theta0[t->offset + i] + (now[i] - then[i]);
    }
}

static void pissa_pull(const space *base, space_mem *mem, const real *restrict z,
                       const real *restrict g_theta, real *restrict g_z)
{
    const pissa *s = (const pissa *)base;
    (void)mem;
    for (size_t k = 0; k < base->layout->n_tensors; k++) {
        const factor *f = &s->factors[k];
        factor_pull(f, z + s->A[k], f->in, pissa_B(s, z, k), f->r,
                    g_theta + base->layout->tensors[k].offset, g_z + s->A[k],
                    s->start == START_MINOR ? NULL : g_z + s->B[k]);
    }
}

static void pissa_bind(const space *base, space_mem *mem, const real *z, real *g_z, view *v)
{
    const pissa *s = (const pissa *)base;
    memset(g_z, 0, base->d * sizeof *g_z);
    for (size_t k = 0; k < base->layout->n_tensors; k++) {
        const factor *f = &s->factors[k];
        rider *r = factor_ride(f, base, mem, k, v, z + s->A[k], pissa_B(s, z, k));
        r->drop = s->drop;
        r->g_A = g_z + s->A[k];
        if (s->start == START_MINOR)
            continue;
        r->g_B = g_z + s->B[k];
        r = factor_ride(f, base, mem, k, v, s->z0 + s->A[k], s->z0 + s->B[k]);
        r->drop = s->drop; /* the same masks: what was taken out is what was put in */
        r->s = -f->s;
    }
}

const space_ops space_pissa = {
    .name = "pissa",
    .doc =
        "low-rank updates that begin at parts of the weights: singular values, QR (OLoRA), or the "
        "smallest ones (MiCA)",
    .source = "Meng et al., arXiv 2404.02948; OLoRA: 2406.01775",
    .example = "pissa:r=2",
    .revision = 1,
    .keys = keys,
    .size = sizeof(pissa),
    .cost =
        "as lora, twice its products; a singular value decomposition of each matrix at the start",
    .targets = "linear",
    .rides = 2,
    .init = pissa_init,
    .clear = pissa_clear,
    .lift = pissa_lift,
    .pull = pissa_pull,
    .bind = pissa_bind,
};
