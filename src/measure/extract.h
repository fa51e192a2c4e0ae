/* extract.h -- a matrix as the best product of two thin factors.
 *
 *     W (m, n) ~ B A,   B = U sqrt(S) (m, r),   A = sqrt(S) V^T (r, n)     Eckart, Young 1936
 *
 * with the r largest singular values: no product of rank r is nearer in the Frobenius norm. */
#ifndef MEASURE_EXTRACT_H
#define MEASURE_EXTRACT_H

#include "base/status.h"

/* r <= min(m, n). energy: share of ||W||_F^2 that is kept (1 for zeros); error: ||W - B A||_F, from the values
 * that were left out. Errors as svd_thin. */
status extract_factors(size_t m, size_t n, const real *W, size_t r, real *A, real *B,
                       double *energy, double *error);

#endif
