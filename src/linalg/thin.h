/* thin.h -- matrix products that are 8 or 16 numbers thin, as those of attention with narrow heads: a general gemm
 * spends more on packing and edges than on them. Each number is one chain of fma in the order of its sum, so the bits
 * are the same whatever the CPU's width. */
#ifndef LINALG_THIN_H
#define LINALG_THIN_H

#include "base/status.h"

enum { THIN_COLUMNS = 128 }; /* of S, at most */

/* Is w one of the widths that there are kernels for? */
static inline bool thin_has(size_t w)
{
    return w == 8 || w == 16;
}

/* S (m, n; n) = alpha A B^T        A (m, w; lda)   B (n, w; ldb), n <= THIN_COLUMNS */
void thin_outer(size_t w, size_t m, size_t n, real alpha, const real *A, size_t lda, const real *B,
                size_t ldb, real *S);

/* C (m, w; ldc) += alpha op(S) B   op(S) (m, n), S stored with leading dimension lds   B (n, w; ldb) */
void thin_inner(size_t w, bool trans, size_t m, size_t n, real alpha, const real *S, size_t lds,
                const real *B, size_t ldb, real *C, size_t ldc);

#endif
