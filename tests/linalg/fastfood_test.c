/* fastfood_test.c -- lift against the explicit product of the stored parts, pull against its transpose,
 * and the columns' lengths. */
#include "tests/test.h"

#include "linalg/fastfood.h"

static const struct {
    size_t d, n;
    fastfood_form form;
    fastfood_gauss gauss;
} cases[] = {
    {5, 70, FASTFOOD_STACKED, FASTFOOD_NORMAL}, {5, 70, FASTFOOD_SINGLE, FASTFOOD_NORMAL},
    {8, 64, FASTFOOD_STACKED, FASTFOOD_SIGN},   {1, 9, FASTFOOD_STACKED, FASTFOOD_NORMAL},
    {40, 50, FASTFOOD_SINGLE, FASTFOOD_SIGN},   {64, 64, FASTFOOD_STACKED, FASTFOOD_NORMAL},
};
enum { CASES = sizeof cases / sizeof *cases };

static int hadamard(size_t i, size_t j)
{
    return __builtin_popcountll(i & j) % 2 ? -1 : 1;
}

/* Where number i of block k comes from. */
static size_t place(const fastfood *f, size_t k, size_t i)
{
    size_t L = (size_t)1 << f->log2L;
    return f->perm ? f->perm[k * L + i] : f->to[k * (L / 4) + i / 4] >> 16 * (i % 4) & 0xffff;
}

/* Entry (i, j) of H G Pi H B by its definition. */
static long double entry(const fastfood *f, size_t i, size_t j)
{
    size_t L = (size_t)1 << f->log2L, k = i / L;
    const uint32_t *B = f->B + k * ((L + 31) / 32);
    int sign = B[j / 32] >> (j % 32) & 1 ? -1 : 1;
    long double sum = 0;
    for (size_t m = 0; m < L; m++)
        sum += (long double)(hadamard(i % L, m) * hadamard(place(f, k, m), j) * sign) *
               (long double)f->G[k * L + m];
    return sum;
}

static void open(fastfood *f, size_t k, uint64_t seed)
{
    stream s = stream_make(seed, "P");
    assert_ok(fastfood_init(f, cases[k].d, cases[k].n, cases[k].form, cases[k].gauss, &s));
}

static void lift_is_the_explicit_matrix(void **state)
{
    for (size_t k = 0; k < CASES; k++) {
        fastfood f;
        real z[64], theta0[70], theta[70];
        open(&f, k, 1);
        void *work = mem_array(fastfood_work(&f), 1);
        test_fill(z, f.d, 1);
        test_fill(theta0, f.n, 2);
        fastfood_lift(&f, z, theta0, theta, work);
        for (size_t i = 0; i < f.n; i++) {
            long double want = (long double)theta0[i];
            for (size_t j = 0; j < f.d; j++)
                want += entry(&f, i, j) * (long double)z[j];
            assert_near(theta[i], want, 3e-6);
        }
        mem_free(work);
        fastfood_clear(&f);
    }
}

static void pull_is_its_transpose(void **state)
{
    for (size_t k = 0; k < CASES; k++) {
        fastfood f;
        real g[70], g_z[64];
        open(&f, k, 2);
        void *work = mem_array(fastfood_work(&f), 1);
        test_fill(g, f.n, 3);
        fastfood_pull(&f, g, g_z, work);
        for (size_t j = 0; j < f.d; j++) {
            long double want = 0;
            for (size_t i = 0; i < f.n; i++)
                want += entry(&f, i, j) * (long double)g[i];
            assert_near(g_z[j], want, 3e-6);
        }
        mem_free(work);
        fastfood_clear(&f);
    }
}

static void
columns_have_length_1(void **state) /* exactly where blocks are whole, else in the mean */
{
    for (size_t k = 0; k < CASES; k++) {
        double mean = 0;
        size_t times = 0;
        bool whole = false;
        for (uint64_t seed = 1; seed <= 20; seed++) {
            fastfood f;
            open(&f, k, seed);
            whole = f.n % ((size_t)1 << f.log2L) == 0;
            for (size_t j = 0; j < f.d; j++, times++) {
                double square = 0;
                for (size_t i = 0; i < f.n; i++)
                    square += (double)(entry(&f, i, j) * entry(&f, i, j));
                if (whole)
                    assert_near(square, 1, 1e-5);
                mean += square;
            }
            fastfood_clear(&f);
        }
        assert_near(mean / (double)times, 1, .05);
    }
}

static void single_is_the_published_formula(void **state)
{
    /* Li et al.'s code divides H G Pi H B z by sqrt(L sum G^2) sqrt(n / L), L = 2^ceil(log2 n) */
    fastfood f;
    open(&f, 1, 3);
    double sum = 0, L = 128, n = 70;
    for (size_t i = 0; i < 128; i++)
        sum += (double)f.G[i] * (double)f.G[i];
    /* what is stored is g / (sqrt(n) ||g||) for some g, and so is g / divisor: both have this norm */
    assert_near(sum, 1 / (L * (n / L)), 1e-6);
    fastfood_clear(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lift_is_the_explicit_matrix),
        cmocka_unit_test(pull_is_its_transpose),
        cmocka_unit_test(columns_have_length_1),
        cmocka_unit_test(single_is_the_published_formula),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
