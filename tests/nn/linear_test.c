/* linear_test.c -- y = c o (scale W x + sum s e o B (m o (A drop(x)))) + b against the formula written
 * out, and every gradient against central differences (double). */
#include "tests/test.h"

#include "nn/linear.h"

enum { IN = 5, OUT = 4, N = 3, R0 = 2, R1 = 1, ROWS1 = 2, LDA = 7 };

typedef struct world { /* every optional part is there */
    real W[OUT * IN], b[OUT], c[OUT], x[N * IN], g_y[N * OUT];
    real A[2][2 * LDA], B[2][OUT * 3], m[2][2], e[2][OUT];
    real g_W[OUT * IN], g_b[OUT], g_c[OUT], g_x[N * IN];
    real g_A[2][2 * LDA], g_B[2][OUT * 3], g_m[2][2], g_e[2][OUT];
    uint16_t half[OUT * IN];
    idim_rider riders[2];
    idim_slot weight, bias;
    uint32_t index[N];
    idim_batch batch;
    idim_pass pass;
    linear layer;
    real work[4096];
} world;

static void world_init(world *w, double drop)
{
    memset(w, 0, sizeof *w);
    test_fill(w->W, OUT * IN, 1);
    test_fill(w->b, OUT, 2);
    test_fill(w->c, OUT, 3);
    test_fill(w->x, N * IN, 4);
    test_fill(w->g_y, N * OUT, 5);
    for (unsigned k = 0; k < 2; k++) {
        test_fill(w->A[k], 2 * LDA, 6 + k);
        test_fill(w->B[k], OUT * 3, 8 + k);
        test_fill(w->m[k], 2, 10 + k);
        test_fill(w->e[k], OUT, 12 + k);
    }
    w->riders[0] = (idim_rider){.rows = OUT,
                                .r = R0,
                                .s = .7,
                                .drop = drop,
                                .A = w->A[0],
                                .B = w->B[0],
                                .m = w->m[0],
                                .e = w->e[0],
                                .g_A = w->g_A[0],
                                .g_B = w->g_B[0],
                                .g_m = w->g_m[0],
                                .g_e = w->g_e[0],
                                .lda = LDA,
                                .ldb = 3};
    w->riders[1] = (idim_rider){.row0 = 1,
                                .rows = ROWS1,
                                .r = R1,
                                .s = -1.3,
                                .A = w->A[1],
                                .B = w->B[1],
                                .g_A = w->g_A[1],
                                .g_B = w->g_B[1],
                                .lda = LDA,
                                .ldb = 3};
    w->weight = (idim_slot){.value = w->W,
                            .grad = w->g_W,
                            .scale = (real)1.1,
                            .c = w->c,
                            .g_c = w->g_c,
                            .riders = w->riders,
                            .n_riders = 2};
    w->bias = (idim_slot){.value = w->b, .grad = w->g_b, .scale = 1};
    for (uint32_t i = 0; i < N; i++)
        w->index[i] = 11 * i;
    w->batch = (idim_batch){.n = N, .x = w->x, .index = w->index};
    w->pass = (idim_pass){.mode = IDIM_TRAIN, .dropout = {{1, 2}, {3, 4}}, .step = 9};
    w->layer = (linear){.in = IN, .out = OUT, .weight = &w->weight, .bias = &w->bias, .place = 1};
    assert_true(linear_work(&w->layer, N, IDIM_TRAIN) <= sizeof w->work);
}

static double world_loss(world *w, real *y)
{
    double loss = 0;
    linear_forward(&w->layer, N, w->x, &w->batch, &w->pass, w->work, y);
    for (size_t i = 0; i < N * OUT; i++)
        loss += (double)w->g_y[i] * (double)y[i];
    return loss;
}

static double formula(const world *w, size_t i, size_t o)
{
    double t = 0;
    for (size_t j = 0; j < IN; j++)
        t += (double)w->weight.scale * (double)w->W[o * IN + j] * (double)w->x[i * IN + j];
    for (size_t k = 0; k < 2; k++) {
        const idim_rider *r = &w->riders[k];
        if (o < r->row0 || o >= r->row0 + r->rows)
            continue;
        for (size_t a = 0; a < r->r; a++) {
            double u = 0;
            for (size_t j = 0; j < IN; j++)
                u += (double)r->A[a * LDA + j] * (double)w->x[i * IN + j];
            t += r->s * (r->e ? (double)r->e[o - r->row0] : 1) * (r->m ? (double)r->m[a] : 1) *
                 (double)r->B[(o - r->row0) * 3 + a] * u;
        }
    }
    return (double)w->c[o] * t + (double)w->b[o];
}

