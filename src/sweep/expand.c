/* expand.c -- see expand.h. A combination is made from the axes of a part like an odometer's number: the last axis
 * turns fastest; those that make texts (kinds, d, lr) come first, so that they are made seldom. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "spaces/space.h"
#include "sweep/exec.h"
#include "sweep/expand.h"
#include "sweep/stages.h"
#include "train/optimiser.h"

enum { AXES = 64, COLUMNS = 16 };

const key expand_keys[] = {
    KEY_WORD("measure", expand_spec, measure, "d90", "d90+ranks+train",
             "what a sweep file is for; train: a plain product of runs with their scores"),
    KEY_TEXT("ranks", expand_spec, ranks, "1..16/log4", "ranks of the spaces that sweep r"),
    KEY_TEXT("rule", expand_spec, rule, "own,.9",
             "the headline: own|fixed, raw|gain|absolute, level; raw, but gain for losses and "
             "checkpoints"),
    KEY("fixed", expand_spec, fixed, "0", 0, 1e9, "score",
        "baseline of fixed rules; 0: the published one"),
    {0},
};
const key *const expand_tables[] = {run_keys, ask_keys, expand_keys, NULL};

/* ------------------------------------------------------------------ one line's values */

typedef struct values {
    char **text;
    size_t n, room;
} values;

static bool among(const char *name, const char *const *names)
{
    for (; *names; names++)
        if (!strcmp(name, *names))
            return true;
    return false;
}

static bool is_kind(const key *k)
{
    static const char *const names[] = {"data", "model", "space", "optimiser", "schedule", NULL};
    return among(k->name, names);
}

/* Lists that an ask takes whole. */
static bool is_grid(const key *k)
{
    static const char *const names[] = {"d", "lr", "lr-full", "tune-d", "ranks", NULL};
    return among(k->name, names);
}

static bool is_number(const key *k)
{
    return k->type == IDIM_SIZE || k->type == IDIM_NUMBER;
}

/* One value, whatever stands in it. */
static bool is_whole(const key *k)
{
    return k->type == IDIM_TEXT && !is_kind(k) && !is_grid(k) && strcmp(k->name, "vary");
}

static const char name_letters[] =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_+";

/* Does '+' cut this part of a value? Not in a kind with keys, nor in a grid that an ask takes. */
static bool plus_cuts(const key *k, const char *part, expand_measure m)
{
    if (is_kind(k))
        return !strstr(part, "++") && !part[strspn(part, name_letters)];
    if (is_grid(k))
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

static void values_clear(values *v)
{
    key_parts_free(v->text, v->n);
    *v = (values){0};
}

static status values_numbers(const key *k, const char *part, values *v)
{
    double *x;
    size_t n;
    char digits[32];
    status st = key_numbers(k->name, part, &x, &n);
    for (size_t i = 0; i < n && !st; i++)
        st = values_add(v, key_number_text(x[i], digits));
    mem_free(x);
    return st;
}

static status values_part(const key *k, const char *part, expand_measure m, values *v)
{
    char **words;
    size_t n;
    status st;
    if (!plus_cuts(k, part, m))
        return values_add(v, part);
    if (is_number(k) || is_grid(k))
        return values_numbers(k, part, v);
    if ((st = key_cut(part, "+", &words, &n)))
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

static status values_of(const sweepfile *f, const sweepfile_line *line, expand_measure m, values *v)
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

/* ------------------------------------------------------------------ axes of a part */

typedef struct axis { /* n values of each column's key, taken together */
    const sweepfile_line *lines[COLUMNS];
    values columns[COLUMNS];
    size_t n_columns, n;
} axis;

typedef struct part {
    const sweepfile *file;
    size_t block;
    expand_measure measure;
    axis axes[AXES];
    size_t n, texts_end; /* axes before texts_end make texts */
    const key *met[AXES * 2];
    size_t n_met;
    bool *used; /* of each block of the file: an exclude that left something out */
} part;

static void part_clear(part *p)
{
    for (size_t i = 0; i < p->n; i++)
        for (size_t k = 0; k < p->axes[i].n_columns; k++)
            values_clear(&p->axes[i].columns[k]);
    mem_free(p);
}

static bool part_met(const part *p, const key *k)
{
    for (size_t i = 0; i < p->n_met; i++)
        if (p->met[i] == k)
            return true;
    return false;
}

static const sweepfile_line *part_line(const part *p, const key *k)
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

/* All lines of a key in one block are one axis. */
static status part_lines(part *p, const sweepfile_line *lines, size_t n, size_t i)
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

/* A block's lines and zips; keys that an inner block sets are passed over. */
static status part_block(part *p, size_t block)
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
    return is_kind(k) || is_grid(k) || k->type == IDIM_TEXT;
}

static bool axis_makes_text(const axis *a)
{
    for (size_t c = 0; c < a->n_columns; c++)
        if (makes_text(a->lines[c]->key))
            return true;
    return false;
}

/* Texts first, the rest behind them, each in the order of the file. */
static status part_order(part *p)
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
           (is_grid(k) || !strcmp(k->name, "space"));
}

