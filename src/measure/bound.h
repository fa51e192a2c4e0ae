/* bound.h -- how far a network's test error can be from its training error, from the length of its code.
 *
 *   K bits tell the whole trained network: d numbers of b bits, or the length that a coder wrote (codebook and
 *   tables counted), and what else was chosen (seed, d, rates, configuration). With the prior
 *   ln 1/pi = K ln 2 + 2 ln K over codes, C = (ln 1/pi + ln 1/delta) / m, m samples, error Lhat on them:
 *     occam    Lhat + sqrt(C / 2)
 *     kl       the largest q with kl(Lhat || q) <= C
 *     catoni   min over a of (1 - e^(-a (Lhat + C'/a))) / (1 - e^-a), a on a grid of G: C' = C + ln G / m
 *     rate     sqrt(d / m): the order of Arora et al.'s bound, as Aghajanyan et al. use it; no bound by itself
 * each below 1 - delta of draws of the m samples. Lhat must be the 0-1 error of the network as it is coded.
 * Sources: Arora et al. 2018; Aghajanyan et al., arXiv 2012.13255, section 5; Langford, JMLR 6 (2005); Catoni 2007
 * as in Lotfi et al., arXiv 2211.13609. */
#ifndef MEASURE_BOUND_H
#define MEASURE_BOUND_H

#include "measure/d90.h"

typedef struct bound_row {
    size_t d;
    double bits;        /* of a number; NaN: length was given */
    double length;      /* of the d numbers' code, in bits */
    double extra;       /* bits of what else was chosen */
    double train_error; /* Lhat */
    size_t samples;     /* m */
    double delta;
    size_t
        tried; /* settings among which this one was chosen when their results were seen; 0, 1: none */
    double complexity; /* C, nats a sample */
    double rate, occam, kl, catoni, catoni_a;
} bound_row;

extern const d90_column bound_columns[]; /* the last row is all zeros */

/* d, bits or length (bits NaN), extra, train_error, samples, delta, tried are given; log2(tried) is added to extra. ERR_USAGE: no samples, an error that
 * is no share, delta that is none or 0, a code of no bits. */
status bound_of(bound_row *row);

/* The largest q in [p, 1] with p ln(p/q) + (1 - p) ln((1 - p)/(1 - q)) <= c. */
double bound_kl(double p, double c);

#endif
