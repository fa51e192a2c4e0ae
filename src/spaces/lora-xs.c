/* lora-xs.c -- updates within the largest singular directions of each weight matrix; r x r numbers are trained.
 *
 *   W = W0 + s B R A,  R (r, r) trained;  W0 = U S V^T: A (r, in), B (out, r) frozen;  s = alpha / r
 *   split=right  A = S_r V_r^T,  B = U_r                     (LoRA-XS)
 *   split=sqrt   A = sqrt(S_r) V_r^T,  B = U_r sqrt(S_r)     (TinyLoRA)
 *   g_R = s (B^T g_W) A^T
 *   step 0: start=normal: R normal with sd 1e-5, so that W is not quite W0; start=zero: 0
 *
 * TinyLoRA trains d numbers of R = sum v_i P_i over all matrices: dense:d=13@lora-xs:r=2,start=zero,split=sqrt.
 * Bound, R A is formed (r, in) and rides with B frozen; gather takes g_R from its gradient.
 * A and B come from LAPACK: not the same bits on every machine.
 * Source: Balazy et al., arXiv 2405.17604, and its code (utils/svd_utils.py).
 * Shapes: z = R (r, r) of every tensor. */
#include <math.h>
#include <string.h>

#include "linalg/linalg.h"
#include "spaces/factors.h"

enum { SPLIT_RIGHT, SPLIT_SQRT };
enum { START_NORMAL, START_ZERO };

typedef struct lora_xs {
    space base;
    const char *r, *alpha;
    double drop;
    int scale, split, start;
    factors factors;
    size_t n_A; /* numbers of all A: they stand first in frozen, as R A in work */
} lora_xs;

static const key keys[] = {
    KEY_MAP("r", lora_xs, r, "8", 1, 65536, "rows",
            "singular values of every matrix, or by role or name: q:4+v:8+16"),
    KEY_MAP("alpha", lora_xs, alpha, "16", 0, 1e9, "", "in the scale s; or by role or name"),
    KEY_WORD("scale", lora_xs, scale, "plain", FACTOR_SCALES,
             "s: alpha/r (plain), alpha/sqrt(r) (rs), alpha (one)"),
    KEY_WORD("split", lora_xs, split, "right", "right+sqrt",
             "where singular values go: all to A, or a root to each"),
    KEY_WORD("start", lora_xs, start, "normal", "normal+zero", "R at step 0: sd 1e-5, or 0"),
    KEY("drop", lora_xs, drop, "0", 0, .99, "share", "dropout of the input of A"),
    {0},
};

static status xs_start(lora_xs *s, size_t k)
{
    const factor *f = &s->factors.each[k];
    real *A = factors_start(&s->factors, k, FACTOR_A), *B = factors_start(&s->factors, k, FACTOR_B);
    real *R = factors_start(&s->factors, k, FACTOR_R);
    real *values = mem_array(f->r, sizeof *values);
    stream own = stream_sub(&s->base.stream, k);
    status st = values ? factor_svd(&s->base, k, f, 0, B, values, A) : ERR_MEMORY;
    for (size_t a = 0; a < f->r && !st; a++) {
        real by = s->split == SPLIT_SQRT ? (real)sqrt((double)values[a]) : values[a];
        for (size_t j = 0; j < f->in; j++)
            A[a * f->in + j] *= by;
        for (size_t i = 0; i < f->out && s->split == SPLIT_SQRT; i++)
            B[i * f->r + a] *= by;
    }
    mem_free(values);
    if (st || s->start == START_ZERO)
        return st;
    rng_normals(&own, 0, f->r * f->r, R);
    for (size_t i = 0; i < f->r * f->r; i++)
        R[i] *= (real)1e-5;
    return OK;
}

static status xs_init(space *base)
{
    lora_xs *s = (lora_xs *)base;
    const factors_ask ask = {
        .r = s->r, .alpha = s->alpha, .scale = (factor_scale)s->scale, .drop = s->drop};
    static const factors_part parts[] = {{.what = FACTOR_R, .name = "R"},
                                         {.what = FACTOR_A, .frozen = true},
                                         {.what = FACTOR_B, .frozen = true}};
    status st;
    if ((st = factors_init(&s->factors, base, &ask)) ||
        (st = factors_parts(&s->factors, base, parts, 3, 0)))
        return st;
    s->n_A = s->factors.each[0].at[FACTOR_B];
    for (size_t k = 0; k < base->layout->n_tensors; k++)
        if ((st = xs_start(s, k)))
            return st;
    base->moved = s->start == START_NORMAL;
    return size_mul(2 * sizeof(real), s->n_A, &base->work_bytes);
}

