/* curve.c -- see curve.h. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "report/curve.h"

/* Words are shown on terminals, where an escape sequence would act. */
static bool curves_clean(const char *word)
{
    for (; *word; word++)
        if (text_obeyed(word))
            return false;
    return true;
}

/* A cell of a column that may be missing: "". */
static status curves_word(const csv *c, size_t row, const char *name, const char **word)
{
    size_t column = csv_find(c, name);
    *word = column == SIZE_MAX ? "" : csv_cell(c, row, column);
    return curves_clean(*word) ? OK : csv_wrong(c, row, column, "holds a control character");
}

/* ------------------------------------------------------------------ d90.csv: d90_cell's inverse */

static status curves_state(const csv *c, size_t row, size_t column, idim_d90_state *state)
{
    for (int s = IDIM_EXACT; s <= IDIM_UNMEASURABLE; s++)
        if (!strcmp(csv_cell(c, row, column), d90_state_text[s])) {
            *state = (idim_d90_state)s;
            return OK;
        }
    if (!*csv_cell(c, row, column)) {
        *state = IDIM_UNMEASURABLE;
        return OK;
    }
    return csv_wrong(c, row, column, "is none of exact, above, below, unmeasurable");
}

/* The bound itself is in the column before; here stands why it is empty. below: what that means. */
static status curves_limit(const csv *c, size_t row, size_t column, double below, double *bound)
{
    const char *word = csv_cell(c, row, column);
    bool number = isfinite(*bound);
    if (!strcmp(word, "exact") ? number : !number && !*word)
        return OK;
    if (number || (strcmp(word, "above") != 0 && strcmp(word, "below") != 0))
        return csv_wrong(c, row, column, "does not go with the bound before it");
    *bound = *word == 'a' ? (double)INFINITY : below;
    return OK;
}

static status curves_field(const csv *c, size_t row, size_t column, const d90_column *k, void *out)
{
    void *field = (char *)out + k->offset;
    double x = 0;
    bool number = k->type == D90_NUMBER || k->type == D90_BOUND || k->type == D90_COUNT ||
                  k->type == D90_FLAG;
    status st = number ? csv_cell_number(c, row, column, &x) : OK;
    if (st)
        return st;
    switch (k->type) { /* by type, as d90_cell */
    case D90_WORD:
    case D90_TEXT:
        if (!curves_clean(csv_cell(c, row, column)))
            return csv_wrong(c, row, column, "holds a control character");
        if (k->type == D90_WORD)
            *(const char **)field = csv_cell(c, row, column);
        else
            strncat(field, csv_cell(c, row, column), D90_WORDS - 1);
        return OK;
    case D90_STATE:
        return curves_state(c, row, column, field);
    case D90_LIMIT:
        return curves_limit(c, row, column, 0, field);
    case D90_OPEN:
        return curves_limit(c, row, column, -(double)INFINITY, field);
    case D90_BOUND:
        if (x <= 0)
            return csv_wrong(c, row, column, "is no number of parameters");
        *(double *)field = x;
        return OK;
    case D90_NUMBER:
        *(double *)field = x;
        return OK;
    case D90_COUNT:
        if (isnan(x))
            x = 0;
        if (x < 0 || x > 9e15)
            return csv_wrong(c, row, column, "is no count");
        *(size_t *)field = (size_t)x;
        return OK;
    case D90_FLAG:
        *(bool *)field = x > 0;
        return OK;
    }
    return OK;
}

status curves_cells(const csv *c, size_t row, const d90_column *columns, void *out)
{
    status st;
    for (const d90_column *k = columns; k->name; k++) {
        char *field = (char *)out + k->offset;
        if (k->type == D90_NUMBER || k->type == D90_BOUND)
            *(double *)(void *)field = (double)NAN;
        else if (k->type == D90_WORD)
            *(const char **)(void *)field = "";
    }
    for (const d90_column *k = columns; k->name; k++) {
        size_t column = csv_find(c, k->name);
        if (column != SIZE_MAX && (st = curves_field(c, row, column, k, out)))
            return st;
    }
    return OK;
}

status curves_table(const char *folder, const char *name, const d90_column *columns, size_t size,
                    csv **file, void **rows, size_t *n)
{
    *rows = NULL;
    *n = 0;
    status st = csv_open_if(file, folder, name);
    if (st || !*file)
        return st;
    if (!(*rows = mem_array(csv_rows(*file), size)))
        return ERR_MEMORY;
    for (; !st && *n < csv_rows(*file); ++*n)
        st = curves_cells(*file, *n, columns, (char *)*rows + *n * size);
    return st;
}

