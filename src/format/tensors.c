/* tensors.c -- see tensors.h: which reader a file or folder needs, one list of what all its files hold. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/key.h"
#include "base/mem.h"
#include "format/jsonl.h"
#include "format/llama2c.h"
#include "format/pytorch.h"
#include "format/tensors.h"
#include "format/tokenizer.h"

/* JSON files that come with models are small; an index of 200,000 tensors has 20 MB. NEAR: names that a
 * "did you mean" looks through. */
enum { JSON_LIMIT = 100000000, NEAR = 2048 };

/* One file, by the one reader that opened it. */
typedef struct part {
    safetensors *plain;
    pytorch *zip;
    llama2c *flat;
} part;

struct tensors {
    char *path;
    tensors_kind kind;
    part *parts;
    size_t n_parts;
    safetensor *all;
    const safetensor **sorted; /* by name */
    size_t n;
    json_t *config;
    char *config_text;
};

const char *tensors_kind_text(tensors_kind k)
{
    static const char *const texts[TENSORS_KINDS] = {
        "safetensors file",    "Hugging Face folder", "PEFT folder",
        "llama2.c checkpoint", "PyTorch file",
    };
    return texts[k];
}

/* ------------------------------------------------------------------ one file */

static size_t part_count(const part *p)
{
    return p->plain  ? safetensors_count(p->plain)
           : p->zip  ? pytorch_count(p->zip)
           : p->flat ? llama2c_count(p->flat)
                     : 0;
}

static const safetensor *part_at(const part *p, size_t i)
{
    return p->plain ? safetensors_at(p->plain, i)
           : p->zip ? pytorch_at(p->zip, i)
                    : llama2c_at(p->flat, i);
}

static void part_close(part *p)
{
    safetensors_close(p->plain);
    pytorch_close(p->zip);
    llama2c_close(p->flat);
    *p = (part){0};
}

/* What begins like a file that is known and not read. */
static const struct {
    const char *begin;
    size_t n;
    const char *what;
} not_read[] = {
    {"GGUF", 4, "a GGUF file; take the model's safetensors"},
    {"24ka", 4, "a llama2.c checkpoint of version 1 or 2; export it with export.py --version 0"},
    {"\x89HDF", 4, "an HDF5 file; take the model's safetensors"},
    {"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46", 8,
     "a file of torch.save before PyTorch 1.6; load it there and save it again, as safetensors"},
    {"{", 1,
     "a JSON file; name the folder that it lies in (`idim memory` takes a model's config.json "
     "alone)"},
    {"\x80", 1, "a bare pickle, which would have to be run; save it as safetensors"},
};

static bool part_is_plain(const unsigned char *bytes, size_t n, const char *path)
{
    size_t k = strlen(path), suffix = strlen(".safetensors");
    return (n > 8 && bytes[8] == '{') || (k > suffix && !strcmp(path + k - suffix, ".safetensors"));
}

/* Opened by the reader that its first bytes ask for. */
static status part_open(part *p, const char *path)
{
    enum { PIECE = 28 };
    unsigned char bytes[PIECE] = {0};
    file_map map;
    size_t n;
    status st = file_map_open(&map, path);
    if (st)
        return st;
    n = map.n < PIECE ? map.n : PIECE;
    memcpy(bytes, map.bytes, n);
    file_map_close(&map);
    if (n >= 4 && !memcmp(bytes, "PK\3\4", 4))
        return pytorch_open(&p->zip, path);
    if (part_is_plain(bytes, n, path))
        return safetensors_open(&p->plain, path);
    for (size_t i = 0; i < sizeof not_read / sizeof *not_read; i++)
        if (n >= not_read[i].n && !memcmp(bytes, not_read[i].begin, not_read[i].n))
            return error_set(ERR_FORMAT, "%s: is %s", path, not_read[i].what);
    if (llama2c_begins(bytes, n))
        return llama2c_open(&p->flat, path);
    return error_set(ERR_FORMAT,
                     "%s: no file of tensors that is read: safetensors, PyTorch's zip, llama2.c's "
                     "checkpoint of version 0",
                     path);
}

/* ------------------------------------------------------------------ JSON beside it */

