/* pack.c -- idim pack: a kept z and what it belongs to as one small file, in full or in few bits. */
#include <math.h>
#include <string.h>

#include "base/file.h"
#include "experiments/command.h"
#include "experiments/rebuilt.h"
#include "measure/quantise.h"
#include "train/train.h"

typedef struct options {
    run_spec run; /* first: run_keys */
    double bits;
    int codebook;
    bool score;
    size_t threads;
} options;

static const key keys[] = {
    KEY("bits", options, bits, "0", 0, 24, "bits",
        "of a number's code, all that is written counted; 0: z is kept as it is"),
    KEY_WORD("codebook", options, codebook, "auto", QUANTISE_BOOKS,
             "of --bits; auto: which has less noise at its rate on this z"),
    KEY("score", options, score, "yes", 0, 0, "",
        "score what was packed, on the training split too, as `idim bound` needs it"),
    KEY("threads", options, threads, "1", 1, 1024, "threads", ""),
    {0},
};

static const char *const pack_splits[IDIM_SPLITS] = {"train", "val", "test"};

/* The weights that z makes and the seed does not: tensors that are not as at step 0. */
static status pack_weights(const rebuilt *w, const real *theta, packed *p)
{
    const layout *l = &w->model->layout;
    const model *m;
    real *theta0;
    status st = runner_weights(w->runner, &w->run, -1, NULL, 0, &m, &theta0);
    if (!st && !(p->tensors = mem_array(l->n_tensors, sizeof *p->tensors)))
        st = ERR_MEMORY;
    for (size_t k = 0; k < l->n_tensors && !st; k++) {
        const tensor *t = &l->tensors[k];
        if (!memcmp(theta + t->offset, theta0 + t->offset, t->n * sizeof *theta))
            continue;
        real *values = mem_copy(theta + t->offset, t->n, sizeof *theta);
        if (values)
            p->tensors[p->n_tensors++] = (packed_tensor){.index = k, .n = t->n, .values = values};
        else
            st = ERR_MEMORY;
    }
    mem_free(theta0);
    return st;
}

/* z - z0 in few bits into the code; *theta: the network that it makes, fresh. */
static status pack_coded(const options *o, rebuilt *w, quantised *q, real **theta)
{
    runner_start start;
    kept *k = &w->kept;
    const model *m;
    status st = runner_start_of(w->runner, &w->run, -1, &start);
    real *x = mem_array(k->d, sizeof *x);
    zcode_group *groups = mem_array(start.n_parts, sizeof *groups);
    if (!st && (!x || !groups))
        st = ERR_MEMORY;
    if (!st && start.d != k->d)
        st = error_set(ERR_USAGE, "%s: it trains %zu numbers here, and z has %zu", w->run.space,
                       start.d, k->d);
    for (size_t i = 0; i < start.n_parts && !st; i++)
        groups[i].n = start.parts[i];
    for (size_t i = 0; i < k->d && !st; i++)
        x[i] = k->z[i] - start.z0[i];
    if (!st && !(st = quantise(x, groups, start.n_parts, o->bits, (quantise_book)o->codebook, q))) {
        zcode_values(&q->z, start.z0, x);
        st = runner_weights(w->runner, &w->run, -1, x, k->d, &m, theta);
    }
    k->packed.z = q->z;
    q->z = (zcode){0};
    runner_start_clear(&start);
    mem_free(groups);
    mem_free(x);
    return st;
}

/* Scores of theta; n of a split that is empty stays 0. */
static status pack_score(const rebuilt *w, const real *theta, idim_tally tally[IDIM_SPLITS])
{
    status st = OK;
    memset(tally, 0, IDIM_SPLITS * sizeof *tally);
    for (int s = 0; s < IDIM_SPLITS && !st; s++)
        if (w->task->splits[s].n)
            st = train_evaluate(w->task, w->model, theta, (split)s, NULL, &tally[s], NULL);
    return st;
}

