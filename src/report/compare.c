/* compare.c -- see compare.h. */
#include <math.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "report/compare.h"

status compare_load(compare *c, const char *folder)
{
    void *variances = NULL, *pairs = NULL;
    *c = (compare){0};
    status st = curves_table(folder, "variance.csv", variance_columns, sizeof *c->variances,
                             &c->variance, &variances, &c->n_variances);
    if (!st)
        st = curves_table(folder, "paired.csv", paired_columns, sizeof *c->pairs, &c->paired,
                          &pairs, &c->n_pairs);
    c->variances = variances;
    c->pairs = pairs;
    if (st)
        compare_clear(c);
    return st;
}

void compare_clear(compare *c)
{
    mem_free(c->variances);
    mem_free(c->pairs);
    csv_free(c->variance);
    csv_free(c->paired);
    *c = (compare){0};
}

typedef enum form { PERCENT, RATIO, PROBABILITY, DIFFERENCE } form;

static void compare_number(form f, double x, text *out)
{
    if (f == DIFFERENCE)
        text_add(out, "%+.4f", x);
    else if (f != PROBABILITY && fabs(x) >= 10)
        text_add(out, "%.0f", x);
    else
        text_add(out, f == RATIO ? "%.2f" : "%.2g", x);
}

/* ------------------------------------------------------------------ variance by source */

/* "P 5 % (2.6 to 31; 3 seeds)" */
static void compare_source(const variance_row *v, bool interaction, text *out)
{
    text_add(out, "%s ", interaction ? "their interaction" : v->source);
    if (v->open && v->open >= v->c.n) {
        text_add(out, "not known: %zu at the grid's end", v->open);
        return;
    }
    compare_number(PERCENT, 100 * v->c.sd, out);
    text_add(out, " %% (");
    if (isfinite(v->c.low) && isfinite(v->c.high)) {
        compare_number(PERCENT, 100 * v->c.low, out);
        text_add(out, " to ");
        compare_number(PERCENT, 100 * v->c.high, out);
        text_add(out, "; ");
    }
    text_add(out, "%zu %s%s)", v->c.n, interaction ? "pair" : "seed", v->c.n == 1 ? "" : "s");
    if (v->open)
        text_add(out, " or more: %zu at the grid's end", v->open);
}

static bool compare_told_apart(const compare *c, const char *space)
{
    for (size_t i = 0; i < c->n_variances; i++)
        if (!strcmp(c->variances[i].space, space) && strcmp(c->variances[i].vary, "all") &&
            *c->variances[i].vary)
            return true;
    return false;
}

void compare_sources(const compare *c, const char *before, const char *after, text *out)
{
    for (size_t i = 0; i < c->n_variances; i++) {
        const char *space = c->variances[i].space, *design = "";
        bool met = false;
        for (size_t k = 0; k < i && !met; k++)
            met = !strcmp(c->variances[k].space, space);
        if (met || !compare_told_apart(c, space))
            continue;
        text_add(out, "%ssd of ln d90 by source, %s: ", before, space);
        for (size_t k = i; k < c->n_variances; k++) {
            const variance_row *v = &c->variances[k];
            bool crossed = strchr(v->vary, '*');
            if (strcmp(v->space, space) != 0)
                continue;
            bool next = strcmp(v->vary, design) != 0;
            text_add(out, "%s%s%s",
                     k == i ? ""
                     : next ? "; "
                            : ", ",
                     crossed && next ? v->vary : "", crossed && next ? " crossed: " : "");
            compare_source(v, crossed && !strcmp(v->source, v->vary), out);
            design = v->vary;
        }
        text_add(out, "%s", after);
    }
}

/* ------------------------------------------------------------------ pairs */

static bool compare_same_pair(const paired_row *a, const paired_row *b)
{
    return !strcmp(a->space_a, b->space_a) && !strcmp(a->space_b, b->space_b) &&
           !strcmp(a->vary, b->vary);
}

/* With the test set's error where that is known. */
static void compare_ends(const paired_row *r, double *low, double *high, double *p)
{
    bool test = !isnan(r->test_low);
    *low = test ? r->test_low : r->low;
    *high = test ? r->test_high : r->high;
    *p = test ? r->test_p : r->p;
}

static void compare_ratio(const paired_row *r, text *out)
{
    double low, high, p;
    bool known = isfinite(r->effect);
    compare_ends(r, &low, &high, &p);
    bool interval = known ? isfinite(low) && isfinite(high) : isfinite(low) != isfinite(high);
    text_add(out, "%s: d90 is ", r->space_a);
    if (!known && !interval) {
        text_add(out, "not measurable beside that of %s", r->space_b);
        return;
    }
    if (known) {
        compare_number(RATIO, r->effect, out);
    } else { /* one end is open: the other is all that is known */
        text_add(out, "%s than ", isfinite(low) ? "more" : "less");
        compare_number(RATIO, isfinite(low) ? low : high, out);
    }
    text_add(out, " times that of %s (%s", r->space_b, interval ? "95 %" : "no interval");
    if (known && interval) {
        text_add(out, " ");
        compare_number(RATIO, low, out);
        text_add(out, " to ");
        compare_number(RATIO, high, out);
        if (!isnan(p)) {
            text_add(out, ", p = ");
            compare_number(PROBABILITY, p, out);
        }
    }
    if (r->apart)
        text_add(out, "; own crossings of %zu and %zu seeds, not paired%s)", r->n_a, r->n_b,
                 isnan(r->test_low) ? "" : ", with the test set's error");
    else
        text_add(out, "; paired on %zu seed%s own crossings, not the mean curves'%s)", r->n_seeds,
                 r->n_seeds == 1 ? "'s" : "s'",
                 isnan(r->test_low) ? "" : ", with the test set's error");
}

/* Where the interval of the difference leaves out 0, of all rows of the pair of `of`. */
static void compare_scores(const compare *c, const paired_row *of, text *out)
{
    size_t n = 0, apart = 0, without = 0;
    text where = {0};
    for (size_t i = 0; i < c->n_pairs; i++) {
        const paired_row *r = &c->pairs[i];
        double low, high, p;
        if (!compare_same_pair(r, of) || strcmp(r->what, "score") != 0)
            continue;
        n++;
        compare_ends(r, &low, &high, &p);
        without += isnan(low) || isnan(high);
        if (!(low > 0) && !(high < 0))
            continue;
        text_add(&where, "%s", apart++ ? ", " : "");
        compare_number(DIFFERENCE, r->effect, &where);
        text_add(&where, " at d = %.10g", r->d);
    }
    if (!n)
        text_add(out, "no d in common: their scores are not compared");
    else if (without == n)
        text_add(out, "scores at %zu common d; intervals take three seeds", n);
    else if (!apart)
        text_add(out, "at none of %zu common d is a difference of scores shown", n);
    else
        text_add(out, "scores differ at %zu of %zu common d: %s", apart, n,
                 where.text ? where.text : "");
    out->failed |= where.failed;
    text_clear(&where);
}

void compare_pairs(const compare *c, const char *before, const char *after, text *out)
{
    for (size_t i = 0; i < c->n_pairs; i++) {
        const paired_row *r = &c->pairs[i];
        if (strcmp(r->what, "d90") != 0)
            continue;
        text_add(out, "%s", before);
        if (strcmp(r->vary, "all") != 0 && *r->vary)
            text_add(out, "seeds of %s: ", r->vary);
        compare_ratio(r, out);
        text_add(out, "; ");
        compare_scores(c, r, out);
        text_add(out, "%s", after);
    }
}
