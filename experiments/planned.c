/* planned.c -- see planned.h. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/os.h"
#include "experiments/planned.h"
#include "format/csv.h"
#include "sweep/stages.h"

/* A run's price is asked for once for each of these. */
typedef struct price {
    run_spec run; /* the first that asked; texts are borrowed from the sweep */
    double seconds, rss;
    size_t measured; /* runs of the folder; 0: a few steps were timed */
} price;

typedef struct score { /* what scoring takes */
    const char *data, *model;
    double seconds;
} score;

struct planned {
    sweep *sweep;
    const char *part;
    FILE *csv;           /* NULL: none */
    char (*ids)[RUN_ID]; /* a hash table of those met: what two sweeps share is one run */
    size_t n, slots;
    size_t runs[4], done[4], later[4]; /* by stage; 0: plain runs */
    double seconds, per_run, rss;      /* of what is to be done; mean of the runs that are known */
    size_t priced, timed;
    price *prices;
    size_t n_prices;
    score *scores;
    size_t n_scores;
};

/* true: it was met before. */
static status met_before(planned *p, const char *id, bool *before)
{
    if (2 * (p->n + 1) > p->slots) {
        size_t slots = p->slots ? 2 * p->slots : 1024;
        char(*all)[RUN_ID] = mem_array(slots, sizeof *all), (*old)[RUN_ID] = p->ids;
        size_t old_slots = p->slots;
        bool same;
        if (!all)
            return ERR_MEMORY;
        p->ids = all;
        p->slots = slots;
        p->n = 0;
        for (size_t i = 0; i < old_slots; i++)
            if (*old[i] && met_before(p, old[i], &same))
                return ERR_MEMORY;
        mem_free(old);
    }
    char digits[9];
    memcpy(digits, id, 8);
    digits[8] = '\0';
    size_t i = strtoul(digits, NULL, 16) & (p->slots - 1);
    while (*p->ids[i] && memcmp(p->ids[i], id, RUN_ID) != 0)
        i = (i + 1) & (p->slots - 1);
    if (!(*before = *p->ids[i])) {
        memcpy(p->ids[i], id, RUN_ID);
        p->n++;
    }
    return OK;
}

static bool same_kind(const char *a, const char *b)
{
    size_t n = strcspn(a, ":@+");
    return !strncmp(a, b, n) && n == strcspn(b, ":@+");
}

/* Alike in what a step costs, but for d. */
static bool same_price(const run_spec *a, const run_spec *b)
{
    return !strcmp(a->data, b->data) && !strcmp(a->model, b->model) && !strcmp(a->exec, b->exec) &&
           a->batch == b->batch && a->epochs == b->epochs && a->steps == b->steps &&
           same_kind(a->space, b->space);
}

/* A look at a run's first steps, in seconds. The last of them count, half or more: a trainer may warm up. */
typedef struct trial {
    double start, first, last; /* when it began, when a first step was done, and the last */
    double enough;             /* that are looked at behind the first step */
    size_t steps, rows;        /* behind the first: without a row of the history, and with one */
    double all, scored;        /* that they took */
    size_t half, mark;     /* steps that do not count; from twice as many as mark, mark itself */
    double before, marked; /* that so many took */
} trial;

static bool trial_stepped(void *context, bool scored)
{
    trial *t = context;
    double now = os_seconds(), took = now - t->last;
    t->last = now;
    if (!(t->first > 0)) {
        t->first = now;
        return false;
    }
    *(scored ? &t->scored : &t->all) += took;
    ++*(scored ? &t->rows : &t->steps);
    if (!scored && t->steps >= 2 * t->mark) {
        t->half = t->mark;
        t->before = t->marked;
        t->mark = t->steps;
        t->marked = t->all;
    }
    /* two rows without a step between them: each step has its row */
    return now - t->first > t->enough && (t->steps || t->rows > 1);
}

static double trial_step(const trial *t)
{
    return t->steps ? (t->all - t->before) / (double)(t->steps - t->half) : 0;
}

/* Until the first step: the space is made. */
static double trial_setup(const trial *t)
{
    return fmax(0, t->first - t->start - trial_step(t));
}

/* Seconds that test data take to be scored, asked for once a network and data set: measured, but where forward passes
 * alone, a third of what the steps of as many samples take, would be longer than `most`. */
static status score_of(planned *p, const run_spec *run, size_t n_test, const trial *t,
                       double *seconds)
{
    const double most = .5;
    record r;
    for (size_t i = 0; i < p->n_scores; i++)
        if (!strcmp(p->scores[i].data, run->data) && !strcmp(p->scores[i].model, run->model)) {
            *seconds = p->scores[i].seconds;
            return OK;
        }
    score *more = mem_resize(p->scores, p->n_scores + 1, sizeof *more);
    if (!more)
        return ERR_MEMORY;
    p->scores = more;
    *seconds = trial_step(t) / 3 * (double)n_test / (double)run->batch;
    if (*seconds < most) {
        run_spec none = *run;
        none.epochs = none.steps = 0;
        status st = sweep_repeat(p->sweep, &none, &r);
        if (st)
            return st;
        *seconds = fmax(0, r.wall_s - trial_setup(t));
        record_clear(&r);
    }
    more[p->n_scores++] = (score){run->data, run->model, *seconds};
    return OK;
}

