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

/* clang-format off */
#define PAIRED_COLUMNS \
    COLUMN("space_a", D90_WORD, space_a, "", "the first space"), \
    COLUMN("space_b", D90_WORD, space_b, "", "the second"), \
    COLUMN("vary", D90_WORD, vary, "", "what the seeds move"), \
    COLUMN("what", D90_WORD, what, "", "score: a - b at one d; d90: a / b"), \
    COLUMN("rule", D90_TEXT, words, "", "of d90, in words"), \
    COLUMN("d", D90_NUMBER, d, "numbers", "d_total of both; of d90 empty"), \
    COLUMN("seeds", D90_COUNT, n_seeds, "seeds", "that both have: pairs"), \
    COLUMN("a", D90_NUMBER, a, "", "mean score; geometric mean of the seeds' crossings"), \
    COLUMN("b", D90_NUMBER, b, "", "likewise of space_b"), \
    COLUMN("effect", D90_NUMBER, effect, "", "a - b; of d90 a / b, empty where an end is open"), \
    COLUMN("low", D90_NUMBER, low, "", "95 % interval over seeds, from 3 pairs up"), \
    COLUMN("low_state", D90_OPEN, low, "", "exact, or below: open"), \
    COLUMN("high", D90_NUMBER, high, "", "the upper end"), \
    COLUMN("high_state", D90_OPEN, high, "", "exact, or above: open"), \
    COLUMN("test_low", D90_NUMBER, test_low, "", "the same with the test set's own error"), \
    COLUMN("test_low_state", D90_OPEN, test_low, "", "as low_state"), \
    COLUMN("test_high", D90_NUMBER, test_high, "", "the upper end"), \
    COLUMN("test_high_state", D90_OPEN, test_high, "", "as high_state"), \
    COLUMN("p", D90_NUMBER, p, "", "two-sided, by t over seeds"), \
    COLUMN("test_p", D90_NUMBER, test_p, "", "the same with the test set's own error"), \
    COLUMN("mcnemar_p", D90_NUMBER, mcnemar_p, "", \
           "of these very runs on other examples: mid-p for one seed, else clustered"), \
    COLUMN("first_stage", D90_COUNT, first_stage, "seeds", \
           "of a search: of the pairs (apart: of both's seeds) those that low, high and p have their spread from; 0: all")
/* clang-format on */

const d90_column paired_columns[] = {PAIRED_COLUMNS, {0}};

const d90_column compare_columns[] = {
    PAIRED_COLUMNS,
    COLUMN("seeds_a", D90_COUNT, n_a, "seeds", "of the first that count"),
    COLUMN("seeds_b", D90_COUNT, n_b, "seeds", "of the second"),
    COLUMN("apart", D90_FLAG, apart, "", "1: other seeds, by Welch; seeds, the pairs, is 0"),
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

typedef struct paired_side { /* what counts of one of the two */
    double *x;
    const d90_point **points;
    size_t *place, n; /* of a crossing */
    bool search;
    uint64_t behind; /* of a search: the seed behind its first stage */
    size_t m;        /* of the n values so many, the first, are of seeds before it */
} paired_side;

static const d90_point *paired_find(const d90_scores *in, double d, uint64_t seed)
{
    for (size_t i = 0; i < in->n_points; i++)
        if (in->points[i].seed == seed && in->points[i].d <= d && in->points[i].d >= d)
            return &in->points[i];
    return NULL;
}

static bool paired_has(const d90_scores *in, uint64_t seed)
{
    for (size_t i = 0; i < in->n_points; i++)
        if (in->points[i].seed == seed)
            return true;
    return false;
}

static bool paired_within(const d90_scores *a, const d90_scores *b)
{
    bool all = true;
    for (size_t i = 0; i < a->n_points && all; i++)
        all = paired_has(b, a->points[i].seed);
    return all;
}

bool paired_seeds(const d90_scores *a, const d90_scores *b)
{
    return paired_within(a, b) || paired_within(b, a);
}

static double paired_mean(size_t n, const double *x)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += x[i];
    return sum / (double)n;
}

