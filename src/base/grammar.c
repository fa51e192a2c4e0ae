/* grammar.c -- the texts of key.h's grammar: cutting, numbers, ranges, nearest words. */
#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/key.h"
#include "base/locale.h"

enum { NUMBERS_MOST = 1000000, WORD_MOST = 64 };

static const char key_letters[] =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";

bool key_lists(const char *value)
{
    bool quoted = false;
    for (const char *c = value; *c; c++) {
        quoted = quoted != (*c == '"');
        bool composed = c[0] == '+' && c[1] == '+';
        c += composed;
        if (quoted || composed || (*c != '+' && *c != ' '))
            continue;
        const char *kind = c + 1 + strspn(c + 1, "+ "), *colon = kind + strspn(kind, key_letters);
        const char *key_ = colon + (*colon == ':'), *equals = key_ + strspn(key_, key_letters);
        if (colon > kind && key_ > colon && equals > key_ && *equals == '=')
            return true;
    }
    return false;
}

status key_one(const char *spec)
{
    return error_set(
        ERR_USAGE,
        "%s: a list, and here stands one kind; in a sweep file (idim run) + cuts names, "
        "a+b, and blanks cut kinds with keys, a:k=1 b:k=2",
        spec);
}

status key_kind(const char *spec, char *kind, size_t room, const char **args)
{
    size_t n = strcspn(spec, ":");
    *args = spec[n] ? spec + n + 1 : spec + n;
    kind[0] = '\0';
    if (n == 0)
        return error_set(ERR_USAGE, "\"%s\" names no kind; write kind or kind:key=value", spec);
    size_t word = strspn(spec, key_letters);
    if (word && word < n && strchr("+ ", spec[word]))
        return key_one(spec);
    if (n >= room || word < n)
        return error_set(ERR_USAGE,
                         "\"%.*s\" is no name of a kind; kinds are words such as fastfood",
                         (int)(n < WORD_MOST ? n : WORD_MOST), spec);
    memcpy(kind, spec, n);
    kind[n] = '\0';
    return OK;
}

/* ------------------------------------------------------------------ cutting */

/* Length of the separator at p when it cuts there; "+" does not cut at "++". */
static size_t cuts(const char *p, const char *separator)
{
    size_t n = strlen(separator);
    if (strncmp(p, separator, n))
        return 0;
    if (n == 1 && *separator == '+' && p[1] == '+')
        return 0;
    return n;
}

void key_parts_free(char **parts, size_t n)
{
    for (size_t i = 0; parts && i < n; i++)
        mem_free(parts[i]);
    mem_free(parts);
}

static status add_part(const char *from, size_t length, char ***parts, size_t *n)
{
    char **more = mem_resize(*parts, *n + 1, sizeof *more);
    char *copy = more ? mem_raw(length + 1, 1) : NULL;
    if (more)
        *parts = more;
    if (!copy)
        return ERR_MEMORY;
    memcpy(copy, from, length);
    copy[length] = '\0';
    more[(*n)++] = copy;
    return OK;
}

status key_cut(const char *text_, const char *separator, char ***parts, size_t *n)
{
    const char *start = text_, *p = text_;
    bool quoted = false;
    status st = OK;
    *parts = NULL;
    *n = 0;
    for (; !st; p++) {
        size_t cut = *p && !quoted ? cuts(p, separator) : 0;
        if (*p == '"')
            quoted = !quoted;
        if (!cut && *p) {
            if (!quoted && p[0] == '+' && p[1] == '+')
                p++; /* "+" cuts at neither half of "++" */
            continue;
        }
        if (!*p && quoted)
            st = error_set(ERR_USAGE, "%s: a quote is opened and not closed", text_);
        else if (p == start)
            st = error_set(ERR_USAGE, "%s: something is missing beside \"%s\"", text_, separator);
        else
            st = add_part(start, (size_t)(p - start), parts, n);
        if (!*p)
            break;
        p += cut - 1;
        start = p + 1;
    }
    if (st) {
        key_parts_free(*parts, *n);
        *parts = NULL;
        *n = 0;
    }
    return st;
}

/* ------------------------------------------------------------------ numbers */

status key_number(const char *what, const char *text_, double *value)
{
    char *end;
    locale_t user = locale_enter();
    errno = 0;
    double x = strtod(text_, &end);
    locale_leave(user);
    *value = 0;
    /* strtod also takes "inf", "nan", "0x1p3" and spaces in front; people mean none of them */
    if (end == text_ || *end || strspn(text_, "0123456789+-.eE") != strlen(text_) || !isfinite(x))
        return error_set(ERR_USAGE, "%s=%s: not a number; write one such as 750, .5 or 1e-3", what,
                         text_);
    *value = x;
    return OK;
}

/* 15 digits come back from every normal double that they were read into, and %g leaves zeros at the end out: so a
 * text that is shorter than 16 digits is met at once. Whole numbers are written without exponent. */
