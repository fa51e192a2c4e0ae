/* adapter_test.c -- LoRA adapters: PEFT's rules for scale, rank and targets (each checked by Python's re where it is a
 * pattern), every fault by its name, the three published adapters bit for bit, one of our own. */
#include "tests/format/hostile.h"

#include "format/adapter.h"
#include "format/pattern.h"
#include "format/peft.h"

static char folder[256];

static int setup(void **state)
{
    test_folder(folder);
    return 0;
}

static int teardown(void **state)
{
    test_folder_end(folder);
    return 0;
}

static char *path_of(const char *name)
{
    char *path = mem_printf("%s/%s", folder, name);
    assert_non_null(path);
    return path;
}

static const float numbers[32] = {.5f, 1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15,
                                  16,  17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31};

/* name, rows, cols (0: one dimension) */
typedef struct made {
    const char *name;
    size_t shape[2];
} made;

#define BASE "base_model.model."
#define Q0 BASE "model.layers.0.self_attn.q_proj"
#define V0 BASE "model.layers.0.self_attn.v_proj"
#define Q11 BASE "model.layers.11.self_attn.q_proj"

/* config NULL: none. Into folder/name. */
static void put_adapter(const char *name, const char *config, const made *all, size_t n)
{
    safetensor list[16];
    const safetensor_meta meta = {"format", "pt"};
    char *path = path_of(name);
    for (size_t i = 0; i < n; i++)
        list[i] = (safetensor){.name = all[i].name,
                               .type = SAFETENSOR_F32,
                               .dims = all[i].shape[1] ? 2 : 1,
                               .shape = all[i].shape,
                               .data = numbers};
    test_folder_end(path); /* the one before */
    assert_ok(tensors_put(path, "adapter_model.safetensors", list, n, &meta, 1,
                          "adapter_config.json", config, NULL));
    mem_free(path);
}

static status opened(const char *name, double alpha, adapter **a)
{
    char *path = path_of(name);
    status st = adapter_open(a, path, alpha);
    mem_free(path);
    return st;
}

/* ------------------------------------------------------------------ reading */

static const made four[] = {
    {Q11 ".lora_A.weight", {2, 4}},
    {Q11 ".lora_B.weight", {6, 2}},
    {Q0 ".lora_A.weight", {2, 4}},
    {Q0 ".lora_B.weight", {6, 2}},
};

static void pairs_are_found_with_their_scale(void **state)
{
    adapter *a;
    real A[8], B[12];
    put_adapter("plain",
                "{\"peft_type\": \"LORA\", \"r\": 2, \"lora_alpha\": 6, \"target_modules\": "
                "[\"q_proj\"], \"a_newer_key\": {\"x\": [1]}}",
                four, 4);
    assert_ok(opened("plain", (double)NAN, &a));
    assert_string_equal(adapter_type(a), "LORA");
    assert_int_equal(adapter_count(a), 2);
    const adapter_pair *p = adapter_at(a, 0);
    assert_string_equal(p->module, "model.layers.0.self_attn.q_proj");
    assert_string_equal(p->role, "q");
    assert_true(p->layer == 0 && adapter_at(a, 1)->layer == 11);
    assert_true(p->r == 2 && p->in == 4 && p->out == 6);
    assert_true(p->alpha == 6 && p->scale == 3);
    assert_true(!p->fan_in_fan_out && !p->embedding && !p->m && !p->E);
    assert_ptr_equal(adapter_find(a, "model.layers.11.self_attn.q_proj"), adapter_at(a, 1));
    assert_null(adapter_find(a, "q_proj"));
    assert_ok(adapter_factors(p, A, B));
    assert_true(A[7] == 7 && B[11] == 11);
    assert_int_equal(adapter_others(a), 0);
    adapter_close(a);
    assert_ok(opened("plain", 16, &a)); /* told */
    assert_true(adapter_at(a, 0)->scale == 8);
    assert_int_equal(json_integer_value(json_object_get(adapter_config(a), "lora_alpha")), 16);
    adapter_close(a);
    put_adapter("plain", "{\"r\": 2}", four, 4); /* peft_type and lora_alpha by default */
    assert_ok(opened("plain", (double)NAN, &a));
    assert_true(adapter_at(a, 0)->scale == 4);
    adapter_close(a);
}