static void xs_clear(space *base)
{
    factors_clear(&((lora_xs *)base)->factors);
}

/* R A of every tensor, one behind another as the A are. */
static void xs_form(const lora_xs *s, const real *z, real *RA)
{
    for (size_t k = 0; k < s->base.layout->n_tensors; k++) {
        const factor *f = &s->factors.each[k];
        mat_gemm(false, false, f->r, f->in, f->r, 1, z + f->at[FACTOR_R], f->r,
                 s->factors.frozen + f->at[FACTOR_A], f->in, 0, RA + f->at[FACTOR_A], f->in);
    }
}

/* g_R = g_(R A) A^T */
static void xs_finish(const lora_xs *s, const real *g_RA, real *g_z)
{
    for (size_t k = 0; k < s->base.layout->n_tensors; k++) {
        const factor *f = &s->factors.each[k];
        mat_gemm(false, true, f->r, f->r, f->in, 1, g_RA + f->at[FACTOR_A], f->in,
                 s->factors.frozen + f->at[FACTOR_A], f->in, 0, g_z + f->at[FACTOR_R], f->r);
    }
}

static void xs_lift(const space *base, space_mem *mem, const real *restrict z, real *restrict theta)
{
    const lora_xs *s = (const lora_xs *)base;
    real *RA = mem->work;
    memcpy(theta, base->theta0, base->n * sizeof *theta);
    xs_form(s, z, RA);
    for (size_t k = 0; k < base->layout->n_tensors; k++) {
        const factor *f = &s->factors.each[k];
        factor_lift(f, RA + f->at[FACTOR_A], f->in, s->factors.frozen + f->at[FACTOR_B], f->r,
                    theta + base->layout->tensors[k].offset);
    }
}

static void xs_pull(const space *base, space_mem *mem, const real *restrict z,
                    const real *restrict g_theta, real *restrict g_z)
{
    const lora_xs *s = (const lora_xs *)base;
    real *g_RA = mem->work;
    (void)z; /* the map is linear */
    for (size_t k = 0; k < base->layout->n_tensors; k++) {
        const factor *f = &s->factors.each[k];
        factor_pull(f, NULL, f->in, s->factors.frozen + f->at[FACTOR_B], f->r,
                    g_theta + base->layout->tensors[k].offset, g_RA + f->at[FACTOR_A], NULL);
    }
    xs_finish(s, g_RA, g_z);
}

static void xs_bind(const space *base, space_mem *mem, const real *z, real *g_z, view *v)
{
    const lora_xs *s = (const lora_xs *)base;
    real *RA = mem->work, *g_RA = RA + s->n_A;
    (void)g_z; /* gather overwrites it */
    xs_form(s, z, RA);
    memset(g_RA, 0, s->n_A * sizeof *g_RA);
    for (size_t k = 0; k < base->layout->n_tensors; k++) {
        const factor *f = &s->factors.each[k];
        rider *r = factors_ride(&s->factors, base, mem, k, v, RA + f->at[FACTOR_A],
                                s->factors.frozen + f->at[FACTOR_B]);
        r->g_A = g_RA + f->at[FACTOR_A];
    }
}

static void xs_gather(const space *base, space_mem *mem, const real *z, real *g_z, view *v)
{
    const lora_xs *s = (const lora_xs *)base;
    (void)z;
    (void)v;
    xs_finish(s, (real *)mem->work + s->n_A, g_z);
}

const space_ops space_lora_xs = {
    .name = "lora-xs",
    .doc = "updates within the largest singular directions of the weights: r x r numbers a matrix",
    .source = "Balazy et al., arXiv 2405.17604",
    .example = "lora-xs:r=2",
    .revision = 1,
    .keys = keys,
    .size = sizeof(lora_xs),
    .cost = "d = sum of r^2; r (in + out) frozen and 2 r in formed numbers a matrix; products as "
            "lora's; "
            "a singular value decomposition of each matrix at the start",
    .targets = "linear",
    .rides = 1,
    .init = xs_init,
    .clear = xs_clear,
    .lift = xs_lift,
    .pull = xs_pull,
    .bind = xs_bind,
    .gather = xs_gather,
};
