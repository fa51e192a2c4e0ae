/* ranks.c -- idim ranks: LoRA's ranks, its relatives and random subspaces on one axis of trained numbers. */
#include <string.h>

#include "experiments/measured.h"
#include "experiments/plan.h"
#include "report/ranks.h"
#include "spaces/space.h"

typedef struct options {
    ask ask; /* first: run_keys, ask_keys */
    const char *ranks, *rule;
    bool plot, dry;
    double fixed;
    folder_options folder;
} options;

static const key keys[] = {
    KEY_TEXT("ranks", options, ranks, "1..16/log4", "ranks of the spaces that sweep r"),
    KEY_TEXT("rule", options, rule, "own,.9",
             "the headline: own|fixed, raw|gain|absolute, level; raw, but gain for losses and "
             "checkpoints"),
    KEY("fixed", options, fixed, "0", 0, 1e9, "score",
        "baseline of fixed rules; 0: the published one"),
    KEY("plot", options, plot, "yes", 0, 0, "", "draw figures; no: idim plot makes them later"),
    PLAN_KEY(options, dry),
    FOLDER_KEYS(options, folder),
    {0},
};

static void ranks_defaults(void *options_)
{
    options *o = options_;
    o->ask.run.space = "lora fastfood fastfood@lora:r=8";
}

/* The spaces of one kind of sweep, a list cut by blanks; those of one size go with the ranks. */
static status ranks_group(const run_spec *run, bool numbers, char **out)
{
    char **spaces;
    size_t n;
    text t = {0};
    status st = ask_spaces(run, &spaces, &n);
    *out = NULL;
    if (st)
        return st;
    for (size_t i = 0; i < n; i++) {
        const char *swept = run_swept(run, spaces[i]);
        if ((swept && !strcmp(swept, "d")) == numbers)
            text_add(&t, "%s%s", t.length ? " " : "", spaces[i]);
    }
    key_parts_free(spaces, n);
    if (text_failed(&t)) {
        text_clear(&t);
        return ERR_MEMORY;
    }
    *out = t.text;
    return OK;
}

/* One ask for the ranks, one for the numbers. */
static status ranks_asks(const options *o, ask asks[2], size_t *n, key_texts *texts)
{
    status st = OK;
    *n = 0;
    for (int numbers = 0; numbers < 2 && !st; numbers++) {
        char *list;
        ask a = o->ask;
        if ((st = ranks_group(&o->ask.run, numbers, &list)) || !list)
            continue;
        if (!numbers)
            a.d = o->ranks;
        if (!(st = key_set("ranks", run_keys, "space", list, &a, texts)))
            st = stages_canonical(&a, NULL, &asks[(*n)++], texts);
        mem_free(list);
    }
    return st;
}

static status ranks_all(const options *o, const char *path, FILE *out, size_t *failed)
{
    const measured m = {o->rule, o->fixed, o->plot, o->dry, true, &o->folder};
    key_texts texts = {0};
    options canonical = *o;
    ask asks[2];
    size_t n;
    text line = {0}, words = {0};
    status st = ranks_asks(o, asks, &n, &texts);
    if (!st) {
        canonical.ask.run =
            asks[0].run; /* the model and data of all; the spaces as they were given */
        canonical.ask.run.space = o->ask.run.space;
        canonical.dry = false;
        canonical.ask.run.exec_content = ""; /* typed again, it is of what is there then */
        command_line(&command_ranks, &canonical, &line);
        st = text_failed(&line) ? ERR_MEMORY
                                : measured_asks(&m, asks, n, path, line.text, out, failed);
    }
    if (!st && !o->dry && !(st = ranks_write(path, &words)))
        fprintf(out, "%s\n%s/ranks.csv  d90.csv  runs.csv%s  report.html\nnext: idim show %s\n",
                words.text ? words.text : "", path, o->plot ? measured_figures : "", path);
    text_clear(&line);
    text_clear(&words);
    key_texts_clear(&texts);
    return st;
}

static int ranks_run(void *options_, size_t n, char *const *names, FILE *out)
{
    const options *o = options_;
    char *path = folder_path(o->folder.out, "ranks");
    size_t failed = 0;
    status st = path ? ranks_all(o, path, out, &failed) : ERR_MEMORY;
    (void)n;
    (void)names;
    mem_free(path);
    return measured_end(st, failed);
}

const command command_ranks = {
    .name = "ranks",
    .group = "measure",
    .doc = "ranks and their relatives on one axis of trained numbers",
    .examples = {"idim ranks --from gpt2 --data tinyshakespeare:length=256",
                 "idim ranks --data fashion-mnist --space lora --space fastfood@lora:r=8",
                 "idim ranks --data mnist --ranks 1+2+4+8 --d 50..2000/log4"},
    .usual = " from data space ranks d ",
    .told = " epochs seeds ",
    .tables = {run_keys, ask_keys, keys},
    .size = sizeof(options),
    .defaults = ranks_defaults,
    .run = ranks_run,
};
