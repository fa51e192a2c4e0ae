/* jsonl.h -- JSON lines: one object a line, sealed with a checksum, so that a torn or flipped line is
 * found. jansson reads; writing is by hand, since a line's bytes must not depend on its version.
 *
 *     {"crc":"1c291ca3","format":1, ... }\n      CRC-32 of the bytes from the comma's next to the end */
#ifndef FORMAT_JSONL_H
#define FORMAT_JSONL_H

#include <jansson.h>

#include "base/mem.h"
#include "base/status.h"

/* Appends a quoted string; a number in the shortest form that reads back exactly, null for NaN and
 * the strings "inf", "-inf" for what JSON has no number for. */
void jsonl_string(text *t, const char *s);
void jsonl_number(text *t, double value);

/* Puts the checksum in front of the members that stand in `members` ("\"format\":1,..."): a whole
 * line with its '\n' is appended to `line`. */
void jsonl_seal(const char *members, text *line);

/* A sealed line of n bytes, without its '\n'; *object is to be json_decref'd. ERR_FORMAT. */
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
