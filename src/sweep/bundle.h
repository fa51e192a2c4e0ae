/* bundle.h -- a results folder as one file, for another machine or for a reader.
 *
 *     NAME.tar, .tar.gz, .tar.xz    NAME/sweep.json, runs/, z/, partial/ (light: CSVs, plots/, report.html, tables),
 *                                   last NAME/SHA256SUMS, which `sha256sum -c` reads
 *
 * The same folder gives the same bytes. */
#ifndef SWEEP_BUNDLE_H
#define SWEEP_BUNDLE_H

#include "sweep/store.h"

enum { BUNDLE_LIGHT = 8 << 20 }; /* bytes of a CSV above which a light bundle leaves it out */

typedef struct bundle_told {
    size_t files, bytes;  /* what went in, or out */
    char left_out[256];   /* of a light one: names, cut by blanks */
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
