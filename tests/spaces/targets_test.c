/* targets_test.c -- the one meaning of `targets`. */
#include "spaces/frame.h"
#include "tests/spaces/world.h"

/* A small transformer: a tied embedding, two layers, an adapter that is not the model's own. */
static const tensor tensors[] = {
    {.name = "tok.weight",
     .roles = "embed+head",
     .shape = {9, 4},
     .offset = 0,
     .n = 36,
     .layer = -1,
     .tied = true},
    {.name = "h.0.q.weight", .roles = "q+attn", .shape = {4, 4}, .offset = 36, .n = 16, .layer = 0},
    {.name = "h.0.q.bias", .roles = "bias+attn", .shape = {4}, .offset = 52, .n = 4, .layer = 0},
    {.name = "h.0.adapter",
     .roles = "adapter",
     .shape = {4, 2},
     .offset = 56,
     .n = 8,
     .layer = 0,
     .outside = true},
    {.name = "h.1.q.weight", .roles = "q+attn", .shape = {4, 4}, .offset = 64, .n = 16, .layer = 1},
    {.name = "h.1.norm", .roles = "norm", .shape = {4}, .offset = 80, .n = 4, .layer = 1},
};
static const layout l = {.tensors = tensors, .n_tensors = 6, .n = 84};

/* A fused matrix and its bias. */
static const tensor fused_tensors[] = {
    {.name = "h.0.c_attn.weight",
     .roles = "attn+kernel",
     .shape = {8, 3},
     .offset = 0,
     .n = 24,
     .layer = 0,
     .blocks = "q:4+k:2+v:2"},
    {.name = "h.0.c_attn.bias",
     .roles = "attn+bias",
     .shape = {8},
     .offset = 24,
     .n = 8,
     .layer = 0},
    {.name = "h.1.c_attn.weight",
     .roles = "attn+kernel",
     .shape = {8, 3},
     .offset = 32,
     .n = 24,
     .layer = 1,
     .blocks = "q:4+k:2+v:2"},
};
static const layout fused = {.tensors = fused_tensors, .n_tensors = 3, .n = 56};

/* The places as digits, a block with its rows: "0", "0[4..6]". */
static const char *selected_of(const layout *of, const char *targets)
{
    static char digits[200];
    piece *p;
    size_t n, at = 0;
    if (targets_select("kind", targets, of, &p, &n)) {
        assert_null(p);
        assert_int_equal(n, 0);
        return "refused";
    }
    for (size_t i = 0; i < n; i++) {
        at += (size_t)snprintf(digits + at, sizeof digits - at, "%zu", p[i].place);
        if (p[i].rows < of->tensors[p[i].place].shape[0])
            at += (size_t)snprintf(digits + at, sizeof digits - at, "[%zu..%zu]", p[i].row0,
                                   p[i].row0 + p[i].rows);
    }
    mem_free(p);
    return digits;
}

static const char *selected(const char *targets)
{
    return selected_of(&l, targets);
}

static void refused_of(const layout *of, const char *targets, const char *word)
{
    assert_string_equal(selected_of(of, targets), "refused");
    if (!strstr(error_text(), word))
        fail_msg("targets=%s: %s", targets, error_text());
}

static void refused(const char *targets, const char *word)
{
    refused_of(&l, targets, word);
}

static void all_matrix_and_linear_mean_the_models_own(void **state)
{
    assert_string_equal(selected("all"), "01245");
    assert_string_equal(selected("matrix"), "014");
    assert_string_equal(selected("linear"), "14");
    assert_string_equal(selected("linear:1"), "4");
    refused("linear:2", "no such tensor in these layers");
}

static void linear_leaves_out_what_is_looked_up_by_rows(void **state)
{
    static const char *const roles[] = {"embed+kernel", "position+kernel", "segment", "embedding",
                                        "head+kernel"};
    tensor t = {.name = "w", .shape = {3, 2, 2, 2}, .n = 24, .bare = true};
    const layout one = {.tensors = &t, .n_tensors = 1, .n = 24};
    for (size_t k = 0; k < sizeof roles / sizeof *roles; k++) {
        t.roles = roles[k];
        assert_string_equal(selected_of(&one, "linear"), k < 3 ? "refused" : "0");
    }
}

static void roles_names_and_patterns_select(void **state)
{
    assert_string_equal(selected("q"), "14");
    assert_string_equal(selected("attn"), "124");
    assert_string_equal(selected("h.0.q.bias"), "2");
    assert_string_equal(selected("\"h.*.q.*\""), "124");
    assert_string_equal(selected("h.?.q.weight"), "14");
    assert_string_equal(selected("\"h.[1-3].*\""), "45");
    assert_string_equal(selected("\"*\""), "012345");
}

