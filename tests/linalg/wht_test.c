/* wht_test.c -- the transform against its definition, itself, and itself on more threads. */
#include "tests/test.h"

#include "base/pool.h"
#include "linalg/wht.h"

static void it_is_the_definition(void **state)
{
    for (unsigned log2n = 0; log2n <= 9; log2n++) {
        size_t n = (size_t)1 << log2n;
        real x[512], y[512];
        test_fill(x, n, log2n);
        memcpy(y, x, n * sizeof *x);
        wht(y, log2n, NULL);
        for (size_t i = 0; i < n; i++) {
            double sum = 0;
            for (size_t j = 0; j < n; j++)
                sum += __builtin_popcountll(i & j) % 2 ? -(double)x[j] : (double)x[j];
            /* log2n additions of numbers up to n */
            assert_near(y[i], sum, 1e-6 * (double)n);
        }
    }
}

static void twice_is_n_times(void **state) /* H H = n I, at every size that has its own path */
{
    for (unsigned log2n = 0; log2n <= 21; log2n++) {
        size_t n = (size_t)1 << log2n;
        real *x = mem_array(n, sizeof *x), *y = mem_array(n, sizeof *y);
        assert_true(x && y);
        test_fill(x, n, 3);
        memcpy(y, x, n * sizeof *x);
        wht(y, log2n, NULL);
        wht(y, log2n, NULL);
        for (size_t i = 0; i < n; i++)
            assert_near((double)y[i] / (double)n, x[i], 2e-5);
        mem_free(x);
        mem_free(y);
    }
}

static void an_impulse_becomes_a_row_of_signs(void **state)
{
    for (unsigned log2n = 1; log2n <= 17; log2n += 4) {
        size_t n = (size_t)1 << log2n, at = n - 2;
        real *x = mem_array(n, sizeof *x);
        assert_non_null(x);
        x[at] = 1;
        wht(x, log2n, NULL);
        for (size_t i = 0; i < n; i++)
            assert_true(x[i] == (__builtin_popcountll(i & at) % 2 ? -1 : 1));
        mem_free(x);
    }
}

static void threads_and_alignment_change_no_bits(void **state)
{
    enum { LOG2N = 21 };
    size_t n = (size_t)1 << LOG2N;
    real *first = mem_array(n, sizeof *first), *x = mem_array(n + 1, sizeof *x);
    assert_true(first && x);
    test_fill(first, n, 1);
    wht(first, LOG2N, NULL);
    for (size_t threads = 1; threads <= 3; threads++) {
        pool *p;
        assert_ok(pool_new(&p, threads));
        test_fill(x + 1, n, 1);
        wht(x + 1, LOG2N, p);
        assert_memory_equal(x + 1, first, n * sizeof *first);
        pool_free(p);
    }
    mem_free(first);
    mem_free(x);
}

static void logarithms_are_whole(void **state)
{
    assert_int_equal(wht_log2(1), 0);
    assert_int_equal(wht_log2(2), 1);
    assert_int_equal(wht_log2(3), 2);
    assert_int_equal(wht_log2((size_t)1 << 29), 29); /* where log(n)/log(2) rounds up */
    assert_int_equal(wht_log2(((size_t)1 << 29) + 1), 30);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_the_definition),
        cmocka_unit_test(twice_is_n_times),
        cmocka_unit_test(an_impulse_becomes_a_row_of_signs),
        cmocka_unit_test(threads_and_alignment_change_no_bits),
        cmocka_unit_test(logarithms_are_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
