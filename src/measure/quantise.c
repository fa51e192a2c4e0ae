/* quantise.c -- see quantise.h. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "measure/quantise.h"

void quantise_clear(quantised *q)
{
    zcode_clear(&q->z);
    *q = (quantised){0};
}

/* Empty code for d numbers in these groups, scale 1 each. */
static status quantise_new(quantised *q, zcode_form form, const zcode_group *groups,
                           size_t n_groups, size_t d)
{
    *q = (quantised){.z = {.form = form, .d = d, .n_groups = n_groups}};
    q->z.groups = mem_copy(groups, n_groups, sizeof *groups);
    q->z.symbol = mem_array(d, sizeof *q->z.symbol);
    return q->z.groups && q->z.symbol ? OK : ERR_MEMORY;
}

/* Fills rate and noise from the symbols. */
static status quantise_measure(const real *x, const double *rms, quantised *q)
{
    text code = {0};
    const zcode *z = &q->z;
    real *back = mem_raw(z->d, sizeof *back);
    status st = back ? zcode_write(z, &code) : ERR_MEMORY;
    if (!st) {
        zcode_values(z, NULL, back);
        q->rate = 8 * (double)code.length / (double)z->d;
        q->noise = 0;
        for (size_t g = 0, i = 0; g < z->n_groups; g++)
            for (size_t end = i + z->groups[g].n; i < end; i++) {
                double e = rms[g] > 0 ? ((double)x[i] - (double)back[i]) / rms[g] : 0;
                q->noise += e * e / (double)z->d;
            }
    }
    text_clear(&code);
    mem_free(back);
    return st;
}

/* ------------------------------------------------------------------ uniform */

static status quantise_at(const real *x, const double *rms, double step, quantised *q)
{
    zcode *z = &q->z;
    for (size_t g = 0, i = 0; g < z->n_groups; g++) {
        double scale = (double)(z->groups[g].scale = zcode_half(step * rms[g]));
        for (size_t end = i + z->groups[g].n; i < end; i++)
            z->symbol[i] =
                scale > 0
                    ? (int32_t)fmax(-ZCODE_SYMBOL, fmin(ZCODE_SYMBOL, round((double)x[i] / scale)))
                    : 0;
    }
    return quantise_measure(x, rms, q);
}

static status quantise_uniform(const real *x, const double *rms, double bits, quantised *q)
{
    /* the step in octaves of the root mean square: from all zeros to finer than a float */
    double coarse = 8, fine = -26;
    status st = OK;
    for (int i = 0; i < 16 && !st; i++) {
        double middle = (coarse + fine) / 2;
        if (!(st = quantise_at(x, rms, exp2(middle), q)))
            *(q->rate <= bits ? &coarse : &fine) = middle;
    }
    return st ? st : quantise_at(x, rms, exp2(coarse), q);
}

/* ------------------------------------------------------------------ k-means */

