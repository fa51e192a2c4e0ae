/* tail.c -- see tail.h. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "measure/tail.h"

enum { CANDIDATES = 200 };

/* x falling: the tail of the first n, its exponent and distance. */
static void tail_of(size_t n, const double *x, const double *sums, tail *t)
{
    double least = x[n - 1], logs = sums[n - 1] - (double)n * log(least);
    *t = (tail){n, 1 + (double)n / logs, least, 0, (double)NAN};
    for (size_t i = 0; i < n; i++) { /* the share above x_i: by the law, and i/n to (i+1)/n */
        double law = exp((1 - t->alpha) * log(x[i] / least));
        t->distance = fmax(t->distance, fabs(law - (double)i / (double)n));
        t->distance = fmax(t->distance, fabs(law - (double)(i + 1) / (double)n));
    }
}

/* sums (n): work, sum of ln x over the first i + 1. */
static void tail_best(size_t n, const double *x, double *sums, tail *best)
{
    size_t most = n - TAIL_LEAST + 1, step = (most + CANDIDATES - 1) / CANDIDATES;
    best->n = 0;
    for (size_t i = 0; i < n; i++)
        sums[i] = (i ? sums[i - 1] : 0) + log(x[i]);
    for (size_t k = TAIL_LEAST; k <= n; k += step) {
        tail t;
        if (!(x[0] > x[k - 1]) ||
            (k < n && !(x[k - 1] > x[k]))) /* all alike; ties belong together */
            continue;
        tail_of(k, x, sums, &t);
        if (!best->n || t.distance < best->distance)
            *best = t;
    }
}

static int tail_falling(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x < y) - (x > y);
}

/* Number i of sample k: from the body with its share, else by the law. */
static double tail_draw(size_t n, const double *x, const tail *t, const stream *s, size_t i)
{
    double u = rng_uniform(s, 2 * i), v = rng_uniform(s, 2 * i + 1);
    size_t body = n - t->n;
    if (u * (double)n < (double)body) {
        size_t at = (size_t)(v * (double)body);
        return x[t->n + (at < body ? at : body - 1)];
    }
    return t->least * exp(-log(v) / (t->alpha - 1));
}

status tail_fit(size_t n, const double *x, size_t replicates, const stream *s, tail *out)
{
    size_t larger = 0;
    *out = (tail){0, (double)NAN, (double)NAN, (double)NAN, (double)NAN};
    while (n && !(x[n - 1] > 0))
        n--;
    if (n < TAIL_LEAST)
        return OK;
    double *sums = mem_array(n, sizeof *sums), *sample = mem_array(n, sizeof *sample);
    status st = sums && sample ? OK : ERR_MEMORY;
    if (!st)
        tail_best(n, x, sums, out);
    for (size_t k = 0; !st && out->n && k < replicates; k++) {
        stream own = stream_sub(s, k);
        tail t;
        for (size_t i = 0; i < n; i++)
            sample[i] = tail_draw(n, x, out, &own, i);
        qsort(sample, n, sizeof *sample, tail_falling);
        tail_best(n, sample, sums, &t);
        larger += t.n && t.distance > out->distance;
    }
    if (!st && out->n && replicates)
        out->p = (double)larger / (double)replicates;
    mem_free(sums);
    mem_free(sample);
    return st;
}
