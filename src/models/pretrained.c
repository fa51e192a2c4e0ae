/* pretrained.c -- see pretrained.h. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "format/jsonl.h"
#include "format/tokenizer.h"
#include "models/adapted.h"
#include "models/pretrained.h"
#include "models/transformer.h"

struct pretrained {
    tensors *file;    /* NULL: described, not read */
    adapter *adapter; /* NULL: none */
    double alpha;
    const json_t *config; /* of the file */
    json_t *described;    /* config where there is no file */
    const char *path;     /* of that, for sentences */
    family family;
};

/* ------------------------------------------------------------------ configuration */

/* A number or flag of config.json and the key it becomes; by family, NULL: has none. */
static const struct {
    const char *key, *names[FAMILIES];
} numbers[] = {
    {"width", {"n_embd", "hidden_size", "hidden_size", "hidden_size"}},
    {"layers", {"n_layer", "num_hidden_layers", "num_hidden_layers", "num_hidden_layers"}},
    {"heads", {"n_head", "num_attention_heads", "num_attention_heads", "num_attention_heads"}},
    {"kv-heads", {NULL, "num_key_value_heads", NULL, NULL}},
    {"hidden", {"n_inner", "intermediate_size", "intermediate_size", "intermediate_size"}},
    {"vocabulary", {"vocab_size", "vocab_size", "vocab_size", "vocab_size"}},
    {"positions",
     {"n_positions", "max_position_embeddings", "max_position_embeddings",
      "max_position_embeddings"}},
    {"eps", {"layer_norm_epsilon", "rms_norm_eps", "layer_norm_eps", "layer_norm_eps"}},
    {"theta", {NULL, "rope_theta", NULL, NULL}},
};
enum { NUMBERS = sizeof numbers / sizeof *numbers };

/* Settings that we have in one way alone: another value gives other numbers, so it is refused. Values
 * of texts are cut by '|'; a setting that is absent or null is as we have it. */
static const struct {
    family family;
    const char *name, *values;
} only[] = {
    {GPT2, "activation_function", "gelu_new|gelu_pytorch_tanh"},
    {GPT2, "scale_attn_weights", "true"},
    {GPT2, "scale_attn_by_inverse_layer_idx", "false"},
    {GPT2, "add_cross_attention", "false"},
    {LLAMA, "hidden_act", "silu|swish"},
    {LLAMA, "attention_bias", "false"},
    {LLAMA, "mlp_bias", "false"},
    {LLAMA, "rope_scaling", ""},
    {LLAMA, "sliding_window", ""},
    {BERT, "hidden_act", "gelu"},
    {BERT, "type_vocab_size", "2"},
    {BERT, "position_embedding_type", "absolute"},
    {BERT, "is_decoder", "false"},
    {ROBERTA, "hidden_act", "gelu"},
    {ROBERTA, "type_vocab_size", "1"},
    {ROBERTA, "position_embedding_type", "absolute"},
    {ROBERTA, "is_decoder", "false"},
};

static bool is_one_of(const char *word, const char *values)
{
    size_t n = strlen(word);
    for (const char *v = values; v; v = strchr(v, '|') ? strchr(v, '|') + 1 : NULL)
        if (!strncmp(v, word, n) && (v[n] == '|' || !v[n]))
            return true;
    return false;
}

static status check_settings(const pretrained *p)
{
    for (size_t i = 0; i < sizeof only / sizeof *only; i++) {
        const json_t *v = json_object_get(p->config, only[i].name);
        char number[32];
        const char *word = json_is_string(v)   ? json_string_value(v)
                           : json_is_true(v)   ? "true"
                           : json_is_false(v)  ? "false"
                           : json_is_number(v) ? key_number_text(json_number_value(v), number)
                                               : "another value";
        if (only[i].family != p->family || !v || json_is_null(v) || is_one_of(word, only[i].values))
            continue;
        return error_set(
            ERR_FORMAT,
            "%s: its config.json sets %s to %s, which idim's transformer does not have%s%s; "
            "it would give other numbers",
            tensors_path(p->file), only[i].name, word, *only[i].values ? ", only " : "",
            only[i].values);
    }
    return OK;
}

