/* found.c -- see found.h. */
#include <math.h>
#include <string.h>

#include "base/file.h"
#include "base/key.h"
#include "report/found.h"

const char *const found_scales[FOUND_SCALES] = {"quick", "desk", "paper"};

bool found_rule(const d90_row *r, d90_rule rule)
{
    static const char *const kinds[] = {"raw", "gain", "absolute"};
    bool base = rule.kind == D90_ABSOLUTE ||
                !strcmp(r->rule_base, rule.base == D90_FIXED ? "fixed" : "own");
    return base && !strcmp(r->rule_kind, kinds[rule.kind]) && fabs(r->level - rule.level) < 1e-9;
}

/* Takes path. */
static status found_add(found *f, const found_place *place, char *path, const char *scale)
{
    found_folder *more = mem_resize(f->all, f->n + 1, sizeof *more);
    if (!more) {
        mem_free(path);
        return ERR_MEMORY;
    }
    f->all = more;
    f->all[f->n] = (found_folder){.path = path, .scale = scale};
    found_folder *own = &f->all[f->n++];
    return place->file ? OK : curves_load(&own->c, path);
}

static bool found_measured(const found_place *place, const char *folder)
{
    const char *name = place->file ? place->file : "d90.csv";
    char *file = folder ? mem_printf("%s/%s", folder, name) : NULL;
    bool there = file && file_exists(file);
    mem_free(file);
    return there;
}

/* The folder itself, of one question, or those below it: their names begin with the part's ("desk.sgd-mnist-fc-1"). */
static status found_below(found *f, const found_place *place, const char *folder, const char *scale,
                          const char *part)
{
    char **names = NULL, *begin;
    size_t n = 0;
    if (found_measured(place, folder)) {
        char *path = *part ? NULL : mem_string(folder);
        return *part ? OK : path ? found_add(f, place, path, scale) : ERR_MEMORY;
    }
    if (!(begin = *part ? mem_printf("%s.%s-", scale, part) : mem_string("")))
        return ERR_MEMORY;
    status st = file_names(folder, "", &names, &n);
    for (size_t i = 0; i < n && !st; i++) {
        char *path = mem_printf("%s/%s", folder, names[i]);
        if (path && !strncmp(names[i], begin, strlen(begin)) && found_measured(place, path)) {
            st = found_add(f, place, path, scale);
        } else {
            st = path ? OK : ERR_MEMORY;
            mem_free(path);
        }
    }
    file_names_free(names, n);
    mem_free(begin);
    return st;
}

/* The folders of column committed that are of this scale. */
static status found_committed(found *f, const found_place *place, const char *name,
                              const char *scale, const char *part)
{
    const csv *c = place->experiments;
    size_t names, committed, n = 0;
    char **words = NULL;
    status st = csv_need(c, "name", &names);
    if (!st)
        st = csv_need(c, "committed", &committed);
    for (size_t i = 0; i < csv_rows(c) && !st; i++)
        if (!strcmp(csv_cell(c, i, names), name) && *csv_cell(c, i, committed)) {
            st = key_cut(csv_cell(c, i, committed), "+", &words, &n);
            break;
        }
    for (size_t i = 0; i < n && !st; i++) {
        size_t k = strlen(scale);
        if (strncmp(words[i], scale, k) != 0 || words[i][k] != ':')
            continue;
        char *folder = mem_printf("%s/reference/%s", place->root, words[i] + k + 1);
        st = folder ? found_below(f, place, folder, scale, part) : ERR_MEMORY;
        mem_free(folder);
    }
    key_parts_free(words, n);
    return st;
}

status found_load(found *f, const found_place *place, const char *name)
{
    const char *slash = strchr(name, '/'), *part = slash ? slash + 1 : "";
    char *experiment = slash ? mem_printf("%.*s", (int)(slash - name), name) : mem_string(name);
    status st = experiment ? OK : ERR_MEMORY;
    *f = (found){0};
    for (size_t i = FOUND_SCALES; i-- > 0 && !st;) {
        if (place->scale && strcmp(place->scale, found_scales[i]) != 0)
            continue;
        const char *scale = found_scales[i];
        st = found_committed(f, place, experiment, scale, part);
        for (size_t k = strcmp(scale, "desk") ? 1 : 0; k < 3 && !st; k++) {
            char *folder = k ? mem_printf("%s/%s/%s-%s", place->root,
                                          k == 1 ? "reference" : "repro", experiment, scale)
                             : mem_printf("%s/reference/%s", place->root, experiment);
            st = folder ? found_below(f, place, folder, scale, part) : ERR_MEMORY;
            mem_free(folder);
        }
    }
    mem_free(experiment);
    return st;
}

void found_clear(found *f)
{
    for (size_t i = 0; i < f->n; i++) {
        curves_clear(&f->all[i].c);
        mem_free(f->all[i].path);
    }
    mem_free(f->all);
    *f = (found){0};
}
