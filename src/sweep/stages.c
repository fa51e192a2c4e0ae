/* stages.c -- see stages.h.
 *
 * Each (space, d), and the baseline, is a cell: rates, what they scored, the chosen one. A pass over
 * the cells settles those whose runs are all in the store and lists the runs that are missing; the
 * list is the next stage. No pass remembers anything, so an interrupted sweep goes on by asking the
 * same questions again. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "spaces/space.h"
#include "sweep/exec.h"
#include "sweep/searches.h"
#include "sweep/stages.h"
#include "train/optimiser.h"

enum { CELL_RATES = STAGES_RATES };

typedef struct cell {
    const char *space; /* without d; NULL: the baseline */
    char *spec;        /* with d */
    double d;          /* 0: not known beforehand (a rank, the baseline) */
    size_t anchor;     /* the cell whose rate is carried here; its own place: tuned itself */
    double lr[CELL_RATES], best;
    size_t n_lr;
    bool edge, floor; /* floor: the head alone, of spaces beside it */
} cell;

struct stages {
    sweep *sweep;
    ask own;        /* as it was asked, but for a grid that is ended at D */
    const ask *ask; /* that */
    char grid[48];
    runner_about about;
    const optimiser_row *optimiser;
    vary vary;
    char **spaces;
    size_t n_spaces;
    double *d;
    size_t n_d;
    size_t *first; /* (n_spaces + 1) of each space's cells; a space with neither d nor r has one */
    cell *cells;   /* [0] is the baseline; the rest by space, then d; perhaps the head alone */
    size_t n_cells;
    run_spec *need; /* the stage that is being listed */
    size_t n_need, room;
    stages_visit *visit; /* asked in place of listing; NULL: nobody */
    void *context;
    int stage;
    bool training; /* else what is whole is read as it is, wanted anew or not */
};

/* A rate that the optimiser itself names would be heeded by nobody. */
static status stages_check_optimiser(const char *spec)
{
    char kind[64], **parts;
    const char *args;
    size_t n;
    status st = key_kind(spec, kind, sizeof kind, &args);
    if (st || !*args || (st = key_cut(args, ",", &parts, &n)))
        return st;
    for (size_t i = 0; i < n && !st; i++)
        if (!strncmp(parts[i], "lr=", 3))
            st = error_set(ERR_USAGE,
                           "optimiser=%s: d90 chooses rates itself; give them by --lr, the "
                           "baseline's by --lr-full",
                           spec);
    key_parts_free(parts, n);
    return st;
}

/* What auto stands for: numbers, or ranks where every space sweeps its rank; of a search a wider grid. */
static const struct {
    const char *text_;
    double first, last; /* of numbers; 0: of ranks */
    int log;
} autos[2][2] = {{{"1..16/log4", 0, 0, 0}, {"100..2000/log6", 100, 2000, 6}},
                 {{"1..64/log12", 0, 0, 0}, {"10..10000/log12", 10, 10000, 12}}};

static const char *stages_auto_d(const run_spec *run, bool search, char *const *spaces, size_t n)
{
    bool numbers = false;
    for (size_t i = 0; i < n; i++) {
        const char *swept = run_swept(run, spaces[i]);
        numbers = numbers || (swept && !strcmp(swept, "d"));
    }
    return autos[search][numbers].text_;
}

/* A net smaller than the grid that nobody chose: the grid's span, ended at D. */
static void stages_end_auto(stages *p)
{
    const double D = (double)p->about.D;
    for (int search = 0; search < 2 && !*p->ask->run.exec; search++)
        if (!strcmp(p->ask->d, autos[search][1].text_) && D < autos[search][1].last) {
            double first = fmax(1, floor(D * autos[search][1].first / autos[search][1].last));
            snprintf(p->grid, sizeof p->grid, first < D ? "%.0f..%.0f/log%d" : "%.0f", first, D,
                     autos[search][1].log);
            p->own.d = p->grid;
        }
}

