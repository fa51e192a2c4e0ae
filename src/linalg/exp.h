/* exp.h -- exp, tanh and erf of our own for loops that gcc vectorises: + - * / and fma alone, so that
 * they are the same bits on every machine.
 *
 *   exp x = 2^k e^r,  k = round(x / ln 2),  |r| <= ln 2 / 2; e^r by the polynomial of Cephes' expf
 *           (Moshier): relative error below 2e-7 for x in [-87, 88]; 0 below, inf above; NaN stays NaN
 *   erf x = x P(x^2)/Q(x^2) on |x| < 4 and +-1 beyond, P and Q as in Eigen's float erf: error 4e-7
 *
 * With real = double they are libm's: the gradient checks want all digits. */
#ifndef LINALG_EXP_H
#define LINALG_EXP_H

#include <math.h>
#include <string.h>

#include "linalg/vec.h"

VEC_INLINE float float_exp(float x)
{
    const float low = -87.3f, high = 88.7f, whole = 0x1.8p23f; /* adding it rounds to integers */
    float y = x < low ? low : x > high ? high : x;             /* NaN passes */
    float t = fmaf(y, 1.44269504f, whole), k = t - whole;
    float r = fmaf(k, -0.693359375f, y);
    r = fmaf(k, 2.12194440e-4f, r);
    float p = 1.9875691500e-4f;
    p = fmaf(p, r, 1.3981999507e-3f);
    p = fmaf(p, r, 8.3334519073e-3f);
    p = fmaf(p, r, 4.1665795894e-2f);
    p = fmaf(p, r, 1.6666665459e-1f);
    p = fmaf(p, r, 5.0000001201e-1f);
    p = fmaf(p * r, r, r) + 1;
    /* 2^k from t's low bits, as two factors: k = 128 alone is no float */
    uint32_t bits, half;
    float a, b;
    memcpy(&bits, &t, sizeof bits);
    bits -= 0x4b400000u; /* k as an integer */
    half = (uint32_t)((int32_t)bits >> 1);
    bits = (bits - half + 127) << 23;
    half = (half + 127) << 23;
    memcpy(&a, &half, sizeof a);
    memcpy(&b, &bits, sizeof b);
    float e = p * a * b;
    return x < low ? 0 : x > high ? HUGE_VALF : e;
}

VEC_INLINE float float_erf(float x)
{
    float y = x < -4 ? -4 : x > 4 ? 4 : x, q = y * y;
    float p = -2.72614225801306e-10f;
    p = fmaf(p, q, 2.77068142495902e-08f);
    p = fmaf(p, q, -2.10102402082508e-06f);
    p = fmaf(p, q, -5.69250639462346e-05f);
    p = fmaf(p, q, -7.34990630326855e-04f);
    p = fmaf(p, q, -2.95459980854025e-03f);
    p = fmaf(p, q, -1.60960333262415e-02f);
    float d = -1.45660718464996e-05f;
    d = fmaf(d, q, -2.13374055278905e-04f);
    d = fmaf(d, q, -1.68282697438203e-03f);
    d = fmaf(d, q, -7.37332916720468e-03f);
    d = fmaf(d, q, -1.42647390514189e-02f);
    return y * p / d;
}

VEC_INLINE real real_exp(real x)
{
#ifdef IDIM_DOUBLE
    return exp(x);
#else
    return float_exp(x);
#endif
}

VEC_INLINE real real_erf(real x)
{
#ifdef IDIM_DOUBLE
    return erf(x);
#else
    return float_erf(x);
#endif
}

/* The largest of n >= 1 reals; a NaN is passed over where it can be. */
VEC_INLINE real vec_max(const real *x, size_t n)
{
    real m[LANES], best = x[0];
    size_t i = 0;
    for (size_t k = 0; k < LANES; k++)
        m[k] = x[0];
    for (; i + LANES <= n; i += LANES)
        for (size_t k = 0; k < LANES; k++)
            m[k] = x[i + k] > m[k] ? x[i + k] : m[k];
    for (size_t k = 0; k < LANES; k++)
        best = m[k] > best ? m[k] : best;
    for (; i < n; i++)
        best = x[i] > best ? x[i] : best;
    return best;
}

/* sum of x_i y_i in LANES parts, added up in order. y NULL: sum of x_i. */
VEC_INLINE real vec_sum(const real *x, const real *y, size_t n)
{
    real s[LANES] = {0}, sum = 0;
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (size_t k = 0; k < LANES; k++)
            s[k] += y ? x[i + k] * y[i + k] : x[i + k];
    for (size_t k = 0; i + k < n; k++)
        s[k] += y ? x[i + k] * y[i + k] : x[i + k];
    for (size_t k = 0; k < LANES; k++)
        sum += s[k];
    return sum;
}

#endif
