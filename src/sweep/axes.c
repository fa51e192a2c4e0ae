/* axes.c -- the axes of a part of a sweep file: its lines and zips, inner blocks first. See expanding.h. */
#include <string.h>

#include "sweep/expanding.h"

void part_clear(part *p)
{
    for (size_t i = 0; i < p->n; i++)
        for (size_t k = 0; k < p->axes[i].n_columns; k++)
            values_clear(&p->axes[i].columns[k]);
    mem_free(p);
}

bool part_met(const part *p, const key *k)
{
    for (size_t i = 0; i < p->n_met; i++)
        if (p->met[i] == k)
            return true;
    return false;
}

const sweepfile_line *part_line(const part *p, const key *k)
{
    for (size_t i = 0; i < p->n; i++)
        for (size_t c = 0; c < p->axes[i].n_columns; c++)
            if (p->axes[i].lines[c]->key == k)
                return p->axes[i].lines[c];
    return NULL;
}

static status part_axis(part *p, const sweepfile_line *line, axis **a)
{
    if (p->n == AXES || p->n_met == AXES * 2)
        return sweepfile_at(
            p->file, line, error_set(ERR_LIMIT, "more than %d keys are set; split the file", AXES));
    *a = &p->axes[p->n++];
    **a = (axis){.lines = {line}, .n_columns = 1};
    return OK;
}

static bool is_single(const sweepfile *f, const key *k)
{
    for (const key *const *t = f->singles; *t; t++)
        for (const key *one = *t; one->name; one++)
            if (one == k)
                return true;
    return false;
}

status part_lines(part *p, const sweepfile_line *lines, size_t n, size_t i)
{
    axis *a = NULL;
    status st = part_axis(p, &lines[i], &a);
    for (size_t k = i; k < n && !st; k++)
        if (lines[k].key == lines[i].key)
            st = values_of(p->file, &lines[k], p->measure, &a->columns[0]);
    if (!st)
        a->n = a->columns[0].n;
    return st;
}

static status part_zip(part *p, const sweepfile_block *b)
{
    axis *a = NULL;
    status st = OK;
    for (size_t i = 0; i < b->n && !st; i++) {
        const sweepfile_line *line = &b->lines[i];
        if (part_met(p, line->key)) /* an inner block, or the command line, has the word */
            continue;
        if (!a && (st = part_axis(p, line, &a)))
            break;
        size_t c = a->n ? a->n_columns : 0;
        for (size_t k = 0; k < c; k++)
            if (a->lines[k]->key == line->key)
                return sweepfile_at(
                    p->file, line,
                    error_set(ERR_USAGE, "%s is in this zip already", line->key->name));
        if (c == COLUMNS)
            return sweepfile_at(p->file, line,
                                error_set(ERR_LIMIT, "a zip of more than %d keys", COLUMNS));
        a->lines[c] = line;
        a->n_columns = c + 1;
        st = values_of(p->file, line, p->measure, &a->columns[c]);
        if (!st && c && a->columns[c].n != a->n)
            return sweepfile_at(
                p->file, line,
                error_set(ERR_USAGE,
                          "a zip takes as many values of each key: %s has %zu, %s has %zu",
                          line->key->name, a->columns[c].n, a->lines[0]->key->name, a->n));
        a->n = a->columns[c].n;
    }
    for (size_t c = 0; a && c < a->n_columns && !st; c++) {
        if (part_met(p, a->lines[c]->key))
            return sweepfile_at(p->file, a->lines[c],
                                error_set(ERR_USAGE, "%s is set in two places of this block",
                                          a->lines[c]->key->name));
        p->met[p->n_met++] = a->lines[c]->key;
    }
    return st;
}

