/* paper.c -- see paper.h. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "report/paper.h"
#include "report/ranks.h"
#include "report/table.h"
#include "report/tried.h"
#include "report/values.h"
#include "report/words.h"
#include "spaces/space.h"

/* ------------------------------------------------------------------ numbers.tex */

/* "fastfood:form=single" is FastfoodFormSingle, "0.9" ZeroNine: LaTeX's names are letters alone. */
static void paper_name(const char *s, text *out)
{
    static const char *const digits[] = {"Zero", "One", "Two",   "Three", "Four",
                                         "Five", "Six", "Seven", "Eight", "Nine"};
    bool first = true;
    for (; *s; s++) {
        unsigned char b = (unsigned char)*s;
        bool letter = (b >= 'a' && b <= 'z') || (b >= 'A' && b <= 'Z');
        char one = (char)(first && b >= 'a' && b <= 'z' ? b - 'a' + 'A' : b);
        if (b >= '0' && b <= '9')
            text_add(out, "%s", digits[b - '0']);
        else if (letter)
            text_bytes(out, &one, 1);
        first = !letter;
    }
}

/* The name of a folder: what stands behind results/, else the last part of its path. */
static const char *paper_folder(const char *folder)
{
    const char *in = strstr(folder, "results/"), *last = folder;
    for (const char *at = folder; *at; at++)
        if (*at == '/' && at[1] && at[1] != '/')
            last = at + 1;
    return in ? in + strlen("results/") : last;
}

static void paper_macro_name(const curves *c, const char *folder, size_t at, text *out)
{
    const d90_row *r = &c->rows[at];
    bool headline = true;
    char level[32];
    for (size_t i = 0; i < at; i++)
        headline = headline && strcmp(c->rows[i].space, r->space) != 0;
    text_add(out, "dninety");
    paper_name(paper_folder(folder), out);
    paper_name(r->space, out);
    if (headline)
        return;
    snprintf(level, sizeof level, "%.4g", 100 * r->level);
    paper_name(r->rule_base, out);
    paper_name(r->rule_kind, out);
    paper_name(level, out);
    if (*r->vary && strcmp(r->vary, c->rows[0].vary) != 0) {
        text_add(out, "Vary");
        paper_name(r->vary, out);
    }
}

void paper_numbers(const curves *c, const char *folder, text *out)
{
    char value[WORDS], ends[WORDS];
    text_add(out, "%% made by idim: \\dninetyFOLDERSPACE is a headline's d90, "
                  "\\dninetyFOLDERSPACEInterval its 95 %% interval\n");
    text names = {0};
    for (size_t i = 0; i < c->n_rows; i++) {
        const d90_row *r = &c->rows[i];
        text name = {0}, taken = {0};
        paper_macro_name(c, folder, i, &name);
        for (char more = 'B'; more <= 'Z'; more++) { /* is it there already? */
            taken.length = 0;
            text_add(&taken, "|%s|", name.text ? name.text : "");
            if (!names.text || !taken.text || !strstr(names.text, taken.text))
                break;
            if (more > 'B')
                name.text[--name.length] = '\0';
            text_bytes(&name, &more, 1);
        }
        text_add(&names, "%s", taken.text ? taken.text : "");
        words_d90(r, value);
        words_interval(r, ends);
        text_add(out, "%% ");
        table_tex(r->space, out);
        text_add(out, ": ");
        table_tex(r->words, out);
        text_add(out, "\n\\newcommand{\\%s}{", name.text ? name.text : "");
        table_tex(value, out);
        text_add(out, "}\n\\newcommand{\\%sInterval}{", name.text ? name.text : "");
        table_tex(*ends ? ends : "no interval", out);
        text_add(out, "}\n");
        out->failed |= name.failed || taken.failed;
        text_clear(&name);
        text_clear(&taken);
    }
    out->failed |= names.failed;
    text_clear(&names);
}

/* The rank and the trained numbers of a method of ranks.csv. */
static void paper_ranks(const ranks_row *rows, size_t n, const char *folder, text *out)
{
    char value[WORDS];
    for (size_t i = 0; i < n; i++) {
        text name = {0};
        paper_name(paper_folder(folder), &name);
        paper_name(rows[i].s->space, &name);
        words_d90(&rows[i].s->row, value);
        text_add(out, "\\newcommand{\\pninety%s}{", name.text ? name.text : "");
        table_tex(value, out);
        ranks_rank(&rows[i], value);
        if (*value) {
            text_add(out, "}\n\\newcommand{\\rankninety%s}{", name.text ? name.text : "");
            table_tex(value, out);
        }
        text_add(out, "}\n");
        out->failed |= name.failed;
        text_clear(&name);
    }
}

