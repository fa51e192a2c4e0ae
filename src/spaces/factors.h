/* factors.h -- what the spaces of low-rank updates share: each tensor as a matrix (out, in) with a rank and a
 * scale, the parts of z by name, and the products.
 *
 *     W = W0 + s B A        A (r, in), B (out, r)
 *
 * A tensor with more than two dimensions (a convolution: (out, in, h, w)) is the matrix (out, in h w) and
 * carries no rider; one such tensor, or one whose layer looks at no riders (bare), and the whole space is
 * lifted and pulled (all weights are then formed, and dropout, which belongs to the rider, is refused).
 * Tensors with one dimension are refused by name. */
#ifndef SPACES_FACTORS_H
#define SPACES_FACTORS_H

#include "spaces/space.h"

typedef struct factor { /* one packed tensor */
    size_t out, in, r;
    double s;
} factor;

/* s = alpha / r, alpha / sqrt r, alpha */
typedef enum factor_scale { FACTOR_PLAIN, FACTOR_RS, FACTOR_ONE } factor_scale;
#define FACTOR_SCALES "plain+rs+one"

/* What the kinds' keys ask. */
typedef struct factors_ask {
    const char *r, *alpha; /* maps; r NULL: the kind fills f->r; alpha NULL: s = 1 */
    factor_scale scale;
    double drop;
    bool
        cut; /* a rank above a matrix's own is its own there; false: above that of the largest is refused */
} factors_ask;

/* For init: a fresh array, one for each packed tensor; sets s->lifted. ERR_USAGE: one dimension, a rank that
 * is none or too large, dropout where nothing rides. */
status factors_new(factor **f, space *s, const factors_ask *ask);

/* z's layout, part by part. {0} is empty. */
typedef struct zparts {
    tensor *tensors;
    char **texts; /* name and roles of each */
    size_t n, room;
    bool decay; /* of the next parts */
} zparts;

status zparts_init(zparts *z, size_t room);
/* Appends rows x cols numbers (cols 0: a vector of rows) for packed tensor k: "fc1.weight.A" with the roles
 * "A+fc+kernel". *offset: where they begin; s->d is what z has by then. */
status zparts_add(zparts *z, space *s, size_t k, const char *part, size_t rows, size_t cols,
                  double lr_factor, size_t *offset);
/* z's layout is that. */
void zparts_done(const zparts *z, space *s);
void zparts_clear(zparts *z);

/* For init, d being known: room for z0 (d) and so many frozen numbers (frozen NULL: none), which the kind
 * fills; s->z0 is set. ERR_LIMIT as space_needs. */
status factors_room(space *s, real **z0, size_t n_frozen, real **frozen);

/* A at step 0 as PEFT's: uniform in +-1/sqrt(in). */
void factor_kaiming(const factor *f, const stream *s, real *A);

/* For init: singular values first .. first + r of packed tensor k at step 0, U (out, r) and Vt (r, in) beside them.
 * Errors of svd_thin, with the tensor's name. */
status factor_svd(const space *s, size_t k, const factor *f, size_t first, real *U, real *values,
                  real *Vt);

/* W += s B A; lda, ldb: row strides. */
void factor_lift(const factor *f, const real *A, size_t lda, const real *B, size_t ldb, real *W);
/* g_A = s B^T g_W, g_B = s g_W A^T; overwritten; NULL: not wanted. Stored without gaps. */
void factor_pull(const factor *f, const real *A, size_t lda, const real *B, size_t ldb,
                 const real *g_W, real *g_A, real *g_B);
/* The rider of packed tensor k, its gradients NULL yet. */
rider *factor_ride(const factor *f, const space *s, space_mem *mem, size_t k, view *v,
                   const real *A, const real *B);

#endif
