/* beside_test.c -- published d90 beside folders written by hand. Ratios by numpy: Welch's nu, t_quantile of
 * docs/check_d90.py; the slope as in slope_test.c. */
#include "tests/report/world.h"

#include "report/beside.h"

static const char head[] =
    "space,baseline_rule,threshold_rule,level,better,rule,baseline,floor,threshold,d90_state,d90_"
    "fit,d90_low,d90_low_state,"
    "d90_high,d90_high_state,d_min,d_max,seeds,d90_seeds,d90_seeds_sd,seeds_above,seeds_below\n";
#define FIXED ",fixed,raw,0.9,higher,the rule,1,0.1,0.9,"

/* ROOT/WHERE with one space, named in `row`. */
static void put_folder(const char *root, const char *where, double D, const char *rows)
{
    char folder[400];
    text t = {0};
    snprintf(folder, sizeof folder, "%s/%s", root, where);
    assert_ok(file_make_folder(folder));
    text_add(&t, "%s%s", head, rows);
    world_put(folder, "d90.csv", t.text);
    t.length = 0;
    text_add(
        &t, "run_id,space,d_total,D,role,seed,score,epochs\n0,fastfood,10,%.0f,score,1,.5,20\n", D);
    world_put(folder, "runs.csv", t.text);
    text_clear(&t);
}

static void put_tables(const char *root, const char *published, const char *trends)
{
    text t = {0};
    world_put(root, "experiments.csv",
              "name,paper,figure,committed,page\nplain,A,table "
              "1,paper:old-plain+desk:other,notes/plain.md\n"
              "more,A,table 2,,\nnets,B,code,,\nelse,B,figure 1,,notes/else.md\n");
    text_add(&t, "name,rule,published,low,high,scales,note\n%s", published);
    world_put(root, "published.csv", t.text ? t.text : "");
    t.length = 0;
    text_add(&t, "name,kind,a,space_a,b,space_b,rule,published,low,high,note\n%s", trends);
    world_put(root, "trends.csv", t.text);
    text_clear(&t);
}

#define EXACT(fit_, low_, high_, seeds_, mean_, sd_)                                               \
    "fastfood" FIXED "exact," fit_ "," low_ ",exact," high_ ",exact,100,2000," seeds_ "," mean_    \
    "," sd_ ",0,0\n"
#define ABOVE "fastfood" FIXED "above,,,,,,100,2000,3,,,3,0\n"
#define BELOW "fastfood" FIXED "below,,,,,,100,2000,3,,,0,3\n"

static void a_d90_agrees_when_it_lies_in_the_band(void **state)
{
    static const struct {
        const char *row, *low, *high, *verdict;
    } cases[] = {
        {EXACT("700", "600", "800", "3", "700", ".06"), "650", "900", "agrees"},
        {EXACT("600", "500", "700", "3", "600", ".06"), "650", "900", "touches"},
        {EXACT("500", "400", "600", "3", "500", ".06"), "650", "900", "differs"},
        {EXACT("950", "910", "990", "3", "950", ".02"), "650", "900", "differs"},
        {EXACT("700", "600", "800", "3", "700", ".06"), "", "", "no band"},
        {ABOVE, "650", "900", "differs"},
        {ABOVE, "650", "3000", "open"},
        {BELOW, "650", "900", "differs"},
        {BELOW, "50", "900", "open"},
    };
    char root[256];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        text row = {0};
        beside b;
        test_folder(root);
        text_add(&row, "more,\"fixed,.9\",750,%s,%s,,why\n", cases[i].low, cases[i].high);
        put_tables(root, row.text, "");
        put_folder(root, "repro/more-quick", 1000, cases[i].row);
        assert_ok(beside_load(&b, root, (found_place){.root = root}));
        assert_int_equal(b.rows[0].n, 1);
        assert_string_equal(b.rows[0].figures[0].verdict, cases[i].verdict);
        assert_int_equal(beside_count(&b, cases[i].verdict), 1);
        text_clear(&row);
        beside_clear(&b);
    }
}

