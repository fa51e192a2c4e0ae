/* tables.h -- runs.csv, history.csv and provenance.csv of a results folder, from its store.
 *
 * Sorted by run id; clock, host and memory stand in provenance.csv alone, so that the other two are the
 * same bytes whenever the same work is done again on the same numeric kind. */
#ifndef SWEEP_TABLES_H
#define SWEEP_TABLES_H

#include "sweep/store.h"

/* Writes the three files, atomically each. */
status tables_write(store *s);

/* For docs/formats.md and its test: columns of the k-th file with unit and doc; ended by NULL. */
typedef struct tables_column {
    const char *name, *unit, *doc;
} tables_column;
extern const tables_column tables_runs[], tables_history[], tables_provenance[];

#endif