static void the_square_root_of_the_rank_is_rslora(void **state)
{
    adapter *a;
    put_adapter("rs", "{\"r\": 2, \"lora_alpha\": 6, \"use_rslora\": true}", four, 4);
    assert_ok(opened("rs", (double)NAN, &a));
    assert_near(adapter_at(a, 0)->scale, 6 / sqrt(2), 1e-15);
    adapter_close(a);
}

static void patterns_give_rank_and_alpha_by_module(void **state)
{
    static const made all[] = {
        {Q0 ".lora_A.weight", {3, 4}},  {Q0 ".lora_B.weight", {6, 3}},
        {V0 ".lora_A.weight", {2, 4}},  {V0 ".lora_B.weight", {6, 2}},
        {Q11 ".lora_A.weight", {4, 4}}, {Q11 ".lora_B.weight", {6, 4}},
    };
    adapter *a;
    put_adapter(
        "pattern",
        "{\"r\": 2, \"lora_alpha\": 6, \"rank_pattern\": {\"layers.11.self_attn.q_proj\": 4, "
        "\"q_proj\": 3}, \"alpha_pattern\": {\"layers\\\\.\\\\d+\\\\..*q_proj\": 24, "
        "\"q_proj\": 1}}",
        all, 6);
    assert_ok(opened("pattern", (double)NAN, &a));
    assert_true(adapter_find(a, "model.layers.0.self_attn.q_proj")->scale == 8);
    assert_true(adapter_find(a, "model.layers.0.self_attn.v_proj")->scale == 3);
    assert_true(adapter_find(a, "model.layers.11.self_attn.q_proj")->scale == 6);
    adapter_close(a);
    put_adapter("pattern", "{\"r\": 2, \"rank_pattern\": {\"proj\": 3, \"q.proj\": 2}}", four, 4);
    assert_ok(opened("pattern", (double)NAN, &a)); /* a whole name, where a dot is any letter */
    adapter_close(a);
    put_adapter("pattern", "{\"r\": 2, \"rank_pattern\": {\"q_proj\": 3}}", all, 6);
    assert_refused(opened("pattern", (double)NAN, &a), ERR_FORMAT,
                   "layers.11.self_attn.q_proj: lora_A has rank 4, and adapter_config.json 3");
}

/* lora_E 1 x 2 rows: .5, 1. ranknum where it is there: .5 of `numbers`. */
static void adalora_multiplies_its_rows(void **state)
{
    static const made all[] = {
        {Q0 ".lora_A", {2, 4}},
        {Q0 ".lora_B", {6, 2}},
        {Q0 ".lora_E", {2, 1}},
        {Q0 ".ranknum", {1, 0}},
    };
    static const char config[] = "{\"peft_type\": \"ADALORA\", \"lora_alpha\": 8, \"r\": 12, "
                                 "\"rank_pattern\": {\"q_proj.lora_E\": [true, false]}}";
    adapter *a;
    real A[8];
    put_adapter("ada", config, all, 3);
    assert_ok(opened("ada", (double)NAN, &a));
    assert_string_equal(adapter_type(a), "ADALORA");
    assert_near(adapter_at(a, 0)->scale, 8 / (2 + 1e-5), 1e-15);
    assert_ok(adapter_factors(adapter_at(a, 0), A, NULL));
    assert_near(A[1], .5, 0);
    assert_near(A[5], 5, 0);
    adapter_close(a);
    put_adapter("ada", config, all, 4);
    assert_ok(opened("ada", (double)NAN, &a));
    assert_near(adapter_at(a, 0)->scale, 8 / (.5 + 1e-5), 1e-15);
    adapter_close(a);
    put_adapter("ada", config, all, 2);
    assert_refused(opened("ada", (double)NAN, &a), ERR_FORMAT, "lora_E is missing");
    put_adapter("ada", "{\"r\": 2}", all, 3);
    assert_refused(opened("ada", (double)NAN, &a), ERR_FORMAT, "lora_E is left over");
}