static size_t axis_turns(const part *p, const axis *a)
{
    return joined(p, a) ? 1 : a->n;
}

static status axis_set(const part *p, const axis *a, size_t at, expand_spec *s, key_texts *texts)
{
    status st = OK;
    if (joined(p, a)) {
        const key *k = a->lines[0]->key;
        text list = {0};
        for (size_t i = 0; i < a->n; i++)
            text_add(&list, "%s%s", i ? is_grid(k) ? "+" : " " : "", a->columns[0].text[i]);
        st = text_failed(&list) ? ERR_MEMORY : set_any(k, list.text, s, texts);
        text_clear(&list);
        return st;
    }
    for (size_t c = 0; c < a->n_columns && !st; c++)
        if ((st = set_value(a->lines[c]->key, a->columns[c].text[at], s, texts)))
            sweepfile_at(p->file, a->lines[c], st);
    return st;
}

/* ------------------------------------------------------------------ exclude */

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
    if (is_number(k) || is_grid(k)) {
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
        *is = is_kind(k) ? kind_matches(v.text[i], value) : !strcmp(v.text[i], value);
    values_clear(&v);
    return st;
}

/* Do excludes reach this block? */
static bool block_within(const sweepfile *f, size_t inner, size_t outer)
{
    for (;; inner = f->blocks[inner].parent) {
        if (inner == outer)
            return true;
        if (!inner)
            return false;
    }
}

/* Of a d90 or ranks sweep's lists: a space, and a value of the grid that it sweeps. */
typedef struct point {
    const char *space, *grid, *value; /* grid: "d" or "ranks" */
} point;

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

/* Is the combination left out? */
static status part_excluded(const part *p, const expand_spec *s, const point *at, bool *out)
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

static bool part_excludes(const part *p)
{
    for (size_t b = 0; b < p->file->n; b++)
        if (p->file->blocks[b].what == SWEEPFILE_EXCLUDE &&
            block_within(p->file, p->block, p->file->blocks[b].parent))
            return true;
    return false;
}

/* ------------------------------------------------------------------ d90 and ranks */

status expand_ranks(const ask *a, const char *ranks, const char *but, ask asks[2], size_t *n,
                    key_texts *texts)
{
    char **spaces;
    size_t count;
    bool ranked = false;
    status st = ask_spaces(&a->run, &spaces, &count);
    *n = 0;
    if (st)
        return st;
    for (size_t i = 0; i < count; i++) {
        const char *swept = run_swept(&a->run, spaces[i]);
        ranked = ranked || (swept && !strcmp(swept, "r"));
    }
    for (int numbers = 0; numbers < 2 && !st; numbers++) {
        text list = {0};
        ask one = *a;
        for (size_t i = 0; i < count; i++) {
            const char *swept = run_swept(&a->run, spaces[i]);
            bool sweeps_d = swept ? !strcmp(swept, "d") : !ranked;
            if (sweeps_d == (numbers == 1) && !(but && !strcmp(spaces[i], but)))
                text_add(&list, "%s%s", list.length ? " " : "", spaces[i]);
        }
        if (!numbers)
            one.d = ranks;
        if (list.failed)
            st = ERR_MEMORY;
        else if (list.length && !(st = key_set("ranks", run_keys, "space", list.text, &one, texts)))
            st = stages_canonical(&one, NULL, &asks[(*n)++], texts);
        text_clear(&list);
    }
    key_parts_free(spaces, count);
    return st;
}

