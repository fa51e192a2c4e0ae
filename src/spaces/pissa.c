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
    factors factors;
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

/* A0 (r, in) and B0 (out, r) by singular values. */
static status start_svd(const pissa *s, size_t k, real *A, real *B)
{
    const factor *f = &s->factors.each[k];
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
    const factor *f = &s->factors.each[k];
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
    const factors_ask ask = {
        .r = s->r, .alpha = s->alpha, .scale = (factor_scale)s->scale, .drop = s->drop};
    const factors_part parts[] = {
        {.what = FACTOR_A, .name = "A"},
        {.what = FACTOR_B, .name = "B", .frozen = s->start == START_MINOR}};
    status st;
    if ((st = factors_init(&s->factors, base, &ask)) ||
        (st = factors_parts(&s->factors, base, parts, 2, 0)))
        return st;
    for (size_t k = 0; k < base->layout->n_tensors; k++) {
        real *A = factors_start(&s->factors, k, FACTOR_A);
        real *B = factors_start(&s->factors, k, FACTOR_B);
        size_t n = base->layout->tensors[k].n;
        s->most = n > s->most ? n : s->most;
        if (s->factors.each[k].s <= 0 && s->start == START_SVD)
            return error_set(ERR_USAGE,
                             "pissa: alpha=%s: with a scale of 0 no factors make up the "
                             "weights; give alpha above 0",
                             s->alpha);
        if ((st = s->start == START_QR ? start_qr(s, k, A, B) : start_svd(s, k, A, B)))
            return st;
    }
    return size_mul(2 * sizeof(real), s->most, &base->work_bytes);
}

static void pissa_clear(space *base)
{
    factors_clear(&((pissa *)base)->factors);
}

static void pissa_lift(const space *base, space_mem *mem, const real *restrict z,
                       real *restrict theta)
{
    const pissa *s = (const pissa *)base;
    real *now = mem->work, *then = now + s->most;
    for (size_t k = 0; k < base->layout->n_tensors; k++) {
        const factor *f = &s->factors.each[k];
        const tensor *t = &base->layout->tensors[k];
        memset(now, 0, t->n * sizeof *now);
        memset(then, 0, t->n * sizeof *then);
        factor_lift(f, z + f->at[FACTOR_A], f->in, factors_at(&s->factors, z, k, FACTOR_B), f->r,
                    now);
        if (s->start != START_MINOR)
            factor_lift(f, base->z0 + f->at[FACTOR_A], f->in, base->z0 + f->at[FACTOR_B], f->r,
                        then);
        for (size_t i = 0; i < t->n; i++)
            theta[t->offset + i] = base->theta0[t->offset + i] + (now[i] - then[i]);
    }
}

static void pissa_pull(const space *base, space_mem *mem, const real *restrict z,
                       const real *restrict g_theta, real *restrict g_z)
{
    (void)mem;
    factors_pull(&((const pissa *)base)->factors, base, z, g_theta, g_z);
}

static void pissa_bind(const space *base, space_mem *mem, const real *z, real *g_z, view *v)
{
    const factors *f = &((const pissa *)base)->factors;
    factors_bind(f, base, mem, z, g_z, v);
    for (size_t k = 0; k < base->layout->n_tensors && f->how[FACTOR_B] == FACTOR_TRAINED; k++) {
        const size_t *at =
            f->each[k].at; /* the same masks: what was taken out is what was put in */
        rider *r =
            factors_ride(f, base, mem, k, v, base->z0 + at[FACTOR_A], base->z0 + at[FACTOR_B]);
        r->s = -r->s;
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
