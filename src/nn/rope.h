/* rope.h -- rotary positions (Su et al. 2021): pair i of a head of width w at position t is turned by
 * the angle t theta^(-2i/w).
 *
 *     interleaved   the pair is entries 2i and 2i + 1            (llama2.c, the original release)
 *     half          the pair is entries i and i + w/2            (Hugging Face's files) */
#ifndef NN_ROPE_H
#define NN_ROPE_H

#include "base/status.h"

/* table (length, w/2, 2): cosine and sine of each position and pair. */
void rope_table(size_t length, size_t w, double theta, real *table);

/* Turns rows 0 .. n-1, positions first .. first+n-1, of `heads` heads each, ld reals apart, in place;
 * back: by the opposite angles, which is also the way of the gradients. */
void rope_turn(const real *table, size_t w, bool half, bool back, size_t first, size_t n,
               size_t heads, size_t ld, real *x);

#endif
