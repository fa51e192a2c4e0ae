/* bound_test.c -- bounds against papers.md's scale line and against numpy: C = (K ln 2 + 2 ln K - ln delta) / m,
 * kl by a table of two million q, Catoni by brute force over the same grid. */
#include "tests/test.h"

#include "measure/bound.h"

static bound_row given(double bits, double extra)
{
    bound_row r = {
        .d = 750, .bits = bits, .extra = extra, .train_error = .1, .samples = 60000, .delta = .05};
    assert_ok(bound_of(&r));
    return r;
}

static void the_published_scale_is_met(void **state)
{
    const double bits[] = {32, 4, 2.5}, occam[] = {.47, .23, .21}, kl[] = {.44, .20, .18};
    for (size_t i = 0; i < 3; i++) {
        bound_row r = given(bits[i], 100); /* seed and configuration */
        assert_near(r.occam, occam[i], .005);
        assert_near(r.kl, kl[i], .005);
    }
}

static void numpy_has_the_same_bounds(void **state)
{
    bound_row r = given(4, 0);
    assert_near(r.occam, 0.2322387364166507, 1e-12);
    assert_near(r.kl, 0.197230446, 1e-6); /* numpy's q are 4.5e-7 apart */
    assert_near(r.catoni, 0.19748744387904776, 1e-12);
    assert_near(r.catoni_a, 0.8408964152537145, 1e-12);
    assert_near(r.rate, sqrt(750 / 60000.0), 1e-12);
}

static void without_errors_kl_is_closed(void **state)
{
    bound_row r = {.d = 10, .length = 900, .extra = 100, .samples = 50000, .delta = .01};
    r.bits = (double)NAN;
    assert_ok(bound_of(&r));
    assert_near(r.kl, 1 - exp(-r.complexity), 1e-12); /* -ln(1 - q) = C */
    assert_near(r.complexity, (1000 * log(2) + 2 * log(1000) + log(100)) / 50000, 1e-15);
}

static void a_choice_among_many_costs_its_logarithm(void **state)
{
    bound_row one = given(4, 70), r = one;
    r.extra = 64;
    r.tried = 64;
    assert_ok(bound_of(&r));
    assert_near(r.extra, 70, 1e-12);
    assert_near(r.kl, one.kl, 1e-12);
}

static void bounds_are_never_above_1(void **state)
{
    bound_row r = given(5000, 0);
    assert_true(r.occam <= 1 && r.kl <= 1 && r.catoni <= 1);
    assert_near(bound_kl(.5, 1e9), 1, 1e-9);
    assert_near(bound_kl(1, .1), 1, 1e-12);
}

static void tighter_is_kl_than_occam(void **state)
{
    for (double bits = .5; bits < 40; bits *= 1.3) {
        bound_row r = given(bits, 0);
        assert_true(r.kl < r.occam && r.kl > r.train_error); /* Pinsker */
    }
}

static void what_bounds_nothing_is_refused(void **state)
{
    bound_row none = {.d = 1, .bits = 8, .train_error = .1, .delta = .05};
    assert_refused(bound_of(&none), ERR_USAGE, "samples");
    bound_row error = {.d = 1, .bits = 8, .train_error = 1.1, .samples = 9, .delta = .05};
    assert_refused(bound_of(&error), ERR_USAGE, "1.1 is no share");
    bound_row delta = {.d = 1, .bits = 8, .train_error = .1, .samples = 9, .delta = 0};
    assert_refused(bound_of(&delta), ERR_USAGE, "delta");
    bound_row empty = {.d = 0, .bits = 8, .train_error = .1, .samples = 9, .delta = .5};
    assert_refused(bound_of(&empty), ERR_USAGE, "0 bits");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_published_scale_is_met),
        cmocka_unit_test(numpy_has_the_same_bounds),
        cmocka_unit_test(without_errors_kl_is_closed),
        cmocka_unit_test(a_choice_among_many_costs_its_logarithm),
        cmocka_unit_test(bounds_are_never_above_1),
        cmocka_unit_test(tighter_is_kl_than_occam),
        cmocka_unit_test(what_bounds_nothing_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
