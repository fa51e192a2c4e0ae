/* search.c -- see search.h. A walk asks for the runs of one stage after another; at the first stage with a run
 * that is not known it ends. Nothing is remembered between walks. */
#include <math.h>

#include <gsl/gsl_cdf.h>

#include "base/mem.h"
#include "measure/crossings.h"
#include "measure/rule.h"
#include "measure/search.h"

enum { LOOKS = 3, RATES = 48 };

static const double search_reach = .2; /* in ln d: search.h */

const char *const search_part_text[5] = {"baseline rates", "probes", "rates", "scores",
                                         "more seeds"};
const char *const search_verdict_text[7] = {"open",    "goes on", "passes", "fails",
                                            "dropped", "best",    "scored"};
const char *const search_end_text[SEARCH_ENDS] = {"needs runs", "width reached", "most seeds",
                                                  "crossing outside the grid", "unmeasurable"};

typedef struct walk {
    const search_ask *ask;
    search_find *find;
    void *context;
    search_log *log;
    size_t stage, asked; /* asked: in this stage */
    bool open;           /* a run of this stage is not known */
    double t;            /* threshold on validation data, turned */
    status st;
} walk;

static double walk_turn(const walk *w, double x)
{
    return w->ask->lower_is_better ? -x : x;
}

/* ------------------------------------------------------------------ rows */

static bool same_run(const search_run *a, const search_run *b)
{
    return a->place == b->place && a->at == b->at && a->rate == b->rate && a->tune == b->tune &&
           a->seed == b->seed;
}

/* The row where the run was trained furthest so far. */
static search_row *walk_last(const walk *w, const search_run *run)
{
    for (size_t i = w->log->n; i-- > 0;)
        if (same_run(&w->log->rows[i].run, run))
            return &w->log->rows[i];
    return NULL;
}

static void walk_stage(walk *w)
{
    w->stage += w->asked > 0;
    w->asked = 0;
}

/* false: nothing goes on from here. */
static bool walk_goes_on(const walk *w)
{
    return !w->st && !w->open;
}

/* The run, trained to an epoch. The row is the stage's own, or where the run was trained before. The row
 * is borrowed until the next call; NULL after an error. */
static search_row *walk_run(walk *w, search_part part, search_run run, size_t epoch,
                            search_seen *seen)
{
    search_log *log = w->log;
    search_row *last = walk_last(w, &run);
    *seen = (search_seen){.score = (double)NAN};
    if (w->st || (w->st = w->find(w->context, &run, epoch, seen)))
        return NULL;
    w->open = w->open || !seen->known;
    if (last && last->epoch >= epoch)
        return last;
    size_t before = 0;
    for (size_t i = 0; i < log->n; i++)
        before += same_run(&log->rows[i].run, &run) ? log->rows[i].steps : 0;
    size_t from = last ? last->epoch : 0;
    if (log->n == log->room) {
        size_t room = log->room ? 2 * log->room : 64;
        search_row *more = mem_resize(log->rows, room, sizeof *more);
        if (!more) {
            w->st = ERR_MEMORY;
            return NULL;
        }
        log->rows = more;
        log->room = room;
    }
    search_row *row = &log->rows[log->n++];
    w->asked++;
    *row = (search_row){.stage = w->stage,
                        .part = part,
                        .run = run,
                        .from = from,
                        .epoch = epoch,
                        .steps = seen->known && seen->steps > before ? seen->steps - before : 0,
                        .val = (double)NAN,
                        .score = seen->known ? seen->score : (double)NAN,
                        .threshold = (double)NAN,
                        .verdict = seen->known ? SEARCH_GOES_ON : SEARCH_OPEN};
    if (seen->known && seen->val)
        row->val = seen->val[epoch ? epoch - 1 : 0];
    log->steps += row->steps;
    return row;
}

static void walk_say(walk *w, const search_run *run, search_verdict verdict)
{
    search_row *row = walk_last(w, run);
    if (row && row->verdict != SEARCH_OPEN)
        row->verdict = verdict;
}

/* The validation score, turned; the worst where there is none. */
static double walk_val(walk *w, search_part part, search_run run, size_t epoch)
{
    search_seen seen;
    walk_run(w, part, run, epoch, &seen);
    return seen.known && seen.val ? walk_turn(w, seen.val[epoch ? epoch - 1 : 0])
                                  : -(double)INFINITY;
}

/* ------------------------------------------------------------------ rates */

/* k / 4 of the epochs. */
static size_t search_quarter(const search_ask *a, size_t k)
{
    return (k * a->epochs + 3) / 4;
}