static void forward_is_the_formula(void **state)
{
    static world w;
    real y[N * OUT];
    world_init(&w, 0);
    world_loss(&w, y);
    for (size_t i = 0; i < N; i++)
        for (size_t o = 0; o < OUT; o++)
            assert_near(y[i * OUT + o], formula(&w, i, o), 2e-6);
}

static void check(world *w, real *x, const real *g, size_t n, const char *what)
{
    real y[N * OUT];
    for (size_t i = 0; i < n; i++) {
        real keep = x[i], h = (real)1e-5;
        x[i] = keep + h;
        double up = world_loss(w, y);
        x[i] = keep - h;
        double down = world_loss(w, y);
        x[i] = keep;
        double slope = (up - down) / (2 * (double)h), got = (double)g[i];
        if (fabs(slope - got) > 1e-6 * fmax(1, fabs(slope)))
            fail_msg("%s[%zu]: gradient %.12g, differences %.12g", what, i, got, slope);
    }
}

static void gradients(double drop)
{
    static world w;
    real y[N * OUT];
    world_init(&w, drop);
    world_loss(&w, y);
    linear_backward(&w.layer, N, w.x, &w.batch, &w.pass, w.work, w.g_y, w.g_x);
    check(&w, w.W, w.g_W, OUT * IN, "W");
    check(&w, w.b, w.g_b, OUT, "b");
    check(&w, w.c, w.g_c, OUT, "c");
    check(&w, w.x, w.g_x, N * IN, "x");
    for (size_t k = 0; k < 2; k++) {
        check(&w, w.A[k], w.g_A[k], 2 * LDA, "A");
        check(&w, w.B[k], w.g_B[k], OUT * 3, "B");
    }
    check(&w, w.m[0], w.g_m[0], 2, "m");
    check(&w, w.e[0], w.g_e[0], OUT, "e");
}

static void gradients_agree_with_differences(void **state)
{
    gradients(0);
}

static void gradients_agree_under_dropout(void **state) /* the mask is drawn alike every time */
{
    gradients(.4);
}

static void gradients_are_added_and_frozen_parts_left_alone(void **state)
{
    static world w;
    real y[N * OUT], once[OUT * IN];
    world_init(&w, 0);
    world_loss(&w, y);
    linear_backward(&w.layer, N, w.x, &w.batch, &w.pass, w.work, w.g_y, NULL);
    memcpy(once, w.g_W, sizeof once);
    world_loss(&w, y);
    linear_backward(&w.layer, N, w.x, &w.batch, &w.pass, w.work, w.g_y, NULL);
    for (size_t i = 0; i < OUT * IN; i++)
        assert_near(w.g_W[i], 2 * once[i], 1e-6);
    memset(w.g_A, 0, sizeof w.g_A);
    w.weight.grad = NULL;
    w.bias.grad = NULL;
    w.riders[1].g_A = NULL;
    world_loss(&w, y);
    linear_backward(&w.layer, N, w.x, &w.batch, &w.pass, w.work, w.g_y, NULL);
    for (size_t i = 0; i < OUT * IN; i++)
        assert_near(w.g_W[i], 2 * once[i], 1e-6);
    for (size_t i = 0; i < 2 * LDA; i++)
        assert_true(w.g_A[1][i] == 0);
}

