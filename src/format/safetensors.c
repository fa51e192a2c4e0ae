/* safetensors.c -- see safetensors.h. Every rule of the reference's validate() is asked here, so that
 * what is handed out lies inside the map. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "format/half.h"
#include "format/jsonl.h"
#include "format/safetensors.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "tensors are mapped as they lie on file");

enum { HEADER_LIMIT = 100000000, ALIGN = 8 }; /* decimal, as the reference */

static const char metadata[] = "__metadata__";

static const struct {
    const char *name;
    size_t bits;
} types[SAFETENSOR_TYPES] = {
    {"BOOL", 8},        {"F4", 4},      {"F6_E2M3", 6}, {"F6_E3M2", 6}, {"U8", 8},
    {"I8", 8},          {"F8_E5M2", 8}, {"F8_E4M3", 8}, {"F8_E8M0", 8}, {"F8_E4M3FNUZ", 8},
    {"F8_E5M2FNUZ", 8}, {"I16", 16},    {"U16", 16},    {"F16", 16},    {"BF16", 16},
    {"I32", 32},        {"U32", 32},    {"F32", 32},    {"C64", 64},    {"F64", 64},
    {"I64", 64},        {"U64", 64},
};

struct safetensors {
    file_map map;
    json_t *header; /* names and metadata point into it */
    safetensor *tensors;
    size_t *shapes; /* of all tensors */
    size_t n;
};

size_t safetensor_type_bits(safetensor_type type)
{
    return types[type].bits;
}

const char *safetensor_type_name(safetensor_type type)
{
    return types[type].name;
}

/* Fills n and bytes from type and shape. */
static status tensor_size(safetensor *t)
{
    size_t bits;
    status st;
    t->n = 1;
    for (size_t i = 0; i < t->dims; i++)
        if ((st = size_mul(t->n, t->shape[i], &t->n)))
            return st;
    if ((st = size_mul(t->n, types[t->type].bits, &bits)))
        return st;
    if (bits % 8)
        return error_set(ERR_FORMAT, "%zu numbers of %s do not end at a whole byte", t->n,
                         types[t->type].name);
    t->bytes = bits / 8;
    return OK;
}

/* ------------------------------------------------------------------ reading */

static status header_count(const json_t *value, size_t *out)
{
    if (!json_is_integer(value) || json_integer_value(value) < 0)
        return error_set(ERR_FORMAT, "its shape or data_offsets hold what is no count");
    *out = (size_t)json_integer_value(value);
    return OK;
}

static status header_type(const json_t *entry, safetensor_type *type)
{
    const char *name = jsonl_get_string(entry, "dtype", "");
    for (size_t i = 0; i < SAFETENSOR_TYPES; i++)
        if (!strcmp(types[i].name, name)) {
            *type = (safetensor_type)i;
            return OK;
        }
    return error_set(ERR_FORMAT, "dtype \"%.20s\" is none of the format's", name);
}

/* One entry; shape is written to `shape`. *begin: data_offsets[0]. */
static status header_entry(const json_t *entry, safetensor *t, size_t *shape, size_t *begin)
{
    const json_t *dims = json_object_get(entry, "shape");
    const json_t *offsets = json_object_get(entry, "data_offsets");
    size_t end = 0;
    status st;
    if (!json_is_array(dims) || !json_is_array(offsets) || json_array_size(offsets) != 2)
        return error_set(ERR_FORMAT, "no shape and data_offsets of two counts");
    t->dims = json_array_size(dims);
    t->shape = shape;
    for (size_t i = 0; i < t->dims; i++)
        if ((st = header_count(json_array_get(dims, i), &shape[i])))
            return st;
    if ((st = header_type(entry, &t->type)) ||
        (st = header_count(json_array_get(offsets, 0), begin)) ||
        (st = header_count(json_array_get(offsets, 1), &end)) || (st = tensor_size(t)))
        return st;
    if (end < *begin || end - *begin != t->bytes)
        return error_set(ERR_FORMAT, "data_offsets %zu to %zu for %zu numbers of %s, %zu bytes",
                         *begin, end, t->n, types[t->type].name, t->bytes);
    return OK;
}

