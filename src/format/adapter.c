/* adapter.c -- see adapter.h: factors found by their names, paired by module, checked against the
 * configuration. One that is made goes the same way as one that is read. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "format/adapter.h"
#include "format/jsonl.h"
#include "format/peft.h"

static const char prefix[] = "base_model.model.";

/* What a name ends in, and what it is. */
typedef enum part { PART_A, PART_B, PART_E, PART_M, PART_BIAS, PART_RANKNUM, PARTS } part;

static const struct {
    const char *end;
    part part;
    bool embedding;
} ends[] = {
    {".lora_A.weight", PART_A, false},
    {".lora_B.weight", PART_B, false},
    {".lora_A", PART_A, false},
    {".lora_B", PART_B, false},
    {".lora_embedding_A", PART_A, true},
    {".lora_embedding_B", PART_B, true},
    {".lora_E", PART_E, false},
    {".lora_magnitude_vector", PART_M, false},
    {".lora_magnitude_vector.weight", PART_M, false},
    {".lora_B.bias", PART_BIAS, false},
    {".ranknum", PART_RANKNUM, false},
};

/* A tensor of an adapter, its name taken apart. */
typedef struct piece {
    const safetensor *t;
    char *module; /* of one that is no factor: its name without the prefix */
    part part;    /* PARTS: no factor */
    bool embedding;
} piece;

struct adapter {
    tensors *file;   /* NULL: made */
    safetensor *own; /* of one that is made: names and shapes are ours, numbers borrowed */
    size_t (*shapes)[2];
    char **names;
    size_t n_own;
    json_t *config; /* NULL: none */
    bool changed;   /* the configuration, by an alpha that was told */
    piece *pieces;  /* sorted by layer and module */
    size_t n_pieces;
    adapter_pair *pairs;
    size_t n;
    piece *others; /* the pieces behind the factors */
    size_t n_others;
};

/* ------------------------------------------------------------------ names */

static status adapter_piece(const safetensor *t, piece *p)
{
    const char *name = t->name;
    size_t length;
    if (!strncmp(name, prefix, sizeof prefix - 1))
        name += sizeof prefix - 1;
    length = strlen(name);
    p->t = t;
    p->part = PARTS;
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        size_t k = strlen(ends[i].end);
        if (length <= k || strcmp(name + length - k, ends[i].end))
            continue;
        p->part = ends[i].part;
        p->embedding = ends[i].embedding;
        length -= k;
        break;
    }
    if (p->part == PARTS && strstr(name, "lora_"))
        return error_set(ERR_FORMAT, "tensor %.200s is left over: no part of LoRA is named so",
                         t->name);
    p->module = mem_copy(name, length + 1, 1);
    if (!p->module)
        return ERR_MEMORY;
    p->module[length] = '\0';
    return OK;
}

/* Factors by layer, module and part; what is none behind them, by name. */
static int by_module(const void *a, const void *b)
{
    const piece *x = a, *y = b;
    int i, k;
    if ((x->part == PARTS) != (y->part == PARTS))
        return x->part == PARTS ? 1 : -1;
    (void)tensors_role(x->t->name, &i);
    (void)tensors_role(y->t->name, &k);
    if (x->part != PARTS && i != k)
        return i < k ? -1 : 1;
    int order = strcmp(x->module, y->module);
    return order ? order : x->part < y->part ? -1 : x->part > y->part;
}

static status adapter_pieces(adapter *a)
{
    size_t n = a->file ? tensors_count(a->file) : a->n_own;
    status st = OK;
    if (!(a->pieces = mem_array(n, sizeof *a->pieces)))
        return ERR_MEMORY;
    for (size_t i = 0; i < n && !st; i++) {
        st = adapter_piece(a->file ? tensors_at(a->file, i) : &a->own[i], &a->pieces[i]);
        a->n_pieces += !st;
    }
    if (!st && n)
        qsort(a->pieces, n, sizeof *a->pieces, by_module);
    return st;
}

/* ------------------------------------------------------------------ pairs */

static bool adapter_says(const adapter *a, const char *name)
{
    return json_is_true(json_object_get(a->config, name));
}

