/* lora_test.c -- what lora alone promises. */
#include "tests/spaces/world.h"

static real theta0[WORLD_MOST];

/* W0 + s B A by three loops in double, at every scale. */
static void lift_adds_the_scaled_product(void **state)
{
    static const struct {
        const char *spec;
        size_t r;
        double s;
    } cases[] = {
        {"lora:r=1,targets=fc2.weight", 1, 16},
        {"lora:r=4,targets=fc2.weight", 4, 4},
        {"lora:r=2,alpha=3,targets=fc2.weight", 2, 1.5},
        {"lora:r=4,alpha=3,scale=rs,targets=fc2.weight", 4, 1.5},
    };
    for (size_t c = 0; c < 4; c++) {
        world w;
        real z[WORLD_MOST], theta[WORLD_MOST];
        size_t r = cases[c].r;
        world_fill(theta0, 70, 2);
        world_open(&w, cases[c].spec, &world_layouts[0], theta0, 1);
        assert_int_equal(w.s->d, r * (6 + 4));
        world_fill(z, w.s->d, 3);
        space_lift(w.s, w.mem, z, theta);
        for (size_t i = 0; i < 4; i++)
            for (size_t j = 0; j < 6; j++) {
                double sum = (double)theta0[42 + i * 6 + j];
                for (size_t a = 0; a < r; a++)
                    sum += cases[c].s * (double)z[6 * r + i * r + a] * (double)z[a * 6 + j];
                assert_true(fabs(sum - (double)theta[i * 6 + j]) < 2e-5); /* floats near 40 */
            }
        world_close(&w);
    }
}

/* Uniform on +-1/sqrt(in): inside, both halves used; B zero. */
static void a_starts_uniform_and_b_at_zero(void **state)
{
    enum { IN = 400, OUT = 300 };
    static real big0[IN * OUT], z[8 * (IN + OUT)];
    tensor t = {.name = "w", .roles = "w", .shape = {OUT, IN}, .n = IN * OUT};
    layout l = {.tensors = &t, .n_tensors = 1, .n = t.n};
    world w;
    double mean = 0, square = 0;
    world_open(&w, "lora", &l, big0, 1);
    space_start(w.s, w.mem, z);
    for (size_t i = 0; i < 8 * IN; i++) {
        double u = (double)z[i] * sqrt(IN);
        assert_true(fabs(u) <= 1);
        mean += u / (8 * IN);
        square += u * u / (8 * IN);
    }
    assert_true(fabs(mean) < 4 / sqrt(3. * 8 * IN));
    assert_true(fabs(square - 1. / 3) < 4 * sqrt(4. / 45 / (8 * IN)));
    for (size_t i = 8 * IN; i < w.s->d; i++)
        assert_true(z[i] == 0);
    world_close(&w);
}

/* One large matrix with these roles: A's mean and mean of squares at step 0. */
static void start_of_A(const char *spec, const char *roles, double *mean, double *square)
{
    enum { IN = 500, OUT = 40, R = 8 };
    static real big0[IN * OUT], z[R * (IN + OUT)];
    tensor t = {.name = "w", .roles = roles, .shape = {OUT, IN}, .n = IN * OUT};
    layout l = {.tensors = &t, .n_tensors = 1, .n = t.n};
    world w;
    world_open(&w, spec, &l, big0, 1);
    space_start(w.s, w.mem, z);
    *mean = *square = 0;
    for (size_t i = 0; i < R * IN; i++) {
        *mean += (double)z[i] / (R * IN);
        *square += (double)z[i] * (double)z[i] / (R * IN);
    }
    for (size_t i = R * IN; i < w.s->d; i++)
        assert_true(z[i] == 0);
    world_close(&w);
}

/* 4,000 normals: mean good to std/63, mean of squares to var/45; four of each. */
static void gaussian_has_std_1_over_r_and_an_embedding_std_1(void **state)
{
    double mean, square;
    start_of_A("lora:init=gaussian", "attn+kernel", &mean, &square);
    assert_true(fabs(mean) < 4. / 63 / 8 && fabs(square * 64 - 1) < 4. / 45);
    start_of_A("lora:targets=embed+head", "embed+head", &mean, &square);
    assert_true(fabs(mean) < 4. / 63 && fabs(square - 1) < 4. / 45);
    start_of_A("lora:init=gaussian,targets=embed", "embed", &mean, &square);
    assert_true(fabs(square - 1) < 4. / 45);
    start_of_A("lora", "embedding", &mean, &square); /* another word */
    assert_true(fabs(square * 500 * 3 - 1) < 4. / 45);
}

