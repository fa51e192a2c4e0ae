/* fold.c -- the journals of workers that ended become one, and what another store has is taken. See storing.h. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/os.h"
#include "sweep/keep.h"
#include "sweep/storing.h"

/* Does this journal belong to a worker of this host that has ended? */
static bool journal_ended(const journal *j)
{
    long process = j->own ? 0 : os_process_of(j->name);
    return process > 0 && (process == os_process() || !os_process_runs(process));
}

static status remove_pair(const store *s, const char *name)
{
    char *path = mem_printf("%s/%s", s->runs, name);
    if (!path)
        return ERR_MEMORY;
    remove(path);
    memcpy(path + strlen(path) - 5, "bits", 5); /* jsonl -> bits */
    path[strlen(path)] = '\0';
    remove(path);
    mem_free(path);
    return OK;
}

/* Of whole runs, with the temporaries of writers that were killed; and the folder when it is empty. */
static status fold_partial(const store *s)
{
    char *folder = mem_printf("%s/partial", s->folder), **names = NULL, id[RUN_ID];
    size_t n = 0;
    status st = folder ? file_names(folder, "", &names, &n) : ERR_MEMORY;
    for (size_t i = 0; i < n && !st; i++) {
        snprintf(id, sizeof id, "%.20s", names[i]);
        const record *r = store_find(s, id);
        char *path = r && record_whole(r) ? mem_printf("%s/%s", folder, names[i]) : NULL;
        if (path)
            remove(path);
        mem_free(path);
    }
    if (!st)
        remove(folder);
    file_names_free(names, n);
    mem_free(folder);
    return st;
}

/* Puts the bits of the record behind the others, and a line that says so behind the others' lines: what was
 * trained stays to the byte. Bits that are damaged by now stay behind: the run is done again. */
static status fold_line(const store *s, const char *name, const record *r, bits_file *file,
                        text *lines, text *bits)
{
    text members = {0};
    jsonl_span rest, word, value = {0};
    const char *end = r->line.at + r->line.n - 1;
    bool whole = false;
    status st = OK;
    if (r->result.n_bits && *r->bits_file && (st = bits_read(s, r, file, &whole)))
        return st;
    if (!whole || (st = jsonl_members(r->line.at, r->line.n, &rest))) {
        text_bytes(lines, r->line.at, r->line.n);
        text_bytes(lines, "\n", 1);
        return st;
    }
    const char *begin = rest.at;
    while (jsonl_member(&rest, &word, &value) && !jsonl_is(word, "bits"))
        continue;
    text_bytes(&members, begin, (size_t)(value.at - begin));
    text_add(&members, "{\"file\":\"%s.bits\",\"offset\":%zu,\"n\":%zu,\"crc\":%" PRIu32 "}", name,
             bits->length, r->result.n_bits, r->bits_crc);
    text_bytes(&members, value.at + value.n, (size_t)(end - value.at) - value.n);
    text_bytes(bits, (const char *)file->some, (r->result.n_bits + 7) / 8);
    if (members.failed)
        lines->failed = true;
    else
        jsonl_seal(members.text, lines);
    text_clear(&members);
    return OK;
}

/* What the store knows from the journals that fold: records by their ids, then tries of others that failed. */
static status fold_lines(store *s, const char *name, text *lines, text *bits)
{
    bits_file file = {0};
    status st = OK;
    for (size_t i = 0; i < s->n && !st; i++) {
        store_at(s, i); /* sorts */
        const entry *e = s->sorted[i];
        if (e->journal < s->n_journals && s->journals[e->journal].folds)
            st = fold_line(s, name, &e->r, &file, lines, bits);
    }
    for (size_t i = 0; i < s->n_failures && !st; i++) {
        const failure *f = &s->failures[i];
        const record *r = &s->entries[f->at]->r;
        if (f->journal < s->n_journals && s->journals[f->journal].folds &&
            r->status == RECORD_FAILED && f->line.at != r->line.at)
            st = fold_line(s, name, &(record){.line = f->line}, &file, lines, bits);
    }
    bits_close(&file);
    return st;
}

static status fold_write(const store *s, const char *name, const char *ending, const text *t)
{
    char *path = t->failed ? NULL : mem_printf("%s/%s.%s", s->runs, name, ending);
    status st = path ? file_write(path, t->text, t->length) : ERR_MEMORY;
    mem_free(path);
    return st;
}

