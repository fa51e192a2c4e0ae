/* transformer.h -- what a transformer is in keys, nothing left to the task or the family. */
#ifndef MODELS_TRANSFORMER_H
#define MODELS_TRANSFORMER_H

#include "models/model.h"

typedef enum family { GPT2, LLAMA, BERT, ROBERTA, FAMILIES } family;
extern const char *const family_words[FAMILIES]; /* as Hugging Face's model_type */

/* "family=gpt2,width=64,layers=2,...": the keys that a checkpoint's configuration decides, fresh.
 * ERR_USAGE: another kind of model, or with norms, activations or parts that its family does not have. */
status transformer_keys(const model *m, char **keys);

#endif
