/* journal.c -- journals and bits of all workers, read on from where they were. See storing.h. */
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "sweep/storing.h"

status journal_find(store *s, const char *name, journal **out)
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

status store_keep(store *s, char *bytes)
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

/* ------------------------------------------------------------------ bits */

void bits_close(bits_file *f)
{
    if (f->in)
        fclose(f->in);
    mem_free(f->name);
    mem_free(f->some);
    *f = (bits_file){0};
}

status bits_read(const store *s, const record *r, bits_file *f, bool *whole)
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

/* ------------------------------------------------------------------ lines */

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
