/* llama2c.h -- llama2.c's checkpoint, version 0: a header of seven int32, then float32 without a gap.
 *
 *     dim hidden_dim n_layers n_heads n_kv_heads vocab_size seq_len      vocab < 0: the head is not tied
 *     embedding (vocab, dim); then each for all layers: attention norm (dim), wq (dim, dim), wk, wv (kv, dim),
 *     wo (dim, dim), ffn norm (dim), w1 (hidden, dim), w2 (dim, hidden), w3 (hidden, dim); last norm (dim);
 *     two rotary tables (seq_len, head/2), which nobody reads; where it is not tied the head (vocab, dim)
 *
 * kv = dim n_kv_heads / n_heads, head = dim / n_heads. Tensors get Hugging Face's Llama names.
 * Source: karpathy/llama2.c, export.py (legacy_export), run.c (memory_map_weights). */
#ifndef FORMAT_LLAMA2C_H
#define FORMAT_LLAMA2C_H

#include <jansson.h>

#include "format/safetensors.h"

typedef struct llama2c llama2c;

/* Could these be the first of a file's bytes: seven counts that fit each other? */
bool llama2c_begins(const void *bytes, size_t n);

/* ERR_FILE; ERR_FORMAT: no such header, or a file of another length than it promises. */
status llama2c_open(llama2c **f, const char *path);
void llama2c_close(llama2c *f);                                     /* NULL is fine */
void llama2c_forget(const llama2c *f, const void *bytes, size_t n); /* file_map_forget */
size_t llama2c_count(const llama2c *f);
const safetensor *llama2c_at(const llama2c *f, size_t i);

/* In Hugging Face's words, json_decref (tensors.h lists them). NULL: ERR_MEMORY. */
json_t *llama2c_config(const llama2c *f);

#endif
