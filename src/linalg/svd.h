/* svd.h -- factorisations by LAPACK, the other half of linalg.h. Row-major, k = min(m, n), every call on
 * the calling thread alone; the same input gives the same bits. A is kept, lda its row stride.
 *
 * All return ERR_FAILED where A has a NaN or an infinite entry (named by its row and column) or LAPACK
 * does not converge, ERR_LIMIT where a side is more than LAPACK's int or its work space can count,
 * ERR_MEMORY. Signs: a singular pair or a column of Q with its row of R may come with both negated;
 * LAPACK's choice is kept. */
#ifndef LINALG_SVD_H
#define LINALG_SVD_H

#include "base/status.h"

/* A (m, n) = U diag(s) V^T: U (m, k) and Vt (k, n) have orthonormal columns and rows, s (k) falls and is
 * not negative. U and Vt both NULL: values alone, about a third of the time. */
status svd_thin(size_t m, size_t n, const real *A, size_t lda, real *U, real *s, real *Vt);

/* A (m, n) = Q R, n <= m: Q (m, n) has orthonormal columns whatever the rank of A, R (n, n) is upper
 * triangular with zeros below. Q may be A itself when lda = n. R may be NULL. */
status qr_thin(size_t m, size_t n, const real *A, size_t lda, real *Q, real *R);

#endif
