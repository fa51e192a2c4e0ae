/* adalora_test.c -- what adalora alone promises.
 *
 * Golden numbers: numpy 1.24 in double on the fills of world.h, from the formulas at the head of adalora.c:
 * matrices (6,5) and (4,6), first rank 3, last 2; z = fill(69, 3); T = 10, g_z = fill(69, 20 + t) at step t,
 * z -= .1 g_z before each allocation. */
#include "tests/spaces/world.h"

static real theta0[WORLD_MOST];
static const layout *const fc = &world_layouts[0];
static const size_t E[6] = {15, 16, 17,
                            54, 55, 56}; /* in z: A (3,5) E B (6,3), A (3,6) E B (4,3) */

static void near(real got, double expected)
{
    if (!(fabs((double)got - expected) < (sizeof(real) == sizeof(double) ? 1e-13 : 1e-6)))
        fail_msg("%.12g, expected %.12g", (double)got, expected);
}

/* The places of E that are 0, as digits. */
static const char *out(const real *z)
{
    static char digits[8];
    size_t n = 0;
    for (size_t i = 0; i < 6; i++)
        if (z[E[i]] == 0)
            digits[n++] = (char)('0' + i);
    digits[n] = '\0';
    return digits;
}

static void ranks_fall_as_in_numpy(void **state)
{
    static const char *const expected[11] = {"",   "",   "3",  "13", "13", "13",
                                             "13", "13", "13", "13", "13"};
    world w;
    real z[69], g[69];
    world_fill(theta0, 70, 2);
    world_open(&w, "adalora:r=2", fc, theta0, 1);
    assert_int_equal(w.s->d, 69);
    space_start(w.s, w.mem, z);
    world_fill(z, 69, 3);
    for (unsigned t = 1; t <= 10; t++) {
        world_fill(g, 69, 20 + t);
        for (size_t j = 0; j < 69; j++)
            z[j] -= (real).1 * g[j];
        space_after_step(w.s, w.mem, t, 10, z, g);
        assert_string_equal(out(z), expected[t]);
    }
    const real *Ibar = w.mem->state, *U = Ibar + 69;
    near(z[E[0]], -0.5497233973273411);
    near(Ibar[0], 0.17529579890237768);
    near(U[0], 0.09923571319131178);
    near(Ibar[E[0]], 0.15514340726287387);
    near(U[E[5]], 0.09428324869998683);
    world_close(&w);
}

/* At first all scores are 0: as many as must go go, and not all that tie. */
static void of_equal_scores_the_earlier_go(void **state)
{
    world w;
    real z[69], g[69] = {0};
    world_open(&w, "adalora:r=2,tinit=0,tfinal=0", fc, theta0, 1);
    space_start(w.s, w.mem, z);
    for (size_t i = 0; i < 6; i++)
        z[E[i]] = 1;
    space_after_step(w.s, w.mem, 1, 10, z, g); /* 2 (.9)^3 + 4 = 5.458 */
    assert_string_equal(out(z), "0");
    space_after_step(w.s, w.mem, 10, 10, z, g);
    assert_string_equal(out(z), "01");
    world_close(&w);
}

/* Every third step; before tinit none; a triplet that is out may come back until the last allocation. */
static void allocation_waits_for_its_steps(void **state)
{
    world w;
    real z[69], g[69];
    world_fill(g, 69, 5);
    world_open(&w, "adalora:r=1,first=3,tinit=.4,tfinal=.2,every=3", fc, theta0, 1);
    space_start(w.s, w.mem, z);
    for (size_t t = 1; t <= 10; t++) {
        for (size_t i = 0; i < 6; i++)
            z[E[i]] = 1;
        space_after_step(w.s, w.mem, t, 10, z, g);
        /* t = 6 of 4 .. 8: 4 (1/2)^3 + 2 = 2.5; the last at 8, and who went then stays out */
        size_t gone = strlen(out(z));
        assert_int_equal(gone, t == 6 ? 4 : t >= 8 ? 4 : 0);
    }
    world_close(&w);
}

static void the_penalty_is_numpys_and_is_added(void **state)
{
    world w;
    real z[69], g_z[69];
    world_fill(theta0, 70, 2);
    world_open(&w, "adalora:r=2", fc, theta0, 1);
    world_fill(z, 69, 3);
    for (size_t j = 0; j < 69; j++)
        g_z[j] = 1;
    space_penalty(w.s, w.mem, z, g_z);
    near(g_z[0], 1 + 0.14291791081258662);
    near(g_z[14], 1 + 0.07269302527219408);
    near(g_z[15], 1); /* E has none */
    near(g_z[18], 1 + 0.05817108696432932);
    near(g_z[68], 1 - 0.11632753809204141);
    world_close(&w);
}

static void lift_is_numpys(void **state)
{
    world w;
    real z[69], theta[54];
    world_fill(theta0, 70, 2);
    world_open(&w, "adalora:r=2", fc, theta0, 1);
    world_fill(z, 69, 3);
    space_lift(w.s, w.mem, z, theta);
    near(theta[30], 0.26065077375043205);
    near(theta[53], -0.01896526603287646);
    world_close(&w);
}

static void e_starts_at_zero_and_the_rest_at_std_02(void **state)
{
    enum { IN = 500, OUT = 400, R = 3 };
    static real big0[IN * OUT], z[R * (IN + OUT + 1)];
    tensor t = {.name = "w", .roles = "w", .shape = {OUT, IN}, .n = IN * OUT};
    layout l = {.tensors = &t, .n_tensors = 1, .n = t.n};
    world w;
    world_open(&w, "adalora:r=2", &l, big0, 1);
    space_start(w.s, w.mem, z);
    assert_true(z[R * IN] == 0 && z[R * IN + 1] == 0 && z[R * IN + 2] == 0);
    double square = world_dot(z, z, R * (IN + OUT + 1)) / (R * (IN + OUT));
    assert_true(fabs(square / 4e-4 - 1) < 4 * sqrt(2. / (R * (IN + OUT))));
    world_close(&w);
}

static void refused(const char *spec, const char *word)
{
    space *s;
    assert_int_equal(space_new(&s, spec, fc, theta0, world_stream(1)), ERR_USAGE);
    assert_null(s);
    if (!strstr(error_text(), word))
        fail_msg("%s: %s", spec, error_text());
}

static void what_cannot_fall_is_refused(void **state)
{
    refused("adalora:r=4,first=3", "below the last rank");
    refused("adalora:r=2,tinit=.5,tfinal=.5", "leave none to allocate in");
    refused("adalora:targets=bias", "has one dimension");
    refused("dense:d=5@adalora:r=2", "only the first space");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ranks_fall_as_in_numpy),
        cmocka_unit_test(of_equal_scores_the_earlier_go),
        cmocka_unit_test(allocation_waits_for_its_steps),
        cmocka_unit_test(the_penalty_is_numpys_and_is_added),
        cmocka_unit_test(lift_is_numpys),
        cmocka_unit_test(e_starts_at_zero_and_the_rest_at_std_02),
        cmocka_unit_test(what_cannot_fall_is_refused),
    };
    return cmocka_run_group_tests_name("spaces/adalora", tests, NULL, NULL);
}
