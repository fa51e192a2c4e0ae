/* search.h -- d90 without the whole grid: what is trained next, from all that is known so far. Pure.
 *
 * Part one, on tuning seeds, which are never scored, finds where the curve crosses:
 *
 *   1  baseline rates   a race: all at a quarter of the epochs (a best one at an end adds one beyond it,
 *                       `more` times at most), the better two at half, the better one's first seed to the
 *                       end. A wrong rate moves d90 itself: a race is run with tune_seeds seeds, three or
 *                       more. On validation data it gives b, and with a floor of its own the threshold t of
 *                       the rule.
 *   2  probes           bisection of the grid at the middle rate, until the two sides are `stride` places
 *                       apart. Rates are relative (papers: sqrt(D/d) for Adam), so one serves all d.
 *   3  rates            the same race where it crosses; where another rate wins, probes with it from there on
 *
 * Part two, on scoring seeds, each to the end, is all that d90 and its interval are made of:
 *
 *   4  scores           `first` seeds, each with baseline and floor, at two places `stride` apart round the
 *                       crossing. A seed that passes (fails) wherever it was scored gets the place
 *                       `stride` further down (up), until its own curve crosses or the grid ends.
 *   5  more seeds       N of them by Stein's rule, as under 4
 *
 * The stride is what .2 in ln d holds, one place or more. A straight line over h in ln d misses the crossing of
 * a smooth curve by h^2/8 |f''/f'| at most: .002 for FC on MNIST (f''/f' = .4) at .19. At .38 it was .007, all to
 * one side, and intervals of 5 seeds held the truth 92 % of the time (tests/measure/search_test.c).
 *
 * Stopped early. A probe is looked at after 1/4, 1/2 and 3/4 of its E epochs. With v_e the validation score
 * (higher is better), t the threshold, s the sd of an epoch's noise, h = e/2, q = (E - e)/h and
 * rise = max(0, v_e - v_(e-h)),
 *
 *   passes   v_e - t > z_k s sqrt(2)
 *   fails    v_e + q rise - t < -z_k s sqrt((1 + q)^2 + q^2 + 1)
 *
 * since a curve does not fall but by chance, and rises by less an epoch than it did: the line through its last
 * half is above it. The roots are the sd of what differs from v_E, whose own noise is in them. s is measured on the
 * probe itself: second differences of white noise have the variance 6 s^2, and what the curve bends by makes s
 * larger. z_k is Student's quantile for so many differences, at the risk that look k may spend.
 * A run that truly ends on the other side can err at each of its looks in one direction alone, so by Boole's
 * inequality no more than the sum of all looks' risks is ever at stake:
 *
 *   risk of look k of a probe   risk / P * (f(k) - f(k - 1)),   f(k) = (k / 3)^2,   f(3) = 1
 *
 * P is the most probes there can be (search_probes). So the chance that any probe of one search is stopped on
 * the wrong side is at most `risk` (.05). It costs runs alone: part two looks for the crossing itself.
 *
 * How many seeds (Stein, Ann. Math. Stat. 16 (1945) 243). With s the sd of ln d90 between the first n seeds,
 *
 *   N = max(n, ceil((t_{n-1} s / width)^2)),   interval: mean of all N  +- t_{n-1} s / sqrt(N)
 *
 * Given s, the mean of N normal values is normal with variance sigma^2/N, whatever N is, as s is independent of
 * the first n's mean and of all later values; so (mean - mu) sqrt(N)/s is Student's with n - 1, and the
 * interval covers 95 % exactly, no wider than `width` to either side unless `most` cut N. Stopping
 * when the interval of all seeds so far is narrow enough would not: it ends when s happens to be small. */
#ifndef MEASURE_SEARCH_H
#define MEASURE_SEARCH_H

#include "measure/d90.h"

