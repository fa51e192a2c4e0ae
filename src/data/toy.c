/* toy.c -- the toy problem of Li et al. 2018, section 2: no inputs, one target i for the sum of the i-th
 * group of parameters (model toy). One sample, the same in every split: training is all there is. */
#include "data/data.h"

typedef struct toy {
    task base;
    size_t groups;
} toy;

static const key keys[] = {
    KEY("groups", toy, groups, "10", 1, 1e6, "groups",
        "group i must sum to i: the solution's "
        "codimension"),
    {0},
};

static status toy_init(task *t)
{
    const toy *m = (const toy *)t;
    real *targets = task_alloc(t, m->groups, sizeof *targets);
    if (!targets)
        return ERR_MEMORY;
    for (size_t i = 0; i < m->groups; i++)
        targets[i] = (real)(i + 1);
    t->loss = &idim_loss_squared;
    t->n_outputs = m->groups;
    t->published = 1;
    for (int s = 0; s < IDIM_SPLITS; s++)
        t->splits[s] = (samples){.n = 1, .targets = targets};
    return OK;
}

const task_row task_toy = {
    .name = "toy",
    .doc = "group sums must be 1, 2, ..., for model toy",
    .source = "Li et al. 2018, section 2",
    .example = "toy:groups=3",
    .revision = 1,
    .keys = keys,
    .size = sizeof(toy),
    .init = toy_init,
};
