/* spectra.c -- singular values of updates: of rank 8 from their factors; the 64 largest of a 4096 x 4096 difference
 * beside all of it by LAPACK, which takes half a minute and is run with FULL_SVD=1 alone. */
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "bench/bench.h"
#include "linalg/linalg.h"
#include "linalg/randomized.h"
#include "linalg/svd.h"
#include "measure/spectrum.h"

enum { SIDE = 4096, RANK = 8, VALUES = 64, SIGNAL = 200, TIMES = 3 };

typedef struct update {
    real *A, *B; /* (RANK, SIDE), (SIDE, RANK) */
    double sigma[RANK];
    status st;
} update;

static void from_factors(void *context)
{
    update *u = context;
    u->st = spectrum_factors(SIDE, SIDE, RANK, 2, u->A, u->B, NULL, u->sigma, NULL);
}

/* Values 1, 1/2, 1/3, ... of SIGNAL directions, and noise as rounding leaves it. */
static status difference(real *W)
{
    stream s = stream_make(1, "bench"), l = stream_named(&s, "U"), r = stream_named(&s, "V");
    real *U = mem_raw((size_t)SIDE * SIGNAL, sizeof *U),
         *V = mem_raw((size_t)SIDE * SIGNAL, sizeof *V);
    status st = U && V ? OK : ERR_MEMORY;
    if (!st) {
        rng_normals(&s, 0, (size_t)SIDE * SIDE, W);
        rng_normals(&l, 0, (size_t)SIDE * SIGNAL, U);
        rng_normals(&r, 0, (size_t)SIDE * SIGNAL, V);
        st = qr_thin(SIDE, SIGNAL, U, SIGNAL, U, NULL);
    }
    if (!st && !(st = qr_thin(SIDE, SIGNAL, V, SIGNAL, V, NULL))) {
        for (size_t i = 0; i < (size_t)SIDE * SIGNAL; i++)
            U[i] /= (real)(1 + i % SIGNAL);
        mat_gemm(false, true, SIDE, SIDE, SIGNAL, 1, U, SIGNAL, V, SIGNAL, (real)1e-5, W, SIDE);
    }
    mem_free(U);
    mem_free(V);
    return st;
}

static status largest(void)
{
    const randomized how = {VALUES, 1e-3, 0, stream_make(2, "bench")};
    randomized_done done = {0};
    real *W = mem_raw((size_t)SIDE * SIDE, sizeof *W), *all = mem_raw(SIDE, sizeof *all);
    real *U = mem_raw((size_t)SIDE * VALUES, sizeof *U),
         *Vt = mem_raw((size_t)SIDE * VALUES, sizeof *Vt);
    real s[VALUES];
    double bound[VALUES], seconds[TIMES], full = 0, most = 0, off = 0;
    char what[96];
    status st = W && all && U && Vt ? difference(W) : ERR_MEMORY;
    for (size_t t = 0; t < TIMES && !st; t++) {
        double start = os_cpu_seconds(); /* of this thread's work: others may be about */
        st = svd_randomized(SIDE, SIDE, W, SIDE, &how, U, s, Vt, bound, &done);
        seconds[t] = os_cpu_seconds() - start;
    }
    if (!st && getenv("FULL_SVD")) {
        real *left = mem_raw((size_t)SIDE * SIDE, sizeof *left),
             *right = mem_raw((size_t)SIDE * SIDE, sizeof *right);
        double start = os_cpu_seconds();
        st = left && right ? svd_thin(SIDE, SIDE, W, SIDE, left, all, right) : ERR_MEMORY;
        full = os_cpu_seconds() - start;
        for (size_t i = 0; i < VALUES && !st; i++)
            off = fmax(off, fabs((double)(s[i] - all[i])) / (double)all[0]);
        mem_free(left);
        mem_free(right);
    }
    for (size_t i = 0; i < VALUES && !st; i++)
        most = fmax(most, bound[i] / (double)s[0]);
    if (!st) {
        snprintf(what, sizeof what,
                 "64 of 4096 x 4096 with vectors; %zu products; certified to %.1e%s", done.passes,
                 most, full > 0 ? (off < most ? " and so they are" : " and NOT so") : "");
        bench_print((bench_row){.name = "svd largest",
                                .what = what,
                                .seconds = bench_median(seconds, TIMES),
                                .yardstick = full > 0 ? "all by LAPACK" : NULL,
                                .yardstick_seconds = full,
                                .asked = "0.02"});
    }
    mem_free(W);
    mem_free(all);
    mem_free(U);
    mem_free(Vt);
    return st;
}

int main(void)
{
    update u = {mem_raw((size_t)RANK * SIDE, sizeof(real)),
                mem_raw((size_t)RANK * SIDE, sizeof(real)),
                {0},
                OK};
    stream s = stream_make(1, "A"), b = stream_make(1, "B");
    double seconds;
    if (!u.A || !u.B || idim_start())
        return 1;
    rng_normals(&s, 0, (size_t)RANK * SIDE, u.A);
    rng_normals(&b, 0, (size_t)RANK * SIDE, u.B);
    bench_side side = bench_alone(from_factors, &u);
    bench_turns(1, &side, BENCH_TURNS, &seconds);
    bench_print((bench_row){.name = "spectrum",
                            .what = "rank 8 of 4096 x 4096 from its factors",
                            .seconds = seconds,
                            .asked = "1000 us"});
    mem_free(u.A);
    mem_free(u.B);
    return u.st || largest() ? 1 : 0;
}
