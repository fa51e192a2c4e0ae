/* pack.h -- packed files made by hand: gzip, and tar as POSIX writes it (an independent writer: the
 * library only reads). */
#ifndef TESTS_FORMAT_PACK_H
#define TESTS_FORMAT_PACK_H

#include <zlib.h>

#include "tests/test.h"

/* The bytes of the gzip file; fails the test where they do not fit. */
static inline size_t pack_gzip(const void *in, size_t n, unsigned char *out, size_t room)
{
    z_stream z = {0};
    unsigned char *copy = mem_copy(in, n, 1);
    assert_int_equal(deflateInit2(&z, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_in = copy;
    z.avail_in = (uInt)n;
    z.next_out = out;
    z.avail_out = (uInt)room;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    deflateEnd(&z);
    mem_free(copy);
    return room - z.avail_out;
}

/* The sum of a header, over its own field read as spaces: six digits, a zero byte, a space. */
static inline void tar_sign(unsigned char *header)
{
    unsigned sum = 0;
    memset(header + 148, ' ', 8);
    for (size_t i = 0; i < 512; i++)
        sum += header[i];
    snprintf((char *)header + 148, 7, "%06o", sum);
}

/* Appends a member at byte `at`; where the next one begins. A name of 100 bytes has no zero. */
static inline size_t tar_add(unsigned char *out, size_t at, const char *name, char type,
                             const void *bytes, size_t n)
{
    unsigned char *header = out + at;
    size_t blocks = (n + 511) / 512;
    memset(header, 0, 512 * (1 + blocks));
    memcpy(header, name, strlen(name));
    snprintf((char *)header + 124, 12, "%011zo", n);
    header[156] = (unsigned char)type;
    memcpy(header + 257, "ustar\00000", 8);
    tar_sign(header);
    if (n)
        memcpy(header + 512, bytes, n);
    return at + 512 * (1 + blocks);
}

static inline size_t tar_end(unsigned char *out, size_t at)
{
    memset(out + at, 0, 1024);
    return at + 1024;
}

#endif