/* An object; *text_ (NULL is fine) gets the bytes, mem_free. */
static status json_open(const char *path, json_t **out, char **text_)
{
    json_error_t error;
    char *bytes;
    size_t n;
    status st = file_read(path, JSON_LIMIT, &bytes, &n);
    if (st)
        return st;
    *out = json_loadb(bytes, n, 0, &error);
    if (!*out)
        st = error_set(ERR_FORMAT, "%s: line %d: %s", path, error.line, error.text);
    else if (!json_is_object(*out))
        st = error_set(ERR_FORMAT, "%s: holds no object { }; fetch it again", path);
    if (!st && text_)
        *text_ = bytes;
    else
        mem_free(bytes);
    return st;
}

/* ------------------------------------------------------------------ one list of all */

static int by_name(const void *a, const void *b)
{
    return strcmp((*(const safetensor *const *)a)->name, (*(const safetensor *const *)b)->name);
}

static status tensors_gather(tensors *t)
{
    size_t k = 0;
    for (size_t i = 0; i < t->n_parts; i++)
        t->n += part_count(&t->parts[i]);
    t->all = mem_array(t->n, sizeof *t->all);
    t->sorted = mem_array(t->n, sizeof *t->sorted);
    if (!t->all || !t->sorted)
        return ERR_MEMORY;
    for (size_t i = 0; i < t->n_parts; i++)
        for (size_t j = 0; j < part_count(&t->parts[i]); j++, k++) {
            t->all[k] = *part_at(&t->parts[i], j);
            t->sorted[k] = &t->all[k];
        }
    if (t->n)
        qsort(t->sorted, t->n, sizeof *t->sorted, by_name);
    for (size_t i = 1; i < t->n; i++)
        if (!strcmp(t->sorted[i - 1]->name, t->sorted[i]->name))
            return error_set(ERR_FORMAT, "%s: tensor %.200s is there twice", t->path,
                             t->sorted[i]->name);
    return OK;
}

static status tensors_one(tensors *t, const char *path)
{
    if (!(t->parts = mem_array(1, sizeof *t->parts)))
        return ERR_MEMORY;
    t->n_parts = 1;
    return part_open(t->parts, path);
}

/* ------------------------------------------------------------------ shards */

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The names of files in an index's weight_map, each once, sorted; *files (json_object_size) mem_free. */
static status index_files(json_t *map, const char ***files, size_t *n)
{
    const char *name;
    json_t *value;
    size_t count = 0, k = 0;
    *n = 0;
    if (!json_is_object(map))
        return error_set(ERR_FORMAT, "no object weight_map");
    if (!(*files = mem_array(json_object_size(map), sizeof **files)))
        return ERR_MEMORY;
    json_object_foreach(map, name, value)
    {
        const char *file = json_string_value(value);
        if (!file || !*file || strchr(file, '/'))
            return error_set(ERR_FORMAT,
                             "weight_map: %.200s lies in %.60s, which is no file's name", name,
                             file ? file : "what is no text");
        (*files)[count++] = file;
    }
    if (count)
        qsort(*files, count, sizeof **files, by_text);
    for (size_t i = 0; i < count; i++)
        if (!k || strcmp((*files)[k - 1], (*files)[i]))
            (*files)[k++] = (*files)[i];
    *n = k;
    return OK;
}

/* What the index promises is what the shards hold, each in its file. */
static status index_compare(const json_t *map, const tensors *t, const char *const *files)
{
    size_t n = 0;
    for (size_t i = 0; i < t->n_parts; i++)
        for (size_t j = 0; j < part_count(&t->parts[i]); j++, n++) {
            const char *name = part_at(&t->parts[i], j)->name;
            const char *file = json_string_value(json_object_get(map, name));
            if (!file || strcmp(file, files[i]))
                return error_set(ERR_FORMAT, "%s holds %.200s, which the index %s%.200s", files[i],
                                 name, file ? "has in " : "does not name", file ? file : "");
        }
    if (n == json_object_size(map))
        return OK;
    const char *name;
    const json_t *value;
    json_object_foreach(json_mutable(map), name, value)
    {
        if (!tensors_find(t, name))
            return error_set(ERR_FORMAT, "%.200s is not in %s; fetch that file again", name,
                             json_string_value(value));
    }
    return OK;
}

