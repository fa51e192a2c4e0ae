/* ranked.c -- see ranked.h. */
#include <string.h>

#include "base/file.h"
#include "base/progress.h"
#include "experiments/folder.h"
#include "experiments/ranked.h"
#include "experiments/updated.h"
#include "measure/effective.h"
#include "report/ranks.h"
#include "sweep/keep.h"

typedef struct looking {
    spectrum_row *rows;
    size_t n;
    uint64_t seed;
} looking;

static status looking_one(void *context, size_t i, update *u)
{
    looking *l = context;
    const update_how how = {.seed = l->seed};
    update_spectrum s;
    status st = update_spectrum_of(u, &how, &s);
    (void)i;
    if (st)
        return st;
    l->rows[l->n++] = s.row;
    update_spectrum_clear(&s);
    return OK;
}

static status ranked_look(const run_spec *places, const char *z, effective_row *row)
{
    static const updated_options quiet = {.quiet = true};
    looking l = {.seed = 1};
    updated of;
    status st = updated_run(&of, places, z);
    if (st)
        return st;
    if (!(l.rows = mem_array(updates_count(of.updates), sizeof *l.rows)))
        st = ERR_MEMORY;
    if (!st && !(st = updated_each(&of, &quiet, false, looking_one, &l)))
        st = effective_of(l.rows, l.n, row);
    mem_free(l.rows);
    updated_close(&of);
    return st;
}

/* effective.csv of the first seeds, the baseline too, whose z are there. */
static status ranked_looks(const ranked_how *o, const run_spec *run, const char *z_folder,
                           const char *path)
{
    static const char *const names[] = {"run_id", "space",   "space_spec", "role",
                                        "status", "d_total", "seed"};
    enum { ID, SPACE, SPEC, ROLE, STATUS, D_TOTAL, SEED, NAMES };
    size_t at[NAMES], n = 0;
    key_texts texts = {0};
    run_spec places;
    csv *runs = NULL;
    effective_row *rows = NULL;
    progress *p = NULL;
    status st = run_defaults(&places, &texts);
    if (!st) {
        places.data = run->data;
        places.from = run->from;
        places.adapter = run->adapter;
        places.adapter_alpha = run->adapter_alpha;
        st = csv_open_in(&runs, path, "runs.csv");
    }
    for (size_t k = 0; k < NAMES && !st; k++)
        st = csv_need(runs, names[k], &at[k]);
    if (!st && !(rows = mem_array(csv_rows(runs), sizeof *rows)))
        st = ERR_MEMORY;
    if (!st && !o->quiet)
        st = progress_new(&p, stderr, csv_rows(runs));
    for (size_t i = 0; i < csv_rows(runs) && !st; i++) {
        effective_row *e = &rows[n];
        char *z = NULL;
        if (p)
            progress_show(p, i, -1, csv_cell(runs, i, at[SPEC]));
        const char *role = csv_cell(runs, i, at[ROLE]);
        if ((strcmp(role, "score") && strcmp(role, "baseline")) ||
            strcmp(csv_cell(runs, i, at[STATUS]), "ok") ||
            csv_cell_number(runs, i, at[SEED], &e->seed) ||
            csv_cell_number(runs, i, at[D_TOTAL], &e->d) ||
            e->seed >= (double)run->seed + o->spectra)
            continue;
        e->run_id = csv_cell(runs, i, at[ID]);
        e->space = csv_cell(runs, i, at[SPACE]);
        e->space_spec = csv_cell(runs, i, at[SPEC]);
        if (!(z = keep_z(z_folder, e->run_id)))
            st = ERR_MEMORY;
        else if (file_exists(z) && !(st = ranked_look(&places, z, e)) && e->matrices)
            n++;
        mem_free(z);
    }
    progress_free(p);
    if (!st) {
        const folder_table table = {"effective.csv", effective_columns, rows, sizeof *rows, n};
        st = folder_tables(path, &table, 1);
    }
    mem_free(rows);
    csv_free(runs);
    key_texts_clear(&texts);
    return st;
}

status ranked_say(const ranked_how *o, const run_spec *run, const char *z_folder, const char *path,
                  FILE *out)
{
    text words = {0};
    status st = o->spectra > 0 ? ranked_looks(o, run, z_folder, path) : OK;
    if (!st && !(st = ranks_write(path, &words)))
        fprintf(out, "%s%s/ranks.csv%s  d90.csv  runs.csv  report.html\n",
                words.text ? words.text : "", path, o->spectra > 0 ? "  effective.csv" : "");
    text_clear(&words);
    return st;
}
