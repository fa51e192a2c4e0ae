/* nola.c -- every tensor is a sum of random ones with trained coefficients, drawn anew at each step.
 *
 *   theta_k = theta0_k + sum_j z_kj U_kj / sqrt(d_k)      U_kj uniform in +-1, j < d_k, sum of d_k = d
 *   g_z_kj  = <g_theta_k, U_kj> / sqrt(d_k)
 *
 * d is shared out evenly over the tensors; the first ones have one more where it does not go into them.
 * NOLA is this space of a LoRA's factors: nola:d=4096@lora:r=16, as LoRA's own A is kept at step 0
 * and the sum comes on top of it. The released code does the same (its lora_A has a frozen
 * Kaiming weight beside the sum); the paper's A = sum a_i A_i with a = 0 and b = 0 would never
 * move. The code's path in chunks reads variables that it does not define; its other one is this.
 * Nothing is stored: U_kj comes from the stream of (tensor, j) in lift and again in pull.
 * Source: Koohpayegani et al., arXiv 2310.02556; UCDvision/NOLA gpt/src/model_nola.py.
 * Cost: d n / tensors numbers drawn a call, of n weights; no memory. */
#include <math.h>
#include <string.h>

#include "linalg/linalg.h"
#include "spaces/space.h"

enum { CHUNK = 4096 }; /* numbers drawn at a time: they stay in the first cache */

typedef struct nola {
    space base;
} nola;

static const key keys[] = {
    KEY("d", nola, base.d, NULL, 1, UINT32_MAX, "numbers", "coefficients in all"),
    {0},
};

/* Coefficients before tensor k. */
static size_t nola_begin(const space *s, size_t k)
{
    size_t count = s->layout->n_tensors, more = s->d % count;
    return k * (s->d / count) + (k < more ? k : more);
}

static status nola_init(space *base)
{
    status st = space_check_d(base);
    if (!st && base->d < base->layout->n_tensors)
        st = error_set(ERR_USAGE,
                       "nola: d=%zu leaves some of its %zu tensors without a coefficient; raise d, "
                       "or select fewer tensors by targets=",
                       base->d, base->layout->n_tensors);
    base->work_bytes = CHUNK * sizeof(real);
    return st;
}

/* Draws numbers first .. first + n of U_kj / sqrt(d_k). */
static void nola_draw(const stream *s, size_t first, size_t n, double reach, real *U)
{
    rng_uniforms(s, first, n, U);
    for (size_t i = 0; i < n; i++)
        U[i] = (real)((2 * (double)U[i] - 1) * reach);
}

static void nola_lift(const space *base, space_mem *mem, const real *restrict z,
                      real *restrict theta)
{
    real *U = mem->work;
    memcpy(theta, base->theta0, base->n * sizeof *theta);
    for (size_t k = 0; k < base->layout->n_tensors; k++) {
        const tensor *t = &base->layout->tensors[k];
        stream own = stream_sub(&base->stream, k);
        size_t begin = nola_begin(base, k), end = nola_begin(base, k + 1);
        double reach = 1 / sqrt((double)(end - begin));
        for (size_t j = begin; j < end; j++) {
            stream one = stream_sub(&own, j - begin);
            for (size_t at = 0; at < t->n; at += CHUNK) {
                size_t n = t->n - at < CHUNK ? t->n - at : CHUNK;
                nola_draw(&one, at, n, reach, U);
                for (size_t i = 0; i < n; i++)
                    theta[t->offset + at + i] += z[j] * U[i];
            }
        }
    }
}

static void nola_pull(const space *base, space_mem *mem, const real *restrict z,
                      const real *restrict g_theta, real *restrict g_z)
{
    real *U = mem->work;
    (void)z; /* the map is linear */
    for (size_t k = 0; k < base->layout->n_tensors; k++) {
        const tensor *t = &base->layout->tensors[k];
        stream own = stream_sub(&base->stream, k);
        size_t begin = nola_begin(base, k), end = nola_begin(base, k + 1);
        double reach = 1 / sqrt((double)(end - begin));
        for (size_t j = begin; j < end; j++) {
            stream one = stream_sub(&own, j - begin);
            double sum = 0;
            for (size_t at = 0; at < t->n; at += CHUNK) {
                size_t n = t->n - at < CHUNK ? t->n - at : CHUNK;
                nola_draw(&one, at, n, reach, U);
                sum += vec_dot(g_theta + t->offset + at, U, n);
            }
            g_z[j] = (real)sum;
        }
    }
}

const space_ops space_nola = {
    .name = "nola",
    .doc =
        "sums of random tensors drawn anew each step, of a LoRA's factors by nola:d=4096@lora:r=16",
    .source = "Koohpayegani et al., arXiv 2310.02556",
    .example = "nola:d=9@lora:r=2",
    .revision = 1,
    .keys = keys,
    .size = sizeof(nola),
    .cost = "no memory; d n / tensors random numbers a call",
    .regenerable = true,
    .init = nola_init,
    .lift = nola_lift,
    .pull = nola_pull,
};
