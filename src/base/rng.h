/* rng.h -- counter-based random numbers: any element of any projection again from (stream, index).
 *
 * Philox4x32-10 (Salmon et al., SC 2011), by Random123. A stream is 128 bits drawn by Philox itself
 * from (seed, purpose); element i of a stream depends on (stream, i) alone, so it is the same on any
 * thread, machine and in any order. Normals are made by our own double-precision logarithm and sine
 * (+ - * / sqrt only, no contraction), so they are the same bits everywhere. */
#ifndef BASE_RNG_H
#define BASE_RNG_H

#include "base/status.h"

typedef idim_stream stream; /* { uint32_t key[2], base[2]; } */

/* The stream of one named purpose: "theta0", "P", "order", "dropout", "split", "bootstrap", ... */
stream stream_make(uint64_t seed, const char *purpose);

/* A child stream: its elements are independent of the parent's and of other indices'. */
stream stream_sub(const stream *s, uint64_t index);
stream stream_named(const stream *s, const char *name);

/* Block i: four 32-bit words. The raw material of the rest. */
void rng_block(const stream *s, uint64_t i, uint32_t out[4]);

uint64_t rng_u64(const stream *s, uint64_t i);
/* Uniform on 0 .. n-1, n >= 1: 64 bits times n, upper half; bias below n / 2^64. */
uint64_t rng_below(const stream *s, uint64_t i, uint64_t n);
/* Uniform in the open interval (0,1), 53 bits. */
double rng_uniform(const stream *s, uint64_t i);
/* Standard normal (Box-Muller on block i/2: even i its cosine, odd i its sine). */
double rng_normal(const stream *s, uint64_t i);
/* +1 or -1. Bit i%128 of block i/128. */
real rng_sign(const stream *s, uint64_t i);

/* out[k] = the same number that the scalar call gives for index first + k, k < n; many times faster. */
void rng_normals(const stream *s, uint64_t first, size_t n, real *out);
void rng_uniforms(const stream *s, uint64_t first, size_t n,
                  real *out); /* rounded to real, in (0,1) */
void rng_signs(const stream *s, uint64_t first, size_t n, real *out);

/* A uniform permutation of 0 .. n-1 (Fisher-Yates, downwards, rng_below(s, i, i + 1)). n < 2^32. */
void rng_permutation(const stream *s, size_t n, uint32_t *out);

#endif
