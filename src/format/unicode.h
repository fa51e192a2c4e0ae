/* unicode.h -- what tokenizers ask of a character, from tables of one version of Unicode (unicode.py).
 *
 * The C library's classes depend on the locale and on its version, and count foreign digits as letters; a
 * library's tables change with it, and the tokens of a run must not. */
#ifndef FORMAT_UNICODE_H
#define FORMAT_UNICODE_H

#include "base/status.h"

typedef enum unicode_class {
    UNICODE_OTHER, /* symbols, spacing marks, private, unassigned */
    UNICODE_LETTER,
    UNICODE_NUMBER,
    UNICODE_PUNCTUATION,
    UNICODE_MARK,   /* nonspacing: accents */
    UNICODE_SPACE,  /* the property White_Space */
    UNICODE_CONTROL /* Cc and Cf that are no space */
} unicode_class;

/* The character at s, of which n > 0 bytes are there; returns its bytes, 1 to 4. What is no UTF-8
 * (overlong, a surrogate, cut short) is one byte, and *c is UNICODE_NONE. */
#define UNICODE_NONE UINT32_MAX
size_t unicode_next(const char *s, size_t n, uint32_t *c);

/* c as UTF-8; returns its bytes. */
size_t unicode_put(uint32_t c, char out[4]);

unicode_class unicode_class_of(uint32_t c); /* OTHER for UNICODE_NONE */

/* Lower case, then taken apart canonically, then without nonspacing marks: the number of code points, 0
 * for a mark. (A capital sigma at a word's end becomes an inner one.) */
enum { UNICODE_FOLD = 3 };
size_t unicode_fold(uint32_t c, uint32_t out[UNICODE_FOLD]);

#endif
