/* bundle.h -- a results folder as one file, for another machine or for a reader.
 *
 *     NAME.tar, .tar.gz, .tar.xz    NAME/sweep.json, runs/, z/, partial/ (light: CSVs, plots/, report.html, tables,
 *                                   of each question in it too), last NAME/SHA256SUMS, which `sha256sum -c` reads
 *
 * The same folder gives the same bytes. */
#ifndef SWEEP_BUNDLE_H
#define SWEEP_BUNDLE_H

#include "sweep/store.h"

/* Bytes of history.csv above which a light bundle goes without: of 10,000 runs of 20 epochs it takes 7.8 MB, all
 * else 1.6 (docs/bench.md). */
enum { BUNDLE_HISTORY = 8 << 20 };

/* How the name of the folder begins that an import unpacks to, in the one it merges into: NAME.tmp. */
#define BUNDLE_WORK "import-"

typedef struct bundle_told {
    size_t files, bytes;  /* what went in, or out */
    const char *left_out; /* of a light one: a file's name; NULL: nothing */
    size_t taken, differ; /* of an import: runs */
} bundle_told;

/* Writes `file` whole or not at all. ERR_USAGE: an ending that is none of the three. */
status bundle_export(const char *folder, const char *file, bool light, bundle_told *told);

/* The folder's name that a bundle was made of; fresh. */
status bundle_name(const char *file, char **name);

/* Merges a bundle into a folder, which is made when it is not there. Every checksum is looked at before
 * anything is written. ERR_FORMAT: damaged, cut short, a path or a sort of member that none of ours has. The
 * store's notes say which runs differ: `said` (NULL: nobody) is told each. */
status bundle_import(const char *file, const char *folder,
                     void (*said)(void *context, const char *sentence), void *context,
                     bundle_told *told);

#endif
