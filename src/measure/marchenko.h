/* marchenko.h -- the singular values of noise: a matrix (m, n) of independent entries of mean 0 and
 * deviation t, m and n large.
 *
 *   eigenvalues of W W^T / (N t^2), N = max(m, n), beta = min(m, n) / N, have the density
 *       sqrt((b - x)(x - a)) / (2 pi beta x)   on [a, b] = [(1 - sqrt beta)^2, (1 + sqrt beta)^2]
 *   edge    t (sqrt m + sqrt n): above it no noise is expected
 *   noise   t = median sigma / sqrt(N x_1/2), x_1/2 the density's median: a few large values that are
 *           signal do not move it
 * Sources: Marchenko, Pastur 1967; Gavish, Donoho, IEEE Trans. Inf. Theory 60 (2014), section III.E. */
#ifndef MEASURE_MARCHENKO_H
#define MEASURE_MARCHENKO_H

#include "base/status.h"

double marchenko_edge(size_t m, size_t n, double t);

/* Singular values that noise is expected to have: the (i + 1/2)/k quantiles, sigma (min(m, n)), falling. */
void marchenko_curve(size_t m, size_t n, double t, double *sigma);

/* t from the median of all min(m, n) singular values. */
double marchenko_noise(size_t m, size_t n, double median);

#endif
