/* squeeze.c -- see squeeze.h. */
#include <limits.h>
#include <string.h>

#include <lzma.h>
#include <zlib.h>

#include "format/squeeze.h"

enum { PIECE = 1 << 16, LEVEL = 6 };

struct squeeze {
    squeeze_kind kind;
    z_stream gz;
    lzma_stream xz;
    text out;
};

status squeeze_new(squeeze **out, squeeze_kind kind)
{
    enum { GZIP = 15 + 16, MEMORY = 8 };
    squeeze *z = mem_array(1, sizeof *z);
    lzma_stream none = LZMA_STREAM_INIT;
    bool bad = false;
    *out = NULL;
    if (!z)
        return ERR_MEMORY;
    z->xz = none;
    if (kind == SQUEEZE_GZ)
        bad = deflateInit2(&z->gz, LEVEL, Z_DEFLATED, GZIP, MEMORY, Z_DEFAULT_STRATEGY) != Z_OK;
    else if (kind == SQUEEZE_XZ)
        bad = lzma_easy_encoder(&z->xz, LEVEL, LZMA_CHECK_CRC64) != LZMA_OK;
    if (bad) {
        mem_free(z);
        return error_set(ERR_MEMORY, "memory: none for a compressor; free some");
    }
    z->kind = kind;
    *out = z;
    return OK;
}

void squeeze_free(squeeze *z)
{
    if (!z)
        return;
    if (z->kind == SQUEEZE_GZ)
        deflateEnd(&z->gz);
    if (z->kind == SQUEEZE_XZ)
        lzma_end(&z->xz);
    text_clear(&z->out);
    mem_free(z);
}

static status squeeze_gz(squeeze *z, const void *bytes, size_t n, bool end)
{
    union { /* zlib reads what it does not call const */
        const void *given;
        Bytef *taken;
    } in = {.given = bytes};
    char piece[PIECE];
    while (n || end) {
        uInt some = n > UINT_MAX ? UINT_MAX : (uInt)n;
        int done;
        z->gz.next_in = in.taken;
        z->gz.avail_in = some;
        do {
            z->gz.next_out = (Bytef *)piece;
            z->gz.avail_out = PIECE;
            done = deflate(&z->gz, end ? Z_FINISH : Z_NO_FLUSH);
            text_bytes(&z->out, piece, PIECE - z->gz.avail_out);
        } while (!z->gz.avail_out);
        in.taken += some;
        n -= some;
        if (done == Z_STREAM_END)
            break;
    }
    return z->out.failed ? ERR_MEMORY : OK;
}

static status squeeze_xz(squeeze *z, const void *bytes, size_t n, bool end)
{
    char piece[PIECE];
    lzma_ret done;
    z->xz.next_in = bytes;
    z->xz.avail_in = n;
    do {
        z->xz.next_out = (uint8_t *)piece;
        z->xz.avail_out = PIECE;
        done = lzma_code(&z->xz, end ? LZMA_FINISH : LZMA_RUN);
        text_bytes(&z->out, piece, PIECE - z->xz.avail_out);
    } while (done == LZMA_OK && (!z->xz.avail_out || z->xz.avail_in));
    if (done != LZMA_OK && done != LZMA_STREAM_END && done != LZMA_BUF_ERROR)
        return error_set(ERR_MEMORY,
                         "memory: the compressor has none; free some, or write .tar.gz");
    return z->out.failed ? ERR_MEMORY : OK;
}

status squeeze_add(squeeze *z, const void *bytes, size_t n)
{
    if (!n)
        return OK;
    if (z->kind == SQUEEZE_GZ)
        return squeeze_gz(z, bytes, n, false);
    if (z->kind == SQUEEZE_XZ)
        return squeeze_xz(z, bytes, n, false);
    text_bytes(&z->out, bytes, n);
    return z->out.failed ? ERR_MEMORY : OK;
}

status squeeze_end(squeeze *z, text *out)
{
    status st = z->kind == SQUEEZE_GZ   ? squeeze_gz(z, "", 0, true)
                : z->kind == SQUEEZE_XZ ? squeeze_xz(z, NULL, 0, true)
                                        : OK;
    *out = (text){0};
    if (st)
        return st;
    *out = z->out;
    z->out = (text){0};
    return OK;
}
