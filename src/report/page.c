/* page.c -- see page.h. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/key.h"
#include "base/progress.h"
#include "report/page.h"
#include "report/runs.h"
#include "report/table.h"
#include "report/terminal.h"
#include "report/values.h"
#include "report/words.h"

enum { PAGE_SVG = 1 << 24 };

static const char page_style[] =
    ":root{color-scheme:light dark;--ink:#1b1b1b;--soft:#5a5a5a;--line:#d5d5d5;--ground:#fff;"
    "--raised:#f5f5f3;--mark:#8a4b00}\n"
    "@media(prefers-color-scheme:dark){:root{--ink:#e8e8e6;--soft:#a9a9a6;--line:#444;"
    "--ground:#161616;--raised:#222;--mark:#f0b060}}\n"
    "body{margin:2rem auto;max-width:54rem;padding:0 "
    "1rem;background:var(--ground);color:var(--ink);"
    "font:1rem/1.5 system-ui,sans-serif}\n"
    "h1{font-size:1.5rem;line-height:1.2;margin:0 0 .3rem}h2{font-size:1.1rem;margin:2rem 0 .5rem}"
    "h3{font-size:1rem;margin:1rem 0 .3rem}\n"
    ".answer{font-size:1.25rem;margin:.6rem 0 0}.rule{color:var(--soft);margin:0}\n"
    "figure{margin:1.5rem 0}figure img{width:100%;height:auto;background:#fff;border-radius:4px}"
    "figcaption{color:var(--soft);font-size:.9rem}\n"
    "table{border-collapse:collapse}th,td{padding:.25rem .9rem .25rem 0;text-align:left;"
    "vertical-align:top;border-bottom:1px solid var(--line)}th{font-weight:600}"
    "td.n{white-space:nowrap}td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}\n"
    ".wide{overflow-x:auto}pre,code{font-family:ui-monospace,monospace;font-size:.9rem}"
    "pre{background:var(--raised);padding:.7rem;overflow-x:auto;border-radius:4px;line-height:1.25}"
    "\n"
    "@media print{body{max-width:none;margin:0;font-size:9pt}input,label.role{display:none}"
    ".wide{overflow:visible}figure,tr{break-inside:avoid}}\n"
    "li.flag{margin:.3rem 0}li.flag::marker{content:'!  ';color:var(--mark);font-weight:700}\n";

void page_text(const char *s, text *out)
{
    for (; *s; s++) {
        const char *code = *s == '&'   ? "&amp;"
                           : *s == '<' ? "&lt;"
                           : *s == '>' ? "&gt;"
                           : *s == '"' ? "&quot;"
                                       : NULL;
        if (code)
            text_add(out, "%s", code);
        else if ((unsigned char)*s >= ' ' || *s == '\n' || *s == '\t')
            text_bytes(out, s, 1);
    }
}

void page_cell(const char *tag, const char *class_, const char *s, text *out)
{
    text_add(out, "<%s%s>", tag, class_);
    page_text(s, out);
    text_add(out, "</%.2s>", tag);
}

/* RFC 4648, as data: addresses take it. */
static void page_base64(const char *bytes, size_t n, text *out)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < n; i += 3) {
        uint32_t v = 0;
        for (size_t k = 0; k < 3; k++)
            v = v << 8 | (i + k < n ? (uint32_t)(unsigned char)bytes[i + k] : 0u);
        char four[4];
        for (size_t k = 0; k < 4; k++)
            four[k] = k <= n - i ? digits[v >> (18 - 6 * k) & 63] : '=';
        text_bytes(out, four, 4);
    }
}

/* ------------------------------------------------------------------ the answer */

static void page_answer(const d90_row *r, text *out)
{
    char value[WORDS], ends[WORDS];
    words_d90(r, value);
    words_interval(r, ends);
    text_add(out, "d90 %s%s%s%s%s", r->state == IDIM_EXACT ? "= " : "", value,
             *ends ? " (95 % interval " : "", ends, *ends ? ")" : "");
}

