/* beside_forms.c -- the forms of a comparison (beside.h): text, pipe tables, booktabs tables, a page. */
#include <string.h>

#include "base/key.h"
#include "report/beside.h"
#include "report/page.h"
#include "report/table.h"

static const char *const beside_titles[] = {"Published d90, and ours", "What is said of several",
                                            "Measured; what it says stands on a page"};

/* ------------------------------------------------------------------ text */

/* Words behind an indent, broken at 80 columns. */
static void beside_lines(const char *words, size_t indent, text *out)
{
    text_add(out, "%*s", (int)indent, "");
    key_wrapped(words, indent, 80, out);
}

static void beside_figure_text(const beside_figure *p, text *out)
{
    text words = {0};
    text_add(&words, "%s%s%s%s; %s", p->value, *p->interval ? " (" : "", p->interval,
             *p->interval ? ")" : "", p->how);
    text_add(out, "    %-8s ", p->verdict);
    key_wrapped(words.text ? words.text : "", 13, 80, out);
    beside_lines(p->from, 13, out);
    for (const char *at = p->flags.text; at && *at;) {
        size_t n = strcspn(at, "\n");
        words.length = 0;
        text_add(&words, "note: %.*s", (int)n, at);
        beside_lines(words.text ? words.text : "", 13, out);
        at += n + (at[n] == '\n');
    }
    out->failed |= words.failed;
    text_clear(&words);
}

static bool beside_agrees(const beside_row *r)
{
    bool all = true;
    for (size_t k = 0; k < r->n; k++)
        all &= !strcmp(r->figures[k].verdict, "agrees");
    return all && r->n;
}

/* The note, and where more is said of what does not simply agree. */
static void beside_why(const beside_row *r, text *out)
{
    text_add(out, "%s", r->note);
    if (r->n && !beside_agrees(r) && *r->page)
        text_add(out, "%s%s", *r->note ? "; see " : "see ", r->page);
}

static void beside_row_text(const beside_row *r, text *out)
{
    text words = {0};
    text_add(&words, "%s, %s", r->name, r->what);
    if (*r->published)
        text_add(&words, ": published %s", r->published);
    if (*r->band)
        text_add(&words, "%s band %s", *r->published ? "," : ":", r->band);
    key_wrapped(words.text ? words.text : "", 2, 80, out);
    for (size_t k = 0; k < r->n; k++)
        beside_figure_text(&r->figures[k], out);
    if (r->missing)
        beside_lines(r->missing, 4, out);
    words.length = 0;
    beside_why(r, &words);
    if (words.length)
        beside_lines(words.text, 4, out);
    out->failed |= words.failed;
    text_clear(&words);
}

void beside_text(const beside *b, text *out)
{
    for (size_t i = 0; i < b->n; i++) {
        if (!i || i == b->n_published)
            text_add(out, "%s%s\n\n", i ? "\n" : "", beside_titles[i > 0]);
        beside_row_text(&b->rows[i], out);
    }
    text words = {0};
    for (size_t i = 0; i < b->n_alone; i++) {
        if (!i)
            text_add(out, "\n%s\n\n", beside_titles[2]);
        words.length = 0;
        text_add(&words, "%s (%s, %s): see %s", b->alone[i].name, b->alone[i].paper,
                 b->alone[i].figure, b->alone[i].page);
        key_wrapped(words.text ? words.text : "", 2, 80, out);
        beside_lines(b->alone[i].from.text, 4, out);
    }
    out->failed |= words.failed;
    text_clear(&words);
    text_add(out,
             "\n%zu agree, %zu differ, %zu are near the band, %zu are open, %zu have no band\n",
             beside_count(b, "agrees"), beside_count(b, "differs"), beside_count(b, "touches"),
             beside_count(b, "open"), beside_count(b, "no band"));
}

/* ------------------------------------------------------------------ tables */

enum { CELLS = 9, WHY = 8 };
static const char *const beside_heads[CELLS] = {"what", "rule",    "published", "ours", "95 %",
                                                "band", "verdict", "with",      "why"};

/* The cells of a row's figure k; of a row without figures k = 0. why: its text. */
static void beside_cells(const beside_row *r, size_t k, const char *cells[CELLS], text *why)
{
    const beside_figure *p = r->n ? &r->figures[k] : NULL;
    why->length = 0;
    text_add(why, "%s", "");
    if (!p || k + 1 == r->n) /* once, behind the last */
        beside_why(r, why);
    if (why->length && p && p->flags.text && *p->flags.text)
        text_add(why, ". ");
    for (const char *at = p ? p->flags.text : NULL; at && *at; at++)
        text_add(why, "%.*s", 1, *at == '\n' ? " " : at);
    const char *const all[CELLS] = {r->name,
                                    r->what,
                                    r->published,
                                    p ? p->value : "",
                                    p ? p->interval : "",
                                    r->band,
                                    p ? p->verdict : r->missing,
                                    p ? p->how : "",
                                    why->text ? why->text : ""};
    memcpy(cells, all, sizeof all);
}

/* What a form is made of: before the rows of a table, one row's cells, behind the rows. */
typedef struct beside_form {
    void (*begin)(const char *title, text *out);
    void (*row)(const char *const cells[CELLS], text *out);
    void (*end)(text *out);
    /* the experiments alone: a title, each, and the end of all; NULL: not in this form */
    void (*alone)(const char *title, const beside_alone *x, text *out);
} beside_form;

