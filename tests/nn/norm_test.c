/* norm_test.c -- golden: PyTorch 1.13's layer_norm in double on test_fill's numbers; RMSNorm by numpy
 * (gain * x / sqrt(mean(x*x) + 1e-5)). Gradients against central differences. */
#include "tests/test.h"

#include "nn/norm.h"

enum { WIDTH = 5, N = 2, WIDE_ROW = 37 };

static void golden(bool rms, const double *expected)
{
    real x[N * WIDTH], gain[WIDTH], bias[WIDTH], y[N * WIDTH], stats[2 * N];
    idim_slot g = {.value = gain, .scale = 1}, b = {.value = bias, .scale = 1};
    norm l = {.width = WIDTH, .rms = rms, .eps = 1e-5, .gain = &g, .bias = rms ? NULL : &b};
    test_fill(x, N * WIDTH, 1);
    test_fill(gain, WIDTH, 2);
    test_fill(bias, WIDTH, 3);
    norm_forward(&l, N, x, stats, y);
    for (size_t i = 0; i < N * WIDTH; i++)
        assert_near(y[i], expected[i], 5e-7);
}

static void a_layer_norm_is_pytorchs(void **state)
{
    static const double y[] = {0.9275516201048479,   -0.22317115879484628, -0.6866011112218788,
                               -0.40852484856585003, -0.1683883638706805,  1.1266424507461008,
                               -0.0782537678890347,  0.14218032891501556,  -0.39700403805483164,
                               0.485268580486622};
    golden(false, y);
}

static void an_rms_norm_is_its_formula(void **state)
{
    static const double y[] = {0.06393022972869876, -0.5579845435208636, -0.10884430760895718,
                               0.08123293866641175, -0.6495684387239227, 0.30368750971280445,
                               -0.4700454754775545, 0.6331630806979419,  0.08839983555637725,
                               0.050834042968275525};
    golden(true, y);
}

typedef struct world {
    real x[N * WIDE_ROW], gain[WIDE_ROW], bias[WIDE_ROW], g_y[N * WIDE_ROW], r[N * WIDE_ROW];
    real g_x[N * WIDE_ROW], g_gain[WIDE_ROW], g_bias[WIDE_ROW], y[N * WIDE_ROW], stats[2 * N];
    idim_slot g, b;
    norm l;
} world;

static void world_init(world *w, size_t width, bool rms)
{
    memset(w, 0, sizeof *w);
    test_fill(w->x, N * WIDE_ROW, 1);
    test_fill(w->gain, WIDE_ROW, 2);
    test_fill(w->bias, WIDE_ROW, 3);
    test_fill(w->g_y, N * WIDE_ROW, 4);
    test_fill(w->r, N * WIDE_ROW, 5);
    w->g = (idim_slot){.value = w->gain, .grad = w->g_gain, .scale = 1};
    w->b = (idim_slot){.value = w->bias, .grad = w->g_bias, .scale = 1};
    w->l =
        (norm){.width = width, .rms = rms, .eps = 1e-3, .gain = &w->g, .bias = rms ? NULL : &w->b};
}

/* The residual path: sum of r o x beside. */
static double world_loss(world *w)
{
    double loss = 0;
    norm_forward(&w->l, N, w->x, w->stats, w->y);
    for (size_t i = 0; i < N * w->l.width; i++)
        loss += (double)w->g_y[i] * (double)w->y[i] + (double)w->r[i] * (double)w->x[i];
    return loss;
}

static void check(world *w, real *x, const real *g, size_t n, const char *what)
{
    for (size_t i = 0; i < n; i++) {
        real keep = x[i], h = (real)1e-5;
        x[i] = keep + h;
        double up = world_loss(w);
        x[i] = keep - h;
        double down = world_loss(w);
        x[i] = keep;
        double slope = (up - down) / (2 * (double)h), got = (double)g[i];
        if (fabs(slope - got) > 1e-6 * fmax(1, fabs(slope)))
            fail_msg("%s[%zu]: gradient %.12g, differences %.12g", what, i, got, slope);
    }
}

static void gradients_agree_with_differences(void **state)
{
    static world w;
    for (unsigned way = 0; way < 4; way++) {
        size_t width = way & 1 ? WIDE_ROW : WIDTH;
        world_init(&w, width, way & 2);
        world_loss(&w);
        norm_backward(&w.l, N, w.x, w.stats, w.g_y, w.r, w.g_x);
        check(&w, w.x, w.g_x, N * width, "x");
        check(&w, w.gain, w.g_gain, width, "gain");
        check(&w, w.bias, w.g_bias, width, "bias");
    }
}

static void parameters_alone_get_what_they_get_with_all(void **state)
{
    static world w, alone;
    world_init(&w, WIDTH, false);
    world_init(&alone, WIDTH, false);
    world_loss(&w);
    world_loss(&alone);
    norm_backward(&w.l, N, w.x, w.stats, w.g_y, NULL, w.g_x);
    assert_true(w.g_x[0] != 0);
    norm_backward(&alone.l, N, alone.x, alone.stats, alone.g_y, NULL, NULL);
    assert_memory_equal(w.g_gain, alone.g_gain, sizeof w.g_gain);
    alone.g.grad = alone.b.grad = NULL; /* frozen: only x's is made */
    norm_backward(&alone.l, N, alone.x, alone.stats, alone.g_y, NULL, alone.g_x);
    assert_memory_equal(w.g_gain, alone.g_gain, sizeof w.g_gain);
    assert_memory_equal(w.g_x, alone.g_x, sizeof w.g_x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_layer_norm_is_pytorchs),
        cmocka_unit_test(an_rms_norm_is_its_formula),
        double_test(gradients_agree_with_differences),
        cmocka_unit_test(parameters_alone_get_what_they_get_with_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
