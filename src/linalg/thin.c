/* thin.c -- see thin.h. */
#include <string.h>

#include "linalg/thin.h"
#include "linalg/vec.h"

enum { EIGHT = 8, ROWS = 8, WIDEST = 16 };

typedef real eight __attribute__((vector_size(EIGHT * sizeof(real))));

/* A row's w numbers of A stay in registers; B lies turned, so that neighbours of a row of S are a vector. `w` is a
 * constant where this is called. */
VEC_INLINE void outer(size_t w, size_t m, size_t n, real alpha, const real *A, size_t lda,
                      const real *B, size_t ldb, real *S)
{
    real turned[WIDEST * THIN_COLUMNS];
    size_t whole = (n + WIDE - 1) / WIDE * WIDE;
    for (size_t c = 0; c < w; c++) {
        for (size_t k = 0; k < n; k++)
            turned[c * whole + k] = B[k * ldb + c];
        memset(turned + c * whole + n, 0, (whole - n) * sizeof *turned);
    }
    for (size_t i = 0; i < m; i++) {
        real *row = S + i * n;
        vec a[WIDEST];
        VEC_UNROLL
        for (size_t c = 0; c < w; c++)
            a[c] = vec_all(alpha * A[i * lda + c]);
        for (size_t k = 0; k < whole; k += WIDE) {
            vec sum = a[0] * vec_at(turned + k);
            VEC_UNROLL
            for (size_t c = 1; c < w; c++)
                sum = vec_fma(a[c], vec_at(turned + c * whole + k), sum);
            if (k + WIDE <= n)
                vec_put(row + k, sum);
            else
                memcpy(row + k, &sum, (n - k) * sizeof *row);
        }
    }
}

void thin_outer(size_t w, size_t m, size_t n, real alpha, const real *A, size_t lda, const real *B,
                size_t ldb, real *S)
{
    if (w == EIGHT)
        outer(EIGHT, m, n, alpha, A, lda, B, ldb, S);
    else
        outer(WIDEST, m, n, alpha, A, lda, B, ldb, S);
}

VEC_INLINE eight eight_fma(real s, eight b, eight c)
{
    for (size_t i = 0; i < EIGHT; i++)
        c[i] = real_fma(s, b[i], c[i]);
    return c;
}

/* `rows` rows of C at a time, their sums in registers; S's entry (i, j) is at i si + j sj. */
VEC_INLINE void inner_rows(size_t w, size_t rows, size_t n, real alpha, const real *S, size_t si,
                           size_t sj, const real *B, size_t ldb, real *C, size_t ldc)
{
    eight sum[ROWS][WIDEST / EIGHT] = {{{0}}};
    for (size_t j = 0; j < n; j++) {
        eight b[WIDEST / EIGHT];
        VEC_UNROLL
        for (size_t h = 0; h < w / EIGHT; h++)
            memcpy(&b[h], B + j * ldb + h * EIGHT, sizeof b[h]);
        VEC_UNROLL
        for (size_t i = 0; i < rows; i++) {
            VEC_UNROLL
            for (size_t h = 0; h < w / EIGHT; h++)
                sum[i][h] = eight_fma(S[i * si + j * sj], b[h], sum[i][h]);
        }
    }
    VEC_UNROLL
    for (size_t i = 0; i < rows; i++)
        VEC_UNROLL
    for (size_t h = 0; h < w / EIGHT; h++) {
        eight c;
        memcpy(&c, C + i * ldc + h * EIGHT, sizeof c);
        c = eight_fma(alpha, sum[i][h], c);
        memcpy(C + i * ldc + h * EIGHT, &c, sizeof c);
    }
}

VEC_INLINE void inner(size_t w, size_t m, size_t n, real alpha, const real *S, size_t si, size_t sj,
                      const real *B, size_t ldb, real *C, size_t ldc)
{
    size_t i = 0;
    for (; i + ROWS <= m; i += ROWS)
        inner_rows(w, ROWS, n, alpha, S + i * si, si, sj, B, ldb, C + i * ldc, ldc);
    for (; i < m; i++)
        inner_rows(w, 1, n, alpha, S + i * si, si, sj, B, ldb, C + i * ldc, ldc);
}

void thin_inner(size_t w, bool trans, size_t m, size_t n, real alpha, const real *S, size_t lds,
                const real *B, size_t ldb, real *C, size_t ldc)
{
    size_t si = trans ? 1 : lds, sj = trans ? lds : 1;
    if (w == EIGHT)
        inner(EIGHT, m, n, alpha, S, si, sj, B, ldb, C, ldc);
    else
        inner(WIDEST, m, n, alpha, S, si, sj, B, ldb, C, ldc);
}