const char *key_number_text(double value, char out[32])
{
    if (value == floor(value) && fabs(value) < 1e15 && value != 0) {
        snprintf(out, 32, "%lld", (long long)value);
        return out;
    }
    locale_t user = locale_enter();
    for (int digits = fabs(value) < DBL_MIN ? 1 : 15; digits <= 17; digits++) {
        snprintf(out, 32, "%.*g", digits, value);
        if (strtod(out, NULL) == value)
            break;
    }
    locale_leave(user);
    return out;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static status numbers_add(const char *what, double x, double **values, size_t *n, size_t *room)
{
    if (*n == NUMBERS_MOST)
        return error_set(ERR_LIMIT, "%s: more than %d values; take a wider step", what,
                         NUMBERS_MOST);
    if (*n == *room) {
        size_t more = *room ? 2 * *room : 16;
        double *grown = mem_resize(*values, more, sizeof *grown);
        if (!grown)
            return ERR_MEMORY;
        *values = grown;
        *room = more;
    }
    (*values)[(*n)++] = x;
    return OK;
}

/* a..b, a..b/step, a..b/logN: logN places N values a decade, both ends included. */
static status numbers_range(const char *what, const char *part, const char *dots, double **values,
                            size_t *n, size_t *room)
{
    char a_text[WORD_MOST], b_text[WORD_MOST];
    const char *slash = strchr(dots, '/');
    size_t a_n = (size_t)(dots - part), b_n = slash ? (size_t)(slash - dots - 2) : strlen(dots + 2);
    double a, b, step = 4;
    bool log = !slash || !strncmp(slash, "/log", 4);
    status st;
    if (a_n >= sizeof a_text || b_n >= sizeof b_text)
        return error_set(ERR_USAGE, "%s=%s: not a range; write one such as 10..1000/log4", what,
                         part);
    memcpy(a_text, part, a_n);
    a_text[a_n] = '\0';
    memcpy(b_text, dots + 2, b_n);
    b_text[b_n] = '\0';
    if (!a_n || !b_n)
        return error_set(ERR_USAGE, "%s=%s: an end is missing; write both, as in 10..1000/log4",
                         what, part);
    if ((st = key_number(what, a_text, &a)) || (st = key_number(what, b_text, &b)))
        return st;
    const char *step_text = !slash ? "" : log ? slash + 4 : slash + 1;
    if (*step_text && (st = key_number(what, step_text, &step)))
        return st;
    if (step <= 0)
        return error_set(ERR_USAGE, "%s=%s: what stands behind %s is above 0", what, part,
                         log ? "log, values a decade," : "/, the step,");
    if (b < a || (log && a <= 0))
        return error_set(ERR_USAGE, "%s=%s: an empty range; write the smaller end first%s", what,
                         part, log ? ", above 0" : "");
    bool whole = a == floor(a) && b == floor(b) && (log || step == floor(step));
    double count = log ? floor(log10(b / a) * step + 1e-9) : floor((b - a) / step + 1e-9);
    if (count > NUMBERS_MOST)
        return error_set(ERR_LIMIT, "%s=%s: more than %d values; take a wider step", what, part,
                         NUMBERS_MOST);
    for (double k = 0; k <= count; k++) {
        double x = log ? a * pow(10, k / step) : a + k * step;
        if ((st = numbers_add(what, whole ? floor(x + .5) : x, values, n, room)))
            return st;
    }
    /* the upper end belongs to a log range even where the steps miss it */
    return log ? numbers_add(what, b, values, n, room) : OK;
}

status key_numbers(const char *what, const char *text_, double **values, size_t *n)
{
    char **parts;
    size_t count, room = 0;
    status st;
    *values = NULL;
    *n = 0;
    if ((st = key_cut(text_, "+", &parts, &count))) {
        error_prefix("%s: ", what);
        return st;
    }
    for (size_t i = 0; i < count && !st; i++) {
        const char *dots = strstr(parts[i], "..");
        double x;
        if (dots)
            st = numbers_range(what, parts[i], dots, values, n, &room);
        else if (!(st = key_number(what, parts[i], &x)))
            st = numbers_add(what, x, values, n, &room);
    }
    key_parts_free(parts, count);
    if (st) {
        mem_free(*values);
        *values = NULL;
        *n = 0;
        return st;
    }
    qsort(*values, *n, sizeof **values, by_value);
    size_t kept = 0;
    for (size_t i = 0; i < *n; i++) /* a log range may reach its end by a step, up to rounding */
        if (!kept || (*values)[i] - (*values)[kept - 1] > 1e-12 * fabs((*values)[i]))
            (*values)[kept++] = (*values)[i];
    *n = kept;
    return OK;
}

/* ------------------------------------------------------------------ did you mean */

/* Damerau-Levenshtein distance (optimal string alignment) of words shorter than WORD_MOST. */
static size_t distance(const char *a, const char *b)
{
    size_t n = strlen(a), m = strlen(b), row[3][WORD_MOST + 1];
    if (n >= WORD_MOST || m >= WORD_MOST)
        return WORD_MOST;
    for (size_t j = 0; j <= m; j++)
        row[0][j] = j;
    for (size_t i = 1; i <= n; i++) {
        size_t *now = row[i % 3], *last = row[(i + 2) % 3], *before = row[(i + 1) % 3];
        now[0] = i;
        for (size_t j = 1; j <= m; j++) {
            size_t best = last[j - 1] + (a[i - 1] != b[j - 1]);
            if (last[j] + 1 < best)
                best = last[j] + 1;
            if (now[j - 1] + 1 < best)
                best = now[j - 1] + 1;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
                before[j - 2] + 1 < best)
                best = before[j - 2] + 1;
            now[j] = best;
        }
    }
    return row[n % 3][m];
}

const char *key_nearest(const char *word, const char *const *candidates, size_t n)
{
    const char *best = NULL;
    size_t least = 1 + strlen(word) / 3 + 1;
    for (size_t i = 0; i < n; i++) {
        size_t far = distance(word, candidates[i]);
        if (far < least) {
            least = far;
            best = candidates[i];
        }
    }
    return best;
}

const char *key_did_you_mean(const char *word, const char *const *candidates, size_t n,
                             char out[80])
{
    const char *best = key_nearest(word, candidates, n);
    out[0] = '\0';
    if (best)
        snprintf(out, 80, "; did you mean %.60s?", best);
    return out;
}