static status add_ask(expand_part *out, const expand_spec *s, key_texts *texts)
{
    ask two[2];
    size_t n = 1;
    status st;
    if (out->measure == EXPAND_RANKS)
        st = expand_ranks(&s->ask, s->ranks, NULL, two, &n, texts);
    else if (!(st = ask_sweeps(&s->ask.run)))
        st = stages_canonical(&s->ask, NULL, &two[0], texts);
    ask *more = st ? NULL : mem_resize(out->asks, out->n_asks + n, sizeof *more);
    if (st)
        return st;
    if (!more)
        return ERR_MEMORY;
    out->asks = more;
    if (out->n_asks + n > EXPAND_ASKS)
        return error_set(ERR_LIMIT, "more than %d d90 sweeps; split the file", EXPAND_ASKS);
    memcpy(more + out->n_asks, two, n * sizeof *two);
    out->n_asks += n;
    return OK;
}

/* What is left of a grid for one space; at: its value is to be filled. */
static status grid_left(const part *p, const expand_spec *s, point *at, const char *grid,
                        text *left)
{
    double *x;
    size_t n;
    bool out;
    char digits[32];
    status st;
    if (!strcmp(grid, "auto")) {
        at->value = grid;
        if (!(st = part_excluded(p, s, at, &out)) && !out)
            text_add(left, "auto");
        return st;
    }
    if ((st = key_numbers(at->grid, grid, &x, &n)))
        return st;
    for (size_t i = 0; i < n && !st; i++) {
        at->value = key_number_text(x[i], digits);
        if (!(st = part_excluded(p, s, at, &out)) && !out)
            text_add(left, "%s%s", left->length ? "+" : "", digits);
    }
    mem_free(x);
    return st || !left->failed ? st : ERR_MEMORY;
}

typedef struct rest { /* of one space's grid */
    const char *grid; /* its key */
    text values;
} rest;

static bool rest_same(const rest *a, const rest *b)
{
    return a->values.length && b->values.length && a->grid == b->grid &&
           !strcmp(a->values.text, b->values.text);
}

/* The ask of the spaces that have the rest i. */
static status add_rest(expand_part *out, const expand_spec *s, char *const *spaces,
                       const rest *rests, size_t n, size_t i, key_texts *texts)
{
    expand_spec one = *s;
    text list = {0};
    for (size_t k = i; k < n; k++)
        if (rest_same(&rests[i], &rests[k]))
            text_add(&list, "%s%s", list.length ? " " : "", spaces[k]);
    status st =
        list.failed ? ERR_MEMORY : key_set("sweep", run_keys, "space", list.text, &one, texts);
    text_clear(&list);
    if (!st && strcmp(rests[i].values.text, "auto") != 0)
        st = key_set("sweep", !strcmp(rests[i].grid, "d") ? ask_keys : expand_keys, rests[i].grid,
                     rests[i].values.text, &one, texts);
    return st ? st : add_ask(out, &one, texts);
}

/* Which grid a space takes its values from; one that sweeps nothing stands with those that sweep ranks. */
static const char *grid_of(const expand_spec *s, const char *space_, bool ranked)
{
    static const char d[] = "d", ranks[] = "ranks";
    const char *swept = run_swept(&s->ask.run, space_);
    return ranked && (!swept || !strcmp(swept, "r")) ? ranks : d;
}

static bool any_ranked(const expand_spec *s, char *const *spaces, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const char *swept = run_swept(&s->ask.run, spaces[i]);
        if (swept && !strcmp(swept, "r"))
            return true;
    }
    return false;
}

