/* results.c -- see results.h.
 *
 * Each ask chooses its rates anew from the store. A run that several asks need is one run; where two
 * asks chose different rates for one (space, d, seed), the later ask's stands. */
#include <math.h>
#include <string.h>

#include "format/csv.h"
#include "sweep/results.h"

enum { RESULTS_KINDS = 16 };

typedef struct pool_of { /* scores of all asks, later asks first */
    stages_score *scores;
    size_t n;
    stages **plans;
    size_t n_plans;
} pool_of;

static bool same_place(const stages_score *a, const stages_score *b)
{
    return a->floor == b->floor && a->record->run.seed == b->record->run.seed &&
           a->record->d == b->record->d &&
           (a->space && b->space ? !strcmp(a->space, b->space) : a->space == b->space);
}

static status pool_add(pool_of *all, const stages_score *some, size_t n)
{
    stages_score *more = mem_resize(all->scores, all->n + n, sizeof *more);
    if (!more)
        return ERR_MEMORY;
    all->scores = more;
    size_t before = all->n;
    for (size_t i = 0; i < n; i++) {
        bool there = false;
        for (size_t k = 0; k < before && !there; k++)
            there = same_place(&some[i], &all->scores[k]);
        if (!there)
            all->scores[all->n++] = some[i];
    }
    return OK;
}

static status pool_fill(pool_of *all, sweep *s, const ask_list *asks)
{
    const ask *last = &asks->asks[asks->n - 1];
    status st = OK;
    if (!(all->plans = mem_array(asks->n, sizeof(stages *))))
        return ERR_MEMORY;
    for (size_t i = asks->n; i-- > 0 && !st;) {
        stages_score *some;
        size_t n;
        if (!ask_alike(&asks->asks[i], last))
            continue;
        if ((st = stages_open(&all->plans[all->n_plans], s, &asks->asks[i])))
            break;
        st = stages_scores(all->plans[all->n_plans++], &some, &n);
        if (st && i + 1 < asks->n) { /* an older ask that was given up does not spoil this one */
            st = OK;
            continue;
        }
        if (!st)
            st = pool_add(all, some, n);
        mem_free(some);
    }
    return st;
}

static void pool_clear(pool_of *all)
{
    for (size_t i = 0; i < all->n_plans; i++)
        stages_free(all->plans[i]);
    mem_free(all->plans);
    mem_free(all->scores);
}

/* Points of one list: of a space, or of the baseline (floor false) or floor. */
static status points_of(const pool_of *all, const store *s, const char *space_, bool floor,
                        d90_point **points, size_t *n)
{
    *n = 0;
    if (!(*points = mem_array(all->n, sizeof **points)))
        return ERR_MEMORY;
    for (size_t i = 0; i < all->n; i++) {
        const stages_score *x = &all->scores[i];
        const train_result *r = &x->record->result;
        uint8_t *bits = NULL;
        status st;
        if (x->floor != floor ||
            (space_ ? !x->space || strcmp(space_, x->space) : x->space != NULL))
            continue;
        if (x->record->status == RECORD_FAILED)
            continue;
        if (!floor && (st = store_bits(s, x->record, &bits)))
            return st;
        (*points)[(*n)++] = (d90_point){.d = (double)x->record->d,
                                        .seed = x->record->run.seed,
                                        .score = r->score,
                                        .score_best = r->score_best,
                                        .gain = r->gain,
                                        .lr_edge = x->edge,
                                        .bits = bits};
    }
    return OK;
}

static void points_clear(d90_point *points, size_t n)
{
    for (size_t i = 0; points && i < n; i++) {
        union { /* the point borrows; here is who owns */
            const uint8_t *borrowed;
            void *owned;
        } bits = {.borrowed = points[i].bits};
        mem_free(bits.owned);
    }
    mem_free(points);
}

/* Fewer steps, or as many and an id that comes first: the same store gives the same choice. */
static bool shorter(const record *a, const record *b)
{
    return !b || a->result.steps < b->result.steps ||
           (a->result.steps == b->result.steps && strcmp(a->id, b->id) < 0);
}

static void count_kinds(const pool_of *all, const char *here, results *out)
{
    const char *kinds[RESULTS_KINDS];
    const record *foreign = NULL;
    for (size_t i = 0; i < all->n; i++) {
        const record *r = all->scores[i].record;
        bool met = false;
        out->failed += r->status == RECORD_FAILED;
        for (size_t k = 0; k < out->kinds && !met; k++)
            met = !strcmp(kinds[k], r->kind);
        if (!met && *r->kind && out->kinds < RESULTS_KINDS)
            kinds[out->kinds++] = r->kind;
        if (r->status == RECORD_OK && r->result.steps && strcmp(r->kind, here) &&
            shorter(r, foreign))
            foreign = r;
    }
    if (foreign)
        memcpy(out->foreign, foreign->id, RUN_ID);
}