static void folders_of_every_scale_are_found_the_largest_first(void **state)
{
    const char row[] = EXACT("700", "600", "800", "3", "700", ".06");
    char root[256];
    beside b;
    test_folder(root);
    put_tables(root,
               "plain,\"fixed,.9\",750,650,900,,\nplain/part,\"fixed,.9\",1,,,,\n"
               "nets/"
               "a,\"fixed,.9\",1,,,,\nplain,\"own,.9\",1,,,,\nnets,\"fixed,.9\",1,,,,\nplain,"
               "\"fixed,.9\",1,,,desk+quick,\n",
               "");
    put_folder(root, "reference/old-plain", 1000, row);
    put_folder(root, "reference/plain-quick", 1000, row);
    put_folder(root, "reference/nets", 1000, row);
    put_folder(root, "repro/plain-desk", 1000, row);
    put_folder(root, "repro/nets-desk/desk.a-synth-fc-1", 1000, row);
    put_folder(root, "repro/nets-desk/desk.ab-synth-fc-1", 1000, row);
    assert_ok(beside_load(&b, root, (found_place){.root = root}));
    assert_int_equal(b.rows[0].n, 3);
    assert_non_null(strstr(b.rows[0].figures[0].from, "reference/old-plain"));
    assert_non_null(strstr(b.rows[0].figures[1].from, "repro/plain-desk"));
    assert_non_null(strstr(b.rows[0].figures[2].from, "reference/plain-quick"));
    assert_int_equal(b.rows[1].n, 0); /* a folder of one question has no parts */
    assert_string_equal(b.rows[1].missing, "not run");
    assert_int_equal(b.rows[2].n, 1); /* a, and not ab */
    assert_string_equal(b.rows[3].missing, "run, but not measured by this rule");
    assert_int_equal(b.rows[4].n, 3); /* without a scale in its name: desk */
    assert_int_equal(b.rows[5].n, 2); /* and not the paper's */
    beside_clear(&b);
    assert_ok(beside_load(&b, root, (found_place){.root = root, .scale = "desk"}));
    assert_int_equal(b.rows[0].n, 1);
    beside_clear(&b);
}

/* By one row of trends.csv over plain (700, sd .05 of 3 seeds) and more. */
static void ratio_is(const char *more, const char *band, const char *value, const char *interval,
                     const char *verdict)
{
    char root[256];
    text row = {0};
    beside b;
    test_folder(root);
    text_add(&row, "claim,ratio,more,,plain,,\"fixed,.9\",,%s,\n", band);
    put_tables(root, "", row.text);
    put_folder(root, "repro/plain-desk", 1000, EXACT("705", "615", "800", "3", "700", ".05"));
    put_folder(root, "repro/more-desk", 1000, more);
    put_folder(root, "repro/more-paper", 1000, more); /* of another scale: no pair */
    assert_ok(beside_load(&b, root, (found_place){.root = root}));
    assert_int_equal(b.rows[0].n, 1);
    assert_string_equal(b.rows[0].figures[0].value, value);
    assert_string_equal(b.rows[0].figures[0].interval, interval);
    assert_string_equal(b.rows[0].figures[0].verdict, verdict);
    text_clear(&row);
    beside_clear(&b);
}

static void a_ratio_has_welch_s_interval_and_its_verdict(void **state)
{
    static const char twice[] = EXACT("1800", "1500", "2000", "5", "1750", ".1");
    ratio_is(twice, "2,", "2.5", "2.19 to 2.85", "agrees");
    ratio_is(twice, "2.5,", "2.5", "2.19 to 2.85", "open");
    ratio_is(twice, "3,", "2.5", "2.19 to 2.85", "differs");
    ratio_is(twice, ",2", "2.5", "2.19 to 2.85", "differs");
    ratio_is(twice, "2.6,2.6", "2.5", "2.19 to 2.85", "open");
    ratio_is(twice, "1,1", "2.5", "2.19 to 2.85", "differs");
}

static void bounds_make_bounds(void **state)
{
    /* above 2000 over 615 to 800; below 100 over the same; and a seed that never passes */
    ratio_is(ABOVE, "2.4,", "> 2.84", "2.5 to above", "agrees");
    ratio_is(ABOVE, ",2.4", "> 2.84", "2.5 to above", "differs");
    ratio_is(ABOVE, "3,", "> 2.84", "2.5 to above", "open");
    ratio_is(BELOW, ",1", "< 0.142", "0 to 0.163", "agrees");
    ratio_is("fastfood" FIXED "exact,1800,1500,exact,,above,100,2000,3,1750,.1,1,0\n", "1,", "2.55",
             "1.88 to above", "agrees");
    ratio_is("fastfood" FIXED "unmeasurable,,,,,,100,2000,3,,,0,0\n", "1,", "not known", "",
             "open");
}

