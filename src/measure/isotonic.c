/* isotonic.c -- see isotonic.h. Blocks of equal fit lie on a stack; a new point that is lower than
 * the block before it is merged with it, and so on down.
 * Source: Ayer et al., "An empirical distribution function for sampling with incomplete
 * information", Ann. Math. Stat. 26 (1955). */
#include "measure/isotonic.h"

void isotonic_fit(size_t n, const double *y, const double *w, double *fit, double *work)
{
    double *weight = work, *length = work + n; /* of block k; its mean is kept in fit[k] */
    size_t blocks = 0;
    for (size_t i = 0; i < n; i++) { /* fit[k], k <= i, is written after y[i] was read: may be y */
        double m = y[i], v = w[i], l = 1;
        while (blocks && fit[blocks - 1] >= m) {
            blocks--;
            m = (weight[blocks] * fit[blocks] + v * m) / (weight[blocks] + v);
            v += weight[blocks];
            l += length[blocks];
        }
        fit[blocks] = m;
        weight[blocks] = v;
        length[blocks++] = l;
    }
    for (size_t i = n;
         blocks-- > 0;) /* spread from the end: block k never lies right of its place */
        for (size_t l = (size_t)length[blocks]; l-- > 0;)
            weight[--i] = fit[blocks];
    for (size_t i = 0; i < n; i++)
        fit[i] = weight[i];
}

idim_d90_state isotonic_cross(size_t n, const double *x, const double *f, double t, double *at)
{
    size_t i = 0;
    while (i < n && f[i] < t)
        i++;
    if (i == n) {
        *at = x[n - 1];
        return IDIM_ABOVE;
    }
    *at = x[i];
    if (i == 0)
        return f[0] > t ? IDIM_BELOW : IDIM_EXACT;
    *at = x[i - 1] + (t - f[i - 1]) / (f[i] - f[i - 1]) * (x[i] - x[i - 1]);
    return IDIM_EXACT;
}
