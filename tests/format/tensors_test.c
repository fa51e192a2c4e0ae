/* tensors_test.c -- one interface over files and folders: what each kind is known by, shards against their
 * index, llama2.c's order of tensors against its exporter, the hash, what is written. */
#include "tests/format/hostile.h"
#include "tests/format/torch.h"

#include "format/tensors.h"

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

static void put_text(const char *name, const char *text_)
{
    char *path = path_of(name);
    assert_ok(file_make_folder_of(path));
    hostile_put(path, text_, strlen(text_));
    mem_free(path);
}

static const float six[6] = {0, 1, 2, 3, 4, 5};
static const size_t two_three[2] = {2, 3}, three_two[2] = {3, 2};

static safetensor matrix(const char *name)
{
    return (safetensor){
        .name = name, .type = SAFETENSOR_F32, .dims = 2, .shape = two_three, .data = six};
}

/* A safetensors file of the named matrices. */
static void put_matrices(const char *name, const char *const *names, size_t n)
{
    safetensor all[4];
    char *path = path_of(name);
    for (size_t i = 0; i < n; i++)
        all[i] = matrix(names[i]);
    assert_ok(file_make_folder_of(path));
    assert_ok(safetensors_write(path, all, n, NULL, 0));
    mem_free(path);
}

static status opened(const char *name, tensors **t)
{
    char *path = path_of(name);
    status st = tensors_open(t, path);
    mem_free(path);
    return st;
}

/* ------------------------------------------------------------------ kinds */

static void a_file_of_safetensors_is_taken(void **state)
{
    static const char *const names[] = {"b", "a"};
    tensors *t;
    put_matrices("x.safetensors", names, 2);
    assert_ok(opened("x.safetensors", &t));
    assert_int_equal(tensors_kind_of(t), TENSORS_FILE);
    assert_int_equal(tensors_count(t), 2);
    assert_null(tensors_config(t));
    assert_null(tensors_find(t, "c"));
    assert_memory_equal(tensors_find(t, "b")->data, six, sizeof six);
    assert_non_null(strstr(tensors_path(t), "x.safetensors"));
    tensors_close(t);
}

static void a_folder_is_taken_with_its_configuration(void **state)
{
    static const char *const names[] = {"w"};
    tensors *t;
    put_matrices("model/model.safetensors", names, 1);
    assert_ok(opened("model", &t)); /* a file of tensors is enough */
    assert_null(tensors_config(t));
    tensors_close(t);
    put_text("model/config.json", "{\"model_type\": \"gpt2\"}");
    assert_ok(opened("model", &t));
    assert_int_equal(tensors_kind_of(t), TENSORS_MODEL);
    assert_string_equal(json_string_value(json_object_get(tensors_config(t), "model_type")),
                        "gpt2");
    assert_string_equal(tensors_config_text(t), "{\"model_type\": \"gpt2\"}");
    tensors_close(t);
    put_text("model/config.json", "{\"model_type\": ");
    assert_refused(opened("model", &t), ERR_FORMAT, "config.json: line 1");
    put_text("model/config.json", "[]");
    assert_refused(opened("model", &t), ERR_FORMAT, "no object");
    put_matrices("peft/adapter_model.safetensors", names, 1);
    put_text("peft/adapter_config.json", "{}");
    assert_ok(opened("peft", &t));
    assert_int_equal(tensors_kind_of(t), TENSORS_ADAPTER);
    assert_non_null(tensors_config(t));
    tensors_close(t);
}

static void a_folder_of_a_pytorch_file_is_taken(void **state)
{
    static const char words[] = TORCH_BEGIN TORCH_TEXT("\1", "w")
        TORCH_TENSOR("FloatStorage", "0", "\6", "\0", "K\2K\3\x86", "K\3K\1\x86") TORCH_END;
    torch_file z;
    tensors *t;
    char *path = path_of("bin/pytorch_model.bin");
    torch_make(&z, words, sizeof words - 1, six, sizeof six);
    assert_ok(file_make_folder_of(path));
    hostile_put(path, z.bytes, z.n);
    mem_free(path);
    assert_ok(opened("bin", &t));
    assert_int_equal(tensors_kind_of(t), TENSORS_MODEL);
    assert_memory_equal(tensors_find(t, "w")->data, six, sizeof six);
    tensors_close(t);
    assert_ok(opened("bin/pytorch_model.bin", &t));
    assert_int_equal(tensors_kind_of(t), TENSORS_PYTORCH);
    tensors_close(t);
}

