/* zip.c -- see zip.h. */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/mem.h"
#include "format/inflate.h"
#include "format/zip.h"

/* Bytes of the fixed parts: end record, zip64's locator and record, central and local header. */
enum { END = 22, LOCATOR = 20, END64 = 56, CENTRAL = 46, LOCAL = 30, NOTE = 65535 };

struct zip {
    file_map map;
    char *path;
    const char *mend; /* borrowed: a literal */
    zip_member *members;
    char *names; /* of all members, each ended by 0 */
    size_t n;
};

static uint64_t little(const uint8_t *p, size_t n)
{
    uint64_t x = 0;
    for (size_t i = n; i-- > 0;)
        x = x << 8 | p[i];
    return x;
}

static status zip_wrong(const zip *z, const char *what)
{
    return error_set(ERR_FORMAT, "%s: no whole zip archive (%s); %s", z->path, what, z->mend);
}

/* Sizes of 0xffffffff stand in the zip64 field, in this order; *at: of the local header. */
static void zip_far(const uint8_t *extra, size_t n, zip_member *m, size_t *at)
{
    size_t *fields[] = {&m->whole, &m->packed, at};
    for (size_t p = 0; p + 4 <= n;) {
        size_t id = (size_t)little(extra + p, 2), length = (size_t)little(extra + p + 2, 2);
        if (length > n - p - 4)
            return;
        if (id == 1)
            for (size_t i = 0, k = 0; i < 3; i++)
                if (*fields[i] == UINT32_MAX && k + 8 <= length) {
                    *fields[i] = (size_t)little(extra + p + 4 + k, 8);
                    k += 8;
                }
        p += 4 + length;
    }
}

/* Where the central directory is: from the end record, or zip64's. */
static status zip_directory(const zip *z, size_t *at, size_t *count)
{
    const uint8_t *p = z->map.bytes;
    size_t n = z->map.n;
    for (size_t back = END; back <= n && back <= END + NOTE; back++) {
        const uint8_t *end = p + n - back;
        if (memcmp(end, "PK\5\6", 4))
            continue;
        *count = (size_t)little(end + 10, 2);
        *at = (size_t)little(end + 16, 4);
        /* either may be what does not fit: 65535 members of a small archive */
        if ((*at == UINT32_MAX || *count == UINT16_MAX) && back + LOCATOR <= n &&
            !memcmp(end - LOCATOR, "PK\6\7", 4)) {
            size_t far = (size_t)little(end - LOCATOR + 8, 8);
            if (far > n || n - far < END64 || memcmp(p + far, "PK\6\6", 4))
                return zip_wrong(z, "its end record points nowhere");
            *count = (size_t)little(p + far + 32, 8);
            *at = (size_t)little(p + far + 48, 8);
        }
        return *at <= n ? OK : zip_wrong(z, "its directory lies beyond the file");
    }
    return zip_wrong(z, "no end record");
}

/* Where a member's bytes begin: behind its local header, whose name and extra have lengths of their own. */
static status zip_place(const zip *z, zip_member *m, size_t at)
{
    const uint8_t *p = z->map.bytes;
    size_t n = z->map.n;
    if (at > n || n - at < LOCAL || memcmp(p + at, "PK\3\4", 4))
        return zip_wrong(z, "a member without its header");
    size_t skip = LOCAL + (size_t)little(p + at + 26, 2) + (size_t)little(p + at + 28, 2);
    if (skip > n - at || m->packed > n - at - skip)
        return zip_wrong(z, "a member lies beyond the file");
    if (m->method == 0 && m->packed != m->whole)
        return zip_wrong(z, "a stored member has two sizes");
    m->data = p + at + skip;
    return OK;
}

static int zip_by_name(const void *a, const void *b)
{
    return strcmp(((const zip_member *)a)->name, ((const zip_member *)b)->name);
}

