/* page.h -- report.html: one page with everything that a results folder says, in one file.
 *
 * Nothing is fetched: styles, figure and tables are in it, and one script that sorts the table of runs; without it
 * all is there to read, and no other script may run. The same CSVs give the same bytes. */
#ifndef REPORT_PAGE_H
#define REPORT_PAGE_H

#include "report/compare.h"

/* FOLDER/report.html from runs.csv, d90.csv, (where they are there) variance.csv, paired.csv, provenance.csv, and plots/d90.svg; without
 * the figure the terminal's curve stands in. command: what made the folder, "idim d90 --data mnist ..."
 * (NULL: not known). ERR_FILE, ERR_FORMAT, ERR_MEMORY. */
status page_write(const char *folder, const char *command);

/* The same as a text. other: NULL, or what is compared; svg: NULL, or the figure's bytes; made: NULL, or
 * provenance.csv. */
void page_html(const curves *c, const compare *other, const char *svg, size_t n_svg,
               const csv *made, const char *command, text *out);

/* ---- for other pages: the same head, style and escapes. script: "" or the only one that may run, the same at both
 * ends; style: what is added. */
void page_begin(const char *title, const char *style, const char *script, text *out);
void page_end(const char *script, text *out);
void page_text(const char *s, text *out);
/* <tag class_>s</tag>; class_: attributes, with a blank before them. tag: th or td or the like. */
void page_cell(const char *tag, const char *class_, const char *s, text *out);

#endif