static unsigned page_hex(char digit)
{
    return (unsigned)(digit <= '9' ? digit - '0' : digit - 'a' + 10);
}

void page_begin(const char *title, const char *style, const char *script, text *out)
{
    text_add(out, "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                  "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
                  "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
                  "img-src data:; style-src 'unsafe-inline'");
    if (*script) { /* this one alone may run */
        char hex[HASH_HEX], digest[32];
        hash_bytes(script, strlen(script), hex);
        for (size_t i = 0; i < sizeof digest; i++)
            digest[i] = (char)((page_hex(hex[2 * i]) << 4) | page_hex(hex[2 * i + 1]));
        text_add(out, "; script-src 'sha256-");
        page_base64(digest, sizeof digest, out);
        text_add(out, "'");
    }
    text_add(out, "\">\n<title>");
    page_text(title, out);
    text_add(out, "</title>\n<style>\n%s%s</style>\n</head>\n<body>\n<main>\n", page_style, style);
}

void page_end(const char *script, text *out)
{
    text_add(out, "</main>\n");
    if (*script)
        text_add(out, "<script>%s</script>\n", script);
    text_add(out, "</body>\n</html>\n");
}

static void page_head(const curves *c, text *out)
{
    char D[WORDS];
    text title = {0};
    text_add(&title, "d90: %s%s%s", *c->model ? c->model : "d90", *c->data ? " on " : "", c->data);
    page_begin(title.text ? title.text : "", runs_style, runs_script(), out);
    text_add(out, "<h1>");
    page_text(title.text ? title.text + strlen("d90: ") : "", out);
    text_add(out, "</h1>\n");
    if (*words_count(c->D, D))
        text_add(out, "<p class=\"rule\">D = %s native parameters</p>\n", D);
    for (size_t i = 0; i < c->n; i++) {
        text answer = {0}, rule = {0};
        page_answer(&c->spaces[i].row, &answer);
        words_rule(c, &c->spaces[i].row, &rule);
        text_add(out, "<p class=\"answer\">");
        page_text(c->spaces[i].space, out);
        text_add(out, ": <strong>");
        page_text(answer.text ? answer.text : "", out);
        text_add(out, "</strong></p>\n<p class=\"rule\">");
        page_text(rule.text ? rule.text : "", out);
        text_add(out, "</p>\n");
        out->failed |= answer.failed || rule.failed;
        text_clear(&answer);
        text_clear(&rule);
    }
    out->failed |= title.failed;
    text_clear(&title);
}

static void page_figure(const curves *c, const char *svg, size_t n, text *out)
{
    text_add(out, "<figure>\n");
    if (svg) {
        text_add(out,
                 "<img alt=\"%s against d on a log axis: ", *c->metric ? "the score" : "score");
        for (size_t i = 0; i < c->n; i++) {
            text answer = {0};
            page_answer(&c->spaces[i].row, &answer);
            text_add(out, "%s", i ? "; " : "");
            page_text(c->spaces[i].space, out);
            text_add(out, ", ");
            page_text(answer.text ? answer.text : "", out);
            out->failed |= answer.failed;
            text_clear(&answer);
        }
        text_add(out, "\" src=\"data:image/svg+xml;base64,");
        page_base64(svg, n, out);
        text_add(out, "\">\n");
    } else {
        for (size_t i = 0; i < c->n; i++) {
            text drawn = {0};
            terminal_curve(&c->spaces[i], (terminal_look){.utf8 = true}, &drawn);
            text_add(out, "<pre role=\"img\" aria-label=\"the curve of ");
            page_text(c->spaces[i].space, out);
            text_add(out, "\">");
            page_text(drawn.text ? drawn.text : "", out);
            text_add(out, "</pre>\n");
            out->failed |= drawn.failed;
            text_clear(&drawn);
        }
    }
    text_add(out, "<figcaption>Every dot is a run, the line their mean; the band is the 95 %% "
                  "interval of d90.</figcaption>\n</figure>\n");
}

