/* store.c -- see store.h.
 *
 * In memory: an array of records, a hash table from id to place, and how far each journal was read.
 * A journal is named HOST-PROCESS-RANDOM.jsonl, its bits HOST-PROCESS-RANDOM.bits. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/os.h"
#include "sweep/keep.h"
#include "sweep/store.h"

enum { STORE_NOTES = 1000 };
static const char folded[] = "folded-0-";

typedef struct journal {
    char *name;
    uint64_t read;   /* bytes up to the last whole line */
    bool own, folds; /* folds: store_fold takes it */
} journal;

typedef struct entry {
    record r;       /* first */
    size_t journal; /* that its line stands in */
} entry;

typedef struct
    failure { /* a try that ended from outside, of entry `at`; its line stays what it was */
    size_t at, journal;
    jsonl_span line;
} failure;

struct store {
    char *folder, *runs; /* NULL: in memory */
    entry **entries;
    size_t n, room;
    size_t *table, slots; /* place + 1; 0: empty */
    entry **sorted;       /* as much room; in order of ids when in_order */
    bool in_order;
    journal *journals;
    size_t n_journals;
    failure *failures;
    size_t n_failures;
    char **chunks; /* of journals, which lines lie in */
    size_t n_chunks;
    char **notes;
    size_t n_notes, twice;
    file_log *lines, *bits;
    char own[128]; /* name without its ending */
};

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

static void store_say_of(store *s, const char *where, const char *what)
{
    char *sentence = mem_printf("%s: %s", where, what);
    if (sentence)
        store_say(s, sentence);
    mem_free(sentence);
}

/* May b stand in a's place? A longer stopped run, and anything whole in place of what is not. */
static bool replaces(const record *b, const record *a)
{
    if (record_whole(a) && !(a->status == RECORD_FAILED && b->status != RECORD_FAILED))
        return false;
    if (record_whole(b))
        return true;
    if (a->status == RECORD_STOPPED && b->status == RECORD_STOPPED)
        return b->result.epochs > a->result.epochs;
    return a->status == RECORD_FAILED;
}

