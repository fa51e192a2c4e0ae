/* searches.c -- see searches.h. */
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "sweep/exec.h"
#include "sweep/searches.h"
#include "train/train.h"

const double searches_risk = .05;

typedef struct need { /* a run that is not there so far */
    run_spec run;
    size_t epoch;
} need;

typedef struct finder { /* what answers the walk of one space */
    stages *p;
    size_t space;
    search_ask ask;
    const search_log *log;
    double *val; /* (epochs) */
    need *needs;
    size_t n_needs, room;
} finder;

/* ------------------------------------------------------------------ the ask */

static status searches_rule(const stages *p, d90_rule *rule, double *fixed)
{
    const ask *a = stages_ask(p);
    const runner_about *about = stages_about(p);
    bool gain = about->lower_is_better || *a->run.from_content;
    status st = d90_rule_parse(*a->search_rule ? a->search_rule : "own,.9",
                               gain ? D90_GAIN : D90_RAW, rule);
    *fixed = a->search_fixed > 0 ? a->search_fixed : about->published;
    if (!st && rule->kind == D90_RAW && about->lower_is_better)
        st = error_set(ERR_USAGE, "rule %s: no share of a loss is worth reaching; search by gain",
                       a->search_rule);
    if (!st && rule->base == D90_FIXED && !(*fixed > 0))
        st = error_set(ERR_USAGE, "rule %s: %s has no published baseline; give --fixed",
                       a->search_rule, a->run.data);
    return st;
}

/* Rows of a whole run's history. */
static size_t searches_epochs(const ask *a)
{
    const train_plan plan = {.epochs = a->run.epochs, .steps = a->run.steps};
    return *a->run.exec ? 1 : train_rows(&plan);
}

static status searches_ask(const stages *p, size_t space_, search_ask *out)
{
    const ask *a = stages_ask(p);
    const stages_place full = {.space = SIZE_MAX}, at = {.space = space_};
    double lr[STAGES_RATES];
    status st;
    *out = (search_ask){.lower_is_better = stages_about(p)->lower_is_better,
                        .epochs = searches_epochs(a),
                        .more = STAGES_MORE,
                        .tune_seeds = a->tune_seeds,
                        .first = a->seeds,
                        .most = a->most_seeds > a->seeds ? a->most_seeds : a->seeds,
                        .width = a->width,
                        .risk = searches_risk};
    out->d = stages_d(p, &out->n_d);
    if ((st = searches_rule(p, &out->rule, &out->fixed)) ||
        (st = stages_rates(p, &full, 0, lr, &out->rates_full)))
        return st;
    return stages_rates(p, &at, 1, lr, &out->rates);
}

status searches_check(stages *p)
{
    const ask *a = stages_ask(p);
    d90_rule rule;
    double fixed;
    size_t n;
    const char *space_;
    const double *d = stages_d(p, &n);
    if (strcmp(a->vary, "all") != 0)
        return error_set(
            ERR_USAGE,
            "vary=%s: a search takes seeds of whole runs; leave --vary out, or measure "
            "on a grid of d",
            a->vary);
    for (size_t i = 1; i < n; i++)
        if (!(d[i] > d[i - 1]))
            return error_set(ERR_USAGE, "d=%s: a search takes d that rise", a->d);
    for (size_t i = 0; (space_ = stages_space(p, i)); i++)
        if (!run_swept(&a->run, space_))
            return error_set(ERR_USAGE,
                             "%s: it has neither d nor r to search; leave it out, or --search",
                             space_);
    if (*a->run.exec && exec_names(a->run.exec, "lr") && !stages_about(p)->D &&
        strstr(a->lr, "rel:"))
        return error_set(
            ERR_USAGE, "lr=%s: a search of a program's d90 takes plain rates, as in --lr 1e-3+1e-2",
            a->lr);
    return searches_rule(p, &rule, &fixed);
}

/* ------------------------------------------------------------------ answers */

/* The rate k of a sorted grid; beyond an end as rates.c makes a grid longer. */
static double searches_rate(const double *lr, size_t n, int k)
{
    if (k >= 0 && (size_t)k < n)
        return lr[k];
    bool up = k > 0;
    double last = up ? lr[n - 1] : lr[0], before = up ? lr[n - 2] : lr[1];
    for (int i = up ? k - (int)n + 1 : -k; i > 0; i--) {
        double next = stages_round(last * (last / before));
        before = last;
        last = next;
    }
    return last;
}

