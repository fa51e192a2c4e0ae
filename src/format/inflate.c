/* inflate.c -- see inflate.h. zlib and liblzma check the sums; here are limits, ends and sentences. */
#include <limits.h>
#include <string.h>

#include <lzma.h>
#include <zlib.h>

#include "base/file.h"
#include "base/mem.h"
#include "format/inflate.h"

enum { INFLATE_FIRST = 1 << 20, XZ_MEMORY = 1 << 28 };

typedef struct grown { /* output that grows up to a limit */
    char *bytes;
    size_t n, room, limit;
} grown;

static status grow(const char *path, grown *g)
{
    size_t room = g->room ? 2 * g->room : INFLATE_FIRST;
    if (g->room > g->limit)
        return error_set(
            ERR_LIMIT,
            "%s: unpacks to more than the %zu bytes that are taken; it is not what its "
            "name says",
            path, g->limit);
    room = room < g->limit + 1 ? room : g->limit + 1; /* one more shows that there is more */
    char *more = mem_resize(g->bytes, room, 1);
    if (!more)
        return ERR_MEMORY;
    g->bytes = more;
    g->room = room;
    return OK;
}

static status damaged(const char *path, const char *why)
{
    return error_set(ERR_FORMAT, "%s: %s; fetch it again", path, why);
}

static uInt zlib_size(size_t n)
{
    return n > UINT_MAX ? UINT_MAX : (uInt)n;
}

static status gunzip(const char *path, unsigned char *in, size_t n_in, grown *g)
{
    z_stream z = {0};
    status st = OK;
    int rc = Z_OK;
    if (inflateInit2(&z, 15 + 16) != Z_OK)
        return error_set(ERR_MEMORY, "%s: zlib cannot start", path);
    z.next_in = in;
    size_t left = n_in;
    while (!st) {
        if (g->n == g->room && (st = grow(path, g)))
            break;
        uInt give = zlib_size(left), room = zlib_size(g->room - g->n);
        z.avail_in = give;
        z.next_out = (Bytef *)g->bytes + g->n;
        z.avail_out = room;
        rc = inflate(&z, Z_NO_FLUSH);
        left -= give - z.avail_in;
        g->n += room - z.avail_out;
        if (g->n > g->limit)
            st = grow(path, g);
        else if (rc == Z_STREAM_END && left >= 2 && z.next_in[0] == 0x1f && z.next_in[1] == 0x8b)
            inflateReset(&z); /* another member, as `cat a.gz b.gz` makes them */
        else if (rc == Z_STREAM_END)
            break;
        else if (rc == Z_BUF_ERROR || (rc == Z_OK && !left && z.avail_out))
            st = damaged(path, "the gzip file is cut short");
        else if (rc != Z_OK)
            st = damaged(path, z.msg ? z.msg : "the gzip file is damaged");
    }
    if (!st && left)
        st = error_set(ERR_FORMAT, "%s: %zu bytes behind the end of the gzip file; fetch it again",
                       path, left);
    inflateEnd(&z);
    return st;
}

static status unxz(const char *path, const unsigned char *in, size_t n_in, grown *g)
{
    lzma_stream z = LZMA_STREAM_INIT;
    status st = OK;
    if (lzma_stream_decoder(&z, XZ_MEMORY, LZMA_CONCATENATED) != LZMA_OK)
        return error_set(ERR_MEMORY, "%s: liblzma cannot start", path);
    z.next_in = in;
    z.avail_in = n_in;
    while (!st) {
        if (g->n == g->room && (st = grow(path, g)))
            break;
        z.next_out = (uint8_t *)g->bytes + g->n;
        z.avail_out = g->room - g->n;
        size_t room = z.avail_out;
        lzma_ret rc = lzma_code(&z, LZMA_FINISH);
        g->n += room - z.avail_out;
        if (g->n > g->limit)
            st = grow(path, g);
        else if (rc == LZMA_STREAM_END)
            break;
        else if (rc == LZMA_MEMLIMIT_ERROR)
            st = error_set(ERR_LIMIT, "%s: needs more than %d bytes to unpack; use a lower preset",
                           path, XZ_MEMORY);
        else if (rc == LZMA_BUF_ERROR)
            st = damaged(path, "the xz file is cut short");
        else if (rc != LZMA_OK)
            st = damaged(path, "the xz file is damaged");
    }
    lzma_end(&z);
    return st;
}

status inflate_file(const char *path, size_t limit, char **bytes, size_t *n)
{
    char *in;
    size_t n_in;
    grown g = {.limit = limit};
    status st;
    *bytes = NULL;
    *n = 0;
    if ((st = file_read(path, limit, &in, &n_in)))
        return st;
    if (n_in >= 2 && !memcmp(in, "\x1f\x8b", 2)) {
        st = gunzip(path, (unsigned char *)in, n_in, &g);
    } else if (n_in >= 6 && !memcmp(in,
                                    "\xfd"
                                    "7zXZ",
                                    6)) {
        st = unxz(path, (const unsigned char *)in, n_in, &g);
    } else {
        *bytes = in;
        *n = n_in;
        return OK;
    }
    mem_free(in);
    if (st) {
        mem_free(g.bytes);
        return st;
    }
    *bytes = g.bytes;
    *n = g.n;
    return OK;
}

status inflate_raw(const char *path, const void *in, size_t n_in, void *out, size_t n_out)
{
    union { /* zlib reads what it does not call const */
        const void *given;
        Bytef *taken;
    } from = {.given = in};
    z_stream z = {.next_in = from.taken,
                  .avail_in = zlib_size(n_in),
                  .next_out = out,
                  .avail_out = zlib_size(n_out)};
    if (n_in > UINT_MAX || n_out > UINT_MAX)
        return error_set(ERR_LIMIT, "%s: a member of 4 GiB or more; store it without compression",
                         path);
    if (inflateInit2(&z, -15) != Z_OK)
        return error_set(ERR_MEMORY, "%s: zlib cannot start", path);
    int rc = inflate(&z, Z_FINISH);
    bool whole = rc == Z_STREAM_END && !z.avail_in && !z.avail_out;
    inflateEnd(&z);
    return whole ? OK : damaged(path, "a member does not unpack to the size that it promises");
}
