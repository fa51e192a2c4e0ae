/* dora.c -- LoRA for the direction of every output's weights, and a trained length for each.
 *
 *   V = W0 + s B A,   n_i = ||V_i|| over the inputs of row i,   c_i = m_i / n_i,   W_i = c_i V_i
 *   g_m_i = a_i / n_i,  a_i = <g_W_i, V_i>        g_V = c o g_W       (norm=detached, as published)
 *   g_V  -= c_i a_i / n_i^2 V_i                                       (norm=exact)
 *   step 0: A as lora's, B zero, m_i = ||W0_i||, so that c = 1 and W = W0 to the bit
 *
 * The paper's section 4.3 treats n as a constant of each step, which saves memory and makes g_z no gradient
 * of the loss: it keeps a part along V_i that m already has. norm=exact is the true one. V is never formed:
 *   n_i^2 = ||W0_i||^2 + 2 s <B_i, P_i> + s^2 B_i G B_i^T       P = W0 A^T (out, r), G = A A^T (r, r)
 * Bound, the slot's c is m / n and a rider adds s B A x before it. Dropout acts on what the rider sees; in
 * PEFT W0's share of the length sees the dropped input too.
 * "Column-wise" in the paper is of its transposed layout: one length for each output. m, like a bias, is
 * not decayed, and with LoRA+ has B's rate.
 * Source: Liu et al., arXiv 2402.09353; PEFT lora/dora.py.
 * Cost: beside lora's, out in r products a step for P, whatever the batch. */
#include <math.h>
#include <string.h>

#include "linalg/linalg.h"
#include "spaces/factors.h"

enum { NORM_DETACHED, NORM_EXACT };

typedef struct dora_place { /* of one tensor */
    size_t P, T, G, H, n;   /* in work: P, T (out, r), G, H (r, r), n, c (out) each */
    size_t square;          /* ||W0_i||^2 in squares */
} dora_place;

typedef struct dora {
    space base;
    const char *r, *alpha;
    double drop, ratio;
    int scale, norm;
    factors factors;
    dora_place *place; /* (layout->n_tensors) */
    double *squares;
} dora;

static const key keys[] = {
    KEY_MAP("r", dora, r, "8", 1, 65536, "rows", "rank of every update, or by role or name: q:4+8"),
    KEY_MAP("alpha", dora, alpha, "16", 0, 1e9, "",
            "scale: s = alpha/r; the same for every r; or by role or name"),
    KEY_WORD("scale", dora, scale, "plain", FACTOR_SCALES, "rs: s = alpha/sqrt(r); one: s = alpha"),
    KEY("drop", dora, drop, "0", 0, .99, "share", "dropout of the input of A"),
    KEY("ratio", dora, ratio, "1", 1e-6, 1e6, "", "LoRA+: learning rate of B and m over that of A"),
    KEY_WORD("norm", dora, norm, "detached", "detached+exact",
             "detached: lengths are constants in the gradient, as published"),
    {0},
};

static status dora_places(dora *s)
{
    size_t count = s->base.layout->n_tensors, work = 0, rows = 0;
    if (!(s->place = mem_array(count, sizeof *s->place)))
        return ERR_MEMORY;
    for (size_t k = 0; k < count; k++) {
        const factor *f = &s->factors.each[k];
        dora_place *p = &s->place[k];
        p->P = work;
        p->T = p->P + f->out * f->r;
        p->G = p->T + f->out * f->r;
        p->H = p->G + f->r * f->r;
        p->n = p->H + f->r * f->r;
        work = p->n + 2 * f->out;
        p->square = rows;
        rows += f->out;
    }
    s->base.work_bytes = work * sizeof(real);
    s->squares = mem_array(rows, sizeof *s->squares);
    return s->squares ? OK : ERR_MEMORY;
}

static const real *dora_W0(const dora *s, size_t k)
{
    return s->base.theta0 + s->base.layout->tensors[k].offset;
}