static status finder_place(const finder *f, const search_run *run, stages_place *at)
{
    const stages_place full = {.space = SIZE_MAX};
    double lr[STAGES_RATES];
    size_t n;
    status st = stages_rates(f->p, &full, 0, lr, &n);
    *at =
        (stages_place){.space = SIZE_MAX,
                       .role = run->tune ? RUN_TUNE : RUN_SCORE,
                       .seed = run->tune ? run->seed + 1 : stages_ask(f->p)->run.seed + run->seed};
    if (st || run->place == SEARCH_FLOOR)
        return st;
    at->lr = searches_rate(lr, n, run->place == SEARCH_FULL ? run->rate : f->log->rate_full);
    if (run->place == SEARCH_FULL)
        return OK;
    at->space = f->space;
    at->at = run->at;
    if (!(st = stages_rates(f->p, at, at->lr, lr, &n)))
        at->lr = searches_rate(lr, n, run->rate);
    return st;
}

static status finder_need(finder *f, const run_spec *run, size_t epoch)
{
    if (f->n_needs == f->room) {
        size_t room = f->room ? 2 * f->room : 64;
        need *more = mem_resize(f->needs, room, sizeof *more);
        if (!more)
            return ERR_MEMORY;
        f->needs = more;
        f->room = room;
    }
    f->needs[f->n_needs++] = (need){*run, epoch};
    return OK;
}

/* What a record says of the run after an epoch. */
static status finder_read(finder *f, const record *r, size_t epoch, search_seen *seen)
{
    const train_result *x = &r->result;
    const bool memorise = stages_about(f->p)->memorise;
    bool whole = epoch == f->ask.epochs || !epoch;
    seen->known = true;
    seen->steps = x->steps;
    if (r->status == RECORD_FAILED)
        return OK;
    if (whole && r->run.role == RUN_SCORE)
        seen->score = x->score;
    if (!epoch || *r->run.exec) { /* one number, no history */
        f->val[0] = x->val;
        seen->val = isnan(x->val) ? NULL : f->val;
        return OK;
    }
    if (whole && r->status == RECORD_DIVERGED)
        return OK; /* it ended before */
    train_row *rows = NULL;
    size_t n;
    status st = record_history(r, &rows, &n);
    bool all = !st && n >= epoch;
    for (size_t k = 0; all && k < epoch; k++) {
        f->val[k] = memorise ? rows[k].train_score : rows[k].val_score;
        all = !isnan(f->val[k]);
    }
    if (all) {
        seen->steps = rows[epoch - 1].step;
        seen->val = f->val;
    }
    mem_free(rows);
    return st;
}

static status finder_find(void *context, const search_run *run, size_t epoch, search_seen *seen)
{
    finder *f = context;
    stages_place at;
    run_spec canonical;
    const record *r;
    status st;
    if (run->place == SEARCH_FLOOR && !stages_floors(f->p)) {
        seen->known = true;
        return OK;
    }
    if ((st = finder_place(f, run, &at)) || (st = stages_find(f->p, &at, &canonical, &r)))
        return st;
    bool enough = r && (record_whole(r) || (r->status == RECORD_STOPPED && epoch < f->ask.epochs &&
                                            r->result.epochs >= epoch));
    if (!enough)
        return finder_need(f, &canonical, epoch);
    return finder_read(f, r, epoch, seen);
}

static status finder_walk(stages *p, size_t space_, finder *f, search_log *log)
{
    *f = (finder){.p = p, .space = space_, .log = log};
    *log = (search_log){0};
    status st = searches_ask(p, space_, &f->ask);
    if (!st && !(f->val = mem_array(f->ask.epochs + 1, sizeof *f->val)))
        st = ERR_MEMORY;
    return st ? st : search_walk(&f->ask, finder_find, f, log);
}

static void finder_clear(finder *f, search_log *log)
{
    mem_free(f->val);
    mem_free(f->needs);
    search_clear(log);
}

/* ------------------------------------------------------------------ training */

size_t searches_most(const stages *p)
{
    size_t n = 0;
    for (size_t i = 0; stages_space(p, i); i++) {
        search_ask a;
        if (!searches_ask(p, i, &a))
            n += search_most(&a);
    }
    return n;
}

