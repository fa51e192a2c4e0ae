/* adapter.h -- a LoRA adapter: pairs A, B beside the matrices of a base model that is not here.
 *
 *     update of a module = scale B A     (out, in);  transposed on file where fan_in_fan_out
 *     scale = alpha/r, alpha/sqrt(r) with use_rslora, alpha/(ranknum + 1e-5) in AdaLoRA, whose A is E o A
 *
 * Read are PEFT's folders (LoRA, rsLoRA, DoRA, AdaLoRA) and loralib's files without a configuration, whose
 * alpha must be told: until then scale is NaN. Names:
 *
 *     PEFT     base_model.model.<module>.lora_A.weight, .lora_B.weight, .lora_embedding_A, .lora_embedding_B,
 *              .lora_magnitude_vector, .lora_B.bias; AdaLoRA .lora_A, .lora_B, .lora_E, .ranknum
 *     loralib  <module>.lora_A, <module>.lora_B
 *
 * Sources: huggingface/peft, docs/source/developer_guides/checkpoint.md, src/peft/utils/save_and_load.py
 * and tuners/lora/layer.py; microsoft/LoRA, loralib/layers.py. */
#ifndef FORMAT_ADAPTER_H
#define FORMAT_ADAPTER_H

#include "format/tensors.h"

typedef struct adapter_pair {
    const char *module; /* in the base model: "transformer.h.0.attn.c_attn" */
    const char *role;   /* by tensors_role */
    int layer;          /* -1: of none */
    size_t r, in, out;
    double alpha;            /* NaN: not known */
    double scale;            /* NaN: not known */
    bool fan_in_fan_out;     /* the base model stores the matrix as (in, out) */
    bool embedding;          /* beside a table (in, out): vocabulary, width */
    const safetensor *A, *B; /* (r, in), (out, r) */
    const safetensor *E;     /* AdaLoRA: (r, 1); or NULL */
    const safetensor *m;     /* DoRA: magnitudes (out); or NULL */
    const safetensor *bias;  /* of lora_B, (out); or NULL */
} adapter_pair;

typedef struct adapter adapter;

/* A folder or a file. alpha: NaN takes the configuration's; else it stands for it, everywhere.
 * ERR_FILE, ERR_FORMAT, ERR_LIMIT as tensors_open; ERR_FORMAT: no LoRA adapter at all; a factor without
 * the other, a target without a pair, a pair that no target asks for, another shape or rank than the
 * configuration's, a tensor left over: each by its name. Keys of newer configurations are kept and
 * passed over. */
status adapter_open(adapter **a, const char *path, double alpha);
void adapter_close(adapter *a); /* NULL is fine */

size_t adapter_count(const adapter *a); /* pairs, in the order of their modules' layers and names */
const adapter_pair *adapter_at(const adapter *a, size_t i);
const adapter_pair *adapter_find(const adapter *a, const char *module); /* NULL: none */
/* What is no pair: modules_to_save, a classifier, biases; under the base model's names. */
size_t adapter_others(const adapter *a);
const safetensor *adapter_other(const adapter *a, size_t i);
const char *adapter_other_name(const adapter *a, size_t i); /* without PEFT's prefix */

/* "LORA", "ADALORA" as the configuration has it; loralib's are "LORA". */
const char *adapter_type(const adapter *a);
const json_t *adapter_config(const adapter *a);   /* NULL: none (loralib) */
const tensors *adapter_tensors(const adapter *a); /* NULL: made by adapter_new */

/* The factors as reals: A (r, in), AdaLoRA's E multiplied in, and B (out, r); either may be NULL.
 * ERR_USAGE: a type that is not read. */
status adapter_factors(const adapter_pair *p, real *A, real *B);

/* Does the configuration ask for a pair beside this module (target_modules as a list of names or of ends of
 * names, or a pattern; exclude_modules, layers_to_transform)? A model's loader asks it of all of its
 * modules, so that one that the file lacks is found. ERR_USAGE: a pattern that is not read. */
status adapter_targets(const adapter *a, const char *module, bool *targeted);

/* ------------------------------------------------------------------ made by us */

/* Arrays are borrowed until the adapter is closed; names are copied. */
typedef struct adapter_part {
    const char *module; /* "model.layers.0.self_attn.q_proj" */
    size_t r, in, out;
    double alpha;      /* scale is alpha/r, or alpha/sqrt(r) with rslora */
    const real *A, *B; /* (r, in), (out, r) */
    const real *m;     /* (out): DoRA, then of all parts; or NULL */
    bool embedding;
} adapter_part;

typedef struct adapter_make {
    const char *base; /* base_model_name_or_path; NULL: null */
    const char *task; /* "CAUSAL_LM", "SEQ_CLS"; NULL: null */
    size_t
        layers; /* of the base model: where each target has them all, target_modules are ends of names */
    double dropout; /* lora_dropout */
    bool fan_in_fan_out, rslora;
    const safetensor *
        others; /* trained whole: names as in the base model; modules_to_save names their modules */
    size_t n_others;
} adapter_make;

/* Ranks and alphas that differ go to rank_pattern and alpha_pattern. ERR_MEMORY; ERR_USAGE: a module
 * twice, magnitudes of some parts alone. */
status adapter_new(adapter **a, const adapter_make *how, const adapter_part *parts, size_t n);

/* The folder as PEFT reads it: adapter_model.safetensors and adapter_config.json. An adapter that was read
 * comes back with every tensor bit for bit, under its own name, with metadata and all keys of the
 * configuration; one without a configuration is written without. ERR_FILE; ERR_USAGE: without, where
 * there is one. */
status adapter_write(const adapter *a, const char *folder);

#endif