/* Spaces whose grids differ by what is excluded are asks of their own. */
static status add_asks(const part *p, expand_part *out, const expand_spec *s, key_texts *texts)
{
    char **spaces;
    size_t n;
    status st;
    if (!part_excludes(p))
        return add_ask(out, s, texts);
    if ((st = key_cut(s->ask.run.space, " ", &spaces, &n)))
        return st;
    const bool ranked = p->measure == EXPAND_RANKS && any_ranked(s, spaces, n);
    rest *rests = mem_array(n, sizeof *rests);
    st = rests ? OK : ERR_MEMORY;
    for (size_t i = 0; i < n && !st; i++) {
        point at = {.space = spaces[i], .grid = grid_of(s, spaces[i], ranked)};
        rests[i].grid = at.grid;
        st = grid_left(p, s, &at, *at.grid == 'd' ? s->ask.d : s->ranks, &rests[i].values);
    }
    for (size_t i = 0; i < n && !st; i++) {
        bool first = rests[i].values.length > 0;
        for (size_t k = 0; k < i && first; k++)
            first = !rest_same(&rests[k], &rests[i]);
        if (first)
            st = add_rest(out, s, spaces, rests, n, i, texts);
    }
    for (size_t i = 0; rests && i < n; i++)
        text_clear(&rests[i].values);
    mem_free(rests);
    key_parts_free(spaces, n);
    return st;
}

/* ------------------------------------------------------------------ train */

static bool space_takes(const run_spec *r, const char *name)
{
    if (!*r->exec)
        return space_has_key(r->space, name);
    return strcmp(r->space, "full") && exec_names(r->exec, *name == 'd' ? "d" : "rank");
}

static status fill(expand_spec *s, const char *name, const char *value, key_texts *texts)
{
    char *with;
    status st;
    if (!space_takes(&s->ask.run, name)) /* it is one point, whatever the grid */
        return OK;
    if ((st = run_with(&s->ask.run, s->ask.run.space, name, value, &with)))
        return st;
    st = key_set("sweep", run_keys, "space", with, s, texts);
    mem_free(with);
    return st;
}

/* d, ranks and lr go into their kinds. */
static status fill_all(const part *p, expand_spec *s, const key *const grids[3], key_texts *texts)
{
    double lr;
    char *with;
    status st = OK;
    if (part_line(p, grids[0]))
        st = fill(s, "d", s->ask.d, texts);
    if (!st && part_line(p, grids[1]))
        st = fill(s, "r", s->ranks, texts);
    if (!st && part_line(p, grids[2])) {
        if ((st = key_number("lr", s->ask.lr, &lr)) ||
            (st = optimiser_with_lr(s->ask.run.optimiser, lr, &with)))
            return sweepfile_at(p->file, part_line(p, grids[2]), st);
        st = key_set("sweep", run_keys, "optimiser", with, s, texts);
        mem_free(with);
    }
    return st;
}

static const key *key_named(const key *table, const char *name)
{
    for (; table->name; table++)
        if (!strcmp(table->name, name))
            return table;
    return NULL;
}

static status add_runs(expand_part *out, const expand_spec *s, size_t *room)
{
    size_t n = s->ask.seeds;
    if (out->n_runs + n > EXPAND_RUNS)
        return error_set(ERR_LIMIT, "more than %d runs; split the file", EXPAND_RUNS);
    if (out->n_runs + n > *room) {
        size_t more = 2 * *room > out->n_runs + n ? 2 * *room : out->n_runs + n;
        run_spec *runs = mem_resize(out->runs, more, sizeof *runs);
        if (!runs)
            return ERR_MEMORY;
        out->runs = runs;
        *room = more;
    }
    for (size_t i = 0; i < n; i++) {
        out->runs[out->n_runs] = s->ask.run;
        out->runs[out->n_runs++].seed += i;
    }
    return OK;
}

/* Keys that say how d90 is measured say nothing of a plain run, and the other way round. */
static status part_check(const part *p)
{
    static const char *const d90[] = {"lr-full", "tune-d", "tune-seeds", "vary",
                                      "rule",    "fixed",  NULL},
                             *const train[] = {"role", NULL};
    for (size_t i = 0; i < p->n; i++)
        for (size_t c = 0; c < p->axes[i].n_columns; c++) {
            const sweepfile_line *line = p->axes[i].lines[c];
            const sweepfile_block *b = &p->file->blocks[p->block];
            const char *name = line->key->name;
            bool runs = p->measure == EXPAND_TRAIN;
            if (line < b->lines || line >= b->lines + b->n) /* outside, it is for others too */
                continue;
            if (among(name, runs ? d90 : train))
                return sweepfile_at(p->file, line,
                                    error_set(ERR_USAGE, "%s says nothing with measure = %s", name,
                                              runs ? "train" : "d90 or ranks"));
        }
    return OK;
}

