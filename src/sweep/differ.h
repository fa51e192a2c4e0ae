/* differ.h -- two results folders run by run: which runs one of them lacks, and which have other numbers.
 *
 * Runs are the same by their ids; one without a partner is looked for by its configuration (all keys but the places of
 * data and checkpoints): other data, another revision or another width of real gave it another id. */
#ifndef SWEEP_DIFFER_H
#define SWEEP_DIFFER_H

#include "sweep/repeat.h"
#include "sweep/store.h"

typedef enum differ_how {
    DIFFER_ONLY_A,
    DIFFER_ONLY_B,
    DIFFER_NUMBERS,
    DIFFER_STATUS,
    DIFFER_IDS
} differ_how;

typedef struct differ_row {
    differ_how how;
    const record *a, *b;  /* borrowed from the stores; NULL: not there */
    repeat_difference by; /* of numbers, also of runs with two ids */
} differ_row;

typedef struct differ {
    differ_row *rows; /* by id */
    size_t n, same;
    text keys; /* a sentence a key whose values are not the same in both folders */
} differ;

status differ_look(store *a, store *b, differ *out);
void differ_clear(differ *d);

#endif
