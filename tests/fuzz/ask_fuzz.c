/* ask_fuzz.c -- sweep.json; what was read, noted in another folder, is read the same. */
#include "tests/fuzz/fuzz.h"

#include "sweep/ask.h"

static const char *const fuzz_name = "ask";

static status fuzz_try(const uint8_t *bytes, size_t n)
{
    ask_list list;
    fuzz_put(fuzz_folder(), "sweep.json", bytes, n);
    status st = ask_load(fuzz_folder(), &list);
    FUZZ_MUST(!st || (!list.asks && !list.n), "a refused file left something");
    for (size_t i = 0; i < list.n; i++) {
        char **spaces;
        size_t n_spaces;
        double *d;
        if (!ask_spaces(&list.asks[i].run, &spaces, &n_spaces))
            key_parts_free(spaces, n_spaces);
        if (!key_numbers("d", list.asks[i].d, &d, &n_spaces))
            mem_free(d);
        FUZZ_MUST(ask_alike(&list.asks[i], &list.asks[i]), "an ask is not like itself");
    }
    ask_clear(&list);
    return st;
}

static void fuzz_valid(void)
{
    fuzz_text("{\"format\": 1, \"asks\": [\n  {\"data\": \"synth\", \"model\": \"fc:width=20\", "
              "\"space\": \"fastfood onehot:targets=\\\"*.weight\\\"\", \"d\": \"5..100/log3\", "
              "\"seeds\": \"3\", \"lr\": \"rel:.3+rel:1\", \"epochs\": \"3\"},\n  {}\n]}\n");
    fuzz_text("{\"format\": 1, \"asks\": []}");
}
