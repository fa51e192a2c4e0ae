/* sgd.c -- stochastic gradient descent with momentum and Nesterov's look ahead.
 *
 *   g <- g_scale g + wd z        u <- mu u + g        z <- z - lr u            (momentum)
 *                                                     z <- z - lr (g + mu u)   (Nesterov)
 * Source: Sutskever et al. 2013, in the form that deep-learning libraries share (the rate stands
 * outside the velocity). */
#include "train/optimiser.h"

typedef struct sgd {
    optimiser base;
    double momentum;
    bool nesterov;
} sgd;

static const key keys[] = {
    KEY("lr", sgd, base.lr, ".1", 0, 1e6, "", "learning rate"),
    KEY("momentum", sgd, momentum, ".9", 0, .999999, "", "memory of the velocity; 0: plain"),
    KEY("nesterov", sgd, nesterov, "no", 0, 0, "", "look one step ahead"),
    KEY("wd", sgd, base.wd, "0", 0, 1e3, "", "weight decay of z, added to the gradient"),
    {0},
};

static void sgd_step(const optimiser *base, size_t t, double lr_, double wd, double g_scale,
                     size_t n, real *restrict z, const real *restrict g, real *const *slot)
{
    const sgd *o = (const sgd *)base;
    real lr = (real)lr_, decay = (real)wd, scale = (real)g_scale, mu = (real)o->momentum;
    real *restrict u = slot[0];
    (void)t;
    if (o->nesterov) {
        for (size_t i = 0; i < n; i++) {
            real gi = scale * g[i] + decay * z[i];
            u[i] = mu * u[i] + gi;
            z[i] -= lr * (gi + mu * u[i]);
        }
    } else {
        for (size_t i = 0; i < n; i++) {
            u[i] = mu * u[i] + (scale * g[i] + decay * z[i]);
            z[i] -= lr * u[i];
        }
    }
}

const optimiser_row optimiser_sgd = {
    .name = "sgd",
    .doc = "gradient descent with momentum",
    .source = "Sutskever et al. 2013",
    .example = "sgd:lr=.05,momentum=.8,nesterov=yes,wd=.1",
    .revision = 1,
    .keys = keys,
    .size = sizeof(sgd),
    .slots = 1,
    .step = sgd_step,
    .lr_centre = .03,
    .lr_linear = true,
};
