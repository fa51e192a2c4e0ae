/* pendulum.c -- keep a pole upright on a cart by a force that the network sets.
 *
 * F = 10 times the output, within +-10 N. Reward 1 for each step; an episode ends when the pole is more than .2
 * rad from upright or after the horizon: 1,000 steps is the largest return. The reward and the angle are those of
 * Gym's InvertedPendulum (Li et al. 2018, section 3.3), the dynamics are ours (cart.h, no MuJoCo): returns are not
 * to be compared with published ones. */
#include <math.h>

#include "data/cart.h"

typedef struct pendulum {
    task base;
    cart_options options;
} pendulum;

static const key keys[] = {CART_KEYS(pendulum, options, "640", "1000"), {0}};

static status pendulum_init(task *t)
{
    cart_task(t, &((const pendulum *)t)->options, 1);
    return OK;
}

static bool pendulum_step(const task *t, double *state, const real *outputs, double *reward)
{
    (void)t;
    cart_step(state, 10 * fmin(1, fmax(-1, (double)outputs[0])));
    *reward = 1;
    return fabs(state[CART_A]) <= .2;
}

static const idim_environment environment = {
    .n_state = CART_STATE,
    .trainer = "es",
    .reset = cart_reset,
    .observe = cart_observe,
    .step = pendulum_step,
};

const task_row task_pendulum = {
    .name = "pendulum",
    .doc = "keep a pole upright on a cart by a force",
    .source = "Li et al. 2018, section 3.3; own dynamics",
    .example = "pendulum:n=20,episodes=4,horizon=30",
    .revision = 1,
    .keys = keys,
    .size = sizeof(pendulum),
    .init = pendulum_init,
    .environment = &environment,
};
