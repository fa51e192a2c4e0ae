/* interval.h -- 95 % interval of a mean of few values.
 *
 *   mean +- t_{.975}(nu) sqrt(s^2/n + v)        v: variance that all values share (the test set's)
 *   nu = (n - 1) (1 + v / (s^2/n))^2            Welch and Satterthwaite; n - 1 for v = 0
 *
 * A known v raises nu, and with it may lower t by more than it adds: the wider of the intervals with and
 * without v is taken, and the larger p, since an error more says nothing surer.
 *
 * Where a first stage of m values decided by its own spread how many there are (Stein: search.h), its sd and its
 * m - 1 degrees of freedom are what is known: s and nu are of the first m values alone. That holds of differences of
 * two such samples in pairs, too: given the first stage's covariances, the mean of N pairs is normal with the variance
 * sigma^2/N of a difference, whichever of the two spreads decided N.
 *
 * Few seeds are the rule here. A percentile bootstrap over 3 of them covers about 70 %: its spread is
 * short by sqrt((n-1)/n), and it has normal tails where t_2 is wanted. */
#ifndef MEASURE_INTERVAL_H
#define MEASURE_INTERVAL_H

#include "base/status.h"

typedef struct interval {
    double mean, sd;  /* sd with n - 1; NaN for n < 2 */
    double low, high; /* NaN for n < 3 */
    double p;         /* two-sided, of a mean of 0; NaN for n < 3, and where nothing varies */
} interval;

interval interval_t(size_t n, const double *x, double v);
/* sd, low, high and p by the first m values' spread; m >= n, or 0: as interval_t. */
interval interval_stein(size_t n, size_t m, const double *x, double v);

/* Values of a sample, and how many of the first decided how many there are; 0: none did. */
typedef struct interval_sample {
    const double *x;
    size_t n, m;
} interval_sample;

/* Of mean a - mean b of two samples that have nothing to do with each other:
 *   +- t_{.975}(nu) sqrt(sa^2/na + sb^2/nb + v),   nu = (the sum of the two)^2 / sum of (s^2/n)^2/(m - 1)
 * with v and m as above. NaN where one m is below 3. sd: of one value of each. */
interval interval_welch(interval_sample a, interval_sample b, double v);

/* The same where only this is known of each; sd: of the first m. */
typedef struct interval_summary {
    size_t n, m;
    double mean, sd;
} interval_summary;
interval interval_apart(interval_summary a, interval_summary b, double v);

/* How many values make the interval half as wide, the sd staying what it is; 0 for n < 3. */
size_t interval_half(size_t n);

#endif
