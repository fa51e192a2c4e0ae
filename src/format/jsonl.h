/* jsonl.h -- JSON lines: one object a line, sealed with a checksum, so that a torn or flipped line is
 * found. Written by hand, since a line's bytes must not depend on a library's version; read by cutting, since
 * a folder holds hundreds of thousands of them (jansson: a third of the speed). jansson reads what is no
 * plain text of ASCII.
 *
 *     {"crc":"1c291ca3","format":1, ... }\n      CRC-32 of the bytes from the comma's next to the end */
#ifndef FORMAT_JSONL_H
#define FORMAT_JSONL_H

#include <jansson.h>
#include <string.h>

#include "base/mem.h"
#include "base/status.h"

/* Appends a quoted string; a number in the shortest form that reads back exactly, null for NaN and
 * the strings "inf", "-inf" for what JSON has no number for. */
void jsonl_string(text *t, const char *s);
void jsonl_number(text *t, double value);

/* Puts the checksum in front of the members that stand in `members` ("\"format\":1,..."): a whole
 * line with its '\n' is appended to `line`. */
void jsonl_seal(const char *members, text *line);

/* Bytes as they stand in a line: a value, or what is left of an object or array. */
typedef struct jsonl_span {
    const char *at;
    size_t n;
} jsonl_span;

/* A sealed line of n bytes, without its '\n': *members is what stands between its seal and its last brace.
 * ERR_FORMAT. */
status jsonl_members(const char *line, size_t n, jsonl_span *members);

/* The next member of an object, the next value of an array, cut off *rest; no blanks between tokens. false:
 * *rest is empty, or at what cannot be read. A value's brackets and quotes are there and in pairs; what it
 * holds is looked at by who takes it. */
bool jsonl_member(jsonl_span *rest, jsonl_span *name, jsonl_span *value);
bool jsonl_value(jsonl_span *rest, jsonl_span *value);
/* What stands between the brackets `open` and its partner; false: another value. */
bool jsonl_inside(jsonl_span value, char open, jsonl_span *rest);
static inline bool jsonl_is(jsonl_span s, const char *word)
{
    size_t n = strlen(word);
    return s.n == n && !memcmp(s.at, word, n);
}

/* As jsonl_number and jsonl_string wrote them; in the C locale (base/locale.h). Numbers: the fallback for null
 * and for what is none. *text_: fresh, NULL for what is no string. */
double jsonl_number_in(jsonl_span value, double fallback);
size_t jsonl_count_in(jsonl_span value, size_t fallback);
status jsonl_text_in(jsonl_span value, char **text_);

/* The same by jansson; *object is to be json_decref'd. */
status jsonl_open(const char *line, size_t n, json_t **object);

/* jansson's loops want a pointer that may change what they only read. */
static inline json_t *json_mutable(const json_t *value)
{
    union {
        const json_t *given;
        json_t *taken;
    } v = {.given = value};
    return v.taken;
}

/* A value as jsonl_number wrote it; the fallback for null and for what is no number. */
double jsonl_number_of(const json_t *value, double fallback);

/* Members by name: what is not there or of another type is the fallback. */
double jsonl_get_number(const json_t *object, const char *name, double fallback);
/* A whole number from 0 to 2^53, which a double holds exactly; what is none is the fallback. */
size_t jsonl_count_of(const json_t *value, size_t fallback);
size_t jsonl_get_count(const json_t *object, const char *name, size_t fallback);
const char *jsonl_get_string(const json_t *object, const char *name, const char *fallback);

#endif
