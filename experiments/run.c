/* run.c -- idim run: what a sweep file asks for, trained and measured in one folder. */
#include <stdlib.h>
#include <string.h>

#include "experiments/measured.h"
#include "experiments/swept.h"
#include "base/file.h"
#include "format/csv.h"
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

static measured how(const options *o, const expand_part *part)
{
    return (measured){part->rule, part->fixed, o->plot, false, false, &o->folder};
}

/* ------------------------------------------------------------------ training */

static status run_asks(const options *o, sweep *s, const expand_part *part, const char *path,
                       ask_list *noted)
{
    status st = OK;
    for (size_t i = 0; i < part->n_asks && !st; i++) {
        stages *p;
        if ((st = stages_open(&p, s, &part->asks[i])))
            break;
        ask_clear(noted);
        if (!(st = ask_note(path, stages_ask(p), noted)))
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

/* ------------------------------------------------------------------ measuring */

/* "mnist-fc-1": of a question in a folder with several. File systems end a name at 255 bytes, and a checkpoint's model
 * alone may be longer; the number tells questions apart. */
static char *question_folder(const char *path, const expand_part *part, const ask *a, size_t k)
{
    char *name = mem_printf("%.100s%s%.60s-%.60s-%zu", part->name, *part->name ? "-" : "",
                            a->run.data, a->run.model, k + 1),
         *folder;
    for (char *c = name; c && *c; c++)
        if (strchr("/ :,=\"'*?+@", *c))
            *c = '-';
    folder = name ? mem_printf("%s/%s", path, name) : NULL;
    mem_free(name);
    return folder;
}

/* Is the run one of the question's, whichever of its asks brought it? */
static status question_owns(const ask_list *asks, const record *r, bool *owns)
{
    status st = OK;
    *owns = false;
    for (size_t i = 0; r && i < asks->n && !*owns && !st; i++)
        st = ask_owns(&asks->asks[i], &r->run, owns);
    return st;
}

/* runs.csv of one question: the rows of the folder's that are its own. */
static status question_runs(const store *s, const char *folder, const ask_list *asks)
{
    char *all = mem_printf("%s/runs.csv", store_folder(s));
    csv *c = NULL;
    text t = {0};
    size_t id;
    status st = all ? csv_open(&c, all) : ERR_MEMORY;
    if (!st)
        st = csv_need(c, "run_id", &id);
    for (size_t k = 0; !st && k < csv_columns(c); k++)
        csv_text(&t, csv_name(c, k));
    if (!st)
        csv_end(&t);
    for (size_t i = 0; !st && i < csv_rows(c); i++) {
        bool own;
        if ((st = question_owns(asks, store_find(s, csv_cell(c, i, id)), &own)) || !own)
            continue;
        for (size_t k = 0; k < csv_columns(c); k++)
            csv_text(&t, csv_cell(c, i, k));
        csv_end(&t);
    }
    csv_free(c);
    mem_free(all);
    if (!st)
        return folder_put(folder, "runs.csv", &t);
    text_clear(&t);
    return st;
}

/* Is this ask the last one of its question in the part? */
static bool leads(const expand_part *part, size_t i)
{
    for (size_t k = i + 1; k < part->n_asks; k++)
        if (ask_alike(&part->asks[i], &part->asks[k]))
            return false;
    return true;
}

static status measure_part(const options *o, sweep *s, const expand_part *part, bool alone,
                           const ask_list *noted, const char *path, FILE *out, size_t *failed)
{
    const measured m = how(o, part);
    status st = OK;
    for (size_t i = 0, k = 0; i < part->n_asks && !st; i++) {
        ask_list mine = {.asks = mem_array(noted->n, sizeof *mine.asks)};
        size_t bad = 0;
        if (!leads(part, i)) {
            mem_free(mine.asks);
            continue;
        }
        char *folder = alone ? mem_string(path) : question_folder(path, part, &part->asks[i], k++);
        st = folder && mine.asks ? OK : ERR_MEMORY;
        for (size_t j = 0; j < noted->n && !st; j++)
            if (ask_alike(&noted->asks[j], &part->asks[i]))
                mine.asks[mine.n++] = noted->asks[j];
        if (!st && !alone && !(st = file_make_folder(folder)))
            st = question_runs(sweep_store(s), folder, &mine);
        if (!st && !alone)
            fprintf(out, "%s\n", folder);
        if (!st)
            st = measured_answer(&m, s, &mine, folder, alone ? "idim run" : NULL, out, &bad);
        *failed = bad > *failed ? bad : *failed;
        mem_free(mine.asks);
        mem_free(folder);
    }
    return st;
}

static size_t questions(const expansion *e)
{
    size_t n = 0;
    for (size_t p = 0; p < e->n; p++)
        for (size_t i = 0; i < e->parts[p].n_asks; i++)
            n += leads(&e->parts[p], i);
    return n;
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
    ask_list noted = {0};
    size_t told = 0;
    shard mine;
    status st = shard_find(o->shard, getenv, &mine);
    if (st || (st = folder_open(&s, path, &o->folder)) || (st = check_kind(o, s)))
        return folder_close(s, told, st);
    sweep_share_of(s, mine.i, mine.n);
    if (mine.n > 1)
        fprintf(out, "shard %zu of 0..%zu, by %s\n", mine.i, mine.n - 1, mine.by);
    for (size_t i = 0; i < e->n && !st; i++) {
        const expand_part *p = &e->parts[i];
        if (p->n_asks && !(st = folder_fits(&o->folder, &p->asks[0].run)))
            st = run_asks(o, s, p, path, &noted);
        else if (p->n_runs && !st && (o->stage == 0 || o->stage == 3))
            st = run_runs(s, p);
    }
    *failed = sweep_failed(s);
    if (!st)
        st = folder_collect(sweep_store(s), &told);
    bool whole = !o->stage || o->stage == 3;
    for (size_t i = 0; i < e->n && !st && whole; i++)
        st = measure_part(o, s, &e->parts[i], questions(e) == 1, &noted, path, out, failed);
    if (!st)
        fprintf(out, "%zu runs trained, %zu in all: %s/runs.csv\n", sweep_done(s),
                store_count(sweep_store(s)), path);
    if (!st && whole && questions(e))
        fprintf(out, "next: idim show %s\n", path);
    if (*failed)
        folder_say_failed(sweep_store(s));
    ask_clear(&noted);
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
        .usual = " shard jobs out stage kind ", .tables = {keys, SWEPT_TABLES},                    \
        .size = sizeof(options), .over = swept_over, .run = run_,                                  \
    }

const command command_run = RUN_ROW("run", run_run);
const command command_d90_file = RUN_ROW("d90", run_d90);
const command command_ranks_file = RUN_ROW("ranks", run_ranks);