/* Those of one epoch after the other, from the shortest on. */
static status searches_round(stages *p, const need *needs, size_t n)
{
    size_t epochs = searches_epochs(stages_ask(p)), done = 0;
    run_spec *runs = mem_array(n, sizeof *runs);
    status st = runs ? OK : ERR_MEMORY;
    for (size_t e = 0; !st && done < n; e++) {
        size_t some = 0;
        for (size_t i = 0; i < n; i++)
            if (needs[i].epoch == e)
                runs[some++] = needs[i].run;
        if (some)
            st = sweep_round(stages_sweep(p), runs, some, e < epochs ? e : 0);
        done += some;
    }
    mem_free(runs);
    return st;
}

status searches_train(stages *p)
{
    bool fits = false;
    for (;;) {
        need *all = NULL;
        size_t n = 0, expected = 0;
        status st = OK;
        for (size_t i = 0; stages_space(p, i) && !st; i++) {
            search_log log;
            finder f;
            if (!(st = finder_walk(p, i, &f, &log)) && f.n_needs) {
                need *more = mem_resize(all, n + f.n_needs, sizeof *more);
                st = more ? OK : ERR_MEMORY;
                if (more) {
                    all = more;
                    memcpy(all + n, f.needs, f.n_needs * sizeof *all);
                    n += f.n_needs;
                }
                size_t usual = search_usual(&f.ask);
                expected += usual > log.n ? usual - log.n : 0;
            }
            finder_clear(&f, &log);
        }
        /* memory that is short now may be there later: that is a run's own failure, the others go on */
        if (!st && n && !fits && (st = stages_fits(p, 0)) == ERR_MEMORY)
            st = OK;
        fits = true;
        if (!st && n) {
            sweep_expect(stages_sweep(p), expected);
            st = searches_round(p, all, n);
        }
        mem_free(all);
        if (st || !n) {
            sweep_expect(stages_sweep(p), 0);
            return st;
        }
    }
}

/* ------------------------------------------------------------------ what came out */

static status searches_missing(const stages *p, const finder *f)
{
    return error_set(ERR_FAILED,
                     "%s: %zu runs of the search are missing; start `idim d90` again to train them",
                     stages_ask(p)->run.data, f->n_needs);
}

/* The record of a row that is known. */
static status finder_record(finder *f, const search_run *run, stages_place *at, const record **r)
{
    run_spec canonical;
    status st = finder_place(f, run, at);
    *r = NULL;
    return st ? st : stages_find(f->p, at, &canonical, r);
}

static bool scores_have(const stages_score *scores, size_t n, const record *r)
{
    for (size_t i = 0; i < n; i++)
        if (scores[i].record == r)
            return true;
    return false;
}

status searches_scores(stages *p, stages_score **scores, size_t *n)
{
    status st = OK;
    *scores = NULL;
    *n = 0;
    for (size_t i = 0; stages_space(p, i) && !st; i++) {
        search_log log;
        finder f;
        if (!(st = finder_walk(p, i, &f, &log)) && f.n_needs)
            st = searches_missing(p, &f);
        stages_score *more = st ? NULL : mem_resize(*scores, *n + log.n, sizeof *more);
        if (more)
            *scores = more;
        else
            st = st ? st : ERR_MEMORY;
        for (size_t k = 0; k < log.n && !st; k++) {
            const search_run *run = &log.rows[k].run;
            const record *r;
            stages_place at;
            if (run->tune || (run->place == SEARCH_FLOOR && !stages_floors(p)) ||
                (st = finder_record(&f, run, &at, &r)) || !r || scores_have(*scores, *n, r))
                continue;
            (*scores)[(*n)++] =
                (stages_score){.record = r,
                               .space = run->place == SEARCH_SPACE ? stages_space(p, i) : NULL,
                               .floor = run->place == SEARCH_FLOOR,
                               .edge = run->place == SEARCH_SPACE  ? log.edge
                                       : run->place == SEARCH_FULL ? log.edge_full
                                                                   : false,
                               .label = at.seed};
        }
        finder_clear(&f, &log);
    }
    if (st) {
        mem_free(*scores);
        *scores = NULL;
        *n = 0;
    }
    return st;
}

#define COLUMN(name, type, field, unit, doc) D90_COLUMN(searches_row, name, type, field, unit, doc)

