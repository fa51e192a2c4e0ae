/* results.c -- see results.h.
 *
 * Each ask chooses its rates anew from the store. A run that several asks need is one run; where two
 * asks chose different rates for one (space, d, seed), the later ask's stands. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "format/csv.h"
#include "sweep/results.h"

enum { RESULTS_KINDS = 16 };

typedef struct pool_of { /* scores of all asks, later asks first */
    stages_score *scores;
    size_t n;
    ask *asks; /* of the plans */
    stages **plans;
    size_t n_plans;
} pool_of;

static bool same_place(const stages_score *a, const stages_score *b)
{
    return a->floor == b->floor && a->label == b->label && a->record->d == b->record->d &&
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

/* The scores of the design that the ask `at` leads. */
static status pool_fill(pool_of *all, sweep *s, const ask_list *asks, size_t at)
{
    const ask *last = &asks->asks[at];
    status st = OK;
    all->asks = mem_array(asks->n, sizeof *all->asks);
    if (!all->asks || !(all->plans = mem_array(asks->n, sizeof(stages *))))
        return ERR_MEMORY;
    for (size_t i = at + 1; i-- > 0 && !st;) {
        stages_score *some;
        size_t n;
        if (!ask_pooled(&asks->asks[i], last))
            continue;
        ask *a = &all->asks[all->n_plans];
        *a = asks->asks[i];
        a->run.data = asks->asks[asks->n - 1].run.data; /* the same, and where it lies now */
        if ((st = stages_open(&all->plans[all->n_plans], s, a)))
            break;
        st = stages_scores(all->plans[all->n_plans++], &some, &n);
        /* an older ask that was given up does not spoil this one */
        if (st == ERR_FAILED && i + 1 < asks->n) {
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
    mem_free(all->asks);
    mem_free(all->scores);
}

/* Points of one list: of a space, or of the baseline (floor false) or step 0; of the head alone as floor. The array is
 * `to`'s. */
static status points_of(const pool_of *all, const store *s, const char *space_, bool floor,
                        results_scores *to, const d90_point **points, size_t *n)
{
    d90_point *new = mem_array(all->n, sizeof *new);
    *n = 0;
    if (!new)
        return ERR_MEMORY;
    *points = new;
    struct results_points *own = &to->owned[to->n_owned++];
    own->points = new;
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
        if ((!floor || space_) && (st = store_bits(s, x->record, &bits)))
            return st;
        new[own->n++] = (d90_point){.d = (double)x->record->d,
                                    .seed = x->label,
                                    .score = r->score,
                                    .score_best = r->score_best,
                                    .gain = r->gain,
                                    .lr_edge = x->edge,
                                    .bits = bits};
    }
    *n = own->n;
    return OK;
}

void results_scores_clear(results_scores *r)
{
    for (size_t k = 0; k < r->n_owned; k++) {
        for (size_t i = 0; i < r->owned[k].n; i++) {
            union { /* the point borrows; here is who owns */
                const uint8_t *borrowed;
                void *owned;
            } bits = {.borrowed = r->owned[k].points[i].bits};
            mem_free(bits.owned);
        }
        mem_free(r->owned[k].points);
    }
    mem_free(r->owned);
    mem_free(r->lists);
    mem_free(r->test);
    key_texts_clear(&r->texts);
    *r = (results_scores){0};
}

/* Fewer steps, or as many and an id that comes first: the same store gives the same choice. */
static bool shorter(const record *a, const record *b)
{
    return !b || a->result.steps < b->result.steps ||
           (a->result.steps == b->result.steps && strcmp(a->id, b->id) < 0);
}

typedef struct kinds { /* those met so far, out->kinds of them */
    const char *names[RESULTS_KINDS];
    const record *foreign; /* results.h */
} kinds;

static void count_kinds(const pool_of *all, const char *here, kinds *k, results *out)
{
    for (size_t i = 0; i < all->n; i++) {
        const record *r = all->scores[i].record;
        bool met = false;
        out->failed += r->status == RECORD_FAILED;
        for (size_t j = 0; j < out->kinds && !met; j++)
            met = !strcmp(k->names[j], r->kind);
        if (!met && *r->kind && out->kinds < RESULTS_KINDS)
            k->names[out->kinds++] = r->kind;
        if (r->status == RECORD_OK && *r->kind && r->result.steps && strcmp(r->kind, here) &&
            shorter(r, k->foreign))
            k->foreign = r;
    }
    if (k->foreign)
        memcpy(out->foreign, k->foreign->id, RUN_ID);
}

static const char *results_text(key_texts *texts, const char *value)
{
    return key_texts_take(texts, mem_string(value));
}

/* The spaces of all plans, each once, in the order in which they were asked for. */
static status results_spaces(const pool_of *all, key_texts *texts, const char ***spaces, size_t *n)
{
    *n = 0;
    if (!(*spaces = mem_array(all->n, sizeof **spaces)))
        return ERR_MEMORY;
    for (size_t i = 0; i < all->n; i++) {
        const char *name = all->scores[i].space;
        bool met = !name || all->scores[i].floor;
        for (size_t k = 0; k < *n && !met; k++)
            met = !strcmp((*spaces)[k], name);
        if (met)
            continue;
        if (!((*spaces)[(*n)++] = results_text(texts, name)))
            return ERR_MEMORY;
    }
    return OK;
}

/* ------------------------------------------------------------------ scores -> rows */

/* Rows of one space's variances; in a crossed design with runs missing there are none. */
static status variances_add(results *r, const d90_scores *in, const d90_row *row,
                            const crossings *x, const vary *v)
{
    variance_row *more = mem_resize(r->variances, r->n_variances + 3, sizeof *more), new = {0};
    if (!more)
        return ERR_MEMORY;
    r->variances = more;
    new.space = in->space;
    new.vary = in->vary ? in->vary : "";
    snprintf(new.words, D90_WORDS, "%s", row->words);
    for (size_t k = 0; k < x->n; k++)
        new.open += x->state[k] != IDIM_EXACT;
    if (!v || !v->crossed) {
        snprintf(new.source, D90_WORDS, "%s", in->vary ? in->vary : "seed");
        new.c = variance_one(x->n, x->x);
        if (x->n > 1)
            r->variances[r->n_variances++] = new;
        return OK;
    }

    size_t side = 0;
    for (size_t k = 0; k < x->n; k++)
        side = side > vary_steps(v->moved, x->seeds[k]) ? side : vary_steps(v->moved, x->seeds[k]);
    side++;
    if (side < 2 || x->n != side * side)
        return OK;
    component three[3];
    double *y = mem_array(x->n + 2 * side, sizeof *y);
    if (!y)
        return ERR_MEMORY;
    for (size_t k = 0; k < x->n; k++)
        y[vary_steps(v->moved, x->seeds[k]) * side + vary_steps(v->crossed, x->seeds[k])] = x->x[k];
    variance_crossed(side, side, y, three, y + x->n);
    for (size_t i = 0; i < 3; i++) {
        char whole[32];
        snprintf(new.source, D90_WORDS, "%s",
                 i == 2 ? vary_text(v, whole) : vary_sources(i ? v->crossed : v->moved, whole));
        new.c = three[i];
        r->variances[r->n_variances++] = new;
    }
    mem_free(y);
    return OK;
}

static status pairs_add(results *r, const d90_scores *a, const d90_scores *b, const crossings *xa,
                        const crossings *xb, const char *words)
{
    paired_row *rows, *more;
    size_t n;
    status st = paired_measure(a, b, xa, xb, words, (paired_how){0}, &rows, &n);
    if (st)
        return st;
    if ((more = mem_resize(r->pairs, r->n_pairs + n, sizeof *more))) {
        r->pairs = more;
        memcpy(r->pairs + r->n_pairs, rows, n * sizeof *rows);
        r->n_pairs += n;
    }
    mem_free(rows);
    return more ? OK : ERR_MEMORY;
}

status results_add(results *r, const d90_scores *lists, size_t n, const d90_rule *rules,
                   size_t n_rules, const vary *v)
{
    crossings *x = mem_array(n, sizeof *x);
    d90_row *more = mem_resize(r->rows, r->n_rows + n * n_rules, sizeof *more);
    status st = x && more ? OK : ERR_MEMORY;
    r->n_rules = n_rules;
    if (more)
        r->rows = more;
    for (size_t k = 0; k < n && !st; k++) {
        d90_row *row = r->rows + r->n_rows;
        if ((st = d90_measure(&lists[k], rules, n_rules, row)) ||
            (st = crossings_init(&x[k], &lists[k], rules[0], n > 1)))
            break;
        r->n_rows += n_rules;
        st = variances_add(r, &lists[k], row, &x[k], v);
    }
    for (size_t i = 0; i < n && !st; i++)
        for (size_t k = i + 1; k < n && !st; k++)
            st = pairs_add(r, &lists[i], &lists[k], &x[i], &x[k],
                           r->rows[r->n_rows - (n - i) * n_rules].words);
    for (size_t k = 0; x && k < n; k++)
        crossings_clear(&x[k]);
    mem_free(x);
    return st;
}

/* ------------------------------------------------------------------ store -> scores */

/* Where all of them are searches that begin with as many seeds: these. */
static size_t pool_first_stage(const pool_of *all)
{
    for (size_t i = 0; i < all->n_plans; i++)
        if (!all->asks[i].search || all->asks[i].seeds != all->asks[0].seeds ||
            all->asks[i].run.seed != all->asks[0].run.seed)
            return 0;
    return all->asks[0].seeds;
}

/* Of a space with the head beside: the head alone is its floor, where it was trained. */
static status results_head(const pool_of *all, const store *s, results_scores *to, d90_scores *l)
{
    const d90_point *head = NULL;
    size_t n = 0;
    status st = OK;
    bool own = false; /* among the spaces */
    for (size_t i = 0; i < all->n; i++)
        own = own || (all->scores[i].space && !strcmp(all->scores[i].space, STAGES_HEAD) &&
                      !all->scores[i].floor);
    if (!stages_heads(l->space) || (st = points_of(all, s, STAGES_HEAD, !own, to, &head, &n)) || !n)
        return st;
    l->floor = head;
    l->n_floor = n;
    l->floor_mask = UINT64_MAX; /* it has a P and data as they have */
    return OK;
}

/* What one design's runs scored; the lists' texts are kept in `texts`. */
static status results_gather(const pool_of *all, sweep *s, const runner_about *about,
                             const ask_list *asks, const ask *last, key_texts *texts,
                             results_scores *out)
{
    const char **spaces = NULL;
    const vary *v = stages_vary(all->plans[0]);
    d90_scores in = {.lower_is_better = about->lower_is_better,
                     .seed = last->run.seed,
                     .first_seed = last->run.seed,
                     .baseline_mask = vary_baseline_mask(v),
                     .floor_mask = vary_floor_mask(v),
                     .crossed = v->crossed != 0,
                     .first_stage = pool_first_stage(all),
                     .fixed = about->published,
                     .n_test = about->n_test};
    status st = ERR_MEMORY;
    if (!(in.vary = results_text(texts, last->vary)) ||
        (st = results_spaces(all, texts, &spaces, &out->n)))
        goto done;
    st = ERR_MEMORY;
    if (!(out->owned = mem_array(2 * out->n + 2, sizeof *out->owned)) ||
        !(out->lists = mem_array(out->n, sizeof *out->lists)))
        goto done;
    if ((st = points_of(all, sweep_store(s), NULL, false, out, &in.baseline, &in.n_baseline)) ||
        (st = points_of(all, sweep_store(s), NULL, true, out, &in.floor, &in.n_floor)))
        goto done;
    for (size_t k = 0; k < out->n && !st; k++) {
        d90_scores *l = &out->lists[k];
        *l = in;
        l->space = spaces[k];
        if (!(st = ask_looks(asks, last, spaces[k], &l->asks)) &&
            !(st = points_of(all, sweep_store(s), spaces[k], false, out, &l->points, &l->n_points)))
            st = results_head(all, sweep_store(s), out, l);
    }
done:
    mem_free(spaces);
    return st;
}

/* What they say. */
static status results_measure(const pool_of *all, sweep *s, const runner_about *about,
                              const ask_list *asks, const ask *last, const d90_rule *rules,
                              results *out)
{
    results_scores scores = {0};
    status st = results_gather(all, s, about, asks, last, &out->texts, &scores);
    if (!st)
        st = results_add(out, scores.lists, scores.n, rules, out->n_rules,
                         stages_vary(all->plans[0]));
    results_scores_clear(&scores);
    return st;
}

/* Is the i-th ask the latest of its design, and alike the last of all? */
static bool results_leads(const ask_list *asks, size_t i)
{
    bool leads = ask_alike(&asks->asks[i], &asks->asks[asks->n - 1]);
    for (size_t k = i + 1; k < asks->n && leads; k++)
        leads = !ask_pooled(&asks->asks[i], &asks->asks[k]);
    return leads;
}

static status results_rules(const ask_list *asks, const char *rule, double fixed,
                            const runner_about *about, d90_rule rules[D90_RULES], size_t *n_rules,
                            double *published)
{
    d90_rule headline;
    /* raw says nothing of a loss, and little where step 0 is trained already */
    bool gain = about->lower_is_better || *asks->asks[asks->n - 1].run.from_content;
    status st = d90_rule_parse(rule, gain ? D90_GAIN : D90_RAW, &headline);
    if (st)
        return st;
    *published = fixed > 0 ? fixed : about->published;
    if (headline.base == D90_FIXED && !(*published > 0))
        return error_set(ERR_USAGE, "rule %s: %s has no published baseline; give --fixed", rule,
                         asks->asks[asks->n - 1].run.data);
    *n_rules = d90_rule_list(headline, *published > 0, rules);
    if (!(*published > 0))
        *published = (double)NAN;
    return OK;
}

status results_d90(sweep *s, const ask_list *asks, const char *rule, double fixed, results *out)
{
    d90_rule rules[D90_RULES];
    kinds met = {.foreign = NULL};
    status st = OK;
    *out = (results){0};
    if (!asks->n)
        return error_set(ERR_USAGE, "no ask is noted here; `idim d90 --out FOLDER` makes one");
    for (size_t i = asks->n; i-- > 0 && !st;) {
        pool_of all = {0};
        if (!results_leads(asks, i))
            continue;
        if (!(st = pool_fill(&all, s, asks, i))) {
            runner_about about = *stages_about(all.plans[0]);
            count_kinds(&all, sweep_kind(s), &met, out);
            if (!(st = results_rules(asks, rule, fixed, &about, rules, &out->n_rules,
                                     &about.published)))
                st = results_measure(&all, s, &about, asks, &asks->asks[i], rules, out);
        }
        pool_clear(&all);
    }
    if (st)
        results_clear(out);
    return st;
}

status results_scores_of(sweep *s, const ask_list *asks, const char *rule, double fixed,
                         results_scores *out)
{
    pool_of all = {0};
    run_spec spec;
    key_texts texts = {0};
    *out = (results_scores){0};
    if (!asks->n)
        return error_set(ERR_USAGE, "no ask is noted here; `idim d90 --out FOLDER` makes one");
    const ask *last = &asks->asks[asks->n - 1];
    status st = pool_fill(&all, s, asks, asks->n - 1);
    if (!st) {
        runner_about about = *stages_about(all.plans[0]);
        if (!(st = results_rules(asks, rule, fixed, &about, out->rules, &out->n_rules,
                                 &about.published)) &&
            !(st = results_gather(&all, s, &about, asks, last, &out->texts, out)) &&
            !(st = run_without_places(&last->run, NULL, &spec, &texts)) &&
            !(out->test = mem_string(spec.data)))
            st = ERR_MEMORY;
    }
    key_texts_clear(&texts);
    pool_clear(&all);
    if (st)
        results_scores_clear(out);
    return st;
}

void results_clear(results *r)
{
    mem_free(r->rows);
    mem_free(r->variances);
    mem_free(r->pairs);
    key_texts_clear(&r->texts);
    *r = (results){0};
}

void results_csv(const d90_column *columns, const void *rows, size_t size, size_t n, text *out)
{
    char cell[D90_WORDS];
    for (const d90_column *c = columns; c->name; c++)
        csv_text(out, c->name);
    csv_end(out);
    for (size_t i = 0; i < n; i++) {
        for (const d90_column *c = columns; c->name; c++)
            csv_text(out, d90_cell((const char *)rows + i * size, c, cell));
        csv_end(out);
    }
}
