/* paper.h -- what a paper quotes of a results folder: every d90 as a LaTeX macro, the settings as a paragraph. */
#ifndef REPORT_PAPER_H
#define REPORT_PAPER_H

#include "report/curve.h"

/* \newcommand for each d90 and its interval: of a space's headline \dninetyFastfood and \dninetyFastfoodInterval, of
 * its other rules \dninetyFastfoodOwnRawFiveZero; with a comment that says the rule in words. Letters and digits of the
 * space's name, a digit as its word; where two names come out alike the later ones end in B, C, .... */
void paper_numbers(const curves *c, text *out);

/* The settings that a reviewer asks for, as sentences; made: provenance.csv, or NULL. */
void paper_methods(const curves *c, const csv *made, text *out);

/* FOLDER/tables.tex, numbers.tex, methods.tex. ERR_FILE, ERR_FORMAT, ERR_MEMORY. */
status paper_latex(const char *folder);
/* FOLDER/report.md: the answers, the table, what to mistrust, the settings. */
status paper_markdown(const char *folder);

#endif
