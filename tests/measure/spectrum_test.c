/* spectrum_test.c -- values against LAPACK's of the product, scalars against closed forms.
 *
 * sigma = 4, 2, 1, 1: p = 1/2, 1/4, 1/8, 1/8, so the effective rank is 2^(7/4); squares 16, 4, 1, 1.
 * Noise: the median of Marchenko and Pastur's law at beta = 1 is .6528 (Gavish, Donoho: omega(1) = 2.858 =
 * (4 / sqrt 3) / sqrt(median)); at beta = 2/3 it is .772376, by numpy: the density summed on 2,000,001 points. */
#include "tests/test.h"

#include "linalg/linalg.h"
#include "linalg/svd.h"
#include "measure/marchenko.h"
#include "measure/spectrum.h"
#include "measure/tail.h"

#ifdef IDIM_DOUBLE
#define ROUND 1e-12
#else
#define ROUND 2e-6
#endif

static spectrum_about about(size_t m, size_t n, double norm)
{
    return (spectrum_about){.tensor = "W",
                            .role = "q",
                            .layer = 2,
                            .m = m,
                            .n = n,
                            .alpha = (double)NAN,
                            .scale = (double)NAN,
                            .method = "exact",
                            .norm = norm,
                            .weight_norm = (double)NAN,
                            .unchanged = (double)NAN,
                            .rounding = (double)NAN};
}

/* U diag(sigma) V^T and the values of s B A itself */
static void factors(size_t m, size_t n, size_t r, double s)
{
    size_t side = m < n ? m : n, k = r < side ? r : side;
    real *A = mem_array(r * n, sizeof *A), *B = mem_array(m * r, sizeof *B);
    real *W = mem_array(m * n, sizeof *W), *U = mem_array(m * k, sizeof *U);
    real *V = mem_array(n * k, sizeof *V);
    double *sigma = mem_array(k, sizeof *sigma), *all = mem_array(side, sizeof *all);
    assert_true(A && B && W && U && V && sigma && all);
    test_fill(A, r * n, 1);
    test_fill(B, m * r, 2);
    mat_gemm(false, false, m, n, r, (real)s, B, r, A, n, 0, W, n);
    assert_ok(spectrum_factors(m, n, r, s, A, B, U, sigma, V));
    assert_ok(spectrum_exact(m, n, W, all));
    for (size_t i = 0; i < k; i++)
        assert_near(sigma[i], all[i], ROUND * all[0]);
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < n; j++) {
            double sum = 0;
            for (size_t l = 0; l < k; l++)
                sum += (double)U[i * k + l] * sigma[l] * (double)V[j * k + l];
            assert_near(sum, W[i * n + j], 4 * ROUND * all[0]);
        }
    assert_ok(spectrum_factors(m, n, r, s, A, B, NULL, all, NULL));
    for (size_t i = 0; i < k; i++)
        assert_near(sigma[i], all[i], ROUND * sigma[0]);
    mem_free(A);
    mem_free(B);
    mem_free(W);
    mem_free(U);
    mem_free(V);
    mem_free(sigma);
    mem_free(all);
}

static void factors_have_the_values_of_their_product(void **state)
{
    factors(20, 30, 4, 2);
    factors(30, 20, 4, -.5);
    factors(9, 9, 1, 1);
    factors(5, 30, 8, 2); /* more factors than a side has */
    factors(30, 5, 8, -2);
}

