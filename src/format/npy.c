/* npy.c -- see npy.h. The header is a Python literal {'descr': '<f4', 'fortran_order': False, 'shape':
 * (3, 4), }: three keys, read by hand and by nothing more general. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/mem.h"
#include "format/half.h"
#include "format/inflate.h"
#include "format/npy.h"

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

typedef struct member {
    size_t method, packed, whole, at; /* at: of the local header */
    uint32_t crc;
} member;

static status zip_wrong(const char *path)
{
    return error_set(ERR_FORMAT, "%s: no whole .npz archive; save it again with numpy.savez", path);
}

/* Sizes of 0xffffffff stand in the zip64 field, in this order. */
static void zip64(const uint8_t *extra, size_t n, member *m)
{
    size_t *fields[] = {&m->whole, &m->packed, &m->at};
    for (size_t at = 0; at + 4 <= n;) {
        size_t id = (size_t)little(extra + at, 2), length = (size_t)little(extra + at + 2, 2);
        if (length > n - at - 4)
            return;
        if (id == 1)
            for (size_t i = 0, k = 0; i < 3; i++)
                if (*fields[i] == UINT32_MAX && k + 8 <= length) {
                    *fields[i] = (size_t)little(extra + at + 4 + k, 8);
                    k += 8;
                }
        at += 4 + length;
    }
}

/* Where the central directory is: from the end record, or zip64's. */
static status zip_directory(const char *path, const uint8_t *p, size_t n, size_t *at, size_t *count)
{
    for (size_t back = 22; back <= n && back < 22 + 65536; back++) {
        const uint8_t *end = p + n - back;
        if (memcmp(end, "PK\5\6", 4))
            continue;
        *count = (size_t)little(end + 10, 2);
        *at = (size_t)little(end + 16, 4);
        if (*at == UINT32_MAX && back + 20 <= n && !memcmp(end - 20, "PK\6\7", 4)) {
            size_t far = (size_t)little(end - 20 + 8, 8);
            if (far > n || n - far < 56 || memcmp(p + far, "PK\6\6", 4))
                return zip_wrong(path);
            *count = (size_t)little(p + far + 32, 8);
            *at = (size_t)little(p + far + 48, 8);
        }
        return *at <= n ? OK : zip_wrong(path);
    }
    return zip_wrong(path);
}

static bool zip_named(const uint8_t *name, size_t length, const char *want)
{
    size_t n = strlen(want);
    return (length == n && !memcmp(name, want, n)) ||
           (length == n + 4 && !memcmp(name, want, n) && !memcmp(name + n, ".npy", 4));
}

static status zip_find(const char *path, const uint8_t *p, size_t n, const char *want, member *m)
{
    size_t at = 0, count = 0;
    text names = {0};
    status st = zip_directory(path, p, n, &at, &count);
    for (size_t i = 0; !st && i < count; i++) {
        if (n - at < 46 || memcmp(p + at, "PK\1\2", 4)) {
            st = zip_wrong(path);
            break;
        }
        size_t name = (size_t)little(p + at + 28, 2), extra = (size_t)little(p + at + 30, 2),
               note = (size_t)little(p + at + 32, 2);
        if (name + extra + note > n - at - 46) {
            st = zip_wrong(path);
            break;
        }
        if (zip_named(p + at + 46, name, want)) {
            *m = (member){.method = (size_t)little(p + at + 10, 2),
                          .crc = (uint32_t)little(p + at + 16, 4),
                          .packed = (size_t)little(p + at + 20, 4),
                          .whole = (size_t)little(p + at + 24, 4),
                          .at = (size_t)little(p + at + 42, 4)};
            zip64(p + at + 46 + name, extra, m);
            text_clear(&names);
            return OK;
        }
        text_add(&names, " %.*s", (int)name, (const char *)p + at + 46);
        at += 46 + name + extra + note;
    }
    if (!st)
        st = error_set(ERR_FORMAT, "%s: no member %s; it has%.400s", path, want,
                       names.text ? names.text : " none");
    text_clear(&names);
    return st;
}

static status zip_read(const char *path, const char *want, char **bytes, size_t *n_bytes)
{
    char *whole;
    size_t n;
    member m = {0};
    status st = file_read(path, NPY_LIMIT, &whole, &n);
    *bytes = NULL;
    if (st)
        return st;
    const uint8_t *p = (const uint8_t *)whole;
    if ((st = zip_find(path, p, n, want, &m)))
        goto done;
    if (m.at > n || n - m.at < 30 || memcmp(p + m.at, "PK\3\4", 4)) {
        st = zip_wrong(path);
        goto done;
    }
    size_t skip = 30 + (size_t)little(p + m.at + 26, 2) + (size_t)little(p + m.at + 28, 2);
    if (skip > n - m.at || m.packed > n - m.at - skip || (m.method == 0 && m.packed != m.whole)) {
        st = zip_wrong(path);
        goto done;
    }
    if (m.whole > NPY_LIMIT || (m.method == 8 && m.whole / 1100 > m.packed)) {
        /* deflate reaches 1032 : 1 at most */
        st = error_set(ERR_LIMIT, "%s: member %s promises %zu bytes from %zu; that cannot be", path,
                       want, m.whole, m.packed);
        goto done;
    }
    const uint8_t *from = p + m.at + skip;
    if (m.method != 0 && m.method != 8)
        st = error_set(ERR_FORMAT,
                       "%s: member %s is packed by method %zu; use numpy.savez or "
                       "savez_compressed",
                       path, want, m.method);
    else if (!(*bytes = mem_array(m.whole, 1)))
        st = ERR_MEMORY;
    else if (m.method == 0)
        memcpy(*bytes, from, m.whole);
    else
        st = inflate_raw(path, from, m.packed, *bytes, m.whole);
    if (!st && hash_crc32(*bytes, m.whole) != m.crc)
        st = error_set(ERR_FORMAT, "%s: member %s has a wrong checksum; the file is damaged", path,
                       want);
    *n_bytes = m.whole;
done:
    mem_free(whole);
    if (st) {
        mem_free(*bytes);
        *bytes = NULL;
    }
    return st;
}

status npy_open(npy *a, const char *path, const char *member_)
{
    status st;
    *a = (npy){0};
    st = *member_ ? zip_read(path, member_, &a->bytes, &a->n_bytes)
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
