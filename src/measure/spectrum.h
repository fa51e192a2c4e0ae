/* spectrum.h -- the singular values of a weight update and what one says of them.
 *
 *   update of a LoRA pair  s B A, B (m, r), A (r, n): B = Q_B R_B and A^T = Q_A R_A by thin QR, then the SVD
 *                          of R_B R_A^T (r, r); the product (m, n) is never formed
 *   sigma falling, p_i = sigma_i / sum sigma
 *   effective rank   exp(-sum p ln p)                    (Roy, Vetterli 2007; on sigma, not its squares)
 *   stable rank      ||W||_F^2 / sigma_0^2
 *   participation    (sum sigma^2)^2 / sum sigma^4
 *   numerical rank   how many are above sigma_0 max(m, n) eps
 *   rank90           the fewest whose squares are 90 % of the sum
 *   noise            t and edge of the bulk by Marchenko and Pastur, of updates whose values are all known
 *                    and not 0 (marchenko.h)
 *   rounding         the bulk that 16 bits leave: t = sqrt(mean of (ulp0^2 + ulp1^2) / 12), its edge likewise
 *   tail             of sigma^2 (tail.h), for full-rank updates
 * What a value says is absolute: it is good to about 1e-6 sigma_0 in float. An update of zeros has norms of 0
 * and nothing else (NaN).
 * Sources: papers by name; WeightWatcher's exponent is that of sigma^2 too, its entropy another number. */
#ifndef MEASURE_SPECTRUM_H
#define MEASURE_SPECTRUM_H

#include "base/rng.h"
#include "measure/d90.h"

/* U (m, k) and V (n, k) of s B A, by columns, with sigma (k) falling; k = min(r, m, n). U and V may both be
 * NULL. Errors as svd_thin. */
status spectrum_factors(size_t m, size_t n, size_t r, double s, const real *A, const real *B,
                        real *U, double *sigma, real *V);

/* All values of W (m, n): sigma (min(m, n)). */
status spectrum_exact(size_t m, size_t n, const real *W, double *sigma);

/* The r largest, with bounds (randomized.h); *converged: all bounds within tolerance sigma_0. */
status spectrum_largest(size_t m, size_t n, const real *W, size_t r, double tolerance,
                        const stream *s, double *sigma, double *bound, bool *converged);

/* Values of a random update of the same norm: of rank r from Gaussian factors, sigma (min(r, m, n)). */
status spectrum_null_factors(size_t m, size_t n, size_t r, double norm, const stream *s,
                             double *sigma);

/* What is known of a tensor's update beside its values. */
typedef struct spectrum_about {
    const char *tensor, *role;
    int layer; /* -1: of none */
    size_t m, n;
    size_t r;            /* rank of its factors; 0: a difference of two matrices */
    double alpha, scale; /* of the factors; NaN: not known */
    bool scaled;         /* false: scale was not known, values are of B A */
    const char *method;  /* "factors", "exact", "randomized" */
    double norm;         /* ||W||_F */
    double weight_norm;  /* of the weights before; NaN: not known */
    double unchanged;    /* share of entries that are exactly the same; NaN: not known */
    double rounding;     /* t; NaN: nothing of 16 bits is there */
} spectrum_about;

/* One row of updates.csv. */
typedef struct spectrum_row {
    spectrum_about about;
    double layer;  /* for the table: NaN where there is none */
    size_t values; /* that are known */
    double spectral, relative, bound;
    double effective_rank, stable_rank, participation, numerical_rank, rank90;
    double null_effective_rank; /* of a random update of equal norm and rank */
    double noise, noise_edge, noise_above, noise_effective_rank;
    double rounding_edge, rounding_above, rounding_effective_rank;
    double tail_alpha, tail_n, tail_p;
} spectrum_row;

extern const d90_column spectrum_columns[]; /* the last row is all zeros */

/* sigma (k) falling; null (k) the values of a random update, or NULL; bound (k) or NULL. The tail is tried
 * with `replicates` samples (0: not at all). ERR_MEMORY. */
status spectrum_of(const spectrum_about *about, size_t k, const double *sigma, const double *null,
                   const double *bound, size_t replicates, const stream *s, spectrum_row *row);

/* exp(-sum p ln p); NaN where all are 0. */
double spectrum_effective_rank(size_t k, const double *sigma);

#endif
