/* clean.c -- see clean.h. */
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "sweep/bundle.h"
#include "sweep/clean.h"

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
typedef status clean_why(store *s, const char *name, const char **why);

static status partial_why(store *s, const char *name, const char **why)
{
    char id[RUN_ID];
    snprintf(id, sizeof id, "%.20s", name);
    const record *r = store_find(s, id);
    *why = r && record_whole(r) ? "checkpoint of a run that is whole" : NULL;
    return OK;
}

static status z_why(store *s, const char *name, const char **why)
{
    char id[RUN_ID];
    snprintf(id, sizeof id, "%.20s", name);
    const record *r = store_find(s, id);
    *why = r && r->status == RECORD_OK ? NULL : "z of a run that is not in the journals";
    return OK;
}

static status bits_why(store *s, const char *name, const char **why)
{
    char *journal = mem_printf("%s/runs/%.*sjsonl", store_folder(s), (int)strlen(name) - 4, name);
    if (!journal)
        return ERR_MEMORY;
    *why = file_exists(journal) ? NULL : "bits without their journal";
    mem_free(journal);
    return OK;
}

static status temporary_why(store *s, const char *name, const char **why)
{
    (void)s;
    (void)name;
    *why = "temporary of a writer that was killed";
    return OK;
}

static status word_why(store *s, const char *name, const char **why)
{
    (void)s;
    (void)name;
    *why = "word of a leader that ended";
    return OK;
}

static status look_at(store *s, const char *sub, const char *ending, clean_why *why, clean_list *l)
{
    char *folder = mem_printf("%s/%s", store_folder(s), sub), **names = NULL;
    size_t n = 0;
    status st = folder ? file_names(folder, ending, &names, &n) : ERR_MEMORY;
    for (size_t i = 0; i < n && !st; i++) {
        const char *word;
        if ((st = why(s, names[i], &word)) || !word ||
            (why != temporary_why && ends(names[i], ".tmp")))
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

/* The files in a level of what an import had unpacked, then the level itself. */
static status look_level(char *path, clean_list *l)
{
    static const char why[] = "left by an import that was killed";
    char **names = NULL;
    size_t n = 0;
    status st = path ? file_names(path, "", &names, &n) : ERR_MEMORY;
    for (size_t i = 0; i < n && !st; i++) {
        char *file = mem_printf("%s/%s", path, names[i]);
        if (file && file_is_folder(file))
            mem_free(file); /* a level that was looked at */
        else
            st = clean_add(l, file, why, file ? file_size(file) : 0, 0);
    }
    file_names_free(names, n);
    if (st || !file_is_folder(path)) {
        mem_free(path);
        return st;
    }
    return clean_add(l, path, why, 0, 0);
}

static status look_imports(store *s, clean_list *l)
{
    char **names = NULL;
    size_t n = 0;
    status st = file_names(store_folder(s), ".tmp", &names, &n);
    for (size_t i = 0; i < n && !st; i++)
        if (!strncmp(names[i], BUNDLE_WORK, sizeof BUNDLE_WORK - 1) &&
            !(st = look_level(mem_printf("%s/%s/runs", store_folder(s), names[i]), l)))
            st = look_level(mem_printf("%s/%s", store_folder(s), names[i]), l);
    file_names_free(names, n);
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

static status look_everywhere(store *s, clean_list *l)
{
    static const char *const folders[] = {"", "runs", "partial", "z", "plots", "running"};
    static const struct {
        const char *sub, *ending;
        clean_why *why;
    } sorts[] = {{"partial", ".safetensors", partial_why},
                 {"z", ".safetensors", z_why},
                 {"runs", ".bits", bits_why},
                 {"running", ".json", word_why},
                 {"working", "", word_why}};
    status st = OK;
    for (size_t i = 0; i < sizeof sorts / sizeof *sorts && !st; i++)
        st = look_at(s, sorts[i].sub, sorts[i].ending, sorts[i].why, l);
    for (size_t i = 0; i < sizeof folders / sizeof *folders && !st; i++)
        st = look_at(s, folders[i], ".tmp", temporary_why, l);
    return st || (st = look_imports(s, l)) ? st : look_torn(s, l);
}

/* Before the journals are read: a leader's z comes before its line. And behind: one that came meanwhile. */
status clean_look(store *s, clean_list *l)
{
    char busy[CLAIMS_NAME];
    *l = (clean_list){0};
    status st = claims_other(store_folder(s), busy);
    if (!st && !*busy && !(st = store_refresh(s)) && !(st = look_everywhere(s, l)))
        st = claims_other(store_folder(s), busy);
    if (st || *busy)
        clean_clear(l);
    if (!st)
        memcpy(l->busy, busy, sizeof busy);
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
