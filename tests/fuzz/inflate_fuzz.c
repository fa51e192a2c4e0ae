/* inflate_fuzz.c -- .gz and .xz by their first bytes, and plain bytes; at most LIMIT may come out. */
#include "tests/fuzz/fuzz.h"

#include <lzma.h>
#include <zlib.h>

#include "format/inflate.h"

static const char *const fuzz_name = "inflate";
enum { LIMIT = 1 << 16, TEXT = 3000 };

static status fuzz_try(const uint8_t *bytes, size_t n)
{
    fuzz_file f;
    char *out, raw[64];
    size_t n_out;
    fuzz_file_open(&f, bytes, n);
    status st = inflate_file(f.path, LIMIT, &out, &n_out);
    FUZZ_MUST(!st || (!out && !n_out), "a refused file left something");
    FUZZ_MUST(n_out <= LIMIT, "%zu bytes came out", n_out);
    mem_free(out);
    fuzz_file_close(&f);
    if (n) /* a zip member that promises 64 bytes */
        (void)inflate_raw("member", bytes, n, raw, sizeof raw);
    return st;
}

static void fuzz_valid(void)
{
    uint8_t plain[TEXT], packed[TEXT + 200], two[2 * sizeof packed];
    for (size_t i = 0; i < TEXT; i++)
        plain[i] = (uint8_t)(i * i / 97);
    z_stream z = {0};
    if (deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        abort();
    z.next_in = plain;
    z.avail_in = 400;
    z.next_out = packed;
    z.avail_out = sizeof packed;
    if (deflate(&z, Z_FINISH) != Z_STREAM_END)
        abort();
    size_t n = sizeof packed - z.avail_out;
    deflateEnd(&z);
    fuzz_seed(packed, n);
    memcpy(two, packed, n); /* two members */
    memcpy(two + n, packed, n);
    fuzz_seed(two, 2 * n);
    size_t n_xz = 0;
    if (lzma_easy_buffer_encode(1, LZMA_CHECK_CRC32, NULL, plain, 400, packed, &n_xz,
                                sizeof packed) != LZMA_OK)
        abort();
    fuzz_seed(packed, n_xz);
    n_xz = 0; /* nothing, packed */
    if (lzma_easy_buffer_encode(1, LZMA_CHECK_CRC64, NULL, plain, 0, packed, &n_xz,
                                sizeof packed) != LZMA_OK)
        abort();
    fuzz_seed(packed, n_xz);
    fuzz_text("plain");
}