static int paired_rising(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* Finds `behind`: as many different seeds of its points are smaller as the first stage had. */
static status paired_stage(const d90_scores *in, paired_side *side)
{
    uint64_t *seeds = mem_array(in->n_points, sizeof *seeds);
    size_t met = 0;
    if (!seeds)
        return ERR_MEMORY;
    for (size_t i = 0; i < in->n_points; i++)
        seeds[i] = in->points[i].seed;
    qsort(seeds, in->n_points, sizeof *seeds, paired_rising);
    side->search = in->first_stage > 0;
    side->behind = UINT64_MAX;
    for (size_t i = 0; i < in->n_points && side->behind == UINT64_MAX; i++)
        if ((!i || seeds[i] != seeds[i - 1]) && met++ == in->first_stage)
            side->behind = seeds[i];
    mem_free(seeds);
    return OK;
}

static bool paired_early(const paired_side *side, uint64_t seed)
{
    return !side->search || seed < side->behind;
}

/* For interval.h, where 0 says that no spread decided n. */
static size_t paired_deciding(const paired_side *side)
{
    return !side->search ? 0 : side->m ? side->m : 1;
}

/* Of mean a - mean b; work (a->n). */
static interval paired_interval(const paired_side *a, const paired_side *b, bool apart, double v,
                                double *work)
{
    if (apart)
        return interval_welch((interval_sample){a->x, a->n, paired_deciding(a)},
                              (interval_sample){b->x, b->n, paired_deciding(b)}, v);
    for (size_t i = 0; i < a->n; i++)
        work[i] = a->x[i] - b->x[i];
    return interval_stein(a->n, paired_deciding(a->search ? a : b), work, v); /* of pairs one m */
}

static void paired_counts(const paired_side *a, const paired_side *b, bool apart, paired_row *row)
{
    row->apart = apart;
    row->n_seeds = apart ? 0 : a->n;
    row->n_a = a->n;
    row->n_b = b->n;
    if (a->search || b->search)
        row->first_stage = apart ? a->m + b->m : a->m;
}

/* ------------------------------------------------------------------ the test set's error of scores */

static double paired_share(const paired_side *side, size_t e)
{
    double sum = 0;
    for (size_t k = 0; k < side->n; k++)
        sum += paired_right(side->points[k], e);
    return side->n ? sum / (double)side->n : 0;
}

/* The test set's variance of mean a - mean b, over examples that all runs of both have bits of; *p: McNemar's. b may
 * have no runs. */
static double paired_examples(const paired_side *a, const paired_side *b, size_t n_test, double *p)
{
    double sum = 0, squares = 0, count = (double)n_test;
    size_t first = 0, second = 0; /* right in a alone, in b alone; of one pair */
    for (size_t e = 0; e < n_test; e++) {
        double m = paired_share(a, e) - paired_share(b, e);
        sum += m;
        squares += m * m;
        first += m > 0;
        second += m < 0;
    }
    if (a->n == 1 && b->n == 1)
        *p = paired_mcnemar(first, second);
    else
        *p = squares > 0 ? erfc(fabs(sum) / sqrt(2 * squares)) : 1;
    return fmax(0, squares / count - sum / count * (sum / count)) / count;
}

static bool paired_bits(const d90_scores *in, const paired_side *side)
{
    bool bits = in->n_test && !in->lower_is_better;
    for (size_t k = 0; k < side->n && bits; k++)
        bits = side->points[k]->bits != NULL;
    return bits;
}

/* NaN: not known. */
static double paired_test(const d90_scores *a, const d90_scores *b, const paired_side *sa,
                          const paired_side *sb, bool other_test, paired_row *row)
{
    const paired_side none = {0};
    double p;
    if (!paired_bits(a, sa) || !paired_bits(b, sb))
        return (double)NAN;
    if (other_test)
        return paired_examples(sa, &none, a->n_test, &p) +
               paired_examples(sb, &none, b->n_test, &p);
    if (a->n_test != b->n_test)
        return (double)NAN;
    return paired_examples(sa, sb, a->n_test, &row->mcnemar_p);
}

/* ------------------------------------------------------------------ scores */

static void paired_take(paired_side *side, const d90_point *p)
{
    side->points[side->n] = p;
    side->x[side->n++] = p->score;
}

/* Takes the scores at d of a first stage, or those of later seeds; of pairs both are early, or the pair is late. */
static void paired_take_all(const d90_scores *a, const d90_scores *b, double d, bool apart,
                            bool early, paired_side *sa, paired_side *sb)
{
    for (size_t i = 0; i < a->n_points; i++) {
        const d90_point *p = &a->points[i], *q = NULL;
        if (p->d < d || p->d > d || (!apart && !(q = paired_find(b, d, p->seed))) ||
            (paired_early(sa, p->seed) && (apart || paired_early(sb, p->seed))) != early)
            continue;
        paired_take(sa, p);
        if (q)
            paired_take(sb, q);
    }
    for (size_t i = 0; i < b->n_points && apart; i++)
        if (b->points[i].d <= d && b->points[i].d >= d &&
            paired_early(sb, b->points[i].seed) == early)
            paired_take(sb, &b->points[i]);
}

/* false: nothing to compare at this d. */
static bool paired_score(const d90_scores *a, const d90_scores *b, double d, paired_how how,
                         paired_side *sa, paired_side *sb, double *work, paired_row *row)
{
    *row = paired_blank(a, b, "score");
    row->d = d;
    sa->n = sb->n = 0;
    paired_take_all(a, b, d, how.apart, true, sa, sb);
    sa->m = sa->n;
    sb->m = sb->n;
    paired_take_all(a, b, d, how.apart, false, sa, sb);
    if (!sa->n || !sb->n)
        return false;
    paired_counts(sa, sb, how.apart, row);
    row->a = paired_mean(sa->n, sa->x);
    row->b = paired_mean(sb->n, sb->x);
    row->effect = row->a - row->b;
    double variance = paired_test(a, b, sa, sb, how.other_test, row);
    if (a->crossed || b->crossed) /* pairs of seeds are no sample */
        return true;
    interval v = paired_interval(sa, sb, how.apart, 0, work);
    row->low = v.low;
    row->high = v.high;
    row->p = v.p;
    if (!isnan(variance)) {
        v = paired_interval(sa, sb, how.apart, variance, work);
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

static double paired_drawn(const crossings *x, const paired_side *side, size_t r)
{
    double sum = 0;
    for (size_t k = 0; k < side->n; k++)
        sum += x->again[r * x->n + side->place[k]];
    return side->n ? sum / (double)side->n : 0;
}

/* The examples' variance of mean ln a - mean ln b; b may have no crossings. */
static double paired_again(const crossings *a, const crossings *b, const paired_side *sa,
                           const paired_side *sb)
{
    double mean = 0, squares = 0;
    for (size_t r = 0; r < a->replicates; r++) {
        double x = paired_drawn(a, sa, r) - paired_drawn(b, sb, r);
        double off = x - mean; /* Welford */
        mean += off / (double)(r + 1);
        squares += off * (x - mean);
    }
    return squares / (double)(a->replicates - 1);
}

/* NaN: not known. */
static double paired_d90_test(const crossings *a, const crossings *b, const paired_side *sa,
                              const paired_side *sb, bool other_test)
{
    const paired_side none = {0};
    if (a->replicates < 2 || b->replicates < 2 || (!other_test && a->replicates != b->replicates))
        return (double)NAN;
    if (other_test)
        return paired_again(a, b, sa, &none) + paired_again(b, a, sb, &none);
    return paired_again(a, b, sa, sb);
}

static double paired_end(double end, bool open, double limit)
{
    return isnan(end) ? end : open ? limit : exp(end);
}

/* The i-th crossing of x; seeds rise, so that those of a first stage come first. */
static void paired_cross(const crossings *x, size_t i, bool early, paired_side *side, bool *above,
                         bool *below)
{
    side->m += early;
    *above |= x->state[i] == IDIM_ABOVE;
    *below |= x->state[i] == IDIM_BELOW;
    side->place[side->n] = i;
    side->x[side->n++] = x->x[i];
}

static void paired_d90(const d90_scores *in_a, const d90_scores *in_b, const crossings *a,
                       const crossings *b, paired_how how, paired_side *sa, paired_side *sb,
                       double *work, paired_row *row)
{
    const double infinite = (double)INFINITY;
    bool above[2] = {false, false}, below[2] = {false, false};
    sa->n = sb->n = sa->m = sb->m = 0;
    for (size_t i = 0; i < a->n && how.apart; i++)
        paired_cross(a, i, paired_early(sa, a->seeds[i]), sa, &above[0], &below[0]);
    for (size_t k = 0; k < b->n && how.apart; k++)
        paired_cross(b, k, paired_early(sb, b->seeds[k]), sb, &above[1], &below[1]);
    for (size_t i = 0, k = 0; i < a->n && k < b->n && !how.apart;) {
        if (a->seeds[i] != b->seeds[k]) {
            a->seeds[i] < b->seeds[k] ? i++ : k++;
            continue;
        }
        bool early = paired_early(sa, a->seeds[i]) && paired_early(sb, a->seeds[i]);
        paired_cross(a, i++, early, sa, &above[0], &below[0]);
        paired_cross(b, k++, early, sb, &above[1], &below[1]);
    }
    bool high = above[0] || below[1], low = above[1] || below[0];
    paired_counts(sa, sb, how.apart, row);
    if (!sa->n || !sb->n)
        return;
    row->a = paired_place(in_a, paired_mean(sa->n, sa->x));
    row->b = paired_place(in_b, paired_mean(sb->n, sb->x));
    interval v = paired_interval(sa, sb, how.apart, 0, work);
    if (!low && !high)
        row->effect = exp(v.mean);
    if (in_a->crossed || in_b->crossed)
        return;
    row->low = paired_end(v.low, low, -infinite);
    row->high = paired_end(v.high, high, infinite);
    row->p = low || high ? (double)NAN : v.p;
    double variance = paired_d90_test(a, b, sa, sb, how.other_test);
    if (isnan(variance))
        return;
    v = paired_interval(sa, sb, how.apart, variance, work);
    row->test_low = paired_end(v.low, low, -infinite);
    row->test_high = paired_end(v.high, high, infinite);
    row->test_p = low || high ? (double)NAN : v.p;
}

static int paired_order(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static status paired_side_init(paired_side *side, size_t most)
{
    *side = (paired_side){.x = mem_array(most, sizeof *side->x),
                          .points = mem_array(most, sizeof *side->points),
                          .place = mem_array(most, sizeof *side->place)};
    return side->x && side->points && side->place ? OK : ERR_MEMORY;
}

static void paired_side_clear(paired_side *side)
{
    mem_free(side->x);
    mem_free(side->points);
    mem_free(side->place);
}

status paired_measure(const d90_scores *a, const d90_scores *b, const crossings *xa,
                      const crossings *xb, const char *words, paired_how how, paired_row **rows,
                      size_t *n)
{
    const size_t most = a->n_points > b->n_points ? a->n_points : b->n_points;
    double *d = mem_array(a->n_points, sizeof *d), *work = mem_array(most, sizeof *work);
    paired_side sa = {0}, sb = {0};
    status st = ERR_MEMORY;
    *n = 0;
    *rows = mem_array(a->n_points + 1, sizeof **rows);
    if (!d || !work || !*rows || (st = paired_side_init(&sa, most)) ||
        (st = paired_side_init(&sb, most)) || (st = paired_stage(a, &sa)) ||
        (st = paired_stage(b, &sb)))
        goto done;
    for (size_t i = 0; i < a->n_points; i++)
        d[i] = a->points[i].d;
    if (a->n_points)
        qsort(d, a->n_points, sizeof *d, paired_order);
    for (size_t i = 0; i < a->n_points; i++)
        if ((!i || d[i] > d[i - 1]) && paired_score(a, b, d[i], how, &sa, &sb, work, &(*rows)[*n]))
            ++*n;
    paired_row *last = &(*rows)[(*n)++];
    *last = paired_blank(a, b, "d90");
    for (size_t i = 0; words[i] && i + 1 < D90_WORDS; i++)
        last->words[i] = words[i];
    paired_d90(a, b, xa, xb, how, &sa, &sb, work, last);
done:
    mem_free(d);
    mem_free(work);
    paired_side_clear(&sa);
    paired_side_clear(&sb);
    if (st) {
        mem_free(*rows);
        *rows = NULL;
    }
    return st;
}
