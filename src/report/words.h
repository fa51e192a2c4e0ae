/* words.h -- d90 and what to mistrust about it, as people read it: one form for terminals, tables, pages.
 * plots/d90.gp says the same in gnuplot. */
#ifndef REPORT_WORDS_H
#define REPORT_WORDS_H

#include "report/curve.h"

enum { WORDS = 96 };

/* d90 and its interval are rounded to the third digit of d90: the interval is seldom narrower than that,
 * and the CSV has them all. */
double words_unit(const d90_row *row);
const char *words_rounded(double x, double unit, char out[WORDS]);

/* "395", "> 25000", "< 10", "not measurable". */
const char *words_d90(const d90_row *row, char out[WORDS]);
/* "290 to 570", "below 10 to 570", "290 to above 25000"; "": there is none. */
const char *words_interval(const d90_row *row, char out[WORDS]);

/* "199,210"; "" for NaN. */
const char *words_count(double n, char out[WORDS]);

/* "own baseline, raw .9, d90_fit, 3 seeds, 5 epochs": the rule with the budget of the runs. */
void words_rule(const curves *c, const d90_row *row, text *out);

/* A sentence for each thing that makes the row less sure than it looks, each between `before` and
 * `after`. Plain text; nothing is appended where there is nothing to say. */
void words_flags(const curves *c, const d90_row *row, const char *before, const char *after,
                 text *out);

#endif