static status dora_init(space *base)
{
    dora *s = (dora *)base;
    const factors_ask ask = {
        .r = s->r, .alpha = s->alpha, .scale = (factor_scale)s->scale, .drop = s->drop};
    const factors_part parts[] = {
        {.what = FACTOR_A, .name = "A"},
        {.what = FACTOR_B, .name = "B", .rate = s->ratio},
        {.what = FACTOR_C, .name = "m", .rate = s->ratio, .undecayed = true}};
    status st;
    if ((st = factors_init(&s->factors, base, &ask)) || (st = dora_places(s)) ||
        (st = factors_parts(&s->factors, base, parts, 3, 0)))
        return st;
    for (size_t k = 0; k < base->layout->n_tensors; k++) {
        const factor *f = &s->factors.each[k];
        stream own = stream_sub(&base->stream, k);
        factor_kaiming(f, &own, factors_start(&s->factors, k, FACTOR_A));
        for (size_t i = 0; i < f->out; i++) {
            const real *row = dora_W0(s, k) + i * f->in;
            double square = vec_dot(row, row, f->in);
            s->squares[s->place[k].square + i] = square;
            factors_start(&s->factors, k, FACTOR_C)[i] = (real)sqrt(square);
        }
    }
    return OK;
}

static void dora_clear(space *base)
{
    dora *s = (dora *)base;
    factors_clear(&s->factors);
    mem_free(s->place);
    mem_free(s->squares);
}

/* P, G, n and c of one tensor. A row of zeros has no direction: c is 1 there. */
static void dora_lengths(const dora *s, size_t k, const real *z, real *work)
{
    const factor *f = &s->factors.each[k];
    const dora_place *p = &s->place[k];
    const real *A = z + f->at[FACTOR_A], *B = z + f->at[FACTOR_B];
    real *P = work + p->P, *G = work + p->G, *n = work + p->n, *c = n + f->out;
    mat_gemm(false, true, f->out, f->r, f->in, 1, dora_W0(s, k), f->in, A, f->in, 0, P, f->r);
    mat_gemm(false, true, f->r, f->r, f->in, 1, A, f->in, A, f->in, 0, G, f->r);
    for (size_t i = 0; i < f->out; i++) {
        const real *b = B + i * f->r;
        double square = s->squares[p->square + i] + 2 * f->s * vec_dot(b, P + i * f->r, f->r);
        for (size_t j = 0; j < f->r; j++)
            square += f->s * f->s * (double)b[j] * vec_dot(b, G + j * f->r, f->r);
        n[i] = (real)sqrt(square > 0 ? square : 0);
        c[i] = n[i] > 0 ? z[f->at[FACTOR_C] + i] / n[i] : 1;
    }
}

static void dora_lift(const space *base, space_mem *mem, const real *restrict z,
                      real *restrict theta)
{
    const dora *s = (const dora *)base;
    memcpy(theta, base->theta0, base->n * sizeof *theta);
    for (size_t k = 0; k < base->layout->n_tensors; k++) {
        const factor *f = &s->factors.each[k];
        const dora_place *p = &s->place[k];
        real *W = theta + base->layout->tensors[k].offset;
        dora_lengths(s, k, z, mem->work);
        const real *c = (const real *)mem->work + p->n + f->out;
        factor_lift(f, z + f->at[FACTOR_A], f->in, z + f->at[FACTOR_B], f->r, W);
        for (size_t i = 0; i < f->out * f->in; i++)
            W[i] *= c[i / f->in];
    }
}

/* g_m from a, and with norm=exact what the lengths pass on:  -s k_i (V A^T)_i  to g_B_i and
 * -s (k o B)^T V  to g_A, k_i = c_i a_i / n_i^2; P, G, n, c are in work, a in c's gradient. T and H are
 * overwritten. */
