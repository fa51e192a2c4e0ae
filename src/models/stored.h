/* stored.h -- weights at step 0, one tensor after another, some of them in bf16: half the memory of what nothing
 * trains. */
#ifndef MODELS_STORED_H
#define MODELS_STORED_H

#include "models/model.h"

typedef struct stored {
    layout layout; /* the model's, but for offsets: those in theta, or LAYOUT_ELSEWHERE */
    real *theta;   /* (layout.n) tensors in float */
    slot *slots;   /* (n_tensors) where each one is: what a view of step 0 has */
    tensor *tensors;
    uint16_t *halves;
} stored;

/* reals (n_tensors): which ones stay in float. Cleared by stored_clear, which accepts what a failure left. */
status stored_init(stored *s, const layout *l, const bool *reals);
void stored_put(stored *s, size_t k,
                const real *values); /* of tensor k, rounded where it is in bf16 */
void stored_clear(stored *s);

/* ||theta - theta0|| over what a view has now and had at step 0, without forming all of it. work:
 * stored_distance_work reals. */
double stored_distance(const view *now, const slot *then, real *work);
size_t stored_distance_work(const view *now);

#endif
