/* intruders.c -- idim intruders: directions of tuned weights that the weights before do not have. */
#include <math.h>
#include <string.h>

#include "base/file.h"
#include "base/progress.h"
#include "experiments/folder.h"
#include "measure/intruders.h"
#include "report/intruders.h"
#include "report/plot.h"

typedef struct options {
    const char *from, *epsilon, *k, *out, *save;
    double alpha, lambda, at;
    size_t window, rank, top, seed;
    bool nulls, all, plot, quiet;
} options;

static const key keys[] = {
    KEY_TEXT("from", options, from, "", "the adapter's base model"),
    KEY("alpha", options, alpha, "0", 0, 1e9, "", "the adapter's; 0: its configuration's"),
    KEY_TEXT("epsilon", options, epsilon, ".1..0.9/.1", "cosines below which a direction is new"),
    KEY_TEXT("k", options, k, "1+2+5+10+20+50", "how many of the largest directions are looked at"),
    KEY("window", options, window, "10", 1, 1e6, "vectors",
        "neighbours that a direction may be a mixture of: column window"),
    KEY("nulls", options, nulls, "yes", 0, 0, "",
        "random updates of equal norm beside it; no: a third of the time"),
    KEY("rank", options, rank, "0", 0, 1e6, "",
        "of the second random update; 0: the adapter's, none for checkpoints"),
    KEY("lambda", options, lambda, "1", 0, 1e3, "",
        "intruders are scaled by it in what --save writes; 1: left"),
    KEY("at", options, at, "0.5", 0, 1, "", "epsilon of those that are scaled"),
    KEY("top", options, top, "10", 1, 1e6, "", "k of those that are scaled"),
    KEY("all", options, all, "no", 0, 0, "", "all of them are scaled, not the first alone"),
    KEY_TEXT("save", options, save, "", "folder for the whole model with them scaled"),
    KEY("seed", options, seed, "1", 0, 1e15, "", "of random updates"),
    KEY("plot", options, plot, "yes", 0, 0, "", "draw figures; no: idim plot makes them later"),
    KEY_TEXT("out", options, out, "", "results folder: a name under results/, or a path"),
    KEY("quiet", options, quiet, "no", 0, 0, "", "no progress line"),
    {0},
};

typedef struct work {
    updates *updates;
    double *epsilons, *ks;
    size_t n_epsilons, n_ks;
    intruders_row *rows;
    intruders_direction *directions;
    size_t n_rows, n_directions, mitigated;
    real **W; /* (count) what is saved; NULL: nothing is */
} work;

static status intruders_check(const options *o, const work *w, size_t n)
{
    for (size_t i = 0; i < w->n_ks; i++)
        if (w->ks[i] < 1 || w->ks[i] != floor(w->ks[i]))
            return error_set(ERR_USAGE, "idim intruders: k=%g: whole numbers from 1 are looked at",
                             w->ks[i]);
    for (size_t i = 0; i < w->n_epsilons; i++)
        if (!(w->epsilons[i] > 0) || w->epsilons[i] > 1)
            return error_set(ERR_USAGE, "idim intruders: epsilon=%g is no cosine from 0 to 1",
                             w->epsilons[i]);
    if (n < 2 && !*o->from)
        return error_set(ERR_USAGE,
                         "idim intruders: an adapter's updates are looked at in its base model: "
                         "--from BASE");
    bool scaled = o->lambda < 1 || o->lambda > 1;
    if (scaled != (*o->save != '\0'))
        return error_set(
            ERR_USAGE, "idim intruders: --lambda .7 and --save FOLDER go together: the model with "
                       "its intruders scaled");
    return OK;
}

static status intruders_add(work *w, const intruders_found *f)
{
    intruders_row *rows = mem_resize(w->rows, w->n_rows + f->n_rows, sizeof *rows);
    if (rows)
        w->rows = rows;
    intruders_direction *more =
        mem_resize(w->directions, w->n_directions + f->n_directions, sizeof *more);
    if (more)
        w->directions = more;
    if (!rows || !more)
        return ERR_MEMORY;
    memcpy(rows + w->n_rows, f->rows, f->n_rows * sizeof *rows);
    memcpy(more + w->n_directions, f->directions, f->n_directions * sizeof *more);
    w->n_rows += f->n_rows;
    w->n_directions += f->n_directions;
    w->mitigated += f->mitigated;
    return OK;
}

