/* fastfood.h -- structured random maps from z (d) to a vector (n), applied in O(n log) time:
 * the module that the spaces fastfood, srht, said and did share.
 *
 * A block of length L = 2^log2L:   x5 = H G Pi H B pad(z),  its rows of the output = x5 / (sqrt(n) ||G||)
 *     B  signs (L), Pi a permutation (L), G normals or signs (L); H unnormalised.
 * form single:  one block, L = 2^ceil(log2 n), cut to n  (Li et al.'s released code, whose divisor
 *     sqrt(L sum G^2) sqrt(n/L) is the same number)
 * form stacked: ceil(n/L) blocks of L = 2^ceil(log2 d), each its own B, Pi, G, the last one cut (Le,
 *     Sarlos, Smola 2013, without their S); O(n log d)
 * A column of one block has length sqrt(L) ||G|| over its L rows, so the columns of the whole map have
 * length 1 where L divides n, and squared length 1 in expectation where the last block is cut. */
#ifndef LINALG_FASTFOOD_H
#define LINALG_FASTFOOD_H

#include "base/rng.h"
#include "base/status.h"
#include "linalg/wht.h"

typedef enum fastfood_form { FASTFOOD_STACKED, FASTFOOD_SINGLE } fastfood_form;
typedef enum fastfood_gauss { FASTFOOD_NORMAL, FASTFOOD_SIGN } fastfood_gauss;

typedef struct fastfood {
    size_t d, n;    /* z and output lengths */
    unsigned log2L; /* of a block */
    size_t blocks;
    uint32_t *perm;      /* (blocks, L) x3_i = x2[perm_i], local to its block; NULL: to and from */
    uint64_t *to, *from; /* (blocks, L / 4) perm and its inverse, four places a word: L = 4..2^16 */
    real *G;             /* (blocks, L) divided by sqrt(n) ||G|| of the block */
    uint32_t *B;         /* sign bits, (blocks, L / 32 rounded up); set: minus */
} fastfood;

/* Bytes that fastfood_init will hold, and that lift and pull need as work: 2 L reals. */
size_t fastfood_bytes(size_t d, size_t n, fastfood_form form);
size_t fastfood_work(const fastfood *f); /* bytes */

status fastfood_init(fastfood *f, size_t d, size_t n, fastfood_form form, fastfood_gauss gauss,
                     const stream *s);
void fastfood_clear(fastfood *f);

/* theta = theta0 + M z, fused; theta0 NULL: zeros. Overwrites theta (n). */
void fastfood_lift(const fastfood *f, const real *restrict z, const real *restrict theta0,
                   real *restrict theta, void *work);
/* g_z = M^T g_theta: the exact transpose. Overwrites g_z (d). */
void fastfood_pull(const fastfood *f, const real *restrict g_theta, real *restrict g_z, void *work);

#endif
