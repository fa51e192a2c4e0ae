/* wht.c -- the fast Walsh-Hadamard transform.
 *
 * A level with stride h replaces (x_i, x_{i+h}) by their sum and difference. Levels commute but for
 * rounding, so their order is fixed by the size alone: large strides first, then the rest.
 *
 *   n <= 2^SMALL (in L1)   three levels a pass (8 vectors in registers), strides of a vector and more;
 *                          then the levels inside a vector by exchange: x s + swap(x), s = +-1, which
 *                          is exact, so any vector width gives the same bits
 *   above                  three levels over all of it, then its eight parts one by one, so that what
 *                          fits a cache is passed over there. (Six levels on rows gathered into a buffer
 *                          took 1.4 times as long from 2^22 up: rows a power of two apart share cache
 *                          sets. bench/wht.c)
 *
 * Vectors are those of the compiler (gcc and clang), 64 bytes; narrower machines split them. */
#include <string.h>

#include "base/pool.h"
#include "linalg/wht.h"

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wpsabi" /* no vector crosses a call */
#endif

typedef real vec __attribute__((vector_size(64)));

enum {
    LANES = 64 / sizeof(real),
    LOG_LANES = sizeof(real) == 4 ? 4 : 3,
    SMALL = sizeof(real) == 4 ? 13 : 12, /* 32 KiB: L1 */
    PARALLEL = 20                        /* from this size threads are worth waking */
};

static inline void vec_load(vec *v, const real *x)
{
    memcpy(v, x, sizeof *v);
}

static inline void vec_store(real *x, const vec *v)
{
    memcpy(x, v, sizeof *v);
}

#ifdef IDIM_DOUBLE
#define SWAP1(v) __builtin_shufflevector(v, v, 1, 0, 3, 2, 5, 4, 7, 6)
#define SWAP2(v) __builtin_shufflevector(v, v, 2, 3, 0, 1, 6, 7, 4, 5)
#define SWAP4(v) __builtin_shufflevector(v, v, 4, 5, 6, 7, 0, 1, 2, 3)
static const vec sign1 = {1, -1, 1, -1, 1, -1, 1, -1}, sign2 = {1, 1, -1, -1, 1, 1, -1, -1},
                 sign4 = {1, 1, 1, 1, -1, -1, -1, -1};
#else
#define SWAP1(v) __builtin_shufflevector(v, v, 1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14)
#define SWAP2(v) __builtin_shufflevector(v, v, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13)
#define SWAP4(v) __builtin_shufflevector(v, v, 4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11)
#define SWAP8(v) __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7)
static const vec sign1 = {1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1},
                 sign2 = {1, 1, -1, -1, 1, 1, -1, -1, 1, 1, -1, -1, 1, 1, -1, -1},
                 sign4 = {1, 1, 1, 1, -1, -1, -1, -1, 1, 1, 1, 1, -1, -1, -1, -1},
                 sign8 = {1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1, -1, -1, -1};
#endif

/* All levels inside vectors. */
static void wht_inside(real *x, size_t n)
{
    for (size_t i = 0; i < n; i += LANES) {
        vec v;
        vec_load(&v, x + i);
#ifndef IDIM_DOUBLE
        v = v * sign8 + SWAP8(v);
#endif
        v = v * sign4 + SWAP4(v);
        v = v * sign2 + SWAP2(v);
        v = v * sign1 + SWAP1(v);
        vec_store(x + i, &v);
    }
}

#define BUTTERFLY(a, b)                                                                            \
    do {                                                                                           \
        vec t_ = a;                                                                                \
        a = t_ + b;                                                                                \
        b = t_ - b;                                                                                \
    } while (0)

/* Three levels, strides 4h, 2h, h, on n numbers; h a multiple of LANES. Written out: a loop over the
 * eight vectors would keep them in memory. */
