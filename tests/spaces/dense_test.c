/* dense_test.c -- what dense alone promises. */
#include <gsl/gsl_cdf.h>

#include "tests/spaces/world.h"

static void directions_have_unit_length(void **state)
{
    size_t d;
    double error, rms;
    real *P = world_columns("dense:d=40", 1500, 1, &d);
    world_geometry(P, d, 1500, &error, &rms);
    assert_true(error < 1e-6); /* float sums of 1,500 entries of the lift */
    mem_free(P);
}

/* n <p_i,p_j>^2 is chi-squared with one degree of freedom up to O(1/n), and the pairs are
 * uncorrelated: their sum over m pairs is chi-squared with m degrees. */
static void angles_are_those_of_normal_directions(void **state)
{
    size_t d, n = 1500;
    double error, rms;
    real *P = world_columns("dense:d=40", n, 2, &d);
    world_geometry(P, d, n, &error, &rms);
    double pairs = (double)(d * (d - 1) / 2), sum = (double)n * rms * rms * pairs;
    double p = gsl_cdf_chisq_P(sum, pairs);
    assert_true(p > 1e-4 && p < 1 - 1e-4);
    mem_free(P);
}

/* The scaled entries are normal: Kolmogorov-Smirnov at a level of about 1e-4 (1.95/sqrt m above 2). */
static void entries_are_normal(void **state)
{
    size_t d, n = 2000, m = 3 * 2000;
    real *P = world_columns("dense:d=3", n, 3, &d);
    double worst = 0;
    for (double x = -3; x <= 3; x += 0.05) {
        size_t below = 0;
        for (size_t i = 0; i < m; i++)
            below += (double)P[i] * sqrt((double)n) <= x;
        double gap = fabs((double)below / (double)m - gsl_cdf_ugaussian_P(x));
        worst = gap > worst ? gap : worst;
    }
    assert_true(worst < 2.2 / sqrt((double)m));
    mem_free(P);
}

/* Element j n + i of the stream, over the length of its direction. */
static void entries_are_the_elements_of_the_stream(void **state)
{
    size_t d, n = 777; /* a strip and a piece of one that no register divides */
    real *P = world_columns("dense:d=11", n, 4, &d);
    stream s = world_stream(4);
    for (size_t j = 0; j < d; j++) {
        double square = 0;
        for (size_t i = 0; i < n; i++)
            square += rng_normal(&s, j * n + i) * rng_normal(&s, j * n + i);
        for (size_t i = 0; i < n; i++)
            assert_true(fabs((double)P[j * n + i] - rng_normal(&s, j * n + i) / sqrt(square)) <
                        1e-7);
    }
    mem_free(P);
}

static void a_smaller_d_has_the_first_of_the_same_directions(void **state)
{
    size_t d, e, n = 1100;
    real *P = world_columns("dense:d=19", n, 5, &d), *Q = world_columns("dense:d=6", n, 5, &e);
    assert_memory_equal(P, Q, e * n * sizeof *P);
    mem_free(P);
    mem_free(Q);
}

static void regenerated_is_the_same_bytes(void **state)
{
    enum { N = 1300 };
    static real theta0[N], theta[2][N], g[N], z[21], g_z[2][21];
    tensor t = {.name = "w", .roles = "w", .shape = {N}, .n = N};
    layout l = {.tensors = &t, .n_tensors = 1, .n = N};
    const char *const specs[] = {"dense:d=21", "dense:d=21,regen=yes"};
    world_fill(theta0, N, 1);
    world_fill(g, N, 2);
    world_fill(z, 21, 3);
    for (size_t k = 0; k < 2; k++) {
        world w;
        world_open(&w, specs[k], &l, theta0, 6);
        space_lift(w.s, w.mem, z, theta[k]);
        space_pull(w.s, w.mem, z, g, g_z[k]);
        assert_int_equal(w.s->frozen_bytes, k ? 0 : N * 21 * sizeof(real));
        world_close(&w);
    }
    assert_memory_equal(theta[0], theta[1], sizeof theta[0]);
    assert_memory_equal(g_z[0], g_z[1], sizeof g_z[0]);
}

