/* peft.c -- see peft.h. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "format/jsonl.h"
#include "format/pattern.h"
#include "format/peft.h"
#include "format/tensors.h"

bool peft_ends(const char *name, const char *end)
{
    size_t n = strlen(name), k = strlen(end);
    return n >= k && !strcmp(name + n - k, end) && (n == k || name[n - k - 1] == '.');
}

/* ------------------------------------------------------------------ numbers by module */

/* A key without signs of patterns is compared as it is: almost all are names. */
static status peft_key_fits(const char *key_, const char *module, bool *fits)
{
    if (!strpbrk(key_, "\\[](){}|*+?^$")) {
        size_t n = strlen(module), k = strlen(key_), i = 0;
        *fits = n >= k && (n == k || module[n - k - 1] == '.');
        while (*fits && i < k && (key_[i] == '.' || key_[i] == module[n - k + i]))
            i++; /* a dot is any letter */
        *fits = *fits && i == k;
        return OK;
    }
    char *pattern = mem_printf("(.*\\.)?(%s)", key_);
    status st = pattern ? pattern_match(pattern, module, fits) : ERR_MEMORY;
    mem_free(pattern);
    return st;
}

static status peft_number(const json_t *config, const char *pattern, const char *name,
                          double fallback, const char *module, double *out)
{
    const char *key_;
    json_t *found = json_object_get(config, name), *value;
    bool fits;
    status st;
    json_object_foreach(json_object_get(config, pattern), key_, value)
    {
        if ((st = peft_key_fits(key_, module, &fits))) {
            error_prefix("%s: ", pattern);
            return st;
        }
        if (fits) {
            found = value;
            name = pattern;
            break;
        }
    }
    *out = found && !json_is_null(found) ? json_number_value(found) : fallback;
    if (*out > 0)
        return OK;
    return error_set(ERR_FORMAT, "%s of %s is no number above 0", name, module);
}

status peft_rank(const json_t *config, const char *module, double *r)
{
    return peft_number(config, "rank_pattern", "r", 8, module, r);
}

status peft_alpha(const json_t *config, const char *module, double *alpha)
{
    return peft_number(config, "alpha_pattern", "lora_alpha", 8, module, alpha);
}

/* ------------------------------------------------------------------ modules */

/* In a list by name or end, or by a text that is a pattern. */
static status peft_listed(const json_t *list, const char *module, bool *found)
{
    *found = false;
    if (json_is_string(list))
        return pattern_match(json_string_value(list), module, found);
    for (size_t i = 0; i < json_array_size(list) && !*found; i++) {
        const char *end = json_string_value(json_array_get(list, i));
        *found = end && peft_ends(module, end);
    }
    return OK;
}

/* The number behind the last component that is `word` (NULL: any), -1: there is none. */
static long peft_layer(const char *module, const char *word)
{
    long layer = -1;
    for (const char *dot = strchr(module, '.'); dot; dot = strchr(dot + 1, '.')) {
        size_t digits = strspn(dot + 1, "0123456789"), k = word ? strlen(word) : 0;
        if (!digits || digits > 9 || dot[1 + digits] != '.')
            continue;
        if (!word || ((size_t)(dot - module) >= k && !strncmp(dot - k, word, k) &&
                      (dot - k == module || dot[-(long)k - 1] == '.')))
            layer = strtol(dot + 1, NULL, 10);
    }
    return layer;
}

/* layers_to_transform: a number or a list. */
static bool peft_in_layers(const json_t *config, const char *module)
{
    const json_t *layers = json_object_get(config, "layers_to_transform"),
                 *words = json_object_get(config, "layers_pattern");
    long layer = -1;
    if (!json_is_integer(layers) && !json_array_size(layers))
        return true;
    if (json_is_string(words))
        layer = peft_layer(module, json_string_value(words));
    for (size_t i = 0; i < json_array_size(words) && layer < 0; i++)
        layer = peft_layer(module, json_string_value(json_array_get(words, i)));
    if (!json_is_string(words) && !json_array_size(words))
        layer = peft_layer(module, NULL);
    if (json_is_integer(layers))
        return json_integer_value(layers) == layer;
    for (size_t i = 0; i < json_array_size(layers); i++)
        if (json_integer_value(json_array_get(layers, i)) == layer)
            return layer >= 0;
    return false;
}

status peft_targets(const json_t *config, const char *module, bool *targeted)
{
    const json_t *targets = json_object_get(config, "target_modules");
    status st = peft_listed(json_object_get(config, "exclude_modules"), module, targeted);
    if (st || *targeted) {
        *targeted = false;
        return st;
    }
    /* what a module of an older PEFT was chosen by is not always said */
    *targeted = !targets || json_is_null(targets) ||
                (json_is_string(targets) && !strcmp(json_string_value(targets), "all-linear"));
    if (!*targeted && (st = peft_listed(targets, module, targeted)))
        return st;
    *targeted = *targeted && (json_is_string(targets) || peft_in_layers(config, module));
    return OK;
}

/* Is one of the modules that name is in listed? "classifier" has classifier.dense.weight. */
static status peft_inside(const json_t *list, const char *name, bool *inside)
{
    status st = OK;
    *inside = false;
    char *module = mem_string(name);
    if (!module)
        return ERR_MEMORY;
    for (char *dot; !st && !*inside && (dot = strrchr(module, '.'));) {
        *dot = '\0';
        st = peft_listed(list, module, inside);
    }
    mem_free(module);
    return st;
}

