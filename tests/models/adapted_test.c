/* adapted_test.c -- an adapter on weights, against the formulas written out. */
#include <math.h>

#include "tests/test.h"

#include "models/adapted.h"

enum { OUT = 3, IN = 4, R = 2, ALL = 2 * OUT * IN + OUT };
static const tensor tensors_[] = {
    {.name = "h.0.q.weight", .roles = "q", .shape = {OUT, IN}, .n = OUT * IN},
    {.name = "h.0.v.weight", .roles = "v", .shape = {OUT, IN}, .offset = OUT * IN, .n = OUT * IN},
    {.name = "head.bias", .roles = "head", .shape = {OUT}, .offset = 2 * OUT * IN, .n = OUT},
};
static const layout three = {tensors_, 3, ALL};

typedef struct world {
    real A[R * IN], B[OUT * R], m[OUT], bias[OUT], theta[ALL], before[ALL];
} world;

static void world_make(world *w)
{
    test_fill(w->A, R * IN, 1);
    test_fill(w->B, OUT * R, 2);
    test_fill(w->m, OUT, 3);
    test_fill(w->bias, OUT, 4);
    test_fill(w->theta, ALL, 5);
    memcpy(w->before, w->theta, sizeof w->before);
}

static double updated(const world *w, size_t i, size_t j, double s)
{
    double sum = (double)w->before[i * IN + j];
    for (size_t k = 0; k < R; k++)
        sum += s * (double)w->B[i * R + k] * (double)w->A[k * IN + j];
    return sum;
}

static adapter *make(const world *w, const char *module, const real *m, const safetensor *others,
                     size_t n_others)
{
    const adapter_part part = {
        .module = module, .r = R, .in = IN, .out = OUT, .alpha = 6, .A = w->A, .B = w->B, .m = m};
    const adapter_make how = {.others = others, .n_others = n_others, .layers = 1};
    adapter *a;
    assert_ok(adapter_new(&a, &how, &part, 1));
    return a;
}

static void updates_are_scaled_and_added(void **state)
{
    world w;
    size_t shape = OUT;
    world_make(&w);
    const safetensor whole = {.name = "head.bias",
                              .type = SAFETENSOR_REAL,
                              .dims = 1,
                              .shape = &shape,
                              .n = OUT,
                              .bytes = sizeof w.bias,
                              .data = w.bias};
    adapter *a = make(&w, "transformer.h.0.q", NULL, &whole, 1);
    assert_ok(adapted_merge(a, &three, w.theta));
    for (size_t i = 0; i < OUT; i++)
        for (size_t j = 0; j < IN; j++)
            assert_near(w.theta[i * IN + j], updated(&w, i, j, 3), 1e-5); /* alpha / r */
    assert_memory_equal(w.theta + OUT * IN, w.before + OUT * IN, OUT * IN * sizeof(real));
    assert_memory_equal(w.theta + 2 * OUT * IN, w.bias, sizeof w.bias);
    adapter_close(a);
}

static void dora_gives_rows_their_lengths(void **state)
{
    world w;
    world_make(&w);
    adapter *a = make(&w, "h.0.q", w.m, NULL, 0);
    assert_ok(adapted_merge(a, &three, w.theta));
    for (size_t i = 0; i < OUT; i++) {
        double norm = 0;
        for (size_t j = 0; j < IN; j++)
            norm += updated(&w, i, j, 3) * updated(&w, i, j, 3);
        for (size_t j = 0; j < IN; j++)
            assert_near(w.theta[i * IN + j], (double)w.m[i] * updated(&w, i, j, 3) / sqrt(norm),
                        1e-5);
    }
    adapter_close(a);
}

static void what_the_model_does_not_have_is_named(void **state)
{
    static const tensor other = {
        .name = "h.0.q.weight", .shape = {OUT, IN + 1}, .n = OUT * (IN + 1)};
    static const layout wide = {&other, 1, OUT * (IN + 1)};
    real theta[OUT * (IN + 1)] = {0};
    world w;
    size_t shape = OUT;
    world_make(&w);
    adapter *a = make(&w, "h.1.q", NULL, NULL, 0);
    assert_refused(adapted_merge(a, &three, w.theta), ERR_FORMAT, "the model has no h.1.q");
    adapter_close(a);
    a = make(&w, "h.0.q", NULL, NULL, 0);
    assert_refused(adapted_merge(a, &wide, theta), ERR_FORMAT, "3 x 4");
    adapter_close(a);
    const safetensor whole = {.name = "score.bias",
                              .type = SAFETENSOR_REAL,
                              .dims = 1,
                              .shape = &shape,
                              .n = OUT,
                              .bytes = sizeof w.bias,
                              .data = w.bias};
    a = make(&w, "h.0.q", NULL, &whole, 1);
    assert_refused(adapted_merge(a, &three, w.theta), ERR_FORMAT, "score.bias has no place");
    adapter_close(a);
}

/* target_modules is q: the second layer's is asked for too */
static void a_target_without_an_update_is_named(void **state)
{
    static const tensor two[] = {
        {.name = "h.0.q.weight", .shape = {OUT, IN}, .n = OUT * IN},
        {.name = "h.1.q.weight", .shape = {OUT, IN}, .offset = OUT * IN, .n = OUT * IN}};
    static const layout layers = {two, 2, 2 * OUT * IN};
    world w;
    world_make(&w);
    adapter *a = make(&w, "h.0.q", NULL, NULL, 0);
    assert_refused(adapted_merge(a, &layers, w.theta), ERR_FORMAT, "h.1.q");
    adapter_close(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(updates_are_scaled_and_added),
        cmocka_unit_test(dora_gives_rows_their_lengths),
        cmocka_unit_test(what_the_model_does_not_have_is_named),
        cmocka_unit_test(a_target_without_an_update_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
