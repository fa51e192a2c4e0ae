/* key.c -- the fields of an object behind a table of keys: filling, canonical form, help. The texts
 * themselves are cut in grammar.c. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/key.h"

enum { KEYS_MOST = 128 };

void key_texts_clear(key_texts *t)
{
    for (size_t i = 0; i < t->n; i++)
        mem_free(t->text[i]);
    mem_free(t->text);
    *t = (key_texts){0};
}

const char *key_texts_take(key_texts *t, char *fresh)
{
    enum { STEP = 16 };
    if (fresh && t->n % STEP == 0) {
        char **more = mem_resize(t->text, t->n + STEP, sizeof *more);
        if (!more) {
            mem_free(fresh);
            return NULL;
        }
        t->text = more;
    }
    return fresh ? t->text[t->n++] = fresh : NULL;
}

static const char *texts_keep(key_texts *t, const char *text_)
{
    return key_texts_take(t, mem_string(text_));
}

static size_t keys_count(const key *keys)
{
    size_t n = 0;
    while (keys[n].name)
        n++;
    return n;
}

/* ------------------------------------------------------------------ values */

static const char *key_form(const key *k)
{
    static const char *const forms[] = {
        [IDIM_SIZE] = "a whole number", [IDIM_NUMBER] = "a number",
        [IDIM_BOOL] = "yes or no",      [IDIM_TEXT] = "a text",
        [IDIM_WORD] = "a word",         [IDIM_MAP] = "a number or a map q:4+v:8"};
    return forms[k->type];
}

const char *key_range(const key *k, char out[80])
{
    char a[32], b[32];
    out[0] = '\0';
    if ((k->type == IDIM_SIZE || k->type == IDIM_NUMBER || k->type == IDIM_MAP) &&
        (k->min != 0 || k->max != 0))
        snprintf(out, 80, "%s to %s", key_number_text(k->min, a), key_number_text(k->max, b));
    return out;
}

/* Most numbers are short and whole: no locale is asked for them. */
static bool few_digits(const char *value, double *x)
{
    bool minus = *value == '-';
    size_t n = 0;
    for (*x = 0, value += minus; value[n] >= '0' && value[n] <= '9' && n < 15; n++)
        *x = 10 * *x + (value[n] - '0');
    if (minus)
        *x = -*x;
    return n && !value[n];
}

static status set_number(const char *kind, const key *k, const char *value, void *field)
{
    char what[128], range[80];
    double x;
    status st;
    if (!few_digits(value, &x)) {
        snprintf(what, sizeof what, "%s: %s", kind, k->name);
        if ((st = key_number(what, value, &x)))
            return st;
    }
    if (x < k->min || x > k->max || (k->type == IDIM_SIZE && (x != floor(x) || x < 0)))
        return error_set(ERR_USAGE, "%s: %s=%s is out of range; it takes %s from %s", kind, k->name,
                         value, key_form(k), key_range(k, range));
    if (k->type == IDIM_SIZE)
        *(size_t *)field = (size_t)x;
    else
        *(double *)field = x;
    return OK;
}

static status set_bool(const char *kind, const key *k, const char *value, void *field)
{
    static const char *const yes[] = {"yes", "true", "on", "1"}, *const no[] = {"no", "false",
                                                                                "off", "0"};
    for (size_t i = 0; i < 4; i++)
        if (!strcmp(value, yes[i]) || !strcmp(value, no[i])) {
            *(bool *)field = !strcmp(value, yes[i]);
            return OK;
        }
    return error_set(ERR_USAGE, "%s: %s=%s is neither yes nor no", kind, k->name, value);
}

static status set_word(const char *kind, const key *k, const char *value, void *field)
{
    char **words, mean[80];
    size_t n;
    status st = key_cut(k->words, "+", &words, &n);
    if (st)
        return st;
    st = ERR_USAGE;
    for (size_t i = 0; i < n && st; i++)
        if (!strcmp(words[i], value)) {
            *(int *)field = (int)i;
            st = OK;
        }
    if (st)
        error_set(st, "%s: %s=%s is not one of %s%s", kind, k->name, value, k->words,
                  key_did_you_mean(value, (const char *const *)words, n, mean));
    key_parts_free(words, n);
    return st;
}

