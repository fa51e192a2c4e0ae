/* results.h -- from the store of a folder to numbers: d90 of every space that was asked for. */
#ifndef SWEEP_RESULTS_H
#define SWEEP_RESULTS_H

#include "measure/paired.h"
#include "measure/variance.h"
#include "sweep/stages.h"

typedef struct results {
    d90_row *rows; /* by design (what the seeds move), then space, the headline rule first */
    variance_row *variances; /* under the headline rule */
    paired_row *pairs;       /* spaces against each other, within one design */
    size_t n_rows, n_rules, n_variances, n_pairs;
    size_t kinds; /* numeric kinds among the runs that were used */
    /* Of the runs of another kind than this machine's the one with the fewest steps, but some; "": none. */
    char foreign[RUN_ID];
    size_t failed; /* runs that are missing since they failed */
    key_texts texts;
} results;

/* The scores of one design, a list a space, as they lie in memory. */
typedef struct results_scores {
    d90_scores *lists;
    size_t n;
    struct results_points { /* that the lists point into, with bits of their own */
        d90_point *points;
        size_t n;
    } * owned;
    size_t n_owned;
    d90_rule rules[D90_RULES]; /* the headline first */
    size_t n_rules;
    char *test; /* what the bits' test examples are of: the data set, wherever it lies */
    key_texts texts;
} results_scores;

/* Those of the design that was asked for last, by results_d90's rules. Nothing is trained. */
status results_scores_of(sweep *s, const ask_list *asks, const char *rule, double fixed,
                         results_scores *out);
void results_scores_clear(results_scores *r);

/* d90 over the union of the asks that are like the last one, those that move the same sources together
 * (ask_pooled): first the last one's, then the others from the latest on. rule: "own,raw,.9"; without raw
 * or gain: gain for losses, else raw. fixed: a
 * baseline for the fixed rules, 0: the task's published one, if it has one. */
status results_d90(sweep *s, const ask_list *asks, const char *rule, double fixed, results *out);
void results_clear(results *r);

/* Appends what scores of spaces on the same seeds say: rows of d90 by each rule, variances, pairs.
 * v: what their seeds move; NULL: not known. The lists' texts are borrowed by the rows. */
status results_add(results *r, const d90_scores *lists, size_t n, const d90_rule *rules,
                   size_t n_rules, const vary *v);

/* The CSV of n rows of `size` bytes, with its header. */
void results_csv(const d90_column *columns, const void *rows, size_t size, size_t n, text *out);

#endif
