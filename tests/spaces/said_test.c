/* said_test.c -- what said alone promises: fastfood with a scale for each layer or tensor. */
#include "tests/spaces/world.h"

static real theta0[WORLD_MOST];
static const layout *const fc = &world_layouts[0]; /* five tensors in layers 0 0 0 1 1 */

/* Step by step as fastfood of d - m numbers, times lambda of its layer. */
static void it_is_fastfood_with_scales(void **state)
{
    static const struct {
        const char *said, *fastfood;
        size_t m, scale[5];
    } cases[] = {
        {"said:d=9", "fastfood:d=7,form=single", 2, {0, 0, 0, 1, 1}},
        {"said:d=12,scales=tensors", "fastfood:d=7,form=single", 5, {0, 1, 2, 3, 4}},
        {"said:d=12,scales=tensors,per=tensor,form=stacked",
         "fastfood:d=7,per=tensor",
         5,
         {0, 1, 2, 3, 4}},
    };
    world_fill(theta0, 70, 2);
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        world a, b;
        real z[WORLD_MOST], got[70], plain[70];
        world_open(&a, cases[c].said, fc, theta0, 3);
        world_open(&b, cases[c].fastfood, fc, theta0, 3);
        assert_int_equal(a.s->d, 7 + cases[c].m);
        world_fill(z, a.s->d, 4);
        space_lift(a.s, a.mem, z, got);
        space_lift(b.s, b.mem, z, plain);
        for (size_t k = 0; k < 5; k++)
            for (size_t i = 0; i < fc->tensors[k].n; i++) {
                size_t at = fc->tensors[k].offset + i;
                double lambda = (double)z[7 + cases[c].scale[k]];
                double step = (double)plain[at] - (double)theta0[at];
                assert_true(fabs((double)got[at] - (double)theta0[at] - lambda * step) < 1e-6);
            }
        world_close(&a);
        world_close(&b);
    }
}

static void scales_start_at_one_and_are_not_decayed(void **state)
{
    world w;
    world_open(&w, "said:d=9", fc, theta0, 3);
    const tensor *t = w.s->zlayout.tensors;
    assert_int_equal(w.s->zlayout.n_tensors, 2);
    assert_string_equal(t[0].name, "z");
    assert_string_equal(t[1].name, "lambda");
    assert_true(t[0].decay && !t[1].decay && t[1].n == 2);
    assert_true(w.s->z0[6] == 0 && w.s->z0[7] == 1 && w.s->z0[8] == 1);
    world_close(&w);
}

static void refused(const char *spec, const char *word)
{
    space *s;
    assert_int_equal(space_new(&s, spec, fc, theta0, world_stream(1)), ERR_USAGE);
    assert_null(s);
    if (!strstr(error_text(), word))
        fail_msg("%s: %s", spec, error_text());
}

static void a_d_that_is_all_scales_is_refused(void **state)
{
    refused("said:d=2", "2 of these are scales (scales=layers)");
    refused("said:d=5,scales=tensors", "5 of these are scales (scales=tensors)");
    refused("said:d=71", "lower d");
    refused("said:d=40,per=tensor", "lower d or use per=whole");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_fastfood_with_scales),
        cmocka_unit_test(scales_start_at_one_and_are_not_decayed),
        cmocka_unit_test(a_d_that_is_all_scales_is_refused),
    };
    return cmocka_run_group_tests_name("spaces/said", tests, NULL, NULL);
}
