/* store.h -- the results folder: journals that are only appended to, and what is made from them.
 *
 *     runs/WORKER.jsonl  a line per finished run (record.h)   runs/WORKER.bits  a bit per test sample
 *     runs.csv, history.csv, provenance.csv                   by store_collect
 *
 * No two processes write one file. A torn last line is dropped; a line with a wrong checksum, or whose
 * bits are not there whole, is dropped and counted: its run is done again. Of two results of one id a longer one replaces a stopped one, a whole one a
 * failed one; of two whole ones the first (by file name, then offset) stays and a difference is
 * reported. */
#ifndef SWEEP_STORE_H
#define SWEEP_STORE_H

#include "sweep/record.h"

enum { STORE_LARGE = 16 << 20 };

typedef struct store store;

/* Opens a folder (made when it is not there) and reads all journals. folder NULL: kept in memory
 * alone, nothing is written. */
status store_open(store **s, const char *folder);
/* The same without reading a line: what a worker needs, which writes and never looks. */
status store_open_blind(store **s, const char *folder);
status store_close(store *s); /* NULL is fine */
const char *store_folder(const store *s);

/* Reads what other workers wrote since. */
status store_refresh(store *s);

size_t store_count(const store *s);
const record *store_at(store *s, size_t i); /* in order of ids; borrowed until the store changes */
const record *store_find(const store *s, const char *id);

/* Has this run failed by itself since the store was opened, here or in another process? */
bool store_failed_since(const store *s, const char *id);

/* Whole results that were met of runs that had one: work done twice, until it is folded away. */
size_t store_twice(const store *s);

/* Damaged lines and differing doubles that were met, and what store_say was told: one sentence each. */
size_t store_notes(const store *s);
const char *store_note(const store *s, size_t i);
void store_say(store *s, const char *sentence);

/* Appends to this process's own journal, which the first call makes; fills the record's bits_file,
 * bits_offset and bits_crc. Takes what the record owns (it is empty afterwards). The checkpoint of a
 * run whose whole line is written is taken away. */
status store_add(store *s, record *r);
/* All n; what could not be added is cleared. */
status store_add_all(store *s, record *r, size_t n);

/* The stored bits of a record, (n_test + 7) / 8 bytes, mem_free; NULL and OK when it has none. */
status store_bits(const store *s, const record *r, uint8_t **bits);

/* Folds the journals of ended workers of this host, and what was folded before, into one: write, fsync,
 * rename, remove; those above STORE_LARGE bytes stay as they are. Checkpoints that a crash left beside whole
 * runs are taken away. */
status store_fold(store *s);

/* Takes what another store has and this one has not, or less of, into one new journal: after a crash all of it
 * or none. Of two whole results of one run the first stays; *differ counts those with other numbers, a note
 * names each. */
status store_take(store *s, store *from, size_t *taken, size_t *differ);

#endif