/* Walked twice: lengths, then members. */
static status zip_members(zip *z, size_t at, size_t count)
{
    const uint8_t *p = z->map.bytes;
    size_t n = z->map.n, begin = at, letters = 0;
    status st;
    for (size_t i = 0; i < count; i++) {
        if (n - at < CENTRAL || memcmp(p + at, "PK\1\2", 4))
            return zip_wrong(z, "its directory is cut short");
        size_t name = (size_t)little(p + at + 28, 2),
               rest = (size_t)little(p + at + 30, 2) + (size_t)little(p + at + 32, 2);
        if (name + rest > n - at - CENTRAL)
            return zip_wrong(z, "its directory is cut short");
        letters += name + 1;
        at += CENTRAL + name + rest;
    }
    z->members = mem_array(count, sizeof *z->members);
    z->names = mem_array(letters, 1);
    if (!z->members || !z->names)
        return ERR_MEMORY;
    at = begin;
    letters = 0;
    for (size_t i = 0; i < count; i++) {
        size_t name = (size_t)little(p + at + 28, 2), extra = (size_t)little(p + at + 30, 2);
        size_t local = (size_t)little(p + at + 42, 4);
        zip_member *m = &z->members[i];
        *m = (zip_member){.name = z->names + letters,
                          .method = (size_t)little(p + at + 10, 2),
                          .crc = (uint32_t)little(p + at + 16, 4),
                          .packed = (size_t)little(p + at + 20, 4),
                          .whole = (size_t)little(p + at + 24, 4)};
        memcpy(z->names + letters, p + at + CENTRAL, name);
        zip_far(p + at + CENTRAL + name, extra, m, &local);
        if (strlen(m->name) != name)
            return zip_wrong(z, "a name with a byte 0");
        if ((st = zip_place(z, m, local)))
            return st;
        letters += name + 1;
        at += CENTRAL + name + extra + (size_t)little(p + at + 32, 2);
    }
    z->n = count;
    if (count)
        qsort(z->members, count, sizeof *z->members, zip_by_name);
    for (size_t i = 1; i < count; i++)
        if (!strcmp(z->members[i - 1].name, z->members[i].name))
            return error_set(ERR_FORMAT, "%s: member %.200s is there twice; %s", z->path,
                             z->members[i].name, z->mend);
    return OK;
}

status zip_open(zip **out, const char *path, const char *mend)
{
    size_t at = 0, count = 0;
    status st = ERR_MEMORY;
    *out = NULL;
    zip *z = mem_array(1, sizeof *z);
    if (!z)
        return ERR_MEMORY;
    z->mend = mend;
    if ((z->path = mem_string(path)) && !(st = file_map_open(&z->map, path)) &&
        !(st = zip_directory(z, &at, &count)))
        st = zip_members(z, at, count);
    if (st) {
        zip_close(z);
        return st;
    }
    *out = z;
    return OK;
}

void zip_close(zip *z)
{
    if (!z)
        return;
    file_map_close(&z->map);
    mem_free(z->members);
    mem_free(z->names);
    mem_free(z->path);
    mem_free(z);
}

void zip_forget(const zip *z, const void *bytes, size_t n)
{
    file_map_forget(&z->map, bytes, n);
}

size_t zip_count(const zip *z)
{
    return z->n;
}

const zip_member *zip_at(const zip *z, size_t i)
{
    return &z->members[i];
}

const zip_member *zip_find(const zip *z, const char *name)
{
    const zip_member want = {.name = name};
    return z->n ? bsearch(&want, z->members, z->n, sizeof want, zip_by_name) : NULL;
}

status zip_read(const zip *z, const zip_member *m, size_t limit, char **bytes)
{
    status st = OK;
    *bytes = NULL;
    if (m->whole > limit)
        return error_set(ERR_LIMIT, "%s: member %.200s has %zu bytes, above the limit of %zu",
                         z->path, m->name, m->whole, limit);
    /* deflate reaches 1032 : 1 at most */
    if (m->method == 8 && m->whole / 1100 > m->packed)
        return error_set(ERR_LIMIT, "%s: member %.200s promises %zu bytes from %zu; that cannot be",
                         z->path, m->name, m->whole, m->packed);
    if (m->method != 0 && m->method != 8)
        return error_set(ERR_FORMAT, "%s: member %.200s is packed by method %zu; %s", z->path,
                         m->name, m->method, z->mend);
    if (!(*bytes = mem_array(m->whole, 1)))
        return ERR_MEMORY;
    if (m->method == 8)
        st = inflate_raw(z->path, m->data, m->packed, *bytes, m->whole);
    else if (m->whole)
        memcpy(*bytes, m->data, m->whole);
    if (!st && hash_crc32(*bytes, m->whole) != m->crc)
        st = error_set(ERR_FORMAT, "%s: member %.200s has a wrong checksum; the file is damaged",
                       z->path, m->name);
    if (st) {
        mem_free(*bytes);
        *bytes = NULL;
    }
    return st;
}
