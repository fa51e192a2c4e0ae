/* stack.h -- blocks between embeddings and a head, on a weights view: what a transformer computes. Which
 * tensors it has, and what they are called, is its model's business (transformer.c).
 *
 *     norms before (gpt2, llama)    x_0 = drop(embed)          states = norm(x_L)
 *     norms behind (bert)           x_0 = drop(norm(embed))    states = x_L
 *     x_l+1 = block_l(x_l)
 *
 * A sample's padding is left out: its rows are those of its tokens alone, and samples lie one behind
 * another. */
#ifndef MODELS_STACK_H
#define MODELS_STACK_H

#include "models/model.h"
#include "nn/block.h"

enum { STACK_NONE = -1 }; /* a tensor that is not there */

/* Tensors beside the blocks, by their place in the layout. */
typedef struct stack_places {
    int tokens, positions, segments, norm, norm_bias;
    int dense, dense_bias, head_norm, head_norm_bias, out, out_bias;
} stack_places;

typedef struct stack {
    block_shape shape;
    size_t layers, length, outputs; /* of the head: classes, or the vocabulary */
    stack_places at;
    int first, stride;         /* tensors before the blocks; tensors a block */
    int parts[BLOCK_PARTS][2]; /* a part's weight and bias, counted in its block */
    size_t position0;          /* the row of the first position (RoBERTa: 2) */
    bool language;             /* a label for every position; else classes for a sample */
    bool segments;             /* the batch's are heeded */
    bool drop_first, recompute;
    double drop;
} stack;

/* As the entries of idim_model_row. Outputs: (n, length width) states of a language model, which
 * stack_loss takes; (n, classes) else. */
size_t stack_work(const stack *m, const view *v, size_t n, idim_mode mode);
void stack_forward(const stack *m, const view *v, const batch *b, const pass *ps, void *work,
                   real *outputs);
void stack_backward(const stack *m, const view *v, const batch *b, const pass *ps, void *work,
                    const real *g_outputs);
void stack_loss(const stack *m, const idim_loss_row *loss, const view *v, const batch *b,
                const pass *ps, void *work, const real *outputs, real *g_outputs, idim_tally *tally,
                uint8_t *hits);

/* As the entries of idim_model_row, for a language model that is causal. */
size_t stack_decode_work(const stack *m, const view *v, size_t room);
void stack_decode(const stack *m, const view *v, size_t room, const int32_t *tokens, size_t first,
                  size_t n, void *work, real *logits);

#endif