status stages_canonical(const ask *a, const run_rows *rows, ask *canonical, key_texts *texts)
{
    char **spaces;
    size_t n;
    text list = {0};
    vary v;
    char moved[32];
    status st;
    *canonical = *a;
    /* what spaces are by default is a kind of ours, and a program that is told none has one of its own */
    if (*a->run.exec && !exec_names(a->run.exec, "space") && !strcmp(a->run.space, "fastfood"))
        canonical->run.space = "own";
    if ((st = stages_check_optimiser(a->run.optimiser)) ||
        (st = ask_spaces(&canonical->run, &spaces, &n)))
        return st;
    for (size_t i = 0; i < n; i++)
        text_add(&list, "%s%s", i ? " " : "", spaces[i]);
    if (!strcmp(a->d, "auto"))
        canonical->d = stages_auto_d(&a->run, a->search, spaces, n);
    key_parts_free(spaces, n);
    if (a->search && a->seeds < STAGES_SEARCH_SEEDS)
        canonical->seeds = STAGES_SEARCH_SEEDS;
    if (a->search && a->tune_seeds < STAGES_SEARCH_TUNE)
        canonical->tune_seeds = STAGES_SEARCH_TUNE;
    canonical->run.space = "full";
    canonical->run.role = RUN_SCORE;
    run_spec run = canonical->run;
    st = list.failed ? ERR_MEMORY : run_canonical(&run, rows, &canonical->run, texts);
    if (!st)
        st = key_set("d90", run_keys, "space", list.text, canonical, texts);
    if (!st && !(st = vary_parse(a->vary, &v)))
        st = key_set("d90", ask_keys, "vary", vary_text(&v, moved), canonical, texts);
    text_clear(&list);
    return st;
}

/* ------------------------------------------------------------------ rates */

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

/* A program whose command has no {lr} chooses rates itself: all grids are one rate that is not used. */
static bool stages_tunes(const stages *p)
{
    return !*p->ask->run.exec || exec_names(p->ask->run.exec, "lr");
}

/* The rates of a grid's text; rel: needs the baseline's best (NaN: not known, the place is checked
 * alone). */
