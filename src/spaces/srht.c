/* srht.c -- the subsampled randomised Hadamard transform: d columns and n rows of one orthogonal matrix.
 *
 *   theta_i = theta0_i + b_i (H e)_row(i) / sqrt(n)      e (L) has z_j at place col(j), zeros elsewhere
 *   g_z_j   = (H f)_col(j) / sqrt(n)                     f (L) has b_i g_theta_i at place row(i)
 *
 * H is the Hadamard matrix of L = 2^ceil(log2 n), col(j) are d and row(i) are n distinct numbers below L
 * drawn at random, b_i signs. Each column of the map has n entries +-1/sqrt(n): unit length exactly.
 * When n = L the columns are orthogonal exactly; when rows are left out, inner products have an rms
 * of sqrt((1 - n/L)/n). Rows are drawn and not cut off at n: the first n rows of H alone would give
 * columns whose inner product is of order one (columns that differ in the highest bit).
 * The rows that were drawn keep their order, so that memory is walked straight through. A smaller d of
 * the same seed has the first of the same columns.
 * Source: Ailon & Chazelle 2009; Tropp 2011 (arXiv 1011.1595). */
#include <math.h>
#include <string.h>

#include "linalg/wht.h"
#include "spaces/space.h"

typedef struct srht {
    space base;
    unsigned log2L;
    uint32_t *col; /* (d) */
    uint32_t *row; /* (n) ascending */
    real *b;       /* (n) signs over sqrt(n) */
} srht;

static const key keys[] = {
    KEY("d", srht, base.d, NULL, 1, UINT32_MAX, "numbers", "how many numbers are trained"),
    {0},
};

static status srht_init(space *base)
{
    srht *s = (srht *)base;
    size_t n = base->n, d = base->d;
    stream columns = stream_named(&base->stream, "columns");
    stream rows = stream_named(&base->stream, "rows");
    status st = space_check_d(base);
    if (st)
        return st;
    s->log2L = wht_log2(n);
    if (s->log2L > 31)
        return error_set(ERR_LIMIT, "srht: %zu weights are more than 2^31; fastfood takes them", n);
    size_t L = (size_t)1 << s->log2L;
    if ((st = space_needs(base, (4.0 + sizeof(real)) * (double)n + 4.0 * (double)(d + L),
                          "its rows, signs and a permutation while they are drawn",
                          "select fewer weights by targets=, or use onehot")))
        return st;
    base->work_bytes = L * sizeof(real);
    uint32_t *order = mem_array(L, sizeof *order);
    uint8_t *taken = mem_array(L, 1);
    s->col = mem_array(d, sizeof *s->col);
    s->row = mem_array(n, sizeof *s->row);
    s->b = mem_array(n, sizeof *s->b);
    st = order && taken && s->col && s->row && s->b ? OK : ERR_MEMORY;
    if (st)
        goto done;
    rng_permutation(&columns, L, order);
    memcpy(s->col, order, d * sizeof *order);
    rng_permutation(&rows, L, order);
    for (size_t i = 0; i < n; i++)
        taken[order[i]] = 1;
    for (size_t k = 0, i = 0; k < L; k++)
        if (taken[k])
            s->row[i++] = (uint32_t)k;
    rng_signs(&base->stream, 0, n, s->b);
    for (size_t i = 0; i < n; i++)
        s->b[i] = (real)((double)s->b[i] / sqrt((double)n));
done:
    mem_free(order);
    mem_free(taken);
    return st;
}

static void srht_clear(space *base)
{
    srht *s = (srht *)base;
    mem_free(s->col);
    mem_free(s->row);
    mem_free(s->b);
}

static void srht_lift(const space *base, space_mem *mem, const real *restrict z,
                      real *restrict theta)
{
    const srht *s = (const srht *)base;
    real *e = mem->work;
    memset(e, 0, sizeof *e << s->log2L);
    for (size_t j = 0; j < base->d; j++)
        e[s->col[j]] = z[j];
    wht(e, s->log2L, NULL);
    for (size_t i = 0; i < base->n; i++)
        theta[i] = base->theta0[i] + s->b[i] * e[s->row[i]];
}

static void srht_pull(const space *base, space_mem *mem, const real *restrict z,
                      const real *restrict g_theta, real *restrict g_z)
{
    const srht *s = (const srht *)base;
    real *f = mem->work;
    (void)z; /* the map is linear */
    memset(f, 0, sizeof *f << s->log2L);
    for (size_t i = 0; i < base->n; i++)
        f[s->row[i]] = s->b[i] * g_theta[i];
    wht(f, s->log2L, NULL);
    for (size_t j = 0; j < base->d; j++)
        g_z[j] = f[s->col[j]];
}

const space_ops space_srht = {
    .name = "srht",
    .doc = "a random subspace by one Hadamard transform with rows and columns drawn",
    .source = "Ailon & Chazelle 2009; Tropp, arXiv 1011.1595",
    .example = "srht:d=5",
    .revision = 1,
    .keys = keys,
    .size = sizeof(srht),
    .cost =
        "8 bytes a weight, and 2^ceil(log2 n) numbers of work a run; O(n log n) a step whatever d",
    .regenerable = true,
    .init = srht_init,
    .clear = srht_clear,
    .lift = srht_lift,
    .pull = srht_pull,
};
