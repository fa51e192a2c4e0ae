/* diff.c -- idim diff: two results folders, run by run and key by key. */
#include <math.h>

#include "experiments/folder.h"
#include "format/csv.h"
#include "sweep/differ.h"

typedef struct options {
    bool csv;
} options;

static const key keys[] = {
    KEY("csv", options, csv, "no", 0, 0, "", "every difference, as CSV"),
    {0},
};

static const char *const hows[] = {"only in A", "only in B", "numbers", "status",
                                   "the same configuration by two ids"};

static void say_csv(const differ *d, text *t)
{
    static const char *const names[] = {"difference", "run_id", "run_id_b", "space", "seed",
                                        "largest",    "what",   "epoch",    "score"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        csv_text(t, names[i]);
    csv_end(t);
    for (size_t i = 0; i < d->n; i++) {
        const differ_row *x = &d->rows[i];
        const record *r = x->a ? x->a : x->b;
        bool numbers = x->how == DIFFER_NUMBERS || x->how == DIFFER_IDS;
        csv_text(t, hows[x->how]);
        csv_text(t, x->a ? x->a->id : "");
        csv_text(t, x->b ? x->b->id : "");
        csv_text(t, r->run.space);
        csv_count(t, r->run.seed);
        csv_number(t, numbers ? x->by.largest : (double)NAN);
        csv_text(t, numbers ? x->by.what : "");
        csv_count(t, x->by.epoch);
        csv_number(t, numbers ? x->by.score : (double)NAN);
        csv_end(t);
    }
}

static void say_row(const differ_row *x, text *t)
{
    const record *r = x->a ? x->a : x->b;
    text_add(t, "run %s, %s, seed %zu: ", r->id, r->run.space, r->run.seed);
    if (x->how == DIFFER_STATUS)
        text_add(t, "%s in A, %s in B\n", record_status_text[x->a->status],
                 record_status_text[x->b->status]);
    else if (!x->a || !x->b)
        text_add(t, "%s\n", hows[x->how]);
    else {
        if (x->how == DIFFER_IDS)
            text_add(t, "%s in B, ", x->b->id);
        if (x->by.largest > 0)
            text_add(t, "differs by at most %.2g (%s), its score by %.2g\n", x->by.largest,
                     x->by.what, x->by.score);
        else
            text_add(t, "%s\n",
                     x->how == DIFFER_IDS ? "the same numbers"
                                          : "its history and scores are the same, "
                                            "other numbers are not");
    }
}

static void say_text(const differ *d, char *const *paths, text *t)
{
    enum { MOST = 20 };
    size_t counts[5] = {0};
    text_add(t, "A: %s\nB: %s\n%zu runs are the same", paths[0], paths[1], d->same);
    for (size_t i = 0; i < d->n; i++)
        counts[d->rows[i].how]++;
    for (size_t i = 0; i < 5; i++)
        if (counts[i])
            text_add(t, "; %zu: %s", counts[i], hows[i]);
    text_add(t, "\n%s", d->keys.text ? d->keys.text : "");
    for (size_t i = 0; i < d->n && i < MOST; i++)
        say_row(&d->rows[i], t);
    if (d->n > MOST)
        text_add(t, "and %zu more: --csv has all\n", d->n - MOST);
}

static int diff_run(void *options_, size_t n, char *const *names, FILE *out)
{
    const options *o = options_;
    char *paths[2] = {folder_path(names[0], ""), folder_path(names[1], "")};
    store *s[2] = {NULL, NULL};
    differ d = {0};
    text t = {0};
    status st = paths[0] && paths[1] ? OK : ERR_MEMORY;
    (void)n;
    for (size_t i = 0; i < 2 && !st; i++)
        if (!(st = folder_check(paths[i])))
            st = store_open(&s[i], paths[i]);
    if (!st && !(st = differ_look(s[0], s[1], &d))) {
        if (o->csv)
            say_csv(&d, &t);
        else
            say_text(&d, paths, &t);
        st = text_failed(&t) ? ERR_MEMORY : OK;
        if (!st)
            fprintf(out, "%s", t.text);
    }
    bool differs = d.n > 0;
    text_clear(&t);
    differ_clear(&d);
    for (size_t i = 0; i < 2; i++) {
        store_close(s[i]);
        mem_free(paths[i]);
    }
    return st ? command_end(st) : differs ? EXIT_DIFFER : EXIT_DONE;
}

const command command_diff = {
    .name = "diff",
    .group = "sweep",
    .doc = "which runs of two results folders differ, in what and by how much",
    .takes = "A B",
    .least = 2,
    .most = 2,
    .examples = {"idim diff demo ./other", "idim diff demo other --csv",
                 "idim diff demo ./other --csv > differences.csv"},
    .tables = {keys},
    .size = sizeof(options),
    .run = diff_run,
};
