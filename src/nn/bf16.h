/* bf16.h -- numbers in 16 bits: the upper half of a float, so that a float's range is kept and 8 bits of its
 * mantissa, the leading one counted. */
#ifndef NN_BF16_H
#define NN_BF16_H

#include <string.h>

#include "base/status.h"

static inline real bf16_value(uint16_t half)
{
    uint32_t bits = (uint32_t)half << 16;
    float value;
    memcpy(&value, &bits, sizeof value);
    return (real)value;
}

/* The nearest, ties to even. A NaN stays one: rounding up could carry its mantissa into the sign. */
static inline uint16_t bf16_nearest(real x)
{
    float value = (float)x;
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    if (value != value)
        return (uint16_t)(bits >> 16 | 64);
    return (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

static inline void bf16_values(const uint16_t *half, size_t n, real *x)
{
    for (size_t i = 0; i < n; i++)
        x[i] = bf16_value(half[i]);
}

#endif
