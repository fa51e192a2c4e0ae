/* bound.c -- idim bound: what a short code of the trained numbers promises for the test error. */
#include <math.h>

#include "base/file.h"
#include "experiments/folder.h"
#include "measure/bound.h"

typedef struct options {
    size_t d, samples;
    double bits, length, extra, error, delta;
    const char *out;
} options;

static const key keys[] = {
    KEY("d", options, d, "0", 0, 1e15, "numbers", "trained; to be given"),
    KEY("bits", options, bits, "32", 0, 64, "bits", "of each number's code"),
    KEY("length", options, length, "0", 0, 1e18, "bits",
        "of the whole code, as a coder wrote it; 0: d bits"),
    KEY("extra", options, extra, "64", 0, 1e15, "bits",
        "of what else was chosen: seed, d, rates, configuration"),
    KEY("train-error", options, error, "-1", -1, 1, "share",
        "of the network as it is coded, on its training samples; to be given"),
    KEY("samples", options, samples, "0", 0, 1e15, "samples", "of the training split; to be given"),
    KEY("delta", options, delta, "0.05", 1e-300, 1, "",
        "the bounds hold but for this share of draws of the samples"),
    KEY_TEXT("out", options, out, "", "results folder for bound.csv; empty: none"),
    {0},
};

static void bound_line(const char *name, double x, const char *how, FILE *out)
{
    fprintf(out, "  %-7s %6.4f  %s%s\n", name, x, how, x < 1 ? "" : "; says nothing");
}

static void bound_say(const bound_row *r, FILE *out)
{
    char d[32], m[32], a[48];
    fprintf(out, "%s numbers in %.6g bits and %.6g more, error %.4g on %s samples\n",
            count_text(r->d, d), r->length, r->extra, r->train_error, count_text(r->samples, m));
    fprintf(out, "test error below, but for %g of draws:\n", r->delta);
    bound_line("occam", r->occam, "train error + sqrt(C/2)", out);
    bound_line("kl", r->kl, "inverse of the binary relative entropy", out);
    if (isnan(r->catoni_a))
        snprintf(a, sizeof a, "Catoni");
    else
        snprintf(a, sizeof a, "Catoni at a = %.3g, chosen and paid for", r->catoni_a);
    bound_line("catoni", r->catoni, a, out);
    fprintf(out, "C = %.4g nats a sample; sqrt(d/m) = %.4g is the order of Arora's, no bound\n",
            r->complexity, r->rate);
}

static int bound_run(void *options_, size_t n, char *const *names, FILE *out)
{
    const options *o = options_;
    bound_row r = {.d = o->d,
                   .bits = o->length > 0 ? (double)NAN : o->bits,
                   .length = o->length,
                   .extra = o->extra,
                   .train_error = o->error,
                   .samples = o->samples,
                   .delta = o->delta};
    status st = OK;
    if (o->error < 0)
        st = error_set(ERR_USAGE,
                       "idim bound: --train-error is missing; `idim bound --help` shows how");
    else if (!o->d)
        st = error_set(ERR_USAGE, "idim bound: --d is missing; `idim bound --help` shows how");
    if (!st)
        st = bound_of(&r);
    (void)n;
    (void)names;
    if (!st)
        bound_say(&r, out);
    if (!st && *o->out) {
        text t = {0};
        char *path = folder_path(o->out, "");
        results_csv(bound_columns, &r, sizeof r, 1, &t);
        st = path ? file_make_folder(path) : ERR_MEMORY;
        if (st)
            text_clear(&t);
        else if (!(st = folder_put(path, "bound.csv", &t)))
            fprintf(out, "%s/bound.csv\n", path);
        mem_free(path);
    }
    return command_end(st);
}

const command command_bound = {
    .name = "bound",
    .group = "measure",
    .doc = "what a short code of d numbers promises for the test error",
    .examples = {"idim bound --d 750 --bits 4 --train-error .1 --samples 60000",
                 "idim bound --d 750 --length 2100 --train-error .08 --samples 60000",
                 "idim bound --d 750 --bits 4 --train-error .1 --samples 60000 --out mnist"},
    .usual = " d bits length train-error samples ",
    .tables = {keys},
    .size = sizeof(options),
    .run = bound_run,
};