static status stages_grid(const stages *p, const char *what, const char *grid, double full,
                          double d, cell *c)
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
    if (n + STAGES_MORE > CELL_RATES)
        st = error_set(ERR_LIMIT, "%s: %zu rates, %d are taken", what, n, CELL_RATES - STAGES_MORE);
    c->n_lr = 0;
    for (size_t i = 0; i < n && !st; i++) {
        double x;
        bool relative = !strncmp(parts[i], "rel:", 4);
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

static status stages_baseline_grid(const stages *p, cell *c)
{
    const double factors[] = {.3, 1, 3};
    if (strcmp(p->ask->lr_full, "auto") || !stages_tunes(p))
        return stages_grid(p, "lr-full", p->ask->lr_full, (double)NAN, 0, c);
    c->n_lr = sizeof factors / sizeof *factors;
    for (size_t i = 0; i < c->n_lr; i++)
        c->lr[i] = stages_round(factors[i] * p->optimiser->lr_centre);
    return OK;
}

/* ------------------------------------------------------------------ the cells */

static status stages_need(stages *p, const run_spec *r)
{
    if (p->n_need == p->room) {
        size_t room = p->room ? 2 * p->room : 64;
        run_spec *more = mem_resize(p->need, room, sizeof *more);
        if (!more)
            return ERR_MEMORY;
        p->need = more;
        p->room = room;
    }
    p->need[p->n_need++] = *r;
    return OK;
}

/* The run of a cell at a rate, canonical, its id, and what the store has of it (in training not what is wanted
 * anew). lr = 0: the floor. seed: of a tuning run; the label of a scored one. */
static status stages_look(stages *p, const cell *c, double lr, int role, uint64_t seed,
                          run_spec *canonical, char id[RUN_ID], const record **found)
{
    run_spec r = p->ask->run;
    char *optimiser_ = NULL;
    status st;
    *found = NULL;
    r.space = c->space ? c->spec : "full";
    r.role = role;
    if (role == RUN_TUNE)
        r.seed = seed;
    else
        vary_run(&p->vary, seed, &r);
    if (!(lr > 0)) {
        if ((st = run_untrained(&r)))
            return st;
    } else if (!stages_tunes(p)) {
        r.optimiser = p->ask->run.optimiser;
    } else if ((st = optimiser_with_lr(p->ask->run.optimiser, lr, &optimiser_))) {
        return st;
    } else {
        r.optimiser = optimiser_;
    }
    st = sweep_run_of(p->sweep, &r, canonical, id);
    mem_free(optimiser_);
    if (st)
        return st;
    *found = store_find(sweep_store(p->sweep), id);
    if (*found && record_whole(*found) && p->training && sweep_wants(p->sweep, *found))
        *found = NULL;
    return OK;
}

/* Its record when it is whole, else NULL and it is listed, or shown to who looks at the plan. */
static status stages_run(stages *p, const cell *c, double lr, int role, uint64_t seed,
                         const record **found)
{
    run_spec canonical;
    char id[RUN_ID];
    status st = stages_look(p, c, lr, role, seed, &canonical, id, found);
    if (st)
        return st;
    if (*found && !record_whole(*found))
        *found = NULL;
    if (p->visit)
        return p->visit(p->context, p->stage, &canonical, id, *found);
    return *found ? OK : stages_need(p, &canonical);
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

static status stages_settle_all(stages *p, int last, bool *missing)
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

static uint64_t stages_label(const stages *p, size_t k)
{
    return vary_label(&p->vary, p->ask->run.seed, p->ask->seeds, k);
}

/* Which bits of a label say which run of a cell it is. */
static uint64_t stages_mask(const stages *p, const cell *c, bool floors)
{
    return floors     ? vary_floor_mask(&p->vary)
           : c->space ? UINT64_MAX
                      : vary_baseline_mask(&p->vary);
}

/* A program is asked for step 0 by epochs or steps of 0, where its command says how many. */
bool stages_floors(const stages *p)
{
    const char *exec = p->ask->run.exec;
    return !*exec || exec_names(exec, "epochs") || exec_names(exec, "steps");
}

/* How many runs a cell has. */
static size_t stages_draws(const stages *p, const cell *c, bool floors)
{
    const uint64_t mask = stages_mask(p, c, floors);
    size_t n = 0;
    if (floors && !stages_floors(p))
        return 0;
    for (size_t k = 0; k < vary_draws(&p->vary, p->ask->seeds); k++)
        n += (stages_label(p, k) & mask) == stages_label(p, k);
    return n;
}

/* Runs of seeds: floors, baseline, every cell. */
static status stages_seeds(stages *p, bool floors, stages_score *out, size_t *n)
{
    if (floors && !stages_floors(p))
        return OK;
    p->stage = floors ? 1 : 3;
    for (size_t k = 0; k < vary_draws(&p->vary, p->ask->seeds); k++) {
        uint64_t label = stages_label(p, k);
        for (size_t i = 0; i < (floors ? 1 : p->n_cells); i++) {
            const cell *c = &p->cells[i];
            const record *r;
            if ((label & stages_mask(p, c, floors)) != label)
                continue;
            status st = stages_run(p, c, floors ? 0 : c->best, RUN_SCORE, label, &r);
            if (st)
                return st;
            if (r && out)
                out[(*n)++] = (stages_score){r, c->space, floors || c->floor, c->edge, label};
        }
    }
    return OK;
}

/* ------------------------------------------------------------------ making */

static size_t stages_nearest(const stages *p, size_t first, size_t end, double d)
{
    size_t best = first;
    for (size_t i = first; i < end; i++)
        if (fabs(log(p->d[i - first] / d)) < fabs(log(p->d[best - first] / d)))
            best = i;
    return best;
}

/* Which cells of space s are tuned, and from which the others take theirs. */
static status stages_anchors(stages *p, size_t s)
{
    size_t first = p->first[s], end = p->first[s + 1];
    double *at;
    size_t n;
    status st;
    for (size_t i = first; i < end; i++)
        p->cells[i].anchor = i;
    if (!*p->ask->tune_d || end == first + 1)
        return OK;
    if ((st = key_numbers("tune-d", p->ask->tune_d, &at, &n)))
        return st;
    for (size_t i = first; i < end; i++) {
        double least = (double)INFINITY;
        for (size_t k = 0; k < n; k++) {
            size_t a = stages_nearest(p, first, end, at[k]);
            double far = fabs(log(p->d[a - first] / p->d[i - first]));
            if (far < least) {
                least = far;
                p->cells[i].anchor = a;
            }
        }
    }
    mem_free(at);
    return OK;
}

bool stages_heads(const char *space_)
{
    const size_t n = sizeof STAGES_HEAD - 1;
    const char *at = strstr(space_, STAGES_HEAD);
    for (; at; at = strstr(at + 1, STAGES_HEAD))
        if ((!at[n] || !strncmp(at + n, "++", 2)) && (at == space_ ? at[n] != '\0' : at[-1] == '+'))
            return true;
    return false;
}

/* Is the head alone to be trained for those beside it? Not where it stands among the spaces. */
static status stages_head(stages *p, const run_spec *full, bool *wanted)
{
    bool beside = false;
    *wanted = false;
    for (size_t s = 0; s < p->n_spaces; s++) {
        if (!strcmp(p->spaces[s], STAGES_HEAD))
            return OK;
        beside = beside || stages_heads(p->spaces[s]);
    }
    return beside && !p->ask->search && !*full->exec ? sweep_fresh_head(p->sweep, full, wanted)
                                                     : OK;
}

static status stages_cells(stages *p, const run_spec *full)
{
    bool head;
    status st = stages_head(p, full, &head);
    if (st)
        return st;
    if (!(p->first = mem_array(p->n_spaces + 1, sizeof *p->first)))
        return ERR_MEMORY;
    p->first[0] = 1; /* behind the baseline */
    for (size_t s = 0; s < p->n_spaces; s++)
        p->first[s + 1] = p->first[s] + (run_swept(&p->ask->run, p->spaces[s]) ? p->n_d : 1);
    p->n_cells = p->first[p->n_spaces] + head;
    if (!(p->cells = mem_array(p->n_cells, sizeof *p->cells)))
        return ERR_MEMORY;
    if (head) {
        cell *last = &p->cells[p->n_cells - 1];
        *last = (cell){.space = STAGES_HEAD, .anchor = p->n_cells - 1, .floor = true};
        if (!(last->spec = mem_string(STAGES_HEAD)))
            return ERR_MEMORY;
    }
    for (size_t s = 0; s < p->n_spaces; s++) {
        const char *swept = run_swept(&p->ask->run, p->spaces[s]);
        for (size_t i = p->first[s]; i < p->first[s + 1]; i++) {
            size_t k = i - p->first[s];
            cell *c = &p->cells[i];
            char value[32];
            c->space = p->spaces[s];
            if (!swept) {
                if (!(c->spec = mem_string(p->spaces[s])))
                    return ERR_MEMORY;
                continue;
            }
            if (!strcmp(swept, "d") && !*p->ask->run.exec && p->d[k] > (double)p->about.D)
                return error_set(ERR_USAGE, "d=%.0f: the model has D = %zu numbers; lower --d",
                                 p->d[k], p->about.D);
            c->d = strcmp(swept, "d") ? 0 : p->d[k];
            key_number_text(p->d[k], value);
            if ((st = run_with(&p->ask->run, p->spaces[s], swept, value, &c->spec)))
                return st;
        }
        if ((st = stages_anchors(p, s)))
            return st;
    }
    return OK;
}

static bool stages_default(const char *name, const char *value)
{
    for (const key *k = ask_keys; k->name; k++)
        if (!strcmp(k->name, name))
            return !strcmp(k->fallback, value);
    return false;
}

/* Everything that the runs to come would be refused for is found before the first. */
static status stages_check_exec(stages *p)
{
    const ask *a = p->ask;
    run_spec last = a->run, canonical;
    char id[RUN_ID];
    if (!exec_names(a->run.exec, "space") && p->n_spaces > 1)
        return error_set(ERR_USAGE,
                         "exec: %zu spaces are asked for and it has no {space} to tell "
                         "them by; put it in",
                         p->n_spaces);
    if (!stages_tunes(p) &&
        (!stages_default("lr", a->lr) || !stages_default("lr-full", a->lr_full)))
        return error_set(ERR_USAGE,
                         "lr=%s: the program would never see it: put {lr} into --exec, "
                         "or leave --lr and --lr-full out",
                         a->lr);
    vary_run(&p->vary, stages_label(p, vary_draws(&p->vary, a->seeds) - 1), &last);
    last.space = "full";
    return sweep_run_of(p->sweep, &last, &canonical, id);
}

static status stages_check(stages *p)
{
    cell baseline = {0}, some = {.space = ""};
    status st;
    if (*p->ask->run.exec && (st = stages_check_exec(p)))
        return st;
    if (p->ask->search && (st = searches_check(p)))
        return st;
    if (p->ask->run.epochs == 0 && p->ask->run.steps == 0)
        return error_set(ERR_USAGE, "epochs=0 trains nothing: d90 needs epochs or steps");
    for (size_t i = 0; i < p->n_d; i++)
        if (p->d[i] < 1 || p->d[i] > rint(p->d[i]) || p->d[i] < rint(p->d[i]))
            return error_set(ERR_USAGE,
                             "d=%g: how many numbers are trained is a whole number, "
                             "1 or more",
                             p->d[i]);
    if ((st = stages_baseline_grid(p, &baseline)) ||
        (st = stages_grid(p, "lr", p->ask->lr, 1, 0, &some)))
        return st;
    if ((baseline.n_lr > 1 || some.n_lr > 1) && !p->about.n_val && !p->about.memorise &&
        !*p->ask->run.exec)
        return error_set(ERR_USAGE,
                         "%s: there is no validation split to choose rates on; give "
                         "val=.1, or one rate by --lr and --lr-full",
                         p->ask->run.data);
    return OK;
}

status stages_open(stages **out, sweep *s, const ask *a)
{
    stages *p = mem_array(1, sizeof *p);
    run_spec canonical;
    char id[RUN_ID];
    optimiser *o = NULL;
    status st;
    *out = NULL;
    if (!p)
        return ERR_MEMORY;
    p->sweep = s;
    p->own = *a;
    p->ask = &p->own;
    run_spec full = a->run;
    full.space = "full";
    if (!(st = vary_parse(a->vary, &p->vary)) && !(st = optimiser_new(&o, a->run.optimiser)))
        p->optimiser = o->row;
    optimiser_free(o);
    if (!st && !(st = sweep_run_of(s, &full, &canonical, id)) &&
        !(st = sweep_describe(s, &canonical, &p->about)))
        stages_end_auto(p);
    if (!st && !(st = ask_spaces(&a->run, &p->spaces, &p->n_spaces)) &&
        !(st = key_numbers("d", p->ask->d, &p->d, &p->n_d)) && !(st = stages_check(p)))
        st = stages_cells(p, &canonical);
    if (st) {
        stages_free(p);
        return st;
    }
    *out = p;
    return OK;
}

void stages_free(stages *p)
{
    if (!p)
        return;
    for (size_t i = 0; p->cells && i < p->n_cells; i++)
        mem_free(p->cells[i].spec);
    key_parts_free(p->spaces, p->n_spaces);
    mem_free(p->d);
    mem_free(p->first);
    mem_free(p->cells);
    mem_free(p->need);
    mem_free(p);
}

const runner_about *stages_about(const stages *p)
{
    return &p->about;
}

const vary *stages_vary(const stages *p)
{
    return &p->vary;
}

const ask *stages_ask(const stages *p)
{
    return p->ask;
}

sweep *stages_sweep(const stages *p)
{
    return p->sweep;
}

const char *stages_space(const stages *p, size_t i)
{
    return i < p->n_spaces ? p->spaces[i] : NULL;
}

const double *stages_d(const stages *p, size_t *n)
{
    *n = p->n_d;
    return p->d;
}

static const cell *stages_cell(const stages *p, const stages_place *at)
{
    return &p->cells[at->space == SIZE_MAX ? 0 : p->first[at->space] + at->at];
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

status stages_find(stages *p, const stages_place *at, run_spec *run, const record **there)
{
    char id[RUN_ID];
    return stages_look(p, stages_cell(p, at), at->lr, at->role, at->seed, run, id, there);
}

/* Runs that the stages after the k-th need. */
static size_t stages_later(const stages *p, int k)
{
    cell some = {.space = ""};
    size_t tuned = 0, scores = stages_draws(p, &p->cells[0], false);
    if (stages_grid(p, "lr", p->ask->lr, 1, 0, &some))
        some.n_lr = 1;
    for (size_t i = 1; i < p->n_cells; i++)
        tuned += p->cells[i].anchor == i;
    scores += (p->n_cells - 1) * vary_draws(&p->vary, p->ask->seeds);
    return (k < 2 && some.n_lr > 1 ? tuned * some.n_lr * p->ask->tune_seeds : 0) + scores;
}

size_t stages_most(const stages *p)
{
    if (p->ask->search)
        return searches_most(p);
    cell baseline = {0};
    if (stages_baseline_grid(p, &baseline))
        baseline.n_lr = 1;
    return stages_draws(p, &p->cells[0], true) +
           (baseline.n_lr > 1 ? baseline.n_lr * p->ask->tune_seeds : 0) + stages_later(p, 1);
}

status stages_list(stages *p, stages_visit *visit, void *context, size_t later[4])
{
    cell baseline = {0}, some = {.space = ""};
    const size_t tune = p->ask->tune_seeds;
    size_t tuned = 0;
    bool missing;
    status st;
    memset(later, 0, 4 * sizeof *later);
    p->visit = visit;
    p->context = context;
    p->cells[0].best = 0;
    if (!(st = stages_seeds(p, true, NULL, NULL)) && !(st = stages_settle_all(p, 3, &missing)) &&
        !missing)
        st = stages_seeds(p, false, NULL, NULL);
    p->visit = NULL;
    if (st || !missing)
        return st;
    if ((st = stages_baseline_grid(p, &baseline)) ||
        (st = stages_grid(p, "lr", p->ask->lr, 1, 0, &some)))
        return st;
    for (size_t i = 1; i < p->n_cells; i++)
        tuned += p->cells[i].anchor == i;
    tuned *= some.n_lr > 1;
    if (!(p->cells[0].best > 0)) { /* rates of each d are known when the baseline's best is */
        later[1] = baseline.n_lr > 1 ? STAGES_MORE * tune : 0;
        later[2] = tuned * some.n_lr * tune;
    }
    later[2] += tuned * STAGES_MORE * tune;
    later[3] = stages_later(p, 2);
    return OK;
}

status stages_fits(stages *p, size_t jobs)
{
    status st = OK;
    for (size_t i = 0; i < p->n_spaces && !st; i++) {
        size_t largest = 0;
        run_spec r = p->ask->run, canonical;
        char id[RUN_ID];
        for (size_t k = 1; k < p->first[i + 1] - p->first[i]; k++)
            largest = p->d[k] > p->d[largest] ? k : largest;
        r.space = p->cells[p->first[i] + largest].spec;
        if (!(st = sweep_run_of(p->sweep, &r, &canonical, id)))
            st = sweep_fits(p->sweep, &canonical, jobs);
    }
    return st;
}

static status stages_all(stages *p, int last)
{
    status st;
    bool missing, first = true, fits = false;
    do {
        p->n_need = 0;
        if ((st = first ? stages_seeds(p, true, NULL, NULL) : OK) ||
            (st = stages_settle_all(p, last, &missing)))
            return st;
        sweep_expect(p->sweep, missing ? stages_later(p, p->cells[0].best > 0 ? 2 : 1) : 0);
        if (!missing && last == 3 && (st = stages_seeds(p, false, NULL, NULL)))
            return st;
        /* memory that is short now may be there later: that is a run's own failure, the others go on */
        if (p->n_need && !fits && (st = stages_fits(p, 0)) && st != ERR_MEMORY)
            return st;
        fits = fits || p->n_need;
        if ((st = sweep_stage(p->sweep, p->need, p->n_need)))
            return st;
        first = false;
    } while (missing);
    return OK;
}

status stages_train_to(stages *p, int last)
{
    p->training = true;
    status st = p->ask->search ? searches_train(p) : stages_all(p, last);
    p->training = false;
    return st;
}

status stages_train(stages *p)
{
    return stages_train_to(p, 3);
}

status stages_scores(stages *p, stages_score **scores, size_t *n)
{
    bool missing;
    status st;
    *n = 0;
    if (p->ask->search)
        return searches_scores(p, scores, n);
    *scores = mem_array(vary_draws(&p->vary, p->ask->seeds) * (p->n_cells + 1), sizeof **scores);
    if (!*scores)
        return ERR_MEMORY;
    p->n_need = 0;
    if (!(st = stages_settle_all(p, 3, &missing)) && missing)
        st = error_set(ERR_FAILED,
                       "%s: %zu runs that choose rates are missing; start `idim d90` "
                       "again to train them",
                       p->ask->run.data, p->n_need);
    if (!st && !(st = stages_seeds(p, true, *scores, n)))
        st = stages_seeds(p, false, *scores, n);
    if (st) {
        mem_free(*scores);
        *scores = NULL;
        *n = 0;
    }
    return st;
}
