/* table.c -- see table.h. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/locale.h"
#include "report/table.h"
#include "report/words.h"

const char *const table_heads[TABLE_COLUMNS] = {"space",    "d90",       "95 % interval",
                                                "baseline", "threshold", "seeds"};
enum { TABLE_SPACE, TABLE_D90, TABLE_INTERVAL, TABLE_BASELINE, TABLE_THRESHOLD, TABLE_SEEDS };

/* A score to the digits that its spread over seeds lets stand: the standard error's first, and one more;
 * four where there is no spread. */
static void table_score(double x, double sd, size_t n, char out[160])
{
    int decimals = 4;
    double error = n > 1 ? sd / sqrt((double)n) : (double)NAN;
    out[0] = '\0';
    if (!isfinite(x))
        return;
    if (isfinite(error) && error > 0)
        decimals = (int)(1 - floor(log10(error)));
    decimals = decimals < 0 ? 0 : decimals > 6 ? 6 : decimals;
    locale_t user = locale_enter();
    snprintf(out, 160, "%.*f", decimals, x);
    locale_leave(user);
}

void table_cell(const curve_space *s, size_t column, char out[160])
{
    const d90_row *r = &s->row;
    char words[WORDS];
    switch (column) {
    case TABLE_SPACE:
        snprintf(out, 160, "%.159s", s->space);
        return;
    case TABLE_D90:
        snprintf(out, 160, "%s", words_d90(r, words));
        return;
    case TABLE_INTERVAL:
        snprintf(out, 160, "%s", words_interval(r, words));
        return;
    case TABLE_BASELINE:
        table_score(r->baseline, r->baseline_sd, r->n_baseline, out);
        return;
    case TABLE_THRESHOLD:
        table_score(r->threshold, r->baseline_sd, r->n_baseline, out);
        return;
    default:
        out[0] = '\0';
        if (r->n_seeds)
            snprintf(out, 160, "%zu", r->n_seeds);
    }
}

/* "fc on fashion-mnist, D = 199,210" */
static void table_title(const curves *c, text *out)
{
    char D[WORDS];
    words_count(c->D, D);
    text_add(out, "%s%s%s%s%s", *c->model ? c->model : "d90", *c->data ? " on " : "", c->data,
             *D ? ", D = " : "", D);
}

/* All spaces' rules: one where they are the same. */
static void table_rules(const curves *c, text *out)
{
    bool same = true;
    for (size_t i = 1; i < c->n; i++)
        same &= !strcmp(c->spaces[i].rule, c->spaces[0].rule);
    for (size_t i = 0; i < c->n && (!i || !same); i++) {
        text_add(out, "%s%s%s", i ? "; " : "", same ? "" : c->spaces[i].space, same ? "" : ": ");
        words_rule(c, &c->spaces[i].row, out);
    }
}

/* ------------------------------------------------------------------ LaTeX */

void table_tex(const char *s, text *out)
{
    static const struct {
        char byte;
        const char *tex;
    } special[] = {{'\\', "\\textbackslash{}"},
                   {'~', "\\textasciitilde{}"},
                   {'^', "\\textasciicircum{}"},
                   {'<', "$<$"},
                   {'>', "$>$"},
                   {'&', "\\&"},
                   {'%', "\\%"},
                   {'$', "\\$"},
                   {'#', "\\#"},
                   {'_', "\\_"},
                   {'{', "\\{"},
                   {'}', "\\}"}};
    for (; *s; s++) {
        size_t i = 0;
        while (i < sizeof special / sizeof *special && special[i].byte != *s)
            i++;
        if (i < sizeof special / sizeof *special)
            text_add(out, "%s", special[i].tex);
        else
            text_bytes(out, s, 1);
    }
}

void table_latex(const curves *c, text *out)
{
    text words = {0};
    char cell[160];
    table_title(c, &words);
    text_add(&words, ". ");
    table_rules(c, &words);
    text_add(out, "%% made by idim; needs \\usepackage{booktabs}\n\\begin{tabular}{lrrrrr}\n"
                  "\\toprule\n");
    for (size_t k = 0; k < TABLE_COLUMNS; k++) {
        text_add(out, "%s", k ? " & " : "");
        if (k == TABLE_D90)
            text_add(out, "$d_{90}$");
        else
            table_tex(table_heads[k], out);
    }
    text_add(out, " \\\\\n\\midrule\n");
    for (size_t i = 0; i < c->n; i++)
        for (size_t k = 0; k < TABLE_COLUMNS; k++) {
            table_cell(&c->spaces[i], k, cell);
            table_tex(cell, out);
            text_add(out, "%s", k + 1 < TABLE_COLUMNS ? " & " : " \\\\\n");
        }
    text_add(out, "\\bottomrule\n\\multicolumn{%d}{p{.9\\linewidth}}{\\footnotesize ",
             TABLE_COLUMNS);
    table_tex(words.text ? words.text : "", out);
    text_add(out, "}\n\\end{tabular}\n");
    out->failed |= words.failed;
    text_clear(&words);
}

/* ------------------------------------------------------------------ Markdown */

void table_pipe(const char *s, text *out)
{
    for (; *s; s++) {
        if (strchr("|\\`*_<[]", *s))
            text_add(out, "\\");
        text_bytes(out, s, 1);
    }
}

void table_markdown(const curves *c, text *out)
{
    text words = {0};
    char cell[160];
    for (size_t k = 0; k < TABLE_COLUMNS; k++)
        text_add(out, "| %s ", table_heads[k]);
    text_add(out, "|\n|");
    for (size_t k = 0; k < TABLE_COLUMNS; k++)
        text_add(out, k ? "---:|" : "---|");
    text_add(out, "\n");
    for (size_t i = 0; i < c->n; i++) {
        for (size_t k = 0; k < TABLE_COLUMNS; k++) {
            text_add(out, "| ");
            table_cell(&c->spaces[i], k, cell);
            table_pipe(cell, out);
            text_add(out, " ");
        }
        text_add(out, "|\n");
    }
    table_title(c, &words);
    text_add(&words, ". ");
    table_rules(c, &words);
    text_add(out, "\n");
    table_pipe(words.text ? words.text : "", out);
    text_add(out, "\n");
    out->failed |= words.failed;
    text_clear(&words);
}

status table_write(const char *folder)
{
    text tex = {0}, md = {0};
    curves c;
    status st = curves_load(&c, folder);
    if (st)
        return st;
    table_latex(&c, &tex);
    table_markdown(&c, &md);
    if (!(st = file_write_text(folder, "tables.tex", &tex)))
        st = file_write_text(folder, "tables.md", &md);
    text_clear(&tex);
    text_clear(&md);
    curves_clear(&c);
    return st;
}
