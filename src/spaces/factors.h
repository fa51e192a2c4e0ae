/* factors.h -- what the spaces of low-rank updates share: each tensor as a matrix (out, in) with a rank and a
 * scale, the parts of z and of what is frozen beside it, and the products.
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

/* What a tensor may have. The letters are the rider's, c the slot's; R is what stands between B and A. */
typedef enum factor_part {
    FACTOR_A, /* (r, in) */
    FACTOR_B, /* (out, r) */
    FACTOR_R, /* (r, r) */
    FACTOR_M, /* (r) */
    FACTOR_E, /* (out) */
    FACTOR_C, /* (out) */
    FACTOR_PARTS
} factor_part;

typedef struct factor { /* one packed tensor */
    size_t out, in, r;
    double s;
    size_t at[FACTOR_PARTS]; /* where each part begins, in z or in frozen */
} factor;

typedef enum factor_how { FACTOR_MISSING, FACTOR_TRAINED, FACTOR_FROZEN } factor_how;

typedef struct factors {
    factor *each; /* (layout->n_tensors) */
    double drop;
    factor_how how[FACTOR_PARTS];
    real *z0, *frozen; /* the kind fills them */
    tensor *tensors;   /* z's layout */
    char **texts;      /* name and roles of each */
    size_t n_texts;
} factors;

/* s = alpha / r, alpha / sqrt r, alpha */
typedef enum factor_scale { FACTOR_PLAIN, FACTOR_RS, FACTOR_ONE } factor_scale;
#define FACTOR_SCALES "plain+rs+one"

/* What the kinds' keys ask. */
typedef struct factors_ask {
    const char *r, *alpha; /* maps; r NULL: the kind fills each r; alpha NULL: s = 1 */
    factor_scale scale;
    double drop;
} factors_ask;

/* For init, first: fills each, and sets s->lifted. ERR_USAGE: one dimension, a rank that is none or too large,
 * dropout where nothing rides. */
status factors_init(factors *f, space *s, const factors_ask *ask);
void factors_clear(factors *f);

/* One part of every tensor. */
typedef struct factors_part {
    factor_part what;
    const char *name; /* in z's layout: "fc1.weight.A" with the roles "A+fc+kernel" */
    double rate;      /* its learning rate over the optimiser's; 0: the same */
    bool frozen, undecayed;
} factors_part;

/* For init, ranks being known: z is these parts of each tensor, tensor by tensor; of what is frozen, one part
 * of all tensors follows another, and `more` numbers stand behind. Fills d, zlayout, z0 (zeros), frozen
 * (zeros). ERR_LIMIT as space_needs. */
status factors_parts(factors *f, space *s, const factors_part *parts, size_t n, size_t more);

/* Part of tensor k: at step 0, to be filled; at z; of the gradient (NULL: not trained). */
real *factors_start(const factors *f, size_t k, factor_part what);
const real *factors_at(const factors *f, const real *z, size_t k, factor_part what);
real *factors_grad(const factors *f, real *g_z, size_t k, factor_part what);

/* For init: A at step 0 as PEFT's, uniform in +-1/sqrt(in). */
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
rider *factors_ride(const factors *f, const space *s, space_mem *mem, size_t k, view *v,
                    const real *A, const real *B);

/* Of A, B and M (in bind alone) as z has them: a space's own lift, pull and bind, or what these begin with. */
void factors_lift(const factors *f, const space *s, const real *z, real *theta);
void factors_pull(const factors *f, const space *s, const real *z, const real *g_theta, real *g_z);
void factors_bind(const factors *f, const space *s, space_mem *mem, const real *z, real *g_z,
                  view *v);

#endif
