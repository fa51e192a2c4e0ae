/* targets.c -- the one meaning of the key `targets`: which tensors of a layout a space covers.
 *
 *   all            every tensor of the model          "h.*.attn"   a pattern on names: * ? [a-z]
 *   matrix         those with two or more dimensions  0..5, 3      the tensors of these layers
 *   linear         of those all but tables            head:0..5    both
 *   head           those with this role, or this name
 *
 * A table (role embed, position or segment) is looked up by rows: no product with x, so that nothing can
 * ride on it, and one among the targets would have all of a LoRA's weights formed. linear is what the kinds
 * of low rank take by default.
 *
 * Where a tensor fuses several roles by rows (blocks), q or "c_attn.weight[q]" selects its rows of q
 * alone, as a matrix of its own; an entry that matches the tensor takes all of it as one matrix.
 *
 * A part of a++b that names no targets leaves to the others what these name.
 *
 * A list q+v is the union; every entry must match something by itself, so that a misspelt one is not
 * lost. Tensors that a method added (`outside`: adapters, prefixes) are taken by role, name or
 * pattern alone: all, matrix, linear and layers mean the model's own. */
#include <fnmatch.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "spaces/frame.h"

enum { TARGETS_ROLES = 64 }; /* names that a "did you mean" looks through */

/* One entry of the list, read. */
typedef struct target {
    const char *text; /* as written */
    char *word;       /* role, name, pattern, all, matrix, linear; "": any tensor of the layers */
    bool pattern, layers;
    int first, last;
} target;

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

/* Is it a word for tensors of any role? */
static bool targets_any(const target *t)
{
    return !*t->word || !strcmp(t->word, "all") || !strcmp(t->word, "matrix") ||
           !strcmp(t->word, "linear");
}

/* Does the entry speak of whole tensors, and not of one of their roles? */
static bool targets_whole(const target *t, const tensor *x)
{
    return t->pattern || targets_any(t) ||
           (!tensor_has_role(x, t->word) && !strcmp(t->word, x->name));
}

static bool targets_table(const tensor *x)
{
    return tensor_has_role(x, "embed") || tensor_has_role(x, "position") ||
           tensor_has_role(x, "segment");
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
    if (!strcmp(t->word, "linear"))
        return !x->outside && x->shape[1] > 0 && !targets_table(x);
    return tensor_has_role(x, t->word) || !strcmp(t->word, x->name);
}

/* Does the entry mean this block of a tensor: "q", "q:0..5", "h.*.c_attn.weight[q]"? */
static bool targets_match_block(const target *t, const tensor *x, const char *name, size_t length)
{
    size_t n = strlen(t->word);
    if (t->pattern && n > length + 2 && t->word[n - 1] == ']' && t->word[n - length - 2] == '[' &&
        !strncmp(t->word + n - length - 1, name, length)) {
        t->word[n - length - 2] = '\0'; /* the tensor's part of it, for a moment */
        bool same = !fnmatch(t->word, x->name, 0);
        t->word[n - length - 2] = '[';
        return same;
    }
    if (t->pattern || (t->layers && (x->layer < t->first || x->layer > t->last)))
        return false;
    return n == length && !strncmp(t->word, name, length);
}

/* What a list selects of one tensor: appended to pieces. */
static void targets_pieces(const target *t, size_t n, const layout *l, size_t place, piece *pieces,
                           size_t *count)
{
    const tensor *x = &l->tensors[place];
    const char *at = x->blocks, *name;
    size_t length, rows, row0 = 0;
    for (size_t k = 0; k < n; k++)
        if (targets_match(&t[k], x)) {
            pieces[(*count)++] = (piece){place, 0, x->shape[0]};
            return;
        }
    for (; blocks_next(&at, &name, &length, &rows); row0 += rows)
        for (size_t k = 0; k < n; k++)
            if (targets_match_block(&t[k], x, name, length)) {
                pieces[(*count)++] = (piece){place, row0, rows};
                break;
            }
}

