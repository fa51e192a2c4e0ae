/* ask.h -- what a d90 sweep was asked, and the list of asks in FOLDER/sweep.json.
 *
 * An ask names everything that decides which runs are needed. The asks of a folder are kept in order:
 * d90.csv covers the union of those that agree in all but spaces, d, rates and seeds; each way to vary
 * (vary.h) is measured by itself. */
#ifndef SWEEP_ASK_H
#define SWEEP_ASK_H

#include "sweep/vary.h"

enum { ASK_FORMAT = 1 };

typedef struct ask {
    run_spec run;   /* first; space: a list cut by blanks, none with its d; seed: the first one */
    const char *d;  /* the grid */
    const char *lr; /* rates for each d: absolute, or rel: times the full space's best */
    const char *lr_full; /* rates for the baseline; "auto" */
    const char *tune_d;  /* rates are tuned at these d and carried to the others; "": at all */
    size_t seeds, tune_seeds;
    const char *vary; /* what scoring seeds move (vary.h) */
    bool search;      /* d90 by measure/search.h, its d from the grid */
    double width;     /* of a search, as the others below */
    size_t most_seeds;
    const char *search_rule; /* whose crossing is looked for, and its fixed baseline */
    double search_fixed;
} ask;

/* The keys that an ask has beside run_keys. */
extern const key ask_keys[];

/* Defaults of both tables. Texts are owned by `texts`. */
status ask_defaults(ask *a, key_texts *texts);

/* The spaces of a run's list, canonical, without the key that is swept: fresh, by key_parts_free. One that has
 * neither d nor r is one point. ERR_USAGE: one is there twice. */
status ask_spaces(const run_spec *run, char ***spaces, size_t *n);
/* ERR_USAGE: none of them is swept, so that there is no d90. */
status ask_sweeps(const run_spec *run);

/* Same network, data (wherever they lie) and training, whatever the spaces, d, rates, seeds and what
 * they move? Canonical asks. */
bool ask_alike(const ask *a, const ask *b);
/* What makes b another question than a: "epochs=5, not 20"; "other data under the same name". Appends. */
void ask_difference(const ask *a, const ask *b, text *out);
/* Is this canonical run one of the ask's question: a score, a rate that was tried, its baseline or its floor,
 * whatever asked for it? A question's runs and no other stand in its runs.csv. */
status ask_owns(const ask *a, const run_spec *run, bool *owns);
/* Alike, and the draws are of one population: the same sources move, and where others stay still they
 * stay at the same seed. Only these are measured together. */
bool ask_pooled(const ask *a, const ask *b);

typedef struct ask_list {
    ask *asks;
    size_t n;
    size_t at;  /* of ask_note's ask */
    bool fresh; /* it was not there */
    key_texts texts;
} ask_list;

/* How many of the asks that are pooled with `last` ask for this space (canonical, without its d) and
 * bring d or seeds that none before them had. The first one counts; more than 1: some were added when
 * a result could have been seen. */
status ask_looks(const ask_list *list, const ask *last, const char *space, size_t *looks);

/* The asks of a folder; none when there is no sweep.json. ERR_FORMAT names the file. */
status ask_load(const char *folder, ask_list *list);
void ask_clear(ask_list *list);
/* Appends the ask unless it is there; the list is loaded again. Of two processes that append at once one may overwrite
 * what the other wrote: whoever needs its ask there later (as when the tables are made) notes it once more. */
status ask_note(const char *folder, const ask *a, ask_list *list);
/* Where an ask stands in a list, looked for at `likely` first; SIZE_MAX: nowhere. */
size_t ask_find(const ask_list *list, const ask *a, size_t likely);

#endif