static void a_frozen_orthonormal_A_is_no_part_of_z(void **state)
{
    world w;
    view v, *one = &v;
    real z[WORLD_MOST], g_z[WORLD_MOST], *out = g_z;
    const real *in = z;
    world_fill(theta0, 70, 2);
    world_open(&w, "lora:r=3,init=orthonormal,freeze=A,targets=fc2.weight", &world_layouts[0],
               theta0, 1);
    assert_int_equal(w.s->d, 4 * 3);
    assert_int_equal(w.s->zlayout.n_tensors, 1);
    assert_string_equal(w.s->zlayout.tensors[0].name, "fc2.weight.B");
    assert_int_equal(view_init(&v, &world_layouts[0]), OK);
    view_point(&v, theta0, NULL);
    space_bind(1, (const space *const *)&w.s, &w.mem, &in, &out, &one);
    const rider *r = v.slots[3].riders;
    assert_null(r->g_A);
    assert_ptr_equal(r->g_B, g_z);
    for (size_t i = 0; i < 3; i++)
        for (size_t j = 0; j <= i; j++)
            assert_true(fabs(world_dot(r->A + 6 * i, r->A + 6 * j, 6) - (i == j)) < 1e-6);
    view_clear(&v);
    world_close(&w);
}

static void ranks_and_scales_go_by_role(void **state)
{
    world w;
    view v, *one = &v;
    real z[WORLD_MOST] = {0}, g_z[WORLD_MOST], *out = g_z;
    const real *in = z;
    const layout *l = &world_layouts[3];
    world_fill(theta0, l->n, 2);
    world_open(&w, "lora:r=q:1+head:3+2,alpha=v:6+4,targets=q+v+head", l, theta0, 1);
    assert_int_equal(w.s->d, 1 * (3 + 5) + 2 * (3 + 5) + 3 * (4 + 8));
    assert_int_equal(view_init(&v, l), OK);
    view_point(&v, theta0, NULL);
    space_bind(1, (const space *const *)&w.s, &w.mem, &in, &out, &one);
    assert_true(v.slots[0].riders[0].r == 1 && v.slots[0].riders[0].s == 4);
    assert_true(v.slots[0].riders[1].r == 2 && v.slots[0].riders[1].s == 3);
    assert_true(v.slots[2].riders[0].r == 3 && v.slots[2].riders[0].s == 4. / 3);
    view_clear(&v);
    world_close(&w);
}

static void a_smaller_rank_starts_with_the_first_rows(void **state)
{
    world a, b;
    world_fill(theta0, 70, 2);
    world_open(&a, "lora:r=4", &world_layouts[0], theta0, 1);
    world_open(&b, "lora:r=2", &world_layouts[0], theta0, 1);
    assert_memory_equal(a.s->z0, b.s->z0, 2 * 5 * sizeof(real));
    world_close(&a);
    world_close(&b);
}

static void riders_point_into_z_and_the_frozen_weights_stay(void **state)
{
    world w;
    view v, *one = &v;
    real z[WORLD_MOST], g_z[WORLD_MOST], *out = g_z;
    const real *in = z;
    world_fill(theta0, 70, 2);
    world_open(&w, "lora:r=2,drop=.25", &world_layouts[0], theta0, 1);
    assert_null(w.mem->theta); /* no weights are formed */
    assert_int_equal(view_init(&v, &world_layouts[0]), OK);
    view_point(&v, theta0, NULL);
    space_bind(1, (const space *const *)&w.s, &w.mem, &in, &out, &one);
    assert_int_equal(v.slots[0].n_riders, 1);
    assert_ptr_equal(v.slots[0].value, theta0);
    assert_null(v.slots[0].grad);
    const rider *r = v.slots[3].riders;
    assert_ptr_equal(r->A, z + 22);
    assert_ptr_equal(r->B, z + 34);
    assert_ptr_equal(r->g_A, g_z + 22);
    assert_ptr_equal(r->g_B, g_z + 34);
    assert_true(r->lda == 6 && r->ldb == 2 && r->rows == 4 && r->r == 2);
    assert_true(r->s == 8 && r->drop == .25);
    assert_int_equal(v.slots[1].n_riders, 0);
    view_clear(&v);
    world_close(&w);
}

