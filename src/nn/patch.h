/* patch.h -- layers that look at patches of a picture: convolution, and the same without tied weights.
 *
 *   tied     y[o,p] = scale sum_k W[o,k] x[patch(p),k] + b[o]                W (out, K)   b (out)
 *   untied   y[o,p] = scale sum_k W[p,o,k] x[patch(p),k] + b[p,o]            W (L, out, K)   b (L, out)
 *
 *   x (n, channels, height, width)   y (n, out, rows, cols)   L = rows cols   K = channels kh kw
 *
 * Output place (r, c) sees rows r .. r+kh-1 and columns c .. c+kw-1; with `wrap` they go on at the other
 * side, so that a kernel of the picture's size sees all of it from every place. Kernels carry no riders. */
#ifndef NN_PATCH_H
#define NN_PATCH_H

#include "base/status.h"

typedef struct patch {
    size_t channels, height, width, kh, kw, out, rows, cols;
    bool untied, wrap;
    const idim_slot *weight, *bias;
} patch;

size_t patch_places(const patch *p);         /* L */
size_t patch_numbers(const patch *p);        /* K */
size_t patch_work(const patch *p, size_t n); /* bytes, for n samples */

void patch_forward(const patch *p, size_t n, const real *x, void *work, real *y);
/* Adds to the slots' gradients; overwrites g_x (NULL: not wanted). */
void patch_backward(const patch *p, size_t n, const real *x, void *work, const real *g_y,
                    real *g_x);

/* 2 x 2 maxima, stride 2, of (planes, height, width), odd edges cut; which: the place of the maximum in
 * its square, 0..3, the first of equal ones. backward overwrites g_x. */
void maxpool_forward(size_t planes, size_t height, size_t width, const real *x, real *y,
                     uint8_t *which);
void maxpool_backward(size_t planes, size_t height, size_t width, const uint8_t *which,
                      const real *g_y, real *g_x);

#endif
