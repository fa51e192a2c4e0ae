/* extract_test.c -- truncated products against what Eckart and Young promise. */
#include <math.h>

#include "tests/test.h"

#include "linalg/linalg.h"
#include "measure/extract.h"

enum { M = 5, N = 4, R = 2 };

static double distance(const real *W, const real *A, const real *B, size_t r)
{
    double sum = 0;
    for (size_t i = 0; i < M; i++)
        for (size_t j = 0; j < N; j++) {
            double e = (double)W[i * N + j];
            for (size_t k = 0; k < r; k++)
                e -= (double)B[i * r + k] * (double)A[k * N + j];
            sum += e * e;
        }
    return sqrt(sum);
}

static void a_product_of_rank_r_comes_back(void **state)
{
    real A0[R * N], B0[M * R], W[M * N], A[R * N], B[M * R];
    double energy, error;
    test_fill(A0, R * N, 1);
    test_fill(B0, M * R, 2);
    mat_gemm(false, false, M, N, R, 1, B0, R, A0, N, 0, W, N);
    assert_ok(extract_factors(M, N, W, R, A, B, &energy, &error));
    assert_near(energy, 1, 1e-6);
    assert_near(distance(W, A, B, R), 0, 1e-5);
}

static void the_error_is_the_one_that_is_told(void **state)
{
    real W[M * N], A[3 * N], B[M * 3];
    double energy, error, norm;
    test_fill(W, M * N, 3);
    norm = vec_norm(W, M * N);
    for (size_t r = 1; r <= 3; r++) {
        assert_ok(extract_factors(M, N, W, r, A, B, &energy, &error));
        assert_near(distance(W, A, B, r), error, 1e-5 * norm);
        assert_near(energy, 1 - error * error / (norm * norm), 1e-5);
    }
}

/* diag(3, 2, 1, 0): rank 2 keeps 13 of 14 */
static void the_largest_values_are_kept(void **state)
{
    real W[M * N] = {0}, A[R * N], B[M * R];
    double energy, error;
    W[0] = 3;
    W[N + 1] = -2;
    W[2 * N + 2] = 1;
    assert_ok(extract_factors(M, N, W, R, A, B, &energy, &error));
    assert_near(energy, 13. / 14, 1e-6);
    assert_near(error, 1, 1e-6);
}

static void zeros_are_kept_whole(void **state)
{
    real W[M * N] = {0}, A[R * N], B[M * R];
    double energy, error;
    assert_ok(extract_factors(M, N, W, R, A, B, &energy, &error));
    assert_true(energy == 1 && error == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_product_of_rank_r_comes_back),
        cmocka_unit_test(the_error_is_the_one_that_is_told),
        cmocka_unit_test(the_largest_values_are_kept),
        cmocka_unit_test(zeros_are_kept_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
