/* intruders_test.c -- an intruder that is planted is found and taken away; floors against a closed form.
 *
 * W0 = diag(10, 9, .., 1) has the unit vectors. dW = 30 h h^T, h of equal entries: its direction is none of them. */
#include "tests/test.h"

#include "linalg/linalg.h"
#include "measure/intruders.h"

enum { N = 10 };

static void planted(real *W0, real *dW)
{
    memset(W0, 0, N * N * sizeof *W0);
    for (size_t i = 0; i < N; i++)
        W0[i * N + i] = (real)(N - i);
    for (size_t i = 0; i < N * N; i++)
        dW[i] = 30.0 / N;
}

static update difference(size_t m, size_t n, real *W0, real *dW)
{
    return (update){.about = {.tensor = "layers.0.q",
                              .role = "q",
                              .layer = 0,
                              .m = m,
                              .n = n,
                              .norm = vec_norm(dW, m * n),
                              .weight_norm = vec_norm(W0, m * n),
                              .scaled = true},
                    .s = 1,
                    .W = dW,
                    .W0 = W0};
}

static void floors_are_those_of_random_directions(void **state)
{
    /* papers.md 3.13, medians drawn at random: .32, .19, .12 */
    assert_near(intruders_floor(64, 64), .32, .005);
    assert_near(intruders_floor(256, 256), .19, .005);
    assert_near(intruders_floor(768, 768), .12, .005);
}

static void a_planted_intruder_is_found_on_both_sides(void **state)
{
    real W0[N * N], dW[N * N], W[N * N];
    intruders_base b;
    intruders_look l;
    planted(W0, dW);
    for (size_t i = 0; i < N * N; i++)
        W[i] = W0[i] + dW[i];
    assert_ok(intruders_base_of(N, N, W0, &b));
    assert_ok(intruders_look_at(&b, W, N, 3, &l));
    for (size_t side = 0; side < 2; side++) {
        assert_true(l.cosine[side][0] < .5); /* near 1/sqrt 10 */
        assert_int_equal(intruders_count(&l, side, .5, 1), 1);
        assert_int_equal(intruders_count(&l, side, .1, 10), 0);
        for (size_t j = 0; j < N; j++) /* three neighbours are never less than one */
            assert_true(l.window[side][j] >= l.cosine[side][j] - 1e-6);
    }
    intruders_look_clear(&l);
    assert_ok(intruders_look_at(&b, W0, 100, N, &l)); /* unchanged: no intruder at any epsilon */
    assert_int_equal(l.top, N);
    for (size_t j = 0; j < N; j++) {
        assert_near(l.cosine[0][j], 1, 1e-5);
        assert_near(l.window[1][j], 1, 1e-5);
        assert_int_equal(l.best[0][j], j);
    }
    intruders_look_clear(&l);
    intruders_base_clear(&b);
}

static void vectors_that_mix_are_whole_in_their_window(void **state)
{
    real W0[N * N], W[N * N];
    intruders_base b;
    intruders_look l;
    memset(W0, 0, sizeof W0);
    for (size_t i = 0; i < N; i++)
        W0[i * N + i] = (real)(i < 2 ? 10 - 1e-3 * (double)i : 1.0 / (double)(i + 1));
    memcpy(W, W0, sizeof W0);
    W[1] = W[N] = (real).1; /* turns the first two into their sum and difference */
    assert_ok(intruders_base_of(N, N, W0, &b));
    assert_ok(intruders_look_at(&b, W, 2, 2, &l));
    assert_near(l.cosine[0][0], sqrt(.5), .01);
    assert_near(l.window[0][0], 1, 1e-5);
    intruders_look_clear(&l);
    assert_ok(intruders_look_at(&b, W, 2, 1, &l)); /* a run of one is the cosine */
    assert_near(l.window[0][0], l.cosine[0][0], 1e-6);
    intruders_look_clear(&l);
    intruders_base_clear(&b);
}

static void rows_cover_the_grid_with_its_nulls(void **state)
{
    real W0[N * N], dW[N * N];
    const double epsilons[] = {.3, .5}, ks[] = {1, 4, 99};
    intruders_how how = {.epsilons = epsilons,
                         .ks = ks,
                         .n_epsilons = 2,
                         .n_ks = 3,
                         .window = 3,
                         .rank = 1,
                         .nulls = true,
                         .seed = 1,
                         .lambda = 1};
    intruders_found f;
    planted(W0, dW);
    update u = difference(N, N, W0, dW);
    assert_ok(intruders_of(&u, &how, &f));
    assert_int_equal(f.n_rows, 2 * 2 * 3);
    assert_int_equal(f.n_directions, 2 * N);
    assert_null(f.W);
    for (size_t i = 0; i < f.n_rows; i++) {
        assert_true(f.rows[i].count <= N && f.rows[i].whole);
        assert_true(!isnan(f.rows[i].null_gaussian) && !isnan(f.rows[i].null_rank));
        assert_near(f.rows[i].multiple, f.rows[i].epsilon / f.rows[i].floor, 1e-12);
    }
    assert_true(f.rows[3].epsilon > .4 && f.rows[3].k == 1 && f.rows[3].count == 1);
    intruders_found_clear(&f);
    memset(dW, 0, sizeof dW); /* nothing changed: no nulls, no intruders */
    assert_ok(intruders_of(&u, &how, &f));
    assert_true(f.rows[3].count == 0 && isnan(f.rows[3].null_gaussian));
    intruders_found_clear(&f);
}

