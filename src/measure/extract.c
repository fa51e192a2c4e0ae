/* extract.c -- see extract.h. */
#include <math.h>

#include "base/mem.h"
#include "linalg/svd.h"
#include "measure/extract.h"

status extract_factors(size_t m, size_t n, const real *W, size_t r, real *A, real *B,
                       double *energy, double *error)
{
    size_t k = m < n ? m : n;
    real *U = mem_array(m * k, sizeof *U), *Vt = mem_array(k * n, sizeof *Vt),
         *s = mem_array(k, sizeof *s);
    double all = 0, left = 0;
    status st = U && Vt && s ? svd_thin(m, n, W, n, U, s, Vt) : ERR_MEMORY;
    for (size_t i = 0; i < k && !st; i++) {
        double square = (double)s[i] * (double)s[i];
        all += square;
        if (i >= r)
            left += square;
    }
    for (size_t i = 0; i < r && !st; i++) {
        real root = (real)sqrt((double)s[i]);
        for (size_t row = 0; row < m; row++)
            B[row * r + i] = root * U[row * k + i];
        for (size_t col = 0; col < n; col++)
            A[i * n + col] = root * Vt[i * n + col];
    }
    if (!st) {
        *energy = all > 0 ? 1 - left / all : 1;
        *error = sqrt(left);
    }
    mem_free(U);
    mem_free(Vt);
    mem_free(s);
    return st;
}