typedef struct race {
    search_part part;
    search_run run; /* its place */
    int rate[RATES];
    double val[RATES]; /* mean over the tuning seeds */
    size_t n;
} race;

/* All rates of the race, at an epoch: one stage. */
static void race_run(walk *w, race *r, size_t epoch, size_t seeds)
{
    walk_stage(w);
    for (size_t i = 0; i < r->n; i++) {
        r->val[i] = 0;
        for (size_t k = 0; k < seeds; k++) {
            r->run.rate = r->rate[i];
            r->run.seed = k;
            r->val[i] += walk_val(w, r->part, r->run, epoch) / (double)seeds;
        }
    }
}

static size_t race_best(const race *r)
{
    size_t best = r->n / 2; /* where all failed alike */
    double top = -(double)INFINITY;
    for (size_t i = 0; i < r->n; i++)
        if (r->val[i] > top) {
            top = r->val[i];
            best = i;
        }
    return best;
}

static void race_say(walk *w, race *r, size_t i, search_verdict verdict)
{
    for (size_t k = 0; k < w->ask->tune_seeds; k++) {
        r->run.rate = r->rate[i];
        r->run.seed = k;
        walk_say(w, &r->run, verdict);
    }
}

/* Leaves the best two. */
static void race_halve(walk *w, race *r)
{
    while (r->n > 2) {
        size_t worst = 0;
        for (size_t i = 1; i < r->n; i++)
            worst = r->val[i] < r->val[worst] ? i : worst;
        race_say(w, r, worst, SEARCH_DROPPED);
        for (size_t i = worst + 1; i < r->n; i++) {
            r->rate[i - 1] = r->rate[i];
            r->val[i - 1] = r->val[i];
        }
        r->n--;
    }
}

/* The winner's rate, and its validation score at the end: of the first seed, as the probes are. */
static void search_race(walk *w, search_part part, search_place place, size_t at, size_t rates,
                        int *rate, bool *edge, double *val)
{
    race r = {.part = part, .run = {.place = place, .at = at, .tune = true}};
    int low = 0, high = (int)rates - 1;
    for (size_t i = 0; i < rates && i + w->ask->more < RATES; i++)
        r.rate[r.n++] = (int)i;
    *edge = false;
    for (size_t more = 0; r.n > 1; more++) {
        race_run(w, &r, search_quarter(w->ask, 1), w->ask->tune_seeds);
        if (!walk_goes_on(w))
            return;
        size_t best = race_best(&r);
        if (more == w->ask->more || (best > 0 && best < r.n - 1))
            break;
        if (best) {
            r.rate[r.n++] = ++high;
        } else {
            for (size_t i = r.n++; i > 0; i--)
                r.rate[i] = r.rate[i - 1];
            r.rate[0] = --low;
        }
    }
    race_halve(w, &r);
    if (r.n == 2) {
        race_run(w, &r, search_quarter(w->ask, 2), w->ask->tune_seeds);
        if (!walk_goes_on(w))
            return;
        size_t worst = 1 - race_best(&r);
        race_say(w, &r, worst, SEARCH_DROPPED);
        r.rate[0] = r.rate[1 - worst];
        r.n = 1;
        *edge = r.rate[0] == low || r.rate[0] == high;
    }
    race_run(w, &r, w->ask->epochs, 1);
    race_say(w, &r, 0, SEARCH_BEST);
    *rate = r.rate[0];
    *val = r.val[0];
}

/* ------------------------------------------------------------------ probes */

size_t search_stride(const search_ask *a)
{
    double spacing = a->n_d > 1 ? log(a->d[a->n_d - 1] / a->d[0]) / (double)(a->n_d - 1) : 1;
    size_t stride = (size_t)(search_reach / spacing + 1e-9);
    return stride < 1 ? 1 : stride >= a->n_d ? a->n_d > 1 ? a->n_d - 1 : 1 : stride;
}

size_t search_probes(const search_ask *a)
{
    size_t depth = 1;
    for (size_t n = 1; n <= a->n_d; n *= 2)
        depth++;
    return 2 * depth; /* with the middle rate, and with the one that won */
}

/* The sd of an epoch's noise, and on how many differences it rests. */
static double search_noise(const double *v, size_t e, size_t *n)
{
    double squares = 0;
    *n = e < 3 ? 0 : e - 2;
    for (size_t i = 2; i < e; i++) {
        double bend = v[i] - 2 * v[i - 1] + v[i - 2];
        squares += bend * bend;
    }
    return *n ? sqrt(squares / 6 / (double)*n) : (double)NAN;
}

