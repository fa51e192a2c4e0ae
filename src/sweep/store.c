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

enum { STORE_NOTES = 1000, STORE_FILE = (int)(1u << 30) };

typedef struct journal {
    char *name;
    uint64_t read;   /* bytes up to the last whole line */
    bool own, ended; /* ended: when store_fold looked */
} journal;

struct store {
    char *folder, *runs; /* NULL: in memory */
    record **records;
    size_t n, room;
    size_t *table, slots; /* place + 1; 0: empty */
    record **sorted;      /* as much room; in order of ids when in_order */
    bool in_order;
    journal *journals;
    size_t n_journals;
    char **notes;
    size_t n_notes;
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
    while (s->table[i] && strcmp(s->records[s->table[i] - 1]->id, id))
        i = (i + 1) & (s->slots - 1);
    return &s->table[i];
}

static status store_grow(store *s)
{
    size_t room = s->room ? 2 * s->room : 256;
    record **records = mem_resize(s->records, room, sizeof *records);
    if (!records)
        return ERR_MEMORY;
    s->records = records;
    record **sorted = mem_resize(s->sorted, room, sizeof *sorted);
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
        *slot_find(s, s->records[i]->id) = i + 1;
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

/* Takes the record. */
static status store_put(store *s, record *r, const char *where)
{
    status st;
    if (s->n == s->room && (st = store_grow(s)))
        return st;
    size_t *place = slot_find(s, r->id);
    if (*place) {
        record *old = s->records[*place - 1];
        if (old->status == RECORD_FAILED && r->status == RECORD_FAILED && old->outside)
            r->tries = old->tries + 1 > r->tries ? old->tries + 1 : r->tries;
        if (replaces(r, old)) {
            record_clear(old);
            *old = *r;
            memset(r, 0, sizeof *r);
        } else if (old->status == r->status && r->status != RECORD_FAILED &&
                   r->status != RECORD_STOPPED && !strcmp(old->kind, r->kind) &&
                   !record_same(old, r)) {
            store_say_of(s, where,
                         "a second result of one run differs from the first, which was kept");
        }
        record_clear(r);
        return OK;
    }
    record *kept = mem_array(1, sizeof *kept);
    if (!kept)
        return ERR_MEMORY;
    *kept = *r;
    memset(r, 0, sizeof *r);
    s->records[s->n] = kept;
    *place = ++s->n;
    s->in_order = false;
    return OK;
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

/* The whole lines behind what was read before. A torn last line is left for the next time: its
 * writer may be at it, and after a crash nobody completes it. */
static status journal_read(store *s, journal *j)
{
    char *path = mem_printf("%s/%s", s->runs, j->name), *bytes = NULL;
    FILE *in = path ? fopen(path, "rb") : NULL;
    long end;
    status st = OK;
    if (!path)
        return ERR_MEMORY;
    if (!in) { /* folded by another process since it was listed */
        mem_free(path);
        return OK;
    }
    if (fseek(in, 0, SEEK_END) || (end = ftell(in)) < 0 || fseek(in, (long)j->read, SEEK_SET)) {
        st = error_errno(ERR_FILE, "%s: cannot be read", path);
        goto done;
    }
    size_t n = (uint64_t)end > j->read ? (size_t)((uint64_t)end - j->read) : 0;
    if (!n)
        goto done;
    if (!(bytes = mem_raw(n, 1))) {
        st = ERR_MEMORY;
        goto done;
    }
    n = fread(bytes, 1, n, in);
    for (char *line = bytes, *stop; n && (stop = memchr(line, '\n', n)); line = stop + 1) {
        size_t length = (size_t)(stop - line);
        record r;
        status bad = record_read(line, length, &r);
        if (!bad)
            bad = store_put(s, &r, path);
        else
            store_say_of(s, path, error_text());
        if (bad == ERR_MEMORY) {
            record_clear(&r);
            st = bad;
            goto done;
        }
        n -= length + 1;
        j->read += length + 1;
    }
done:
    if (in)
        fclose(in);
    mem_free(bytes);
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
            st = journal_read(s, j);
    }
    file_names_free(names, n);
    return st;
}

status store_open(store **out, const char *folder)
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
        if (!s->folder || !s->runs) {
            st = ERR_MEMORY;
            goto fail;
        }
        if ((st = file_make_folder(s->runs)) || (st = store_refresh(s)))
            goto fail;
    }
    *out = s;
    return OK;
fail:
    store_close(s);
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
        record_clear(s->records[i]);
        mem_free(s->records[i]);
    }
    for (size_t i = 0; i < s->n_journals; i++)
        mem_free(s->journals[i].name);
    for (size_t i = 0; i < s->n_notes; i++)
        mem_free(s->notes[i]);
    mem_free(s->records);
    mem_free(s->table);
    mem_free(s->sorted);
    mem_free(s->journals);
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
    return strcmp((*(record *const *)a)->id, (*(record *const *)b)->id);
}

const record *store_at(store *s, size_t i)
{
    if (!s->in_order) {
        memcpy(s->sorted, s->records, s->n * sizeof *s->sorted);
        qsort(s->sorted, s->n, sizeof *s->sorted, by_id);
        s->in_order = true;
    }
    return s->sorted[i];
}

