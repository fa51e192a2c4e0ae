/* linalg_test.c -- products against loops, for every transpose and stride. */
#include "tests/test.h"

#include "linalg/linalg.h"

static void gemm_is_the_triple_loop(void **state)
{
    enum { M = 7, N = 5, K = 6, LD = 9 };
    real A[LD * LD], B[LD * LD], C[M * LD], want[M * LD];
    test_fill(A, LD * LD, 1);
    test_fill(B, LD * LD, 2);
    for (int ta = 0; ta < 2; ta++)
        for (int tb = 0; tb < 2; tb++)
            for (int add = 0; add < 2; add++) {
                test_fill(C, M * LD, 3);
                memcpy(want, C, sizeof C);
                for (size_t i = 0; i < M; i++)
                    for (size_t j = 0; j < N; j++) {
                        double sum = 0;
                        for (size_t k = 0; k < K; k++)
                            sum += (double)(ta ? A[k * LD + i] : A[i * LD + k]) *
                                   (double)(tb ? B[j * LD + k] : B[k * LD + j]);
                        want[i * LD + j] = (real)(.5 * sum) + (add ? 2 * C[i * LD + j] : 0);
                    }
                mat_gemm(ta, tb, M, N, K, (real).5, A, LD, B, LD, add ? 2 : 0, C, LD);
                for (size_t i = 0; i < M * LD; i++)
                    assert_near(C[i], want[i], 1e-6);
            }
}

static void pieces_of_rows_change_no_bits(void **state)
{
    enum { M = 700, N = 9, K = 33 };
    real *A = mem_array(M * K, sizeof *A), *B = mem_array(K * N, sizeof *B);
    real *first = mem_array(M * N, sizeof *first), *C = mem_array(M * N, sizeof *C);
    assert_true(A && B && first && C);
    test_fill(A, M * K, 1);
    test_fill(B, K * N, 2);
    mat_gemm(false, false, M, N, K, 1, A, K, B, N, 0, first, N);
    for (size_t threads = 1; threads <= 3; threads++) {
        pool *p;
        assert_ok(pool_new(&p, threads));
        mat_gemm_on(p, false, false, M, N, K, 1, A, K, B, N, 0, C, N);
        assert_memory_equal(C, first, M * N * sizeof *C);
        pool_free(p);
    }
    mem_free(A);
    mem_free(B);
    mem_free(first);
    mem_free(C);
}

static void vectors_are_summed_in_double(void **state)
{
    enum { N = 100003 };
    real *x = mem_array(N, sizeof *x), *y = mem_array(N, sizeof *y);
    assert_true(x && y);
    double dot = 0, square = 0, far = 0;
    test_fill(x, N, 1);
    test_fill(y, N, 2);
    for (size_t i = 0; i < N; i++) {
        dot += (double)x[i] * (double)y[i];
        square += (double)x[i] * (double)x[i];
        far += ((double)x[i] - (double)y[i]) * ((double)x[i] - (double)y[i]);
    }
    assert_near(vec_dot(x, y, N), dot, 1e-11);
    assert_near(vec_norm(x, N), sqrt(square), 1e-11);
    assert_near(vec_distance(x, y, N), sqrt(far), 1e-11);
    mem_free(x);
    mem_free(y);
}

static void a_vector_is_multiplied(void **state)
{
    real A[12], x[4], y[4];
    test_fill(A, 12, 1);
    test_fill(x, 4, 2);
    mat_vec(false, 3, 4, A, 4, x, y);
    for (size_t i = 0; i < 3; i++) {
        double sum = 0;
        for (size_t j = 0; j < 4; j++)
            sum += (double)A[i * 4 + j] * (double)x[j];
        assert_near(y[i], sum, 1e-6);
    }
}

static void starting_twice_is_fine(void **state)
{
    assert_ok(idim_start());
    assert_ok(idim_start());
    assert_true(strlen(blas_name()) > 0 && strlen(blas_kernel()) > 0);
}

/* docs/bench.md: Zen 4 (family 25) and Zen 5 (26) were measured, nothing else. */
static void the_fastest_measured_kernel_is_named(void **state)
{
    assert_string_equal(blas_kernel_advice("Cooperlake", 25), "Haswell");
    assert_null(blas_kernel_advice("Haswell", 25));
    assert_string_equal(blas_kernel_advice("Haswell", 26), "SkylakeX");
    assert_string_equal(blas_kernel_advice("Zen", 26), "SkylakeX");
    assert_null(blas_kernel_advice("Cooperlake", 26));
    assert_null(blas_kernel_advice("SkylakeX", 26));
    assert_null(blas_kernel_advice("Cooperlake", 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gemm_is_the_triple_loop),
        cmocka_unit_test(pieces_of_rows_change_no_bits),
        cmocka_unit_test(vectors_are_summed_in_double),
        cmocka_unit_test(a_vector_is_multiplied),
        cmocka_unit_test(starting_twice_is_fine),
        cmocka_unit_test(the_fastest_measured_kernel_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