/* ------------------------------------------------------------------ the settings */

/* " with TEXT" of a column, where it holds something but `silent`. */
static void paper_value(const csv *c, const char *name, const char *before, const char *after,
                        const char *silent, text *out)
{
    text value = {0};
    if (c)
        values_words(c, name, &value);
    if (value.length && strcmp(value.text, silent) != 0)
        text_add(out, "%s%s%s", before, value.text, after);
    out->failed |= value.failed;
    text_clear(&value);
}

static bool paper_same(double a, double b)
{
    return !(a < b) && !(a > b);
}

/* " (r 1 to 8, alpha 16)": what the runs of a space have; a key that is left out is at its default. */
static void paper_keys(const curves *c, const curve_space *s, text *out)
{
    static const char *const names[] = {"r", "alpha"};
    size_t name = csv_find(c->runs, "space"), spec = csv_find(c->runs, "space_spec"), said = 0;
    for (size_t k = 0; k < 2 && name != SIZE_MAX && spec != SIZE_MAX; k++) {
        double low = (double)INFINITY, high = -low;
        for (size_t i = 0; i < csv_rows(c->runs); i++) {
            if (strcmp(csv_cell(c->runs, i, name), s->space) != 0)
                continue;
            double x = space_number(csv_cell(c->runs, i, spec), names[k]);
            low = fmin(low, x);
            high = fmax(high, x);
        }
        if (!(low <= high))
            continue;
        text_add(out, "%s%s %.10g", said++ ? ", " : " (", names[k], low);
        if (low < high)
            text_add(out, " to %.10g", high);
    }
    text_add(out, "%s", said ? ")" : "");
}

static void paper_training(const curves *c, text *out)
{
    size_t from = csv_find(c->runs, "from.content");
    const char *begun = from == SIZE_MAX || !csv_rows(c->runs) ? "" : csv_cell(c->runs, 0, from);
    if (*begun)
        text_add(out,
                 "A checkpoint (SHA-256 %.16s...), %s, was trained further%s%s in full and "
                 "inside ",
                 begun, *c->model ? c->model : "of ours", *c->data ? " on " : "", c->data);
    else
        text_add(out, "%s%s%s was trained in full and inside ",
                 *c->model ? c->model : "The network", *c->data ? " on " : "", c->data);
    for (size_t i = 0; i < c->n; i++) {
        text_add(out, "%s%s", !i ? "" : i + 1 < c->n ? ", " : " and ", c->spaces[i].space);
        paper_keys(c, &c->spaces[i], out);
    }
    for (size_t i = 0; i < c->n; i++) {
        const curve_space *s = &c->spaces[i], *before = i ? s - 1 : NULL;
        if (before && before->row.n_d == s->row.n_d && paper_same(before->d_min, s->d_min) &&
            paper_same(before->d_max, s->d_max))
            continue;
        text_add(out, "%s%zu values of d from %.10g to %.10g", i ? "; " : ", at ", s->row.n_d,
                 s->d_min, s->d_max);
    }
    paper_value(c->runs, "D", ", of D = ", " parameters", "0", out);
    text_add(out, ".");
    paper_value(c->runs, "exec", " A program of ours trained: ", ".", "", out);
    if (*c->steps && strcmp(c->steps, "0") != 0)
        text_add(out, " Each run took %s steps", c->steps);
    else if (*c->epochs)
        text_add(out, " Each run took %s epochs", c->epochs);
    else
        text_add(out, " Each run took what the program takes");
    paper_value(c->runs, "optimiser", " of ", "", "", out);
    paper_value(c->runs, "batch", ", in batches of ", "", "", out);
    paper_value(c->runs, "schedule", ", schedule ", "", "constant", out);
    paper_value(c->runs, "clip", ", gradients clipped at ", "", "0", out);
    paper_value(c->runs, "l2", ", L2 ", "", "0", out);
    paper_value(c->runs, "n_train", ", on ", " training samples", "0", out);
    paper_value(c->runs, "n_val", ", ", " validation samples", "0", out);
    paper_value(c->runs, "n_test", " and ", " test samples", "0", out);
    text_add(out, ".");
}

