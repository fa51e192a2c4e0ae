/* eval.c -- idim eval: scores of weights as they are: a checkpoint, with an adapter, or a kept z. */
#include <math.h>
#include <string.h>

#include "experiments/command.h"
#include "experiments/rebuilt.h"
#include "sweep/runner.h"
#include "train/train.h"

typedef struct options {
    run_spec run; /* first: run_keys */
    const char *z;
    int split;
    size_t threads;
    bool csv;
} options;

static const key keys[] = {
    KEY_TEXT("z", options, z, "", "a kept z, z/ID.safetensors: the run says what it belongs to"),
    KEY_WORD("split", options, split, "test", "train+val+test", "what is scored"),
    KEY("threads", options, threads, "1", 1, 1024, "threads", ""),
    KEY("csv", options, csv, "no", 0, 0, "", "one row for programs"),
    {0},
};

static void say(const options *o, const task *t, const model *m, const idim_tally *tally, FILE *out)
{
    const samples *s = &t->splits[o->split];
    double loss = tally->loss / (double)tally->n, score = t->loss->score(tally);
    bool text_ = t->length && task_labels(t) > 1;
    double bits = text_ && s->text_bytes && t->mask_share <= 0
                      ? tally->loss / (log(2.0) * (double)s->text_bytes)
                      : (double)NAN;
    const char *split_ = (const char *const[]){"train", "val", "test"}[o->split];
    char n[32], labels[32], D[32];
    if (o->csv) {
        fprintf(out,
                "split,samples,labels,D,metric,score,loss,accuracy,perplexity,bits_per_byte\n"
                "%s,%zu,%zu,%zu,%s,%.17g,%.17g,%.17g,",
                split_, s->n, tally->n, m->D, t->loss->metric, score, loss,
                (double)tally->hits / (double)tally->n);
        if (text_)
            fprintf(out, "%.17g", exp(loss));
        fputc(',', out);
        if (isfinite(bits))
            fprintf(out, "%.17g", bits);
        fputc('\n', out);
        return;
    }
    fprintf(out, "%s, %s split: %s samples, %s labels; D = %s\n", task_spec(t), split_,
            count_text(s->n, n), count_text(tally->n, labels), count_text(m->D, D));
    fprintf(out, "  %s %.4f, loss %.4f nats", t->loss->metric, score, loss);
    if (text_)
        fprintf(out, ", next token right %.4f, perplexity %.3f",
                (double)tally->hits / (double)tally->n, exp(loss));
    if (isfinite(bits))
        fprintf(out, ", %.4f bits per byte", bits);
    fputc('\n', out);
}

static int eval_run(void *options_, size_t n, char *const *names, FILE *out)
{
    options *o = options_;
    rebuilt w = {0};
    idim_tally tally;
    (void)n;
    (void)names;
    status st = rebuilt_open(&w, &o->run, o->z, o->threads);
    if (!st &&
        !(st = train_evaluate(w.task, w.model, w.theta, (split)o->split, NULL, &tally, NULL)))
        say(o, w.task, w.model, &tally, out);
    rebuilt_close(&w);
    return command_end(st);
}

const command command_eval = {
    .name = "eval",
    .group = "models",
    .doc = "score a checkpoint, an adapter or a kept z",
    .examples = {"idim eval --from gpt2 --data wikitext2:length=512",
                 "idim eval --from gpt2 --adapter my-adapter --data tinyshakespeare",
                 "idim eval --z results/train/z/ID.safetensors"},
    .usual = " from adapter data split z ",
    .tables = {run_keys, keys},
    .size = sizeof(options),
    .run = eval_run,
};
