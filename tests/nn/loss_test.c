/* loss_test.c -- golden values and central differences of the two losses. */
#include "tests/test.h"

static void softmax_has_the_values_of_numpy(void **state)
{
    /* z = [[1,2,3],[.5,-1,0]]; y = [2,0]; -log(softmax) summed: numpy 1.26 gives
     * .40760596444438 + .61469143960166 (logsumexp(z,1) - z[range(2),y]) */
    real z[6] = {1, 2, 3, (real).5, -1, 0};
    int32_t labels[2] = {2, 0};
    idim_batch b = {.n = 2, .labels = labels};
    double sum = 0;
    uint8_t hits[2];
    idim_loss_softmax.eval(2, 3, z, &b, NULL, &sum, hits);
    double first = log(exp(1) + exp(2) + exp(3)) - 3, second = log(exp(.5) + exp(-1) + 1) - .5;
    assert_near(sum, first + second, 1e-6);
    assert_near(first, .40760596444438, 1e-12);
    assert_int_equal(hits[0], 1);
    assert_int_equal(hits[1], 1);
    labels[1] = 2;
    idim_loss_softmax.eval(2, 3, z, &b, NULL, &sum, hits);
    assert_int_equal(hits[1], 0);
}

static void large_outputs_do_not_overflow(void **state)
{
    real z[2] = {10000, -10000}, g[2];
    int32_t label = 1;
    idim_batch b = {.n = 1, .labels = &label};
    double sum = 0;
    idim_loss_softmax.eval(1, 2, z, &b, g, &sum, NULL);
    assert_near(sum, 20000, 1e-9);
    assert_near(g[0], 1, 1e-6);
    assert_near(g[1], -1, 1e-6);
}

static void gradient_check(const idim_loss_row *loss)
{
    enum { N = 3, K = 4 };
    real z[N * K], targets[N * K], g[N * K];
    int32_t labels[N] = {3, 0, 2};
    idim_batch b = {.n = N, .labels = labels, .targets = targets};
    double sum = 0;
    test_fill(z, N * K, 1);
    test_fill(targets, N * K, 2);
    loss->eval(N, K, z, &b, g, &sum, NULL);
    for (size_t i = 0; i < N * K; i++) {
        real keep = z[i];
        double up = 0, down = 0;
        z[i] = keep + (real)1e-5;
        loss->eval(N, K, z, &b, NULL, &up, NULL);
        z[i] = keep - (real)1e-5;
        loss->eval(N, K, z, &b, NULL, &down, NULL);
        z[i] = keep;
        assert_near(g[i], (up - down) / 2e-5 / N, 1e-8);
    }
}

static void gradient_of_softmax_agrees(void **state)
{
    gradient_check(&idim_loss_softmax);
}

static void gradient_of_squared_agrees(void **state)
{
    gradient_check(&idim_loss_squared);
}

static void squared_is_the_mean_over_outputs(void **state)
{
    real y[2] = {1, 3}, targets[2] = {0, 1};
    idim_batch b = {.n = 1, .targets = targets};
    double sum = 0;
    idim_loss_squared.eval(1, 2, y, &b, NULL, &sum, NULL);
    assert_near(sum, 2.5, 1e-12);
    assert_near(idim_loss_squared.score(sum, 0), exp(-2.5), 1e-12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(softmax_has_the_values_of_numpy),
        cmocka_unit_test(large_outputs_do_not_overflow),
        double_test(gradient_of_softmax_agrees),
        double_test(gradient_of_squared_agrees),
        cmocka_unit_test(squared_is_the_mean_over_outputs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
