/* library_test.c -- the parts of a run that idim.h gives to programs that train by themselves. */
#include "tests/test.h"

#include "base/rng.h"

enum { ALL = 8, KERNEL = 6, D = 4 };

/* A bias (2), then a kernel (2, 3). */
static const idim_tensor tensors[] = {
    {.name = "b", .roles = "bias", .shape = {2}, .n = 2, .layer = -1},
    {.name = "w", .roles = "kernel", .shape = {2, 3}, .offset = 2, .n = KERNEL, .layer = -1},
};
static const idim_layout both = {tensors, 2, ALL};

static void what_is_not_selected_stays_at_step_0(void **state)
{
    real theta0[ALL], theta[ALL], z[D];
    idim_space *s;
    test_fill(theta0, ALL, 1);
    assert_ok(idim_space_new(&s, "dense:d=4,targets=kernel", &both, theta0, 3));
    assert_int_equal(idim_space_d(s), D);
    idim_space_start(s, z);
    idim_space_lift(s, z, theta);
    assert_memory_equal(theta, theta0, sizeof theta);
    test_fill(z, D, 2);
    idim_space_lift(s, z, theta);
    assert_memory_equal(theta, theta0, 2 * sizeof *theta);
    for (size_t i = 2; i < ALL; i++)
        assert_true(theta[i] < theta0[i] || theta[i] > theta0[i]);
    idim_space_free(s);
}

/* The map is linear: <g, lift(z) - lift(0)> = <pull(g), z>. */
static void pull_is_the_transpose_of_lift(void **state)
{
    real theta0[ALL], at0[ALL], at_z[ALL], z[D] = {0}, g[ALL], g_z[D];
    double left = 0, right = 0;
    idim_space *s;
    test_fill(theta0, ALL, 1);
    test_fill(g, ALL, 4);
    assert_ok(idim_space_new(&s, "dense:d=4,targets=kernel", &both, theta0, 3));
    idim_space_lift(s, z, at0);
    test_fill(z, D, 2);
    idim_space_lift(s, z, at_z);
    idim_space_pull(s, z, g, g_z);
    for (size_t i = 0; i < ALL; i++)
        left += (double)g[i] * ((double)at_z[i] - (double)at0[i]);
    for (size_t j = 0; j < D; j++)
        right += (double)g_z[j] * (double)z[j];
    assert_near(left, right, 1e-6); /* floats near 1 */
    idim_space_free(s);
}

static void what_a_space_does_after_steps_is_refused(void **state)
{
    real theta0[ALL] = {0};
    idim_space *s;
    assert_refused(idim_space_new(&s, "adalora:r=1,targets=kernel", &both, theta0, 3), ERR_USAGE,
                   "idim's own training");
    assert_null(s);
    assert_refused(idim_space_new(&s, "fastfood", &both, theta0, 3), ERR_USAGE, "must be given");
    assert_null(s);
}

static void a_key_goes_to_the_first_space(void **state)
{
    char out[64], small[8];
    assert_ok(idim_space_spec("fastfood@lora:r=8", "d", "50", out, sizeof out));
    assert_string_equal(out, "fastfood:d=50@lora:r=8");
    assert_refused(idim_space_spec("fastfood@lora:r=8", "d", "50", small, sizeof small), ERR_LIMIT,
                   "8 bytes");
    assert_refused(idim_space_spec("full", "d", "50", out, sizeof out), ERR_USAGE, "no key d");
}

static void samples_and_step_0_are_those_of_a_run(void **state)
{
    idim_task *t;
    idim_model *m;
    uint32_t order[20], far = 1 << 20;
    int32_t labels[20];
    assert_ok(idim_task_new(&t, "synth:n=100,features=20"));
    real *x = mem_array(20 * idim_task_features(t), sizeof *x);
    size_t n = idim_task_samples(t, IDIM_SPLIT_TRAIN);
    assert_non_null(x);
    assert_true(n >= 20);
    idim_order(7, 20, 1, order);
    stream s = stream_make(7, "order"), second = stream_sub(&s, 1);
    uint32_t expected[20];
    rng_permutation(&second, 20, expected);
    assert_memory_equal(order, expected, sizeof order);
    assert_ok(idim_task_fetch(t, IDIM_SPLIT_TRAIN, order, 20, x, labels));
    for (size_t i = 0; i < 20; i++) {
        const idim_samples *all = &t->splits[IDIM_SPLIT_TRAIN];
        assert_int_equal(labels[i], all->labels[order[i]]);
        assert_true(labels[i] < (int32_t)idim_task_classes(t));
    }
    assert_refused(idim_task_fetch(t, IDIM_SPLIT_TRAIN, &far, 1, x, labels), ERR_USAGE,
                   "no sample 1048576");
    assert_ok(idim_model_new(&m, "fc:width=3,depth=1", t));
    const idim_layout *l = idim_model_layout(m);
    real *theta0 = mem_array(l->n, sizeof *theta0);
    assert_non_null(theta0);
    assert_string_equal(l->tensors[0].name, "fc1.weight");
    idim_model_theta0(m, 7, theta0);
    stream step0 = stream_make(7, "theta0"), first = stream_sub(&step0, 0);
    real drawn[1];
    rng_normals(&first, 0, 1, drawn);
    assert_near(theta0[0], (double)drawn[0] * sqrt(2. / 20), 1e-6); /* He: sqrt(2 / inputs) */
    mem_free(theta0);
    mem_free(x);
    idim_model_free(m);
    idim_task_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_selected_stays_at_step_0),
        cmocka_unit_test(pull_is_the_transpose_of_lift),
        cmocka_unit_test(what_a_space_does_after_steps_is_refused),
        cmocka_unit_test(a_key_goes_to_the_first_space),
        cmocka_unit_test(samples_and_step_0_are_those_of_a_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
