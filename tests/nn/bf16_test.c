/* bf16_test.c -- rounding to 16 bits by its definition: 8 bits of mantissa, ties to the even neighbour. */
#include <float.h>
#include <math.h>

#include "tests/test.h"

#include "nn/bf16.h"

static double through(double x)
{
    return (double)bf16_value(bf16_nearest((real)x));
}

static void the_nearest_of_two_neighbours_is_taken(void **state)
{
    const double step = 1. / 128; /* between numbers from 1 on */
    assert_true(through(1 + .4 * step) == 1 && through(1 + .6 * step) == 1 + step);
    assert_true(through(1 + .5 * step) == 1 && through(1 + 1.5 * step) == 1 + 2 * step);
    assert_true(through(-3.25) == -3.25 && through(0) == 0);
    assert_true(through(2 - .4 * step) == 2); /* the carry goes into the exponent */
    for (double x = .37; x < 1e30; x *= 5.3)
        assert_true(fabs(through(x) - x) <= x / 256);
}

static void what_is_no_number_stays_none(void **state)
{
    assert_true(isnan(through((double)NAN)));
    uint32_t bits = 0x7fffffff; /* a NaN whose upper half rounds up into the sign */
    float nan;
    memcpy(&nan, &bits, sizeof nan);
    assert_true(isnan(bf16_value(bf16_nearest((real)nan))));
    assert_true(through((double)INFINITY) == (double)INFINITY);
    assert_true(through((double)FLT_MAX) == (double)INFINITY); /* beyond the largest, 3.39e38 */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_nearest_of_two_neighbours_is_taken),
        cmocka_unit_test(what_is_no_number_stays_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