static size_t shape_rest(const safetensor *t)
{
    size_t n = 1;
    for (size_t i = 1; i < t->dims; i++)
        n *= t->shape[i]; /* at most t->n, unless there are no rows */
    return n;
}

/* Rows, columns and rank of the factors. Convolutions have A (r, in, height, width), B (out, r, 1, 1). */
static status pair_shapes(adapter_pair *p)
{
    char a[80], b[80];
    if (p->A->dims < 2 || p->B->dims < 2 || !p->A->n || !p->B->n ||
        p->A->shape[0] != shape_rest(p->B))
        return error_set(ERR_FORMAT,
                         "lora_A is %s and lora_B %s, which are no (r, in) and (out, r)",
                         tensors_shape_text(p->A->dims, p->A->shape, a),
                         tensors_shape_text(p->B->dims, p->B->shape, b));
    p->r = p->A->shape[0];
    p->in = shape_rest(p->A);
    p->out = p->B->shape[0];
    if (p->E && p->E->n != p->r)
        return error_set(ERR_FORMAT, "lora_E has %zu numbers for rank %zu", p->E->n, p->r);
    if (p->m && p->m->n != p->out)
        return error_set(ERR_FORMAT, "lora_magnitude_vector has %zu numbers for %zu outputs",
                         p->m->n, p->out);
    if (p->bias && p->bias->n != p->out)
        return error_set(ERR_FORMAT, "lora_B.bias has %zu numbers for %zu outputs", p->bias->n,
                         p->out);
    return OK;
}

/* The pieces of one module, sorted by part. */
static status pair_parts(adapter_pair *p, const piece *from, size_t n, const safetensor **ranknum)
{
    const safetensor **fields[PARTS] = {&p->A, &p->B, &p->E, &p->m, &p->bias, ranknum};
    for (size_t i = 0; i < n; i++) {
        if (*fields[from[i].part])
            return error_set(ERR_FORMAT, "%.200s and %.200s are the same part",
                             (*fields[from[i].part])->name, from[i].t->name);
        *fields[from[i].part] = from[i].t;
        p->embedding |= from[i].embedding;
    }
    if (p->A && p->B)
        return OK;
    return error_set(ERR_FORMAT, "%s is missing, and %.200s is there", p->A ? "lora_B" : "lora_A",
                     from[0].t->name);
}

/* Has AdaLoRA's and DoRA's pair what its configuration promises, and nothing else? */
static status pair_complete(const adapter *a, const adapter_pair *p)
{
    bool budget = !strcmp(adapter_type(a), "ADALORA"), lengths = adapter_says(a, "use_dora");
    if (budget && !p->E)
        return error_set(ERR_FORMAT, "lora_E is missing, which AdaLoRA has");
    if (!budget && p->E)
        return error_set(ERR_FORMAT, "tensor %.200s is left over: its adapter is not AdaLoRA",
                         p->E->name);
    if (lengths && !p->m)
        return error_set(ERR_FORMAT, "lora_magnitude_vector is missing, which DoRA has");
    if (a->config && !lengths && p->m)
        return error_set(ERR_FORMAT, "tensor %.200s is left over: use_dora is not set", p->m->name);
    return OK;
}

/* Rank and alpha as the configuration has them for this module. */
static status pair_numbers(const adapter *a, adapter_pair *p, const safetensor *ranknum,
                           double alpha)
{
    double r;
    real count;
    status st = OK;
    p->alpha = alpha;
    if (a->config) {
        if (isnan(alpha) && (st = peft_alpha(a->config, p->module, &p->alpha)))
            return st;
        if (!p->E && (st = peft_rank(a->config, p->module, &r)))
            return st;
        if (!p->E && r != (double)p->r)
            return error_set(ERR_FORMAT, "lora_A has rank %zu, and adapter_config.json %g", p->r,
                             r);
    }
    p->scale = p->alpha / (adapter_says(a, "use_rslora") ? sqrt((double)p->r) : (double)p->r);
    if (!p->E)
        return OK;
    count = (real)p->r; /* PEFT's own value where none is saved */
    if (ranknum && ranknum->n != 1)
        return error_set(ERR_FORMAT, "ranknum has %zu numbers", ranknum->n);
    if (ranknum && (st = safetensor_reals(ranknum, 0, 1, &count)))
        return st;
    p->scale = p->alpha / ((double)count + 1e-5); /* peft adalora/layer.py */
    return OK;
}

