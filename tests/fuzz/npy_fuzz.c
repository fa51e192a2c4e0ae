/* npy_fuzz.c -- NumPy's .npy files, every number of them. */
#include "tests/fuzz/npy.h"

static const char *const fuzz_name = "npy";

static status fuzz_try(const uint8_t *bytes, size_t n)
{
    fuzz_file f;
    fuzz_file_open(&f, bytes, n);
    status st = fuzz_npy(f.path, "");
    fuzz_file_close(&f);
    return st;
}

static void fuzz_valid(void)
{
    uint8_t file[FUZZ_NPY];
    for (size_t i = 0; i < FUZZ_NPYS; i++)
        fuzz_seed(file, fuzz_npy_make(i, file));
}
