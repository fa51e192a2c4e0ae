/* expanding.h -- what the files that expand a sweep file (expand.h) share, and no other includes:
 *
 *     values.c       what one line lists
 *     axes.c         the lines and zips of a part: its axes, and a combination's values
 *     exclude.c      what of the combinations is left out
 *     questions.c    a combination of a d90 or ranks sweep as asks
 *     expand.c       the parts of a file, turn by turn; plain runs */
#ifndef SWEEP_EXPANDING_H
#define SWEEP_EXPANDING_H

#include "sweep/expand.h"

enum { AXES = 64, COLUMNS = 16 };

typedef struct values {
    char **text;
    size_t n, room;
} values;

typedef struct axis { /* n values of each column's key, taken together */
    const sweepfile_line *lines[COLUMNS];
    values columns[COLUMNS];
    size_t n_columns, n;
} axis;

typedef struct part {
    const sweepfile *file;
    size_t block;
    expand_measure measure;
    axis axes[AXES];
    size_t n, texts_end; /* axes before texts_end make texts */
    const key *met[AXES * 2];
    size_t n_met;
    bool *used; /* of each block of the file: an exclude that left something out */
} part;

/* Of a d90 or ranks sweep's lists: a space, and a value of the grid that it sweeps. */
typedef struct point {
    const char *space, *grid, *value; /* grid: "d" or "ranks" */
} point;

/* ------------------------------------------------------------------ values.c */

/* Is a name in a list that ends with NULL? */
bool expand_among(const char *name, const char *const *names);
/* A data set, model, space, optimiser, schedule. */
bool expand_is_kind(const key *k);
/* Lists that an ask takes whole. */
bool expand_is_grid(const key *k);
bool expand_is_number(const key *k);
void values_clear(values *v);
/* Appends what a line lists; what is wrong in it has the line. */
status values_of(const sweepfile *f, const sweepfile_line *line, expand_measure m, values *v);

/* ------------------------------------------------------------------ axes.c */

/* Frees the part itself too. */
void part_clear(part *p);
/* Has an inner block, or the command line, set it? */
bool part_met(const part *p, const key *k);
/* The first line of a key; NULL: none. */
const sweepfile_line *part_line(const part *p, const key *k);
/* All lines of a key in one block are one axis. */
status part_lines(part *p, const sweepfile_line *lines, size_t n, size_t i);
/* A block's lines and zips; keys that an inner block sets are passed over. */
status part_block(part *p, size_t block);
/* Texts first, the rest behind them, each in the order of the file. */
status part_order(part *p);
/* How many turns it takes: 1 where an ask takes its list whole. */
size_t axis_turns(const part *p, const axis *a);
/* Its values at turn `at`. */
status axis_set(const part *p, const axis *a, size_t at, expand_spec *s, key_texts *texts);

/* ------------------------------------------------------------------ exclude.c */

/* Does what stands in the outer block reach the inner one? */
bool block_within(const sweepfile *f, size_t inner, size_t outer);
/* Is the combination left out? at: of a d90 or ranks sweep; NULL: all is in the spec. */
status part_excluded(const part *p, const expand_spec *s, const point *at, bool *out);
/* Is there any exclude for this part? */
bool part_excludes(const part *p);
/* An exclude that leaves nothing out is a slip, but where the command line narrows what it speaks of. */
status excludes_check(const sweepfile *f, const bool *used);

/* ------------------------------------------------------------------ questions.c */

/* Appends the asks of a combination. Spaces whose grids differ by what is excluded are asks of their own. */
status part_asks(const part *p, expand_part *out, const expand_spec *s, key_texts *texts);

#endif
