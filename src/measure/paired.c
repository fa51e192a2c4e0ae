/* paired.c -- see paired.h. */
#include <math.h>
#include <stdlib.h>

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_randist.h>

#include "base/mem.h"
#include "measure/curve.h"
#include "measure/interval.h"
#include "measure/paired.h"

#define COLUMN(...) D90_COLUMN(paired_row, __VA_ARGS__)

const d90_column paired_columns[] = {
    COLUMN("space_a", D90_WORD, space_a, "", "the first space"),
    COLUMN("space_b", D90_WORD, space_b, "", "the second"),
    COLUMN("vary", D90_WORD, vary, "", "what the seeds move"),
    COLUMN("what", D90_WORD, what, "", "score: a - b at one d; d90: a / b"),
    COLUMN("rule", D90_TEXT, words, "", "of d90, in words"),
    COLUMN("d", D90_NUMBER, d, "numbers", "d_total of both; of d90 empty"),
    COLUMN("seeds", D90_COUNT, n_seeds, "seeds", "that both have: pairs"),
    COLUMN("a", D90_NUMBER, a, "", "mean score; geometric mean of the seeds' crossings"),
    COLUMN("b", D90_NUMBER, b, "", "likewise of space_b"),
    COLUMN("effect", D90_NUMBER, effect, "", "a - b; of d90 a / b, empty where an end is open"),
    COLUMN("low", D90_NUMBER, low, "", "95 % interval over seeds, from 3 pairs up"),
    COLUMN("low_state", D90_OPEN, low, "", "exact, or below: open"),
    COLUMN("high", D90_NUMBER, high, "", "the upper end"),
    COLUMN("high_state", D90_OPEN, high, "", "exact, or above: open"),
    COLUMN("test_low", D90_NUMBER, test_low, "", "the same with the test set's own error"),
    COLUMN("test_low_state", D90_OPEN, test_low, "", "as low_state"),
    COLUMN("test_high", D90_NUMBER, test_high, "", "the upper end"),
    COLUMN("test_high_state", D90_OPEN, test_high, "", "as high_state"),
    COLUMN("p", D90_NUMBER, p, "", "two-sided, by t over seeds"),
    COLUMN("test_p", D90_NUMBER, test_p, "", "the same with the test set's own error"),
    COLUMN("mcnemar_p", D90_NUMBER, mcnemar_p, "",
           "of these very runs on other examples: mid-p for one seed, else clustered"),
    {0},
};

double paired_mcnemar(size_t b, size_t c)
{
    size_t n = b + c, least = b < c ? b : c;
    if (n > UINT32_MAX)
        return (double)NAN;
    if (b == c)
        return 1; /* mid-p: 2 P(X < b) + P(X = b) */
    return 2 * gsl_cdf_binomial_P((unsigned)least, .5, (unsigned)n) -
           gsl_ran_binomial_pdf((unsigned)least, .5, (unsigned)n);
}

static paired_row paired_blank(const d90_scores *a, const d90_scores *b, const char *what)
{
    const double none = (double)NAN;
    paired_row row = {.space_a = a->space,
                      .space_b = b->space,
                      .vary = a->vary ? a->vary : "",
                      .what = what,
                      .d = none};
    row.a = row.b = row.effect = row.low = row.high = row.test_low = row.test_high = none;
    row.p = row.test_p = row.mcnemar_p = none;
    return row;
}

/* ------------------------------------------------------------------ scores */

static bool paired_right(const d90_point *p, size_t e)
{
    return p->bits[e / 8] >> (e % 8) & 1;
}

/* Of n pairs (pa[k], pb[k]) that all have bits: the test set's variance of the mean difference, and
 * McNemar's p. */
static void paired_examples(const d90_point *const *pa, const d90_point *const *pb, size_t n,
                            size_t n_test, double *variance, paired_row *row)
{
    double sum = 0, squares = 0, count = (double)n_test;
    size_t first = 0, second = 0; /* right in a alone, in b alone; of one pair */
    for (size_t e = 0; e < n_test; e++) {
        double m = 0;
        for (size_t k = 0; k < n; k++) {
            bool x = paired_right(pa[k], e), y = paired_right(pb[k], e);
            m += (double)x - (double)y;
            first += x && !y;
            second += y && !x;
        }
        m /= (double)n;
        sum += m;
        squares += m * m;
    }
    *variance = fmax(0, squares / count - sum / count * (sum / count)) / count;
    if (n == 1)
        row->mcnemar_p = paired_mcnemar(first, second);
    else
        row->mcnemar_p = squares > 0 ? erfc(fabs(sum) / sqrt(2 * squares)) : 1;
}

static const d90_point *paired_find(const d90_scores *in, double d, uint64_t seed)
{
    for (size_t i = 0; i < in->n_points; i++)
        if (in->points[i].seed == seed && in->points[i].d <= d && in->points[i].d >= d)
            return &in->points[i];
    return NULL;
}

typedef struct paired_work {
    double *difference;
    const d90_point **pa, **pb;
} paired_work;

