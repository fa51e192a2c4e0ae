/* train.c -- idim train: one configuration, trained with one seed or several. */
#include <math.h>
#include <string.h>

#include "base/os.h"
#include "data/tokens.h"
#include "experiments/folder.h"
#include "experiments/plan.h"
#include "experiments/rebuilt.h"
#include "format/tensors.h"
#include "spaces/space.h"
#include "sweep/ask.h"
#include "sweep/exec.h"
#include "sweep/keep.h"
#include "train/optimiser.h"

typedef struct options {
    run_spec run; /* first: run_keys */
    const char *d, *save, *save_adapter;
    double rank, lr;
    size_t seeds;
    bool dry;
    folder_options folder;
} options;

static const key keys[] = {
    KEY_TEXT("d", options, d, "", "fills d of the first space: numbers trained"),
    KEY("rank", options, rank, "0", 0, 1e6, "",
        "fills r of the first space: rank of updates; 0: not given"),
    KEY("lr", options, lr, "0", 0, 1e6, "",
        "learning rate: fills lr of the optimiser; 0: its default"),
    KEY("seeds", options, seeds, "1", 1, 1e6, "seeds", "how many runs: seed, seed + 1, ..."),
    KEY_TEXT("save", options, save, "",
             "writes the trained transformer as a Hugging Face folder, which --from takes"),
    KEY_TEXT("save-adapter", options, save_adapter, "",
             "writes what was trained as a LoRA adapter that PEFT reads"),
    PLAN_KEY(options, dry),
    FOLDER_KEYS(options, folder),
    {0},
};

static status fill(const char *name, const char *value, options *o, key_texts *texts)
{
    char *with;
    status st = run_with(&o->run, o->run.space, name, value, &with);
    if (st)
        return st;
    st = key_set("train", run_keys, "space", with, o, texts);
    mem_free(with);
    return st;
}

static status fill_all(options *o, key_texts *texts)
{
    char value[32], *optimiser_;
    status st;
    if (*o->d && (st = fill("d", o->d, o, texts)))
        return st;
    if (o->rank > 0 && (st = fill("r", key_number_text(o->rank, value), o, texts)))
        return st;
    if (o->lr > 0) {
        if ((st = optimiser_with_lr(o->run.optimiser, o->lr, &optimiser_)))
            return st;
        st = key_set("train", run_keys, "optimiser", optimiser_, o, texts);
        mem_free(optimiser_);
        return st;
    }
    return OK;
}

static void print_run(const record *r, bool history, FILE *out)
{
    char D[32], d[32];
    const train_result *x = &r->result;
    const char *const labels[] = {r->run.data, r->run.model}; /* a program may have none */
    train_row *rows = NULL;
    size_t n = 0;
    if (history && record_history(r, &rows, &n))
        n = 0;
    fprintf(out, "run %s: ", r->id);
    for (size_t i = 0; i < 2; i++)
        fprintf(out, "%s%s", labels[i], *labels[i] ? ", " : "");
    fprintf(out, "%s, d = %s", r->run.space, count_text(r->d, d));
    if (r->D)
        fprintf(out, " of D = %s", count_text(r->D, D));
    fprintf(out, ", seed %zu\n", r->run.seed);
    if (n)
        fprintf(out, "  epoch   train loss  train %s   val %s\n", r->metric, r->metric);
    for (size_t i = 0; i < n; i++)
        fprintf(out, "  %5zu   %10.4f  %14.4f   %12.4f\n", rows[i].epoch, rows[i].train_loss,
                rows[i].train_score, rows[i].val_score);
    mem_free(rows);
    if (r->status == RECORD_FAILED)
        fprintf(out, "  failed: %s\n", r->reason);
    else if (*r->run.exec)
        fprintf(out, "  %s: test %s %.4f, validation %.4f, %.1f s\n", record_status_text[r->status],
                r->metric, x->score, x->val, r->wall_s);
    else
        fprintf(out, "  %s: test %s %.4f (loss %.4f), validation %.4f, lr %g, %.1f s\n",
                record_status_text[r->status], r->metric, x->score, x->loss, x->val, r->lr,
                r->wall_s);
}