static void scalars_are_those_of_closed_forms(void **state)
{
    const double sigma[] = {4, 2, 1, 1}, norm = sqrt(22);
    spectrum_about a = about(4, 6, norm);
    spectrum_row row;
    stream s = stream_make(1, "test");
    a.weight_norm = 10 * norm;
    assert_ok(spectrum_of(&a, 4, sigma, sigma, NULL, 0, &s, &row));
    assert_near(row.effective_rank, pow(2, 1.75), 1e-12);
    assert_near(row.null_effective_rank, pow(2, 1.75), 1e-12);
    assert_near(row.stable_rank, 22.0 / 16, 1e-12);
    assert_near(row.participation, 22.0 * 22 / (256 + 16 + 2), 1e-12);
    assert_near(row.numerical_rank, 4, 0);
    assert_near(row.rank90, 2, 0); /* 20 of 22 */
    assert_near(row.relative, .1, 1e-12);
    assert_near(row.spectral, 4, 0);
    assert_near(row.layer, 2, 0);
    assert_true(isnan(row.bound) && isnan(row.tail_alpha) && isnan(row.rounding_edge));
}

static void what_is_left_out_of_a_spectrum_is_not_guessed(void **state)
{
    const double sigma[] = {4, 2}, bound[] = {.1, .2};
    spectrum_about a = about(4, 6, sqrt(40)); /* half of the squares are not among these two */
    spectrum_row row;
    stream s = stream_make(1, "test");
    assert_ok(spectrum_of(&a, 2, sigma, NULL, bound, 0, &s, &row));
    assert_near(row.stable_rank, 40.0 / 16, 1e-12);
    assert_near(row.bound, .2, 0);
    assert_true(isnan(row.effective_rank) && isnan(row.rank90) && isnan(row.participation));
    assert_true(isnan(row.noise) && isnan(row.numerical_rank));
    a.r = 2; /* factors of rank 2 have no more */
    assert_ok(spectrum_of(&a, 2, sigma, NULL, NULL, 0, &s, &row));
    assert_near(row.numerical_rank, 2, 0);
    assert_true(isnan(row.noise)); /* no bulk in low rank */
}

static void an_update_of_zeros_has_norms_alone(void **state)
{
    const double sigma[] = {0, 0};
    spectrum_about a = about(2, 2, 0);
    spectrum_row row;
    stream s = stream_make(1, "test");
    a.weight_norm = 3;
    a.rounding = 1e-3;
    assert_ok(spectrum_of(&a, 2, sigma, sigma, NULL, 10, &s, &row));
    assert_true(row.spectral == 0 && row.relative == 0);
    assert_true(isnan(row.effective_rank) && isnan(row.stable_rank) && isnan(row.numerical_rank));
}

static void values_below_an_edge_are_counted_apart(void **state)
{
    const double sigma[] = {4, 4, .01, .01};
    spectrum_about a = about(4, 4, sqrt(32));
    spectrum_row row;
    stream s = stream_make(1, "test");
    a.rounding = .01; /* its edge: .04 */
    assert_ok(spectrum_of(&a, 4, sigma, NULL, NULL, 0, &s, &row));
    assert_near(row.rounding_edge, .04, 1e-12);
    assert_near(row.rounding_above, 2, 0);
    assert_near(row.rounding_effective_rank, 2, 1e-12);
    assert_true(row.effective_rank > 2.01);
    a.rounding = 2; /* all is rounding */
    assert_ok(spectrum_of(&a, 4, sigma, NULL, NULL, 0, &s, &row));
    assert_true(row.rounding_above == 0 && row.rounding_effective_rank == 0);
}

static void the_law_of_noise_has_its_published_median(void **state)
{
    assert_near(1 / pow(marchenko_noise(1, 1, 1), 2), .6528, 2e-4);
    assert_near(1 / pow(marchenko_noise(3, 2, 1), 2), 3 * .772376, 1e-5);
    assert_near(marchenko_edge(4, 9, 2), 10, 1e-12);
}

