/* tail.h -- does the upper tail of some numbers follow a power law, and with which exponent?
 *
 *   density of x >= least:  (alpha - 1)/least (x/least)^-alpha
 *   alpha = 1 + n / sum ln(x_i / least)                   over the n values of the tail
 *   least   the value whose tail has the smallest Kolmogorov-Smirnov distance, tails of >= 50 alone
 *   p       share of `replicates` samples drawn from the fit (its tail by the law, its body from the
 *           numbers themselves), fitted alike, whose distance is larger: below .1 the law is ruled out
 *
 * Where there are more than 200 candidates for `least`, 200 spaced evenly in rank are tried, in the samples too.
 * Source: Clauset, Shalizi, Newman, SIAM Review 51 (2009), sections 3.1, 3.3 and 4.1. */
#ifndef MEASURE_TAIL_H
#define MEASURE_TAIL_H

#include "base/rng.h"
#include "base/status.h"

enum { TAIL_LEAST = 50 };

typedef struct tail {
    size_t n; /* values in the tail; 0: fewer than TAIL_LEAST positive values, nothing is known */
    double alpha, least, distance, p;
} tail;

/* x (n) falling, zeros at the end are passed over. ERR_MEMORY. */
status tail_fit(size_t n, const double *x, size_t replicates, const stream *s, tail *out);

#endif
