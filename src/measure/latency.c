/* latency.c -- see latency.h. */
#include <math.h>
#include <stdlib.h>

#include <gsl/gsl_cdf.h>

#include "base/os.h"
#include "measure/latency.h"
#include "measure/trial.h"

#define LATENCY_LEAST                                                                              \
    5e-3 /* seconds that are timed at once: the clock and the scheduler stay below a percent */

#define COLUMN(...) D90_COLUMN(latency_row, __VA_ARGS__)
const d90_column latency_columns[] = {
    COLUMN("method", D90_WORD, method, "", "what was trained; base: the model as it is"),
    COLUMN("form", D90_WORD, form, "",
           "merged: its update is in the weights; unmerged: beside them"),
    COLUMN("d", D90_COUNT, d, "numbers", "trained"),
    COLUMN("batch", D90_COUNT, batch, "texts", "of a pass"),
    COLUMN("length", D90_COUNT, length, "tokens", "of a text"),
    COLUMN("threads", D90_COUNT, threads, "threads", ""),
    COLUMN("turns", D90_COUNT, turns, "", "that were timed, all methods in each"),
    COLUMN("ms", D90_NUMBER, ms, "ms", "of a pass, median"),
    COLUMN("low", D90_NUMBER, low, "ms", "lower quartile"),
    COLUMN("high", D90_NUMBER, high, "ms", "upper quartile"),
    COLUMN("ratio", D90_NUMBER, ratio, "", "to base in the same turn, median"),
    COLUMN("ratio_low", D90_NUMBER, ratio_low, "", "lower quartile"),
    COLUMN("ratio_high", D90_NUMBER, ratio_high, "", "upper quartile"),
    COLUMN("ratio_from", D90_NUMBER, ratio_from, "",
           "of the median's 95 % interval; empty below 6 turns"),
    COLUMN("ratio_to", D90_NUMBER, ratio_to, "", "its upper end"),
    {0},
};

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Between the two that stand around q (n - 1), in their proportion. */
static double quantile(const double *sorted, size_t n, double q)
{
    double at = q * (double)(n - 1);
    size_t k = (size_t)at;
    return k + 1 < n ? sorted[k] + (at - (double)k) * (sorted[k + 1] - sorted[k]) : sorted[n - 1];
}

static void quartiles(double *x, size_t n, double *low, double *median, double *high)
{
    qsort(x, n, sizeof *x, by_size);
    *low = quantile(x, n, .25);
    *median = quantile(x, n, .5);
    *high = quantile(x, n, .75);
}

/* 95 % interval of a median, whatever the distribution: between the k-th value and the k-th from above, k the largest
 * with P(fewer than k of n coins are heads) <= .025. NaN below 6 values. */
static void median_interval(const double *sorted, size_t n, double *from, double *to)
{
    size_t k = 0;
    while (k < n / 2 && gsl_cdf_binomial_P((unsigned)k, .5, (unsigned)n) <= .025)
        k++;
    *from = k ? sorted[k - 1] : (double)NAN;
    *to = k ? sorted[n - k] : (double)NAN;
}

void latency_fill(latency_row *row, const double *times, const double *base, size_t turns)
{
    double x[LATENCY_TURNS];
    row->turns = turns;
    for (size_t i = 0; i < turns; i++)
        x[i] = 1e3 * times[i];
    quartiles(x, turns, &row->low, &row->ms, &row->high);
    for (size_t i = 0; i < turns; i++)
        x[i] = times[i] / base[i];
    quartiles(x, turns, &row->ratio_low, &row->ratio, &row->ratio_high);
    median_interval(x, turns, &row->ratio_from, &row->ratio_to);
}

/* Seconds of one pass, over so many. Where another program had our core meanwhile (processor time falls short of wall
 * time) they are timed again, some times; then the shortest counts. */
static double latency_time(trial *t, size_t calls)
{
    enum { TRIES = 5 };
    double best = 0;
    for (int k = 0; k < TRIES; k++) {
        double cpu = os_cpu_seconds(), start = os_seconds();
        for (size_t i = 0; i < calls; i++)
            trial_run(t);
        double wall = os_seconds() - start;
        best = !k || wall < best ? wall : best;
        if (os_cpu_seconds() - cpu > .97 * wall)
            break;
    }
    return best / (double)calls;
}

static bool adds_tensors(const trial *t)
{
    const layout *l = &t->m.model->layout;
    for (size_t k = 0; k < l->n_tensors; k++)
        if (l->tensors[k].outside)
            return true;
    return false;
}

static status add_trial(trial *all, latency_row *rows, size_t *n, const memory_ask *ask,
                        const char *method, pool *p)
{
    trial *t = &all[*n];
    status st = trial_open(t, ask, method, false, p);
    if (st)
        return st;
    rows[*n] = (latency_row){.method = method,
                             .form = "",
                             .d = t->space ? t->space->d : 0,
                             .batch = ask->batch,
                             .length = ask->length,
                             .threads = p ? pool_threads(p) : 1};
    ++*n;
    if (!t->space || adds_tensors(t))
        return OK;
    rows[*n] = rows[*n - 1];
    rows[*n - 1].form = "unmerged";
    rows[*n].form = "merged";
    if ((st = trial_open(&all[*n], ask, method, false, p)))
        return st;
    ++*n;
    return trial_merge(&all[*n - 1]);
}

status latency_measure(const memory_ask *ask, const char *const *methods, size_t n, pool *p,
                       size_t turns, latency_row **rows, size_t *n_rows)
{
    size_t most = 2 * n + 1, calls = 1;
    trial *all = mem_array(most, sizeof *all);
    double *times = mem_array(most * turns, sizeof *times);
    latency_row *own = mem_array(most, sizeof *own);
    status st = all && times && own ? OK : ERR_MEMORY;
    *rows = NULL;
    *n_rows = 0;
    if (!st)
        st = add_trial(all, own, n_rows, ask, "base", p);
    for (size_t i = 0; i < n && !st; i++)
        st = add_trial(all, own, n_rows, ask, methods[i], p);
    for (size_t k = 0; k < *n_rows && !st; k++)
        latency_time(&all[k], 1); /* warm */
    if (!st)
        while (latency_time(&all[0], calls) * (double)calls < LATENCY_LEAST)
            calls *= 2;
    for (size_t i = 0; i < turns && !st; i++)
        for (size_t k = 0; k < *n_rows; k++)
            times[k * turns + i] = latency_time(&all[k], calls);
    for (size_t k = 0; k < *n_rows && !st; k++)
        latency_fill(&own[k], times + k * turns, times, turns);
    for (size_t k = 0; all && k < *n_rows; k++)
        trial_close(&all[k]);
    mem_free(all);
    mem_free(times);
    if (st) {
        mem_free(own);
        *n_rows = 0;
    } else {
        *rows = own;
    }
    return st;
}
