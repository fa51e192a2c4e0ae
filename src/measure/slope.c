/* slope.c -- see slope.h. */
#include <math.h>

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_fit.h>

#include "measure/slope.h"

/* The values' own variance; NaN: none has two. */
static double slope_pooled(size_t k, const slope_point *points)
{
    double squares = 0, degrees = 0;
    for (size_t i = 0; i < k; i++)
        if (points[i].n > 1 && isfinite(points[i].sd)) {
            squares += (points[i].n - 1) * points[i].sd * points[i].sd;
            degrees += points[i].n - 1;
        }
    return squares / degrees;
}

slope slope_fit(size_t k, const slope_point *points)
{
    enum { STRIDE = sizeof *points / sizeof(double) }; /* points are their columns side by side */
    slope out = {(double)NAN, (double)NAN, (double)NAN, (double)NAN, (double)NAN};
    bool two = false;
    double n = 0, a, cov_aa, cov_ab, cov_bb, chisq;
    for (size_t i = 0; i < k; i++) {
        two |= points[i].x < points[0].x || points[i].x > points[0].x;
        n += points[i].n / (double)k;
    }
    out.sigma = sqrt(slope_pooled(k, points));
    if (!two)
        return out;
    /* GSL's covariance is that of var e_i = 1 / n_i: chisq / (k - 2) scales it */
    gsl_fit_wlinear(&points->x, STRIDE, &points->n, STRIDE, &points->y, STRIDE, k, &a, &out.b,
                    &cov_aa, &cov_ab, &cov_bb, &chisq);
    if (k > 2) {
        double s2 = chisq / (double)(k - 2);
        double half = gsl_cdf_tdist_Pinv(.975, (double)(k - 2)) * sqrt(s2 * cov_bb);
        out.low = out.b - half;
        out.high = out.b + half;
        if (isfinite(out.sigma))
            out.tau = sqrt(fmax(0, (s2 - out.sigma * out.sigma) / n));
    }
    return out;
}
