/* norm.c -- see norm.h. With h = (x - mean) / s, s = sqrt(var + eps), g = gain o g_y:
 *
 *     g_x = (g - mean(g) - h mean(g o h)) / s            rms: without mean(g)
 *     g_gain += sum over rows of g_y o h       g_bias += sum over rows of g_y
 *
 * The variance is taken in a second pass: no digits cancel. */
#include <math.h>

#include "linalg/exp.h"
#include "nn/norm.h"

void norm_forward(const norm *l, size_t n, const real *x, real *stats, real *y)
{
    const real *gain = l->gain->value, *bias = l->bias ? l->bias->value : NULL;
    size_t w = l->width;
    for (size_t i = 0; i < n; i++, x += w, y += w, stats += 2) {
        real mean = l->rms ? 0 : vec_sum(x, NULL, w) / (real)w, squares[LANES] = {0}, sum = 0;
        size_t j = 0;
        for (; j + LANES <= w; j += LANES)
            for (size_t k = 0; k < LANES; k++)
                squares[k] += (x[j + k] - mean) * (x[j + k] - mean);
        for (; j < w; j++)
            sum += (x[j] - mean) * (x[j] - mean);
        for (size_t k = 0; k < LANES; k++)
            sum += squares[k];
        real over = (real)(1 / sqrt((double)sum / (double)w + l->eps));
        stats[0] = mean;
        stats[1] = over;
        for (j = 0; j < w; j++)
            y[j] = gain[j] * ((x[j] - mean) * over) + (bias ? bias[j] : 0);
    }
}

static void norm_parameters(const norm *l, size_t n, const real *x, const real *stats,
                            const real *g_y)
{
    real *restrict g_gain = l->gain->grad, *restrict g_bias = l->bias ? l->bias->grad : NULL;
    size_t w = l->width;
    for (size_t i = 0; i < n; i++, x += w, g_y += w, stats += 2) {
        real mean = stats[0], over = stats[1];
        if (g_gain)
            for (size_t j = 0; j < w; j++)
                g_gain[j] += g_y[j] * ((x[j] - mean) * over);
        if (g_bias)
            for (size_t j = 0; j < w; j++)
                g_bias[j] += g_y[j];
    }
}

void norm_backward(const norm *l, size_t n, const real *x, const real *stats, const real *g_y,
                   const real *residual, real *g_x)
{
    const real *gain = l->gain->value;
    size_t w = l->width;
    norm_parameters(l, n, x, stats, g_y);
    if (!g_x)
        return;
    for (size_t i = 0; i < n; i++, x += w, g_y += w, g_x += w, stats += 2) {
        real mean = stats[0], over = stats[1], a[LANES] = {0}, b[LANES] = {0}, sum = 0, dot = 0;
        size_t j = 0;
        for (; j + LANES <= w; j += LANES)
            for (size_t k = 0; k < LANES; k++) {
                real g = gain[j + k] * g_y[j + k];
                a[k] += g;
                b[k] += g * (x[j + k] - mean);
            }
        for (; j < w; j++) {
            sum += gain[j] * g_y[j];
            dot += gain[j] * g_y[j] * (x[j] - mean);
        }
        for (size_t k = 0; k < LANES; k++) {
            sum += a[k];
            dot += b[k];
        }
        sum = l->rms ? 0 : sum / (real)w;
        dot *= over * over / (real)w;
        for (j = 0; j < w; j++) {
            real g = over * (gain[j] * g_y[j] - sum - (x[j] - mean) * dot);
            g_x[j] = residual ? residual[j] + g : g;
        }
        residual = residual ? residual + w : NULL;
    }
}
