/* ranks.h -- rank90 and p90 of every method of a folder, from its CSVs.
 *
 *   p90     the fewest trained numbers whose score passes the threshold: d90 of d90.csv, on the one axis of
 *           numbers that all methods share
 *   rank90  the smallest rank of the grid whose mean passes, of methods that sweep a rank (their d is
 *           counted from it); "<= 1" where rank 1 passes
 *   effective rank  of the updates where the method scored best: medians over the matrices (effective.csv),
 *           their mean over the seeds that it has */
#ifndef REPORT_RANKS_H
#define REPORT_RANKS_H

#include "measure/effective.h"
#include "report/curve.h"
#include "report/words.h"

typedef struct ranks_row {
    const curve_space *s;
    const char *swept;        /* "r", "d"; "": one size */
    idim_d90_state state;     /* of rank; unmeasurable where no rank is swept */
    double rank, least, most; /* NaN: none; ranks of the grid's ends */
    double effective, participation, stable,
        full; /* at the best mean score; NaN: not looked at. full: the
                                                      most that effective could be */
} ranks_row;

/* Fresh rows (c->n) in the order of p90, what never passes last. ERR_MEMORY. */
status ranks_of(const curves *c, ranks_row **rows);
/* Fills effective ranks from the rows of effective.csv (n). */
void ranks_effective(ranks_row *rows, size_t n_rows, const effective_row *e, size_t n);

/* The number that --d of this space takes and that made d numbers: d, or the rank of its runs. NaN: runs.csv
 * does not say. */
double ranks_swept(const curves *c, const curve_space *s, double d);

/* One row of ranks.csv; texts are borrowed from the rows. */
typedef struct ranks_line {
    const char *space, *swept, *rank_state, *rule;
    idim_d90_state p90_state;
    double p90, low, high, grid, rank, least, most, d_min, d_max, best_d, best;
    double effective, participation, stable, full, baseline, floor, threshold;
    size_t seeds;
} ranks_line;
extern const d90_column ranks_columns[]; /* the last row is all zeros */
/* Fresh (n). ERR_MEMORY. */
status ranks_lines(const ranks_row *rows, size_t n, ranks_line **lines);
/* "4", "<= 1", "> 8"; "": none is swept. */
void ranks_rank(const ranks_row *r, char out[WORDS]);
/* Lines of at most 80 columns: method, trained numbers, interval, rank, best score. */
void ranks_words(const ranks_row *rows, size_t n, text *out);

/* Writes FOLDER/ranks.csv and appends the words. ERR_FILE, ERR_FORMAT, ERR_MEMORY. */
status ranks_write(const char *folder, text *words);

#endif
