/* nola_test.c -- what nola alone promises. */
#include "tests/spaces/world.h"

static real theta0[WORLD_MOST];

/* Uniform in +-1/sqrt(d): inside, variance 1 / (3 d), and no two columns alike. */
static void columns_are_uniform(void **state)
{
    size_t d, n = 10000; /* more than are drawn at a time */
    real *P = world_columns("nola:d=4", n, 1, &d);
    assert_int_equal(d, 4);
    for (size_t j = 0; j < d; j++) {
        double mean = 0, square = world_dot(P + j * n, P + j * n, n) / (double)n;
        for (size_t i = 0; i < n; i++) {
            assert_true(fabs((double)P[j * n + i]) <= .5);
            mean += (double)P[j * n + i] / (double)n;
        }
        /* the mean of 10,000 is good to .0029, the mean of squares to .9 %: four of each */
        assert_true(fabs(mean) < .012 && fabs(square * 12 - 1) < .036);
        for (size_t i = 0; i < j; i++) /* inner products: sqrt(n) / 12 */
            assert_true(fabs(world_dot(P + i * n, P + j * n, n)) < 4 * 100. / 12);
    }
    mem_free(P);
}

/* Draws of more than one chunk: they do not repeat, and pull draws what lift drew. */
static void long_columns_are_drawn_in_pieces(void **state)
{
    enum { N = 10000 };
    static real zeros[N], theta[N], g_z[2];
    tensor t = {.name = "w", .roles = "w", .shape = {N}, .n = N};
    layout l = {.tensors = &t, .n_tensors = 1, .n = N};
    const real z[2] = {1, (real)-.5};
    world w;
    world_open(&w, "nola:d=2", &l, zeros, 1);
    space_lift(w.s, w.mem, z, theta);
    space_pull(w.s, w.mem, z, theta, g_z);
    double square = world_dot(theta, theta, N), both = world_dot(z, g_z, 2);
    assert_true(fabs(square / both - 1) < 1e-5);
    for (size_t i = 0; i + 4096 < N; i++)
        assert_true(theta[i] != theta[i + 4096]);
    world_close(&w);
}

/* Five tensors, seven numbers: 2, 2, 1, 1, 1; each moves its own tensor alone. */
static void numbers_are_shared_out_over_the_tensors(void **state)
{
    static const size_t owner[7] = {0, 0, 1, 1, 2, 3, 4};
    const layout *l = &world_layouts[0];
    world w;
    real z[7] = {0}, theta[70];
    world_fill(theta0, 70, 2);
    world_open(&w, "nola:d=7", l, theta0, 1);
    for (size_t j = 0; j < 7; j++) {
        z[j] = 1;
        space_lift(w.s, w.mem, z, theta);
        z[j] = 0;
        for (size_t k = 0; k < 5; k++)
            for (size_t i = 0; i < l->tensors[k].n; i++) {
                size_t at = l->tensors[k].offset + i;
                assert_true((theta[at] != theta0[at]) == (owner[j] == k));
            }
    }
    world_close(&w);
}

/* As the released code: LoRA's A is there at step 0, and the sums come on top. */
static void of_a_lora_it_starts_at_its_factors(void **state)
{
    world w;
    space *s;
    real z[8], theta[70];
    world_fill(theta0, 70, 2);
    world_open(&w, "nola:d=8@lora:r=2", &world_layouts[0], theta0, 1);
    assert_int_equal(w.s->d, 8);
    assert_true(space_rides(w.s) && space_regenerable(w.s) && !space_moved(w.s));
    space_start(w.s, w.mem, z);
    z[2] = 1; /* B of fc1: against A it moves W */
    space_lift(w.s, w.mem, z, theta);
    assert_true(theta[0] != theta0[0] && theta[30] == theta0[42]);
    world_close(&w);
    assert_int_equal(space_new(&s, "nola:d=3@lora:r=2", &world_layouts[0], theta0, world_stream(1)),
                     ERR_USAGE);
    assert_non_null(strstr(error_text(), "without a coefficient"));
    assert_int_equal(space_new(&s, "nola:d=71", &world_layouts[0], theta0, world_stream(1)),
                     ERR_USAGE);
    assert_non_null(strstr(error_text(), "lower d"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_are_uniform),
        cmocka_unit_test(long_columns_are_drawn_in_pieces),
        cmocka_unit_test(numbers_are_shared_out_over_the_tensors),
        cmocka_unit_test(of_a_lora_it_starts_at_its_factors),
    };
    return cmocka_run_group_tests_name("spaces/nola", tests, NULL, NULL);
}
