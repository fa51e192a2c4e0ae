/* curve_test.c -- a results folder is read as it stands, and what is wrong with it is named. */
#include "report/curve.h"
#include "tests/report/world.h"

static void runs_and_means_are_in_order(void **state)
{
    char folder[256];
    curves c;
    test_folder(folder);
    world_make(folder);
    assert_ok(curves_load(&c, folder));
    assert_int_equal(c.n, 2);
    const curve_space *s = &c.spaces[0];
    assert_string_equal(s->space, "onehot");
    assert_int_equal(s->n_runs, 15);
    assert_int_equal(s->n_means, 5);
    for (size_t i = 1; i < s->n_runs; i++)
        assert_true(s->runs[i].d > s->runs[i - 1].d ||
                    (s->runs[i].d >= s->runs[i - 1].d && s->runs[i].seed > s->runs[i - 1].seed));
    for (size_t i = 0; i < 5; i++) {
        assert_near(s->means[i].mean, .1 + .2 * (double)i - (i == 4 ? .02 : 0), 1e-12);
        assert_int_equal(s->means[i].n, 3);
    }
    assert_string_equal(c.data, "mnist");
    assert_string_equal(c.epochs, "5");
    assert_near(c.D, 1234567, 0);
    assert_int_equal(c.n_failed, 1);
    assert_false(c.mixed);
    curves_clear(&c);
    test_folder_end(folder);
}

static void the_headline_row_is_read_whole(void **state)
{
    char folder[256];
    curves c;
    test_folder(folder);
    world_make(folder);
    world_put(
        folder, "d90.csv",
        D90_HEAD D90_ONEHOT
        "onehot,own,raw,0.5,higher,other,0.9,0.003,3,0.1,0.45,below,,,,,,10,1000,3,0,0,0,0,0,1\n"
        "open,own,raw,0.9,higher,r,0.9,0.003,3,0.1,0.81,exact,500,,below,,above,10,1000,3,0,"
        "0,0,0,0,1\n");
    assert_ok(curves_load(&c, folder));
    assert_int_equal(c.n_rows, 3);
    assert_int_equal(c.n, 2);
    const d90_row *r = &c.spaces[0].row;
    assert_int_equal(r->state, IDIM_EXACT);
    assert_near(r->fit, 638.9, 0);
    assert_near(r->low, 512.3, 0);
    assert_near(r->high, 797.1, 0);
    assert_string_equal(r->words, "own baseline, raw .9, d90_fit, 3 seeds");
    assert_int_equal(r->n_seeds, 3);
    assert_true(isnan(r->auc)); /* the file has no such column */
    assert_int_equal(c.rows[1].state, IDIM_BELOW);
    assert_true(isnan(c.rows[1].low));
    r = &c.spaces[1].row; /* open ends are 0 and INFINITY in a row, NaN and a word in a space */
    assert_true(r->low <= 0 && isinf(r->high));
    assert_true(isnan(c.spaces[1].low) && isnan(c.spaces[1].high));
    assert_string_equal(c.spaces[1].low_state, "below");
    assert_string_equal(c.spaces[1].high_state, "above");
    curves_clear(&c);
    test_folder_end(folder);
}

/* d90.csv's second line with one cell exchanged is refused with this part of a sentence. */
static void d90_refused(const char *folder, const char *from, const char *to, const char *part)
{
    curves c;
    char line[1024] = D90_ONEHOT, *at = strstr(line, from);
    text t = {0};
    assert_non_null(at);
    text_add(&t, "%s%.*s%s%s", D90_HEAD, (int)(at - line), line, to, at + strlen(from));
    world_put(folder, "d90.csv", t.text);
    text_clear(&t);
    assert_refused(curves_load(&c, folder), ERR_FORMAT, part);
    assert_null(c.rows);
}

static void wrong_cells_of_d90_are_named(void **state)
{
    char folder[256];
    test_folder(folder);
    world_make(folder);
    d90_refused(folder, ",exact,638.9", ",perhaps,638.9",
                "d90.csv:2: column d90_state: \"perhaps\"");
    d90_refused(folder, "638.9", "", "d90.csv:2: column d90_fit");
    d90_refused(folder, "638.9", "-3", "d90.csv:2: column d90_fit");
    d90_refused(folder, "638.9", "many", "d90.csv:2: column d90_fit: \"many\" is no number");
    d90_refused(folder, "512.3,exact", "512.3,below", "d90.csv:2: column d90_low_state");
    d90_refused(folder, "512.3,exact", ",exact", "d90.csv:2: column d90_low_state");
    d90_refused(folder, "512.3", "0", "d90.csv:2: column d90_low: \"0\"");
    d90_refused(folder, "10,1000", "0,1000", "d90.csv:2: column d_min");
    d90_refused(folder, "10,1000", ",1000", "d90.csv:2: column d_min");
    d90_refused(folder, "10,1000", "10,9", "d90.csv:2: column d_max");
    d90_refused(folder, "1000,3", "1000,-3", "d90.csv:2: column seeds");
    d90_refused(folder, "1000,3", "1000,1e300", "d90.csv:2: column seeds");
    d90_refused(folder, "onehot", "", "d90.csv:2: column space");
    d90_refused(folder, "onehot", "one\33[31mhot", "control character");
    d90_refused(folder, "onehot", "one\xc2\x9bhot", "control character");
    test_folder_end(folder);
}