static void dora_has_magnitudes_and_tables_have_factors(void **state)
{
    static const made all[] = {
        {Q0 ".lora_A.weight", {2, 4}},
        {Q0 ".lora_B.weight", {6, 2}},
        {Q0 ".lora_magnitude_vector", {6, 0}},
        {BASE "model.embed_tokens.lora_embedding_A", {2, 9}},
        {BASE "model.embed_tokens.lora_embedding_B", {4, 2}},
    };
    adapter *a;
    put_adapter("dora", "{\"r\": 2, \"use_dora\": true}", all, 3);
    assert_ok(opened("dora", (double)NAN, &a));
    assert_int_equal(adapter_at(a, 0)->m->n, 6);
    adapter_close(a);
    put_adapter("dora", "{\"r\": 2, \"use_dora\": true}", all, 2);
    assert_refused(opened("dora", (double)NAN, &a), ERR_FORMAT, "lora_magnitude_vector is missing");
    put_adapter("dora", "{\"r\": 2}", all, 3);
    assert_refused(opened("dora", (double)NAN, &a), ERR_FORMAT,
                   "lora_magnitude_vector is left over");
    put_adapter("table", "{\"r\": 2}", all + 3, 2);
    assert_ok(opened("table", (double)NAN, &a));
    const adapter_pair *p = adapter_at(a, 0);
    assert_true(p->embedding && p->in == 9 && p->out == 4 && p->r == 2 && p->layer == -1);
    assert_string_equal(p->role, "embed");
    adapter_close(a);
}

static void loralib_has_no_scale_until_alpha_is_told(void **state)
{
    static const made all[] = {
        {"roberta.encoder.layer.0.attention.self.query.lora_A", {2, 4}},
        {"roberta.encoder.layer.0.attention.self.query.lora_B", {4, 2}},
        {"classifier.dense.weight", {2, 4}},
    };
    adapter *a;
    put_adapter("loralib", NULL, all, 3);
    assert_ok(opened("loralib", (double)NAN, &a));
    assert_null(adapter_config(a));
    assert_true(isnan(adapter_at(a, 0)->scale) && isnan(adapter_at(a, 0)->alpha));
    assert_int_equal(adapter_others(a), 1);
    assert_string_equal(adapter_other_name(a, 0), "classifier.dense.weight");
    adapter_close(a);
    assert_ok(opened("loralib", 16, &a));
    assert_true(adapter_at(a, 0)->scale == 8);
    char *path = path_of("back-loralib");
    char *config = path_of("back-loralib/adapter_config.json");
    assert_ok(file_make_folder(path));
    assert_ok(file_write(config, "{}", 2)); /* another's configuration is not left beside it */
    assert_refused(adapter_write(a, path), ERR_USAGE, "name another folder");
    mem_free(config);
    mem_free(path);
    adapter_close(a);
    assert_refused(opened("loralib", -1, &a), ERR_USAGE, "alpha -1");
}

