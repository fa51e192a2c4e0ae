/* ranked.h -- what is said of a folder whose spaces sweep ranks: ranks.csv, and the effective ranks of kept updates. */
#ifndef EXPERIMENTS_RANKED_H
#define EXPERIMENTS_RANKED_H

#include <stdio.h>

#include "sweep/run.h"

typedef struct ranked_how {
    double spectra; /* seeds from the first whose kept updates are looked at; 0: none */
    bool quiet;
} ranked_how;

/* From path/runs.csv and path/d90.csv: path/ranks.csv, effective.csv of the z that z_folder keeps, the table in words.
 * run: data and checkpoint of all. ERR_FILE, ERR_FORMAT, ERR_MEMORY. */
status ranked_say(const ranked_how *o, const run_spec *run, const char *z_folder, const char *path,
                  FILE *out);

#endif