static void what_is_known_and_not_read_is_named(void **state)
{
    static const struct {
        const char *bytes;
        size_t n;
        const char *part;
    } all[] = {
        {"GGUF\3\0\0\0", 8, "GGUF"},
        {"24ka\1\0\0\0", 8, "version 1 or 2"},
        {"\x89HDF\r\n", 6, "HDF5"},
        {"\x80\2\x8a\x0al\xfc\x9c\x46\xf9 j\xa8P\x19.", 15, "before PyTorch 1.6"},
        {"\x80\4K\1.", 5, "bare pickle"},
        {"{\"weight_map\": {}}", 18, "name the folder that it lies in"},
        {"hello", 5, "no file of tensors"},
        {"", 0, "no file of tensors"},
    };
    tensors *t;
    char *path = path_of("odd.bin");
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        hostile_put(path, all[i].bytes, all[i].n);
        assert_refused(tensors_open(&t, path), ERR_FORMAT, all[i].part);
        assert_null(t);
    }
    mem_free(path);
    assert_refused(opened("nothing", &t), ERR_FILE, "nothing");
    put_text("empty/readme", "");
    assert_refused(opened("empty", &t), ERR_FILE, "model.safetensors");
}

/* ------------------------------------------------------------------ shards */

#define INDEX(map) "{\"metadata\": {\"total_size\": 72}, \"weight_map\": " map "}"

static void shards_are_one_list(void **state)
{
    static const char *const one[] = {"b", "a"}, *const two[] = {"c"};
    tensors *t;
    put_matrices("shards/m-1.safetensors", one, 2);
    put_matrices("shards/m-2.safetensors", two, 1);
    put_text("shards/model.safetensors.index.json",
             INDEX("{\"c\": \"m-2.safetensors\", \"a\": \"m-1.safetensors\", \"b\": "
                   "\"m-1.safetensors\"}"));
    assert_ok(opened("shards", &t));
    assert_int_equal(tensors_count(t), 3);
    assert_string_equal(tensors_at(t, 2)->name, "c");
    assert_memory_equal(tensors_find(t, "c")->data, six, sizeof six);
    tensors_close(t);
}

static void an_index_and_its_shards_must_agree(void **state)
{
    static const struct {
        const char *index;
        status st;
        const char *part;
    } all[] = {
        {INDEX("{\"a\": \"m-1.safetensors\", \"b\": \"m-1.safetensors\"}"), OK, ""},
        {INDEX("{\"a\": \"m-1.safetensors\"}"), ERR_FORMAT, "holds b, which the index does not"},
        {INDEX("{\"a\": \"m-1.safetensors\", \"b\": \"m-1.safetensors\", \"q\": "
               "\"m-1.safetensors\"}"),
         ERR_FORMAT, "q is not in m-1.safetensors"},
        {INDEX("{\"a\": \"m-1.safetensors\", \"b\": \"m-2.safetensors\"}"), ERR_FORMAT,
         "which the index has in m-2.safetensors"},
        {INDEX("{\"a\": \"m-1.safetensors\", \"b\": \"m-9.safetensors\"}"), ERR_FILE,
         "m-9.safetensors"},
        {INDEX("{\"a\": \"../m-1.safetensors\"}"), ERR_FORMAT, "no file's name"},
        {INDEX("{\"a\": 1}"), ERR_FORMAT, "no file's name"},
        {INDEX("[]"), ERR_FORMAT, "weight_map"},
        {"{}", ERR_FORMAT, "weight_map"},
    };
    static const char *const one[] = {"b", "a"}, *const two[] = {"c"};
    put_matrices("index/m-1.safetensors", one, 2);
    put_matrices("index/m-2.safetensors", two, 1);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        tensors *t;
        put_text("index/model.safetensors.index.json", all[i].index);
        status st = opened("index", &t);
        tensors_close(t);
        if (all[i].st)
            assert_refused(st, all[i].st, all[i].part);
        else
            assert_ok(st);
    }
}

