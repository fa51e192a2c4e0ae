/* bound.c -- idim bound: what a short code of the trained numbers promises for the test error. */
#include <math.h>

#include "base/file.h"
#include "experiments/folder.h"
#include "format/packed.h"
#include "measure/bound.h"

typedef struct options {
    size_t d, samples, tried;
    double bits, length, extra, error, delta;
    const char *out;
} options;

static const key keys[] = {
    KEY("d", options, d, "0", 0, 1e15, "numbers",
        "trained; to be given, as all that PACKED has where none is named"),
    KEY("bits", options, bits, "32", 0, 64, "bits", "of each number's code"),
    KEY("length", options, length, "0", 0, 1e18, "bits",
        "of the whole code, as a coder wrote it; 0: d bits"),
    KEY("extra", options, extra, "-1", -1, 1e15, "bits",
        "of what else was chosen: seed, d, rates, configuration; -1: as PACKED has it, else 64"),
    KEY("tried", options, tried, "1", 1, 1e15, "settings",
        "among which this one was chosen by what came out: log2 of it is added to extra"),
    KEY("train-error", options, error, "-1", -1, 1, "share",
        "of the network as it is coded, on its training samples"),
    KEY("samples", options, samples, "0", 0, 1e15, "samples", "of the training split"),
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

/* What a packed file says: the code as it was written, the configuration beside it, the error of what it makes. */
static status bound_packed(const char *path, bound_row *r)
{
    packed p;
    status st = packed_read(path, &p);
    if (st)
        return st;
    if (!p.samples)
        st = error_set(ERR_USAGE,
                       "%s: it was not scored on samples with one label each; pack it "
                       "with --score yes, or give --train-error and --samples",
                       path);
    r->d = p.z.d;
    r->bits = (double)NAN;
    r->length = 8 * ((double)p.code_bytes + (double)p.weight_bytes);
    r->extra = 8 * (double)p.run_bytes;
    r->samples = p.samples;
    r->train_error = p.samples ? (double)(p.samples - p.right) / (double)p.samples : (double)NAN;
    packed_clear(&p);
    return st;
}

static status bound_asked(const options *o, bound_row *r)
{
    *r = (bound_row){.d = o->d,
                     .bits = o->length > 0 ? (double)NAN : o->bits,
                     .length = o->length,
                     .extra = 64,
                     .train_error = o->error,
                     .samples = o->samples};
    if (o->error < 0)
        return error_set(ERR_USAGE, "idim bound: --train-error is missing, or a packed file; `idim "
                                    "bound --help` shows how");
    if (!o->d)
        return error_set(ERR_USAGE, "idim bound: --d is missing; `idim bound --help` shows how");
    return OK;
}

static int bound_run(void *options_, size_t n, char *const *names, FILE *out)
{
    const options *o = options_;
    bound_row r = {0};
    status st = OK;
    if (n && (o->d || o->samples || o->length > 0 || o->error >= 0))
        st = error_set(ERR_USAGE,
                       "idim bound: %s says d, length, error and samples itself; leave "
                       "them out",
                       names[0]);
    if (!st)
        st = n ? bound_packed(names[0], &r) : bound_asked(o, &r);
    r.delta = o->delta;
    r.tried = o->tried;
    if (o->extra >= 0)
        r.extra = o->extra;
    if (!st)
        st = bound_of(&r);
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
    .takes = "[PACKED]",
    .most = 1,
    .examples = {"idim bound model.idim --tried 40",
                 "idim bound --d 750 --length 2100 --train-error .08 --samples 60000",
                 "idim bound --d 750 --bits 4 --train-error .1 --samples 60000 --out mnist"},
    .usual = " d bits train-error samples tried ",
    .tables = {keys},
    .size = sizeof(options),
    .run = bound_run,
};
