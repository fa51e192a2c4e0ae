/* sparse_test.c -- what sparse alone promises. */
#include <gsl/gsl_cdf.h>

#include "tests/spaces/world.h"

static void directions_have_unit_length(void **state)
{
    size_t d;
    double error, rms;
    real *P = world_columns("sparse:d=60", 2500, 1, &d);
    world_geometry(P, d, 2500, &error, &rms);
    assert_true(error < 1e-6);
    /* entries are independent with mean 0: inner products have the rms of dense ones, 1/sqrt n; a
     * fifth is more than ten standard deviations over 1,770 pairs of 50 hits each */
    assert_true(fabs(rms * 50 - 1) < 0.2);
    mem_free(P);
}

/* Binomial counts: density 1/sqrt(size) of each tensor, by the chi-squared of both tensors' counts;
 * and half of the signs are plus. */
static void each_tensor_has_its_own_density(void **state)
{
    enum { A = 900, B = 10000, D = 50 };
    static real theta0[A + B], theta[A + B], z[D];
    tensor t[] = {{.name = "a", .roles = "w", .shape = {A}, .n = A},
                  {.name = "b", .roles = "w", .shape = {B}, .offset = A, .n = B}};
    layout l = {.tensors = t, .n_tensors = 2, .n = A + B};
    world w;
    double count[2] = {0}, plus = 0;
    world_open(&w, "sparse:d=50", &l, theta0, 2);
    for (size_t j = 0; j < D; j++) {
        z[j] = 1;
        space_lift(w.s, w.mem, z, theta);
        z[j] = 0;
        for (size_t i = 0; i < A + B; i++) {
            count[i >= A] += theta[i] != 0;
            plus += theta[i] > 0;
        }
    }
    double sum = 0;
    for (size_t k = 0; k < 2; k++) {
        double n = (double)t[k].n * D, s = 1 / sqrt((double)t[k].n);
        sum += pow(count[k] - n * s, 2) / (n * s * (1 - s));
    }
    assert_true(gsl_cdf_chisq_Q(sum, 2) > 1e-4);
    double all = count[0] + count[1];
    assert_true(fabs(plus - all / 2) < 4 * sqrt(all) / 2);
    world_close(&w);
}

/* Every place is as likely as any other: hits of the first and of the second half of a tensor. */
static void places_are_spread_evenly(void **state)
{
    size_t d, n = 4000;
    double hits[4] = {0};
    real *P = world_columns("sparse:d=200", n, 3, &d);
    for (size_t i = 0; i < d * n; i++)
        hits[i % n / (n / 4)] += P[i] != 0;
    double mean = (hits[0] + hits[1] + hits[2] + hits[3]) / 4, sum = 0;
    for (size_t k = 0; k < 4; k++)
        sum += (hits[k] - mean) * (hits[k] - mean) / mean;
    assert_true(gsl_cdf_chisq_Q(sum, 3) > 1e-4);
    mem_free(P);
}

static void a_smaller_d_has_the_first_of_the_same_directions(void **state)
{
    size_t d, e, n = 1100;
    real *P = world_columns("sparse:d=19", n, 5, &d), *Q = world_columns("sparse:d=6", n, 5, &e);
    assert_memory_equal(P, Q, e * n * sizeof *P);
    mem_free(P);
    mem_free(Q);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(directions_have_unit_length),
        cmocka_unit_test(each_tensor_has_its_own_density),
        cmocka_unit_test(places_are_spread_evenly),
        cmocka_unit_test(a_smaller_d_has_the_first_of_the_same_directions),
    };
    return cmocka_run_group_tests_name("spaces/sparse", tests, NULL, NULL);
}
