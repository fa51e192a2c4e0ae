/* quantise_test.c -- few bits a number: noise against what is known of normal numbers (Gish and Pierce 1968: an
 * entropy code with a fine uniform step has 10 log10(pi e / 6) = 1.53 dB more than 2^(-2 rate); Max, IRE Trans.
 * Inf. Theory 6 (1960), table I: 2, 4 and 8 levels leave .3634, .1175 and .03454), and what is promised of any. */
#include "tests/test.h"

#include "base/rng.h"
#include "measure/quantise.h"

enum { D = 20000 };

static real *normals(size_t d, double sd)
{
    stream s = stream_make(7, "x");
    real *x = mem_array(d, sizeof *x);
    for (size_t i = 0; i < d; i++)
        x[i] = (real)(sd * rng_normal(&s, i));
    return x;
}

static quantised made(const real *x, size_t d, double bits, quantise_book book)
{
    quantised q;
    assert_ok(quantise(x, &(zcode_group){.n = d}, 1, bits, book, &q));
    return q;
}

static void a_uniform_step_leaves_gish_and_pierces_noise(void **state)
{
    const double pi = acos(-1), e = exp(1);
    real *x = normals(D, .02);
    for (double bits = 3; bits < 9; bits += 2.5) {
        quantised q = made(x, D, bits, QUANTISE_UNIFORM);
        assert_true(q.rate <= bits && q.rate > bits - .01);
        /* a draw of 20,000 squares is good to 1 %, learning the frequencies costs .02 bits */
        assert_near(q.noise * exp2(2 * q.rate) / (pi * e / 6), 1, .06);
        quantise_clear(&q);
    }
    mem_free(x);
}

static void levels_leave_lloyd_and_maxs_noise(void **state)
{
    const double noise[] = {.3634, .1175, .03454};
    real *x = normals(D, 3);
    for (int bits = 1; bits <= 3; bits++) {
        quantised q = made(x, D, bits, QUANTISE_MEANS);
        assert_int_equal(q.z.n_levels, 1 << bits);
        assert_near(q.noise / noise[bits - 1], 1, .03);
        assert_true(q.rate < bits + .01); /* levels that come more often cost less */
        quantise_clear(&q);
    }
    mem_free(x);
}

/* What is reported is what a reader of the code finds. */
static void noise_and_rate_are_those_of_the_code(void **state)
{
    real *x = normals(300, 1), back[300];
    zcode_group groups[] = {{.n = 100}, {.n = 200}};
    double rms[2] = {0}, noise = 0;
    quantised q;
    zcode z;
    text code = {0};
    for (size_t i = 100; i < 300; i++)
        x[i] *= 1000;
    for (size_t i = 0; i < 300; i++)
        rms[i >= 100] += (double)x[i] * (double)x[i] / (i < 100 ? 100 : 200);
    assert_ok(quantise(x, groups, 2, 3, QUANTISE_AUTO, &q));
    assert_ok(zcode_write(&q.z, &code));
    assert_near(8 * (double)code.length / 300, q.rate, 1e-12);
    assert_ok(zcode_read("z", code.text, code.length, &z));
    zcode_values(&z, NULL, back);
    for (size_t i = 0; i < 300; i++)
        noise += pow((double)(x[i] - back[i]), 2) / rms[i >= 100] / 300;
    assert_near(noise, q.noise, 1e-6);
    assert_true(noise < .05); /* each group has its own scale */
    text_clear(&code);
    zcode_clear(&z);
    quantise_clear(&q);
    mem_free(x);
}

static void auto_takes_the_one_with_less_noise_at_its_rate(void **state)
{
    real *x = normals(D, 1);
    quantised q = made(x, D, 3, QUANTISE_AUTO);
    assert_int_equal(q.z.form, ZCODE_UNIFORM);
    quantise_clear(&q);
    for (size_t i = 0; i < D; i++) /* three values that no step has */
        x[i] = (real)(i % 3 == 0 ? .1 : i % 3 == 1 ? 1 : -.77);
    q = made(x, D, 2, QUANTISE_AUTO);
    assert_int_equal(q.z.form, ZCODE_MEANS);
    assert_true(q.noise < 1e-4); /* levels are good to 2^-9 */
    quantise_clear(&q);
    mem_free(x);
}

static void zeros_cost_next_to_nothing(void **state)
{
    real *x = normals(D, 1);
    zcode_group groups[] = {{.n = D / 2}, {.n = D / 2}};
    quantised q;
    memset(x, 0, D / 2 * sizeof *x);
    assert_ok(quantise(x, groups, 2, 2, QUANTISE_UNIFORM, &q));
    for (size_t i = 0; i < D / 2; i++)
        assert_int_equal(q.z.symbol[i], 0);
    assert_true(q.noise < .006); /* the others have nearly 4 bits each; .0028 on the mean of all */
    quantise_clear(&q);
    mem_free(x);
}

static void fewer_bits_than_anything_takes_give_zeros(void **state)
{
    real *x = normals(40, 1);
    quantised q = made(x, 40, .01, QUANTISE_UNIFORM);
    assert_near(q.noise, 1, 1e-6);
    quantise_clear(&q);
    mem_free(x);
}

static void what_cannot_be_coded_is_refused(void **state)
{
    real x[] = {1, (real)NAN, 2};
    zcode_group all = {.n = 3};
    quantised q;
    assert_refused(quantise(x, &all, 1, 3, QUANTISE_AUTO, &q), ERR_USAGE, "not finite");
    x[1] = 0;
    assert_refused(quantise(x, &all, 1, 0, QUANTISE_AUTO, &q), ERR_USAGE, "bits=0");
    assert_refused(quantise(x, &all, 1, 9, QUANTISE_MEANS, &q), ERR_USAGE, "with k-means");
    assert_null(q.z.symbol);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_uniform_step_leaves_gish_and_pierces_noise),
        cmocka_unit_test(levels_leave_lloyd_and_maxs_noise),
        cmocka_unit_test(noise_and_rate_are_those_of_the_code),
        cmocka_unit_test(auto_takes_the_one_with_less_noise_at_its_rate),
        cmocka_unit_test(zeros_cost_next_to_nothing),
        cmocka_unit_test(fewer_bits_than_anything_takes_give_zeros),
        cmocka_unit_test(what_cannot_be_coded_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