/* ------------------------------------------------------------------ llama2.c */

enum { DIM = 4, HIDDEN = 6, LAYERS = 2, HEADS = 2, KV_HEADS = 1, VOCAB = 5, LENGTH = 3 };

/* As export.py's legacy_export writes; numbers counted through. Returns how many bytes. */
static size_t llama(unsigned char out[4096], bool tied)
{
    const int32_t head[7] = {DIM, HIDDEN, LAYERS, HEADS, KV_HEADS, tied ? VOCAB : -VOCAB, LENGTH};
    const size_t kv = DIM / HEADS * KV_HEADS;
    size_t n = VOCAB * DIM + LAYERS * (2 * DIM + 2 * DIM * DIM + 2 * kv * DIM + 3 * HIDDEN * DIM) +
               DIM + LENGTH * DIM / HEADS + (tied ? 0 : VOCAB * DIM);
    memcpy(out, head, sizeof head);
    for (size_t i = 0; i < n; i++) {
        float x = (float)i;
        memcpy(out + sizeof head + 4 * i, &x, 4);
    }
    return sizeof head + 4 * n;
}

static float first_of(const tensors *t, const char *name, size_t rows, size_t cols)
{
    const size_t shape[2] = {rows, cols};
    const safetensor *x;
    real value;
    assert_ok(tensors_need(t, name, cols ? 2 : 1, shape, &x));
    assert_ok(safetensor_reals(x, 0, 1, &value));
    return (float)value;
}

/* Places counted by hand from run.c's memory_map_weights: embedding 20, then for both layers attention norms
 * 8, wq 32, wk 16, wv 16, wo 32, ffn norms 8, w1 48, w2 48, w3 48, last norm 4, tables 6, head 20. */
static void llama2c_has_its_tensors_under_hugging_faces_names(void **state)
{
    unsigned char file[4096];
    tensors *t;
    char *path = path_of("llama.bin");
    hostile_put(path, file, llama(file, false));
    assert_ok(tensors_open(&t, path));
    assert_int_equal(tensors_kind_of(t), TENSORS_LLAMA2C);
    assert_int_equal(tensors_count(t), 3 + 9 * LAYERS);
#define AT(place, ...) assert_true(first_of(t, __VA_ARGS__) == (place))
    AT(0, "model.embed_tokens.weight", 5, 4);
    AT(24, "model.layers.1.input_layernorm.weight", 4, 0);
    AT(28, "model.layers.0.self_attn.q_proj.weight", 4, 4);
    AT(44, "model.layers.1.self_attn.q_proj.weight", 4, 4);
    AT(60, "model.layers.0.self_attn.k_proj.weight", 2, 4);
    AT(84, "model.layers.1.self_attn.v_proj.weight", 2, 4);
    AT(92, "model.layers.0.self_attn.o_proj.weight", 4, 4);
    AT(124, "model.layers.0.post_attention_layernorm.weight", 4, 0);
    AT(132, "model.layers.0.mlp.gate_proj.weight", 6, 4);
    AT(180, "model.layers.0.mlp.down_proj.weight", 4, 6);
    AT(228, "model.layers.0.mlp.up_proj.weight", 6, 4);
    AT(276, "model.norm.weight", 4, 0);
    AT(286, "lm_head.weight", 5, 4);
    tensors_close(t);
    hostile_put(path, file, llama(file, true));
    assert_ok(tensors_open(&t, path));
    assert_null(tensors_find(t, "lm_head.weight"));
    const json_t *c = tensors_config(t);
    static const struct {
        const char *name;
        int value;
    } counts[] = {
        {"hidden_size", DIM},          {"intermediate_size", HIDDEN},
        {"num_hidden_layers", LAYERS}, {"num_attention_heads", HEADS},
        {"vocab_size", VOCAB},         {"num_key_value_heads", KV_HEADS},
        {"rope_theta", 10000},         {"max_position_embeddings", LENGTH},
    };
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        assert_true(json_number_value(json_object_get(c, counts[i].name)) == counts[i].value);
    assert_string_equal(json_string_value(json_object_get(c, "model_type")), "llama");
    assert_true(json_is_true(json_object_get(c, "tie_word_embeddings")));
    assert_true(json_is_true(json_object_get(c, "rope_interleaved")));
    tensors_close(t);
    mem_free(path);
}

