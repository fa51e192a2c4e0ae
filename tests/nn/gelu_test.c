/* gelu_test.c -- golden: PyTorch 1.13's gelu, gelu(approximate='tanh') and silu in double; derivatives
 * against central differences; our exp and erf against libm's. */
#include "tests/test.h"

#include "linalg/exp.h"
#include "nn/gelu.h"

enum { N = 7 };
static const double at[N] = {-5, -1.5, -.3, 0, .7, 2, 6};
static const double golden[4][N] = {
    [GELU_ERF] = {-1.4332578593401202e-06, -0.10021080190328704, -0.1146265733433142, 0,
                  0.5306254434438489, 1.9544997361036416, 5.999999994080474},
    [GELU_TANH] = {-2.2917961972623857e-07, -0.10042842301976707, -0.11462907645724074, 0,
                   0.5305701347051167, 1.954597694087775, 5.9999999999156035},
    [GELU_RELU] = {0, 0, 0, 0, .7, 2, 6},
    [GELU_SILU] = {-0.03346425462142428, -0.2736382857095345, -0.1276672449565023, 0,
                   0.46773144051771626, 1.7615941559557646, 5.985164261060192},
};

static void values_are_pytorchs(void **state)
{
    for (int f = 0; f < 4; f++) {
        real x[N], y[N], gated[N], up[N];
        test_fill(up, N, 3);
        for (size_t i = 0; i < N; i++)
            x[i] = (real)at[i];
        gelu_forward((gelu)f, N, x, y);
        gelu_gated_forward((gelu)f, N, x, up, gated);
        for (size_t i = 0; i < N; i++) {
            assert_near(y[i], golden[f][i], 1e-6);
            assert_near(gated[i], golden[f][i] * (double)up[i], 1e-6);
        }
    }
}

static void slopes_agree_with_differences(void **state)
{
    const double h = 1e-6;
    for (int f = 0; f < 4; f++)
        for (size_t i = 0; i < N; i++) {
            real x[2] = {(real)(at[i] + .1 + h), (real)(at[i] + .1 - h)}, y[2];
            real mid = (real)(at[i] + .1), g = 1, up = 3, g_y = 5, g_gate, g_up;
            gelu_forward((gelu)f, 2, x, y);
            gelu_backward((gelu)f, 1, &mid, &g);
            double slope = (double)(y[0] - y[1]) / (2 * h);
            assert_near(g, slope, 1e-8);
            gelu_gated_backward((gelu)f, 1, &mid, &up, &g_y, &g_gate, &g_up);
            gelu_forward((gelu)f, 1, &mid, y);
            assert_near(g_gate, slope * 15, 1e-8);
            assert_near(g_up, 5 * (double)y[0], 1e-12);
        }
}

static void a_number_that_is_none_stays(void **state)
{
    for (int f = 0; f < 4; f++) {
        real x = (real)NAN, y;
        gelu_forward((gelu)f, 1, &x, &y);
        assert_true(isnan(y));
    }
}

static void our_exp_and_erf_are_near_libms(void **state) /* bounds: exp.h */
{
    for (double x = -87; x < 88; x += .013) {
        float v = (float)x;
        assert_true(fabs((double)float_exp(v) / exp((double)v) - 1) < 2e-7);
    }
    for (double x = -6; x < 6; x += .0013) {
        float v = (float)x;
        assert_true(fabs((double)float_erf(v) - erf((double)v)) < 5e-7);
    }
    assert_true(float_exp(-200) == 0 && float_exp(0) == 1 && isinf(float_exp(89)));
    assert_true(isnan(float_exp((float)NAN)) && isnan(float_erf((float)NAN)));
    assert_true(isinf(float_exp((float)INFINITY)) && float_exp((float)-INFINITY) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_pytorchs),
        double_test(slopes_agree_with_differences),
        cmocka_unit_test(a_number_that_is_none_stays),
        cmocka_unit_test(our_exp_and_erf_are_near_libms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