/* By steps of the run itself, for a time that is bounded but by one step's:
 *
 *     seconds = setup + steps b + rows v + s      b a step, v validation data behind a row, s test data
 *
 * v is what a step with a row takes more than one without; where none was met, the validation data's share of s. */
static status price_timed(planned *p, price *x)
{
    enum { ROWS = 20 }; /* of a run that is told by its steps (train.h) */
    const bool trains = x->run.epochs || x->run.steps;
    runner_about about;
    run_spec run = x->run;
    record r;
    double s = 0;
    bool whole;
    status st = sweep_describe(p->sweep, &x->run, &about);
    if (st || *x->run.exec) /* a program's price is known when one has run */
        return st;
    if (!trains) /* step 0: what its scoring takes is seen from a step */
        run.steps = 1000;
    trial t = {.start = os_seconds(), .enough = trains ? .25 : .02};
    t.last = t.start;
    if ((st = sweep_watch(p->sweep, &run, trial_stepped, &t, &r, &whole)))
        return st;
    x->rss = (double)os_peak_rss();
    if (whole) {
        x->seconds = r.wall_s;
        record_clear(&r);
        if (trains)
            return OK;
    }
    if ((st = score_of(p, &x->run, about.n_test, &t, &s)))
        return st;
    x->seconds = trial_setup(&t) + s;
    if (!trains)
        return OK;
    double batches = ceil((double)about.n_train / (double)run.batch), b = trial_step(&t),
           v = t.rows         ? fmax(0, t.scored / (double)t.rows - b)
               : about.n_test ? s * (double)about.n_val / (double)about.n_test
                              : 0;
    x->seconds += b * (run.steps ? (double)run.steps : (double)run.epochs * batches) +
                  v * (run.steps ? ROWS : (double)run.epochs);
    return OK;
}

static status price_of(planned *p, const run_spec *run, const price **out)
{
    store *s = sweep_store(p->sweep);
    for (size_t i = 0; i < p->n_prices; i++)
        if (same_price(&p->prices[i].run, run)) {
            *out = &p->prices[i];
            return OK;
        }
    price *more = mem_resize(p->prices, p->n_prices + 1, sizeof *more), *x;
    if (!more)
        return ERR_MEMORY;
    p->prices = more;
    *(x = &more[p->n_prices++]) = (price){.run = *run};
    for (size_t i = 0; i < store_count(s); i++) {
        const record *r = store_at(s, i);
        if (r->status == RECORD_FAILED || !same_price(&r->run, run))
            continue;
        x->seconds += r->wall_s * (double)(r->threads ? r->threads : 1);
        x->rss = x->rss > r->peak_rss ? x->rss : r->peak_rss;
        x->measured++;
    }
    if (x->measured)
        x->seconds /= (double)x->measured;
    *out = x;
    return x->measured ? OK : price_timed(p, x);
}

static status plan_count(planned *p, int stage, const run_spec *run, const char *id,
                         const record *found)
{
    const price *x;
    bool before;
    status st = met_before(p, id, &before);
    if (st || before)
        return st;
    p->runs[stage]++;
    p->done[stage] += found != NULL;
    if (p->csv) {
        text t = {0};
        csv_text(&t, p->part);
        csv_count(&t, (size_t)stage);
        csv_text(&t, id);
        csv_text(&t, found ? record_status_text[found->status] : "to do");
        csv_text(&t, run->data);
        csv_text(&t, run->model);
        csv_text(&t, run->space);
        csv_text(&t, run->optimiser);
        csv_text(&t, run->role == RUN_TUNE ? "tune" : "score");
        csv_count(&t, run->seed);
        csv_end(&t);
        fputs(t.text ? t.text : "", p->csv);
        st = text_failed(&t) ? ERR_MEMORY : OK;
        text_clear(&t);
    }
    if (st || p->csv || (st = price_of(p, run, &x)))
        return st;
    if (!found)
        p->seconds += x->seconds;
    p->per_run += x->seconds;
    p->timed += !x->measured;
    p->priced++;
    p->rss = p->rss > x->rss ? p->rss : x->rss;
    return OK;
}

static status plan_visit(void *context, int stage, const run_spec *run, const char *id,
                         const record *found)
{
    return plan_count(context, stage, run, id, found);
}

static status plan_asks(planned *p, const expand_part *part)
{
    status st = OK;
    for (size_t i = 0; i < part->n_asks && !st; i++) {
        stages *g;
        size_t later[4];
        if ((st = stages_open(&g, p->sweep, &part->asks[i])))
            break;
        st = stages_list(g, plan_visit, p, later);
        for (size_t k = 1; k < 4 && !st; k++)
            p->later[k] += later[k];
        stages_free(g);
    }
    return st;
}