/* A value in quotes loses them. */
static status set_text(const key *k, const char *value, void *field, key_texts *texts)
{
    size_t n = strlen(value);
    if (value == k->fallback && *value != '"') { /* lives as long as its row */
        *(const char **)field = value;
        return OK;
    }
    const char *kept = texts_keep(texts, value);
    if (!kept)
        return ERR_MEMORY;
    if (n >= 2 && value[0] == '"' && value[n - 1] == '"' && !memchr(value + 1, '"', n - 2)) {
        texts->text[texts->n - 1][n - 1] = '\0';
        kept++;
    }
    *(const char **)field = kept;
    return OK;
}

/* One entry of a map, in its shortest form. *rest: the number without a name was there already. */
static status map_entry(const char *kind, const key *k, char *entry, bool *rest, text *out)
{
    char *colon = strrchr(entry, ':'), *quote = strrchr(entry, '"'), digits[32];
    double x;
    key number = *k;
    status st;
    if (colon && quote && quote > colon)
        colon = NULL;
    number.type = IDIM_NUMBER;
    if ((st = set_number(kind, &number, colon ? colon + 1 : entry, &x)))
        return st;
    if (!colon && *rest)
        return error_set(ERR_USAGE, "%s: %s: a second number for the rest, %s; leave one out", kind,
                         k->name, entry);
    if (colon == entry)
        return error_set(ERR_USAGE, "%s: %s: %s names nothing; write it q:4", kind, k->name, entry);
    *rest = *rest || !colon;
    if (colon)
        *colon = '\0';
    text_add(out, "%s%s%s%s", out->length ? "+" : "", colon ? entry : "", colon ? ":" : "",
             key_number_text(x, digits));
    return OK;
}

static status set_map(const char *kind, const key *k, const char *value, void *field,
                      key_texts *texts)
{
    char **parts;
    size_t n;
    text form = {0};
    bool rest = false;
    status st = key_cut(value, "+", &parts, &n);
    if (st) {
        error_prefix("%s: %s: ", kind, k->name);
        return st;
    }
    for (size_t i = 0; i < n && !st; i++)
        st = map_entry(kind, k, parts[i], &rest, &form);
    if (!st && form.failed)
        st = ERR_MEMORY;
    if (!st) {
        *(const char **)field = texts_keep(texts, form.text);
        st = *(const char **)field ? OK : ERR_MEMORY;
    }
    text_clear(&form);
    key_parts_free(parts, n);
    return st;
}

status key_map_next(const char **at, char **name, double *number)
{
    size_t n = 0;
    *name = NULL;
    if (!*at || !**at)
        return OK;
    for (bool quoted = false; (*at)[n] && ((*at)[n] != '+' || quoted); n++)
        quoted ^= (*at)[n] == '"';
    char *entry = mem_printf("%.*s", (int)n, *at);
    if (!entry)
        return ERR_MEMORY;
    char *colon = strrchr(entry, ':');
    *number = strtod(colon ? colon + 1 : entry, NULL);
    *(colon ? colon : entry) = '\0';
    *name = entry;
    *at += n + ((*at)[n] == '+');
    return OK;
}

static status set_field(const char *kind, const key *k, const char *value, void *object,
                        key_texts *texts)
{
    void *field = (char *)object + k->offset;
    switch (k->type) {
    case IDIM_SIZE:
    case IDIM_NUMBER:
        return set_number(kind, k, value, field);
    case IDIM_BOOL:
        return set_bool(kind, k, value, field);
    case IDIM_WORD:
        return set_word(kind, k, value, field);
    case IDIM_TEXT:
        return set_text(k, value, field, texts);
    case IDIM_MAP:
        return set_map(kind, k, value, field, texts);
    }
    return error_set(ERR_FAILED, "%s: key %s has a type that is none", kind, k->name);
}

status key_set(const char *kind, const key *keys, const char *name, const char *value, void *object,
               key_texts *texts)
{
    const char *names[KEYS_MOST];
    char mean[80];
    size_t n = 0;
    for (const key *k = keys; k->name; k++) {
        if (!strcmp(k->name, name))
            return set_field(kind, k, value, object, texts);
        if (n < KEYS_MOST)
            names[n++] = k->name;
    }
    if (n == 0)
        return error_set(ERR_USAGE, "%s: takes no keys, %s=%s was given", kind, name, value);
    return error_set(ERR_USAGE, "%s: no key %s%s", kind, name,
                     key_did_you_mean(name, names, n, mean));
}

/* ------------------------------------------------------------------ kind:key=value,key=value */

