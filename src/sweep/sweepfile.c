/* sweepfile.c -- see sweepfile.h: bytes -> blocks of lines. What values mean is seen to in expand.c. */
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "sweep/sweepfile.h"

enum { NAMES = 128, SHOWN = 40 };

static const char *const words[] = {
    [SWEEPFILE_SWEEP] = "sweep", [SWEEPFILE_ZIP] = "zip", [SWEEPFILE_EXCLUDE] = "exclude"};

typedef struct reader {
    sweepfile *file;
    const char *at;
    size_t number; /* of the line that `at` stands in */
} reader;

status sweepfile_at(const sweepfile *f, const sweepfile_line *line, status st)
{
    if (line->number)
        error_prefix("%s:%zu: ", f->path, line->number);
    else
        error_prefix("--%s: ", line->key->name);
    return st;
}

static status reader_at(const reader *r, status st)
{
    error_prefix("%s:%zu: ", r->file->path, r->number);
    return st;
}

/* ------------------------------------------------------------------ letters */

static bool blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static bool wordy(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.';
}

/* Over blanks, comments, ';' and ends of lines; over blanks alone where lines count. */
static void reader_skip(reader *r, bool lines)
{
    for (;; r->at++) {
        if (*r->at == '#' && lines)
            while (r->at[1] && r->at[1] != '\n')
                r->at++;
        else if (*r->at == '\n' && lines)
            r->number++;
        else if (!blank(*r->at) && !(lines && *r->at == ';'))
            return;
    }
}

static size_t reader_word(const reader *r)
{
    size_t n = 0;
    while (wordy(r->at[n]))
        n++;
    return n;
}

/* Nothing that a terminal would obey, so that sentences can show what stands there. */
static status reader_clean(reader *r, size_t n)
{
    size_t number = 1;
    for (size_t i = 0; i < n; i++) {
        char c = r->at[i];
        number += c == '\n';
        if (c == '\n' || c == '\t' || c == '\r' || !(c == '\0' || text_obeyed(r->at + i)))
            continue;
        r->number = number;
        return reader_at(r, error_set(ERR_USAGE, "a control character (byte %d); is this a text?",
                                      (unsigned char)c));
    }
    return OK;
}

/* ------------------------------------------------------------------ lines */

static const key *find_in(const key *const *tables, const char *name, size_t n)
{
    for (; *tables; tables++)
        for (const key *k = *tables; k->name; k++)
            if (strlen(k->name) == n && !strncmp(k->name, name, n))
                return k;
    return NULL;
}

static status key_of(const sweepfile *f, const char *name, size_t n, const key **k)
{
    const char *names[NAMES];
    char word[SHOWN + 1], mean[80];
    size_t count = 0;
    if ((*k = find_in(f->tables, name, n)) || (*k = find_in(f->singles, name, n)))
        return OK;
    for (size_t t = 0; t < 2; t++)
        for (const key *const *table = t ? f->singles : f->tables; *table; table++)
            for (const key *one = *table; one->name && count < NAMES; one++)
                names[count++] = one->name;
    snprintf(word, sizeof word, "%.*s", (int)(n < SHOWN ? n : SHOWN), name);
    return error_set(ERR_USAGE, "no key %s%s; `idim run --help all` shows them all", word,
                     key_did_you_mean(word, names, count, mean));
}

static status line_add(sweepfile_line **lines, size_t *n, const key *k, const char *value,
                       size_t length, size_t number)
{
    sweepfile_line *more = mem_resize(*lines, *n + 1, sizeof *more);
    if (!more)
        return ERR_MEMORY;
    *lines = more;
    char *copy = mem_raw(length + 1, 1);
    if (!copy)
        return ERR_MEMORY;
    memcpy(copy, value, length);
    copy[length] = '\0';
    more[(*n)++] = (sweepfile_line){k, copy, number};
    return OK;
}

