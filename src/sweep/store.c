/* store.c -- see store.h: what is known of every run, and this process's own journal. */
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/os.h"
#include "sweep/keep.h"
#include "sweep/storing.h"

enum { STORE_NOTES = 1000 };

/* ------------------------------------------------------------------ the table of ids */

static size_t slot_of(const store *s, const char *id)
{
    size_t h = 1469598103934665603u;
    for (; *id; id++)
        h = (h ^ (unsigned char)*id) * 1099511628211u;
    return h & (s->slots - 1);
}

static size_t *slot_find(const store *s, const char *id)
{
    size_t i = slot_of(s, id);
    while (s->table[i] && strcmp(s->entries[s->table[i] - 1]->r.id, id))
        i = (i + 1) & (s->slots - 1);
    return &s->table[i];
}

static status store_grow(store *s)
{
    size_t room = s->room ? 2 * s->room : 256;
    entry **entries = mem_resize(s->entries, room, sizeof *entries);
    if (!entries)
        return ERR_MEMORY;
    s->entries = entries;
    entry **sorted = mem_resize(s->sorted, room, sizeof *sorted);
    if (!sorted)
        return ERR_MEMORY;
    s->sorted = sorted;
    s->in_order = false;
    s->room = room;
    size_t *table = mem_array(2 * room, sizeof *table);
    if (!table)
        return ERR_MEMORY;
    mem_free(s->table);
    s->table = table;
    s->slots = 2 * room;
    for (size_t i = 0; i < s->n; i++)
        *slot_find(s, s->entries[i]->r.id) = i + 1;
    return OK;
}

void store_say(store *s, const char *sentence)
{
    if (s->n_notes == STORE_NOTES)
        return;
    char **notes = mem_resize(s->notes, s->n_notes + 1, sizeof *notes);
    if (!notes)
        return;
    s->notes = notes;
    if ((notes[s->n_notes] = mem_string(sentence)))
        s->n_notes++;
}

void store_say_of(store *s, const char *where, const char *what)
{
    char *sentence = mem_printf("%s: %s", where, what);
    if (sentence)
        store_say(s, sentence);
    mem_free(sentence);
}

bool store_replaces(const record *b, const record *a)
{
    if (record_whole(a) && !(a->status == RECORD_FAILED && b->status != RECORD_FAILED))
        return false;
    if (record_whole(b))
        return true;
    if (a->status == RECORD_STOPPED && b->status == RECORD_STOPPED)
        return b->result.epochs > a->result.epochs;
    return a->status == RECORD_FAILED;
}

bool journal_folded(const store *s, size_t journal_)
{
    return journal_ < s->n_journals &&
           !strncmp(s->journals[journal_].name, STORE_FOLDED, sizeof STORE_FOLDED - 1);
}

/* One more try of an entry that ended from outside. The line of a folded journal is a copy: the same bytes
 * elsewhere are the same try. */
static status store_failed(store *s, size_t at, const record *r, size_t journal_)
{
    for (size_t i = 0; i < s->n_failures && r->line.n; i++) {
        failure *f = &s->failures[i];
        if (f->at == at && f->journal != journal_ && f->line.n == r->line.n &&
            (journal_folded(s, journal_) || journal_folded(s, f->journal)) &&
            !memcmp(f->line.at, r->line.at, r->line.n)) {
            f->journal = journal_;
            f->line = r->line;
            return OK;
        }
    }
    failure *more = mem_resize(s->failures, s->n_failures + 1, sizeof *more);
    if (!more)
        return ERR_MEMORY;
    s->failures = more;
    more[s->n_failures++] = (failure){at, journal_, r->line};
    entry *e = s->entries[at];
    size_t tries = 0;
    for (size_t i = 0; i < s->n_failures; i++)
        tries += more[i].at == at;
    if (e->r.status == RECORD_FAILED && tries > e->r.tries)
        e->r.tries = tries;
    return OK;
}

