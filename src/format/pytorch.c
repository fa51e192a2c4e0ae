/* pytorch.c -- see pytorch.h. */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "format/pickle.h"
#include "format/pytorch.h"
#include "format/zip.h"

/* PICKLE: some 150 bytes a tensor. DEPTH: of dictionaries in dictionaries. VISITS: of values that may hold
 * tensors, since one list in many places is walked at each. */
enum { PICKLE = 1 << 25, DEPTH = 16, VISITS = 1 << 21, DIMS = 16 };

static const char mend[] = "save it again with torch.save";

enum { ORDERED_DICT, SIZE, TENSOR, PARAMETER, STORAGES };
static const pickle_global globals[] = {
    {"collections", "OrderedDict", true},
    {"torch", "Size", false},
    {"torch._utils", "_rebuild_tensor_v2", false},
    {"torch._utils", "_rebuild_parameter", false},
    {"torch", "FloatStorage", false}, /* STORAGES, as `stored` below */
    {"torch", "HalfStorage", false},
    {"torch", "BFloat16Storage", false},
    {"torch", "DoubleStorage", false},
    {"torch", "LongStorage", false},
    {"torch", "IntStorage", false},
    {"torch", "ShortStorage", false},
    {"torch", "CharStorage", false},
    {"torch", "ByteStorage", false},
    {"torch", "BoolStorage", false},
    {"torch", "ComplexFloatStorage", false},
    {0},
};
static const safetensor_type stored[] = {
    SAFETENSOR_F32, SAFETENSOR_F16,  SAFETENSOR_BF16, SAFETENSOR_F64,
    SAFETENSOR_I64, SAFETENSOR_I32,  SAFETENSOR_I16,  SAFETENSOR_I8,
    SAFETENSOR_U8,  SAFETENSOR_BOOL, SAFETENSOR_C64,
};
_Static_assert(STORAGES + sizeof stored / sizeof *stored == sizeof globals / sizeof *globals - 1,
               "each storage has its type");

/* A tensor with its name, as the walk finds it. */
typedef struct found {
    char *name;
    const pickle_value *args; /* storage, offset, size, stride, ... */
} found;

struct pytorch {
    zip *zip;
    char *folder; /* of the members: "archive/" */
    char *words;  /* data.pkl */
    pickle *pickle;
    found *list;
    size_t n, room, visits;
    safetensor *tensors;
    size_t *shapes;
    void **own; /* (n) those put in order; NULL: mapped */
    size_t n_own;
};

/* ------------------------------------------------------------------ the walk */

static status pytorch_keep(pytorch *f, const char *name, const pickle_value *args)
{
    if (f->n == f->room) {
        found *grown = mem_resize(f->list, f->room = 2 * f->room + 64, sizeof *grown);
        if (!grown)
            return ERR_MEMORY;
        f->list = grown;
    }
    char *copy = mem_string(name);
    if (!copy)
        return ERR_MEMORY;
    f->list[f->n++] = (found){copy, args};
    return OK;
}

static bool pytorch_calls(const pickle_value *v, size_t global)
{
    return v->type == PICKLE_CALL && v->global == global;
}

static status pytorch_walk(pytorch *f, const pickle_value *v, text *name, size_t depth);

/* An item under its key: NAME.KEY. */
static status pytorch_item(pytorch *f, const pickle_value *key_, size_t i, const pickle_value *v,
                           text *name, size_t depth)
{
    size_t length = name->length;
    if (key_ && key_->type != PICKLE_TEXT && key_->type != PICKLE_INT)
        return OK; /* no name: nothing that could be asked for */
    if (length)
        text_add(name, ".");
    if (key_ && key_->type == PICKLE_TEXT)
        text_bytes(name, key_->text, key_->n);
    else
        text_add(name, "%lld", key_ ? (long long)key_->whole : (long long)i);
    if (text_failed(name))
        return ERR_MEMORY;
    status st = pytorch_walk(f, v, name, depth + 1);
    name->length = length;
    name->text[length] = '\0';
    return st;
}

