/* marchenko.c -- see marchenko.h. With x = 1 + beta + 2 sqrt(beta) cos(angle) the density becomes
 * 2 sin^2(angle) / (pi x), smooth also where it ends, so that the midpoint rule does. */
#include <math.h>

#include "measure/marchenko.h"

/* 20000: quantiles good to 1e-7 of the edge, also at beta = 1 */
enum { STEPS = 20000 };

typedef struct law {
    double beta, angle, mass; /* of x above; x falls as the angle grows from 0 */
} law;

static double law_x(const law *l, double angle)
{
    return 1 + l->beta + 2 * sqrt(l->beta) * cos(angle);
}

/* The angle with so much of the mass above it; shares must come rising. */
static double law_at(law *l, double share)
{
    const double pi = acos(-1), step = pi / STEPS;
    while (l->angle < pi) {
        double s = sin(l->angle + step / 2);
        double more = step * 2 * s * s / (pi * law_x(l, l->angle + step / 2));
        if (l->mass + more >= share)
            return l->angle + step * (share - l->mass) / more;
        l->mass += more;
        l->angle += step;
    }
    return pi;
}

static law law_of(size_t m, size_t n, double *N)
{
    *N = (double)(m > n ? m : n);
    return (law){.beta = (double)(m < n ? m : n) / *N};
}

double marchenko_edge(size_t m, size_t n, double t)
{
    return t * (sqrt((double)m) + sqrt((double)n));
}

void marchenko_curve(size_t m, size_t n, double t, double *sigma)
{
    double N;
    law l = law_of(m, n, &N);
    size_t k = m < n ? m : n;
    for (size_t i = 0; i < k; i++)
        sigma[i] = t * sqrt(N * fmax(0, law_x(&l, law_at(&l, ((double)i + .5) / (double)k))));
}

double marchenko_noise(size_t m, size_t n, double median)
{
    double N;
    law l = law_of(m, n, &N);
    return median / sqrt(N * law_x(&l, law_at(&l, .5)));
}
