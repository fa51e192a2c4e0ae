/* embed.h -- rows of tables, added up: the token's, its position's, its segment's.
 *
 *     y_i = E[token_i] + P[first + position_i] + S[segment_i]
 *
 * Positions count from 0 in each sample (rows starts[s] .. starts[s+1]); `first` is the table's row of
 * position 0 (RoBERTa: 2). A token of -1 has no row: it adds nothing. Gradients are added. */
#ifndef NN_EMBED_H
#define NN_EMBED_H

#include "base/status.h"

typedef struct embed {
    size_t width, first;
    const idim_slot *tokens, *positions, *segments; /* the last two NULL: none */
} embed;

/* batch->tokens and segments (n, length; segments NULL: all 0); y (starts[n], width). skip: how many
 * positions lie before the batch's (decoding). */
void embed_forward(const embed *l, const int32_t *tokens, const uint8_t *segments, size_t n,
                   size_t length, size_t skip, const uint32_t *starts, real *y);
void embed_backward(const embed *l, const int32_t *tokens, const uint8_t *segments, size_t n,
                    size_t length, const uint32_t *starts, const real *g_y);

#endif
