/* list.c -- idim list: the tables of kinds, one kind with its keys, the columns of a results folder's
 * CSVs; for reading, or as Markdown (docs/kinds.md and docs/formats.md are made so). */
#include <string.h>

#include "data/data.h"
#include "experiments/command.h"
#include "measure/d90.h"
#include "measure/paired.h"
#include "measure/bound.h"
#include "measure/effective.h"
#include "measure/intruders.h"
#include "measure/latency.h"
#include "measure/memory.h"
#include "measure/peak.h"
#include "measure/similarity.h"
#include "measure/variance.h"
#include "report/ranks.h"
#include "spaces/space.h"
#include "sweep/searches.h"
#include "sweep/tables.h"
#include "train/optimiser.h"
#include "train/trainer.h"

enum { COLUMNS = 80 };

typedef struct list_options {
    bool markdown;
} list_options;

static const key keys[] = {
    KEY("markdown", list_options, markdown, "no", 0, 0, "", "tables of Markdown, as in docs/"),
    {0},
};

const command_kinds command_tables[] = {
    {"spaces", (const void *const *)space_rows},
    {"models", (const void *const *)model_rows},
    {"data", (const void *const *)task_rows},
    {"trainers", (const void *const *)trainer_rows},
    {"optimisers", (const void *const *)optimiser_rows},
    {"schedules", (const void *const *)schedule_rows},
    {NULL, NULL},
};
static const struct {
    const char *name, *doc;
    const tables_column *columns; /* NULL: the other */
    const d90_column *measured;
} files[] = {
    {"d90.csv", "one row for each design, space and rule; the first row of a space is the headline",
     NULL, d90_columns},
    {"variance.csv", "sd of ln d90 by source of randomness, one row a source", NULL,
     variance_columns},
    {"compare.csv", "as paired.csv, of two sides (idim compare)", NULL, compare_columns},
    {"paired.csv", "one row for each pair of spaces and d in common, then one for d90", NULL,
     paired_columns},
    {"search.csv", "one row a run and stage of `idim d90 --search`", NULL, searches_columns},
    {"updates.csv", "one row a tensor: what its update's singular values say", NULL,
     spectrum_columns},
    {"ranks.csv", "one row a method: the fewest trained numbers, and the smallest rank, that pass",
     NULL, ranks_columns},
    {"effective.csv", "one row a scored run: how many directions its updates use", NULL,
     effective_columns},
    {"spectra.csv", "one row a singular value, tensor after tensor", NULL, update_value_columns},
    {"similarity.csv", "one row a pair of tensors, subspace and i, j", NULL, similarity_columns},
    {"angles.csv", "one row a principal angle", NULL, similarity_angle_columns},
    {"amplification.csv", "one row a tensor and r: Hu et al.'s table 7", NULL,
     amplification_columns},
    {"intruders.csv", "one row a tensor, side, epsilon and k", NULL, intruders_columns},
    {"directions.csv", "one row a tensor, side and singular vector", NULL,
     intruders_direction_columns},
    {"bound.csv", "one row: a bound of the test error", NULL, bound_columns},
    {"memory.csv", "one row a method: training, storing, serving", NULL, memory_columns},
    {"peak.csv", "one row: memory counted and measured", NULL, peak_columns},
    {"latency.csv", "one row a method, form and length", NULL, latency_columns},
    {"parameters.csv", "one row for tensors of the same roles", NULL, memory_role_columns},
    {"runs.csv", "one row a run, sorted by run_id", tables_runs, NULL},
    {"history.csv", "one row an evaluation, sorted by run_id and epoch", tables_history, NULL},
    {"provenance.csv", "one row a run: where and when; alone in holding clock, host and memory",
     tables_provenance, NULL},
};
enum {
    TABLES = sizeof command_tables / sizeof *command_tables - 1,
    FILES = sizeof files / sizeof *files
};

/* Words behind a label, broken into lines below its end. */
static void list_line(const char *label, size_t indent, const char *words, FILE *out)
{
    text lines = {0};
    key_wrapped(words, indent, COLUMNS, &lines);
    fprintf(out, "%-*s", (int)indent, label);
    if (strlen(label) > indent)
        fprintf(out, "\n%*s", (int)indent, "");
    fputs(lines.text ? lines.text : "\n", out);
    text_clear(&lines);
}

static void list_named(const char *name, const char *doc, FILE *out)
{
    char label[64];
    snprintf(label, sizeof label, "  %-16s ", name);
    list_line(label, 19, doc, out);
}

/* A cell: bars would end it. */
static void list_cell(const char *words, const char *empty, FILE *out)
{
    for (const char *c = words && *words ? words : empty; *c; c++)
        fprintf(out, *c == '|' ? "\\%c" : "%c", *c);
    fputs(" |", out);
}

/* ------------------------------------------------------------------ kinds */

/* A row's whole table of keys, mem_free; NULL: the row's own. */
static status list_keys(size_t table, const kind_row *r, const key **all, key **own)
{
    status st = OK;
    *own = NULL;
    if (table == 0 && !(st = space_keys((const space_ops *)r, own)))
        *all = *own;
    else
        *all = r->keys;
    return st;
}

static void list_markdown_keys(const key *k, FILE *out)
{
    fprintf(out, "\n| key | default | range | unit | meaning |\n|---|---|---|---|---|\n");
    for (; k->name; k++) {
        char range[80];
        fprintf(out, "| %s | ", k->name);
        list_cell(k->fallback ? k->fallback : "must be given", "empty", out);
        fputc(' ', out);
        list_cell(k->words               ? k->words
                  : k->type == IDIM_BOOL ? "yes+no"
                                         : key_range(k, range),
                  "", out);
        fputc(' ', out);
        list_cell(k->unit, "", out);
        fputc(' ', out);
        list_cell(k->doc, "", out);
        fputc('\n', out);
    }
}