/* What must hold for a row to be drawn. */
static status curves_sense(const csv *c, size_t row, const d90_row *r)
{
    if (!*r->space)
        return csv_wrong(c, row, csv_find(c, "space"), "names no space");
    if (!(r->d_min > 0) || isinf(r->d_min))
        return csv_wrong(c, row, csv_find(c, "d_min"), "is no smallest d");
    if (!(r->d_max >= r->d_min) || isinf(r->d_max))
        return csv_wrong(c, row, csv_find(c, "d_max"), "is less than d_min");
    if (r->state == IDIM_EXACT && !(r->fit > 0 && isfinite(r->fit)))
        return csv_wrong(c, row, csv_find(c, "d90_fit"),
                         "is not above 0 though its state is exact");
    return OK;
}

static status curves_rows(curves *c)
{
    static const char *const needed[] = {"space",     "rule",           "baseline", "threshold",
                                         "d90_state", "d90_fit",        "d90_low",  "d90_low_state",
                                         "d90_high",  "d90_high_state", "d_min",    "d_max"};
    size_t rows = csv_rows(c->d90), column;
    status st = OK;
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
        if ((st = csv_need(c->d90, needed[i], &column)))
            return st;
    if (!(c->rows = mem_array(rows, sizeof *c->rows)))
        return ERR_MEMORY;
    for (c->n_rows = 0; c->n_rows < rows; c->n_rows++) {
        d90_row *r = &c->rows[c->n_rows];
        if ((st = curves_cells(c->d90, c->n_rows, d90_columns, r)) ||
            (st = curves_sense(c->d90, c->n_rows, r)))
            return st;
        c->designs |= strcmp(r->vary, c->rows[0].vary) != 0;
    }
    return OK;
}

static curve_space *curves_find(const curves *c, const char *name)
{
    for (size_t i = 0; i < c->n; i++)
        if (!strcmp(c->spaces[i].space, name))
            return &c->spaces[i];
    return NULL;
}

/* The first row of a space is its headline. */
static status curves_spaces(curves *c)
{
    static const char *const limit[] = {"above", "below", "exact", ""};
    if (!(c->spaces = mem_array(c->n_rows, sizeof *c->spaces)))
        return ERR_MEMORY;
    for (size_t i = 0; i < c->n_rows; i++) {
        const d90_row *r = &c->rows[i];
        if (curves_find(c, r->space))
            continue;
        const double ends[2] = {r->low, r->high};
        const char *words[2];
        for (size_t k = 0; k < 2; k++)
            words[k] = limit[isnan(ends[k]) ? 3 : isinf(ends[k]) ? 0 : ends[k] > 0 ? 2 : 1];
        c->spaces[c->n++] = (curve_space){
            .space = r->space,
            .rule = r->words,
            .state = d90_state_text[r->state],
            .low_state = words[0],
            .high_state = words[1],
            .baseline = r->baseline,
            .floor = r->floor,
            .threshold = r->threshold,
            .d90 = r->fit,
            .low = r->low > 0 ? r->low : (double)NAN,
            .high = isinf(r->high) ? (double)NAN : r->high,
            .d_min = r->d_min,
            .d_max = r->d_max,
            .row = *r,
        };
    }
    return OK;
}

/* ------------------------------------------------------------------ runs.csv */

enum { ROLE, SPACE, D_TOTAL, SEED, SCORE, NEEDED };

/* Words of the first scored run; mixed when another has others. */
static status curves_words(curves *c, size_t row, bool first)
{
    const struct {
        const char *name, **to;
    } words[] = {{"data", &c->data},     {"model", &c->model}, {"metric", &c->metric},
                 {"epochs", &c->epochs}, {"steps", &c->steps}, {"exec", &c->exec}};
    status st;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        const char *word;
        if ((st = curves_word(c->runs, row, words[i].name, &word)))
            return st;
        if (first)
            *words[i].to = word;
        else if (strcmp(*words[i].to, word) != 0)
            c->mixed = true;
    }
    size_t D = csv_find(c->runs, "D");
    return first && D != SIZE_MAX ? csv_cell_number(c->runs, row, D, &c->D) : OK;
}