static void spaces_are_told_apart_or_alike(void **state)
{
    static const char two[] =
        "dense" FIXED "exact,1400,1300,exact,1500,exact,100,2000,3,1400,.03,0,0\n"
        "fastfood" FIXED "exact,700,650,exact,750,exact,100,2000,3,700,.03,0,0\n";
    char root[256];
    beside b;
    test_folder(root);
    put_tables(root, "",
               "alike,ratio,more,,plain,,\"fixed,.9\",,,,\n"
               "apart,ratio,more,dense,more,fastfood,\"fixed,.9\",,,,\n"
               "gone,ratio,more,,nets,,\"fixed,.9\",,,,\n");
    put_folder(root, "repro/plain-desk", 1000, EXACT("705", "615", "800", "3", "700", ".05"));
    put_folder(root, "repro/more-desk", 1000, two);
    assert_ok(beside_load(&b, root, (found_place){.root = root}));
    assert_int_equal(b.rows[0].n, 1);
    assert_string_equal(b.rows[0].figures[0].value, "1");
    assert_string_equal(b.rows[0].figures[0].how, "fastfood, 20 epochs");
    assert_int_equal(b.rows[1].n, 1);
    assert_string_equal(b.rows[1].figures[0].value, "2");
    assert_string_equal(b.rows[1].figures[0].how, "dense against fastfood, 20 epochs");
    assert_string_equal(b.rows[2].missing, "not run: nets");
    beside_clear(&b);
}

/* The five networks of slope_test.c, all with 3 seeds of sd .06: by numpy as there. */
static void networks_have_a_slope(void **state)
{
    static const double D[5] = {39760, 49960, 199210, 318010, 959610};
    static const char *const d[5] = {"610", "655", "620", "690", "668"};
    char root[256];
    beside b;
    test_folder(root);
    put_tables(root, "", "claim,slope,nets,,,,\"fixed,.9\",,-0.1,0.1,\n");
    for (size_t i = 0; i < 5; i++) {
        text row = {0};
        char where[64];
        snprintf(where, sizeof where, "repro/nets-desk/desk-mnist-fc-%zu", i + 1);
        text_add(&row, "fastfood" FIXED "exact,%s,500,exact,800,exact,100,2000,3,%s,.06,0,0\n",
                 d[i], d[i]);
        put_folder(root, where, D[i], row.text);
        text_clear(&row);
    }
    assert_ok(beside_load(&b, root, (found_place){.root = root}));
    assert_int_equal(b.rows[0].n, 1);
    const beside_figure *p = &b.rows[0].figures[0];
    assert_string_equal(p->value, "0.0227");
    assert_string_equal(p->interval, "-0.0351 to 0.0806");
    assert_string_equal(p->verdict, "agrees");
    assert_string_equal(
        p->how,
        "fastfood, 20 epochs, 5 networks; networks differ by 3.3 % beside the line, seeds by 6 %");
    assert_null(strstr(p->from, "desk-mnist"));
    beside_clear(&b);
    /* a sixth without a d90 may be the one that matters */
    put_folder(root, "repro/nets-desk/desk-mnist-fc-6", 2e6, ABOVE);
    assert_ok(beside_load(&b, root, (found_place){.root = root}));
    assert_string_equal(b.rows[0].figures[0].verdict, "open");
    assert_non_null(strstr(b.rows[0].figures[0].how, "6 networks, 1 without a d90 of every seed"));
    beside_clear(&b);
}

/* ln lr = -.5 ln d + noise at 5 d: numpy's least squares, t_.975 of 3 degrees as in slope_test.c. Tuning runs and other
 * spaces are no part of it, and all seeds of a d are one point. */
static void chosen_rates_have_a_slope(void **state)
{
    static const double d[5] = {100, 400, 1600, 6400, 25600}, lr[5] = {.05, .02, .01, .005, .003};
    char root[256];
    beside b;
    text t = {0};
    test_folder(root);
    put_tables(root, "", "claim,rate,more,,,,\"fixed,.9\",,-0.6,-0.4,\n");
    put_folder(root, "repro/more-desk", 1000, EXACT("700", "600", "800", "3", "700", ".06"));
    text_add(&t, "run_id,space,d_total,D,role,seed,score,epochs,lr\n");
    for (size_t i = 0; i < 5; i++)
        for (size_t seed = 1; seed <= 2; seed++)
            text_add(&t, "%zu,fastfood,%.0f,199210,score,%zu,.5,20,%g\n", 10 * i + seed, d[i], seed,
                     lr[i]);
    text_add(&t, "98,fastfood,200,199210,tune,1,,20,9\n99,full,199210,199210,baseline,1,.9,20,9\n");
    char folder[400];
    snprintf(folder, sizeof folder, "%s/repro/more-desk", root);
    world_put(folder, "runs.csv", t.text);
    text_clear(&t);
    assert_ok(beside_load(&b, root, (found_place){.root = root}));
    assert_int_equal(b.rows[0].n, 1);
    assert_string_equal(b.rows[0].figures[0].value, "-0.506");
    assert_string_equal(b.rows[0].figures[0].interval, "-0.599 to -0.413");
    assert_string_equal(b.rows[0].figures[0].how, "fastfood, 5 d, 20 epochs");
    assert_string_equal(b.rows[0].figures[0].verdict, "agrees");
    beside_clear(&b);
}

