/* plan.h -- what --dry says: everything that a command would train is made, nothing is trained. */
#ifndef EXPERIMENTS_PLAN_H
#define EXPERIMENTS_PLAN_H

#include "sweep/run.h"

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

#endif
