/* spectra.c -- idim spectra: singular values of the weight updates of an adapter, of a kept run, or between two
 * checkpoints. */
#include "experiments/updated.h"
#include "report/spectra.h"

typedef struct options {
    updated_options shared;
    double tolerance;
    size_t values, replicates;
    bool each;
} options;

static const key keys[] = {
    UPDATED_KEYS(options, shared),
    KEY("values", options, values, "0", 0, 1e6, "values",
        "of two checkpoints the largest of each tensor, by randomized SVD; 0: all, exactly"),
    KEY("tolerance", options, tolerance, "1e-3", 0, 1, "",
        "certified error of those, relative to the largest"),
    KEY("replicates", options, replicates, "100", 0, 1e6, "samples",
        "behind the p of a power-law tail of full-rank updates; 0: no tail"),
    KEY("each", options, each, "no", 0, 0, "", "a line for every tensor"),
    {0},
};

typedef struct work {
    const options *o;
    updated of;
    spectrum_row *rows; /* (n) */
    update_value *values;
    size_t n, n_values, loose; /* loose: tensors whose bounds are above the tolerance */
} work;

static status spectra_one(void *context, size_t i, update *u)
{
    work *w = context;
    const options *o = w->o;
    const update_how how = {o->values, o->tolerance, o->replicates, o->shared.seed};
    update_spectrum s;
    status st = update_spectrum_of(u, &how, &s);
    (void)i;
    if (st)
        return st;
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
    return st;
}

static status spectra_write(const work *w, const char *path)
{
    const folder_table tables[] = {
        {"updates.csv", spectrum_columns, w->rows, sizeof *w->rows, w->n},
        {"spectra.csv", update_value_columns, w->values, sizeof *w->values, w->n_values},
    };
    return folder_tables(path, tables, sizeof tables / sizeof *tables);
}

static void spectra_say(const options *o, const work *w, const char *path, bool drawn, FILE *out)
{
    text t = {0};
    size_t alone = updates_alone(w->of.updates);
    spectra_words(w->rows, w->n, o->each, &t);
    fputs(t.text ? t.text : "", out);
    text_clear(&t);
    fprintf(out, "medians over tensors; null: effective rank of a random update of equal %s\n",
            w->n && w->rows[0].about.r ? "rank" : "norm");
    updated_notes(&w->of, out);
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
    static const char *const figures[] = {"spectra", "depth", NULL};
    const options *o = options_;
    work w = {.o = o};
    char *path = updated_folder(&o->shared, "spectra", n, names);
    status st =
        path ? updated_open(&w.of, &o->shared, n > 1 ? names[0] : NULL, names[n - 1]) : ERR_MEMORY;
    if (!st && !(w.rows = mem_array(updates_count(w.of.updates), sizeof *w.rows)))
        st = ERR_MEMORY;
    if (!st && !(st = updated_each(&w.of, &o->shared, false, spectra_one, &w)) &&
        !(st = spectra_write(&w, path)))
        spectra_say(o, &w, path, updated_draw(&o->shared, path, figures), out);
    mem_free(w.rows);
    mem_free(w.values);
    updated_close(&w.of);
    mem_free(path);
    return command_end(st);
}

const command command_spectra = {
    .name = "spectra",
    .group = "look inside updates",
    .doc = "singular values of an adapter's updates, or between checkpoints",
    .takes = "ADAPTER | Z | BEFORE AFTER",
    .least = 1,
    .most = 2,
    .examples = {"idim spectra adapter/", "idim spectra lora.safetensors --alpha 16",
                 "idim spectra base/ tuned/ --values 64"},
    .usual = " alpha from values out ",
    .tables = {keys},
    .size = sizeof(options),
    .run = spectra_run,
};
