/* quantise.h -- numbers as few bits each, for zcode.h.
 *
 *   uniform   k = round(x / (scale step)), coded by how often each k comes: the step is the finest whose code
 *             takes at most `bits` a number. A uniform step and an entropy code lose 1.53 dB (.25 bits) at high
 *             rates against what is possible, and less at low ones: Gish and Pierce, IEEE Trans. Inf. Theory
 *             14 (1968)
 *   means     2^bits levels by Lloyd's iteration (IEEE Trans. Inf. Theory 28 (1982)), coded likewise
 * scale: root mean square of the number's group. Everything that is written counts: scales, levels, and what
 * the coder pays to learn the frequencies.
 *
 * Which is better is measured on the numbers themselves: the smaller noise 2^(2 rate), noise the mean of
 * ((x - coded) / scale)^2 and rate the code's bits a number, for a bit more is a quarter of the noise. */
#ifndef MEASURE_QUANTISE_H
#define MEASURE_QUANTISE_H

#include "format/zcode.h"

typedef enum quantise_book { QUANTISE_AUTO, QUANTISE_UNIFORM, QUANTISE_MEANS } quantise_book;
#define QUANTISE_BOOKS "auto+uniform+kmeans"

/* 2^bits levels are searched at most to here; auto leaves `means` out above. */
enum { QUANTISE_MEANS_BITS = 8 };

typedef struct quantised {
    zcode z;
    double rate;  /* bits a number, of the whole code */
    double noise; /* share of the variance */
} quantised;

/* x (d), cut into groups whose n are given. ERR_USAGE: a number that is none, bits that say nothing. */
status quantise(const real *x, const zcode_group *groups, size_t n_groups, double bits,
                quantise_book book, quantised *q);
void quantise_clear(quantised *q);

#endif
