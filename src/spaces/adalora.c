/* adalora.c -- low-rank updates as triplets, of which the least important are put out while training.
 *
 *   W = W0 + s B diag(E) A      A (R, in), E (R), B (out, R);   s = alpha / (R + 1e-5), R the first rank
 *   step 0: E = 0, A and B normal with std .02
 *   penalty (no reported loss has it): orth x mean over all A and B of ||A A^T - 1||_F, ||B^T B - 1||_F;
 *           its gradient is orth / count x 2 C A / ||C||_F, C = A A^T - 1
 *
 * After step t of T (update, then allocate, as PEFT's update_and_allocate after optimizer.step):
 *   t <  T - tf   I = |z g_z|;  Ibar = b1 Ibar + (1 - b1) I;  U = b2 U + (1 - b2) |I - Ibar|
 *                 score of a number: Ibar U; of a triplet: E_i's + the mean of A's row i's + the mean of B's
 *                 column i's. t > ti, every so many steps: all E but the b(t) best become 0,
 *                 b(t) = bT + (b0 - bT) (1 - (t - ti) / (T - tf - ti))^3, rounded down
 *   t == T - tf   the same with bT; who is put out now stays out
 * What is put out has a gradient still and may come back before T - tf.
 *
 * Differs from PEFT: ti and tf are shares of T, so that they mean the same in a sweep over budgets; the
 * first rank is 1.5 r unless given (the paper's choice); exactly b0 - b(t) triplets are put out, the
 * earlier ones of equal score, where PEFT's threshold puts out all that tie (at first all do, with 0).
 * alpha / (R + 1e-5) stays when ranks fall, there and here. A first rank above a matrix's own is cut to it.
 * d is what z holds: the first ranks.
 * Source: Zhang et al., arXiv 2303.10512; PEFT tuners/adalora/layer.py and model.py. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "linalg/linalg.h"
#include "spaces/factors.h"

typedef struct ada_score { /* of one triplet */
    double score;
    size_t E; /* in z */
} ada_score;

typedef struct adalora {
    space base;
    size_t r, first, every;
    double alpha, orth, tinit, tfinal, beta1, beta2, drop;
    factors factors;
    size_t *begins;          /* (layout->n_tensors) of its triplets in the list */
    size_t triplets, target; /* b0, bT */
} adalora;

static const key keys[] = {
    KEY("r", adalora, r, "8", 1, 65536, "rows", "rank that is left on average"),
    KEY("first", adalora, first, "0", 0, 65536, "rows", "rank at step 0; 0: 1.5 r"),
    KEY("alpha", adalora, alpha, "16", 0, 1e9, "", "scale: s = alpha/first"),
    KEY("orth", adalora, orth, ".5", 0, 1e6, "",
        "weight of the penalty on what is not orthonormal"),
    KEY("tinit", adalora, tinit, ".1", 0, .99, "share", "of all steps, before ranks fall"),
    KEY("tfinal", adalora, tfinal, ".3", 0, .99, "share", "of all steps, with the last ranks"),
    KEY("every", adalora, every, "1", 1, 1e9, "steps", "between allocations"),
    KEY("beta1", adalora, beta1, ".85", 0, .9999, "", "memory of importance"),
    KEY("beta2", adalora, beta2, ".85", 0, .9999, "", "memory of its uncertainty"),
    KEY("drop", adalora, drop, "0", 0, .99, "share", "dropout of the input of A"),
    {0},
};

static void ada_ranks(adalora *s)
{
    for (size_t k = 0; k < s->base.layout->n_tensors; k++) {
        factor *f = &s->factors.each[k];
        size_t rank = f->out < f->in ? f->out : f->in;
        f->r = s->first < rank ? s->first : rank;
        f->s = s->alpha / ((double)f->r + 1e-5);
        s->begins[k] = s->triplets;
        s->triplets += f->r;
        s->target += s->r < f->r ? s->r : f->r;
    }
}

static void ada_draw(const stream *s, const char *name, size_t n, real *x)
{
    stream own = stream_named(s, name);
    rng_normals(&own, 0, n, x);
    for (size_t i = 0; i < n; i++)
        x[i] *= (real).02;
}

