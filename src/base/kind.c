/* kind.c -- see kind.h. */
#include <string.h>

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

status kind_canonical(const char *what, const char *spec, const void *const *rows, bool hashed,
                      char **canonical, unsigned *revision)
{
    const void *found;
    const char *args;
    key_texts texts = {0};
    text t = {0};
    *canonical = NULL;
    *revision = 0;
    status st = kind_open(what, spec, rows, &found, &args);
    if (st)
        return st;
    const kind_row *row = found;
    void *object = mem_array(1, row->size);
    if (!object)
        return ERR_MEMORY;
    if (!(st = key_parse(row->name, row->keys, args, object, &texts))) {
        (hashed ? key_hashed : key_canonical)(row->name, row->keys, object, &t);
        st = t.failed ? ERR_MEMORY : OK;
    }
    if (st) {
        text_clear(&t);
    } else {
        *canonical = t.text;
        *revision = row->revision;
    }
    key_texts_clear(&texts);
    mem_free(object);
    return st;
}
