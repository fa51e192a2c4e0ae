/* bench.h -- medians of works that are run in turns, and one CSV row a measurement:
 *
 *   name,what,us,rate,unit,yardstick,yardstick_us,ratio,asked
 *
 * us is the median of one call; rate is in `unit`; ratio = us / yardstick_us, the yardstick measured in
 * the same turns: what disturbs one disturbs the other. asked is the bound that was set, or empty.
 * docs/bench.md explains them. */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/os.h"

enum { BENCH_TURNS = 25, BENCH_SIDES = 16, BENCH_TRIES = 5 };

typedef void bench_work(void *context);

typedef struct bench_side {
    bench_work *work;
    void *context;
    bool waits; /* for processes or threads of its own: time off this core is part of it */
} bench_side;

static inline bench_side bench_alone(bench_work *work, void *context)
{
    return (bench_side){work, context, false};
}

static inline bench_side bench_waiting(bench_work *work, void *context)
{
    return (bench_side){work, context, true};
}

typedef struct bench_row {
    const char *name, *what;
    double seconds;
    double amount;         /* of `unit` times 1e9 in one call */
    const char *unit;      /* "GFLOP/s", "GB/s"; NULL: no rate */
    const char *yardstick; /* NULL: none */
    double yardstick_seconds;
    const char *asked; /* NULL: nothing */
} bench_row;

static inline int bench_order(const void *a, const void *b)
{
    const double *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static inline double bench_median(double *x, size_t n)
{
    qsort(x, n, sizeof *x, bench_order);
    return x[n / 2];
}

/* Seconds of one call, over so many calls. A block during which another program had our core (processor
 * time falls short of wall time) is done again, some times; then the shortest counts. A long block would
 * fare no better the next time. */
static inline double bench_one(bench_side side, size_t calls)
{
    double best = 0;
    for (size_t t = 0; t < BENCH_TRIES; t++) {
        double cpu = os_cpu_seconds(), start = os_seconds();
        for (size_t i = 0; i < calls; i++)
            side.work(side.context);
        double wall = os_seconds() - start;
        cpu = os_cpu_seconds() - cpu;
        best = t == 0 || wall < best ? wall : best;
        if (side.waits || cpu > .97 * wall || cpu > 20e-3)
            break;
    }
    return best / (double)calls;
}

/* How many calls fill so many seconds; the first ones warm up. */
static inline size_t bench_calls(bench_side side, double seconds)
{
    size_t calls = 1;
    while (bench_one(side, calls) * (double)calls < seconds)
        calls *= 2;
    return calls;
}

/* Medians of n sides over `turns`: first all once, then all again. */
static inline void bench_turns(size_t n, const bench_side *sides, size_t turns, double *seconds)
{
    static double all[BENCH_SIDES][BENCH_TURNS];
    size_t calls[BENCH_SIDES];
    if (n > BENCH_SIDES || turns > BENCH_TURNS)
        abort();
    for (size_t k = 0; k < n; k++)
        calls[k] = bench_calls(sides[k], 2e-3);
    for (size_t i = 0; i < turns; i++)
        for (size_t k = 0; k < n; k++)
            all[k][i] = bench_one(sides[k], calls[k]);
    for (size_t k = 0; k < n; k++)
        seconds[k] = bench_median(all[k], turns);
}

/* Three to four digits that mean something, and no exponent: people read it too. */
static inline void bench_number(double x)
{
    printf("%.*f,", x >= 1000 ? 0 : x >= 10 ? 1 : x >= 1 ? 2 : x >= .01 ? 4 : 6, x);
}

static inline void bench_print(bench_row r)
{
    printf("%s,%s,", r.name, r.what);
    bench_number(1e6 * r.seconds);
    if (r.unit)
        bench_number(r.amount / r.seconds / 1e9);
    printf("%s,", r.unit ? r.unit : ",");
    printf("%s,", r.yardstick ? r.yardstick : "");
    if (r.yardstick) {
        bench_number(1e6 * r.yardstick_seconds);
        bench_number(r.seconds / r.yardstick_seconds);
    }
    printf("%s%s\n", r.yardstick ? "" : ",,", r.asked ? r.asked : "");
    fflush(stdout);
}

/* One work beside its yardstick: the row is completed and printed. */
static inline void bench_pair(bench_row r, bench_side side, bench_side yardstick)
{
    double seconds[2];
    bench_turns(2, (const bench_side[2]){side, yardstick}, BENCH_TURNS, seconds);
    r.seconds = seconds[0];
    r.yardstick_seconds = seconds[1];
    bench_print(r);
}

#endif
