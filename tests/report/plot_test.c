/* plot_test.c -- figures are drawn whole or not at all; without gnuplot that is said, with the mend.
 * What gnuplot draws is looked at by people; here it is asked for the parts that must stand in it. */
#include "report/plot.h"
#include "tests/report/world.h"

static bool have_gnuplot(void)
{
    if (!system("command -v gnuplot >/dev/null 2>&1"))
        return true;
    print_message("skipped: gnuplot is not here\n");
    return false;
}

static char *load(const char *folder, const char *name, size_t *n)
{
    char path[512], *bytes = NULL;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    assert_ok(file_read(path, 1 << 24, &bytes, n));
    return bytes;
}

static void has(const char *svg, const char *part)
{
    if (!strstr(svg, part))
        fail_msg("the figure has no \"%s\"", part);
}

static void put(const char *folder, const char *name, const char *csv)
{
    char path[300];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    assert_ok(file_write(path, csv, strlen(csv)));
}

/* What the figures of updates read: two layers of one role, two values each. */
static void put_updates(const char *folder)
{
    put(folder, "updates.csv",
        "tensor,role,layer,values,norm,effective_rank,scaled\n"
        "h.0.q,q,0,2,2.2,1.9,1\nh.1.q,q,1,2,3.6,1.8,1\n");
    put(folder, "spectra.csv",
        "tensor,role,layer,index,sigma,share,bound,null,null_rank,scaled\n"
        "h.0.q,q,0,1,2,.8,,1.5,1.6,1\nh.0.q,q,0,2,1,.2,,1.4,1.5,1\n"
        "h.1.q,q,1,1,3,.7,,1.5,1.6,1\nh.1.q,q,1,2,2,.3,,1.4,1.5,1\n");
    put(folder, "similarity.csv",
        "tensor,other,role,layer,other_layer,what,n,i,j,phi,random,excess\n"
        "h.0.q,h.1.q,q,0,1,A,64,1,1,.3,.02,.28\nh.0.q,h.1.q,q,0,1,A,64,2,2,.2,.03,.17\n");
    put(folder, "intruders.csv",
        "tensor,role,side,epsilon,floor,k,intruders,null_gaussian,null_rank\n"
        "h.0.q,q,left,.3,.2,1,0,0,0\nh.0.q,q,left,.5,.2,10,3,1,2\n"
        "h.0.q,q,right,.3,.2,1,0,0,0\nh.0.q,q,right,.5,.2,10,2,1,2\n");
}

static void every_figure_is_drawn_in_every_format(void **state)
{
    static const char *const magic[] = {"<?xml", "%PDF", "\x89PNG"};
    static const char *const format[] = {"svg", "pdf", "png"};
    char folder[256], name[64], **left = NULL;
    size_t n;
    if (!have_gnuplot())
        skip();
    test_folder(folder);
    world_make(folder);
    put_updates(folder);
    for (size_t i = 0; plot_name(i); i++) {
        assert_ok(plot_draw(folder, plot_name(i), "svg+pdf+png"));
        for (size_t k = 0; k < 3; k++) {
            snprintf(name, sizeof name, "plots/%s.%s", plot_name(i), format[k]);
            char *bytes = load(folder, name, &n);
            assert_memory_equal(bytes, magic[k], 4);
            mem_free(bytes);
        }
    }
    char plots[300];
    snprintf(plots, sizeof plots, "%s/plots", folder);
    assert_ok(file_names(plots, "", &left, &n));
    assert_int_equal(n, 32); /* eight figures, four files each: nothing half done is left */
    file_names_free(left, n);
    test_folder_end(folder);
}

static void the_figure_says_what_was_measured(void **state)
{
    char folder[256];
    size_t n;
    if (!have_gnuplot())
        skip();
    test_folder(folder);
    world_make(folder);
    assert_ok(plot_draw(folder, "d90", "svg"));
    char *svg = load(folder, "plots/d90.svg", &n);
    has(svg, "fc on mnist,  D = 1,234,567");
    has(svg, "own baseline, raw .9, d90_fit, 3 seeds, 5 epochs");
    has(svg, "onehot:  d90 = 639 (512 to 797)");
    has(svg, "fastfood:form=single,per=tensor:  d90 > 1000"); /* a comma in quotes */
    has(svg, "baseline 0.9<");
    has(svg, "threshold 0.81<");
    mem_free(svg);
    test_folder_end(folder);
}

static void a_folder_with_quotes_and_spaces_is_drawn(void **state)
{
    char base[256], folder[300];
    if (!have_gnuplot())
        skip();
    test_folder(base);
    snprintf(folder, sizeof folder, "%s/it's `a` \"$x\" @folder", base);
    assert_ok(file_make_folder(folder));
    world_make(folder);
    assert_ok(plot_draw(folder, "d90", "svg"));
    assert_ok(plot_draw(folder, "lr", "svg"));
    assert_ok(plot_draw(folder, "history", "svg"));
    test_folder_end(base);
}

static void the_script_works_without_idim(void **state)
{
    char folder[256], command[600];
    size_t n;
    if (!have_gnuplot())
        skip();
    test_folder(folder);
    world_make(folder);
    assert_ok(plot_draw(folder, "d90", "svg"));
    char *ours = load(folder, "plots/d90.svg", &n);
    snprintf(command, sizeof command, "cd '%s' && rm plots/d90.svg && gnuplot -d plots/d90.gp 2>&1",
             folder);
    assert_int_equal(system(command), 0);
    char *theirs = load(folder, "plots/d90.svg", &n);
    assert_string_equal(ours, theirs);
    mem_free(ours);
    mem_free(theirs);
    test_folder_end(folder);
}

