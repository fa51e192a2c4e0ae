/* similarity.c -- see similarity.h. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/similarity.h"

static int says_rising(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double says_median(double *x, size_t n)
{
    qsort(x, n, sizeof *x, says_rising);
    return n ? (x[(n - 1) / 2] + x[n / 2]) / 2 : (double)NAN;
}

static bool says_alike(const similarity_row *a, const similarity_row *b)
{
    return !strcmp(a->role, b->role) && !strcmp(a->what, b->what) && a->n == b->n;
}

/* Medians of phi and its excess over the rows like `first` with those i and j; x (n) is work. */
static void says_at(const similarity_row *rows, size_t n, const similarity_row *first, size_t i,
                    size_t j, double *x, text *out)
{
    double median[2];
    for (int excess = 0; excess < 2; excess++) {
        size_t k = 0;
        for (size_t l = 0; l < n; l++)
            if (says_alike(first, &rows[l]) && rows[l].i == i && rows[l].j == j)
                x[k++] = excess ? rows[l].excess : rows[l].phi;
        median[excess] = says_median(x, k);
    }
    text_add(out, "  %3zu,%-3zu %6.3f %+7.3f", i, j, median[0], median[1]);
}

void similarity_says(const similarity_row *rows, size_t n, text *out)
{
    double *x = mem_array(n, sizeof *x);
    if (!x) {
        out->failed = true;
        return;
    }
    text_add(out, "%-10s %-10s %6s  %7s %6s %7s  %7s %6s %7s\n", "role", "of", "space", "i,j   ",
             "phi", "excess", "i,j   ", "phi", "excess");
    for (size_t i = 0; i < n; i++) {
        size_t most_i = 0, most_j = 0, k = 0;
        while (k < i && !says_alike(&rows[k], &rows[i]))
            k++;
        if (k < i)
            continue;
        for (; k < n; k++)
            if (says_alike(&rows[i], &rows[k]) && rows[k].i >= most_i && rows[k].j >= most_j) {
                most_i = rows[k].i;
                most_j = rows[k].j;
            }
        text_add(out, "%-10.10s %-10s %6zu", *rows[i].role ? rows[i].role : "-", rows[i].what,
                 rows[i].n);
        says_at(rows, n, &rows[i], 1, 1, x, out);
        says_at(rows, n, &rows[i], most_i, most_j, x, out);
        text_add(out, "\n");
    }
    mem_free(x);
}

static double says_amplified(const amplification_row *rows, size_t n, const amplification_row *like,
                             size_t offset, double *x)
{
    size_t k = 0;
    for (size_t i = 0; i < n; i++)
        if (!strcmp(rows[i].role, like->role) && rows[i].r == like->r)
            x[k++] = *(const double *)((const char *)&rows[i] + offset);
    return says_median(x, k);
}

void amplification_says(const amplification_row *rows, size_t n, text *out)
{
    static const size_t offsets[] = {
        offsetof(amplification_row, projected), offsetof(amplification_row, own),
        offsetof(amplification_row, random), offsetof(amplification_row, factor),
        offsetof(amplification_row, enrichment)};
    double *x = mem_array(n, sizeof *x);
    if (!x) {
        out->failed = true;
        return;
    }
    text_add(out, "%-10s %5s %11s %11s %11s %13s %10s\n", "role", "r", "U,V of dW", "of W",
             "random", "amplification", "enrichment");
    for (size_t i = 0; i < n; i++) {
        size_t k = 0;
        while (k < i && (strcmp(rows[k].role, rows[i].role) || rows[k].r != rows[i].r))
            k++;
        if (k < i)
            continue;
        text_add(out, "%-10.10s %5zu", *rows[i].role ? rows[i].role : "-", rows[i].r);
        for (size_t c = 0; c < 5; c++)
            text_add(out, " %*.4g",
                     c < 3    ? 11
                     : c == 3 ? 13
                              : 10,
                     says_amplified(rows, n, &rows[i], offsets[c], x));
        text_add(out, "\n");
    }
    mem_free(x);
}
