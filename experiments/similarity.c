/* similarity.c -- idim similarity: subspaces of two adapters, or of the layers of one; amplification. */
#include <math.h>
#include <string.h>

#include "base/file.h"
#include "experiments/folder.h"
#include "measure/similarity.h"
#include "report/plot.h"
#include "report/similarity.h"

typedef struct options {
    const char *from, *out;
    double alpha;
    size_t rank, seed;
    bool plot;
} options;

static const key keys[] = {
    KEY_TEXT("from", options, from, "",
             "the base model: gives amplification, and makes updates of checkpoints"),
    KEY("alpha", options, alpha, "0", 0, 1e9, "",
        "the first adapter's; 0: its configuration's. Amplification depends on it"),
    KEY("rank", options, rank, "0", 0, 1e6, "directions",
        "most of each update; 0: all of an adapter, 8 of checkpoints"),
    KEY("seed", options, seed, "1", 0, 1e15, "", "of the random directions of amplification"),
    KEY("plot", options, plot, "yes", 0, 0, "", "draw figures; no: idim plot makes them later"),
    KEY_TEXT("out", options, out, "", "results folder: a name under results/, or a path"),
    {0},
};

typedef struct side { /* one adapter, or one checkpoint beside its base */
    updates *updates;
    similarity_bases *bases;
    size_t n;
} side;

typedef struct work {
    side sides[2];
    similarity_table table;
    amplification_row *amplified;
    size_t n_amplified, alone; /* alone: tensors of the first that the second lacks */
} work;

static status side_open(const options *o, const char *path, bool first, side *s)
{
    bool adapter_;
    double alpha = first && o->alpha > 0 ? o->alpha : (double)NAN;
    status st = updates_is_adapter(path, &adapter_);
    if (st)
        return st;
    if (adapter_)
        return updates_open(&s->updates, path, NULL, first && *o->from ? o->from : NULL, alpha);
    if (!*o->from)
        return error_set(ERR_USAGE,
                         "%s is no adapter; a checkpoint's update is told by its base: --from BASE",
                         path);
    return updates_open(&s->updates, o->from, path, NULL, alpha);
}

/* r = 1, 2, 4, ... and the last */
static status side_amplified(const options *o, const update *u, work *w)
{
    update_vectors v;
    status st = update_vectors_of(u, o->rank ? o->rank : u->W ? 8 : 0, &v);
    for (size_t r = 1; !st && v.k && v.sigma[0] > 0 && r <= v.k;
         r = r < v.k && 2 * r > v.k ? v.k : 2 * r) {
        amplification_row *more = mem_resize(w->amplified, w->n_amplified + 1, sizeof *more);
        if (!more) {
            st = ERR_MEMORY;
            break;
        }
        w->amplified = more;
        if (!(st = amplification_of(u, &v, r, o->seed, &more[w->n_amplified])))
            w->n_amplified++;
    }
    update_vectors_clear(&v);
    return st;
}

static status side_fill(const options *o, bool first, side *s, work *w)
{
    size_t n = updates_count(s->updates);
    status st = OK;
    if (!(s->bases = mem_array(n, sizeof *s->bases)))
        return ERR_MEMORY;
    for (; s->n < n && !st; s->n++) {
        update u;
        bool amplified = first && *o->from;
        if ((st = updates_load(s->updates, s->n, amplified, &u)))
            break;
        st = similarity_bases_of(&u, o->rank ? o->rank : u.W ? 8 : 0, &s->bases[s->n]);
        if (!st && amplified)
            st = side_amplified(o, &u, w);
        update_clear(&u);
    }
    return st;
}

static status compare_two(work *w)
{
    side *a = &w->sides[0], *b = &w->sides[1];
    status st = OK;
    for (size_t i = 0; i < a->n && !st; i++) {
        size_t k = updates_find(b->updates, updates_name(a->updates, i));
        if (k == SIZE_MAX)
            w->alone++;
        else
            st = similarity_compare(&a->bases[i], &b->bases[k], false, &w->table);
    }
    if (!st && w->alone == a->n)
        return error_set(ERR_FORMAT,
                         "the two have no tensor of one name; are they adapters of one model?");
    return st;
}

