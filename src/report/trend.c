/* trend.c -- what is said of several d90: rows of trends.csv.
 *
 *   ratio   d90 of a over d90 of b, at one scale and (where none is named) in one space. ln of it is a difference of
 *           two means over seeds that have nothing to do with each other: Welch's interval. Where one of them is
 *           no number but a bound, or a seed's is, the ratio has the bounds that follow; their own interval
 *           ends are taken there, which is wider than 95 %.
 *   slope   of ln d90 on ln D over all networks of a (measure/slope.h)
 *   rate    slope of ln of the chosen learning rate on ln d in each folder of a; of sweeps whose every d chose its
 *           own: without tune-d, which carries rates by the very law (1/sqrt(d) for Adam)
 *   score   of a's largest d less that of b's, seed by seed: Student's interval of the differences
 *   measured   a number that a script of a wrote down with its interval: the row of that name (space_a) in measured.csv
 * The verdict is the interval's (beside_claim): a ratio may lie in the band by luck, and a wide interval holds anything. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/locale.h"
#include "measure/interval.h"
#include "measure/slope.h"
#include "report/beside.h"

typedef struct trend {
    const char *a, *b, *space_a, *space_b; /* spaces: ""; the same in both */
    d90_rule rule;
    double low, high; /* NaN: open on that side */
    beside_row *row;
} trend;

static void trend_number(double x, char out[WORDS])
{
    locale_t user = locale_enter();
    snprintf(out, WORDS, fabs(x) >= 1000 ? "%.0f" : "%.3g", x);
    locale_leave(user);
}

static void trend_interval(double low, double high, char out[WORDS])
{
    char from[WORDS], to[WORDS];
    out[0] = '\0';
    if (isnan(low) || isnan(high))
        return;
    trend_number(low, from);
    trend_number(high, to);
    snprintf(out, WORDS, "%.40s to %.40s", from, isinf(high) ? "above" : to);
}

static const char *trend_plural(const char *n)
{
    return strcmp(n, "1") ? "s" : "";
}

/* ------------------------------------------------------------------ ratio */

typedef struct bounds {
    double low, high; /* of d90, 95 %; NaN: not known */
} bounds;

static bounds trend_bounds(const d90_row *r)
{
    switch (r->state) {
    case IDIM_EXACT:
        return (bounds){r->low, r->high};
    case IDIM_ABOVE:
        return (bounds){r->d_max, (double)INFINITY};
    case IDIM_BELOW:
        return (bounds){0, r->d_min};
    default:
        return (bounds){(double)NAN, (double)NAN};
    }
}

/* Does each seed have a crossing? */
static bool trend_whole(const d90_row *r)
{
    return r->state == IDIM_EXACT && !r->seeds_above && !r->seeds_below && isfinite(r->seed_mean) &&
           isfinite(r->seed_sd);
}

static interval_summary trend_summary(const d90_row *r)
{
    return (interval_summary){r->n_seeds, 0, log(r->seed_mean), r->seed_sd};
}

static void trend_ratio_of(const d90_row *a, const d90_row *b, beside_figure *p, bounds *ends)
{
    char x[WORDS];
    const char *sign = "";
    double value;
    if (trend_whole(a) && trend_whole(b)) {
        interval r = interval_apart(trend_summary(a), trend_summary(b), 0);
        value = exp(r.mean);
        *ends = (bounds){exp(r.low), exp(r.high)};
    } else {
        bounds u = trend_bounds(a), v = trend_bounds(b);
        double da = a->state == IDIM_ABOVE   ? a->d_max
                    : a->state == IDIM_BELOW ? a->d_min
                                             : a->fit,
               db = b->state == IDIM_ABOVE   ? b->d_max
                    : b->state == IDIM_BELOW ? b->d_min
                                             : b->fit;
        int up = (a->state == IDIM_ABOVE) - (a->state == IDIM_BELOW) - (b->state == IDIM_ABOVE) +
                 (b->state == IDIM_BELOW);
        bool both = a->state != IDIM_EXACT && b->state != IDIM_EXACT;
        value =
            both && (up > -2 && up < 2) ? (double)NAN : da / db; /* above over above: anything */
        sign = up > 0 ? "> " : up < 0 ? "< " : "";
        *ends = (bounds){u.low / v.high, u.high / v.low};
        if (isnan(value)) /* infinite over infinite and the like */
            *ends = (bounds){(double)NAN, (double)NAN};
    }
    trend_number(value, x);
    snprintf(p->value, WORDS, "%s%.40s", sign, isnan(value) ? "not known" : x);
    trend_interval(ends->low, ends->high, p->interval);
}

