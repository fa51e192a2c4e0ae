/* cart.c -- see cart.h. */
#include <math.h>

#include "data/cart.h"

void cart_task(task *t, const cart_options *o, size_t n_outputs)
{
    t->loss = &idim_loss_return;
    t->n_features = t->shape[0] = CART_STATE;
    t->shape[1] = t->shape[2] = 1;
    t->n_outputs = n_outputs;
    t->horizon = o->horizon;
    t->episodes = stream_make(o->seed, "episodes");
    t->splits[IDIM_SPLIT_TRAIN].n = o->n;
    t->splits[IDIM_SPLIT_VAL].n = t->splits[IDIM_SPLIT_TEST].n = o->episodes;
}

void cart_reset(const task *t, const stream *s, double *state)
{
    (void)t;
    for (size_t i = 0; i < CART_STATE; i++)
        state[i] = .1 * (rng_uniform(s, i) - .5);
}

void cart_observe(const task *t, const double *state, real *x)
{
    (void)t;
    for (size_t i = 0; i < CART_STATE; i++)
        x[i] = (real)state[i];
}

void cart_step(double *state, double force)
{
    const double g = 9.8, cart = 1, pole = .1, half = .5, tau = .02, both = cart + pole;
    double v = state[CART_V], w = state[CART_W];
    double s = sin(state[CART_A]), c = cos(state[CART_A]);
    double t = (force + pole * half * w * w * s) / both;
    double dw = (g * s - t * c) / (half * (4. / 3 - pole * c * c / both));
    double dv = t - pole * half * dw * c / both;
    state[CART_X] += tau * v;
    state[CART_V] += tau * dv;
    state[CART_A] += tau * w;
    state[CART_W] += tau * dw;
}
