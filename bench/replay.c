/* replay.c -- the adaptive search replayed against a bank of runs: does its interval hold the truth, and what
 * does it take beside the whole grid at equal width?
 *
 *     replay FOLDER [TIMES]        prints a CSV: one row for each width asked for
 *
 * The bank is a results folder of `idim collect`: one space on a grid of d, scored by as many seeds at each of
 * several relative rates (an ask for each), and baselines likewise; a rate that some seed or d lacks is left out.
 * Its seeds are the population: a replay draws seeds with replacement, scoring seeds and tuning seeds apart, each
 * with all of its runs, so that the truth is known. Probes and races read the history as far as they train.
 *
 * Two truths, both the mean over all seeds of ln d where the seed's own curve on the whole grid crosses.
 * coverage: at the rates that the search chose, one for all d. coverage_tuned: at each d with the rate of the best
 * mean validation score over all seeds. They differ by what d90 owes to the choice between rates that tie.
 *
 * The grid beside it: every d, GRID_RATES rates a d and for the baseline, nothing stopped, no epoch less, with
 * as many tuning seeds as the search (grid_steps) and with one (grid_steps_1); its rates are chosen in each
 * replay by those tuning seeds, its interval is Student's over n scoring seeds. n is what makes its median
 * half-width that of the search, between whole numbers by a line in ln n. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "format/csv.h"
#include "measure/search.h"

enum {
    PLACES = 100,
    RATES = 12,
    SEEDS = 200,
    GRID_RATES = 5,
    MOST = 60,
    GRID_N = 40,
    FIRST = 5,
    TUNE = 3
};

typedef struct cell { /* one run of the bank */
    bool there;
    double score, *val; /* (epochs) */
    size_t n_val;
} cell;

typedef struct bank {
    double d[PLACES], rel[RATES], full[RATES];
    size_t n_d, n_rel, n_full, n_seeds, epochs, steps;
    bool lower;
    cell *runs; /* (n_d + 1, RATES, SEEDS); the last place: the baseline */
    double floor[SEEDS];
} bank;

static cell *bank_run(const bank *b, size_t at, size_t rate, size_t seed)
{
    return &b->runs[(at * RATES + rate) * SEEDS + seed];
}

static size_t bank_place(double *list, size_t *n, size_t room, double x, double near)
{
    for (size_t i = 0; i < *n; i++)
        if (fabs(log(x / list[i])) < near)
            return i;
    if (*n == room)
        return SIZE_MAX;
    list[*n] = x;
    return (*n)++;
}

static int by_value(const void *a, const void *b)
{
    const double *x = a, *y = b;
    return *x < *y ? -1 : *x > *y;
}

typedef struct columns {
    size_t id, space, d, D, role, seed, score, lr, epochs, steps;
} columns;

static double cell_of(const csv *c, size_t row, size_t column)
{
    double x;
    return csv_cell_number(c, row, column, &x) ? (double)NAN : x;
}

/* lr in units of what the space's rates are relative to, up to a factor that all d share. */
static double bank_relative(const csv *c, const columns *k, size_t row)
{
    return cell_of(c, row, k->lr) * sqrt(cell_of(c, row, k->d) / cell_of(c, row, k->D));
}

static bool is(const csv *c, size_t row, size_t column, const char *word)
{
    return !strcmp(csv_cell(c, row, column), word);
}

static status bank_axes(bank *b, const csv *c, const columns *k)
{
    for (size_t i = 0; i < csv_rows(c); i++) {
        bool score = is(c, i, k->role, "score"), full = is(c, i, k->role, "baseline");
        if (score &&
            (bank_place(b->d, &b->n_d, PLACES, cell_of(c, i, k->d), 1e-9) == SIZE_MAX ||
             bank_place(b->rel, &b->n_rel, RATES, bank_relative(c, k, i), .02) == SIZE_MAX))
            return error_set(ERR_LIMIT, "the bank has more d or rates than %d, %d", PLACES, RATES);
        if (full && bank_place(b->full, &b->n_full, RATES, cell_of(c, i, k->lr), 1e-3) == SIZE_MAX)
            return error_set(ERR_LIMIT, "the bank has more rates than %d", RATES);
        if (score && cell_of(c, i, k->seed) > (double)b->n_seeds)
            b->n_seeds = (size_t)cell_of(c, i, k->seed);
    }
    qsort(b->d, b->n_d, sizeof *b->d, by_value);
    qsort(b->rel, b->n_rel, sizeof *b->rel, by_value);
    qsort(b->full, b->n_full, sizeof *b->full, by_value);
    return b->n_seeds < SEEDS && b->n_d > 1 ? OK : error_set(ERR_LIMIT, "no bank, or too large");
}

