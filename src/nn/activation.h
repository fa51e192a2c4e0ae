/* activation.h -- functions between layers, in place, with derivatives from their own outputs. */
#ifndef NN_ACTIVATION_H
#define NN_ACTIVATION_H

#include "base/status.h"

typedef enum activation { ACT_RELU, ACT_TANH, ACT_SIGMOID } activation;
#define ACTIVATION_WORDS "relu+tanh+sigmoid"

/* y (n) <- f(y) */
void activation_forward(activation a, size_t n, real *y);
/* g (n) <- g o f', f' from y = f(x): relu y > 0, tanh 1 - y^2, sigmoid y (1 - y). */
void activation_backward(activation a, size_t n, const real *y, real *g);

/* Standard deviation of a kernel's numbers at step 0: He et al. 2015 for relu, sqrt(2/in); Glorot and
 * Bengio 2010 for the others, sqrt(2/(in + out)). */
double activation_spread(activation a, size_t in, size_t out);

#endif