static status find_family(pretrained *p)
{
    const char *type = jsonl_get_string(p->config, "model_type", "");
    for (int f = 0; f < FAMILIES; f++)
        if (!strcmp(type, family_words[f])) {
            p->family = (family)f;
            return p->file ? check_settings(p) : OK;
        }
    return error_set(ERR_FORMAT, "%s: model_type \"%s\" is none of gpt2, llama, bert, roberta",
                     p->path, type);
}

status pretrained_open(pretrained **out, const char *path, const char *adapter_, double alpha)
{
    pretrained *p = mem_array(1, sizeof *p);
    status st;
    *out = NULL;
    if (!p)
        return ERR_MEMORY;
    if (!(st = tensors_open(&p->file, path))) {
        p->config = tensors_config(p->file);
        p->path = tensors_path(p->file);
        if (tensors_kind_of(p->file) == TENSORS_ADAPTER)
            st =
                error_set(ERR_FORMAT,
                          "%s: an adapter, which needs its base model: name that one by --from and "
                          "this one by --adapter",
                          path);
        else if (!p->config)
            st =
                error_set(ERR_FORMAT,
                          "%s: no config.json is there, so its model is not known; name the folder "
                          "that holds both",
                          path);
        else
            st = find_family(p);
    }
    p->alpha = alpha;
    if (!st && *adapter_)
        st = adapter_open(&p->adapter, adapter_, alpha > 0 ? alpha : (double)NAN);
    if (st)
        pretrained_close(p);
    else
        *out = p;
    return st;
}

void pretrained_close(pretrained *p)
{
    if (!p)
        return;
    adapter_close(p->adapter);
    tensors_close(p->file);
    json_decref(p->described);
    mem_free(p);
}

status pretrained_hash(const pretrained *p, char hex[HASH_HEX])
{
    char both[2 * HASH_HEX + 32];
    status st = tensors_hash(p->file, hex);
    if (st || !p->adapter)
        return st;
    int n = snprintf(both, sizeof both, "%s alpha %.17g ", hex, p->alpha);
    if ((st = tensors_hash(adapter_tensors(p->adapter), both + n)))
        return st;
    hash_bytes(both, strlen(both), hex);
    return OK;
}

bool pretrained_of_bytes(const pretrained *p)
{
    bool none = jsonl_get_count(p->config, "vocab_size", 0) == 256;
    for (size_t i = 0; i < TOKENIZER_MAIN && none; i++) {
        char *file = mem_printf("%s/%s", tensors_path(p->file), tokenizer_name(i));
        none = file && !file_exists(file);
        mem_free(file);
    }
    return none;
}

status pretrained_tokenizer(const pretrained *p, char **path)
{
    const char *file = tensors_path(p->file), *slash = strrchr(file, '/');
    int folder = slash ? (int)(slash - file) + 1 : 0;
    *path = NULL;
    if (tensors_kind_of(p->file) == TENSORS_MODEL)
        return pretrained_of_bytes(p) || (*path = mem_string(file)) ? OK : ERR_MEMORY;
    if (tensors_kind_of(p->file) != TENSORS_LLAMA2C)
        return OK;
    for (int k = 0; k < 2; k++) {
        if (!(*path = k ? mem_printf("%.*stokenizer.bin", folder, file)
                        : mem_printf("%.*stok%.0f.bin", folder, file,
                                     jsonl_get_number(p->config, "vocab_size", 0))))
            return ERR_MEMORY;
        if (file_exists(*path))
            return OK;
        mem_free(*path);
        *path = NULL;
    }
    return OK;
}

