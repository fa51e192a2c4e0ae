/* compose_test.c -- a@b and a++b: what is refused, what is drawn, and the texts of specs. */
#include "tests/spaces/world.h"

static real theta0[WORLD_MOST];
static const layout *const fc = &world_layouts[0];

static void refused_on(const layout *l, const char *spec, const char *word)
{
    space *s;
    assert_int_equal(space_new(&s, spec, l, theta0, world_stream(1)), ERR_USAGE);
    assert_null(s);
    if (!strstr(error_text(), word))
        fail_msg("%s: %s", spec, error_text());
}

static void refused(const char *spec, const char *word)
{
    refused_on(fc, spec, word);
}

static void the_same_tensor_twice_is_refused_by_name(void **state)
{
    refused("full:targets=bias++full:targets=head", "fc2.bias");
    refused("lora:r=2,targets=matrix++full:targets=bias++onehot:d=2,targets=fc1.weight",
            "fc1.weight");
    refused("lora:r=2++dora:r=2++full:targets=head", "fc1.weight");
    refused("full:targets=all++lora", "take all that it covers");
}

static void the_same_rows_twice_are_refused_by_name(void **state)
{
    const layout *fused = &world_layouts[3];
    refused_on(fused, "lora:r=1,targets=q++lora:r=2,targets=k+q", "both train attn.weight[q]");
    refused_on(fused, "lora:r=1,targets=v++full:targets=attn", "both train attn.weight[v]");
    refused_on(fused, "full:targets=attn.weight++lora:r=1,targets=v", "both train attn.weight[v]");
    refused_on(fused, "full:targets=q++full:targets=v++full:targets=k+v", "train attn.weight[v]");
}

/* q and v of one matrix by two spaces: its slot has both riders, each on its own rows. */
static void riders_on_rows_of_one_tensor_share_its_slot(void **state)
{
    const layout *l = &world_layouts[3];
    world w;
    view v, *one = &v;
    real z[WORLD_MOST], g_z[WORLD_MOST], *out = g_z;
    const real *in = z;
    world_fill(theta0, l->n, 2);
    world_open(&w, "lora:r=1,targets=v++lora:r=2,targets=q", l, theta0, 1);
    assert_int_equal(w.s->d, 1 * (5 + 3) + 2 * (5 + 3));
    assert_string_equal(w.s->layout->tensors[0].name, "attn.weight[q]");
    assert_string_equal(w.s->layout->tensors[1].name, "attn.weight[v]");
    assert_string_equal(w.s->zlayout.tensors[0].name, "attn.weight[v].A");
    assert_int_equal(view_init(&v, l), OK);
    view_point(&v, theta0, NULL);
    for (size_t repeat = 0; repeat < 2; repeat++)
        space_bind(1, (const space *const *)&w.s, &w.mem, &in, &out, &one);
    const slot *s = &v.slots[0];
    assert_int_equal(s->n_riders, 2);
    assert_ptr_equal(s->value, theta0); /* no weight is formed */
    assert_null(s->grad);
    assert_true(s->riders[0].row0 == 5 && s->riders[0].rows == 3 && s->riders[0].r == 1);
    assert_true(s->riders[1].row0 == 0 && s->riders[1].rows == 3 && s->riders[1].r == 2);
    assert_ptr_equal(s->riders[1].A, z + 8);
    view_clear(&v);
    world_close(&w);
}

/* lora++top is lora of all matrices but the head's. */
static void a_part_without_targets_leaves_what_others_name(void **state)
{
    world w;
    world_open(&w, "lora:r=2++top", fc, theta0, 1);
    assert_int_equal(w.s->d, 2 * (6 + 5) + 28);
    assert_string_equal(w.s->zlayout.tensors[2].name, "fc2.weight");
    world_close(&w);
    world_open(&w, "full:targets=head++fastfood:d=3@lora:r=2", fc, theta0, 1);
    assert_int_equal(w.s->d, 31);
    world_close(&w);
    world_open(&w, "onehot:d=3,targets=k++lora:r=1,targets=q+v++full", &world_layouts[3], theta0,
               1);
    assert_int_equal(w.s->d, 3 + 2 * 8 + 8 + 32);
    world_close(&w);
}

static void rates_behind_an_at_are_refused(void **state)
{
    refused("fastfood:d=5@lora:r=2,ratio=16", "learning-rate factor 16");
    refused("onehot:d=2@fastfood:d=5@lora:r=2,ratio=16", "learning-rate factor 16");
}

