/* answer.h -- a d90 in words, for a terminal: the headline with its rule, the published number, what to
 * mistrust, what a narrower interval would cost. */
#ifndef EXPERIMENTS_ANSWER_H
#define EXPERIMENTS_ANSWER_H

#include <stdio.h>

#include "measure/d90.h"
#include "sweep/ask.h"

/* The headline row of one space. run NULL: the budget is not known. several: its name
 * stands in front. */
void answer_headline(const d90_row *row, const run_spec *run, bool several, FILE *out);

/* "Li et al. 2018: 750" where a paper measured this network on this task. */
void answer_published(const run_spec *run, size_t D, FILE *out);

/* One line for each flag of the row. */
void answer_flags(const d90_row *row, FILE *out);

#endif