static status pair_targeted(const adapter *a, const adapter_pair *p)
{
    bool targeted;
    /* a pattern that is not read asks for what is there */
    if (!a->config || peft_targets(a->config, p->module, &targeted) || targeted)
        return OK;
    return error_set(ERR_FORMAT, "%.200s is left over: target_modules does not name its module",
                     p->A->name);
}

static status adapter_pair_of(adapter *a, const piece *from, size_t n, double alpha)
{
    adapter_pair *p = &a->pairs[a->n++];
    const safetensor *ranknum = NULL;
    status st;
    p->module = from->module;
    p->fan_in_fan_out = adapter_says(a, "fan_in_fan_out");
    p->role = tensors_role(from->t->name, &p->layer);
    if ((st = pair_parts(p, from, n, &ranknum)) || (st = pair_shapes(p)) ||
        (st = pair_complete(a, p)) || (st = pair_numbers(a, p, ranknum, alpha)) ||
        (st = pair_targeted(a, p)))
        error_prefix("%.200s: ", p->module);
    return st;
}

/* Pieces of one module stand together. */
static status adapter_pairs(adapter *a, double alpha)
{
    status st = OK;
    size_t i = 0, n;
    while (a->n_pieces > a->n_others && a->pieces[a->n_pieces - 1 - a->n_others].part == PARTS)
        a->n_others++;
    n = a->n_pieces - a->n_others;
    a->others = a->pieces + n;
    if (!n)
        return error_set(ERR_FORMAT, "holds no lora_A and lora_B; it is no LoRA adapter");
    if (!(a->pairs = mem_array(n, sizeof *a->pairs)))
        return ERR_MEMORY;
    while (i < n && !st) {
        size_t from = i++;
        while (i < n && !strcmp(a->pieces[from].module, a->pieces[i].module))
            i++;
        st = adapter_pair_of(a, a->pieces + from, i - from, alpha);
    }
    return st;
}

/* ------------------------------------------------------------------ the configuration */

const char *adapter_type(const adapter *a)
{
    return jsonl_get_string(a->config, "peft_type", "LORA");
}

/* Every target has a pair, and what is no pair was asked for. */
static status adapter_answers(const adapter *a)
{
    const json_t *targets = json_object_get(a->config, "target_modules");
    status st = OK;
    for (size_t i = 0; i < json_array_size(targets); i++) {
        const char *end = json_string_value(json_array_get(targets, i));
        size_t k = 0;
        while (end && k < a->n && !peft_ends(a->pairs[k].module, end))
            k++;
        if (k == a->n || !end)
            return error_set(ERR_FORMAT, "target_modules names %.100s, and no lora_A is beside it",
                             end ? end : "what is no text");
    }
    for (size_t i = 0; i < a->n_others && a->config && !st; i++) {
        bool saved;
        st = peft_saves(a->config, a->others[i].module, &saved);
        if (!st && !saved)
            st = error_set(ERR_FORMAT,
                           "tensor %.200s is left over: no factor, and not in modules_to_save",
                           a->others[i].t->name);
    }
    return st;
}

/* An alpha that was told stands for the configuration's everywhere. */
static status adapter_tell(adapter *a, double alpha)
{
    bool whole = alpha == floor(alpha) && fabs(alpha) < 1e15;
    if (!a->config)
        return OK;
    a->changed = true;
    if (json_object_set_new(a->config, "lora_alpha",
                            whole ? json_integer((json_int_t)alpha) : json_real(alpha)) ||
        json_object_set_new(a->config, "alpha_pattern", json_object()))
        return error_set(ERR_MEMORY, "no memory for a configuration");
    return OK;
}

