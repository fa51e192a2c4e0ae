/* dense.c -- a random subspace by its definition: d directions of n normal numbers, unit length each.
 *
 *   theta = theta0 + sum_j z_j p_j      p_j = x_j / ||x_j||, x_ji standard normal: element j n + i of
 *   g_z_j = <p_j, g_theta>              the stream, so that a smaller d of the same seed has the
 *                                       first d of the same directions
 *
 * Directions are normalised over all n numbers (Li et al. 2018, section 2), so E<p_i,p_j>^2 = 1/n and
 * ||theta - theta0|| is about ||z||. The x are stored as drawn and the d lengths beside them.
 *
 * Every step reads all of P twice and that is its cost, so P lies in the order in which it is read:
 * strips of STRIP columns, each with its d rows one behind another; lift finishes a strip of theta,
 * pull a strip's share of all d products, and either reads memory straight through. Runs that differ
 * in rate or d (siblings) go through a strip together while it is in cache. No bit depends on that:
 * theta_i adds its products in the order of j, and a product of a strip has LANES sums of its own,
 * added up in double. Our own loops, not BLAS: its summation order moves with the number of runs.
 *
 * regen=yes stores nothing: strips are drawn again for every lift and pull, the same bits.
 * Shapes: P (n/STRIP, rows, STRIP), scale (rows). */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "linalg/linalg.h"
#include "spaces/space.h"

/* STRIP columns: a block of ROWS is 16 KiB and stays in L1 while a team passes over it. At d=750 on
 * 199,210 weights one run lifts at 22 GB/s (reading alone: 27) and six together take 1.1 times as
 * long; strips of 1024 (one run 23 GB/s) and 4096 (24) make six 1.4 and 2.1 times.
 * ROWS are added in one go, so that theta is read and written once for so many. */
enum { STRIP = 512, ROWS = 8, LANES = 64 / sizeof(real) };

/* One cache line, one AVX-512 register or two of AVX2: the compilers make of it what the CPU has.
 * aligned: rows of strips may begin anywhere. */
typedef real lanes __attribute__((vector_size(64), aligned(sizeof(real)), may_alias));

typedef struct dense {
    space base;
    bool regen;
    real *P;     /* NULL with regen */
    size_t rows; /* that each strip of P has: d, or the d of the sibling that it is borrowed from */
    double *scale; /* (rows) 1 / ||x_j|| */
    bool borrowed;
} dense;

static const key keys[] = {
    KEY("d", dense, base.d, NULL, 1, UINT32_MAX, "numbers", "how many numbers are trained"),
    KEY("regen", dense, regen, "no", 0, 0, "",
        "draw P again at every step in place of storing it: n d normals for each lift and pull, "
        "some twenty times slower than reading them"),
    {0},
};

/* Rows j .. j+count of a strip that begins at column i. */
static const real *dense_strip(const dense *s, size_t i, size_t width, size_t j, size_t count,
                               real *drawn)
{
    if (!s->regen)
        return s->P + i * s->rows + j * width;
    for (size_t k = 0; k < count; k++)
        rng_normals(&s->base.stream, (uint64_t)(j + k) * s->base.n + i, width, drawn + k * width);
    return drawn;
}

static status dense_init(space *base)
{
    dense *s = (dense *)base;
    const dense *other = (const dense *)base->sibling;
    size_t n = base->n, d = base->d, numbers;
    status st = space_check_d(base);
    if (st)
        return st;
    base->work_bytes = d * sizeof(double) + (s->regen ? ROWS * STRIP * sizeof(real) : 0);
    if (other) {
        s->P = other->P;
        s->rows = other->rows;
        s->scale = other->scale;
        s->borrowed = true;
        return OK;
    }
    char sum[96], mend[160];
    snprintf(sum, sizeof sum, "%zu directions of %zu numbers", d, n);
    snprintf(mend, sizeof mend,
             "fastfood:d=%zu stores no matrix; regen=yes draws it again at every step", d);
    if (!s->regen && (st = space_needs(base, (double)d * (double)n * sizeof(real), sum, mend)))
        return st;
    if ((st = size_mul(n, d, &numbers)))
        return st;
    real drawn[STRIP];
    s->rows = d;
    s->scale = mem_array(d, sizeof *s->scale);
    if (!s->scale || (!s->regen && !(s->P = mem_raw(numbers, sizeof *s->P))))
        return ERR_MEMORY;
    for (size_t i = 0; i < n; i += STRIP) {
        size_t width = n - i < STRIP ? n - i : STRIP;
        for (size_t j = 0; j < d; j++) {
            real *x = s->regen ? drawn : s->P + i * d + j * width;
            rng_normals(&base->stream, (uint64_t)j * n + i, width, x);
            s->scale[j] += vec_dot(x, x, width);
        }
    }
    for (size_t j = 0; j < d; j++)
        s->scale[j] = 1 / sqrt(s->scale[j]);
    return OK;
}

