/* safetensors_fuzz.c -- files of named tensors: every number of each that can be read. */
#include "tests/fuzz/tensors.h"

#include "format/safetensors.h"

static const char *const fuzz_name = "safetensors";

static status fuzz_try(const uint8_t *bytes, size_t n)
{
    fuzz_file f;
    safetensors *all;
    real some[64];
    size_t total = 0;
    fuzz_file_open(&f, bytes, n);
    status st = safetensors_open(&all, f.path);
    FUZZ_MUST(!st || !all, "a refused file left something");
    for (size_t i = 0; !st && i < safetensors_count(all); i++) {
        const safetensor *t = safetensors_at(all, i);
        total += t->bytes;
        FUZZ_MUST(safetensors_find(all, t->name), "%s is not found", t->name);
        for (size_t k = 0; k < t->n; k += 64)
            if (safetensor_reals(t, k, t->n - k < 64 ? t->n - k : 64, some))
                break;
    }
    FUZZ_MUST(total <= n, "%zu bytes of tensors in %zu", total, n);
    if (!st) {
        (void)safetensors_meta(all, "k");
        safetensors_close(all);
    }
    fuzz_file_close(&f);
    return st;
}

static void fuzz_valid(void)
{
    fuzz_tensors("{\"__metadata__\":{\"k\":\"v\"},\"a\":{\"dtype\":\"F32\",\"shape\":[2,3],"
                 "\"data_offsets\":[0,24]},\"b\":{\"dtype\":\"BF16\",\"shape\":[],\"data_offsets\":"
                 "[24,26]}}",
                 26);
    fuzz_tensors(
        "{\"x\":{\"dtype\":\"I64\",\"shape\":[2,1],\"data_offsets\":[0,16]},\"none\":{\"dtype\":"
        "\"U8\",\"shape\":[0,7],\"data_offsets\":[16,16]},\"y\":{\"dtype\":\"BOOL\",\"shape\":[3],"
        "\"data_offsets\":[16,19]},\"z\":{\"dtype\":\"F16\",\"shape\":[2],\"data_offsets\":"
        "[19,23]}}  ",
        23);
}
