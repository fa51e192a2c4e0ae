/* compare_test.c -- variance.csv and paired.csv in words. */
#include "tests/report/world.h"

#include "report/compare.h"
#include "report/page.h"

#define VARIANCE_HEAD "space,vary,source,rule,seeds,sd,sd_low,sd_high,seeds_open\n"
#define PAIRED_HEAD                                                                                \
    "space_a,space_b,vary,what,rule,d,seeds,a,b,effect,low,low_state,high,high_state,test_low,"    \
    "test_low_state,test_high,test_high_state,p,test_p,mcnemar_p\n"

static char said[4096];

static void read_back(const char *variance, const char *paired)
{
    char folder[256];
    compare c;
    text t = {0};
    test_folder(folder);
    if (variance)
        world_put(folder, "variance.csv", variance);
    if (paired)
        world_put(folder, "paired.csv", paired);
    assert_ok(compare_load(&c, folder));
    compare_sources(&c, "- ", "\n", &t);
    compare_pairs(&c, "- ", "\n", &t);
    snprintf(said, sizeof said, "%s", t.text ? t.text : "");
    text_clear(&t);
    compare_clear(&c);
    test_folder_end(folder);
}

static void sources_are_said_in_percent(void **state)
{
    read_back(VARIANCE_HEAD "onehot,theta0,theta0,r,3,0.031,0.0161,0.195,0\n"
                            "onehot,P,P,r,5,0.0504,0.03,0.145,1\n",
              NULL);
    assert_string_equal(
        said, "- sd of ln d90 by source, onehot: theta0 3.1 % (1.6 to 20; 3 seeds); P 5 % "
              "(3 to 14; 5 seeds) or more: 1 at the grid's end\n");
}

static void a_crossed_design_is_said_as_one(void **state)
{
    read_back(VARIANCE_HEAD
              "onehot,theta0*P,theta0,r,3,0.03,0,0.2,0\n"
              "onehot,theta0*P,P,r,3,0,0,0.1,0\nonehot,theta0*P,theta0*P,r,9,0.02,0.01,0.06,0\n",
              NULL);
    assert_string_equal(
        said, "- sd of ln d90 by source, onehot: theta0*P crossed: theta0 3 % (0 to 20; 3 "
              "seeds), P 0 % (0 to 10; 3 seeds), their interaction 2 % (1 to 6; 9 "
              "pairs)\n");
}

/* The spread of whole seeds is the interval's business. */
static void all_together_alone_is_not_said(void **state)
{
    read_back(VARIANCE_HEAD "onehot,all,all,r,3,0.03,0.01,0.2,0\n", NULL);
    assert_string_equal(said, "");
}

static void a_ratio_and_the_d_that_differ_are_said(void **state)
{
    read_back(NULL, PAIRED_HEAD
              "onehot,dense,all,score,,10,3,.5,.4,.1,.05,exact,.15,exact,,,,,.01,,\n"
              "onehot,dense,all,score,,32,3,.6,.6,0,-.05,exact,.05,exact,,,,,1,,\n"
              "onehot,dense,all,score,,100,3,.7,.8,-.1,-.15,exact,-.05,exact,-.2,exact,.01,"
              "exact,.01,.06,.001\n"
              "onehot,dense,all,d90,r,,3,95,100,.95,.8,exact,1.12,exact,.79,exact,1.14,exact,"
              ".2,.25,\n");
    assert_string_equal(
        said, "- onehot: d90 is 0.95 times that of dense (95 % 0.79 to 1.14, p = 0.25; paired "
              "on 3 seeds' own crossings, not the mean curves', with the test set's error); scores "
              "differ at 1 of 3 common "
              "d: +0.1000 at d = 10\n");
}

static void an_open_end_says_the_other(void **state)
{
    read_back(NULL, PAIRED_HEAD "a,b,P,d90,r,,3,1000,400,,2.1,exact,,above,,,,,,,\n");
    assert_string_equal(said,
                        "- seeds of P: a: d90 is more than 2.10 times that of b (95 %; paired on 3 "
                        "seeds' own crossings, not the mean curves'); no d in common: their scores "
                        "are not compared\n");
    read_back(NULL, PAIRED_HEAD "a,b,all,d90,r,,3,400,1000,,,below,.5,exact,,,,,,,\n");
    assert_non_null(strstr(said, "d90 is less than 0.50 times that of b"));
    read_back(NULL, PAIRED_HEAD "a,b,all,d90,r,,3,1000,1000,,,below,,above,,,,,,,\n");
    assert_non_null(strstr(said, "d90 is not measurable beside that of b"));
}

static void two_seeds_have_no_interval_in_words(void **state)
{
    read_back(NULL, PAIRED_HEAD "a,b,all,score,,10,2,.5,.4,.1,,,,,,,,,,,\n"
                                "a,b,all,d90,r,,2,95,100,.95,,,,,,,,,,,\n");
    assert_string_equal(
        said, "- a: d90 is 0.95 times that of b (no interval; paired on 2 seeds' own crossings, "
              "not the mean curves'); scores at 1 common d; intervals take three seeds\n");
}

static void files_that_are_not_there_say_nothing(void **state)
{
    read_back(NULL, NULL);
    assert_string_equal(said, "");
}

static void a_cell_that_is_no_number_is_refused(void **state)
{
    char folder[256];
    compare c;
    test_folder(folder);
    world_put(folder, "variance.csv", VARIANCE_HEAD "onehot,P,P,r,3,much,,,0\n");
    assert_refused(compare_load(&c, folder), ERR_FORMAT, "sd");
    world_put(folder, "variance.csv", VARIANCE_HEAD);
    world_put(folder, "paired.csv", PAIRED_HEAD "a,b\033[2J,all,d90,r,,2,95,100,.95,,,,,,,,,,,\n");
    assert_refused(compare_load(&c, folder), ERR_FORMAT, "control character");
    world_put(folder, "paired.csv", PAIRED_HEAD "a,b,all,d90,r,,2,95,100,.95,1,above,,,,,,,,,\n");
    assert_refused(compare_load(&c, folder), ERR_FORMAT, "does not go with");
    test_folder_end(folder);
}

static void the_page_has_the_table(void **state)
{
    char folder[256], path[512], *page;
    size_t n;
    test_folder(folder);
    world_make(folder);
    world_put(folder, "paired.csv",
              PAIRED_HEAD "a<b,b,all,score,,10,3,.5,.4,.1,.05,exact,.15,exact,,,,,.01,,\n"
                          "a<b,b,all,d90,r,,3,1000,400,,2.1,exact,,above,,,,,,,\n");
    assert_ok(page_write(folder, NULL));
    snprintf(path, sizeof path, "%s/report.html", folder);
    assert_ok(file_read(path, 1 << 20, &page, &n));
    assert_non_null(strstr(page, "<h2>Compared</h2>"));
    assert_non_null(strstr(page, "<td>a&lt;b</td>"));
    assert_non_null(strstr(page, "+0.0500 to +0.1500"));
    assert_non_null(strstr(page, "2.1 to open"));
    mem_free(page);
    test_folder_end(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sources_are_said_in_percent),
        cmocka_unit_test(a_crossed_design_is_said_as_one),
        cmocka_unit_test(all_together_alone_is_not_said),
        cmocka_unit_test(a_ratio_and_the_d_that_differ_are_said),
        cmocka_unit_test(an_open_end_says_the_other),
        cmocka_unit_test(two_seeds_have_no_interval_in_words),
        cmocka_unit_test(files_that_are_not_there_say_nothing),
        cmocka_unit_test(a_cell_that_is_no_number_is_refused),
        cmocka_unit_test(the_page_has_the_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