static const char *results_text(results *r, const char *value)
{
    char **more = mem_resize(r->texts.text, r->texts.n + 1, sizeof *more);
    if (!more)
        return NULL;
    r->texts.text = more;
    char *copy = mem_string(value);
    if (copy)
        more[r->texts.n++] = copy;
    return copy;
}

/* The spaces of all plans, each once, in the order in which they were asked for. */
static status results_spaces(const pool_of *all, results *out, const char ***spaces, size_t *n)
{
    *n = 0;
    if (!(*spaces = mem_array(all->n, sizeof **spaces)))
        return ERR_MEMORY;
    for (size_t i = 0; i < all->n; i++) {
        const char *name = all->scores[i].space;
        bool met = !name;
        for (size_t k = 0; k < *n && !met; k++)
            met = !strcmp((*spaces)[k], name);
        if (met)
            continue;
        if (!((*spaces)[(*n)++] = results_text(out, name)))
            return ERR_MEMORY;
    }
    return OK;
}

static status results_measure(const pool_of *all, sweep *s, const runner_about *about,
                              const ask_list *asks, const d90_rule *rules, results *out)
{
    const char **spaces = NULL;
    size_t n = 0, alike = 0;
    d90_point *baseline = NULL, *floor = NULL;
    const ask *last = &asks->asks[asks->n - 1];
    d90_scores in = {.lower_is_better = about->lower_is_better, .seed = last->run.seed};
    status st;
    for (size_t i = 0; i < asks->n; i++)
        alike += ask_alike(&asks->asks[i], last);
    if ((st = results_spaces(all, out, &spaces, &n)) ||
        (st = points_of(all, sweep_store(s), NULL, false, &baseline, &in.n_baseline)) ||
        (st = points_of(all, sweep_store(s), NULL, true, &floor, &in.n_floor)))
        goto done;
    in.baseline = baseline;
    in.floor = floor;
    in.fixed = about->published;
    in.n_test = about->n_test;
    in.asks = alike;
    if (!(out->rows = mem_array(n * out->n_rules, sizeof *out->rows))) {
        st = ERR_MEMORY;
        goto done;
    }
    for (size_t k = 0; k < n && !st; k++) {
        d90_point *points = NULL;
        in.space = spaces[k];
        st = points_of(all, sweep_store(s), spaces[k], false, &points, &in.n_points);
        in.points = points;
        if (!st)
            st = d90_measure(&in, rules, out->n_rules, out->rows + out->n_rows);
        points_clear(points, in.n_points);
        out->n_rows += st ? 0 : out->n_rules;
    }
done:
    points_clear(baseline, in.n_baseline);
    points_clear(floor, in.n_floor);
    mem_free(spaces);
    return st;
}

status results_d90(sweep *s, const ask_list *asks, const char *rule, double fixed, results *out)
{
    d90_rule headline, rules[D90_RULES];
    pool_of all = {0};
    status st;
    *out = (results){0};
    if (!asks->n)
        return error_set(ERR_USAGE, "no ask is noted here; `idim d90 --out FOLDER` makes one");
    if ((st = d90_rule_parse(rule, &headline)) || (st = pool_fill(&all, s, asks)))
        goto done;
    runner_about about = *stages_about(all.plans[0]);
    if (fixed > 0)
        about.published = fixed;
    if (headline.base == D90_FIXED && !(about.published > 0)) {
        st = error_set(ERR_USAGE, "rule %s: %s has no published baseline; give --fixed", rule,
                       asks->asks[asks->n - 1].run.data);
        goto done;
    }
    out->n_rules = d90_rule_list(headline, about.published > 0, rules);
    if (!(about.published > 0))
        about.published = (double)NAN;
    count_kinds(&all, sweep_kind(s), out);
    st = results_measure(&all, s, &about, asks, rules, out);
done:
    pool_clear(&all);
    if (st)
        results_clear(out);
    return st;
}

void results_clear(results *r)
{
    mem_free(r->rows);
    key_texts_clear(&r->texts);
    *r = (results){0};
}

void results_csv(const d90_row *rows, size_t n, text *out)
{
    char cell[D90_WORDS];
    for (const d90_column *c = d90_columns; c->name; c++)
        csv_text(out, c->name);
    csv_end(out);
    for (size_t i = 0; i < n; i++) {
        for (const d90_column *c = d90_columns; c->name; c++)
            csv_text(out, d90_cell(&rows[i], c, cell));
        csv_end(out);
    }
}
