/* curve.c -- see curve.h. */
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "report/curve.h"

static status open_in(csv **c, const char *folder, const char *name)
{
    char *path = mem_printf("%s/%s", folder, name);
    status st = path ? csv_open(c, path) : ERR_MEMORY;
    mem_free(path);
    return st;
}

static status cell(const csv *c, size_t row, const char *name, const char **value)
{
    size_t column;
    status st = csv_need(c, name, &column);
    *value = st ? "" : csv_cell(c, row, column);
    return st;
}

static status number(const csv *c, size_t row, const char *name, double *value)
{
    size_t column;
    status st = csv_need(c, name, &column);
    *value = (double)NAN;
    return st ? st : csv_cell_number(c, row, column, value);
}

static status space_read(curve_space *s, const csv *c, size_t row)
{
    status st;
    if ((st = cell(c, row, "space", &s->space)) || (st = cell(c, row, "rule", &s->rule)) ||
        (st = cell(c, row, "d90_state", &s->state)) ||
        (st = cell(c, row, "d90_low_state", &s->low_state)) ||
        (st = cell(c, row, "d90_high_state", &s->high_state)) ||
        (st = number(c, row, "baseline", &s->baseline)) ||
        (st = number(c, row, "floor", &s->floor)) ||
        (st = number(c, row, "threshold", &s->threshold)) ||
        (st = number(c, row, "d90_fit", &s->d90)) || (st = number(c, row, "d90_low", &s->low)) ||
        (st = number(c, row, "d90_high", &s->high)) || (st = number(c, row, "d_min", &s->d_min)))
        return st;
    return number(c, row, "d_max", &s->d_max);
}

static curve_space *space_of(const curves *c, const char *name)
{
    for (size_t i = 0; i < c->n; i++)
        if (!strcmp(c->spaces[i].space, name))
            return &c->spaces[i];
    return NULL;
}

static status spaces_read(curves *c)
{
    size_t rows = csv_rows(c->d90);
    status st;
    if (!(c->spaces = mem_array(rows, sizeof *c->spaces)))
        return ERR_MEMORY;
    for (size_t i = 0; i < rows; i++) { /* the first row of a space is its headline */
        curve_space s = {0};
        if ((st = space_read(&s, c->d90, i)))
            return st;
        if (space_of(c, s.space))
            continue;
        if (!(s.runs = mem_array(csv_rows(c->runs), sizeof *s.runs)))
            return ERR_MEMORY;
        c->spaces[c->n++] = s;
    }
    return OK;
}

static status words_read(curves *c, size_t row)
{
    status st;
    if ((st = cell(c->runs, row, "data", &c->data)) ||
        (st = cell(c->runs, row, "model", &c->model)) ||
        (st = cell(c->runs, row, "metric", &c->metric)) ||
        (st = cell(c->runs, row, "epochs", &c->epochs)))
        return st;
    return number(c->runs, row, "D", &c->D);
}

static status runs_read(curves *c)
{
    for (size_t i = 0; i < csv_rows(c->runs); i++) {
        const char *role, *name;
        double d, score, seed;
        status st;
        if ((st = cell(c->runs, i, "role", &role)) || (st = cell(c->runs, i, "space", &name)) ||
            (st = number(c->runs, i, "d_total", &d)) || (st = number(c->runs, i, "seed", &seed)) ||
            (st = number(c->runs, i, "score", &score)))
            return st;
        curve_space *s = strcmp(role, "score") ? NULL : space_of(c, name);
        if (!s || !isfinite(score) || !(d > 0))
            continue;
        if (!*c->data && (st = words_read(c, i)))
            return st;
        s->runs[s->n_runs++] = (curve_run){d, score, (size_t)seed};
    }
    return OK;
}

status curves_load(curves *c, const char *folder)
{
    status st;
    *c = (curves){.data = "", .model = "", .metric = "score", .epochs = ""};
    if ((st = open_in(&c->runs, folder, "runs.csv")) ||
        (st = open_in(&c->d90, folder, "d90.csv")) || (st = spaces_read(c)) || (st = runs_read(c)))
        curves_clear(c);
    return st;
}

void curves_clear(curves *c)
{
    for (size_t i = 0; c->spaces && i < c->n; i++)
        mem_free(c->spaces[i].runs);
    mem_free(c->spaces);
    csv_free(c->runs);
    csv_free(c->d90);
    *c = (curves){0};
}
