/* projection.h -- the fastfood map of a space's weights, one for all or one a tensor: what fastfood and said
 * share. See fastfood.c for what per=tensor means. */
#ifndef SPACES_PROJECTION_H
#define SPACES_PROJECTION_H

#include "linalg/fastfood.h"
#include "spaces/space.h"

typedef enum projection_per { PER_WHOLE, PER_TENSOR } projection_per;

typedef struct projection {
    size_t d;       /* numbers of z */
    fastfood *maps; /* (count) */
    size_t *d_of;   /* (count) numbers of z that the map sees */
    size_t *offset; /* (count) its first weight */
    size_t count;
    size_t work_bytes; /* for lift and pull */
} projection;

/* For init: draws from s->stream, after space_needs for its bytes and `more` beside. {0} is empty. ERR_USAGE:
 * a d that even the largest tensor would crop. */
status projection_init(projection *p, space *s, size_t d, projection_per per, fastfood_form form,
                       fastfood_gauss gauss, double more);
void projection_clear(projection *p);

/* theta = theta0 + M z (theta0 NULL: zeros); g_z = M^T g_theta. Overwritten. */
void projection_lift(const projection *p, const real *z, const real *theta0, real *theta,
                     void *work);
void projection_pull(const projection *p, const real *g_theta, real *g_z, void *work);

#endif