static void what_does_not_belong_together_is_named(void **state)
{
#define A0 Q0 ".lora_A.weight"
#define B0 Q0 ".lora_B.weight"
    static const struct {
        const char *config;
        made all[4];
        size_t n;
        const char *part;
    } broken[] = {
        {"{\"r\": 2}", {{A0, {2, 4}}}, 1, "lora_B is missing, and " A0 " is there"},
        {"{\"r\": 2}", {{B0, {6, 2}}}, 1, "lora_A is missing, and " B0 " is there"},
        {"{\"r\": 2}", {{A0, {2, 4}}, {B0, {6, 3}}}, 2, "lora_A is 2 x 4 and lora_B 6 x 3"},
        {"{\"r\": 2}", {{A0, {2, 0}}, {B0, {6, 2}}}, 2, "lora_A is 2 and"},
        {"{\"r\": 3}", {{A0, {2, 4}}, {B0, {6, 2}}}, 2, "rank 2, and adapter_config.json 3"},
        {"{\"r\": 2}",
         {{A0, {2, 4}}, {B0, {6, 2}}, {Q0 ".lora_C", {1, 0}}},
         3,
         "lora_C is left over"},
        {"{\"r\": 2}", {{A0, {2, 4}}, {B0, {6, 2}}, {Q0 ".lora_A", {2, 4}}}, 3, "the same part"},
        {"{\"r\": 2}",
         {{A0, {2, 4}}, {B0, {6, 2}}, {Q0 ".lora_B.bias", {5, 0}}},
         3,
         "5 numbers for 6"},
        {"{\"r\": 2}",
         {{A0, {2, 4}}, {B0, {6, 2}}, {BASE "score.weight", {2, 4}}},
         3,
         "score.weight is left over"},
        {"{\"r\": 2, \"target_modules\": [\"q_proj\", \"k_proj\"]}",
         {{A0, {2, 4}}, {B0, {6, 2}}},
         2,
         "target_modules names k_proj, and no lora_A is beside it"},
        {"{\"r\": 2, \"target_modules\": [\"k_proj\"]}",
         {{A0, {2, 4}}, {B0, {6, 2}}},
         2,
         "is left over: target_modules does not name its module"},
        {"{\"r\": 2, \"target_modules\": \".*\\\\.k_proj\"}",
         {{A0, {2, 4}}, {B0, {6, 2}}},
         2,
         "target_modules does not name its module"},
        {"{\"r\": 2, \"target_modules\": [1]}", {{A0, {2, 4}}, {B0, {6, 2}}}, 2, "target_modules"},
        {"{\"r\": \"2\"}", {{A0, {2, 4}}, {B0, {6, 2}}}, 2, "is no number above 0"},
        {"{\"r\": 2, \"lora_alpha\": 0}", {{A0, {2, 4}}, {B0, {6, 2}}}, 2, "lora_alpha of"},
        {"{\"r\": 2, \"peft_type\": \"LOHA\"}", {{A0, {2, 4}}, {B0, {6, 2}}}, 2, "LOHA"},
        {"{\"r\": 2}", {{BASE "score.weight", {2, 4}}}, 1, "no LoRA adapter"},
        {"{\"r\": 2, \"rank_pattern\": {\"(?=q)\": 1}}", {{A0, {2, 4}}, {B0, {6, 2}}}, 2, "(?"},
    };
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        adapter *a;
        put_adapter("broken", broken[i].config, broken[i].all, broken[i].n);
        assert_refused(opened("broken", (double)NAN, &a), ERR_FORMAT, broken[i].part);
        assert_non_null(strstr(error_text(), "broken"));
        assert_null(a);
    }
}

static void what_was_trained_whole_is_no_fault(void **state)
{
    static const made all[] = {
        {Q0 ".lora_A.weight", {2, 4}},
        {Q0 ".lora_B.weight", {6, 2}},
        {BASE "score.weight", {2, 4}},
        {BASE "model.layers.0.self_attn.q_proj.base_layer.bias", {6, 0}},
    };
    static const struct {
        const char *config;
        size_t n;
    } taken[] = {
        {"{\"r\": 2, \"modules_to_save\": [\"score\"]}", 3},
        {"{\"r\": 2, \"task_type\": \"SEQ_CLS\"}", 3},
        {"{\"r\": 2, \"task_type\": \"SEQ_CLS\", \"bias\": \"all\"}", 4},
        {"{\"r\": 2, \"target_modules\": \"^(?!vision).*q_proj$\"}", 2}, /* not read, not refused */
    };
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++) {
        adapter *a;
        put_adapter("whole", taken[i].config, all, taken[i].n);
        assert_ok(opened("whole", (double)NAN, &a));
        assert_int_equal(adapter_others(a), taken[i].n - 2);
        adapter_close(a);
    }
}

