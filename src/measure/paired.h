/* paired.h -- two spaces against each other, on the same seeds and the same test examples; or apart.
 *
 * Scores at one d: D_s = score_a(s) - score_b(s), the same theta0 and batches in both.
 *     low, high        mean D +- t s/sqrt(n): other seeds, this test set                 (interval.h)
 *     test_low, _high  other test examples too: v = sum_e (m_e - m)^2 / N^2 with
 *                      m_e = mean over seeds of (bit_a(s, e) - bit_b(s, e))
 *                      which is what a bootstrap over examples gives without drawing. What seeds and
 *                      examples do together is counted in both parts, so that the interval is rather
 *                      too wide: Owen, Ann. Appl. Stat. 1 (2007), pigeonhole bootstrap.
 *     p, test_p        of no difference, two-sided, by the same t
 *     mcnemar_p        do these very runs differ on other examples? One seed: McNemar's test, mid-p
 *                      (Fagerland, Lydersen, Laake, BMC Med. Res. Methodol. 13 (2013)). More: an
 *                      example is a cluster of its seeds' pairs, z = sum_e m_e / sqrt(sum_e m_e^2)
 *                      (Durkalski et al., Statist. Med. 22 (2003)); summing the seeds' tables as if
 *                      they were separate examples would claim n times the test set.
 * d90: the ratio a / b from ln of the seeds' crossings, each pair on one seed. Where a
 * seed of one of the two never passes, or always does, an end is open and the middle not known. test_ by the examples' bootstrap (examples.h),
 * which draws the same examples for both.
 * Of a search the spread of the first stage's pairs says how sure it is, by Stein (interval.h): the seeds that it
 * added were as many as that spread asked for. Fewer than 3 such pairs have no interval.
 * Apart: the seeds of one have nothing to do with those of the other. Then all of both count, and the interval
 * of a - b, or of ln a - ln b, is Welch's (interval.h). On other test examples v is the sum of both sides' own,
 * and there is no mcnemar_p.
 * No p is mended for how many are looked at. */
#ifndef MEASURE_PAIRED_H
#define MEASURE_PAIRED_H

#include "measure/crossings.h"

/* One row of paired.csv. */
typedef struct paired_row {
    const char *space_a, *space_b, *vary, *what; /* what: "score", "d90" */
    char words[D90_WORDS];                       /* the rule of d90; "" for scores */
    double d;                                    /* NaN for d90 */
    size_t n_seeds;                              /* that both have */
    double a, b;                                 /* means; of d90 geometric ones */
    double effect;                               /* a - b; of d90 a / b, NaN: an end is open */
    double low, high; /* NaN: fewer than 3 seeds; -INFINITY, INFINITY: open */
    double test_low, test_high;
    double p, test_p, mcnemar_p; /* NaN: not known */
    size_t n_a, n_b;             /* seeds that count */
    size_t
        first_stage; /* of the pairs (apart: of both's seeds) those of a search's first stage; 0: no search */
    bool apart; /* n_seeds is 0 */
} paired_row;

extern const d90_column paired_columns[];  /* the last row is all zeros */
extern const d90_column compare_columns[]; /* of compare.csv: the same, then what may be apart */

/* What two lists of scores have to do with each other. */
typedef struct paired_how {
    bool apart;      /* other seeds */
    bool other_test; /* other test examples: bits are of one side alone */
} paired_how;

/* Are the seeds of one all seeds of the other too? Else they are compared apart. */
bool paired_seeds(const d90_scores *a, const d90_scores *b);

/* A row for each d that both have (with a seed in common), d rising, then that of d90. The lists have one
 * direction, and what `how` does not say otherwise in common; xa, xb: crossings of the same scores by one rule,
 * whose words are `words`. rows: mem_free. ERR_MEMORY. */
status paired_measure(const d90_scores *a, const d90_scores *b, const crossings *xa,
                      const crossings *xb, const char *words, paired_how how, paired_row **rows,
                      size_t *n);

/* Two-sided mid-p of McNemar's test; b, c: examples that one alone has right. */
double paired_mcnemar(size_t b, size_t c);

#endif