const d90_column searches_columns[] = {
    COLUMN("space", D90_WORD, space, "", "that is searched, without its d"),
    COLUMN("stage", D90_COUNT, stage, "", "known when the one before is whole"),
    COLUMN("part", D90_WORD, part, "", "baseline rates, probes, rates: tuning; scores, more seeds"),
    COLUMN("d", D90_NUMBER, d, "numbers", "or rank; baseline and floor: empty"),
    COLUMN("lr", D90_NUMBER, lr, "", "learning rate"),
    COLUMN("role", D90_WORD, role, "", "as in runs.csv"),
    COLUMN("seed", D90_COUNT, seed, "", "of its role"),
    COLUMN("epoch_from", D90_COUNT, from, "epochs", "that it had before this stage"),
    COLUMN("epoch", D90_COUNT, epoch, "epochs", "that it was trained to"),
    COLUMN("steps", D90_COUNT, steps, "steps", "trained in this stage; another space's: 0"),
    COLUMN("steps_total", D90_COUNT, steps_total, "steps", "of this row and all before"),
    COLUMN("val", D90_NUMBER, val, "metric", "validation score at that epoch"),
    COLUMN("threshold", D90_NUMBER, threshold, "metric", "of validation scores; of a probe"),
    COLUMN("score", D90_NUMBER, score, "metric", "test score; of part two"),
    COLUMN("verdict", D90_WORD, verdict, "", "goes on, passes, fails, dropped, best, scored"),
    COLUMN("end", D90_WORD, end, "", "of this space's search"),
    {0},
};

static const char *searches_role(const search_run *run)
{
    return run->place == SEARCH_FLOOR  ? "floor"
           : run->tune                 ? "tune"
           : run->place == SEARCH_FULL ? "baseline"
                                       : "score";
}

/* Was the baseline's run of this row told already, for a space before this one? */
static bool told_before(const searches_told *t, size_t n, const searches_row *row)
{
    for (size_t i = 0; i < n && isnan(row->d); i++)
        if (!strcmp(t->rows[i].role, row->role) && t->rows[i].seed == row->seed &&
            t->rows[i].epoch >= row->epoch && !(t->rows[i].lr < row->lr) &&
            !(t->rows[i].lr > row->lr))
            return true;
    return false;
}

static status told_space(stages *p, size_t space_, searches_told *t)
{
    search_log log;
    finder f;
    size_t before = t->n;
    status st = finder_walk(p, space_, &f, &log);
    if (!st && f.n_needs)
        st = searches_missing(p, &f);
    searches_row *more = st ? NULL : mem_resize(t->rows, t->n + log.n, sizeof *more);
    if (more)
        t->rows = more;
    else
        st = st ? st : ERR_MEMORY;
    for (size_t k = 0; k < log.n && !st; k++) {
        const search_row *x = &log.rows[k];
        stages_place at;
        if ((st = finder_place(&f, &x->run, &at)))
            break;
        searches_row row = {.space = stages_space(p, space_),
                            .stage = x->stage,
                            .part = search_part_text[x->part],
                            .d = x->run.place == SEARCH_SPACE ? f.ask.d[x->run.at] : (double)NAN,
                            .lr = x->run.place == SEARCH_FLOOR ? (double)NAN : at.lr,
                            .role = searches_role(&x->run),
                            .seed = (size_t)at.seed,
                            .from = x->from,
                            .epoch = x->epoch,
                            .steps = x->steps,
                            .val = x->val,
                            .threshold = x->threshold,
                            .score = x->score,
                            .verdict = search_verdict_text[x->verdict],
                            .end = search_end_text[log.end]};
        bool new = !told_before(t, before, &row);
        row.steps = new ? row.steps : 0;
        t->steps += row.steps;
        t->runs += new && x->epoch && !x->from;
        row.steps_total = t->steps;
        t->rows[t->n++] = row;
    }
    if (!st && !space_) {
        t->end = search_end_text[log.end];
        t->grid_runs = f.ask.rates_full * f.ask.tune_seeds + log.seeds;
    }
    if (!st)
        t->grid_runs += f.ask.n_d * (f.ask.rates * f.ask.tune_seeds + log.seeds);
    finder_clear(&f, &log);
    return st;
}

status searches_tell(stages *p, searches_told *t)
{
    status st = OK;
    size_t longest = 0;
    *t = (searches_told){0};
    for (size_t i = 0; stages_space(p, i) && !st; i++)
        st = told_space(p, i, t);
    for (size_t i = 0; i < t->n; i++) /* a whole run's steps: of a scored one */
        if (!strcmp(t->rows[i].verdict, "scored") && t->rows[i].steps > longest)
            longest = t->rows[i].steps;
    t->grid_steps = (double)t->grid_runs * (double)longest;
    if (st) {
        mem_free(t->rows);
        *t = (searches_told){0};
    }
    return st;
}