static void paper_measure(const curves *c, text *out)
{
    tried_words(c, out);
    if (c->n)
        text_add(out,
                 " Scores are those of the test split after the last epoch (%s). The headline is "
                 "by the rule: "
                 "%s. d90 is where the isotonic regression of the mean score on ln d, interpolated "
                 "between "
                 "the values of d, reaches the threshold; the 95 %% interval is Student's t on the "
                 "logarithms "
                 "of the seeds' own crossings.",
                 *c->metric ? c->metric : "score", c->spaces[0].rule);
    for (size_t i = 0; i < c->n; i++)
        if (c->spaces[i].row.asks > 1)
            text_add(
                out,
                " For %s seeds or d were added after a result had been seen (asked %zu times).",
                c->spaces[i].space, c->spaces[i].row.asks);
    if (c->n_diverged || c->n_failed)
        text_add(out,
                 " Of %zu runs %zu diverged and count with the metric's worst value, %zu failed.",
                 c->n_runs, c->n_diverged, c->n_failed);
}

void paper_methods(const curves *c, const csv *made, text *out)
{
    paper_training(c, out);
    paper_measure(c, out);
    text_add(out, " Measured with idim");
    paper_value(made, "version", " ", "", "", out);
    paper_value(made, "commit", " (commit ", ")", "", out);
    paper_value(made, "blas", " on ", "", "", out);
    paper_value(made, "cpu", ", ", "", "", out);
    text_add(out, ".");
}

/* ------------------------------------------------------------------ files */

status paper_latex(const char *folder)
{
    text numbers = {0}, plain = {0}, methods = {0}, rates = {0};
    curves c = {0};
    csv *made = NULL, *ranks = NULL;
    ranks_row *rows = NULL;
    status st = curves_load(&c, folder);
    if (!st && !(st = csv_open_if(&made, folder, "provenance.csv")) &&
        !(st = csv_open_if(&ranks, folder, "ranks.csv")) &&
        (!ranks || !(st = ranks_of(&c, &rows)))) {
        paper_numbers(&c, folder, &numbers);
        paper_ranks(rows, rows ? c.n : 0, folder, &numbers);
        tried_latex(&c, &rates);
        paper_methods(&c, made, &plain);
        text_add(&methods, "%% made by idim\n");
        table_tex(plain.text ? plain.text : "", &methods);
        text_add(&methods, "\n");
        methods.failed |= plain.failed;
        if (!(st = table_write(folder)) && !(st = file_write_text(folder, "numbers.tex", &numbers)))
            st = file_write_text(folder, "methods.tex", &methods);
        if (!st)
            st = file_write_text(folder, "chosen_rates.tex", &rates);
    }
    csv_free(ranks);
    mem_free(rows);
    text_clear(&rates);
    text_clear(&numbers);
    text_clear(&plain);
    text_clear(&methods);
    csv_free(made);
    curves_clear(&c);
    return st;
}

status paper_markdown(const char *folder)
{
    text out = {0}, flags = {0}, methods = {0};
    curves c = {0};
    csv *made = NULL;
    status st = curves_load(&c, folder);
    if (!st && !(st = csv_open_if(&made, folder, "provenance.csv"))) {
        text_add(&out, "# ");
        table_pipe(*c.model ? c.model : "d90", &out);
        text_add(&out, "%s", *c.data ? " on " : "");
        table_pipe(c.data, &out);
        text_add(&out, "\n\n");
        table_markdown(&c, &out);
        for (size_t i = 0; i < c.n; i++) {
            flags.length = 0;
            words_flags(&c, &c.spaces[i].row, "- ", "\n", &flags);
            if (!flags.length)
                continue;
            text_add(&out, "\n## What to mistrust of ");
            table_pipe(c.spaces[i].space, &out);
            text_add(&out, "\n\n%s", flags.text);
        }
        paper_methods(&c, made, &methods);
        text_add(&out, "\n## Settings\n\n");
        table_pipe(methods.text ? methods.text : "", &out);
        text_add(&out, "\n");
        out.failed |= flags.failed || methods.failed;
        st = file_write_text(folder, "report.md", &out);
    }
    text_clear(&out);
    text_clear(&flags);
    text_clear(&methods);
    csv_free(made);
    curves_clear(&c);
    return st;
}