/* The next line of a folded journal, without its '\n'. */
static jsonl_span fold_next(const char **at)
{
    jsonl_span line = {*at, strcspn(*at, "\n")};
    *at += line.n + 1;
    return line;
}

/* What was folded is at its new place from now on: in the order in which fold_lines wrote it. Takes the text. */
static status fold_moved(store *s, const char *name, text *lines)
{
    char *file = mem_printf("%s.jsonl", name);
    const char *at = lines->text;
    journal *j;
    status st = file ? journal_find(s, file, &j) : ERR_MEMORY;
    mem_free(file);
    if (st || (st = store_keep(s, lines->text)))
        return st;
    j->read = lines->length;
    *lines = (text){0};
    size_t to = (size_t)(j - s->journals);
    for (size_t i = 0; i < s->n; i++) {
        entry *e = s->sorted[i];
        record r;
        if (e->journal >= to || !s->journals[e->journal].folds)
            continue;
        jsonl_span line = fold_next(&at);
        if ((st = record_scan(line.at, line.n, &r)))
            return st;
        r.tries = e->r.tries;
        for (size_t k = 0; k < s->n_failures && r.status == RECORD_FAILED; k++)
            if (s->failures[k].line.at == e->r.line.at)
                s->failures[k] = (failure){s->failures[k].at, to, line};
        record_clear(&e->r);
        *e = (entry){r, to, e->failed};
    }
    for (size_t i = 0; i < s->n_failures; i++) {
        failure *f = &s->failures[i];
        const record *r = &s->entries[f->at]->r;
        if (f->journal < to && s->journals[f->journal].folds && r->status == RECORD_FAILED)
            *f = (failure){f->at, to, fold_next(&at)};
    }
    return OK;
}

/* The journals that are folded are removed last: until then whatever fails loses nothing. */
static status fold_journals(store *s)
{
    text lines = {0}, bits = {0};
    char name[64];
    status st;
    snprintf(name, sizeof name, "%s%016" PRIx64, STORE_FOLDED, os_random());
    if ((st = fold_lines(s, name, &lines, &bits)) ||
        ((bits.length || bits.failed) && (st = fold_write(s, name, "bits", &bits))) ||
        (st = fold_write(s, name, "jsonl", &lines)) || (st = fold_moved(s, name, &lines)))
        goto done;
    for (size_t i = 0; i < s->n_journals && !st; i++)
        if (s->journals[i].folds) {
            st = remove_pair(s, s->journals[i].name);
            s->journals[i].read = 0; /* gone */
            s->journals[i].folds = false;
        }
done:
    text_clear(&lines);
    text_clear(&bits);
    return st;
}

status store_fold(store *s)
{
    size_t folds = 0;
    status st;
    if (!s->runs)
        return OK;
    if ((st = store_refresh(s)))
        return st;
    for (size_t i = 0; i < s->n_journals; i++)
        s->journals[i].folds = journal_ended(&s->journals[i]) || journal_folded(s, i);
    /* once more: what a worker wrote before it was seen to have ended */
    if ((st = store_refresh(s)) || (st = fold_partial(s)))
        return st;
    for (size_t i = 0; i < s->n_journals; i++) {
        journal *j = &s->journals[i];
        j->folds = j->folds && j->read > 0 && j->read < STORE_LARGE;
        folds += j->folds;
    }
    return folds < 2 ? OK : fold_journals(s);
}

status store_take(store *s, store *from, size_t *taken, size_t *differ)
{
    text lines = {0}, bits = {0};
    bits_file file = {0};
    char name[64];
    status st = OK;
    *taken = *differ = 0;
    snprintf(name, sizeof name, "%s%016" PRIx64, STORE_FOLDED, os_random());
    for (size_t i = 0; i < from->n && !st; i++) {
        const record *r = store_at(from, i), *old = store_find(s, r->id);
        if (!old || store_replaces(r, old)) {
            ++*taken;
            st = fold_line(from, name, r, &file, &lines, &bits);
        } else if (old->status == r->status && record_whole(r) && r->status != RECORD_FAILED &&
                   !strcmp(old->kind, r->kind) && !record_same(old, r)) {
            ++*differ;
            store_say_of(s, r->id, "another result than the one that is there, which was kept");
        }
    }
    if (!st && *taken && (bits.length || bits.failed))
        st = fold_write(s, name, "bits", &bits);
    if (!st && *taken && !(st = fold_write(s, name, "jsonl", &lines)))
        st = store_refresh(s);
    bits_close(&file);
    text_clear(&lines);
    text_clear(&bits);
    return st;
}