static bool journal_folded(const store *s, size_t journal_)
{
    return journal_ < s->n_journals &&
           !strncmp(s->journals[journal_].name, folded, sizeof folded - 1);
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

/* Takes the record. */
static status store_put(store *s, record *r, size_t journal_, const char *where)
{
    bool failed = r->status == RECORD_FAILED && r->outside;
    status st;
    if (s->n == s->room && (st = store_grow(s)))
        return st;
    size_t *place = slot_find(s, r->id), at = s->n;
    if (!*place) {
        entry *kept = mem_array(1, sizeof *kept);
        if (!kept)
            return ERR_MEMORY;
        *kept = (entry){*r, journal_};
        memset(r, 0, sizeof *r);
        s->entries[s->n] = kept;
        *place = ++s->n;
        s->in_order = false;
        return failed ? store_failed(s, at, &kept->r, journal_) : OK;
    }
    at = *place - 1;
    entry *old = s->entries[at];
    jsonl_span line = r->line;
    if (old->r.status == RECORD_FAILED && r->status == RECORD_FAILED && r->tries < old->r.tries)
        r->tries = old->r.tries;
    if (replaces(r, &old->r)) {
        record_clear(&old->r);
        *old = (entry){*r, journal_};
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

/* ------------------------------------------------------------------ reading */

static status journal_find(store *s, const char *name, journal **out)
{
    for (size_t i = 0; i < s->n_journals; i++)
        if (!strcmp(s->journals[i].name, name)) {
            *out = &s->journals[i];
            return OK;
        }
    journal *all = mem_resize(s->journals, s->n_journals + 1, sizeof *all);
    if (!all)
        return ERR_MEMORY;
    s->journals = all;
    *out = &all[s->n_journals];
    **out = (journal){.name = mem_string(name)};
    if (!(*out)->name)
        return ERR_MEMORY;
    s->n_journals++;
    return OK;
}

/* Keeps bytes until the store is closed. */
static status store_keep(store *s, char *bytes)
{
    if ((s->n_chunks & (s->n_chunks - 1)) == 0) {
        char **more = mem_resize(s->chunks, s->n_chunks ? 2 * s->n_chunks : 1, sizeof *more);
        if (!more)
            return ERR_MEMORY;
        s->chunks = more;
    }
    s->chunks[s->n_chunks++] = bytes;
    return OK;
}

typedef struct bits_file { /* the one that was read last */
    FILE *in;
    char *name;
    uint8_t *some; /* of a record */
    size_t room, end;
} bits_file;

static void bits_close(bits_file *f)
{
    if (f->in)
        fclose(f->in);
    mem_free(f->name);
    mem_free(f->some);
    *f = (bits_file){0};
}

/* The bits of a record, in f->some. *whole: they are what its line says; nothing is allocated for what the
 * file does not have. */
static status bits_read(const store *s, const record *r, bits_file *f, bool *whole)
{
    size_t n = (r->result.n_bits + 7) / 8;
    *whole = false;
    if (!f->name || strcmp(f->name, r->bits_file)) {
        uint8_t *some = f->some;
        f->some = NULL;
        size_t room = f->room;
        bits_close(f);
        f->some = some;
        f->room = room;
        char *path = mem_printf("%s/%s", s->runs, r->bits_file);
        f->name = mem_string(r->bits_file);
        f->in = path ? fopen(path, "rb") : NULL;
        f->end = path ? (size_t)file_size(path) : 0;
        mem_free(path);
        if (!path || !f->name)
            return ERR_MEMORY;
    }
    if (!f->in || r->bits_offset > f->end || n > f->end - r->bits_offset)
        return OK;
    if (n > f->room) {
        uint8_t *more = mem_resize(f->some, n, 1);
        if (!more)
            return ERR_MEMORY;
        f->some = more;
        f->room = n;
    }
    if ((uint64_t)ftell(f->in) != r->bits_offset && fseek(f->in, (long)r->bits_offset, SEEK_SET))
        return OK;
    *whole = fread(f->some, 1, n, f->in) == n && hash_crc32(f->some, n) == r->bits_crc;
    return OK;
}

/* One whole line. What is damaged is noted and passed over. */
static status journal_line(store *s, size_t journal_, const char *path, jsonl_span line,
                           bits_file *bits)
{
    record r;
    status st = record_scan(line.at, line.n, &r);
    bool whole = true;
    if (!st && r.result.n_bits && *r.bits_file)
        st = bits_read(s, &r, bits, &whole);
    if (!st && !whole)
        st = error_set(ERR_FORMAT, "the bits of run %s are cut short or changed", r.id);
    if (!st && !(st = store_put(s, &r, journal_, path)))
        return OK;
    record_clear(&r);
    if (st != ERR_MEMORY) {
        store_say_of(s, path, error_text());
        st = OK;
    }
    return st;
}

/* The whole lines behind what was read before. A torn last line is left for the next time: its
 * writer may be at it, and after a crash nobody completes it. */
static status journal_read(store *s, size_t journal_)
{
    journal *j = &s->journals[journal_];
    char *path = mem_printf("%s/%s", s->runs, j->name), *bytes = NULL;
    uint64_t end = path ? file_size(path) : 0;
    FILE *in = NULL;
    bits_file bits = {0};
    status st = path ? OK : ERR_MEMORY;
    if (end <= j->read) /* nothing new, or folded by another process since it was listed */
        goto done;
    size_t n = (size_t)(end - j->read);
    if (!(in = fopen(path, "rb")))
        goto done;
    if (fseek(in, (long)j->read, SEEK_SET)) {
        st = error_errno(ERR_FILE, "%s: cannot be read", path);
        goto done;
    }
    if (!(bytes = mem_raw(n, 1)) || (st = store_keep(s, bytes))) {
        mem_free(bytes);
        st = ERR_MEMORY;
        goto done;
    }
    n = fread(bytes, 1, n, in);
    for (char *line = bytes, *stop; n && !st && (stop = memchr(line, '\n', n)); line = stop + 1) {
        size_t length = (size_t)(stop - line);
        if ((st = journal_line(s, journal_, path, (jsonl_span){line, length}, &bits)))
            break;
        n -= length + 1;
        j->read += length + 1;
    }
done:
    if (in)
        fclose(in);
    bits_close(&bits);
    mem_free(path);
    return st;
}

status store_refresh(store *s)
{
    char **names;
    size_t n;
    status st;
    if (!s->runs)
        return OK;
    if ((st = file_names(s->runs, ".jsonl", &names, &n)))
        return st;
    for (size_t i = 0; i < n && !st; i++) {
        journal *j;
        if (!(st = journal_find(s, names[i], &j)) && !j->own)
            st = journal_read(s, (size_t)(j - s->journals));
    }
    file_names_free(names, n);
    return st;
}

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

status store_bits(const store *s, const record *r, uint8_t **bits)
{
    size_t n = (r->result.n_bits + 7) / 8;
    bits_file file = {0};
    bool whole;
    *bits = NULL;
    if (r->result.bits) {
        *bits = mem_copy(r->result.bits, n, 1);
        return *bits ? OK : ERR_MEMORY;
    }
    if (!s->runs || !n || !*r->bits_file)
        return OK;
    status st = bits_read(s, r, &file, &whole);
    if (!st && whole)
        st = (*bits = mem_copy(file.some, n, 1)) ? OK : ERR_MEMORY;
    else if (!st)
        st = error_set(ERR_FORMAT,
                       "%s/%s: the bits of run %s were cut short or changed since its line was "
                       "read; start again, and the run is done again",
                       s->runs, r->bits_file, r->id);
    bits_close(&file);
    return st;
}

/* ------------------------------------------------------------------ folding */

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
        *e = (entry){r, to};
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
    snprintf(name, sizeof name, "%s%016" PRIx64, folded, os_random());
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
    snprintf(name, sizeof name, "%s%016" PRIx64, folded, os_random());
    for (size_t i = 0; i < from->n && !st; i++) {
        const record *r = store_at(from, i), *old = store_find(s, r->id);
        if (!old || replaces(r, old)) {
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
