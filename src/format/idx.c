/* idx.c -- see idx.h. */
#include <string.h>

#include "base/mem.h"
#include "format/idx.h"
#include "format/inflate.h"

#define IDX_LIMIT ((size_t)8 << 30)

static size_t idx_width(int type)
{
    static const uint8_t widths[] = {[8] = 1, [9] = 1, [11] = 2, [12] = 4, [13] = 4, [14] = 8};
    return type >= 0 && type < (int)sizeof widths ? widths[type] : 0;
}

static uint64_t idx_big(const uint8_t *p, size_t n)
{
    uint64_t x = 0;
    for (size_t i = 0; i < n; i++)
        x = x << 8 | p[i];
    return x;
}

static status idx_header(idx *x, const char *path, size_t n)
{
    const uint8_t *p = (const uint8_t *)x->bytes;
    status st;
    if (n < 4 || p[0] || p[1] || !idx_width(p[2]) || p[3] < 1 || p[3] > IDX_DIMS)
        return error_set(ERR_FORMAT,
                         "%s: no IDX file (it begins with %02x%02x%02x%02x, IDX with "
                         "0000, a type, 1 to %d dimensions)",
                         path, n > 0 ? p[0] : 0, n > 1 ? p[1] : 0, n > 2 ? p[2] : 0,
                         n > 3 ? p[3] : 0, IDX_DIMS);
    x->type = p[2];
    x->dims = p[3];
    if (n < 4 + 4 * x->dims)
        return error_set(ERR_FORMAT, "%s: the header is cut short at %zu bytes; fetch it again",
                         path, n);
    size_t promised;
    x->n = 1;
    for (size_t i = 0; i < x->dims; i++) {
        x->shape[i] = (size_t)idx_big(p + 4 + 4 * i, 4);
        if ((st = size_mul(x->n, x->shape[i], &x->n))) {
            error_prefix("%s: ", path);
            return st;
        }
    }
    if ((st = size_mul(x->n, idx_width(x->type), &promised))) {
        error_prefix("%s: ", path);
        return st;
    }
    size_t found = n - 4 - 4 * x->dims;
    if (promised != found)
        return error_set(ERR_FORMAT,
                         "%s: %zu bytes promised by the header, %zu found; the file is "
                         "%s: fetch it again",
                         path, promised, found, found < promised ? "cut short" : "too long");
    x->data = p + 4 + 4 * x->dims;
    return OK;
}

status idx_open(idx *x, const char *path)
{
    status st;
    *x = (idx){0};
    if ((st = inflate_file(path, IDX_LIMIT, &x->bytes, &x->n_bytes)))
        return st;
    if ((st = idx_header(x, path, x->n_bytes)))
        idx_clear(x);
    return st;
}

void idx_clear(idx *x)
{
    mem_free(x->bytes);
    *x = (idx){0};
}

double idx_at(const idx *x, size_t i)
{
    size_t width = idx_width(x->type);
    uint64_t bits = idx_big(x->data + i * width, width);
    uint32_t low = (uint32_t)bits;
    float f;
    double d;
    switch (x->type) {
    case 9:
        return (int8_t)bits;
    case 11:
        return (int16_t)bits;
    case 12:
        return (int32_t)bits;
    case 13:
        memcpy(&f, &low, sizeof f);
        return (double)f;
    case 14:
        memcpy(&d, &bits, sizeof d);
        return d;
    default:
        return (double)bits;
    }
}
