/* scores_test.c -- which lines of anybody's CSV are whose baseline and floor. */
#include "tests/test.h"

#include "base/file.h"
#include "sweep/scores.h"

static char folder[256];

static int setup(void **state)
{
    test_folder(folder);
    return 0;
}

static int teardown(void **state)
{
    test_folder_end(folder);
    return 0;
}

static const char spaces[] = "space,d,seed,score\n"
                             "full,,1,.98\nfull,,2,.97\n"
                             "a,10,1,.5\na,10,2,.6\na,100,1,.9\na,100,2,.95\n"
                             "b,10,1,.4\nb,10,2,.5\nb,100,1,.9\nb,100,2,.95\n";

/* d90 of the lines above and these. */
static status measure(const char *more, results *r)
{
    char *path = mem_printf("%s/scores.csv", folder);
    char *lines = mem_printf("%s%s", spaces, more);
    assert_ok(file_write(path, lines, strlen(lines)));
    status st = scores_d90(path, "own,gain,.9", 0, false, r);
    mem_free(path);
    mem_free(lines);
    return st;
}

/* The mean floor that each of the two spaces is measured by. */
static void assert_floors(const char *more, double a, double b)
{
    results r;
    assert_ok(measure(more, &r));
    assert_int_equal(r.n_rows, 2 * r.n_rules);
    assert_string_equal(r.rows[0].space, "a");
    assert_near(r.rows[0].floor, a, 1e-12);
    assert_near(r.rows[r.n_rules].floor, b, 1e-12);
    results_clear(&r);
}

static void each_space_has_its_own_floor(void **state)
{
    assert_floors("a,0,1,.1\na,0,2,.2\nb,0,1,.2\nb,0,2,.3\n", .15, .25);
}

static void who_has_no_floor_takes_that_of_full_else_the_first(void **state)
{
    assert_floors("full,0,1,.1\nfull,0,2,.1\n", .1, .1);
    assert_floors("b,0,1,.2\nb,0,2,.3\n", .25, .25);
    assert_floors("a,0,1,.2\na,0,2,.3\nfull,0,1,.1\nfull,0,2,.1\n", .25, .1);
}

static void a_floor_of_one_space_twice_is_refused(void **state)
{
    results r;
    assert_refused(measure("a,0,1,.1\na,0,1,.2\n", &r), ERR_USAGE, "floor");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_space_has_its_own_floor, setup, teardown),
        cmocka_unit_test_setup_teardown(who_has_no_floor_takes_that_of_full_else_the_first, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_floor_of_one_space_twice_is_refused, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
