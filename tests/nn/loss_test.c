/* loss_test.c -- golden values and central differences of the losses. */
#include "tests/test.h"

static void softmax_has_the_values_of_numpy(void **state)
{
    /* z = [[1,2,3],[.5,-1,0]]; y = [2,0]; -log(softmax) summed: numpy 1.26 gives
     * .40760596444438 + .61469143960166 (logsumexp(z,1) - z[range(2),y]) */
    real z[6] = {1, 2, 3, (real).5, -1, 0};
    int32_t labels[2] = {2, 0};
    idim_batch b = {.n = 2, .labels = labels, .n_labels = 1, .counted = 2};
    idim_tally sum = {0};
    uint8_t hits[2];
    idim_loss_softmax.eval(&b, 0, 2, 3, z, NULL, &sum, hits);
    double first = log(exp(1) + exp(2) + exp(3)) - 3, second = log(exp(.5) + exp(-1) + 1) - .5;
    assert_near(sum.loss, first + second, 1e-6);
    assert_near(first, .40760596444438, 1e-12);
    assert_int_equal(hits[0], 1);
    assert_int_equal(hits[1], 1);
    labels[1] = 2;
    idim_loss_softmax.eval(&b, 0, 2, 3, z, NULL, &sum, hits);
    assert_int_equal(hits[1], 0);
}

static void large_outputs_do_not_overflow(void **state)
{
    real z[2] = {10000, -10000}, g[2];
    int32_t label = 1;
    idim_batch b = {.n = 1, .labels = &label, .n_labels = 1, .counted = 1};
    idim_tally sum = {0};
    idim_loss_softmax.eval(&b, 0, 1, 2, z, g, &sum, NULL);
    assert_near(sum.loss, 20000, 1e-9);
    assert_near(g[0], 1, 1e-6);
    assert_near(g[1], -1, 1e-6);
}

static void gradient_check(const idim_loss_row *loss)
{
    enum { N = 3, K = 4 };
    real z[N * K], targets[N * K], g[N * K];
    int32_t labels[N] = {3, 0, 2};
    idim_batch b = {.n = N, .labels = labels, .n_labels = 1, .counted = N, .targets = targets};
    idim_tally sum = {0};
    test_fill(z, N * K, 1);
    test_fill(targets, N * K, 2);
    loss->eval(&b, 0, N, K, z, g, &sum, NULL);
    for (size_t i = 0; i < N * K; i++) {
        real keep = z[i];
        idim_tally up = {0}, down = {0};
        z[i] = keep + (real)1e-5;
        loss->eval(&b, 0, N, K, z, NULL, &up, NULL);
        z[i] = keep - (real)1e-5;
        loss->eval(&b, 0, N, K, z, NULL, &down, NULL);
        z[i] = keep;
        assert_near(g[i], (up.loss - down.loss) / 2e-5 / N, 1e-8);
    }
}

static void gradient_of_softmax_agrees(void **state)
{
    gradient_check(&idim_loss_softmax);
    gradient_check(&idim_loss_tokens);
}

/* Over a vocabulary that fills no whole number of vectors or blocks, in place and not. */
static void tokens_lose_what_softmax_loses(void **state)
{
    enum { N = 5, K = 1037 };
    static real y[N * K], g[N * K], in_place[N * K], want[N * K];
    int32_t labels[N] = {3, 1036, -1, 700, 701};
    idim_batch b = {.n = N, .labels = labels, .n_labels = 1, .counted = 4};
    idim_tally plain = {0}, tokens = {0}, alone = {0}, once = {0};
    uint8_t hits[N], hits_plain[N];
    test_fill(y, N * K, 3);
    y[K + 1036] = 9;
    y[3 * K + 700] = y[3 * K + 701] = 7; /* of equal ones the first counts */
    y[4 * K + 700] = y[4 * K + 701] = 7;
    memcpy(in_place, y, sizeof y);
    idim_loss_softmax.eval(&b, 0, N, K, y, want, &plain, hits_plain);
    idim_loss_tokens.eval(&b, 0, N, K, y, g, &tokens, hits);
    idim_loss_tokens.eval(&b, 0, N, K, y, NULL, &alone, NULL);
    idim_loss_tokens.eval(&b, 0, N, K, in_place, in_place, &once, NULL);
    assert_near(tokens.loss, plain.loss, 1e-5);
    assert_true(alone.loss == tokens.loss && once.loss == tokens.loss);
    assert_memory_equal(in_place, g, sizeof g);
    for (size_t i = 0; i < N * K; i++)
        assert_near(g[i], want[i], 1e-7);
    assert_memory_equal(hits, hits_plain, N);
    assert_int_equal(hits[1] + hits[3], 2);
    assert_int_equal(hits[4], 0);
    y[5] = (real)NAN; /* divergence must be seen */
    idim_loss_tokens.eval(&b, 0, 1, K, y, NULL, &alone, hits);
    assert_true(isnan(alone.loss));
    y[3] = (real)NAN;
    idim_loss_tokens.eval(&b, 0, 1, K, y, NULL, &alone, hits);
    assert_int_equal(hits[0], 0);
}

