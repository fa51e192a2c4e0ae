/* swept.c -- see swept.h. */
#include <string.h>

#include "experiments/swept.h"

status swept_over(void *options, const key *k, const char *value)
{
    swept_options *o = options;
    if (o->n_over == SWEPT_OVER)
        return error_set(ERR_LIMIT, "more than %d keys of a sweep; write them into its file",
                         SWEPT_OVER);
    o->over[o->n_over].key = k;
    o->over[o->n_over++].value = value;
    return OK;
}

status swept_ask(const ask *given, expansion *e)
{
    static const key *const tables[] = {run_keys, ask_keys, NULL}, *const none[] = {NULL};
    sweepfile f;
    ask usual;
    key_texts texts = {0};
    status st = ask_defaults(&usual, &texts);
    *e = (expansion){0};
    if (!st)
        st = sweepfile_read(&f, "options", "", 0, expand_tables, none);
    if (st) {
        key_texts_clear(&texts);
        return st;
    }
    for (const key *const *t = tables; *t; t++)
        for (const key *k = *t; k->name && !st; k++) {
            text value = {0};
            key_value(k, given, &value);
            if (text_failed(&value))
                st = ERR_MEMORY;
            else if (!key_same(k, given, &usual))
                st = sweepfile_over(&f, k->name, value.text ? value.text : "");
            text_clear(&value);
        }
    if (!st)
        st = expand(&f, e);
    sweepfile_clear(&f);
    key_texts_clear(&texts);
    return st;
}

/* Sets in `own` what the file says and the command line left at its default. */
static status swept_own(const sweepfile *f, const key *table, void *own, key_texts *texts)
{
    const sweepfile_block *b = &f->blocks[0];
    status st = OK;
    for (size_t i = 0; i < b->n && !st; i++)
        for (const key *k = table; k->name && !st; k++) {
            text value = {0};
            if (k != b->lines[i].key)
                continue;
            key_value(k, own, &value);
            if (text_failed(&value))
                st = ERR_MEMORY;
            else if (!strcmp(value.text ? value.text : "", k->fallback) &&
                     (st = key_set("run", table, k->name, b->lines[i].value, own, texts)))
                sweepfile_at(f, &b->lines[i], st);
            text_clear(&value);
        }
    return st;
}

/* Leaves the sub-sweep of that name, and those in it. */
static status swept_only(const char *only, const char *path, expansion *e)
{
    size_t n = strlen(only), kept = 0;
    for (size_t i = 0; i < e->n; i++) {
        expand_part *p = &e->parts[i];
        bool named = !strncmp(p->name, only, n) && (!p->name[n] || p->name[n] == '.');
        if (!n || named) {
            e->parts[kept++] = *p;
            continue;
        }
        mem_free(p->asks);
        mem_free(p->runs);
    }
    e->n = kept;
    return kept ? OK
                : error_set(ERR_USAGE, "%s: no sweep %s in it; its blocks `sweep NAME {` name them",
                            path, only);
}

/* The results folder of a file without `out`: its name without folder and ending. */
static char *swept_folder(const char *out, const char *path)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    const char *dot = strrchr(name, '.');
    char *own = mem_string(name), *folder;
    if (own && dot && dot > name)
        own[dot - name] = '\0';
    folder = own ? folder_path(out, own) : NULL;
    mem_free(own);
    return folder;
}

/* A file without a line on what to run would stand for the defaults of idim d90, which nobody asked for. */
static status swept_names(const sweepfile *f)
{
    for (size_t b = 0; b < f->n; b++)
        for (size_t i = 0; i < f->blocks[b].n; i++)
            for (const key *const *t = f->tables; *t; t++)
                for (const key *k = *t; k->name; k++)
                    if (k == f->blocks[b].lines[i].key)
                        return OK;
    return error_set(ERR_USAGE,
                     "%s names nothing to run: no line of it says data, model or another key of a "
                     "run; `idim d90` measures the defaults",
                     f->path);
}

status swept_open(swept *s, const swept_options *o, const char *path, const key *table, void *own,
                  const folder_options *folder)
{
    *s = (swept){0};
    const key *const singles[] = {table, command_run.tables[0], NULL};
    status st = sweepfile_open(&s->file, path, expand_tables, singles);
    if (!st)
        st = swept_names(&s->file);
    for (size_t i = 0; i < o->n_over && !st; i++)
        st = sweepfile_over(&s->file, o->over[i].key->name, o->over[i].value);
    if (!st && !(st = swept_own(&s->file, table, own, &s->texts)))
        st = expand(&s->file, &s->sweep);
    if (!st)
        st = swept_only(o->only, path, &s->sweep);
    s->file.singles = NULL; /* they end with this call */
    if (!st && !(s->folder = swept_folder(folder->out, path)))
        st = ERR_MEMORY;
    return st;
}

void swept_close(swept *s)
{
    mem_free(s->folder);
    expand_clear(&s->sweep);
    sweepfile_clear(&s->file);
    key_texts_clear(&s->texts);
}