static status ada_init(space *base)
{
    adalora *s = (adalora *)base;
    size_t count = base->layout->n_tensors;
    const factors_ask ask = {.drop = s->drop};
    static const factors_part parts[] = {{.what = FACTOR_A, .name = "A"},
                                         {.what = FACTOR_M, .name = "E"},
                                         {.what = FACTOR_B, .name = "B"}};
    status st;
    if (!s->first)
        s->first = s->r + (s->r + 1) / 2;
    if (s->first < s->r)
        return error_set(ERR_USAGE, "adalora: first=%zu is below the last rank r=%zu; raise it",
                         s->first, s->r);
    if (s->tinit + s->tfinal >= 1)
        return error_set(
            ERR_USAGE,
            "adalora: tinit=%g and tfinal=%g are shares of all steps and leave none to "
            "allocate in; lower one",
            s->tinit, s->tfinal);
    if ((st = factors_init(&s->factors, base, &ask)))
        return st;
    if (!(s->begins = mem_array(count, sizeof *s->begins)))
        return ERR_MEMORY;
    ada_ranks(s);
    if ((st = factors_parts(&s->factors, base, parts, 3, 0)))
        return st;
    base->work_bytes = s->triplets * sizeof(ada_score);
    for (size_t k = 0; k < count; k++) {
        const factor *f = &s->factors.each[k];
        stream own = stream_sub(&base->stream, k);
        size_t products = f->r * f->in * sizeof(real); /* diag(E) A, or C (r, r) */
        ada_draw(&own, "A", f->r * f->in, factors_start(&s->factors, k, FACTOR_A));
        ada_draw(&own, "B", f->out * f->r, factors_start(&s->factors, k, FACTOR_B));
        base->work_bytes = products > base->work_bytes ? products : base->work_bytes;
    }
    base->state_bytes = (2 * base->d + s->triplets) * sizeof(real); /* Ibar, U, who is out */
    return OK;
}

static void ada_clear(space *base)
{
    adalora *s = (adalora *)base;
    factors_clear(&s->factors);
    mem_free(s->begins);
}

/* diag(E) A in work. */
static real *ada_scaled(const factor *f, const real *A, const real *E, real *work)
{
    for (size_t i = 0; i < f->r * f->in; i++)
        work[i] = E[i / f->in] * A[i];
    return work;
}

static void ada_lift(const space *base, space_mem *mem, const real *restrict z,
                     real *restrict theta)
{
    const adalora *s = (const adalora *)base;
    memcpy(theta, base->theta0, base->n * sizeof *theta);
    for (size_t k = 0; k < base->layout->n_tensors; k++) {
        const factor *f = &s->factors.each[k];
        const real *EA = ada_scaled(f, z + f->at[FACTOR_A], z + f->at[FACTOR_M], mem->work);
        factor_lift(f, EA, f->in, z + f->at[FACTOR_B], f->r,
                    theta + base->layout->tensors[k].offset);
    }
}

static void ada_pull(const space *base, space_mem *mem, const real *restrict z,
                     const real *restrict g_theta, real *restrict g_z)
{
    const adalora *s = (const adalora *)base;
    for (size_t k = 0; k < base->layout->n_tensors; k++) {
        const factor *f = &s->factors.each[k];
        const real *A = z + f->at[FACTOR_A], *E = z + f->at[FACTOR_M];
        real *g_A = g_z + f->at[FACTOR_A]; /* that of diag(E) A first */
        factor_pull(f, ada_scaled(f, A, E, mem->work), f->in, z + f->at[FACTOR_B], f->r,
                    g_theta + base->layout->tensors[k].offset, g_A, g_z + f->at[FACTOR_B]);
        for (size_t i = 0; i < f->r; i++)
            g_z[f->at[FACTOR_M] + i] = (real)vec_dot(g_A + i * f->in, A + i * f->in, f->in);
        for (size_t i = 0; i < f->r * f->in; i++)
            g_A[i] *= E[i / f->in];
    }
}

static void ada_bind(const space *base, space_mem *mem, const real *z, real *g_z, view *v)
{
    factors_bind(&((const adalora *)base)->factors, base, mem, z, g_z, v);
}

/* g_X += weight 2 C X / ||C||_F with C = X X^T - 1 (rows) or g_X += weight 2 X C / ||C||_F, C = X^T X - 1. */
static void ada_orthogonal(bool rows, size_t r, size_t n, const real *X, double weight, real *C,
                           real *g_X)
{
    size_t ld = rows ? n : r;
    mat_gemm(!rows, rows, r, r, n, 1, X, ld, X, ld, 0, C, r);
    for (size_t i = 0; i < r; i++)
        C[i * r + i] -= 1;
    double norm = vec_norm(C, r * r);
    if (!(norm > 0))
        return;
    if (rows)
        mat_gemm(false, false, r, n, r, (real)(2 * weight / norm), C, r, X, n, 1, g_X, n);
    else
        mat_gemm(false, false, n, r, r, (real)(2 * weight / norm), X, r, C, r, 1, g_X, r);
}