static char *trend_from(const found_folder *a, const found_folder *b)
{
    return !strcmp(a->path, b->path) ? mem_string(a->path)
                                     : mem_printf("%s and %s", a->path, b->path);
}

static status trend_pair(const trend *t, const found_folder *fa, const d90_row *a,
                         const found_folder *fb, const d90_row *b)
{
    beside_figure *p = beside_add(t->row);
    bool space = !strcmp(a->space, b->space), epochs = !strcmp(fa->c.epochs, fb->c.epochs);
    bounds ends;
    if (!p)
        return ERR_MEMORY;
    trend_ratio_of(a, b, p, &ends);
    p->verdict = beside_claim(ends.low, ends.high, t->low, t->high);
    p->how = mem_printf("%s%s%s, %s%s%s epoch%s", a->space, space ? "" : " against ",
                        space ? "" : b->space, fa->c.epochs, epochs ? "" : " against ",
                        epochs ? "" : fb->c.epochs, trend_plural(fb->c.epochs));
    p->from = trend_from(fa, fb);
    return p->how && p->from ? OK : ERR_MEMORY;
}

static bool trend_takes(const trend *t, const d90_row *a, const d90_row *b)
{
    if (!found_rule(a, t->rule) || !found_rule(b, t->rule))
        return false;
    if (!*t->space_a && !*t->space_b)
        return !strcmp(a->space, b->space);
    return (!*t->space_a || !strcmp(a->space, t->space_a)) &&
           (!*t->space_b || !strcmp(b->space, t->space_b));
}

/* Why there is no figure of a pair. */
static status trend_missing(const trend *t, const found *a, const found *b, const char *both)
{
    if (t->row->n)
        return OK;
    t->row->missing = a->n && b->n ? mem_string(both)
                      : a->n || b->n || !strcmp(t->a, t->b)
                          ? mem_printf("not run: %s", a->n ? t->b : t->a)
                          : mem_printf("not run: %s, %s", t->a, t->b);
    return t->row->missing ? OK : ERR_MEMORY;
}

typedef status pair_of_folders(const trend *t, const found_folder *a, const found_folder *b);

/* Each folder of a with each of b, at one scale. */
static status trend_folders(const trend *t, const found_place *place, pair_of_folders *each,
                            const char *both)
{
    found a = {0}, b = {0};
    status st = found_load(&a, place, t->a);
    if (!st)
        st = found_load(&b, place, t->b);
    for (size_t i = 0; i < a.n && !st; i++)
        for (size_t k = 0; k < b.n && !st; k++)
            if (a.all[i].scale == b.all[k].scale)
                st = each(t, &a.all[i], &b.all[k]);
    if (!st)
        st = trend_missing(t, &a, &b, both);
    found_clear(&a);
    found_clear(&b);
    return st;
}

static status trend_ratios(const trend *t, const found_folder *a, const found_folder *b)
{
    status st = OK;
    for (size_t x = 0; x < a->c.n_rows && !st; x++)
        for (size_t y = 0; y < b->c.n_rows && !st; y++)
            if (trend_takes(t, &a->c.rows[x], &b->c.rows[y]))
                st = trend_pair(t, a, &a->c.rows[x], b, &b->c.rows[y]);
    return st;
}

/* ------------------------------------------------------------------ slope */

static void trend_say(const trend *t, slope s, beside_figure *p)
{
    trend_number(s.b, p->value);
    if (isnan(s.b))
        snprintf(p->value, WORDS, "not known");
    trend_interval(s.low, s.high, p->interval);
    p->verdict = beside_claim(s.low, s.high, t->low, t->high);
}