static void empty_parts_and_unknown_kinds_are_refused(void **state)
{
    refused("full++", "");
    refused("@full", "");
    refused("", "");
    refused("fastfod:d=5", "fastfood");
    refused("fastfood:d=5@fastfod:d=5", "fastfood");
    refused("top:d=5", "top: no key d; it is short for full:targets=head");
    refused("top:targets=fc", "targets is given twice");
    refused("onehot:d=71", "lower d");
    refused("dense:d=71", "lower d");
    refused("onehot:d=90@lora:r=2", "lower d");
    refused("onehot", "d");
    refused("onehot:d=0", "d");
}

static void what_stands_behind_changes_no_draw(void **state)
{
    world a, b;
    real z[WORLD_MOST], one[WORLD_MOST], two[WORLD_MOST];
    world_fill(theta0, fc->n, 2);
    world_open(&a, "onehot:d=5,targets=kernel", fc, theta0, 3);
    world_open(&b, "onehot:d=5,targets=kernel++full:targets=bias", fc, theta0, 3);
    assert_int_equal(b.s->d, 15);
    space_start(b.s, b.mem, z);
    world_fill(z, 5, 4);
    space_merge(a.s, a.mem, z, one);
    space_merge(b.s, b.mem, z, two);
    assert_memory_equal(one, two, fc->n * sizeof(real));
    world_close(&a);
    world_close(&b);
}

/* theta = theta0 + lift of the outer's z by hand. */
static void at_is_one_map_after_the_other(void **state)
{
    world outer, inner, both;
    real z[5], middle[WORLD_MOST], expected[WORLD_MOST], got[WORLD_MOST];
    const real zeros[9] = {0};
    tensor z_tensor = {.name = "z", .roles = "z", .shape = {9}, .n = 9, .layer = -1};
    layout z_layout = {.tensors = &z_tensor, .n_tensors = 1, .n = 9};
    stream below = world_stream(3);
    world_fill(theta0, fc->n, 2);
    world_fill(z, 5, 4);
    below = stream_named(&below, "@");
    world_open(&both, "onehot:d=5@srht:d=9", fc, theta0, 3);
    world_open(&outer, "onehot:d=5", &z_layout, zeros, 3);
    assert_int_equal(space_new(&inner.s, "srht:d=9", fc, theta0, below), OK);
    assert_int_equal(space_mem_new(&inner.mem, inner.s), OK);
    space_lift(outer.s, outer.mem, z, middle);
    space_lift(inner.s, inner.mem, middle, expected);
    space_lift(both.s, both.mem, z, got);
    assert_memory_equal(expected, got, fc->n * sizeof(real));
    world_close(&outer);
    world_close(&inner);
    world_close(&both);
}

static void z_of_a_sum_lies_end_to_end_with_names_of_its_own(void **state)
{
    world w;
    world_open(&w, "onehot:d=2,targets=fc++onehot:d=3,targets=norm++full:targets=head", fc, theta0,
               3);
    assert_int_equal(w.s->d, 33);
    assert_int_equal(w.s->zlayout.n_tensors, 4);
    assert_string_equal(w.s->zlayout.tensors[0].name, "z");
    assert_string_equal(w.s->zlayout.tensors[1].name, "z++");
    assert_string_equal(w.s->zlayout.tensors[2].name, "fc2.weight");
    assert_int_equal(w.s->zlayout.tensors[2].offset, 5);
    assert_true(w.s->zlayout.tensors[2].decay);
    assert_false(w.s->zlayout.tensors[3].decay);
    world_close(&w);
}

