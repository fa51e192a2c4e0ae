/* adam.c -- Adam; weight decay, where asked for, is added to the gradient (as L2).
 *
 * Li et al. 2018 trained with beta2 = .99, not the usual .999; it is a key here.
 * Source: Kingma & Ba, "Adam: A Method for Stochastic Optimization", 2015, algorithm 1. */
#include "train/moments.h"
#include "train/optimiser.h"

typedef struct adam {
    optimiser base;
    double beta1, beta2, eps;
} adam;

static const key keys[] = {
    KEY("lr", adam, base.lr, "1e-3", 0, 1e6, "", "learning rate"),
    KEY("beta1", adam, beta1, ".9", 0, .999999, "", "memory of the mean"),
    KEY("beta2", adam, beta2, ".999", 0, .99999999, "", "memory of the square (Li et al.: .99)"),
    KEY("eps", adam, eps, "1e-8", 1e-30, 1, "", "added to the root"),
    KEY("wd", adam, base.wd, "0", 0, 1e3, "", "weight decay of z, added to the gradient"),
    {0},
};

static void adam_step(const optimiser *base, size_t t, double lr, double wd, double g_scale,
                      size_t n, real *restrict z, const real *restrict g, real *const *slot)
{
    const adam *o = (const adam *)base;
    moments k = {.beta1 = o->beta1,
                 .beta2 = o->beta2,
                 .eps = o->eps,
                 .lr = lr,
                 .g_scale = g_scale,
                 .wd_gradient = wd,
                 .t = t};
    moments_step(&k, n, z, g, slot[0], slot[1]);
}

const optimiser_row optimiser_adam = {
    .name = "adam",
    .doc = "steps of the mean gradient over the root of its mean square",
    .source = "Kingma & Ba 2015",
    .example = "adam:lr=0.01,beta2=.99,wd=.1",
    .revision = 1,
    .keys = keys,
    .size = sizeof(adam),
    .slots = 2,
    .step = adam_step,
    .lr_centre = 1e-3,
};
