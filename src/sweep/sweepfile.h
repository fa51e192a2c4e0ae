/* sweepfile.h -- a sweep as a file: the keys of the command line with lists in place of values.
 *
 *     # what a line says
 *     measure = d90                           d90, ranks or train
 *     space = fastfood dense:bits=16
 *     epochs = 20                             a key is set; again in the same block: another value
 *     zip { data = mnist+cifar10; epochs = 20+40 }          pairs: as many values in each line
 *     exclude { data = cifar10; space = dense }             what is all of this is left out
 *     sweep small { model = fc:width=50 }     sub-sweeps: what stands outside holds in each of them
 *
 * A value ends with its line, at ';', at the block's '}' or at a '#' behind a blank; quotes and braces of
 * its own ({d}) keep it together. Where lists are cut: blanks cut every value but a path and a program;
 * '+' cuts numbers, words and bare names of kinds. A kind with keys holds '+' itself (lora:targets=q+v,
 * a++b), so that a list of such is cut by blanks alone. Ranges a..b, a..b/step, a..b/logN stand for
 * numbers. What lists become: expand.h. */
#ifndef SWEEP_SWEEPFILE_H
#define SWEEP_SWEEPFILE_H

#include "base/key.h"

enum { SWEEPFILE_BYTES = 1 << 20, SWEEPFILE_DEPTH = 8 };

typedef struct sweepfile_line {
    const key *key;
    char *value;   /* as it is written, without blanks around it */
    size_t number; /* of the line; 0: given on the command line */
} sweepfile_line;

typedef enum sweepfile_what { SWEEPFILE_SWEEP, SWEEPFILE_ZIP, SWEEPFILE_EXCLUDE } sweepfile_what;

typedef struct sweepfile_block {
    sweepfile_what what;
    char *name;            /* of a sub-sweep; "" */
    size_t parent, number; /* parent: its place; the outermost block is 0 and its own parent */
    sweepfile_line *lines;
    size_t n;
    bool parts; /* has sub-sweeps */
} sweepfile_block;

typedef struct sweepfile {
    char *path; /* for sentences */
    sweepfile_block *blocks;
    size_t n;
    sweepfile_line *over; /* the command line's: in place of the file's, in every block */
    size_t n_over;
    const key *const *tables, *const *singles;
} sweepfile;

/* Reads a file, or bytes that stand for it. tables: the keys that lines may set; singles: those of the
 * command that stand in the outermost block alone and have one value (out, jobs). Both end with NULL and
 * are borrowed. ERR_USAGE: "FILE:LINE: " and what is wrong there. sweepfile_clear accepts what is left. */
status sweepfile_open(sweepfile *f, const char *path, const key *const *tables,
                      const key *const *singles);
status sweepfile_read(sweepfile *f, const char *path, const char *bytes, size_t n,
                      const key *const *tables, const key *const *singles);
void sweepfile_clear(sweepfile *f);

/* An option of the command line: holds in place of every line with its key. */
status sweepfile_over(sweepfile *f, const char *name, const char *value);

/* Puts "FILE:LINE: " (or "--KEY: ") before the sentence that stands. Returns st. */
status sweepfile_at(const sweepfile *f, const sweepfile_line *line, status st);

#endif
