/* spectra.c -- idim spectra: singular values of the weight updates of an adapter, or between two checkpoints. */
#include <math.h>
#include <string.h>

#include "base/file.h"
#include "base/progress.h"
#include "experiments/folder.h"
#include "measure/update.h"
#include "report/plot.h"
#include "report/spectra.h"

typedef struct options {
    const char *from, *out;
    double alpha, tolerance;
    size_t values, replicates, seed;
    bool each, plot, quiet;
} options;

static const key keys[] = {
    KEY("alpha", options, alpha, "0", 0, 1e9, "", "the adapter's; 0: its configuration's"),
    KEY_TEXT("from", options, from, "",
             "the adapter's base model: norms are given beside its weights'"),
    KEY("values", options, values, "0", 0, 1e6, "values",
        "of two checkpoints the largest of each tensor, by randomized SVD; 0: all, exactly"),
    KEY("tolerance", options, tolerance, "1e-3", 0, 1, "",
        "certified error of those, relative to the largest"),
    KEY("replicates", options, replicates, "100", 0, 1e6, "samples",
        "behind the p of a power-law tail of full-rank updates; 0: no tail"),
    KEY("seed", options, seed, "1", 0, 1e15, "", "of random updates to compare with"),
    KEY("each", options, each, "no", 0, 0, "", "a line for every tensor"),
    KEY("plot", options, plot, "yes", 0, 0, "", "draw figures; no: idim plot makes them later"),
    KEY_TEXT("out", options, out, "", "results folder: a name under results/, or a path"),
    KEY("quiet", options, quiet, "no", 0, 0, "", "no progress line"),
    {0},
};

typedef struct work {
    updates *updates;
    spectrum_row *rows; /* (n) */
    update_value *values;
    size_t n, n_values, loose; /* loose: tensors whose bounds are above the tolerance */
} work;

static status spectra_one(const options *o, work *w, size_t i)
{
    const update_how how = {o->values, o->tolerance, o->replicates, o->seed};
    update u;
    update_spectrum s;
    status st = updates_load(w->updates, i, false, &u);
    if (st)
        return st;
    if (!(st = update_spectrum_of(&u, &how, &s))) {
        update_value *more = mem_resize(w->values, w->n_values + s.k, sizeof *more);
        st = more ? OK : ERR_MEMORY;
        if (more) {
            w->values = more;
            update_spectrum_rows(&s, more + w->n_values);
            w->n_values += s.k;
            w->rows[w->n++] = s.row;
            w->loose += !s.converged;
        }
        update_spectrum_clear(&s);
    }
    update_clear(&u);
    return st;
}

static status spectra_all(const options *o, work *w)
{
    size_t n = updates_count(w->updates);
    progress *p = NULL;
    status st = o->quiet ? OK : progress_new(&p, stderr, n);
    if (!st && !(w->rows = mem_array(n, sizeof *w->rows)))
        st = ERR_MEMORY;
    for (size_t i = 0; i < n && !st; i++) {
        if (p)
            progress_show(p, i, -1, updates_name(w->updates, i));
        st = spectra_one(o, w, i);
    }
    progress_free(p);
    return st;
}

static status spectra_write(const work *w, const char *path)
{
    text t = {0};
    status st;
    results_csv(spectrum_columns, w->rows, sizeof *w->rows, w->n, &t);
    if ((st = file_make_folder(path)) || (st = folder_put(path, "updates.csv", &t))) {
        text_clear(&t);
        return st;
    }
    results_csv(update_value_columns, w->values, sizeof *w->values, w->n_values, &t);
    return folder_put(path, "spectra.csv", &t);
}

static void spectra_say(const options *o, const work *w, const char *path, bool drawn, FILE *out)
{
    text t = {0};
    size_t alone = updates_alone(w->updates);
    spectra_words(w->rows, w->n, o->each, &t);
    fputs(t.text ? t.text : "", out);
    text_clear(&t);
    fprintf(out, "medians over tensors; null: effective rank of a random update of equal %s\n",
            w->n && w->rows[0].about.r ? "rank" : "norm");
    if (!updates_scaled(w->updates))
        fprintf(out,
                "UNSCALED: spectra of B A, for the file tells no alpha; --alpha 16 gives it\n");
    if (updates_moved(w->updates))
        fprintf(out, "the adapter has trained lengths (DoRA), which change the weights too\n");
    if (alone)
        fprintf(out, "%zu matrices are in one of the two alone and left out\n", alone);
    if (w->loose)
        fprintf(out,
                "%zu tensors have values with a larger certified error than %g: column bound\n",
                w->loose, o->tolerance);
    fprintf(out, "%s/updates.csv  spectra.csv%s\n", path,
            drawn ? "  plots/{spectra,depth}.{svg,pdf,png}" : "");
}

static int spectra_run(void *options_, size_t n, char *const *names, FILE *out)
{
    const options *o = options_;
    work w = {0};
    char *path = folder_path(o->out, "spectra");
    status st = path
                    ? updates_open(&w.updates, names[0], n > 1 ? names[1] : NULL,
                                   *o->from ? o->from : NULL, o->alpha > 0 ? o->alpha : (double)NAN)
                    : ERR_MEMORY;
    bool drawn = false;
    if (!st && !(st = spectra_all(o, &w)) && !(st = spectra_write(&w, path))) {
        drawn = o->plot && !plot_draw(path, "spectra", "svg+pdf+png") &&
                !plot_draw(path, "depth", "svg+pdf+png");
        if (o->plot && !drawn) /* the CSVs are there */
            fprintf(stderr, "%s\n", error_text());
        spectra_say(o, &w, path, drawn, out);
    }
    mem_free(w.rows);
    mem_free(w.values);
    updates_close(w.updates);
    mem_free(path);
    return command_end(st);
}

const command command_spectra = {
    .name = "spectra",
    .group = "look inside updates",
    .doc = "singular values of an adapter's updates, or between checkpoints",
    .takes = "ADAPTER | BEFORE AFTER",
    .least = 1,
    .most = 2,
    .examples = {"idim spectra adapter/", "idim spectra lora.safetensors --alpha 16",
                 "idim spectra base/ tuned/ --values 64"},
    .usual = " alpha from values out ",
    .tables = {keys},
    .size = sizeof(options),
    .run = spectra_run,
};
