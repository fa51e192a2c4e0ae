/* csv.c -- see csv.h. The file is kept whole; cells are cut in place, so that a row costs no memory of
 * its own. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/key.h"
#include "format/csv.h"

enum { CSV_LIMIT = 1 << 30 };

struct csv {
    char *path, *bytes;
    char **cells;  /* header and rows, one behind another */
    size_t *lines; /* of each row, for sentences */
    char between;  /* cells; quotes are heeded between commas alone */
    size_t n_cells, room, columns, rows, n_lines, line_room;
};

/* ------------------------------------------------------------------ writing */

void csv_text(text *t, const char *cell)
{
    size_t n = cell ? strcspn(cell, ",\"\n\r") : 0;
    if (!cell || !cell[n]) {
        text_bytes(t, cell ? cell : "", n);
        text_bytes(t, ",", 1);
        return;
    }
    text_bytes(t, "\"", 1);
    for (; *cell; cell++)
        text_bytes(t, *cell == '"' ? "\"\"" : cell, *cell == '"' ? 2 : 1);
    text_bytes(t, "\",", 2);
}

void csv_number(text *t, double cell)
{
    char out[32];
    csv_text(t, isfinite(cell) ? key_number_text(cell, out) : "");
}

void csv_count(text *t, size_t cell)
{
    char digits[24];
    text_bytes(t, digits, (size_t)snprintf(digits, sizeof digits, "%zu,", cell));
}

void csv_end(text *t)
{
    if (t->length)
        t->text[t->length - 1] = '\n';
}

/* ------------------------------------------------------------------ reading */

static status csv_add(csv *c, char *cell)
{
    if (c->n_cells == c->room) {
        size_t room = c->room ? 2 * c->room : 256;
        char **more = mem_resize(c->cells, room, sizeof *more);
        if (!more)
            return ERR_MEMORY;
        c->cells = more;
        c->room = room;
    }
    c->cells[c->n_cells++] = cell;
    return OK;
}

static status csv_add_line(csv *c, size_t line)
{
    if (c->n_lines == c->line_room) {
        size_t room = c->line_room ? 2 * c->line_room : 256;
        size_t *more = mem_resize(c->lines, room, sizeof *more);
        if (!more)
            return ERR_MEMORY;
        c->lines = more;
        c->line_room = room;
    }
    c->lines[c->n_lines++] = line;
    return OK;
}

/* Cuts the cell at *at; *end is the byte that ended it (between, '\n' or 0). Quotes are taken off in place. */
static status csv_cut(const csv *c, char **at, char *end, size_t *line, char **cell)
{
    char *from = *at, *to = *at;
    *cell = to;
    if (*from == '"' && c->between == ',') {
        size_t opened = *line;
        for (from++;; from++) {
            if (*from == '"' && from[1] == '"')
                from++;
            else if (*from == '"')
                break;
            if (!*from)
                return error_set(ERR_FORMAT, "%s:%zu: a quote is opened and never closed", c->path,
                                 opened);
            *line += *from == '\n';
            *to++ = *from;
        }
        from++;
        if (*from && *from != ',' && *from != '\n' && *from != '\r')
            return error_set(ERR_FORMAT, "%s:%zu: text behind a closed quote", c->path, *line);
    } else {
        while (*from && *from != c->between && *from != '\n' && !(*from == '\r' && from[1] == '\n'))
            from++;
        to = from;
    }
    if (*from == '\r')
        from++;
    *end = *from;
    *at = *from ? from + 1 : from;
    *to = '\0';
    return OK;
}

static status csv_cut_all(csv *c, char *at)
{
    size_t line = 1, in_row = 0, began = 1;
    status st;
    while (*at || in_row) {
        char end = 0, *cell = NULL;
        if ((st = csv_cut(c, &at, &end, &line, &cell)) || (st = csv_add(c, cell)))
            return st;
        in_row++;
        if (end == c->between)
            continue;
        if (in_row == 1 && !*cell) { /* an empty line is no row */
            c->n_cells--;
        } else if (!c->columns) {
            c->columns = in_row;
        } else if (in_row != c->columns) {
            return error_set(ERR_FORMAT, "%s:%zu: %zu cells, the header has %zu", c->path, began,
                             in_row, c->columns);
        } else if ((st = csv_add_line(c, began))) {
            return st;
        }
        in_row = 0;
        began = ++line;
    }
    c->rows = c->n_lines;
    return OK;
}

static status csv_check_names(const csv *c)
{
    if (!c->columns)
        return error_set(ERR_FORMAT, "%s: empty; the first line must name the columns", c->path);
    for (size_t i = 0; i < c->columns; i++)
        for (size_t k = 0; k < i; k++)
            if (!strcmp(c->cells[i], c->cells[k]))
                return error_set(ERR_FORMAT, "%s:1: column %s is there twice", c->path,
                                 c->cells[i]);
    return OK;
}

