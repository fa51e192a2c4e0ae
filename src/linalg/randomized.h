/* randomized.h -- the largest singular values and vectors of a matrix, in a few products with it, each
 * with a bound that was measured afterwards.
 *
 *   Q      orthonormal, from blocks  A O, (A A^T) A O, (A A^T)^2 A O, ...   O (n, b) standard normals
 *   A^T Q = V diag(s) Y^T,  U = Q Y                                so A^T u_i = s_i v_i to rounding
 *   bound_i = ||A v_i - s_i u_i||
 *
 * What is certain: s_i is at most the i-th singular value of A (Cauchy), and A has a singular value within
 * bound_i of s_i (the pair is an approximate eigenvector of [0 A; A^T 0] with residual bound_i / sqrt 2). That
 * none is passed over rests on O alone: it happens with probability 0, and to a value that stands clear of the
 * (r + 8)-th after two blocks already less often than once in 10^9 (Halko, Martinsson, Tropp 2011, 10.2).
 * Blocks are added until every bound is at most tolerance s_0; where Q grows past a limit it begins again
 * from its best vectors. Values that lie close together, as those of noise do, need many blocks: where
 * `passes` run out, what was reached is returned and the bounds say how good it is.
 * Sources: Halko, Martinsson, Tropp, SIAM Review 53 (2011); Musco, Musco, NeurIPS 2015 (block Krylov). */
#ifndef LINALG_RANDOMIZED_H
#define LINALG_RANDOMIZED_H

#include "base/rng.h"
#include "base/status.h"

typedef struct randomized {
    size_t r;         /* values wanted, 1 .. min(m, n) */
    double tolerance; /* of the bounds, relative to s_0; float reaches about 1e-6 */
    size_t passes;    /* most products with A and A^T; 0: 64 */
    stream stream;    /* of O */
} randomized;

typedef struct randomized_done {
    size_t passes;  /* products with A or A^T that were made */
    bool converged; /* every bound is within the tolerance */
} randomized_done;

/* A (m, n; lda): U (m, r), s (r) falling, Vt (r, n), bound (r). Where so many values are wanted that a
 * block is half of the smaller side it is svd_thin's, with bounds of its rounding. Errors as svd_thin;
 * ERR_USAGE: r is 0 or above the smaller side. */
status svd_randomized(size_t m, size_t n, const real *A, size_t lda, const randomized *how, real *U,
                      real *s, real *Vt, double *bound, randomized_done *done);

#endif