static void gradient_of_squared_agrees(void **state)
{
    gradient_check(&idim_loss_squared);
}

static void squared_is_the_mean_over_outputs(void **state)
{
    real y[2] = {1, 3}, targets[2] = {0, 1};
    idim_batch b = {.n = 1, .n_labels = 1, .counted = 1, .targets = targets};
    idim_tally sum = {0};
    idim_loss_squared.eval(&b, 0, 1, 2, y, NULL, &sum, NULL);
    assert_near(sum.loss, 2.5, 1e-12);
    assert_near(idim_loss_squared.score(&sum), exp(-2.5), 1e-12);
}

/* 10 rows: 6 of class 1, 4 of them right; 4 of class 0, 3 right. scikit-learn 1.2: f1_score
 * 0.72727, matthews_corrcoef 0.40824829 */
static void scores_of_two_classes(void **state)
{
    idim_tally t = {.loss = 5, .n = 10, .hits = 7, .n_positive = 6, .hits_positive = 4};
    assert_near(idim_loss_softmax.score(&t), .7, 1e-15);
    assert_near(idim_loss_f1.score(&t), 8. / 11, 1e-15);
    assert_near(idim_loss_matthews.score(&t), .40824829046386302, 1e-15);
    assert_near(idim_loss_tokens.score(&t), .5, 1e-15);
    t = (idim_tally){.n = 3, .hits = 3};
    assert_true(idim_loss_f1.score(&t) == 0 && idim_loss_matthews.score(&t) == 0);
}

static void rows_without_a_label_count_nothing(void **state)
{
    enum { N = 3, K = 4 };
    real z[N * K], alone[K], g[N * K], g_alone[K];
    int32_t labels[N] = {-1, 2, -1};
    idim_batch b = {.n = 1, .labels = labels, .n_labels = N, .counted = 1};
    idim_tally all = {0}, one = {0};
    uint8_t hits[N];
    test_fill(z, N * K, 1);
    memcpy(alone, z + K, sizeof alone);
    idim_loss_tokens.eval(&b, 0, N, K, z, g, &all, hits);
    b.labels = labels + 1;
    idim_loss_tokens.eval(&b, 0, 1, K, alone, g_alone, &one, NULL);
    assert_true(all.loss == one.loss && all.n == 1 && all.hits == one.hits);
    assert_memory_equal(g + K, g_alone, sizeof g_alone);
    for (size_t j = 0; j < K; j++)
        assert_true(g[j] == 0 && g[2 * K + j] == 0);
    assert_true(!hits[0] && !hits[2]);
}

/* as a model's own last step takes it: a block of rows, the gradient in the outputs' place */
static void blocks_in_place_are_the_whole(void **state)
{
    enum { N = 5, K = 3 };
    real z[N * K], g[N * K];
    int32_t labels[N] = {0, 2, 1, -1, 1};
    idim_batch b = {.n = N, .labels = labels, .n_labels = 1, .counted = 4};
    idim_tally whole = {0}, blocks = {0};
    test_fill(z, N * K, 3);
    idim_loss_softmax.eval(&b, 0, N, K, z, g, &whole, NULL);
    idim_loss_softmax.eval(&b, 0, 2, K, z, z, &blocks, NULL);
    idim_loss_softmax.eval(&b, 2, 3, K, z + 2 * K, z + 2 * K, &blocks, NULL);
    assert_memory_equal(z, g, sizeof g);
    assert_near(blocks.loss, whole.loss, 1e-12);
    assert_true(blocks.n == 4 && blocks.hits == whole.hits &&
                blocks.hits_positive == whole.hits_positive && blocks.n_positive == 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(softmax_has_the_values_of_numpy),
        cmocka_unit_test(large_outputs_do_not_overflow),
        double_test(gradient_of_softmax_agrees),
        double_test(gradient_of_squared_agrees),
        cmocka_unit_test(tokens_lose_what_softmax_loses),
        cmocka_unit_test(squared_is_the_mean_over_outputs),
        cmocka_unit_test(scores_of_two_classes),
        cmocka_unit_test(rows_without_a_label_count_nothing),
        cmocka_unit_test(blocks_in_place_are_the_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
