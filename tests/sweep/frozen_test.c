/* frozen_test.c -- runs with frozen=bf16: the same training as on float weights that were rounded before, in less
 * memory; what a space reads stays in float. */
#include <math.h>

#include "tests/test.h"

#include "spaces/space.h"
#include "sweep/runner.h"

#define NET                                                                                        \
    "data=\"synthtext:n=64,length=8,vocabulary=12\",model=\"transformer:width=16,layers=2,heads="  \
    "2,"                                                                                           \
    "hidden=24\",steps=6,batch=16,optimiser=\"adam:lr=.01\",frozen=bf16"

typedef struct world {
    run_spec run;
    key_texts texts;
    runner *r;
} world;

static void world_open(world *w, const char *space_)
{
    run_spec given;
    *w = (world){0};
    assert_ok(run_defaults(&given, &w->texts));
    assert_ok(key_parse("run", run_keys, NET, &given, &w->texts));
    assert_ok(key_set("run", run_keys, "space", space_, &given, &w->texts));
    assert_ok(run_canonical(&given, NULL, &w->run, &w->texts));
    assert_ok(runner_new(&w->r, NULL, 1, 0));
}

static void world_close(world *w)
{
    runner_free(w->r);
    key_texts_clear(&w->texts);
}

/* The same plan on float weights that hold rounded values. */
static void train_rounded(world *w, train_result *out)
{
    const model *m;
    real *theta0;
    space *s;
    optimiser *o;
    schedule *c;
    assert_ok(runner_weights(w->r, &w->run, -1, NULL, 0, &m, &theta0));
    assert_ok(space_new(&s, w->run.space, &m->layout, theta0, run_stream(&w->run, "P")));
    assert_ok(optimiser_new(&o, w->run.optimiser));
    assert_ok(schedule_new(&c, w->run.schedule));
    const train_plan plan = {.task = m->task,
                             .model = m,
                             .theta0 = theta0,
                             .batch = w->run.batch,
                             .steps = w->run.steps,
                             .order = run_stream(&w->run, "order"),
                             .dropout = run_stream(&w->run, "dropout"),
                             .test = true};
    const train_member one = {.space = s, .optimiser = o, .schedule = c};
    assert_ok(train_team(&plan, &one, 1, out));
    schedule_free(c);
    optimiser_free(o);
    space_free(s);
    mem_free(theta0);
}

static void training_is_that_of_rounded_weights(void **state)
{
    static const char *const spaces[] = {
        "lora:r=2,targets=q+v",      "lora:r=2,targets=q+v++full:targets=norm",
        "dora:r=2,targets=o",        "vera:r=3,targets=q+v",
        "adalora:r=2,targets=q",     "onehot:d=30@lora:r=2,targets=o",
        "pissa:r=2,targets=o++bias", "fastfood:d=20,targets=norm",
    };
    for (size_t k = 0; k < sizeof spaces / sizeof *spaces; k++) {
        world w;
        record made;
        train_result same;
        world_open(&w, spaces[k]);
        train_rounded(&w, &same);
        const runner_how how = {0};
        assert_ok(runner_unit(w.r, &w.run, 1, -1, &how, &made));
        /* sums of 16 products in another order, six steps of Adam behind them */
        assert_near(made.result.loss, same.loss, 1e-5);
        assert_near(made.result.update_norm, same.update_norm, 1e-4);
        assert_true(made.result.update_norm > .01);
        for (size_t i = 0; i < same.d; i++)
            assert_near(made.result.z[i], same.z[i], 1e-3);
        train_result_clear(&same);
        record_clear(&made);
        world_close(&w);
    }
}

static size_t halves_of(const char *space_)
{
    world w;
    runner_about about;
    world_open(&w, space_);
    assert_ok(runner_describe(w.r, &w.run, -1, &about));
    world_close(&w);
    return about.halves;
}

static void what_a_space_reads_stays_in_float(void **state)
{
    /* wte 12 x 16, wpe 8 x 16; a layer: c_attn 48 x 16, its c_proj 16 x 16, c_fc 24 x 16, c_proj 16 x 24 */
    const size_t tables = 20 * 16, layer = (48 + 16 + 24 + 24) * 16;
    assert_int_equal(halves_of("lora:r=2,targets=q+v"), tables + 2 * layer);
    assert_int_equal(halves_of("bias"), tables + 2 * layer);
    assert_int_equal(halves_of("dora:r=2,targets=o"), tables + 2 * (layer - 16 * 16));
    assert_int_equal(halves_of("lora:r=2,targets=o++full:targets=v"),
                     tables + 2 * (layer - 48 * 16));
    assert_int_equal(halves_of("full"), 0);
}

static void models_and_adapters_that_need_float_are_refused(void **state)
{
    run_spec given, out;
    key_texts texts = {0};
    world w;
    world_open(&w, "full");
    w.run.data = "synth";
    w.run.model = "fc";
    assert_refused(runner_fits(w.r, &w.run, -1, 0), ERR_USAGE, "computes on float weights alone");
    world_close(&w);
    assert_ok(run_defaults(&given, &texts));
    given.frozen = RUN_BF16;
    given.from = "somewhere";
    given.adapter = "beside";
    assert_refused(run_canonical(&given, NULL, &out, &texts), ERR_USAGE, "idim merge");
    key_texts_clear(&texts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(training_is_that_of_rounded_weights),
        cmocka_unit_test(what_a_space_reads_stays_in_float),
        cmocka_unit_test(models_and_adapters_that_need_float_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
