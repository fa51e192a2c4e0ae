/* spec.c -- specs as texts: finding rows, the canonical form that is hashed, and setting a key. Nothing is
 * made here. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/kind.h"
#include "spaces/frame.h"

status space_find(const char *name, const space_ops **row)
{
    const void *found;
    status st = kind_find("space", name, (const void *const *)space_rows, &found);
    *row = found;
    return st;
}

status spec_open(const char *spec, const space_ops **row, const char **args)
{
    const void *found;
    status st = kind_open("space", spec, (const void *const *)space_rows, &found, args);
    *row = found;
    return st;
}

status space_keys(const space_ops *row, key **keys)
{
    size_t n = 0;
    while (row->keys && row->keys[n].name)
        n++;
    *keys = mem_array(n + 2, sizeof **keys);
    if (!*keys)
        return ERR_MEMORY;
    if (row->expansion)
        return OK;
    if (n)
        memcpy(*keys, row->keys, n * sizeof **keys);
    (*keys)[n] =
        (key)KEY_TEXT("targets", space, targets, row->targets ? row->targets : "all",
                      "tensors: all, matrix, linear (matrices but tables), a role, a name, "
                      "\"pattern\", layers 0..5, role:0..5, or a list a+b");
    return OK;
}

status spec_parse(const space_ops *row, const char *args, space *s, key_texts *texts)
{
    key *keys;
    status st = space_keys(row, &keys);
    if (!st)
        st = key_parse(row->name, keys, args, s, texts);
    mem_free(keys);
    return st;
}

/* Of one kind. */
static status spec_targets_one(const char *spec, const space_ops **row, char **targets, bool *given)
{
    const char *args;
    char **parts = NULL;
    size_t n = 0;
    status st = spec_open(spec, row, &args);
    if (st || (*args && (st = key_cut(args, ",", &parts, &n))))
        return st;
    for (size_t i = 0; i < n && !*given; i++)
        if ((*given = !strncmp(parts[i], "targets=", 8)))
            *targets = mem_string(parts[i] + 8);
    key_parts_free(parts, n);
    if (!*given)
        *targets = mem_string((*row)->targets ? (*row)->targets : "all");
    return *targets ? OK : ERR_MEMORY;
}

status spec_targets(const char *spec, const space_ops **row, char **targets, bool *given)
{
    char **chain;
    size_t n;
    status st = key_cut(spec, "@", &chain, &n);
    *targets = NULL;
    *given = false;
    if (st)
        return st;
    st = spec_targets_one(chain[n - 1], row, targets, given);
    key_parts_free(chain, n);
    return st;
}

bool spec_same_but_d(const space *a, const space *b)
{
    bool same = true;
    for (const key *k = a->ops->keys; k && k->name && same; k++) {
        text x = {0}, y = {0};
        if (!strcmp(k->name, "d"))
            continue;
        key_value(k, a, &x);
        key_value(k, b, &y);
        same = !x.failed && !y.failed && !strcmp(x.text ? x.text : "", y.text ? y.text : "");
        text_clear(&x);
        text_clear(&y);
    }
    return same;
}

/* Calls `each` on every kind of a spec, left to right; `before` is what stands before it. */
typedef status spec_each(void *context, const char *spec, const char *before);
static status spec_walk(const char *spec, spec_each *each, void *context)
{
    char **sums, **chain;
    size_t n_sums, n_chain;
    status st = key_cut(spec, "++", &sums, &n_sums);
    if (st)
        return st;
    for (size_t i = 0; i < n_sums && !st; i++) {
        if ((st = key_cut(sums[i], "@", &chain, &n_chain)))
            break;
        for (size_t k = 0; k < n_chain && !st; k++)
            st = each(context, chain[k], k ? "@" : i ? "++" : "");
        key_parts_free(chain, n_chain);
    }
    key_parts_free(sums, n_sums);
    return st;
}

typedef struct spec_texts {
    text canonical, revisions;
    bool hashed; /* without places; nothing is settled */
} spec_texts;

/* Is "name=" already in the list of revisions? */
static bool spec_noted(const text *revisions, const char *word)
{
    size_t n = strlen(word);
    for (const char *w = revisions->text; w && *w;) {
        size_t length = strcspn(w, " ");
        if (length == n && !strncmp(w, word, n))
            return true;
        w += length + (w[length] == ' ');
    }
    return false;
}

static status spec_canonical_one(void *context, const char *spec, const char *before)
{
    spec_texts *t = context;
    const space_ops *row;
    const char *args;
    key *keys = NULL;
    key_texts texts = {0};
    status st = spec_open(spec, &row, &args);
    if (st)
        return st;
    space *s = mem_array(1, row->size);
    char *revision = mem_printf("%s=%u", row->name, row->revision);
    st = s && revision ? space_keys(row, &keys) : ERR_MEMORY;
    if (!st && !(st = key_parse(row->name, keys, args, s, &texts)) && row->settle && !t->hashed)
        st = row->settle(s, &texts);
    if (!st) {
        text_add(&t->canonical, "%s", before);
        (t->hashed ? key_hashed : key_canonical)(row->name, keys, s, &t->canonical);
        if (!spec_noted(&t->revisions, revision))
            text_add(&t->revisions, "%s%s", t->revisions.length ? " " : "", revision);
    }
    key_texts_clear(&texts);
    mem_free(revision);
    mem_free(keys);
    mem_free(s);
    return st;
}

