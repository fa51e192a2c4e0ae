/* pretrained.h -- a trained transformer as step 0: its configuration in our words, and its weights.
 *
 * What a checkpoint says of itself (Hugging Face's config.json, or a llama2.c header) becomes the keys
 * of the model "transformer"; each of its tensors goes to the one of that name in the layout. Sources:
 * format/tensors.h (files), the names of GPT-2, Llama, BERT and RoBERTa in Hugging Face's transformers. */
#ifndef MODELS_PRETRAINED_H
#define MODELS_PRETRAINED_H

#include "base/hash.h"
#include "format/tensors.h"
#include "models/model.h"

typedef struct pretrained pretrained;

/* A file or folder of tensors with a configuration; adapter: a LoRA adapter that is merged in when the
 * weights are loaded ("" : none), alpha: its own, where it says none (0: it does). ERR_FORMAT: no
 * configuration, of a family that we do not know, or with a setting that would give other numbers here (it
 * is named). */
status pretrained_open(pretrained **p, const char *path, const char *adapter, double alpha);
void pretrained_close(pretrained *p);

/* SHA-256 of its content, configuration and weights, the adapter's included. */
status pretrained_hash(const pretrained *p, char hex[HASH_HEX]);

/* The tokenizer that lies with the checkpoint, fresh: its folder; beside a llama2.c file tokN.bin (N
 * tokens) or tokenizer.bin. NULL with OK: there is none, or tokens are bytes. */
status pretrained_tokenizer(const pretrained *p, char **path);
/* A vocabulary of 256 and no tokenizer beside it. */
bool pretrained_of_bytes(const pretrained *p);

/* "transformer:family=llama,width=64,...": fresh text. Keys of `given` ("transformer:recompute=yes")
 * stand in place of the checkpoint's. ERR_USAGE: given is another model. */
status pretrained_spec(const pretrained *p, const char *given, char **spec);

/* The same from a config.json alone (a file, or the folder it lies in), or a llama2.c file: no weights, and settings
 * that change numbers but no shapes are passed over. *language: its family predicts tokens (gpt2, llama); *longest: positions.
 * ERR_FILE, ERR_FORMAT. */
status pretrained_config_spec(const char *path, char **spec, bool *language, size_t *longest,
                              size_t *vocabulary);

/* theta0 (layout.n) holds the drawn weights; those that the checkpoint has are put in their places.
 * Tensors of a head that only the task knows, and what a method adds, stay as drawn: *fresh counts
 * their numbers. theta0 NULL: all is checked, nothing read. ERR_FORMAT: a tensor is missing, left over or of
 * another shape; it is named. */
status pretrained_load(const pretrained *p, const model *m, real *theta0, size_t *fresh);
/* The same of tensor k of the model alone, without the adapter. */
status pretrained_tensor(const pretrained *p, const model *m, size_t k, real *values);

/* All weights of the checkpoint with its adapter merged in, heads of any task included, without a model
 * that they would have to fit. Cleared by pretrained_whole_clear. */
typedef struct pretrained_whole {
    layout layout;
    real *theta; /* (layout.n) */
    tensor *tensors;
    char *names;
} pretrained_whole;
status pretrained_read(const pretrained *p, pretrained_whole *w);
void pretrained_whole_clear(pretrained_whole *w);

/* The name on file of a tensor of a layout: that of the checkpoint where it has it, else the layout's. */
const char *pretrained_name(const pretrained *p, const tensor *t);
/* Are its matrices stored (in, out), as GPT-2's? */
bool pretrained_turned(const pretrained *p);

/* The configuration of a transformer that was made here, as the checkpoint it is about to become: for
 * pretrained_save alone. Errors as transformer_keys. */
status pretrained_describe(pretrained **p, const model *m);

/* Writes weights over a layout as a Hugging Face folder (config.json, model.safetensors) with the names,
 * shapes and configuration of the checkpoint; what it does not have (a fresh head) is added under the
 * layout's name. tokens: where the tokenizer of these weights lies, which is copied beside them; NULL: the
 * checkpoint's. Errors as tensors_write. */
status pretrained_save(const pretrained *p, const layout *l, const real *theta, const char *tokens,
                       const char *folder);

#endif
