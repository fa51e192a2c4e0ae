/* arithmetic.h -- an adaptive arithmetic coder of bits: what comes often costs little, and no table of
 * frequencies is written, for both sides count as they go.
 *
 *   P(1) = (n1 + 1/2) / (n0 + n1 + 1)       Krichevsky and Trofimov: a source of m bits with one unknown
 *                                           frequency costs its entropy and about (log2 m)/2 + 1 bits
 * A symbol of more values is coded as the bits of a way down a tree, each with a model of its own.
 * Whole streams are made in memory. The interval is held in 64 bits, so that rounding costs less than one
 * part in 10^9; P stays within [1/512, 511/512], so that no bit costs less than 0.0028 bits and a
 * short stream cannot ask for endless numbers. The end takes as few bytes as tell it from its neighbours.
 * Source: Rissanen and Langdon, IBM J. Res. Dev. 23 (1979); Krichevsky and Trofimov, IEEE Trans. Inf.
 * Theory 27 (1981). */
#ifndef FORMAT_ARITHMETIC_H
#define FORMAT_ARITHMETIC_H

#include "base/mem.h"

/* How often 0 and 1 came. Starts as {0}. */
typedef struct arithmetic_model {
    uint16_t n[2];
} arithmetic_model;

typedef struct arithmetic_writer { /* starts by arithmetic_begin */
    uint64_t low, range;
    text out; /* the caller's to clear; its error is sticky */
} arithmetic_writer;

void arithmetic_begin(arithmetic_writer *w);
void arithmetic_put(arithmetic_writer *w, arithmetic_model *m, bool bit);
/* The lowest n bits of x, highest first, each of one bit; n <= 64. */
void arithmetic_put_plain(arithmetic_writer *w, uint64_t x, unsigned n);
/* Nothing is put behind it; the stream is out. */
void arithmetic_end(arithmetic_writer *w);

typedef struct arithmetic_reader {
    const uint8_t *bytes; /* borrowed */
    size_t n, at;
    uint64_t value, range;
} arithmetic_reader;

void arithmetic_open(arithmetic_reader *r, const void *bytes, size_t n);
bool arithmetic_get(arithmetic_reader *r, arithmetic_model *m);
uint64_t arithmetic_get_plain(arithmetic_reader *r, unsigned n);
/* More was asked for than the stream can hold: what was got last is nothing. */
bool arithmetic_short(const arithmetic_reader *r);
/* All of the stream was needed, and no more. */
bool arithmetic_done(const arithmetic_reader *r);

/* The most modelled bits that n bytes can hold. */
size_t arithmetic_most(size_t n);

#endif
