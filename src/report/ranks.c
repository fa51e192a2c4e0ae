/* ranks.c -- see ranks.h. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "report/ranks.h"
#include "report/words.h"
#include "spaces/space.h"
#include "sweep/results.h"

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
        return space_number(given, key_);
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
                     .effective = (double)NAN,
                     .participation = (double)NAN,
                     .stable = (double)NAN,
                     .full = (double)NAN,
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

void ranks_effective(ranks_row *rows, size_t n_rows, const effective_row *e, size_t n)
{
    for (size_t i = 0; i < n_rows; i++) {
        ranks_row *r = &rows[i];
        const curve_mean *best = ranks_best(r->s);
        double sums[4] = {0};
        size_t k = 0;
        for (size_t j = 0; best && j < n; j++) {
            if (strcmp(e[j].space, r->s->space) || e[j].d < best->d || e[j].d > best->d ||
                isnan(e[j].effective_rank))
                continue;
            sums[0] += e[j].effective_rank;
            sums[1] += e[j].participation;
            sums[2] += e[j].stable_rank;
            sums[3] += e[j].rank;
            k++;
        }
        if (!k)
            continue;
        r->effective = sums[0] / (double)k;
        r->participation = sums[1] / (double)k;
        r->stable = sums[2] / (double)k;
        r->full = sums[3] / (double)k;
    }
}

#define COLUMN(...) D90_COLUMN(ranks_line, __VA_ARGS__)

const d90_column ranks_columns[] = {
    COLUMN("space", D90_WORD, space, "", "the method, without what its sweep fills in"),
    COLUMN("swept", D90_WORD, swept, "", "r, d; empty: one size"),
    COLUMN("p90_state", D90_STATE, p90_state, "", "as d90_state of d90.csv"),
    COLUMN("p90", D90_NUMBER, p90, "numbers", "fewest trained numbers that pass, interpolated"),
    COLUMN("p90_low", D90_BOUND, low, "numbers", "95 % interval"),
    COLUMN("p90_high", D90_BOUND, high, "numbers", "its upper end"),
    COLUMN("p90_grid", D90_NUMBER, grid, "numbers", "fewest of the grid whose mean passes"),
    COLUMN("rank90_state", D90_WORD, rank_state, "", "of a rank: below where the first passes"),
    COLUMN("rank90", D90_NUMBER, rank, "", "smallest rank whose mean passes"),
    COLUMN("rank_min", D90_NUMBER, least, "", "of the grid"),
    COLUMN("rank_max", D90_NUMBER, most, "", "of the grid"),
    COLUMN("d_min", D90_NUMBER, d_min, "numbers", "of the grid"),
    COLUMN("d_max", D90_NUMBER, d_max, "numbers", "of the grid"),
    COLUMN("seeds", D90_COUNT, seeds, "seeds", "scored"),
    COLUMN("best_d", D90_NUMBER, best_d, "numbers", "with the best mean score"),
    COLUMN("best_score", D90_NUMBER, best, "metric", "that score"),
    COLUMN("baseline", D90_NUMBER, baseline, "metric", "mean score of the full space"),
    COLUMN("floor", D90_NUMBER, floor, "metric", "mean score at step 0, or of the head alone"),
    COLUMN("threshold", D90_NUMBER, threshold, "metric", "that passes"),
    COLUMN("rule", D90_WORD, rule, "", "in words"),
    COLUMN("effective_rank", D90_NUMBER, effective, "",
           "of the updates at best_d, as in effective.csv, mean over its seeds"),
    COLUMN("participation", D90_NUMBER, participation, "", "likewise"),
    COLUMN("stable_rank", D90_NUMBER, stable, "", "likewise"),
    COLUMN("rank_of_updates", D90_NUMBER, full, "", "the most that these could be"),
    {0},
};

static void ranks_fill_line(const ranks_row *r, ranks_line *l)
{
    const d90_row *d = &r->s->row;
    const curve_mean *best = ranks_best(r->s);
    double none = (double)NAN;
    *l = (ranks_line){.space = r->s->space,
                      .swept = r->swept,
                      .p90_state = d->state,
                      .p90 = d->state == IDIM_EXACT ? d->fit : none,
                      .low = d->low,
                      .high = d->high,
                      .grid = d->grid_state == IDIM_EXACT ? d->grid : none,
                      .rank_state = strcmp(r->swept, "r") ? "" : d90_state_text[r->state],
                      .rank = r->rank,
                      .least = r->least,
                      .most = r->most,
                      .d_min = d->d_min,
                      .d_max = d->d_max,
                      .seeds = d->n_seeds,
                      .best_d = best ? best->d : none,
                      .best = best ? best->mean : none,
                      .effective = r->effective,
                      .participation = r->participation,
                      .stable = r->stable,
                      .full = r->full,
                      .baseline = d->baseline,
                      .floor = d->floor,
                      .threshold = d->threshold,
                      .rule = d->words};
}

status ranks_lines(const ranks_row *rows, size_t n, ranks_line **lines)
{
    if (!(*lines = mem_array(n, sizeof **lines)))
        return ERR_MEMORY;
    for (size_t i = 0; i < n; i++)
        ranks_fill_line(&rows[i], &(*lines)[i]);
    return OK;
}

void ranks_rank(const ranks_row *r, char out[WORDS])
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
    enum { LABEL = 17 };
    bool looked = false;
    for (size_t i = 0; i < n; i++)
        looked = looked || !isnan(rows[i].effective);
    text_add(out, "%-*s %14s  %-18s %6s  %-6s%s\n", LABEL, "method", "p90", "95 %", "rank90",
             "best", looked ? "  update rank" : "");
    for (size_t i = 0; i < n; i++) {
        const ranks_row *r = &rows[i];
        const curve_mean *best = ranks_best(r->s);
        char p90[WORDS], interval[WORDS], rank[WORDS];
        bool longer = strlen(r->s->space) > LABEL;
        words_d90(&r->s->row, p90);
        words_interval(&r->s->row, interval);
        ranks_rank(r, rank);
        if (longer) /* a line of its own, cut where lines are */
            text_add(out, "%.78s\n", r->s->space);
        text_add(out, "%-*s %14.14s  %-18.18s %6s  ", LABEL, longer ? "" : r->s->space, p90,
                 interval, rank);
        if (best)
            text_add(out, "%.4f", best->mean);
        if (!isnan(r->effective))
            text_add(out, "  %.3g of %.3g", r->effective, r->full);
        text_add(out, "\n");
    }
    if (looked)
        text_add(out,
                 "update rank: effective rank of updates at the best score, median of matrices\n");
}

status ranks_write(const char *folder, text *words)
{
    curves c;
    ranks_row *rows = NULL;
    ranks_line *lines = NULL;
    void *looks = NULL;
    csv *looked = NULL;
    size_t n = 0;
    text t = {0};
    status st = curves_load(&c, folder);
    if (!st)
        st = curves_table(folder, "effective.csv", effective_columns, sizeof(effective_row),
                          &looked, &looks, &n);
    if (!st && !(st = ranks_of(&c, &rows))) {
        ranks_effective(rows, c.n, looks, n);
        ranks_words(rows, c.n, words);
        st = ranks_lines(rows, c.n, &lines);
    }
    if (!st) {
        results_csv(ranks_columns, lines, sizeof *lines, c.n, &t);
        st = file_write_text(folder, "ranks.csv", &t);
    }
    mem_free(lines);
    csv_free(looked);
    mem_free(looks);
    text_clear(&t);
    mem_free(rows);
    curves_clear(&c);
    return st;
}
