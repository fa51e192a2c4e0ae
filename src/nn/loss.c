/* loss.c -- the two losses of idim.h, with the score that goes with each.
 *
 *   softmax   -ln p_label, p = softmax(outputs);  d/d outputs = (p - onehot) / n;  score: share right
 *   squared   mean over outputs of (y - target)^2;  d/dy = 2 (y - target) / (k n);  score: exp(-loss)
 *             (the toy problem of Li et al. 2018, section 2: performance 1 is loss 0)
 *
 * Sums that are reported are double. A sample is right when its label's output is the largest; of equal
 * ones the first counts. */
#include <math.h>
#include <string.h>
#include <tgmath.h>

#include "base/status.h"

static double softmax_one(size_t k, const real *y, int32_t label, real *g, double over_n,
                          uint8_t *hit)
{
    size_t best = 0;
    double sum = 0;
    for (size_t j = 1; j < k; j++)
        if (y[j] > y[best])
            best = j;
    if (hit)
        *hit = best == (size_t)label && !isnan(y[label]);
    for (size_t j = 0; j < k; j++) {
        real e = exp(y[j] - y[best]);
        sum += (double)e;
        if (g)
            g[j] = e;
    }
    if (g) {
        real scale = (real)(over_n / sum);
        for (size_t j = 0; j < k; j++)
            g[j] *= scale;
        g[label] -= (real)over_n;
    }
    return log(sum) - ((double)y[label] - (double)y[best]);
}

static void softmax_eval(size_t n, size_t k, const real *outputs, const idim_batch *batch,
                         real *g_outputs, double *loss_sum, uint8_t *hits)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum +=
            softmax_one(k, outputs + i * k, batch->labels[i], g_outputs ? g_outputs + i * k : NULL,
                        1 / (double)n, hits ? hits + i : NULL);
    *loss_sum += sum;
}

static double softmax_score(double mean_loss, double share_of_hits)
{
    (void)mean_loss;
    return share_of_hits;
}

static void squared_eval(size_t n, size_t k, const real *outputs, const idim_batch *batch,
                         real *g_outputs, double *loss_sum, uint8_t *hits)
{
    double factor = 2 / ((double)k * (double)n);
    for (size_t i = 0; i < n; i++) {
        double sum = 0;
        for (size_t j = i * k; j < (i + 1) * k; j++) {
            double e = (double)outputs[j] - (double)batch->targets[j];
            sum += e * e;
            if (g_outputs)
                g_outputs[j] = (real)(factor * e);
        }
        *loss_sum += sum / (double)k;
        if (hits)
            hits[i] = 0; /* nothing is right or wrong here */
    }
}

static double squared_score(double mean_loss, double share_of_hits)
{
    (void)share_of_hits;
    return exp(-mean_loss);
}

const idim_loss_row idim_loss_softmax = {
    .name = "softmax",
    .metric = "accuracy",
    .worst = 0,
    .eval = softmax_eval,
    .score = softmax_score,
};
const idim_loss_row idim_loss_squared = {
    .name = "squared",
    .metric = "exp(-loss)",
    .worst = 0,
    .eval = squared_eval,
    .score = squared_score,
};
