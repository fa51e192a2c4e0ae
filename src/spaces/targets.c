/* targets.c -- the one meaning of the key `targets`: which tensors of a layout a space covers.
 *
 *   all            every tensor of the model          "h.*.attn"   a pattern on names: * ? [a-z]
 *   matrix         those with two or more dimensions  0..5, 3      the tensors of these layers
 *   head           those with this role, or this name head:0..5    both
 *
 * A list q+v is the union; every entry must match something by itself, so that a misspelt one is not
 * lost. Tensors that a method added (`outside`: adapters, prefixes) are taken by role, name or
 * pattern alone: all, matrix and layers mean the model's own. */
#include <fnmatch.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "spaces/frame.h"

enum { TARGETS_ROLES = 64 }; /* names that a "did you mean" looks through */

/* One entry of the list, read. */
typedef struct target {
    const char *text; /* as written */
    char *word;       /* role, name, pattern, all, matrix; "": any tensor of the layers */
    bool pattern, layers;
    int first, last;
} target;

/* Is `word` one of the words of "a+b+c"? */
static bool targets_word_in(const char *words, const char *word, size_t length)
{
    for (const char *w = words; w && *w;) {
        size_t n = strcspn(w, "+");
        if (n == length && !strncmp(w, word, n))
            return true;
        w += n + (w[n] == '+');
    }
    return false;
}

static bool targets_has_role(const tensor *t, const char *role)
{
    return targets_word_in(t->roles, role, strlen(role));
}

/* Reads "3" or "2..5" of layers. */
static bool targets_layers(const char *text_, int *first, int *last)
{
    char *end;
    if (*text_ < '0' || *text_ > '9')
        return false;
    long a = strtol(text_, &end, 10), b = a;
    if (!strncmp(end, "..", 2)) {
        if (end[2] < '0' || end[2] > '9')
            return false;
        b = strtol(end + 2, &end, 10);
    }
    if (*end || a > b || b > INT_MAX)
        return false;
    *first = (int)a;
    *last = (int)b;
    return true;
}

static status targets_read(const char *kind, const char *entry, target *t)
{
    size_t n = strlen(entry);
    *t = (target){.text = entry};
    if (n > 1 && entry[0] == '"' && entry[n - 1] == '"') {
        t->pattern = true;
        t->word = mem_string(entry + 1);
        if (t->word)
            t->word[n - 2] = '\0';
        return t->word ? OK : ERR_MEMORY;
    }
    if (!(t->word = mem_string(entry)))
        return ERR_MEMORY;
    t->pattern = strpbrk(entry, "*?[") != NULL;
    if (t->pattern)
        return OK;
    char *colon = strchr(t->word, ':');
    const char *range = colon ? colon + 1 : t->word;
    t->layers = targets_layers(range, &t->first, &t->last);
    if (colon && !t->layers)
        return error_set(ERR_USAGE, "%s: targets=%s: layers are written 3 or 0..5, as in %.*s:0..5",
                         kind, entry, (int)(colon - t->word), t->word);
    if (colon)
        *colon = '\0';
    else if (t->layers)
        t->word[0] = '\0';
    return OK;
}

/* Does the entry speak of whole tensors, and not of one of their roles? */
static bool targets_whole(const target *t, const tensor *x)
{
    return t->pattern || !*t->word || !strcmp(t->word, "all") || !strcmp(t->word, "matrix") ||
           (!targets_has_role(x, t->word) && !strcmp(t->word, x->name));
}

static bool targets_match(const target *t, const tensor *x)
{
    if (t->pattern)
        return !fnmatch(t->word, x->name, 0);
    if (t->layers && (x->layer < t->first || x->layer > t->last))
        return false;
    if (!*t->word || !strcmp(t->word, "all"))
        return !x->outside;
    if (!strcmp(t->word, "matrix"))
        return !x->outside && x->shape[1] > 0;
    return targets_has_role(x, t->word) || !strcmp(t->word, x->name);
}

