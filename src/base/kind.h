/* kind.h -- what all tables of kinds share (tasks, models, optimisers, schedules; of spaces the first
 * four members): every row begins with the members below, and a table is an array of pointers to
 * rows, ended by NULL. KIND_ROW checks a row type against it. */
#ifndef BASE_KIND_H
#define BASE_KIND_H

#include "base/key.h"
#include "base/status.h"

typedef struct kind_row {
    const char *name, *doc, *source, *example;
    unsigned revision;
    const key *keys;
    size_t size; /* of an object, whose members the keys fill */
} kind_row;

#define KIND_ROW(type)                                                                             \
    _Static_assert(offsetof(type, example) == offsetof(kind_row, example) &&                       \
                       offsetof(type, revision) == offsetof(kind_row, revision) &&                 \
                       offsetof(type, keys) == offsetof(kind_row, keys) &&                         \
                       offsetof(type, size) == offsetof(kind_row, size),                           \
                   #type " begins as a kind_row")

/* The row of a name. ERR_USAGE: "fastfod: no such space; did you mean fastfood? ..." */
status kind_find(const char *what, const char *name, const void *const *rows, const void **row);

/* Cuts "name:args" and finds the row; *args points into spec. */
status kind_open(const char *what, const char *spec, const void *const *rows, const void **row,
                 const char **args);

/* The canonical text of a spec (mem_free) and its row's revision; `hashed`: without places. */
status kind_canonical(const char *what, const char *spec, const void *const *rows, bool hashed,
                      char **canonical, unsigned *revision);

#endif
