/* clean.c -- see clean.h. */
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/os.h"
#include "sweep/clean.h"
#include "sweep/watch.h"

static status clean_add(clean_list *l, char *path, const char *why, uint64_t bytes, uint64_t keep)
{
    clean_item *more = path ? mem_resize(l->items, l->n + 1, sizeof *more) : NULL;
    if (!more) {
        mem_free(path);
        return ERR_MEMORY;
    }
    l->items = more;
    more[l->n++] = (clean_item){path, why, bytes, keep};
    l->bytes += bytes;
    return OK;
}

static bool ends(const char *name, const char *ending)
{
    size_t n = strlen(name), k = strlen(ending);
    return n >= k && !strcmp(name + n - k, ending);
}

/* Why a file of a sub-folder can go; NULL: it stays. */
typedef const char *clean_why(store *s, const char *name);

static const char *partial_why(store *s, const char *name)
{
    char id[RUN_ID];
    snprintf(id, sizeof id, "%.20s", name);
    const record *r = store_find(s, id);
    return r && record_whole(r) ? "checkpoint of a run that is whole" : NULL;
}

static const char *z_why(store *s, const char *name)
{
    char id[RUN_ID];
    snprintf(id, sizeof id, "%.20s", name);
    const record *r = store_find(s, id);
    return r && r->status == RECORD_OK ? NULL : "z of a run that is not in the journals";
}

static const char *bits_why(store *s, const char *name)
{
    char *journal = mem_printf("%s/runs/%.*sjsonl", store_folder(s), (int)strlen(name) - 4, name);
    bool there = !journal || file_exists(journal);
    mem_free(journal);
    return there ? NULL : "bits without their journal";
}

static const char *temporary_why(store *s, const char *name)
{
    (void)s;
    (void)name;
    return "temporary of a writer that was killed";
}

static const char *word_why(store *s, const char *name)
{
    (void)s;
    (void)name;
    return "word of a leader that ended";
}

static status look_at(store *s, const char *sub, const char *ending, clean_why *why, clean_list *l)
{
    char *folder = mem_printf("%s/%s", store_folder(s), sub), **names = NULL;
    size_t n = 0;
    status st = folder ? file_names(folder, ending, &names, &n) : ERR_MEMORY;
    for (size_t i = 0; i < n && !st; i++) {
        const char *word = why(s, names[i]);
        if (!word || (why != temporary_why && ends(names[i], ".tmp")))
            continue;
        char *path = mem_printf("%s/%s", folder, names[i]);
        if (path && file_is_folder(path))
            mem_free(path);
        else
            st = clean_add(l, path, word, path ? file_size(path) : 0, 0);
    }
    file_names_free(names, n);
    mem_free(folder);
    return st;
}

/* Behind the last '\n' of each journal. */
static status look_torn(store *s, clean_list *l)
{
    char *folder = mem_printf("%s/runs", store_folder(s)), **names = NULL;
    size_t n = 0;
    status st = folder ? file_names(folder, ".jsonl", &names, &n) : ERR_MEMORY;
    for (size_t i = 0; i < n && !st; i++) {
        char *path = mem_printf("%s/%s", folder, names[i]);
        file_map m;
        if (!path || (st = file_map_open(&m, path))) {
            st = path ? st : ERR_MEMORY;
            mem_free(path);
            continue;
        }
        const char *bytes = m.bytes;
        size_t whole = m.n, all = m.n;
        while (whole && bytes[whole - 1] != '\n')
            whole--;
        file_map_close(&m);
        if (whole == all)
            mem_free(path);
        else
            st = clean_add(l, path, "torn end of a journal", all - whole, whole);
    }
    file_names_free(names, n);
    mem_free(folder);
    return st;
}

status clean_look(store *s, clean_list *l)
{
    static const char *const folders[] = {"", "runs", "partial", "z", "plots", "running"};
    watch w;
    *l = (clean_list){0};
    status st = watch_look(s, &w);
    if (st)
        return st;
    bool idle = !w.leaders;
    watch_clear(&w);
    if ((st = look_at(s, "partial", ".safetensors", partial_why, l)) ||
        (idle && (st = look_at(s, "z", ".safetensors", z_why, l)))) /* z comes before its line */
        goto done;
    for (size_t i = 0; i < sizeof folders / sizeof *folders && idle && !st; i++)
        st = look_at(s, folders[i], ".tmp", temporary_why, l);
    if (!st && idle && !(st = look_at(s, "runs", ".bits", bits_why, l)) &&
        !(st = look_at(s, "running", ".json", word_why, l)))
        st = look_torn(s, l);
done:
    if (st)
        clean_clear(l);
    return st;
}

status clean_do(const clean_list *l)
{
    status st = OK;
    for (size_t i = 0; i < l->n && !st; i++) {
        const clean_item *x = &l->items[i];
        char *bytes;
        size_t n;
        if (!x->keep) {
            if (remove(x->path))
                st = error_errno(ERR_FILE, "%s: cannot be removed", x->path);
        } else if (!(st = file_read(x->path, (size_t)(x->keep + x->bytes), &bytes, &n))) {
            st = file_write(x->path, bytes, (size_t)x->keep);
            mem_free(bytes);
        }
    }
    return st;
}

void clean_clear(clean_list *l)
{
    for (size_t i = 0; i < l->n; i++)
        mem_free(l->items[i].path);
    mem_free(l->items);
    *l = (clean_list){0};
}
