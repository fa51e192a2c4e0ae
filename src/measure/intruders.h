/* intruders.h -- singular vectors of tuned weights that none of the weights before has.
 *
 *   cosine_j = max_i |x_i . y_j|     y_j the j-th singular vector of W = W0 + dW, x_i all those of W0
 *   an intruder at (epsilon, k): cosine_j < epsilon, j <= k
 *   window_j = max over runs of w neighbouring x_i of ||X_run^T y_j||: values that lie close together mix
 *              their vectors, and k that mix have cosines of 1/sqrt k without being new
 *   floor    median of the cosine of a random direction: (2 Phi(f sqrt n) - 1)^k = 1/2, n the side's
 *            dimension, k its vectors; .32 at n = 64, .12 at 768: an epsilon near it finds everything or nothing
 * Both sides are looked at: the thin basis of the longer one does not span it, so that there every direction
 * outside of W0's column (row) space is an intruder; `whole` says which side has all directions.
 * Nulls: the counts of W0 + a Gaussian matrix, and of W0 + a random matrix of the update's rank, of its norm.
 * Mitigation: W + (lambda - 1) u_j sigma_j v_j^T.
 * Source: Shuttleworth et al., arXiv 2410.21228, and reeceshuttle/intruder-dimensions (left vectors alone,
 * epsilon .5, k 10, absolute values); the floor, the window and the nulls are ours. */
#ifndef MEASURE_INTRUDERS_H
#define MEASURE_INTRUDERS_H

#include "measure/update.h"

enum { INTRUDERS_SIDES = 2 };                              /* left: outputs; right: inputs */
extern const char *const intruders_sides[INTRUDERS_SIDES]; /* "left", "right" */

typedef struct intruders_base {
    size_t m, n, k; /* k = min(m, n) */
    real *U, *V;    /* (m, k), (n, k) of W0 */
} intruders_base;
status intruders_base_of(size_t m, size_t n, const real *W0, intruders_base *out);
void intruders_base_clear(intruders_base *b);

double intruders_floor(size_t n, size_t k);

typedef struct intruders_look {
    size_t m, n, k, top;                                       /* top: vectors looked at */
    real *U, *V;                                               /* (m, k), (n, k) of W */
    double *sigma;                                             /* (k) */
    double *cosine[INTRUDERS_SIDES], *window[INTRUDERS_SIDES]; /* (top) */
    size_t *best[INTRUDERS_SIDES];                             /* (top) which x_i, from 0 */
} intruders_look;

/* W (m, n): its first `top` vectors (cut to min(m, n)); runs of w. Errors as svd_thin. */
status intruders_look_at(const intruders_base *b, const real *W, size_t top, size_t w,
                         intruders_look *out);
void intruders_look_clear(intruders_look *l);
size_t intruders_count(const intruders_look *l, size_t side, double epsilon, size_t k);

/* The first intruder at (epsilon, k), or all of them, on the side that is whole (the left one of square
 * matrices) times lambda in W (m, n). Returns how many. */
size_t intruders_mitigate(const intruders_look *l, double epsilon, size_t k, double lambda,
                          bool all, real *W);

/* One row of intruders.csv. */
typedef struct intruders_row {
    const char *tensor, *role, *side;
    double layer;
    size_t m, n, r;
    bool whole;
    double epsilon, floor, multiple; /* multiple: epsilon / floor */
    size_t k, count;
    double null_gaussian, null_rank; /* NaN: not looked at */
    bool scaled;
} intruders_row;
extern const d90_column intruders_columns[];

/* One row of directions.csv. */
typedef struct intruders_direction {
    const char *tensor, *role, *side;
    double layer;
    size_t index, best;
    double sigma, cosine, window, floor;
} intruders_direction;
extern const d90_column intruders_direction_columns[];

typedef struct intruders_how {
    const double *epsilons, *ks; /* whole numbers >= 1 */
    size_t n_epsilons, n_ks, window;
    size_t rank; /* of the second null; 0: the adapter's, none for a difference */
    bool nulls;
    uint64_t seed;
    double lambda, epsilon, k; /* of what is mitigated, where lambda is not 1 */
    bool all;
} intruders_how;

typedef struct intruders_found {
    intruders_row *rows;
    intruders_direction *directions;
    size_t n_rows, n_directions;
    real *W;          /* (m, n) mitigated; NULL: lambda is 1 */
    size_t mitigated; /* vectors */
} intruders_found;

/* u with W0. */
status intruders_of(const update *u, const intruders_how *how, intruders_found *out);
void intruders_found_clear(intruders_found *f);

#endif