/* The sentence for an entry that matches nothing. */
static status targets_nothing(const char *kind, const target *t, const layout *l)
{
    char *roles[TARGETS_ROLES], mean[80];
    const char *names[TARGETS_ROLES];
    size_t n = 0;
    bool known = false;
    text list = {0};
    for (size_t i = 0; i < l->n_tensors; i++) {
        known = known || targets_has_role(&l->tensors[i], t->word);
        for (const char *w = l->tensors[i].roles; w && *w;) {
            size_t length = strcspn(w, "+");
            if (length && n < TARGETS_ROLES && !targets_word_in(list.text, w, length)) {
                text_add(&list, "%s%.*s", list.length ? "+" : "", (int)length, w);
                if ((roles[n] = mem_printf("%.*s", (int)length, w))) {
                    names[n] = roles[n];
                    n++;
                }
            }
            w += length + (w[length] == '+');
        }
    }
    if (t->pattern)
        error_set(ERR_USAGE,
                  "%s: targets=%s: no tensor's name matches this pattern; the first is %s", kind,
                  t->text, l->n_tensors ? l->tensors[0].name : "missing");
    else if (known || !*t->word || !strcmp(t->word, "all") || !strcmp(t->word, "matrix"))
        error_set(ERR_USAGE, "%s: targets=%s: no such tensor in these layers; roles here: %s", kind,
                  t->text, list.text ? list.text : "none");
    else
        error_set(ERR_USAGE, "%s: targets=%s: no tensor has this role or name%s; roles here: %s",
                  kind, t->text, key_did_you_mean(t->word, names, n, mean),
                  list.text ? list.text : "none");
    while (n-- > 0)
        mem_free(roles[n]);
    text_clear(&list);
    return ERR_USAGE;
}

/* A tied tensor is one tensor with several roles: an entry that names one of them would silently
 * train the others too. */
static status targets_tied(const char *kind, const char *all, const target *t, size_t n,
                           const tensor *x)
{
    if (!x->tied)
        return OK;
    for (size_t k = 0; k < n; k++)
        if (targets_match(&t[k], x) && targets_whole(&t[k], x))
            return OK;
    for (const char *w = x->roles; w && *w;) {
        size_t length = strcspn(w, "+");
        bool named = false;
        for (size_t k = 0; k < n && !named; k++)
            named = targets_match(&t[k], x) && strlen(t[k].word) == length &&
                    !strncmp(t[k].word, w, length);
        if (!named)
            return error_set(
                ERR_USAGE,
                "%s: targets=%s: %s is one tensor with the roles %s and would be trained "
                "in all of them; untie it in the model (untie=%.*s) or name them all",
                kind, all, x->name, x->roles, (int)length, w);
        w += length + (w[length] == '+');
    }
    return OK;
}

status targets_select(const char *kind, const char *targets, const layout *l, size_t **selected,
                      size_t *count)
{
    char **parts = NULL;
    size_t n = 0, read = 0;
    target *t = NULL;
    status st;
    *selected = NULL;
    *count = 0;
    if ((st = key_cut(targets, "+", &parts, &n))) {
        error_prefix("%s: targets: ", kind);
        return st;
    }
    st = ERR_MEMORY;
    t = mem_array(n, sizeof *t);
    size_t *places = mem_array(l->n_tensors, sizeof *places);
    if (!t || !places)
        goto done;
    for (; read < n; read++)
        if ((st = targets_read(kind, parts[read], &t[read]))) {
            read++; /* its word is freed too */
            goto done;
        }
    for (size_t k = 0; k < n; k++) {
        bool any = false;
        for (size_t i = 0; i < l->n_tensors && !any; i++)
            any = targets_match(&t[k], &l->tensors[i]);
        if (!any && (st = targets_nothing(kind, &t[k], l)))
            goto done;
    }
    for (size_t i = 0; i < l->n_tensors; i++) {
        bool any = false;
        for (size_t k = 0; k < n && !any; k++)
            any = targets_match(&t[k], &l->tensors[i]);
        if (!any)
            continue;
        if ((st = targets_tied(kind, targets, t, n, &l->tensors[i])))
            goto done;
        places[(*count)++] = i;
    }
    st = OK;
done:
    for (size_t k = 0; k < read; k++)
        mem_free(t[k].word);
    mem_free(t);
    key_parts_free(parts, n);
    if (st) {
        mem_free(places);
        *count = 0;
    } else {
        *selected = places;
    }
    return st;
}