static void say_scores(const rebuilt *w, const idim_tally *before, const idim_tally *after,
                       FILE *out)
{
    const task *t = w->task;
    char n[32];
    fprintf(out, "  %-6s %12s %12s\n", t->loss->metric, before ? "as trained" : "", "as packed");
    for (int s = 0; s < IDIM_SPLITS; s++) {
        if (!after[s].n)
            continue;
        fprintf(out, "  %-8s ", pack_splits[s]);
        if (before)
            fprintf(out, "%12.4f ", t->loss->score(&before[s]));
        else
            fprintf(out, "%12s ", "");
        fprintf(out, "%12.4f  on %s samples\n", t->loss->score(&after[s]),
                count_text(t->splits[s].n, n));
    }
}

static void say_file(const rebuilt *w, const quantised *q, const char *path, FILE *out)
{
    const packed *p = &w->kept.packed;
    char all[32], d[32], code[32], weights[32];
    size_t bytes = PACKED_HEAD + p->run_bytes + p->notes_bytes + p->code_bytes + p->weight_bytes;
    fprintf(out, "%s: run %s, %s\n%s bytes: %s numbers in %s", path, w->kept.id, w->run.space,
            count_text(bytes, all), count_text(w->kept.d, d), count_text(p->code_bytes, code));
    if (p->weight_bytes)
        fprintf(out, ", weights that do not come back from the seed in %s",
                count_text(p->weight_bytes, weights));
    fprintf(out, ", configuration in %zu, checks in %zu\n", p->run_bytes,
            PACKED_HEAD + p->notes_bytes);
    if (p->z.form == ZCODE_WHOLE)
        return;
    fprintf(out, "  %.3f bits a number, ", q->rate);
    if (p->z.form == ZCODE_MEANS)
        fprintf(out, "%zu levels", p->z.n_levels);
    else
        fprintf(out, "steps of %.3g", (double)p->z.groups[0].scale);
    fprintf(out, "; noise %.2g of the variance of z - z0 (%.1f dB)\n", q->noise,
            -10 * log10(q->noise));
}

static status pack_all(const options *o, rebuilt *w, const char *path, FILE *out)
{
    quantised q = {0};
    real *coded = NULL;
    kept *k = &w->kept;
    idim_tally before[IDIM_SPLITS], after[IDIM_SPLITS];
    status st = rebuilt_z(w);
    packed_clear(&k->packed); /* of a file that was packed before */
    if (st)
        return st;
    if (o->bits > 0) {
        st = pack_coded(o, w, &q, &coded);
    } else {
        k->packed.z = (zcode){.d = k->d, .whole = mem_copy(k->z, k->d, sizeof *k->z)};
        st = k->packed.z.whole ? OK : ERR_MEMORY;
    }
    const real *theta = coded ? coded : w->theta;
    if (!st && !k->regenerable)
        st = pack_weights(w, theta, &k->packed);
    if (!st && o->score && !(st = pack_score(w, theta, after)) && coded)
        st = pack_score(w, w->theta, before);
    if (!st && o->score && task_labels(w->task) == 1 && w->task->splits[IDIM_SPLIT_TRAIN].labels) {
        k->packed.right = after[IDIM_SPLIT_TRAIN].hits;
        k->packed.samples = after[IDIM_SPLIT_TRAIN].n;
    }
    if (!st && !(st = kept_pack(k, path))) {
        say_file(w, &q, path, out);
        if (o->score)
            say_scores(w, coded ? before : NULL, after, out);
    }
    mem_free(coded);
    quantise_clear(&q);
    return st;
}

static int pack_run(void *options_, size_t n, char *const *names, FILE *out)
{
    const options *o = options_;
    rebuilt w;
    (void)n;
    status st = rebuilt_open(&w, &o->run, names[0], o->threads);
    if (!st)
        st = pack_all(o, &w, names[1], out);
    rebuilt_close(&w);
    return command_end(st);
}

const command command_pack = {
    .name = "pack",
    .group = "models",
    .doc = "a whole trained model as one small file",
    .takes = "Z PACKED",
    .least = 2,
    .most = 2,
    .examples = {"idim pack results/train/z/ID.safetensors model.idim",
                 "idim pack results/train/z/ID.safetensors small.idim --bits 3",
                 "idim pack --from gpt2 results/train/z/ID.safetensors task.idim --bits 6"},
    .usual = " from bits codebook score ",
    .tables = {run_keys, keys},
    .size = sizeof(options),
    .run = pack_run,
};