/* ------------------------------------------------------------------ PEFT's rules */

/* (re.fullmatch(PATTERN, TEXT) is not None), by Python 3.11. */
static void patterns_match_as_pythons(void **state)
{
    static const struct {
        const char *pattern, *text;
        bool matches;
    } all[] = {
        {"a.c", "abc", true},
        {"a.c", "xabc", false},
        {"a\\.c", "abc", false},
        {".*\\.layers\\.(1[0-9]|2[0-3])\\..*_proj", "model.layers.17.mlp.up_proj", true},
        {".*\\.layers\\.(1[0-9]|2[0-3])\\..*_proj", "model.layers.27.mlp.up_proj", false},
        {"(?:q|v)_proj", "v_proj", true},
        {"\\d+", "0123", true},
        {"\\d+", "", false},
        {"[\\w.]+", "a.b_9", true},
        {"[^\\d]*?x", "abx", true},
        {"a{2,3}", "aaaa", false},
        {"a{2,3}", "aaa", true},
        {"a|b", "ab", false},
        {"(a|b)+", "ab", true},
        {"h\\.\\d+\\.(attn|mlp)\\.c_proj$", "h.3.mlp.c_proj", true},
        {"", "", true},
        {"(a*)*", "aaa", true},
    };
    static const struct {
        const char *pattern, *part;
    } refused[] = {
        {"(?!a)b", "(?"},
        {"(a)\\1", "escape"},
        {"((a+)+)+", "repeat of repeats"},
        {"(a{2}){3}", "repeat of repeats"},
        {"a{99}", "at most 20"},
        {"[[]", "[ in [ ]"},
        {"(a", "without its )"},
        {"a)", "without its ("},
        {"[a", "without its ]"},
        {"a**", "two repeats"},
        {"a{,3}", "without a count"},
    };
    bool matches;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        assert_ok(pattern_match(all[i].pattern, all[i].text, &matches));
        if (matches != all[i].matches)
            fail_msg("%s on %s", all[i].pattern, all[i].text);
    }
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        assert_refused(pattern_match(refused[i].pattern, "a", &matches), ERR_FORMAT,
                       refused[i].part);
    char many[600];
    memset(many, 'a', 599);
    many[599] = '\0';
    assert_refused(pattern_match(many, "a", &matches), ERR_FORMAT, "512 letters");
}

/* check_target_module_exists of tuners/tuners_utils.py, by hand. */
static void targets_are_chosen_as_peft_chooses(void **state)
{
    static const struct {
        const char *config, *module;
        bool targeted;
    } all[] = {
        {"{\"target_modules\": [\"q_proj\"]}", "layers.0.q_proj", true},
        {"{\"target_modules\": [\"q_proj\"]}", "q_proj", true},
        {"{\"target_modules\": [\"q_proj\"]}", "layers.0.aq_proj", false},
        {"{\"target_modules\": [\"q_proj\"]}", "layers.0.q_proj.x", false},
        {"{\"target_modules\": [\"attn.c_proj\"]}", "h.0.mlp.c_proj", false},
        {"{\"target_modules\": [\"attn.c_proj\"]}", "h.0.attn.c_proj", true},
        {"{\"target_modules\": \"q_proj\"}", "layers.0.q_proj", false},
        {"{\"target_modules\": \".*q_proj\"}", "layers.0.q_proj", true},
        {"{\"target_modules\": \"all-linear\"}", "anything", true},
        {"{\"target_modules\": null}", "anything", true},
        {"{}", "anything", true},
        {"{\"target_modules\": [\"q\"], \"exclude_modules\": [\"0.q\"]}", "layers.0.q", false},
        {"{\"target_modules\": [\"q\"], \"exclude_modules\": [\"0.q\"]}", "layers.1.q", true},
        {"{\"target_modules\": [\"q\"], \"exclude_modules\": \".*0.*\"}", "layers.0.q", false},
        {"{\"target_modules\": [\"q\"], \"layers_to_transform\": 1}", "m.layers.1.q", true},
        {"{\"target_modules\": [\"q\"], \"layers_to_transform\": 1}", "m.layers.2.q", false},
        {"{\"target_modules\": [\"q\"], \"layers_to_transform\": [0, 2]}", "m.layers.2.q", true},
        {"{\"target_modules\": [\"q\"], \"layers_to_transform\": [0, 2]}", "m.layers.1.q", false},
        {"{\"target_modules\": [\"q\"], \"layers_to_transform\": [0]}", "m.q", false},
        {"{\"target_modules\": [\"q\"], \"layers_to_transform\": []}", "m.layers.1.q", true},
        {"{\"target_modules\": [\"q\"], \"layers_to_transform\": [1], \"layers_pattern\": \"h\"}",
         "m.h.1.x.5.q", true},
        {"{\"target_modules\": [\"q\"], \"layers_to_transform\": [1], \"layers_pattern\": [\"h\"]}",
         "m.layers.1.q", false},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        json_t *config = json_loads(all[i].config, 0, NULL);
        bool targeted;
        assert_non_null(config);
        assert_ok(peft_targets(config, all[i].module, &targeted));
        if (targeted != all[i].targeted)
            fail_msg("%s on %s", all[i].config, all[i].module);
        json_decref(config);
    }
}