/* The run that a row of runs.csv is; NULL: none of the bank. */
static cell *bank_cell(bank *b, const csv *c, const columns *k, size_t i)
{
    size_t seed = (size_t)cell_of(c, i, k->seed) - 1;
    if (is(c, i, k->role, "baseline"))
        return bank_run(b, b->n_d,
                        bank_place(b->full, &b->n_full, RATES, cell_of(c, i, k->lr), 1e-3), seed);
    if (is(c, i, k->role, "score"))
        return bank_run(b, bank_place(b->d, &b->n_d, PLACES, cell_of(c, i, k->d), 1e-9),
                        bank_place(b->rel, &b->n_rel, RATES, bank_relative(c, k, i), .02), seed);
    return NULL;
}

static status bank_history(bank *b, const csv *runs, const columns *k, const char *folder)
{
    char path[4096];
    csv *h = NULL;
    size_t id, epoch, val;
    status st;
    snprintf(path, sizeof path, "%s/history.csv", folder);
    if ((st = csv_open(&h, path)) || (st = csv_need(h, "run_id", &id)) ||
        (st = csv_need(h, "epoch", &epoch)) || (st = csv_need(h, "val_score", &val)))
        goto done;
    size_t at = 0; /* both files are sorted by run_id */
    for (size_t i = 0; i < csv_rows(h) && !st; i++) {
        while (at < csv_rows(runs) && strcmp(csv_cell(runs, at, k->id), csv_cell(h, i, id)) != 0)
            at++;
        if (at == csv_rows(runs)) {
            st = error_set(ERR_FORMAT, "%s: run %s is not in runs.csv", path, csv_cell(h, i, id));
            break;
        }
        cell *r = bank_cell(b, runs, k, at);
        size_t e = (size_t)cell_of(h, i, epoch);
        if (r && r->val && e >= 1 && e <= b->epochs) {
            r->val[e - 1] = cell_of(h, i, val);
            r->n_val = e;
        }
    }
done:
    csv_free(h);
    return st;
}

/* Leaves the rates that all seeds are scored at, at every d. */
static size_t bank_keep(bank *b, size_t first, size_t end, double *rates, size_t n)
{
    size_t kept = 0;
    for (size_t r = 0; r < n; r++) {
        bool all = true;
        for (size_t at = first; at < end; at++)
            for (size_t s = 0; s < b->n_seeds; s++)
                all = all && bank_run(b, at, r, s)->there;
        if (!all)
            continue;
        for (size_t at = first; at < end; at++)
            memmove(bank_run(b, at, kept, 0), bank_run(b, at, r, 0), SEEDS * sizeof(cell));
        rates[kept++] = rates[r];
    }
    return kept;
}

static void bank_complete(bank *b)
{
    b->n_rel = bank_keep(b, 0, b->n_d, b->rel, b->n_rel);
    b->n_full = bank_keep(b, b->n_d, b->n_d + 1, b->full, b->n_full);
}

static status bank_open(bank *b, const char *folder)
{
    char path[4096];
    csv *c = NULL;
    columns k;
    status st;
    snprintf(path, sizeof path, "%s/runs.csv", folder);
    *b = (bank){0};
    if ((st = csv_open(&c, path)) || (st = csv_need(c, "run_id", &k.id)) ||
        (st = csv_need(c, "space", &k.space)) || (st = csv_need(c, "d_total", &k.d)) ||
        (st = csv_need(c, "D", &k.D)) || (st = csv_need(c, "role", &k.role)) ||
        (st = csv_need(c, "seed", &k.seed)) || (st = csv_need(c, "score", &k.score)) ||
        (st = csv_need(c, "lr", &k.lr)) || (st = csv_need(c, "epochs_done", &k.epochs)) ||
        (st = csv_need(c, "steps_done", &k.steps)) || (st = bank_axes(b, c, &k)))
        goto done;
    b->runs = mem_array((b->n_d + 1) * RATES * SEEDS, sizeof *b->runs);
    st = b->runs ? OK : ERR_MEMORY;
    for (size_t i = 0; i < csv_rows(c); i++) {
        b->epochs = fmax((double)b->epochs, cell_of(c, i, k.epochs)) > 0
                        ? (size_t)fmax((double)b->epochs, cell_of(c, i, k.epochs))
                        : 0;
        b->steps = (size_t)fmax((double)b->steps, cell_of(c, i, k.steps));
    }
    for (size_t i = 0; i < csv_rows(c) && !st; i++) {
        cell *r = bank_cell(b, c, &k, i);
        if (is(c, i, k.role, "floor") && cell_of(c, i, k.seed) <= (double)b->n_seeds)
            b->floor[(size_t)cell_of(c, i, k.seed) - 1] = cell_of(c, i, k.score);
        if (!r)
            continue;
        r->there = true;
        r->score = cell_of(c, i, k.score);
        if (!(r->val = mem_array(b->epochs, sizeof *r->val)))
            st = ERR_MEMORY;
    }
    if (!st)
        st = bank_history(b, c, &k, folder);
    if (!st)
        bank_complete(b);
    if (!st && (!b->n_rel || !b->n_full))
        st = error_set(ERR_FORMAT, "%s: at no rate all seeds are scored at all d", path);
done:
    csv_free(c);
    return st;
}

