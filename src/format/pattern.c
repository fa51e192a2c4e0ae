/* pattern.c -- see pattern.h. */
#include <regex.h>
#include <string.h>

#include "base/mem.h"
#include "format/pattern.h"

enum { LETTERS = 512, COUNT = 20, NEST = 64 };

/* What stands open while the pattern is put into POSIX words. */
typedef struct reader {
    const char *at;
    text out;
    bool repeats[NEST + 1]; /* does this group hold + or {}? */
    size_t depth;
    bool group; /* the last item was a group, and `held` what it held */
    bool held;
} reader;

static status pattern_refused(const char *what)
{
    return error_set(ERR_FORMAT, "%s in a pattern, which is not read", what);
}

/* \d, \w, \s or an escaped sign; inside [] without brackets of their own. */
static status pattern_escape(reader *r, bool inside)
{
    static const struct {
        char letter;
        const char *words;
    } known[] = {{'d', "0-9"}, {'w', "a-zA-Z0-9_"}, {'s', " \t"}};
    char c = *++r->at;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (c == known[i].letter) {
            text_add(&r->out, inside ? "%s" : "[%s]", known[i].words);
            r->at++;
            return OK;
        }
    if (!c || !strchr(".-_/+*?()[]{}|^$\\", c))
        return pattern_refused("an escape other than \\d, \\w, \\s and signs");
    if (inside && strchr("]^-\\[", c)) /* POSIX has no escapes there */
        return pattern_refused("an escaped sign in [ ]");
    text_add(&r->out, inside || strchr("-_/", c) ? "%c" : "\\%c", c);
    r->at++;
    return OK;
}

static status pattern_class(reader *r)
{
    status st;
    text_add(&r->out, "[");
    r->at++;
    if (*r->at == '^') {
        text_add(&r->out, "^");
        r->at++;
    }
    if (*r->at == ']') /* first: a letter of the class, in both */
        return pattern_refused("an empty [ ]");
    while (*r->at && *r->at != ']') {
        if (*r->at == '[')
            return pattern_refused("a [ in [ ]");
        if (*r->at == '\\') {
            if ((st = pattern_escape(r, true)))
                return st;
            continue;
        }
        text_add(&r->out, "%c", *r->at++);
    }
    if (!*r->at)
        return pattern_refused("a [ without its ]");
    text_add(&r->out, "]");
    r->at++;
    return OK;
}

/* {m}, {m,} or {m,n} */
static status pattern_count(reader *r)
{
    size_t n = strcspn(r->at, "}"), digits = 0, value = 0;
    if (!r->at[n])
        return pattern_refused("a { without its }");
    for (size_t i = 1; i < n; i++) {
        char c = r->at[i];
        if (c == ',') {
            value = 0;
            continue;
        }
        if (c < '0' || c > '9' || (value = 10 * value + (size_t)(c - '0')) > COUNT)
            return pattern_refused("a { } without counts of at most 20");
        digits++;
    }
    if (!digits || r->at[1] == ',')
        return pattern_refused("a { } without a count");
    text_bytes(&r->out, r->at, n + 1);
    r->at += n + 1;
    return OK;
}

/* * + ? {}, and the lazy sign behind it. */
static status pattern_repeat(reader *r)
{
    char c = *r->at;
    status st = OK;
    if (c == '+' || c == '{') {
        if (r->group && r->held)
            return pattern_refused("a repeat of repeats");
        r->repeats[r->depth] = true;
    }
    if (c == '{') {
        if ((st = pattern_count(r)))
            return st;
    } else {
        text_add(&r->out, "%c", c);
        r->at++;
    }
    if (*r->at == '?')
        r->at++;
    if (*r->at && strchr("*+?{", *r->at))
        return pattern_refused("two repeats");
    return st;
}

static status pattern_open(reader *r)
{
    if (r->at[1] == '?' && r->at[2] != ':')
        return pattern_refused("(? other than (?:");
    if (r->depth == NEST)
        return pattern_refused("too many groups in groups");
    r->at += r->at[1] == '?' ? 3 : 1;
    if (*r->at && strchr("*+?{", *r->at))
        return pattern_refused("a repeat of nothing");
    text_add(&r->out, "(");
    r->repeats[++r->depth] = false;
    return OK;
}

static status pattern_close(reader *r)
{
    if (!r->depth)
        return pattern_refused("a ) without its (");
    text_add(&r->out, ")");
    r->at++;
    r->group = true;
    r->held = r->repeats[r->depth--];
    r->repeats[r->depth] |= r->held;
    return OK;
}

static status pattern_read(reader *r, const char *pattern)
{
    status st = OK;
    r->at = pattern;
    text_add(&r->out, "^(");
    if (strlen(pattern) > LETTERS)
        return pattern_refused("more than 512 letters");
    while (*r->at && !st) {
        char c = *r->at;
        if (strchr("*+?{", c)) {
            st = pattern_repeat(r);
            continue;
        }
        r->group = false;
        if (c == '\\')
            st = pattern_escape(r, false);
        else if (c == '[')
            st = pattern_class(r);
        else if (c == '(')
            st = pattern_open(r);
        else if (c == ')')
            st = pattern_close(r);
        else {
            text_add(&r->out, strchr("}]", c) ? "\\%c" : "%c", c);
            r->at++;
        }
    }
    if (!st && r->depth)
        st = pattern_refused("a ( without its )");
    text_add(&r->out, ")$");
    return st ? st : text_failed(&r->out) ? ERR_MEMORY : OK;
}

status pattern_match(const char *pattern, const char *text_, bool *matches)
{
    reader r = {0};
    regex_t compiled;
    *matches = false;
    status st = pattern_read(&r, pattern);
    if (!st && regcomp(&compiled, r.out.text, REG_EXTENDED | REG_NOSUB))
        st = pattern_refused("something");
    else if (!st) {
        *matches = !regexec(&compiled, text_, 0, NULL, 0);
        regfree(&compiled);
    }
    if (st)
        error_prefix("%.100s: ", pattern);
    text_clear(&r.out);
    return st;
}
