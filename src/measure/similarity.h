/* similarity.h -- how alike two subspaces are, and how much an update amplifies.
 *
 *   phi(U1, U2, i, j) = ||U1_i^T U2_j||_F^2 / min(i, j)   in [0, 1], U_i the first i of orthonormal columns in R^n
 *                     = sum of cos^2 of the principal angles / min(i, j) = 1 - d^2 / min(i, j), d the
 *                       projection metric (Hu et al.'s App. G prints (1/p)(1 - d^2), which is wrong for p > 1)
 *   random expectation  max(i, j) / n: always to be taken off, for it is near 1 where i or j is near n
 *
 *   amplification  ||dW||_F / ||U^T W V||_F, U and V the first r singular vectors of dW: it grows as 1/r for
 *                  any U, V, so beside it stands the
 *   enrichment     ||U^T W V||_F sqrt(m n) / (r ||W||_F): 1 for random U, V
 * Source: Hu et al., arXiv 2106.09685, 7.2, 7.3, App. G and H.4; the expectation and the enrichment are ours. */
#ifndef MEASURE_SIMILARITY_H
#define MEASURE_SIMILARITY_H

#include "measure/update.h"

/* phi (k1, k2) at [(i - 1) k2 + j - 1]; U1 (n, k1), U2 (n, k2). ERR_MEMORY. */
status similarity_phi(size_t n, size_t k1, const real *U1, size_t k2, const real *U2, double *phi);
double similarity_random(size_t n, size_t i, size_t j);
/* Cosines (min(k1, k2)) of the principal angles, falling. */
status similarity_cosines(size_t n, size_t k1, const real *U1, size_t k2, const real *U2,
                          double *cosines);

/* The subspaces of one update: orthonormal columns by falling singular value, as many as are not rounding. */
typedef enum similarity_what {
    SIMILARITY_A, /* right vectors of the factor A (r, in), in R^in */
    SIMILARITY_B, /* left vectors of the factor B (out, r), in R^out */
    SIMILARITY_A0, /* right vectors of A as it was at step 0: what two runs share by their draw alone */
    SIMILARITY_IN,  /* right vectors of the update */
    SIMILARITY_OUT, /* left vectors of the update */
    SIMILARITY_WHATS
} similarity_what;
extern const char
    *const similarity_words[SIMILARITY_WHATS]; /* "A", "B", "A_start", "update_in", "update_out" */

typedef struct similarity_bases {
    const char *tensor, *role;
    int layer;
    size_t n[SIMILARITY_WHATS],
        k[SIMILARITY_WHATS];   /* k = 0: there is none (a difference has no A; zeros) */
    real *U[SIMILARITY_WHATS]; /* (n, k) */
} similarity_bases;
status similarity_bases_of(const update *u, size_t most, similarity_bases *out);
void similarity_bases_clear(similarity_bases *b);

/* One row of similarity.csv. */
typedef struct similarity_row {
    const char *tensor, *other, *role, *what;
    double layer, other_layer;
    size_t n, i, j;
    double phi, random, excess;
} similarity_row;
extern const d90_column similarity_columns[];

/* One row of angles.csv. */
typedef struct similarity_angle {
    const char *tensor, *other, *role, *what;
    double layer, other_layer;
    size_t n, k, other_k, index;
    double cosine, degrees;
} similarity_angle;
extern const d90_column similarity_angle_columns[];

/* Rows that grow: `rows` and `angles` are freed by mem_free. */
typedef struct similarity_table {
    similarity_row *rows;
    similarity_angle *angles;
    size_t n_rows, n_angles;
} similarity_table;
/* Appends a row for every what that both have in one space, i and j; diagonal: i = j alone, and no angles. */
status similarity_compare(const similarity_bases *a, const similarity_bases *b, bool diagonal,
                          similarity_table *t);

/* One row of amplification.csv, Hu et al.'s table 7. */
typedef struct amplification_row {
    const char *tensor, *role;
    double layer;
    size_t r;
    double norm, weight_norm;             /* ||dW||, ||W|| */
    double projected, own, random;        /* ||U^T W V|| with U, V of dW, of W, random */
    double factor, enrichment, of_random; /* of_random: what the factor is for random U, V */
    bool scaled;
} amplification_row;
extern const d90_column amplification_columns[];

double amplification_factor(double norm, double projected);
double amplification_enrichment(size_t m, size_t n, size_t r, double weight_norm, double projected);

/* Of the first r directions; u with W0, v its vectors, k >= r; seed of the random ones. */
status amplification_of(const update *u, const update_vectors *v, size_t r, uint64_t seed,
                        amplification_row *row);

#endif
