/* onehot_test.c -- what onehot alone promises. */
#include "tests/spaces/world.h"

static void lengths_are_kept(void **state) /* P^T P = I where every number drives something */
{
    size_t d, n = 1000;
    double error, rms;
    real *P = world_columns("onehot:d=20", n, 1, &d);
    world_geometry(P, d, n, &error, &rms);
    assert_true(error < 1e-6 && rms == 0);
    mem_free(P);
}

static void every_weight_follows_one_number(void **state)
{
    size_t d, n = 300;
    real *P = world_columns("onehot:d=7", n, 1, &d);
    for (size_t i = 0; i < n; i++) {
        size_t driven = 0;
        for (size_t j = 0; j < d; j++)
            driven += P[j * n + i] != 0;
        assert_int_equal(driven, 1);
    }
    mem_free(P);
}

static void more_numbers_than_weights_are_refused(void **state)
{
    space *s;
    tensor t = {.name = "w", .roles = "w", .shape = {3}, .n = 3};
    layout three_weights = {.tensors = &t, .n_tensors = 1, .n = 3};
    assert_int_equal(space_new(&s, "onehot:d=4", &three_weights, (real[3]){0}, world_stream(1)),
                     ERR_USAGE);
    assert_null(s);
    assert_non_null(strstr(error_text(), "lower d"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lengths_are_kept),
        cmocka_unit_test(every_weight_follows_one_number),
        cmocka_unit_test(more_numbers_than_weights_are_refused),
    };
    return cmocka_run_group_tests_name("spaces/onehot", tests, NULL, NULL);
}
