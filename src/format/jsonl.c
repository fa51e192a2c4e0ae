/* jsonl.c -- see jsonl.h. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "base/key.h"
#include "format/jsonl.h"

static const char head[] = "{\"crc\":\""; /* 8 digits and `",` follow */
enum { HEAD = sizeof head - 1, SEAL = HEAD + 8 + 2 };

void jsonl_string(text *t, const char *s)
{
    text_add(t, "\"");
    for (; *s; s++) {
        unsigned char c = (unsigned char)*s;
        if (c == '"' || c == '\\')
            text_add(t, "\\%c", c);
        else if (c < 0x20)
            text_add(t, "\\u%04x", c);
        else
            text_bytes(t, s, 1);
    }
    text_add(t, "\"");
}

void jsonl_number(text *t, double value)
{
    char digits[32];
    if (isnan(value))
        text_add(t, "null");
    else if (isinf(value))
        text_add(t, value > 0 ? "\"inf\"" : "\"-inf\"");
    else
        text_add(t, "%s", key_number_text(value, digits));
}

void jsonl_seal(const char *members, text *line)
{
    text rest = {0};
    text_add(&rest, "%s}", members);
    if (rest.failed)
        line->failed = true;
    else
        text_add(line, "%s%08" PRIx32 "\",%s\n", head, hash_crc32(rest.text, rest.length),
                 rest.text);
    text_clear(&rest);
}

status jsonl_open(const char *line, size_t n, json_t **object)
{
    char crc[9];
    json_error_t error;
    *object = NULL;
    if (n < SEAL || memcmp(line, head, HEAD) || memcmp(line + SEAL - 2, "\",", 2))
        return error_set(ERR_FORMAT, "the line does not begin with its checksum");
    snprintf(crc, sizeof crc, "%08" PRIx32, hash_crc32(line + SEAL, n - SEAL));
    if (memcmp(crc, line + HEAD, 8))
        return error_set(ERR_FORMAT,
                         "the line's checksum is %.8s, its bytes give %s: it was cut "
                         "or changed",
                         line + HEAD, crc);
    *object = json_loadb(line, n, JSON_REJECT_DUPLICATES, &error);
    if (!*object)
        return error_set(ERR_FORMAT, "column %d: %s", error.column, error.text);
    return OK;
}

double jsonl_number_of(const json_t *value, double fallback)
{
    if (json_is_number(value))
        return json_number_value(value);
    if (json_is_string(value) && !strcmp(json_string_value(value), "inf"))
        return (double)INFINITY;
    if (json_is_string(value) && !strcmp(json_string_value(value), "-inf"))
        return -(double)INFINITY;
    return fallback;
}

double jsonl_get_number(const json_t *object, const char *name, double fallback)
{
    return jsonl_number_of(json_object_get(object, name), fallback);
}

size_t jsonl_count_of(const json_t *value, size_t fallback)
{
    double x = jsonl_number_of(value, -1);
    return x >= 0 && x <= 0x1p53 && x == floor(x) ? (size_t)x : fallback;
}

size_t jsonl_get_count(const json_t *object, const char *name, size_t fallback)
{
    return jsonl_count_of(json_object_get(object, name), fallback);
}

const char *jsonl_get_string(const json_t *object, const char *name, const char *fallback)
{
    const json_t *value = json_object_get(object, name);
    return json_is_string(value) ? json_string_value(value) : fallback;
}
