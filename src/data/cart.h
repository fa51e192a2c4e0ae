/* cart.h -- a pole on a cart that runs on rails: the dynamics that two environments share.
 *
 *   t = (F + m l w^2 sin a) / (M + m)
 *   dw/dt = (g sin a - t cos a) / (l (4/3 - m cos^2 a / (M + m)))        dv/dt = t - m l dw/dt cos a / (M + m)
 *
 * x, v: place (m) and speed of the cart; a, w: angle of the pole from upright (rad) and its speed; F: force (N).
 * g = 9.8, M = 1, m = .1, l = .5 (half the pole); Euler steps of .02 s, places before speeds, as OpenAI Gym's
 * CartPole. Source: Barto, Sutton and Anderson 1983. */
#ifndef DATA_CART_H
#define DATA_CART_H

#include "data/data.h"

enum { CART_X, CART_V, CART_A, CART_W, CART_STATE };

typedef struct cart_options { /* first member of both kinds is the task, the next is this */
    size_t n, episodes, horizon, seed;
} cart_options;
#define CART_KEYS(struct_, field_, n_, horizon_)                                                   \
    KEY("n", struct_, field_.n, n_, 1, 1e9, "",                                                    \
        "length of an epoch: transitions that are learnt from (dqn), episodes (es)"),              \
        KEY("episodes", struct_, field_.episodes, "100", 1, 1e6, "episodes",                       \
            "of validation, and as many of the test"),                                             \
        KEY("horizon", struct_, field_.horizon, horizon_, 1, 1e6, "steps",                         \
            "of an episode at most"),                                                              \
        KEY("seed", struct_, field_.seed, "0", 0, 1e15, "", "of validation and test episodes")

/* Fills the task: four inputs, so many outputs. */
void cart_task(task *t, const cart_options *o, size_t n_outputs);

/* A state of four numbers, each uniform on (-.05, .05). */
void cart_reset(const task *t, const stream *s, double *state);
void cart_observe(const task *t, const double *state, real *x);
void cart_step(double *state, double force);

#endif
