/* pool.h -- a run's own threads. Work is cut by shape and never by the number of threads: pool_run
 * calls part(context, i) for every i < parts, on any thread, in any order; what the parts compute
 * must not depend on which thread ran them. */
#ifndef BASE_POOL_H
#define BASE_POOL_H

#include "base/status.h"

typedef idim_pool pool;
typedef void pool_part(void *context, size_t i);

status pool_new(pool **p, size_t threads); /* threads >= 1; 1 makes none and runs in place */
void pool_free(pool *p);
size_t pool_threads(const pool *p);
/* Returns when all parts are done. p = NULL: in place, in order. */
void pool_run(pool *p, pool_part *part, void *context, size_t parts);

#endif
