/* survey_test.c -- what a list of tensors is taken for, what is folded, what is found wrong. */
#include "tests/format/hostile.h"
#include "tests/format/torch.h"

#include "format/survey.h"

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

static const float numbers[64] = {3, -4};

typedef struct made {
    const char *name;
    size_t shape[2];
} made;

/* A folder of tensors with its configuration, opened. */
static void model(tensors **t, const char *config, const made *all, size_t n)
{
    safetensor list[16];
    char *path = mem_printf("%s/model", folder);
    for (size_t i = 0; i < n; i++)
        list[i] = (safetensor){.name = all[i].name,
                               .type = SAFETENSOR_F32,
                               .dims = all[i].shape[1] ? 2 : 1,
                               .shape = all[i].shape,
                               .data = numbers};
    test_folder_end(path); /* the one before */
    assert_ok(
        tensors_put(path, "model.safetensors", list, n, NULL, 0, "config.json", config, NULL));
    assert_ok(tensors_open(t, path));
    mem_free(path);
}

static const made gpt2[] = {
    {"wte.weight", {5, 4}},
    {"wpe.weight", {3, 4}},
    {"h.0.attn.c_attn.weight", {4, 12}},
    {"h.1.attn.c_attn.weight", {4, 12}},
    {"h.0.attn.bias", {3, 3}},
    {"h.1.attn.bias", {3, 3}},
    {"ln_f.weight", {4, 0}},
};
enum { GPT2 = sizeof gpt2 / sizeof *gpt2 };
#define CONFIG(layers, vocab)                                                                      \
    "{\"model_type\": \"gpt2\", \"n_layer\": " layers                                              \
    ", \"n_embd\": 4, \"n_head\": 2, \"vocab_size\": " vocab ", \"n_positions\": 3}"

static void a_model_is_known_and_counted(void **state)
{
    tensors *t;
    survey s;
    model(&t, CONFIG("2", "5"), gpt2, GPT2);
    assert_ok(survey_init(&s, t));
    assert_string_equal(s.family, "GPT-2");
    assert_true(s.read && !s.head);
    assert_int_equal(s.parameters, 20 + 12 + 2 * 48 + 4);
    assert_int_equal(s.buffers, 18);
    assert_true(s.bytes == 4 * (132 + 18));
    assert_true(s.layers == 2 && s.width == 4 && s.heads == 2 && s.vocabulary == 5 &&
                s.length == 3);
    assert_int_equal(s.n_groups, 5);
    assert_int_equal(s.n_wrong, 0);
    survey_clear(&s);
    tensors_close(t);
}

static void names_that_differ_by_their_layer_are_one_group(void **state)
{
    static const made all[] = {
        {"x.0.a", {2, 2}},  {"x.1.a", {2, 2}}, {"x.2.a", {2, 3}},
        {"x.10.b", {2, 2}}, {"y1.a", {1, 0}},
    };
    tensors *t;
    survey s;
    model(&t, "{}", all, 5);
    assert_ok(survey_init(&s, t));
    assert_string_equal(s.family, "");
    assert_int_equal(s.n_groups, 4);
    size_t two = 0;
    for (size_t i = 0; i < s.n_groups; i++) {
        if (s.groups[i].count == 2) {
            two++;
            assert_string_equal(s.groups[i].name, "x.*.a");
            assert_string_equal(s.groups[i].t->name, "x.0.a");
            assert_true(s.groups[i].bytes == 32);
        }
        assert_string_not_equal(s.groups[i].name, "y*.a");
    }
    assert_int_equal(two, 1);
    survey_clear(&s);
    tensors_close(t);
}

