/* results.h -- from the store of a folder to numbers: d90 of every space that was asked for. */
#ifndef SWEEP_RESULTS_H
#define SWEEP_RESULTS_H

#include "measure/d90.h"
#include "sweep/stages.h"

typedef struct results {
    d90_row *rows; /* by space, the headline rule first */
    size_t n_rows, n_rules;
    size_t kinds; /* numeric kinds among the runs that were used */
    char foreign
        [RUN_ID];  /* of those of another kind than this machine's the one with the fewest steps,
                             but some; "": none */
    size_t failed; /* runs that are missing since they failed */
    key_texts texts;
} results;

/* d90 over the union of the asks that are like the last one. rule: "own,raw,.9". fixed: a baseline for
 * the fixed rules, 0: the task's published one, if it has one. */
status results_d90(sweep *s, const ask_list *asks, const char *rule, double fixed, results *out);
void results_clear(results *r);

/* The CSV of rows, with its header. */
void results_csv(const d90_row *rows, size_t n, text *out);

#endif