static void a_longer_side_is_not_whole(void **state)
{
    enum { M = 6, K = 3 };
    real W0[M * K] = {0}, dW[M * K] = {0};
    const double epsilon = .5, one = 1;
    intruders_how how = {
        .epsilons = &epsilon, .ks = &one, .n_epsilons = 1, .n_ks = 1, .window = 1, .lambda = 1};
    intruders_found f;
    W0[0] = W0[4] = W0[8] = 1; /* e_0, e_1, e_2 of outputs */
    dW[5 * K] = 9;             /* outside of them, along the first input */
    update u = difference(M, K, W0, dW);
    assert_ok(intruders_of(&u, &how, &f));
    assert_true(!f.rows[0].whole && f.rows[1].whole);
    assert_int_equal(f.rows[0].count, 1); /* left: new */
    assert_int_equal(f.rows[1].count, 0); /* right: the old e_0 */
    intruders_found_clear(&f);
    how.lambda = how.epsilon = .5; /* what is no intruder on the whole side is left */
    how.k = 1;
    assert_ok(intruders_of(&u, &how, &f));
    assert_int_equal(f.mitigated, 0);
    intruders_found_clear(&f);
}

static void an_intruder_is_scaled_down(void **state)
{
    real W0[N * N], dW[N * N];
    const double epsilon = .5, k = 10;
    for (int all = 0; all < 2; all++) {
        intruders_how how = {.epsilons = &epsilon,
                             .ks = &k,
                             .n_epsilons = 1,
                             .n_ks = 1,
                             .window = 1,
                             .lambda = .25,
                             .epsilon = .5,
                             .k = 1,
                             .all = all};
        intruders_found f;
        double before[N], after[N];
        real W[N * N];
        planted(W0, dW);
        for (size_t i = 0; i < N * N; i++)
            W[i] = W0[i] + dW[i];
        update u = difference(N, N, W0, dW);
        assert_ok(intruders_of(&u, &how, &f));
        assert_int_equal(f.mitigated, 1); /* k = 1: the first alone */
        assert_ok(spectrum_exact(N, N, W, before));
        assert_ok(spectrum_exact(N, N, f.W, after));
        /* what was first has a quarter of its size, the others are as they were */
        double sum = 0, want = before[0] * .25;
        for (size_t i = 0; i < N; i++)
            sum += after[i] - (i ? before[i] : 0);
        assert_near(sum, want, 1e-4);
        intruders_found_clear(&f);
    }
}

static void all_intruders_or_the_first_alone(void **state)
{
    real W0[N * N], dW[N * N];
    const double epsilon = .9, k = N;
    intruders_how how = {.epsilons = &epsilon,
                         .ks = &k,
                         .n_epsilons = 1,
                         .n_ks = 1,
                         .window = 1,
                         .lambda = .5,
                         .epsilon = .9,
                         .k = N};
    intruders_found f;
    planted(W0, dW);
    update u = difference(N, N, W0, dW);
    assert_ok(intruders_of(&u, &how, &f));
    size_t count = f.rows[0].count;
    assert_true(count > 1 && f.mitigated == 1);
    intruders_found_clear(&f);
    how.all = true;
    assert_ok(intruders_of(&u, &how, &f));
    assert_int_equal(f.mitigated, count);
    intruders_found_clear(&f);
}

static void nulls_have_the_norm_of_the_update(void **state)
{
    real W0[N * N], dW[N * N];
    const double epsilon = .9, k = N;
    intruders_how how = {.epsilons = &epsilon,
                         .ks = &k,
                         .n_epsilons = 1,
                         .n_ks = 1,
                         .window = 1,
                         .rank = 2,
                         .nulls = true,
                         .lambda = 1};
    intruders_found f;
    planted(W0, dW);
    for (size_t i = 0; i < N * N; i++)
        dW[i] *= (real)1e-3; /* moves no vector of values that are 1 apart */
    update u = difference(N, N, W0, dW);
    assert_ok(intruders_of(&u, &how, &f));
    for (size_t i = 0; i < f.n_rows; i++)
        assert_true(f.rows[i].null_gaussian <= 0 && f.rows[i].null_rank <= 0);
    intruders_found_clear(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(floors_are_those_of_random_directions),
        cmocka_unit_test(a_planted_intruder_is_found_on_both_sides),
        cmocka_unit_test(vectors_that_mix_are_whole_in_their_window),
        cmocka_unit_test(rows_cover_the_grid_with_its_nulls),
        cmocka_unit_test(a_longer_side_is_not_whole),
        cmocka_unit_test(an_intruder_is_scaled_down),
        cmocka_unit_test(all_intruders_or_the_first_alone),
        cmocka_unit_test(nulls_have_the_norm_of_the_update),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
