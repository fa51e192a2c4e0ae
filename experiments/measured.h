/* measured.h -- what the commands that sweep and measure d90 share: asks trained into one folder, then all
 * of them measured, drawn and said. */
#ifndef EXPERIMENTS_MEASURED_H
#define EXPERIMENTS_MEASURED_H

#include "experiments/folder.h"
#include "experiments/ranked.h"
#include "sweep/stages.h"

typedef struct measured {
    const char *rule;
    double fixed;
    bool plot, dry;
    const ranked_how *ranks; /* in place of d90's curve: ranks.csv and its table; NULL: not */
    const folder_options *folder;
} measured;

extern const char measured_figures[]; /* "  plots/d90.{svg,pdf,png}" */

/* Trains canonical asks of one command, then measures them with those that the folder has (questions.h). typed: the
 * command as it is printed and kept in the report. dry: the plan alone. failed: runs that failed, of earlier calls
 * too. */
status measured_asks(const measured *o, const ask *asks, size_t n, const char *path,
                     const char *typed, FILE *out, size_t *failed);

/* d90 of the asks that are alike the last one, in `path`: measured_say, and what several numeric kinds differ
 * by. failed: runs that failed. */
status measured_answer(const measured *o, sweep *s, const ask_list *asks, const char *path,
                       const char *typed, FILE *out, size_t *failed);

/* The CSVs, figures, report.html, tables, the answer in words. typed: the command; NULL for foreign
 * scores. */
status measured_say(const measured *o, const results *r, const char *path, const char *typed,
                    FILE *out);

/* Prints the sentence of st; the exit code that goes with it and with so many failed runs. */
int measured_end(status st, size_t failed);

#endif
