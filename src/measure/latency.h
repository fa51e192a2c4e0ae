/* latency.h -- how long one text takes under each method, merged and unmerged (Hu et al. 2021, table 1).
 *
 * Methods take turns (A B C A B C ...), so that heat, clocks and neighbours meet all of them; medians are told, with
 * quartiles, and each turn's ratio to the base model of the same turn. A time is of the whole forward pass, with the
 * outputs of every position. */
#ifndef MEASURE_LATENCY_H
#define MEASURE_LATENCY_H

#include "base/pool.h"
#include "measure/memory.h"

enum { LATENCY_TURNS = 1000 }; /* at most */

/* One row of latency.csv. */
typedef struct latency_row {
    const char *method; /* borrowed; "base": the model as it is */
    const char *form;   /* "", "merged", "unmerged" */
    size_t d, batch, length, threads, turns;
    double ms, low, high;                /* median and quartiles of a pass */
    double ratio, ratio_low, ratio_high; /* to base in the same turn: median and quartiles */
    double ratio_from, ratio_to;         /* the median's 95 % interval; NaN below 6 turns */
} latency_row;
extern const d90_column latency_columns[];

/* What times (turns) of a method and of the base tell; both in seconds. */
void latency_fill(latency_row *row, const double *times, const double *base, size_t turns);

/* Fresh rows (mem_free) at ask->length: base, then each of n methods; of those that merge both forms. Errors as
 * trial_open. */
status latency_measure(const memory_ask *ask, const char *const *methods, size_t n, pool *p,
                       size_t turns, latency_row **rows, size_t *n_rows);

#endif