static status tensors_shards(tensors *t, const char *folder, const char *index)
{
    const char **files = NULL;
    json_t *list = NULL, *map;
    size_t n = 0;
    char *path = NULL;
    status st = json_open(index, &list, NULL);
    if (st)
        goto done;
    map = json_object_get(list, "weight_map");
    if ((st = index_files(map, &files, &n))) {
        error_prefix("%s: ", index);
        goto done;
    }
    if (!(t->parts = mem_array(n, sizeof *t->parts)))
        st = ERR_MEMORY;
    for (size_t i = 0; i < n && !st; i++) {
        path = mem_printf("%s/%s", folder, files[i]);
        st = path ? part_open(&t->parts[i], path) : ERR_MEMORY;
        t->n_parts = i + 1;
        mem_free(path);
    }
    if (!st)
        st = tensors_gather(t);
    if (!st && (st = index_compare(map, t, files)))
        error_prefix("%s: ", index);
done:
    mem_free(files);
    json_decref(list);
    return st;
}

/* ------------------------------------------------------------------ folders */

/* In the order in which transformers and peft look. */
static const struct {
    const char *file;
    tensors_kind kind;
    bool index;
} inside[] = {
    {"adapter_model.safetensors", TENSORS_ADAPTER, false},
    {"adapter_model.bin", TENSORS_ADAPTER, false},
    {"model.safetensors", TENSORS_MODEL, false},
    {"model.safetensors.index.json", TENSORS_MODEL, true},
    {"pytorch_model.bin", TENSORS_MODEL, false},
    {"pytorch_model.bin.index.json", TENSORS_MODEL, true},
};

static status tensors_config_of(tensors *t, const char *folder)
{
    char *path = mem_printf("%s/%s", folder,
                            t->kind == TENSORS_ADAPTER ? "adapter_config.json" : "config.json");
    status st = path ? OK : ERR_MEMORY;
    if (!st && file_exists(path))
        st = json_open(path, &t->config, &t->config_text);
    mem_free(path);
    return st;
}

static status tensors_folder(tensors *t, const char *folder)
{
    for (size_t i = 0; i < sizeof inside / sizeof *inside; i++) {
        char *path = mem_printf("%s/%s", folder, inside[i].file);
        if (!path)
            return ERR_MEMORY;
        if (!file_exists(path)) {
            mem_free(path);
            continue;
        }
        t->kind = inside[i].kind;
        status st = tensors_config_of(t, folder);
        if (!st)
            st = inside[i].index ? tensors_shards(t, folder, path) : tensors_one(t, path);
        mem_free(path);
        return st;
    }
    return error_set(ERR_FILE,
                     "%s: a folder without model.safetensors, its index, pytorch_model.bin or "
                     "adapter_model.safetensors; name another, or a file",
                     folder);
}

static status tensors_file(tensors *t, const char *path)
{
    status st = tensors_one(t, path);
    if (st)
        return st;
    t->kind = t->parts->plain ? TENSORS_FILE : t->parts->zip ? TENSORS_PYTORCH : TENSORS_LLAMA2C;
    if (t->parts->flat && (!(t->config = llama2c_config(t->parts->flat)) ||
                           !(t->config_text = tensors_json(t->config))))
        return ERR_MEMORY;
    return OK;
}

status tensors_open(tensors **out, const char *path)
{
    status st = ERR_MEMORY;
    *out = NULL;
    tensors *t = mem_array(1, sizeof *t);
    if (!t)
        return ERR_MEMORY;
    if ((t->path = mem_string(path)))
        st = file_is_folder(path) ? tensors_folder(t, path) : tensors_file(t, path);
    if (!st && !t->sorted)
        st = tensors_gather(t);
    if (st) {
        tensors_close(t);
        return st;
    }
    *out = t;
    return OK;
}

void tensors_close(tensors *t)
{
    if (!t)
        return;
    for (size_t i = 0; i < t->n_parts; i++)
        part_close(&t->parts[i]);
    mem_free(t->parts);
    mem_free(t->all);
    mem_free(t->sorted);
    json_decref(t->config);
    mem_free(t->config_text);
    mem_free(t->path);
    mem_free(t);
}

/* ------------------------------------------------------------------ what is in it */

