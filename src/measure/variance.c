/* variance.c -- see variance.h. */
#include <math.h>

#include <gsl/gsl_cdf.h>

#include "measure/variance.h"

enum { VARIANCE_LEAST = 3 }; /* as for every interval of d90 */

#define COLUMN(...) D90_COLUMN(variance_row, __VA_ARGS__)

const d90_column variance_columns[] = {
    COLUMN("space", D90_WORD, space, "", "which space's sweep"),
    COLUMN("vary", D90_WORD, vary, "", "the design: what its seeds move"),
    COLUMN("source", D90_TEXT, source, "",
           "what the row is about; of a crossed design each factor and, last, their interaction"),
    COLUMN("rule", D90_TEXT, words, "", "the rule of d90 in words"),
    COLUMN("seeds", D90_COUNT, c.n, "seeds", "of the source; of an interaction the pairs"),
    COLUMN("sd", D90_NUMBER, c.sd, "ln d", "of d90 between them"),
    COLUMN("sd_low", D90_NUMBER, c.low, "ln d", "95 % interval by chi^2, from 3 seeds up"),
    COLUMN("sd_high", D90_NUMBER, c.high, "ln d", "the upper end"),
    COLUMN("seeds_open", D90_COUNT, open, "seeds",
           "that never pass or always do: they enter at the grid's end, and the sd is too small"),
    {0},
};

/* sum of (x - mean)^2 */
static double variance_squares(size_t n, const double *x)
{
    double mean = 0, sum = 0;
    for (size_t i = 0; i < n; i++)
        mean += x[i] / (double)n;
    for (size_t i = 0; i < n; i++)
        sum += (x[i] - mean) * (x[i] - mean);
    return sum;
}

static component variance_chi(size_t n, double squares, double freedom)
{
    component c = {n, sqrt(squares / freedom), (double)NAN, (double)NAN};
    if (n < VARIANCE_LEAST)
        return c;
    c.low = sqrt(squares / gsl_cdf_chisq_Pinv(.975, freedom));
    c.high = sqrt(squares / gsl_cdf_chisq_Pinv(.025, freedom));
    return c;
}

component variance_one(size_t n, const double *x)
{
    if (n < 2)
        return (component){n, (double)NAN, (double)NAN, (double)NAN};
    return variance_chi(n, variance_squares(n, x), (double)(n - 1));
}

/* One end of sigma_A^2's interval; each mean is over `other` values. */
static double variance_end(double q, double squares, double freedom, double ms, double rest,
                           double other)
{
    double f = gsl_cdf_fdist_Pinv(q, freedom, rest) * ms / (squares / freedom);
    return sqrt(fmax(0, squares * (1 - f) / (other * gsl_cdf_chisq_Pinv(q, freedom))));
}

static component variance_factor(size_t n, const double *means, size_t other, double ms,
                                 double rest)
{
    const double freedom = (double)(n - 1), b = (double)other;
    double squares = b * variance_squares(n, means);
    component c = {n, sqrt(fmax(0, squares / freedom - ms) / b), (double)NAN, (double)NAN};
    if (n < VARIANCE_LEAST)
        return c;
    c.low = squares > 0 ? variance_end(.975, squares, freedom, ms, rest, b) : 0;
    c.high = squares > 0 ? variance_end(.025, squares, freedom, ms, rest, b) : 0;
    return c;
}

void variance_crossed(size_t a, size_t b, const double *y, component out[3], double *work)
{
    double *rows = work, *columns = work + a, mean = 0, squares = 0;
    for (size_t i = 0; i < a + b; i++)
        work[i] = 0;
    for (size_t i = 0; i < a; i++)
        for (size_t j = 0; j < b; j++) {
            rows[i] += y[i * b + j] / (double)b;
            columns[j] += y[i * b + j] / (double)a;
            mean += y[i * b + j] / (double)(a * b);
        }
    for (size_t i = 0; i < a; i++)
        for (size_t j = 0; j < b; j++) {
            double off = y[i * b + j] - rows[i] - columns[j] + mean;
            squares += off * off;
        }
    const double rest = (double)((a - 1) * (b - 1));
    out[0] = variance_factor(a, rows, b, squares / rest, rest);
    out[1] = variance_factor(b, columns, a, squares / rest, rest);
    out[2] = variance_chi(a * b, squares, rest);
}
