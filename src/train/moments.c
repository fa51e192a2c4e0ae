/* moments.c -- see moments.h. One pass over z, g, m, v; the compiler vectorises it whole. */
#include <math.h>

#include "train/moments.h"

static inline real moments_root(real x)
{
    return sizeof(real) == sizeof(float) ? (real)sqrtf((float)x) : (real)sqrt((double)x);
}

void moments_step(const moments *k, size_t n, real *restrict z, const real *restrict g,
                  real *restrict m, real *restrict v)
{
    /* m_hat / (sqrt(v_hat) + eps) = step m / (sqrt(v) + eps_t), with both corrections moved into
     * two scalars, so that one square root and one division a number remain. */
    double root2 = sqrt(1 - pow(k->beta2, (double)k->t));
    real step = (real)(k->lr * root2 / (1 - pow(k->beta1, (double)k->t)));
    real eps = (real)(k->eps * root2);
    real beta1 = (real)k->beta1, rest1 = (real)(1 - k->beta1);
    real beta2 = (real)k->beta2, rest2 = (real)(1 - k->beta2);
    real scale = (real)k->g_scale, decay = (real)k->wd_gradient, keep = (real)(1 - k->shrink);

    for (size_t i = 0; i < n; i++) {
        real gi = scale * g[i] + decay * z[i];
        real mi = beta1 * m[i] + rest1 * gi;
        real vi = beta2 * v[i] + rest2 * gi * gi;
        m[i] = mi;
        v[i] = vi;
        z[i] = keep * z[i] - step * mi / (moments_root(vi) + eps);
    }
}