const char *tensors_path(const tensors *t)
{
    return t->path;
}

tensors_kind tensors_kind_of(const tensors *t)
{
    return t->kind;
}

const json_t *tensors_config(const tensors *t)
{
    return t->config;
}

const char *tensors_config_text(const tensors *t)
{
    return t->config_text;
}

const json_t *tensors_meta(const tensors *t)
{
    return t->n_parts == 1 && t->parts->plain ? safetensors_metadata(t->parts->plain) : NULL;
}

size_t tensors_count(const tensors *t)
{
    return t->n;
}

const safetensor *tensors_at(const tensors *t, size_t i)
{
    return &t->all[i];
}

const safetensor *tensors_find(const tensors *t, const char *name)
{
    const safetensor want = {.name = name}, *key_ = &want;
    const safetensor **found =
        t->n ? bsearch(&key_, t->sorted, t->n, sizeof *t->sorted, by_name) : NULL;
    return found ? *found : NULL;
}

void tensors_forget(const tensors *t, const void *bytes, size_t n)
{
    for (size_t i = 0; i < t->n_parts; i++) {
        const part *p = &t->parts[i];
        if (p->plain)
            safetensors_forget(p->plain, bytes, n);
        else if (p->zip)
            pytorch_forget(p->zip, bytes, n);
        else if (p->flat)
            llama2c_forget(p->flat, bytes, n);
    }
}

const char *tensors_shape_text(size_t dims, const size_t *shape, char out[80])
{
    size_t at = 0;
    for (size_t i = 0; i < dims && at < 60; i++)
        at += (size_t)snprintf(out + at, 80 - at, "%s%zu", i ? " x " : "", shape[i]);
    if (!dims)
        snprintf(out, 80, "one number");
    return out;
}

static status tensors_missing(const tensors *t, const char *name)
{
    const char *names[NEAR];
    char mean[80];
    size_t n = t->n < NEAR ? t->n : NEAR;
    for (size_t i = 0; i < n; i++)
        names[i] = t->all[i].name;
    return error_set(ERR_FORMAT, "%s: tensor %s is not there%s", t->path, name,
                     key_did_you_mean(name, names, n, mean));
}

status tensors_need(const tensors *t, const char *name, size_t dims, const size_t *shape,
                    const safetensor **out)
{
    char has[80], wants[80];
    const safetensor *found = tensors_find(t, name);
    *out = NULL;
    if (!found)
        return tensors_missing(t, name);
    if (found->dims != dims || (dims && memcmp(found->shape, shape, dims * sizeof *shape)))
        return error_set(ERR_FORMAT, "%s: tensor %s is %s, and %s is wanted", t->path, name,
                         tensors_shape_text(found->dims, found->shape, has),
                         tensors_shape_text(dims, shape, wants));
    *out = found;
    return OK;
}

/* One text of configuration and tensors, each with the hash of its numbers; the hash of that. */
status tensors_hash(const tensors *t, char hex[HASH_HEX])
{
    text list = {0};
    char *config = t->config ? json_dumps(t->config, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
    status st = OK;
    hex[0] = '\0';
    if (t->config && !config)
        return error_set(ERR_MEMORY, "%s: no memory for its configuration", t->path);
    text_add(&list, "%s\n", config ? config : "");
    free(config);
    for (size_t i = 0; i < t->n; i++) {
        const safetensor *x = t->sorted[i];
        hash_bytes(x->data, x->bytes, hex);
        tensors_forget(t, x->data, x->bytes);
        text_add(&list, "%s %s", x->name, safetensor_type_name(x->type));
        for (size_t k = 0; k < x->dims; k++)
            text_add(&list, " %zu", x->shape[k]);
        text_add(&list, " %s\n", hex);
    }
    if (text_failed(&list))
        st = ERR_MEMORY;
    else
        hash_bytes(list.text, list.length, hex);
    text_clear(&list);
    return st;
}

/* ------------------------------------------------------------------ writing */

/* As Python's json.dumps(indent=2) writes it. jansson itself would write 0.1 as 0.10000000000000001. */
static void json_write(text *t, const json_t *value, size_t indent)
{
    const char *name;
    json_t *item;
    size_t i;
    int in = 2 * (int)indent + 2;
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        text_add(t, "{");
        i = 0;
        json_object_foreach(json_mutable(value), name, item)
        {
            text_add(t, "%s\n%*s", i++ ? "," : "", in, "");
            jsonl_string(t, name);
            text_add(t, ": ");
            json_write(t, item, indent + 1);
        }
        text_add(t, i ? "\n%*s}" : "}", in - 2, "");
        break;
    case JSON_ARRAY:
        text_add(t, "[");
        json_array_foreach(value, i, item)
        {
            text_add(t, "%s\n%*s", i ? "," : "", in, "");
            json_write(t, item, indent + 1);
        }
        text_add(t, i ? "\n%*s]" : "]", in - 2, "");
        break;
    case JSON_STRING:
        jsonl_string(t, json_string_value(value));
        break;
    case JSON_REAL: {
        size_t before = t->length;
        jsonl_number(t, json_real_value(value));
        if (t->text && !t->failed && !strpbrk(t->text + before, ".e")) /* a real stays one */
            text_add(t, ".0");
        break;
    }
    case JSON_INTEGER:
        text_add(t, "%lld", (long long)json_integer_value(value));
        break;
    default:
        text_add(t, json_is_null(value) ? "null" : json_is_true(value) ? "true" : "false");
    }
}

