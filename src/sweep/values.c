/* values.c -- what one line of a sweep file lists. See expanding.h. */
#include <string.h>

#include "sweep/expanding.h"

bool expand_among(const char *name, const char *const *names)
{
    for (; *names; names++)
        if (!strcmp(name, *names))
            return true;
    return false;
}

bool expand_is_kind(const key *k)
{
    static const char *const names[] = {"data", "model", "space", "optimiser", "schedule", NULL};
    return expand_among(k->name, names);
}

bool expand_is_grid(const key *k)
{
    static const char *const names[] = {"d", "lr", "lr-full", "tune-d", "ranks", NULL};
    return expand_among(k->name, names);
}

bool expand_is_number(const key *k)
{
    return k->type == IDIM_SIZE || k->type == IDIM_NUMBER;
}

/* One value, whatever stands in it. */
static bool is_whole(const key *k)
{
    return k->type == IDIM_TEXT && !expand_is_kind(k) && !expand_is_grid(k) &&
           strcmp(k->name, "vary");
}

static const char name_letters[] =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_+";

/* Does '+' cut this piece of a value? Not in a kind with keys, nor in a grid that an ask takes. */
static bool plus_cuts(const key *k, const char *piece, expand_measure m)
{
    if (expand_is_kind(k))
        return !strstr(piece, "++") && !piece[strspn(piece, name_letters)];
    if (expand_is_grid(k))
        return m == EXPAND_TRAIN;
    return k->type != IDIM_TEXT;
}

static status values_add(values *v, const char *text_)
{
    if (v->n == v->room) {
        size_t room = v->room ? 2 * v->room : 8;
        char **more = mem_resize(v->text, room, sizeof *more);
        if (!more)
            return ERR_MEMORY;
        v->text = more;
        v->room = room;
    }
    if (!(v->text[v->n] = mem_string(text_)))
        return ERR_MEMORY;
    v->n++;
    return OK;
}

void values_clear(values *v)
{
    key_parts_free(v->text, v->n);
    *v = (values){0};
}

static status values_numbers(const key *k, const char *piece, values *v)
{
    double *x;
    size_t n;
    char digits[32];
    status st = key_numbers(k->name, piece, &x, &n);
    for (size_t i = 0; i < n && !st; i++)
        st = values_add(v, key_number_text(x[i], digits));
    mem_free(x);
    return st;
}

static status values_part(const key *k, const char *piece, expand_measure m, values *v)
{
    char **words;
    size_t n;
    status st;
    if (!plus_cuts(k, piece, m))
        return values_add(v, piece);
    if (expand_is_number(k) || expand_is_grid(k))
        return values_numbers(k, piece, v);
    if ((st = key_cut(piece, "+", &words, &n)))
        return st;
    for (size_t i = 0; i < n && !st; i++)
        st = values_add(v, words[i]);
    key_parts_free(words, n);
    return st;
}

/* What is wrong with a number or a word has its line. */
static status values_check(const key *k, const char *value)
{
    expand_spec scratch;
    key_texts texts = {0};
    status st = OK;
    for (const key *const *t = expand_tables; *t && !st; t++)
        for (const key *one = *t; one->name && !st; one++)
            if (one == k)
                st = key_set("sweep", *t, k->name, value, &scratch, &texts);
    key_texts_clear(&texts);
    return st;
}

status values_of(const sweepfile *f, const sweepfile_line *line, expand_measure m, values *v)
{
    char **parts, *tidy = mem_string(line->value), *to = tidy;
    size_t n, before = v->n;
    bool quoted = false;
    status st;
    if (!tidy)
        return ERR_MEMORY;
    for (const char *c = line->value; *c;
         c++) { /* one blank stands where several did, none beside '+' */
        quoted = quoted != (*c == '"');
        bool gap = !quoted && (*c == ' ' || *c == '\t' || *c == '\r');
        if (!quoted && *c == '+' && to > tidy && to[-1] == ' ')
            to--; /* a + b is a+b */
        if (!gap || (to > tidy && to[-1] != ' ' && to[-1] != '+'))
            *to++ = gap ? ' ' : *c;
    }
    *to = '\0';
    if (is_whole(line->key))
        st = values_add(v, line->value);
    else if (!(st = key_cut(tidy, " ", &parts, &n))) {
        for (size_t i = 0; i < n && !st; i++)
            st = values_part(line->key, parts[i], m, v);
        key_parts_free(parts, n);
    }
    mem_free(tidy);
    for (size_t i = before; i < v->n && !st; i++)
        st = values_check(line->key, v->text[i]);
    return st == ERR_MEMORY || !st ? st : sweepfile_at(f, line, st);
}
