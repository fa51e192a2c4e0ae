/* head.h -- what stands on a transformer's last states: a vocabulary for every position that counts, or
 * classes for a sample. */
#ifndef MODELS_HEAD_H
#define MODELS_HEAD_H

#include "models/model.h"
#include "nn/gelu.h"

typedef struct head {
    size_t width, outputs; /* classes, or the vocabulary */
    gelu act;
    double eps, drop;
    bool drop_first;                /* RoBERTa's classes: before the dense layer too */
    const slot *dense, *dense_bias; /* (width, width) or NULL: none */
    const slot *norm, *norm_bias;
    const slot *out, *out_bias;
    uint64_t place; /* streams of dropout from here on: HEAD_PLACES */
} head;
enum { HEAD_PLACES = 8 };

/* Does anything in it get a gradient? */
bool head_trains(const head *h);

/* outputs = out(norm(act(dense x)))       Devlin et al. 2019's transform; out alone without dense
 * on rows of `states` (batch->n batch->length, width) that have a label, HEAD_ROWS at a time, so that
 * (positions, vocabulary) never stands in memory. As idim_model_row.loss, with g_states. */
size_t head_tokens_work(const head *h); /* in reals */
void head_tokens_loss(const head *h, const idim_loss_row *loss, const batch *b, const pass *ps,
                      real *work, const real *states, real *g_states, idim_tally *tally,
                      uint8_t *hits);
/* Logits (n, outputs) of n <= HEAD_ROWS rows. */
enum { HEAD_ROWS = 256 };
void head_tokens_logits(const head *h, size_t n, const pass *ps, real *work, const real *states,
                        real *logits);

/* outputs (n, classes) = out(drop(tanh(dense(drop x))))   of n samples; out(x) without dense. */
size_t head_classes_work(const head *h, size_t n);
void head_classes_forward(const head *h, const batch *b, const pass *ps, real *work, const real *x,
                          real *outputs);
/* g_x (n, width) overwritten; NULL: not wanted. */
void head_classes_backward(const head *h, const batch *b, const pass *ps, real *work, const real *x,
                           const real *g_outputs, real *g_x);

#endif