static status reader(const char *path)
{
    tensors *t;
    real x;
    status st = tensors_open(&t, path);
    for (size_t i = 0; !st && i < tensors_count(t); i++)
        assert_ok(safetensor_reals(tensors_at(t, i), tensors_at(t, i)->n - 1, 1, &x));
    tensors_close(t);
    return st;
}

static void hostile_llama2c_is_refused(void **state)
{
    unsigned char file[4096];
    const int32_t huge[7] = {INT32_MAX - 1, INT32_MAX, INT32_MAX, 1, 1, INT32_MAX, INT32_MAX};
    char *path = path_of("h.bin");
    size_t n = llama(file, true);
    /* every number is taken, and no size but one that keeps the file's length: none */
    assert_true(hostile_try(folder, "h.bin", file, n, reader) <= 3 * (n - 28));
    hostile_put(path, huge, sizeof huge);
    assert_refused(reader(path), ERR_LIMIT, "h.bin");
    memcpy(file, (int32_t[]){8, HIDDEN, LAYERS, 3, 1, VOCAB, LENGTH}, 28);
    hostile_put(path, file, n); /* 8 / 3 heads */
    assert_refused(reader(path), ERR_FORMAT, "no file of tensors");
    mem_free(path);
}

static void the_real_checkpoint_has_its_published_size(void **state)
{
    char path[512];
    size_t n = 0;
    tensors *t;
    if (!test_data("checkpoints/stories260K/stories260K.bin", path))
        skip();
    assert_ok(tensors_open(&t, path));
    for (size_t i = 0; i < tensors_count(t); i++)
        n += tensors_at(t, i)->n;
    assert_int_equal(n, 260032); /* 264128 floats less the header's 4096 of rotary tables */
    assert_true(json_is_true(json_object_get(tensors_config(t), "tie_word_embeddings")));
    tensors_close(t);
}

/* ------------------------------------------------------------------ needs, names, hash, writing */

static void a_tensor_that_is_missing_or_of_another_shape_is_named(void **state)
{
    static const char *const names[] = {"model.norm.weight"};
    const safetensor *x;
    tensors *t;
    put_matrices("need.safetensors", names, 1);
    assert_ok(opened("need.safetensors", &t));
    assert_ok(tensors_need(t, names[0], 2, two_three, &x));
    assert_memory_equal(x->data, six, sizeof six);
    assert_refused(tensors_need(t, "model.norms.weight", 2, two_three, &x), ERR_FORMAT,
                   "did you mean model.norm.weight");
    assert_null(x);
    assert_refused(tensors_need(t, names[0], 2, three_two, &x), ERR_FORMAT,
                   "is 2 x 3, and 3 x 2 is wanted");
    assert_refused(tensors_need(t, names[0], 1, two_three, &x), ERR_FORMAT, "is 2 x 3, and 2 is");
    tensors_close(t);
}

static void names_say_role_and_layer(void **state)
{
    static const struct {
        const char *name, *role;
        int layer;
    } all[] = {
        {"transformer.h.11.attn.c_attn.weight", "qkv", 11},
        {"h.0.attn.c_proj.bias", "o", 0},
        {"h.0.mlp.c_proj.weight", "down", 0},
        {"wte.weight", "embed", -1},
        {"transformer.ln_f.weight", "norm", -1},
        {"model.layers.3.self_attn.q_proj.weight", "q", 3},
        {"model.layers.3.input_layernorm.weight", "norm", 3},
        {"lm_head.weight", "head", -1},
        {"bert.encoder.layer.2.attention.self.value.bias", "v", 2},
        {"bert.encoder.layer.2.attention.output.dense.weight", "o", 2},
        {"bert.encoder.layer.2.output.dense.weight", "down", 2},
        {"bert.encoder.layer.2.attention.output.LayerNorm.gamma", "norm", 2},
        {"base_model.model.gpt_neox.layers.7.attention.query_key_value.lora_A.weight", "qkv", 7},
        {"roberta.encoder.layer.4.attention.self.query.lora_B", "q", 4},
        {"classifier.out_proj.weight", "classifier", -1},
        {"base_model.model.model.embed_tokens.base_layer.weight", "embed", -1},
        {"something.else", "", -1},
        {"model.layers.3.xq_proj.weight", "", 3},
        {"model.layers.3.x_q_proj.weight", "q", 3},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        int layer;
        assert_string_equal(tensors_role(all[i].name, &layer), all[i].role);
        assert_int_equal(layer, all[i].layer);
    }
}