status store_put(store *s, record *r, size_t journal_, const char *where)
{
    bool failed = r->status == RECORD_FAILED && r->outside,
         itself = r->status == RECORD_FAILED && !r->outside && s->open &&
                  !journal_folded(s, journal_); /* which holds copies */
    status st;
    if (s->n == s->room && (st = store_grow(s)))
        return st;
    size_t *place = slot_find(s, r->id), at = s->n;
    if (!*place) {
        entry *kept = mem_array(1, sizeof *kept);
        if (!kept)
            return ERR_MEMORY;
        *kept = (entry){*r, journal_, itself};
        memset(r, 0, sizeof *r);
        s->entries[s->n] = kept;
        *place = ++s->n;
        s->in_order = false;
        return failed ? store_failed(s, at, &kept->r, journal_) : OK;
    }
    at = *place - 1;
    entry *old = s->entries[at];
    jsonl_span line = r->line;
    old->failed = old->failed || itself;
    if (old->r.status == RECORD_FAILED && r->status == RECORD_FAILED && r->tries < old->r.tries)
        r->tries = old->r.tries;
    if (store_replaces(r, &old->r)) {
        record_clear(&old->r);
        *old = (entry){*r, journal_, old->failed};
        memset(r, 0, sizeof *r);
    } else if (old->r.status == r->status && r->status != RECORD_FAILED &&
               r->status != RECORD_STOPPED && !strcmp(old->r.kind, r->kind)) {
        /* what a fold that was killed left behind is a copy */
        s->twice += r->wall_s != old->r.wall_s || strcmp(r->start, old->r.start) != 0;
        if (!record_same(&old->r, r))
            store_say_of(s, where,
                         "a second result of one run differs from the first, which was kept");
    }
    record_clear(r);
    return failed ? store_failed(s, at, &(record){.line = line}, journal_) : OK;
}

/* ------------------------------------------------------------------ opened and asked */

status store_open_blind(store **out, const char *folder)
{
    store *s = mem_array(1, sizeof *s);
    status st = OK;
    *out = NULL;
    if (!s)
        return ERR_MEMORY;
    if ((st = store_grow(s)))
        goto fail;
    if (folder) {
        s->folder = mem_string(folder);
        s->runs = mem_printf("%s/runs", folder);
        st = s->folder && s->runs ? file_make_folder(s->runs) : ERR_MEMORY;
    }
    if (st)
        goto fail;
    *out = s;
    return OK;
fail:
    store_close(s);
    return st;
}

status store_open(store **out, const char *folder)
{
    status st = store_open_blind(out, folder);
    if (!st && (st = store_refresh(*out))) {
        store_close(*out);
        *out = NULL;
    }
    if (!st)
        (*out)->open = true;
    return st;
}

status store_close(store *s)
{
    status st = OK, st2;
    if (!s)
        return OK;
    st = file_log_close(s->lines);
    if ((st2 = file_log_close(s->bits)) && !st)
        st = st2;
    for (size_t i = 0; i < s->n; i++) {
        record_clear(&s->entries[i]->r);
        mem_free(s->entries[i]);
    }
    for (size_t i = 0; i < s->n_journals; i++)
        mem_free(s->journals[i].name);
    for (size_t i = 0; i < s->n_notes; i++)
        mem_free(s->notes[i]);
    for (size_t i = 0; i < s->n_chunks; i++)
        mem_free(s->chunks[i]);
    mem_free(s->entries);
    mem_free(s->table);
    mem_free(s->sorted);
    mem_free(s->journals);
    mem_free(s->failures);
    mem_free(s->chunks);
    mem_free(s->notes);
    mem_free(s->folder);
    mem_free(s->runs);
    mem_free(s);
    return st;
}

const char *store_folder(const store *s)
{
    return s->folder;
}

size_t store_count(const store *s)
{
    return s->n;
}

static int by_id(const void *a, const void *b)
{
    return strcmp((*(entry *const *)a)->r.id, (*(entry *const *)b)->r.id);
}

