/* wht.h -- a vector to transform again and again. */
#ifndef BENCH_WHT_H
#define BENCH_WHT_H

#include "base/mem.h"
#include "bench/bench.h"
#include "linalg/wht.h"

typedef struct vector {
    real *x, *y;
    unsigned log2n;
    pool *pool;
} vector;

/* All zeros: a transform of anything else grows by sqrt(n) a call and ends at Inf, and making it small
 * again would be timed too. Additions take no longer for other numbers. */
static inline status vector_open(vector *v, unsigned log2n)
{
    *v = (vector){mem_array(sizeof(real) << log2n, 1), mem_array(sizeof(real) << log2n, 1), log2n,
                  NULL};
    return v->x && v->y ? OK : ERR_MEMORY;
}

static inline void vector_close(vector *v)
{
    mem_free(v->x);
    mem_free(v->y);
}

static inline void vector_wht(void *context)
{
    const vector *v = context;
    wht(v->x, v->log2n, v->pool);
}

static inline double vector_sums(unsigned log2n) /* additions of one transform */
{
    return (double)log2n * (double)((size_t)1 << log2n);
}

#endif
