/* sparse.c -- a random subspace by directions with few non-zeros.
 *
 *   theta = theta0 + sum_j z_j p_j      p_j = x_j / ||x_j||      g_z_j = <p_j, g_theta>
 *   x_ji  = +-1/sqrt(s_i) each with probability s_i / 2, else 0;  s_i = 1 / sqrt(size of i's tensor)
 *
 * About d sum_t sqrt(D_t) non-zeros. The density is each tensor's own, the length is over all tensors,
 * as in Li et al.'s code. Places are drawn by their gaps, which are geometric: the largest k with
 * (1-s)^k >= u, found in a table of powers, by multiplications and comparisons alone, so that no
 * machine's logarithm enters. Direction j has its own stream: a smaller d of the same seed has the
 * first of the same directions. A direction without a non-zero (likely only for a handful of weights)
 * has z_j drive nothing.
 * Source: Li, Hastie & Church 2006; Li et al. 2018, section 2.
 * Shapes: first (d+1); place, value (first[d]): direction by direction. */
#include <math.h>
#include <string.h>

#include "spaces/space.h"

typedef struct sparse {
    space base;
    size_t *first;   /* (d+1) where a direction begins */
    uint32_t *place; /* of the non-zeros, ascending within a direction */
    real *value;
    size_t room;
} sparse;

/* The powers of one tensor: power[k] = (1-s)^k, k <= n_powers. A longer gap goes on with a new number,
 * for the geometric distribution has no memory. */
typedef struct gaps {
    double *power;
    size_t n_powers;
} gaps;

static const key keys[] = {
    KEY("d", sparse, base.d, NULL, 1, UINT32_MAX, "numbers", "how many numbers are trained"),
    {0},
};

/* Fails of a trial with probability s before the first success. */
static size_t sparse_gap(const gaps *g, const stream *numbers, uint64_t *used)
{
    size_t gap = 0, low = 0, high = g->n_powers;
    double u = rng_uniform(numbers, (*used)++);
    while (u <= g->power[g->n_powers]) {
        gap += g->n_powers;
        u = rng_uniform(numbers, (*used)++);
    }
    while (high - low > 1) { /* power[low] >= u > power[high] */
        size_t middle = low + (high - low) / 2;
        if (g->power[middle] >= u)
            low = middle;
        else
            high = middle;
    }
    return gap + low;
}

/* Powers down to about 1/8: few gaps need a second number, and the table stays in cache. */
static status sparse_gaps(gaps *g, size_t n)
{
    double root = sqrt((double)n), rest = 1 - 1 / root;
    g->n_powers = 1 + (size_t)(2 * root);
    if (!(g->power = mem_array(g->n_powers + 1, sizeof *g->power)))
        return ERR_MEMORY;
    g->power[0] = 1;
    for (size_t k = 1; k <= g->n_powers; k++)
        g->power[k] = g->power[k - 1] * rest;
    return OK;
}

static status sparse_add(sparse *s, size_t i, double value)
{
    size_t k = s->first[s->base.d]; /* the count so far, until the end */
    if (k == s->room) {
        size_t room = s->room + s->room / 4 + 1024;
        uint32_t *place = mem_resize(s->place, room, sizeof *place);
        if (place)
            s->place = place;
        real *values = place ? mem_resize(s->value, room, sizeof *values) : NULL;
        if (!values)
            return ERR_MEMORY;
        s->value = values;
        s->room = room;
    }
    s->place[k] = (uint32_t)i;
    s->value[k] = (real)value;
    s->first[s->base.d]++;
    return OK;
}