static status pytorch_walk(pytorch *f, const pickle_value *v, text *name, size_t depth)
{
    status st = OK;
    if (depth > DEPTH || ++f->visits > VISITS)
        return error_set(ERR_LIMIT, "its pickle holds dictionaries in dictionaries without end");
    while (pytorch_calls(v, PARAMETER) && v->items[0]->n) { /* a tensor that is trained */
        if (++f->visits > VISITS)
            return error_set(ERR_LIMIT, "its pickle holds parameters of parameters without end");
        v = v->items[0]->items[0];
    }
    if (pytorch_calls(v, TENSOR))
        return pytorch_keep(f, name->length ? name->text : "tensor", v->items[0]);
    for (size_t i = 0; v->type == PICKLE_DICT && i < v->n && !st; i += 2)
        st = pytorch_item(f, v->items[i], 0, v->items[i + 1], name, depth);
    for (size_t i = 0; (v->type == PICKLE_LIST || v->type == PICKLE_TUPLE) && i < v->n && !st; i++)
        st = pytorch_item(f, NULL, i, v->items[i], name, depth);
    return st;
}

/* ------------------------------------------------------------------ tensors */

static status pytorch_wrong(const char *what)
{
    return error_set(ERR_FORMAT, "%s; %s", what, mend);
}

/* A tuple of at most DIMS counts, or torch.Size of one. */
static status pytorch_counts(const pickle_value *v, size_t *out, size_t *n)
{
    if (pytorch_calls(v, SIZE) && v->items[0]->n == 1)
        v = v->items[0]->items[0];
    if (v->type != PICKLE_TUPLE || v->n > DIMS)
        return pytorch_wrong("a shape that is no tuple of at most 16 counts");
    *n = v->n;
    for (size_t i = 0; i < v->n; i++) {
        if (v->items[i]->type != PICKLE_INT || v->items[i]->whole < 0)
            return pytorch_wrong("a shape that holds what is no count");
        out[i] = (size_t)v->items[i]->whole;
    }
    return OK;
}

/* ('storage', type, key, where it was, numbers): the member that holds it. */
static status pytorch_storage(const pytorch *f, const pickle_value *v, safetensor_type *type,
                              const zip_member **m)
{
    size_t bytes;
    status st;
    const pickle_value *id = v->type == PICKLE_OUTSIDE ? v->items[0] : v;
    if (v->type != PICKLE_OUTSIDE || id->type != PICKLE_TUPLE || id->n < 5 ||
        !pickle_is(id->items[0], "storage") || id->items[1]->type != PICKLE_GLOBAL ||
        id->items[1]->global < STORAGES || id->items[2]->type != PICKLE_TEXT ||
        id->items[4]->type != PICKLE_INT || id->items[4]->whole < 0)
        return pytorch_wrong("a tensor without a storage");
    *type = stored[id->items[1]->global - STORAGES];
    char *name = mem_printf("%sdata/%.*s", f->folder,
                            id->items[2]->n < 200 ? (int)id->items[2]->n : 200, id->items[2]->text);
    if (!name)
        return ERR_MEMORY;
    *m = zip_find(f->zip, name);
    st = size_mul((size_t)id->items[4]->whole, safetensor_type_bits(*type) / 8, &bytes);
    if (!*m)
        st = error_set(ERR_FORMAT, "its storage %s is not in the file; %s", name, mend);
    else if (!st && (*m)->method)
        st = error_set(ERR_FORMAT, "its storage %s is packed; %s", name, mend);
    else if (!st && (*m)->whole != bytes)
        st = error_set(ERR_FORMAT, "its storage %s has %zu bytes, and %zu are promised; %s", name,
                       (*m)->whole, bytes, mend);
    mem_free(name);
    return st;
}

