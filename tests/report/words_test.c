/* words_test.c -- what people read: digits, intervals, flags, tables, the page. */
#include "report/page.h"
#include "report/table.h"
#include "report/words.h"
#include "tests/report/world.h"

static d90_row row_of(double fit, double low, double high)
{
    return (d90_row){.state = IDIM_EXACT,
                     .vary = "all",
                     .fit = fit,
                     .low = low,
                     .high = high,
                     .d_min = 10,
                     .d_max = 25000,
                     .space = "s",
                     .better = "higher",
                     .words = "rule"};
}

static void d90_has_three_digits_and_its_interval_the_same_unit(void **state)
{
    const struct {
        double fit, low, high;
        const char *d90, *interval;
    } want[] = {
        {395.2, 294.2, 565.8, "395", "294 to 566"},
        {1548.8, 1520.3, 1589.9, "1550", "1520 to 1590"},
        {8.694, 8.656, 8.731, "8.69", "8.66 to 8.73"},
        {23456, 18345, 30123, "23500", "18300 to 30100"},
        {.5, .25, 1, "0.500", "0.250 to 1.000"},
        {999.6, 900, 1100, "1000", "900 to 1100"},
        {395.2, 0, (double)INFINITY, "395", "below 10 to above 25000"},
        {395.2, (double)NAN, (double)NAN, "395", ""},
    };
    char out[WORDS];
    for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
        d90_row r = row_of(want[i].fit, want[i].low, want[i].high);
        assert_string_equal(words_d90(&r, out), want[i].d90);
        assert_string_equal(words_interval(&r, out), want[i].interval);
    }
}

static void what_is_no_number_is_a_bound_or_a_word(void **state)
{
    char out[WORDS];
    d90_row r = row_of((double)NAN, (double)NAN, (double)NAN);
    r.state = IDIM_ABOVE;
    assert_string_equal(words_d90(&r, out), "> 25000");
    r.state = IDIM_BELOW;
    assert_string_equal(words_d90(&r, out), "< 10");
    r.state = IDIM_UNMEASURABLE;
    assert_string_equal(words_d90(&r, out), "not measurable");
    assert_string_equal(words_interval(&r, out), "");
    assert_string_equal(words_count(199210, out), "199,210");
    assert_string_equal(words_count(999, out), "999");
    assert_string_equal(words_count(1e6, out), "1,000,000");
    assert_string_equal(words_count((double)NAN, out), "");
    assert_string_equal(words_count(-1, out), "");
}

/* The flags of a row that has none but what `set` did. */
static void flags_hold(d90_row r, curves c, const char *part)
{
    text t = {0};
    words_flags(&c, &r, "", "\n", &t);
    if (!t.text || !strstr(t.text, part) || strchr(t.text, '\n') != t.text + t.length - 1)
        fail_msg("\"%s\" should be one sentence with \"%s\"", t.text ? t.text : "", part);
    text_clear(&t);
}

static void a_d_at_which_all_failed_is_named(void **state)
{
    char folder[256];
    curves c;
    text t = {0};
    test_folder(folder);
    world_make(folder);
    assert_ok(curves_load(&c, folder)); /* one of several seeds failed at d = 100 */
    words_flags(&c, &c.spaces[0].row, "", "\n", &t);
    assert_null(strstr(t.text, "every run failed"));
    curves_clear(&c);
    world_put(
        folder, "runs.csv",
        "space,space_spec,d_total,role,seed,score,status\nonehot,onehot:d=10,10,score,1,.1,ok\n"
        "onehot,onehot:d=200,,score,1,,failed\nonehot,onehot:d=200,,score,2,,failed\n"
        "onehot,onehot:d=50,50,score,1,,failed\nonehot,onehot:d=1000,1000,score,1,.9,ok\n");
    assert_ok(curves_load(&c, folder));
    text_clear(&t);
    words_flags(&c, &c.spaces[0].row, "- ", "\n", &t);
    assert_non_null(strstr(t.text, "- At d = 50, 200 every run failed: "));
    curves_clear(&c);
    text_clear(&t);
    test_folder_end(folder);
}

