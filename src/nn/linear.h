/* linear.h -- a fully-connected layer with riders, on a slot of the weights view:
 *
 *     y = c o (scale W x + sum_k s_k e_k o B_k (m_k o (A_k drop(x)))) + b
 *
 *     x (n, in)   W (out, in)   b (out)   y (n, out)
 *
 * The bias stands outside c and the riders, as in PEFT. What backward needs of a forward in IDIM_TRAIN
 * stays in work. Parameter gradients are added to, g_x is overwritten. A row is a sample, or the samples
 * have several rows each (positions of a text): then `starts` says which (dropout.h). */
#ifndef NN_LINEAR_H
#define NN_LINEAR_H

#include "base/rng.h"
#include "base/status.h"

typedef struct linear {
    size_t in, out;
    const idim_slot *weight, *bias; /* bias NULL: none */
    uint64_t place;                 /* of this layer in its model: its dropout masks are its own */
    const uint32_t *starts;         /* NULL: row i is sample i */
    size_t ld;                      /* of y and g_y: reals from row to row; 0: out */
    bool add;                       /* g_x too is added to */
    bool shared;                    /* scratch stands by itself, for all layers; else in work */
    real *scratch;                  /* linear_scratch reals */
} linear;

/* Bytes of work for n rows; reals of what nobody needs after a call. */
size_t linear_work(const linear *l, size_t n, idim_mode mode);
size_t linear_scratch(const linear *l, size_t n);
/* Does backward read x, for a gradient of the matrix or of an A? */
bool linear_reads(const idim_slot *weight);

void linear_forward(const linear *l, size_t n, const real *x, const idim_batch *batch,
                    const idim_pass *pass, void *work, real *y);

/* g_y (n, out) is left as it is; g_x NULL: not wanted. */
void linear_backward(const linear *l, size_t n, const real *x, const idim_batch *batch,
                     const idim_pass *pass, void *work, const real *g_y, real *g_x);

#endif