static status parse_part(const char *kind, const key *keys, char *part, bool *given, void *object,
                         key_texts *texts)
{
    char *equals = strchr(part, '=');
    if (!equals || equals == part)
        return error_set(ERR_USAGE, "%s: \"%s\" is not key=value", kind, part);
    if (key_lists(equals + 1)) {
        char *spec = mem_printf("%s:%s", kind, part);
        status st = spec ? key_one(spec) : ERR_MEMORY;
        mem_free(spec);
        return st;
    }
    *equals = '\0';
    for (size_t i = 0; keys[i].name && i < KEYS_MOST; i++)
        if (!strcmp(keys[i].name, part)) {
            if (given[i])
                return error_set(ERR_USAGE, "%s: %s is given twice; leave one out", kind, part);
            given[i] = true;
        }
    return key_set(kind, keys, part, equals + 1, object, texts);
}

status key_parse(const char *kind, const key *keys, const char *args, void *object,
                 key_texts *texts)
{
    bool given[KEYS_MOST] = {false};
    char **parts = NULL;
    size_t n = 0, count = keys_count(keys);
    status st = OK;
    for (size_t i = 0; i < count && !st; i++)
        if (keys[i].fallback)
            st = set_field(kind, &keys[i], keys[i].fallback, object, texts);
    if (!st && args && *args && (st = key_cut(args, ",", &parts, &n)))
        error_prefix("%s: ", kind);
    for (size_t i = 0; i < n && !st; i++)
        st = parse_part(kind, keys, parts[i], given, object, texts);
    for (size_t i = 0; i < count && i < KEYS_MOST && !st; i++)
        if (!keys[i].fallback && !given[i])
            st = error_set(ERR_USAGE, "%s: %s must be given, as in %s:%s=...; it is %s", kind,
                           keys[i].name, kind, keys[i].name, keys[i].doc);
    key_parts_free(parts, n);
    return st;
}

/* ------------------------------------------------------------------ canonical form */

static void add_word(const key *k, int place, text *out)
{
    char **words;
    size_t n;
    if (key_cut(k->words, "+", &words, &n)) {
        out->failed = true;
        return;
    }
    text_add(out, "%s", (size_t)place < n ? words[place] : "?");
    key_parts_free(words, n);
}

void key_value(const key *k, const void *object, text *out)
{
    const void *field = (const char *)object + k->offset;
    const char *s;
    char digits[32];
    switch (k->type) {
    case IDIM_SIZE:
        text_add(out, "%zu", *(const size_t *)field);
        break;
    case IDIM_NUMBER:
        text_add(out, "%s", key_number_text(*(const double *)field, digits));
        break;
    case IDIM_BOOL:
        text_add(out, "%s", *(const bool *)field ? "yes" : "no");
        break;
    case IDIM_WORD:
        add_word(k, *(const int *)field, out);
        break;
    case IDIM_TEXT:
    case IDIM_MAP:
        s = *(const char *const *)field;
        s = s ? s : "";
        text_add(out, "%s", s); /* quoted by key_canonical where the grammar asks for it */
        break;
    }
}

bool key_same(const key *k, const void *a, const void *b)
{
    const void *x = (const char *)a + k->offset, *y = (const char *)b + k->offset;
    const char *s, *t;
    switch (k->type) {
    case IDIM_SIZE:
        return *(const size_t *)x == *(const size_t *)y;
    case IDIM_NUMBER:
        return *(const double *)x >= *(const double *)y && *(const double *)x <= *(const double *)y;
    case IDIM_BOOL:
        return *(const bool *)x == *(const bool *)y;
    case IDIM_WORD:
        return *(const int *)x == *(const int *)y;
    case IDIM_TEXT:
    case IDIM_MAP:
        s = *(const char *const *)x;
        t = *(const char *const *)y;
        return !strcmp(s ? s : "", t ? t : "");
    }
    return false;
}

/* The field as its default would be: defaults are parsed, so that "1e-3" equals .001. *failed: it could
 * not be told; to guess would give the same thing another name. */
