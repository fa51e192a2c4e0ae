/* words.c -- see words.h. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/locale.h"
#include "report/ranks.h"
#include "report/words.h"
#include "spaces/space.h"

static double words_ten(double x)
{
    return pow(10, floor(log10(x)));
}

double words_unit(const d90_row *r)
{
    return words_ten(r->fit) / 100;
}

const char *words_rounded(double x, double unit, char out[WORDS])
{
    int decimals = unit < 1 ? (int)(.5 - log10(unit)) : 0;
    locale_t user = locale_enter();
    if (fabs(x) >= 1e15 || decimals > 9)
        snprintf(out, WORDS, "%.3g", x);
    else
        snprintf(out, WORDS, "%.*f", decimals, unit < 1 ? x : unit * floor(x / unit + .5));
    locale_leave(user);
    return out;
}

static const char *words_bound(const char *sign, double d, char out[WORDS])
{
    locale_t user = locale_enter();
    snprintf(out, WORDS, "%s%.10g", sign, d);
    locale_leave(user);
    return out;
}

const char *words_d90(const d90_row *r, char out[WORDS])
{
    if (r->state == IDIM_EXACT)
        return words_rounded(r->fit, words_unit(r), out);
    if (r->state == IDIM_UNMEASURABLE)
        snprintf(out, WORDS, "not measurable");
    else
        words_bound(r->state == IDIM_ABOVE ? "> " : "< ",
                    r->state == IDIM_ABOVE ? r->d_max : r->d_min, out);
    return out;
}

const char *words_interval(const d90_row *r, char out[WORDS])
{
    char low[WORDS], high[WORDS];
    out[0] = '\0';
    if (r->state != IDIM_EXACT || isnan(r->low) || isnan(r->high))
        return out;
    if (r->low > 0)
        words_rounded(r->low, words_unit(r), low);
    else
        words_bound("below ", r->d_min, low);
    if (isinf(r->high))
        words_bound("above ", r->d_max, high);
    else
        words_rounded(r->high, words_unit(r), high);
    snprintf(out, WORDS, "%.40s to %.40s", low, high);
    return out;
}

const char *words_count(double n, char out[WORDS])
{
    char digits[WORDS];
    out[0] = '\0';
    if (!(n >= 0 && n < 1e18))
        return out;
    int length = snprintf(digits, sizeof digits, "%.0f", n);
    size_t used = 0;
    for (int i = 0; i < length; i++) {
        if (i && (length - i) % 3 == 0)
            out[used++] = ',';
        out[used++] = digits[i];
    }
    out[used] = '\0';
    return out;
}

void words_rule(const curves *c, const d90_row *r, text *out)
{
    const char *budget = "", *unit = "epoch";
    if (!c->mixed && *c->steps && strcmp(c->steps, "0") != 0) {
        budget = c->steps;
        unit = "step";
    } else if (!c->mixed && strcmp(c->epochs, "0") != 0) {
        budget = c->epochs;
    }
    text_add(out, "%s", r->words);
    if (*budget)
        text_add(out, ", %s %s%s", budget, unit, strcmp(budget, "1") ? "s" : "");
}

static const char *words_plural(size_t n)
{
    return n == 1 ? "" : "s";
}

/* Those that say that d90 itself is not what it seems. */
static void words_flags_d90(const d90_row *r, const char *before, const char *after, text *out)
{
    char d[WORDS];
    if (r->state == IDIM_UNMEASURABLE)
        text_add(out,
                 "%sd90 cannot be measured: baseline and floor are too near each other for "
                 "this rule, or the rule says nothing about this metric.%s",
                 before, after);
    if (r->state == IDIM_ABOVE)
        text_add(out, "%sNo d up to %s passes the threshold: larger d are wanted.%s", before,
                 words_bound("", r->d_max, d), after);
    if (r->state == IDIM_BELOW)
        text_add(out, "%sThe smallest d, %s, passes the threshold: smaller d are wanted.%s", before,
                 words_bound("", r->d_min, d), after);
    if (r->unfinished)
        text_add(out,
                 "%sTraining was not finished: the validation score still improved over the "
                 "last tenth of the runs that do not pass. A longer budget may lower d90.%s",
                 before, after);
    if (r->fall_z > 2)
        text_add(out,
                 "%sThe mean score falls by %.2g as d grows (%.1f standard errors): look at "
                 "the learning rates, or add seeds.%s",
                 before, r->fall, r->fall_z, after);
    if (r->lr_edges)
        text_add(out,
                 "%sAt %zu place%s the best learning rate is the first or last that was tried: "
                 "a wider grid may move the curve.%s",
                 before, r->lr_edges, words_plural(r->lr_edges), after);
}

