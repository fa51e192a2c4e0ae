/* attention.h -- scaled dot-product attention of several heads, in tiles (Dao et al. 2022):
 *
 *     S = scale q k^T        P = softmax of each row of S over the keys it may see
 *     y = drop(P) v
 *
 * Rows of a sample see one another; causal: row i of Q sees keys 0 .. i + K - Q (K keys, Q queries of a
 * sample; more keys than queries while decoding). Heads h .. of a group share one key and value head.
 * Prefix keys and values, the same for all samples, stand before a sample's own and are seen by all.
 * No more of S is ever held than one tile; backward computes P again from the rows' logarithms. */
#ifndef NN_ATTENTION_H
#define NN_ATTENTION_H

#include "base/rng.h"
#include "base/status.h"

typedef struct attention {
    size_t heads, kv_heads, width; /* of one head; kv_heads divides heads */
    bool causal;
    double scale, drop;
    uint64_t place; /* of this layer in its model: its dropout masks are its own */
    size_t prefix;  /* rows of the slots below, (prefix, kv_heads width) */
    const idim_slot *prefix_k, *prefix_v;
} attention;

/* Where q, k, v are: row i of q at q + i ldq, and so on. Sample s has queries q_starts[s] .. and keys
 * k_starts[s] .. . */
typedef struct attention_in {
    const real *q, *k, *v;
    size_t ldq, ldkv;
    const uint32_t *q_starts, *k_starts;
} attention_in;

/* y (queries, heads width); logs (queries, heads): the logarithm of each row's sum, for backward. */
void attention_forward(const attention *a, const attention_in *in, const idim_batch *batch,
                       const idim_pass *pass, real *logs, real *y);

/* g_q with ldq, g_k and g_v with ldkv: overwritten. */
void attention_backward(const attention *a, const attention_in *in, const idim_batch *batch,
                        const idim_pass *pass, const real *logs, const real *y, const real *g_y,
                        real *g_q, real *g_k, real *g_v);

#endif
