/* gelu.h -- activations between the two matrices of a transformer's MLP, with derivatives from inputs.
 *
 *     gelu       x Phi(x) = x (1 + erf(x / sqrt 2)) / 2                Hendrycks & Gimpel 2016 (BERT)
 *     gelu tanh  x (1 + tanh u) / 2,  u = sqrt(2/pi) (x + .044715 x^3)                (GPT-2)
 *     relu       max(x, 0)
 *     silu       x / (1 + exp -x)
 *     gated      silu(gate) o up                                   Shazeer 2020, SwiGLU (Llama) */
#ifndef NN_GELU_H
#define NN_GELU_H

#include "base/status.h"

typedef enum gelu { GELU_ERF, GELU_TANH, GELU_RELU, GELU_SILU } gelu;
#define GELU_WORDS "gelu+gelu-tanh+relu+silu"

void gelu_forward(gelu f, size_t n, const real *x, real *y);  /* y may be x */
void gelu_backward(gelu f, size_t n, const real *x, real *g); /* g <- g o f'(x) */

/* y = f(gate) o up, and g_gate, g_up from g_y; g_up may be g_y. */
void gelu_gated_forward(gelu f, size_t n, const real *gate, const real *up, real *y);
void gelu_gated_backward(gelu f, size_t n, const real *gate, const real *up, const real *g_y,
                         real *g_gate, real *g_up);

#endif