static void z_names_factors_roles_and_rates(void **state)
{
    world w;
    world_open(&w, "lora:r=2,ratio=16,targets=head.weight", &world_layouts[1], theta0, 1);
    const tensor *t = w.s->zlayout.tensors;
    assert_int_equal(w.s->zlayout.n_tensors, 2);
    assert_string_equal(t[0].name, "head.weight.A");
    assert_string_equal(t[1].roles, "B+head+kernel");
    assert_true(t[0].lr_factor == 1 && t[1].lr_factor == 16);
    assert_true(t[1].shape[0] == 4 && t[1].shape[1] == 2 && t[1].layer == 1);
    assert_true(space_rides(w.s));
    world_close(&w);
}

/* A network that heeds no riders is handed weights. */
static void beside_a_bare_tensor_weights_are_formed(void **state)
{
    tensor tensors[8];
    layout l = world_layouts[0];
    real z[WORLD_MOST], formed[70], ridden[70];
    world a, b;
    assert_true(l.n_tensors <= 8 && l.n <= 70);
    memcpy(tensors, l.tensors, l.n_tensors * sizeof *tensors);
    tensors[0].bare = true;
    l.tensors = tensors;
    world_fill(theta0, 70, 2);
    world_fill(z, WORLD_MOST, 3);
    world_open(&a, "lora:r=2", &l, theta0, 1);
    world_open(&b, "lora:r=2", &world_layouts[0], theta0, 1);
    assert_false(space_rides(a.s));
    assert_non_null(a.mem->theta);
    space_merge(a.s, a.mem, z, formed);
    space_merge(b.s, b.mem, z, ridden);
    assert_memory_equal(formed, ridden, l.n * sizeof *formed);
    world_close(&a);
    world_close(&b);
}

static void refused(const char *spec, const layout *l, const char *word)
{
    space *s;
    assert_int_equal(space_new(&s, spec, l, theta0, world_stream(1)), ERR_USAGE);
    assert_null(s);
    if (!strstr(error_text(), word))
        fail_msg("%s: %s", spec, error_text());
}

/* The first has rank 6, so that r=6 is not too much for both. */
static const tensor tall_tensors[] = {
    {.name = "wide", .roles = "w", .shape = {6, 6}, .n = 36},
    {.name = "thin", .roles = "w", .shape = {6, 5}, .offset = 36, .n = 30},
};
static const layout tall = {.tensors = tall_tensors, .n_tensors = 2, .n = 66};

static void what_has_no_rank_is_refused_by_name(void **state)
{
    refused("lora:r=2,targets=head", &world_layouts[0], "fc2.bias has one dimension");
    refused("lora:r=6", &world_layouts[0], "more than the rank 5");
    refused("lora:r=2,drop=.1", &world_layouts[1], "conv1.weight");
    refused("lora:r=head:5+2", &world_layouts[0], "more than the rank 4");
    refused("lora:r=fc1.weight:2", &world_layouts[0], "says nothing of fc2.weight");
    refused("lora:r=head:2+5,targets=fc1.weight", &world_layouts[0], "head means none");
    refused("lora:r=1.5", &world_layouts[0], "whole number");
    refused("lora:r=q:2+8,targets=q", &world_layouts[0], "no tensor has this role");
    refused("lora:r=2,freeze=A,ratio=2", &world_layouts[0], "one rate");
    refused("lora:r=6,init=orthonormal", &tall, "6 rows of 5 numbers (thin)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lift_adds_the_scaled_product),
        cmocka_unit_test(a_starts_uniform_and_b_at_zero),
        cmocka_unit_test(gaussian_has_std_1_over_r_and_an_embedding_std_1),
        cmocka_unit_test(a_frozen_orthonormal_A_is_no_part_of_z),
        cmocka_unit_test(ranks_and_scales_go_by_role),
        cmocka_unit_test(a_smaller_rank_starts_with_the_first_rows),
        cmocka_unit_test(riders_point_into_z_and_the_frozen_weights_stay),
        cmocka_unit_test(z_names_factors_roles_and_rates),
        cmocka_unit_test(what_has_no_rank_is_refused_by_name),
        cmocka_unit_test(beside_a_bare_tensor_weights_are_formed),
    };
    return cmocka_run_group_tests_name("spaces/lora", tests, NULL, NULL);
}
