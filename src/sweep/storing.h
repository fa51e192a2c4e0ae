/* storing.h -- what the files of a store (store.h) share, and no other includes:
 *
 *     store.c      what is known of every run, and this process's own journal
 *     journal.c    journals and bits, read on
 *     fold.c       many journals into one, and runs of another store
 *
 * In memory: an array of records, a hash table from id to place, and how far each journal was read.
 * A journal is named HOST-PROCESS-RANDOM.jsonl, its bits HOST-PROCESS-RANDOM.bits. */
#ifndef SWEEP_STORING_H
#define SWEEP_STORING_H

#include <stdio.h>

#include "base/file.h"
#include "sweep/store.h"

#define STORE_FOLDED "folded-0-" /* how the name of a folded journal begins */

typedef struct journal {
    char *name;
    uint64_t read;   /* bytes up to the last whole line */
    bool own, folds; /* folds: store_fold takes it */
} journal;

typedef struct entry {
    record r;       /* first */
    size_t journal; /* that its line stands in */
    bool failed;    /* by itself, since the store was opened */
} entry;

typedef struct
    failure { /* a try that ended from outside, of entry `at`; its line stays what it was */
    size_t at, journal;
    jsonl_span line;
} failure;

struct store {
    char *folder, *runs; /* NULL: in memory */
    entry **entries;
    size_t n, room;
    bool open;            /* all that was there is read */
    size_t *table, slots; /* place + 1; 0: empty */
    entry **sorted;       /* as much room; in order of ids when in_order */
    bool in_order;
    journal *journals;
    size_t n_journals;
    failure *failures;
    size_t n_failures;
    char **chunks; /* of journals, which lines lie in */
    size_t n_chunks;
    char **notes;
    size_t n_notes, twice;
    file_log *lines, *bits;
    char own[128]; /* name without its ending */
};

typedef struct bits_file { /* the one that was read last */
    FILE *in;
    char *name;
    uint8_t *some; /* of a record */
    size_t room, end;
} bits_file;

/* ------------------------------------------------------------------ store.c */

/* Takes the record, of a line of this journal; where: its file, for sentences. */
status store_put(store *s, record *r, size_t journal_, const char *where);
void store_say_of(store *s, const char *where, const char *what);
/* May b stand in a's place? A longer stopped run, and anything whole in place of what is not. */
bool store_replaces(const record *b, const record *a);
bool journal_folded(const store *s, size_t journal_);

/* ------------------------------------------------------------------ journal.c */

/* The journal of a name, which is noted when it is a new one. */
status journal_find(store *s, const char *name, journal **out);
/* Keeps bytes until the store is closed. */
status store_keep(store *s, char *bytes);
/* The bits of a record, in f->some. *whole: they are what its line says; nothing is allocated for what the
 * file does not have. */
status bits_read(const store *s, const record *r, bits_file *f, bool *whole);
void bits_close(bits_file *f);

#endif
