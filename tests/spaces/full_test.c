/* full_test.c -- what full alone promises: nothing is copied. */
#include "tests/spaces/world.h"

static void the_view_points_into_z_and_its_gradient(void **state)
{
    const layout *l = &world_layouts[0];
    world w;
    view v, *one = &v;
    real theta0[WORLD_MOST], z[WORLD_MOST], g_z[WORLD_MOST];
    const real *in = z;
    real *out = g_z;
    world_fill(theta0, l->n, 2);
    world_open(&w, "full:targets=head", l, theta0, 1);
    assert_int_equal(w.s->d, 28);
    assert_int_equal(w.s->work_bytes + w.s->state_bytes + w.s->frozen_bytes, 0);
    assert_null(w.mem->theta);
    assert_ptr_equal(w.s->theta0, theta0 + 42); /* one piece: not packed */
    assert_int_equal(view_init(&v, l), OK);
    view_point(&v, theta0, NULL);
    space_start(w.s, w.mem, z);
    space_bind(1, (const space *const *)&w.s, &w.mem, &in, &out, &one);
    assert_ptr_equal(v.slots[0].value, theta0);
    assert_null(v.slots[0].grad);
    assert_ptr_equal(v.slots[3].value, z);
    assert_ptr_equal(v.slots[3].grad, g_z);
    assert_ptr_equal(v.slots[4].value, z + 24);
    assert_true(v.slots[4].grad[3] == 0);
    view_clear(&v);
    world_close(&w);
}

static void z_decays_where_its_tensors_do(void **state)
{
    world w;
    real theta0[WORLD_MOST] = {0};
    world_open(&w, "full", &world_layouts[0], theta0, 1);
    assert_true(w.s->zlayout.tensors[0].decay);
    assert_false(w.s->zlayout.tensors[1].decay);
    assert_ptr_equal(w.s->z0, theta0);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_view_points_into_z_and_its_gradient),
        cmocka_unit_test(z_decays_where_its_tensors_do),
    };
    return cmocka_run_group_tests_name("spaces/full", tests, NULL, NULL);
}
