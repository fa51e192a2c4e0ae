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
#include <string.h>

#include "linalg/fastfood.h"
#include "spaces/space.h"

typedef struct fastfood_space {
    space base;
    int form, gauss, per;
    fastfood *maps; /* (count) */
    size_t *d_of;   /* (count) numbers of z that the map sees */
    size_t *offset; /* (count) its first weight */
    size_t count;
} fastfood_space;

enum { PER_WHOLE, PER_TENSOR };

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

static size_t fastfood_seen(size_t d, size_t n)
{
    size_t padded = (size_t)1 << wht_log2(n);
    return d < padded ? d : padded;
}

static status fastfood_check(const fastfood_space *s)
{
    const layout *l = s->base.layout;
    size_t most = 0;
    for (size_t k = 0; k < l->n_tensors; k++)
        most = l->tensors[k].n > most ? l->tensors[k].n : most;
    if (s->per == PER_TENSOR && s->base.d > most)
        return error_set(ERR_USAGE,
                         "fastfood: per=tensor with d=%zu, and the largest tensor has %zu numbers; "
                         "lower d or use per=whole",
                         s->base.d, most);
    return space_check_d(&s->base);
}

static status fastfood_space_init(space *base)
{
    fastfood_space *s = (fastfood_space *)base;
    const layout *l = base->layout;
    size_t count = s->per == PER_TENSOR ? l->n_tensors : 1;
    double bytes = 0;
    status st = fastfood_check(s);
    if (st)
        return st;
    for (size_t k = 0; k < count; k++) {
        size_t n = s->per == PER_TENSOR ? l->tensors[k].n : base->n;
        bytes += (double)fastfood_bytes(fastfood_seen(base->d, n), n, (fastfood_form)s->form);
    }
    if ((st = space_needs(base, bytes, "its permutations and diagonals",
                          "form=stacked is smallest; or select fewer weights by targets=")))
        return st;
    s->maps = mem_array(count, sizeof *s->maps);
    s->d_of = mem_array(count, sizeof *s->d_of);
    s->offset = mem_array(count, sizeof *s->offset);
    if (!s->maps || !s->d_of || !s->offset)
        return ERR_MEMORY;
    for (size_t k = 0; k < count; k++) {
        size_t n = s->per == PER_TENSOR ? l->tensors[k].n : base->n;
        stream own = s->per == PER_TENSOR ? stream_sub(&base->stream, k) : base->stream;
        s->d_of[k] = fastfood_seen(base->d, n);
        s->offset[k] = s->per == PER_TENSOR ? l->tensors[k].offset : 0;
        if ((st = fastfood_init(&s->maps[k], s->d_of[k], n, (fastfood_form)s->form,
                                (fastfood_gauss)s->gauss, &own)))
            return st;
        s->count++;
        size_t work = fastfood_work(&s->maps[k]);
        base->work_bytes = work > base->work_bytes ? work : base->work_bytes;
    }
    /* pull adds up what the tensors say: one of their g_z is kept behind the transforms' work */
    if (count > 1)
        base->work_bytes = (base->work_bytes + 63) / 64 * 64 + base->d * sizeof(real);
    return OK;
}

static void fastfood_space_clear(space *base)
{
    fastfood_space *s = (fastfood_space *)base;
    for (size_t k = 0; k < s->count; k++)
        fastfood_clear(&s->maps[k]);
    mem_free(s->maps);
    mem_free(s->d_of);
    mem_free(s->offset);
}

static void fastfood_space_lift(const space *base, space_mem *mem, const real *restrict z,
                                real *restrict theta)
{
    const fastfood_space *s = (const fastfood_space *)base;
    for (size_t k = 0; k < s->count; k++)
        fastfood_lift(&s->maps[k], z, base->theta0 + s->offset[k], theta + s->offset[k], mem->work);
}

static void fastfood_space_pull(const space *base, space_mem *mem, const real *restrict z,
                                const real *restrict g_theta, real *restrict g_z)
{
    const fastfood_space *s = (const fastfood_space *)base;
    (void)z; /* the map is linear */
    if (s->count == 1) {
        fastfood_pull(&s->maps[0], g_theta, g_z, mem->work);
        return;
    }
    real *one = (real *)mem->work + (base->work_bytes / sizeof(real) - base->d);
    memset(g_z, 0, base->d * sizeof *g_z);
    for (size_t k = 0; k < s->count; k++) {
        fastfood_pull(&s->maps[k], g_theta + s->offset[k], one, mem->work);
        for (size_t j = 0; j < s->d_of[k]; j++)
            g_z[j] += one[j];
    }
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
