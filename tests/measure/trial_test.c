/* trial_test.c -- a trial is the model with its method: merged it gives what riders give, a step moves it, and what
 * it takes is counted as in memory.h. */
#include "tests/test.h"

#include "measure/peak.h"
#include "measure/trial.h"

static memory_ask small(void)
{
    return (memory_ask){.model = "transformer:width=16,layers=2,heads=2,vocabulary=23",
                        .language = true,
                        .vocabulary = 23,
                        .length = 9,
                        .batch = 2,
                        .frozen = sizeof(real),
                        .states = 2,
                        .tasks = 1};
}

static void merged_weights_give_what_riders_give(void **state)
{
    const memory_ask ask = small();
    trial base, lora;
    assert_ok(trial_open(&base, &ask, "base", false, NULL));
    assert_ok(trial_open(&lora, &ask, "lora:r=3,targets=q+k+v+o+up+down", false, NULL));
    size_t riders = 0;
    for (size_t k = 0; k < lora.m.model->layout.n_tensors; k++)
        riders += lora.view.slots[k].n_riders;
    assert_int_equal(riders, 12); /* a layer has six matrices */
    double plain = trial_run(&base), ridden = trial_run(&lora);
    /* step 0 of a language model of 23 tokens loses about ln 23 */
    assert_near(plain, log(23), .3);
    assert_ok(trial_merge(&lora));
    for (size_t k = 0; k < lora.m.model->layout.n_tensors; k++)
        assert_int_equal(lora.view.slots[k].n_riders, 0);
    assert_near(trial_run(&lora), ridden, 1e-6);
    assert_true(memcmp(lora.theta0, base.theta0, lora.m.model->layout.n * sizeof(real)) != 0);
    assert_ok(trial_merge(&base));
    assert_true(trial_run(&base) == plain);
    trial_close(&base);
    trial_close(&lora);
}

static void steps_learn_the_texts(void **state)
{
    static const char *const methods[] = {"full", "lora:r=2,targets=q+v", "houlsby:bottleneck=3",
                                          "pfeiffer:bottleneck=3", "prefix:prefix=4"};
    for (size_t k = 0; k < sizeof methods / sizeof *methods; k++)
        for (size_t states = 1; states < 3; states++) {
            memory_ask ask = small();
            trial t;
            ask.states = states;
            assert_ok(trial_open(&t, &ask, methods[k], true, NULL));
            double before = trial_run(&t);
            for (size_t i = 0; i < 30; i++)
                trial_step(&t);
            assert_true(trial_run(&t) < before);
            trial_close(&t);
        }
}

static void what_is_measured_is_counted_by_memory_of(void **state)
{
    memory_ask ask = small();
    memory_row counted, formed, row_;
    peak_row row;
    trial t;
    assert_ok(memory_of(&ask, "lora:r=2,targets=q+v", &counted));
    assert_near(counted.step0, 4.0 * 2 * 2 * 16 * 16, 0); /* q and v, two layers */
    /* with the tables of 23 tokens and 9 positions all is formed, 12 w^2 a layer too */
    assert_ok(memory_of(&ask, "lora:r=2", &formed));
    assert_near(formed.gradients, 4.0 * (double)formed.d, 0);
    assert_ok(memory_of(&ask, "lora:r=2,targets=matrix", &formed));
    assert_near(formed.gradients - 4.0 * (double)formed.d, 4.0 * (2 * 12 * 16 * 16 + (23 + 9) * 16),
                0);
    assert_refused(memory_of(&ask, "lora:r=2,targets=mlp", &row_), ERR_USAGE, "no rank");
    assert_ok(peak_measure(&ask, "lora:r=2,targets=q+v", 1, &row));
    assert_true(row.counted == counted.total && row.step0 == counted.step0);
    assert_true(row.d == counted.d && row.steps == 1 && row.measured == row.peak - row.before);
    assert_ok(trial_open(&t, &ask, "houlsby:bottleneck=3", false, NULL));
    assert_refused(trial_merge(&t), ERR_USAGE, "nothing merges");
    trial_close(&t);
    ask.states = 3;
    assert_refused(trial_open(&t, &ask, "full", true, NULL), ERR_USAGE, "adam keeps 2");
    ask.frozen = 2;
    assert_refused(peak_measure(&ask, "full", 1, &row), ERR_USAGE, "frozen=2");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(merged_weights_give_what_riders_give),
        cmocka_unit_test(steps_learn_the_texts),
        cmocka_unit_test(what_is_measured_is_counted_by_memory_of),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
