/* gelu.c -- see gelu.h. Loops without branches: gcc makes vectors of them. With sigma(v) = 1/(1 + exp -v)
 *
 *     gelu       f = x Phi     f' = Phi + x exp(-x^2/2) / sqrt(2 pi)
 *     gelu tanh  f = x sigma(2u)   f' = sigma(2u) + 2 x u' sigma(2u) (1 - sigma(2u))
 *     silu       f = x sigma(x)    f' = sigma(x) (1 + x (1 - sigma(x))) */
#include "linalg/exp.h"
#include "nn/gelu.h"

typedef struct both { /* f(x) and f'(x) */
    real y, slope;
} both;

VEC_INLINE real sigma(real v)
{
    return 1 / (1 + real_exp(-v));
}

/* `slopes` is a constant where this is called: what is not asked for is not computed. */
VEC_INLINE both erf_at(real x, bool slopes)
{
    real phi = (real)0.5 * (1 + real_erf(x * (real)0.70710678118654752440));
    real density = slopes ? (real)0.39894228040143267794 * real_exp((real)-0.5 * x * x) : 0;
    return (both){x * phi, phi + x * density};
}

VEC_INLINE both tanh_at(real x, bool slopes)
{
    const real a = (real)0.79788456080286535588, b = (real)0.044715;
    real s = sigma(2 * a * (x + b * x * x * x));
    real du = slopes ? 2 * a * (1 + 3 * b * x * x) : 0;
    return (both){x * s, s + x * du * s * (1 - s)};
}

VEC_INLINE both relu_at(real x, bool slopes)
{
    return (both){x < 0 ? 0 : x, slopes && x > 0}; /* NaN stays: divergence must be seen */
}

VEC_INLINE both silu_at(real x, bool slopes)
{
    real s = sigma(x);
    return (both){x * s, slopes ? s * (1 + x * (1 - s)) : 0};
}

#define EACH(f, LOOP)                                                                              \
    switch (f) {                                                                                   \
    case GELU_ERF:                                                                                 \
        LOOP(erf_at) break;                                                                        \
    case GELU_TANH:                                                                                \
        LOOP(tanh_at) break;                                                                       \
    case GELU_RELU:                                                                                \
        LOOP(relu_at) break;                                                                       \
    case GELU_SILU:                                                                                \
        LOOP(silu_at) break;                                                                       \
    }

void gelu_forward(gelu f, size_t n, const real *x, real *y)
{
#define LOOP(at)                                                                                   \
    for (size_t i = 0; i < n; i++)                                                                 \
        y[i] = at(x[i], false).y;
    EACH(f, LOOP)
#undef LOOP
}

void gelu_backward(gelu f, size_t n, const real *restrict x, real *restrict g)
{
#define LOOP(at)                                                                                   \
    for (size_t i = 0; i < n; i++)                                                                 \
        g[i] *= at(x[i], true).slope;
    EACH(f, LOOP)
#undef LOOP
}

void gelu_gated_forward(gelu f, size_t n, const real *restrict gate, const real *restrict up,
                        real *restrict y)
{
#define LOOP(at)                                                                                   \
    for (size_t i = 0; i < n; i++)                                                                 \
        y[i] = at(gate[i], false).y * up[i];
    EACH(f, LOOP)
#undef LOOP
}

void gelu_gated_backward(gelu f, size_t n, const real *gate, const real *up, const real *g_y,
                         real *g_gate, real *g_up)
{
#define LOOP(at)                                                                                   \
    for (size_t i = 0; i < n; i++) {                                                               \
        both v = at(gate[i], true);                                                                \
        real g = g_y[i];                                                                           \
        g_gate[i] = g * up[i] * v.slope;                                                           \
        g_up[i] = g * v.y;                                                                         \
    }
    EACH(f, LOOP)
#undef LOOP
}
