/* onehot.c -- every weight is driven by exactly one trained number, drawn at random.
 *
 *   theta_i = theta0_i + c_h(i) z_h(i)            i < n,  h(i) uniform on {0 .. d-1}
 *   c_j     = 1 / sqrt(#{i : h(i) = j})           so that P^T P = I_d: P keeps lengths
 *   g_z_j   = c_j * sum of g_theta_i over h(i) = j        (P^T g_theta)
 *
 * A j that no i drew has c_j = 0: its z_j drives nothing and its gradient is 0. The expected
 * share of such j is exp(-n/d): 5e-5 at d = n/10, 0.37 at d = n. index=balanced (PEFT's, where the paper
 * draws each index by itself): every j drives floor(n/d) or one more, at random places; none is idle.
 * z starts at zero, so that step 0 is theta0. Uni-LoRA, the preset unilora, is this space of a LoRA's
 * factors with start=.02: z uniform in +-.02, since from zero A and B would both stay there.
 * Source: Li et al., "Uni-LoRA: One Vector is All You Need", arXiv 2506.00799.
 * Shapes: z, g_z, c (d); theta, theta0, g_theta, h (n).  Cost: O(n) a call, 4n + 4d bytes. */
#include <math.h>
#include <string.h>

#include "spaces/space.h"

typedef struct onehot {
    space base;  /* ops, d, n, layout, theta0 (n), stream: first member of every kind */
    uint32_t *h; /* (n) which number drives weight i */
    real *c;     /* (d) column scale */
    int index;
    double start;
    real *z0; /* (d); NULL: zeros */
} onehot;

enum { INDEX_UNIFORM, INDEX_BALANCED };

/* key, struct, field (its type is the key's type), default (NULL: must be given), range, unit, doc */
static const key keys[] = {
    KEY("d", onehot, base.d, NULL, 1, UINT32_MAX, "numbers", "how many numbers are trained"),
    KEY_WORD("index", onehot, index, "uniform", "uniform+balanced",
             "balanced: every number drives as many weights"),
    KEY("start", onehot, start, "0", 0, 1e6, "", "z starts uniform in +-start"),
    {0},
};

/* Which number drives each weight. Balanced: the places i, i + d, i + 2 d ... of a permutation are i's. */
static status onehot_draw(onehot *s)
{
    const space *base = &s->base;
    size_t n = base->n, d = base->d;
    if (s->index == INDEX_UNIFORM) {
        for (size_t i = 0; i < n; i++)
            s->h[i] = (uint32_t)rng_below(&base->stream, i, d);
        return OK;
    }
    uint32_t *order = mem_array(n, sizeof *order);
    if (!order)
        return ERR_MEMORY;
    rng_permutation(&base->stream, n, order);
    for (size_t i = 0; i < n; i++)
        s->h[order[i]] = (uint32_t)(i % d);
    mem_free(order);
    return OK;
}

static status onehot_start(onehot *s)
{
    space *base = &s->base;
    stream own = stream_named(&base->stream, "z0");
    if (s->start == 0)
        return OK;
    if (!(s->z0 = mem_array(base->d, sizeof *s->z0)))
        return ERR_MEMORY;
    rng_uniforms(&own, 0, base->d, s->z0);
    for (size_t j = 0; j < base->d; j++)
        s->z0[j] = (real)((2 * (double)s->z0[j] - 1) * s->start);
    base->z0 = s->z0;
    base->moved = true;
    return OK;
}

static status onehot_init(space *base)
{
    onehot *s = (onehot *)base;
    size_t n = base->n, d = base->d;
    status st = space_check_d(base);
    if (st || (st = space_needs(base, 4.0 * (double)n + sizeof(real) * (double)d,
                                "an index for every weight", "select fewer weights by targets=")))
        return st;

    if (n > UINT32_MAX)
        return error_set(ERR_LIMIT, "onehot: %zu weights; up to %u have an index", n, UINT32_MAX);
    st = ERR_MEMORY;                             /* mem_array leaves the sentence */
    size_t *count = mem_array(d, sizeof *count); /* exact where a float would stop at 2^24 */
    s->h = mem_array(n, sizeof *s->h);
    s->c = mem_array(d, sizeof *s->c);
    if (!count || !s->h || !s->c)
        goto done;
    if ((st = onehot_draw(s)))
        goto done;
    for (size_t i = 0; i < n; i++)
        count[s->h[i]]++;
    for (size_t j = 0; j < d; j++)
        s->c[j] = count[j] ? (real)(1 / sqrt((double)count[j])) : 0;
    st = onehot_start(s);
done:
    mem_free(count);
    return st;
}

static void onehot_lift(const space *base, space_mem *mem, const real *restrict z,
                        real *restrict theta)
{
    const onehot *s = (const onehot *)base;
    (void)mem; /* no scratch, no state */
    for (size_t i = 0; i < base->n; i++)
        theta[i] = base->theta0[i] + s->c[s->h[i]] * z[s->h[i]];
}

static void onehot_pull(const space *base, space_mem *mem, const real *restrict z,
                        const real *restrict g_theta, real *restrict g_z)
{
    const onehot *s = (const onehot *)base;
    (void)mem;
    (void)z; /* the map is linear: J is the same at every z */
    memset(g_z, 0, base->d * sizeof *g_z);
    for (size_t i = 0; i < base->n; i++)
        g_z[s->h[i]] += g_theta[i];
    for (size_t j = 0; j < base->d; j++)
        g_z[j] *= s->c[j];
}

static void onehot_clear(space *base)
{
    onehot *s = (onehot *)base;
    mem_free(s->h);
    mem_free(s->c);
    mem_free(s->z0);
}

const space_ops space_onehot = {
    .name = "onehot",
    .doc = "every weight follows one trained number",
    .source = "arXiv 2506.00799",
    .example = "onehot:d=5", /* the law tests, the docs and the fuzzer's seeds run it */
    .revision = 1, /* in the run id: raise it when the same keys would give other numbers */
    .keys = keys,
    .size = sizeof(onehot),
    .cost = "4 (n + d) bytes; O(n) a step",
    .regenerable = true,
    .init = onehot_init,
    .clear = onehot_clear,
    .lift = onehot_lift,
    .pull = onehot_pull,
};
