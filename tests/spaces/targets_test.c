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

/* The places as digits: "035". */
static const char *selected(const char *targets)
{
    static char digits[16];
    size_t *places, n;
    if (targets_select("kind", targets, &l, &places, &n)) {
        assert_null(places);
        assert_int_equal(n, 0);
        return "refused";
    }
    for (size_t i = 0; i < n; i++)
        digits[i] = (char)('0' + places[i]);
    digits[n] = '\0';
    mem_free(places);
    return digits;
}

static void refused(const char *targets, const char *word)
{
    assert_string_equal(selected(targets), "refused");
    if (!strstr(error_text(), word))
        fail_msg("targets=%s: %s", targets, error_text());
}

static void all_and_matrix_mean_the_models_own(void **state)
{
    assert_string_equal(selected("all"), "01245");
    assert_string_equal(selected("matrix"), "014");
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_and_matrix_mean_the_models_own),
        cmocka_unit_test(roles_names_and_patterns_select),
        cmocka_unit_test(layers_select_and_narrow),
        cmocka_unit_test(a_list_is_a_union_in_layout_order),
        cmocka_unit_test(what_a_method_added_is_taken_by_role_or_name),
        cmocka_unit_test(every_entry_must_match_by_itself),
        cmocka_unit_test(a_tied_tensor_is_taken_by_all_its_roles_or_none),
    };
    return cmocka_run_group_tests_name("spaces/targets", tests, NULL, NULL);
}
