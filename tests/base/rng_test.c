/* rng_test.c -- Philox4x32-10 against Random123's published known answers (kat_vectors), and what the
 * numbers made from it promise. */
#include "tests/test.h"

#include "base/rng.h"

#include <Random123/philox.h>

static void philox_has_the_published_answers(void **state)
{
    static const uint32_t kat[3][10] = {
        {0, 0, 0, 0, 0, 0, 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8},
        {0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0x408f276d,
         0x41c83b0e, 0xa20bc7c6, 0x6d5451fd},
        {0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xa4093822, 0x299f31d0, 0xd16cfe09,
         0x94fdcceb, 0x5001e420, 0x24126ea1},
    };
    for (size_t k = 0; k < 3; k++) {
        const uint32_t *v = kat[k];
        /* a stream's block i has counter (low i, high i, base 0, base 1) and its key */
        stream s = {.key = {v[4], v[5]}, .base = {v[2], v[3]}};
        uint32_t out[4];
        rng_block(&s, (uint64_t)v[1] << 32 | v[0], out);
        for (size_t i = 0; i < 4; i++)
            assert_int_equal(out[i], v[6 + i]);
    }
}

static void many_at_once_are_the_ones_alone(void **state)
{
    stream s = stream_make(7, "P");
    real x[257];
    for (uint64_t first = 0; first < 9; first++) {
        rng_normals(&s, first, 257, x);
        for (size_t i = 0; i < 257; i++)
            assert_true(x[i] == (real)rng_normal(&s, first + i));
        rng_uniforms(&s, first, 257, x);
        for (size_t i = 0; i < 257; i++)
            assert_true(x[i] > 0 && x[i] < 1);
        rng_signs(&s, first, 257, x);
        for (size_t i = 0; i < 257; i++)
            assert_true(x[i] == rng_sign(&s, first + i));
    }
}

static void normals_have_the_moments_of_a_normal(void **state)
{
    enum { N = 1 << 20 };
    stream s = stream_make(1, "theta0");
    real *x = mem_array(N, sizeof *x);
    double m[5] = {0};
    assert_non_null(x);
    rng_normals(&s, 0, N, x);
    for (size_t i = 0; i < N; i++)
        for (int k = 1; k < 5; k++)
            m[k] += pow((double)x[i], k) / N;
    /* five standard errors: 1, sqrt 2, sqrt 15, sqrt 96 over sqrt N = 1024 */
    assert_near(m[1], 0, .005);
    assert_near(m[2], 1, .007);
    assert_near(m[3], 0, .02);
    assert_near(m[4] / 3, 1, .016);
    mem_free(x);
}

static void numbers_below_n_are_all_met_alike(void **state)
{
    enum { N = 70000, SIDES = 7 };
    stream s = stream_make(2, "dice");
    size_t count[SIDES] = {0};
    double chi2 = 0;
    for (size_t i = 0; i < N; i++) {
        uint64_t k = rng_below(&s, i, SIDES);
        assert_true(k < SIDES);
        count[k]++;
    }
    for (size_t k = 0; k < SIDES; k++)
        chi2 += pow((double)count[k] - N / SIDES, 2) / (N / SIDES);
    assert_true(chi2 < 22.46); /* .999 of chi-squared with 6 degrees */
}

static void permutations_hold_everything_once(void **state)
{
    uint32_t order[100], met[100] = {0};
    stream s = stream_make(3, "order");
    rng_permutation(&s, 100, order);
    size_t fixed = 0;
    for (size_t i = 0; i < 100; i++) {
        met[order[i]]++;
        fixed += order[i] == i;
    }
    for (size_t i = 0; i < 100; i++)
        assert_int_equal(met[i], 1);
    assert_true(fixed < 10);
}

static void streams_are_each_their_own(void **state)
{
    stream a = stream_make(1, "P"), b = stream_make(1, "theta0"), c = stream_make(2, "P"),
           d = stream_sub(&a, 0), e = stream_sub(&a, 1), f = stream_named(&a, "x");
    const stream *all[] = {&a, &b, &c, &d, &e, &f};
    for (size_t i = 0; i < 6; i++)
        for (size_t k = 0; k < i; k++)
            assert_true(rng_u64(all[i], 0) != rng_u64(all[k], 0));
    stream again = stream_make(1, "P");
    assert_memory_equal(&a, &again, sizeof a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(philox_has_the_published_answers),
        cmocka_unit_test(many_at_once_are_the_ones_alone),
        cmocka_unit_test(normals_have_the_moments_of_a_normal),
        cmocka_unit_test(numbers_below_n_are_all_met_alike),
        cmocka_unit_test(permutations_hold_everything_once),
        cmocka_unit_test(streams_are_each_their_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
