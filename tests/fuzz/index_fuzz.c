/* index_fuzz.c -- the index of a sharded model: the input is model.safetensors.index.json, beside it are two
 * shards. */
#include "tests/fuzz/fuzz.h"

#include "format/tensors.h"

static const char *const fuzz_name = "index";

static void shards(const char *folder)
{
    const safetensor a[] = {{.name = "a", .type = SAFETENSOR_F32, .data = "1234"},
                            {.name = "b", .type = SAFETENSOR_F16, .data = "12"}};
    const safetensor c = {.name = "c", .type = SAFETENSOR_U8, .data = "1"};
    char path[512];
    snprintf(path, sizeof path, "%s/1.safetensors", folder);
    assert_ok(safetensors_write(path, a, 2, NULL, 0));
    snprintf(path, sizeof path, "%s/2.safetensors", folder);
    assert_ok(safetensors_write(path, &c, 1, NULL, 0));
}

static status fuzz_try(const uint8_t *bytes, size_t n)
{
    static bool made;
    const char *folder = fuzz_folder();
    tensors *t;
    if (!made)
        shards(folder);
    made = true;
    fuzz_put(folder, "model.safetensors.index.json", bytes, n);
    status st = tensors_open(&t, folder);
    FUZZ_MUST(!st || !t, "a refused folder left something");
    FUZZ_MUST(st || tensors_count(t) <= 3, "more than there is");
    if (!st)
        tensors_close(t);
    return st;
}

static void fuzz_valid(void)
{
    fuzz_text("{\"metadata\": {\"total_size\": 7}, \"weight_map\": {\"c\": \"2.safetensors\", "
              "\"a\": \"1.safetensors\", \"b\": \"1.safetensors\"}}");
    fuzz_text("{\"weight_map\": {\"c\": \"2.safetensors\"}}");
}
