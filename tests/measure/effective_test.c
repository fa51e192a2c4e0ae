/* effective_test.c -- medians over the matrices of a run, by hand. */
#include "tests/test.h"

#include <math.h>

#include "measure/effective.h"

static spectrum_row row(size_t m, size_t n, size_t r, double effective, double stable)
{
    return (spectrum_row){.about = {.m = m, .n = n, .r = r},
                          .effective_rank = effective,
                          .null_effective_rank = 8,
                          .participation = 2 * stable,
                          .stable_rank = stable,
                          .rank90 = 3,
                          .relative = (double)NAN};
}

static void a_run_has_the_median_of_its_matrices(void **state)
{
    const spectrum_row rows[] = {row(64, 32, 4, 3, 9), row(64, 32, 4, 1, 2), row(3, 64, 4, 2, 7),
                                 row(64, 172, 0, 60, 4)};
    effective_row e = {0};
    assert_ok(effective_of(rows, 3, &e));
    assert_int_equal(e.matrices, 3);
    assert_true(e.effective_rank == 2 && e.stable_rank == 7 && e.participation == 14);
    assert_true(e.rank == 4 && e.null_effective_rank == 8 && e.rank90 == 3); /* 3, 4, 4 */
    assert_true(isnan(e.relative));
    assert_ok(effective_of(rows, 4, &e));
    assert_true(e.effective_rank == 2.5 && e.stable_rank == 5.5);
    assert_ok(effective_of(rows + 3, 1, &e)); /* a difference: its smaller side */
    assert_true(e.rank == 64);
}

static void a_matrix_of_zeros_counts_among_none_of_the_medians(void **state)
{
    const spectrum_row rows[] = {row(8, 8, 2, (double)NAN, (double)NAN), row(8, 8, 2, 1.5, 1)};
    effective_row e = {0};
    assert_ok(effective_of(rows, 2, &e));
    assert_true(e.effective_rank == 1.5 && e.stable_rank == 1);
    assert_ok(effective_of(rows, 0, &e));
    assert_true(e.matrices == 0 && isnan(e.effective_rank) && isnan(e.rank));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_run_has_the_median_of_its_matrices),
        cmocka_unit_test(a_matrix_of_zeros_counts_among_none_of_the_medians),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
