/* beside.c -- see beside.h. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/locale.h"
#include "report/beside.h"

beside_figure *beside_add(beside_row *row)
{
    beside_figure *more = mem_resize(row->figures, row->n + 1, sizeof *more);
    if (!more)
        return NULL;
    row->figures = more;
    row->figures[row->n] = (beside_figure){.verdict = ""};
    return &row->figures[row->n++];
}

void beside_band(double low, double high, char out[WORDS])
{
    locale_t user = locale_enter();
    if (isnan(low) && isnan(high))
        out[0] = '\0';
    else if (isnan(high))
        snprintf(out, WORDS, "at least %.6g", low);
    else if (isnan(low))
        snprintf(out, WORDS, "at most %.6g", high);
    else if (low < high)
        snprintf(out, WORDS, "%.6g to %.6g", low, high);
    else
        snprintf(out, WORDS, "%.6g", low);
    locale_leave(user);
}

const char *beside_claim(double low, double high, double from, double to)
{
    if (isnan(low) || isnan(high))
        return "open";
    if (high < from || low > to)
        return "differs";
    return (isnan(from) || low >= from) && (isnan(to) || high <= to) ? "agrees" : "open";
}

/* A band is made of repetitions, so that a d90 in it agrees, whatever its interval. */
static const char *beside_verdict(const d90_row *r, double low, double high)
{
    if (isnan(low) || isnan(high))
        return "no band";
    if (r->state == IDIM_ABOVE)
        return r->d_max >= high ? "differs" : "open";
    if (r->state == IDIM_BELOW)
        return r->d_min <= low ? "differs" : "open";
    if (r->state != IDIM_EXACT)
        return "open";
    if (r->fit >= low && r->fit <= high)
        return "agrees";
    return r->low <= high && r->high >= low ? "touches" : "differs";
}

static status beside_d90(const found_folder *f, const d90_row *r, const char *verdict,
                         beside_row *row)
{
    beside_figure *p = beside_add(row);
    if (!p)
        return ERR_MEMORY;
    p->verdict = verdict;
    words_d90(r, p->value);
    words_interval(r, p->interval);
    p->how =
        mem_printf("%s, %s epoch%s", r->space, f->c.epochs, strcmp(f->c.epochs, "1") ? "s" : "");
    p->from = mem_string(f->path);
    if (strcmp(verdict, "agrees") != 0)
        words_flags(&f->c, r, "", "\n", &p->flags);
    return p->how && p->from && !text_failed(&p->flags) ? OK : ERR_MEMORY;
}

/* One row of published.csv: a figure for each space that a folder measured by that rule. */
static status beside_published(const beside *b, const found_place *place, size_t i, beside_row *row)
{
    static const char *const names[] = {"name", "rule", "published", "note",
                                        "low",  "high", "scales"};
    enum { NAME, RULE, PUBLISHED, NOTE, LOW, HIGH, SCALES, N };
    const csv *c = b->published;
    size_t at[N];
    double low, high;
    d90_rule rule;
    found f = {0};
    status st = OK;
    for (size_t k = 0; k < N && !st; k++)
        st = csv_need(c, names[k], &at[k]);
    if (st || (st = csv_cell_number(c, i, at[LOW], &low)) ||
        (st = csv_cell_number(c, i, at[HIGH], &high)))
        return st;
    const char *scales = csv_cell(c, i, at[SCALES]); /* "paper", "desk+quick"; "": all */
    *row = (beside_row){.name = csv_cell(c, i, at[NAME]),
                        .what = mem_string(csv_cell(c, i, at[RULE])),
                        .published = csv_cell(c, i, at[PUBLISHED]),
                        .note = csv_cell(c, i, at[NOTE])};
    beside_band(low, high, row->band);
    st = row->what ? d90_rule_parse(row->what, D90_RAW, &rule) : ERR_MEMORY;
    if (!st)
        st = found_load(&f, place, row->name);
    for (size_t k = 0; k < f.n && !st; k++)
        for (size_t j = 0; j < f.all[k].c.n_rows && !st; j++) {
            const d90_row *r = &f.all[k].c.rows[j];
            if (found_rule(r, rule) && (!*scales || strstr(scales, f.all[k].scale)))
                st = beside_d90(&f.all[k], r, beside_verdict(r, low, high), row);
        }
    if (!st && !row->n) {
        row->missing = *scales ? mem_printf("not run at scale %s", scales)
                               : mem_string(f.n ? "run, but not measured by this rule" : "not run");
        st = row->missing ? OK : ERR_MEMORY;
    }
    found_clear(&f);
    return st;
}

