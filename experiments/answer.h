/* answer.h -- a results folder's d90 in words, for a terminal, from its CSVs alone: curves, headlines with
 * their rule, what to mistrust, where to go on, what a narrower interval would cost. */
#ifndef EXPERIMENTS_ANSWER_H
#define EXPERIMENTS_ANSWER_H

#include <stdio.h>

#include "report/curve.h"
#include "sweep/run.h"

/* title: data, model and D in front. */
status answer_folder(const char *path, bool title, FILE *out);

/* Lines, each with its end; those that are too long for a terminal go on two places further in. */
void answer_words(const char *words, FILE *out);

/* "Li et al. 2018: 750" where a paper measured this network on this task. */
void answer_published(const run_spec *run, size_t D, FILE *out);

#endif