static void page_table(const curves *c, text *out)
{
    char cell[160];
    text_add(out, "<div class=\"wide\"><table>\n<thead><tr>");
    for (size_t k = 0; k < TABLE_COLUMNS; k++)
        page_cell("th", k ? " scope=\"col\" class=\"n\"" : " scope=\"col\"", table_heads[k], out);
    text_add(out, "</tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < c->n; i++) {
        text_add(out, "<tr>");
        for (size_t k = 0; k < TABLE_COLUMNS; k++) {
            table_cell(&c->spaces[i], k, cell);
            page_cell(k ? "td" : "th", k ? " class=\"n\"" : " scope=\"row\"", cell, out);
        }
        text_add(out, "</tr>\n");
    }
    text_add(out, "</tbody>\n</table></div>\n");
}

static void page_flags(const curves *c, text *out)
{
    bool any = false;
    text_add(out, "<h2>What to mistrust</h2>\n");
    for (size_t i = 0; i < c->n; i++) {
        text plain = {0};
        words_flags(c, &c->spaces[i].row, "", "\n", &plain);
        if (plain.length) {
            any = true;
            text_add(out, "<h3>");
            page_text(c->spaces[i].space, out);
            text_add(out, "</h3>\n<ul>\n");
            for (char *p = plain.text, *end; (end = strchr(p, '\n')); p = end + 1) {
                *end = '\0';
                page_cell("li", " class=\"flag\"", p, out);
                text_add(out, "\n");
            }
            text_add(out, "</ul>\n");
        }
        out->failed |= plain.failed;
        text_clear(&plain);
    }
    if (!any)
        text_add(out, "<p>Nothing: no flag is up.</p>\n");
}

static void page_ends(bool score, double low, double high, text *out)
{
    text_add(out, "<td class=\"n\">");
    for (int i = 0; i < 2; i++) {
        double end = i ? high : low;
        text_add(out, "%s", i ? " to " : "");
        if (isinf(end))
            text_add(out, "open");
        else
            text_add(out, score ? "%+.4f" : "%.3g", end);
    }
    text_add(out, "</td>");
}

/* Cells of paired.csv that are read: of d90 the ratio. */
static void page_paired(const compare *c, text *out)
{
    static const char *const heads[] = {"a",          "b",         "d",         "seeds",
                                        "score of a", "of b",      "a - b",     "95 %",
                                        "test p",     "McNemar p", "seeds move"};
    text_add(out,
             "<details><summary>%zu rows of paired.csv</summary>\n<div class=\"wide\"><table>\n"
             "<thead><tr>",
             c->n_pairs);
    for (size_t k = 0; k < sizeof heads / sizeof *heads; k++)
        page_cell("th", k > 1 ? " scope=\"col\" class=\"n\"" : " scope=\"col\"", heads[k], out);
    text_add(out, "</tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < c->n_pairs; i++) {
        const paired_row *r = &c->pairs[i];
        bool test = !isnan(r->test_low), score = !strcmp(r->what, "score");
        double low = test ? r->test_low : r->low, high = test ? r->test_high : r->high;
        const double numbers[] = {r->test_p, r->mcnemar_p};
        text_add(out, "<tr>");
        page_cell("td", "", r->space_a, out);
        page_cell("td", "", r->space_b, out);
        if (score)
            text_add(out, "<td class=\"n\">%.10g</td>", r->d);
        else
            text_add(out, "<td class=\"n\">d90, a / b</td>");
        text_add(out, "<td class=\"n\">%zu</td>", r->n_seeds);
        text_add(out, "<td class=\"n\">%.4g</td><td class=\"n\">%.4g</td>", r->a, r->b);
        if (isnan(r->effect))
            text_add(out, "<td></td>");
        else
            text_add(out, score ? "<td class=\"n\">%+.4f</td>" : "<td class=\"n\">%.3g</td>",
                     r->effect);
        if (isnan(low) || isnan(high))
            text_add(out, "<td></td>");
        else
            page_ends(score, low, high, out);
        for (size_t k = 0; k < 2; k++)
            if (isnan(numbers[k]))
                text_add(out, "<td></td>");
            else
                text_add(out, "<td class=\"n\">%.2g</td>", numbers[k]);
        page_cell("td", "", r->vary, out);
        text_add(out, "</tr>\n");
    }
    text_add(out, "</tbody>\n</table></div></details>\n");
}