/* false: no seed in common at this d. */
static bool paired_score(const d90_scores *a, const d90_scores *b, double d, paired_work w,
                         paired_row *row)
{
    size_t n = 0;
    bool bits = a->n_test && a->n_test == b->n_test && !a->lower_is_better;
    double sum_a = 0, sum_b = 0, variance;
    *row = paired_blank(a, b, "score");
    row->d = d;
    for (size_t i = 0; i < a->n_points; i++) {
        const d90_point *p = &a->points[i], *q;
        if (p->d < d || p->d > d || !(q = paired_find(b, d, p->seed)))
            continue;
        w.pa[n] = p;
        w.pb[n] = q;
        bits = bits && p->bits && q->bits;
        sum_a += p->score;
        sum_b += q->score;
        w.difference[n++] = p->score - q->score;
    }
    if (!n)
        return false;
    row->n_seeds = n;
    row->a = sum_a / (double)n;
    row->b = sum_b / (double)n;
    row->effect = row->a - row->b;
    if (bits)
        paired_examples(w.pa, w.pb, n, a->n_test, &variance, row);
    if (a->crossed) /* pairs of seeds are no sample */
        return true;
    interval v = interval_t(n, w.difference, 0);
    row->low = v.low;
    row->high = v.high;
    row->p = v.p;
    if (bits) {
        v = interval_t(n, w.difference, variance);
        row->test_low = v.low;
        row->test_high = v.high;
        row->test_p = v.p;
    }
    return true;
}

/* ------------------------------------------------------------------ d90 */

/* exp(x), but where all seeds enter at one place of the grid that d itself (curve_d). */
static double paired_place(const d90_scores *in, double x)
{
    for (size_t i = 0; i < in->n_points; i++)
        if (curve_same_place(x, in->points[i].d))
            return in->points[i].d;
    return exp(x);
}

static double paired_mean(size_t n, const double *x)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += x[i];
    return sum / (double)n;
}

/* The examples' variance of mean ln a - mean ln b over the pairs (ia, ib). */
static double paired_again(const crossings *a, const crossings *b, const size_t *ia,
                           const size_t *ib, size_t n)
{
    double mean = 0, squares = 0;
    for (size_t r = 0; r < a->replicates; r++) {
        double sum = 0;
        for (size_t k = 0; k < n; k++)
            sum += a->again[r * a->n + ia[k]] - b->again[r * b->n + ib[k]];
        double off = sum / (double)n - mean; /* Welford */
        mean += off / (double)(r + 1);
        squares += off * (sum / (double)n - mean);
    }
    return squares / (double)(a->replicates - 1);
}

static double paired_end(double end, bool open, double limit)
{
    return isnan(end) ? end : open ? limit : exp(end);
}

static void paired_d90(const d90_scores *sa, const d90_scores *sb, const crossings *a,
                       const crossings *b, size_t *ia, size_t *ib, paired_work w, paired_row *row)
{
    const double infinite = (double)INFINITY;
    size_t n = 0;
    bool low = false, high = false;
    double sum_a = 0, sum_b = 0;
    for (size_t i = 0, k = 0; i < a->n && k < b->n;) {
        if (a->seeds[i] != b->seeds[k]) {
            a->seeds[i] < b->seeds[k] ? i++ : k++;
            continue;
        }
        high |= a->state[i] == IDIM_ABOVE || b->state[k] == IDIM_BELOW;
        low |= b->state[k] == IDIM_ABOVE || a->state[i] == IDIM_BELOW;
        sum_a += a->x[i];
        sum_b += b->x[k];
        w.difference[n] = a->x[i] - b->x[k];
        ia[n] = i++;
        ib[n++] = k++;
    }
    row->n_seeds = n;
    if (!n)
        return;
    row->a = paired_place(sa, sum_a / (double)n);
    row->b = paired_place(sb, sum_b / (double)n);
    if (!low && !high)
        row->effect = exp(paired_mean(n, w.difference));
    if (sa->crossed)
        return;
    interval v = interval_t(n, w.difference, 0);
    row->low = paired_end(v.low, low, -infinite);
    row->high = paired_end(v.high, high, infinite);
    row->p = low || high ? (double)NAN : v.p;
    if (a->replicates < 2 || a->replicates != b->replicates)
        return;
    v = interval_t(n, w.difference, paired_again(a, b, ia, ib, n));
    row->test_low = paired_end(v.low, low, -infinite);
    row->test_high = paired_end(v.high, high, infinite);
    row->test_p = low || high ? (double)NAN : v.p;
}

static int paired_order(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

status paired_measure(const d90_scores *a, const d90_scores *b, const crossings *xa,
                      const crossings *xb, const char *words, paired_row **rows, size_t *n)
{
    const size_t most = a->n_points;
    double *d = mem_array(most, sizeof *d);
    size_t *places = mem_array(most, 2 * sizeof *places);
    paired_work w = {mem_array(most, sizeof *w.difference), mem_array(most, sizeof *w.pa),
                     mem_array(most, sizeof *w.pb)};
    status st = ERR_MEMORY;
    *n = 0;
    *rows = mem_array(most + 1, sizeof **rows);
    if (!d || !places || !w.difference || !w.pa || !w.pb || !*rows)
        goto done;
    st = OK;
    for (size_t i = 0; i < most; i++)
        d[i] = a->points[i].d;
    if (most)
        qsort(d, most, sizeof *d, paired_order);
    for (size_t i = 0; i < most; i++)
        if ((!i || d[i] > d[i - 1]) && paired_score(a, b, d[i], w, &(*rows)[*n]))
            ++*n;
    paired_row *last = &(*rows)[(*n)++];
    *last = paired_blank(a, b, "d90");
    for (size_t i = 0; words[i] && i + 1 < D90_WORDS; i++)
        last->words[i] = words[i];
    paired_d90(a, b, xa, xb, places, places + most, w, last);
done:
    mem_free(d);
    mem_free(places);
    mem_free(w.difference);
    mem_free(w.pa);
    mem_free(w.pb);
    if (st) {
        mem_free(*rows);
        *rows = NULL;
    }
    return st;
}