/* Beside modules_to_save: heads of tasks, which older PEFT saved without naming them; tables of words, which it
 * saves where their size changed; biases; single tokens. */
status peft_saves(const json_t *config, const char *name, bool *saved)
{
    const char *task = jsonl_get_string(config, "task_type", "");
    const char *bias = jsonl_get_string(config, "bias", "none");
    const json_t *tokens = json_object_get(config, "trainable_token_indices");
    int layer;
    const char *role = tensors_role(name, &layer);
    status st = peft_inside(json_object_get(config, "modules_to_save"), name, saved);
    if (st || *saved)
        return st;
    *saved = (strstr(task, "CLS") && !strcmp(role, "classifier")) ||
             (!strcmp(task, "QUESTION_ANS") && strstr(name, "qa_outputs")) ||
             (layer < 0 && (!strcmp(role, "embed") || !strcmp(role, "head"))) ||
             (strcmp(bias, "none") && peft_ends(name, "bias")) ||
             (tokens && !json_is_null(tokens) && strstr(name, "token_adapter"));
    return OK;
}

/* ------------------------------------------------------------------ made by us */

static json_t *peft_whole(double x)
{
    return x == floor(x) && fabs(x) < 1e15 ? json_integer((json_int_t)x) : json_real(x);
}

static json_t *peft_word(const char *word)
{
    return word ? json_string(word) : json_null();
}

/* A text into a list of different ones; 0, -1: no memory. */
static int peft_once(json_t *list, const char *word, size_t n)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *other = json_array_get(list, i);
        if (json_string_length(other) == n && !memcmp(json_string_value(other), word, n))
            return 0;
    }
    return json_array_append_new(list, json_stringn(word, n));
}

/* The path behind the layer's number; the whole path where it has none. */
static const char *peft_end(const char *module)
{
    const char *end = module;
    for (const char *dot = strchr(module, '.'); dot; dot = strchr(dot + 1, '.')) {
        size_t digits = strspn(dot + 1, "0123456789");
        if (digits && dot[1 + digits] == '.')
            end = dot + digits + 2;
    }
    return end;
}

/* Is each kind of module there in all layers? */
static bool peft_complete(const adapter_make *how, const adapter_part *parts, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const char *end = peft_end(parts[i].module);
        size_t count = 0;
        for (size_t k = 0; k < n; k++)
            count += !strcmp(end, peft_end(parts[k].module));
        if (end != parts[i].module && count != how->layers)
            return false;
    }
    return true;
}

static json_t *peft_target_list(const adapter_make *how, const adapter_part *parts, size_t n)
{
    bool ends = peft_complete(how, parts, n);
    json_t *list = json_array();
    for (size_t i = 0; list && i < n; i++) {
        const char *word = ends ? peft_end(parts[i].module) : parts[i].module;
        if (peft_once(list, word, strlen(word))) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

/* The modules of what is trained whole; null: none. */
static json_t *peft_save_list(const adapter_make *how)
{
    json_t *list = how->n_others ? json_array() : json_null();
    for (size_t i = 0; list && i < how->n_others; i++) {
        const char *name = how->others[i].name, *dot = strrchr(name, '.');
        if (peft_once(list, name, dot ? (size_t)(dot - name) : strlen(name))) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

/* What differs from the first part's, by module. */
static json_t *peft_pattern(const adapter_part *parts, size_t n, bool alpha)
{
    json_t *map = json_object();
    for (size_t i = 1; map && i < n; i++) {
        bool differs = alpha ? parts[i].alpha != parts[0].alpha : parts[i].r != parts[0].r;
        if (differs &&
            json_object_set_new(map, parts[i].module,
                                peft_whole(alpha ? parts[i].alpha : (double)parts[i].r))) {
            json_decref(map);
            return NULL;
        }
    }
    return map;
}

json_t *peft_config(const adapter_make *how, const adapter_part *parts, size_t n)
{
    const adapter_part none = {.r = 8, .alpha = 8}, *first = n ? parts : &none;
    const struct {
        const char *name;
        json_t *value;
    } all[] = {
        {"alpha_pattern", peft_pattern(parts, n, true)},
        {"auto_mapping", json_null()},
        {"base_model_name_or_path", peft_word(how->base)},
        {"bias", json_string("none")},
        {"fan_in_fan_out", json_boolean(how->fan_in_fan_out)},
        {"inference_mode", json_true()},
        {"init_lora_weights", json_true()},
        {"layers_pattern", json_null()},
        {"layers_to_transform", json_null()},
        {"lora_alpha", peft_whole(first->alpha)},
        {"lora_dropout", json_real(how->dropout)},
        {"modules_to_save", peft_save_list(how)},
        {"peft_type", json_string("LORA")},
        {"r", peft_whole((double)first->r)},
        {"rank_pattern", peft_pattern(parts, n, false)},
        {"revision", json_null()},
        {"target_modules", peft_target_list(how, parts, n)},
        {"task_type", peft_word(how->task)},
        {"use_dora", json_boolean(first->m != NULL)},
        {"use_rslora", json_boolean(how->rslora)},
    };
    json_t *config = json_object();
    bool whole = config;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        whole = !json_object_set_new(config, all[i].name, all[i].value) && whole; /* takes it */
    if (!whole) {
        json_decref(config);
        return NULL;
    }
    return config;
}