/* Sources of variance, spaces against each other. */
static void page_compare(const compare *c, text *out)
{
    text plain = {0};
    compare_sources(c, "", "\n", &plain);
    compare_pairs(c, "", "\n", &plain);
    if (plain.length) {
        text_add(out, "<h2>Compared</h2>\n<ul>\n");
        for (char *p = plain.text, *end; (end = strchr(p, '\n')); p = end + 1) {
            *end = '\0';
            page_cell("li", "", p, out);
            text_add(out, "\n");
        }
        text_add(out, "</ul>\n");
    }
    if (c->n_pairs)
        page_paired(c, out);
    out->failed |= plain.failed;
    text_clear(&plain);
}

/* Every rule of every space: the same runs answer them all. */
static void page_rules(const curves *c, text *out)
{
    static const char *const heads[] = {
        "space", "rule", "threshold", "d90_fit", "95 % interval", "first d that passes", "asks"};
    char words[WORDS];
    text_add(out,
             "<h2>Every d90</h2>\n<p>By each rule; asks: how often seeds or d were added after a "
             "result had "
             "been seen, the first time counted.</p>\n<details open><summary>%zu rows of "
             "d90.csv</summary>\n"
             "<div class=\"wide\"><table>\n<thead><tr>",
             c->n_rows);
    for (size_t k = 0; k < sizeof heads / sizeof *heads; k++)
        page_cell("th", k > 1 ? " scope=\"col\" class=\"n\"" : " scope=\"col\"", heads[k], out);
    text_add(out, "</tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < c->n_rows; i++) {
        d90_row grid = c->rows[i];
        text_add(out, "<tr>");
        page_cell("td", "", c->rows[i].space, out);
        page_cell("td", "", c->rows[i].words, out);
        text_add(out, "<td class=\"n\">");
        if (isfinite(c->rows[i].threshold))
            text_add(out, "%.4g", c->rows[i].threshold);
        text_add(out, "</td>");
        page_cell("td", " class=\"n\"", words_d90(&grid, words), out);
        page_cell("td", " class=\"n\"", words_interval(&grid, words), out);
        text_add(out, "<td class=\"n\">");
        if (grid.grid_state == IDIM_EXACT && isfinite(grid.grid))
            text_add(out, "%.10g", grid.grid);
        text_add(out, "</td><td class=\"n\">%zu</td></tr>\n", grid.asks);
    }
    text_add(out, "</tbody>\n</table></div></details>\n");
}

/* ------------------------------------------------------------------ configuration, provenance */

static void page_pairs(const csv *c, const char *const *names, size_t n, text *out)
{
    text_add(out, "<div class=\"wide\"><table>\n<tbody>\n");
    for (size_t i = 0; i < n; i++) {
        text value = {0};
        values_words(c, names[i], &value);
        if (value.length && strcmp(value.text, "-1") != 0) { /* a seed's: as seed */
            text_add(out, "<tr>");
            page_cell("th", " scope=\"row\"", names[i], out);
            page_cell("td", "", value.text, out);
            text_add(out, "</tr>\n");
        }
        out->failed |= value.failed;
        text_clear(&value);
    }
    text_add(out, "</tbody>\n</table></div>\n");
}

static void page_configuration(const curves *c, text *out)
{
    static const char *const names[] = {
        "data",         "model", "space",        "d_total", "role",        "seed",   "optimiser",
        "lr",           "batch", "epochs",       "steps",   "schedule",    "clip",   "l2",
        "n_train",      "n_val", "n_test",       "metric",  "seed.theta0", "seed.P", "seed.order",
        "seed.dropout", "exec",  "exec.content", "status"};
    text_add(out,
             "<h2>Configuration</h2>\n<p>%zu runs; every one in full stands in "
             "<code>runs.csv</code>.</p>\n",
             c->n_runs);
    page_pairs(c->runs, names, sizeof names / sizeof *names, out);
}