typedef struct search_ask {
    d90_rule rule;
    bool lower_is_better;
    double fixed;    /* the baseline of fixed rules; NaN: none */
    const double *d; /* (n_d) the grid, rising */
    size_t n_d;
    size_t epochs;            /* rows of the history of a whole run */
    size_t rates_full, rates; /* lengths of the grids of learning rates */
    size_t more;              /* rates that may be added to each */
    size_t tune_seeds;        /* of a race; probes are the first one's */
    size_t first, most;       /* seeds of part two; first >= 3 */
    double width, risk;       /* half of the interval, in ln d; of early stopping in all */
} search_ask;

typedef enum search_place { SEARCH_FULL, SEARCH_FLOOR, SEARCH_SPACE } search_place;

typedef struct search_run {
    search_place place;
    size_t at; /* of the grid; SEARCH_SPACE */
    int rate; /* of the sorted grid of rates; -1, -2: beyond its low end, n, n + 1: beyond the other */
    bool tune;   /* role */
    size_t seed; /* 0: the first of the role */
} search_run;

/* What is known of a run that was trained to an epoch. A run that diverged or failed has val NULL, and
 * the score that it enters with (NaN: it is left out). */
typedef struct search_seen {
    bool known;
    const double
        *val;     /* (epoch; of a floor 1) after each epoch; borrowed until the next question */
    double score; /* test, of a whole scoring run */
    size_t steps; /* trained so far */
} search_seen;

/* Fills *out with known = false where the run is not there yet. epoch: of a floor 0. */
typedef status search_find(void *context, const search_run *run, size_t epoch, search_seen *out);

typedef enum search_part {
    SEARCH_BASELINE_RATES,
    SEARCH_PROBES,
    SEARCH_RATES,
    SEARCH_SCORES,
    SEARCH_MORE
} search_part;
extern const char *const search_part_text[5];

typedef enum search_verdict {
    SEARCH_OPEN, /* not there yet */
    SEARCH_GOES_ON,
    SEARCH_PASSES,
    SEARCH_FAILS,
    SEARCH_DROPPED,
    SEARCH_BEST,
    SEARCH_SCORED
} search_verdict;
extern const char *const search_verdict_text[7];

/* One run in one stage. */
typedef struct search_row {
    size_t stage; /* from 1; a stage is known when the one before is whole */
    search_part part;
    search_run run;
    size_t from, epoch;           /* trained from, to; of a floor 0 */
    size_t steps;                 /* that this stage adds */
    double val, score, threshold; /* NaN: none */
    search_verdict verdict;
} search_row;

typedef enum search_end {
    SEARCH_NEEDS, /* the rows that are open come next */
    SEARCH_WIDTH, /* the interval is as narrow as asked */
    SEARCH_MOST,  /* `most` seeds are not enough for that */
    SEARCH_LIMIT, /* the crossing of some seed is not in the grid: no number of seeds closes that */
    SEARCH_UNMEASURABLE, /* the rule says nothing here, or b - c is too small (d90.h) */
    SEARCH_ENDS
} search_end;
extern const char *const search_end_text[SEARCH_ENDS];

typedef struct search_log {
    search_row *rows;
    size_t n, room;
    search_end end;
    int rate_full, rate; /* chosen */
    bool edge_full, edge;
    size_t seeds; /* of part two */
    size_t steps; /* of all rows: baseline, tuning, failures */
} search_log;

/* Walks through the search as far as is known. The same answers give the same rows. */
status search_walk(const search_ask *ask, search_find *find, void *context, search_log *log);
void search_clear(search_log *log);

size_t search_stride(const search_ask *ask); /* places of the grid */
size_t search_probes(const search_ask *ask); /* at most */
size_t search_most(const search_ask *ask);   /* runs, at most */
/* What the search's first round of part two takes when nothing goes astray: runs, stopped ones too. */
size_t search_usual(const search_ask *ask);

/* Does the spending rule stop a probe here? v (e): its curve; turned, so that higher is better. Look k of
 * 1, 2, 3. SEARCH_GOES_ON: no. */
search_verdict search_spend(const search_ask *ask, const double *v, size_t e, double t, size_t k);

#endif
