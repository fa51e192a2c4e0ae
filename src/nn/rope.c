/* rope.c -- see rope.h. */
#include <math.h>

#include "nn/rope.h"

void rope_table(size_t length, size_t w, double theta, real *table)
{
    for (size_t i = 0; i < w / 2; i++) {
        double frequency = pow(theta, -2 * (double)i / (double)w);
        for (size_t t = 0; t < length; t++) {
            table[(t * (w / 2) + i) * 2] = (real)cos((double)t * frequency);
            table[(t * (w / 2) + i) * 2 + 1] = (real)sin((double)t * frequency);
        }
    }
}

void rope_turn(const real *table, size_t w, bool half, bool back, size_t first, size_t n,
               size_t heads, size_t ld, real *x)
{
    size_t next = half ? w / 2 : 1, step = half ? 1 : 2;
    real sign = back ? -1 : 1;
    for (size_t t = 0; t < n; t++) {
        const real *turn = table + (first + t) * w;
        for (size_t h = 0; h < heads; h++) {
            real *at = x + t * ld + h * w;
            for (size_t i = 0; i < w / 2; i++) {
                real c = turn[2 * i], s = sign * turn[2 * i + 1];
                real a = at[i * step], b = at[i * step + next];
                at[i * step] = a * c - b * s;
                at[i * step + next] = a * s + b * c;
            }
        }
    }
}