/* Does NAME or NAME/PART name the experiment? */
static bool beside_names(const char *name, const char *experiment)
{
    size_t n = strcspn(name, "/");
    return n == strlen(experiment) && !strncmp(name, experiment, n);
}

static bool beside_column_names(const csv *c, const char *column, const char *experiment)
{
    size_t at = csv_find(c, column);
    for (size_t i = 0; i < csv_rows(c); i++)
        if (beside_names(csv_cell(c, i, at), experiment))
            return true;
    return false;
}

/* Pages of the rows, and the experiments that stand in neither table. */
static status beside_others(beside *b, found_place place)
{
    static const char *const names[] = {"name", "paper", "figure", "page"};
    enum { NAME, PAPER, FIGURE, PAGE, N };
    const csv *c = b->experiments;
    size_t at[N], a = csv_find(b->trends, "a");
    status st = OK;
    for (size_t k = 0; k < N && !st; k++)
        st = csv_need(c, names[k], &at[k]);
    if (!st && !(b->alone = mem_array(csv_rows(c), sizeof *b->alone)))
        st = ERR_MEMORY;
    place.file = ""; /* any folder */
    for (size_t i = 0; i < csv_rows(c) && !st; i++) {
        const char *name = csv_cell(c, i, at[NAME]), *page = csv_cell(c, i, at[PAGE]);
        for (size_t k = 0; k < b->n; k++)
            if (beside_names(k < b->n_published ? b->rows[k].name
                                                : csv_cell(b->trends, k - b->n_published, a),
                             name))
                b->rows[k].page = page;
        if (beside_column_names(b->published, "name", name) ||
            beside_column_names(b->trends, "a", name) || beside_column_names(b->trends, "b", name))
            continue;
        found f = {0};
        if (!(st = found_load(&f, &place, name)) && f.n) {
            beside_alone *x = &b->alone[b->n_alone++];
            *x = (beside_alone){
                name, csv_cell(c, i, at[PAPER]), csv_cell(c, i, at[FIGURE]), page, {0}};
            for (size_t k = 0; k < f.n; k++)
                text_add(&x->from, "%s%s", k ? ", " : "", f.all[k].path);
            st = text_failed(&x->from) ? ERR_MEMORY : OK;
        }
        found_clear(&f);
    }
    return st;
}

status beside_load(beside *b, const char *files, found_place place)
{
    status st;
    *b = (beside){0};
    if ((st = csv_open_in(&b->experiments, files, "experiments.csv")) ||
        (st = csv_open_in(&b->published, files, "published.csv")) ||
        (st = csv_open_in(&b->trends, files, "trends.csv")))
        return st;
    place.experiments = b->experiments;
    b->n_published = csv_rows(b->published);
    size_t n = b->n_published + csv_rows(b->trends);
    if (!(b->rows = mem_array(n, sizeof *b->rows)))
        return ERR_MEMORY;
    for (; b->n < n && !st; b->n++) {
        beside_row *row = &b->rows[b->n];
        st = b->n < b->n_published ? beside_published(b, &place, b->n, row)
                                   : beside_trend(b, &place, b->n - b->n_published, row);
        row->page = "";
    }
    return st ? st : beside_others(b, place);
}

void beside_clear(beside *b)
{
    for (size_t i = 0; i < b->n; i++) {
        for (size_t k = 0; k < b->rows[i].n; k++) {
            mem_free(b->rows[i].figures[k].how);
            mem_free(b->rows[i].figures[k].from);
            text_clear(&b->rows[i].figures[k].flags);
        }
        mem_free(b->rows[i].figures);
        mem_free(b->rows[i].what);
        mem_free(b->rows[i].missing);
    }
    for (size_t i = 0; i < b->n_alone; i++)
        text_clear(&b->alone[i].from);
    mem_free(b->alone);
    mem_free(b->rows);
    csv_free(b->experiments);
    csv_free(b->published);
    csv_free(b->trends);
    *b = (beside){0};
}

size_t beside_count(const beside *b, const char *verdict)
{
    size_t n = 0;
    for (size_t i = 0; i < b->n; i++)
        for (size_t k = 0; k < b->rows[i].n; k++)
            n += !strcmp(b->rows[i].figures[k].verdict, verdict);
    return n;
}