/* ------------------------------------------------------------------ truth and grid */

static double run_val(const bank *b, const cell *r)
{
    return r->n_val == b->epochs && isfinite(r->val[b->epochs - 1]) ? r->val[b->epochs - 1]
                                                                    : -(double)INFINITY;
}

/* The rate of the best mean validation score over n seeds, unless it is fixed. */
static size_t bank_best(const bank *b, size_t at, const size_t *seeds, size_t n, size_t fixed)
{
    if (fixed != SIZE_MAX)
        return fixed;
    size_t best = 0;
    double top = -(double)INFINITY;
    for (size_t r = 0; r < (at < b->n_d ? b->n_rel : b->n_full); r++) {
        double sum = 0;
        for (size_t k = 0; k < n; k++)
            sum += run_val(b, bank_run(b, at, r, seeds[k]));
        if (sum > top) {
            top = sum;
            best = r;
        }
    }
    return best;
}

static d90_point point_of(double d, size_t k, double score)
{
    return (d90_point){
        .d = d, .seed = k, .score = score, .score_best = (double)NAN, .gain = (double)NAN};
}

/* The whole grid's row: rates by the tuning seeds or fixed (SIZE_MAX: not), n scoring seeds. */
static status bank_grid(const bank *b, const size_t *tune, size_t n_tune, size_t fixed_full,
                        size_t fixed, const size_t *seeds, size_t n, d90_row *row)
{
    d90_point *points = mem_array(b->n_d * n, sizeof *points), baseline[SEEDS], floor[SEEDS];
    d90_scores in = {.space = "bank",
                     .points = points,
                     .baseline = baseline,
                     .floor = floor,
                     .n_points = b->n_d * n,
                     .n_baseline = n,
                     .n_floor = n,
                     .fixed = (double)NAN,
                     .asks = 1};
    d90_rule rule;
    status st = points ? d90_rule_parse("own,raw,.9", D90_RAW, &rule) : ERR_MEMORY;
    size_t full = bank_best(b, b->n_d, tune, n_tune, fixed_full);
    for (size_t k = 0; k < n && !st; k++) {
        baseline[k] = point_of(0, k, bank_run(b, b->n_d, full, seeds[k])->score);
        floor[k] = point_of(0, k, b->floor[seeds[k]]);
    }
    for (size_t at = 0; at < b->n_d && !st; at++) {
        size_t r = bank_best(b, at, tune, n_tune, fixed);
        for (size_t k = 0; k < n; k++)
            points[at * n + k] = point_of(b->d[at], k, bank_run(b, at, r, seeds[k])->score);
    }
    if (!st)
        st = d90_measure(&in, &rule, 1, row);
    mem_free(points);
    return st;
}

/* ------------------------------------------------------------------ replays */

typedef struct replay {
    const bank *b;
    size_t score[MOST], tune[TUNE]; /* seeds of the bank */
} replay;

static void replay_draw(replay *r, const bank *b, uint64_t which)
{
    stream s = stream_make(which, "replay");
    r->b = b;
    for (size_t k = 0; k < MOST; k++)
        r->score[k] = (size_t)rng_below(&s, k, b->n_seeds);
    for (size_t k = 0; k < TUNE; k++)
        r->tune[k] = (size_t)rng_below(&s, MOST + k, b->n_seeds);
}

