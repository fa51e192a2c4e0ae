/* srht_test.c -- what srht alone promises. */
#include "tests/spaces/world.h"

static void columns_are_orthonormal_when_no_row_is_left_out(void **state)
{
    size_t d;
    double error, rms;
    real *P = world_columns("srht:d=100", 1024, 1, &d);
    world_geometry(P, d, 1024, &error, &rms);
    assert_true(error < 1e-6 && rms < 1e-6);
    mem_free(P);
}

/* rms sqrt((1 - n/L)/n) = .0164 at n = 1500, L = 2048 when rows are drawn; a tenth over 4,950 pairs. */
static void columns_are_nearly_orthogonal_when_rows_are_left_out(void **state)
{
    size_t d, n = 1500;
    double error, rms;
    real *P = world_columns("srht:d=100", n, 2, &d);
    world_geometry(P, d, n, &error, &rms);
    assert_true(error < 1e-6);
    assert_true(fabs(rms / sqrt((1 - 1500. / 2048) / 1500) - 1) < 0.1);
    for (size_t i = 0; i < d * n; i++)
        assert_true(fabs(fabs((double)P[i]) * sqrt((double)n) - 1) < 1e-6);
    mem_free(P);
}

static void a_smaller_d_has_the_first_of_the_same_columns(void **state)
{
    size_t d, e, n = 1100;
    real *P = world_columns("srht:d=19", n, 5, &d), *Q = world_columns("srht:d=6", n, 5, &e);
    assert_memory_equal(P, Q, e * n * sizeof *P);
    mem_free(P);
    mem_free(Q);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_are_orthonormal_when_no_row_is_left_out),
        cmocka_unit_test(columns_are_nearly_orthogonal_when_rows_are_left_out),
        cmocka_unit_test(a_smaller_d_has_the_first_of_the_same_columns),
    };
    return cmocka_run_group_tests_name("spaces/srht", tests, NULL, NULL);
}
