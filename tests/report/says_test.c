/* says_test.c -- tables of weight updates as people read them. */
#include <string.h>

#include "report/intruders.h"
#include "report/spectra.h"
#include "tests/test.h"

static intruders_row found_in(const char *tensor, const char *side, double gaussian, double rank)
{
    return (intruders_row){.tensor = tensor,
                           .role = "q",
                           .side = side,
                           .epsilon = .5,
                           .multiple = 2,
                           .k = 10,
                           .count = 3,
                           .null_gaussian = gaussian,
                           .null_rank = rank};
}

static void a_null_of_fewer_tensors_says_so(void **state)
{
    const char *left = intruders_sides[0], *right = intruders_sides[1];
    const double none = (double)NAN;
    intruders_row rows[] = {
        found_in("a", left, 1, 2),
        found_in("a", right, 1, 2),
        found_in("b", left, 1, none),
        found_in("b", right, 1, none),
    };
    text out = {0};
    intruders_says(rows, 4, &out);
    assert_non_null(
        strstr(out.text, "    0.5        2  |     6      2     2   |     6      2     2\n"));
    assert_non_null(strstr(out.text, "\nrank: a null of 1 of the 2 tensors\n"));
    assert_null(strstr(out.text, "gauss.: a null"));
    text_clear(&out);
}

static void a_long_role_is_not_cut(void **state)
{
    spectrum_row rows[] = {
        {.about = {.tensor = "a", .role = "positions", .m = 512, .n = 64, .norm = 1}},
        {.about = {.tensor = "b", .role = "q", .m = 64, .n = 64, .norm = 2}},
        {.about = {.tensor = "c", .role = "q", .m = 64, .n = 64, .norm = 4}}};
    text out = {0};
    spectra_words(rows, 3, false, &out);
    assert_non_null(strstr(out.text, "role         shape "));
    assert_non_null(strstr(out.text, "\npositions x1 512x64 "));
    assert_non_null(strstr(out.text, "\nq x2         64x64                  3 (2-4) "));
    text_clear(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_null_of_fewer_tensors_says_so),
        cmocka_unit_test(a_long_role_is_not_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
