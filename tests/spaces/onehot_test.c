/* onehot_test.c -- what onehot alone promises. */
#include "tests/spaces/world.h"

static void lengths_are_kept(void **state) /* P^T P = I where every number drives something */
{
    size_t d, n = 1000;
    double error, rms;
    real *P = world_columns("onehot:d=20", n, 1, &d);
    world_geometry(P, d, n, &error, &rms);
    assert_true(error < 1e-6 && rms == 0);
    mem_free(P);
}

static void every_weight_follows_one_number(void **state)
{
    size_t d, n = 300;
    real *P = world_columns("onehot:d=7", n, 1, &d);
    for (size_t i = 0; i < n; i++) {
        size_t driven = 0;
        for (size_t j = 0; j < d; j++)
            driven += P[j * n + i] != 0;
        assert_int_equal(driven, 1);
    }
    mem_free(P);
}

static void balanced_indices_drive_as_many_each(void **state)
{
    size_t d, n = 1000, longer = 0;
    real *P = world_columns("onehot:d=30,index=balanced", n, 1, &d);
    for (size_t j = 0; j < d; j++) {
        size_t driven = 0;
        for (size_t i = 0; i < n; i++)
            driven += P[j * n + i] != 0;
        assert_true(driven == 33 || driven == 34);
        longer += driven == 34;
    }
    assert_int_equal(longer, 1000 - 33 * 30);
    size_t run = 0; /* at random places: neighbours in steps of d are not the same number's */
    for (size_t i = 0; i + d < n; i++)
        for (size_t j = 0; j < d; j++)
            run += P[j * n + i] != 0 && P[j * n + i + d] != 0;
    assert_true(run < 3 * (n - d) / d);
    mem_free(P);
}

/* Uni-LoRA: entries of A and B are z_h / sqrt(#h), z in +-.02 at step 0, so that W is moved. */
static void unilora_starts_within_its_bound(void **state)
{
    world w;
    real theta0[80], z[40], theta[80];
    bool moved = false;
    double most = 0;
    world_fill(theta0, 80, 2);
    world_open(&w, "unilora:d=40,r=2,targets=q+head", &world_layouts[3], theta0, 1);
    assert_int_equal(w.s->d, 40);
    assert_int_equal(w.s->n, 15 + 32);
    assert_true(space_moved(w.s) && space_rides(w.s) && space_regenerable(w.s));
    space_start(w.s, w.mem, z);
    for (size_t j = 0; j < 40; j++) {
        assert_true(fabs((double)z[j]) <= .02);
        most = fabs((double)z[j]) > most ? fabs((double)z[j]) : most;
    }
    assert_true(most > .015); /* 40 draws all below: once in 1e5 */
    space_lift(w.s, w.mem, z, theta);
    for (size_t i = 0; i < 15; i++) {
        double step = fabs((double)theta[i] - (double)theta0[i]);
        moved = moved || step > 0;
        assert_true(step < 2 * .02 * .02 + 1e-6);
    }
    assert_true(moved);
    world_close(&w);
    world_open(&w, "onehot:d=4", &world_layouts[0], theta0, 1);
    assert_false(space_moved(w.s));
    world_close(&w);
}

static void more_numbers_than_weights_are_refused(void **state)
{
    space *s;
    tensor t = {.name = "w", .roles = "w", .shape = {3}, .n = 3};
    layout three_weights = {.tensors = &t, .n_tensors = 1, .n = 3};
    assert_int_equal(space_new(&s, "onehot:d=4", &three_weights, (real[3]){0}, world_stream(1)),
                     ERR_USAGE);
    assert_null(s);
    assert_non_null(strstr(error_text(), "lower d"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lengths_are_kept),
        cmocka_unit_test(every_weight_follows_one_number),
        cmocka_unit_test(balanced_indices_drive_as_many_each),
        cmocka_unit_test(unilora_starts_within_its_bound),
        cmocka_unit_test(more_numbers_than_weights_are_refused),
    };
    return cmocka_run_group_tests_name("spaces/onehot", tests, NULL, NULL);
}
