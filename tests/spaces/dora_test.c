/* dora_test.c -- what dora alone promises.
 *
 * Golden numbers: numpy 1.24 in double on the fills of world.h:
 *     V = W0 + 8 * B @ A; n = np.linalg.norm(V, axis=1); W = (m / n)[:, None] * V
 *     gV = (m / n)[:, None] * g; gA = 8 * B.T @ gV; gB = 8 * gV @ A.T; gm = (g * V).sum(1) / n
 *     exact: gV -= ((m / n) * (g * V).sum(1) / n**2)[:, None] * V */
#include "tests/spaces/world.h"

static real theta0[WORLD_MOST];

static void near(real got, double expected)
{
    /* sums of a few numbers near 1 times s = 8 */
    if (!(fabs((double)got - expected) < (sizeof(real) == sizeof(double) ? 1e-12 : 2e-5)))
        fail_msg("%.12g, expected %.12g", (double)got, expected);
}

/* fc2.weight of the first layout: A (2,6), B (4,2), m (4) one behind another. */
static void numbers_agree_with_numpy(void **state)
{
    static const struct {
        const char *spec;
        double g_A[2], g_B[2];
    } cases[] = {
        {"dora:r=2,targets=fc2.weight",
         {0.13369724929569052, -0.1815859588882865},
         {-0.01960426835331114, 0.12382599223814007}},
        {"dora:r=2,norm=exact,targets=fc2.weight",
         {0.0540501832311402, -0.05384533709033421},
         {-0.024692403656558906, -0.22249793458418524}},
    };
    for (size_t c = 0; c < 2; c++) {
        world w;
        real z[WORLD_MOST], theta[24], g[24], g_z[24];
        double sum = 0;
        world_fill(theta0, 70, 2);
        world_open(&w, cases[c].spec, &world_layouts[0], theta0, 1);
        assert_int_equal(w.s->d, 24);
        world_fill(z, 24, 3);
        world_fill(g, 24, 11);
        space_lift(w.s, w.mem, z, theta);
        near(theta[0], -0.0017134700451695056);
        near(theta[23], -0.32699578505363464);
        for (size_t i = 0; i < 24; i++)
            sum += (double)theta[i];
        near((real)sum, 0.2458315483465784);
        space_pull(w.s, w.mem, z, g, g_z);
        near(g_z[0], cases[c].g_A[0]);
        near(g_z[11], cases[c].g_A[1]);
        near(g_z[12], cases[c].g_B[0]);
        near(g_z[19], cases[c].g_B[1]);
        near(g_z[20], -0.17951335336895408);
        near(g_z[23], 0.6010814374993522);
        world_close(&w);
    }
}

/* Differences of lift with the lengths held where they are: theta_i n_i(z') / n_i(z), the n in m's place. */
static void detached_is_the_gradient_with_the_lengths_held(void **state)
{
    world w, held;
    real z[24], m[24], theta[24], g[24], g_z[24];
    const double h = sizeof(real) == sizeof(double) ? 0.5 : 0.25;
    world_fill(theta0, 70, 2);
    world_open(&w, "dora:r=2,targets=fc2.weight", &world_layouts[0], theta0, 1);
    /* lora gives V; W = (m / n) o V with m / n of the z where the gradient is taken */
    world_open(&held, "lora:r=2,targets=fc2.weight", &world_layouts[0], theta0, 1);
    world_fill(z, 24, 3);
    world_fill(g, 24, 11);
    space_pull(w.s, w.mem, z, g, g_z);
    space_lift(held.s, held.mem, z, theta);
    for (size_t i = 0; i < 24; i++)
        m[i] = z[20 + i / 6] / (real)sqrt(world_dot(theta + i / 6 * 6, theta + i / 6 * 6, 6));
    for (size_t j = 0; j < 20; j++) {
        double value[2];
        for (size_t side = 0; side < 2; side++) {
            real at = z[j];
            z[j] = (real)((double)at + (side ? -h : h));
            space_lift(held.s, held.mem, z, theta);
            for (size_t i = 0; i < 24; i++)
                theta[i] *= m[i];
            value[side] = world_dot(theta, g, 24);
            z[j] = at;
        }
        assert_true(fabs((value[0] - value[1]) / (2 * h) - (double)g_z[j]) <
                    (sizeof(real) == sizeof(double) ? 1e-12 : 2e-5));
    }
    world_close(&w);
    world_close(&held);
}

static void m_starts_at_the_lengths_and_is_not_decayed(void **state)
{
    world w;
    world_fill(theta0, 70, 2);
    world_open(&w, "dora:r=2,ratio=4", &world_layouts[0], theta0, 1);
    const tensor *t = w.s->zlayout.tensors;
    assert_int_equal(w.s->zlayout.n_tensors, 6);
    assert_string_equal(t[2].name, "fc1.weight.m");
    assert_string_equal(t[5].roles, "m+head+kernel");
    assert_true(t[0].decay && t[1].decay && !t[2].decay);
    assert_true(t[0].lr_factor == 1 && t[1].lr_factor == 4 && t[2].lr_factor == 4);
    assert_true(t[5].shape[0] == 4 && t[5].shape[1] == 0);
    for (size_t i = 0; i < 4; i++)
        near(w.s->z0[t[5].offset + i],
             sqrt(world_dot(theta0 + 42 + 6 * i, theta0 + 42 + 6 * i, 6)));
    world_close(&w);
}

/* A row of zeros has length 0: no NaN, and it can still be trained. */
static void a_row_of_zeros_starts_at_zero(void **state)
{
    world w;
    real z[24], theta[24], g[24], g_z[24];
    memset(theta0, 0, sizeof theta0);
    world_open(&w, "dora:r=2,norm=exact,targets=fc2.weight", &world_layouts[0], theta0, 1);
    space_start(w.s, w.mem, z);
    space_lift(w.s, w.mem, z, theta);
    world_fill(g, 24, 11);
    space_pull(w.s, w.mem, z, g, g_z);
    for (size_t i = 0; i < 24; i++)
        assert_true(theta[i] == 0 && isfinite(g_z[i]));
    assert_true(g_z[12] != 0);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_agree_with_numpy),
        cmocka_unit_test(detached_is_the_gradient_with_the_lengths_held),
        cmocka_unit_test(m_starts_at_the_lengths_and_is_not_decayed),
        cmocka_unit_test(a_row_of_zeros_starts_at_zero),
    };
    return cmocka_run_group_tests_name("spaces/dora", tests, NULL, NULL);
}
