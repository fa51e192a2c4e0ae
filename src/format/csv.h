/* csv.h -- CSV files as pd.read_csv(f) reads them with no options: a header line, commas, LF; cells
 * with a comma, a quote or a line end in quotes, quotes doubled; empty is missing; C locale. */
#ifndef FORMAT_CSV_H
#define FORMAT_CSV_H

#include "base/mem.h"
#include "base/status.h"

/* Writing: cells one by one, each followed by a comma; csv_end makes the last comma a line end. */
void csv_text(text *t, const char *cell);
void csv_number(text *t,
                double cell); /* the shortest form that reads back exactly; NaN, Inf: empty */
void csv_count(text *t, size_t cell);
void csv_end(text *t);

/* A whole file, read; of commas, or of tabs. */
typedef struct csv csv;

/* ERR_FILE; ERR_FORMAT: no header, a name twice, a line with another number of cells, a quote that is
 * never closed, a byte 0: each names file and line. CR LF and a byte order mark are taken. */
status csv_open(csv **c, const char *path);
/* The same of folder/name. */
status csv_open_in(csv **c, const char *folder, const char *name);
/* Likewise; *c is NULL where there is no such file. */
status csv_open_if(csv **c, const char *folder, const char *name);
void csv_free(csv *c);

/* The same of tab-separated text, in which a quote is a character like any other (GLUE's files, MRPC).
 * The bytes (from mem, n and a '\0' behind them) are taken over, also on failure; path is for sentences. */
status csv_take_tabs(csv **c, const char *path, char *bytes, size_t n);

size_t csv_rows(const csv *c); /* without the header */
size_t csv_columns(const csv *c);
const char *csv_name(const csv *c, size_t column);
/* The place of a column; SIZE_MAX: none. csv_need: ERR_FORMAT naming the file, what it has, and the
 * nearest name. */
size_t csv_find(const csv *c, const char *name);
status csv_need(const csv *c, const char *name, size_t *column);

/* "" when missing. Borrowed. */
const char *csv_cell(const csv *c, size_t row, size_t column);
/* NaN when missing; ERR_FORMAT names file, line, column and cell. */
status csv_cell_number(const csv *c, size_t row, size_t column, double *value);
/* By the column's name: "" and NaN where there is no such column, or no number. */
const char *csv_named(const csv *c, size_t row, const char *column);
double csv_named_number(const csv *c, size_t row, const char *column);
/* ERR_FORMAT with the sentence FILE:LINE: column NAME: "CELL" WHY. */
status csv_wrong(const csv *c, size_t row, size_t column, const char *why);

#endif
