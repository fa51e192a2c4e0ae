/* cartpole.c -- balance a pole by pushing its cart left or right with 10 N: OpenAI Gym's CartPole-v0.
 *
 * Reward 1 for each step, the last one too. An episode ends when the cart is more than 2.4 m off, the pole more
 * than 12 degrees from upright, or after the horizon: 200 steps is the largest return. Solved, by Gym: 195.
 * Source: Barto, Sutton and Anderson 1983 (dynamics: cart.h); Li et al. 2018, section 3.3. */
#include <math.h>

#include "data/cart.h"

typedef struct cartpole {
    task base;
    cart_options options;
} cartpole;

static const key keys[] = {CART_KEYS(cartpole, options, "640000", "200"), {0}};

static status cartpole_init(task *t)
{
    cart_task(t, &((const cartpole *)t)->options, 2);
    return OK;
}

static bool cartpole_step(const task *t, double *state, const real *outputs, double *reward)
{
    const double pi = 3.14159265358979323846;
    (void)t;
    cart_step(state, outputs[1] > outputs[0] ? 10 : -10);
    *reward = 1;
    return fabs(state[CART_X]) <= 2.4 && fabs(state[CART_A]) <= 12 * pi / 180;
}

static const idim_environment environment = {
    .n_state = CART_STATE,
    .choice = true,
    .trainer = "dqn",
    .reset = cart_reset,
    .observe = cart_observe,
    .step = cartpole_step,
};

const task_row task_cartpole = {
    .name = "cartpole",
    .doc = "balance a pole on a cart by pushes left and right",
    .source = "Barto, Sutton and Anderson 1983; OpenAI Gym's CartPole-v0",
    .example = "cartpole:n=400,episodes=4,horizon=30",
    .revision = 1,
    .keys = keys,
    .size = sizeof(cartpole),
    .init = cartpole_init,
    .environment = &environment,
};