/* The value that a list of key=value gives; NULL: none. */
static const char *key_given(char *const *parts, size_t n, const char *name)
{
    size_t length = strlen(name);
    for (size_t i = 0; i < n; i++)
        if (!strncmp(parts[i], name, length) && parts[i][length] == '=')
            return parts[i] + length + 1;
    return NULL;
}

static void add_key(char *const *given, size_t n, const char *name, const char *value, text *spec)
{
    if (!key_given(given, n, name))
        text_add(spec, ",%s=%s", name, value);
}

/* The keys that the checkpoint decides and nobody gave. */
static status config_keys(const pretrained *p, char *const *given, size_t n, text *spec)
{
    bool tied = json_is_true(json_object_get(p->config, "tie_word_embeddings")) ||
                (!json_object_get(p->config, "tie_word_embeddings") && p->family != LLAMA);
    char number[32];
    for (size_t i = 0; i < NUMBERS; i++) {
        const char *name = numbers[i].names[p->family];
        const json_t *v = name ? json_object_get(p->config, name) : NULL;
        if (!name || json_is_null(v))
            continue;
        if (!v && (!strcmp(numbers[i].key, "kv-heads") || !strcmp(numbers[i].key, "theta") ||
                   !strcmp(numbers[i].key, "hidden")))
            continue; /* older files are without; the model's own default is theirs */
        if (!json_is_number(v))
            return error_set(ERR_FORMAT, "%s: its config.json has no number %s", p->path, name);
        double value = json_number_value(v);
        if (p->family == ROBERTA && !strcmp(numbers[i].key, "positions"))
            value -= 2; /* its first two rows stand for padding */
        add_key(given, n, numbers[i].key, key_number_text(value, number), spec);
    }
    add_key(given, n, "tie", tied ? "yes" : "no", spec);
    if (json_is_true(json_object_get(p->config, "rope_interleaved")))
        add_key(given, n, "rope", "interleaved", spec);
    return OK;
}

status pretrained_spec(const pretrained *p, const char *given, char **spec)
{
    char kind[64], **parts = NULL;
    const char *args;
    size_t n = 0;
    text t = {0};
    status st;
    *spec = NULL;
    if ((st = key_kind(given, kind, sizeof kind, &args)))
        return st;
    if (strcmp(kind, "transformer"))
        return error_set(ERR_USAGE, "%s: a checkpoint is a transformer; leave --model %s out",
                         tensors_path(p->file), given);
    if (*args && (st = key_cut(args, ",", &parts, &n)))
        return st;
    text_add(&t, "transformer:family=%s", family_words[p->family]);
    for (size_t i = 0; i < n; i++)
        if (strncmp(parts[i], "family=", 7))
            text_add(&t, ",%s", parts[i]);
    st = config_keys(p, parts, n, &t);
    key_parts_free(parts, n);
    if (!st && t.failed)
        st = ERR_MEMORY;
    if (st)
        text_clear(&t);
    else
        *spec = t.text;
    return st;
}

/* The configuration alone: of a folder or file.json without its weights, else of a checkpoint that holds its own. */
static status config_open(const char *path, pretrained *p, json_t **read, pretrained **whole)
{
    enum { MOST = 1 << 20 };
    bool folder = file_is_folder(path);
    char *bytes = NULL;
    size_t n = 0, length = strlen(path);
    *p = (pretrained){.path = path};
    if (!folder && file_exists(path) && (length < 5 || strcmp(path + length - 5, ".json") != 0)) {
        status st = pretrained_open(whole, path, "", 0);
        p->config = st ? NULL : (*whole)->config;
        return st;
    }
    char *file = mem_printf(folder ? "%s/config.json" : "%s", path);
    status st = file ? file_read(file, MOST, &bytes, &n) : ERR_MEMORY;
    if (!st && !(*read = json_loadb(bytes, n, JSON_REJECT_DUPLICATES, NULL)))
        st = error_set(ERR_FORMAT, "%s: no JSON; a config.json of Hugging Face is read", file);
    p->config = *read;
    mem_free(bytes);
    mem_free(file);
    return st;
}

