/* room_test.c -- what a unit of runs is known to take. */
#include <math.h>

#include "sweep/room.h"
#include "tests/test.h"

static record ran(const char *spec, double peak)
{
    return (record){.run = {.data = "a", .model = "m", .exec = "", .space = spec},
                    .peak_rss = peak};
}

static void the_least_peak_of_a_space_counts(void **state)
{
    room r = {.limit = 1e9, .keeps = true};
    const record more[] = {ran("x:d=5", 3e8), ran("x:d=5", 2e8), ran("x:d=9", 7e8),
                           ran("x:d=5", 4e8), ran("y", (double)NAN)};
    for (size_t i = 0; i < 5; i++)
        assert_ok(room_note(&r, &more[i]));
    assert_true(r.most == 7e8 && r.n == 2);
    assert_true(room_peak_of(&r, &more[0].run) == 2e8 && room_peak_of(&r, &more[2].run) == 7e8);
    assert_true(room_peak_of(&r, &more[4].run) == 0); /* a failure measured nothing */
    room_clear(&r);
    assert_true(r.limit == 1e9 && !r.n && !r.peaks);
}

static void other_data_models_and_programs_are_others(void **state)
{
    room r = {.keeps = true};
    record one = ran("x", 3e8);
    run_spec data = one.run, model_ = one.run, exec = one.run;
    data.data = model_.model = exec.exec = "b";
    assert_ok(room_note(&r, &one));
    assert_true(room_peak_of(&r, &one.run) == 3e8);
    assert_true(room_peak_of(&r, &data) == 0 && room_peak_of(&r, &model_) == 0 &&
                room_peak_of(&r, &exec) == 0);
    room_clear(&r);
}

/* 100 weights, 60 of them in 16 bits */
static void weights_in_sixteen_bits_take_half(void **state)
{
    const runner_about about = {.D = 100, .halves = 60};
    assert_true(room_theta0(&about) == 60 * 2 + 40 * sizeof(real));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_least_peak_of_a_space_counts),
        cmocka_unit_test(other_data_models_and_programs_are_others),
        cmocka_unit_test(weights_in_sixteen_bits_take_half),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