static void a_loader_can_ask_what_a_file_should_have(void **state)
{
    adapter *a;
    bool targeted;
    put_adapter("ask", "{\"r\": 2, \"target_modules\": [\"q_proj\"]}", four, 4);
    assert_ok(opened("ask", (double)NAN, &a));
    assert_ok(adapter_targets(a, "model.layers.5.self_attn.q_proj", &targeted));
    assert_true(targeted && !adapter_find(a, "model.layers.5.self_attn.q_proj"));
    assert_ok(adapter_targets(a, "model.layers.5.self_attn.k_proj", &targeted));
    assert_false(targeted);
    adapter_close(a);
}

/* ------------------------------------------------------------------ round trips */

static void same_tensors(const char *path, const char *other)
{
    tensors *a, *b;
    assert_ok(tensors_open(&a, path));
    assert_ok(tensors_open(&b, other));
    assert_int_equal(tensors_count(a), tensors_count(b));
    for (size_t i = 0; i < tensors_count(a); i++) {
        const safetensor *x = tensors_at(a, i), *y;
        assert_ok(tensors_need(b, x->name, x->dims, x->shape, &y));
        assert_true(x->type == y->type && x->bytes == y->bytes);
        assert_memory_equal(x->data, y->data, x->bytes);
    }
    tensors_close(a);
    tensors_close(b);
}

static void same_file(const char *folder_, const char *other, const char *name)
{
    char *a = mem_printf("%s/%s", folder_, name), *b = mem_printf("%s/%s", other, name), *x, *y;
    size_t n, m;
    assert_ok(file_read(a, 1 << 24, &x, &n));
    assert_ok(file_read(b, 1 << 24, &y, &m));
    assert_int_equal(n, m);
    assert_memory_equal(x, y, n);
    mem_free(a);
    mem_free(b);
    mem_free(x);
    mem_free(y);
}

static void what_was_read_is_written_byte_by_byte(void **state)
{
    char *from = path_of("back"), *to = path_of("back2");
    adapter *a;
    put_adapter("back", "{ \"r\" : 2,\t\"lora_dropout\": 0.050, \"newer\": {\"b\": 1, \"a\": []} }",
                four, 4);
    assert_ok(adapter_open(&a, from, (double)NAN));
    assert_ok(adapter_write(a, to));
    adapter_close(a);
    same_file(from, to, "adapter_model.safetensors");
    same_file(from, to, "adapter_config.json");
    assert_ok(adapter_open(&a, from, 16)); /* told: one key changes, the others stay */
    test_folder_end(to);
    assert_ok(adapter_write(a, to));
    adapter_close(a);
    assert_ok(adapter_open(&a, to, (double)NAN));
    assert_true(adapter_at(a, 0)->scale == 8);
    const json_t *c = adapter_config(a);
    assert_int_equal(json_object_size(c), 5);
    assert_true(json_real_value(json_object_get(c, "lora_dropout")) == .05);
    assert_int_equal(json_integer_value(json_object_get(json_object_get(c, "newer"), "b")), 1);
    adapter_close(a);
    mem_free(from);
    mem_free(to);
}