static void ada_penalty(const space *base, space_mem *mem, const real *z, real *g_z)
{
    const adalora *s = (const adalora *)base;
    double weight = s->orth / (2 * (double)base->layout->n_tensors);
    for (size_t k = 0; k < base->layout->n_tensors && s->orth > 0; k++) {
        const factor *f = &s->factors.each[k];
        ada_orthogonal(true, f->r, f->in, z + f->at[FACTOR_A], weight, mem->work,
                       g_z + f->at[FACTOR_A]);
        ada_orthogonal(false, f->r, f->out, z + f->at[FACTOR_B], weight, mem->work,
                       g_z + f->at[FACTOR_B]);
    }
}

static int ada_by_score(const void *a, const void *b)
{
    const ada_score *x = a, *y = b;
    if (x->score != y->score)
        return x->score < y->score ? -1 : 1;
    return x->E < y->E ? -1 : 1;
}

/* All E but the `budget` of the highest scores become 0; out (triplets): 1 where one did. */
static void ada_allocate(const adalora *s, space_mem *mem, size_t budget, real *z, real *out)
{
    const real *Ibar = mem->state, *U = Ibar + s->base.d;
    ada_score *list = mem->work;
    for (size_t k = 0; k < s->base.layout->n_tensors; k++) {
        const factor *f = &s->factors.each[k];
        for (size_t i = 0; i < f->r; i++) {
            double a = 0, b = 0;
            for (size_t j = f->at[FACTOR_A] + i * f->in; j < f->at[FACTOR_A] + (i + 1) * f->in; j++)
                a += (double)Ibar[j] * (double)U[j];
            for (size_t j = f->at[FACTOR_B] + i; j < f->at[FACTOR_B] + f->out * f->r; j += f->r)
                b += (double)Ibar[j] * (double)U[j];
            size_t e = f->at[FACTOR_M] + i;
            list[s->begins[k] + i] = (ada_score){
                (double)Ibar[e] * (double)U[e] + a / (double)f->in + b / (double)f->out, e};
        }
    }
    qsort(list, s->triplets, sizeof *list, ada_by_score);
    for (size_t i = 0; i < s->triplets - budget; i++)
        z[list[i].E] = 0;
    for (size_t k = 0; k < s->base.layout->n_tensors; k++)
        for (size_t i = 0; i < s->factors.each[k].r; i++)
            out[s->begins[k] + i] = 0;
    for (size_t i = 0; i < s->triplets - budget; i++)
        for (size_t k = s->base.layout->n_tensors; k-- > 0;)
            if (list[i].E >= s->factors.each[k].at[FACTOR_M]) {
                out[s->begins[k] + list[i].E - s->factors.each[k].at[FACTOR_M]] = 1;
                break;
            }
}

static void ada_after_step(const space *base, space_mem *mem, size_t t, size_t T, real *z,
                           const real *g_z)
{
    const adalora *s = (const adalora *)base;
    real *Ibar = mem->state, *U = Ibar + base->d, *out = U + base->d;
    size_t ti = (size_t)(s->tinit * (double)T), tf = (size_t)(s->tfinal * (double)T);
    if (t > T - tf) {
        for (size_t k = 0; k < base->layout->n_tensors; k++)
            for (size_t i = 0; i < s->factors.each[k].r; i++)
                if (out[s->begins[k] + i] > 0)
                    z[s->factors.each[k].at[FACTOR_M] + i] = 0;
        return;
    }
    if (t == T - tf) {
        ada_allocate(s, mem, s->target, z, out);
        return;
    }
    for (size_t j = 0; j < base->d; j++) {
        double I = fabs((double)z[j] * (double)g_z[j]);
        Ibar[j] = (real)(s->beta1 * (double)Ibar[j] + (1 - s->beta1) * I);
        U[j] = (real)(s->beta2 * (double)U[j] + (1 - s->beta2) * fabs(I - (double)Ibar[j]));
    }
    if (t <= ti || t % s->every)
        return;
    double left = 1 - (double)(t - ti) / (double)(T - tf - ti);
    double budget = (double)s->target + (double)(s->triplets - s->target) * left * left * left;
    ada_allocate(s, mem, (size_t)budget, z, out);
}

const space_ops space_adalora = {
    .name = "adalora",
    .doc = "low-rank updates as triplets, the least important put out while training",
    .source = "Zhang et al., arXiv 2303.10512",
    .example = "adalora:r=2",
    .revision = 1,
    .keys = keys,
    .size = sizeof(adalora),
    .cost = "as lora of the first rank; 2 d numbers of state; products in r^2 (in + out) a step",
    .targets = "linear",
    .regenerable = true,
    .rides = 1,
    .unread = true,
    .init = ada_init,
    .clear = ada_clear,
    .lift = ada_lift,
    .pull = ada_pull,
    .bind = ada_bind,
    .penalty = ada_penalty,
    .after_step = ada_after_step,
};
