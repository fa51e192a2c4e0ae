/* npz_fuzz.c -- NumPy's archives: a stored and a deflated member, and one with zip64 sizes. */
#include <zlib.h>

#include "tests/fuzz/npy.h"

#include "base/hash.h"

static const char *const fuzz_name = "npz";

static status fuzz_try(const uint8_t *bytes, size_t n)
{
    fuzz_file f;
    fuzz_file_open(&f, bytes, n);
    status st = fuzz_npy(f.path, "x");
    (void)fuzz_npy(f.path, "y");
    fuzz_file_close(&f);
    return st;
}

static uint8_t *little(uint8_t *p, uint64_t x, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        *p++ = (uint8_t)x;
        x >>= 8;
    }
    return p;
}

/* What local and central headers share, from the version to the lengths of name and extra. */
static uint8_t *common(uint8_t *p, int method, uint32_t crc, size_t packed, size_t whole,
                       size_t extra)
{
    p = little(p, 45, 2);
    p = little(p, 0, 2);
    p = little(p, (uint64_t)method, 2);
    p = little(p, 0, 4); /* time */
    p = little(p, crc, 4);
    p = little(p, packed, 4);
    p = little(p, whole, 4);
    p = little(p, 5, 2); /* "x.npy" */
    return little(p, extra, 2);
}

static size_t deflate_raw(uint8_t *in, size_t n, uint8_t *out, size_t room)
{
    z_stream z = {0};
    if (deflateInit2(&z, 9, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        abort();
    z.next_in = in;
    z.avail_in = (uInt)n;
    z.next_out = out;
    z.avail_out = (uInt)room;
    if (deflate(&z, Z_FINISH) != Z_STREAM_END)
        abort();
    deflateEnd(&z);
    return room - z.avail_out;
}

static size_t archive(uint8_t *out, int method, bool far)
{
    uint8_t file[FUZZ_NPY], data[2 * FUZZ_NPY], *p = out, *start;
    size_t whole = fuzz_npy_make(0, file), packed = whole;
    uint32_t crc = hash_crc32(file, whole);
    if (method)
        packed = deflate_raw(file, whole, data, sizeof data);
    else
        memcpy(data, file, whole);
    memcpy(p, "PK\3\4", 4);
    p = common(p + 4, method, crc, packed, whole, 0);
    memcpy(p, "x.npy", 5);
    memcpy(p + 5, data, packed);
    start = p += 5 + packed;
    memcpy(p, "PK\1\2", 4);
    p = common(little(p + 4, 45, 2), method, crc, packed, far ? UINT32_MAX : whole, far ? 12 : 0);
    p = little(p, 0, 2); /* no note */
    p = little(p, 0, 8); /* disk, attributes: 2 2 4 */
    p = little(p, 0, 4); /* place of the local header */
    memcpy(p, "x.npy", 5);
    p += 5;
    if (far)
        p = little(little(little(p, 1, 2), 8, 2), whole, 8);
    size_t size = (size_t)(p - start);
    memcpy(p, "PK\5\6", 4);
    p = little(p + 4, 0, 4);
    p = little(little(p, 1, 2), 1, 2);
    p = little(little(p, size, 4), (uint64_t)(start - out), 4);
    return (size_t)(little(p, 0, 2) - out);
}

static void fuzz_valid(void)
{
    uint8_t file[4 * FUZZ_NPY];
    fuzz_seed(file, archive(file, 0, false));
    fuzz_seed(file, archive(file, 8, false));
    fuzz_seed(file, archive(file, 8, true));
}