static void dense_clear(space *base)
{
    dense *s = (dense *)base;
    if (s->borrowed)
        return;
    mem_free(s->P);
    mem_free(s->scale);
}

/* May these go through one reading? They must lie in one P. */
static bool dense_together(size_t n, const space *const *s)
{
    const dense *a = (const dense *)s[0];
    for (size_t k = 1; k < n; k++) {
        const dense *b = (const dense *)s[k];
        if (b->P != a->P || b->scale != a->scale || b->rows != a->rows)
            return false;
    }
    return true;
}

static lanes dense_load(const real *x)
{
    return *(const lanes *)(const void *)x;
}

/* What the passes of a team over one block of rows fetch ahead: each pass its share of the next
 * block, `lines` cache lines at a time, so that memory is at work while the sums are made. */
typedef struct ahead {
    uintptr_t next; /* an address and no pointer: behind the last block nothing is ours, and a fetch
                       does not fault */
    size_t lines;
} ahead;

static ahead dense_ahead(const dense *s, const real *x, size_t width, size_t runs, size_t run)
{
    size_t lines = (ROWS + runs - 1) / runs;
    if (s->regen)
        return (ahead){.lines = 0};
    return (ahead){.next = (uintptr_t)x + (ROWS + run * lines) * width * sizeof(real),
                   .lines = lines};
}

static inline void dense_fetch(const ahead *f, size_t i)
{
    uintptr_t line = f->next + i * f->lines * sizeof(real);
    for (size_t q = 0; q < f->lines; q++)
        __builtin_prefetch((const void *)(line + q * sizeof(lanes)), 0, 2);
}

/* ------------------------------------------------------------------ lift */

/* y += sum_k w_k x_k, the k in order for every element: how many rows come at once moves no bit. */
static void dense_add(size_t width, size_t count, const real *restrict w, const real *restrict x,
                      real *restrict y, ahead f)
{
    size_t whole = count == ROWS ? width / LANES * LANES : 0;
    const real *x4 = x + 4 * width;
    for (size_t i = 0; i < whole; i += LANES) {
        lanes a = dense_load(y + i);
        dense_fetch(&f, i);
        a += w[0] * dense_load(x + i);
        a += w[1] * dense_load(x + width + i);
        a += w[2] * dense_load(x + 2 * width + i);
        a += w[3] * dense_load(x + 3 * width + i);
        a += w[4] * dense_load(x4 + i);
        a += w[5] * dense_load(x4 + width + i);
        a += w[6] * dense_load(x4 + 2 * width + i);
        a += w[7] * dense_load(x4 + 3 * width + i);
        *(lanes *)(void *)(y + i) = a;
    }
    for (size_t k = 0; k < count; k++)
        for (size_t i = whole; i < width; i++)
            y[i] += w[k] * x[k * width + i];
}

static void dense_lift_team(size_t n, const space *const *s, space_mem *const *mem,
                            const real *const *z, real *const *theta)
{
    const dense *p = (const dense *)s[0];
    size_t most = 0, weights = p->base.n;
    for (size_t k = 0; k < n; k++)
        most = s[k]->d > most ? s[k]->d : most;
    real *drawn = p->regen ? (real *)((double *)mem[0]->work + p->base.d) : NULL;
    for (size_t i = 0; i < weights; i += STRIP) {
        size_t width = weights - i < STRIP ? weights - i : STRIP;
        for (size_t k = 0; k < n; k++)
            memset(theta[k] + i, 0, width * sizeof(real));
        for (size_t j = 0; j < most; j += ROWS) {
            size_t rows = most - j < ROWS ? most - j : ROWS;
            const real *x = dense_strip(p, i, width, j, rows, drawn);
            for (size_t k = 0; k < n; k++) {
                real w[ROWS];
                if (s[k]->d <= j)
                    continue;
                size_t count = s[k]->d - j < rows ? s[k]->d - j : rows;
                for (size_t q = 0; q < count; q++)
                    w[q] = (real)((double)z[k][j + q] * p->scale[j + q]);
                dense_add(width, count, w, x, theta[k] + i, dense_ahead(p, x, width, n, k));
            }
        }
        for (size_t k = 0; k < n; k++)
            for (size_t q = i; q < i + width; q++)
                theta[k][q] += s[k]->theta0[q];
    }
}

static void dense_lift_n(size_t n, const space *const *s, space_mem *const *mem,
                         const real *const *z, real *const *theta)
{
    if (dense_together(n, s)) {
        dense_lift_team(n, s, mem, z, theta);
        return;
    }
    for (size_t k = 0; k < n; k++)
        dense_lift_team(1, s + k, mem + k, z + k, theta + k);
}

static void dense_lift(const space *base, space_mem *mem, const real *restrict z,
                       real *restrict theta)
{
    dense_lift_team(1, &base, &mem, &(const real *){z}, &(real *){theta});
}

/* ------------------------------------------------------------------ pull */