search_verdict search_spend(const search_ask *a, const double *v, size_t e, double t, size_t k)
{
    size_t n, h = e / 2;
    double s = search_noise(v, e, &n);
    if (n < 2 || !(s > 0))
        return SEARCH_GOES_ON;
    double share = (double)(k * k - (k - 1) * (k - 1)) / (LOOKS * LOOKS);
    double z = gsl_cdf_tdist_Qinv(a->risk * share / (double)search_probes(a), (double)n);
    double q = (double)(a->epochs - e) / (double)h;
    double rise = fmax(0, v[e - 1] - v[e - 1 - h]);
    if (v[e - 1] - t > z * s * sqrt(2))
        return SEARCH_PASSES;
    if (v[e - 1] + q * rise - t < -z * s * sqrt((1 + q) * (1 + q) + q * q + 1))
        return SEARCH_FAILS;
    return SEARCH_GOES_ON;
}

/* Is the place on the passing side? *val: at the end, NaN when stopped early. */
static bool search_probe(walk *w, size_t at, int rate, double *val)
{
    const search_ask *a = w->ask;
    search_run run = {.place = SEARCH_SPACE, .at = at, .rate = rate, .tune = true};
    search_verdict verdict = SEARCH_GOES_ON;
    *val = (double)NAN;
    for (size_t k = 1; k <= LOOKS + 1 && verdict == SEARCH_GOES_ON; k++) {
        size_t e = search_quarter(a, k);
        const search_row *last = walk_last(w, &run);
        search_seen seen;
        if (last && last->epoch > e)
            continue; /* a race had it further */
        walk_stage(w);
        walk_run(w, SEARCH_PROBES, run, e, &seen);
        if (!walk_goes_on(w))
            return false;
        if (!seen.val) {
            verdict = SEARCH_FAILS;
        } else if (e == a->epochs) {
            *val = walk_turn(w, seen.val[e - 1]);
            verdict = *val > w->t ? SEARCH_PASSES : SEARCH_FAILS;
        } else {
            double *turned = mem_array(e, sizeof *turned);
            if (!turned) {
                w->st = ERR_MEMORY;
                return false;
            }
            for (size_t i = 0; i < e; i++)
                turned[i] = walk_turn(w, seen.val[i]);
            verdict = search_spend(a, turned, e, w->t, k);
            mem_free(turned);
        }
        search_row *row = walk_last(w, &run);
        row->threshold = walk_turn(w, w->t);
        row->verdict = verdict;
    }
    return verdict == SEARCH_PASSES;
}

/* Sides of the crossing, as places of the grid: low fails (or is -1), high passes (or is n_d). */
typedef struct sides {
    long low, high;
    double val_low, val_high; /* at the end; NaN: stopped early, or beyond the grid */
} sides;

static void sides_probe(walk *w, sides *s, long at, int rate)
{
    double val;
    bool passes = search_probe(w, (size_t)at, rate, &val);
    if (passes) {
        s->high = at;
        s->val_high = val;
    } else {
        s->low = at;
        s->val_low = val;
    }
}

/* Halves what is between the sides. From a place of the grid the first steps are one stride, as the
 * crossing cannot be far. */
static void sides_close(walk *w, sides *s, long from, int rate)
{
    long stride = (long)search_stride(w->ask), n = (long)w->ask->n_d;
    if (from >= 0)
        sides_probe(w, s, from, rate);
    while (walk_goes_on(w) && s->high - s->low > stride) {
        long at = (s->low + s->high) / 2;
        if (from >= 0 && s->low < 0)
            at = s->high - stride > 0 ? s->high - stride : 0;
        else if (from >= 0 && s->high == n)
            at = s->low + stride < n - 1 ? s->low + stride : n - 1;
        sides_probe(w, s, at, rate);
    }
}

/* The lower of the two places of part two. */
static size_t sides_place(const walk *w, const sides *s)
{
    double stride = (double)search_stride(w->ask), top = (double)w->ask->n_d - 1 - stride;
    double gap = (double)(s->high - s->low),
           share = (w->t - s->val_low) / (s->val_high - s->val_low);
    if (!(share >= 0 && share <= 1)) /* NaN too */
        share = .5;
    double at = rint((double)s->low + share * gap - stride / 2);
    return (size_t)fmax(0, fmin(at, top));
}

/* ------------------------------------------------------------------ part two */

typedef struct span { /* places where a seed was scored, a stride apart */
    size_t low, high;
} span;