status pretrained_config_spec(const char *path, char **spec, bool *language, size_t *longest,
                              size_t *vocabulary)
{
    pretrained p, *whole = NULL;
    json_t *read = NULL;
    text t = {0};
    status st = config_open(path, &p, &read, &whole);
    *spec = NULL;
    if (!st && !(st = find_family(&p))) {
        text_add(&t, "transformer:family=%s", family_words[p.family]);
        if (!(st = config_keys(&p, NULL, 0, &t)) && text_failed(&t))
            st = ERR_MEMORY;
        *language = p.family == GPT2 || p.family == LLAMA;
        double positions = jsonl_get_number(
            p.config, p.family == GPT2 ? "n_positions" : "max_position_embeddings", 0);
        double tokens = jsonl_get_number(p.config, "vocab_size", 0);
        if (!(positions >= 2) || positions > 1e9 || !(tokens >= 1) || tokens > 1e9)
            st = error_set(ERR_FORMAT, "%s: %g positions and %g tokens make no transformer", path,
                           positions, tokens);
        else {
            *longest = (size_t)positions - (p.family == ROBERTA ? 2 : 0);
            *vocabulary = (size_t)tokens;
        }
    }
    if (st)
        text_clear(&t);
    else
        *spec = t.text;
    json_decref(read);
    pretrained_close(whole);
    return st;
}

/* ------------------------------------------------------------------ names */

static bool ends_with(const char *s, const char *end)
{
    size_t n = strlen(s), k = strlen(end);
    return n >= k && !strcmp(s + n - k, end);
}

/* The layout's name of a tensor on file: without the prefix of the class that was saved, "gamma" and
 * "beta" of the oldest BERT files as weight and bias. */
static void plain_name(const pretrained *p, const char *name, char *out, size_t room)
{
    static const char *const prefixes[FAMILIES] = {"transformer.", "", "bert.", "roberta."};
    size_t n = strlen(prefixes[p->family]);
    if (!strncmp(name, prefixes[p->family], n))
        name += n;
    if (ends_with(name, ".gamma"))
        snprintf(out, room, "%.*sweight", (int)(strlen(name) - 5), name);
    else if (ends_with(name, ".beta"))
        snprintf(out, room, "%.*sbias", (int)(strlen(name) - 4), name);
    else
        snprintf(out, room, "%s", name);
}

/* Buffers that older programs saved beside the weights. */
static bool is_buffer(const char *name)
{
    static const char *const ends[] = {".attn.bias", ".attn.masked_bias", "position_ids",
                                       "rotary_emb.inv_freq"};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (ends_with(name, ends[i]))
            return true;
    return false;
}

/* Heads of tasks: a model for another task has no place for them. */
static bool is_head(const char *name)
{
    static const char *const begins[] = {"lm_head.", "cls.", "classifier.", "score.", "pooler."};
    for (size_t i = 0; i < sizeof begins / sizeof *begins; i++)
        if (!strncmp(name, begins[i], strlen(begins[i])))
            return true;
    return false;
}

/* GPT-2's matrices lie as (in, out) on file (Conv1D). */
static bool is_turned(const pretrained *p, const tensor *t)
{
    return p->family == GPT2 && t->shape[1] && !strncmp(t->name, "h.", 2);
}

/* ------------------------------------------------------------------ weights */

static status check_shape(const pretrained *p, const safetensor *from, const tensor *to)
{
    bool turned = is_turned(p, to);
    size_t rows = to->shape[turned ? 1 : 0], cols = to->shape[turned ? 0 : 1];
    size_t dims = to->shape[1] ? 2 : 1;
    if (from->dims == dims && from->shape[0] == rows && (dims == 1 || from->shape[1] == cols))
        return OK;
    return error_set(
        ERR_FORMAT,
        "%s: %s has %zu numbers in %zu dimension%s, the model wants %zu x %zu; check the "
        "model's keys against its config.json",
        tensors_path(p->file), from->name, from->n, from->dims, from->dims == 1 ? "" : "s", rows,
        dims == 1 ? (size_t)1 : cols);
}

