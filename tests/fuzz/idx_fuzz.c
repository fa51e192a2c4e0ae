/* idx_fuzz.c -- IDX files. */
#include "tests/fuzz/fuzz.h"

#include "format/idx.h"

static const char *const fuzz_name = "idx";

static status fuzz_try(const uint8_t *bytes, size_t n)
{
    fuzz_file f;
    idx x;
    double sum = 0;
    fuzz_file_open(&f, bytes, n);
    status st = idx_open(&x, f.path);
    for (size_t i = 0; !st && i < x.n; i++)
        sum += idx_at(&x, i);
    FUZZ_MUST(!st || (!x.bytes && !x.data && !x.n), "a refused file left something");
    FUZZ_MUST(!isinf(sum) || n >= 8, "%g from %zu bytes", sum, n);
    idx_clear(&x);
    fuzz_file_close(&f);
    return st;
}

static void fuzz_valid(void)
{
    static const uint8_t u8[] = {0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 250, 251, 252};
    static const uint8_t i16[] = {0, 0, 11, 1, 0, 0, 0, 1, 0xff, 0xfe};
    static const uint8_t f32[] = {0, 0, 13, 1, 0, 0, 0, 1, 0xc0, 0x20, 0, 0};
    static const uint8_t f64[] = {0, 0, 14, 4, 0, 0, 0,    1,    0, 0, 0, 1, 0, 0,
                                  0, 1, 0,  0, 0, 1, 0x3f, 0xf8, 0, 0, 0, 0, 0, 0};
    static const uint8_t none[] = {0, 0, 12, 2, 0, 0, 0, 0, 0, 0, 0, 3};
    fuzz_seed(u8, sizeof u8);
    fuzz_seed(i16, sizeof i16);
    fuzz_seed(f32, sizeof f32);
    fuzz_seed(f64, sizeof f64);
    fuzz_seed(none, sizeof none);
}