/* Of threshold, floor and the line below d90; gnuplot's svg joins lines of one width and colour to one path. */
static void a_dashed_line_is_dashed_in_svg_too(void **state)
{
    char folder[256];
    size_t n, dashed = 0;
    if (!have_gnuplot())
        skip();
    test_folder(folder);
    world_make(folder);
    assert_ok(plot_draw(folder, "d90", "svg"));
    char *svg = load(folder, "plots/d90.svg", &n);
    for (const char *at = svg; (at = strstr(at, "stroke-dasharray")); at++)
        dashed++;
    assert_int_equal(dashed, 3);
    mem_free(svg);
    test_folder_end(folder);
}

static void an_edited_script_is_kept_and_used(void **state)
{
    char folder[256], path[512];
    size_t n;
    if (!have_gnuplot())
        skip();
    test_folder(folder);
    world_make(folder);
    assert_ok(plot_draw(folder, "d90", "svg"));
    char *script = load(folder, "plots/d90.gp", &n);
    text t = {0};
    text_add(&t, "heading = 'mine'\n%s", script);
    world_put(folder, "plots/d90.gp", t.text);
    assert_ok(plot_draw(folder, "d90", "svg"));
    char *svg = load(folder, "plots/d90.svg", &n), *kept = load(folder, "plots/d90.gp", &n);
    has(svg, "mine");
    assert_string_equal(kept, t.text);
    mem_free(kept);
    snprintf(path, sizeof path, "%s/plots/d90.gp", folder);
    remove(path); /* and comes back as it was */
    assert_ok(plot_draw(folder, "d90", "svg"));
    kept = load(folder, "plots/d90.gp", &n);
    assert_string_equal(kept, script);
    text_clear(&t);
    mem_free(svg);
    mem_free(kept);
    mem_free(script);
    test_folder_end(folder);
}

static void what_gnuplot_says_is_passed_on(void **state)
{
    char folder[256];
    size_t n;
    if (!have_gnuplot())
        skip();
    test_folder(folder);
    world_make(folder);
    assert_ok(plot_draw(folder, "d90", "svg"));
    char *before = load(folder, "plots/d90.svg", &n);
    world_put(folder, "plots/d90.gp", "plot nonsense(\n");
    assert_refused(plot_draw(folder, "d90", "svg"), ERR_FAILED, "d90.gp");
    assert_non_null(strstr(error_text(), "line 1"));
    char *after = load(folder, "plots/d90.svg", &n);
    assert_string_equal(before, after); /* the old figure stands */
    mem_free(before);
    mem_free(after);
    test_folder_end(folder);
}

static void without_gnuplot_the_mend_is_named(void **state)
{
    char folder[256], path[300], old[4096];
    test_folder(folder);
    world_make(folder);
    snprintf(old, sizeof old, "%s", getenv("PATH"));
    snprintf(path, sizeof path, "%s:/nowhere", folder);
    setenv("PATH", path, 1);
    assert_refused(plot_draw(folder, "d90", "svg"), ERR_FAILED, "apt install gnuplot-nox");
    assert_non_null(strstr(error_text(), "idim plot "));
    setenv("PATH", "", 1);
    assert_refused(plot_draw(folder, "d90", "svg"), ERR_FAILED, "gnuplot is not installed");
    setenv("PATH", old, 1);
    snprintf(path, sizeof path, "%s/plots/d90.gp", folder);
    assert_true(file_exists(path)); /* to be taken elsewhere */
    test_folder_end(folder);
}

static void bad_files_are_refused_before_gnuplot_starts(void **state)
{
    char folder[256];
    test_folder(folder);
    assert_refused(plot_draw(folder, "d90", "svg"), ERR_FILE, "runs.csv");
    world_make(folder);
    world_put(folder, "d90.csv", "space,\"rule\nnever closed");
    assert_refused(plot_draw(folder, "d90", "svg"), ERR_FORMAT, "d90.csv:1: a quote is opened");
    test_folder_end(folder);
}

static void unknown_figures_and_formats_are_refused(void **state)
{
    char folder[256];
    test_folder(folder);
    world_make(folder);
    assert_refused(plot_draw(folder, "d9", "svg"), ERR_USAGE, "there are d90, depth, history");
    assert_refused(plot_draw(folder, "../d90", "svg"), ERR_USAGE, "no such figure");
    assert_refused(plot_draw(folder, "d90", "jpeg"), ERR_USAGE, "svg, pdf or png");
    assert_refused(plot_draw(folder, "d90", "svg+"), ERR_USAGE, "svg+");
    assert_refused(plot_draw("a\nb", "d90", "svg"), ERR_USAGE, "line end");
    test_folder_end(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_figure_is_drawn_in_every_format),
        cmocka_unit_test(the_figure_says_what_was_measured),
        cmocka_unit_test(a_folder_with_quotes_and_spaces_is_drawn),
        cmocka_unit_test(the_script_works_without_idim),
        cmocka_unit_test(a_dashed_line_is_dashed_in_svg_too),
        cmocka_unit_test(an_edited_script_is_kept_and_used),
        cmocka_unit_test(what_gnuplot_says_is_passed_on),
        cmocka_unit_test(without_gnuplot_the_mend_is_named),
        cmocka_unit_test(bad_files_are_refused_before_gnuplot_starts),
        cmocka_unit_test(unknown_figures_and_formats_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
