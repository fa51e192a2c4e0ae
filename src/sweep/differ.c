/* differ.c -- see differ.h. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sweep/differ.h"

static status differ_add(differ *d, differ_how how, const record *a, const record *b)
{
    if ((d->n & (d->n - 1)) == 0) {
        differ_row *more = mem_resize(d->rows, d->n ? 2 * d->n : 1, sizeof *more);
        if (!more)
            return ERR_MEMORY;
        d->rows = more;
    }
    differ_row *row = &d->rows[d->n++];
    *row = (differ_row){.how = how, .a = a, .b = b, .by.what = ""};
    return a && b && how != DIFFER_STATUS ? repeat_compare(a, b, &row->by) : OK;
}

/* The numeric kind is the machine's. */
static bool same_numbers(const record *a, const record *b)
{
    record here = *b; /* borrowed for this line */
    memcpy(here.kind, a->kind, sizeof here.kind);
    return record_same(a, &here) && a->bits_crc == b->bits_crc;
}

typedef struct orphan { /* a run whose id the other folder lacks */
    const record *r;
    char *form;
    bool met;
} orphan;

static int by_form(const void *x, const void *y)
{
    const orphan *a = x, *b = y;
    return strcmp(a->form, b->form);
}

static status orphans_of(store *from, const store *other, orphan **all, size_t *n)
{
    status st = OK;
    *n = 0;
    if (!(*all = mem_array(store_count(from), sizeof **all)))
        return ERR_MEMORY;
    for (size_t i = 0; i < store_count(from) && !st; i++) {
        const record *r = store_at(from, i);
        run_spec bare;
        key_texts texts = {0};
        text form = {0};
        if (store_find(other, r->id))
            continue;
        if (!(st = run_without_places(&r->run, NULL, &bare, &texts))) {
            bare.data_content = bare.from_content = "";
            run_write(&bare, &form);
            st = form.failed ? ERR_MEMORY : OK;
        }
        key_texts_clear(&texts);
        if (st)
            text_clear(&form);
        else
            (*all)[(*n)++] = (orphan){r, form.text, false};
    }
    if (*n)
        qsort(*all, *n, sizeof **all, by_form);
    return st;
}

static void orphans_free(orphan *all, size_t n)
{
    for (size_t i = 0; all && i < n; i++)
        mem_free(all[i].form);
    mem_free(all);
}

static status differ_orphans(store *a, store *b, differ *out)
{
    orphan *x = NULL, *y = NULL;
    size_t n = 0, m = 0;
    status st = orphans_of(a, b, &x, &n);
    if (!st)
        st = orphans_of(b, a, &y, &m);
    for (size_t i = 0, k = 0; i < n && !st; i++) {
        while (k < m && strcmp(y[k].form, x[i].form) < 0)
            k++;
        if (k < m && !strcmp(y[k].form, x[i].form)) {
            y[k].met = true;
            st = differ_add(out, DIFFER_IDS, x[i].r, y[k++].r);
        } else {
            st = differ_add(out, DIFFER_ONLY_A, x[i].r, NULL);
        }
    }
    for (size_t k = 0; k < m && !st; k++)
        if (!y[k].met)
            st = differ_add(out, DIFFER_ONLY_B, NULL, y[k].r);
    orphans_free(x, n);
    orphans_free(y, m);
    return st;
}

/* ------------------------------------------------------------------ configurations of whole folders */

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The values of a key in a folder, each once, sorted. */
static status values_of(store *s, const char *name, char ***values, size_t *n)
{
    size_t count = store_count(s);
    *n = 0;
    if (!(*values = mem_array(count, sizeof **values)))
        return ERR_MEMORY;
    for (size_t i = 0; i < count; i++) {
        text value = {0};
        run_value(&store_at(s, i)->run, name, &value);
        text_bytes(&value, "", 0);
        if (value.failed)
            return ERR_MEMORY;
        if (*n && !strcmp((*values)[*n - 1], value.text))
            text_clear(&value);
        else
            (*values)[(*n)++] = value.text;
    }
    if (*n)
        qsort(*values, *n, sizeof **values, by_text);
    size_t kept = 0;
    for (size_t i = 0; i < *n; i++)
        if (kept && !strcmp((*values)[kept - 1], (*values)[i]))
            mem_free((*values)[i]);
        else
            (*values)[kept++] = (*values)[i];
    *n = kept;
    return OK;
}

static void say_only(const char *name, const char *side, char *const *x, size_t n, char *const *y,
                     size_t m, text *out)
{
    enum { MOST = 6 };
    size_t only = 0;
    for (size_t i = 0, k = 0; i < n; i++) {
        while (k < m && strcmp(y[k], x[i]) < 0)
            k++;
        if (k < m && !strcmp(y[k], x[i]))
            continue;
        if (!only)
            text_add(out, "%s, only in %s: ", name, side);
        if (only < MOST)
            text_add(out, only ? ", %s" : "%s", *x[i] ? x[i] : "\"\"");
        only++;
    }
    if (only > MOST)
        text_add(out, " and %zu more", only - MOST);
    if (only)
        text_add(out, "\n");
}

static status differ_keys(store *a, store *b, text *out)
{
    status st = OK;
    for (const key *k = run_keys; k->name && !st; k++) {
        char **x = NULL, **y = NULL;
        size_t n = 0, m = 0;
        if (k->place)
            continue;
        if (!(st = values_of(a, k->name, &x, &n)) && !(st = values_of(b, k->name, &y, &m))) {
            say_only(k->name, "A", x, n, y, m, out);
            say_only(k->name, "B", y, m, x, n, out);
        }
        key_parts_free(x, n);
        key_parts_free(y, m);
    }
    return st ? st : out->failed ? ERR_MEMORY : OK;
}

status differ_look(store *a, store *b, differ *out)
{
    status st = OK;
    *out = (differ){0};
    for (size_t i = 0; i < store_count(a) && !st; i++) {
        const record *x = store_at(a, i), *y = store_find(b, x->id);
        if (!y)
            continue;
        if (x->status != y->status)
            st = differ_add(out, DIFFER_STATUS, x, y);
        else if (same_numbers(x, y))
            out->same++;
        else
            st = differ_add(out, DIFFER_NUMBERS, x, y);
    }
    if (!st && !(st = differ_orphans(a, b, out)))
        st = differ_keys(a, b, &out->keys);
    if (st)
        differ_clear(out);
    return st;
}

void differ_clear(differ *d)
{
    mem_free(d->rows);
    text_clear(&d->keys);
    *d = (differ){0};
}
