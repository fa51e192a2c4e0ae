/* latency_test.c -- medians, quartiles and paired ratios by hand, and which rows there are. */
#include "tests/test.h"

#include "measure/latency.h"

static void medians_and_ratios_are_those_of_the_turns(void **state)
{
    const double base[] = {.001, .002, .004, .002, .001}, times[] = {.002, .002, .012, .005, .001};
    latency_row row = {.method = "x"};
    latency_fill(&row, times, base, 5);
    assert_int_equal(row.turns, 5);
    assert_near(row.ms, 2, 1e-12); /* of 1 2 2 5 12 */
    assert_near(row.low, 2, 1e-12);
    assert_near(row.high, 5, 1e-12);
    assert_near(row.ratio, 2, 1e-12); /* of 1 1 2 2.5 3: turn by turn, not 2 ms to 2 ms */
    assert_near(row.ratio_low, 1, 1e-12);
    assert_near(row.ratio_high, 2.5, 1e-12);
    assert_true(isnan(row.ratio_from) && isnan(row.ratio_to)); /* 5 coins: 2 / 32 is above .05 */
    latency_fill(&row, times, base, 4);
    assert_near(row.ms, 3.5, 1e-12); /* of 2 2 5 12: between the two in the middle */
}

static void a_median_s_interval_is_that_of_coins(void **state)
{
    /* numpy: P(Bin(15, .5) <= 3) = .0176, <= 4: .0592; so the 4th of 15 and the 4th from above, which hold the median
     * 96.5 % of the time; of 6 values all: P(0) = .0156 */
    double times[15], base[15];
    latency_row row;
    for (size_t i = 0; i < 15; i++) {
        times[i] = (double)((7 * i) % 15 + 1); /* 1 to 15, shuffled */
        base[i] = 1;
    }
    latency_fill(&row, times, base, 15);
    assert_near(row.ratio, 8, 1e-12);
    assert_near(row.ratio_from, 4, 1e-12);
    assert_near(row.ratio_to, 12, 1e-12);
    latency_fill(&row, (const double[]){6, 1, 5, 2, 4, 3}, base, 6);
    assert_near(row.ratio_from, 1, 1e-12);
    assert_near(row.ratio_to, 6, 1e-12);
}

static void what_merges_has_two_rows_what_adds_tensors_one(void **state)
{
    static const char *const methods[] = {"lora:r=2,targets=q+v", "houlsby:bottleneck=3",
                                          "prefix:prefix=2"};
    static const char *const names[][2] = {{"base", ""},
                                           {"lora:r=2,targets=q+v", "unmerged"},
                                           {"lora:r=2,targets=q+v", "merged"},
                                           {"houlsby:bottleneck=3", ""},
                                           {"prefix:prefix=2", ""}};
    memory_ask ask = {.model = "transformer:width=8,layers=2,heads=2,vocabulary=11",
                      .language = true,
                      .vocabulary = 11,
                      .length = 6,
                      .batch = 1};
    latency_row *rows;
    size_t n;
    assert_ok(latency_measure(&ask, methods, 3, NULL, 3, &rows, &n));
    assert_int_equal(n, 5);
    for (size_t k = 0; k < n; k++) {
        assert_string_equal(rows[k].method, names[k][0]);
        assert_string_equal(rows[k].form, names[k][1]);
        assert_true(rows[k].ms > 0 && rows[k].length == 6 && rows[k].threads == 1);
    }
    assert_int_equal(rows[0].d, 0);
    assert_int_equal(rows[1].d, 2 * 2 * 2 * (8 + 8)); /* layers, q and v, r (rows + columns) */
    assert_true(rows[0].ratio == 1);
    mem_free(rows);
    ask.model = "transformer:width=8,layers=2,heads=2,vocabulary=11,positions=5";
    assert_refused(latency_measure(&ask, methods, 3, NULL, 3, &rows, &n), ERR_USAGE,
                   "texts of 6 tokens");
    assert_null(rows);
    assert_int_equal(n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(medians_and_ratios_are_those_of_the_turns),
        cmocka_unit_test(a_median_s_interval_is_that_of_coins),
        cmocka_unit_test(what_merges_has_two_rows_what_adds_tensors_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
