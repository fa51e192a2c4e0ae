/* similarity.c -- idim similarity: subspaces of two adapters, or of the layers of one; amplification. */
#include <string.h>

#include "experiments/updated.h"
#include "measure/similarity.h"
#include "report/similarity.h"

typedef struct options {
    updated_options shared;
    size_t rank;
} options;

static const key keys[] = {
    UPDATED_KEYS(options, shared),
    KEY("rank", options, rank, "0", 0, 1e6, "directions",
        "most of each update; 0: all of an adapter, 8 of checkpoints"),
    {0},
};

typedef struct side {
    updated of;
    similarity_bases *bases;
    size_t n;
} side;

typedef struct work {
    const options *o;
    side sides[2], *filled; /* filled: the one whose updates are looked at */
    similarity_table table;
    amplification_row *amplified;
    size_t n_amplified, alone; /* alone: tensors of the first that the second lacks */
} work;

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
        if (!(st = amplification_of(u, &v, r, o->shared.seed, &more[w->n_amplified])))
            w->n_amplified++;
    }
    update_vectors_clear(&v);
    return st;
}

static status side_one(void *context, size_t i, update *u)
{
    work *w = context;
    side *s = w->filled;
    const options *o = w->o;
    status st = similarity_bases_of(u, o->rank ? o->rank : u->W ? 8 : 0, &s->bases[i]);
    if (st)
        return st;
    s->n++;
    return u->W0 ? side_amplified(o, u, w) : OK;
}

static status side_fill(bool first, side *s, work *w)
{
    const updated_options *o = &w->o->shared;
    if (!(s->bases = mem_array(updates_count(s->of.updates), sizeof *s->bases)))
        return ERR_MEMORY;
    w->filled = s;
    return updated_each(&s->of, o, first && *o->from, side_one, w);
}

static status compare_two(work *w)
{
    side *a = &w->sides[0], *b = &w->sides[1];
    status st = OK;
    for (size_t i = 0; i < a->n && !st; i++) {
        size_t k = updates_find(b->of.updates, updates_name(a->of.updates, i));
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
    const folder_table files[] = {
        {"similarity.csv", similarity_columns, w->table.rows, sizeof *w->table.rows,
         w->table.n_rows},
        {"angles.csv", w->sides[1].of.updates ? similarity_angle_columns : NULL, w->table.angles,
         sizeof *w->table.angles, w->table.n_angles},
        {"amplification.csv", *o->shared.from ? amplification_columns : NULL, w->amplified,
         sizeof *w->amplified, w->n_amplified},
    };
    return folder_tables(path, files, sizeof files / sizeof *files);
}

static void similarity_say(const options *o, const work *w, const char *path, bool drawn, FILE *out)
{
    text t = {0};
    similarity_says(w->table.rows, w->table.n_rows, &t);
    text_add(&t, "medians over %s; excess: over random subspaces, max(i, j)/n\n",
             w->sides[1].of.updates ? "tensors" : "pairs of layers");
    if (w->n_amplified) {
        text_add(&t, "\n||U^T W V|| for U, V of\n");
        amplification_says(w->amplified, w->n_amplified, &t);
    }
    fputs(t.text ? t.text : "", out);
    text_clear(&t);
    updated_notes(&w->sides[0].of, out);
    if (w->alone)
        fprintf(out, "%zu tensors of the first are not in the second\n", w->alone);
    fprintf(out, "%s/similarity.csv%s%s%s\n", path, w->sides[1].of.updates ? "  angles.csv" : "",
            *o->shared.from ? "  amplification.csv" : "",
            drawn ? "  plots/similarity.{svg,pdf,png}" : "");
}

static void work_clear(work *w)
{
    for (size_t s = 0; s < 2; s++) {
        for (size_t i = 0; i < w->sides[s].n; i++)
            similarity_bases_clear(&w->sides[s].bases[i]);
        mem_free(w->sides[s].bases);
        updated_close(&w->sides[s].of);
    }
    mem_free(w->table.rows);
    mem_free(w->table.angles);
    mem_free(w->amplified);
}

static int similarity_run(void *options_, size_t n, char *const *names, FILE *out)
{
    static const char *const figures[] = {"similarity", NULL};
    const options *o = options_;
    work w = {.o = o};
    char *path = updated_folder(&o->shared, "similarity", n, names);
    status st = path ? OK : ERR_MEMORY;
    for (size_t s = 0; s < n && !st; s++) {
        updated_options own = o->shared;
        own.alpha = s ? 0 : own.alpha;
        st = updated_open(&w.sides[s].of, &own, NULL, names[s]);
    }
    for (size_t s = 0; s < n && !st; s++)
        st = side_fill(!s, &w.sides[s], &w);
    if (!st && !(st = n > 1 ? compare_two(&w) : compare_layers(&w)) &&
        !(st = similarity_write(o, &w, path)))
        similarity_say(o, &w, path, updated_draw(&o->shared, path, figures), out);
    work_clear(&w);
    mem_free(path);
    return command_end(st);
}

const command command_similarity = {
    .name = "similarity",
    .group = "look inside updates",
    .doc = "do two adapters, or layers, learn the same directions?",
    .takes = "ADAPTER | Z [ADAPTER | Z]",
    .least = 1,
    .most = 2,
    .examples = {"idim similarity rank8/ rank64/", "idim similarity adapter/ --from base/",
                 "idim similarity tuned1/ tuned2/ --from base/"},
    .usual = " from alpha rank out ",
    .tables = {keys},
    .size = sizeof(options),
    .run = similarity_run,
};
