/* activation.c -- see activation.h. */
#include <math.h>
#include <tgmath.h>

#include "nn/activation.h"

void activation_forward(activation a, size_t n, real *y)
{
    if (a == ACT_RELU)
        for (size_t i = 0; i < n; i++)
            y[i] = y[i] < 0 ? 0 : y[i]; /* NaN stays: divergence must be seen */
    else if (a == ACT_TANH)
        for (size_t i = 0; i < n; i++)
            y[i] = tanh(y[i]);
    else
        for (size_t i = 0; i < n; i++)
            y[i] = 1 / (1 + exp(-y[i]));
}

void activation_backward(activation a, size_t n, const real *y, real *g)
{
    if (a == ACT_RELU)
        for (size_t i = 0; i < n; i++)
            g[i] = y[i] > 0 ? g[i] : 0;
    else if (a == ACT_TANH)
        for (size_t i = 0; i < n; i++)
            g[i] *= 1 - y[i] * y[i];
    else
        for (size_t i = 0; i < n; i++)
            g[i] *= y[i] * (1 - y[i]);
}

double activation_spread(activation a, size_t in, size_t out)
{
    return a == ACT_RELU ? sqrt(2 / (double)in) : sqrt(2 / (double)(in + out));
}
