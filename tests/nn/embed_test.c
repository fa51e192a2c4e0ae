/* embed_test.c -- sums of table rows against the definition, and rotary positions against polar
 * coordinates; gradients are their transposes. */
#include "tests/test.h"

#include "nn/embed.h"
#include "nn/rope.h"

enum { SAMPLES = 2, LENGTH = 4, WIDTH = 3, VOCABULARY = 6, ROWS = 6 };
static const uint32_t starts[] = {0, 4, 6};
static const int32_t tokens[] = {5, 0, 5, 2, 1, -1, -1, -1};
static const uint8_t segments[] = {0, 0, 1, 1, 1, 1, 0, 0};

static void a_row_is_the_sum_of_its_three(void **state)
{
    real E[VOCABULARY * WIDTH], P[7 * WIDTH], S[2 * WIDTH], y[ROWS * WIDTH];
    idim_slot e = {.value = E, .scale = 1}, p = {.value = P, .scale = 1},
              s = {.value = S, .scale = 1};
    embed l = {.width = WIDTH, .first = 2, .tokens = &e, .positions = &p, .segments = &s};
    test_fill(E, VOCABULARY * WIDTH, 1);
    test_fill(P, 7 * WIDTH, 2);
    test_fill(S, 2 * WIDTH, 3);
    embed_forward(&l, tokens, segments, SAMPLES, LENGTH, 1, starts, y);
    for (size_t c = 0; c < WIDTH; c++) {
        /* sample 0, position 2: token 5, table row 2 + 1 + 2, segment 1 */
        assert_near(y[2 * WIDTH + c], E[5 * WIDTH + c] + P[5 * WIDTH + c] + S[WIDTH + c], 1e-7);
        assert_near(y[4 * WIDTH + c], E[WIDTH + c] + P[3 * WIDTH + c] + S[WIDTH + c], 1e-7);
        /* a row without a token has its position and segment */
        assert_near(y[5 * WIDTH + c], P[4 * WIDTH + c] + S[WIDTH + c], 1e-7);
    }
    l.positions = l.segments = NULL;
    embed_forward(&l, tokens, NULL, SAMPLES, LENGTH, 0, starts, y);
    assert_memory_equal(y, E + 5 * WIDTH, WIDTH * sizeof *y);
}

static void a_table_in_bf16_is_widened(void **state)
{
    uint16_t E[VOCABULARY * WIDTH] = {0};
    real y[ROWS * WIDTH];
    idim_slot e = {.value = E, .storage = IDIM_STORED_BF16, .scale = 1};
    embed l = {.width = WIDTH, .tokens = &e};
    E[5 * WIDTH + 1] = 0x3fc0; /* 1.5 */
    embed_forward(&l, tokens, NULL, SAMPLES, LENGTH, 0, starts, y);
    assert_true(y[0] == 0 && y[1] == (real)1.5 && y[2 * WIDTH + 1] == (real)1.5);
}

static void gradients_are_the_transpose_and_added(void **state)
{
    real E[VOCABULARY * WIDTH], P[7 * WIDTH], S[2 * WIDTH], y[ROWS * WIDTH], g_y[ROWS * WIDTH];
    real g_E[VOCABULARY * WIDTH], g_P[7 * WIDTH], g_S[2 * WIDTH];
    idim_slot e = {.value = E, .grad = g_E, .scale = 1}, p = {.value = P, .grad = g_P, .scale = 1};
    idim_slot s = {.value = S, .grad = g_S, .scale = 1};
    embed l = {.width = WIDTH, .first = 2, .tokens = &e, .positions = &p, .segments = &s};
    test_fill(E, VOCABULARY * WIDTH, 1);
    test_fill(P, 7 * WIDTH, 2);
    test_fill(S, 2 * WIDTH, 3);
    test_fill(g_y, ROWS * WIDTH, 4);
    memset(g_E, 0, sizeof g_E);
    memset(g_P, 0, sizeof g_P);
    memset(g_S, 0, sizeof g_S);
    embed_forward(&l, tokens, segments, SAMPLES, LENGTH, 0, starts, y);
    embed_backward(&l, tokens, segments, SAMPLES, LENGTH, starts, g_y);
    embed_backward(&l, tokens, segments, SAMPLES, LENGTH, starts, g_y);
    double forward = 0, back = 0; /* the map is linear: <g_y, y> twice is <g, parameters> */
    for (size_t i = 0; i < ROWS * WIDTH; i++)
        forward += 2 * (double)g_y[i] * (double)y[i];
    for (size_t i = 0; i < VOCABULARY * WIDTH; i++)
        back += (double)E[i] * (double)g_E[i];
    for (size_t i = 0; i < 7 * WIDTH; i++)
        back += (double)P[i] * (double)g_P[i];
    for (size_t i = 0; i < 2 * WIDTH; i++)
        back += (double)S[i] * (double)g_S[i];
    assert_near(back, forward, 1e-6);
    assert_near(g_E[5 * WIDTH], 2 * (g_y[0] + g_y[2 * WIDTH]), 1e-6); /* a token twice */
    real once = g_E[5 * WIDTH];
    e.grad = NULL;
    embed_backward(&l, tokens, segments, SAMPLES, LENGTH, starts, g_y);
    assert_true(g_E[5 * WIDTH] == once);
}

static void a_pair_is_turned_by_its_angle(void **state)
{
    enum { W = 6, HEADS = 2, N = 3, LD = 14, FIRST = 4 };
    real table[(FIRST + N) * W], x[N * LD], y[N * LD];
    test_fill(x, N * LD, 1);
    rope_table(FIRST + N, W, 10000, table);
    for (int half = 0; half < 2; half++) {
        memcpy(y, x, sizeof y);
        rope_turn(table, W, half, false, FIRST, N, HEADS, LD, y);
        for (size_t t = 0; t < N; t++)
            for (size_t h = 0; h < HEADS; h++)
                for (size_t i = 0; i < W / 2; i++) {
                    size_t a = t * LD + h * W + (half ? i : 2 * i), b = a + (half ? W / 2 : 1);
                    double angle = (double)(FIRST + t) * pow(10000, -2.0 * (double)i / W);
                    double r = hypot((double)x[a], (double)x[b]);
                    double phase = atan2((double)x[b], (double)x[a]) + angle;
                    assert_near(y[a], r * cos(phase), 1e-6);
                    assert_near(y[b], r * sin(phase), 1e-6);
                }
        assert_memory_equal(y + HEADS * W, x + HEADS * W, (LD - HEADS * W) * sizeof *y);
        rope_turn(table, W, half, true, FIRST, N, HEADS, LD, y);
        for (size_t i = 0; i < N * LD; i++)
            assert_near(y[i], x[i], 1e-6);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_row_is_the_sum_of_its_three),
        cmocka_unit_test(a_table_in_bf16_is_widened),
        cmocka_unit_test(gradients_are_the_transpose_and_added),
        cmocka_unit_test(a_pair_is_turned_by_its_angle),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