/* The same numbers in a wider array, and added to what lay in g_x. */
static void apart(bool scaled)
{
    enum { LD = OUT + 3 };
    static world w, other;
    real y[N * OUT], wide[N * LD], g_wide[N * LD];
    world_init(&w, .4);
    world_init(&other, .4);
    if (!scaled)
        w.weight.c = other.weight.c = NULL;
    world_loss(&w, y);
    linear_backward(&w.layer, N, w.x, &w.batch, &w.pass, w.work, w.g_y, w.g_x);
    other.layer.ld = LD;
    other.layer.add = true;
    test_fill(wide, N * LD, 20);
    test_fill(g_wide, N * LD, 21);
    for (size_t i = 0; i < N; i++)
        memcpy(g_wide + i * LD, w.g_y + i * OUT, OUT * sizeof *y);
    for (size_t i = 0; i < N * IN; i++)
        other.g_x[i] = 1;
    real beyond = wide[OUT];
    linear_forward(&other.layer, N, w.x, &w.batch, &w.pass, other.work, wide);
    linear_backward(&other.layer, N, w.x, &w.batch, &w.pass, other.work, g_wide, other.g_x);
    for (size_t i = 0; i < N * OUT; i++)
        assert_near(wide[i / OUT * LD + i % OUT], y[i], 1e-6);
    assert_true(wide[OUT] == beyond);
    for (size_t i = 0; i < N * IN; i++)
        assert_near(other.g_x[i], w.g_x[i] + 1, 1e-6);
    for (size_t i = 0; i < OUT * IN; i++)
        assert_near(other.g_W[i], w.g_W[i], 1e-6);
    for (size_t i = 0; i < OUT; i++) {
        assert_near(other.g_b[i], w.g_b[i], 1e-6);
        assert_near(other.g_c[i], w.g_c[i], 1e-6);
        assert_near(other.g_e[0][i], w.g_e[0][i], 1e-6);
        assert_near(other.g_B[0][i], w.g_B[0][i], 1e-6);
    }
    for (size_t i = 0; i < 2 * LDA; i++)
        assert_near(other.g_A[0][i], w.g_A[0][i], 1e-6);
}

static void rows_may_lie_apart_and_g_x_be_added_to(void **state)
{
    apart(false);
    apart(true);
}

static void bf16_weights_are_widened(void **state)
{
    static world w;
    real y[N * OUT], same[N * OUT];
    world_init(&w, 0);
    for (size_t i = 0; i < OUT * IN; i++) { /* numbers that bf16 holds exactly */
        float value = (float)((int)(i * 37 % 64) - 32) / 16;
        uint32_t bits;
        memcpy(&bits, &value, sizeof bits);
        w.half[i] = (uint16_t)(bits >> 16);
        w.W[i] = (real)value;
    }
    world_loss(&w, same);
    linear_backward(&w.layer, N, w.x, &w.batch, &w.pass, w.work, w.g_y, w.g_x);
    real g_x[N * IN];
    memcpy(g_x, w.g_x, sizeof g_x);
    w.weight.value = w.half;
    w.weight.storage = IDIM_STORED_BF16;
    w.weight.grad = NULL;
    world_loss(&w, y);
    linear_backward(&w.layer, N, w.x, &w.batch, &w.pass, w.work, w.g_y, w.g_x);
    for (size_t i = 0; i < N * OUT; i++)
        assert_near(y[i], same[i], 1e-6);
    for (size_t i = 0; i < N * IN; i++)
        assert_near(w.g_x[i], g_x[i], 1e-6);
}

static void dropout_keeps_the_mean_and_is_off_in_evaluation(void **state)
{
    static world w;
    real y[N * OUT], plain[N * OUT];
    double mean[N * OUT] = {0};
    enum { TIMES = 4000 };
    world_init(&w, 0);
    world_loss(&w, plain);
    w.riders[0].drop = .3;
    for (uint64_t step = 0; step < TIMES; step++) {
        w.pass.step = step;
        world_loss(&w, y);
        for (size_t i = 0; i < N * OUT; i++)
            mean[i] += (double)y[i] / TIMES;
    }
    /* sd of one draw is about .6, so of the mean .01: five of them */
    for (size_t i = 0; i < N * OUT; i++)
        assert_near(mean[i], plain[i], .05);
    w.pass.mode = IDIM_EVAL;
    world_loss(&w, y);
    assert_memory_equal(y, plain, sizeof y);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forward_is_the_formula),
        double_test(gradients_agree_with_differences),
        double_test(gradients_agree_under_dropout),
        cmocka_unit_test(gradients_are_added_and_frozen_parts_left_alone),
        cmocka_unit_test(rows_may_lie_apart_and_g_x_be_added_to),
        cmocka_unit_test(bf16_weights_are_widened),
        cmocka_unit_test(dropout_keeps_the_mean_and_is_off_in_evaluation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
