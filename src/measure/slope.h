/* slope.h -- does y change with x? A straight line through means of few values each.
 *
 *   y_i = a + b x_i + e_i,   var e_i = tau^2 + sigma^2 / n_i        point i is a mean of n_i values
 *
 * sigma is the values' own spread, pooled over the points; tau what the points differ in beside that, which no
 * number of values takes away. Weights are n_i, the points' own sd stands in none: an sd of 3 values says too little.
 *   b +- t_{.975}(k - 2) sqrt(s^2 / sum n_i (x_i - x)^2),   s^2 = sum n_i e_i^2 / (k - 2)
 *   tau^2 = (s^2 - sigma^2) / mean n, at least 0             (for n_i alike, where E s^2 = sigma^2 + n tau^2)
 * The largest y over the smallest tells nothing of b: of 20 equal points with a spread of 6.6 % it is 1.28. */
#ifndef MEASURE_SLOPE_H
#define MEASURE_SLOPE_H

#include "base/status.h"

typedef struct slope_point {
    double x, y;
    double n;  /* values that y is a mean of */
    double sd; /* of one of them; NaN: not known */
} slope_point;

typedef struct slope {
    double b;         /* NaN: all points, or the only one, at one x */
    double low, high; /* NaN for fewer than 3 points: no degree is left */
    double sigma;     /* NaN: no point has more than one value */
    double tau;       /* NaN where low or sigma is */
} slope;

slope slope_fit(size_t k, const slope_point *points);

#endif
