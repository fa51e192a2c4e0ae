/* svd_test.c -- factorisations multiplied out again, and a matrix whose singular values are known:
 * min(i, j), i, j = 1..n, has the eigenvalues 1 / (4 sin^2((2k - 1) pi / (4 n + 2))), k = 1..n
 * (it is the inverse of the second difference with one free end). */
#include "tests/test.h"

#include "linalg/linalg.h"
#include "linalg/svd.h"

/* a few roundings of numbers near 1 */
#ifdef IDIM_DOUBLE
#define NEAR 1e-13
#else
#define NEAR 2e-6
#endif

enum { MOST = 9, LD = 11 };

/* X (m, n) has orthonormal columns */
static void orthonormal(const real *X, size_t m, size_t n)
{
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            double sum = 0;
            for (size_t k = 0; k < m; k++)
                sum += (double)X[k * n + i] * (double)X[k * n + j];
            assert_near(sum, i == j, NEAR);
        }
}

static void turned(const real *X, size_t m, size_t n, real *to)
{
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < n; j++)
            to[j * m + i] = X[i * n + j];
}

static void svd_multiplies_out(size_t m, size_t n)
{
    real A[MOST * LD], U[MOST * MOST], s[MOST], Vt[MOST * MOST], V[MOST * MOST], got[MOST];
    size_t k = m < n ? m : n;
    test_fill(A, MOST * LD, 1);
    assert_ok(svd_thin(m, n, A, LD, U, s, Vt));
    orthonormal(U, m, k);
    turned(Vt, k, n, V);
    orthonormal(V, n, k);
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < n; j++) {
            double sum = 0;
            for (size_t r = 0; r < k; r++)
                sum += (double)U[i * k + r] * (double)s[r] * (double)Vt[r * n + j];
            assert_near(sum, A[i * LD + j], NEAR);
        }
    for (size_t r = 0; r + 1 < k; r++)
        assert_true(s[r] >= s[r + 1] && s[r + 1] >= 0);
    assert_ok(svd_thin(m, n, A, LD, NULL, got, NULL));
    for (size_t r = 0; r < k; r++)
        assert_near(got[r], s[r], NEAR);
}

static void the_svd_multiplies_out(void **state)
{
    svd_multiplies_out(9, 4);
    svd_multiplies_out(4, 9);
    svd_multiplies_out(6, 6);
    svd_multiplies_out(1, 5);
    svd_multiplies_out(5, 1);
}

static void known_values_are_found(void **state)
{
    enum { N = 8 };
    real A[N * N], s[N];
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < N; j++)
            A[i * N + j] = (real)((i < j ? i : j) + 1);
    assert_ok(svd_thin(N, N, A, N, NULL, s, NULL));
    for (size_t k = 1; k <= N; k++) {
        double h = sin((2 * (double)k - 1) * acos(-1) / (4 * N + 2));
        assert_near(s[k - 1], 1 / (4 * h * h), NEAR);
    }
}

static void the_qr_multiplies_out(void **state)
{
    enum { M = 9, N = 4 };
    real A[MOST * LD], Q[M * N], R[N * N];
    test_fill(A, MOST * LD, 2);
    assert_ok(qr_thin(M, N, A, LD, Q, R));
    orthonormal(Q, M, N);
    for (size_t i = 0; i < M; i++)
        for (size_t j = 0; j < N; j++) {
            double sum = 0;
            for (size_t k = 0; k < N; k++)
                sum += (double)Q[i * N + k] * (double)R[k * N + j];
            assert_near(sum, A[i * LD + j], NEAR);
        }
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < i; j++)
            assert_true(R[i * N + j] == 0);
}

static void columns_that_repeat_still_give_an_orthonormal_basis(void **state)
{
    enum { M = 7, N = 3 };
    real A[M * N], s[N];
    test_fill(A, M * N, 3);
    for (size_t i = 0; i < M; i++)
        A[i * N + 2] = A[i * N];
    assert_ok(qr_thin(M, N, A, N, A, NULL)); /* in place, without R */
    orthonormal(A, M, N);
    memset(A, 0, sizeof A);
    assert_ok(svd_thin(M, N, A, N, NULL, s, NULL));
    for (size_t i = 0; i < N; i++)
        assert_true(s[i] == 0);
}

static void what_is_no_number_is_named(void **state)
{
    real A[6], s[2], R[4], Q[6];
    test_fill(A, 6, 4);
    A[3] = (real)NAN;
    assert_refused(svd_thin(3, 2, A, 2, NULL, s, NULL), ERR_FAILED, "row 1, column 1 is nan");
    A[3] = (real)-INFINITY;
    assert_refused(qr_thin(3, 2, A, 2, Q, R), ERR_FAILED, "row 1, column 1 is -inf");
}

static void sizes_beyond_lapack_are_refused(void **state)
{
    real one = 1;
    assert_refused(svd_thin(30000, 20001, &one, 20001, NULL, &one, NULL), ERR_LIMIT, "20001");
    assert_refused(svd_thin((size_t)1 << 31, 1, &one, 1, NULL, &one, NULL), ERR_LIMIT,
                   "2147483648");
    assert_refused(qr_thin(2, 3, &one, 3, &one, NULL), ERR_USAGE, "more columns than rows");
}

static void nothing_has_no_values(void **state)
{
    real one = 1;
    assert_ok(svd_thin(0, 3, &one, 3, NULL, &one, NULL));
    assert_ok(qr_thin(3, 0, &one, 1, &one, NULL));
    assert_true(one == 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_svd_multiplies_out),
        cmocka_unit_test(known_values_are_found),
        cmocka_unit_test(the_qr_multiplies_out),
        cmocka_unit_test(columns_that_repeat_still_give_an_orthonormal_basis),
        cmocka_unit_test(what_is_no_number_is_named),
        cmocka_unit_test(sizes_beyond_lapack_are_refused),
        cmocka_unit_test(nothing_has_no_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
