/* safetensors.h -- files of named tensors, read by mapping and never copied, so that a model larger than
 * memory can be opened; written atomically.
 *
 *     8 bytes  N, u64 little-endian, at most 100,000,000
 *     N bytes  {"__metadata__":{"k":"v"},"name":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]}}
 *     the rest the tensors, one behind the other without holes: offsets count from here
 *
 * Row-major, little-endian; a reader may not rely on alignment (some writers give none).
 * Source: huggingface/safetensors, README.md and safetensors/src/tensor.rs (validate, serialize). */
#ifndef FORMAT_SAFETENSORS_H
#define FORMAT_SAFETENSORS_H

#include <jansson.h>

#include "base/file.h"
#include "base/mem.h"

/* In the reference's order, by which its writer sorts. */
typedef enum safetensor_type {
    SAFETENSOR_BOOL,
    SAFETENSOR_F4,
    SAFETENSOR_F6_E2M3,
    SAFETENSOR_F6_E3M2,
    SAFETENSOR_U8,
    SAFETENSOR_I8,
    SAFETENSOR_F8_E5M2,
    SAFETENSOR_F8_E4M3,
    SAFETENSOR_F8_E8M0,
    SAFETENSOR_F8_E4M3FNUZ,
    SAFETENSOR_F8_E5M2FNUZ,
    SAFETENSOR_I16,
    SAFETENSOR_U16,
    SAFETENSOR_F16,
    SAFETENSOR_BF16,
    SAFETENSOR_I32,
    SAFETENSOR_U32,
    SAFETENSOR_F32,
    SAFETENSOR_C64,
    SAFETENSOR_F64,
    SAFETENSOR_I64,
    SAFETENSOR_U64,
    SAFETENSOR_TYPES,
    SAFETENSOR_REAL = sizeof(real) == 4 ? SAFETENSOR_F32 : SAFETENSOR_F64
} safetensor_type;

size_t safetensor_type_bits(safetensor_type type);      /* of one number */
const char *safetensor_type_name(safetensor_type type); /* "BF16" */

typedef struct safetensor {
    const char *name;
    safetensor_type type;
    size_t dims;         /* 0: one number */
    const size_t *shape; /* (dims) */
    size_t n, bytes;     /* numbers; filled by the reader and found anew by the writer */
    const void *data;    /* (bytes), of the file's map when read */
} safetensor;

typedef struct safetensors safetensors;

/* Maps the file and checks the whole header. ERR_FILE; ERR_FORMAT, ERR_LIMIT: names the file, the
 * tensor and what is wrong with it. */
status safetensors_open(safetensors **f, const char *path);
void safetensors_close(safetensors *f); /* NULL is fine; what was handed out is gone */

void safetensors_forget(const safetensors *f, const void *bytes, size_t n); /* file_map_forget */
size_t safetensors_count(const safetensors *f);
const safetensor *safetensors_at(const safetensors *f, size_t i); /* in the order of the file */
/* NULL: none of that name. */
const safetensor *safetensors_find(const safetensors *f, const char *name);
/* A text of __metadata__; NULL: not there. */
const char *safetensors_meta(const safetensors *f, const char *name);
const json_t *safetensors_metadata(const safetensors *f); /* all of them; NULL: none */

/* Numbers first .. first + n of a tensor, converted. ERR_USAGE: a type that is known by its size alone
 * (those of 4, 6 and 8 bits that are floats, and complex ones). */
status safetensor_reals(const safetensor *t, size_t first, size_t n, real *out);

typedef struct safetensor_meta {
    const char *name, *text;
} safetensor_meta;

/* Tensors in the reference's order (type, then name), the header padded to 8 bytes, so that every
 * tensor is aligned to its numbers; metadata in the order given. ERR_FILE; ERR_USAGE: two tensors of
 * one name. */
status safetensors_write(const char *path, const safetensor *tensors, size_t n,
                         const safetensor_meta *meta, size_t n_meta);

/* The same bytes as pieces, for who writes them otherwise. They point into b, which is not moved, and to the
 * tensors' data. */
typedef struct safetensors_bytes {
    file_piece *pieces; /* (n) */
    size_t n;
    safetensor *sorted;
    text header;
    unsigned char length[8]; /* of the header */
} safetensors_bytes;
status safetensors_make(safetensors_bytes *b, const safetensor *tensors, size_t n,
                        const safetensor_meta *meta, size_t n_meta);
void safetensors_made_clear(safetensors_bytes *b);

#endif
