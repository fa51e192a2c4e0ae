/* fastfood_test.c -- what fastfood alone promises. */
#include "tests/spaces/world.h"

/* Cut columns: the norm of a block's column is exact before the cut, and a cut of n from L rows moves
 * it by about sqrt((1 - n/L) 2/n) / 2 = 1.3 % at n = 3000; 8 % is more than five of those over 60. */
static void columns_have_about_unit_length(void **state)
{
    static const char *const specs[] = {"fastfood:d=60", "fastfood:d=60,form=single",
                                        "fastfood:d=60,gauss=sign",
                                        "fastfood:d=60,form=single,gauss=sign"};
    for (size_t k = 0; k < 4; k++) {
        size_t d;
        double error, rms;
        real *P = world_columns(specs[k], 3000, 1, &d);
        world_geometry(P, d, 3000, &error, &rms);
        assert_true(error < 0.08);
        assert_true(rms < 0.05);
        mem_free(P);
    }
}

/* H G Pi H B with signs in an uncut block is a product of orthogonal matrices. */
static void signs_make_an_uncut_block_orthonormal(void **state)
{
    size_t d;
    double error, rms;
    real *P = world_columns("fastfood:d=60,form=single,gauss=sign", 1024, 1, &d);
    world_geometry(P, d, 1024, &error, &rms);
    assert_true(error < 1e-5 && rms < 1e-6);
    mem_free(P);
    P = world_columns("fastfood:d=60,gauss=sign", 1024, 1, &d);
    world_geometry(P, d, 1024, &error, &rms);
    assert_true(error < 1e-5 && rms < 1e-6);
    mem_free(P);
}

/* rms about sqrt(2/L) = .0312 at L = 2048 with normals in an uncut single block. */
static void normals_make_the_published_angles(void **state)
{
    size_t d;
    double error, rms;
    real *P = world_columns("fastfood:d=100,form=single", 2048, 1, &d);
    world_geometry(P, d, 2048, &error, &rms);
    assert_true(error < 1e-5);
    assert_true(fabs(rms / sqrt(2. / 2048) - 1) < 0.15);
    mem_free(P);
}

/* per=tensor: every tensor moves by about ||z||, whatever its size, and a short one sees the first
 * 2^ceil(log2 n) numbers of z alone. */
static void each_tensor_has_its_own_map_of_the_same_z(void **state)
{
    enum { A = 2000, B = 6, C = 3000, D = 40 };
    static real theta0[A + B + C], theta[A + B + C];
    tensor t[] = {{.name = "a", .roles = "w", .shape = {A}, .n = A},
                  {.name = "b", .roles = "w", .shape = {B}, .offset = A, .n = B},
                  {.name = "c", .roles = "w", .shape = {C}, .offset = A + B, .n = C}};
    layout l = {.tensors = t, .n_tensors = 3, .n = A + B + C};
    static const char *const specs[] = {"fastfood:d=40,per=tensor",
                                        "fastfood:d=40,per=tensor,form=single"};
    for (size_t k = 0; k < 2; k++) {
        world w;
        real z[D];
        world_fill(z, D, 3);
        world_open(&w, specs[k], &l, theta0, 1);
        space_lift(w.s, w.mem, z, theta);
        double length = sqrt(world_dot(z, z, D));
        assert_true(fabs(sqrt(world_dot(theta, theta, A)) / length - 1) < 0.2);
        assert_true(fabs(sqrt(world_dot(theta + A + B, theta + A + B, C)) / length - 1) < 0.2);
        memset(z, 0, 8 * sizeof *z); /* 2^ceil(log2 6) */
        space_lift(w.s, w.mem, z, theta);
        for (size_t i = A; i < A + B; i++)
            assert_true(theta[i] == 0);
        world_close(&w);
    }
}

static void a_d_that_the_largest_tensor_would_crop_is_refused(void **state)
{
    space *s;
    real theta0[WORLD_MOST] = {0};
    assert_int_equal(
        space_new(&s, "fastfood:d=31,per=tensor", &world_layouts[0], theta0, world_stream(1)),
        ERR_USAGE);
    assert_non_null(strstr(error_text(), "largest tensor has 30"));
    assert_int_equal(space_new(&s, "fastfood:d=71", &world_layouts[0], theta0, world_stream(1)),
                     ERR_USAGE);
    assert_non_null(strstr(error_text(), "lower d"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_have_about_unit_length),
        cmocka_unit_test(signs_make_an_uncut_block_orthonormal),
        cmocka_unit_test(normals_make_the_published_angles),
        cmocka_unit_test(each_tensor_has_its_own_map_of_the_same_z),
        cmocka_unit_test(a_d_that_the_largest_tensor_would_crop_is_refused),
    };
    return cmocka_run_group_tests_name("spaces/fastfood", tests, NULL, NULL);
}
