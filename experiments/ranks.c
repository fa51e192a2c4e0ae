/* ranks.c -- idim ranks: LoRA's ranks, its relatives and random subspaces on one axis of trained numbers. */
#include <math.h>
#include <string.h>

#include "experiments/measured.h"
#include "experiments/plan.h"
#include "spaces/space.h"
#include "sweep/expand.h"
#include "sweep/stages.h"

typedef struct options {
    ask ask; /* first: run_keys, ask_keys */
    const char *ranks, *rule;
    bool plot, dry, head, controls;
    size_t spectra;
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
    KEY("head", options, head, "yes", 0, 0, "",
        "the head alone (" STAGES_HEAD ") beside the others, where it is fresh"),
    KEY("controls", options, controls, "no", 0, 0, "",
        "fastfood over all weights at the very counts that the ranks have, in place of --d; for "
        "full rank add "
        "the smaller side to --ranks"),
    KEY("spectra", options, spectra, "1", 0, 10000, "seeds",
        "whose updates' effective ranks are told, from z/ (as --keep-z: runs that were "
        "not kept are trained again); 0: none"),
    KEY("plot", options, plot, "yes", 0, 0, "", "draw figures; no: idim plot makes them later"),
    PLAN_KEY(options, dry),
    FOLDER_KEYS(options, folder),
    {0},
};

static const char random_[] = "fastfood";

static void ranks_defaults(void *options_)
{
    options *o = options_;
    o->ask.run.space = "lora fastfood fastfood@lora:r=8";
}

/* How many numbers a space trains at a rank. */
static status ranks_count(const run_spec *run, const char *spec, double r, size_t *d)
{
    char value[32], *with = NULL;
    run_spec one = *run;
    plan p = {0};
    status st;
    key_number_text(r, value);
    if ((st = space_with(spec, "r", value, &with)))
        return st;
    one.space = with;
    st = plan_run(&one, &p);
    *d = p.d;
    mem_free(with);
    return st;
}

/* The counts of all ranks of all spaces that sweep them, each once: "512+1024". */
static status ranks_counts(const run_spec *run, const char *ranks, text *out)
{
    char **list;
    double *r = NULL;
    size_t n, n_r = 0, n_d = 0, *d = NULL;
    status st = ask_spaces(run, &list, &n);
    if (st)
        return st;
    if (!(st = key_numbers("ranks", ranks, &r, &n_r)) && !(d = mem_array(n * n_r, sizeof *d)))
        st = ERR_MEMORY;
    for (size_t i = 0; i < n * n_r && !st; i++) {
        const char *spec = list[i / n_r], *swept = run_swept(run, spec);
        size_t k = 0;
        if (!swept || strcmp(swept, "r") || (st = ranks_count(run, spec, r[i % n_r], &d[n_d])))
            continue;
        while (k < n_d && d[k] != d[n_d])
            k++;
        if (k < n_d)
            continue;
        text_add(out, "%s%zu", n_d ? "+" : "", d[n_d]);
        n_d++;
    }
    mem_free(d);
    mem_free(r);
    key_parts_free(list, n);
    return st ? st : text_failed(out) ? ERR_MEMORY : OK;
}

/* Random spaces with the numbers that the ranks of the ask have. */
static status ranks_control(const options *o, ask *control, key_texts *texts)
{
    ask a = o->ask;
    text counts = {0};
    status st = ranks_counts(&a.run, o->ranks, &counts);
    if (!st && !counts.length)
        st =
            error_set(ERR_USAGE, "controls: no space here has ranks whose numbers they could have; "
                                 "add --space lora");
    if (!st && !(st = key_set("ranks", run_keys, "space", random_, &a, texts)) &&
        !(st = key_set("ranks", ask_keys, "d", counts.text, &a, texts)))
        st = stages_canonical(&a, NULL, control, texts);
    text_clear(&counts);
    return st;
}

/* One ask for the ranks, one for the numbers, and the controls in place of the random spaces there. */
static status ranks_asks(const options *o, ask asks[3], size_t *n, key_texts *texts)
{
    ask control = o->ask;
    status st = o->controls ? ranks_control(o, &control, texts) : OK;
    if (!st)
        st = expand_ranks(&o->ask, o->ranks, o->controls ? random_ : NULL, asks, n, texts);
    if (!st && o->controls)
        asks[(*n)++] = control;
    return st;
}

/* Is the head one that the checkpoint does not bring? */
static status ranks_fresh(const run_spec *run, bool *fresh)
{
    key_texts texts = {0};
    run_spec full = *run, canonical;
    runner *r = NULL;
    *fresh = false;
    full.space = "full";
    status st = run_canonical(&full, NULL, &canonical, &texts);
    if (!st && !(st = runner_new(&r, NULL, 1, 0)))
        st = runner_fresh_head(r, &canonical, -1, fresh);
    runner_free(r);
    key_texts_clear(&texts);
    return st;
}

/* The spaces with the head alone among them. none: no head is fresh. */
static status ranks_spaces(const options *o, text *spaces, bool *none)
{
    char **list = NULL;
    size_t n = 0;
    bool there = false, fresh = false;
    status st = ask_spaces(&o->ask.run, &list, &n);
    for (size_t i = 0; i < n; i++)
        there = there || !strcmp(list[i], STAGES_HEAD);
    key_parts_free(list, n);
    text_add(spaces, "%s", o->ask.run.space);
    *none = false;
    if (!st && o->head && !there && !*o->ask.run.exec) {
        st = ranks_fresh(&o->ask.run, &fresh);
        *none = !fresh;
        if (fresh)
            text_add(spaces, " %s", STAGES_HEAD);
    }
    return st ? st : text_failed(spaces) ? ERR_MEMORY : OK;
}

static status ranks_all(const options *o, const char *path, FILE *out, size_t *failed)
{
    folder_options folder = o->folder;
    bool looks = o->spectra && !*o->ask.run.exec, none;
    const ranked_how how = {looks ? (double)o->spectra : 0, o->folder.quiet};
    const measured m = {o->rule, o->fixed, o->plot, o->dry, &how, &folder};
    key_texts texts = {0};
    options canonical = *o;
    ask asks[3];
    size_t n = 0;
    text line = {0}, spaces = {0};
    folder.keep_z = folder.keep_z || looks;
    status st = ranks_spaces(o, &spaces, &none);
    options whole = *o;
    whole.ask.run.space = spaces.text;
    if (!st)
        st = ranks_asks(&whole, asks, &n, &texts);
    if (!st) {
        canonical.ask.run =
            asks[0].run; /* the model and data of all; the spaces as they were given */
        canonical.ask.run.space = o->ask.run.space;
        canonical.dry = false;
        command_line(&command_ranks, &canonical, &line);
        st = text_failed(&line) ? ERR_MEMORY
                                : measured_asks(&m, asks, n, path, line.text, out, failed);
    }
    if (!st && !o->dry)
        fprintf(out, "%snext: idim show %s\n",
                none ? "this task draws no head of its own: none is trained alone\n" : "", path);
    text_clear(&line);
    text_clear(&spaces);
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
    .lists = " space ",
    .of_file = &command_ranks_file,
    .tables = {run_keys, ask_keys, keys},
    .size = sizeof(options),
    .defaults = ranks_defaults,
    .run = ranks_run,
};
