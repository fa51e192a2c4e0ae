/* peft_fuzz.c -- adapter_config.json, its patterns among it; beside it are two pairs and a head. */
#include "tests/fuzz/fuzz.h"

#include "format/adapter.h"

static const char *const fuzz_name = "peft";

static void put_tensors(const char *folder)
{
    static const size_t shape[3] = {2, 2, 2};
    static const float numbers[4] = {1, 2, 3, 4};
    static const char *const names[] = {
        "m.layers.0.q.lora_A.weight",
        "m.layers.0.q.lora_B.weight",
        "m.layers.1.v.lora_A.weight",
        "m.layers.1.v.lora_B.weight",
        "head.weight",
    };
    safetensor all[5];
    char path[512];
    for (size_t i = 0; i < 5; i++)
        all[i] = (safetensor){
            .name = names[i], .type = SAFETENSOR_F32, .dims = 2, .shape = shape, .data = numbers};
    snprintf(path, sizeof path, "%s/adapter_model.safetensors", folder);
    assert_ok(safetensors_write(path, all, 5, NULL, 0));
}

static status fuzz_try(const uint8_t *bytes, size_t n)
{
    static bool made;
    const char *folder = fuzz_folder();
    adapter *a;
    bool targeted;
    if (!made)
        put_tensors(folder);
    made = true;
    fuzz_put(folder, "adapter_config.json", bytes, n);
    status st = adapter_open(&a, folder, (double)NAN);
    FUZZ_MUST(!st || !a, "a refused adapter left something");
    if (st)
        return st;
    FUZZ_MUST(adapter_count(a) == 2 && adapter_others(a) == 1, "pairs were lost");
    FUZZ_MUST(adapter_at(a, 0)->scale > 0, "scale %g", adapter_at(a, 0)->scale);
    (void)adapter_targets(a, "m.layers.2.q", &targeted);
    adapter_close(a);
    return OK;
}

static void fuzz_valid(void)
{
    fuzz_text("{\"peft_type\": \"LORA\", \"r\": 2, \"lora_alpha\": 6, \"target_modules\": [\"q\", "
              "\"v\"], \"modules_to_save\": [\"head\"], \"use_rslora\": true, \"newer\": {}}");
    fuzz_text(
        "{\"r\": 3, \"rank_pattern\": {\"layers\\\\.\\\\d+\\\\.(q|v)\": 2}, \"alpha_pattern\": "
        "{\"v\": 4.5}, \"target_modules\": \"m\\\\.(?:layers)[.][0-9a-z]{1,3}.*?[^x]+\", "
        "\"modules_to_save\": \"h.*\"}");
    fuzz_text("{\"r\": 2, \"target_modules\": [\"q\", \"v\"], \"layers_to_transform\": [0, 1], "
              "\"layers_pattern\": [\"layers\"], \"task_type\": \"SEQ_CLS\", \"modules_to_save\": "
              "[\"head\"], \"exclude_modules\": [\"2.q\"], \"bias\": \"none\"}");
}
