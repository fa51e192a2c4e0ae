/* asked.c -- see stages.h: what an ask stands for, and what it is refused for before anything is trained. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "sweep/exec.h"
#include "sweep/searches.h"
#include "sweep/staging.h"

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

void stages_end_auto(stages *p)
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

static bool stages_default(const char *name, const char *value)
{
    for (const key *k = ask_keys; k->name; k++)
        if (!strcmp(k->name, name))
            return !strcmp(k->fallback, value);
    return false;
}

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

status stages_check(stages *p)
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