/* The lanes in double, in pairs: short chains, since this ends every row of a strip. */
static double dense_sum(const lanes *a)
{
    double half[LANES / 2];
    for (size_t l = 0; l < LANES / 2; l++)
        half[l] = (double)(*a)[l] + (double)(*a)[l + LANES / 2];
    for (size_t n = LANES / 4; n > 0; n /= 2)
        for (size_t l = 0; l < n; l++)
            half[l] += half[l + n];
    return half[0];
}

/* sum[k] += <x_k, g> for `count` rows. Number i of a strip goes to lane i % LANES: the sums are the
 * same for ROWS rows at once and for one. */
static void dense_products(size_t width, size_t count, const real *restrict x,
                           const real *restrict g, double *restrict sum, ahead f)
{
    size_t whole = width / LANES * LANES;
    lanes a[ROWS] = {{0}};
    if (count == ROWS) {
        lanes a0 = {0}, a1 = a0, a2 = a0, a3 = a0, a4 = a0, a5 = a0, a6 = a0, a7 = a0;
        const real *x4 = x + 4 * width;
        for (size_t i = 0; i < whole; i += LANES) {
            lanes v = dense_load(g + i);
            dense_fetch(&f, i);
            a0 += v * dense_load(x + i);
            a1 += v * dense_load(x + width + i);
            a2 += v * dense_load(x + 2 * width + i);
            a3 += v * dense_load(x + 3 * width + i);
            a4 += v * dense_load(x4 + i);
            a5 += v * dense_load(x4 + width + i);
            a6 += v * dense_load(x4 + 2 * width + i);
            a7 += v * dense_load(x4 + 3 * width + i);
        }
        a[0] = a0, a[1] = a1, a[2] = a2, a[3] = a3, a[4] = a4, a[5] = a5, a[6] = a6, a[7] = a7;
    } else {
        for (size_t k = 0; k < count; k++)
            for (size_t i = 0; i < whole; i += LANES)
                a[k] += dense_load(g + i) * dense_load(x + k * width + i);
    }
    for (size_t k = 0; k < count; k++) {
        for (size_t i = whole; i < width; i++)
            a[k][i - whole] += g[i] * x[k * width + i];
        sum[k] += dense_sum(&a[k]);
    }
}

static void dense_pull_team(size_t n, const space *const *s, space_mem *const *mem,
                            const real *const *g_theta, real *const *g_z)
{
    const dense *p = (const dense *)s[0];
    size_t most = 0, weights = p->base.n;
    for (size_t k = 0; k < n; k++) {
        most = s[k]->d > most ? s[k]->d : most;
        memset(mem[k]->work, 0, s[k]->d * sizeof(double));
    }
    real *drawn = p->regen ? (real *)((double *)mem[0]->work + p->base.d) : NULL;
    for (size_t i = 0; i < weights; i += STRIP) {
        size_t width = weights - i < STRIP ? weights - i : STRIP;
        for (size_t j = 0; j < most; j += ROWS) {
            size_t rows = most - j < ROWS ? most - j : ROWS;
            const real *x = dense_strip(p, i, width, j, rows, drawn);
            for (size_t k = 0; k < n; k++)
                if (s[k]->d > j)
                    dense_products(width, s[k]->d - j < rows ? s[k]->d - j : rows, x,
                                   g_theta[k] + i, (double *)mem[k]->work + j,
                                   dense_ahead(p, x, width, n, k));
        }
    }
    for (size_t k = 0; k < n; k++)
        for (size_t j = 0; j < s[k]->d; j++)
            g_z[k][j] = (real)(((double *)mem[k]->work)[j] * p->scale[j]);
}

static void dense_pull_n(size_t n, const space *const *s, space_mem *const *mem,
                         const real *const *z, const real *const *g_theta, real *const *g_z)
{
    (void)z; /* the map is linear */
    if (dense_together(n, s)) {
        dense_pull_team(n, s, mem, g_theta, g_z);
        return;
    }
    for (size_t k = 0; k < n; k++)
        dense_pull_team(1, s + k, mem + k, g_theta + k, g_z + k);
}

static void dense_pull(const space *base, space_mem *mem, const real *restrict z,
                       const real *restrict g_theta, real *restrict g_z)
{
    (void)z;
    dense_pull_team(1, &base, &mem, &(const real *){g_theta}, &(real *){g_z});
}

const space_ops space_dense = {
    .name = "dense",
    .doc = "a random subspace by a stored matrix: the definition",
    .source = "Li et al. 2018, section 2",
    .example = "dense:d=5",
    .revision = 1,
    .keys = keys,
    .size = sizeof(dense),
    .cost =
        "4 n d bytes, read once for lift and once for pull, for all runs that differ in rate or d "
        "together; d=750 on 199,210 weights: 570 MiB",
    .regenerable = true,
    .init = dense_init,
    .clear = dense_clear,
    .lift = dense_lift,
    .pull = dense_pull,
    .lift_n = dense_lift_n,
    .pull_n = dense_pull_n,
};