/* How many weights are stored in bf16; none is a mistake. */
static status say_frozen(const run_spec *run, const runner_about *about, FILE *out)
{
    char halves[32], D[32];
    if (run->frozen != RUN_BF16)
        return OK;
    if (!about->halves)
        return error_set(ERR_USAGE,
                         "frozen=bf16: %s trains or reads every matrix, none is frozen; leave "
                         "frozen out, or name what it rides on (lora:targets=q+v)",
                         run->space);
    fprintf(out, "frozen=bf16: %s of %s weights in 16 bits\n", count_text(about->halves, halves),
            count_text(about->D, D));
    return OK;
}

/* What rounding costs before any training: step 0 by weights in float and in bf16. It comes after the run, whose
 * peak memory is written down by then, since it holds all weights in float. */
static status print_rounding(const run_spec *run, FILE *out)
{
    runner *r;
    status st = runner_new(&r, NULL, 1, 0);
    for (int frozen = RUN_FLOAT; frozen <= RUN_BF16 && !st; frozen++) {
        const model *m;
        real *theta;
        idim_tally tally;
        run_spec one = *run;
        one.frozen = frozen;
        if ((st = runner_weights(r, &one, -1, NULL, 0, &m, &theta)))
            break;
        const task *t = m->task;
        split which = t->splits[IDIM_SPLIT_VAL].n ? IDIM_SPLIT_VAL : IDIM_SPLIT_TEST;
        if (!(st = train_evaluate(t, m, theta, which, NULL, &tally, NULL)))
            fprintf(out, "  step 0 by weights in %s: loss %.6f, %s %.6f\n",
                    frozen == RUN_BF16 ? "bf16 " : "float", tally.loss / (double)tally.n,
                    t->loss->metric, t->loss->score(&tally));
        mem_free(theta);
    }
    runner_free(r);
    return st;
}

/* The trained model, or its adapter, as a folder: rebuilt from the run's z, as anybody would do it. */
static status save_model(const options *o, const run_spec *run, const char *path, const char *id,
                         FILE *out)
{
    rebuilt w;
    char *z = keep_z(path, id);
    status st = z ? rebuilt_open(&w, run, z, 1) : ERR_MEMORY;
    mem_free(z);
    if (st)
        return st;
    pretrained *made = NULL; /* from scratch */
    const tokenizer *read = tokens_of(w.task);
    if (*o->save && (*run->from || !(st = pretrained_describe(&made, w.model))) &&
        !(st = pretrained_save(made ? made : runner_checkpoint(w.runner), &w.model->layout, w.theta,
                               read ? tokenizer_place(read) : NULL, o->save)))
        st = rebuilt_saved(o->save, &w.model->layout, out);
    pretrained_close(made);
    size_t pairs;
    if (!st && *o->save_adapter &&
        !(st = runner_adapter(w.runner, &w.run, -1, w.kept.z, w.kept.d, o->save_adapter, &pairs)))
        fprintf(out, "%s: an adapter of %zu matrices\n", o->save_adapter, pairs);
    rebuilt_close(&w);
    return st;
}

static status train_all(const options *o, sweep *s, const char *path, FILE *out, size_t *failed,
                        size_t *told)
{
    run_spec *runs = mem_array(o->seeds, sizeof *runs);
    char(*ids)[RUN_ID] = mem_array(o->seeds, sizeof *ids);
    status st = runs && ids ? OK : ERR_MEMORY;
    for (size_t k = 0; k < o->seeds && !st; k++) {
        run_spec one = o->run;
        one.seed += k;
        st = sweep_run_of(s, &one, &runs[k], ids[k]);
    }
    runner_about about;
    if (!st && !(st = sweep_describe(s, &runs[0], &about)) &&
        (*runs[0].exec || (!(st = plan_say(runs[0].space, &about, out)) &&
                           !(st = say_frozen(&runs[0], &about, out))))) {
        fflush(out);
        st = sweep_stage(s, runs, o->seeds);
    }
    if (!st)
        st = folder_collect(sweep_store(s), told);
    for (size_t k = 0; k < o->seeds && !st; k++) {
        const record *r = store_find(sweep_store(s), ids[k]);
        if (r)
            print_run(r, o->seeds == 1, out);
        if (r && !k && runs[k].frozen == RUN_BF16)
            st = print_rounding(&runs[k], out);
        if (!st && r && (*o->save || *o->save_adapter) && r->status == RECORD_OK)
            st = save_model(o, &runs[k], path, ids[k], out);
    }
    *failed = sweep_failed(s);
    mem_free(runs);
    mem_free(ids);
    return st;
}

