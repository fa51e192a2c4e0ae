/* npy.h -- .npy files as numpy.save writes them, for the targets of arrays and of archives. */
#ifndef TESTS_FUZZ_NPY_H
#define TESTS_FUZZ_NPY_H

#include "tests/fuzz/fuzz.h"

#include "format/npy.h"

enum { FUZZ_NPY = 256, FUZZ_NPYS = 6 };

static inline status fuzz_npy(const char *path, const char *member)
{
    npy a;
    double sum = 0;
    status st = npy_open(&a, path, member);
    for (size_t i = 0; !st && i < a.n; i++)
        sum += npy_at(&a, i) > 0 ? 1 : 0;
    FUZZ_MUST(!st || (!a.bytes && !a.data && !a.n), "a refused array left something");
    FUZZ_MUST(st || sum <= (double)a.n, "%g numbers", sum);
    npy_clear(&a);
    return st;
}

/* File i into `out` (FUZZ_NPY bytes); its size. */
static inline size_t fuzz_npy_make(size_t i, uint8_t *out)
{
    static const struct {
        int version, bytes;
        const char *header;
    } all[FUZZ_NPYS] = {
        {1, 24, "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }"},
        {1, 24, "{'descr': '>i4', 'fortran_order': True, 'shape': (1, 3, 2), }"},
        {2, 3, "{'descr': '|u1', 'fortran_order': False, 'shape': (3,), }"},
        {3, 16, "{'descr': '<f8', 'fortran_order': True, 'shape': (2, 1), }"},
        {1, 4, "{'descr': '<f2', 'fortran_order': False, 'shape': (2,), }"},
        {1, 2, "{'descr': '|b1', 'fortran_order': False, 'shape': (1, 2, 1, 1), }"},
    };
    size_t before = all[i].version == 1 ? 10 : 12, n = strlen(all[i].header);
    memcpy(out, "\x93NUMPY\0\0\0\0\0\0", 12);
    out[6] = (uint8_t)all[i].version;
    out[8] = (uint8_t)n;
    memcpy(out + before, all[i].header, n);
    for (int k = 0; k < all[i].bytes; k++)
        out[before + n + (size_t)k] = (uint8_t)(37 * k + 60);
    return before + n + (size_t)all[i].bytes;
}

#endif
