/* paper.h -- what a paper quotes of a results folder: every d90 as a LaTeX macro, the settings as a paragraph. */
#ifndef REPORT_PAPER_H
#define REPORT_PAPER_H

#include "report/curve.h"

/* \newcommand for each d90 and its interval: of a space's headline \dninetyDemoFastfood and \dninetyDemoFastfoodInterval, of
 * its other rules \dninetyDemoFastfoodOwnRawFiveZero; with a comment that says the rule in words. Letters and digits of the
 * names of folder (results/demo) and space, a digit as its word; where two names come out alike the later ones end in B, C, .... */
void paper_numbers(const curves *c, const char *folder, text *out);

/* The settings that a reviewer asks for, as sentences; made: provenance.csv, or NULL. */
void paper_methods(const curves *c, const csv *made, text *out);

/* FOLDER/tables.tex, numbers.tex (of ranks also \pninetyDemoLora, \rankninetyDemoLora), methods.tex, chosen_rates.tex. ERR_FILE, ERR_FORMAT, ERR_MEMORY. */
status paper_latex(const char *folder);
/* FOLDER/report.md: the answers, the table, what to mistrust, the settings. */
status paper_markdown(const char *folder);

#endif