static void noise_has_the_values_of_its_law(void **state)
{
    enum { M = 240, N = 160 };
    real *W = mem_array(M * N, sizeof *W);
    double sigma[N], curve[N], t = .3;
    stream s = stream_make(5, "noise");
    assert_true(W);
    rng_normals(&s, 0, M * N, W);
    for (size_t i = 0; i < M * N; i++)
        W[i] *= (real)t;
    assert_ok(spectrum_exact(M, N, W, sigma));
    for (int wide = 0; wide < 2; wide++) {
        marchenko_curve(wide ? N : M, wide ? M : N, t, curve);
        /* Tracy and Widom: the largest is low by about .6 N^(-2/3) of the edge, N = 160 */
        for (size_t i = 0; i < N; i++)
            assert_true(fabs(sigma[i] - curve[i]) < .02 * marchenko_edge(M, N, t));
        double median = (sigma[N / 2 - 1] + sigma[N / 2]) / 2;
        assert_near(marchenko_noise(wide ? N : M, wide ? M : N, median) / t, 1,
                    .03); /* its sd is .0075 */
    }
    mem_free(W);
}

static void a_value_above_the_noise_stands_above_its_edge(void **state)
{
    enum { N = 120 };
    double sigma[N], squares = 0;
    spectrum_row row;
    stream s = stream_make(5, "noise");
    marchenko_curve(N, N, 1, sigma);
    sigma[0] = 40;
    for (size_t i = 0; i < N; i++)
        squares += sigma[i] * sigma[i];
    spectrum_about a = about(N, N, sqrt(squares));
    assert_ok(spectrum_of(&a, N, sigma, NULL, NULL, 0, &s, &row));
    assert_near(row.noise, 1, 1e-3);
    assert_near(row.noise_above, 1, 0);
    assert_near(row.noise_effective_rank, 1, 1e-12);
}

/* x_i at the quantiles of F^-1, falling */
static void quantiles(size_t n, bool power, double *x)
{
    for (size_t i = 0; i < n; i++) {
        double u = ((double)i + .5) / (double)n;
        x[i] = power ? 2 * pow(u, -1 / 1.5) : 1 - log(u) / 3;
    }
}

static void a_power_law_is_told_from_an_exponential(void **state)
{
    enum { N = 600 };
    double x[N];
    stream s = stream_make(3, "tail");
    tail t;
    quantiles(N, true, x);
    assert_ok(tail_fit(N, x, 100, &s, &t));
    assert_near(t.alpha, 2.5, .05);
    assert_true(t.p >= .1 && t.n >= TAIL_LEAST);
    quantiles(N, false, x);
    assert_ok(tail_fit(N, x, 100, &s, &t));
    assert_true(t.p < .1 || t.n < N / 4); /* only its far end may pass for a power */
    assert_ok(tail_fit(TAIL_LEAST - 1, x, 100, &s, &t));
    assert_true(t.n == 0 && isnan(t.alpha));
    for (size_t i = 0; i < N; i++)
        x[i] = 1;
    assert_ok(tail_fit(N, x, 100, &s, &t)); /* all alike: no tail */
    assert_true(t.n == 0);
}

static void a_random_update_of_equal_rank_is_flat(void **state)
{
    double sigma[4], squares = 0;
    stream s = stream_make(9, "null");
    assert_ok(spectrum_null_factors(400, 300, 4, 2, &s, sigma));
    for (size_t i = 0; i < 4; i++)
        squares += sigma[i] * sigma[i];
    assert_near(squares, 4, 1e-6);
    assert_true(spectrum_effective_rank(4, sigma) > 3.9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(factors_have_the_values_of_their_product),
        cmocka_unit_test(scalars_are_those_of_closed_forms),
        cmocka_unit_test(what_is_left_out_of_a_spectrum_is_not_guessed),
        cmocka_unit_test(an_update_of_zeros_has_norms_alone),
        cmocka_unit_test(values_below_an_edge_are_counted_apart),
        cmocka_unit_test(the_law_of_noise_has_its_published_median),
        cmocka_unit_test(noise_has_the_values_of_its_law),
        cmocka_unit_test(a_value_above_the_noise_stands_above_its_edge),
        cmocka_unit_test(a_power_law_is_told_from_an_exponential),
        cmocka_unit_test(a_random_update_of_equal_rank_is_flat),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