static status trend_line(const trend *t, const found *f, const char *scale, const char *space,
                         slope_point *points)
{
    const found_folder *first = NULL;
    size_t n = 0, open = 0;
    for (size_t i = 0; i < f->n; i++)
        for (size_t k = 0; f->all[i].scale == scale && k < f->all[i].c.n_rows; k++) {
            const d90_row *r = &f->all[i].c.rows[k];
            if (!found_rule(r, t->rule) || strcmp(r->space, space) != 0)
                continue;
            first = first ? first : &f->all[i];
            if (trend_whole(r) && f->all[i].c.D > 0)
                points[n++] = (slope_point){log(f->all[i].c.D), log(r->seed_mean),
                                            (double)r->n_seeds, r->seed_sd};
            else
                open++;
        }
    beside_figure *p = first ? beside_add(t->row) : NULL;
    if (!p)
        return first ? ERR_MEMORY : OK;
    text how = {0};
    slope s = slope_fit(n, points);
    const char *slash = strrchr(first->path, '/');
    trend_say(t, s, p);
    if (open) /* a network without a d90 may be the one that matters */
        p->verdict = "open";
    text_add(&how, "%s, %s epoch%s, %zu networks", space, first->c.epochs,
             trend_plural(first->c.epochs), n + open);
    if (open)
        text_add(&how, ", %zu without a d90 of every seed", open);
    if (!isnan(s.tau))
        text_add(&how, "; networks differ by %.2g %% beside the line, seeds by %.2g %%",
                 100 * s.tau, 100 * s.sigma);
    p->how = how.text;
    p->from = mem_printf("%.*s", (int)(slash - first->path), first->path);
    return p->from && !text_failed(&how) ? OK : ERR_MEMORY;
}

static status trend_slope(const trend *t, const found_place *place)
{
    found f = {0};
    slope_point *points = NULL;
    size_t rows = 0;
    status st = found_load(&f, place, t->a);
    for (size_t i = 0; i < f.n; i++)
        rows += f.all[i].c.n_rows;
    if (!st && !(points = mem_array(rows, sizeof *points)))
        st = ERR_MEMORY;
    for (size_t s = FOUND_SCALES; s-- > 0 && !st;) {
        const char *scale = found_scales[s];
        for (size_t i = 0; i < f.n && !st; i++)
            for (size_t k = 0; f.all[i].scale == scale && k < f.all[i].c.n && !st; k++) {
                const char *space = f.all[i].c.spaces[k].space;
                bool seen = *t->space_a && strcmp(space, t->space_a) != 0;
                for (size_t j = 0; j < i && !seen; j++)
                    for (size_t l = 0; f.all[j].scale == scale && l < f.all[j].c.n; l++)
                        seen |= !strcmp(f.all[j].c.spaces[l].space, space);
                if (!seen)
                    st = trend_line(t, &f, scale, space, points);
            }
    }
    if (!st && !t->row->n &&
        !(t->row->missing =
              mem_printf(f.n ? "run, but not measured by this rule" : "not run: %s", t->a)))
        st = ERR_MEMORY;
    mem_free(points);
    found_clear(&f);
    return st;
}

/* ------------------------------------------------------------------ rate */

/* A point for each d that was scored: all its seeds have one rate. */
static status trend_points(const curves *c, const char *space, slope_point *points, size_t *n)
{
    const size_t role = csv_find(c->runs, "role"), at_space = csv_find(c->runs, "space"),
                 at_d = csv_find(c->runs, "d_total"), at_lr = csv_find(c->runs, "lr");
    *n = 0;
    for (size_t i = 0; at_lr != SIZE_MAX && i < csv_rows(c->runs); i++) {
        double d, lr;
        status st;
        if (strcmp(csv_cell(c->runs, i, role), "score") != 0 ||
            strcmp(csv_cell(c->runs, i, at_space), space) != 0)
            continue;
        if ((st = csv_cell_number(c->runs, i, at_d, &d)) ||
            (st = csv_cell_number(c->runs, i, at_lr, &lr)))
            return st;
        bool new = d > 0 && lr > 0;
        for (size_t k = 0; k < *n; k++)
            new = new && !(fabs(points[k].x - log(d)) < 1e-9);
        if (new)
            points[(*n)++] = (slope_point){log(d), log(lr), 1, (double)NAN};
    }
    return OK;
}