static void page_provenance(const csv *made, text *out)
{
    static const char *const names[] = {"version",      "commit", "compiler", "flags",
                                        "blas",         "cpu",    "host",     "kind",
                                        "instructions", "real",   "threads",  "team"};
    char time[16], rss[16];
    double wall = 0, peak = 0, x;
    size_t w = csv_find(made, "wall_s"), p = csv_find(made, "peak_rss");
    size_t start = csv_find(made, "start");
    const char *first = "", *last = "";
    text_add(out, "<h2>Provenance</h2>\n");
    for (size_t i = 0; i < csv_rows(made); i++) {
        if (w != SIZE_MAX && !csv_cell_number(made, i, w, &x) && x > 0)
            wall += x;
        if (p != SIZE_MAX && !csv_cell_number(made, i, p, &x) && x > peak)
            peak = x;
        const char *at = start != SIZE_MAX ? csv_cell(made, i, start) : "";
        first = *at && (!*first || strcmp(at, first) < 0) ? at : first;
        last = strcmp(at, last) > 0 ? at : last;
    }
    if (wall > 0) {
        text_add(out, "<p>%s of run time in all, the largest process %s",
                 progress_time_text(wall, time), mem_bytes_text(peak, rss));
        if (*first) {
            text_add(out, "; begun between ");
            page_text(first, out);
            text_add(out, " and ");
            page_text(last, out);
        }
        text_add(out, ".</p>\n");
    }
    page_pairs(made, names, sizeof names / sizeof *names, out);
}

static void page_again(const char *command, text *out)
{
    text_add(out, "<h2>Again</h2>\n");
    if (command && *command) {
        text_add(out, "<pre>");
        page_text(command, out);
        text_add(out, "</pre>\n<p>The same command in the same folder trains what is missing and "
                      "nothing twice. ");
    } else {
        text_add(out, "<p>");
    }
    text_add(out, "<code>idim verify</code> trains a share of the runs once more and compares "
                  "bytes; <code>docs/check_d90.py</code> recomputes <code>d90.csv</code> from "
                  "<code>runs.csv</code> without idim; <code>plots/d90.gp</code> draws the figure "
                  "with gnuplot alone.</p>\n");
}

void page_html(const curves *c, const compare *other, const char *svg, size_t n_svg,
               const csv *made, const char *command, text *out)
{
    page_head(c, out);
    page_figure(c, svg, n_svg, out);
    page_table(c, out);
    page_flags(c, out);
    if (other)
        page_compare(other, out);
    text_add(out,
             "<h2>What is meant</h2>\n<p>Training is confined to <em>d</em> numbers that a fixed "
             "random map (the space) turns into all D parameters. The baseline trains all of them, "
             "the floor none. A score passes when it is better than the threshold, and d90 is the "
             "smallest d whose mean score does: the isotonic fit of the mean against ln d is where "
             "it is read. The interval is Student's t over the seeds' own crossings.</p>\n");
    page_rules(c, out);
    runs_html(c->runs, page_text, out);
    page_configuration(c, out);
    if (made)
        page_provenance(made, out);
    page_again(command, out);
    page_end(runs_script(), out);
}

status page_write(const char *folder, const char *command)
{
    char *figure = mem_printf("%s/plots/d90.svg", folder), *svg = NULL;
    size_t n = 0;
    curves c = {0};
    compare other = {0};
    csv *made = NULL;
    text out = {0};
    status st = figure ? curves_load(&c, folder) : ERR_MEMORY;
    if (!st)
        st = compare_load(&other, folder);
    if (!st && file_exists(figure))
        st = file_read(figure, PAGE_SVG, &svg, &n);
    if (!st)
        st = csv_open_if(&made, folder, "provenance.csv");
    if (!st) {
        page_html(&c, &other, svg, n, made, command, &out);
        st = file_write_text(folder, "report.html", &out);
    }
    text_clear(&out);
    csv_free(made);
    compare_clear(&other);
    curves_clear(&c);
    mem_free(svg);
    mem_free(figure);
    return st;
}
