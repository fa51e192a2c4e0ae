/* found.h -- the results folders of a published experiment, whatever its scale: what was just run, in
 * ROOT/repro/NAME-SCALE, and what is committed, in ROOT/reference/NAME-SCALE; there NAME alone is of scale desk. */
#ifndef REPORT_FOUND_H
#define REPORT_FOUND_H

#include "report/curve.h"

enum { FOUND_SCALES = 3 };
extern const char *const found_scales[FOUND_SCALES]; /* "quick", "desk", "paper" */

typedef struct found_folder {
    curves c;
    char *path;
    const char *scale; /* one of the three above */
} found_folder;

typedef struct found {
    found_folder *all;
    size_t n;
} found;

/* Where to look. experiments: experiments.csv, whose column committed names folders of ROOT/reference that are called
 * otherwise: "paper:mnist-fc-published+desk:mnist-fc-fastfood". Borrowed. */
typedef struct found_place {
    const char *root;
    const csv *experiments;
    const char *scale; /* this one alone; NULL: all */
    const char *file;  /* what a folder must hold; NULL: d90.csv, and its curves are read */
} found_place;

/* "NAME", all questions of the experiment, or "NAME/PART", those of that sub-sweep; the largest scale first. An
 * experiment that was not run has none. ERR_FORMAT; ERR_MEMORY. found_clear accepts what a failure left. */
status found_load(found *f, const found_place *place, const char *name);
void found_clear(found *f);

/* Is the row of that rule? */
bool found_rule(const d90_row *r, d90_rule rule);

#endif
