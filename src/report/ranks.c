/* ranks.c -- see ranks.h. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "report/ranks.h"
#include "report/words.h"
#include "spaces/space.h"

/* r of a space that does not name it. */
static double ranks_default(const char *spec)
{
    const space_ops *row;
    char kind[64];
    snprintf(kind, sizeof kind, "%.*s", (int)strcspn(spec, ":@+"), spec);
    if (space_find(kind, &row))
        return (double)NAN;
    for (const key *k = row->keys; k && k->name; k++)
        if (!strcmp(k->name, "r") && k->fallback)
            return strtod(k->fallback, NULL);
    return (double)NAN;
}

double ranks_swept(const curves *c, const curve_space *s, double d)
{
    const char *key_ = space_swept(s->space);
    size_t name = csv_find(c->runs, "space"), spec = csv_find(c->runs, "space_spec"),
           total = csv_find(c->runs, "d_total");
    if (!key_ || !strcmp(key_, "d"))
        return d;
    if (name == SIZE_MAX || spec == SIZE_MAX || total == SIZE_MAX)
        return (double)NAN;
    for (size_t i = 0; i < csv_rows(c->runs); i++) {
        const char *given = csv_cell(c->runs, i, spec);
        double x;
        if (strcmp(csv_cell(c->runs, i, name), s->space) ||
            csv_cell_number(c->runs, i, total, &x) || x < d || x > d)
            continue;
        for (const char *at = given + strcspn(given, ":@+"); *at == ':' || *at == ',';
             at += 1 + strcspn(at + 1, ",@+")) /* the keys of the first space */
            if (!strncmp(at + 1, "r=", 2))
                return strtod(at + 3, NULL);
        return ranks_default(s->space); /* a key at its default is left out */
    }
    return (double)NAN;
}

/* Of methods that pass nowhere the order is that of their largest count. */
static double ranks_place(const ranks_row *r)
{
    const d90_row *d = &r->s->row;
    switch (d->state) {
    case IDIM_EXACT:
        return d->fit;
    case IDIM_BELOW:
        return d->d_min;
    default:
        return 1e30 + (isfinite(d->d_max) ? d->d_max : 0);
    }
}

static int by_p90(const void *a, const void *b)
{
    double x = ranks_place(a), y = ranks_place(b);
    return x < y   ? -1
           : x > y ? 1
                   : strcmp(((const ranks_row *)a)->s->space, ((const ranks_row *)b)->s->space);
}

static void ranks_fill(const curves *c, const curve_space *s, ranks_row *r)
{
    const char *swept = space_swept(s->space);
    const d90_row *d = &s->row;
    *r = (ranks_row){.s = s,
                     .swept = swept ? swept : "",
                     .state = IDIM_UNMEASURABLE,
                     .rank = (double)NAN,
                     .least = (double)NAN,
                     .most = (double)NAN};
    if (strcmp(r->swept, "r"))
        return;
    r->least = ranks_swept(c, s, d->d_min);
    r->most = ranks_swept(c, s, d->d_max);
    r->state = d->grid_state;
    if (d->grid_state == IDIM_EXACT)
        r->rank = ranks_swept(c, s, d->grid);
}

status ranks_of(const curves *c, ranks_row **rows)
{
    if (!(*rows = mem_array(c->n, sizeof **rows)))
        return ERR_MEMORY;
    for (size_t i = 0; i < c->n; i++)
        ranks_fill(c, &c->spaces[i], &(*rows)[i]);
    qsort(*rows, c->n, sizeof **rows, by_p90);
    return OK;
}

/* The best mean score, and how many numbers made it. */
static const curve_mean *ranks_best(const curve_space *s)
{
    const curve_mean *best = NULL;
    bool lower = !strcmp(s->row.better, "lower");
    for (size_t i = 0; i < s->n_means; i++)
        if (!best || (lower ? s->means[i].mean < best->mean : s->means[i].mean > best->mean))
            best = &s->means[i];
    return best;
}

void ranks_csv(const ranks_row *rows, size_t n, text *out)
{
    static const char *const names[] = {
        "space",        "swept",      "p90_state", "p90",      "p90_low",   "p90_high", "p90_grid",
        "rank90_state", "rank90",     "rank_min",  "rank_max", "d_min",     "d_max",    "seeds",
        "best_d",       "best_score", "baseline",  "floor",    "threshold", "rule"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        csv_text(out, names[i]);
    csv_end(out);
    for (size_t i = 0; i < n; i++) {
        const ranks_row *r = &rows[i];
        const d90_row *d = &r->s->row;
        const curve_mean *best = ranks_best(r->s);
        bool ranked = !strcmp(r->swept, "r");
        csv_text(out, r->s->space);
        csv_text(out, r->swept);
        csv_text(out, d90_state_text[d->state]);
        csv_number(out, d->state == IDIM_EXACT ? d->fit : (double)NAN);
        csv_number(out, d->low > 0 ? d->low : (double)NAN);
        csv_number(out, d->high);
        csv_number(out, d->grid_state == IDIM_EXACT ? d->grid : (double)NAN);
        csv_text(out, ranked ? d90_state_text[r->state] : "");
        csv_number(out, r->rank);
        csv_number(out, r->least);
        csv_number(out, r->most);
        csv_number(out, d->d_min);
        csv_number(out, d->d_max);
        csv_count(out, d->n_seeds);
        csv_number(out, best ? best->d : (double)NAN);
        csv_number(out, best ? best->mean : (double)NAN);
        csv_number(out, d->baseline);
        csv_number(out, d->floor);
        csv_number(out, d->threshold);
        csv_text(out, d->words);
        csv_end(out);
    }
}

static void rank_cell(const ranks_row *r, char out[WORDS])
{
    out[0] = '\0';
    if (strcmp(r->swept, "r"))
        return;
    if (r->state == IDIM_EXACT)
        snprintf(out, WORDS, "%.0f", r->rank);
    else if (r->state == IDIM_BELOW)
        snprintf(out, WORDS, "<= %.0f", r->least);
    else if (r->state == IDIM_ABOVE)
        snprintf(out, WORDS, "> %.0f", r->most);
}

void ranks_words(const ranks_row *rows, size_t n, text *out)
{
    text_add(out, "%-34s %10s  %-18s %6s  %s\n", "method", "p90", "95 %", "rank90", "best score");
    for (size_t i = 0; i < n; i++) {
        const ranks_row *r = &rows[i];
        const curve_mean *best = ranks_best(r->s);
        char p90[WORDS], interval[WORDS], rank[WORDS];
        words_d90(&r->s->row, p90);
        words_interval(&r->s->row, interval);
        rank_cell(r, rank);
        text_add(out, "%-34.34s %10.10s  %-18.18s %6s  ", r->s->space, p90, interval, rank);
        if (best)
            text_add(out, "%.4f", best->mean);
        text_add(out, "\n");
    }
}

status ranks_write(const char *folder, text *words)
{
    curves c;
    ranks_row *rows = NULL;
    text t = {0};
    char *path = mem_printf("%s/ranks.csv", folder);
    status st = curves_load(&c, folder);
    if (!st && !(st = ranks_of(&c, &rows))) {
        ranks_csv(rows, c.n, &t);
        ranks_words(rows, c.n, words);
        st = !path || text_failed(&t) ? ERR_MEMORY : file_write(path, t.text, t.length);
    }
    text_clear(&t);
    mem_free(rows);
    mem_free(path);
    curves_clear(&c);
    return st;
}