/* Numbers of any stride, in order. */
static void pytorch_gather(const safetensor *t, const size_t *stride, const uint8_t *from,
                           uint8_t *out)
{
    size_t width = safetensor_type_bits(t->type) / 8, at[DIMS] = {0};
    for (size_t i = 0; i < t->n; i++) {
        size_t place = 0;
        for (size_t k = 0; k < t->dims; k++)
            place += at[k] * stride[k];
        memcpy(out + i * width, from + place * width, width);
        for (size_t k = t->dims; k-- > 0 && ++at[k] == t->shape[k];)
            at[k] = 0;
    }
}

/* The strides against the storage: the last number's place, and whether all lie in order. */
static status pytorch_reach(const safetensor *t, const size_t *stride, size_t room, bool *in_order)
{
    size_t last = 0, reach, next = 1;
    status st;
    *in_order = true;
    for (size_t k = t->dims; k-- > 0;) {
        if ((st = size_mul(t->shape[k] - 1, stride[k], &reach)) ||
            (st = size_add(last, reach, &last)))
            return st;
        if (t->shape[k] > 1 && stride[k] != next)
            *in_order = false;
        next *= t->shape[k]; /* at most n */
    }
    return last < room ? OK : pytorch_wrong("it reaches beyond its storage");
}

static status pytorch_tensor(pytorch *f, size_t i, size_t *shape, size_t *budget)
{
    const pickle_value *args = f->list[i].args;
    safetensor *t = &f->tensors[i];
    const zip_member *m = NULL;
    size_t stride[DIMS], n_stride, width;
    bool in_order;
    status st;
    if (args->n < 4 || args->items[1]->type != PICKLE_INT || args->items[1]->whole < 0)
        return pytorch_wrong("a tensor without storage, offset, shape and strides");
    size_t offset = (size_t)args->items[1]->whole;
    t->name = f->list[i].name;
    t->shape = shape;
    t->n = 1;
    if ((st = pytorch_storage(f, args->items[0], &t->type, &m)) ||
        (st = pytorch_counts(args->items[2], shape, &t->dims)) ||
        (st = pytorch_counts(args->items[3], stride, &n_stride)))
        return st;
    if (n_stride != t->dims)
        return pytorch_wrong("a shape and strides of different length");
    width = safetensor_type_bits(t->type) / 8;
    for (size_t k = 0; k < t->dims; k++)
        if ((st = size_mul(t->n, shape[k], &t->n)))
            return st;
    if ((st = size_mul(t->n, width, &t->bytes)))
        return st;
    t->data = m->data;
    if (!t->n)
        return OK;
    if (offset > m->whole / width)
        return pytorch_wrong("it reaches beyond its storage");
    if ((st = pytorch_reach(t, stride, m->whole / width - offset, &in_order)))
        return st;
    t->data = m->data + offset * width;
    if (in_order)
        return OK;
    if (t->bytes > *budget)
        return error_set(ERR_LIMIT, "views that put in order need more than the file has bytes; "
                                    "save them by contiguous()");
    *budget -= t->bytes;
    if (!(f->own[i] = mem_array(t->n, width)))
        return ERR_MEMORY;
    pytorch_gather(t, stride, t->data, f->own[i]);
    t->data = f->own[i];
    return OK;
}

static status pytorch_tensors(pytorch *f)
{
    size_t budget = 0, dims;
    status st = OK;
    f->tensors = mem_array(f->n, sizeof *f->tensors);
    f->own = mem_array(f->n, sizeof *f->own);
    if ((st = size_mul(f->n, DIMS, &dims)))
        return st;
    f->shapes = mem_array(dims, sizeof *f->shapes);
    if (!f->tensors || !f->own || !f->shapes)
        return ERR_MEMORY;
    f->n_own = f->n;
    for (size_t i = 0; i < zip_count(f->zip); i++)
        budget += zip_at(f->zip, i)->method ? 0 : zip_at(f->zip, i)->packed;
    for (size_t i = 0; i < f->n && !st; i++)
        if ((st = pytorch_tensor(f, i, f->shapes + DIMS * i, &budget)))
            error_prefix("%.200s: ", f->list[i].name);
    return st;
}

