/* list.c -- idim list: the tables of kinds, and one kind with its keys. */
#include <string.h>

#include "base/kind.h"
#include "data/data.h"
#include "experiments/command.h"
#include "spaces/space.h"
#include "train/optimiser.h"

static const struct {
    const char *name;
    const void *const *rows;
} tables[] = {
    {"spaces", (const void *const *)space_rows},
    {"models", (const void *const *)model_rows},
    {"data", (const void *const *)task_rows},
    {"optimisers", (const void *const *)optimiser_rows},
    {"schedules", (const void *const *)schedule_rows},
};
enum { TABLES = sizeof tables / sizeof *tables };

static void list_table(size_t i, FILE *out)
{
    fprintf(out, "%s\n", tables[i].name);
    for (const void *const *row = tables[i].rows; *row; row++) {
        const kind_row *r = *row;
        fprintf(out, "  %-14s %s\n", r->name, r->doc);
    }
}

static status list_kind(size_t table, const kind_row *r, FILE *out)
{
    const space_ops *space_ = table == 0 ? (const space_ops *)r : NULL;
    const key *table_keys = r->keys;
    key *keys = NULL;
    text help = {0};
    status st = OK;
    if (space_ && !(st = space_keys(space_, &keys)))
        table_keys = keys;
    if (st)
        return st;
    fprintf(out, "%s: %s\n  source   %s\n  example  %s\n", r->name, r->doc, r->source, r->example);
    if (space_ && space_->cost)
        fprintf(out, "  cost     %s\n", space_->cost);
    if (space_ && space_->expansion)
        fprintf(out, "  means    %s\n", space_->expansion);
    else if (table_keys && table_keys->name)
        key_help(table_keys, 80, &help);
    if (help.length)
        fprintf(out, "  keys\n%s", help.text);
    text_clear(&help);
    mem_free(keys);
    return OK;
}

static status list_unknown(const char *name)
{
    const char *names[128];
    char mean[80];
    size_t n = 0;
    for (size_t i = 0; i < TABLES; i++) {
        names[n++] = tables[i].name;
        for (const void *const *row = tables[i].rows; *row && n < 127; row++)
            names[n++] = ((const kind_row *)*row)->name;
    }
    return error_set(ERR_USAGE, "idim list: nothing is called %s%s; `idim list` shows all", name,
                     key_did_you_mean(name, names, n, mean));
}

/* A table, or every kind of that name (toy is a model and a data set). */
static status list_name(const char *name, FILE *out)
{
    bool found = false;
    for (size_t i = 0; i < TABLES; i++) {
        if (!strcmp(name, tables[i].name)) {
            list_table(i, out);
            return OK;
        }
        for (const void *const *row = tables[i].rows; *row; row++) {
            status st;
            if (strcmp(((const kind_row *)*row)->name, name))
                continue;
            if (found)
                fputc('\n', out);
            found = true;
            if ((st = list_kind(i, *row, out)))
                return st;
        }
    }
    return found ? OK : list_unknown(name);
}

static int list_run(void *options, size_t n, char *const *names, FILE *out)
{
    status st = OK;
    (void)options;
    for (size_t i = 0; i < TABLES && !n; i++) {
        if (i)
            fputc('\n', out);
        list_table(i, out);
    }
    for (size_t i = 0; i < n && !st; i++)
        st = list_name(names[i], out);
    return command_end(st);
}

const command command_list = {
    .name = "list",
    .group = "look",
    .doc = "what there is: spaces, models, data, optimisers, schedules",
    .takes = "WHAT",
    .most = 8,
    .examples = {"idim list", "idim list spaces", "idim list fastfood"},
    .run = list_run,
};