static status adapter_fill(adapter *a, double alpha)
{
    status st;
    if (strcmp(adapter_type(a), "LORA") && strcmp(adapter_type(a), "ADALORA"))
        return error_set(ERR_FORMAT,
                         "adapter_config.json: peft_type %.40s; LORA and ADALORA are read",
                         adapter_type(a));
    if (!isnan(alpha) && (!isfinite(alpha) || alpha <= 0))
        return error_set(ERR_USAGE, "alpha %g is no number above 0", alpha);
    if ((st = adapter_pieces(a)) || (st = adapter_pairs(a, alpha)) || (st = adapter_answers(a)))
        return st;
    return isnan(alpha) ? OK : adapter_tell(a, alpha);
}

status adapter_open(adapter **out, const char *path, double alpha)
{
    adapter *a = mem_array(1, sizeof *a);
    status st;
    *out = NULL;
    if (!a)
        return ERR_MEMORY;
    if ((st = tensors_open(&a->file, path)))
        goto fail;
    if (tensors_kind_of(a->file) == TENSORS_ADAPTER && tensors_config(a->file) &&
        !(a->config = json_deep_copy(tensors_config(a->file)))) {
        st = error_set(ERR_MEMORY, "%s: no memory for its configuration", path);
        goto fail;
    }
    if ((st = adapter_fill(a, alpha))) {
        error_prefix("%s: ", path);
        goto fail;
    }
    *out = a;
    return OK;
fail:
    adapter_close(a);
    return st;
}

void adapter_close(adapter *a)
{
    if (!a)
        return;
    for (size_t i = 0; i < a->n_pieces; i++)
        mem_free(a->pieces[i].module);
    mem_free(a->pieces);
    mem_free(a->pairs);
    for (size_t i = 0; i < a->n_own; i++)
        mem_free(a->names[i]);
    mem_free(a->names);
    mem_free(a->own);
    mem_free(a->shapes);
    json_decref(a->config);
    tensors_close(a->file);
    mem_free(a);
}

/* ------------------------------------------------------------------ what is in it */

size_t adapter_count(const adapter *a)
{
    return a->n;
}

const adapter_pair *adapter_at(const adapter *a, size_t i)
{
    return &a->pairs[i];
}

const adapter_pair *adapter_find(const adapter *a, const char *module)
{
    for (size_t i = 0; i < a->n; i++)
        if (!strcmp(a->pairs[i].module, module))
            return &a->pairs[i];
    return NULL;
}

size_t adapter_others(const adapter *a)
{
    return a->n_others;
}

const safetensor *adapter_other(const adapter *a, size_t i)
{
    return a->others[i].t;
}

const char *adapter_other_name(const adapter *a, size_t i)
{
    return a->others[i].module;
}

const json_t *adapter_config(const adapter *a)
{
    return a->config;
}

const tensors *adapter_tensors(const adapter *a)
{
    return a->file;
}

status adapter_factors(const adapter_pair *p, real *A, real *B)
{
    status st = OK;
    real e;
    if (A && (st = safetensor_reals(p->A, 0, p->r * p->in, A)))
        return st;
    for (size_t k = 0; A && p->E && k < p->r; k++) {
        if ((st = safetensor_reals(p->E, k, 1, &e)))
            return st;
        for (size_t j = 0; j < p->in; j++)
            A[k * p->in + j] *= e;
    }
    return B ? safetensor_reals(p->B, 0, p->out * p->r, B) : OK;
}

status adapter_targets(const adapter *a, const char *module, bool *targeted)
{
    *targeted = adapter_find(a, module) != NULL; /* without a configuration what is there is all */
    return a->config ? peft_targets(a->config, module, targeted) : OK;
}

/* ------------------------------------------------------------------ made by us */

/* A tensor of our own name: prefix, name, end. */
static status adapter_own(adapter *a, const char *name, const char *end, const safetensor *like)
{
    safetensor *t = &a->own[a->n_own];
    *t = *like;
    if (!(a->names[a->n_own] = mem_printf("%s%s%s", prefix, name, end)))
        return ERR_MEMORY;
    t->name = a->names[a->n_own++];
    return OK;
}

