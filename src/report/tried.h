/* tried.h -- seeds and learning rates of a folder as a reviewer asks for them, from runs.csv alone: which were tried at
 * which d, and which was taken. */
#ifndef REPORT_TRIED_H
#define REPORT_TRIED_H

#include "report/curve.h"

/* Appends sentences, each with a blank in front. Of many d the rates are said as a span: the table has each. */
void tried_words(const curves *c, text *out);

/* The same as a LaTeX table (booktabs): space, d, rates tried, rate taken. */
void tried_latex(const curves *c, text *out);

#endif