/* How long the value at `at` is; it ends within the line. */
static status reader_value(const reader *r, size_t *n)
{
    const char *at = r->at;
    size_t open = 0;
    char quote = '\0';
    for (; *at && *at != '\n'; at++) {
        if (quote)
            quote = *at == quote ? '\0' : quote;
        else if (*at == '"' || *at == '\'')
            quote = *at;
        else if (*at == '{')
            open++;
        else if (*at == '}' && open)
            open--;
        else if (*at == ';' || *at == '}' || (*at == '#' && (at == r->at || blank(at[-1]))))
            break;
    }
    if (quote)
        return reader_at(r, error_set(ERR_USAGE, "a quote is opened and not closed in this line"));
    while (at > r->at && blank(at[-1]))
        at--;
    *n = (size_t)(at - r->at);
    return OK;
}

/* A command's own keys hold for the whole file. */
static status single_check(const reader *r, const sweepfile_block *b, const key *k)
{
    const sweepfile *f = r->file;
    if (!find_in(f->singles, k->name, strlen(k->name)))
        return OK;
    if (b != f->blocks)
        return reader_at(r, error_set(ERR_USAGE,
                                      "%s holds for the whole file; write it outside of all blocks",
                                      k->name));
    for (size_t i = 0; i < b->n; i++)
        if (b->lines[i].key == k)
            return reader_at(r, error_set(ERR_USAGE, "%s has one value, and line %zu gives it",
                                          k->name, b->lines[i].number));
    return OK;
}

static status reader_line(reader *r, size_t block, size_t name)
{
    sweepfile_block *b = &r->file->blocks[block];
    const char *word = r->at;
    const key *k;
    size_t n = 0;
    status st = key_of(r->file, word, name, &k);
    if (st)
        return reader_at(r, st);
    r->at += name;
    reader_skip(r, false);
    if (*r->at != '=')
        return reader_at(r,
                         error_set(ERR_USAGE, "%s: a '=' and a value belong behind it", k->name));
    r->at++;
    reader_skip(r, false);
    if ((st = reader_value(r, &n)))
        return st;
    if (!n)
        return reader_at(r, error_set(ERR_USAGE, "%s: there is no value; %s", k->name, k->doc));
    if (!(st = single_check(r, b, k)))
        st = line_add(&b->lines, &b->n, k, r->at, n, r->number);
    r->at += n;
    return st;
}

/* ------------------------------------------------------------------ blocks */

static status block_add(sweepfile *f, sweepfile_what what, const char *name, size_t n,
                        size_t parent, size_t number)
{
    sweepfile_block *more = mem_resize(f->blocks, f->n + 1, sizeof *more);
    char *copy = mem_raw(n + 1, 1);
    if (more)
        f->blocks = more;
    if (!more || !copy) {
        mem_free(copy);
        return ERR_MEMORY;
    }
    memcpy(copy, name, n);
    copy[n] = '\0';
    more[f->n++] =
        (sweepfile_block){.what = what, .name = copy, .parent = parent, .number = number};
    return OK;
}

/* The name of a sub-sweep; *n letters at r->at. */
static status reader_name(const reader *r, size_t parent, size_t *n)
{
    const sweepfile *f = r->file;
    *n = reader_word(r);
    if (!*n || *r->at == '.' || *r->at == '-')
        return reader_at(r, error_set(ERR_USAGE, "a sub-sweep has a name of letters, digits, '_', "
                                                 "'-' and '.': sweep NAME { ... }"));
    for (size_t i = 0; i < f->n; i++)
        if (f->blocks[i].parent == parent && strlen(f->blocks[i].name) == *n &&
            !strncmp(f->blocks[i].name, r->at, *n))
            return reader_at(r, error_set(ERR_USAGE, "sweep %s is there already, in line %zu",
                                          f->blocks[i].name, f->blocks[i].number));
    return OK;
}

static status reader_items(reader *r, size_t block, size_t depth);

