/* run.c -- idim run: what a sweep file asks for, trained and measured in one folder. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "experiments/questions.h"
#include "experiments/swept.h"
#include "sweep/shard.h"
#include "sweep/stages.h"

typedef struct options {
    swept_options swept; /* first */
    bool plot;
    const char *shard, *kind;
    size_t stage;
    folder_options folder;
} options;

static const key keys[] = {
    KEY_TEXT("shard", options, shard, "",
             "i/N from 0: this process's share first; empty: as Slurm, srun, mpirun or an indexed "
             "container job number it"),
    KEY("stage", options, stage, "0", 0, 3, "",
        "1: floors and the baseline's rates, 2: rates per d, 3: scores; end behind it; 0: all"),
    KEY_TEXT("kind", options, kind, "", "refuse to train where the numeric kind is another one"),
    KEY("plot", options, plot, "yes", 0, 0, "", "draw figures; no: idim plot makes them later"),
    SWEPT_ONLY(options, swept),
    FOLDER_KEYS(options, folder),
    {0},
};

static measured how(const options *o, const expand_part *part, const ranked_how *ranks)
{
    return (measured){
        part->rule, part->fixed, o->plot, false, part->measure == EXPAND_RANKS ? ranks : NULL,
        &o->folder};
}

/* ------------------------------------------------------------------ training */

static status run_asks(const options *o, sweep *s, const expand_part *part, size_t at, questions *q)
{
    status st = OK;
    for (size_t i = 0; i < part->n_asks && !st; i++) {
        stages *p;
        if ((st = stages_open(&p, s, &part->asks[i])))
            break;
        if (!(st = questions_note(q, at, stages_ask(p))))
            st = stages_train_to(p, o->stage ? (int)o->stage : 3);
        stages_free(p);
    }
    return st;
}

static status run_runs(sweep *s, const expand_part *part)
{
    run_spec *runs = mem_array(part->n_runs, sizeof *runs);
    char id[RUN_ID];
    status st = runs ? OK : ERR_MEMORY;
    for (size_t i = 0; i < part->n_runs && !st; i++)
        st = sweep_run_of(s, &part->runs[i], &runs[i], id);
    if (!st)
        st = sweep_stage(s, runs, part->n_runs);
    mem_free(runs);
    return st;
}

/* ------------------------------------------------------------------ all of it */

static status check_kind(const options *o, const sweep *s)
{
    if (!*o->kind || !strcmp(o->kind, sweep_kind(s)))
        return OK;
    return error_set(
        ERR_USAGE,
        "kind=%s: this machine's numeric kind is %s; start it on nodes of one kind, or "
        "leave --kind out, and one run is repeated on each",
        o->kind, sweep_kind(s));
}

static status run_all(const options *o, const expansion *e, const char *path, FILE *out,
                      size_t *failed)
{
    sweep *s = NULL;
    const ranked_how ranks = {o->folder.keep_z ? (double)INFINITY : 0, o->folder.quiet};
    questions_part *parts = mem_array(e->n, sizeof *parts);
    questions *q = NULL;
    size_t told = 0, asked = 0;
    bool several = false, whole = !o->stage || o->stage == 3;
    shard mine;
    status st = parts ? shard_find(o->shard, getenv, &mine) : ERR_MEMORY;
    for (size_t i = 0; i < e->n && !st; i++) {
        const expand_part *p = &e->parts[i];
        parts[i] = (questions_part){p->name, p->asks, p->n_asks, how(o, p, &ranks)};
        asked += p->n_asks;
    }
    if (st || (st = questions_open(&q, path, parts, e->n)) ||
        (st = folder_open(&s, path, &o->folder)) || (st = check_kind(o, s)))
        goto done;
    sweep_share_of(s, mine.i, mine.n);
    if (mine.n > 1)
        fprintf(out, "shard %zu of 0..%zu, by %s\n", mine.i, mine.n - 1, mine.by);
    for (size_t i = 0; i < e->n && !st; i++) {
        const expand_part *p = &e->parts[i];
        if (p->n_asks && !(st = folder_fits(&o->folder, &p->asks[0].run)))
            st = run_asks(o, s, p, i, q);
        else if (p->n_runs && !st && (o->stage == 0 || o->stage == 3))
            st = run_runs(s, p);
    }
    *failed = sweep_failed(s);
    if (!st)
        st = folder_collect(sweep_store(s), &told);
    if (!st && whole && asked)
        st = questions_answer(q, s, "idim run", out, failed, &several);
    if (!st)
        fprintf(out, "%zu runs trained, %zu in all: %s/runs.csv\n", sweep_done(s),
                store_count(sweep_store(s)), path);
    if (!st && whole && asked)
        fprintf(out, "next: idim show %s\n", path);
    if (*failed)
        folder_say_failed(sweep_store(s));
done:
    questions_free(q);
    mem_free(parts);
    return folder_close(s, told, st);
}

/* ERR_USAGE: a part of the file is measured otherwise than this command does. */
static status check_measure(const expansion *e, const char *path, expand_measure only)
{
    static const char *const names[] = {"d90", "ranks", "train"};
    for (size_t i = 0; i < e->n; i++)
        if (e->parts[i].measure != only)
            return error_set(ERR_USAGE, "%s: its measure is %s, not %s; `idim run %s` does it",
                             path, names[e->parts[i].measure], names[only], path);
    return OK;
}

static int run_file(void *options_, const expand_measure *only, char *const *names, FILE *out)
{
    options *o = options_;
    swept s;
    size_t failed = 0;
    status st = swept_open(&s, &o->swept, names[0], keys, o, &o->folder);
    if (!st && only)
        st = check_measure(&s.sweep, names[0], *only);
    if (!st)
        st = run_all(o, &s.sweep, s.folder, out, &failed);
    swept_close(&s);
    return measured_end(st, failed);
}

static int run_run(void *options_, size_t n, char *const *names, FILE *out)
{
    (void)n;
    return run_file(options_, NULL, names, out);
}

static int run_d90(void *options_, size_t n, char *const *names, FILE *out)
{
    const expand_measure only = EXPAND_D90;
    (void)n;
    return run_file(options_, &only, names, out);
}

static int run_ranks(void *options_, size_t n, char *const *names, FILE *out)
{
    const expand_measure only = EXPAND_RANKS;
    (void)n;
    return run_file(options_, &only, names, out);
}

#define RUN_ROW(name_, run_)                                                                       \
    {                                                                                              \
        .name = name_, .group = "sweep", .doc = "trains and measures what a sweep file asks for",  \
        .takes = "FILE", .least = 1, .most = 1,                                                    \
        .examples = {"idim run sweep.idim", "idim run sweep.idim --seeds 5 --jobs 2",              \
                     "idim run sweep.idim --shard 0/4"},                                           \
        .usual = " shard jobs out stage kind ", .lists = SWEPT_LISTS,                              \
        .tables = {keys, SWEPT_TABLES}, .size = sizeof(options), .over = swept_over, .run = run_,  \
    }

const command command_run = RUN_ROW("run", run_run);
const command command_d90_file = RUN_ROW("d90", run_d90);
const command command_ranks_file = RUN_ROW("ranks", run_ranks);
