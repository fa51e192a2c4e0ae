/* stages.c -- see stages.h.
 *
 * Each (space, d), and the baseline, is a cell: rates, what they scored, the chosen one. A pass over
 * the cells settles those whose runs are all in the store and lists the runs that are missing; the
 * list is the next stage. No pass remembers anything, so an interrupted sweep goes on by asking the
 * same questions again. */
#include <math.h>
#include <string.h>

#include "sweep/exec.h"
#include "sweep/searches.h"
#include "sweep/staging.h"

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
 * anew). */
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

status stages_run(stages *p, const cell *c, double lr, int role, uint64_t seed,
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

uint64_t stages_label(const stages *p, size_t k)
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
