/* effective.c -- see effective.h. */
#include <math.h>
#include <stddef.h>
#include <stdlib.h>

#include "base/mem.h"
#include "measure/effective.h"

#define COLUMN(...) D90_COLUMN(effective_row, __VA_ARGS__)

const d90_column effective_columns[] = {
    COLUMN("run_id", D90_WORD, run_id, "", "as in runs.csv"),
    COLUMN("space", D90_WORD, space, "", "as in runs.csv"),
    COLUMN("space_spec", D90_WORD, space_spec, "", "as in runs.csv"),
    COLUMN("d_total", D90_NUMBER, d, "numbers", "trained"),
    COLUMN("seed", D90_NUMBER, seed, "", "of the run"),
    COLUMN("matrices", D90_COUNT, matrices, "matrices",
           "that changed; the rest are medians over them"),
    COLUMN("rank", D90_NUMBER, rank, "",
           "of the factors, else the smaller side: the most there could be"),
    COLUMN("effective_rank", D90_NUMBER, effective_rank, "",
           "exp of the entropy of the shares of sigma"),
    COLUMN("null_effective_rank", D90_NUMBER, null_effective_rank, "",
           "of random updates of equal norm and rank"),
    COLUMN("participation", D90_NUMBER, participation, "", "(sum sigma^2)^2 / sum sigma^4"),
    COLUMN("stable_rank", D90_NUMBER, stable_rank, "", "squared norm / sigma_1^2"),
    COLUMN("rank90", D90_NUMBER, rank90, "", "values that hold 90 % of the squares"),
    COLUMN("relative", D90_NUMBER, relative, "", "norm of the update / norm of the weights before"),
    {0},
};

static int effective_rising(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Over the rows that have it; x (n) is work. */
static double effective_median(const spectrum_row *rows, size_t n, size_t offset, double *x)
{
    size_t k = 0;
    for (size_t i = 0; i < n; i++) {
        double value = *(const double *)((const char *)&rows[i] + offset);
        if (isfinite(value))
            x[k++] = value;
    }
    qsort(x, k, sizeof *x, effective_rising);
    return k ? (x[(k - 1) / 2] + x[k / 2]) / 2 : (double)NAN;
}

static double effective_most(const spectrum_about *a)
{
    size_t side = a->m < a->n ? a->m : a->n;
    return (double)(a->r && a->r < side ? a->r : side);
}

status effective_of(const spectrum_row *rows, size_t n, effective_row *out)
{
    static const struct {
        size_t from, to;
    } medians[] = {
        {offsetof(spectrum_row, effective_rank), offsetof(effective_row, effective_rank)},
        {offsetof(spectrum_row, null_effective_rank), offsetof(effective_row, null_effective_rank)},
        {offsetof(spectrum_row, participation), offsetof(effective_row, participation)},
        {offsetof(spectrum_row, stable_rank), offsetof(effective_row, stable_rank)},
        {offsetof(spectrum_row, rank90), offsetof(effective_row, rank90)},
        {offsetof(spectrum_row, relative), offsetof(effective_row, relative)},
    };
    double *x = mem_array(n ? n : 1, sizeof *x);
    if (!x)
        return ERR_MEMORY;
    out->matrices = n;
    for (size_t i = 0; i < sizeof medians / sizeof *medians; i++)
        *(double *)((char *)out + medians[i].to) = effective_median(rows, n, medians[i].from, x);
    for (size_t i = 0; i < n; i++)
        x[i] = effective_most(&rows[i].about);
    qsort(x, n, sizeof *x, effective_rising);
    out->rank = n ? (x[(n - 1) / 2] + x[n / 2]) / 2 : (double)NAN;
    mem_free(x);
    return OK;
}