/* 2.5 2.4 2.7 less 2.9 2.7 3.2: mean -.4, sd .1, t_{.975}(2) = 4.30265 */
static void scores_of_one_seed_are_subtracted(void **state)
{
    static const char *const rows[] = {"q,5,1,2.9", "q,5,2,2.7", "q,5,3,3.2", "q,2,1,4",
                                       "v,5,3,2.7", "v,5,1,2.5", "v,5,2,2.4", "v,5,4,9"};
    char root[256], folder[400];
    beside b;
    text t = {0};
    test_folder(root);
    put_tables(
        root, "",
        "claim,score,more,v,more,q,\"own,.9\",,,0,\nclaim,score,more,v,more,k,\"own,.9\",,,0,"
        "\nclaim,score,more,v,plain,q,\"own,.9\",,,0,\n");
    snprintf(folder, sizeof folder, "%s/repro/more-desk", root);
    put_folder(root, "repro/more-desk", 1000,
               "v" FIXED "above,,,,,,5,5,3,,,3,0\nq" FIXED "above,,,,,,2,5,3,,,3,0\n");
    text_add(&t, "run_id,space,d_total,seed,score,role,epochs,D,metric\n");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        text_add(&t, "%zu,%s,score,1,1000,nats\n", i, rows[i]);
    world_put(folder, "runs.csv", t.text);
    text_clear(&t);
    assert_ok(beside_load(&b, root, (found_place){.root = root}));
    assert_int_equal(b.rows[0].n, 1);
    assert_string_equal(b.rows[0].what, "more v less more q");
    assert_string_equal(b.rows[0].figures[0].value, "-0.4");
    assert_string_equal(b.rows[0].figures[0].interval, "-0.648 to -0.152");
    assert_string_equal(b.rows[0].figures[0].verdict, "agrees");
    assert_string_equal(b.rows[0].figures[0].how, "nats, 5 against 5 numbers, 3 seeds");
    assert_string_equal(b.rows[1].missing, "not run: both at one scale");
    assert_string_equal(b.rows[2].missing, "not run: plain");
    beside_clear(&b);
}

/* A script's own numbers: 1.2 to 1.4 lies above 1; nothing is said of what the script did not write. */
static void what_a_script_measured_has_its_verdict(void **state)
{
    char root[256], folder[400];
    beside b;
    test_folder(root);
    put_tables(
        root, "",
        "slower,measured,more,adapter,,,,1.21,1,,\nlevel,measured,more,merged,,,,1,.97,1.03,\n"
        "gone,measured,more,other,,,,,1,,\nnever,measured,nets,merged,,,,,1,,\n"
        "only,measured,more,merged,,,,,,,\n");
    snprintf(folder, sizeof folder, "%s/repro/more-desk", root);
    assert_ok(file_make_folder(folder));
    world_put(folder, "measured.csv",
              "name,value,low,high\nadapter,1.3,1.2,1.4\nmerged,1,.9,1.02\n");
    assert_ok(beside_load(&b, root, (found_place){.root = root}));
    assert_int_equal(b.rows[0].n, 1);
    assert_string_equal(b.rows[0].what, "more: adapter");
    assert_string_equal(b.rows[0].figures[0].value, "1.3");
    assert_string_equal(b.rows[0].figures[0].interval, "1.2 to 1.4");
    assert_string_equal(b.rows[0].figures[0].how, "desk");
    assert_string_equal(b.rows[0].figures[0].verdict, "agrees");
    assert_string_equal(b.rows[1].figures[0].verdict, "open"); /* below .97 perhaps */
    assert_string_equal(b.rows[2].missing, "run, but not measured");
    assert_string_equal(b.rows[3].missing, "not run: nets");
    assert_string_equal(b.rows[4].figures[0].verdict, "no band");
    beside_clear(&b);
}