typedef struct scores {
    d90_point *points, *baseline, *floor; /* room for all */
    size_t n_points, n_baseline, n_floor;
    span *spans; /* (most) */
} scores;

static void scores_one(walk *w, search_part part, search_run run, double d, d90_point *list,
                       size_t *n)
{
    search_seen seen;
    size_t e = run.place == SEARCH_FLOOR ? 0 : w->ask->epochs;
    if (!walk_run(w, part, run, e, &seen) || !seen.known)
        return;
    walk_say(w, &run, SEARCH_SCORED);
    if (isfinite(seen.score))
        list[(*n)++] = (d90_point){.d = d,
                                   .seed = run.seed,
                                   .score = seen.score,
                                   .score_best = (double)NAN,
                                   .gain = (double)NAN};
}

/* All runs of part two so far; those that are not known are the next stage. */
static void scores_gather(walk *w, search_part part, size_t seeds, scores *s)
{
    const search_ask *a = w->ask;
    size_t stride = search_stride(a);
    walk_stage(w);
    s->n_points = s->n_baseline = s->n_floor = 0;
    for (size_t k = 0; k < seeds; k++) {
        search_run run = {.place = SEARCH_FLOOR, .seed = k};
        scores_one(w, part, run, 0, s->floor, &s->n_floor);
        run.place = SEARCH_FULL;
        run.rate = w->log->rate_full;
        scores_one(w, part, run, 0, s->baseline, &s->n_baseline);
        run.place = SEARCH_SPACE;
        run.rate = w->log->rate;
        for (run.at = s->spans[k].low;; run.at += stride) {
            run.at = run.at < s->spans[k].high ? run.at : s->spans[k].high;
            scores_one(w, part, run, a->d[run.at], s->points, &s->n_points);
            if (run.at == s->spans[k].high)
                break;
        }
    }
}

/* One seed's next place, where its own curve does not cross yet. */
static bool span_wider(span *s, idim_d90_state state, size_t stride, size_t n_d)
{
    if (state == IDIM_ABOVE && s->high + 1 < n_d) {
        s->high = s->high + stride < n_d ? s->high + stride : n_d - 1;
        return true;
    }
    if (state == IDIM_BELOW && s->low > 0) {
        s->low = s->low > stride ? s->low - stride : 0;
        return true;
    }
    return false;
}

/* Scores so many seeds until each crosses or the grid ends; their crossings in x. */
static void scores_cross(walk *w, search_part part, size_t seeds, scores *s, crossings *x)
{
    const search_ask *a = w->ask;
    bool wider = true;
    while (wider) {
        scores_gather(w, part, seeds, s);
        if (!walk_goes_on(w) || !s->n_points)
            return;
        const d90_scores in = {.space = "search",
                               .points = s->points,
                               .baseline = s->baseline,
                               .floor = s->floor,
                               .n_points = s->n_points,
                               .n_baseline = s->n_baseline,
                               .n_floor = s->n_floor,
                               .lower_is_better = a->lower_is_better,
                               .fixed = a->fixed,
                               .baseline_mask = UINT64_MAX,
                               .floor_mask = UINT64_MAX,
                               .asks = 1};
        crossings_clear(x);
        if ((w->st = crossings_init(x, &in, a->rule, false)))
            return;
        wider = false;
        for (size_t i = 0; i < x->n; i++)
            wider |= span_wider(&s->spans[x->seeds[i]], x->state[i], search_stride(a), a->n_d);
    }
}

/* Stein's N. */
static size_t search_seeds(const search_ask *a, const crossings *x)
{
    double mean = 0, squares = 0, n = (double)a->first;
    for (size_t i = 0; i < a->first; i++)
        mean += x->x[i] / n;
    for (size_t i = 0; i < a->first; i++)
        squares += (x->x[i] - mean) * (x->x[i] - mean);
    double half = gsl_cdf_tdist_Pinv(.975, n - 1) * sqrt(squares / (n - 1)) / a->width;
    /* to the rounding of equal quotients */
    double want = ceil(half * half * (1 - 1e-12));
    return want > n ? want < 1e9 ? (size_t)want : (size_t)1e9 : a->first;
}