static status trend_rates_of(const trend *t, const found_folder *f, const char *space,
                             slope_point *points)
{
    size_t n;
    status st = trend_points(&f->c, space, points, &n);
    beside_figure *p = st ? NULL : beside_add(t->row);
    if (!p)
        return st ? st : ERR_MEMORY;
    slope s = slope_fit(n, points);
    trend_say(t, s, p);
    p->how = mem_printf("%s, %zu d, %s epoch%s", space, n, f->c.epochs, trend_plural(f->c.epochs));
    p->from = mem_string(f->path);
    return p->how && p->from ? OK : ERR_MEMORY;
}

static status trend_rate(const trend *t, const found_place *place)
{
    found f = {0};
    status st = found_load(&f, place, t->a);
    for (size_t i = 0; i < f.n && !st; i++) {
        const curves *c = &f.all[i].c;
        slope_point *points = mem_array(csv_rows(c->runs), sizeof *points);
        st = points ? OK : ERR_MEMORY;
        for (size_t k = 0; k < c->n && !st; k++)
            if (!*t->space_a || !strcmp(c->spaces[k].space, t->space_a))
                st = trend_rates_of(t, &f.all[i], c->spaces[k].space, points);
        mem_free(points);
    }
    if (!st && !t->row->n && !(t->row->missing = mem_printf("not run: %s", t->a)))
        st = ERR_MEMORY;
    found_clear(&f);
    return st;
}

/* ------------------------------------------------------------------ score */

/* Of the seeds that both have; x has room for as many as a has runs. */
static size_t trend_differences(const curve_space *a, const curve_space *b, double *x)
{
    const double d_a = a->runs[a->n_runs - 1].d, d_b = b->runs[b->n_runs - 1].d;
    size_t n = 0;
    for (size_t i = 0; i < a->n_runs; i++)
        for (size_t k = 0; k < b->n_runs; k++)
            if (a->runs[i].d >= d_a && b->runs[k].d >= d_b &&
                !(fabs(a->runs[i].seed - b->runs[k].seed) > 0))
                x[n++] = a->runs[i].score - b->runs[k].score;
    return n;
}

static status trend_apart(const trend *t, const found_folder *fa, const curve_space *a,
                          const found_folder *fb, const curve_space *b)
{
    if (!a->n_runs || !b->n_runs)
        return OK;
    double *x = mem_array(a->n_runs, sizeof *x);
    beside_figure *p = x ? beside_add(t->row) : NULL;
    if (!p) {
        mem_free(x);
        return ERR_MEMORY;
    }
    size_t n = trend_differences(a, b, x);
    interval v = interval_t(n, x, 0);
    mem_free(x);
    trend_number(v.mean, p->value);
    if (!n)
        snprintf(p->value, WORDS, "no seed of both");
    trend_interval(v.low, v.high, p->interval);
    p->verdict = beside_claim(v.low, v.high, t->low, t->high);
    p->how = mem_printf("%s, %.0f against %.0f numbers, %zu seeds", a->metric,
                        a->runs[a->n_runs - 1].d, b->runs[b->n_runs - 1].d, n);
    p->from = trend_from(fa, fb);
    return p->how && p->from ? OK : ERR_MEMORY;
}

static status trend_scores(const trend *t, const found_folder *a, const found_folder *b)
{
    status st = OK;
    for (size_t x = 0; x < a->c.n && !st; x++)
        for (size_t y = 0; y < b->c.n && !st; y++)
            if (!strcmp(a->c.spaces[x].space, t->space_a) &&
                !strcmp(b->c.spaces[y].space, t->space_b))
                st = trend_apart(t, a, &a->c.spaces[x], b, &b->c.spaces[y]);
    return st;
}

/* ------------------------------------------------------------------ measured */

static status trend_measured_of(const trend *t, const found_folder *f, const csv *c)
{
    enum { NAME, VALUE, LOW, HIGH, N };
    static const char *const names[] = {"name", "value", "low", "high"};
    size_t at[N];
    double x[N];
    status st = OK;
    for (size_t k = 0; k < N && !st; k++)
        st = csv_need(c, names[k], &at[k]);
    for (size_t i = 0; i < csv_rows(c) && !st; i++) {
        if (strcmp(csv_cell(c, i, at[NAME]), t->space_a) != 0)
            continue;
        for (size_t k = VALUE; k < N && !st; k++)
            st = csv_cell_number(c, i, at[k], &x[k]);
        beside_figure *p = st ? NULL : beside_add(t->row);
        if (!p)
            return st ? st : ERR_MEMORY;
        trend_number(x[VALUE], p->value);
        trend_interval(x[LOW], x[HIGH], p->interval);
        p->verdict = isnan(t->low) && isnan(t->high)
                         ? "no band"
                         : beside_claim(x[LOW], x[HIGH], t->low, t->high);
        p->how = mem_string(f->scale);
        p->from = mem_string(f->path);
        st = p->how && p->from ? OK : ERR_MEMORY;
    }
    return st;
}

