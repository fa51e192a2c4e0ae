/* planned.c -- see planned.h. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "experiments/planned.h"
#include "format/csv.h"
#include "sweep/stages.h"

enum { PLAN_STEPS = 20 };

/* A run's price is asked for once for each of these. */
typedef struct price {
    run_spec run; /* the first that asked; texts are borrowed from the sweep */
    double seconds, rss;
    size_t measured; /* runs of the folder; 0: a few steps were timed */
} price;

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

/* Seconds of the run cut to so many steps. */
static status price_run(planned *p, price *x, size_t steps, double *seconds)
{
    run_spec few = x->run;
    record r;
    few.epochs = 0;
    few.steps = steps;
    status st = sweep_repeat(p->sweep, &few, &r);
    if (st)
        return st;
    *seconds = r.wall_s;
    x->rss = x->rss > r.peak_rss ? x->rss : r.peak_rss;
    record_clear(&r);
    return OK;
}

/* By a few steps of the run itself. A run of k of them scores validation data behind each of ROWS parts (train.h):
 *
 *     seconds(k) = start + ROWS v + k b        start: the space is made, test data are scored; measured by k = 0
 *
 * k is doubled until they take long enough to be told from nothing, which is behind a trainer's warming up too; b is
 * what the last half took. Where the first few take long already, v is the validation data's share of start. */
static status price_timed(planned *p, price *x)
{
    enum { ROWS = 20 };
    const double enough = .25;
    runner_about about;
    double start, before = 0, took = 0, b, v;
    status st = sweep_describe(p->sweep, &x->run, &about);
    if (st || *x->run.exec) /* a program's price is known when one has run */
        return st;
    size_t batches = (about.n_train + x->run.batch - 1) / x->run.batch, k = PLAN_STEPS;
    size_t steps = x->run.steps ? x->run.steps : x->run.epochs * batches;
    double rows = (double)(x->run.steps ? ROWS : x->run.epochs);
    if (steps <= k)
        return price_run(p, x, steps, &x->seconds);
    if ((st = price_run(p, x, 0, &start)) || (st = price_run(p, x, k, &took)))
        return st;
    for (; took < enough && 2 * k < steps && !st; k *= 2) {
        before = took;
        st = price_run(p, x, 2 * k, &took);
    }
    if (before > 0) {
        b = fmax(0, (took - before) / (double)(k / 2));
        v = fmax(0, (took - start - b * (double)k) / ROWS);
    } else {
        double step = fmax(0, took - start) / (double)k;
        v = about.n_test ? fmin(step, start * (double)about.n_val / (double)about.n_test) : 0;
        b = step - v;
    }
    x->seconds = start + rows * v + (double)steps * b;
    return st;
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
