/* tensors_fuzz.c -- a file of tensors that is known by its content: PyTorch's zip, llama2.c's checkpoint,
 * safetensors. */
#include "tests/fuzz/fuzz.h"
#include "tests/format/torch.h"

#include "format/tensors.h"

static const char *const fuzz_name = "tensors";

static status fuzz_try(const uint8_t *bytes, size_t n)
{
    fuzz_file f;
    tensors *t;
    real x;
    fuzz_file_open(&f, bytes, n);
    status st = tensors_open(&t, f.path);
    FUZZ_MUST(!st || !t, "a refused file left something");
    for (size_t i = 0; !st && i < tensors_count(t); i++) {
        const safetensor *s = tensors_at(t, i);
        int layer;
        char hex[HASH_HEX];
        FUZZ_MUST(s->bytes <= n, "%zu bytes of a tensor in %zu", s->bytes, n);
        FUZZ_MUST(tensors_find(t, s->name) == s, "%s is not found", s->name);
        FUZZ_MUST(*tensors_role(s->name, &layer) < 'z' && layer >= -1, "%s", s->name);
        hash_bytes(s->data, s->bytes, hex);
        if (s->n)
            (void)safetensor_reals(s, s->n - 1, 1, &x);
    }
    if (!st)
        tensors_close(t);
    fuzz_file_close(&f);
    return st;
}

/* Seven sizes and what they promise: 2 wide, 1 layer; norms 3 x 2, wq wk wv wo 4 each, 3 x 4, embedding 6,
 * tables 4. */
static void llama2c(int32_t vocab)
{
    const int32_t head[7] = {2, 2, 1, 1, 1, vocab, 2};
    size_t n = 6 + 3 * 2 + 4 * 4 + 3 * 4 + 4 + (vocab < 0 ? 6 : 0);
    uint8_t file[1024] = {0};
    memcpy(file, head, sizeof head);
    for (size_t i = 0; i < 4 * n; i++)
        file[sizeof head + i] = (uint8_t)(37 * i);
    fuzz_seed(file, sizeof head + 4 * n);
}

static void fuzz_valid(void)
{
    static const char words[] = TORCH_BEGIN TORCH_TEXT("\1", "w")
        TORCH_TENSOR("FloatStorage", "0", "\2", "\0", "K\2\x85", "K\1\x85") TORCH_END;
    static const char plain[] = "\72\0\0\0\0\0\0\0{\"a\":{\"dtype\":\"F32\",\"shape\":[2],"
                                "\"data_offsets\":[0,8]}}    12345678";
    static torch_file z;
    torch_make(&z, words, sizeof words - 1, "12345678", 8);
    fuzz_seed(z.bytes, z.n);
    llama2c(3);
    llama2c(-3);
    fuzz_seed(plain, sizeof plain - 1);
}
