/* adapter_fuzz.c -- the file of an adapter without a configuration: names that make pairs, and shapes. */
#include "tests/fuzz/tensors.h"

#include "format/adapter.h"

static const char *const fuzz_name = "adapter";

static status fuzz_try(const uint8_t *bytes, size_t n)
{
    fuzz_file f;
    adapter *a;
    fuzz_file_open(&f, bytes, n);
    status st = adapter_open(&a, f.path, 16);
    FUZZ_MUST(!st || !a, "a refused adapter left something");
    for (size_t i = 0; !st && i < adapter_count(a); i++) {
        const adapter_pair *p = adapter_at(a, i);
        FUZZ_MUST(p->r * (p->in + p->out) <= n, "factors of %zu numbers", p->r * (p->in + p->out));
        FUZZ_MUST(p->scale == 16 / (double)p->r, "scale %g", p->scale);
        real *x = mem_array(p->r * (p->in + p->out), sizeof *x);
        (void)adapter_factors(p, x, x + p->r * p->in);
        mem_free(x);
    }
    if (!st)
        adapter_close(a);
    fuzz_file_close(&f);
    return st;
}

static void fuzz_valid(void)
{
    fuzz_tensors("{\"l.0.q.lora_A\":{\"dtype\":\"F32\",\"shape\":[2,1],\"data_offsets\":[0,8]},"
                 "\"l.0.q.lora_B\":{\"dtype\":\"F16\",\"shape\":[3,2],\"data_offsets\":[8,20]},"
                 "\"head.weight\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[20,21]}}",
                 21);
    fuzz_tensors(
        "{\"base_model.model.e.lora_embedding_A\":{\"dtype\":\"BF16\",\"shape\":[1,2],"
        "\"data_offsets\":[0,4]},\"base_model.model.e.lora_embedding_B\":{\"dtype\":\"U8\","
        "\"shape\":[2,1],\"data_offsets\":[4,6]},\"base_model.model.e.lora_magnitude_vector\":"
        "{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[6,8]}}",
        8);
}
