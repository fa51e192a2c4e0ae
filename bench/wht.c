/* wht.c -- the Walsh-Hadamard transform beside memcpy of the same vector; with FFHT=PATH of a shared
 * object that has fht_float (FALCONN's FFHT) beside that. */
#include <dlfcn.h>
#include <string.h>

#include "base/mem.h"
#include "bench/bench.h"
#include "linalg/wht.h"

typedef int fht(float *x, int log2n);

typedef struct vector {
    real *x, *y;
    unsigned log2n;
    fht *peer;
} vector;

/* Twice and divided would change what is timed: the vector grows, and is made small again now and then. */
static void ours(void *context)
{
    vector *v = context;
    v->x[0] = 1e-3f;
    wht(v->x, v->log2n, NULL);
}

static void copy(void *context)
{
    vector *v = context;
    memcpy(v->y, v->x, sizeof(real) << v->log2n);
}

static void peer(void *context)
{
    vector *v = context;
    v->y[0] = 1e-3f;
    v->peer((float *)v->y, (int)v->log2n);
}

int main(void)
{
    const char *path = getenv("FFHT");
    void *library = path && *path ? dlopen(path, RTLD_NOW) : NULL;
    fht *there = NULL;
    void *symbol = library ? dlsym(library, "fht_float") : NULL;
    if (symbol)
        memcpy(&there, &symbol, sizeof there);
    for (unsigned log2n = 10; log2n <= 24; log2n += 2) {
        char what[32];
        vector v = {mem_array(sizeof(real) << log2n, 1), mem_array(sizeof(real) << log2n, 1), log2n,
                    there};
        if (!v.x || !v.y)
            return 1;
        snprintf(what, sizeof what, "2^%u floats", log2n);
        bench_pair("wht", what, ours, &v, "memcpy", copy, &v);
        if (there)
            bench_pair("wht", what, ours, &v, "FFHT", peer, &v);
        mem_free(v.x);
        mem_free(v.y);
    }
    return 0;
}
