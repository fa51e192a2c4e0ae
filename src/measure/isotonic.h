/* isotonic.h -- the rising curve nearest to noisy points, and where it reaches a value. */
#ifndef MEASURE_ISOTONIC_H
#define MEASURE_ISOTONIC_H

#include "base/status.h"

/* fit (n): the f_0 <= f_1 <= ... that makes sum w_i (y_i - f_i)^2 least, w > 0, by pooling adjacent
 * violators. work (2 n). fit may be y. O(n). */
void isotonic_fit(size_t n, const double *y, const double *w, double *fit, double *work);

/* The smallest x where the line through (x_i, f_i), x and f rising, reaches t.
 * EXACT: *at is it; BELOW: f_0 > t, *at = x_0; ABOVE: f_{n-1} < t, *at = x_{n-1}. */
idim_d90_state isotonic_cross(size_t n, const double *x, const double *f, double t, double *at);

#endif
