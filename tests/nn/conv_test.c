/* conv_test.c -- convolution on blocks of samples against the loops that define it, its gradients as exact
 * transposes of them, for every tile size; relu with maxima against one pixel at a time. */
#include "tests/test.h"

#include "nn/conv.h"

enum { MOST = 1 << 15 };

/* Every tile: 6, 4, 2 and 1 planes, two pixels and one, two outputs and one; pictures that are not square. */
static const conv shapes[] = {
    {.channels = 1, .height = 5, .width = 5, .out = 1},
    {.channels = 3, .height = 7, .width = 6, .out = 6},
    {.channels = 2, .height = 6, .width = 9, .out = 7},
    {.channels = 6, .height = 8, .width = 8, .out = 16},
};
enum { SHAPES = sizeof shapes / sizeof *shapes };

typedef struct world {
    conv c;
    size_t rows, cols, n_W, n_x, n_y;
    real W[MOST], b[32], x[MOST], y[MOST], g_y[MOST], g_x[MOST], g_W[MOST], g_b[32];
    real forward[MOST], backward[MOST], sums[MOST * 4];
    idim_slot weight, bias;
} world;

static world w;

static void world_open(const conv *c)
{
    memset(&w, 0, sizeof w);
    w.c = *c;
    w.rows = c->height - 4;
    w.cols = c->width - 4;
    w.n_W = conv_kernel(c);
    w.n_x = c->channels * c->height * c->width;
    w.n_y = c->out * w.rows * w.cols;
    assert_true(w.n_x * LANES <= MOST && w.n_y * LANES <= MOST && conv_sums(c) <= 4 * MOST);
    test_fill(w.W, w.n_W, 1);
    test_fill(w.b, c->out, 2);
    test_fill(w.x, w.n_x * LANES, 3);
    test_fill(w.g_y, w.n_y * LANES, 4);
    w.weight = (idim_slot){.value = w.W, .grad = w.g_W, .scale = (real)1.2};
    w.bias = (idim_slot){.value = w.b, .grad = w.g_b, .scale = 1};
    conv_turn(c, &w.weight, w.forward, w.backward);
}

/* Calls f for every product of the definition: place of W, of x and of y, each without its lane. */
static void each_product(void (*f)(size_t, size_t, size_t, double *), double *sums)
{
    const conv *c = &w.c;
    for (size_t o = 0; o < c->out; o++)
        for (size_t i = 0; i < c->channels; i++)
            for (size_t dy = 0; dy < 5; dy++)
                for (size_t dx = 0; dx < 5; dx++)
                    for (size_t r = 0; r < w.rows; r++)
                        for (size_t q = 0; q < w.cols; q++)
                            f(((o * c->channels + i) * 5 + dy) * 5 + dx,
                              (i * c->height + r + dy) * c->width + q + dx,
                              (o * w.rows + r) * w.cols + q, sums);
}

static void add_y(size_t k, size_t x, size_t y, double *sums)
{
    for (size_t l = 0; l < LANES; l++)
        sums[y * LANES + l] += 1.2 * (double)w.W[k] * (double)w.x[x * LANES + l];
}

static void add_x(size_t k, size_t x, size_t y, double *sums)
{
    for (size_t l = 0; l < LANES; l++)
        sums[x * LANES + l] += 1.2 * (double)w.W[k] * (double)w.g_y[y * LANES + l];
}

static void add_W(size_t k, size_t x, size_t y, double *sums)
{
    for (size_t l = 0; l < LANES; l++)
        sums[k] += 1.2 * (double)w.g_y[y * LANES + l] * (double)w.x[x * LANES + l];
}

/* Sums of some hundred products of size 1 in reals. */
static const double near = sizeof(real) == 4 ? 3e-6 : 1e-13;
static double expected[MOST];

static void forward_is_the_sum_that_defines_it(void **state)
{
    for (size_t s = 0; s < SHAPES; s++) {
        world_open(&shapes[s]);
        memset(expected, 0, sizeof expected);
        each_product(add_y, expected);
        conv_forward(&w.c, w.forward, w.b, w.x, w.y);
        for (size_t i = 0; i < w.n_y * LANES; i++)
            assert_near(w.y[i], expected[i] + (double)w.b[i / LANES / (w.rows * w.cols)], near);
    }
}

static void backward_is_its_transpose(void **state)
{
    for (size_t s = 0; s < SHAPES; s++) {
        world_open(&shapes[s]);
        memset(expected, 0, sizeof expected);
        each_product(add_x, expected);
        test_fill(w.g_x, w.n_x * LANES, 9); /* overwritten */
        conv_backward(&w.c, w.backward, w.g_y, w.g_x);
        for (size_t i = 0; i < w.n_x * LANES; i++)
            assert_near(w.g_x[i], expected[i], near);
    }
}

static void gradients_add_up_over_blocks_and_lanes(void **state)
{
    for (size_t s = 0; s < SHAPES; s++) {
        world_open(&shapes[s]);
        memset(expected, 0, sizeof expected);
        each_product(add_W, expected);
        test_fill(w.g_W, w.n_W, 5); /* added to */
        real before = w.g_W[w.n_W - 1];
        conv_sum(&w.c, w.x, w.g_y, w.sums);
        conv_sum(&w.c, w.x, w.g_y, w.sums); /* a second block like the first */
        conv_gradients(&w.c, w.sums, &w.weight, &w.bias);
        assert_near(w.g_W[w.n_W - 1] - before, 2 * expected[w.n_W - 1], 10 * near);
        for (size_t o = 0; o < w.c.out; o++) {
            double sum = 0;
            for (size_t i = 0; i < w.rows * w.cols * LANES; i++)
                sum += (double)w.g_y[o * w.rows * w.cols * LANES + i];
            assert_near(w.g_b[o], 2 * sum, 10 * near);
        }
    }
}

