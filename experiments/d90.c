/* d90.c -- idim d90: the intrinsic dimension of a network on a task, from first run to figure. */
#include <math.h>
#include <string.h>

#include "base/file.h"
#include "base/os.h"
#include "experiments/answer.h"
#include "experiments/folder.h"
#include "experiments/plan.h"
#include "report/page.h"
#include "report/plot.h"
#include "report/table.h"
#include "sweep/repeat.h"
#include "sweep/scores.h"
#include "sweep/stages.h"

typedef struct options {
    ask ask; /* first: run_keys, ask_keys */
    const char *rule, *scores;
    int better;
    bool plot, dry;
    double fixed;
    folder_options folder;
} options;

static const key keys[] = {
    KEY_TEXT("rule", options, rule, "own,raw,.9",
             "the headline: own|fixed, raw|gain|absolute, level"),
    KEY("fixed", options, fixed, "0", 0, 1e9, "score",
        "baseline of fixed rules; 0: the published one"),
    KEY_TEXT("scores", options, scores, "",
             "a CSV with space,d,seed,score of anybody's runs: nothing is trained"),
    KEY_WORD("better", options, better, "higher", "higher+lower", "which scores of --scores are"),
    KEY("plot", options, plot, "yes", 0, 0, "", "draw figures; no: idim plot makes them later"),
    PLAN_KEY(options, dry),
    FOLDER_KEYS(options, folder),
    {0},
};

static const char figures[] = "  plots/d90.{svg,pdf,png}";

static void d90_defaults(void *options_)
{
    options *o = options_;
    o->ask.run.space = "fastfood";
}

/* "d90-fashion-mnist-fc-fastfood": a folder for each question. */
static char *default_folder(const run_spec *r)
{
    char *name = mem_printf("d90-%s-%s-%s", r->data, r->model, r->space);
    for (char *c = name; c && *c; c++)
        if (strchr("/ :,=\"'*?+@", *c))
            *c = '-';
    return name;
}

/* With rates to choose from, a grid whose best one lies at its edge is made longer. */
static bool longer(const ask *a)
{
    return strchr(a->lr, '+') || strchr(a->lr_full, '+') || !strcmp(a->lr_full, "auto");
}

static status say_plan(const options *o, const stages *p, FILE *out)
{
    const runner_about *about = stages_about(p);
    char D[32], most[32], **spaces;
    size_t n;
    status st = ask_spaces(o->ask.run.space, &spaces, &n);
    if (st)
        return st;
    fprintf(out, "%s, %s, D = %s: %s runs%s, %zu jobs\n", o->ask.run.data, o->ask.run.model,
            count_text(about->D, D), count_text(stages_most(p), most),
            longer(&o->ask) ? " or more" : "", folder_jobs(&o->folder));
    for (size_t i = 0; i < n && !st; i++)
        st = plan_say(spaces[i], about, out);
    key_parts_free(spaces, n);
    fflush(out);
    return st;
}

static status put(const char *path, const char *name, text *t)
{
    char *file = mem_printf("%s/%s", path, name);
    status st = t->failed || !file ? ERR_MEMORY : file_write(file, t->text, t->length);
    text_clear(t);
    mem_free(file);
    return st;
}

/* Without gnuplot all but the figures is there, and that is said. true: they are drawn. */
static bool draw(const options *o, const char *path)
{
    if (!o->plot)
        return false;
    if (!plot_draw(path, "d90", "svg+pdf+png"))
        return true;
    fprintf(stderr, "%s\n", error_text());
    return false;
}

/* The CSVs, figures, report.html, tables, the answer in words. typed: the command; NULL for foreign
 * scores. */
static status say_all(const options *o, const results *r, const char *path, const char *typed,
                      FILE *out)
{
    const struct {
        const char *name;
        const d90_column *columns;
        const void *rows;
        size_t size, n;
    } tables[] = {
        {"d90.csv", d90_columns, r->rows, sizeof *r->rows, r->n_rows},
        {"variance.csv", variance_columns, r->variances, sizeof *r->variances, r->n_variances},
        {"paired.csv", paired_columns, r->pairs, sizeof *r->pairs, r->n_pairs},
    };
    status st;
    /* without rows too, so that none is left from another question */
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        text table = {0};
        results_csv(tables[i].columns, tables[i].rows, tables[i].size, tables[i].n, &table);
        if ((st = put(path, tables[i].name, &table)))
            return st;
    }
    bool drawn = draw(o, path);
    if ((st = page_write(path, typed)) || (st = table_write(path)) ||
        (st = answer_folder(path, false, out)))
        return st;
    if (!typed)
        fprintf(out, "%s/d90.csv  runs.csv%s  report.html\n", path, drawn ? figures : "");
    return OK;
}

/* Anybody's results in place of runs of our own. */
static status d90_scores_file(const options *o, const char *path, FILE *out)
{
    results r;
    text runs = {0};
    status st = scores_d90(o->scores, o->rule, o->fixed, o->better == 1, &r);
    if (st)
        return st;
    if (o->dry) {
        fprintf(out, "%s: %zu rows of d90.csv; nothing is written\n", o->scores, r.n_rows);
        results_clear(&r);
        return OK;
    }
    if (!(st = scores_runs(o->scores, &runs)) && !(st = file_make_folder(path)) &&
        !(st = put(path, "runs.csv", &runs)))
        st = say_all(o, &r, path, NULL, out);
    text_clear(&runs);
    results_clear(&r);
    return st;
}

