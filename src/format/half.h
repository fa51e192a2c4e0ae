/* half.h -- the value of a 16-bit float of IEEE 754 (binary16), for the formats that hold them. */
#ifndef FORMAT_HALF_H
#define FORMAT_HALF_H

#include <math.h>
#include <stdint.h>

static inline double half_value(uint16_t bits)
{
    int exponent = bits >> 10 & 31, mantissa = bits & 1023;
    double sign = bits >> 15 ? -1 : 1;
    if (exponent == 31)
        return mantissa ? (double)NAN : sign * (double)INFINITY;
    return sign * (exponent ? ldexp(1024 + mantissa, exponent - 25) : ldexp(mantissa, -24));
}

#endif