static void what_is_frozen_gets_no_gradient(void **state)
{
    world_open(&shapes[1]);
    w.weight.grad = NULL;
    conv_sum(&w.c, w.x, w.g_y, w.sums);
    conv_gradients(&w.c, w.sums, &w.weight, &w.bias);
    assert_true(w.g_b[0] > 0 || w.g_b[0] < 0);
    assert_true(w.g_W[0] >= 0 && w.g_W[0] <= 0);
}

static void a_block_holds_samples_side_by_side(void **state)
{
    enum { N = LANES - 3, F = 5 };
    real x[N * F], block[F * LANES], back[N * F];
    test_fill(x, N * F, 1);
    test_fill(block, F * LANES, 2);
    lanes_take(N, F, x, block);
    assert_near(block[3 * LANES + 4], x[4 * F + 3], 0);
    assert_near(block[2 * LANES + N], 0, 0); /* no sample there */
    lanes_give(N, F, block, back);
    assert_memory_equal(x, back, sizeof x);
}

static void maxima_are_those_of_relu(void **state)
{
    enum { PLANES = 2, H = 5, W = 7, ROWS = 2, COLS = 3 };
    static real x[PLANES * H * W * LANES], y[PLANES * ROWS * COLS * LANES];
    static real g_y[PLANES * ROWS * COLS * LANES], g_x[PLANES * H * W * LANES];
    static lane_place which[PLANES * ROWS * COLS * LANES];
    size_t off = 0, met[5] = {0};
    for (size_t i = 0; i < sizeof x / sizeof *x; i++)
        x[i] = (real)sin(1.7 * (double)i);
    for (size_t l = 0; l < LANES; l += 2) /* equal ones, and ones that relu stops */
        for (size_t k = 0; k < 4; k++) {
            x[((k / 2) * W + k % 2) * LANES + l] = (real).5;
            x[((k / 2) * W + 2 + k % 2) * LANES + l] = -1;
        }
    test_fill(g_y, sizeof g_y / sizeof *g_y, 2);
    relu_maxpool_forward(PLANES, H, W, x, y, which);
    relu_maxpool_backward(PLANES, H, W, which, g_y, g_x);
    for (size_t i = 0; i < PLANES; i++)
        for (size_t r = 0; r < ROWS; r++)
            for (size_t q = 0; q < COLS; q++)
                for (size_t l = 0; l < LANES; l++) {
                    size_t at = ((i * ROWS + r) * COLS + q) * LANES + l, best = 0;
                    size_t pixel[4];
                    for (size_t k = 0; k < 4; k++) {
                        pixel[k] = ((i * H + 2 * r + k / 2) * W + 2 * q + k % 2) * LANES + l;
                        best = x[pixel[k]] > x[pixel[best]] ? k : best;
                    }
                    bool through = x[pixel[best]] > 0;
                    assert_near(y[at], through ? x[pixel[best]] : 0, 0);
                    assert_int_equal(which[at], through ? (int)best : 4);
                    met[which[at]]++;
                    for (size_t k = 0; k < 4; k++)
                        assert_near(g_x[pixel[k]], through && k == best ? g_y[at] : 0, 0);
                    off += !through;
                }
    assert_true(off > 0 && met[0] && met[1] && met[2] && met[3]);
    for (size_t l = 0; l < LANES; l++) /* the odd edge */
        assert_near(g_x[(W - 1) * LANES + l], 0, 0);
}

static void not_a_number_goes_through_maxima(void **state)
{
    static real x[4 * LANES], y[LANES];
    static lane_place which[LANES];
    x[0] = x[LANES] = x[2 * LANES] = x[3 * LANES] = (real)NAN;
    relu_maxpool_forward(1, 2, 2, x, y, which);
    assert_true(isnan(y[0]));
    assert_near(y[1], 0, 0);
}

static void one_that_is_not_a_number_is_enough(void **state)
{
    static real x[4 * LANES], y[LANES];
    static lane_place which[LANES];
    for (size_t i = 0; i < 4 * LANES; i++)
        x[i] = (real)(i / LANES + 1);
    for (size_t k = 0; k < 4; k++)
        x[k * LANES + k] = (real)NAN; /* lane k: at place k; no other lane has one */
    relu_maxpool_forward(1, 2, 2, x, y, which);
    for (size_t k = 0; k < 4; k++) {
        assert_true(isnan(y[k]));
        assert_int_equal(which[k], k);
    }
    assert_near(y[4], 4, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forward_is_the_sum_that_defines_it),
        cmocka_unit_test(backward_is_its_transpose),
        cmocka_unit_test(gradients_add_up_over_blocks_and_lanes),
        cmocka_unit_test(what_is_frozen_gets_no_gradient),
        cmocka_unit_test(a_block_holds_samples_side_by_side),
        cmocka_unit_test(maxima_are_those_of_relu),
        cmocka_unit_test(not_a_number_goes_through_maxima),
        cmocka_unit_test(one_that_is_not_a_number_is_enough),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