const record *store_at(store *s, size_t i)
{
    if (!s->in_order) {
        memcpy(s->sorted, s->entries, s->n * sizeof *s->sorted);
        qsort(s->sorted, s->n, sizeof *s->sorted, by_id);
        s->in_order = true;
    }
    return &s->sorted[i]->r;
}

const record *store_find(const store *s, const char *id)
{
    size_t place = *slot_find(s, id);
    return place ? &s->entries[place - 1]->r : NULL;
}

bool store_failed_since(const store *s, const char *id)
{
    size_t place = *slot_find(s, id);
    return place && s->entries[place - 1]->failed;
}

size_t store_twice(const store *s)
{
    return s->twice;
}

size_t store_notes(const store *s)
{
    return s->n_notes;
}

const char *store_note(const store *s, size_t i)
{
    return s->notes[i];
}

/* ------------------------------------------------------------------ writing */

static status own_journal(store *s, size_t *own)
{
    char *path;
    journal *j;
    status st;
    for (*own = 0; *own < s->n_journals && !s->journals[*own].own;)
        ++*own;
    if (*own < s->n_journals)
        return OK;
    os_own_name(s->own);
    if (!(path = mem_printf("%s/%s.jsonl", s->runs, s->own)))
        return ERR_MEMORY;
    st = s->lines ? OK : file_log_new(&s->lines, path); /* made, and not noted for want of memory */
    mem_free(path);
    if (st)
        return st;
    if (!(path = mem_printf("%s.jsonl", s->own)))
        return ERR_MEMORY;
    if (!(st = journal_find(s, path, &j))) {
        j->own = true;
        *own = (size_t)(j - s->journals);
    }
    mem_free(path);
    return st;
}

static status add_bits(store *s, record *r)
{
    size_t n = (r->result.n_bits + 7) / 8;
    status st;
    if (!r->result.bits)
        return OK;
    if (!s->bits) {
        char *path = mem_printf("%s/%s.bits", s->runs, s->own);
        if (!path)
            return ERR_MEMORY;
        st = file_log_new(&s->bits, path);
        mem_free(path);
        if (st)
            return st;
    }
    if ((st = file_log_add(s->bits, r->result.bits, n, &r->bits_offset)))
        return st;
    char *name = mem_printf("%s.bits", s->own);
    r->bits_file = name ? record_text(r, name) : NULL;
    mem_free(name);
    return r->bits_file ? OK : ERR_MEMORY;
}

/* What cannot be removed costs room, and is read as a checkpoint of a run that nobody asks for again. */
static status remove_partial(const store *s, const char *id)
{
    char *path = keep_partial(s->folder, id);
    if (!path)
        return ERR_MEMORY;
    remove(path);
    mem_free(path);
    return OK;
}

/* Writes the record's line; then it is what a reader of the line would have. */
static status add_line(store *s, record *r)
{
    text line = {0};
    record read;
    status st = ERR_MEMORY;
    record_write(r, &line);
    if (line.failed || (st = file_log_add(s->lines, line.text, line.length, NULL)) ||
        (st = store_keep(s, line.text))) {
        text_clear(&line);
        return st;
    }
    if (record_whole(r) && (st = remove_partial(s, r->id)))
        return st;
    if (!(st = record_scan(line.text, line.length - 1, &read))) {
        record_clear(r);
        *r = read;
    }
    return st;
}

status store_add(store *s, record *r)
{
    size_t own = SIZE_MAX;
    status st;
    if (r->result.bits)
        r->bits_crc = hash_crc32(r->result.bits, (r->result.n_bits + 7) / 8);
    if (s->runs) {
        if ((st = own_journal(s, &own)) || (st = add_bits(s, r)) || (st = add_line(s, r)))
            return st;
    }
    mem_free(r->result.z);
    r->result.z = NULL;
    return store_put(s, r, own, s->own);
}

status store_add_all(store *s, record *r, size_t n)
{
    status st = OK;
    for (size_t i = 0; i < n; i++)
        if (st || (st = store_add(s, &r[i])))
            record_clear(&r[i]);
    return st;
}
