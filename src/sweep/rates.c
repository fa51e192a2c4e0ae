/* rates.c -- see stages.h: the grids of learning rates, and which rate a cell takes. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sweep/exec.h"
#include "sweep/staging.h"

double stages_round(double lr)
{
    char digits[32];
    snprintf(digits, sizeof digits, "%.2e", lr);
    return strtod(digits, NULL);
}

/* Unit columns: Adam moves theta by lr sqrt(d) a step, SGD by lr, so that the same movement needs
 * sqrt(D/d), D/d times the rate. What d means for a rank is not known: 1. */
static double stages_scale(const stages *p, double d)
{
    if (!(d > 0))
        return 1;
    double ratio = (double)p->about.D / d;
    return p->optimiser->lr_linear ? ratio : sqrt(ratio);
}

static int by_value(const void *a, const void *b)
{
    const double *x = a, *y = b;
    return *x < *y ? -1 : *x > *y;
}

bool stages_tunes(const stages *p)
{
    return !*p->ask->run.exec || exec_names(p->ask->run.exec, "lr");
}

status stages_grid(const stages *p, const char *what, const char *grid, double full, double d,
                   cell *c)
{
    char **parts;
    size_t n;
    if (!stages_tunes(p)) {
        c->lr[0] = 1;
        c->n_lr = 1;
        return OK;
    }
    status st = key_cut(grid, "+", &parts, &n);
    if (st)
        return st;
    if (n + STAGES_MORE > STAGES_RATES)
        st = error_set(ERR_LIMIT, "%s: %zu rates, %d are taken", what, n,
                       STAGES_RATES - STAGES_MORE);
    c->n_lr = 0;
    for (size_t i = 0; i < n && !st; i++) {
        double x;
        bool relative = !strncmp(parts[i], "rel:", 4);
        if (relative && !parts[i][4]) {
            st =
                error_set(ERR_USAGE, "%s=%s: a number stands behind rel:, as in rel:1", what, grid);
            break;
        }
        if ((st = key_number(what, parts[i] + (relative ? 4 : 0), &x)))
            break;
        if (!(x > 0) || !isfinite(x))
            st = error_set(ERR_USAGE, "%s=%s: a rate is larger than 0", what, grid);
        else if (relative && !c->space)
            st = error_set(ERR_USAGE, "%s=%s: the baseline's own rates cannot be relative to it",
                           what, grid);
        c->lr[c->n_lr++] = relative ? stages_round(x * full * stages_scale(p, d)) : x;
    }
    key_parts_free(parts, n);
    if (!st)
        qsort(c->lr, c->n_lr, sizeof *c->lr, by_value);
    for (size_t i = 1; i < c->n_lr && !st; i++)
        if (!(c->lr[i] > c->lr[i - 1]) && isfinite(full))
            st = error_set(ERR_USAGE, "%s=%s: a rate is there twice", what, grid);
    return st;
}

status stages_baseline_grid(const stages *p, cell *c)
{
    const double factors[] = {.3, 1, 3};
    if (strcmp(p->ask->lr_full, "auto") || !stages_tunes(p))
        return stages_grid(p, "lr-full", p->ask->lr_full, (double)NAN, 0, c);
    c->n_lr = sizeof factors / sizeof *factors;
    for (size_t i = 0; i < c->n_lr; i++)
        c->lr[i] = stages_round(factors[i] * p->optimiser->lr_centre);
    return OK;
}

/* The mean validation score of a rate, higher is better; a failed run counts as the worst. */
static status stages_rate(stages *p, const cell *c, double lr, double *mean, bool *missing)
{
    status st;
    *mean = 0;
    for (size_t k = 0; k < p->ask->tune_seeds; k++) {
        const record *r;
        if ((st = stages_run(p, c, lr, RUN_TUNE, k + 1, &r)))
            return st;
        if (!r) {
            *missing = true;
            continue;
        }
        double v = r->status == RECORD_FAILED ? (double)NAN : r->result.val;
        if (p->about.lower_is_better)
            v = -v;
        *mean += isnan(v) ? -(double)INFINITY : v;
    }
    return OK;
}