/* The roles of a layout, those of blocks of rows too, each once. */
typedef struct targets_roles {
    char *name[TARGETS_ROLES];
    size_t n;
    text list; /* all of them: "fc+head" */
} targets_roles;

static void targets_note(targets_roles *r, const char *role, size_t length)
{
    if (!length || r->n == TARGETS_ROLES || roles_have(r->list.text, role, length))
        return;
    text_add(&r->list, "%s%.*s", r->list.length ? "+" : "", (int)length, role);
    if ((r->name[r->n] = mem_printf("%.*s", (int)length, role)))
        r->n++;
}

/* The sentence for an entry that matches nothing. */
static status targets_nothing(const char *kind, const target *t, const layout *l)
{
    targets_roles roles = {0};
    const char *names[TARGETS_ROLES], *list;
    char mean[80];
    bool known = false;
    for (size_t i = 0; i < l->n_tensors; i++) {
        const tensor *x = &l->tensors[i];
        const char *at = x->blocks, *name;
        size_t length, rows;
        for (const char *w = x->roles; w && *w;) {
            length = strcspn(w, "+");
            targets_note(&roles, w, length);
            w += length + (w[length] == '+');
        }
        while (blocks_next(&at, &name, &length, &rows))
            targets_note(&roles, name, length);
    }
    for (size_t i = 0; i < roles.n; i++) {
        names[i] = roles.name[i];
        known = known || !strcmp(names[i], t->word);
    }
    list = roles.n ? roles.list.text : "none";
    if (t->pattern)
        error_set(ERR_USAGE,
                  "%s: targets=%s: no tensor's name matches this pattern; the first is %s", kind,
                  t->text, l->n_tensors ? l->tensors[0].name : "missing");
    else if (known || targets_any(t))
        error_set(ERR_USAGE, "%s: targets=%s: no such tensor in these layers; roles here: %s", kind,
                  t->text, list);
    else
        error_set(ERR_USAGE, "%s: targets=%s: no tensor has this role or name%s; roles here: %s",
                  kind, t->text, key_did_you_mean(t->word, names, roles.n, mean), list);
    while (roles.n-- > 0)
        mem_free(roles.name[roles.n]);
    text_clear(&roles.list);
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

/* Pieces that a selection can have: each tensor is one, or as many as its blocks. */
static size_t targets_most(const layout *l)
{
    size_t most = 0;
    for (size_t i = 0; i < l->n_tensors; i++) {
        const char *at = l->tensors[i].blocks, *name;
        size_t length, rows, blocks = 0;
        while (blocks_next(&at, &name, &length, &rows))
            blocks++;
        most += blocks > 1 ? blocks : 1;
    }
    return most;
}

static status targets_find(const char *kind, const char *targets, const target *t, size_t n,
                           const layout *l, piece *pieces, size_t *count)
{
    status st;
    for (size_t k = 0; k < n; k++) {
        size_t any = 0;
        for (size_t i = 0; i < l->n_tensors && !any; i++)
            targets_pieces(&t[k], 1, l, i, pieces, &any);
        if (!any)
            return targets_nothing(kind, &t[k], l);
    }
    for (size_t i = 0; i < l->n_tensors; i++) {
        size_t before = *count;
        targets_pieces(t, n, l, i, pieces, count);
        if (*count > before && (st = targets_tied(kind, targets, t, n, &l->tensors[i])))
            return st;
    }
    return OK;
}

status targets_select(const char *kind, const char *targets, const layout *l, piece **pieces,
                      size_t *count)
{
    char **parts = NULL;
    size_t n = 0, read = 0;
    status st;
    *pieces = NULL;
    *count = 0;
    if ((st = key_cut(targets, "+", &parts, &n))) {
        error_prefix("%s: targets: ", kind);
        return st;
    }
    st = ERR_MEMORY;
    target *t = mem_array(n, sizeof *t);
    *pieces = mem_array(targets_most(l), sizeof **pieces);
    if (!t || !*pieces)
        goto done;
    for (; read < n; read++)
        if ((st = targets_read(kind, parts[read], &t[read]))) {
            read++; /* its word is freed too */
            goto done;
        }
    st = targets_find(kind, targets, t, n, l, *pieces, count);
done:
    for (size_t k = 0; k < read; k++)
        mem_free(t[k].word);
    mem_free(t);
    key_parts_free(parts, n);
    if (st) {
        mem_free(*pieces);
        *pieces = NULL;
        *count = 0;
    }
    return st;
}

status taken_find(taken *t, char *const *specs, size_t n, const layout *l)
{
    status st = OK;
    *t = (taken){0};
    for (size_t i = 0; i < n && !st; i++) {
        const space_ops *row;
        char *targets;
        piece *pieces = NULL, *all;
        size_t count = 0;
        bool given;
        st = spec_targets(specs[i], &row, &targets, &given);
        if (!st && given && !(st = targets_select(row->name, targets, l, &pieces, &count))) {
            if ((all = mem_resize(t->pieces, t->n + count, sizeof *all))) {
                memcpy(all + t->n, pieces, count * sizeof *pieces);
                t->pieces = all;
                t->n += count;
            } else {
                st = ERR_MEMORY;
            }
        }
        mem_free(pieces);
        mem_free(targets);
    }
    return st;
}

void taken_leave(const taken *t, piece *pieces, size_t *n)
{
    size_t kept = 0;
    for (size_t k = 0; k < *n; k++) {
        const piece *p = &pieces[k];
        size_t rows = 0;
        for (size_t i = 0; t && i < t->n; i++) {
            const piece *o = &t->pieces[i];
            if (o->place == p->place && o->row0 >= p->row0 &&
                o->row0 + o->rows <= p->row0 + p->rows)
                rows += o->rows;
        }
        if (rows < p->rows)
            pieces[kept++] = *p;
    }
    *n = kept;
}

/* Does an entry of a map mean packed tensor k, a block of rows or the whole that it is cut from? */
static bool targets_match_packed(const target *t, const space *s, size_t k)
{
    const tensor *packed = &s->layout->tensors[k];
    const tensor *given = &frame_of(s)->given->tensors[s->selected[k]];
    const char *block = space_whole(s, k) ? NULL : strrchr(packed->name, '[');
    return targets_match(t, given) || targets_match(t, packed) ||
           (block && targets_match_block(t, given, block + 1, strlen(block) - 2));
}

/* Fills what no entry before has filled. */
static status targets_map_entry(const space *s, const char *key_, const char *map,
                                const char *entry, double number, bool *filled, double *values)
{
    target t;
    bool any = false;
    status st = targets_read(s->ops->name, entry, &t);
    for (size_t k = 0; k < s->layout->n_tensors && !st; k++) {
        if (!targets_match_packed(&t, s, k))
            continue;
        any = true;
        if (!filled[k])
            values[k] = number;
        filled[k] = true;
    }
    if (!st && !any)
        st = error_set(ERR_USAGE, "%s: %s=%s: %s means none of the tensors of targets=%s",
                       s->ops->name, key_, map, entry, s->targets);
    mem_free(t.word);
    return st;
}

status space_map(const space *s, const char *key_, const char *map, double *values)
{
    const char *at = map;
    char *name;
    double number, rest = 0;
    bool has_rest = false;
    size_t n = s->layout->n_tensors;
    bool *filled = mem_array(n, sizeof *filled);
    status st = filled ? OK : ERR_MEMORY;
    while (!st && !(st = key_map_next(&at, &name, &number)) && name) {
        if (*name)
            st = targets_map_entry(s, key_, map, name, number, filled, values);
        else
            rest = number;
        has_rest = has_rest || !*name;
        mem_free(name);
    }
    for (size_t k = 0; k < n && !st; k++) {
        if (!filled[k] && !has_rest)
            st = error_set(ERR_USAGE,
                           "%s: %s=%s says nothing of %s; add a number for the rest, as in "
                           "%s=%s+8",
                           s->ops->name, key_, map, s->layout->tensors[k].name, key_, map);
        else if (!filled[k])
            values[k] = rest;
    }
    mem_free(filled);
    return st;
}
