/* curves_fuzz.c -- runs.csv, d90.csv, paired.csv and variance.csv of a folder, one behind another with lines
 * "--" between them, as figures, tables and pages read them. */
#include "tests/fuzz/fuzz.h"

#include "report/page.h"
#include "report/table.h"
#include "report/terminal.h"
#include "sweep/results.h"
#include "tests/report/world.h"

static const char *const fuzz_name = "curves";

static void put_files(const uint8_t *bytes, size_t n)
{
    static const char *const names[] = {"runs.csv", "d90.csv", "paired.csv", "variance.csv"};
    char path[300];
    for (size_t i = 0; i < 4; i++) {
        size_t cut = 0;
        while (cut + 3 <= n && memcmp(bytes + cut, "--\n", 3))
            cut++;
        bool more = cut + 3 <= n;
        snprintf(path, sizeof path, "%s/%s", fuzz_folder(), names[i]);
        if (i < 2 || n)
            fuzz_put(fuzz_folder(), names[i], bytes, more ? cut : n);
        else
            (void)unlink(path); /* these two may be missing */
        bytes += more ? cut + 3 : n;
        n -= more ? cut + 3 : n;
    }
}

static status fuzz_try(const uint8_t *bytes, size_t n)
{
    curves c;
    compare other;
    text t = {0};
    put_files(bytes, n);
    status st = curves_load(&c, fuzz_folder()), st2 = compare_load(&other, fuzz_folder());
    if (!st) {
        page_html(&c, st2 ? NULL : &other, NULL, 0, NULL, "idim", &t);
        table_latex(&c, &t);
        table_markdown(&c, &t);
        for (size_t i = 0; i < c.n; i++)
            terminal_curve(&c.spaces[i], (terminal_look){.utf8 = i % 2, .colour = true}, &t);
    }
    if (!st2) {
        compare_sources(&other, "", "\n", &t);
        compare_pairs(&other, "", "\n", &t);
    }
    FUZZ_MUST(!t.failed, "%s", error_text());
    text_clear(&t);
    compare_clear(&other);
    curves_clear(&c);
    return st ? st : st2;
}

static void fuzz_valid(void)
{
    text t = {0};
    char *runs;
    size_t n;
    char path[300];
    world_runs(fuzz_folder());
    snprintf(path, sizeof path, "%s/runs.csv", fuzz_folder());
    if (file_read(path, 1 << 20, &runs, &n))
        abort();
    text_add(&t, "%.*s--\n%s", (int)n, runs, D90_HEAD D90_ONEHOT D90_FASTFOOD);
    fuzz_text(t.text);
    /* a row each of the two others */
    static const paired_row pair = {
        .space_a = "onehot", .space_b = "fastfood", .vary = "", .what = "d90", .n_seeds = 3};
    static const variance_row variance = {.space = "onehot", .vary = "P", .source = "P"};
    text_add(&t, "--\n");
    results_csv(paired_columns, &pair, sizeof pair, 1, &t);
    text_add(&t, "--\n");
    results_csv(variance_columns, &variance, sizeof variance, 1, &t);
    fuzz_text(t.text);
    text_clear(&t);
    mem_free(runs);
    fuzz_text(RUNS_HEAD "0,onehot,10,99,score,1,ok,accuracy,.5,,0.01,mnist,fc,adam,5,0\n--\n" //
              D90_HEAD D90_ONEHOT);
}
