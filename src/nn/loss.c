/* loss.c -- the losses of idim.h, with the score that goes with each.
 *
 *   softmax   -ln p_label, p = softmax(outputs);  d/d outputs = (p - onehot) / counted
 *             score: share right (softmax), F1 (f1), Matthews' correlation (matthews), or the mean loss
 *             itself in nats (tokens)
 *   squared   mean over outputs of (y - target)^2;  d/dy = 2 (y - target) / (k n);  score: exp(-loss)
 *             (the toy problem of Li et al. 2018, section 2: performance 1 is loss 0)
 *   return    of environments: the tally sums returns of episodes, the score is their mean; no gradient here
 *
 * Sums that are reported are double. A row is right when its label's output is the largest; of equal
 * ones the first counts. A row whose label is -1 is not counted: its gradient is 0. */
#include <math.h>
#include <string.h>
#include <tgmath.h>

#include "linalg/exp.h"

static double softmax_one(size_t k, const real *y, int32_t label, real *g, double over_n,
                          bool *right)
{
    size_t best = 0;
    double sum = 0;
    for (size_t j = 1; j < k; j++)
        if (y[j] > y[best])
            best = j;
    *right = best == (size_t)label && !isnan(y[label]);
    /* g may be y: what is read again is read first */
    real top = y[best];
    double loss = (double)top - (double)y[label];
    for (size_t j = 0; j < k; j++) {
        real e = exp(y[j] - top);
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
    return log(sum) + loss;
}

/* The same for a vocabulary: largest, exponentials and sums (in LANES parts) by vectors. */
static double tokens_one(size_t k, const real *y, int32_t label, real *g, double over_n,
                         bool *right)
{
    enum { SOME = 512 };
    real top = vec_max(y, k), some[SOME];
    double loss = (double)top - (double)y[label], parts[LANES] = {0}, sum = 0;
    *right = y[label] >= top;
    for (size_t j = 0; *right && j < (size_t)label; j++)
        *right = y[j] < top; /* of equal ones the first counts */
    for (size_t first = 0; first < k; first += SOME) {
        size_t n = k - first < SOME ? k - first : SOME, i = 0;
        real *e = g ? g + first : some;
        for (size_t j = 0; j < n; j++)
            e[j] = real_exp(y[first + j] - top);
        for (; i + LANES <= n; i += LANES)
            for (size_t l = 0; l < LANES; l++)
                parts[l] += (double)e[i + l];
        for (size_t l = 0; i + l < n; l++)
            parts[l] += (double)e[i + l];
    }
    for (size_t l = 0; l < LANES; l++)
        sum += parts[l];
    if (g) {
        real scale = (real)(over_n / sum);
        for (size_t j = 0; j < k; j++)
            g[j] *= scale;
        g[label] -= (real)over_n;
    }
    return log(sum) + loss;
}

/* Rows one by one, by one of the two above. */
VEC_INLINE void rows_eval(bool tokens, const idim_batch *batch, size_t first, size_t n, size_t k,
                          const real *outputs, real *g_outputs, idim_tally *tally, uint8_t *hits)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        int32_t label = batch->labels[first + i];
        const real *y = outputs + i * k;
        real *g = g_outputs ? g_outputs + i * k : NULL;
        double over_n = 1 / (double)batch->counted;
        bool right = false;
        if (label < 0) {
            if (g)
                memset(g, 0, k * sizeof *g);
        } else {
            sum += tokens ? tokens_one(k, y, label, g, over_n, &right)
                          : softmax_one(k, y, label, g, over_n, &right);
            tally->n++;
            tally->hits += right;
            tally->n_positive += label == 1;
            tally->hits_positive += label == 1 && right;
        }
        if (hits)
            hits[i] = right;
    }
    tally->loss += sum;
}

static void softmax_eval(const idim_batch *batch, size_t first, size_t n, size_t k,
                         const real *outputs, real *g_outputs, idim_tally *tally, uint8_t *hits)
{
    rows_eval(false, batch, first, n, k, outputs, g_outputs, tally, hits);
}

static void tokens_eval(const idim_batch *batch, size_t first, size_t n, size_t k,
                        const real *outputs, real *g_outputs, idim_tally *tally, uint8_t *hits)
{
    rows_eval(true, batch, first, n, k, outputs, g_outputs, tally, hits);
}

static double accuracy_score(const idim_tally *t)
{
    return (double)t->hits / (double)t->n;
}

/* 2 tp / (2 tp + fp + fn); wrong rows are fp or fn, so the denominator is 2 tp + wrong. */
static double f1_score(const idim_tally *t)
{
    double twice = 2 * (double)t->hits_positive, wrong = (double)(t->n - t->hits);
    return twice + wrong > 0 ? twice / (twice + wrong) : 0;
}

/* (tp tn - fp fn) / sqrt((tp + fp)(tp + fn)(tn + fp)(tn + fn)); 0 where a factor is 0. */
static double matthews_score(const idim_tally *t)
{
    double tp = (double)t->hits_positive, fn = (double)t->n_positive - tp;
    double tn = (double)t->hits - tp, fp = (double)(t->n - t->n_positive) - tn;
    double under = (tp + fp) * (tp + fn) * (tn + fp) * (tn + fn);
    return under > 0 ? (tp * tn - fp * fn) / sqrt(under) : 0;
}

static double mean_score(const idim_tally *t)
{
    return t->loss / (double)t->n;
}

static void squared_eval(const idim_batch *batch, size_t first, size_t n, size_t k,
                         const real *outputs, real *g_outputs, idim_tally *tally, uint8_t *hits)
{
    double factor = 2 / ((double)k * (double)batch->counted);
    const real *targets = batch->targets + first * k;
    for (size_t i = 0; i < n; i++) {
        double sum = 0;
        for (size_t j = i * k; j < (i + 1) * k; j++) {
            double e = (double)outputs[j] - (double)targets[j];
            sum += e * e;
            if (g_outputs)
                g_outputs[j] = (real)(factor * e);
        }
        tally->loss += sum / (double)k;
        if (hits)
            hits[i] = 0; /* nothing is right or wrong here */
    }
    tally->n += n;
}

static double squared_score(const idim_tally *t)
{
    return exp(-t->loss / (double)t->n);
}

const idim_loss_row idim_loss_softmax = {
    .name = "softmax",
    .metric = "accuracy",
    .worst = 0,
    .eval = softmax_eval,
    .score = accuracy_score,
};
const idim_loss_row idim_loss_f1 = {
    .name = "f1",
    .metric = "f1",
    .worst = 0,
    .eval = softmax_eval,
    .score = f1_score,
};
const idim_loss_row idim_loss_matthews = {
    .name = "matthews",
    .metric = "matthews",
    .worst = -1,
    .eval = softmax_eval,
    .score = matthews_score,
};
const idim_loss_row idim_loss_tokens = {
    .name = "tokens",
    .metric = "nats",
    .lower_is_better = true,
    .worst = 1e3, /* far above the ln V of any vocabulary */
    .eval = tokens_eval,
    .score = mean_score,
};
const idim_loss_row idim_loss_squared = {
    .name = "squared",
    .metric = "exp(-loss)",
    .worst = 0,
    .eval = squared_eval,
    .score = squared_score,
};
const idim_loss_row idim_loss_return = {
    .name = "return",
    .metric = "return",
    .worst = 0,
    .score = mean_score,
};