static void layers_select_and_narrow(void **state)
{
    assert_string_equal(selected("0"), "12");
    assert_string_equal(selected("0..1"), "1245");
    assert_string_equal(selected("q:1"), "4");
    assert_string_equal(selected("q:0..1"), "14");
    assert_string_equal(selected("matrix:1..7"), "4");
    assert_string_equal(selected("all:1"), "45");
}

static void a_list_is_a_union_in_layout_order(void **state)
{
    assert_string_equal(selected("norm+q:0"), "15");
    assert_string_equal(selected("norm+bias+norm"), "25");
}

static void what_a_method_added_is_taken_by_role_or_name(void **state)
{
    assert_string_equal(selected("adapter"), "3");
    assert_string_equal(selected("h.0.adapter"), "3");
}

static void every_entry_must_match_by_itself(void **state)
{
    refused("q+nrom", "did you mean norm");
    refused("q+nrom", "roles here: embed+head+q+attn+bias+adapter+norm");
    refused("q:5..7", "no such tensor in these layers");
    refused("7", "no such tensor in these layers");
    refused("q+\"x*\"", "no tensor's name matches");
    refused("q:x", "layers are written");
    refused("q:3..1", "layers are written");
    refused("q:", "layers are written");
    refused("q:99999999999999", "layers are written");
}

static void a_tied_tensor_is_taken_by_all_its_roles_or_none(void **state)
{
    refused("head", "untie=embed");
    refused("embed", "untie=head");
    assert_string_equal(selected("embed+head"), "0");
    assert_string_equal(selected("tok.weight"), "0");
    assert_string_equal(selected("head+all"), "01245");
}

static void rows_of_a_fused_tensor_are_taken_by_their_role(void **state)
{
    assert_string_equal(selected_of(&fused, "q"), "0[0..4]2[0..4]");
    assert_string_equal(selected_of(&fused, "v+q:1"), "0[6..8]2[0..4]2[6..8]");
    assert_string_equal(selected_of(&fused, "h.1.c_attn.weight[k]"), "2[4..6]");
    assert_string_equal(selected_of(&fused, "\"h.*.weight[k]\""), "0[4..6]2[4..6]");
    assert_string_equal(selected_of(&fused, "attn"), "012"); /* the whole, as one matrix */
    assert_string_equal(selected_of(&fused, "matrix"), "02");
    assert_string_equal(selected_of(&fused, "q+h.0.c_attn.weight"), "02[0..4]");
    refused_of(&fused, "o", "no tensor has this role or name");
    refused_of(&fused, "o", "attn+kernel+q+k+v");
    refused_of(&fused, "q:3", "no such tensor in these layers");
    refused_of(&fused, "h.1.c_attn.weight[o]", "no tensor's name matches");
    refused_of(&fused, "h.1.c_attn.bias[q]", "no tensor's name matches");
}

static void described(const char *spec, const layout *of, const char *words)
{
    text out = {0};
    assert_int_equal(space_describe(spec, of, &out), OK);
    assert_string_equal(out.text ? out.text : "", words);
    text_clear(&out);
}

static void what_targets_match_is_told_in_words(void **state)
{
    described("full", &fused, "");
    described("onehot:d=3,targets=matrix", &fused,
              "onehot:d=3,targets=matrix: 2 tensors, 48 weights: h.*.c_attn.weight (2)\n");
    described("lora:r=2,targets=q++full:targets=h.0.c_attn.bias", &fused,
              "lora:r=2,targets=q: 2 tensors, 24 weights: h.*.c_attn.weight[q] (2)\n"
              "full:targets=h.0.c_attn.bias: 1 tensor, 8 weights: h.0.c_attn.bias\n");
    described("fastfood:targets=B@lora:targets=v:1+attn:0", &fused,
              "fastfood:targets=B@lora:targets=v:1+attn:0: 3 tensors, 38 weights: "
              "h.0.c_attn.weight, h.0.c_attn.bias, h.1.c_attn.weight[v]\n");
    text out = {0};
    assert_int_equal(space_describe("lora:targets=o", &fused, &out), ERR_USAGE);
    text_clear(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_matrix_and_linear_mean_the_models_own),
        cmocka_unit_test(linear_leaves_out_what_is_looked_up_by_rows),
        cmocka_unit_test(roles_names_and_patterns_select),
        cmocka_unit_test(layers_select_and_narrow),
        cmocka_unit_test(a_list_is_a_union_in_layout_order),
        cmocka_unit_test(what_a_method_added_is_taken_by_role_or_name),
        cmocka_unit_test(every_entry_must_match_by_itself),
        cmocka_unit_test(rows_of_a_fused_tensor_are_taken_by_their_role),
        cmocka_unit_test(what_targets_match_is_told_in_words),
        cmocka_unit_test(a_tied_tensor_is_taken_by_all_its_roles_or_none),
    };
    return cmocka_run_group_tests_name("spaces/targets", tests, NULL, NULL);
}
