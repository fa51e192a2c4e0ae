/* spectra.c -- see spectra.h. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/spectra.h"

enum { CELL = 24, MOST = 4096 };

static bool spectra_alike(const spectrum_row *a, const spectrum_row *b)
{
    return a->about.m == b->about.m && a->about.n == b->about.n && a->about.r == b->about.r &&
           !strcmp(a->about.role, b->about.role);
}

static int spectra_rising(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* "1.23", "n/a". */
static void spectra_number(double x, char out[CELL])
{
    if (isnan(x))
        snprintf(out, CELL, "n/a");
    else
        snprintf(out, CELL, "%.3g", x);
}

/* Of one column over the rows like row `first`: the median, and the ends behind it where asked. */
static void spectra_cell(const spectrum_row *rows, size_t n, size_t first, size_t offset, bool ends,
                         char out[2 * CELL])
{
    double x[MOST];
    size_t k = 0;
    char middle[CELL], low[CELL], high[CELL];
    for (size_t i = first; i < n && k < MOST; i++) {
        double value = *(const double *)((const char *)&rows[i] + offset);
        if (spectra_alike(&rows[first], &rows[i]) && !isnan(value))
            x[k++] = value;
    }
    qsort(x, k, sizeof *x, spectra_rising);
    double nothing = (double)NAN;
    spectra_number(k ? (x[(k - 1) / 2] + x[k / 2]) / 2 : nothing, middle);
    spectra_number(k ? x[0] : nothing, low);
    spectra_number(k ? x[k - 1] : nothing, high);
    if (ends && k > 1)
        snprintf(out, 2 * CELL, "%.12s (%.12s-%.12s)", middle, low, high);
    else
        snprintf(out, 2 * CELL, "%s", middle);
}

static const struct {
    const char *head;
    size_t offset;
    int width;
    bool ends;
} columns[] = {
    {"norm (least-most)", offsetof(spectrum_row, about.norm), 19, true},
    {"effective rank", offsetof(spectrum_row, effective_rank), 17, true},
    {"null", offsetof(spectrum_row, null_effective_rank), 5, false},
    {"stable", offsetof(spectrum_row, stable_rank), 6, false},
    {"rank90", offsetof(spectrum_row, rank90), 6, false},
};
enum { COLUMNS = sizeof columns / sizeof *columns };

static const char *spectra_role(const spectrum_row *r)
{
    return *r->about.role ? r->about.role : "-";
}

static void spectra_line(const spectrum_row *rows, size_t n, size_t first, const char *label,
                         int width, text *out)
{
    const spectrum_about *a = &rows[first].about;
    char shape[CELL], cell[2 * CELL];
    snprintf(shape, sizeof shape, "%zux%zu", a->m, a->n);
    text_add(out, "%-*s %-10s", width, label, shape);
    for (size_t k = 0; k < COLUMNS; k++) {
        spectra_cell(rows, n, first, columns[k].offset, columns[k].ends, cell);
        text_add(out, " %*s", columns[k].width, cell);
    }
    text_add(out, "\n");
}

/* Rows like row i, itself the first of them; 0: an earlier row has counted them. */
static size_t spectra_count(const spectrum_row *rows, size_t n, size_t i)
{
    size_t alike = 0;
    for (size_t k = 0; k < n; k++) {
        if (!spectra_alike(&rows[i], &rows[k]))
            continue;
        if (k < i)
            return 0;
        alike++;
    }
    return alike;
}

void spectra_words(const spectrum_row *rows, size_t n, bool each, text *out)
{
    char label[2 * CELL];
    int width = 9;
    for (size_t i = 0; i < n; i++) {
        int wide = snprintf(label, sizeof label, "%s x%zu", spectra_role(&rows[i]), n);
        width = wide > width ? wide : width;
    }
    text_add(out, "%-*s %-10s", width, "role", "shape");
    for (size_t k = 0; k < COLUMNS; k++)
        text_add(out, " %*s", columns[k].width, columns[k].head);
    text_add(out, "\n");
    for (size_t i = 0; i < n; i++) {
        size_t alike = spectra_count(rows, n, i);
        if (!alike)
            continue;
        snprintf(label, sizeof label, "%s x%zu", spectra_role(&rows[i]), alike);
        spectra_line(rows, n, i, label, width, out);
    }
    for (size_t i = 0; each && i < n; i++) {
        text_add(out, "%s%s\n", i ? "" : "\n", rows[i].about.tensor);
        spectra_line(&rows[i], 1, 0, spectra_role(&rows[i]), width, out);
    }
}
