/* d90.c -- idim d90: the intrinsic dimension of a network on a task, from first run to figure. */
#include <string.h>

#include "base/file.h"
#include "experiments/measured.h"
#include "experiments/plan.h"
#include "experiments/swept.h"
#include "sweep/exec.h"
#include "sweep/scores.h"

typedef struct options {
    ask ask; /* first: run_keys, ask_keys */
    const char *rule, *scores;
    bool plot, dry;
    double fixed;
    folder_options folder;
} options;

static const key keys[] = {
    KEY_TEXT("rule", options, rule, "own,.9",
             "the headline: own|fixed, raw|gain|absolute, level; raw, but gain for losses and "
             "checkpoints"),
    KEY("fixed", options, fixed, "0", 0, 1e9, "score",
        "baseline of fixed rules; 0: the published one"),
    KEY_TEXT("scores", options, scores, "",
             "a CSV with space,d,seed,score of anybody's runs: nothing is trained"),
    KEY("plot", options, plot, "yes", 0, 0, "", "draw figures; no: idim plot makes them later"),
    PLAN_KEY(options, dry),
    FOLDER_KEYS(options, folder),
    {0},
};

static void d90_defaults(void *options_)
{
    options *o = options_;
    o->ask.run.space = "fastfood";
}

/* "d90-train.py": of the words of a program's command the first that is a file, else the program. */
static char *exec_folder_name(const run_spec *r)
{
    char **words, *name = NULL;
    size_t n, at = 0;
    if (exec_words(r, "", &words, &n))
        return mem_string("d90-exec"); /* what is wrong with it is said later */
    for (size_t i = n; i-- > 1;)
        at = file_exists(words[i]) ? i : at;
    const char *slash = strrchr(words[at], '/');
    name = mem_printf("d90-%s", slash ? slash + 1 : words[at]);
    key_parts_free(words, n);
    return name;
}

/* "d90-fashion-mnist-fc-fastfood": a folder for each question. */
static char *default_folder(const run_spec *r)
{
    char *name =
        *r->exec ? exec_folder_name(r) : mem_printf("d90-%s-%s-%s", r->data, r->model, r->space);
    for (char *c = name; c && *c; c++)
        if (strchr("/ :,=\"'*?+@", *c))
            *c = '-';
    return name;
}

static measured shared(const options *o)
{
    return (measured){o->rule, o->fixed, o->plot, o->dry, NULL, &o->folder};
}

/* Anybody's results in place of runs of our own. */
static status d90_scores_file(const options *o, const char *path, FILE *out)
{
    const measured m = shared(o);
    results r;
    text runs = {0};
    status st = scores_d90(o->scores, o->rule, o->fixed, o->ask.run.better == 1, &r);
    if (st)
        return st;
    if (o->dry) {
        fprintf(out, "%s: %zu rows of d90.csv; nothing is written\n", o->scores, r.n_rows);
        results_clear(&r);
        return OK;
    }
    if (!(st = scores_runs(o->scores, &runs)) && !(st = file_make_folder(path)) &&
        !(st = folder_put(path, "runs.csv", &runs)))
        st = measured_say(&m, &r, path, NULL, out);
    text_clear(&runs);
    results_clear(&r);
    return st;
}

/* "demo" of "results/demo" */
static const char *say_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return !strncmp(path, "results/", 8) && slash == path + 7 ? slash + 1 : path;
}

/* What would a number to quote take? */
static void say_next(const options *o, const char *path, FILE *out)
{
    enum { EPOCHS = 20, SEEDS = 5 };
    char *own = mem_printf("%s/d90.csv", path);
    if (o->ask.run.epochs < EPOCHS && !o->ask.run.steps) {
        options quote = *o;
        text line = {0};
        quote.ask.run.epochs = EPOCHS;
        quote.ask.seeds = o->ask.seeds > SEEDS ? o->ask.seeds : SEEDS;
        quote.ask.tune_d = "";
        char *name = mem_printf("%s-%d", say_name(path), EPOCHS); /* it is another question */
        quote.folder.out = name ? name : "";
        command_line(&command_d90, &quote, &line);
        fprintf(out, "%zu epoch%s for show. To quote:\n  %s\n", o->ask.run.epochs,
                o->ask.run.epochs == 1 ? " is" : "s are", line.text ? line.text : "");
        text_clear(&line);
        mem_free(name);
    }
    if (own && file_exists(own)) /* else each question said it */
        fprintf(out, "%s/d90.csv  runs.csv%s  report.html\n", path,
                o->plot ? measured_figures : "");
    fprintf(out, "next: idim show %s\n", say_name(path));
    mem_free(own);
}

/* May it be a list? */
static bool d90_lists(const run_spec *r)
{
    return strpbrk(r->data, " +") || strpbrk(r->model, " +");
}

static status d90_all(const options *o, const char *path, FILE *out, size_t *failed)
{
    const measured m = shared(o);
    key_texts texts = {0};
    options canonical = *o;
    expansion e = {0};
    const ask *asks = &canonical.ask;
    size_t n = 1;
    text line = {0};
    ask given = o->ask;
    if (given.search && !*given.search_rule) {
        given.search_rule = o->rule;
        given.search_fixed = o->fixed;
    }
    status st = ask_sweeps(&given.run);
    if (!st && !d90_lists(&given.run)) {
        st = stages_canonical(&given, NULL, &canonical.ask, &texts);
    } else if (!st && !(st = swept_ask(&given, &e))) {
        asks = e.parts[0].asks;
        n = e.parts[0].n_asks;
        canonical.ask = n == 1 ? asks[0] : given; /* of several, as they were asked for */
    }
    if (!st) {
        canonical.dry = false;
        canonical.ask.run.exec_content = ""; /* typed again, it is of what is there then */
        command_line(&command_d90, &canonical, &line);
        st = text_failed(&line) ? ERR_MEMORY
                                : measured_asks(&m, asks, n, path, line.text, out, failed);
    }
    if (!st && !o->dry)
        say_next(&canonical, path, out);
    text_clear(&line);
    expand_clear(&e);
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
    return measured_end(st, failed);
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
    .lists = SWEPT_LISTS,
    .of_file = &command_d90_file,
    .tables = {run_keys, ask_keys, keys},
    .size = sizeof(options),
    .defaults = d90_defaults,
    .run = d90_run,
};