static int quantise_order(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Which of n rising levels is nearest. */
static size_t quantise_nearest(const float *levels, size_t n, double y)
{
    size_t low = 0, high = n - 1;
    while (low < high) {
        size_t k = (low + high) / 2;
        if (y > ((double)levels[k] + (double)levels[k + 1]) / 2)
            low = k + 1;
        else
            high = k;
    }
    return low;
}

/* One step of Lloyd's on d sorted numbers; true: something moved. */
static bool quantise_lloyd(const double *y, size_t d, float *levels, size_t n)
{
    bool moved = false;
    size_t i = 0;
    for (size_t k = 0; k < n; k++) {
        double sum = 0;
        size_t first = i;
        double end = k + 1 < n ? ((double)levels[k] + (double)levels[k + 1]) / 2 : (double)INFINITY;
        while (i < d && y[i] <= end)
            sum += y[i++];
        float mean = i > first ? zcode_half(sum / (double)(i - first)) : levels[k];
        moved |= mean > levels[k] || mean < levels[k];
        levels[k] = mean;
    }
    return moved;
}

static status quantise_means(const real *x, const double *rms, double bits, quantised *q)
{
    enum { STEPS = 200 };
    zcode *z = &q->z;
    size_t n = (size_t)fmax(2, round(exp2(bits)));
    double *y = mem_array(z->d, sizeof *y), *sorted;
    status st = ERR_MEMORY;
    z->n_levels = n = n < z->d ? n : z->d;
    z->levels = mem_array(n, sizeof *z->levels);
    for (size_t g = 0, i = 0; y && g < z->n_groups; g++) {
        z->groups[g].scale = zcode_half(rms[g]);
        for (size_t end = i + z->groups[g].n; i < end; i++)
            y[i] = z->groups[g].scale > 0 ? (double)x[i] / (double)z->groups[g].scale : 0;
    }
    if (y && z->levels && (sorted = mem_copy(y, z->d, sizeof *y))) {
        qsort(sorted, z->d, sizeof *sorted, quantise_order);
        for (size_t k = 0; k < n; k++) /* quantiles, each level the middle of as many numbers */
            z->levels[k] = zcode_half(sorted[(2 * k + 1) * z->d / (2 * n)]);
        for (int i = 0; i < STEPS && quantise_lloyd(sorted, z->d, z->levels, n); i++)
            ;
        for (size_t i = 0; i < z->d; i++)
            z->symbol[i] = (int32_t)quantise_nearest(z->levels, n, y[i]);
        mem_free(sorted);
        st = quantise_measure(x, rms, q);
    }
    mem_free(y);
    return st;
}

/* ------------------------------------------------------------------ the better one */

static double quantise_merit(const quantised *q)
{
    return log2(q->noise) + 2 * q->rate;
}

static status quantise_scales(const real *x, const zcode_group *groups, size_t n_groups,
                              double **rms, size_t *d)
{
    *d = 0;
    if (!(*rms = mem_array(n_groups, sizeof **rms)))
        return ERR_MEMORY;
    for (size_t g = 0; g < n_groups; g++) {
        double squares = 0;
        for (size_t end = *d + groups[g].n; *d < end; ++*d)
            squares += (double)x[*d] * (double)x[*d];
        (*rms)[g] = sqrt(squares / (double)groups[g].n);
        if (!((*rms)[g] <= 1e15)) /* NaN too; zcode.h's bound on scales */
            return error_set(ERR_USAGE, "its numbers are not finite, or too large to be coded; "
                                        "pack it without --bits");
    }
    return OK;
}

status quantise(const real *x, const zcode_group *groups, size_t n_groups, double bits,
                quantise_book book, quantised *q)
{
    quantised other = {0};
    double *rms;
    size_t d;
    bool both = book == QUANTISE_AUTO && bits <= QUANTISE_MEANS_BITS;
    *q = (quantised){0};
    status st = quantise_scales(x, groups, n_groups, &rms, &d);
    if (st)
        goto done;
    if (!(bits > 0) || (book == QUANTISE_MEANS && bits > QUANTISE_MEANS_BITS))
        st = error_set(ERR_USAGE, "bits=%g: from 0 to %d with k-means, above 0 else", bits,
                       QUANTISE_MEANS_BITS);
    if (!st && book != QUANTISE_MEANS &&
        !(st = quantise_new(q, ZCODE_UNIFORM, groups, n_groups, d)))
        st = quantise_uniform(x, rms, bits, q);
    if (!st && (both || book == QUANTISE_MEANS) &&
        !(st = quantise_new(&other, ZCODE_MEANS, groups, n_groups, d)))
        st = quantise_means(x, rms, bits, &other);
    if (!st && other.z.d && (!q->z.d || quantise_merit(&other) < quantise_merit(q))) {
        quantise_clear(q);
        *q = other;
        other = (quantised){0};
    }
done:
    if (st)
        quantise_clear(q);
    quantise_clear(&other);
    mem_free(rms);
    return st;
}
