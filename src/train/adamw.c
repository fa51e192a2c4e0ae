/* adamw.c -- Adam with decoupled weight decay: z shrinks by lr wd a step, whatever its gradient.
 *
 * Source: Loshchilov & Hutter, "Decoupled Weight Decay Regularization", 2019, algorithm 2. */
#include "train/moments.h"
#include "train/optimiser.h"

typedef struct adamw {
    optimiser base;
    double beta1, beta2, eps;
} adamw;

static const key keys[] = {
    KEY("lr", adamw, base.lr, "1e-3", 0, 1e6, "", "learning rate"),
    KEY("beta1", adamw, beta1, ".9", 0, .999999, "", "memory of the mean"),
    KEY("beta2", adamw, beta2, ".999", 0, .99999999, "", "memory of the square"),
    KEY("eps", adamw, eps, "1e-8", 1e-30, 1, "", "added to the root"),
    KEY("wd", adamw, base.wd, ".01", 0, 1e3, "", "share of z lost a step, times lr"),
    {0},
};

static void adamw_step(const optimiser *base, size_t t, double lr, double wd, double g_scale,
                       size_t n, real *restrict z, const real *restrict g, real *const *slot)
{
    const adamw *o = (const adamw *)base;
    moments k = {.beta1 = o->beta1,
                 .beta2 = o->beta2,
                 .eps = o->eps,
                 .lr = lr,
                 .g_scale = g_scale,
                 .shrink = lr * wd,
                 .t = t};
    moments_step(&k, n, z, g, slot[0], slot[1]);
}

const optimiser_row optimiser_adamw = {
    .name = "adamw",
    .doc = "Adam whose weight decay does not pass through the moments",
    .source = "Loshchilov & Hutter 2019",
    .example = "adamw:lr=0.01,wd=.1",
    .revision = 1,
    .keys = keys,
    .size = sizeof(adamw),
    .slots = 2,
    .step = adamw_step,
    .lr_centre = 1e-3,
};