static void each_flag_has_its_sentence(void **state)
{
    const d90_row clean = row_of(395, 294, 566);
    const curves none = {.epochs = "", .steps = ""};
    text t = {0};
    words_flags(&none, &clean, "", "\n", &t);
    assert_int_equal(t.length, 0);
#define FLAG(field, value, part)                                                                   \
    do {                                                                                           \
        d90_row r = clean;                                                                         \
        r.field = value;                                                                           \
        r.n_seeds = 5;                                                                             \
        flags_hold(r, none, part);                                                                 \
    } while (0)
    FLAG(state, IDIM_UNMEASURABLE, "cannot be measured");
    FLAG(state, IDIM_ABOVE, "No d up to 25000 passes");
    FLAG(state, IDIM_BELOW, "The smallest d, 10, passes");
    FLAG(unfinished, true, "not finished");
    FLAG(fall_z, 2.4, "2.4 standard errors");
    FLAG(lr_edges, 1, "At 1 place the best");
    FLAG(few_seeds, true, "three or more");
    FLAG(low, 400, "the interval is that of the seeds' own crossings");
    FLAG(high, 390, "the interval is that of the seeds' own crossings");
    FLAG(seeds_above, 1, "1 of 5 seeds never passes");
    FLAG(seeds_below, 2, "2 of 5 seeds pass at");
    FLAG(seeds_partial, 2, "2 of 5 seeds have no score");
    FLAG(seeds_shared, 1, "1 of 5 seeds has no baseline");
    FLAG(asks, 2, "asked 2 times");
    FLAG(vary, "data", "Only data moves between these seeds:");
    FLAG(vary, "theta0*P", "variance.csv tells the sources apart");
    d90_row one = clean;
    one.vary = "P";
    one.n_seeds = 3;
    one.n_baseline = 1;
    flags_hold(one, none, "all against the one baseline");
    flags_hold(clean, (curves){.epochs = "", .steps = "", .designs = true},
               "d90 is measured on those of all");
    flags_hold(clean, (curves){.epochs = "", .steps = "", .mixed = true}, "several data sets");
    flags_hold(clean, (curves){.epochs = "", .steps = "", .n_diverged = 1},
               "1 run of the folder diverged and counts");
    flags_hold(clean, (curves){.epochs = "", .steps = "", .n_failed = 2},
               "2 runs of the folder failed and are");
}

static char *load(const char *folder, const char *name)
{
    char path[512], *bytes;
    size_t n;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    assert_ok(file_read(path, 1 << 24, &bytes, &n));
    return bytes;
}

static void tables_hold_every_space(void **state)
{
    char folder[256];
    test_folder(folder);
    world_make(folder);
    assert_ok(table_write(folder));
    char *tex = load(folder, "tables.tex"), *md = load(folder, "tables.md");
    assert_string_equal(
        md, "| space | d90 | 95 % interval | baseline | threshold | seeds |\n"
            "|---|---:|---:|---:|---:|---:|\n"
            "| onehot | 639 | 512 to 797 | 0.9000 | 0.8100 | 3 |\n"
            "| fastfood:form=single,per=tensor | > 1000 |  | 0.9000 | 0.8100 | 3 |\n\n"
            "fc on mnist, D = 1,234,567. own baseline, raw .9, d90\\_fit, 3 seeds, 5 epochs\n");
    assert_non_null(strstr(tex, "onehot & 639 & 512 to 797 & 0.9000 & 0.8100 & 3 \\\\\n"));
    assert_non_null(strstr(tex, "& $>$ 1000 &  &"));
    assert_non_null(strstr(tex, "95 \\% interval"));
    assert_non_null(strstr(tex, "d90\\_fit"));
    mem_free(tex);
    mem_free(md);
    test_folder_end(folder);
}

#define EVIL "a<b>&\"|_%$#{}~^\\`*[x]"

static void nothing_in_a_cell_is_markup(void **state)
{
    char folder[256];
    curves c;
    text html = {0}, tex = {0}, md = {0};
    test_folder(folder);
    world_make(folder);
    world_put(folder, "runs.csv",
              "space,role,seed,score,d_total,model\n"
              "onehot,score,1,.5,10,\"a<b>&\"\"|_%$#{}~^\\`*[x]\"\n");
    assert_ok(curves_load(&c, folder));
    assert_string_equal(c.model, EVIL);
    page_html(&c, NULL, NULL, 0, NULL, "idim </pre><script>", &html);
    table_latex(&c, &tex);
    table_markdown(&c, &md);
    assert_non_null(strstr(html.text, "<h1>a&lt;b&gt;&amp;&quot;|_%$#{}~^\\`*[x]</h1>"));
    assert_null(strstr(html.text, "<b>"));
    const char *script = strstr(html.text, "<script"); /* ours, at the end */
    assert_null(strstr(script + 1, "<script"));
    assert_non_null(strstr(html.text, "idim &lt;/pre&gt;&lt;script&gt;"));
    assert_non_null(strstr(tex.text, "a$<$b$>$\\&\"|\\_\\%\\$\\#\\{\\}\\textasciitilde{}"
                                     "\\textasciicircum{}\\textbackslash{}`*[x]"));
    assert_non_null(strstr(md.text, "a\\<b>&\"\\|\\_%$#{}~^\\\\\\`\\*\\[x\\]"));
    text_clear(&html);
    text_clear(&tex);
    text_clear(&md);
    curves_clear(&c);
    test_folder_end(folder);
}