static void words_flags_interval(const d90_row *r, const char *before, const char *after, text *out)
{
    if (r->few_seeds && r->state != IDIM_UNMEASURABLE)
        text_add(out, "%s%zu seed%s: an interval takes three or more.%s", before, r->n_seeds,
                 words_plural(r->n_seeds), after);
    if (r->state == IDIM_EXACT && (r->low > r->fit || r->high < r->fit))
        text_add(out,
                 "%sd90 is where the mean curve passes, the interval is that of the seeds' own "
                 "crossings, about %.3g: here they differ.%s",
                 before, r->seed_mean, after);
    if (r->seeds_above && r->state == IDIM_EXACT)
        text_add(out, "%s%zu of %zu seeds never pass%s: the interval is open above.%s", before,
                 r->seeds_above, r->n_seeds, r->seeds_above == 1 ? "es" : "", after);
    if (r->seeds_below && r->state == IDIM_EXACT)
        text_add(out, "%s%zu of %zu seeds pass%s at every d: the interval is open below.%s", before,
                 r->seeds_below, r->n_seeds, r->seeds_below == 1 ? "es" : "", after);
    if (r->seeds_partial)
        text_add(out, "%s%zu of %zu seeds ha%s no score at some d.%s", before, r->seeds_partial,
                 r->n_seeds, r->seeds_partial == 1 ? "s" : "ve", after);
    if (r->seeds_shared)
        text_add(out,
                 "%s%zu of %zu seeds ha%s no baseline or floor of their own; the mean stands "
                 "in.%s",
                 before, r->seeds_shared, r->n_seeds, r->seeds_shared == 1 ? "s" : "ve", after);
    bool part = *r->vary && strcmp(r->vary, "all") != 0, crossed = strchr(r->vary, '*');
    if (part && !crossed)
        text_add(out,
                 "%sOnly %s moves between these seeds%s: the interval says nothing of other "
                 "sources.%s",
                 before, r->vary,
                 r->n_baseline == 1 && r->n_seeds > 1 ? ", all against the one baseline" : "",
                 after);
    if (crossed)
        text_add(out,
                 "%sThe seeds of %s are crossed, so that they are no sample of their own: there is "
                 "no interval; variance.csv tells the sources apart.%s",
                 before, r->vary, after);
    if (r->asks > 1)
        text_add(out,
                 "%sSeeds or d were added after a result had been seen (asked %zu times): the "
                 "interval covers less often than 95 %%.%s",
                 before, r->asks, after);
}

/* Values of d at which every run failed, so that the curve is drawn across them. */
static void words_flags_missing(const curves *c, const d90_row *r, const char *before,
                                const char *after, text *out)
{
    const curve_space *s = NULL;
    double said = 0;
    size_t n = 0;
    char at[64];
    snprintf(at, sizeof at, "%sAt d = ", before);
    if (!c->runs)
        return;
    size_t state = csv_find(c->runs, "status"), name = csv_find(c->runs, "space"),
           spec = csv_find(c->runs, "space_spec"), total = csv_find(c->runs, "d_total");
    for (size_t i = 0; i < c->n; i++)
        if (!strcmp(c->spaces[i].space, r->space))
            s = &c->spaces[i];
    for (bool more = s && state != SIZE_MAX && name != SIZE_MAX; more;) { /* the next larger one */
        double next = (double)INFINITY, d;
        for (size_t i = 0; i < csv_rows(c->runs); i++) {
            if (strcmp(csv_cell(c->runs, i, state), "failed") != 0 ||
                strcmp(csv_cell(c->runs, i, name), r->space) != 0)
                continue;
            if (total == SIZE_MAX || csv_cell_number(c->runs, i, total, &d) || !(d > 0))
                d = spec == SIZE_MAX ? (double)NAN : space_number(csv_cell(c->runs, i, spec), "d");
            bool there = !(d > said) || !(d < next);
            for (size_t k = 0; k < s->n_means && !there; k++)
                there = s->means[k].d <= d && s->means[k].d >= d;
            next = there ? next : d;
        }
        more = isfinite(next);
        if (more)
            text_add(out, "%s%.10g", n++ ? ", " : at, next);
        said = next;
    }
    if (n)
        text_add(
            out,
            " every run failed: the curve runs across, and the interval knows nothing of it.%s",
            after);
}

void words_flags(const curves *c, const d90_row *r, const char *before, const char *after,
                 text *out)
{
    words_flags_d90(r, before, after, out);
    words_flags_interval(r, before, after, out);
    words_flags_missing(c, r, before, after, out);
    if (c->designs)
        text_add(out,
                 "%sThe folder holds several designs (--vary): the curve draws the runs of all, "
                 "d90 is measured on those of %s.%s",
                 before, *r->vary ? r->vary : "the first", after);
    if (c->mixed)
        text_add(out,
                 "%sThe folder holds runs of several data sets, models or budgets; all of "
                 "them are drawn.%s",
                 before, after);
    if (c->exec && *c->exec)
        text_add(
            out,
            "%sA program of yours trained these runs: that the same run gives the same numbers "
            "again is its promise, not idim's. `idim verify` asks it.%s",
            before, after);
    if (c->n_diverged)
        text_add(out,
                 "%s%zu run%s of the folder diverged and count%s with the worst value of the "
                 "metric.%s",
                 before, c->n_diverged, words_plural(c->n_diverged), c->n_diverged == 1 ? "s" : "",
                 after);
    if (c->n_failed)
        text_add(out, "%s%zu run%s of the folder failed and %s missing.%s", before, c->n_failed,
                 words_plural(c->n_failed), c->n_failed == 1 ? "is" : "are", after);
}
