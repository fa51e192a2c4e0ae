/* stored_test.c -- weights of which some are in bf16: where they lie, and how far a view moved from them, against
 * the sum written out. */
#include <math.h>

#include "tests/test.h"

#include "models/stored.h"
#include "nn/bf16.h"

enum { OUT = 150, IN = 3, R = 2, ROW0 = 40, ROWS = 100, N = OUT * IN, ALL = 2 * N + OUT };
static const tensor tensors_[] = {
    {.name = "a", .roles = "a", .shape = {OUT, IN}, .n = N},
    {.name = "b", .roles = "b", .shape = {OUT}, .offset = N, .n = OUT},
    {.name = "c", .roles = "c", .shape = {OUT, IN}, .offset = N + OUT, .n = N},
};
static const layout three = {tensors_, 3, ALL};
static const bool reals[] = {false, true, true};

static void make(stored *s, real *values)
{
    test_fill(values, ALL, 1);
    assert_ok(stored_init(s, &three, reals));
    for (size_t k = 0; k < 3; k++)
        stored_put(s, k, values + tensors_[k].offset);
}

static void each_tensor_is_stored_as_asked(void **state)
{
    static real values[ALL];
    stored s;
    make(&s, values);
    assert_int_equal(s.layout.n, OUT + N);
    assert_true(s.layout.tensors[0].offset == LAYOUT_ELSEWHERE);
    assert_int_equal(s.layout.tensors[2].offset, OUT);
    assert_memory_equal(s.slots[1].value, values + N, OUT * sizeof(real));
    assert_memory_equal(s.slots[2].value, values + N + OUT, N * sizeof(real));
    assert_int_equal(s.slots[0].storage, IDIM_STORED_BF16);
    assert_int_equal(s.slots[2].storage, IDIM_STORED_REAL);
    for (size_t i = 0; i < N; i++)
        assert_int_equal(((const uint16_t *)s.slots[0].value)[i], bf16_nearest(values[i]));
    stored_clear(&s);
}

/* a: a rider on a block of its rows; b: other values; c: values, a rider and a factor of each row. */
static void the_distance_is_that_of_the_weights(void **state)
{
    static real values[ALL], now_b[OUT], now_c[N], c[OUT], A[R * IN], B[OUT * R], m[R], e[OUT];
    stored s;
    make(&s, values);
    test_fill(now_b, OUT, 2);
    test_fill(now_c, N, 3);
    test_fill(c, OUT, 4);
    test_fill(A, R * IN, 5);
    test_fill(B, OUT * R, 6);
    test_fill(m, R, 7);
    test_fill(e, OUT, 8);
    const rider on_a = {.row0 = ROW0,
                        .rows = ROWS,
                        .r = R,
                        .s = .5,
                        .A = A,
                        .B = B,
                        .m = m,
                        .e = e,
                        .lda = IN,
                        .ldb = R},
                on_c = {.rows = OUT, .r = R, .s = 2, .A = A, .B = B, .lda = IN, .ldb = R};
    slot slots[3];
    memcpy(slots, s.slots, sizeof slots);
    const view v = {.layout = &three, .slots = slots};
    real *work = mem_array(stored_distance_work(&v), sizeof *work);
    assert_true(stored_distance(&v, s.slots, work) == 0);
    mem_free(work);
    slots[0].riders = &on_a;
    slots[2].riders = &on_c;
    slots[0].n_riders = slots[2].n_riders = 1;
    slots[1].value = now_b;
    slots[2].value = now_c;
    slots[2].scale = (real).75;
    slots[2].c = c;

    double sum = 0;
    for (size_t i = 0; i < OUT; i++) {
        sum += pow((double)now_b[i] - (double)values[N + i], 2);
        for (size_t j = 0; j < IN; j++) {
            double a = 0, b = .75 * (double)now_c[i * IN + j];
            for (size_t k = 0; k < R; k++) {
                if (i >= ROW0 && i < ROW0 + ROWS)
                    a += .5 * (double)e[i - ROW0] * (double)B[(i - ROW0) * R + k] * (double)m[k] *
                         (double)A[k * IN + j];
                b += 2 * (double)B[i * R + k] * (double)A[k * IN + j];
            }
            sum += a * a + pow((double)c[i] * b - (double)values[N + OUT + i * IN + j], 2);
        }
    }
    work = mem_array(stored_distance_work(&v), sizeof *work);
    assert_non_null(work);
    assert_near(stored_distance(&v, s.slots, work), sqrt(sum), 1e-6);
    mem_free(work);
    stored_clear(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_tensor_is_stored_as_asked),
        cmocka_unit_test(the_distance_is_that_of_the_weights),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
