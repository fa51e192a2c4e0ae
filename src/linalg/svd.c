/* svd.c -- see svd.h. LAPACKE by the width of real; nothing else calls it.
 *
 * LAPACK counts by columns, so our A is its A^T:
 *     A^T = V diag(s) U^T   its left vectors V (n, k) by columns are our Vt (k, n) by rows
 * The QR of tall matrices is turned round and back all the same: 1.5 times as fast as the LQ of A^T, which would
 * need no turning (bench/spectra.c, 4096 x 216). */
#include <limits.h>
#include <math.h>
#include <string.h>

#include <lapacke.h>

#include "base/mem.h"
#include "linalg/svd.h"

#ifdef IDIM_DOUBLE
#define LAPACK(name) LAPACKE_d##name
#else
#define LAPACK(name) LAPACKE_s##name
#endif

/* 20000: gesdd's work space is 4 k^2 + 7 k reals, counted in an int. */
enum { SVD_SIDE = 20000 };

static status svd_fits(const char *what, size_t m, size_t n, const real *A, size_t lda)
{
    if (m > INT_MAX || n > INT_MAX || lda > INT_MAX || (m > SVD_SIDE && n > SVD_SIDE))
        return error_set(ERR_LIMIT,
                         "%s of a %zu x %zu matrix: the smaller side may be %d, the larger %d; ask "
                         "for the first few values",
                         what, m, n, SVD_SIDE, INT_MAX);
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < n; j++)
            if (!isfinite(A[i * lda + j]))
                return error_set(ERR_FAILED, "%s: row %zu, column %zu is %g; it needs numbers",
                                 what, i, j, (double)A[i * lda + j]);
    return OK;
}

static status svd_failed(const char *what, size_t m, size_t n, lapack_int info)
{
    if (info == LAPACK_WORK_MEMORY_ERROR)
        return error_set(ERR_MEMORY, "%s of a %zu x %zu matrix: out of memory", what, m, n);
    return error_set(ERR_FAILED, "%s of a %zu x %zu matrix did not converge (LAPACK's %d)", what, m,
                     n, (int)info);
}

static void rows_copy(size_t m, size_t n, const real *A, size_t lda, real *to)
{
    for (size_t i = 0; i < m && to != A; i++)
        memcpy(to + i * n, A + i * lda, n * sizeof *to);
}

status svd_thin(size_t m, size_t n, const real *A, size_t lda, real *U, real *s, real *Vt)
{
    size_t k = m < n ? m : n, size;
    lapack_int rows = (lapack_int)n, cols = (lapack_int)m, room = (lapack_int)(k ? k : 1), info;
    char job = U && Vt ? 'S' : 'N';
    real *copy = NULL, *work = NULL, best = 0;
    lapack_int *ints = NULL;
    status st;
    if ((st = svd_fits("the SVD", m, n, A, lda)) || (st = size_mul(m, n, &size)) || !k)
        return st;
    st = ERR_MEMORY;
    if (!(copy = mem_raw(size, sizeof *copy)) || !(ints = mem_raw(k, 8 * sizeof *ints)))
        goto done;
    rows_copy(m, n, A, lda, copy);
    info = LAPACK(gesdd_work)(LAPACK_COL_MAJOR, job, rows, cols, copy, rows, s, Vt, rows, U, room,
                              &best, -1, ints);
    /* a float holds the count to 24 bits, so it may have been rounded down */
    size_t count = (size_t)((double)best * (1 + 1e-6)) + 64;
    if (!info && !(work = mem_raw(count, sizeof *work)))
        goto done;
    if (!info)
        info = LAPACK(gesdd_work)(LAPACK_COL_MAJOR, job, rows, cols, copy, rows, s, Vt, rows, U,
                                  room, work, count > INT_MAX ? INT_MAX : (lapack_int)count, ints);
    st = info ? svd_failed("the SVD", m, n, info) : OK;
done:
    mem_free(copy);
    mem_free(work);
    mem_free(ints);
    return st;
}

/* (m, n) by rows is (n, m) by columns of the other's: copied so, in tiles that stay in cache. */
static void svd_turn(size_t m, size_t n, const real *A, size_t lda, real *to, size_t ldto)
{
    enum { TILE = 16 };
    for (size_t i0 = 0; i0 < m; i0 += TILE)
        for (size_t j = 0; j < n; j++)
            for (size_t i = i0; i < m && i < i0 + TILE; i++)
                to[j * ldto + i] = A[i * lda + j];
}

status qr_thin(size_t m, size_t n, const real *A, size_t lda, real *Q, real *R)
{
    lapack_int rows = (lapack_int)m, cols = (lapack_int)n, info;
    size_t size;
    status st;
    if (n > m)
        return error_set(ERR_USAGE, "the QR of a %zu x %zu matrix: it has more columns than rows",
                         m, n);
    if ((st = svd_fits("the QR", m, n, A, lda)) || (st = size_mul(m, n, &size)) || !n)
        return st;
    real *tau = mem_raw(n, sizeof *tau), *turned = mem_raw(size, sizeof *turned);
    st = tau && turned ? OK : ERR_MEMORY;
    if (st)
        goto done;
    svd_turn(m, n, A, lda, turned, m);
    if (!(info = LAPACK(geqrf)(LAPACK_COL_MAJOR, rows, cols, turned, rows, tau))) {
        for (size_t i = 0; i < n && R; i++)
            for (size_t j = 0; j < n; j++)
                R[i * n + j] = j < i ? 0 : turned[j * m + i];
        info = LAPACK(orgqr)(LAPACK_COL_MAJOR, rows, cols, cols, turned, rows, tau);
    }
    if (!info)
        svd_turn(n, m, turned, m, Q, n);
    st = info ? svd_failed("the QR", m, n, info) : OK;
done:
    mem_free(tau);
    mem_free(turned);
    return st;
}
