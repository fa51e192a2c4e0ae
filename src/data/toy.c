/* toy.c -- the toy problem of Li et al. 2018, section 2: no inputs, one target i for the sum of the i-th
 * group of parameters (model toy). Every sample is the same, in every split: training is all there is. n says
 * how long an epoch is (200 steps of 128), so that the usual 20 epochs solve the problem. */
#include "data/data.h"

typedef struct toy {
    task base;
    size_t groups, n;
} toy;

static const key keys[] = {
    KEY("groups", toy, groups, "10", 1, 1e6, "groups",
        "group i must sum to i: the solution's "
        "codimension"),
    KEY("n", toy, n, "25600", 1, 1e9, "samples", "all alike: the length of an epoch"),
    {0},
};

static status toy_init(task *t)
{
    const toy *m = (const toy *)t;
    real *targets = task_alloc(t, m->n, m->groups * sizeof *targets);
    if (!targets)
        return ERR_MEMORY;
    for (size_t i = 0; i < m->n * m->groups; i++)
        targets[i] = (real)(i % m->groups + 1);
    t->loss = &idim_loss_squared;
    t->n_outputs = m->groups;
    t->published = 1;
    for (int s = 0; s < IDIM_SPLITS; s++)
        t->splits[s] = (samples){.n = s == IDIM_SPLIT_TRAIN ? m->n : 1, .targets = targets};
    return OK;
}

const task_row task_toy = {
    .name = "toy",
    .doc = "group sums must be 1, 2, ..., for model toy",
    .source = "Li et al. 2018, section 2",
    .example = "toy:groups=3,n=20",
    .revision = 1,
    .keys = keys,
    .size = sizeof(toy),
    .init = toy_init,
};