/* Over several strips and more members than one reading takes (32); those of one P and one stranger. */
static void a_large_team_has_the_bits_of_each_alone(void **state)
{
    enum { N = 1300, RUNS = 35 };
    static real theta0[N], g[N], z[RUNS][29], g_z[RUNS][29], expected[29], theta[N];
    tensor t = {.name = "w", .roles = "w", .shape = {N}, .n = N};
    layout l = {.tensors = &t, .n_tensors = 1, .n = N};
    space *s[RUNS];
    space_mem *mem[RUNS];
    view v[RUNS], *views[RUNS];
    const space *team[RUNS];
    const real *ins[RUNS];
    real *outs[RUNS];
    world_fill(theta0, N, 1);
    world_fill(g, N, 2);
    for (size_t i = 0; i < RUNS; i++) {
        char spec[32];
        snprintf(spec, sizeof spec, "dense:d=%zu", 29 - i % 29);
        assert_int_equal(space_new_beside(&s[i], spec, &l, theta0, world_stream(i == 3 ? 9 : 8),
                                          i ? s[0] : NULL, 0),
                         OK);
        assert_int_equal(s[i]->frozen_bytes > 0, i == 0 || i == 3); /* all others borrow */
        assert_int_equal(space_mem_new(&mem[i], s[i]), OK);
        assert_int_equal(view_init(&v[i], &l), OK);
        view_point(&v[i], theta0, NULL);
        world_fill(z[i], s[i]->d, (unsigned)i);
        team[i] = s[i], ins[i] = z[i], outs[i] = g_z[i], views[i] = &v[i];
    }
    space_bind(RUNS, team, mem, ins, outs, views);
    for (size_t i = 0; i < RUNS; i++) {
        space_lift(s[i], mem[i], z[i], theta);
        assert_memory_equal(theta, v[i].slots[0].value, sizeof theta);
        memcpy(v[i].slots[0].grad, g, sizeof g);
    }
    space_gather(RUNS, team, mem, ins, outs, views);
    for (size_t i = 0; i < RUNS; i++) {
        space_pull(s[i], mem[i], z[i], g, expected);
        assert_memory_equal(expected, g_z[i], s[i]->d * sizeof(real));
    }
    for (size_t i = RUNS; i-- > 0;) {
        view_clear(&v[i]);
        space_mem_free(mem[i]);
        space_free(s[i]);
    }
}

static void what_does_not_fit_is_refused_with_the_sum_and_the_mend(void **state)
{
    space *s;
    tensor t = {.name = "w", .roles = "w", .shape = {(size_t)1 << 40}, .n = (size_t)1 << 40};
    layout l = {.tensors = &t, .n_tensors = 1, .n = t.n};
    real one = 0; /* refused before anything is read or allocated */
    assert_int_equal(space_new(&s, "dense:d=750", &l, &one, world_stream(1)), ERR_LIMIT);
    assert_null(s);
    assert_non_null(strstr(error_text(), "750 directions of 1099511627776 numbers"));
    assert_non_null(strstr(error_text(), "fastfood:d=750"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(directions_have_unit_length),
        cmocka_unit_test(angles_are_those_of_normal_directions),
        cmocka_unit_test(entries_are_normal),
        cmocka_unit_test(entries_are_the_elements_of_the_stream),
        cmocka_unit_test(a_smaller_d_has_the_first_of_the_same_directions),
        cmocka_unit_test(regenerated_is_the_same_bytes),
        cmocka_unit_test(a_large_team_has_the_bits_of_each_alone),
        cmocka_unit_test(what_does_not_fit_is_refused_with_the_sum_and_the_mend),
    };
    return cmocka_run_group_tests_name("spaces/dense", tests, NULL, NULL);
}