/* b (cols, rows) = the transpose of a (rows, cols). */
static void transpose(size_t rows, size_t cols, const real *a, real *b)
{
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < cols; j++)
            b[j * rows + i] = a[i * cols + j];
}

/* values NULL: it is looked at alone. */
static status read_tensor(const pretrained *p, const safetensor *from, const tensor *to,
                          real *values)
{
    status st;
    if ((st = check_shape(p, from, to)) || !values)
        return st;
    if (!is_turned(p, to))
        return safetensor_reals(from, 0, from->n, values);
    real *turned = mem_array(from->n, sizeof *turned);
    st = turned ? safetensor_reals(from, 0, from->n, turned) : ERR_MEMORY;
    if (!st)
        transpose(to->shape[1], to->shape[0], turned, values);
    mem_free(turned);
    return st;
}

static status take_all(const pretrained *p, const model *m, bool *taken, real *theta0)
{
    for (size_t i = 0; i < tensors_count(p->file); i++) {
        const safetensor *from = tensors_at(p->file, i);
        char name[256];
        status st;
        plain_name(p, from->name, name, sizeof name);
        size_t k = layout_find(&m->layout, name);
        if (k == SIZE_MAX && (is_buffer(name) || is_head(name)))
            continue;
        if (k == SIZE_MAX)
            return error_set(ERR_FORMAT,
                             "%s: %s has no place in the model; check the model's keys against its "
                             "config.json",
                             tensors_path(p->file), from->name);
        if (taken[k])
            return error_set(ERR_FORMAT, "%s: two tensors are %s", tensors_path(p->file), name);
        const tensor *to = &m->layout.tensors[k];
        if ((st = read_tensor(p, from, to, theta0 ? theta0 + to->offset : NULL)))
            return st;
        taken[k] = true;
    }
    return OK;
}

status pretrained_load(const pretrained *p, const model *m, real *theta0, size_t *fresh)
{
    bool *taken = mem_array(m->layout.n_tensors, sizeof *taken);
    status st = taken ? take_all(p, m, taken, theta0) : ERR_MEMORY;
    *fresh = 0;
    for (size_t k = 0; k < m->layout.n_tensors && !st; k++) {
        const tensor *t = &m->layout.tensors[k];
        if (taken[k])
            continue;
        bool head =
            is_head(t->name) || (tensor_has_role(t, "head") && !tensor_has_role(t, "embed"));
        if (!t->outside && !head)
            st = error_set(ERR_FORMAT, "%s: the tensor %s is missing", tensors_path(p->file),
                           t->name);
        *fresh += t->n;
    }
    if (!st && theta0 && p->adapter)
        st = adapted_merge(p->adapter, &m->layout, theta0);
    mem_free(taken);
    return st;
}

status pretrained_tensor(const pretrained *p, const model *m, size_t k, real *values)
{
    const tensor *to = &m->layout.tensors[k];
    for (size_t i = 0; i < tensors_count(p->file); i++) {
        const safetensor *from = tensors_at(p->file, i);
        char name[256];
        plain_name(p, from->name, name, sizeof name);
        if (!strcmp(name, to->name))
            return read_tensor(p, from, to, values);
    }
    return OK;
}

/* ------------------------------------------------------------------ without a model */

void pretrained_whole_clear(pretrained_whole *w)
{
    mem_free(w->theta);
    mem_free(w->tensors);
    mem_free(w->names);
    *w = (pretrained_whole){0};
}