static void the_page_is_whole_and_fetches_nothing(void **state)
{
    char folder[256];
    test_folder(folder);
    world_make(folder);
    world_put(folder, "provenance.csv",
              "run_id,start,host,wall_s,peak_rss,version,flags\n"
              "0,2026-01-02T00:00:00Z,one,30,1048576,0.1.0,-O3\n"
              "1,2026-01-01T00:00:00Z,two,30.5,2097152,0.1.0,-O3\n");
    assert_ok(page_write(folder, "idim d90 --data mnist"));
    char *plain = load(folder, "report.html");
    assert_non_null(strstr(plain, "onehot: <strong>d90 = 639 (95 % interval 512 to 797)</strong>"));
    assert_non_null(strstr(plain, "<strong>d90 &gt; 1000</strong>"));
    assert_non_null(strstr(plain, "own baseline, raw .9, d90_fit, 3 seeds, 5 epochs"));
    assert_non_null(strstr(plain, "<pre role=\"img\"")); /* no svg: the terminal's curve */
    assert_non_null(strstr(plain, "Training was not finished"));
    assert_non_null(strstr(plain, "asked 3 times"));
    assert_non_null(strstr(plain, "<th scope=\"row\">host</th><td>one, two</td>"));
    assert_non_null(strstr(plain, "1:01 of run time in all, the largest process 2 MiB"));
    assert_non_null(strstr(plain, "between 2026-01-01T00:00:00Z and 2026-01-02T00:00:00Z"));
    assert_non_null(strstr(plain, "<pre>idim d90 --data mnist</pre>"));
    assert_null(strstr(plain, "http://"));
    assert_null(strstr(plain, "https://"));
    const char *script = strstr(plain, "<script>");
    assert_non_null(script);
    assert_null(strstr(script + 1, "<script"));
    assert_non_null(strstr(plain, "script-src 'sha256-"));
    assert_non_null(strstr(plain, "<h2>Runs</h2>"));
    mem_free(plain);
    char plots[300];
    snprintf(plots, sizeof plots, "%s/plots", folder);
    assert_ok(file_make_folder(plots));
    /* RFC 4648, section 10: foob is Zm9vYg==, fooba Zm9vYmE=, foobar Zm9vYmFy */
    const char *const bytes[] = {"foob", "fooba", "foobar"};
    const char *const code[] = {"base64,Zm9vYg==\"", "base64,Zm9vYmE=\"", "base64,Zm9vYmFy\""};
    for (size_t i = 0; i < 3; i++) {
        world_put(folder, "plots/d90.svg", bytes[i]);
        assert_ok(page_write(folder, NULL));
        plain = load(folder, "report.html");
        assert_non_null(strstr(plain, code[i]));
        mem_free(plain);
    }
    test_folder_end(folder);
}

static void the_rate_is_taken_out_of_the_optimiser(void **state)
{
    char folder[256];
    curves c;
    text html = {0};
    test_folder(folder);
    world_make(folder);
    world_put(folder, "runs.csv",
              "space,role,seed,score,d_total,optimiser\nonehot,score,1,.5,10,adam:lr=0.1\n"
              "onehot,score,1,.5,11,\"adam:beta2=0.99,lr=0.1\"\n"
              "onehot,score,1,.5,12,\"sgd:lr=0.1,momentum=0.9\"\n"
              "onehot,score,1,.5,13,\"sgd:lr=0.2,momentum=0.9\"\n");
    assert_ok(curves_load(&c, folder));
    page_html(&c, NULL, NULL, 0, NULL, NULL, &html);
    assert_non_null(strstr(html.text, "<td>adam, adam:beta2=0.99, sgd:momentum=0.9</td>"));
    text_clear(&html);
    curves_clear(&c);
    test_folder_end(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(d90_has_three_digits_and_its_interval_the_same_unit),
        cmocka_unit_test(what_is_no_number_is_a_bound_or_a_word),
        cmocka_unit_test(a_d_at_which_all_failed_is_named),
        cmocka_unit_test(each_flag_has_its_sentence),
        cmocka_unit_test(tables_hold_every_space),
        cmocka_unit_test(nothing_in_a_cell_is_markup),
        cmocka_unit_test(the_page_is_whole_and_fetches_nothing),
        cmocka_unit_test(the_rate_is_taken_out_of_the_optimiser),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
