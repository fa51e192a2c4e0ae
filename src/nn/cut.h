/* cut.h -- cuts work space into arrays of reals, each on a cache line of its own. With base NULL nothing
 * is handed out and `at` says how much there must be. */
#ifndef NN_CUT_H
#define NN_CUT_H

#include "base/status.h"

typedef struct cutter {
    real *base;
    size_t at; /* reals that are cut off */
} cutter;

static inline real *cut(cutter *c, size_t reals)
{
    size_t line = 64 / sizeof(real);
    real *p = c->base ? c->base + c->at : NULL;
    c->at += (reals + line - 1) / line * line;
    return p;
}

#endif
