/* jsonl.c -- see jsonl.h. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/key.h"
#include "format/jsonl.h"

static const char head[] = "{\"crc\":\""; /* 8 digits and `",` follow */
enum { HEAD = sizeof head - 1, SEAL = HEAD + 8 + 2 };

void jsonl_string(text *t, const char *s)
{
    text_bytes(t, "\"", 1);
    while (*s) {
        size_t plain = 0;
        while ((unsigned char)s[plain] >= 0x20 && s[plain] != '"' && s[plain] != '\\')
            plain++;
        text_bytes(t, s, plain);
        s += plain;
        if (*s == '"' || *s == '\\')
            text_add(t, "\\%c", *s++);
        else if (*s)
            text_add(t, "\\u%04x", (unsigned char)*s++);
    }
    text_bytes(t, "\"", 1);
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
    char seal[SEAL + 1] = "";
    size_t n = strlen(members), at = line->length + SEAL;
    text_bytes(line, seal, SEAL);
    text_bytes(line, members, n);
    text_bytes(line, "}\n", 2);
    if (line->failed)
        return;
    snprintf(seal, sizeof seal, "%s%08" PRIx32 "\",", head, hash_crc32(line->text + at, n + 1));
    memcpy(line->text + at - SEAL, seal, SEAL);
}

/* ------------------------------------------------------------------ cutting */

status jsonl_members(const char *line, size_t n, jsonl_span *members)
{
    char crc[9];
    *members = (jsonl_span){0};
    if (n <= SEAL || memcmp(line, head, HEAD) || memcmp(line + SEAL - 2, "\",", 2))
        return error_set(ERR_FORMAT, "the line does not begin with its checksum");
    snprintf(crc, sizeof crc, "%08" PRIx32, hash_crc32(line + SEAL, n - SEAL));
    if (memcmp(crc, line + HEAD, 8))
        return error_set(ERR_FORMAT,
                         "the line's checksum is %.8s, its bytes give %s: it was cut "
                         "or changed",
                         line + HEAD, crc);
    if (line[n - 1] != '}')
        return error_set(ERR_FORMAT, "column %zu: no brace at the line's end", n);
    *members = (jsonl_span){line + SEAL, n - SEAL - 1};
    return OK;
}

/* Bytes of the string at s, its quotes counted in; 0: it does not end. */
static size_t string_length(const char *s, size_t n)
{
    for (size_t i = 1; i < n; i++)
        if (s[i] == '"')
            return i + 1;
        else if (s[i] == '\\')
            i++;
    return 0;
}

enum { DEPTH = 32 };

/* Bytes of the value at s; 0: there is none. */
static size_t value_length(const char *s, size_t n)
{
    char open[DEPTH];
    size_t depth = 0, i = 0;
    while (i < n) {
        size_t length = 1;
        char c = s[i];
        if (c == '"') {
            if (!(length = string_length(s + i, n - i)))
                return 0;
        } else if (c == '{' || c == '[') {
            if (depth == DEPTH)
                return 0;
            open[depth++] = c == '{' ? '}' : ']';
        } else if (c == '}' || c == ']') {
            if (!depth || open[--depth] != c)
                return 0;
        } else if (c == ',' && !depth) {
            return i;
        }
        i += length;
    }
    return depth ? 0 : i;
}

bool jsonl_value(jsonl_span *rest, jsonl_span *value)
{
    size_t n = value_length(rest->at, rest->n);
    if (!n || n + 1 == rest->n) /* nothing, or a comma with nothing behind it */
        return false;
    *value = (jsonl_span){rest->at, n};
    n += n < rest->n;
    rest->at += n;
    rest->n -= n;
    return true;
}

bool jsonl_member(jsonl_span *rest, jsonl_span *name, jsonl_span *value)
{
    size_t n = rest->n && *rest->at == '"' ? string_length(rest->at, rest->n) : 0;
    if (!n || n >= rest->n || rest->at[n] != ':')
        return false;
    jsonl_span behind = {rest->at + n + 1, rest->n - n - 1};
    *name = (jsonl_span){rest->at + 1, n - 2};
    if (!jsonl_value(&behind, value))
        return false;
    *rest = behind;
    return true;
}

bool jsonl_inside(jsonl_span value, char open, jsonl_span *rest)
{
    *rest = (jsonl_span){0};
    if (value.n < 2 || *value.at != open)
        return false;
    *rest = (jsonl_span){value.at + 1, value.n - 2};
    return true;
}

/* A value ends before a comma or a bracket, which strtod does not take. */
double jsonl_number_in(jsonl_span value, double fallback)
{
    size_t n = 0;
    char *end;
    if (jsonl_is(value, "\"inf\""))
        return (double)INFINITY;
    if (jsonl_is(value, "\"-inf\""))
        return -(double)INFINITY;
    while (n < value.n && ((value.at[n] >= '0' && value.at[n] <= '9') || value.at[n] == '-' ||
                           value.at[n] == '+' || value.at[n] == '.' || (value.at[n] | 32) == 'e'))
        n++;
    if (!n || n != value.n)
        return fallback;
    double x = strtod(value.at, &end);
    return end == value.at + n && isfinite(x) ? x : fallback;
}

size_t jsonl_count_in(jsonl_span value, size_t fallback)
{
    size_t count = 0;
    double x;
    for (size_t i = 0; i < value.n && i < 16; i++) {
        if (value.at[i] < '0' || value.at[i] > '9')
            break;
        count = 10 * count + (size_t)(value.at[i] - '0');
        if (i + 1 == value.n && i < 15)
            return count;
    }
    x = jsonl_number_in(value, -1);
    return x >= 0 && x <= 0x1p53 && x == floor(x) ? (size_t)x : fallback;
}

status jsonl_text_in(jsonl_span value, char **text_)
{
    json_error_t error;
    *text_ = NULL;
    if (value.n < 2 || *value.at != '"')
        return OK;
    bool plain = true;
    for (size_t i = 1; i + 1 < value.n && plain; i++)
        plain = (unsigned char)value.at[i] >= 0x20 && (unsigned char)value.at[i] < 0x7f &&
                value.at[i] != '\\';
    if (plain) {
        if (!(*text_ = mem_raw(value.n - 1, 1)))
            return ERR_MEMORY;
        memcpy(*text_, value.at + 1, value.n - 2);
        (*text_)[value.n - 2] = '\0';
        return OK;
    }
    json_t *string = json_loadb(value.at, value.n, JSON_DECODE_ANY, &error);
    status st = OK;
    if (!string)
        st = error_set(ERR_FORMAT, "a text of the line cannot be read: %s", error.text);
    else if (json_is_string(string) && !(*text_ = mem_string(json_string_value(string))))
        st = ERR_MEMORY;
    json_decref(string);
    return st;
}

/* ------------------------------------------------------------------ by jansson */

status jsonl_open(const char *line, size_t n, json_t **object)
{
    jsonl_span members;
    json_error_t error;
    status st = jsonl_members(line, n, &members);
    *object = NULL;
    if (st)
        return st;
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
