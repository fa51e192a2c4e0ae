/* dropout.c -- see dropout.h. Numbers are drawn in bulk and rounded to real; those so near to the share
 * that the rounding could decide are drawn again in double, so that the mask is that of rng_uniform. */
#include <math.h>

#include "nn/dropout.h"

enum { PIECE = 512 }; /* numbers drawn at a time */

void dropout_mask(const stream *s, uint64_t first, size_t n, double share, real *mask)
{
    const real keep = (real)(1 / (1 - share)), cut = (real)share;
    rng_uniforms(s, first, n, mask);
    for (size_t j = 0; j < n; j++) {
        real u = mask[j];
        bool out = u < cut;
        if (fabs((double)u - share) < 1e-6)
            out = rng_uniform(s, first + j) < share;
        mask[j] = out ? 0 : keep;
    }
}

stream dropout_sample(const stream *layer, const idim_batch *batch, const idim_pass *pass, size_t i)
{
    stream step = stream_sub(layer, pass->step);
    return stream_sub(&step, batch->index ? batch->index[i] : i);
}

void dropout_rows(const stream *layer, double share, size_t n, size_t width, const uint32_t *starts,
                  const idim_batch *batch, const idim_pass *pass, const real *x, bool add, real *y)
{
    real mask[PIECE];
    for (size_t i = 0, row = 0; row < n; i++) {
        stream sample = dropout_sample(layer, batch, pass, i);
        size_t end = starts ? starts[i + 1] : row + 1, all = (end - row) * width;
        const real *from = x + row * width;
        real *to = y + row * width;
        for (size_t at = 0; at < all; at += PIECE) {
            size_t k = all - at < PIECE ? all - at : PIECE;
            dropout_mask(&sample, at, k, share, mask);
            for (size_t j = 0; j < k; j++) {
                real v = mask[j] > 0 ? mask[j] * from[at + j] : 0; /* not even of a NaN */
                to[at + j] = add ? to[at + j] + v : v;
            }
        }
        row = end;
    }
}