static status intruders_all(const options *o, work *w)
{
    const intruders_how how = {.epsilons = w->epsilons,
                               .ks = w->ks,
                               .n_epsilons = w->n_epsilons,
                               .n_ks = w->n_ks,
                               .window = o->window,
                               .rank = o->rank,
                               .nulls = o->nulls,
                               .seed = o->seed,
                               .lambda = o->lambda,
                               .epsilon = o->at,
                               .k = (double)o->top,
                               .all = o->all};
    size_t n = updates_count(w->updates);
    progress *p = NULL;
    status st = o->quiet ? OK : progress_new(&p, stderr, n);
    if (!st && !(w->W = mem_array(n, sizeof *w->W)))
        st = ERR_MEMORY;
    for (size_t i = 0; i < n && !st; i++) {
        update u;
        intruders_found f;
        if (p)
            progress_show(p, i, -1, updates_name(w->updates, i));
        if ((st = updates_load(w->updates, i, true, &u)))
            break;
        if (!(st = intruders_of(&u, &how, &f))) {
            st = intruders_add(w, &f);
            w->W[i] = f.W;
            f.W = NULL;
            intruders_found_clear(&f);
        }
        update_clear(&u);
    }
    progress_free(p);
    return st;
}

static status intruders_write(const work *w, const char *path)
{
    text t = {0};
    status st = file_make_folder(path);
    if (st)
        return st;
    results_csv(intruders_columns, w->rows, sizeof *w->rows, w->n_rows, &t);
    if ((st = folder_put(path, "intruders.csv", &t)))
        return st;
    results_csv(intruders_direction_columns, w->directions, sizeof *w->directions, w->n_directions,
                &t);
    return folder_put(path, "directions.csv", &t);
}

static void intruders_say(const options *o, const work *w, const char *path, bool drawn, FILE *out)
{
    text t = {0};
    intruders_says(w->rows, w->n_rows, &t);
    fputs(t.text ? t.text : "", out);
    text_clear(&t);
    if (!updates_scaled(w->updates))
        fprintf(out,
                "UNSCALED: the update is B A, for the file tells no alpha; --alpha 16 gives it\n");
    if (*o->save)
        fprintf(out, "%s: %zu vectors at epsilon %g, k %zu times %g\n", o->save, w->mitigated,
                o->at, o->top, o->lambda);
    fprintf(out, "%s/intruders.csv  directions.csv%s\n", path,
            drawn ? "  plots/intruders.{svg,pdf,png}" : "");
}

static void work_clear(work *w)
{
    for (size_t i = 0; w->W && i < updates_count(w->updates); i++)
        mem_free(w->W[i]);
    mem_free(w->W);
    updates_close(w->updates);
    mem_free(w->epsilons);
    mem_free(w->ks);
    mem_free(w->rows);
    mem_free(w->directions);
}

static int intruders_run(void *options_, size_t n, char *const *names, FILE *out)
{
    const options *o = options_;
    work w = {0};
    char *path = folder_path(o->out, "intruders");
    status st = path ? OK : ERR_MEMORY;
    if (!st && !(st = key_numbers("intruders: epsilon", o->epsilon, &w.epsilons, &w.n_epsilons)) &&
        !(st = key_numbers("intruders: k", o->k, &w.ks, &w.n_ks)) &&
        !(st = intruders_check(o, &w, n)) &&
        !(st = updates_open(&w.updates, names[0], n > 1 ? names[1] : NULL,
                            *o->from ? o->from : NULL, o->alpha > 0 ? o->alpha : (double)NAN)) &&
        !(st = intruders_all(o, &w)) && !(st = intruders_write(&w, path)) &&
        (!*o->save || !(st = updates_save(w.updates, o->save, w.W)))) {
        bool drawn = o->plot && !plot_draw(path, "intruders", "svg+pdf+png");
        if (o->plot && !drawn) /* the CSVs are there */
            fprintf(stderr, "%s\n", error_text());
        intruders_say(o, &w, path, drawn, out);
    }
    work_clear(&w);
    mem_free(path);
    return command_end(st);
}

const command command_intruders = {
    .name = "intruders",
    .group = "look inside updates",
    .doc = "directions of tuned weights that the weights before lack",
    .takes = "ADAPTER | BEFORE AFTER",
    .least = 1,
    .most = 2,
    .examples = {"idim intruders base/ tuned/", "idim intruders adapter/ --from base/",
                 "idim intruders base/ tuned/ --lambda .7 --save milder"},
    .usual = " from epsilon k lambda save ",
    .tables = {keys},
    .size = sizeof(options),
    .run = intruders_run,
};
