/* intruders.c -- idim intruders: directions of tuned weights that the weights before do not have. */
#include <math.h>
#include <string.h>

#include "experiments/updated.h"
#include "measure/intruders.h"
#include "report/intruders.h"

typedef struct options {
    updated_options shared;
    const char *epsilon, *k, *save;
    double lambda, at;
    size_t window, rank, top;
    bool nulls, all;
} options;

static const key keys[] = {
    UPDATED_KEYS(options, shared),
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
    {0},
};

typedef struct work {
    updated of;
    intruders_how how;
    double *epsilons, *ks;
    size_t n_epsilons, n_ks;
    intruders_row *rows;
    intruders_direction *directions;
    size_t n_rows, n_directions, mitigated, drawn;
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
    if (n < 2 && !*o->shared.from)
        return error_set(ERR_USAGE,
                         "idim intruders: an adapter's updates are looked at in its base model: "
                         "--from BASE");
    bool scaled = o->lambda < 1 || o->lambda > 1;
    if (scaled != (*o->save != '\0'))
        return error_set(
            ERR_USAGE, "idim intruders: --lambda .7 and --save FOLDER go together: the model with "
                       "its intruders scaled");
    return *o->save ? tensors_room(o->save, TENSORS_MODEL) : OK;
}

/* What is asked of a kept run's z alone. */
static status intruders_check_kept(const options *o, const updated *of)
{
    if (!*o->save || !of->rebuilt.runner)
        return OK;
    return error_set(
        ERR_USAGE,
        "idim intruders: a z has no files that could be saved scaled: make its model by idim "
        "merge --z, and give BASE and that");
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

static status intruders_one(void *context, size_t i, update *u)
{
    work *w = context;
    intruders_found f;
    if (updated_drawn(&w->of, u->about.tensor)) {
        w->drawn++;
        return OK;
    }
    status st = intruders_of(u, &w->how, &f);
    if (st)
        return st;
    st = intruders_add(w, &f);
    w->W[i] = f.W;
    f.W = NULL;
    intruders_found_clear(&f);
    return st;
}

static status intruders_all(const options *o, work *w)
{
    w->how = (intruders_how){.epsilons = w->epsilons,
                             .ks = w->ks,
                             .n_epsilons = w->n_epsilons,
                             .n_ks = w->n_ks,
                             .window = o->window,
                             .rank = o->rank,
                             .nulls = o->nulls,
                             .seed = o->shared.seed,
                             .lambda = o->lambda,
                             .epsilon = o->at,
                             .k = (double)o->top,
                             .all = o->all};
    if (!(w->W = mem_array(updates_count(w->of.updates), sizeof *w->W)))
        return ERR_MEMORY;
    status st = updated_each(&w->of, &o->shared, true, intruders_one, w);
    if (!st && !w->n_rows && w->drawn)
        st =
            error_set(ERR_USAGE,
                      "idim intruders: all that this run moved is a head drawn for its task, which "
                      "its checkpoint does not have: there are no directions before to look for");
    return st;
}

static status intruders_write(const work *w, const char *path)
{
    const folder_table tables[] = {
        {"intruders.csv", intruders_columns, w->rows, sizeof *w->rows, w->n_rows},
        {"directions.csv", intruders_direction_columns, w->directions, sizeof *w->directions,
         w->n_directions},
    };
    return folder_tables(path, tables, sizeof tables / sizeof *tables);
}

static void intruders_say(const options *o, const work *w, const char *path, bool drawn, FILE *out)
{
    text t = {0};
    intruders_says(w->rows, w->n_rows, &t);
    fputs(t.text ? t.text : "", out);
    text_clear(&t);
    updated_notes(&w->of, out);
    if (w->drawn)
        fprintf(out, "%zu %s drawn for the task, which no checkpoint has: left out\n", w->drawn,
                w->drawn == 1 ? "matrix was" : "matrices were");
    if (*o->save)
        fprintf(out, "%s: %zu vectors at epsilon %g, k %zu times %g\n", o->save, w->mitigated,
                o->at, o->top, o->lambda);
    fprintf(out, "%s/intruders.csv  directions.csv%s\n", path,
            drawn ? "  plots/intruders.{svg,pdf,png}" : "");
}

static void work_clear(work *w)
{
    for (size_t i = 0; w->W && i < updates_count(w->of.updates); i++)
        mem_free(w->W[i]);
    mem_free(w->W);
    updated_close(&w->of);
    mem_free(w->epsilons);
    mem_free(w->ks);
    mem_free(w->rows);
    mem_free(w->directions);
}

static int intruders_run(void *options_, size_t n, char *const *names, FILE *out)
{
    static const char *const figures[] = {"intruders", NULL};
    const options *o = options_;
    work w = {0};
    char *path = updated_folder(&o->shared, "intruders", n, names);
    status st = path ? OK : ERR_MEMORY;
    if (!st && !(st = key_numbers("intruders: epsilon", o->epsilon, &w.epsilons, &w.n_epsilons)) &&
        !(st = key_numbers("intruders: k", o->k, &w.ks, &w.n_ks)) &&
        !(st = intruders_check(o, &w, n)) &&
        !(st = updated_open(&w.of, &o->shared, n > 1 ? names[0] : NULL, names[n - 1])) &&
        !(st = intruders_check_kept(o, &w.of)) && !(st = intruders_all(o, &w)) &&
        !(st = intruders_write(&w, path)) &&
        (!*o->save || !(st = updates_save(w.of.updates, o->save, w.W))))
        intruders_say(o, &w, path, updated_draw(&o->shared, path, figures), out);
    work_clear(&w);
    mem_free(path);
    return command_end(st);
}

const command command_intruders = {
    .name = "intruders",
    .group = "look inside updates",
    .doc = "directions of tuned weights that the weights before lack",
    .takes = "ADAPTER | Z | BEFORE AFTER",
    .least = 1,
    .most = 2,
    .examples = {"idim intruders base/ tuned/", "idim intruders adapter/ --from base/",
                 "idim intruders base/ tuned/ --lambda .7 --save milder"},
    .usual = " from epsilon k lambda save ",
    .tables = {keys},
    .size = sizeof(options),
    .run = intruders_run,
};
