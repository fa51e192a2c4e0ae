/* dropout_test.c -- masks against the definition, one number at a time, and their independence of the
 * batch around a sample. */
#include "tests/test.h"

#include "nn/dropout.h"

static const stream s = {{5, 6}, {7, 8}};

static void a_mask_is_that_of_its_uniform_numbers(void **state)
{
    enum { N = 3000 };
    real mask[N];
    dropout_mask(&s, 11, N, .3, mask);
    for (uint64_t j = 0; j < N; j++)
        assert_true(mask[j] == (rng_uniform(&s, 11 + j) < .3 ? 0 : (real)(1 / (1 - .3))));
}

/* A share that lies between a number and its rounding: the number decides. */
static void a_number_at_the_edge_is_not_decided_by_its_rounding(void **state)
{
    size_t wrong = 0;
    for (uint64_t j = 0; j < 2000; j++) {
        real mask;
        double u = rng_uniform(&s, j), share = u + (u < .5 ? 1 : -1) * 1e-12;
        dropout_mask(&s, j, 1, share, &mask);
        wrong += (mask > 0) != (u >= share);
    }
    assert_int_equal(wrong, 0);
}

static void a_sample_is_dropped_alike_in_any_batch(void **state)
{
    enum { WIDTH = 40, ROWS = 9 };
    static const uint32_t starts[] = {0, 4, 6, 9}, alone[] = {0, 2};
    uint32_t index[] = {40, 7, 12};
    real x[ROWS * WIDTH], y[ROWS * WIDTH], one[2 * WIDTH];
    idim_batch b = {.n = 3, .index = index};
    idim_pass pass = {.step = 3};
    test_fill(x, ROWS * WIDTH, 1);
    dropout_rows(&s, .5, ROWS, WIDTH, starts, &b, &pass, x, false, y);
    b = (idim_batch){.n = 1, .index = index + 1};
    dropout_rows(&s, .5, 2, WIDTH, alone, &b, &pass, x + 4 * WIDTH, false, one);
    assert_memory_equal(one, y + 4 * WIDTH, sizeof one);
    pass.step = 4; /* another step, another mask */
    dropout_rows(&s, .5, 2, WIDTH, alone, &b, &pass, x + 4 * WIDTH, false, one);
    assert_memory_not_equal(one, y + 4 * WIDTH, sizeof one);
}

static void rows_of_no_text_are_samples(void **state)
{
    enum { WIDTH = 700, ROWS = 3 };
    real x[ROWS * WIDTH], y[ROWS * WIDTH], mask[WIDTH];
    idim_batch b = {.n = ROWS};
    idim_pass pass = {.step = 3};
    test_fill(x, ROWS * WIDTH, 1);
    memcpy(y, x, sizeof y);
    dropout_rows(&s, .2, ROWS, WIDTH, NULL, &b, &pass, x, true, y);
    for (size_t i = 0; i < ROWS; i++) {
        stream sample = dropout_sample(&s, &b, &pass, i);
        dropout_mask(&sample, 0, WIDTH, .2, mask);
        for (size_t j = i * WIDTH; j < (i + 1) * WIDTH; j++)
            assert_true(y[j] == x[j] + mask[j - i * WIDTH] * x[j]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_mask_is_that_of_its_uniform_numbers),
        cmocka_unit_test(a_number_at_the_edge_is_not_decided_by_its_rounding),
        cmocka_unit_test(a_sample_is_dropped_alike_in_any_batch),
        cmocka_unit_test(rows_of_no_text_are_samples),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
