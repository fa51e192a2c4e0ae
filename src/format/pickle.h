/* pickle.h -- Python's pickles as data: read by an allow-list, nothing is ever called.
 *
 * Taken are the opcodes that build dictionaries, lists, tuples, texts, numbers and references, and of
 * globals (module, name) only those that the caller lists. What a listed one is applied to stays beside it as
 * a PICKLE_CALL, for the caller to make sense of. Everything else is refused by its name.
 * Source: python/cpython, Lib/pickletools.py (opcodes, protocols 2 to 5). */
#ifndef FORMAT_PICKLE_H
#define FORMAT_PICKLE_H

#include "base/status.h"

typedef enum pickle_type {
    PICKLE_NONE,
    PICKLE_BOOL,
    PICKLE_INT,
    PICKLE_REAL,
    PICKLE_TEXT,
    PICKLE_TUPLE,
    PICKLE_LIST,
    PICKLE_DICT,
    PICKLE_GLOBAL,  /* one of the list */
    PICKLE_CALL,    /* a global of the list; items[0] is the tuple of its arguments */
    PICKLE_OUTSIDE, /* what lies outside (a persistent id): items[0] says what */
    PICKLE_MARK
} pickle_type;

typedef struct pickle_value pickle_value;
struct pickle_value {
    pickle_type type;
    size_t global;        /* GLOBAL, CALL: its place in the list */
    int64_t whole;        /* BOOL, INT */
    double real;          /* REAL */
    const char *text;     /* TEXT: n bytes of UTF-8 without a byte 0, not ended by one */
    pickle_value **items; /* TUPLE, LIST; DICT: keys and values in turn; CALL, OUTSIDE: one */
    size_t n, room;
};

typedef struct pickle_global {
    const char *module, *name;
    bool makes_dict; /* applied to nothing it is an empty dictionary */
} pickle_global;

typedef struct pickle pickle;

/* bytes are borrowed until pickle_close; globals is ended by {0}. A value may be in several places, and even
 * in itself. ERR_FORMAT: names the byte, and the opcode or global that is not on the list. */
status pickle_open(pickle **p, const void *bytes, size_t n, const pickle_global *globals);
void pickle_close(pickle *p); /* NULL is fine */
const pickle_value *pickle_root(const pickle *p);

/* Is it this text? */
bool pickle_is(const pickle_value *v, const char *text);

#endif