/* Reads one run; *s: where it belongs, NULL: nowhere. */
static status curves_run(curves *c, size_t row, const size_t column[NEEDED], curve_space **s,
                         curve_run *run)
{
    status st;
    *s = NULL;
    if (strcmp(csv_cell(c->runs, row, column[ROLE]), "score") != 0)
        return OK;
    if ((st = csv_cell_number(c->runs, row, column[D_TOTAL], &run->d)) ||
        (st = csv_cell_number(c->runs, row, column[SEED], &run->seed)) ||
        (st = csv_cell_number(c->runs, row, column[SCORE], &run->score)))
        return st;
    if (isnan(run->score)) /* failed or stopped */
        return OK;
    if (isinf(run->score))
        return csv_wrong(c->runs, row, column[SCORE], "is no score");
    if (!(run->d > 0) || isinf(run->d))
        return csv_wrong(c->runs, row, column[D_TOTAL], "is no number of trained numbers");
    *s = curves_find(c, csv_cell(c->runs, row, column[SPACE]));
    c->n_other += !*s;
    return OK;
}

static int curves_by_d(const void *a, const void *b)
{
    const curve_run *x = a, *y = b;
    if (x->d < y->d || x->d > y->d)
        return x->d < y->d ? -1 : 1;
    return x->seed < y->seed ? -1 : x->seed > y->seed;
}

static status curves_means(curve_space *s)
{
    if (s->n_runs)
        qsort(s->runs, s->n_runs, sizeof *s->runs, curves_by_d);
    if (!(s->means = mem_array(s->n_runs, sizeof *s->means)))
        return ERR_MEMORY;
    for (size_t i = 0, end; i < s->n_runs; i = end) {
        double sum = 0;
        for (end = i; end < s->n_runs && s->runs[end].d <= s->runs[i].d; end++)
            sum += s->runs[end].score;
        s->means[s->n_means++] = (curve_mean){s->runs[i].d, sum / (double)(end - i), end - i};
    }
    return OK;
}

static status curves_runs(curves *c)
{
    static const char *const names[NEEDED] = {"role", "space", "d_total", "seed", "score"};
    size_t column[NEEDED], rows = csv_rows(c->runs), state = csv_find(c->runs, "status");
    bool first = true;
    status st;
    for (size_t i = 0; i < NEEDED; i++)
        if ((st = csv_need(c->runs, names[i], &column[i])))
            return st;
    for (int pass = 0; pass < 2; pass++) { /* counted, then kept */
        c->n_other = 0;
        for (size_t i = 0; i < rows; i++) {
            curve_space *s;
            curve_run run;
            if ((st = curves_run(c, i, column, &s, &run)))
                return st;
            if (s && pass)
                s->runs[s->n_means++] = run;
            else if (s)
                s->n_runs++;
            if (s && pass && (st = curves_words(c, i, first)))
                return st;
            first &= !(s && pass);
        }
        for (size_t k = 0; k < c->n && !pass; k++)
            if (!(c->spaces[k].runs = mem_array(c->spaces[k].n_runs, sizeof(curve_run))))
                return ERR_MEMORY;
    }
    c->n_runs = rows;
    for (size_t i = 0; state != SIZE_MAX && i < rows; i++) {
        c->n_diverged += !strcmp(csv_cell(c->runs, i, state), "diverged");
        c->n_failed += !strcmp(csv_cell(c->runs, i, state), "failed");
    }
    for (size_t k = 0; k < c->n; k++) {
        c->spaces[k].n_means = 0;
        c->spaces[k].metric = c->metric;
        if ((st = curves_means(&c->spaces[k])))
            return st;
    }
    return OK;
}

status curves_load(curves *c, const char *folder)
{
    status st;
    *c = (curves){.data = "",
                  .model = "",
                  .metric = "",
                  .epochs = "",
                  .steps = "",
                  .exec = "",
                  .D = (double)NAN};
    if ((st = csv_open_in(&c->runs, folder, "runs.csv")) ||
        (st = csv_open_in(&c->d90, folder, "d90.csv")) || (st = curves_rows(c)) ||
        (st = curves_spaces(c)) || (st = curves_runs(c)))
        curves_clear(c);
    return st;
}

void curves_clear(curves *c)
{
    for (size_t i = 0; c->spaces && i < c->n; i++) {
        mem_free(c->spaces[i].runs);
        mem_free(c->spaces[i].means);
    }
    mem_free(c->spaces);
    mem_free(c->rows);
    csv_free(c->runs);
    csv_free(c->d90);
    *c = (curves){0};
}
