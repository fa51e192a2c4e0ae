/* patch_test.c -- patch layers against four loops, for every kind; gradients by differences; maxima. */
#include "tests/test.h"

#include "nn/patch.h"

enum { N = 3, C = 2, H = 6, W = 7, OUT = 3, MOST = 4096 };

static const patch kinds[] = {
    {.channels = C, .height = H, .width = W, .kh = 3, .kw = 2, .out = OUT, .rows = 4, .cols = 6},
    {.channels = C,
     .height = H,
     .width = W,
     .kh = 3,
     .kw = 2,
     .out = OUT,
     .rows = 4,
     .cols = 6,
     .untied = true},
    {.channels = C,
     .height = H,
     .width = W,
     .kh = H,
     .kw = W,
     .out = OUT,
     .rows = 4,
     .cols = 5,
     .wrap = true},
};
enum { KINDS = sizeof kinds / sizeof *kinds };

typedef struct world {
    patch p;
    idim_slot weight, bias;
    real Wt[MOST], b[MOST], x[N * C * H * W], y[MOST], g_y[MOST];
    real g_W[MOST], g_b[MOST], g_x[N * C * H * W];
    size_t n_W, n_b, n_y;
    void *work;
} world;

static void world_open(world *w, size_t kind)
{
    memset(w, 0, sizeof *w);
    w->p = kinds[kind];
    size_t L = patch_places(&w->p), K = patch_numbers(&w->p);
    w->n_W = (w->p.untied ? L : 1) * OUT * K;
    w->n_b = (w->p.untied ? L : 1) * OUT;
    w->n_y = N * OUT * L;
    test_fill(w->Wt, w->n_W, 1);
    test_fill(w->b, w->n_b, 2);
    test_fill(w->x, N * C * H * W, 3);
    test_fill(w->g_y, w->n_y, 4);
    w->weight = (idim_slot){.value = w->Wt, .grad = w->g_W, .scale = (real)1.2};
    w->bias = (idim_slot){.value = w->b, .grad = w->g_b, .scale = 1};
    w->p.weight = &w->weight;
    w->p.bias = &w->bias;
    w->work = mem_array(patch_work(&w->p, N), 1);
    assert_non_null(w->work);
}

static double loss(world *w)
{
    double sum = 0;
    patch_forward(&w->p, N, w->x, w->work, w->y);
    for (size_t i = 0; i < w->n_y; i++)
        sum += (double)w->y[i] * (double)w->g_y[i];
    return sum;
}

static void forward_is_the_four_loops(void **state)
{
    static world w;
    for (size_t kind = 0; kind < KINDS; kind++) {
        world_open(&w, kind);
        const patch *p = &w.p;
        size_t L = patch_places(p), K = patch_numbers(p);
        loss(&w);
        for (size_t i = 0; i < N; i++)
            for (size_t o = 0; o < OUT; o++)
                for (size_t l = 0; l < L; l++) {
                    double sum = 0;
                    for (size_t c = 0, k = 0; c < C; c++)
                        for (size_t y = 0; y < p->kh; y++)
                            for (size_t x = 0; x < p->kw; x++, k++) {
                                size_t row = (l / p->cols + y) % H, col = (l % p->cols + x) % W;
                                sum += (double)w.Wt[((p->untied ? l * OUT : 0) + o) * K + k] *
                                       (double)w.x[((i * C + c) * H + row) * W + col];
                            }
                    assert_near(w.y[(i * OUT + o) * L + l],
                                1.2 * sum + (double)w.b[(p->untied ? l * OUT : 0) + o], 1e-5);
                }
        mem_free(w.work);
    }
}

static void check(world *w, real *x, const real *g, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        real keep = x[i];
        x[i] = keep + (real)1e-4;
        double up = loss(w);
        x[i] = keep - (real)1e-4;
        double down = loss(w);
        x[i] = keep;
        assert_near(g[i], (up - down) / 2e-4, 1e-6); /* bilinear: differences are exact */
    }
}

static void gradients_agree_with_differences(void **state)
{
    static world w;
    for (size_t kind = 0; kind < KINDS; kind++) {
        world_open(&w, kind);
        loss(&w);
        patch_backward(&w.p, N, w.x, w.work, w.g_y, w.g_x);
        check(&w, w.Wt, w.g_W, w.n_W);
        check(&w, w.b, w.g_b, w.n_b);
        check(&w, w.x, w.g_x, N * C * H * W);
        mem_free(w.work);
    }
}

static void maxima_and_their_places(void **state)
{
    /* 3 x 5: the last row and column are cut */
    real x[15] = {1, 5, 2, 2, 9, 3, 5, 2, 2, 9, 9, 9, 9, 9, 9}, y[2], g_y[2] = {7, 8}, g_x[15];
    uint8_t which[2];
    maxpool_forward(1, 3, 5, x, y, which);
    assert_true(y[0] == 5 && y[1] == 2);
    assert_int_equal(which[0], 1); /* of equal ones the first */
    assert_int_equal(which[1], 0);
    maxpool_backward(1, 3, 5, which, g_y, g_x);
    for (size_t i = 0; i < 15; i++)
        assert_true(g_x[i] == (i == 1 ? 7 : i == 2 ? 8 : 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forward_is_the_four_loops),
        double_test(gradients_agree_with_differences),
        cmocka_unit_test(maxima_and_their_places),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
