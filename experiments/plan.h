/* plan.h -- what --dry says: everything that a command would train is made, nothing is trained. */
#ifndef EXPERIMENTS_PLAN_H
#define EXPERIMENTS_PLAN_H

#include <stdio.h>

#include "sweep/runner.h"

#define PLAN_KEY(struct_, field_)                                                                  \
    KEY("dry", struct_, field_, "no", 0, 0, "",                                                    \
        "print the whole command and its plan, train nothing")

typedef struct plan {
    size_t d, D; /* trained numbers, and those of the network */
    double lr;
} plan;

/* Makes the data set, the network, the space, the optimiser and the schedule of a run: what is wrong
 * with one is said as training would say it. */
status plan_run(const run_spec *run, plan *out);

/* Prints a line of words and specs in lines of 80 columns, broken behind blanks and commas and indented from the
 * second on; what has neither is not broken. */
void plan_wrap(const char *line, FILE *out);

/* Says which tensors the targets of a space matched, indented, unless they are the whole network. */
status plan_say(const char *space, const runner_about *about, FILE *out);

#endif