static const cell *replay_run(const replay *r, const search_run *run)
{
    size_t seed = run->tune ? r->tune[run->seed] : r->score[run->seed];
    return bank_run(r->b, run->place == SEARCH_FULL ? r->b->n_d : run->at, (size_t)run->rate, seed);
}

static status replay_find(void *context, const search_run *run, size_t epoch, search_seen *seen)
{
    const replay *r = context;
    seen->known = true;
    if (run->place == SEARCH_FLOOR) {
        const double *c = &r->b->floor[(run->tune ? r->tune : r->score)[run->seed]];
        seen->val = run->tune ? c : NULL; /* the bank has step 0 on test data alone */
        seen->score = run->tune ? (double)NAN : *c;
        return OK;
    }
    const cell *c = replay_run(r, run);
    seen->val = c->n_val >= epoch ? c->val : NULL;
    seen->score = epoch == r->b->epochs ? c->score : (double)NAN;
    seen->steps = r->b->steps * epoch / r->b->epochs;
    return OK;
}

/* The interval that d90.csv would have of this search. */
static status replay_measure(const bank *b, const search_ask *a, const search_log *l, d90_row *row)
{
    static d90_point points[MOST * PLACES], baseline[MOST], floor[MOST];
    d90_scores in = {.space = "search",
                     .points = points,
                     .baseline = baseline,
                     .floor = floor,
                     .fixed = (double)NAN,
                     .first_stage = a->first,
                     .asks = 1};
    for (size_t i = 0; i < l->n; i++) {
        const search_row *r = &l->rows[i];
        if (r->run.tune)
            continue;
        if (r->run.place == SEARCH_SPACE)
            points[in.n_points++] = point_of(b->d[r->run.at], r->run.seed, r->score);
        else if (r->run.place == SEARCH_FULL)
            baseline[in.n_baseline++] = point_of(0, r->run.seed, r->score);
        else
            floor[in.n_floor++] = point_of(0, r->run.seed, r->score);
    }
    return d90_measure(&in, &a->rule, 1, row);
}

static double median(double *x, size_t n)
{
    qsort(x, n, sizeof *x, by_value);
    return n ? (x[(n - 1) / 2] + x[n / 2]) / 2 : (double)NAN;
}

typedef struct tally {
    size_t times, inside, tuned, width, wrong, rate;
    double seeds, steps, *half;
} tally;

static status tally_one(tally *t, const bank *b, const search_ask *a, replay *r, double truth,
                        double at_rate[RATES][RATES])
{
    search_log l;
    d90_row row;
    status st = search_walk(a, replay_find, r, &l);
    if (st)
        return st;
    if (!(st = replay_measure(b, a, &l, &row))) {
        bool wrong = false;
        double own = exp(at_rate[l.rate_full][l.rate]);
        t->inside += row.low <= own && own <= row.high;
        t->tuned += row.low <= exp(truth) && exp(truth) <= row.high;
        t->half[t->times++] = isfinite(row.high) && row.low > 0 ? log(row.high / row.low) / 2 : 99;
        t->seeds += (double)l.seeds;
        t->steps += (double)l.steps;
        t->width += l.end == SEARCH_WIDTH;
        for (size_t i = 0; i < l.n; i++) {
            const search_row *x = &l.rows[i];
            if (x->part == SEARCH_PROBES && x->epoch < b->epochs && x->verdict != SEARCH_GOES_ON)
                wrong |= (run_val(b, replay_run(r, &x->run)) > x->threshold) !=
                         (x->verdict == SEARCH_PASSES);
        }
        t->wrong += wrong;
    }
    search_clear(&l);
    return st;
}

/* Median half-widths of the whole grid at n seeds, n = 3 .. GRID_N - 1, and how often it holds the truth. */
static status grid_widths(const bank *b, size_t times, double truth, double *half, double *inside)
{
    double *x = mem_array(times, sizeof *x);
    status st = x ? OK : ERR_MEMORY;
    for (size_t n = 3; n < GRID_N && !st; n++) {
        inside[n] = 0;
        for (size_t i = 0; i < times && !st; i++) {
            replay r;
            d90_row row;
            replay_draw(&r, b, i + 1);
            if ((st = bank_grid(b, r.tune, TUNE, SIZE_MAX, SIZE_MAX, r.score, n, &row)))
                break;
            x[i] = isfinite(row.high) && row.low > 0 ? log(row.high / row.low) / 2 : 99;
            inside[n] += row.low <= exp(truth) && exp(truth) <= row.high;
        }
        half[n] = st ? 0 : median(x, times);
        inside[n] /= (double)times;
    }
    mem_free(x);
    return st;
}