/* Runs of several numeric kinds in one answer: how far apart are they? One of another kind is done again. */
static status say_kinds(sweep *s, const results *r, FILE *out)
{
    repeat_difference difference;
    text words = {0};
    status st = OK;
    if (r->kinds < 2)
        return OK;
    text_add(&words, "  note: these runs come from %zu numeric kinds", r->kinds);
    if (*r->foreign) {
        st = repeat_run(s, store_find(sweep_store(s), r->foreign), &difference);
        text_add(&words, "; ");
        if (!st)
            repeat_words(&difference, &words);
        else if (st != ERR_STOPPED)
            text_add(&words, "none could be done again here: %s", error_text());
    }
    if (st != ERR_STOPPED)
        st = words.failed ? ERR_MEMORY : OK;
    if (!st)
        fprintf(out, "%s\n", words.text);
    text_clear(&words);
    return st;
}

static status d90_measure_all(const options *o, sweep *s, const ask_list *asks, const char *path,
                              const char *typed, FILE *out, size_t *failed)
{
    results r;
    status st = results_d90(s, asks, o->rule, o->fixed, &r);
    if (st)
        return st;
    *failed = r.failed; /* those of earlier calls too */
    if (!(st = say_all(o, &r, path, typed, out)))
        st = say_kinds(s, &r, out);
    results_clear(&r);
    return st;
}

/* What would a number to quote take? */
static void say_next(const options *o, const char *path, FILE *out)
{
    enum { EPOCHS = 20, SEEDS = 5 };
    const char *slash = strrchr(path, '/');
    if (o->ask.run.epochs < EPOCHS && !o->ask.run.steps) {
        options quote = *o;
        text line = {0};
        quote.ask.run.epochs = EPOCHS;
        quote.ask.seeds = o->ask.seeds > SEEDS ? o->ask.seeds : SEEDS;
        quote.ask.tune_d = quote.folder.out = "";
        command_line(&command_d90, &quote, &line);
        fprintf(out, "%zu epoch%s for show. To quote:\n  %s\n", o->ask.run.epochs,
                o->ask.run.epochs == 1 ? " is" : "s are", line.text ? line.text : "");
        text_clear(&line);
    }
    fprintf(out, "%s/d90.csv  runs.csv%s  report.html\nnext: idim show %s\n", path,
            o->plot ? figures : "",
            !strncmp(path, "results/", 8) && slash == path + 7 ? slash + 1 : path);
}

static status d90_all(const options *o, const char *path, FILE *out, size_t *failed)
{
    sweep *s = NULL;
    stages *p = NULL;
    ask_list asks = {0};
    key_texts texts = {0};
    options canonical = *o;
    text line = {0};
    size_t told = 0;
    status st;
    if ((st = stages_canonical(&o->ask, NULL, &canonical.ask, &texts)))
        goto done;
    canonical.dry = false;
    command_line(&command_d90, &canonical, &line);
    fprintf(out, "%s\n", line.text ? line.text : "");
    fflush(out);
    folder_options folder = o->folder;
    folder.here = o->dry; /* in memory: no folder is made, no process started */
    if ((st = folder_open(&s, o->dry ? NULL : path, &folder)) ||
        (st = stages_open(&p, s, &canonical.ask)) || (st = say_plan(&canonical, p, out)))
        goto done;
    if (o->dry) {
        st = stages_fits(p, o->folder.here ? 0 : folder_jobs(&o->folder));
        goto done;
    }
    if ((st = ask_note(path, &canonical.ask, &asks)) || (st = stages_train(p)) ||
        (st = folder_collect(sweep_store(s), &told)) ||
        (st = d90_measure_all(&canonical, s, &asks, path, line.text, out, failed)))
        goto done;
    answer_published(&canonical.ask.run, stages_about(p)->D, out);
    say_next(&canonical, path, out);
done:
    if (s && sweep_failed(s) > *failed)
        *failed = sweep_failed(s);
    if (*failed)
        folder_say_failed(sweep_store(s));
    text_clear(&line);
    ask_clear(&asks);
    stages_free(p);
    st = folder_close(s, told, st);
    key_texts_clear(&texts);
    return st;
}

static int d90_run(void *options_, size_t n, char *const *names, FILE *out)
{
    options *o = options_;
    char *fallback = default_folder(&o->ask.run), *path;
    size_t failed = 0;
    status st;
    (void)n;
    (void)names;
    if (o->ask.run.role != RUN_SCORE) {
        mem_free(fallback);
        return command_end(error_set(ERR_USAGE,
                                     "d90 gives its runs their roles itself; leave --role "
                                     "out, or `idim train --role tune` one run"));
    }
    if (*o->scores) {
        path = folder_path(o->folder.out, "scores");
        st = path ? d90_scores_file(o, path, out) : ERR_MEMORY;
        mem_free(fallback);
        mem_free(path);
        return command_end(st);
    }
    path = fallback ? folder_path(o->folder.out, fallback) : NULL;
    st = path ? d90_all(o, path, out, &failed) : ERR_MEMORY;
    mem_free(fallback);
    mem_free(path);
    if (st && !(failed && st == ERR_USAGE))
        return command_end(st);
    (void)command_end(st); /* what did not fail may be too little to be measured */
    return failed ? EXIT_SOME : EXIT_DONE;
}

const command command_d90 = {
    .name = "d90",
    .group = "measure",
    .doc = "the intrinsic dimension of a network on a task",
    .examples = {"idim d90 --data fashion-mnist",
                 "idim d90 --data mnist --space fastfood --space dense --seeds 5",
                 "idim d90 --scores my-runs.csv"},
    .usual = " data model space d seeds ",
    .told = " epochs ",
    .tables = {run_keys, ask_keys, keys},
    .size = sizeof(options),
    .defaults = d90_defaults,
    .run = d90_run,
};
