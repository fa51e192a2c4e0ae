/* beside.h -- what papers published and what was measured here, side by side. Numbers come from d90.csv files and
 * from two tables that a user can change: published.csv, a d90 a row, and trends.csv, what is said of several. */
#ifndef REPORT_BESIDE_H
#define REPORT_BESIDE_H

#include "report/found.h"
#include "report/words.h"

/* One measurement of a published thing. */
typedef struct beside_figure {
    char value[WORDS], interval[WORDS];
    const char *verdict;
    char *how;  /* "fastfood, 100 epochs" */
    char *from; /* the folders */
    text flags; /* why to mistrust it: sentences, each ended by '\n'; where it does not agree */
} beside_figure;

/* One published thing: a row of either table. Texts are borrowed from it. */
typedef struct beside_row {
    const char *name, *published, *note;
    const char *page; /* where it is discussed; "": nowhere */
    char *what;       /* the rule; of which figures */
    char band[WORDS];
    beside_figure *figures;
    size_t n;
    char *missing; /* without figures: what was not run */
} beside_row;

/* An experiment that was run and that neither table names. */
typedef struct beside_alone {
    const char *name, *paper, *figure, *page;
    text from; /* its folders */
} beside_alone;

typedef struct beside {
    csv *experiments, *published, *trends; /* the tables; NULL until they are read */
    beside_row *rows;                      /* of published.csv, then of trends.csv */
    beside_alone *alone;
    size_t n, n_published, n_alone;
} beside;

/* The tables in folder files, against what place.root (and place.scale) holds; place.experiments is set here.
 * ERR_FILE, ERR_FORMAT, ERR_USAGE, ERR_MEMORY; beside_clear accepts what a failure left. */
status beside_load(beside *b, const char *files, found_place place);
void beside_clear(beside *b);

/* Figures whose verdict is that word. */
size_t beside_count(const beside *b, const char *verdict);

/* The whole as text of at most 80 columns, as pipe tables, as booktabs tables, as a page. */
void beside_text(const beside *b, text *out);
void beside_markdown(const beside *b, text *out);
void beside_latex(const beside *b, text *out);
void beside_html(const beside *b, text *out);

/* ---- for trend.c */

/* A figure more; NULL: ERR_MEMORY. */
beside_figure *beside_add(beside_row *row);
/* "650 to 900", "at least 2.5", "at most .1", "1"; NaN: that side is open. */
void beside_band(double low, double high, char out[WORDS]);
/* A claim's figure is an interval: it agrees when all of it lies in the band, differs when none of it does; else the
 * question is open. */
const char *beside_claim(double low, double high, double from, double to);
/* One row of trends.csv. */
status beside_trend(beside *b, const found_place *place, size_t row, beside_row *out);

#endif