static status csv_take(csv **out, const char *path, char *bytes, size_t n, char between)
{
    csv *c = mem_array(1, sizeof *c);
    status st = ERR_MEMORY;
    *out = NULL;
    if (!c) {
        mem_free(bytes);
        return st;
    }
    c->bytes = bytes;
    c->between = between;
    if (!(c->path = mem_string(path)))
        goto failed;
    if (memchr(bytes, 0, n)) {
        st = error_set(ERR_FORMAT, "%s: a byte 0 at %zu; this is no text", path,
                       (size_t)((char *)memchr(bytes, 0, n) - bytes));
        goto failed;
    }
    char *text_ = bytes; /* behind the byte order mark; some programs write it twice */
    while (!strncmp(text_, "\xef\xbb\xbf", 3))
        text_ += 3;
    if ((st = csv_cut_all(c, text_)) || (st = csv_check_names(c)))
        goto failed;
    *out = c;
    return OK;
failed:
    csv_free(c);
    return st;
}

status csv_open(csv **c, const char *path)
{
    char *bytes;
    size_t n;
    status st = file_read(path, CSV_LIMIT, &bytes, &n);
    *c = NULL;
    return st ? st : csv_take(c, path, bytes, n, ',');
}

static status csv_open_there(csv **c, const char *folder, const char *name, bool needed)
{
    char *path = mem_printf("%s/%s", folder, name);
    status st = path ? OK : ERR_MEMORY;
    *c = NULL;
    if (!st && (needed || file_exists(path)))
        st = csv_open(c, path);
    mem_free(path);
    return st;
}

status csv_open_in(csv **c, const char *folder, const char *name)
{
    return csv_open_there(c, folder, name, true);
}

status csv_open_if(csv **c, const char *folder, const char *name)
{
    return csv_open_there(c, folder, name, false);
}

status csv_take_tabs(csv **c, const char *path, char *bytes, size_t n)
{
    return csv_take(c, path, bytes, n, '\t');
}

void csv_free(csv *c)
{
    if (!c)
        return;
    mem_free(c->path);
    mem_free(c->bytes);
    mem_free(c->cells);
    mem_free(c->lines);
    mem_free(c);
}

size_t csv_rows(const csv *c)
{
    return c->rows;
}

size_t csv_columns(const csv *c)
{
    return c->columns;
}

const char *csv_name(const csv *c, size_t column)
{
    return c->cells[column];
}

size_t csv_find(const csv *c, const char *name)
{
    for (size_t i = 0; i < c->columns; i++)
        if (!strcmp(c->cells[i], name))
            return i;
    return SIZE_MAX;
}

status csv_need(const csv *c, const char *name, size_t *column)
{
    char mean[80];
    if ((*column = csv_find(c, name)) != SIZE_MAX)
        return OK;
    const char *cut = c->columns == 1 ? strpbrk(c->cells[0], ",;\t") : NULL;
    if (cut)
        return error_set(
            ERR_FORMAT,
            "%s: no column %s: its cells stand between %s, where this kind of file has "
            "%s; write it anew with those",
            c->path, name,
            *cut == ','   ? "commas"
            : *cut == ';' ? "semicolons"
                          : "tabs",
            c->between == '\t' ? "tabs" : "commas");
    return error_set(ERR_FORMAT, "%s: no column %s among its %zu%s", c->path, name, c->columns,
                     key_did_you_mean(name, (const char *const *)c->cells, c->columns, mean));
}

const char *csv_cell(const csv *c, size_t row, size_t column)
{
    return c->cells[(row + 1) * c->columns + column];
}

status csv_cell_number(const csv *c, size_t row, size_t column, double *value)
{
    const char *cell = csv_cell(c, row, column);
    *value = (double)NAN;
    if (!*cell)
        return OK;
    if (key_number(csv_name(c, column), cell, value))
        return csv_wrong(c, row, column, "is no number");
    return OK;
}

const char *csv_named(const csv *c, size_t row, const char *column)
{
    size_t at = csv_find(c, column);
    return at == SIZE_MAX ? "" : csv_cell(c, row, at);
}

double csv_named_number(const csv *c, size_t row, const char *column)
{
    size_t at = csv_find(c, column);
    double x;
    return at == SIZE_MAX || csv_cell_number(c, row, at, &x) ? (double)NAN : x;
}

status csv_wrong(const csv *c, size_t row, size_t column, const char *why)
{
    return error_set(ERR_FORMAT, "%s:%zu: column %s: \"%.40s\" %s", c->path, c->lines[row],
                     csv_name(c, column), csv_cell(c, row, column), why);
}
