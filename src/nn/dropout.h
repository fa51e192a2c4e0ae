/* dropout.h -- a share of entries set to 0 while training, the rest scaled up by 1/(1 - share).
 *
 * The mask of an entry comes from (stream, step, sample, its place in the sample) alone: it does not
 * depend on the batch around it, and what is computed again is dropped again.
 * Rows of several samples lie one behind another: sample s has the rows starts[s] .. starts[s+1]. */
#ifndef NN_DROPOUT_H
#define NN_DROPOUT_H

#include "base/rng.h"
#include "base/status.h"

/* mask (n): 0 where rng_uniform(s, first + j) < share, else 1/(1 - share). */
void dropout_mask(const stream *s, uint64_t first, size_t n, double share, real *mask);

/* The stream of sample i of the batch at this step, below that of a layer. */
stream dropout_sample(const stream *layer, const idim_batch *batch, const idim_pass *pass,
                      size_t i);

/* y = mask o x, or y += where add is set; y may be x. Rows of `width` entries; starts NULL: n rows,
 * one a sample, else starts[n_samples] = n. */
void dropout_rows(const stream *layer, double share, size_t n, size_t width, const uint32_t *starts,
                  const idim_batch *batch, const idim_pass *pass, const real *x, bool add, real *y);

#endif