/* Every pair of layers of one role. */
static status compare_layers(work *w)
{
    const side *a = &w->sides[0];
    status st = OK;
    for (size_t i = 0; i < a->n; i++)
        for (size_t k = i + 1; k < a->n && !st; k++)
            if (!strcmp(a->bases[i].role, a->bases[k].role))
                st = similarity_compare(&a->bases[i], &a->bases[k], true, &w->table);
    return st;
}

static status similarity_write(const options *o, const work *w, const char *path)
{
    const struct {
        const char *name;
        const d90_column *columns;
        const void *rows;
        size_t size, n;
        bool wanted;
    } files[] = {
        {"similarity.csv", similarity_columns, w->table.rows, sizeof *w->table.rows,
         w->table.n_rows, true},
        {"angles.csv", similarity_angle_columns, w->table.angles, sizeof *w->table.angles,
         w->table.n_angles, w->sides[1].updates},
        {"amplification.csv", amplification_columns, w->amplified, sizeof *w->amplified,
         w->n_amplified, *o->from},
    };
    status st = file_make_folder(path);
    for (size_t i = 0; i < sizeof files / sizeof *files && !st; i++) {
        text t = {0};
        if (!files[i].wanted)
            continue;
        results_csv(files[i].columns, files[i].rows, files[i].size, files[i].n, &t);
        st = folder_put(path, files[i].name, &t);
    }
    return st;
}

static void similarity_say(const options *o, const work *w, const char *path, bool drawn, FILE *out)
{
    text t = {0};
    similarity_says(w->table.rows, w->table.n_rows, &t);
    text_add(&t, "medians over %s; excess: over random subspaces, max(i, j)/n\n",
             w->sides[1].updates ? "tensors" : "pairs of layers");
    if (w->n_amplified) {
        text_add(&t, "\n||U^T W V|| for U, V of\n");
        amplification_says(w->amplified, w->n_amplified, &t);
        if (!updates_scaled(w->sides[0].updates))
            text_add(&t, "UNSCALED: dW is B A, for the file tells no alpha; --alpha 16 gives it\n");
    }
    fputs(t.text ? t.text : "", out);
    text_clear(&t);
    if (w->alone)
        fprintf(out, "%zu tensors of the first are not in the second\n", w->alone);
    fprintf(out, "%s/similarity.csv%s%s%s\n", path, w->sides[1].updates ? "  angles.csv" : "",
            *o->from ? "  amplification.csv" : "", drawn ? "  plots/similarity.{svg,pdf,png}" : "");
}

static void work_clear(work *w)
{
    for (size_t s = 0; s < 2; s++) {
        for (size_t i = 0; i < w->sides[s].n; i++)
            similarity_bases_clear(&w->sides[s].bases[i]);
        mem_free(w->sides[s].bases);
        updates_close(w->sides[s].updates);
    }
    mem_free(w->table.rows);
    mem_free(w->table.angles);
    mem_free(w->amplified);
}

static int similarity_run(void *options_, size_t n, char *const *names, FILE *out)
{
    const options *o = options_;
    work w = {0};
    char *path = folder_path(o->out, "similarity");
    status st = path ? OK : ERR_MEMORY;
    for (size_t s = 0; s < n && !st; s++)
        st = side_open(o, names[s], !s, &w.sides[s]);
    for (size_t s = 0; s < n && !st; s++)
        st = side_fill(o, !s, &w.sides[s], &w);
    if (!st && !(st = n > 1 ? compare_two(&w) : compare_layers(&w)) &&
        !(st = similarity_write(o, &w, path))) {
        bool drawn = o->plot && !plot_draw(path, "similarity", "svg+pdf+png");
        if (o->plot && !drawn) /* the CSVs are there */
            fprintf(stderr, "%s\n", error_text());
        similarity_say(o, &w, path, drawn, out);
    }
    work_clear(&w);
    mem_free(path);
    return command_end(st);
}

const command command_similarity = {
    .name = "similarity",
    .group = "look inside updates",
    .doc = "do two adapters, or layers, learn the same directions?",
    .takes = "ADAPTER [ADAPTER]",
    .least = 1,
    .most = 2,
    .examples = {"idim similarity rank8/ rank64/", "idim similarity adapter/ --from base/",
                 "idim similarity tuned1/ tuned2/ --from base/"},
    .usual = " from alpha rank out ",
    .tables = {keys},
    .size = sizeof(options),
    .run = similarity_run,
};