/* Seeds with which the grid is as wide. */
static double grid_seeds(const double *half, double want)
{
    for (size_t n = 3; n + 1 < GRID_N; n++)
        if (half[n + 1] <= want) {
            double share = log(half[n] / want) / log(half[n] / half[n + 1]);
            return share < 0 ? 3 : exp(log((double)n) + share * log((double)(n + 1) / (double)n));
        }
    return (double)NAN;
}

static status replay_all(const bank *b, const char *folder, size_t times)
{
    static const double widths[] = {.4, .3, .2, .15, .1, .075, .05};
    size_t all[SEEDS], grid_times = times < 200 ? times : 200;
    double half[GRID_N], inside[GRID_N];
    d90_row whole;
    status st;
    for (size_t k = 0; k < b->n_seeds; k++)
        all[k] = k;
    if ((st = bank_grid(b, all, b->n_seeds, SIZE_MAX, SIZE_MAX, all, b->n_seeds, &whole)))
        return st;
    double truth = log(whole.seed_mean), at_rate[RATES][RATES];
    for (size_t f = 0; f < b->n_full && !st; f++)
        for (size_t r = 0; r < b->n_rel && !st; r++) {
            d90_row row;
            st = bank_grid(b, all, b->n_seeds, f, r, all, b->n_seeds, &row);
            at_rate[f][r] = st ? 0 : log(row.seed_mean);
        }
    if (st)
        return st;
    if ((st = grid_widths(b, grid_times, truth, half, inside)))
        return st;
    printf("bank,space_d,rates,seeds,d90,sd,width,replays,coverage,coverage_tuned,half_width,"
           "search_seeds,search_"
           "steps,"
           "width_reached,stopped_wrongly,grid_seeds,grid_steps,grid_steps_1,ratio,ratio_1,"
           "grid_coverage\n");
    for (size_t w = 0; w < sizeof widths / sizeof *widths && !st; w++) {
        search_ask a = {.fixed = (double)NAN,
                        .d = b->d,
                        .n_d = b->n_d,
                        .epochs = b->epochs,
                        .rates_full = b->n_full,
                        .rates = b->n_rel,
                        .tune_seeds = TUNE,
                        .first = FIRST,
                        .most = MOST,
                        .width = widths[w],
                        .risk = .05};
        tally t = {.half = mem_array(times, sizeof(double))};
        st = t.half ? d90_rule_parse("own,raw,.9", D90_RAW, &a.rule) : ERR_MEMORY;
        for (size_t i = 0; i < times && !st; i++) {
            replay r;
            replay_draw(&r, b, i + 1);
            st = tally_one(&t, b, &a, &r, truth, at_rate);
        }
        if (!st) {
            double n = (double)times, wide = median(t.half, times), k = grid_seeds(half, wide);
            double places = (double)b->n_d + 1, steps = (double)b->steps;
            double grid = places * (GRID_RATES * TUNE + k) * steps;
            double one = places * (GRID_RATES + k) * steps, mine = t.steps / n;
            printf(
                "%s,%zu,%zu,%zu,%.6g,%.4g,%g,%zu,%.4f,%.4f,%.4f,%.2f,%.0f,%.4f,%.4f,%.2f,%.0f,%.0f,"
                "%.2f,%.2f,%.3f\n",
                folder, b->n_d, b->n_rel, b->n_seeds, exp(truth), whole.seed_sd, widths[w], times,
                (double)t.inside / n, (double)t.tuned / n, wide, t.seeds / n, mine,
                (double)t.width / n, (double)t.wrong / n, k, grid, one, grid / mine, one / mine,
                inside[FIRST]);
        }
        mem_free(t.half);
    }
    return st;
}

int main(int argc, char **argv)
{
    bank b;
    size_t times = argc > 2 ? strtoul(argv[2], NULL, 10) : 2000;
    status st = idim_start();
    if (!st && argc < 2)
        st = error_set(ERR_USAGE, "replay FOLDER [TIMES]: give a results folder of a bank");
    if (!st && !(st = bank_open(&b, argv[1])))
        st = replay_all(&b, argv[1], times);
    if (st)
        fprintf(stderr, "%s\n", error_text());
    return st != OK; /* the process ends here and takes the rest along */
}