char *tensors_json(const json_t *object)
{
    text t = {0};
    json_write(&t, object, 0);
    text_add(&t, "\n");
    if (text_failed(&t)) {
        text_clear(&t);
        return NULL;
    }
    return t.text;
}

status tensors_put(const char *folder, const char *file, const safetensor *all, size_t n,
                   const safetensor_meta *meta, size_t n_meta, const char *config_file,
                   const char *config, const char *tokens)
{
    file_part parts[2 + TOKENIZER_PARTS];
    file_piece pieces[2 + TOKENIZER_PARTS];
    tokenizer_part beside[TOKENIZER_PARTS];
    file_map maps[TOKENIZER_PARTS];
    size_t n_parts = 1, n_beside = 0, n_maps = 0;
    safetensors_bytes b;
    status st = safetensors_make(&b, all, n, meta, n_meta);
    if (st) {
        error_prefix("%s/%s: ", folder, file);
        return st;
    }
    parts[0] = (file_part){file, b.pieces, b.n};
    if (config) {
        pieces[1] = (file_piece){config, strlen(config)};
        parts[n_parts++] = (file_part){config_file, &pieces[1], 1};
    }
    if (tokens)
        st = tokenizer_parts(tokens, beside, &n_beside);
    for (; n_maps < n_beside && !st; n_maps += !st)
        if (!(st = file_map_open(&maps[n_maps], beside[n_maps].path))) {
            pieces[n_parts] = (file_piece){maps[n_maps].bytes, maps[n_maps].n};
            parts[n_parts] = (file_part){beside[n_maps].name, &pieces[n_parts], 1};
            n_parts++;
        }
    if (!st)
        st = file_write_folder(folder, parts, n_parts);
    while (n_maps)
        file_map_close(&maps[--n_maps]);
    tokenizer_parts_clear(beside, n_beside);
    safetensors_made_clear(&b);
    return st;
}

status tensors_write(const char *folder, const json_t *config, const safetensor *all, size_t n,
                     const char *tokens)
{
    const safetensor_meta meta = {"format", "pt"}; /* transformers refuses files without it */
    char *words = tensors_json(config);
    status st = words ? tensors_put(folder, TENSORS_MODEL_FILE, all, n, &meta, 1,
                                    TENSORS_MODEL_CONFIG, words, tokens)
                      : ERR_MEMORY;
    mem_free(words);
    return st;
}

status tensors_room(const char *folder, tensors_kind kind)
{
    const char *names[2 + TOKENIZER_NAMES] = {TENSORS_ADAPTER_FILE, TENSORS_ADAPTER_CONFIG};
    size_t n = 2;
    if (kind != TENSORS_ADAPTER) {
        names[0] = TENSORS_MODEL_FILE;
        names[1] = TENSORS_MODEL_CONFIG;
        while (n < 2 + TOKENIZER_NAMES) {
            names[n] = tokenizer_name(n - 2);
            n++;
        }
    }
    return file_holds_only(folder, names, n);
}