static void riding_is_asked_of_the_last_of_a_chain(void **state)
{
    world w;
    static const struct {
        const char *spec;
        bool rides;
    } cases[] = {
        {"full", false},
        {"lora:r=2", true},
        {"fastfood:d=5@lora:r=2", true},
        {"lora:r=2@full:targets=kernel", false},
        {"full:targets=bias++lora:r=2", true},
        {"full:targets=bias++onehot:d=2,targets=kernel", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        world_open(&w, cases[i].spec, fc, theta0, 3);
        assert_int_equal(space_rides(w.s), cases[i].rides);
        world_close(&w);
    }
    world_open(&w, "lora:r=2", &world_layouts[1], theta0, 3); /* a convolution: lifted */
    assert_false(space_rides(w.s));
    world_close(&w);
}

static void presets_are_written_out_before_hashing(void **state)
{
    char *canonical, *revisions;
    assert_int_equal(space_canonical("top", &canonical, &revisions), OK);
    assert_string_equal(canonical, "full:targets=head");
    assert_string_equal(revisions, "full=1");
    mem_free(canonical);
    mem_free(revisions);
    assert_int_equal(space_canonical("lora:targets=linear,r=8++bias", &canonical, &revisions), OK);
    assert_string_equal(canonical, "lora++full:targets=bias");
    assert_string_equal(revisions, "lora=1 full=1");
    mem_free(canonical);
    mem_free(revisions);
    assert_int_equal(
        space_canonical("unilora:d=40,r=2,targets=q,index=balanced++top", &canonical, &revisions),
        OK);
    assert_string_equal(canonical, "onehot:d=40,index=balanced,start=0.02@"
                                   "lora:alpha=1,init=zero,r=2,scale=one,targets=q++"
                                   "full:targets=head");
    mem_free(canonical);
    mem_free(revisions);
    assert_int_equal(space_canonical("onehot:d=4@onehot:d=5", &canonical, &revisions), OK);
    assert_string_equal(revisions, "onehot=1");
    mem_free(canonical);
    mem_free(revisions);
    assert_int_equal(space_canonical("top@nothing", &canonical, &revisions), ERR_USAGE);
    assert_null(canonical);
    assert_null(revisions);
}

static void a_key_of_the_first_space_is_set(void **state)
{
    static const char *const cases[][4] = {
        {"fastfood", "d", "750", "fastfood:d=750"},
        {"fastfood:form=single", "d", "750", "fastfood:form=single,d=750"},
        {"fastfood:d=3,form=single@lora:r=2++top", "d", "750",
         "fastfood:form=single,d=750@lora:r=2++top"},
        {"unilora:r=2@fastfood++did", "d", "9",
         "onehot:start=.02,d=9@lora:alpha=1,init=zero,scale=one,r=2@fastfood++did"},
        {"lora:targets=\"a,r=1\"++top", "r", "4", "lora:targets=\"a,r=1\",r=4++top"},
    };
    char *out;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(space_with(cases[i][0], cases[i][1], cases[i][2], &out), OK);
        assert_string_equal(out, cases[i][3]);
        mem_free(out);
    }
    assert_int_equal(space_with("lora@fastfood", "d", "3", &out), ERR_USAGE);
    assert_null(out);
    assert_true(space_has_key("fastfood@lora", "d"));
    assert_true(space_has_key("lora", "r"));
    assert_true(space_has_key("did", "d") && space_has_key("unilora", "d"));
    assert_false(space_has_key("unilora", "r"));
    assert_true(space_has_key("top", "targets"));
    assert_false(space_has_key("full", "d"));
    assert_false(space_has_key("lora@fastfood", "d"));
    assert_false(space_has_key("nothing", "d"));
}

static void the_parts_share_one_memory_limit(void **state)
{
    space *s;
    world w;
    world_open(&w, "dense:d=5,targets=fc++dense:d=5,targets=head", fc, theta0, 3);
    size_t bytes = w.s->frozen_bytes;
    assert_int_equal(bytes, 5 * (36 + 28) * sizeof(real));
    world_close(&w);
    assert_int_equal(space_new_beside(&s, "dense:d=5,targets=fc++dense:d=5,targets=head", fc,
                                      theta0, world_stream(3), NULL, bytes - 1),
                     ERR_LIMIT);
    assert_null(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_tensor_twice_is_refused_by_name),
        cmocka_unit_test(the_same_rows_twice_are_refused_by_name),
        cmocka_unit_test(riders_on_rows_of_one_tensor_share_its_slot),
        cmocka_unit_test(a_part_without_targets_leaves_what_others_name),
        cmocka_unit_test(rates_behind_an_at_are_refused),
        cmocka_unit_test(empty_parts_and_unknown_kinds_are_refused),
        cmocka_unit_test(what_stands_behind_changes_no_draw),
        cmocka_unit_test(at_is_one_map_after_the_other),
        cmocka_unit_test(z_of_a_sum_lies_end_to_end_with_names_of_its_own),
        cmocka_unit_test(riding_is_asked_of_the_last_of_a_chain),
        cmocka_unit_test(presets_are_written_out_before_hashing),
        cmocka_unit_test(a_key_of_the_first_space_is_set),
        cmocka_unit_test(the_parts_share_one_memory_limit),
    };
    return cmocka_run_group_tests_name("spaces/compose", tests, NULL, NULL);
}
