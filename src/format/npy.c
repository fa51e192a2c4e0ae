/* npy.c -- see npy.h. The header is a Python literal {'descr': '<f4', 'fortran_order': False, 'shape':
 * (3, 4), }: three keys, read by hand and by nothing more general. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "format/half.h"
#include "format/inflate.h"
#include "format/npy.h"
#include "format/zip.h"

#define NPY_LIMIT ((size_t)8 << 30)

static uint64_t little(const uint8_t *p, size_t n)
{
    uint64_t x = 0;
    for (size_t i = n; i-- > 0;)
        x = x << 8 | p[i];
    return x;
}

/* ------------------------------------------------------------------ the header */

static status header_wrong(const char *path, const char *what)
{
    return error_set(ERR_FORMAT, "%s: %s in the .npy header; save it again with numpy.save", path,
                     what);
}

/* Behind 'name': in the header; NULL: it is not there. */
static const char *header_value(const char *header, const char *name)
{
    const char *at = strstr(header, name), *end = at ? at + strlen(name) : NULL;
    if (!at || at == header || (at[-1] != '\'' && at[-1] != '"') || *end != at[-1])
        return NULL;
    at = end + 1;
    at += strspn(at, " :");
    return at;
}

static status header_type(npy *a, const char *path, const char *descr)
{
    if (!descr || (*descr != '\'' && *descr != '"') || !descr[1] || !descr[2])
        return header_wrong(path, "no plain 'descr'");
    char order = descr[1];
    a->type = descr[2];
    a->width = (size_t)strtoul(descr + 3, NULL, 10);
    a->big = order == '>';
    bool whole = a->width == 1 || a->width == 2 || a->width == 4 || a->width == 8;
    if (!strchr("<>|=", order) || !strchr("uifb", a->type) || !whole ||
        (a->type == 'f' && a->width == 1) || (a->type == 'b' && a->width != 1))
        return error_set(ERR_FORMAT,
                         "%s: numbers of type %.8s; take u1 to u8, i1 to i8, f2, f4, f8 "
                         "or bool",
                         path, descr);
    return OK;
}

static status header_shape(npy *a, const char *path, const char *shape)
{
    status st;
    a->n = 1;
    if (!shape || *shape != '(')
        return header_wrong(path, "no 'shape'");
    for (shape++; *shape && *shape != ')';) {
        char *end;
        shape += strspn(shape, " ,");
        if (*shape == ')')
            break;
        if (*shape < '0' || *shape > '9')
            return header_wrong(path, "a shape that is no number");
        unsigned long long dim = strtoull(shape, &end, 10);
        if (a->dims == NPY_DIMS)
            return error_set(ERR_FORMAT, "%s: more than %d dimensions", path, NPY_DIMS);
        a->shape[a->dims++] = (size_t)dim;
        if ((st = size_mul(a->n, (size_t)dim, &a->n))) {
            error_prefix("%s: ", path);
            return st;
        }
        shape = end;
    }
    return *shape == ')' && a->dims ? OK : header_wrong(path, "no shape of one dimension or more");
}

static status npy_header(npy *a, const char *path, size_t n)
{
    const uint8_t *p = (const uint8_t *)a->bytes;
    status st;
    if (n < 12 || memcmp(p, "\x93NUMPY", 6) || p[6] < 1 || p[6] > 3)
        return error_set(ERR_FORMAT, "%s: no .npy file of version 1 to 3", path);
    size_t before = p[6] == 1 ? 10 : 12, length = (size_t)little(p + 8, before - 8);
    if (length > n - before)
        return header_wrong(path, "a length beyond the file");
    char *header = mem_array(length + 1, 1);
    if (!header)
        return ERR_MEMORY;
    memcpy(header, p + before, length);
    const char *fortran = header_value(header, "fortran_order");
    if (!(st = header_type(a, path, header_value(header, "descr"))) &&
        !(st = header_shape(a, path, header_value(header, "shape"))) && !fortran)
        st = header_wrong(path, "no 'fortran_order'");
    a->fortran = fortran && *fortran == 'T';
    mem_free(header);
    size_t promised, found = n - before - length;
    if (st || (st = size_mul(a->n, a->width, &promised)))
        return st;
    if (promised != found)
        return error_set(ERR_FORMAT,
                         "%s: %zu bytes promised by the header, %zu found; the file is %s", path,
                         promised, found, found < promised ? "cut short" : "too long");
    a->data = p + before + length;
    return OK;
}

/* ------------------------------------------------------------------ archives */

/* The member of that name, or with .npy behind it. */
static status npy_member(const char *path, const char *want, char **bytes, size_t *n)
{
    zip *z;
    text names = {0};
    status st = zip_open(&z, path, "save it again with numpy.savez");
    if (st)
        return st;
    const zip_member *m = zip_find(z, want);
    if (!m) {
        text_add(&names, "%s.npy", want);
        m = text_failed(&names) ? NULL : zip_find(z, names.text);
    }
    if (m) {
        *n = m->whole;
        st = zip_read(z, m, NPY_LIMIT, bytes);
        goto done;
    }
    text_clear(&names);
    for (size_t i = 0; i < zip_count(z) && i < 20; i++)
        text_add(&names, " %.60s", zip_at(z, i)->name);
    st = error_set(ERR_FORMAT, "%s: no member %s; it has%.400s", path, want,
                   names.text ? names.text : " none");
done:
    text_clear(&names);
    zip_close(z);
    return st;
}

status npy_open(npy *a, const char *path, const char *member_)
{
    status st;
    *a = (npy){0};
    st = *member_ ? npy_member(path, member_, &a->bytes, &a->n_bytes)
                  : inflate_file(path, NPY_LIMIT, &a->bytes, &a->n_bytes);
    if (!st)
        st = npy_header(a, path, a->n_bytes);
    if (st)
        npy_clear(a);
    return st;
}

void npy_clear(npy *a)
{
    mem_free(a->bytes);
    *a = (npy){0};
}

/* ------------------------------------------------------------------ numbers */

static size_t npy_place(const npy *a, size_t i)
{
    size_t place = 0, stride = a->n;
    if (!a->fortran || a->dims < 2)
        return i;
    for (size_t k = a->dims; k-- > 0;) { /* digits of i, last dimension first */
        stride /= a->shape[k];
        place += i % a->shape[k] * stride;
        i /= a->shape[k];
    }
    return place;
}

double npy_at(const npy *a, size_t i)
{
    const uint8_t *p = a->data + npy_place(a, i) * a->width;
    uint64_t bits = 0;
    uint32_t low;
    float f;
    double d;
    for (size_t k = 0; k < a->width; k++)
        bits = bits << 8 | p[a->big ? k : a->width - 1 - k];
    low = (uint32_t)bits;
    if (a->type == 'f' && a->width == 2)
        return half_value((uint16_t)bits);
    if (a->type == 'f' && a->width == 4) {
        memcpy(&f, &low, sizeof f);
        return (double)f;
    }
    if (a->type == 'f') {
        memcpy(&d, &bits, sizeof d);
        return d;
    }
    if (a->type == 'i') {
        unsigned shift = (unsigned)(64 - 8 * a->width);
        return (double)((int64_t)(bits << shift) >> shift);
    }
    return (double)bits;
}