/* ------------------------------------------------------------------ the odometer */

/* More than anybody means is refused before it is made. */
static status part_size(const part *p)
{
    const bool train = p->measure == EXPAND_TRAIN;
    size_t n = 1, most = train ? EXPAND_RUNS : EXPAND_ASKS;
    for (size_t i = 0; i < p->n; i++) {
        status st = size_mul(n, axis_turns(p, &p->axes[i]), &n);
        if (st || n > most)
            return error_set(ERR_LIMIT, "%s:%zu: more than %zu %s; split the file", p->file->path,
                             p->file->blocks[p->block].number, most, train ? "runs" : "d90 sweeps");
    }
    return OK;
}

/* The line that gave the kind with which the sentence that stands begins ("fastfod: no such space"); NULL: none. */
static const sweepfile_line *blamed(const sweepfile_line *lines, size_t n)
{
    size_t length = strcspn(error_text(), ":");
    for (size_t i = 0; i < n; i++)
        for (const char *at = lines[i].value; is_kind(lines[i].key) && length && *at;) {
            if (!strncmp(at, error_text(), length) && (!at[length] || strchr(":, +@", at[length])))
                return &lines[i];
            at += strcspn(at, " +@");
            at += strspn(at, " +@");
        }
    return NULL;
}

/* FILE:LINE where it is known, else FILE, before a sentence on values. */
static void part_blame(const part *p)
{
    const sweepfile *f = p->file;
    const sweepfile_line *line = blamed(f->over, f->n_over);
    for (size_t b = 0; b < f->n && !line; b++)
        if (block_within(f, p->block, f->blocks[b].what == SWEEPFILE_ZIP ? f->blocks[b].parent : b))
            line = blamed(f->blocks[b].lines, f->blocks[b].n);
    if (line)
        sweepfile_at(f, line, ERR_USAGE);
    else
        error_prefix("%s: ", f->path);
}

static status part_turn(part *p, expand_part *out, key_texts *texts)
{
    const key *const grids[3] = {key_named(ask_keys, "d"), key_named(expand_keys, "ranks"),
                                 key_named(ask_keys, "lr")};
    size_t at[AXES] = {0}, from = 0, room = 0;
    bool train = p->measure == EXPAND_TRAIN, excludes = part_excludes(p), left_out = false;
    expand_spec given, s;
    status st = ask_defaults(&given.ask, texts);
    if (!st)
        st = key_parse("sweep", expand_keys, NULL, &given, texts);
    given.ask.run.space = train                        ? "full"
                          : p->measure == EXPAND_RANKS ? "lora fastfood fastfood@lora:r=8"
                                                       : "fastfood";
    given.ask.seeds = train ? 1 : given.ask.seeds;
    while (!st) {
        for (size_t i = from; i < p->n && !st; i++)
            st = axis_set(p, &p->axes[i], at[i], &given, texts);
        if (from < p->texts_end || !from) {
            s = given;
            if (!st && train)
                st = fill_all(p, &s, grids, texts);
        } else { /* the texts are those of the turn before */
            run_spec texts_of = s.ask.run;
            s.ask.run = given.ask.run;
            s.ask.seeds = given.ask.seeds;
            s.ask.run.space = texts_of.space;
            s.ask.run.optimiser = texts_of.optimiser;
        }
        if (!st && train && excludes)
            st = part_excluded(p, &given, NULL, &left_out);
        if (!st && !left_out &&
            (st = train ? add_runs(out, &s, &room) : add_asks(p, out, &given, texts)))
            part_blame(p);
        if (st)
            break;
        for (from = p->n; from > 0 && ++at[from - 1] == axis_turns(p, &p->axes[from - 1]);)
            at[--from] = 0;
        if (!from)
            break;
        from--;
    }
    out->rule = given.rule;
    out->fixed = given.fixed;
    return st;
}