static void published(const char *name, size_t pairs, size_t others, double scale)
{
    char from[512], *to = path_of(name);
    adapter *a;
    if (!test_data(name, from)) {
        mem_free(to);
        skip();
    }
    assert_ok(adapter_open(&a, from, (double)NAN));
    assert_int_equal(adapter_count(a), pairs);
    assert_int_equal(adapter_others(a), others);
    if (isnan(scale))
        assert_true(isnan(adapter_at(a, 0)->scale));
    else
        assert_true(adapter_at(a, pairs - 1)->scale == scale);
    for (size_t i = 1; i < pairs; i++) /* 2 before 10 */
        assert_true(adapter_at(a, i)->layer >= adapter_at(a, i - 1)->layer);
    assert_ok(adapter_write(a, to));
    bool config = adapter_config(a) != NULL;
    adapter_close(a);
    same_tensors(from, to);
    if (config)
        same_file(from, to, "adapter_config.json");
    mem_free(to);
}

static void gpt2_tigrinya_comes_back(void **state)
{
    published("checkpoints/gpt2-lora-tigrinya", 36, 0, 4);
}

static void open_calm_comes_back(void **state)
{
    published("checkpoints/open-calm-1b-lora-r1", 24, 0, 32);
}

static void roberta_mnli_comes_back(void **state)
{
    published("checkpoints/roberta-base-lora-mnli", 24, 4, (double)NAN);
}

static void roberta_mnli_comes_back_from_pytorch(void **state)
{
    published("checkpoints/roberta-base-lora-mnli/roberta_base_lora_mnli.bin", 24, 4, (double)NAN);
}

/* ------------------------------------------------------------------ ours */

static const char *text_at(const json_t *c, const char *name, size_t i)
{
    return json_string_value(json_array_get(json_object_get(c, name), i));
}

