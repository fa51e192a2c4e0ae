/* linalg.c -- see linalg.h. CBLAS by the width of real; nothing else calls it. */
#include <assert.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <cblas.h>

#include "linalg/linalg.h"

#ifdef IDIM_DOUBLE
#define BLAS(name) cblas_d##name
#else
#define BLAS(name) cblas_s##name
#endif

static int blas_int(size_t n)
{
    assert(n <= INT_MAX); /* layouts and batches are checked where they are made */
    return (int)n;
}

/* 256: C's rows are cut here whoever computes them, so that threads change no bits; on one thread the
 * pieces cost nothing (OpenBLAS's own blocks are smaller). */
enum { MAT_ROWS = 256 };

typedef struct gemm {
    bool trans_a, trans_b;
    size_t m, n, k, lda, ldb, ldc;
    real alpha, beta;
    const real *A, *B;
    real *C;
} gemm;

static void gemm_rows(void *context, size_t i)
{
    const gemm *g = context;
    size_t row = i * MAT_ROWS, rows = g->m - row < MAT_ROWS ? g->m - row : MAT_ROWS;
    const real *A = g->A + (g->trans_a ? row : row * g->lda);
    BLAS(gemm)
    (CblasRowMajor, g->trans_a ? CblasTrans : CblasNoTrans, g->trans_b ? CblasTrans : CblasNoTrans,
     blas_int(rows), blas_int(g->n), blas_int(g->k), g->alpha, A, blas_int(g->lda), g->B,
     blas_int(g->ldb), g->beta, g->C + row * g->ldc, blas_int(g->ldc));
}

void mat_gemm_on(pool *p, bool trans_a, bool trans_b, size_t m, size_t n, size_t k, real alpha,
                 const real *A, size_t lda, const real *B, size_t ldb, real beta, real *C,
                 size_t ldc)
{
    gemm g = {trans_a, trans_b, m, n, k, lda, ldb, ldc, alpha, beta, A, B, C};
    if (!m || !n)
        return;
    pool_run(p, gemm_rows, &g, (m + MAT_ROWS - 1) / MAT_ROWS);
}

void mat_gemm(bool trans_a, bool trans_b, size_t m, size_t n, size_t k, real alpha, const real *A,
              size_t lda, const real *B, size_t ldb, real beta, real *C, size_t ldc)
{
    mat_gemm_on(NULL, trans_a, trans_b, m, n, k, alpha, A, lda, B, ldb, beta, C, ldc);
}

void mat_vec(bool trans, size_t m, size_t n, const real *A, size_t lda, const real *x, real *y)
{
    if (m && n)
        BLAS(gemv)
    (CblasRowMajor, trans ? CblasTrans : CblasNoTrans, blas_int(m), blas_int(n), 1, A,
     blas_int(lda), x, 1, 0, y, 1);
}

/* Eight sums side by side, added up in order: as fast as memory, the same bits for every width. */
double vec_dot(const real *x, const real *y, size_t n)
{
    double s[8] = {0}, sum = 0;
    size_t i = 0;
    for (; i + 8 <= n; i += 8)
        for (size_t k = 0; k < 8; k++)
            s[k] += (double)x[i + k] * (double)y[i + k];
    for (size_t k = 0; k < 8; k++)
        sum += s[k];
    for (; i < n; i++)
        sum += (double)x[i] * (double)y[i];
    return sum;
}

double vec_norm(const real *x, size_t n)
{
    return sqrt(vec_dot(x, x, n));
}

double vec_distance(const real *x, const real *y, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        double d = (double)x[i] - (double)y[i];
        sum += d * d;
    }
    return sqrt(sum);
}

const char *blas_name(void)
{
    return openblas_get_config(); /* "OpenBLAS 0.3.21 ... Cooperlake MAX_THREADS=.." */
}

const char *blas_kernel(void)
{
    return openblas_get_corename();
}

size_t blas_threads(void)
{
    return (size_t)openblas_get_num_threads();
}

/* Measured by bench/gemm.c with OpenBLAS 0.3.21 (docs/bench.md). Zen 4 runs AVX-512 in halves: its own
 * pick, Cooperlake, loses a few percent to the AVX2 kernel Haswell. Zen 5 runs it whole: SkylakeX and
 * Cooperlake are alike, and the AVX2 kernels take 1.8 times as long, LoRA's thin products 2.6 times. */
const char *blas_kernel_advice(const char *kernel, unsigned amd_family)
{
    bool wide = !strcmp(kernel, "Cooperlake") || !strcmp(kernel, "SkylakeX");
    if (amd_family == 25 && wide)
        return "Haswell";
    if (amd_family == 26 && !wide)
        return "SkylakeX";
    return NULL;
}
