/* bound.c -- see bound.h. */
#include <math.h>

#include "measure/bound.h"

#define COLUMN(...) D90_COLUMN(bound_row, __VA_ARGS__)

const d90_column bound_columns[] = {
    COLUMN("d", D90_COUNT, d, "numbers", "trained"),
    COLUMN("bits", D90_NUMBER, bits, "bits", "of a number; empty: the length was given"),
    COLUMN("length", D90_NUMBER, length, "bits", "of the code of all numbers"),
    COLUMN("extra", D90_NUMBER, extra, "bits", "of what else was chosen"),
    COLUMN("train_error", D90_NUMBER, train_error, "share", "of the network as it is coded"),
    COLUMN("samples", D90_COUNT, samples, "samples", "that it was trained on"),
    COLUMN("delta", D90_NUMBER, delta, "", "the bounds hold but for this share of draws"),
    COLUMN("complexity", D90_NUMBER, complexity, "nats", "(ln 1/prior + ln 1/delta) / samples"),
    COLUMN("rate", D90_NUMBER, rate, "", "sqrt(d / samples): an order, no bound"),
    COLUMN("occam", D90_NUMBER, occam, "share", "train_error + sqrt(complexity / 2)"),
    COLUMN("kl", D90_NUMBER, kl, "share", "by the inverse of the binary relative entropy"),
    COLUMN("catoni", D90_NUMBER, catoni, "share", "Catoni's, its a chosen on a grid and paid for"),
    COLUMN("catoni_a", D90_NUMBER, catoni_a, "", "that a"),
    COLUMN("tried", D90_COUNT, tried, "settings", "among which it was chosen; paid for in extra"),
    {0},
};

/* a = 2^(j/4), from 1/4 to 2^10: where the optimum lies for errors from 0 to .5 and C from 1e-4 to 1 */
enum { GRID_LEAST = -8, GRID_MOST = 40, GRID = GRID_MOST - GRID_LEAST + 1 };

static double bound_entropy(double p, double q)
{
    double one = p > 0 ? p * log(p / q) : 0, other = p < 1 ? (1 - p) * log((1 - p) / (1 - q)) : 0;
    return one + other;
}

double bound_kl(double p, double c)
{
    double low = p, high = 1;
    for (int i = 0; i < 200; i++) { /* the entropy rises from 0 at p */
        double q = (low + high) / 2;
        if (bound_entropy(p, q) <= c)
            low = q;
        else
            high = q;
    }
    return low;
}

static void bound_catoni(bound_row *row)
{
    double c = row->complexity + log(GRID) / (double)row->samples;
    row->catoni = 1;
    row->catoni_a = (double)NAN;
    for (int j = GRID_LEAST; j <= GRID_MOST; j++) {
        double a = exp2(j / 4.0), x = expm1(-(a * row->train_error + c)) / expm1(-a);
        if (x < row->catoni) {
            row->catoni = x;
            row->catoni_a = a;
        }
    }
}

status bound_of(bound_row *row)
{
    if (!row->samples)
        return error_set(ERR_USAGE, "a bound needs the number of training samples");
    if (!(row->train_error >= 0) || row->train_error > 1)
        return error_set(ERR_USAGE, "a training error of %g is no share from 0 to 1",
                         row->train_error);
    if (!(row->delta > 0) || row->delta >= 1)
        return error_set(ERR_USAGE, "delta is a probability above 0 and below 1, not %g",
                         row->delta);
    if (!isnan(row->bits))
        row->length = (double)row->d * row->bits;
    if (row->tried > 1) /* which of them it is */
        row->extra += log2((double)row->tried);
    double K = row->length + row->extra, m = (double)row->samples;
    if (!(K >= 1))
        return error_set(ERR_USAGE,
                         "a code of %g bits tells no network; give d and bits, or a length", K);
    row->complexity = (K * log(2) + 2 * log(K) - log(row->delta)) / m;
    row->rate = sqrt((double)row->d / m);
    row->occam = fmin(1, row->train_error + sqrt(row->complexity / 2));
    row->kl = bound_kl(row->train_error, row->complexity);
    bound_catoni(row);
    return OK;
}
