/* fastfood.c -- a structured random subspace in O(n log) time: products of diagonals, a permutation
 * and Hadamard transforms stand in for a dense P.
 *
 *   theta = theta0 + M z      M = (1/c) H G Pi H B, by blocks      g_z = M^T g_theta, exactly
 *
 *   form=stacked   blocks of L = 2^ceil(log2 d), one under another, each with its own B, Pi, G
 *   form=single    one block of L = 2^ceil(log2 n), as Li et al.'s released code; O(n log n) whatever d
 *   gauss=sign     G of signs in place of normals: columns are then exactly orthogonal in an uncut
 *                  block, where with normals their inner products have an rms of about sqrt(2/L)
 *   per=tensor     every tensor has an M of its own and the same z feeds all of them (the form of most
 *                  later codes). Two things follow. Each tensor, a bias of ten numbers too, moves by
 *                  about ||z||, so all together by sqrt(#tensors) ||z||. And a tensor whose padded
 *                  length 2^ceil(log2 n_i) is below d sees the first 2^ceil(log2 n_i) numbers of z alone: those
 *                  codes crop z silently, and so do we; Li et al.'s code asserts d <= n instead, which
 *                  would forbid per=tensor for every model with a bias. A d that even the largest
 *                  tensor would crop is refused.
 * Source: Le, Sarlos & Smola 2013; Li et al. 2018, section 2 and appendix S7; Aghajanyan et al. 2020.
 * Differs from Le et al.: no chi-distributed row scales S; nobody's measurement of d90 used them. */
#include "spaces/projection.h"

typedef struct fastfood_space {
    space base;
    int form, gauss, per;
    projection P;
} fastfood_space;

static const key keys[] = {
    KEY("d", fastfood_space, base.d, NULL, 1, UINT32_MAX, "numbers",
        "how many numbers are trained"),
    KEY_WORD("form", fastfood_space, form, "stacked", "stacked+single",
             "stacked: blocks as long as z; single: one block as long as the weights"),
    KEY_WORD("gauss", fastfood_space, gauss, "normal", "normal+sign",
             "how the diagonal G is drawn"),
    KEY_WORD("per", fastfood_space, per, "whole", "whole+tensor",
             "tensor: each tensor has its own map of the same z"),
    {0},
};

static status fastfood_space_init(space *base)
{
    fastfood_space *s = (fastfood_space *)base;
    status st = projection_init(&s->P, base, base->d, (projection_per)s->per,
                                (fastfood_form)s->form, (fastfood_gauss)s->gauss, 0);
    base->work_bytes = s->P.work_bytes;
    return st;
}

static void fastfood_space_clear(space *base)
{
    projection_clear(&((fastfood_space *)base)->P);
}

static void fastfood_space_lift(const space *base, space_mem *mem, const real *restrict z,
                                real *restrict theta)
{
    projection_lift(&((const fastfood_space *)base)->P, z, base->theta0, theta, mem->work);
}

static void fastfood_space_pull(const space *base, space_mem *mem, const real *restrict z,
                                const real *restrict g_theta, real *restrict g_z)
{
    (void)z; /* the map is linear */
    projection_pull(&((const fastfood_space *)base)->P, g_theta, g_z, mem->work);
}

const space_ops space_fastfood = {
    .name = "fastfood",
    .doc = "a random subspace by Hadamard transforms: no matrix is stored",
    .source = "Le, Sarlos & Smola 2013; Li et al. 2018",
    .example = "fastfood:d=5",
    .revision = 1,
    .keys = keys,
    .size = sizeof(fastfood_space),
    .cost = "stacked: about 8.1 bytes a weight, O(n log d) a step; single: 8.1 bytes for each of "
            "2^ceil(log2 n), O(n log n) a step whatever d",
    .regenerable = true,
    .init = fastfood_space_init,
    .clear = fastfood_space_clear,
    .lift = fastfood_space_lift,
    .pull = fastfood_space_pull,
};
