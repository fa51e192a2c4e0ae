/* table.h -- the d90 of every space as a table for a report: LaTeX (booktabs) and Markdown. */
#ifndef REPORT_TABLE_H
#define REPORT_TABLE_H

#include "report/curve.h"

/* A tabular with \toprule and its like, the rules in a comment and below: needs \usepackage{booktabs}. */
void table_latex(const curves *c, text *out);

/* A pipe table, with the rules below. */
void table_markdown(const curves *c, text *out);

/* What a cell of the table says, as plain text; for other forms of the same table (page.c). */
enum { TABLE_COLUMNS = 6 };
extern const char *const table_heads[TABLE_COLUMNS];
void table_cell(const curve_space *s, size_t column, char out[160]);

/* A text with what LaTeX, or Markdown, would take for its own escaped. Appends. */
void table_tex(const char *s, text *out);
void table_pipe(const char *s, text *out);

/* Writes FOLDER/tables.tex and FOLDER/tables.md. ERR_FILE, ERR_FORMAT, ERR_MEMORY. */
status table_write(const char *folder);

#endif