/* "else" stands in neither table; "more" does. */
static void what_stands_in_no_table_is_told_with_its_page(void **state)
{
    char root[256], folder[400];
    beside b;
    text t = {0};
    test_folder(root);
    put_tables(root, "plain,\"fixed,.9\",750,,,,\n", "claim,ratio,more,,nets,,\"fixed,.9\",,1,,\n");
    snprintf(folder, sizeof folder, "%s/reference/else", root);
    assert_ok(file_make_folder(folder));
    put_folder(root, "repro/more-desk", 1000, EXACT("700", "600", "800", "3", "700", ".06"));
    put_folder(root, "reference/old-plain", 1000, ABOVE);
    assert_ok(beside_load(&b, root, (found_place){.root = root}));
    assert_string_equal(b.rows[0].page, "notes/plain.md");
    assert_string_equal(b.rows[1].page, "");
    assert_int_equal(b.n_alone, 1);
    assert_string_equal(b.alone[0].name, "else");
    assert_string_equal(b.alone[0].from.text, folder);
    beside_text(&b, &t);
    assert_non_null(strstr(t.text, "else (B, figure 1): see notes/else.md\n"));
    assert_non_null(strstr(t.text, "see notes/plain.md"));
    t.length = 0;
    beside_html(&b, &t);
    assert_non_null(strstr(t.text, "<li>else (B, figure 1): see notes/else.md; "));
    text_clear(&t);
    beside_clear(&b);
}

static void a_row_that_says_nothing_is_refused(void **state)
{
    char root[256];
    beside b;
    test_folder(root);
    put_tables(root, "", "claim,product,more,,plain,,\"fixed,.9\",,1,,\n");
    assert_int_equal(beside_load(&b, root, (found_place){.root = root}), ERR_FORMAT);
    assert_non_null(strstr(error_text(), "none of ratio, slope, rate, score and measured"));
    beside_clear(&b);
    put_tables(root, "more,\"fixed,.9\",750,wide,,,\n", "");
    assert_int_equal(beside_load(&b, root, (found_place){.root = root}), ERR_FORMAT);
    beside_clear(&b);
    put_tables(root, "more,\"fast,.9\",750,,,,\n", "");
    assert_int_equal(beside_load(&b, root, (found_place){.root = root}), ERR_USAGE);
    beside_clear(&b);
}

static void every_form_escapes_what_is_not_its_own(void **state)
{
    char root[256];
    beside b;
    text t = {0};
    test_folder(root);
    put_tables(root, "more,\"fixed,.9\",750,650,900,,a & b <i> | 5 %\n", "");
    put_folder(root, "repro/more-quick", 1000, EXACT("500", "400", "600", "3", "500", ".06"));
    assert_ok(beside_load(&b, root, (found_place){.root = root}));
    beside_html(&b, &t);
    assert_non_null(strstr(t.text, "a &amp; b &lt;i&gt; | 5 %"));
    assert_null(strstr(t.text, "<script"));
    assert_null(strstr(t.text, "script-src"));
    t.length = 0;
    beside_markdown(&b, &t);
    assert_non_null(strstr(t.text, "| more | fixed,.9 | 750 | 500 | 400 to 600 | 650 to 900 | "
                                   "differs | fastfood, 20 epochs | a & b \\<i> \\| 5 % |\n"));
    t.length = 0;
    beside_latex(&b, &t);
    assert_non_null(strstr(
        t.text, "more & fixed,.9 & 750 & 500 & 400 to 600 & 650 to 900 & differs & fastfood, 20"));
    t.length = 0;
    beside_text(&b, &t);
    assert_non_null(strstr(t.text, "    differs  500 (400 to 600); fastfood, 20 epochs\n"));
    for (const char *line = t.text; *line; line += strcspn(line, "\n") + 1)
        assert_true(strcspn(line, "\n") <= 80 || strstr(line, "/repro/"));
    text_clear(&t);
    beside_clear(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_d90_agrees_when_it_lies_in_the_band),
        cmocka_unit_test(folders_of_every_scale_are_found_the_largest_first),
        cmocka_unit_test(a_ratio_has_welch_s_interval_and_its_verdict),
        cmocka_unit_test(bounds_make_bounds),
        cmocka_unit_test(spaces_are_told_apart_or_alike),
        cmocka_unit_test(networks_have_a_slope),
        cmocka_unit_test(chosen_rates_have_a_slope),
        cmocka_unit_test(scores_of_one_seed_are_subtracted),
        cmocka_unit_test(what_a_script_measured_has_its_verdict),
        cmocka_unit_test(what_stands_in_no_table_is_told_with_its_page),
        cmocka_unit_test(a_row_that_says_nothing_is_refused),
        cmocka_unit_test(every_form_escapes_what_is_not_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
