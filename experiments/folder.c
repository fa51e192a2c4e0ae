/* folder.c -- see folder.h. */
#include <string.h>

#include "base/file.h"
#include "base/os.h"
#include "experiments/folder.h"
#include "sweep/claims.h"
#include "sweep/tables.h"

char *folder_path(const char *name, const char *fallback)
{
    if (!*name)
        name = fallback;
    return strchr(name, '/') ? mem_string(name) : mem_printf("results/%s", name);
}

size_t folder_jobs(const folder_options *o)
{
    size_t fit = os_cores() / o->threads;
    if (*o->gpus)
        for (const char *c = (fit = 1, o->gpus); *c; c++)
            fit += *c == '+';
    return o->jobs ? o->jobs : fit ? fit : 1;
}

status folder_fits(const folder_options *o, const run_spec *run)
{
    if (*o->gpus && !*run->exec)
        return error_set(
            ERR_USAGE, "gpus=%s: idim trains on the CPU; devices are for programs of yours, --exec",
            o->gpus);
    if (strpbrk(o->gpus, ", "))
        return error_set(ERR_USAGE, "gpus=%s: a list is written with +, as in 0+1", o->gpus);
    if (o->keep_z && *run->exec)
        return error_set(ERR_USAGE,
                         "keep-z: the numbers that a program trains are known to it alone; "
                         "have it write them into {out}");
    return OK;
}

status folder_open(sweep **s, const char *path, const folder_options *o)
{
    sweep_options options = {.folder = path,
                             .jobs = o->here ? 0 : folder_jobs(o),
                             .threads = o->threads,
                             .memory = o->memory * 1024 * 1024 * 1024,
                             .again = o->again,
                             .keep_z = o->keep_z,
                             .grace_s = o->grace,
                             .gpus = o->gpus,
                             .show = o->quiet ? NULL : stderr,
                             .log = {stderr, (log_level)(LOG_WARN + o->log)}};
    os_catch_signals();
    return sweep_open(s, &options);
}

static void say_notes(const store *s, size_t *told)
{
    for (; *told < store_notes(s); ++*told)
        fprintf(stderr, "%s\n", store_note(s, *told));
}

status folder_close(sweep *s, size_t told, status st)
{
    char why[1024];
    snprintf(why, sizeof why, "%s", error_text());
    if (s)
        say_notes(sweep_store(s), &told);
    status st2 = sweep_close(s);
    return st ? error_set(st, "%s", why) : st2;
}

status folder_collect(store *s, size_t *told)
{
    /* another leader holds places in the journals that folding would take away */
    char other[CLAIMS_NAME];
    status st = claims_other(store_folder(s), other);
    if (!st && !*other)
        st = store_fold(s);
    if (!st)
        st = store_refresh(s);
    say_notes(s, told);
    return st ? st : tables_write(s);
}

status folder_put(const char *path, const char *name, text *t)
{
    status st = file_write_text(path, name, t);
    text_clear(t);
    return st;
}

status folder_tables(const char *path, const folder_table *tables, size_t n)
{
    status st = file_make_folder(path);
    for (size_t i = 0; i < n && !st; i++) {
        const folder_table *f = &tables[i];
        text t = {0};
        if (!f->columns)
            continue;
        results_csv(f->columns, f->rows, f->size, f->n, &t);
        st = folder_put(path, f->name, &t);
    }
    return st;
}

void folder_say_failed(store *s)
{
    enum { MOST = 10 };
    size_t n = 0;
    for (size_t i = 0; i < store_count(s); i++) {
        const record *r = store_at(s, i);
        if (r->status == RECORD_FAILED && n++ < MOST)
            fprintf(stderr, "run %s, %s, seed %zu: failed: %s\n", r->id, r->run.space, r->run.seed,
                    r->reason);
    }
    if (n > MOST)
        fprintf(stderr, "and %zu more (runs.csv)\n", n - MOST);
}

status folder_check(const char *path)
{
    char *runs = mem_printf("%s/runs", path);
    bool there = runs && file_is_folder(runs);
    mem_free(runs);
    if (there)
        return OK;
    return error_set(ERR_FILE, "%s: no results folder (there is no %s/runs); `idim d90` makes one",
                     path, path);
}

/* The sentence on a folder in which nothing was measured. */
static status folder_unmeasured(const char *path)
{
    ask_list asks = {0};
    char *runs = mem_printf("%s/runs.csv", path);
    status st = !runs ? ERR_MEMORY : file_exists(runs) ? OK : folder_check(path);
    if (!st && !(st = ask_load(path, &asks)))
        st = asks.n
                 ? error_set(ERR_FILE,
                             "%s/d90.csv: not there, for nothing was measured: `idim collect %s` "
                             "measures what its sweep.json asks",
                             path, path)
                 : error_set(ERR_FILE,
                             "%s/d90.csv: not there, for nothing was measured: idim plot %s "
                             "--figure history draws the runs",
                             path, path);
    ask_clear(&asks);
    mem_free(runs);
    return st;
}

status folder_measured(const char *path, char ***paths, size_t *n)
{
    char *own = mem_printf("%s/d90.csv", path), **names = NULL;
    size_t below = 0;
    status st = own ? file_folders_with(path, "d90.csv", &names, &below) : ERR_MEMORY;
    bool itself = own && file_exists(own);
    *n = 0;
    *paths = NULL;
    if (!st && !itself && !below)
        st = folder_unmeasured(path);
    if (!st && !(*paths = mem_array(below + 1, sizeof **paths)))
        st = ERR_MEMORY;
    if (!st && itself)
        st = ((*paths)[(*n)++] = mem_string(path)) ? OK : ERR_MEMORY;
    for (size_t i = 0; i < below && !st; i++)
        st = ((*paths)[(*n)++] = mem_printf("%s/%s", path, names[i])) ? OK : ERR_MEMORY;
    if (st) {
        key_parts_free(*paths, *n);
        *paths = NULL;
        *n = 0;
    }
    file_names_free(names, below);
    mem_free(own);
    return st;
}