status pretrained_read(const pretrained *p, pretrained_whole *w)
{
    enum { NAME = 256 };
    size_t count = tensors_count(p->file), n = 0;
    status st = OK;
    *w = (pretrained_whole){0};
    w->tensors = mem_array(count, sizeof *w->tensors);
    w->names = mem_array(count, NAME);
    if (!w->tensors || !w->names)
        st = ERR_MEMORY;
    for (size_t i = 0; i < count && !st; i++) {
        const safetensor *from = tensors_at(p->file, i);
        tensor *t = &w->tensors[w->layout.n_tensors];
        char *name = w->names + i * NAME;
        plain_name(p, from->name, name, NAME);
        if (is_buffer(name))
            continue;
        if (from->dims < 1 || from->dims > 2)
            st = error_set(ERR_FORMAT, "%s: %s has %zu dimensions, a transformer's have 1 or 2",
                           tensors_path(p->file), from->name, from->dims);
        else {
            *t = (tensor){.name = name, .roles = "", .offset = n, .n = from->n, .layer = -1};
            t->shape[0] = from->shape[0];
            t->shape[1] = from->dims == 2 ? from->shape[1] : 0;
            if (is_turned(p, t)) {
                t->shape[0] = from->shape[1];
                t->shape[1] = from->shape[0];
            }
            n += from->n;
            w->layout.n_tensors++;
        }
    }
    w->layout.tensors = w->tensors;
    w->layout.n = n;
    if (!st && !(w->theta = mem_array(n, sizeof *w->theta)))
        st = ERR_MEMORY;
    for (size_t i = 0, k = 0; i < count && !st; i++) {
        const safetensor *from = tensors_at(p->file, i);
        const tensor *to = &w->layout.tensors[k];
        if (k >= w->layout.n_tensors || to->name != w->names + i * NAME)
            continue;
        st = read_tensor(p, from, to, w->theta + to->offset);
        k++;
    }
    if (!st && p->adapter)
        st = adapted_merge(p->adapter, &w->layout, w->theta);
    if (st)
        pretrained_whole_clear(w);
    return st;
}

/* ------------------------------------------------------------------ writing */

bool pretrained_turned(const pretrained *p)
{
    return p->family == GPT2;
}

const char *pretrained_name(const pretrained *p, const tensor *t)
{
    char name[256];
    for (size_t i = 0; p->file && i < tensors_count(p->file); i++) {
        const char *at = tensors_at(p->file, i)->name;
        plain_name(p, at, name, sizeof name);
        if (!strcmp(name, t->name))
            return at;
    }
    return t->name;
}

static bool is_interleaved(const pretrained *p)
{
    return json_is_true(json_object_get(p->config, "rope_interleaved"));
}

/* Hugging Face's rotary pairs are rows i and i + h/2 of a head of h rows; llama2.c's, of the original
 * release, are 2i and 2i + 1. out, in (heads h, cols). */
static void interleaved_to_halves(size_t rows, size_t cols, size_t h, const real *in, real *out)
{
    for (size_t i = 0; i < rows; i++) {
        size_t head = i / h * h, j = i % h, from = j < h / 2 ? 2 * j : 2 * (j - h / 2) + 1;
        memcpy(out + i * cols, in + (head + from) * cols, cols * sizeof *out);
    }
}

/* A tensor's numbers as they lie on file: turned or permuted into `room` where that differs. */
static const real *on_file(const pretrained *p, const tensor *t, const real *numbers_, real *room)
{
    bool rotary = ends_with(t->name, "q_proj.weight") || ends_with(t->name, "k_proj.weight");
    if (is_turned(p, t))
        transpose(t->shape[0], t->shape[1], numbers_, room);
    else if (is_interleaved(p) && rotary)
        interleaved_to_halves(t->shape[0], t->shape[1],
                              (size_t)(jsonl_get_number(p->config, "hidden_size", 1) /
                                       jsonl_get_number(p->config, "num_attention_heads", 1)),
                              numbers_, room);
    else
        return numbers_;
    return room;
}

/* The setting that we have, the first of `values`; NULL: ERR_MEMORY. */
static json_t *json_setting(const char *values)
{
    size_t n = strcspn(values, "|");
    char *end;
    double number = strtod(values, &end);
    return !strcmp(values, "true")    ? json_true()
           : !strcmp(values, "false") ? json_false()
           : end == values + n        ? json_integer((json_int_t)number)
                                      : json_stringn(values, n);
}

