/* kind.h -- what all tables of kinds share (tasks, models, spaces, optimisers, schedules): every row
 * begins with the four texts below, and a table is an array of pointers to rows, ended by NULL. */
#ifndef BASE_KIND_H
#define BASE_KIND_H

#include "base/status.h"

typedef struct kind_row {
    const char *name, *doc, *source, *example;
} kind_row;

/* The row of a name. ERR_USAGE: "fastfod: no such space; did you mean fastfood? ..." */
status kind_find(const char *what, const char *name, const void *const *rows, const void **row);

/* Cuts "name:args" and finds the row; *args points into spec. */
status kind_open(const char *what, const char *spec, const void *const *rows, const void **row,
                 const char **args);

#endif
