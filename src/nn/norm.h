/* norm.h -- LayerNorm and RMSNorm over the last dimension, rows of `width`:
 *
 *     y = gain o (x - mean) / sqrt(var + eps) + bias          Ba et al. 2016; var is the mean of squares
 *     y = gain o x / sqrt(mean of x^2 + eps)                  Zhang & Sennrich 2019 (rms)
 *
 * Parameter gradients are added to; g_x is overwritten. */
#ifndef NN_NORM_H
#define NN_NORM_H

#include "base/status.h"

typedef struct norm {
    size_t width;
    bool rms;
    double eps;
    const idim_slot *gain, *bias; /* bias NULL: none */
} norm;

/* stats (n, 2): the mean (0 where rms) and 1/sqrt(...) of each row, for backward. y may be x where no
 * backward follows. */
void norm_forward(const norm *l, size_t n, const real *x, real *stats, real *y);

/* g_x = residual + what comes through the norm; residual NULL: 0; it may be g_x. g_x NULL: only the
 * parameters' gradients. */
void norm_backward(const norm *l, size_t n, const real *x, const real *stats, const real *g_y,
                   const real *residual, real *g_x);

#endif