/* ------------------------------------------------------------------ the file */

/* The one member NAME/data.pkl. */
static status pytorch_words(pytorch *f, const zip_member **m)
{
    static const char end[] = "/data.pkl";
    *m = NULL;
    for (size_t i = 0; i < zip_count(f->zip); i++) {
        const zip_member *x = zip_at(f->zip, i);
        size_t n = strlen(x->name), k = strlen(end);
        if (n <= k || strcmp(x->name + n - k, end) || strchr(x->name, '/') != x->name + n - k)
            continue;
        if (*m)
            return pytorch_wrong("two members data.pkl");
        *m = x;
        if (!(f->folder = mem_string(x->name)))
            return ERR_MEMORY;
        f->folder[n - k + 1] = '\0';
    }
    return *m ? OK
              : error_set(ERR_FORMAT, "a zip archive without data.pkl; it is none of torch.save's");
}

/* Numbers are mapped, so they must lie as this machine has them. */
static status pytorch_order(const pytorch *f, const char *path)
{
    char *name = mem_printf("%sbyteorder", f->folder), *order = NULL;
    const zip_member *m = name ? zip_find(f->zip, name) : NULL;
    status st = name ? OK : ERR_MEMORY;
    if (m && !(st = zip_read(f->zip, m, 16, &order)) &&
        (m->whole != 6 || memcmp(order, "little", 6)))
        st = error_set(ERR_FORMAT, "%s: numbers in %.*s-endian order; convert it to safetensors",
                       path, (int)m->whole, order);
    mem_free(order);
    mem_free(name);
    return st;
}

/* What is wrong in the pickle is said without the path. */
static status pytorch_list(pytorch *f, size_t n)
{
    text name = {0};
    status st = pickle_open(&f->pickle, f->words, n, globals);
    if (st)
        return st;
    st = pytorch_walk(f, pickle_root(f->pickle), &name, 0);
    text_clear(&name);
    if (!st && !f->n)
        st = error_set(ERR_FORMAT, "no tensor in it; save a state_dict");
    return st ? st : pytorch_tensors(f);
}

status pytorch_open(pytorch **out, const char *path)
{
    const zip_member *m;
    pytorch *f = mem_array(1, sizeof *f);
    status st;
    *out = NULL;
    if (!f)
        return ERR_MEMORY;
    if ((st = zip_open(&f->zip, path, mend)))
        goto fail;
    if ((st = pytorch_words(f, &m))) {
        error_prefix("%s: ", path);
        goto fail;
    }
    if ((st = pytorch_order(f, path)) || (st = zip_read(f->zip, m, PICKLE, &f->words)))
        goto fail;
    if ((st = pytorch_list(f, m->whole))) {
        error_prefix("%s: ", path);
        goto fail;
    }
    *out = f;
    return OK;
fail:
    pytorch_close(f);
    return st;
}

void pytorch_close(pytorch *f)
{
    if (!f)
        return;
    for (size_t i = 0; i < f->n_own; i++)
        mem_free(f->own[i]);
    for (size_t i = 0; i < f->n; i++)
        mem_free(f->list[i].name);
    mem_free(f->list);
    mem_free(f->tensors);
    mem_free(f->own);
    mem_free(f->shapes);
    pickle_close(f->pickle);
    mem_free(f->words);
    mem_free(f->folder);
    zip_close(f->zip);
    mem_free(f);
}

void pytorch_forget(const pytorch *f, const void *bytes, size_t n)
{
    zip_forget(f->zip, bytes, n);
}

size_t pytorch_count(const pytorch *f)
{
    return f->n;
}

const safetensor *pytorch_at(const pytorch *f, size_t i)
{
    return &f->tensors[i];
}
