/* expand.c -- see expand.h. A combination is made from the axes of a part like an odometer's number: the last axis
 * turns fastest; those that make texts (kinds, d, lr) come first, so that they are made seldom. */
#include <string.h>

#include "spaces/space.h"
#include "sweep/exec.h"
#include "sweep/expanding.h"
#include "train/optimiser.h"

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

/* ------------------------------------------------------------------ the odometer */

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
            if (expand_among(name, runs ? d90 : train))
                return sweepfile_at(p->file, line,
                                    error_set(ERR_USAGE, "%s says nothing with measure = %s", name,
                                              runs ? "train" : "d90 or ranks"));
        }
    return OK;
}

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
        for (const char *at = lines[i].value; expand_is_kind(lines[i].key) && length && *at;) {
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
            (st = train ? add_runs(out, &s, &room) : part_asks(p, out, &given, texts)))
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
