/* vary.h -- which sources of randomness the scoring seeds move: --vary of idim d90.
 *
 *     all         seed, seed + 1, ... of a whole run
 *     P+data      P, batch order and dropout move together; theta0 stays at the first seed
 *     theta0*P    crossed: each seed of the one with each of the other, n x n draws
 *
 * theta0, P and data (batch order and dropout) are the sources. The split is none: it never moves. What
 * is not named stays at the first seed, so that the first draw of every design is one and the same run.
 *
 * A draw has a label. all: its seed. Else 20 bits for each source, theta0 lowest: how far it is moved.
 * A baseline has no P and a floor neither P nor data: of the labels that differ in these alone one is
 * trained, and `label & mask` is its label. */
#ifndef SWEEP_VARY_H
#define SWEEP_VARY_H

#include "sweep/run.h"

enum { VARY_THETA0 = 1, VARY_P = 2, VARY_DATA = 4, VARY_ALL = 7 };

typedef struct vary {
    unsigned moved, crossed; /* sources that move together; crossed with these, 0: not crossed */
} vary;

/* ERR_USAGE: a word that is no source, a source twice, three factors. */
status vary_parse(const char *text_, vary *v);
/* The canonical form: sources in the order above; all three together are "all". */
const char *vary_text(const vary *v, char out[32]);
/* The sources of one factor: "theta0+P". */
const char *vary_sources(unsigned sources, char out[32]);

size_t vary_draws(const vary *v, size_t seeds);
uint64_t vary_label(const vary *v, uint64_t first_seed, size_t seeds, size_t k);
/* How far a factor (v.moved or v.crossed) is moved in a draw; not for all. */
size_t vary_steps(unsigned factor, uint64_t label);

uint64_t vary_baseline_mask(const vary *v);
uint64_t vary_floor_mask(const vary *v);

/* Sets the seeds of a run of this ask (its seed: the first) to those of a draw. */
void vary_run(const vary *v, uint64_t label, run_spec *r);

#endif
