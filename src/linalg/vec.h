/* vec.h -- a vector of this CPU as a C type, for the inner loops that are our own.
 *
 * vec holds WIDE reals: 64 bytes with AVX-512, else 32. What is summed has LANES parts (64 bytes of reals)
 * whatever the CPU, so that the bits are the same: with AVX2 LANES reals are two vectors. */
#ifndef LINALG_VEC_H
#define LINALG_VEC_H

#include <math.h>
#include <string.h>

#include "base/status.h"

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored                                                                     \
    "-Wpsabi" /* no vector crosses a call: all functions here are inlined */
#endif

#ifdef __AVX512F__
enum { VECTOR = 64 };
#else
enum { VECTOR = 32 };
#endif
enum { LANES = 64 / sizeof(real), WIDE = VECTOR / sizeof(real) };

typedef real vec __attribute__((vector_size(VECTOR)));

#define VEC_INLINE static inline __attribute__((always_inline))
#define VEC_UNROLL _Pragma("GCC unroll 16")

VEC_INLINE vec vec_at(const real *x)
{
    vec v;
    memcpy(&v, x, sizeof v);
    return v;
}

VEC_INLINE void vec_put(real *x, vec v)
{
    memcpy(x, &v, sizeof v);
}

VEC_INLINE vec vec_all(real x)
{
    return (vec){0} + x;
}

VEC_INLINE real real_fma(real a, real b, real c)
{
#ifdef IDIM_DOUBLE
    return fma(a, b, c);
#else
    return fmaf(a, b, c);
#endif
}

/* a b + c, rounded once; the loop is one instruction where the CPU has it. */
VEC_INLINE vec vec_fma(vec a, vec b, vec c)
{
    for (size_t i = 0; i < WIDE; i++)
        c[i] = real_fma(a[i], b[i], c[i]);
    return c;
}

#endif
