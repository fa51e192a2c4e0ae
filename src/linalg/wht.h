/* wht.h -- the fast Walsh-Hadamard transform, in place, unnormalised, natural (Hadamard) order.
 *
 *   y_i = sum_j (-1)^popcount(i & j) x_j,   i, j < n = 2^log2n        H H = n I, H = H^T
 *
 * The same additions in the same order for every call of one size: threads change no bits. */
#ifndef LINALG_WHT_H
#define LINALG_WHT_H

#include "base/status.h"

typedef idim_pool pool;

/* x (2^log2n), any alignment; log2n 0..40. The pool (NULL: none) is used where that pays. */
void wht(real *x, unsigned log2n, pool *p);

/* Least L with 2^L >= n, by integers (n >= 1): 29 for 2^29, where log(n)/log(2) goes wrong. */
unsigned wht_log2(size_t n);

#endif