static status header_meta(json_t *meta)
{
    const char *name;
    json_t *value;
    if (meta && !json_is_object(meta))
        return error_set(ERR_FORMAT, "%s is no object", metadata);
    json_object_foreach(meta, name, value)
    {
        if (!json_is_string(value))
            return error_set(ERR_FORMAT, "%s: %.60s is no text", metadata, name);
    }
    return OK;
}

typedef struct placed {
    safetensor t;
    size_t begin;
} placed;

/* Of empty tensors, several begin at one place: the one that ends there comes first. */
static int by_place(const void *a, const void *b)
{
    const placed *x = a, *y = b;
    if (x->begin != y->begin)
        return x->begin < y->begin ? -1 : 1;
    return x->t.bytes < y->t.bytes ? -1 : x->t.bytes > y->t.bytes;
}

/* Sorted by place; each begins where the one before ended, the last ends with the file. */
static status header_places(safetensors *f, placed *all, size_t room)
{
    const char *data = (const char *)f->map.bytes + (f->map.n - room);
    size_t at = 0;
    if (f->n)
        qsort(all, f->n, sizeof *all, by_place);
    for (size_t i = 0; i < f->n; i++) {
        safetensor *t = &all[i].t;
        if (all[i].begin != at)
            return error_set(ERR_FORMAT,
                             "%.200s begins at byte %zu where the one before ended at "
                             "%zu; holes and overlaps are not allowed",
                             t->name, all[i].begin, at);
        if (t->bytes > room - at)
            return error_set(
                ERR_FORMAT, "%.200s ends at byte %zu of %zu; the file is cut short: fetch it again",
                t->name, at + t->bytes, room);
        t->data = data + at;
        at += t->bytes;
        f->tensors[i] = *t;
    }
    if (at != room)
        return error_set(ERR_FORMAT, "%zu bytes behind the last tensor, which nothing describes",
                         room - at);
    return OK;
}

static status header_tensors(safetensors *f, size_t room)
{
    size_t dims = 0, k = 0;
    placed *all = NULL;
    status st;
    json_t *entry;
    const char *name;
    if ((st = header_meta(json_object_get(f->header, metadata))))
        return st;
    json_object_foreach(f->header, name, entry)
    {
        dims += json_array_size(json_object_get(entry, "shape"));
        f->n += strcmp(name, metadata) != 0;
    }
    all = mem_array(f->n, sizeof *all);
    f->tensors = mem_array(f->n, sizeof *f->tensors);
    f->shapes = mem_array(dims, sizeof *f->shapes);
    st = all && f->tensors && f->shapes ? OK : ERR_MEMORY;
    dims = 0;
    if (!st)
        json_object_foreach(f->header, name, entry)
        {
            if (!strcmp(name, metadata))
                continue;
            all[k].t.name = name;
            if ((st = header_entry(entry, &all[k].t, f->shapes + dims, &all[k].begin))) {
                error_prefix("%.200s: ", name);
                break;
            }
            dims += all[k++].t.dims;
        }
    if (!st)
        st = header_places(f, all, room);
    mem_free(all);
    return st;
}

static status header_read(safetensors *f)
{
    const unsigned char *bytes = f->map.bytes;
    uint64_t length = 0;
    json_error_t error;
    if (f->map.n < 8)
        return error_set(ERR_FORMAT, "%zu bytes, too few for the length of a header", f->map.n);
    for (size_t i = 8; i-- > 0;)
        length = length << 8 | bytes[i];
    if (length > HEADER_LIMIT)
        return error_set(ERR_LIMIT, "a header of %llu bytes, above the format's limit of %d",
                         (unsigned long long)length, HEADER_LIMIT);
    if (length > f->map.n - 8)
        return error_set(ERR_FORMAT,
                         "a header of %llu bytes in a file of %zu; it is cut short: fetch "
                         "it again",
                         (unsigned long long)length, f->map.n);
    if (length == 0 || bytes[8] != '{')
        return error_set(ERR_FORMAT, "its header does not begin with {");
    f->header = json_loadb((const char *)bytes + 8, (size_t)length, JSON_REJECT_DUPLICATES, &error);
    if (!f->header)
        return error_set(ERR_FORMAT, "its header, byte %d: %s", error.position, error.text);
    return header_tensors(f, f->map.n - 8 - (size_t)length);
}