const record *store_find(const store *s, const char *id)
{
    size_t place = *slot_find(s, id);
    return place ? s->records[place - 1] : NULL;
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

static status own_journal(store *s)
{
    char host[64], *path;
    journal *j;
    status st;
    if (s->lines)
        return OK;
    os_host(host);
    snprintf(s->own, sizeof s->own, "%s-%ld-%08" PRIx32, host, os_process(), (uint32_t)os_random());
    if (!(path = mem_printf("%s/%s.jsonl", s->runs, s->own)))
        return ERR_MEMORY;
    st = file_log_new(&s->lines, path);
    mem_free(path);
    if (st)
        return st;
    if (!(path = mem_printf("%s.jsonl", s->own)))
        return ERR_MEMORY;
    if (!(st = journal_find(s, path, &j)))
        j->own = true;
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

status store_add(store *s, record *r)
{
    text line = {0};
    status st;
    if (r->result.bits)
        r->bits_crc = hash_crc32(r->result.bits, (r->result.n_bits + 7) / 8);
    if (s->runs) {
        if ((st = own_journal(s)) || (st = add_bits(s, r)))
            return st;
        record_write(r, &line);
        st = line.failed ? ERR_MEMORY : file_log_add(s->lines, line.text, line.length, NULL);
        text_clear(&line);
        if (st)
            return st;
        mem_free(r->result.bits);
        r->result.bits = NULL;
        if (record_whole(r) && (st = remove_partial(s, r->id)))
            return st;
    }
    mem_free(r->result.z);
    r->result.z = NULL;
    return store_put(s, r, s->own);
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
    *bits = NULL;
    if (r->result.bits) {
        *bits = mem_copy(r->result.bits, n, 1);
        return *bits ? OK : ERR_MEMORY;
    }
    if (!s->runs || !n || !*r->bits_file)
        return OK;
    char *path = mem_printf("%s/%s", s->runs, r->bits_file);
    FILE *in = path ? fopen(path, "rb") : NULL;
    long end = in && !fseek(in, 0, SEEK_END) ? ftell(in) : -1;
    /* the line may promise more than there is: nothing is allocated for that */
    bool there = end >= 0 && r->bits_offset <= (size_t)end && n <= (size_t)end - r->bits_offset;
    uint8_t *bytes = there ? mem_array(n, 1) : NULL;
    status st = path && (bytes || !there) ? OK : ERR_MEMORY;
    if (!st && (!there || fseek(in, (long)r->bits_offset, SEEK_SET) ||
                fread(bytes, 1, n, in) != n || hash_crc32(bytes, n) != r->bits_crc))
        st = error_set(ERR_FORMAT,
                       "%s: the bits of run %s are cut short or changed; delete its line's "
                       "journal or run it again in another folder",
                       path, r->id);
    if (in)
        fclose(in);
    mem_free(path);
    if (st)
        mem_free(bytes);
    else
        *bits = bytes;
    return st;
}

/* ------------------------------------------------------------------ folding */

/* Does this journal belong to a worker of this host that has ended? "HOST-PROCESS-RANDOM.jsonl" */
static bool journal_ended(const journal *j)
{
    char host[64];
    os_host(host);
    size_t length = strlen(host);
    long process;
    if (j->own || strncmp(j->name, host, length) || j->name[length] != '-')
        return false;
    process = strtol(j->name + length + 1, NULL, 10);
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

/* All bits behind one another; the records say where theirs are. */
static status fold_bits(store *s, const char *name, text *bits)
{
    char *file = mem_printf("%s.bits", name);
    status st = file ? OK : ERR_MEMORY;
    for (size_t i = 0; i < s->n && !st; i++) {
        record *r = s->records[i];
        uint8_t *some;
        if ((st = store_bits(s, r, &some)) || !some)
            continue;
        r->bits_offset = bits->length;
        text_bytes(bits, (const char *)some, (r->result.n_bits + 7) / 8);
        r->bits_file = record_text(r, file);
        st = r->bits_file ? OK : ERR_MEMORY;
        mem_free(some);
    }
    mem_free(file);
    return st;
}

static status fold_write(const store *s, const char *name, const char *ending, const text *t)
{
    char *path = t->failed ? NULL : mem_printf("%s/%s.%s", s->runs, name, ending);
    status st = path ? file_write(path, t->text, t->length) : ERR_MEMORY;
    mem_free(path);
    return st;
}

/* Those of ended workers are removed last: until then whatever fails loses nothing. */
static status fold_journals(store *s)
{
    text lines = {0}, bits = {0};
    char name[64];
    status st;
    snprintf(name, sizeof name, "folded-0-%016" PRIx64, os_random());
    if ((st = fold_bits(s, name, &bits)))
        goto done;
    for (size_t i = 0; i < s->n; i++)
        record_write(store_at(s, i), &lines);
    if ((bits.length || bits.failed) && (st = fold_write(s, name, "bits", &bits)))
        goto done;
    st = fold_write(s, name, "jsonl", &lines);
    for (size_t i = 0; i < s->n_journals && !st; i++)
        if (s->journals[i].ended && s->journals[i].read > 0)
            st = remove_pair(s, s->journals[i].name);
done:
    text_clear(&lines);
    text_clear(&bits);
    return st;
}

status store_fold(store *s)
{
    size_t ended = 0;
    status st;
    if (!s->runs)
        return OK;
    if ((st = store_refresh(s)))
        return st;
    for (size_t i = 0; i < s->n_journals; i++)
        s->journals[i].ended = journal_ended(&s->journals[i]);
    /* once more: what a worker wrote before it was seen to have ended */
    if ((st = store_refresh(s)) || (st = fold_partial(s)))
        return st;
    for (size_t i = 0; i < s->n_journals; i++)
        ended += s->journals[i].ended && s->journals[i].read > 0;
    return ended < 2 ? OK : fold_journals(s);
}
