/* full.c -- every selected weight is trained itself.
 *
 *   theta = z        z0 = theta0        g_z = g_theta
 *
 * z and g_z are what the view points at: nothing is copied and no second vector of weights is held,
 * and weight decay of z is everyone's weight decay, towards zero. z's layout is the selection's, so
 * biases and norms (decay false) are left out of it.
 * With a block of rows among the targets the weights are formed, as other spaces do it.
 * Cost: nothing beyond z, g_z and the optimiser's numbers. */
#include <string.h>

#include "spaces/space.h"

typedef struct full {
    space base;
    tensor *tensors; /* of zlayout */
} full;

static status full_init(space *base)
{
    full *s = (full *)base;
    size_t count = base->layout->n_tensors;
    s->tensors = mem_copy(base->layout->tensors, count, sizeof *s->tensors);
    if (!s->tensors)
        return ERR_MEMORY;
    for (size_t k = 0; k < count; k++) {
        s->tensors[k].outside = false; /* of the model; in fastfood@full it is as trained as any */
        base->lifted = base->lifted || !space_whole(base, k); /* z holds some rows alone */
    }
    base->d = base->n;
    base->zlayout = (layout){.tensors = s->tensors, .n_tensors = count, .n = base->n};
    base->z0 = base->theta0;
    return OK;
}

static void full_clear(space *base)
{
    mem_free(((full *)base)->tensors);
}

static void full_lift(const space *base, space_mem *mem, const real *restrict z,
                      real *restrict theta)
{
    (void)mem;
    memcpy(theta, z, base->n * sizeof *theta);
}

static void full_pull(const space *base, space_mem *mem, const real *restrict z,
                      const real *restrict g_theta, real *restrict g_z)
{
    (void)mem;
    (void)z;
    memcpy(g_z, g_theta, base->n * sizeof *g_z);
}

static void full_bind(const space *base, space_mem *mem, const real *z, real *g_z, view *v)
{
    (void)mem;
    memset(g_z, 0, base->n * sizeof *g_z);
    for (size_t k = 0; k < base->layout->n_tensors; k++)
        v->slots[base->selected[k]] = (slot){.value = z + base->layout->tensors[k].offset,
                                             .grad = g_z + base->layout->tensors[k].offset,
                                             .storage = IDIM_STORED_REAL,
                                             .scale = 1};
}

const space_ops space_full = {
    .name = "full",
    .doc = "every selected weight is trained: the baseline; with targets, a part of the model",
    .source = "ordinary training",
    .example = "full",
    .revision = 1,
    .size = sizeof(full),
    .cost =
        "no memory and no time of its own; z, its gradient and the optimiser have D numbers each",
    .regenerable = true,
    .init = full_init,
    .clear = full_clear,
    .lift = full_lift,
    .pull = full_pull,
    .bind = full_bind,
};