status safetensors_open(safetensors **out, const char *path)
{
    safetensors *f = mem_array(1, sizeof *f);
    status st;
    *out = NULL;
    if (!f)
        return ERR_MEMORY;
    if (!(st = file_map_open(&f->map, path)) && (st = header_read(f)))
        error_prefix("%s: ", path);
    if (st) {
        safetensors_close(f);
        return st;
    }
    *out = f;
    return OK;
}

void safetensors_close(safetensors *f)
{
    if (!f)
        return;
    json_decref(f->header);
    mem_free(f->tensors);
    mem_free(f->shapes);
    file_map_close(&f->map);
    mem_free(f);
}

void safetensors_forget(const safetensors *f, const void *bytes, size_t n)
{
    file_map_forget(&f->map, bytes, n);
}

size_t safetensors_count(const safetensors *f)
{
    return f->n;
}

const safetensor *safetensors_at(const safetensors *f, size_t i)
{
    return &f->tensors[i];
}

const safetensor *safetensors_find(const safetensors *f, const char *name)
{
    for (size_t i = 0; i < f->n; i++)
        if (!strcmp(f->tensors[i].name, name))
            return &f->tensors[i];
    return NULL;
}

const char *safetensors_meta(const safetensors *f, const char *name)
{
    return jsonl_get_string(json_object_get(f->header, metadata), name, NULL);
}

const json_t *safetensors_metadata(const safetensors *f)
{
    return json_object_get(f->header, metadata);
}

/* ------------------------------------------------------------------ numbers */

/* Number i of the tensor: bytes may lie anywhere, so each is copied out. */
#define NUMBER(type_)                                                                              \
    {                                                                                              \
        type_ x;                                                                                   \
        memcpy(&x, from + i * sizeof x, sizeof x);                                                 \
        out[i] = (real)x;                                                                          \
    }

status safetensor_reals(const safetensor *t, size_t first, size_t n, real *restrict out)
{
    const char *from = (const char *)t->data + first * (types[t->type].bits / 8);
    uint16_t half;
    uint32_t wide;
    float f;
    if (t->type == SAFETENSOR_REAL) {
        memcpy(out, from, n * sizeof *out);
        return OK;
    }
    for (size_t i = 0; i < n; i++)
        switch (t->type) {
        case SAFETENSOR_F32:
            NUMBER(float);
            break;
        case SAFETENSOR_F64:
            NUMBER(double);
            break;
        case SAFETENSOR_I64:
            NUMBER(int64_t);
            break;
        case SAFETENSOR_I32:
            NUMBER(int32_t);
            break;
        case SAFETENSOR_I16:
            NUMBER(int16_t);
            break;
        case SAFETENSOR_I8:
            NUMBER(int8_t);
            break;
        case SAFETENSOR_U64:
            NUMBER(uint64_t);
            break;
        case SAFETENSOR_U32:
            NUMBER(uint32_t);
            break;
        case SAFETENSOR_U16:
            NUMBER(uint16_t);
            break;
        case SAFETENSOR_U8:
            NUMBER(uint8_t);
            break;
        case SAFETENSOR_BOOL:
            out[i] = from[i] != 0;
            break;
        case SAFETENSOR_F16:
            memcpy(&half, from + 2 * i, sizeof half);
            out[i] = (real)half_value(half);
            break;
        case SAFETENSOR_BF16: /* the upper half of a float */
            memcpy(&half, from + 2 * i, sizeof half);
            wide = (uint32_t)half << 16;
            memcpy(&f, &wide, sizeof f);
            out[i] = (real)f;
            break;
        default:
            return error_set(ERR_USAGE,
                             "%.200s: numbers of type %s are not read; convert them to F32, F16 or "
                             "BF16",
                             t->name, types[t->type].name);
        }
    return OK;
}

