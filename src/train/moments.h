/* moments.h -- Adam's update of one range, shared by adam (decay added to the gradient) and adamw
 * (decay of the weights themselves).
 *
 *   g <- g_scale g + wd_gradient z
 *   m <- beta1 m + (1 - beta1) g          v <- beta2 v + (1 - beta2) g^2
 *   z <- (1 - shrink) z - lr m_hat / (sqrt(v_hat) + eps),  m_hat = m/(1-beta1^t), v_hat = v/(1-beta2^t)
 *
 * Source: Kingma & Ba 2015, algorithm 1; Loshchilov & Hutter 2019, algorithm 2. */
#ifndef TRAIN_MOMENTS_H
#define TRAIN_MOMENTS_H

#include "base/status.h"

typedef struct moments {
    double beta1, beta2, eps;
    double lr, g_scale, wd_gradient, shrink;
    size_t t; /* from 1 */
} moments;

void moments_step(const moments *k, size_t n, real *restrict z, const real *restrict g,
                  real *restrict m, real *restrict v);

#endif