/* Runs that differ from the one before in their seed alone share the work of their text. */
static size_t plan_alike(const run_spec *runs, size_t n)
{
    size_t k = 1;
    for (; k < n; k++) {
        run_spec one = runs[k];
        one.seed = runs[0].seed;
        if (memcmp(&one, &runs[0], sizeof one) != 0)
            break;
    }
    return k;
}

static status plan_runs(planned *p, const expand_part *part)
{
    size_t *seeds = mem_array(part->n_runs, sizeof *seeds);
    char(*ids)[RUN_ID] = mem_array(part->n_runs, sizeof *ids);
    status st = seeds && ids ? OK : ERR_MEMORY;
    for (size_t i = 0, n; i < part->n_runs && !st; i += n) {
        run_spec canonical;
        char id[RUN_ID];
        n = plan_alike(part->runs + i, part->n_runs - i);
        for (size_t k = 0; k < n; k++)
            seeds[k] = part->runs[i + k].seed;
        if ((st = sweep_run_of(p->sweep, &part->runs[i], &canonical, id)) ||
            (st = sweep_ids(p->sweep, &canonical, seeds, n, ids)))
            break;
        for (size_t k = 0; k < n && !st; k++) {
            const record *r = store_find(sweep_store(p->sweep), ids[k]);
            canonical.seed = seeds[k];
            st = plan_count(p, 0, &canonical, ids[k], r && record_whole(r) ? r : NULL);
        }
    }
    mem_free(seeds);
    mem_free(ids);
    return st;
}

void planned_print(const planned *p, size_t jobs, FILE *out)
{
    static const char *const what[] = {"plain runs", "1 floors, the baseline's rates",
                                       "2 rates of each d", "3 scores"};
    size_t left = 0, later = 0;
    char a[32], b[32], c[32], time[16], most[16], bytes[16];
    fprintf(out, "%-32s %10s %10s %10s\n", "stage", "runs", "done", "to do");
    for (size_t k = 0; k < 4; k++) {
        if (!p->runs[k] && !p->later[k])
            continue;
        fprintf(out, "%-32s %10s %10s %10s", what[k], count_text(p->runs[k], a),
                count_text(p->done[k], b), count_text(p->runs[k] - p->done[k], c));
        if (p->later[k])
            fprintf(out, "  and at most %s more", count_text(p->later[k], a));
        fputc('\n', out);
        left += p->runs[k] - p->done[k];
        later += p->later[k];
    }
    double mean = planned_mean(p);
    fprintf(out, "%s to do", count_text(left, a));
    if (later)
        fprintf(out, ", at most %s", count_text(left + later, b));
    if (mean > 0)
        fprintf(out, ": %s by %zu jobs", progress_time_text(p->seconds / (double)jobs, time), jobs);
    if (mean > 0 && later)
        fprintf(out, ", at most %s",
                progress_time_text((p->seconds + mean * (double)later) / (double)jobs, most));
    if (p->rss > 0)
        fprintf(out, ", %s of memory", mem_bytes_text(p->rss * (double)jobs, bytes));
    if (mean > 0)
        fprintf(out, "\n  estimated %s",
                p->timed ? "by steps that were timed now" : "from the runs of this folder");
    fputc('\n', out);
}

static status plan_all(planned *p, const expansion *e, const char *path, const folder_options *how)
{
    folder_options folder = *how;
    char *runs = mem_printf("%s/runs", path);
    status st = runs ? OK : ERR_MEMORY;
    folder.here = folder.quiet = true;
    if (!st) /* a folder that is not there is not made */
        st = folder_open(&p->sweep, file_is_folder(runs) ? path : NULL, &folder);
    if (!st && p->csv)
        fputs("sweep,stage,id,state,data,model,space,optimiser,role,seed\n", p->csv);
    for (size_t i = 0; i < e->n && !st; i++) {
        p->part = e->parts[i].name;
        st = e->parts[i].n_runs ? plan_runs(p, &e->parts[i]) : plan_asks(p, &e->parts[i]);
    }
    mem_free(runs);
    st = folder_close(p->sweep, 0, st);
    p->sweep = NULL;
    return st;
}

status planned_new(planned **out, const expansion *e, const char *path,
                   const folder_options *folder, FILE *csv_)
{
    planned *p = mem_array(1, sizeof *p);
    status st;
    *out = NULL;
    if (!p)
        return ERR_MEMORY;
    p->csv = csv_;
    if ((st = plan_all(p, e, path, folder))) {
        planned_free(p);
        return st;
    }
    *out = p;
    return OK;
}

void planned_free(planned *p)
{
    if (!p)
        return;
    mem_free(p->prices);
    mem_free(p->scores);
    mem_free(p->ids);
    mem_free(p);
}

double planned_mean(const planned *p)
{
    return p->priced ? p->per_run / (double)p->priced : 0;
}

size_t planned_most(const planned *p, int stage)
{
    return p->runs[stage] - p->done[stage] + p->later[stage];
}
