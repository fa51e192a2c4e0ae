/* block.h -- one layer of a transformer: attention and an MLP, each a half with a norm and a residual.
 *
 *     norm before (GPT-2, Llama)      h = x + A(norm1 x)       y = h + M(norm2 h)
 *     norm behind (BERT)              h = norm1(x + A x)       y = norm2(h + M h)
 *
 *     A x = drop(adapt1(O attention(rope(Q x), rope(K x), V x)))
 *     M x = drop(adapt2(D f(U x)))        gated: D (f(G x) o U x)
 *     adapt u = u + U' f(D' u)            a bottleneck (Houlsby et al. 2019); Pfeiffer: adapt2 alone
 *
 * Rows of several samples of their own lengths lie one behind another. Gradients of parameters are
 * added to. What backward needs stays in `kept`; `scratch` is shared by all blocks. */
#ifndef NN_BLOCK_H
#define NN_BLOCK_H

#include "base/status.h"
#include "nn/gelu.h"

/* A matrix with its bias, or a norm's gain and bias. What a block does not have is NULL. */
typedef enum block_part {
    BLOCK_NORM1,
    BLOCK_QKV, /* one matrix, or the next three */
    BLOCK_Q,
    BLOCK_K,
    BLOCK_V,
    BLOCK_O,
    BLOCK_ADAPT1_IN,
    BLOCK_ADAPT1_OUT,
    BLOCK_PREFIX_K, /* rows of keys that stand before each sample's own */
    BLOCK_PREFIX_V,
    BLOCK_NORM2,
    BLOCK_GATE,
    BLOCK_UP,
    BLOCK_DOWN,
    BLOCK_ADAPT2_IN,
    BLOCK_ADAPT2_OUT,
    BLOCK_PARTS
} block_part;
enum { BLOCK_PLACES = 64 }; /* streams of dropout that a block may use */

typedef struct block_shape {
    size_t width, heads, kv_heads, head, hidden, bottleneck, prefix;
    bool behind, gated, causal, rms, half; /* half: how rope pairs entries */
    gelu act;
    double eps, drop, drop_attention;
    const real *turns; /* rope_table, or NULL: none */
} block_shape;

typedef struct block {
    const block_shape *shape;
    const idim_slot *weight[BLOCK_PARTS], *bias[BLOCK_PARTS];
    uint64_t place; /* first of its BLOCK_PLACES */
} block;

/* The rows of a batch: sample s has starts[s] .. starts[s+1]. */
typedef struct block_rows {
    size_t n;
    const uint32_t *starts;
    const idim_batch *batch;
    const idim_pass *pass;
} block_rows;

/* Keys and values of earlier positions, while decoding (one sample): (room, kv_heads head) each, the
 * first `past` filled. Prefix rows are not in it. */
typedef struct block_cache {
    real *k, *v;
    size_t past;
} block_cache;

/* The halves: which of them, and whether something below, wants a gradient. */
enum { BLOCK_ATTENTION, BLOCK_MLP, BLOCK_HALVES };
bool block_trains(const block *b, int half);

/* In reals, for up to `rows` rows with this view's riders. */
size_t block_kept(const block *b, size_t rows);
size_t block_scratch(const block *b, size_t rows, idim_mode mode);

/* y (n, width) from x; cache: NULL, or the new rows are appended to it. */
void block_forward(const block *b, const block_rows *r, const real *x, real *kept, real *scratch,
                   block_cache *cache, real *y);

/* g (n, width): d/dy, becomes d/dx. Halves below `lowest` are left out; of the lowest, x's gradient is
 * made only where `below` wants it. */
void block_backward(const block *b, const block_rows *r, const real *x, real *kept, real *scratch,
                    int lowest, bool below, real *g);

#endif
