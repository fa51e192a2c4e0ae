/* role.c -- what the names of weights say (tensors.h): ends of names, in the families that are read.
 *
 * A name ends in the module's path and a word of its own (weight, bias, lora_A.weight). Source: the state
 * dicts of huggingface/transformers' GPT2, Llama, Bert, Roberta and GPTNeoX models. */
#include <string.h>

#include "format/tensors.h"

/* Ends of module paths, longer ones before their own ends. */
static const struct {
    const char *end, *role;
} ends[] = {
    {"attention.output.dense", "o"},
    {"attention.dense", "o"},
    {"attn.c_proj", "o"},
    {"o_proj", "o"},
    {"attn.c_attn", "qkv"},
    {"query_key_value", "qkv"},
    {"q_proj", "q"},
    {"self.query", "q"},
    {"k_proj", "k"},
    {"self.key", "k"},
    {"v_proj", "v"},
    {"self.value", "v"},
    {"gate_proj", "gate"},
    {"up_proj", "up"},
    {"c_fc", "up"},
    {"intermediate.dense", "up"},
    {"dense_h_to_4h", "up"},
    {"down_proj", "down"},
    {"mlp.c_proj", "down"},
    {"dense_4h_to_h", "down"},
    {"output.dense", "down"},
    {"wte", "embed"},
    {"embed_tokens", "embed"},
    {"embed_in", "embed"},
    {"word_embeddings", "embed"},
    {"wpe", "position"},
    {"position_embeddings", "position"},
    {"token_type_embeddings", "type"},
    {"lm_head.decoder", "head"},
    {"predictions.decoder", "head"},
    {"embed_out", "head"},
    {"ln_1", "norm"},
    {"ln_2", "norm"},
    {"ln_f", "norm"},
    {"layernorm", "norm"},
    {"LayerNorm", "norm"},
    {"layer_norm", "norm"},
    {"model.norm", "norm"},
    {"pooler.dense", "pooler"},
    {"classifier.dense", "classifier"},
    {"classifier.out_proj", "classifier"},
    {"classifier", "classifier"},
    {"score", "classifier"},
    {"lm_head", "head"},
};

/* Does the path of n letters end so, at a dot or an underline ("input_layernorm")? */
static bool role_ends(const char *path, size_t n, const char *end)
{
    size_t k = strlen(end);
    return n >= k && !strncmp(path + n - k, end, k) &&
           (n == k || path[n - k - 1] == '.' || path[n - k - 1] == '_');
}

/* Where the module's path ends: before .weight, .bias and what an adapter adds. */
static size_t role_path(const char *name)
{
    static const char *const own[] = {".weight", ".bias", ".gamma", ".beta", ".ranknum"};
    const char *lora = strstr(name, ".lora_");
    size_t n = lora ? (size_t)(lora - name) : strlen(name);
    for (size_t i = 0; i < sizeof own / sizeof *own && !lora; i++) {
        size_t k = strlen(own[i]);
        if (n > k && !strcmp(name + n - k, own[i]))
            return n - k;
    }
    return n;
}

/* PEFT's name for the layer that an adapter stands beside. */
static size_t role_base(const char *name, size_t n)
{
    static const char base[] = ".base_layer";
    size_t k = sizeof base - 1;
    return n > k && !strncmp(name + n - k, base, k) ? n - k : n;
}

const char *tensors_role(const char *name, int *layer)
{
    size_t n = role_base(name, role_path(name));
    *layer = -1;
    for (const char *c = name; *c && *layer < 0; c++) {
        size_t digits = strspn(c, "0123456789");
        if ((c == name || c[-1] == '.') && digits && digits < 7 &&
            (c[digits] == '.' || !c[digits])) {
            *layer = 0;
            for (size_t i = 0; i < digits; i++)
                *layer = 10 * *layer + (c[i] - '0');
        }
    }
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (role_ends(name, n, ends[i].end))
            return ends[i].role;
    return "";
}
