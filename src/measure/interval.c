/* interval.c -- see interval.h. Source of nu: Welch, Biometrika 34 (1947); Satterthwaite, Biometrics
 * Bulletin 2 (1946). */
#include <math.h>

#include <gsl/gsl_cdf.h>

#include "measure/interval.h"

/* An error this small against the mean is the rounding of equal values. */
static const double interval_rounding = 1e-10;

static void interval_widen(interval *r, double error, double nu)
{
    bool known = !(nu < 1e6); /* the shared part alone, and it is known well */
    double half = error * (known ? gsl_cdf_ugaussian_Pinv(.975) : gsl_cdf_tdist_Pinv(.975, nu));
    if (half > r->high - r->mean) {
        r->low = r->mean - half;
        r->high = r->mean + half;
    }
    if (error > interval_rounding * fabs(r->mean)) {
        double p = 2 * (known ? gsl_cdf_ugaussian_Q(fabs(r->mean) / error)
                              : gsl_cdf_tdist_Q(fabs(r->mean) / error, nu));
        r->p = fmax(r->p, p); /* of NaN and p: p */
    }
}

/* own: the mean's variance, of nu degrees of freedom. */
static void interval_ends(interval *r, double own, double nu, double v)
{
    r->low = r->high = r->mean;
    interval_widen(r, sqrt(own), nu);
    if (v > 0)
        interval_widen(r, sqrt(own + v), nu * (1 + v / own) * (1 + v / own));
}

interval interval_stein(size_t n, size_t m, const double *x, double v)
{
    interval r = {(double)NAN, (double)NAN, (double)NAN, (double)NAN, (double)NAN};
    double sum = 0, first = 0, squares = 0;
    m = m && m < n ? m : n;
    for (size_t i = 0; i < n; i++) {
        sum += x[i];
        first += i < m ? x[i] : 0;
    }
    if (n > 0)
        r.mean = sum / (double)n;
    for (size_t i = 0; i < m; i++)
        squares += (x[i] - first / (double)m) * (x[i] - first / (double)m);
    if (m >= 2)
        r.sd = sqrt(squares / (double)(m - 1));
    if (m < 3)
        return r;

    interval_ends(&r, r.sd * r.sd / (double)n, (double)(m - 1), v);
    return r;
}

interval interval_t(size_t n, const double *x, double v)
{
    return interval_stein(n, n, x, v);
}

interval interval_apart(interval_summary a, interval_summary b, double v)
{
    interval r = {a.mean - b.mean, hypot(a.sd, b.sd), (double)NAN, (double)NAN, (double)NAN};
    double va = a.sd * a.sd / (double)a.n, vb = b.sd * b.sd / (double)b.n;
    size_t ma = a.m && a.m < a.n ? a.m : a.n, mb = b.m && b.m < b.n ? b.m : b.n;
    if (ma < 3 || mb < 3)
        return r;
    double nu = (va + vb) * (va + vb) / (va * va / (double)(ma - 1) + vb * vb / (double)(mb - 1));
    /* where nothing varies any nu will do: the error is 0 */
    interval_ends(&r, va + vb, va + vb > 0 ? nu : (double)(ma + mb - 2), v);
    return r;
}

static interval_summary interval_sum(interval_sample a)
{
    interval x = interval_stein(a.n, a.m, a.x, 0);
    return (interval_summary){a.n, a.m, x.mean, x.sd};
}

interval interval_welch(interval_sample a, interval_sample b, double v)
{
    return interval_apart(interval_sum(a), interval_sum(b), v);
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
