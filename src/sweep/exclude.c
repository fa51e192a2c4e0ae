/* exclude.c -- which combinations of a sweep file are left out. See expanding.h. */
#include <math.h>
#include <string.h>

#include "sweep/expanding.h"

/* "fc" of a pattern matches fc with any keys; "fc:width=50" itself alone. */
static bool kind_matches(const char *pattern, const char *value)
{
    size_t n = strcspn(pattern, ":@+");
    return pattern[n] ? !strcmp(pattern, value)
                      : !strncmp(pattern, value, n) && (!value[n] || strchr(":@+", value[n]));
}

/* Is a number in a list of numbers and ranges? a..b: all between. */
static status number_matches(const key *k, const char *list, double x, bool *is)
{
    char **parts;
    size_t n;
    status st = key_cut(list, "+", &parts, &n);
    *is = false;
    for (size_t i = 0; i < n && !st && !*is; i++) {
        double *y;
        size_t m;
        bool between = strstr(parts[i], "..") && !strchr(parts[i], '/');
        if ((st = key_numbers(k->name, parts[i], &y, &m)))
            break;
        *is = between && m && x >= y[0] && x <= y[m - 1];
        for (size_t j = 0; j < m && !*is; j++)
            *is = fabs(x - y[j]) <= 1e-12 * fabs(y[j]);
        mem_free(y);
    }
    key_parts_free(parts, n);
    return st;
}

/* Does one line of an exclude match a value? */
static status line_matches(const part *p, const sweepfile_line *line, const char *value, bool *is)
{
    const key *k = line->key;
    values v = {0};
    status st = OK;
    *is = false;
    if (expand_is_number(k) || expand_is_grid(k)) {
        char **parts;
        size_t n;
        double x;
        if (key_number(k->name, value, &x)) /* "auto" */
            return OK;
        if ((st = key_cut(line->value, " ", &parts, &n)))
            return sweepfile_at(p->file, line, st);
        for (size_t i = 0; i < n && !st && !*is; i++)
            st = number_matches(k, parts[i], x, is);
        key_parts_free(parts, n);
        return st ? sweepfile_at(p->file, line, st) : OK;
    }
    st = values_of(p->file, line, p->measure, &v);
    for (size_t i = 0; i < v.n && !st && !*is; i++)
        *is = expand_is_kind(k) ? kind_matches(v.text[i], value) : !strcmp(v.text[i], value);
    values_clear(&v);
    return st;
}

bool block_within(const sweepfile *f, size_t inner, size_t outer)
{
    for (;; inner = f->blocks[inner].parent) {
        if (inner == outer)
            return true;
        if (!inner)
            return false;
    }
}

/* What a key has in a combination; NULL: what a space does not sweep matches nothing. at: NULL: all is in the spec. */
static const char *value_at(const key *k, const expand_spec *s, const point *at, text *own)
{
    if (at && !strcmp(k->name, "space"))
        return at->space;
    if (at && !strcmp(k->name, at->grid))
        return at->value;
    if (at && (!strcmp(k->name, "d") || !strcmp(k->name, "ranks")))
        return NULL;
    key_value(k, s, own);
    return own->text ? own->text : "";
}

status part_excluded(const part *p, const expand_spec *s, const point *at, bool *out)
{
    const sweepfile *f = p->file;
    *out = false;
    for (size_t b = 0; b < f->n; b++) {
        const sweepfile_block *e = &f->blocks[b];
        bool all = true;
        if (e->what != SWEEPFILE_EXCLUDE || (*out && p->used[b]) ||
            !block_within(f, p->block, e->parent))
            continue;
        for (size_t i = 0; i < e->n && all; i++) {
            text own = {0};
            const char *value = value_at(e->lines[i].key, s, at, &own);
            status st = text_failed(&own) ? ERR_MEMORY
                        : value           ? line_matches(p, &e->lines[i], value, &all)
                                          : OK;
            all = all && value;
            text_clear(&own);
            if (st)
                return st;
        }
        p->used[b] = p->used[b] || all;
        *out = *out || all;
    }
    return OK;
}

bool part_excludes(const part *p)
{
    for (size_t b = 0; b < p->file->n; b++)
        if (p->file->blocks[b].what == SWEEPFILE_EXCLUDE &&
            block_within(p->file, p->block, p->file->blocks[b].parent))
            return true;
    return false;
}

/* Is one of a block's keys, or what is measured, given on the command line? */
static bool block_over(const sweepfile *f, const sweepfile_block *b)
{
    for (size_t i = 0; i < f->n_over; i++) {
        if (f->over[i].key == &expand_keys[0])
            return true;
        for (size_t k = 0; k < b->n; k++)
            if (f->over[i].key == b->lines[k].key)
                return true;
    }
    return false;
}

status excludes_check(const sweepfile *f, const bool *used)
{
    for (size_t b = 0; b < f->n; b++)
        if (f->blocks[b].what == SWEEPFILE_EXCLUDE && !used[b] && !block_over(f, &f->blocks[b]))
            return error_set(ERR_USAGE,
                             "%s:%zu: this exclude leaves nothing out: no run has all of its "
                             "values; mend them or take it away",
                             f->path, f->blocks[b].number);
    return OK;
}