static void an_adapter_of_ours_has_pefts_layout(void **state)
{
    real A[12], B[18], m[6], w[8];
    const size_t shape[2] = {2, 4};
    test_fill(A, 12, 1);
    test_fill(B, 18, 2);
    test_fill(m, 6, 3);
    test_fill(w, 8, 4);
    const adapter_part parts[] = {
        {"model.layers.0.self_attn.q_proj", 2, 4, 6, 4, A, B, m, false},
        {"model.layers.1.self_attn.q_proj", 3, 4, 6, 4.5, A, B, m, false},
        {"model.layers.0.mlp.up_proj", 2, 4, 6, 4, A, B, m, false},
    };
    const safetensor head = {
        .name = "score.weight", .type = SAFETENSOR_REAL, .dims = 2, .shape = shape, .data = w};
    const adapter_make how = {
        .base = "llama", .task = "SEQ_CLS", .layers = 2, .others = &head, .n_others = 1};
    char *path = path_of("ours");
    adapter *a;
    const safetensor *t;
    assert_ok(adapter_new(&a, &how, parts, 3));
    assert_int_equal(adapter_count(a), 3);
    assert_true(adapter_find(a, parts[1].module)->scale == 1.5);
    assert_ok(adapter_write(a, path));
    adapter_close(a);
    assert_ok(adapter_open(&a, path, (double)NAN));
    const json_t *c = adapter_config(a);
    static const char *const keys[] = {
        "peft_type",  "r",        "lora_alpha",   "target_modules", "base_model_name_or_path",
        "task_type",  "bias",     "lora_dropout", "fan_in_fan_out", "inference_mode",
        "use_rslora", "use_dora", "rank_pattern", "alpha_pattern",  "modules_to_save"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        assert_non_null(json_object_get(c, keys[i]));
    /* up_proj is not in all layers, so paths stand there whole */
    assert_int_equal(json_array_size(json_object_get(c, "target_modules")), 3);
    assert_string_equal(text_at(c, "target_modules", 0), parts[0].module);
    assert_string_equal(text_at(c, "modules_to_save", 0), "score");
    assert_int_equal(json_integer_value(json_object_get(c, "r")), 2);
    assert_int_equal(
        json_integer_value(json_object_get(json_object_get(c, "rank_pattern"), parts[1].module)),
        3);
    assert_true(json_is_true(json_object_get(c, "use_dora")));
    assert_true(adapter_find(a, parts[1].module)->scale == 1.5);
    assert_ok(tensors_need(adapter_tensors(a), BASE "model.layers.1.self_attn.q_proj.lora_A.weight",
                           2, (size_t[]){3, 4}, &t));
    assert_memory_equal(t->data, A, sizeof A);
    assert_ok(tensors_need(adapter_tensors(a),
                           BASE "model.layers.1.self_attn.q_proj.lora_magnitude_vector", 1,
                           (size_t[]){6}, &t));
    assert_ok(tensors_need(adapter_tensors(a), BASE "score.weight", 2, shape, &t));
    assert_memory_equal(t->data, w, sizeof w);
    assert_string_equal(adapter_other_name(a, 0), "score.weight");
    adapter_close(a);
    assert_ok(adapter_new(&a, &how, parts, 2)); /* q_proj in both layers */
    assert_int_equal(json_array_size(json_object_get(adapter_config(a), "target_modules")), 1);
    assert_string_equal(text_at(adapter_config(a), "target_modules", 0), "self_attn.q_proj");
    adapter_close(a);
    mem_free(path);
}

static void what_cannot_be_an_adapter_is_not_made(void **state)
{
    real A[8] = {0}, B[12] = {0}, m[6] = {0};
    adapter_part parts[] = {
        {"l.0.q", 2, 4, 6, 4, A, B, NULL, false},
        {"l.0.q", 2, 4, 6, 4, A, B, NULL, false},
    };
    const adapter_make how = {.layers = 1};
    adapter *a;
    assert_refused(adapter_new(&a, &how, parts, 2), ERR_USAGE, "the same part");
    assert_null(a);
    parts[1].module = "l.0.v";
    parts[1].m = m;
    assert_refused(adapter_new(&a, &how, parts, 2), ERR_USAGE, "magnitudes");
    assert_refused(adapter_new(&a, &how, parts, 0), ERR_USAGE, "no LoRA adapter");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pairs_are_found_with_their_scale),
        cmocka_unit_test(the_square_root_of_the_rank_is_rslora),
        cmocka_unit_test(patterns_give_rank_and_alpha_by_module),
        cmocka_unit_test(adalora_multiplies_its_rows),
        cmocka_unit_test(dora_has_magnitudes_and_tables_have_factors),
        cmocka_unit_test(loralib_has_no_scale_until_alpha_is_told),
        cmocka_unit_test(what_does_not_belong_together_is_named),
        cmocka_unit_test(what_was_trained_whole_is_no_fault),
        cmocka_unit_test(patterns_match_as_pythons),
        cmocka_unit_test(targets_are_chosen_as_peft_chooses),
        cmocka_unit_test(a_loader_can_ask_what_a_file_should_have),
        cmocka_unit_test(what_was_read_is_written_byte_by_byte),
        cmocka_unit_test(gpt2_tigrinya_comes_back),
        cmocka_unit_test(open_calm_comes_back),
        cmocka_unit_test(roberta_mnli_comes_back),
        cmocka_unit_test(roberta_mnli_comes_back_from_pytorch),
        cmocka_unit_test(an_adapter_of_ours_has_pefts_layout),
        cmocka_unit_test(what_cannot_be_an_adapter_is_not_made),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