static status spec_write(const char *spec, spec_texts *t)
{
    char *whole;
    status st = preset_expand(spec, &whole);
    if (!st)
        st = spec_walk(whole, spec_canonical_one, t);
    mem_free(whole);
    if (!st && (t->canonical.failed || t->revisions.failed))
        st = ERR_MEMORY;
    if (st) {
        text_clear(&t->canonical);
        text_clear(&t->revisions);
    }
    return st;
}

status space_canonical(const char *spec, char **canonical, char **revisions)
{
    spec_texts t = {0};
    status st = spec_write(spec, &t);
    *canonical = t.canonical.text;
    *revisions = t.revisions.text;
    return st;
}

status space_hashed(const char *canonical, char **hashed)
{
    spec_texts t = {.hashed = true};
    status st = spec_write(canonical, &t);
    *hashed = t.canonical.text;
    mem_free(t.revisions.text);
    return st;
}

typedef struct spec_setting {
    const char *name, *value;
    text out;
} spec_setting;

/* One kind without the key, then with it at the end. */
static status spec_set_key(spec_setting *w, const char *spec)
{
    const space_ops *row;
    const char *args;
    char **parts = NULL, separator = ':';
    size_t n = 0;
    status st = spec_open(spec, &row, &args);
    if (st || (*args && (st = key_cut(args, ",", &parts, &n))))
        return st;
    text_add(&w->out, "%s", row->name);
    for (size_t i = 0; i < n; i++) {
        size_t length = strcspn(parts[i], "=");
        if (length == strlen(w->name) && !strncmp(parts[i], w->name, length))
            continue;
        text_add(&w->out, "%c%s", separator, parts[i]);
        separator = ',';
    }
    key_parts_free(parts, n);
    if (w->value)
        text_add(&w->out, "%c%s=%s", separator, w->name, w->value);
    return OK;
}

/* Copies every kind as it is, but the first one, a preset written out. */
static status spec_with_one(void *context, const char *spec, const char *before)
{
    spec_setting *w = context;
    text first = {0};
    char **chain;
    size_t n;
    status st;
    if (*before) {
        text_add(&w->out, "%s%s", before, spec);
        return OK;
    }
    if (!(st = preset_part(spec, &first)) && first.failed)
        st = ERR_MEMORY;
    if (!st && !(st = key_cut(first.text, "@", &chain, &n))) {
        st = spec_set_key(w, chain[0]);
        for (size_t i = 1; i < n; i++)
            text_add(&w->out, "@%s", chain[i]);
        key_parts_free(chain, n);
    }
    text_clear(&first);
    return st;
}

status space_with(const char *spec, const char *key_, const char *value, char **out)
{
    spec_setting w = {.name = key_, .value = value};
    *out = NULL;
    if (!space_has_key(spec, key_))
        return error_set(ERR_USAGE, "%s: its first space has no key %s", spec, key_);
    status st = spec_walk(spec, spec_with_one, &w);
    if (!st && w.out.failed)
        st = ERR_MEMORY;
    if (st)
        text_clear(&w.out);
    else
        *out = w.out.text;
    return st;
}

/* Allocates nothing, so that the answer is never "no" for want of memory. */
bool space_has_key(const char *spec, const char *key_)
{
    char kind[64];
    const char *args;
    const space_ops *row;
    size_t n = strcspn(spec, ":@+");
    if (n >= sizeof kind)
        return false;
    memcpy(kind, spec, n);
    kind[n] = '\0';
    if (spec_open(kind, &row, &args))
        return false;
    if (row->expansion)
        return space_has_key(row->expansion, key_);
    for (const key *k = row->keys; k && k->name; k++)
        if (!strcmp(k->name, key_))
            return true;
    return !strcmp(key_, "targets");
}

const char *space_swept(const char *spec)
{
    return space_has_key(spec, "d") ? "d" : space_has_key(spec, "r") ? "r" : NULL;
}

double space_number(const char *spec, const char *key_)
{
    char kind[64];
    const space_ops *row;
    const size_t n = strlen(key_);
    for (const char *at = spec + strcspn(spec, ":@+"); *at == ':' || *at == ',';
         at += 1 + strcspn(at + 1, ",@+")) /* the keys of the first space */
        if (!strncmp(at + 1, key_, n) && at[1 + n] == '=') {
            char *end;
            double x = strtod(at + 2 + n, &end);
            return *end && !strchr(",@+", *end) ? (double)NAN : x; /* a map of ranks is no number */
        }
    snprintf(kind, sizeof kind, "%.*s", (int)strcspn(spec, ":@+"), spec);
    if (space_find(kind, &row))
        return (double)NAN;
    for (const key *k = row->keys; k && k->name; k++)
        if (!strcmp(k->name, key_) && k->fallback)
            return strtod(k->fallback, NULL);
    return (double)NAN;
}