static status adapter_matrix(adapter *a, const adapter_part *p, const char *end, size_t rows,
                             size_t cols, const real *data)
{
    size_t *shape = a->shapes[a->n_own];
    shape[0] = rows;
    shape[1] = cols;
    safetensor t = {.type = SAFETENSOR_REAL,
                    .dims = cols ? 2 : 1,
                    .shape = shape,
                    .n = rows * (cols ? cols : 1),
                    .data = data};
    t.bytes = t.n * sizeof *data;
    return adapter_own(a, p->module, end, &t);
}

static status adapter_gather(adapter *a, const adapter_make *how, const adapter_part *parts,
                             size_t n)
{
    size_t room = 3 * n + how->n_others;
    status st = OK;
    a->own = mem_array(room, sizeof *a->own);
    a->shapes = mem_array(room, sizeof *a->shapes);
    a->names = mem_array(room, sizeof *a->names);
    if (!a->own || !a->shapes || !a->names)
        return ERR_MEMORY;
    for (size_t i = 0; i < n && !st; i++) {
        const adapter_part *p = &parts[i];
        bool e = p->embedding;
        if (!p->m != !parts[0].m)
            return error_set(ERR_USAGE, "%s: magnitudes belong to all parts or to none", p->module);
        if ((st = adapter_matrix(a, p, e ? ".lora_embedding_A" : ".lora_A.weight", p->r, p->in,
                                 p->A)) ||
            (st = adapter_matrix(a, p, e ? ".lora_embedding_B" : ".lora_B.weight", p->out, p->r,
                                 p->B)) ||
            (p->m && (st = adapter_matrix(a, p, ".lora_magnitude_vector", p->out, 0, p->m))))
            return st;
    }
    for (size_t i = 0; i < how->n_others && !st; i++)
        st = adapter_own(a, how->others[i].name, "", &how->others[i]);
    return st;
}

status adapter_new(adapter **out, const adapter_make *how, const adapter_part *parts, size_t n)
{
    adapter *a = mem_array(1, sizeof *a);
    status st;
    *out = NULL;
    if (!a)
        return ERR_MEMORY;
    if (!(st = adapter_gather(a, how, parts, n)) && !(a->config = peft_config(how, parts, n)))
        st = error_set(ERR_MEMORY, "no memory for a configuration");
    if (st || (st = adapter_fill(a, (double)NAN))) {
        adapter_close(a);
        return st == ERR_FORMAT ? ERR_USAGE : st; /* the caller's, not a file's */
    }
    *out = a;
    return OK;
}

status adapter_write(const adapter *a, const char *folder)
{
    size_t n = a->file ? tensors_count(a->file) : a->n_own, n_meta = 0;
    const json_t *meta = a->file ? tensors_meta(a->file) : NULL;
    safetensor *all = mem_array(n, sizeof *all);
    safetensor_meta *words = mem_array(json_object_size(meta) + 1, sizeof *words);
    bool as_read = a->file && !a->changed;
    char *made = a->config && !as_read ? tensors_json(a->config) : NULL;
    status st = all && words && (as_read || !a->config || made) ? OK : ERR_MEMORY;
    for (size_t i = 0; i < n && !st; i++)
        all[i] = a->file ? *tensors_at(a->file, i) : a->own[i];
    if (!st)
        for (void *at = json_object_iter(json_mutable(meta)); at;
             at = json_object_iter_next(json_mutable(meta), at))
            words[n_meta++] = (safetensor_meta){json_object_iter_key(at),
                                                json_string_value(json_object_iter_value(at))};
    if (!st && !a->file)
        words[n_meta++] = (safetensor_meta){"format", "pt"};
    if (!st)
        st =
            tensors_put(folder, TENSORS_ADAPTER_FILE, all, n, words, n_meta, TENSORS_ADAPTER_CONFIG,
                        made        ? made
                        : a->config ? tensors_config_text(a->file)
                                    : NULL,
                        NULL);
    mem_free(all);
    mem_free(words);
    mem_free(made);
    return st;
}