static void search_part_two(walk *w, size_t place, scores *s)
{
    const search_ask *a = w->ask;
    search_log *log = w->log;
    crossings x = {0};
    size_t seeds = a->first, want = a->first;
    for (size_t k = 0; k < a->most; k++)
        s->spans[k] = (span){place, a->n_d > 1 ? place + search_stride(a) : place};
    for (search_part part = SEARCH_SCORES;; part = SEARCH_MORE) {
        log->seeds = seeds;
        scores_cross(w, part, seeds, s, &x);
        if (!walk_goes_on(w))
            break;
        bool inside = x.n == seeds;
        for (size_t i = 0; i < x.n; i++)
            inside = inside && x.state[i] == IDIM_EXACT;
        log->end = x.n ? SEARCH_LIMIT : SEARCH_UNMEASURABLE;
        if (!inside)
            break;
        want = part == SEARCH_SCORES ? search_seeds(a, &x) : want;
        log->end = want <= a->most ? SEARCH_WIDTH : SEARCH_MOST;
        size_t next = want < a->most ? want : a->most;
        if (next <= seeds)
            break;
        seeds = next;
    }
    crossings_clear(&x);
}

/* ------------------------------------------------------------------ the walk */

/* Baseline rates, a floor, threshold on validation data. false: nothing can be said, or runs are missing. */
static bool search_threshold(walk *w)
{
    const search_ask *a = w->ask;
    search_log *log = w->log;
    double b = (double)NAN, c = 0;
    const search_run floor = {.place = SEARCH_FLOOR, .tune = true};
    search_race(w, SEARCH_BASELINE_RATES, SEARCH_FULL, 0, a->rates_full, &log->rate_full,
                &log->edge_full, &b);
    if (!walk_goes_on(w))
        return false;
    walk_stage(w);
    c = walk_val(w, SEARCH_BASELINE_RATES, floor, 0);
    if (!walk_goes_on(w))
        return false;
    if (a->rule.base == D90_FIXED)
        b = walk_turn(w, a->fixed);
    w->t =
        walk_turn(w, rule_threshold(a->rule, a->lower_is_better, walk_turn(w, b), walk_turn(w, c)));
    log->end = SEARCH_UNMEASURABLE;
    return isfinite(w->t);
}

static void search_all(walk *w, scores *s)
{
    const search_ask *a = w->ask;
    search_log *log = w->log;
    const long n = (long)a->n_d;
    sides at = {-1, n, (double)NAN, (double)NAN};
    int middle = (int)(a->rates / 2);
    double val;
    if (!search_threshold(w))
        return;
    log->rate = middle;
    sides_close(w, &at, -1, middle);
    if (!walk_goes_on(w))
        return;
    if (a->rates > 1) {
        long anchor = at.high < n ? at.high : at.low;
        search_race(w, SEARCH_RATES, SEARCH_SPACE, (size_t)anchor, a->rates, &log->rate, &log->edge,
                    &val);
        if (!walk_goes_on(w))
            return;
        if (log->rate == middle) { /* now it is known to the end */
            *(anchor == at.high ? &at.val_high : &at.val_low) = val;
        } else {
            at = (sides){-1, n, (double)NAN, (double)NAN};
            sides_close(w, &at, anchor, log->rate);
        }
    }
    if (walk_goes_on(w))
        search_part_two(w, sides_place(w, &at), s);
}

status search_walk(const search_ask *a, search_find *find, void *context, search_log *log)
{
    walk w = {.ask = a, .find = find, .context = context, .log = log, .stage = 1};
    scores s = {0};
    size_t cells;
    status st;
    *log = (search_log){.end = SEARCH_NEEDS};
    if ((st = size_mul(a->most, a->n_d, &cells)))
        return st;
    s.points = mem_array(cells, sizeof *s.points);
    s.baseline = mem_array(a->most, sizeof *s.baseline);
    s.floor = mem_array(a->most, sizeof *s.floor);
    s.spans = mem_array(a->most, sizeof *s.spans);
    if (s.points && s.baseline && s.floor && s.spans)
        search_all(&w, &s);
    else
        w.st = ERR_MEMORY;
    if (w.open)
        log->end = SEARCH_NEEDS;
    mem_free(s.points);
    mem_free(s.baseline);
    mem_free(s.floor);
    mem_free(s.spans);
    if (w.st)
        search_clear(log);
    return w.st;
}

void search_clear(search_log *log)
{
    mem_free(log->rows);
    *log = (search_log){0};
}

size_t search_most(const search_ask *a)
{
    size_t places = (a->n_d + search_stride(a) - 1) / search_stride(a) + 1;
    return (a->rates_full + a->rates + 2 * a->more) * a->tune_seeds + search_probes(a) + 1 +
           a->most * (2 + (places < a->n_d ? places : a->n_d));
}

size_t search_usual(const search_ask *a)
{
    return (a->rates_full + a->rates) * a->tune_seeds + search_probes(a) / 2 + 1 + 4 * a->first;
}