static void what_does_not_fit_the_configuration_is_said(void **state)
{
    static const struct {
        const char *config;
        size_t n, wrong;
        const char *part;
    } all[] = {
        {CONFIG("3", "5"), GPT2, 1, "tensors of 2 layers, and the configuration says 3"},
        {CONFIG("2", "6"), GPT2, 1, "wte.weight is 5 x 4, and the configuration says 6 x 4"},
        {CONFIG("2", "5"), 3, 1, "tensors of 1 layers"},
        {CONFIG("2", "5"), 5, 1, "h.1.attn.bias is missing; 1 of 2 layers have it"},
        {"{\"model_type\": \"gpt2\", \"n_embd\": 4, \"n_head\": 3}", GPT2, 1, "no multiple of 3"},
        {"{\"model_type\": \"mamba\"}", GPT2, 0, ""},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        tensors *t;
        survey s;
        model(&t, all[i].config, gpt2, all[i].n);
        assert_ok(survey_init(&s, t));
        assert_int_equal(s.n_wrong, all[i].wrong);
        if (s.n_wrong)
            assert_non_null(strstr(s.wrong[0], all[i].part));
        else
            assert_string_equal(s.family, ""); /* another family, whatever its names */
        survey_clear(&s);
        tensors_close(t);
    }
}

/* As torch.save writes a head that is tied: one storage, two names. */
static void a_storage_of_two_names_counts_once(void **state)
{
#define TIED TORCH_TENSOR("FloatStorage", "0", "\6", "\0", "K\2K\3\x86", "K\3K\1\x86")
    static const char words[] =
        TORCH_BEGIN TORCH_TEXT("\5", "wte.w") TIED TORCH_TEXT("\6", "head.w") TIED TORCH_END;
    torch_file z;
    tensors *t;
    survey s;
    char *path = mem_printf("%s/tied.bin", folder);
    torch_make(&z, words, sizeof words - 1, numbers, 24);
    hostile_put(path, z.bytes, z.n);
    assert_ok(tensors_open(&t, path));
    assert_ok(survey_init(&s, t));
    assert_int_equal(tensors_count(t), 2);
    assert_int_equal(s.parameters, 6);
    assert_true(s.bytes == 24);
    survey_clear(&s);
    tensors_close(t);
    mem_free(path);
}

static void numbers_are_measured(void **state)
{
    static const made two = {"x", {2, 0}};
    survey_numbers s = {0};
    tensors *t;
    model(&t, "{}", &two, 1);
    assert_ok(survey_read(t, tensors_at(t, 0), &s));
    assert_true(s.n == 2 && s.not_finite == 0 && s.largest == 4);
    assert_near(survey_rms(&s), sqrt(12.5), 1e-15);
    survey_take(&s, (double)NAN);
    survey_take(&s, -(double)INFINITY);
    assert_true(s.n == 2 && s.not_finite == 2 && s.largest == 4);
    tensors_close(t);
}

/* Three pieces of 1 MiB; what was let go of is there again. */
static void numbers_stay_when_their_memory_is_let_go(void **state)
{
    const size_t n = 700000;
    float *x = mem_array(n, sizeof *x);
    char *path = mem_printf("%s/large.safetensors", folder);
    for (size_t i = 0; i < n; i++)
        x[i] = (float)(i % 7);
    const safetensor one = {.name = "x", .type = SAFETENSOR_F32, .dims = 1, .shape = &n, .data = x};
    tensors *t;
    survey_numbers s;
    assert_ok(safetensors_write(path, &one, 1, NULL, 0));
    assert_ok(tensors_open(&t, path));
    assert_ok(survey_read(t, tensors_at(t, 0), &s));
    assert_true(s.n == n && s.largest == 6 && s.squares == 91.0 * (double)n / 7);
    tensors_forget(t, x, n * sizeof *x); /* not of its map: nothing is done */
    assert_memory_equal(tensors_at(t, 0)->data, x, n * sizeof *x);
    tensors_close(t);
    mem_free(path);
    mem_free(x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_model_is_known_and_counted),
        cmocka_unit_test(names_that_differ_by_their_layer_are_one_group),
        cmocka_unit_test(what_does_not_fit_the_configuration_is_said),
        cmocka_unit_test(a_storage_of_two_names_counts_once),
        cmocka_unit_test(numbers_are_measured),
        cmocka_unit_test(numbers_stay_when_their_memory_is_let_go),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