/* ------------------------------------------------------------------ writing */

static int by_type_and_name(const void *a, const void *b)
{
    const safetensor *x = a, *y = b;
    if (x->type != y->type)
        return x->type > y->type ? -1 : 1;
    return strcmp(x->name, y->name);
}

static void write_header(const safetensor *sorted, size_t n, const safetensor_meta *meta,
                         size_t n_meta, text *t)
{
    size_t at = 0;
    text_add(t, "{");
    for (size_t i = 0; i < n_meta; i++) {
        text_add(t, i ? "," : "\"%s\":{", metadata);
        jsonl_string(t, meta[i].name);
        text_add(t, ":");
        jsonl_string(t, meta[i].text);
    }
    text_add(t, n_meta ? "}" : "");
    for (size_t i = 0; i < n; i++) {
        const safetensor *x = &sorted[i];
        text_add(t, i || n_meta ? "," : "");
        jsonl_string(t, x->name);
        text_add(t, ":{\"dtype\":\"%s\",\"shape\":[", types[x->type].name);
        for (size_t k = 0; k < x->dims; k++)
            text_add(t, k ? ",%zu" : "%zu", x->shape[k]);
        text_add(t, "],\"data_offsets\":[%zu,%zu]}", at, at + x->bytes);
        at += x->bytes;
    }
    text_add(t, "}");
    while (t->length % ALIGN && !t->failed)
        text_add(t, " ");
}

static status write_check(safetensor *tensors, size_t n)
{
    status st;
    for (size_t i = 0; i < n; i++) {
        const char *name = tensors[i].name;
        bool taken = !strcmp(name, metadata);
        for (size_t k = 0; k < i && !taken; k++)
            taken = !strcmp(name, tensors[k].name);
        if (taken)
            return error_set(ERR_USAGE, "%s: this name is taken; a tensor needs one of its own",
                             name);
        if ((st = tensor_size(&tensors[i]))) {
            error_prefix("%s: ", name);
            return st;
        }
    }
    return OK;
}

status safetensors_make(safetensors_bytes *b, const safetensor *tensors, size_t n,
                        const safetensor_meta *meta, size_t n_meta)
{
    *b = (safetensors_bytes){.n = n + 2,
                             .sorted = mem_copy(tensors, n, sizeof *b->sorted),
                             .pieces = mem_array(n + 2, sizeof *b->pieces)};
    status st = b->sorted && b->pieces ? write_check(b->sorted, n) : ERR_MEMORY;
    if (st)
        goto done;
    if (n)
        qsort(b->sorted, n, sizeof *b->sorted, by_type_and_name);
    write_header(b->sorted, n, meta, n_meta, &b->header);
    if (b->header.failed)
        st = ERR_MEMORY;
    else if (b->header.length > HEADER_LIMIT)
        st = error_set(ERR_LIMIT, "a header of %zu bytes, above the format's limit of %d",
                       b->header.length, HEADER_LIMIT);
    if (st)
        goto done;
    for (size_t i = 0; i < 8; i++)
        b->length[i] = (unsigned char)(b->header.length >> 8 * i);
    b->pieces[0] = (file_piece){b->length, sizeof b->length};
    b->pieces[1] = (file_piece){b->header.text, b->header.length};
    for (size_t i = 0; i < n; i++)
        b->pieces[i + 2] = (file_piece){b->sorted[i].data, b->sorted[i].bytes};
done:
    if (st)
        safetensors_made_clear(b);
    return st;
}

void safetensors_made_clear(safetensors_bytes *b)
{
    mem_free(b->sorted);
    mem_free(b->pieces);
    text_clear(&b->header);
    *b = (safetensors_bytes){0};
}

status safetensors_write(const char *path, const safetensor *tensors, size_t n,
                         const safetensor_meta *meta, size_t n_meta)
{
    safetensors_bytes b;
    status st = safetensors_make(&b, tensors, n, meta, n_meta);
    if (st) {
        error_prefix("%s: ", path);
        return st;
    }
    st = file_write_pieces(path, b.pieces, b.n);
    safetensors_made_clear(&b);
    return st;
}
