/* scores.h -- d90 of anybody's scores: a CSV with the columns
 *
 *     space, d, seed, score       one run a line; space=full is the baseline, d=0 the floor of its
 *                                 space; who has none takes full's, else the first space's
 *     lr, val, d_head             may be there: the best rate of each (space, d) by val is taken
 *
 * A line's d is what its space trains; d_head is added to it. runs.csv of a results folder has d_total for both;
 * its runs that chose rates, or did not end, are passed over. */
#ifndef SWEEP_SCORES_H
#define SWEEP_SCORES_H

#include "sweep/results.h"

/* The scores themselves, a list a space. runs.csv of a results folder is taken too. Errors as scores_d90. */
status scores_of(const char *path, const char *rule, double fixed, bool lower_is_better,
                 results_scores *out);

/* ERR_FILE, ERR_FORMAT: names file, line and column; ERR_USAGE: no scores of a space. */
status scores_d90(const char *path, const char *rule, double fixed, bool lower_is_better,
                  results *out);

/* The lines that were used as runs.csv, in the columns that figures read. */
status scores_runs(const char *path, text *out);

#endif
