/* thin_test.c -- thin products against the sums written out, at every edge of their blocks. */
#include "tests/test.h"

#include "linalg/thin.h"

enum { M = 21, LDA = 19, LDB = 23, LDC = 18, GUARD = 7 };

static double entry(const real *S, bool trans, size_t lds, size_t i, size_t j)
{
    return (double)(trans ? S[j * lds + i] : S[i * lds + j]);
}

static void outer_products_are_their_sums_and_touch_nothing_else(void **state)
{
    static const size_t sizes[] = {1, 7, 8, 15, 16, 17, 33, THIN_COLUMNS};
    static real A[M * LDA], B[THIN_COLUMNS * LDB], S[M * THIN_COLUMNS + GUARD];
    test_fill(A, M * LDA, 1);
    test_fill(B, THIN_COLUMNS * LDB, 2);
    for (size_t w = 8; w <= 16; w += 8)
        for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
            size_t n = sizes[k];
            for (size_t i = 0; i < M * n + GUARD; i++)
                S[i] = 99;
            thin_outer(w, M, n, (real)1.5, A, LDA, B, LDB, S);
            for (size_t i = 0; i < M; i++)
                for (size_t j = 0; j < n; j++) {
                    double sum = 0;
                    for (size_t c = 0; c < w; c++)
                        sum += (double)A[i * LDA + c] * (double)B[j * LDB + c];
                    assert_near(S[i * n + j], 1.5 * sum, 1e-5);
                }
            for (size_t i = 0; i < GUARD; i++)
                assert_true(S[M * n + i] == 99);
        }
}

static void inner_products_are_added_to_what_is_there(void **state)
{
    static const size_t sizes[] = {1, 7, 8, 9, M};
    static real S[M * M + M], B[M * LDB], C[M * LDC], was[M * LDC];
    test_fill(S, M * M + M, 3);
    test_fill(B, M * LDB, 4);
    test_fill(was, M * LDC, 5);
    for (size_t w = 8; w <= 16; w += 8)
        for (size_t k = 0; k < 2 * sizeof sizes / sizeof *sizes; k++) {
            size_t m = sizes[k / 2], n = M - k, lds = M + 1;
            bool trans = k % 2;
            memcpy(C, was, sizeof C);
            thin_inner(w, trans, m, n, (real)-.7, S, lds, B, LDB, C, LDC);
            for (size_t i = 0; i < M; i++)
                for (size_t c = 0; c < LDC; c++) {
                    double sum = 0;
                    for (size_t j = 0; j < n && i < m && c < w; j++)
                        sum += entry(S, trans, lds, i, j) * (double)B[j * LDB + c];
                    assert_near(C[i * LDC + c], (double)was[i * LDC + c] - .7 * sum, 1e-5);
                }
        }
}

static void widths_without_a_kernel_are_told(void **state)
{
    assert_true(thin_has(8) && thin_has(16));
    assert_false(thin_has(4) || thin_has(12) || thin_has(32));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(outer_products_are_their_sums_and_touch_nothing_else),
        cmocka_unit_test(inner_products_are_added_to_what_is_there),
        cmocka_unit_test(widths_without_a_kernel_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