static void cell_longer(cell *c, bool up)
{
    size_t n = c->n_lr;
    double ratio = up ? c->lr[n - 1] / c->lr[n - 2] : c->lr[0] / c->lr[1];
    double next = stages_round((up ? c->lr[n - 1] : c->lr[0]) * ratio);
    if (!up)
        memmove(c->lr + 1, c->lr, n * sizeof *c->lr);
    c->lr[up ? n : 0] = next;
    c->n_lr++;
}

/* Chooses the rate of a cell that is tuned itself; *missing is set when runs are listed instead. */
static status cell_settle(stages *p, cell *c, bool *missing)
{
    size_t grid = c->n_lr, best = 0;
    p->stage = c->space ? 2 : 1;
    c->edge = false;
    if (grid == 1) {
        c->best = c->lr[0];
        return OK;
    }
    for (;;) {
        double top = -(double)INFINITY, mean;
        bool lack = false;
        status st;
        best = c->n_lr / 2; /* where all failed alike */
        for (size_t i = 0; i < c->n_lr; i++) {
            if ((st = stages_rate(p, c, c->lr[i], &mean, &lack)))
                return st;
            if (!lack && mean > top) {
                top = mean;
                best = i;
            }
        }
        if (lack) {
            *missing = true;
            return OK;
        }
        c->edge = best == 0 || best == c->n_lr - 1;
        if (!c->edge || c->n_lr == grid + STAGES_MORE)
            break;
        cell_longer(c, best != 0);
    }
    c->best = c->lr[best];
    return OK;
}

/* D of a program's network, which it says beside its scores: relative rates are chosen by it, so that the
 * baseline is scored before them. */
static status stages_told_D(stages *p, bool *missing)
{
    const record *r;
    status st;
    if (!*p->ask->run.exec || !stages_tunes(p) || !strstr(p->ask->lr, "rel:") || p->about.D)
        return OK;
    for (size_t k = 0; k < vary_draws(&p->vary, p->ask->seeds); k++) {
        uint64_t label = vary_label(&p->vary, p->ask->run.seed, p->ask->seeds, k);
        if ((label & vary_baseline_mask(&p->vary)) != label)
            continue;
        if ((st = stages_run(p, &p->cells[0], p->cells[0].best, RUN_SCORE, label, &r)))
            return st;
        *missing = *missing || !r;
        if (r && r->D)
            p->about.D = r->D;
    }
    for (size_t i = 1; i < p->n_cells && !*missing && !p->about.D; i++)
        if (p->cells[i].d > 0)
            return error_set(ERR_USAGE,
                             "lr=%s: relative rates need D, and the program does not say it: print "
                             "D=N beside the score, or give plain rates, --lr 1e-3+1e-2",
                             p->ask->lr);
    return OK;
}

status stages_settle_all(stages *p, int last, bool *missing)
{
    status st;
    cell *full = &p->cells[0];
    *missing = false;
    if ((st = stages_baseline_grid(p, full)) || (st = cell_settle(p, full, missing)) || *missing ||
        (st = stages_told_D(p, missing)) || *missing || last == 1)
        return st;
    for (size_t i = 1; i < p->n_cells; i++) {
        cell *c = &p->cells[i];
        if (c->anchor == i && ((st = stages_grid(p, "lr", p->ask->lr, full->best, c->d, c)) ||
                               (st = cell_settle(p, c, missing))))
            return st;
    }
    for (size_t i = 1; i < p->n_cells && !*missing; i++) {
        cell *c = &p->cells[i];
        const cell *a = &p->cells[c->anchor];
        if (c->anchor == i)
            continue;
        bool relative = strstr(p->ask->lr, "rel:");
        c->best = relative ? stages_round(a->best * stages_scale(p, c->d) / stages_scale(p, a->d))
                           : a->best;
        c->edge = a->edge;
    }
    return OK;
}

status stages_rates(const stages *p, const stages_place *at, double full, double lr[STAGES_RATES],
                    size_t *n)
{
    cell c = *stages_cell(p, at);
    status st = at->space == SIZE_MAX ? stages_baseline_grid(p, &c)
                                      : stages_grid(p, "lr", p->ask->lr, full, c.d, &c);
    *n = st ? 0 : c.n_lr;
    memcpy(lr, c.lr, *n * sizeof *lr);
    return st;
}