status part_block(part *p, size_t block)
{
    const sweepfile *f = p->file;
    const sweepfile_block *b = &f->blocks[block];
    size_t inner = p->n_met;
    status st = OK;
    for (size_t i = 0; i < f->n && !st; i++)
        if (f->blocks[i].what == SWEEPFILE_ZIP && f->blocks[i].parent == block)
            st = part_zip(p, &f->blocks[i]);
    size_t zipped = p->n_met;
    for (size_t i = 0; i < b->n && !st; i++) {
        const key *k = b->lines[i].key;
        bool first = true;
        for (size_t j = 0; j < i; j++)
            first = first && b->lines[j].key != k;
        for (size_t j = inner; j < zipped && first; j++)
            if (p->met[j] == k)
                return sweepfile_at(
                    f, &b->lines[i],
                    error_set(ERR_USAGE, "%s stands in a zip of this block too", k->name));
        if (!first || is_single(f, k) || part_met(p, k))
            continue;
        if (!(st = part_lines(p, b->lines, b->n, i)))
            p->met[p->n_met++] = k;
    }
    return st;
}

static bool makes_text(const key *k)
{
    return expand_is_kind(k) || expand_is_grid(k) || k->type == IDIM_TEXT;
}

static bool axis_makes_text(const axis *a)
{
    for (size_t c = 0; c < a->n_columns; c++)
        if (makes_text(a->lines[c]->key))
            return true;
    return false;
}

status part_order(part *p)
{
    axis *sorted = mem_array(p->n, sizeof *sorted);
    size_t n = 0;
    if (!sorted)
        return ERR_MEMORY;
    for (int texts = 1; texts >= 0; texts--) {
        for (size_t i = 0; i < p->n; i++)
            if (axis_makes_text(&p->axes[i]) == (texts == 1))
                sorted[n++] = p->axes[i];
        p->texts_end = texts ? n : p->texts_end;
    }
    memcpy(p->axes, sorted, n * sizeof *sorted);
    mem_free(sorted);
    return OK;
}

/* ------------------------------------------------------------------ a combination */

static status set_any(const key *k, const char *value, expand_spec *s, key_texts *texts)
{
    for (const key *const *t = expand_tables; *t; t++)
        for (const key *one = *t; one->name; one++)
            if (one == k)
                return key_set("sweep", *t, k->name, value, s, texts);
    return OK;
}

/* The value itself where it is a text without quotes: it lives as long as the expansion. */
static status set_value(const key *k, const char *value, expand_spec *s, key_texts *texts)
{
    if (k->type != IDIM_TEXT || *value == '"')
        return set_any(k, value, s, texts);
    const char *kept = NULL;
    for (size_t i = texts->n; i-- > 0 && texts->n - i < 64 && !kept;)
        if (!strcmp(texts->text[i], value))
            kept = texts->text[i];
    if (!kept)
        return set_any(k, value, s, texts);
    *(const char **)(void *)((char *)s + k->offset) = kept;
    return OK;
}

static bool joined(const part *p, const axis *a)
{
    const key *k = a->lines[0]->key;
    return p->measure != EXPAND_TRAIN && a->n_columns == 1 &&
           (expand_is_grid(k) || !strcmp(k->name, "space"));
}

size_t axis_turns(const part *p, const axis *a)
{
    return joined(p, a) ? 1 : a->n;
}

status axis_set(const part *p, const axis *a, size_t at, expand_spec *s, key_texts *texts)
{
    status st = OK;
    if (joined(p, a)) {
        const key *k = a->lines[0]->key;
        text list = {0};
        for (size_t i = 0; i < a->n; i++)
            text_add(&list, "%s%s", i ? expand_is_grid(k) ? "+" : " " : "", a->columns[0].text[i]);
        st = text_failed(&list) ? ERR_MEMORY : set_any(k, list.text, s, texts);
        text_clear(&list);
        return st;
    }
    for (size_t c = 0; c < a->n_columns && !st; c++)
        if ((st = set_value(a->lines[c]->key, a->columns[c].text[at], s, texts)))
            sweepfile_at(p->file, a->lines[c], st);
    return st;
}