static json_t *json_value(double value)
{
    return value == floor(value) ? json_integer((json_int_t)value) : json_real(value);
}

/* keys: of transformer_keys. */
static status describe(pretrained *p, char *const *keys, size_t n)
{
    const char *word = key_given(keys, n, "family");
    json_t *c = json_object();
    for (int f = 0; f < FAMILIES; f++)
        if (!strcmp(word, family_words[f]))
            p->family = (family)f;
    bool whole = !json_object_set_new(c, "model_type", json_string(word));
    for (size_t i = 0; i < NUMBERS; i++) {
        const char *name = numbers[i].names[p->family];
        double value = 0;
        if (name && key_number(numbers[i].key, key_given(keys, n, numbers[i].key), &value))
            whole = false;
        if (p->family == ROBERTA && !strcmp(numbers[i].key, "positions"))
            value += 2; /* rows that stand for padding */
        whole = whole && (!name || !json_object_set_new(c, name, json_value(value)));
    }
    for (size_t i = 0; i < sizeof only / sizeof *only; i++)
        if (only[i].family == p->family && *only[i].values)
            whole = whole && !json_object_set_new(c, only[i].name, json_setting(only[i].values));
    whole = whole && !json_object_set_new(c, "tie_word_embeddings",
                                          json_boolean(!strcmp(key_given(keys, n, "tie"), "yes")));
    if (!strcmp(key_given(keys, n, "rope"), "interleaved"))
        whole = whole && !json_object_set_new(c, "rope_interleaved", json_true());
    p->config = p->described = c;
    p->path = "config.json";
    return whole ? OK : ERR_MEMORY;
}

status pretrained_describe(pretrained **out, const model *m)
{
    pretrained *p = mem_array(1, sizeof *p);
    char *keys = NULL, **parts = NULL;
    size_t n = 0;
    status st = p ? transformer_keys(m, &keys) : ERR_MEMORY;
    if (!st && !(st = key_cut(keys, ",", &parts, &n)))
        st = describe(p, parts, n);
    key_parts_free(parts, n);
    mem_free(keys);
    if (st) {
        pretrained_close(p);
        p = NULL;
    }
    *out = p;
    return st;
}

status pretrained_save(const pretrained *p, const layout *l, const real *theta, const char *tokens,
                       const char *folder)
{
    char *own = NULL;
    size_t n = l->n_tensors, (*shapes)[2] = mem_array(n, sizeof *shapes);
    safetensor *all = mem_array(n, sizeof *all);
    real *room = mem_array(l->n, sizeof *room);
    json_t *config = json_deep_copy(p->config);
    status st = shapes && all && room && config ? OK : ERR_MEMORY;
    for (size_t k = 0; k < n && !st; k++) {
        const tensor *t = &l->tensors[k];
        bool turn = is_turned(p, t);
        shapes[k][0] = t->shape[turn ? 1 : 0];
        shapes[k][1] = t->shape[turn ? 0 : 1];
        all[k] = (safetensor){.name = pretrained_name(p, t),
                              .type = SAFETENSOR_REAL,
                              .dims = t->shape[1] ? 2 : 1,
                              .shape = shapes[k],
                              .n = t->n,
                              .bytes = t->n * sizeof(real),
                              .data = on_file(p, t, theta + t->offset, room + t->offset)};
    }
    if (!st && !tokens && p->file)
        st = pretrained_tokenizer(p, &own);
    if (!st) {
        json_object_del(config, "rope_interleaved"); /* the rows are Hugging Face's now */
        st = tensors_write(folder, config, all, n, tokens ? tokens : own);
    }
    mem_free(own);
    json_decref(config);
    mem_free(shapes);
    mem_free(all);
    mem_free(room);
    return st;
}