static void the_hash_is_that_of_the_content(void **state)
{
    static const char *const ab[] = {"a", "b"}, *const ba[] = {"b", "a"}, *const ac[] = {"a", "c"};
    char one[HASH_HEX], other[HASH_HEX];
    tensors *t;
    put_matrices("hash/model.safetensors", ab, 2);
    assert_ok(opened("hash", &t));
    assert_ok(tensors_hash(t, one));
    tensors_close(t);
    put_matrices("h.safetensors", ba, 2); /* another file, another order */
    assert_ok(opened("h.safetensors", &t));
    assert_ok(tensors_hash(t, other));
    assert_string_equal(one, other);
    tensors_close(t);
    put_matrices("h.safetensors", ac, 2);
    assert_ok(opened("h.safetensors", &t));
    assert_ok(tensors_hash(t, other));
    assert_string_not_equal(one, other);
    tensors_close(t);
    put_matrices("halves/1.safetensors", ba, 1); /* b before a */
    put_matrices("halves/2.safetensors", ab, 1);
    put_text("halves/model.safetensors.index.json",
             INDEX("{\"a\": \"2.safetensors\", \"b\": \"1.safetensors\"}"));
    assert_ok(opened("halves", &t));
    assert_ok(tensors_hash(t, other));
    assert_string_equal(one, other);
    tensors_close(t);
    put_text("hash/config.json", "{\"x\": 1}");
    assert_ok(opened("hash", &t));
    assert_ok(tensors_hash(t, other));
    assert_string_not_equal(one, other);
    tensors_close(t);
}

static void a_folder_that_is_written_comes_back(void **state)
{
    static const char words[] = "{\n  \"z\": 1e-05,\n  \"a\": {\n    \"b\": [\n      1,\n      "
                                "null\n    ]\n  },\n  \"r\": 10000.0,\n  \"t\": true,\n  \"s\": "
                                "\"\\\"\",\n  \"e\": {},\n  \"l\": []\n}\n";
    const safetensor all[] = {matrix("b"), matrix("a")};
    char *path = path_of("out/deep");
    json_t *config = json_loads(words, 0, NULL);
    tensors *t;
    assert_non_null(config);
    assert_ok(tensors_write(path, config, all, 2, NULL));
    json_decref(config);
    assert_ok(tensors_open(&t, path));
    assert_int_equal(tensors_kind_of(t), TENSORS_MODEL);
    assert_int_equal(tensors_count(t), 2);
    assert_string_equal(tensors_config_text(t), words); /* as json.dumps(indent=2) */
    assert_string_equal(json_string_value(json_object_get(tensors_meta(t), "format")), "pt");
    assert_memory_equal(tensors_find(t, "a")->data, six, sizeof six);
    tensors_close(t);
    mem_free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_of_safetensors_is_taken),
        cmocka_unit_test(a_folder_is_taken_with_its_configuration),
        cmocka_unit_test(a_folder_of_a_pytorch_file_is_taken),
        cmocka_unit_test(what_is_known_and_not_read_is_named),
        cmocka_unit_test(shards_are_one_list),
        cmocka_unit_test(an_index_and_its_shards_must_agree),
        cmocka_unit_test(llama2c_has_its_tensors_under_hugging_faces_names),
        cmocka_unit_test(hostile_llama2c_is_refused),
        cmocka_unit_test(the_real_checkpoint_has_its_published_size),
        cmocka_unit_test(a_tensor_that_is_missing_or_of_another_shape_is_named),
        cmocka_unit_test(names_say_role_and_layer),
        cmocka_unit_test(the_hash_is_that_of_the_content),
        cmocka_unit_test(a_folder_that_is_written_comes_back),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
