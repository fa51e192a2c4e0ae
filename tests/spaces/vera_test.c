/* vera_test.c -- what vera alone promises. */
#include "tests/spaces/world.h"

static real theta0[WORLD_MOST];
static const layout *const fc =
    &world_layouts[0]; /* matrices (6, 5) and (4, 6): most in 6, most out 6 */

static void bound(world *w, const char *spec, view *v, real *z, real *g_z)
{
    const real *in = z;
    world_fill(theta0, fc->n, 2);
    world_open(w, spec, fc, theta0, 1);
    space_start(w->s, w->mem, z);
    assert_int_equal(view_init(v, fc), OK);
    view_point(v, theta0, NULL);
    space_bind(1, (const space *const *)&w->s, &w->mem, &in, &g_z, &v);
}

static void all_tensors_ride_on_corners_of_one_pair(void **state)
{
    world w;
    view v;
    real z[WORLD_MOST], g_z[WORLD_MOST];
    bound(&w, "vera:r=3", &v, z, g_z);
    const rider *a = v.slots[0].riders, *b = v.slots[3].riders;
    assert_int_equal(w.s->d, 3 + 6 + 3 + 4); /* sum of r + out */
    assert_true(a->A == b->A && a->B == b->B);
    assert_true(a->lda == 6 && b->lda == 6 && a->ldb == 3 && b->ldb == 3);
    assert_true(!a->g_A && !a->g_B); /* frozen */
    assert_true(b->m == z + 9 && b->e == z + 12 && b->g_m == g_z + 9 && b->g_e == g_z + 12);
    assert_true(z[0] == (real).1 && z[2] == (real).1 && z[3] == 0 && z[9] == (real).1);
    assert_string_equal(w.s->zlayout.tensors[2].name, "fc2.weight.m");
    assert_string_equal(w.s->zlayout.tensors[3].name, "fc2.weight.e");
    view_clear(&v);
    world_close(&w);
}

/* W0 + e o B (m o A) by loops in double. */
static void lift_is_the_formula(void **state)
{
    world w;
    view v;
    real z[WORLD_MOST], g_z[WORLD_MOST], theta[WORLD_MOST];
    bound(&w, "vera:r=3", &v, z, g_z);
    world_fill(z, w.s->d, 3);
    space_lift(w.s, w.mem, z, theta);
    const rider *r = v.slots[3].riders;
    for (size_t i = 0; i < 4; i++)
        for (size_t j = 0; j < 6; j++) {
            double sum = (double)theta0[42 + i * 6 + j];
            for (size_t a = 0; a < 3; a++)
                sum += (double)z[12 + i] * (double)r->B[i * 3 + a] * (double)z[9 + a] *
                       (double)r->A[a * 6 + j];
            assert_true(fabs(sum - (double)theta[30 + i * 6 + j]) < 2e-6);
        }
    view_clear(&v);
    world_close(&w);
}

/* Uniform in +-sqrt(6 / fan in): inside, variance 2 / fan in (mean of squares of 4,000 good to 1.4 %, four
 * of these). */
static void the_pair_is_kaiming_uniform(void **state)
{
    enum { IN = 200, OUT = 100, R = 40 };
    static real big0[IN * OUT], z[R + OUT], g_z[R + OUT], *out = g_z;
    tensor t = {.name = "w", .roles = "w", .shape = {OUT, IN}, .n = IN * OUT};
    layout l = {.tensors = &t, .n_tensors = 1, .n = t.n};
    view v, *one = &v;
    const real *in = z;
    world w;
    world_open(&w, "vera:r=40", &l, big0, 1);
    assert_int_equal(view_init(&v, &l), OK);
    view_point(&v, big0, NULL);
    space_bind(1, (const space *const *)&w.s, &w.mem, &in, &out, &one);
    const struct {
        const real *x;
        size_t n, fan;
    } cases[] = {{v.slots[0].riders->A, R * IN, IN}, {v.slots[0].riders->B, OUT * R, R}};
    for (size_t c = 0; c < 2; c++) {
        double square = world_dot(cases[c].x, cases[c].x, cases[c].n) / (double)cases[c].n;
        for (size_t i = 0; i < cases[c].n; i++)
            assert_true(fabs((double)cases[c].x[i]) <= sqrt(6. / (double)cases[c].fan));
        assert_true(fabs(square * (double)cases[c].fan / 2 - 1) < .06);
    }
    view_clear(&v);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_tensors_ride_on_corners_of_one_pair),
        cmocka_unit_test(lift_is_the_formula),
        cmocka_unit_test(the_pair_is_kaiming_uniform),
    };
    return cmocka_run_group_tests_name("spaces/vera", tests, NULL, NULL);
}
