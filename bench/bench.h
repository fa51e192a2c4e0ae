/* bench.h -- medians of interleaved repetitions, and one CSV row a measurement:
 *   name,what,us,yardstick,yardstick_us,ratio */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include <stdio.h>
#include <stdlib.h>

#include "base/os.h"

enum { BENCH_TIMES = 25 };

typedef void bench_work(void *context);

static inline int bench_order(const void *a, const void *b)
{
    const double *x = a, *y = b;
    return *x < *y ? -1 : *x > *y;
}

/* Seconds of one call, over enough calls to fill a millisecond. */
static inline double bench_one(bench_work *work, void *context, size_t calls)
{
    double start = os_seconds();
    for (size_t i = 0; i < calls; i++)
        work(context);
    return (os_seconds() - start) / (double)calls;
}

static inline size_t bench_calls(bench_work *work, void *context)
{
    size_t calls = 1;
    while (bench_one(work, context, calls) * (double)calls < 2e-3)
        calls *= 2;
    return calls;
}

/* Both are run in turns, so that what disturbs one disturbs the other; medians are printed. */
static inline void bench_pair(const char *name, const char *what, bench_work *work, void *context,
                              const char *yardstick, bench_work *other, void *other_context)
{
    double a[BENCH_TIMES], b[BENCH_TIMES];
    size_t calls = bench_calls(work, context), others = bench_calls(other, other_context);
    for (size_t i = 0; i < BENCH_TIMES; i++) {
        a[i] = bench_one(work, context, calls);
        b[i] = bench_one(other, other_context, others);
    }
    qsort(a, BENCH_TIMES, sizeof *a, bench_order);
    qsort(b, BENCH_TIMES, sizeof *b, bench_order);
    double x = a[BENCH_TIMES / 2], y = b[BENCH_TIMES / 2];
    printf("%s,%s,%.4g,%s,%.4g,%.3f\n", name, what, 1e6 * x, yardstick, 1e6 * y, x / y);
    fflush(stdout);
}

#endif