static status list_kind(size_t table, const kind_row *r, bool markdown, FILE *out)
{
    const space_ops *space_ = table == 0 ? (const space_ops *)r : NULL;
    const char *cost = space_ ? space_->cost : NULL, *means = space_ ? space_->expansion : NULL;
    const key *all;
    key *own;
    text help = {0};
    status st = list_keys(table, r, &all, &own);
    if (st)
        return st;
    if (means) /* a preset has no keys of its own */
        all = NULL;
    if (markdown) {
        fprintf(out, "\n### %s\n\n%s. Source: %s. Example: `%s`.%s%s%s%s%s%s\n", r->name, r->doc,
                r->source, r->example, cost ? " Cost: " : "", cost ? cost : "", cost ? "." : "",
                means ? " Means `" : "", means ? means : "", means ? "`." : "");
        if (all && all->name)
            list_markdown_keys(all, out);
    } else {
        char label[80];
        snprintf(label, sizeof label, "%s: ", r->name);
        list_line(label, strlen(label), r->doc, out);
        list_line("  source   ", 11, r->source, out);
        list_line("  example  ", 11, r->example, out);
        if (cost)
            list_line("  cost     ", 11, cost, out);
        if (means)
            list_line("  means    ", 11, means, out);
        if (all && all->name) {
            key_help(all, COLUMNS, &help);
            fprintf(out, "  keys\n%s", help.text ? help.text : "");
        }
    }
    text_clear(&help);
    mem_free(own);
    return OK;
}

static status list_table(size_t i, bool markdown, FILE *out)
{
    status st = OK;
    if (!markdown)
        fprintf(out, "%s\n", command_tables[i].name);
    for (const void *const *row = command_tables[i].rows; *row && !st; row++) {
        const kind_row *r = *row;
        if (markdown)
            st = list_kind(i, r, true, out);
        else
            list_named(r->name, r->doc, out);
    }
    return st;
}

/* ------------------------------------------------------------------ columns */

static tables_column list_column(size_t file, size_t k)
{
    if (files[file].columns)
        return files[file].columns[k];
    const d90_column *c = &files[file].measured[k];
    return (tables_column){c->name, c->unit, c->doc};
}

static void list_file(size_t file, bool markdown, FILE *out)
{
    tables_column c;
    if (markdown)
        fprintf(out, "\n| column | unit | meaning |\n|---|---|---|\n");
    else
        list_line(files[file].name, strlen(files[file].name) + 2, files[file].doc, out);
    for (size_t k = 0; (c = list_column(file, k)).name; k++) {
        if (markdown) {
            fprintf(out, "| %s | ", c.name);
            list_cell(c.unit, "", out);
            fputc(' ', out);
            list_cell(c.doc, "", out);
            fputc('\n', out);
        } else {
            char label[64];
            text words = {0};
            snprintf(label, sizeof label, "  %s ", c.name);
            text_add(&words, *c.unit ? "%s (%s)" : "%s", c.doc, c.unit);
            list_line(label, 23, words.text ? words.text : "", out);
            text_clear(&words);
        }
    }
}

static status list_unknown(const char *name)
{
    const char *names[128];
    char mean[80];
    size_t n = 0;
    for (size_t i = 0; i < TABLES; i++) {
        names[n++] = command_tables[i].name;
        for (const void *const *row = command_tables[i].rows; *row && n < 120; row++)
            names[n++] = ((const kind_row *)*row)->name;
    }
    for (size_t i = 0; i < FILES && n < 128; i++)
        names[n++] = files[i].name;
    return error_set(ERR_USAGE, "idim list: nothing is called %s%s; `idim list` shows all", name,
                     key_did_you_mean(name, names, n, mean));
}

/* A table, a file, or every kind of that name (toy is a model and a data set). */
static status list_name(const char *name, bool markdown, FILE *out)
{
    bool found = false;
    for (size_t i = 0; i < FILES; i++)
        if (!strcmp(name, files[i].name)) {
            list_file(i, markdown, out);
            return OK;
        }
    for (size_t i = 0; i < TABLES; i++) {
        if (!strcmp(name, command_tables[i].name))
            return list_table(i, markdown, out);
        for (const void *const *row = command_tables[i].rows; *row; row++) {
            status st;
            if (strcmp(((const kind_row *)*row)->name, name))
                continue;
            if (found)
                fputc('\n', out);
            found = true;
            if ((st = list_kind(i, *row, markdown, out)))
                return st;
        }
    }
    return found ? OK : list_unknown(name);
}

static int list_run(void *options, size_t n, char *const *names, FILE *out)
{
    bool markdown = ((const list_options *)options)->markdown;
    status st = OK;
    for (size_t i = 0; i < TABLES && !n && !st; i++) {
        st = list_table(i, markdown, out);
        fputc('\n', out);
    }
    if (!n && !markdown) {
        fprintf(out, "columns of a results folder's files\n");
        for (size_t i = 0; i < FILES; i++)
            list_named(files[i].name, files[i].doc, out);
    }
    for (size_t i = 0; i < n && !st; i++)
        st = list_name(names[i], markdown, out);
    return command_end(st);
}

const command command_list = {
    .name = "list",
    .group = "look",
    .doc = "spaces, models, data sets, optimisers, schedules, columns of files",
    .takes = "WHAT",
    .most = 8,
    .examples = {"idim list spaces", "idim list fastfood lora", "idim list d90.csv"},
    .tables = {keys},
    .size = sizeof(list_options),
    .run = list_run,
};