static bool at_default(const key *k, const char *kind, const void *object, bool *failed)
{
    union {
        size_t size;
        double number;
        bool truth;
        int word;
        const char *text_;
    } field = {0};
    key own = *k;
    key_texts texts = {0};
    text a = {0}, b = {0};
    bool same = false;
    own.offset = 0;
    if (k->fallback) {
        *failed |= set_field(kind, &own, k->fallback, &field, &texts) != OK;
        if (!*failed) {
            key_value(&own, &field, &a);
            key_value(k, object, &b);
            *failed |= a.failed || b.failed;
            same = !*failed && !strcmp(a.text ? a.text : "", b.text ? b.text : "");
        }
    }
    text_clear(&a);
    text_clear(&b);
    key_texts_clear(&texts);
    return same;
}

static int by_name(const void *a, const void *b)
{
    return strcmp((*(const key *const *)a)->name, (*(const key *const *)b)->name);
}

/* Would the grammar cut this text, alone or between others? */
static bool text_quoted(const char *s)
{
    size_t n = s ? strlen(s) : 0;
    return n && !strchr(s, '"') &&
           (strpbrk(s, ",@*?[] ") || strstr(s, "++") || s[0] == '+' || s[n - 1] == '+');
}

static void key_written(const char *kind, const key *keys, const void *object, bool places,
                        text *out)
{
    const key *sorted[KEYS_MOST];
    size_t n = keys_count(keys);
    char before = ':';
    n = n < KEYS_MOST ? n : KEYS_MOST;
    for (size_t i = 0; i < n; i++)
        sorted[i] = &keys[i];
    qsort(sorted, n, sizeof *sorted, by_name);
    text_add(out, "%s", kind);
    for (size_t i = 0; i < n; i++) {
        text value = {0};
        if ((sorted[i]->place && !places) || at_default(sorted[i], kind, object, &out->failed) ||
            out->failed)
            continue;
        key_value(sorted[i], object, &value);
        bool quote = sorted[i]->type == IDIM_TEXT && text_quoted(value.text);
        text_add(out, quote ? "%c%s=\"%s\"" : "%c%s=%s", before, sorted[i]->name,
                 value.text ? value.text : "");
        out->failed |= value.failed;
        text_clear(&value);
        before = ',';
    }
}

void key_canonical(const char *kind, const key *keys, const void *object, text *out)
{
    key_written(kind, keys, object, true, out);
}

void key_hashed(const char *kind, const key *keys, const void *object, text *out)
{
    key_written(kind, keys, object, false, out);
}

/* ------------------------------------------------------------------ help */

void key_wrapped(const char *words, size_t indent, size_t columns, text *out)
{
    size_t at = indent;
    while (*words) {
        size_t n = strcspn(words, " ");
        if (at > indent && at + 1 + n > columns) {
            text_add(out, "\n%*s", (int)indent, "");
            at = indent;
        } else if (at > indent) {
            text_add(out, " ");
            at++;
        }
        text_bytes(out, words, n);
        at += n;
        words += n;
        words += strspn(words, " ");
    }
    text_add(out, "\n");
}

void key_meaning(const key *k, const char *fallback, text *out)
{
    char range[80];
    const char *before = " (";
    text_add(out, "%s", k->doc);
    if (k->words)
        text_add(out, " [%s]", k->words);
    if (k->unit && *k->unit) {
        text_add(out, "%s%s", before, k->unit);
        before = ", ";
    }
    if (*key_range(k, range) &&
        k->max < 1e6) { /* larger ones say no more than that a number fits */
        text_add(out, "%s%s", before, range);
        before = ", ";
    }
    if (!fallback)
        text_add(out, "%smust be given)", before);
    else if (*fallback)
        text_add(out, "%sdefault %s)", before, fallback);
    else if (*before == ',')
        text_add(out, ")");
}

void key_help(const key *keys, size_t columns, text *out)
{
    enum { INDENT = 20 };
    for (const key *k = keys; k->name; k++) {
        char left[64];
        text right = {0};
        snprintf(left, sizeof left, "    %s=%s", k->name,
                 k->type == IDIM_SIZE     ? "N"
                 : k->type == IDIM_NUMBER ? "X"
                 : k->type == IDIM_BOOL   ? "yes"
                 : k->type == IDIM_WORD   ? "WORD"
                 : k->type == IDIM_MAP    ? "N"
                                          : "TEXT");
        key_meaning(k, k->fallback, &right);
        if (strlen(left) < INDENT)
            text_add(out, "%-*s", INDENT, left);
        else
            text_add(out, "%s\n%*s", left, INDENT, "");
        key_wrapped(right.text ? right.text : "", INDENT, columns, out);
        text_clear(&right);
    }
}
