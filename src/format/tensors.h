/* tensors.h -- named tensors, whatever file or folder holds them:
 *
 *   x.safetensors        one file of tensors
 *   folder               Hugging Face: config.json, and model.safetensors, the shards that
 *                        model.safetensors.index.json names, or pytorch_model.bin
 *   folder               PEFT: adapter_config.json, and adapter_model.safetensors or adapter_model.bin
 *   x.bin                llama2.c's checkpoint, version 0, under Hugging Face's Llama names
 *   x.bin, x.pt, x.pth   PyTorch's zip, read without running its pickle (format/pytorch.h)
 *
 * Files are known by their content and mapped: opening reads headers alone, so a file larger than memory
 * opens at once. Everything handed out is borrowed until tensors_close.
 * Sources: docs of huggingface/safetensors, transformers and peft; karpathy/llama2.c, export.py
 * (legacy_export) and run.c (memory_map_weights). */
#ifndef FORMAT_TENSORS_H
#define FORMAT_TENSORS_H

#include <jansson.h>

#include "base/hash.h"
#include "base/status.h"
#include "format/safetensors.h"

typedef enum tensors_kind {
    TENSORS_FILE,    /* a .safetensors file by itself */
    TENSORS_MODEL,   /* a folder of a model */
    TENSORS_ADAPTER, /* a folder of a PEFT adapter */
    TENSORS_LLAMA2C,
    TENSORS_PYTORCH, /* a zip by itself */
    TENSORS_KINDS
} tensors_kind;

typedef struct tensors tensors;

/* ERR_FILE: not there, or a folder that holds none of these; ERR_FORMAT, ERR_LIMIT: names the file and
 * what is wrong in it; a tensor that an index promises and no shard holds is wrong, and so is one that
 * a shard holds beyond the index. */
status tensors_open(tensors **t, const char *path);
void tensors_close(tensors *t); /* NULL is fine */

const char *tensors_path(const tensors *t); /* as it was given */
tensors_kind tensors_kind_of(const tensors *t);
const char *tensors_kind_text(tensors_kind k); /* "llama2.c checkpoint" */

size_t tensors_count(const tensors *t);
/* In the order of the file, shard after shard. Data lie in the map, at any address; numbers come by
 * safetensor_reals. */
const safetensor *tensors_at(const tensors *t, size_t i);
const safetensor *tensors_find(const tensors *t, const char *name); /* NULL: none of that name */
/* The tensor of that name and shape. ERR_FORMAT: it is not there (with the nearest name), or has
 * another shape; both are named. */
status tensors_need(const tensors *t, const char *name, size_t dims, const size_t *shape,
                    const safetensor **out);

/* Lets go of the memory of n bytes of tensors' data that were read through the map, so that a model larger than
 * memory is walked within one tensor's: they are read again when they are asked for. */
void tensors_forget(const tensors *t, const void *bytes, size_t n);

/* config.json or adapter_config.json; for llama2.c made in the words of Hugging Face's Llama
 * (model_type "llama", hidden_size, intermediate_size, num_hidden_layers, num_attention_heads,
 * num_key_value_heads, vocab_size, max_position_embeddings, rms_norm_eps 1e-5, rope_theta 10000,
 * hidden_act "silu", tie_word_embeddings) and "rope_interleaved": true, for its q and k have the
 * neighbouring pairs of the original release, where Hugging Face's rows are permuted to halves.
 * NULL: there is none. */
const json_t *tensors_config(const tensors *t);
const char *tensors_config_text(const tensors *t); /* the same as it lay on file; NULL: none */
/* The __metadata__ of a single safetensors file, an object of texts ({"format":"pt"}); NULL: none. */
const json_t *tensors_meta(const tensors *t);

/* SHA-256 over configuration, names, types, shapes and numbers, in the order of names: the same tensors
 * have the same hash in whatever file they lie. Reads everything. ERR_MEMORY. */
status tensors_hash(const tensors *t, char hex[HASH_HEX]);

/* "768 x 2304"; "one number" of no dimensions. */
const char *tensors_shape_text(size_t dims, const size_t *shape, char out[80]);

/* What a weight's name says, in the families GPT-2, Llama, BERT and RoBERTa, their adapters, and the
 * fused GPT-NeoX: its role ("q", "k", "v", "qkv", "o", "gate", "up", "down", "embed", "position",
 * "head", "norm", "classifier", "pooler"), "" where it says nothing; and the number of its layer, -1
 * where it belongs to none. */
const char *tensors_role(const char *name, int *layer);

/* A folder that transformers reads: config.json (every key kept) and model.safetensors with metadata
 * {"format":"pt"}, and the files of the tokenizer that lies at `tokens` (tokenizer_parts; NULL: none). Nothing
 * is replaced (file_write_folder). ERR_FILE; ERR_USAGE, also: two of one name. */
#define TENSORS_MODEL_FILE "model.safetensors"
#define TENSORS_MODEL_CONFIG "config.json"
#define TENSORS_ADAPTER_FILE "adapter_model.safetensors"
#define TENSORS_ADAPTER_CONFIG "adapter_config.json"
status tensors_write(const char *folder, const json_t *config, const safetensor *all, size_t n,
                     const char *tokens);

/* The same with names of one's own; config: a text; NULL writes none. */
status tensors_put(const char *folder, const char *file, const safetensor *all, size_t n,
                   const safetensor_meta *meta, size_t n_meta, const char *config_file,
                   const char *config, const char *tokens);

/* ERR_USAGE: a folder that has what is neither a saved model's nor (TENSORS_ADAPTER) a saved adapter's: said before
 * the work whose end is the saving. */
status tensors_room(const char *folder, tensors_kind kind);
/* As Python writes JSON with indent=2, numbers in the shortest form that reads back exactly; mem_free.
 * NULL: ERR_MEMORY. */
char *tensors_json(const json_t *object);

#endif
