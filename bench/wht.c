/* wht.c -- the Walsh-Hadamard transform beside memcpy of the same vector; on two threads beside one. */
#include <string.h>

#include "base/mem.h"
#include "base/pool.h"
#include "bench/wht.h"

static void copy(void *context)
{
    vector *v = context;
    memcpy(v->y, v->x, sizeof(real) << v->log2n);
}

int main(void)
{
    pool *two = NULL;
    if (pool_new(&two, 2))
        return 1;
    for (unsigned log2n = 10; log2n <= 24; log2n += 2) {
        char what[48];
        vector v;
        if (vector_open(&v, log2n))
            return 1;
        snprintf(what, sizeof what, "2^%u floats", log2n);
        bench_row r = {.name = "wht",
                       .what = what,
                       .amount = vector_sums(log2n),
                       .unit = "Gadd/s",
                       .yardstick = "memcpy"};
        bench_pair(r, bench_alone(vector_wht, &v), bench_alone(copy, &v));
        if (log2n >= 20) {
            vector both = v;
            both.pool = two;
            snprintf(what, sizeof what, "2^%u floats on 2 threads", log2n);
            r.yardstick = "1 thread";
            bench_pair(r, bench_waiting(vector_wht, &both), bench_alone(vector_wht, &v));
        }
        vector_close(&v);
    }
    pool_free(two);
    return 0;
}
