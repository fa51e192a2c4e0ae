/* tokens.c -- see tokens.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "data/frame.h"
#include "data/tokens.h"
#include "format/inflate.h"

#define FILE_LIMIT ((size_t)2 << 30)

/* NAME in a folder; "" where it is not. */
static const char *tokens_in(const char *folder, const char *name, char *path)
{
    int n = folder && *folder ? snprintf(path, TOKENS_PATH, "%s/%s", folder, name) : 0;
    return n > 0 && n < TOKENS_PATH && (file_exists(path) || file_is_folder(path)) ? path : "";
}

static const char *tokens_place(const char *place, char *path)
{
    if (!strcmp(place, "bytes") || !strcmp(place, "chars") || file_exists(place) ||
        file_is_folder(place))
        return place;
    if (*tokens_in(getenv("IDIM_DATA"), place, path) || *tokens_in("data", place, path))
        return path;
    return place; /* its absence is said by that name */
}

status tokens_open(task *t, const tokenizer **tok, const char *place, const char *text_, size_t n)
{
    char path[TOKENS_PATH];
    frame *f = t->own;
    status st = tokenizer_open_for(&f->tokenizer, tokens_place(place, path), text_, n);
    *tok = f->tokenizer;
    if (st) {
        error_prefix("tokenizer=");
        return st;
    }
    task_note(t, tokenizer_content(*tok), strlen(tokenizer_content(*tok)));
    t->vocabulary = tokenizer_size(*tok);
    return OK;
}

const tokenizer *tokens_of(const task *t)
{
    const frame *f = t->own;
    return f->tokenizer;
}

status tokens_file(task *t, const char *dir, const char *sub, const char *name, char *path,
                   char **bytes, size_t *n)
{
    const bool named = !*dir && !*sub; /* by the user, with its folder */
    const char *slash = named ? strrchr(name, '/') : NULL;
    size_t length = slash && slash > name ? (size_t)(slash - name) : 1; /* that of "/" is itself */
    char *folder = slash ? mem_printf("%.*s", (int)length, name) : mem_string(named ? "." : dir);
    status st =
        folder ? task_locate(folder, sub, slash ? slash + 1 : name, path, TOKENS_PATH) : ERR_MEMORY;
    *bytes = NULL;
    if (st == ERR_FILE && named)
        error_set(st, "%s[.gz|.xz]: not there; say where it is, from this folder or from the root",
                  name);
    if (!st && !(st = inflate_file(path, FILE_LIMIT, bytes, n)))
        task_note(t, *bytes, *n);
    mem_free(folder);
    return st;
}