static void wrong_cells_of_runs_are_named(void **state)
{
    static const struct {
        const char *row, *part;
    } bad[] = {
        {"1,onehot,10,5,score,1,ok,accuracy,high,,,m,f,a,5,0\n",
         "runs.csv:2: column score: \"high\""},
        {"1,onehot,0,5,score,1,ok,accuracy,.5,,,m,f,a,5,0\n", "runs.csv:2: column d_total: \"0\""},
        {"1,onehot,,5,score,1,ok,accuracy,.5,,,m,f,a,5,0\n", "runs.csv:2: column d_total"},
        {"1,onehot,-1,5,score,1,ok,accuracy,.5,,,m,f,a,5,0\n", "runs.csv:2: column d_total"},
        {"1,onehot,10,5,score,x,ok,accuracy,.5,,,m,f,a,5,0\n", "runs.csv:2: column seed"},
        {"1,onehot,10,5,score,1,ok,accuracy,.5,,,\33]0;x\a,f,a,5,0\n", "control character"},
        {"1,onehot,10,5,score\n", "runs.csv:2: 5 cells"},
    };
    char folder[256];
    curves c;
    test_folder(folder);
    world_make(folder);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        text t = {0};
        text_add(&t, RUNS_HEAD "%s", bad[i].row);
        world_put(folder, "runs.csv", t.text);
        text_clear(&t);
        assert_refused(curves_load(&c, folder), ERR_FORMAT, bad[i].part);
    }
    world_put(folder, "runs.csv", "space,d_total,seed,role\n");
    assert_refused(curves_load(&c, folder), ERR_FORMAT, "no column score");
    world_put(folder, "d90.csv", "space,rule\n");
    assert_refused(curves_load(&c, folder), ERR_FORMAT, "no column baseline");
    test_folder_end(folder);
}

static void missing_files_are_named(void **state)
{
    char folder[256], path[512];
    curves c;
    test_folder(folder);
    assert_refused(curves_load(&c, folder), ERR_FILE, "runs.csv");
    world_make(folder);
    snprintf(path, sizeof path, "%s/d90.csv", folder);
    remove(path);
    assert_refused(curves_load(&c, folder), ERR_FILE, "d90.csv");
    curves_clear(&c); /* what a failure left */
    test_folder_end(folder);
}

static void five_columns_of_anybodys_runs_are_enough(void **state)
{
    char folder[256];
    curves c;
    test_folder(folder);
    world_make(folder);
    world_put(folder, "runs.csv",
              "space,role,seed,score,d_total\nonehot,score,1,.5,10\nelse,score,1,.5,10\n");
    assert_ok(curves_load(&c, folder));
    assert_int_equal(c.spaces[0].n_runs, 1);
    assert_int_equal(c.spaces[1].n_runs, 0);
    assert_int_equal(c.n_other, 1);
    assert_string_equal(c.data, "");
    assert_true(isnan(c.D));
    curves_clear(&c);
    test_folder_end(folder);
}

static void runs_of_two_models_are_mixed(void **state)
{
    char folder[256];
    curves c;
    test_folder(folder);
    world_make(folder);
    world_put(folder, "runs.csv",
              "space,role,seed,score,d_total,model\nonehot,score,1,.5,10,fc\n"
              "onehot,score,1,.5,20,lenet\n");
    assert_ok(curves_load(&c, folder));
    assert_true(c.mixed);
    curves_clear(&c);
    test_folder_end(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(runs_and_means_are_in_order),
        cmocka_unit_test(the_headline_row_is_read_whole),
        cmocka_unit_test(wrong_cells_of_d90_are_named),
        cmocka_unit_test(wrong_cells_of_runs_are_named),
        cmocka_unit_test(missing_files_are_named),
        cmocka_unit_test(five_columns_of_anybodys_runs_are_enough),
        cmocka_unit_test(runs_of_two_models_are_mixed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
