/* command.h -- what a command of idim is: one row, from which come parsing, help, the man page and
 * completion. Options are the keys of its tables: --name VALUE or --name=VALUE. */
#ifndef EXPERIMENTS_COMMAND_H
#define EXPERIMENTS_COMMAND_H

#include <stdio.h>

#include "base/key.h"
#include "base/kind.h"
#include "base/mem.h"

enum {
    EXIT_DONE,
    EXIT_FAILED,
    EXIT_USAGE,
    EXIT_SOME,
    EXIT_DIFFER,
    EXIT_AGAIN = 75,
    EXIT_INT = 130
};

enum { COMMAND_TABLES = 4 };

typedef struct command {
    const char *name, *group, *doc;
    const char *takes;       /* "NAME": what stands beside options; NULL: nothing */
    size_t least, most;      /* of those */
    const char *examples[3]; /* to copy */
    const char *usual;       /* " data model ": five, shown by --help; NULL: all are */
    const char *told;        /* likewise: what command_line names beside them though at default */
    const char *lists; /* likewise: options that make a list when they are repeated; NULL: none */
    const struct command *of_file;     /* with a sweep file first; NULL: none is taken */
    const key *tables[COMMAND_TABLES]; /* all over one struct */
    size_t size;
    bool hidden;
    /* Takes the options of all tables but the first as they are typed: a sweep file's keys, whose values may be
     * lists. NULL: they are set like the others. */
    status (*over)(void *options, const key *k, const char *value);
    /* Defaults that the keys do not have; options are then set over them. NULL: none. */
    void (*defaults)(void *options);
    /* Options and names are parsed. Returns the exit code; a failed status goes through command_end. */
    int (*run)(void *options, size_t n, char *const *names, FILE *out);
} command;

extern const command command_d90, command_ranks, command_train; /* name themselves in their plans */
extern const command command_run;                          /* whose own keys a sweep file may set */
extern const command command_d90_file, command_ranks_file; /* it, of a file that asks for that */
extern const command command_plan;                         /* repro runs it, and command_run */
extern const command *const command_rows[];                /* ended by NULL */

/* Parses argv (behind the command's name) and runs it. */
int command_main(const command *c, int argc, char **argv);

/* Prints the sentence of a failed status; the exit code that goes with it. OK: EXIT_DONE. */
int command_end(status st);

/* "idim d90 --data mnist ...": the options that are usual, told, or not at their default, as typed. */
void command_line(const command *c, const void *options, text *out);

/* Does repeating this command's option make a list? */
bool command_repeats(const command *c, const key *k);

/* A word as it is typed in a shell: quoted where it must be. */
void command_quoted(const char *word, text *out);

/* --help, --help all. */
void command_help(const command *c, bool all, FILE *out);

/* Of an option: " N", what stands behind its name; "DOC [words] (unit, range, default X)" with this command's
 * default; is it one of the usual ones? */
const char *command_form(const key *k);
void command_meaning(const command *c, const key *k, text *out);
bool command_usual(const command *c, const key *k);

/* The man page idim-NAME(1); NULL: the overview, idim(1). */
void command_man(const command *c, FILE *out);

/* The tables of kinds, as idim list names them; ended by a NULL name. */
typedef struct command_kinds {
    const char *name;
    const void *const *rows; /* each begins as a kind_row */
} command_kinds;
extern const command_kinds command_tables[];

/* The script that completes what is typed in a shell. ERR_USAGE: neither bash nor zsh. */
status command_completion(const char *shell, FILE *out);

/* "199,210" */
const char *count_text(size_t n, char out[32]);

#endif
