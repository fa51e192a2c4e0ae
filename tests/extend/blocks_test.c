/* blocks_test.c -- what blocks alone promises. */
#include "tests/extend/blocks.c"

#define SPACES_MORE(X) X(blocks)
#include "spaces/table.c"

#include "tests/spaces/world.h"

static void lengths_are_kept(void **state) /* P^T P = I, blocks of 142 and 143 */
{
    size_t d, n = 1000;
    double error, rms;
    real *P = world_columns("blocks:d=7", n, 1, &d);
    world_geometry(P, d, n, &error, &rms);
    assert_true(error < 1e-6 && rms == 0); /* floats near 1 are good to 6e-8 */
    mem_free(P);
}

static void a_block_is_a_run_of_neighbours(void **state)
{
    size_t d, n = 1000;
    real *P = world_columns("blocks:d=7", n, 1, &d);
    size_t begin = 0;
    for (size_t j = 0; j < d; j++) {
        size_t end = begin + (j < 6 ? 143 : 142); /* 1000 = 6 x 143 + 142 */
        for (size_t i = 0; i < n; i++)
            assert_true((P[j * n + i] != 0) == (i >= begin && i < end));
        begin = end;
    }
    assert_int_equal(begin, n);
    mem_free(P);
}

static void more_numbers_than_weights_are_refused(void **state)
{
    space *s;
    tensor t = {.name = "w", .roles = "w", .shape = {3}, .n = 3};
    layout three_weights = {.tensors = &t, .n_tensors = 1, .n = 3};
    assert_int_equal(space_new(&s, "blocks:d=4", &three_weights, (real[3]){0}, world_stream(1)),
                     ERR_USAGE);
    assert_null(s);
    assert_non_null(strstr(error_text(), "lower d"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lengths_are_kept),
        cmocka_unit_test(a_block_is_a_run_of_neighbours),
        cmocka_unit_test(more_numbers_than_weights_are_refused),
    };
    return cmocka_run_group_tests_name("extend/blocks", tests, NULL, NULL);
}