static status reader_block(reader *r, size_t parent, sweepfile_what what, size_t depth)
{
    sweepfile *f = r->file;
    size_t n = 0, block = f->n, number = r->number;
    status st;
    r->at += strlen(words[what]);
    reader_skip(r, false);
    if (f->blocks[parent].what != SWEEPFILE_SWEEP)
        return reader_at(r, error_set(ERR_USAGE, "%s { stands inside of %s {; only lines do",
                                      words[what], words[f->blocks[parent].what]));
    if (depth == SWEEPFILE_DEPTH)
        return reader_at(
            r, error_set(ERR_USAGE, "blocks stand in blocks, %d deep at most", SWEEPFILE_DEPTH));
    if (what == SWEEPFILE_SWEEP && (st = reader_name(r, parent, &n)))
        return st;
    if ((st = block_add(f, what, r->at, n, parent, number)))
        return st;
    f->blocks[parent].parts |= what == SWEEPFILE_SWEEP;
    r->at += n;
    reader_skip(r, true);
    if (*r->at != '{')
        return reader_at(r, error_set(ERR_USAGE, "a '{' belongs behind %s%s", words[what],
                                      what == SWEEPFILE_SWEEP ? " NAME" : ""));
    r->at++;
    if ((st = reader_items(r, block, depth + 1)))
        return st;
    if (*r->at != '}')
        return reader_at(r, error_set(ERR_USAGE, "%s {, opened in line %zu, is not closed",
                                      words[what], number));
    r->at++;
    if (what != SWEEPFILE_SWEEP && !f->blocks[block].n)
        return reader_at(r, error_set(ERR_USAGE, "%s { } with nothing in it", words[what]));
    return OK;
}

/* Lines and blocks up to a '}' or the end. */
static status reader_items(reader *r, size_t block, size_t depth)
{
    status st = OK;
    for (reader_skip(r, true); *r->at && *r->at != '}' && !st; reader_skip(r, true)) {
        size_t n = reader_word(r), what = 0;
        const char *behind = r->at + n;
        while (blank(*behind))
            behind++;
        while (what < 3 && !(strlen(words[what]) == n && !strncmp(words[what], r->at, n)))
            what++;
        if (!n)
            st = reader_at(r, error_set(ERR_USAGE,
                                        "\"%.*s\": a line is KEY = VALUE, or a block: "
                                        "zip {, exclude {, sweep NAME {",
                                        (int)strcspn(r->at, " \n"), r->at));
        else if (what < 3 && *behind != '=')
            st = reader_block(r, block, (sweepfile_what)what, depth);
        else
            st = reader_line(r, block, n);
    }
    return st;
}

/* ------------------------------------------------------------------ the whole */

status sweepfile_read(sweepfile *f, const char *path, const char *bytes, size_t n,
                      const key *const *tables, const key *const *singles)
{
    char *copy = mem_raw(n + 1, 1); /* with an end */
    reader r = {f, copy, 1};
    status st = copy ? OK : ERR_MEMORY;
    *f = (sweepfile){.path = mem_string(path), .tables = tables, .singles = singles};
    if (!f->path || !copy)
        st = ERR_MEMORY;
    if (!st) {
        memcpy(copy, bytes, n);
        copy[n] = '\0';
    }
    if (!st && !(st = reader_clean(&r, n)) && !(st = block_add(f, SWEEPFILE_SWEEP, "", 0, 0, 1)) &&
        !(st = reader_items(&r, 0, 0)) && *r.at == '}')
        st = reader_at(&r, error_set(ERR_USAGE, "a '}' without its '{'"));
    mem_free(copy);
    if (st)
        sweepfile_clear(f);
    return st;
}

status sweepfile_open(sweepfile *f, const char *path, const key *const *tables,
                      const key *const *singles)
{
    char *bytes;
    size_t n;
    status st = file_read(path, SWEEPFILE_BYTES, &bytes, &n);
    *f = (sweepfile){0};
    if (st)
        return st;
    st = sweepfile_read(f, path, bytes, n, tables, singles);
    mem_free(bytes);
    return st;
}

static void lines_clear(sweepfile_line *lines, size_t n)
{
    for (size_t i = 0; i < n; i++)
        mem_free(lines[i].value);
    mem_free(lines);
}

void sweepfile_clear(sweepfile *f)
{
    for (size_t i = 0; i < f->n; i++) {
        lines_clear(f->blocks[i].lines, f->blocks[i].n);
        mem_free(f->blocks[i].name);
    }
    mem_free(f->blocks);
    lines_clear(f->over, f->n_over);
    mem_free(f->path);
    *f = (sweepfile){0};
}

status sweepfile_over(sweepfile *f, const char *name, const char *value)
{
    const key *k;
    status st = key_of(f, name, strlen(name), &k);
    return st ? st : line_add(&f->over, &f->n_over, k, value, strlen(value), 0);
}