/* "outer.inner" */
static status part_name(const part *p, size_t block, text *name)
{
    const sweepfile_block *b = &p->file->blocks[block];
    if (block && b->parent)
        if (part_name(p, b->parent, name))
            return ERR_MEMORY;
    text_add(name, "%s%s", name->length ? "." : "", b->name);
    return name->failed ? ERR_MEMORY : OK;
}

/* The innermost block's word; the command line's above all. */
static status part_measure(const sweepfile *f, size_t block, int *measure)
{
    const key *k = &expand_keys[0];
    const sweepfile_line *found = NULL;
    expand_spec s = {.measure = EXPAND_D90};
    key_texts texts = {0};
    for (size_t b = block;; b = f->blocks[b].parent) {
        for (size_t i = 0; i < f->blocks[b].n && !found; i++)
            if (f->blocks[b].lines[i].key == k)
                found = &f->blocks[b].lines[i];
        if (!b)
            break;
    }
    for (size_t i = 0; i < f->n_over; i++)
        if (f->over[i].key == k)
            found = &f->over[i];
    status st = found ? key_set("sweep", expand_keys, k->name, found->value, &s, &texts) : OK;
    *measure = s.measure;
    return st ? sweepfile_at(f, found, st) : OK;
}

static status expand_block(const sweepfile *f, size_t block, expansion *e, bool *used)
{
    part *p = mem_array(1, sizeof *p);
    expand_part *more = mem_resize(e->parts, e->n + 1, sizeof *more), *out;
    text name = {0};
    int measure = 0;
    status st = p && more ? OK : ERR_MEMORY;
    if (more)
        e->parts = more;
    if (st) {
        mem_free(p);
        return st;
    }
    out = &more[e->n++];
    *out = (expand_part){0};
    p->file = f;
    p->block = block;
    p->used = used;
    if ((st = part_measure(f, block, &measure)))
        goto done;
    out->measure = p->measure = (expand_measure)measure;
    for (size_t i = 0; i < f->n_over && !st; i++)
        if (!part_met(p, f->over[i].key) && !(st = part_lines(p, f->over, f->n_over, i)))
            p->met[p->n_met++] = f->over[i].key;
    for (size_t b = block; !st; b = f->blocks[b].parent) {
        st = part_block(p, b);
        if (!b)
            break;
    }
    if (!st && !(st = part_check(p)) && !(st = part_size(p)) && !(st = part_order(p)))
        st = part_name(p, block, &name);
    if (!st && !(st = part_turn(p, out, &e->texts)) && !out->n_asks && !out->n_runs)
        st = error_set(ERR_USAGE, "%s:%zu: all of this sweep is excluded", f->path,
                       f->blocks[block].number);
    if (!st) {
        expand_spec kept;
        st = key_set("sweep", expand_keys, "rule", name.length ? name.text : "", &kept, &e->texts);
        out->name = kept.rule;
    }
done:
    text_clear(&name);
    part_clear(p);
    return st;
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

/* An exclude that leaves nothing out is a slip, but where the command line narrows what it speaks of. */
static status excludes_check(const sweepfile *f, const bool *used)
{
    for (size_t b = 0; b < f->n; b++)
        if (f->blocks[b].what == SWEEPFILE_EXCLUDE && !used[b] && !block_over(f, &f->blocks[b]))
            return error_set(ERR_USAGE,
                             "%s:%zu: this exclude leaves nothing out: no run has all of its "
                             "values; mend them or take it away",
                             f->path, f->blocks[b].number);
    return OK;
}

status expand(const sweepfile *f, expansion *out)
{
    bool *used = mem_array(f->n, sizeof *used);
    status st = used ? OK : ERR_MEMORY;
    *out = (expansion){0};
    for (size_t b = 0; b < f->n && !st; b++)
        if (f->blocks[b].what == SWEEPFILE_SWEEP && !f->blocks[b].parts)
            st = expand_block(f, b, out, used);
    if (!st)
        st = excludes_check(f, used);
    if (st)
        expand_clear(out);
    mem_free(used);
    return st;
}

void expand_clear(expansion *e)
{
    for (size_t i = 0; i < e->n; i++) {
        mem_free(e->parts[i].asks);
        mem_free(e->parts[i].runs);
    }
    mem_free(e->parts);
    key_texts_clear(&e->texts);
    *e = (expansion){0};
}