/* What would be started, word by word. */
static status train_words(const run_spec *run, FILE *out)
{
    char **words;
    size_t n;
    text line = {0};
    status st = exec_words(run, "OUT", &words, &n);
    if (st)
        return st;
    for (size_t i = 0; i < n; i++) {
        text_add(&line, "%s", i ? " " : "");
        command_quoted(words[i], &line);
    }
    if (text_failed(&line))
        st = ERR_MEMORY;
    else
        fprintf(out, "%s\n", line.text);
    key_parts_free(words, n);
    text_clear(&line);
    return st;
}

/* The command as it would be typed with what --d, --rank and --lr filled written out, and its size. */
static status train_plan_only(const options *o, FILE *out)
{
    options whole = *o;
    key_texts texts = {0};
    text line = {0};
    char D[32], d[32];
    plan p;
    status st = run_canonical(&o->run, NULL, &whole.run, &texts);
    if (!st && *o->run.exec) {
        st = train_words(&whole.run, out);
        key_texts_clear(&texts);
        return st;
    }
    if (!st && !(st = plan_run(&whole.run, &p))) {
        whole.d = "";
        whole.rank = 0;
        whole.lr = p.lr;
        whole.dry = false;
        command_line(&command_train, &whole, &line);
        st = text_failed(&line) ? ERR_MEMORY : OK;
    }
    if (!st)
        fprintf(out, "%s\n%s, %s, %s: d = %s of D = %s, %zu runs\n", line.text, whole.run.data,
                whole.run.model, whole.run.space, count_text(p.d, d), count_text(p.D, D), o->seeds);
    text_clear(&line);
    key_texts_clear(&texts);
    return st;
}

static int train_run(void *options_, size_t n, char *const *names, FILE *out)
{
    options *o = options_;
    key_texts texts = {0};
    sweep *s = NULL;
    char *path = folder_path(o->folder.out, "train");
    size_t failed = 0, told = 0;
    (void)n;
    (void)names;
    status st = path ? fill_all(o, &texts) : ERR_MEMORY;
    if (!st && *o->run.exec && (*o->save || *o->save_adapter))
        st = error_set(ERR_USAGE,
                       "save: the weights are the program's; have it write them into {out}");
    if (!st && *o->save && o->seeds > 1)
        st = error_set(ERR_USAGE, "save=%s: one model is saved; give --seeds 1", o->save);
    if (!st && *o->save && !*o->run.from && strncmp(o->run.model, "transformer", 11))
        st = error_set(ERR_USAGE,
                       "save=%s: %s is no transformer, so that no Hugging Face folder can hold it; "
                       "keep its z (--keep-z)",
                       o->save, o->run.model);
    if (!st && *o->save_adapter && o->seeds > 1)
        st = error_set(ERR_USAGE, "save-adapter=%s: one adapter is saved; give --seeds 1",
                       o->save_adapter);
    if (!st && *o->save)
        st = tensors_room(o->save, TENSORS_MODEL);
    if (!st && *o->save_adapter)
        st = tensors_room(o->save_adapter, TENSORS_ADAPTER);
    if (!st)
        st = folder_fits(&o->folder, &o->run);
    o->folder.keep_z = o->folder.keep_z || *o->save || *o->save_adapter;
    if (!st && o->dry) {
        st = train_plan_only(o, out);
        key_texts_clear(&texts);
        mem_free(path);
        return command_end(st);
    }
    o->folder.here = o->seeds == 1 && !*o->folder.gpus; /* one run needs no processes */
    if (!o->folder.jobs && o->seeds < os_cores())
        o->folder.jobs = o->seeds;
    if (!st && !(st = folder_open(&s, path, &o->folder)))
        st = train_all(o, s, path, out, &failed, &told);
    if (!(st = folder_close(s, told, st)))
        fprintf(out, "%s/runs.csv  history.csv  provenance.csv\n", path);
    key_texts_clear(&texts);
    mem_free(path);
    return st ? command_end(st) : failed ? EXIT_SOME : EXIT_DONE;
}

const command command_train = {
    .name = "train",
    .group = "measure",
    .doc = "train a network once, in full or in a space",
    .examples = {"idim train --data fashion-mnist --space onehot:d=750",
                 "idim train --data mnist --model fc:width=100 --space full --lr 1e-3",
                 "idim train --data synth --space fastfood --d 50 --seeds 3"},
    .usual = " data model space d lr ",
    .told = " epochs seed ",
    .tables = {run_keys, keys},
    .size = sizeof(options),
    .run = train_run,
};