/* Direction j over all tensors, then its length. */
static status sparse_draw(sparse *s, const gaps *g, size_t j)
{
    const layout *l = s->base.layout;
    stream signs = stream_named(&s->base.stream, "signs");
    stream numbers = stream_sub(&s->base.stream, j), sign = stream_sub(&signs, j);
    uint64_t used = 0, drawn = 0;
    double square = 0;
    size_t begin = s->first[j] = s->first[s->base.d];
    for (size_t t = 0; t < l->n_tensors; t++) {
        double root = sqrt((double)l->tensors[t].n), size = sqrt(root);
        for (size_t i = sparse_gap(&g[t], &numbers, &used); i < l->tensors[t].n;
             i += 1 + sparse_gap(&g[t], &numbers, &used)) {
            status st =
                sparse_add(s, l->tensors[t].offset + i, size * (double)rng_sign(&sign, drawn++));
            if (st)
                return st;
            square += root;
        }
    }
    for (size_t k = begin; k < s->first[s->base.d]; k++)
        s->value[k] = (real)((double)s->value[k] / sqrt(square));
    return OK;
}

static status sparse_init(space *base)
{
    sparse *s = (sparse *)base;
    const layout *l = base->layout;
    double expected = 0;
    status st = space_check_d(base);
    if (st)
        return st;
    if (base->n > UINT32_MAX)
        return error_set(ERR_LIMIT, "sparse: %zu weights are more than 2^32; fastfood takes them",
                         base->n);
    for (size_t t = 0; t < l->n_tensors; t++)
        expected += (double)base->d * sqrt((double)l->tensors[t].n);
    /* five standard deviations more: it grows no further */
    s->room = (size_t)(expected + 5 * sqrt(expected)) + 16;
    if ((st = space_needs(base, (double)s->room * (4 + sizeof(real)), "its non-zeros",
                          "fastfood of the same d takes 8 bytes a weight whatever d")))
        return st;
    gaps *g = mem_array(l->n_tensors, sizeof *g);
    s->first = mem_array(base->d + 1, sizeof *s->first);
    s->place = mem_raw(s->room, sizeof *s->place);
    s->value = mem_raw(s->room, sizeof *s->value);
    st = g && s->first && s->place && s->value ? OK : ERR_MEMORY;
    for (size_t t = 0; t < l->n_tensors && !st; t++)
        st = sparse_gaps(&g[t], l->tensors[t].n);
    for (size_t j = 0; j < base->d && !st; j++)
        st = sparse_draw(s, g, j);
    for (size_t t = 0; g && t < l->n_tensors; t++)
        mem_free(g[t].power);
    mem_free(g);
    return st;
}

static void sparse_clear(space *base)
{
    sparse *s = (sparse *)base;
    mem_free(s->first);
    mem_free(s->place);
    mem_free(s->value);
}

static void sparse_lift(const space *base, space_mem *mem, const real *restrict z,
                        real *restrict theta)
{
    const sparse *s = (const sparse *)base;
    (void)mem;
    memcpy(theta, base->theta0, base->n * sizeof *theta);
    for (size_t j = 0; j < base->d; j++)
        for (size_t k = s->first[j]; k < s->first[j + 1]; k++)
            theta[s->place[k]] += s->value[k] * z[j];
}

static void sparse_pull(const space *base, space_mem *mem, const real *restrict z,
                        const real *restrict g_theta, real *restrict g_z)
{
    const sparse *s = (const sparse *)base;
    (void)mem;
    (void)z; /* the map is linear */
    for (size_t j = 0; j < base->d; j++) {
        double sum = 0;
        for (size_t k = s->first[j]; k < s->first[j + 1]; k++)
            sum += (double)s->value[k] * (double)g_theta[s->place[k]];
        g_z[j] = (real)sum;
    }
}

const space_ops space_sparse = {
    .name = "sparse",
    .doc = "a random subspace by directions with few non-zeros",
    .source = "Li, Hastie & Church 2006; Li et al. 2018",
    .example = "sparse:d=5",
    .revision = 1,
    .keys = keys,
    .size = sizeof(sparse),
    .cost =
        "8 bytes for each of about d sum_t sqrt(D_t) non-zeros (t: tensors); O(n + non-zeros) a "
        "step",
    .regenerable = true,
    .init = sparse_init,
    .clear = sparse_clear,
    .lift = sparse_lift,
    .pull = sparse_pull,
};
