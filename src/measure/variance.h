/* variance.h -- how much each source of randomness moves d90: variance components of ln d90. */
#ifndef MEASURE_VARIANCE_H
#define MEASURE_VARIANCE_H

#include "measure/d90.h"

/* A standard deviation with its 95 % interval, from 3 seeds up (else NaN).
 *
 * One factor, n seeds: (n - 1) s^2 / sigma^2 is chi^2 (n - 1).
 *
 * Crossed, a x b, one run each: y_ij = mu + A_i + B_j + AB_ij.  A run is decided by its seeds, so that
 * nothing is left beside the interaction.
 *     s_A^2 = (MS_A - MS_AB) / b,  s_B^2 = (MS_B - MS_AB) / a,  s_AB^2 = MS_AB
 * one that comes out below 0 is 0. Interval of sigma_A^2 with F = MS_A / MS_AB:
 *     SS_A (1 - F_q(a - 1, (a - 1)(b - 1)) / F) / (b chi^2_q(a - 1)),  q = .975, .025
 * which covers at least 90 % (mostly near 95) and is cut at 0.
 * Source: Tukey, Biometrics 7 (1951); Williams, Biometrika 49 (1962). */
typedef struct component {
    size_t n; /* seeds of the source; of the interaction: pairs */
    double sd, low, high;
} component;

component variance_one(size_t n, const double *x);

/* y (a, b), a, b >= 2. out: rows, columns, interaction. work (a + b). */
void variance_crossed(size_t a, size_t b, const double *y, component out[3], double *work);

/* One row of variance.csv. */
typedef struct variance_row {
    const char *space, *vary;
    char source[D90_WORDS]; /* "P", "theta0*P": of a crossed design their interaction */
    char words[D90_WORDS];  /* the rule */
    component c;
    size_t open; /* seeds that entered at an end of the grid: the sd is not to be trusted */
} variance_row;

extern const d90_column variance_columns[]; /* the last row is all zeros */

#endif