static void beside_tables(const beside *b, beside_form form, text *out)
{
    text why = {0};
    for (size_t t = 0; t < 2; t++) {
        form.begin(beside_titles[t], out);
        for (size_t i = t ? b->n_published : 0; i < (t ? b->n : b->n_published); i++)
            for (size_t k = 0; k < b->rows[i].n || !k; k++) {
                const char *cells[CELLS];
                beside_cells(&b->rows[i], k, cells, &why);
                form.row(cells, out);
            }
        form.end(out);
    }
    if (form.alone && b->n_alone) {
        form.alone(beside_titles[2], NULL, out);
        for (size_t i = 0; i < b->n_alone; i++)
            form.alone(NULL, &b->alone[i], out);
        form.alone(NULL, NULL, out);
    }
    out->failed |= why.failed;
    text_clear(&why);
}

static void markdown_row(const char *const cells[CELLS], text *out)
{
    for (size_t k = 0; k < CELLS; k++) {
        text_add(out, "| ");
        table_pipe(cells[k], out);
        text_add(out, k + 1 == CELLS ? " |\n" : " ");
    }
}

static void markdown_begin(const char *title, text *out)
{
    text_add(out, "## %s\n\n", title);
    markdown_row(beside_heads, out);
    text_add(out, "|---|---|---:|---:|---|---|---|---|---|\n");
}

static void markdown_end(text *out)
{
    text_add(out, "\n");
}

static void markdown_alone(const char *title, const beside_alone *x, text *out)
{
    if (title)
        text_add(out, "## %s\n\n", title);
    if (!x)
        return;
    text_add(out, "- ");
    table_pipe(x->name, out);
    text_add(out, " (%s, %s): `%s`, in `%s`\n", x->paper, x->figure, x->page, x->from.text);
}

void beside_markdown(const beside *b, text *out)
{
    beside_tables(b, (beside_form){markdown_begin, markdown_row, markdown_end, markdown_alone},
                  out);
}

/* Without why: a page is not so wide. */
static void latex_row(const char *const cells[CELLS], text *out)
{
    for (size_t k = 0; k < WHY; k++) {
        table_tex(cells[k], out);
        text_add(out, k + 1 < WHY ? " & " : " \\\\\n");
    }
}

static void latex_begin(const char *title, text *out)
{
    text_add(out, "%% %s; made by idim, needs \\usepackage{booktabs}\n", title);
    text_add(out, "\\begin{tabular}{p{.2\\linewidth}p{.2\\linewidth}rrlllp{.2\\linewidth}}\n"
                  "\\toprule\n");
    latex_row(beside_heads, out);
    text_add(out, "\\midrule\n");
}

static void latex_end(text *out)
{
    text_add(out, "\\bottomrule\n\\end{tabular}\n");
}

void beside_latex(const beside *b, text *out)
{
    beside_tables(b, (beside_form){latex_begin, latex_row, latex_end, NULL}, out);
}

/* published, ours, interval, band */
static bool html_number(size_t k)
{
    return k >= 2 && k <= 5;
}

/* why: a line of its own, as wide as the table. */
static void html_row(const char *const cells[CELLS], text *out)
{
    text_add(out, "<tr>");
    for (size_t k = 0; k < WHY; k++)
        page_cell(k ? "td" : "th",
                  !k               ? " scope=\"row\""
                  : html_number(k) ? " class=\"n\""
                                   : "",
                  cells[k], out);
    text_add(out, "</tr>\n");
    if (*cells[WHY]) {
        text_add(out, "<tr class=\"why\">");
        page_cell("td", " colspan=\"8\"", cells[WHY], out);
        text_add(out, "</tr>\n");
    }
}

static void html_begin(const char *title, text *out)
{
    text_add(out, "<h2>");
    page_text(title, out);
    text_add(out, "</h2>\n<div class=\"wide\"><table>\n<thead><tr>");
    for (size_t k = 0; k < WHY; k++)
        page_cell("th", html_number(k) ? " scope=\"col\" class=\"n\"" : " scope=\"col\"",
                  beside_heads[k], out);
    text_add(out, "</tr></thead>\n<tbody>\n");
}

static void html_end(text *out)
{
    text_add(out, "</tbody>\n</table></div>\n");
}

static void html_alone(const char *title, const beside_alone *x, text *out)
{
    if (title) {
        text_add(out, "<h2>");
        page_text(title, out);
        text_add(out, "</h2>\n<ul>\n");
    } else if (x) {
        text words = {0};
        text_add(&words, "%s (%s, %s): see %s; %s", x->name, x->paper, x->figure, x->page,
                 x->from.text);
        text_add(out, "<li>");
        page_text(words.text ? words.text : "", out);
        text_add(out, "</li>\n");
        out->failed |= words.failed;
        text_clear(&words);
    } else {
        text_add(out, "</ul>\n");
    }
}

void beside_html(const beside *b, text *out)
{
    page_begin("Published figures, and ours",
               "body{max-width:66rem}tr:has(+.why)>*{border-bottom:0}.why "
               "td{padding-top:0;color:var(--soft)}\n",
               "", out);
    text_add(out,
             "<h1>Published figures, and ours</h1>\n<p>A published d90 agrees with one of ours "
             "that lies in its band. What is said of several d90 agrees when the whole 95 %% "
             "interval lies in the band.</p>\n"
             "<p class=\"answer\">%zu agree, %zu differ, %zu are open</p>\n",
             beside_count(b, "agrees"), beside_count(b, "differs"), beside_count(b, "open"));
    beside_tables(b, (beside_form){html_begin, html_row, html_end, html_alone}, out);
    page_end("", out);
}
