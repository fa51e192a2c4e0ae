/* conv.h -- LeNet's layers on pictures of LANES samples side by side: 5 x 5 convolution, and relu with
 * 2 x 2 maxima in one pass.
 *
 *   y[o,r,c] = scale sum_{i,dy,dx} W[o,i,dy,dx] x[i,r+dy,c+dx] + b[o]      W (out, channels, 5, 5)   b (out)
 *
 *   x (channels, height, width, LANES)   y (out, height - 4, width - 4, LANES)
 *
 * Number f of sample l stands at [f LANES + l], so that every operation is one on whole vectors, whatever
 * the picture. Samples are summed lane by lane and the lanes in order at the end: the bits are those of
 * any vector width. Kernels carry no riders. Work is cut by nobody: one block on one thread. */
#ifndef NN_CONV_H
#define NN_CONV_H

#include "linalg/vec.h"

enum { CONV_SIDE = 5 };

/* As wide as a real: what a comparison of vectors makes. */
#ifdef IDIM_DOUBLE
typedef int64_t lane_place;
#else
typedef int32_t lane_place;
#endif

/* x (n, features) to a block (features, LANES) and back, n <= LANES; lanes without a sample are 0. */
void lanes_take(size_t n, size_t features, const real *restrict x, real *restrict block);
void lanes_give(size_t n, size_t features, const real *restrict block, real *restrict x);

typedef struct conv {
    size_t channels, height, width, out;
} conv;

size_t conv_kernel(const conv *c); /* numbers of W */
size_t conv_sums(const conv *c);   /* reals of sums, below */

/* scale W in the orders in which forward, (channels, 5, 5, out), and backward, (out, 5, 5 turned round,
 * channels), read it: once a batch. */
void conv_turn(const conv *c, const idim_slot *weight, real *forward, real *backward);

void conv_forward(const conv *c, const real *turned, const real *b, const real *x, real *y);
/* g_x, overwritten. */
void conv_backward(const conv *c, const real *turned, const real *g_y, real *g_x);
/* Adds one block's share of g_W and g_b, lane by lane, to sums (zeros before the first). */
void conv_sum(const conv *c, const real *x, const real *g_y, real *sums);
/* Adds what was summed to the gradients that are wanted. */
void conv_gradients(const conv *c, const real *sums, const idim_slot *weight,
                    const idim_slot *bias);

/* y = max(0, maxima over 2 x 2) of (planes, height, width, LANES), odd edges cut; which: the place of the
 * maximum in its square, 0..3, the first of equal ones; 4 where relu let nothing through. backward
 * overwrites g_x. NaN goes on as it is. */
void relu_maxpool_forward(size_t planes, size_t height, size_t width, const real *restrict x,
                          real *restrict y, lane_place *restrict which);
void relu_maxpool_backward(size_t planes, size_t height, size_t width,
                           const lane_place *restrict which, const real *restrict g_y,
                           real *restrict g_x);

#endif
