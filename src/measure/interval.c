/* interval.c -- see interval.h. Source of nu: Welch, Biometrika 34 (1947); Satterthwaite, Biometrics
 * Bulletin 2 (1946). */
#include <math.h>

#include <gsl/gsl_cdf.h>

#include "measure/interval.h"

interval interval_t(size_t n, const double *x, double v)
{
    interval r = {(double)NAN, (double)NAN, (double)NAN, (double)NAN};
    double sum = 0, squares = 0;
    for (size_t i = 0; i < n; i++)
        sum += x[i];
    if (n > 0)
        r.mean = sum / (double)n;
    for (size_t i = 0; i < n; i++)
        squares += (x[i] - r.mean) * (x[i] - r.mean);
    if (n >= 2)
        r.sd = sqrt(squares / (double)(n - 1));
    if (n < 3)
        return r;

    double own = r.sd * r.sd / (double)n, half = 0;
    double nu = (double)(n - 1) * (1 + v / own) * (1 + v / own);
    if (!(nu < 1e6)) /* own = 0 too: the shared part alone, and it is known well */
        half = gsl_cdf_ugaussian_Pinv(.975) * sqrt(own + v);
    else
        half = gsl_cdf_tdist_Pinv(.975, nu) * sqrt(own + v);
    r.low = r.mean - half;
    r.high = r.mean + half;
    return r;
}

size_t interval_half(size_t n)
{
    if (n < 3)
        return 0;
    double want = .5 * gsl_cdf_tdist_Pinv(.975, (double)(n - 1)) / sqrt((double)n);
    size_t m = n;
    while (gsl_cdf_tdist_Pinv(.975, (double)(m - 1)) / sqrt((double)m) > want)
        m++; /* at most 4 n: t falls with m */
    return m;
}
