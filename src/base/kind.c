/* kind.c -- see kind.h. */
#include <string.h>

#include "base/key.h"
#include "base/kind.h"

enum { KIND_ROWS = 64 }; /* names that a "did you mean" looks through */

status kind_find(const char *what, const char *name, const void *const *rows, const void **row)
{
    const char *names[KIND_ROWS];
    char mean[80];
    size_t n = 0;
    for (size_t i = 0; rows[i]; i++) {
        const kind_row *r = rows[i];
        if (!strcmp(r->name, name)) {
            *row = r;
            return OK;
        }
        if (n < KIND_ROWS)
            names[n++] = r->name;
    }
    *row = NULL;
    return error_set(ERR_USAGE, "%s: no such %s%s; `idim list` shows them all", name, what,
                     key_did_you_mean(name, names, n, mean));
}

status kind_open(const char *what, const char *spec, const void *const *rows, const void **row,
                 const char **args)
{
    char name[64];
    status st = key_kind(spec, name, sizeof name, args);
    *row = NULL;
    return st ? st : kind_find(what, name, rows, row);
}