static void wht_8(real *x, size_t n, size_t h)
{
    for (size_t at = 0; at < n; at += 8 * h)
        for (real *p = x + at, *end = p + h; p < end; p += LANES) {
            vec a, b, c, d, e, f, g, i;
            vec_load(&a, p);
            vec_load(&b, p + h);
            vec_load(&c, p + 2 * h);
            vec_load(&d, p + 3 * h);
            vec_load(&e, p + 4 * h);
            vec_load(&f, p + 5 * h);
            vec_load(&g, p + 6 * h);
            vec_load(&i, p + 7 * h);
            BUTTERFLY(a, e);
            BUTTERFLY(b, f);
            BUTTERFLY(c, g);
            BUTTERFLY(d, i);
            BUTTERFLY(a, c);
            BUTTERFLY(b, d);
            BUTTERFLY(e, g);
            BUTTERFLY(f, i);
            BUTTERFLY(a, b);
            BUTTERFLY(c, d);
            BUTTERFLY(e, f);
            BUTTERFLY(g, i);
            vec_store(p, &a);
            vec_store(p + h, &b);
            vec_store(p + 2 * h, &c);
            vec_store(p + 3 * h, &d);
            vec_store(p + 4 * h, &e);
            vec_store(p + 5 * h, &f);
            vec_store(p + 6 * h, &g);
            vec_store(p + 7 * h, &i);
        }
}

static void wht_4(real *x, size_t n, size_t h)
{
    for (size_t at = 0; at < n; at += 4 * h)
        for (size_t j = at; j < at + h; j += LANES) {
            vec a[4];
            for (size_t k = 0; k < 4; k++)
                vec_load(&a[k], x + j + k * h);
            BUTTERFLY(a[0], a[2]);
            BUTTERFLY(a[1], a[3]);
            BUTTERFLY(a[0], a[1]);
            BUTTERFLY(a[2], a[3]);
            for (size_t k = 0; k < 4; k++)
                vec_store(x + j + k * h, &a[k]);
        }
}

static void wht_2(real *x, size_t n, size_t h)
{
    for (size_t at = 0; at < n; at += 2 * h)
        for (size_t j = at; j < at + h; j += LANES) {
            vec a, b;
            vec_load(&a, x + j);
            vec_load(&b, x + j + h);
            BUTTERFLY(a, b);
            vec_store(x + j, &a);
            vec_store(x + j + h, &b);
        }
}

/* `levels` levels, the largest stride first, down to stride `least`; both in numbers. */
static void wht_levels(real *x, size_t n, unsigned levels, size_t least)
{
    while (levels) {
        unsigned take = levels >= 3 ? 3 : levels;
        size_t h = least << (levels - take);
        if (take == 3)
            wht_8(x, n, h);
        else if (take == 2)
            wht_4(x, n, h);
        else
            wht_2(x, n, h);
        levels -= take;
    }
}

static void wht_scalar(real *x, size_t n)
{
    for (size_t h = n / 2; h; h /= 2)
        for (size_t at = 0; at < n; at += 2 * h)
            for (size_t j = at; j < at + h; j++) {
                real a = x[j], b = x[j + h];
                x[j] = a + b;
                x[j + h] = a - b;
            }
}

static void wht_small(real *x, unsigned log2n)
{
    size_t n = (size_t)1 << log2n;
    if (n < LANES) {
        wht_scalar(x, n);
        return;
    }
    wht_levels(x, n, log2n - LOG_LANES, LANES);
    wht_inside(x, n);
}

typedef struct wht_job {
    real *x;
    unsigned log2part;
} wht_job;

static void wht_job_part(void *context, size_t i)
{
    const wht_job *w = context;
    wht(w->x + (i << w->log2part), w->log2part, NULL);
}

void wht(real *x, unsigned log2n, pool *p)
{
    if (log2n <= SMALL) {
        wht_small(x, log2n);
        return;
    }
    unsigned above = log2n - SMALL, levels = above <= 3 ? above : above == 4 ? 2 : 3;
    wht_job w = {x, log2n - levels};
    wht_levels(x, (size_t)1 << log2n, levels, (size_t)1 << w.log2part);
    pool_run(log2n >= PARALLEL ? p : NULL, wht_job_part, &w, (size_t)1 << levels);
}

unsigned wht_log2(size_t n)
{
    unsigned log2n = 0;
    while (((size_t)1 << log2n) < n)
        log2n++;
    return log2n;
}
