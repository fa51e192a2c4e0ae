/* blocks.c -- every trained number drives a run of neighbouring weights, with random signs.
 *
 *   theta_i = theta0_i + e_i z_j          b_j <= i < b_(j+1),  b_j = j floor(n/d) + min(j, n mod d)
 *   e_i     = +-1 / sqrt(b_(j+1) - b_j)   so that P^T P = I_d: P keeps lengths
 *   g_z_j   = sum of e_i g_theta_i over the block of j         (P^T g_theta)
 *
 * As d <= n no block is empty. Neighbours lie in one row of one matrix, so a block of fewer weights than a
 * row has changes the input of one unit.
 * Source: the example of docs/extend.md.
 * Shapes: z, g_z (d); theta, theta0, g_theta, e (n).  Cost: O(n) a call, 4 n bytes. */
#include <math.h>

#include "spaces/space.h"

typedef struct blocks {
    space base; /* ops, d, n, layout, theta0 (n), stream: first member of every kind */
    real *e;    /* (n) the one entry of each row of P */
} blocks;

/* key, struct, field (its type is the key's type), default (NULL: must be given), range, unit, doc */
static const key keys[] = {
    KEY("d", blocks, base.d, NULL, 1, UINT32_MAX, "numbers", "how many numbers are trained"),
    {0},
};

static size_t blocks_begin(const space *s, size_t j)
{
    size_t more = s->n % s->d; /* that many blocks, the first ones, are one longer */
    return j * (s->n / s->d) + (j < more ? j : more);
}

/* Keys, n, layout, theta0 and stream are filled. Checks and allocates everything: what follows cannot fail. */
static status blocks_init(space *base)
{
    blocks *s = (blocks *)base;
    status st = space_check_d(base);
    if (st || (st = space_needs(base, (double)base->n * sizeof *s->e, "an entry for every weight",
                                "select fewer weights by targets=")))
        return st;
    if (!(s->e = mem_array(base->n, sizeof *s->e)))
        return ERR_MEMORY; /* mem_array leaves the sentence */
    rng_signs(&base->stream, 0, base->n, s->e);
    for (size_t j = 0; j < base->d; j++) {
        size_t begin = blocks_begin(base, j), end = blocks_begin(base, j + 1);
        for (size_t i = begin; i < end; i++)
            s->e[i] *= (real)(1 / sqrt((double)(end - begin)));
    }
    return OK;
}

static void blocks_lift(const space *base, space_mem *mem, const real *restrict z,
                        real *restrict theta)
{
    const blocks *s = (const blocks *)base;
    (void)mem; /* no scratch, no state */
    for (size_t j = 0; j < base->d; j++)
        for (size_t i = blocks_begin(base, j); i < blocks_begin(base, j + 1); i++)
            theta[i] = base->theta0[i] + s->e[i] * z[j];
}

static void blocks_pull(const space *base, space_mem *mem, const real *restrict z,
                        const real *restrict g_theta, real *restrict g_z)
{
    const blocks *s = (const blocks *)base;
    (void)mem;
    (void)z; /* the map is linear: J is the same at every z */
    for (size_t j = 0; j < base->d; j++) {
        double sum = 0;
        for (size_t i = blocks_begin(base, j); i < blocks_begin(base, j + 1); i++)
            sum += (double)s->e[i] * (double)g_theta[i];
        g_z[j] = (real)sum;
    }
}

/* Takes what a failed init left, too. */
static void blocks_clear(space *base)
{
    mem_free(((blocks *)base)->e);
}

const space_ops space_blocks = {
    .name = "blocks",
    .doc = "every number drives a run of neighbouring weights",
    .source = "docs/extend.md",
    .example = "blocks:d=5", /* the law tests run it */
    .revision = 1, /* in the run id: raise it when the same keys would give other numbers */
    .keys = keys,
    .size = sizeof(blocks),
    .cost = "4 n bytes; O(n) a step",
    .regenerable = true, /* all from the seed: a trained net is stored as seed and z */
    .init = blocks_init,
    .clear = blocks_clear,
    .lift = blocks_lift,
    .pull = blocks_pull,
};
