/* linalg.h -- the one place that calls BLAS. Row-major, size_t; BLAS's int is made and checked here
 * (layouts refuse dimensions that it cannot hold). Every call runs on the calling thread alone, so
 * that threads change no bytes. */
#ifndef LINALG_LINALG_H
#define LINALG_LINALG_H

#include "base/pool.h"
#include "base/status.h"

/* C (m, n; ldc) = alpha op(A) op(B) + beta C, op(A) (m, k), op(B) (k, n); lda, ldb are the row
 * strides of A and B as stored. trans_a: A is stored (k, m). beta = 0 overwrites (NaN included). */
void mat_gemm(bool trans_a, bool trans_b, size_t m, size_t n, size_t k, real alpha, const real *A,
              size_t lda, const real *B, size_t ldb, real beta, real *C, size_t ldc);

/* The same with C's rows cut into fixed pieces that the pool's threads take: the bits are those of
 * mat_gemm, which cuts alike. */
void mat_gemm_on(pool *p, bool trans_a, bool trans_b, size_t m, size_t n, size_t k, real alpha,
                 const real *A, size_t lda, const real *B, size_t ldb, real beta, real *C,
                 size_t ldc);

/* y = A x or A^T x, A (m, n; lda): overwrites y. */
void mat_vec(bool trans, size_t m, size_t n, const real *A, size_t lda, const real *x, real *y);

/* Sums in double, in a fixed order. */
double vec_norm(const real *x, size_t n);
double vec_dot(const real *x, const real *y, size_t n);
double vec_distance(const real *x, const real *y, size_t n);

/* The BLAS that runs: "OpenBLAS 0.3.21 Cooperlake". Borrowed, static. */
const char *blas_name(void);
/* The kernel's name alone ("Cooperlake"). */
const char *blas_kernel(void);
/* Threads that a call of it may take: 1 behind idim_start. */
size_t blas_threads(void);
/* What OPENBLAS_CORETYPE should name on a CPU of this AMD family (os_amd_avx512) where `kernel` runs:
 * the one measured fastest on our shapes. NULL: nothing faster was measured. */
const char *blas_kernel_advice(const char *kernel, unsigned amd_family);

#endif