static void dora_finish(const dora *s, size_t k, const real *z, real *work, const real *a,
                        real *g_z)
{
    const factor *f = &s->factors.each[k];
    const dora_place *p = &s->place[k];
    const real *B = z + f->at[FACTOR_B], *P = work + p->P, *G = work + p->G;
    const real *n = work + p->n, *c = n + f->out;
    real *kB = work + p->T, *H = work + p->H, *g_B = g_z + f->at[FACTOR_B];
    bool exact = s->norm == NORM_EXACT;
    for (size_t i = 0; i < f->out; i++) {
        double g_m = n[i] > 0 ? (double)a[i] / (double)n[i] : 0; /* a may be where g_m goes */
        double k_i = n[i] > 0 ? (double)c[i] * g_m / (double)n[i] : 0;
        const real *b = B + i * f->r;
        g_z[f->at[FACTOR_C] + i] = (real)g_m;
        for (size_t j = 0; j < f->r && exact; j++) {
            double VA = (double)P[i * f->r + j] + f->s * vec_dot(b, G + j * f->r, f->r);
            g_B[i * f->r + j] -= (real)(f->s * k_i * VA);
            kB[i * f->r + j] = (real)(k_i * (double)b[j]);
        }
    }
    if (!exact)
        return;
    real minus = (real)-f->s;
    mat_gemm(true, false, f->r, f->in, f->out, minus, kB, f->r, dora_W0(s, k), f->in, 1,
             g_z + f->at[FACTOR_A], f->in);
    mat_gemm(true, false, f->r, f->r, f->out, (real)f->s, kB, f->r, B, f->r, 0, H, f->r);
    mat_gemm(false, false, f->r, f->in, f->r, minus, H, f->r, z + f->at[FACTOR_A], f->in, 1,
             g_z + f->at[FACTOR_A], f->in);
}

static void dora_pull(const space *base, space_mem *mem, const real *restrict z,
                      const real *restrict g_theta, real *restrict g_z)
{
    const dora *s = (const dora *)base;
    real *work = mem->work;
    for (size_t k = 0; k < base->layout->n_tensors; k++) {
        const factor *f = &s->factors.each[k];
        const dora_place *p = &s->place[k];
        const real *g_W = g_theta + base->layout->tensors[k].offset, *B = z + f->at[FACTOR_B];
        dora_lengths(s, k, z, work);
        const real *c = work + p->n + f->out;
        real *T = work + p->T, *a = g_z + f->at[FACTOR_C], *g_B = g_z + f->at[FACTOR_B];
        mat_gemm(false, true, f->out, f->r, f->in, 1, g_W, f->in, z + f->at[FACTOR_A], f->in, 0, T,
                 f->r);
        for (size_t i = 0; i < f->out; i++) {
            const real *b = B + i * f->r;
            a[i] = (real)(vec_dot(g_W + i * f->in, dora_W0(s, k) + i * f->in, f->in) +
                          f->s * vec_dot(b, T + i * f->r, f->r));
            for (size_t j = 0; j < f->r; j++) {
                g_B[i * f->r + j] = (real)(f->s * (double)c[i] * (double)T[i * f->r + j]);
                T[i * f->r + j] = c[i] * b[j];
            }
        }
        mat_gemm(true, false, f->r, f->in, f->out, (real)f->s, T, f->r, g_W, f->in, 0,
                 g_z + f->at[FACTOR_A], f->in);
        dora_finish(s, k, z, work, a, g_z);
    }
}

static void dora_bind(const space *base, space_mem *mem, const real *z, real *g_z, view *v)
{
    const dora *s = (const dora *)base;
    factors_bind(&s->factors, base, mem, z, g_z, v);
    for (size_t k = 0; k < base->layout->n_tensors; k++) {
        const factor *f = &s->factors.each[k];
        real *c, *g_c;
        dora_lengths(s, k, z, mem->work);
        space_row_factors(base, mem, k, v, &c, &g_c);
        memcpy(c, (const real *)mem->work + s->place[k].n + f->out, f->out * sizeof *c);
    }
}

static void dora_gather(const space *base, space_mem *mem, const real *z, real *g_z, view *v)
{
    const dora *s = (const dora *)base;
    for (size_t k = 0; k < base->layout->n_tensors; k++)
        dora_finish(s, k, z, mem->work, v->slots[base->selected[k]].g_c + base->row0[k], g_z);
}

const space_ops space_dora = {
    .name = "dora",
    .doc = "low-rank updates of directions, and a trained length of each output's weights",
    .source = "Liu et al., arXiv 2402.09353",
    .example = "dora:r=2",
    .revision = 1,
    .keys = keys,
    .size = sizeof(dora),
    .cost = "as lora, d larger by an output each, and out in r products a step and tensor",
    .targets = "linear",
    .regenerable = true,
    .rides = 1,
    .scales = true,
    .init = dora_init,
    .clear = dora_clear,
    .lift = dora_lift,
    .pull = dora_pull,
    .bind = dora_bind,
    .gather = dora_gather,
};
