/* expand.h -- what a sweep file asks for: asks of d90 and plain runs, list by list.
 *
 * Every list makes its product with all others, but those that an ask takes as lists itself: space, d, lr,
 * lr-full, tune-d and ranks of a d90 sweep. A zip is one list of pairs. What all lines of an exclude match
 * is left out: a bare name matches a kind with any keys, a range a..b all numbers between. In measure =
 * train d, lr and ranks are values like others, and seeds = N is seed .. seed+N-1. */
#ifndef SWEEP_EXPAND_H
#define SWEEP_EXPAND_H

#include "sweep/ask.h"
#include "sweep/sweepfile.h"

typedef enum expand_measure { EXPAND_D90, EXPAND_RANKS, EXPAND_TRAIN } expand_measure;

/* What a file says beside an ask. */
typedef struct expand_spec {
    ask ask; /* first: run_keys, ask_keys */
    int measure;
    const char *ranks, *rule;
    double fixed;
} expand_spec;

extern const key expand_keys[];
extern const key *const expand_tables[]; /* run_keys, ask_keys, expand_keys */

enum { EXPAND_ASKS = 10000, EXPAND_RUNS = 5000000 };

/* One sweep of a file. */
typedef struct expand_part {
    const char *name; /* "small", "outer.inner"; "" of a file without sub-sweeps */
    expand_measure measure;
    const char *rule;
    double fixed;
    ask *asks;      /* canonical; d90, ranks */
    run_spec *runs; /* train: as they are asked for, a space without d and rank once for each */
    size_t n_asks, n_runs;
} expand_part;

typedef struct expansion {
    expand_part *parts;
    size_t n;
    key_texts texts;
} expansion;

/* ERR_USAGE, ERR_LIMIT: with the line. expand_clear accepts what is left. */
status expand(const sweepfile *f, expansion *out);
void expand_clear(expansion *e);

/* An ask of ranks as asks of one kind of sweep each: those that sweep r over `ranks`, and those that sweep d;
 * those of one size go with the first. but: a space that is left out; NULL: none. */
status expand_ranks(const ask *a, const char *ranks, const char *but, ask asks[2], size_t *n,
                    key_texts *texts);

#endif