static status trend_measured(const trend *t, const found_place *place)
{
    found_place files = *place;
    found f = {0};
    files.file = "measured.csv";
    status st = found_load(&f, &files, t->a);
    for (size_t i = 0; i < f.n && !st; i++) {
        csv *c = NULL;
        if (!(st = csv_open_in(&c, f.all[i].path, files.file)))
            st = trend_measured_of(t, &f.all[i], c);
        csv_free(c);
    }
    if (!st && !t->row->n &&
        !(t->row->missing =
              f.n ? mem_string("run, but not measured") : mem_printf("not run: %s", t->a)))
        st = ERR_MEMORY;
    found_clear(&f);
    return st;
}

/* ------------------------------------------------------------------ a row */

status beside_trend(beside *b, const found_place *place, size_t row, beside_row *out)
{
    static const char *const names[] = {"name", "kind",      "a",   "space_a", "b",   "space_b",
                                        "rule", "published", "low", "high",    "note"};
    enum { NAME, KIND, A, SPACE_A, B, SPACE_B, RULE, PUBLISHED, LOW, HIGH, NOTE, N };
    const csv *c = b->trends;
    const char *cell[N];
    size_t at[N];
    trend t = {.row = out};
    status st = OK;
    for (size_t k = 0; k < N && !st; k++)
        if (!(st = csv_need(c, names[k], &at[k])))
            cell[k] = csv_cell(c, row, at[k]);
    if (st || (st = csv_cell_number(c, row, at[LOW], &t.low)) ||
        (st = csv_cell_number(c, row, at[HIGH], &t.high)))
        return st;
    static const char *const kinds[] = {"ratio", "slope", "rate", "score", "measured"};
    enum { RATIO, SLOPE, RATE, SCORE, MEASURED, KINDS };
    size_t kind = 0;
    while (kind < KINDS && strcmp(cell[KIND], kinds[kind]) != 0)
        kind++;
    if (kind < SCORE && (st = d90_rule_parse(cell[RULE], D90_RAW, &t.rule)))
        return st;
    t.a = cell[A];
    t.b = cell[B];
    t.space_a = cell[SPACE_A];
    t.space_b = cell[SPACE_B];
    out->name = cell[NAME];
    out->published = cell[PUBLISHED];
    out->note = cell[NOTE];
    beside_band(t.low, t.high, out->band);
    if (kind == RATIO)
        out->what = mem_printf("%s%s%s / %s%s%s by %s", t.a, *t.space_a ? " " : "", t.space_a, t.b,
                               *t.space_b ? " " : "", t.space_b, cell[RULE]);
    else if (kind == SLOPE)
        out->what = mem_printf("slope of ln d90 on ln D, %s by %s", t.a, cell[RULE]);
    else if (kind == RATE)
        out->what = mem_printf("slope of ln lr on ln d, %s", t.a);
    else if (kind == SCORE)
        out->what = mem_printf("%s %s less %s %s", t.a, t.space_a, t.b, t.space_b);
    else if (kind == MEASURED)
        out->what = mem_printf("%s: %s", t.a, t.space_a);
    else
        return csv_wrong(c, row, at[KIND], "is none of ratio, slope, rate, score and measured");
    if (!out->what)
        return ERR_MEMORY;
    switch (kind) {
    case RATIO:
        return trend_folders(&t, place, trend_ratios,
                             "not run: both at one scale, measured by this rule");
    case SCORE:
        return trend_folders(&t, place, trend_scores, "not run: both at one scale");
    case SLOPE:
        return trend_slope(&t, place);
    case RATE:
        return trend_rate(&t, place);
    default:
        return trend_measured(&t, place);
    }
}
