/* ask.c -- see ask.h. */
#include <string.h>

#include "base/file.h"
#include "format/jsonl.h"
#include "spaces/space.h"
#include "sweep/ask.h"
#include "train/optimiser.h"

enum { ASK_FILE = 64 << 20 };

const key ask_keys[] = {
    KEY_TEXT(
        "d", ask, d, "auto",
        "numbers trained, or ranks of a space that has r: a list q+v, a range a..b/logN; auto: "
        "100..2000/log6, of a small model up to D, ranks 1..16/log4"),
    KEY("seeds", ask, seeds, "3", 1, 10000, "seeds", "scoring seeds: seed, seed + 1, ..."),
    KEY_TEXT("lr", ask, lr, "rel:.3+rel:1+rel:3",
             "learning rates to choose from; rel: times the full space's best and sqrt(D/d)"),
    KEY_TEXT("lr-full", ask, lr_full, "auto",
             "learning rates of the baseline; auto: three of its own"),
    KEY("tune-seeds", ask, tune_seeds, "1", 1, 1000, "seeds",
        "that choose learning rates, never scored"),
    KEY_TEXT("tune-d", ask, tune_d, "", "tune near these d only and carry the rates; empty: all"),
    KEY_TEXT("vary", ask, vary, "all",
             "what scoring seeds move: theta0, P, data, a list P+data, crossed theta0*P"),
    KEY("search", ask, search, "no", 0, 0, "",
        "look for d90 without the whole grid; --d auto: 10..10000/log12, ranks 1..64/log12"),
    KEY("width", ask, width, ".15", .001, 10, "ln d",
        "of a search: half of the interval that more seeds are taken for"),
    KEY("most-seeds", ask, most_seeds, "20", 5, 10000, "seeds", "of a search, however wide"),
    KEY_TEXT("search.rule", ask, search_rule, "", "of a search: whose crossing; empty: --rule"),
    KEY("search.fixed", ask, search_fixed, "0", 0, 1e9, "score",
        "of a search: baseline of a fixed rule; 0: --fixed, or the published one"),
    {0},
};

/* Members of run that an ask has of its own or that are no choice. */
static bool ask_leaves_out(const key *k)
{
    return !strcmp(k->name, "role");
}

status ask_defaults(ask *a, key_texts *texts)
{
    status st;
    memset(a, 0, sizeof *a);
    if ((st = key_parse("d90", ask_keys, NULL, a, texts)) || (st = run_defaults(&a->run, texts)))
        return st;
    a->run.space = "fastfood";
    return OK;
}

/* ERR_USAGE: a value of what the ask itself fills in would be dropped. */
static status ask_unset(const char *spec, const char *swept)
{
    char *without;
    status st = space_with(spec, swept, NULL, &without);
    if (!st && strlen(without) < strlen(spec))
        st = error_set(ERR_USAGE,
                       "%s: %s is what is swept; leave it out of the space and give it by %s", spec,
                       swept, *swept == 'r' ? "--ranks (of d90: --d)" : "--d");
    mem_free(without);
    return st;
}

/* "fastfood:form=single": the canonical text of a spec with some d, which is then taken away again. */
static status ask_space(const run_spec *run, const char *spec, char **out)
{
    char *with = NULL, *canonical = NULL, *revisions = NULL;
    const char *swept = run_swept(run, spec);
    status st;
    *out = NULL;
    if (key_lists(
            spec)) /* else what is swept would be set in the first, and the others forgotten */
        return key_one(spec);
    if (*run->exec)
        return run_with(run, spec, swept ? swept : "", NULL, out);
    if (!swept) { /* one point, beside others that are swept */
        st = space_canonical(spec, out, &revisions);
        mem_free(revisions);
        return st;
    }
    if (!(st = ask_unset(spec, swept)) && !(st = space_with(spec, swept, "1", &with)) &&
        !(st = space_canonical(with, &canonical, &revisions)))
        st = space_with(canonical, swept, NULL, out);
    mem_free(with);
    mem_free(canonical);
    mem_free(revisions);
    return st;
}

status ask_spaces(const run_spec *run, char ***spaces, size_t *n)
{
    char **parts;
    status st = key_cut(run->space, " ", &parts, n);
    *spaces = NULL;
    if (st)
        return st;
    for (size_t i = 0; i < *n && !st; i++) {
        char *whole;
        if ((st = ask_space(run, parts[i], &whole)))
            break;
        for (size_t k = 0; k < i && !st; k++)
            if (!strcmp(parts[k], whole))
                st = error_set(ERR_USAGE, "%s: this space is asked for twice; once is enough",
                               whole);
        mem_free(parts[i]);
        parts[i] = whole;
    }
    if (st) {
        key_parts_free(parts, *n);
        *n = 0;
        return st;
    }
    *spaces = parts;
    return OK;
}

status ask_sweeps(const run_spec *run)
{
    char **parts;
    size_t n;
    bool sweeps = false;
    status st = key_cut(run->space, " ", &parts, &n);
    if (st)
        return st;
    for (size_t i = 0; i < n; i++)
        sweeps = sweeps || run_swept(run, parts[i]);
    char **known; /* what is no space at all is told first */
    size_t m;
    if (!sweeps && !(st = ask_spaces(run, &known, &m)))
        key_parts_free(known, m);
    if (!sweeps && !st)
        st =
            error_set(ERR_USAGE,
                      *run->exec ? "exec: it names neither {d} nor {rank}, which are swept; `idim "
                                   "train --exec` runs it once"
                                 : "%s: its first space has neither d nor r to sweep; `idim ranks` "
                                   "sets such spaces beside others, `idim train` trains one",
                      parts[0]);
    key_parts_free(parts, n);
    return st;
}

/* Same data and model, wherever they lie? */
static status ask_same_places(const run_spec *a, const run_spec *b, bool *same)
{
    key_texts texts = {0};
    run_spec r = *a, s = *b, bare_r, bare_s;
    if ((*same = !strcmp(a->data, b->data) && !strcmp(a->model, b->model)))
        return OK; /* which spares most calls the canonical forms */
    r.space = s.space = "full";
    status st = run_without_places(&r, NULL, &bare_r, &texts);
    if (!st && !(st = run_without_places(&s, NULL, &bare_s, &texts)))
        *same = !strcmp(bare_r.data, bare_s.data) && !strcmp(bare_r.model, bare_s.model);
    key_texts_clear(&texts);
    return st;
}

/* Of canonical runs: same network, data (wherever they lie) and training, whatever the space and the seed? */
static status ask_same(const run_spec *a, const run_spec *b, bool *same)
{
    /* looked at behind, or no part of a question */
    static const char own[] = " data data.content model space seed role ";
    *same = !*a->data_content || !*b->data_content || /* of an older idim, which left it out */
            !strcmp(a->data_content, b->data_content);
    for (const key *k = run_keys; k->name && *same; k++) {
        char word[64];
        snprintf(word, sizeof word, " %s ", k->name);
        *same = k->place || strstr(own, word) || key_same(k, a, b);
    }
    return *same ? ask_same_places(a, b, same) : OK;
}

bool ask_alike(const ask *a, const ask *b)
{
    bool alike;
    return !ask_same(&a->run, &b->run, &alike) && alike;
}

void ask_difference(const ask *a, const ask *b, text *out)
{
    static const char no_part[] = " space seed role data.content ";
    for (const key *k = run_keys; k->name; k++) {
        char word[64];
        bool same = true;
        snprintf(word, sizeof word, " %s ", k->name);
        if (k->place || strstr(no_part, word) || key_same(k, a, b))
            continue;
        if (!strcmp(k->name, "data") || !strcmp(k->name, "model")) {
            run_spec of_b = b->run; /* which differs from a's in this one */
            of_b.data = *k->name == 'd' ? b->run.data : a->run.data;
            of_b.model = *k->name == 'm' ? b->run.model : a->run.model;
            if (ask_same_places(&a->run, &of_b, &same) || same)
                continue;
        }
        text_add(out, "%s=", k->name);
        key_value(k, b, out);
        text_add(out, ", not ");
        key_value(k, a, out);
        return;
    }
    text_add(out, "other data under the same name");
}

/* What the runs of one question have in common, at step 0 (trains false) or behind it; *optimiser_ is the copy's. */
static status ask_common(const run_spec *run, bool trains, run_spec *common, char **optimiser_)
{
    *common = *run;
    common->seed_theta0 = common->seed_P = common->seed_order = common->seed_dropout = -1;
    if (!trains)
        return run_untrained(common);
    status st = optimiser_with_lr(run->optimiser, 1, optimiser_);
    if (!st)
        common->optimiser = *optimiser_;
    return st;
}

/* Is a seed of its own of a run's what the ask says, or one that the ask moves it to (vary_run)? */
static bool ask_draws(const ask *a, double said, double seed)
{
    double first = said >= 0 ? said : (double)a->run.seed;
    return (seed >= said && seed <= said) || (strcmp(a->vary, "all") != 0 && seed > first);
}

status ask_owns(const ask *a, const run_spec *run, bool *owns)
{
    const bool trains = run->epochs || run->steps;
    char *mine = NULL, *its = NULL;
    run_spec r, t;
    *owns = ask_draws(a, a->run.seed_theta0, run->seed_theta0) &&
            ask_draws(a, a->run.seed_P, run->seed_P) &&
            ask_draws(a, a->run.seed_order, run->seed_order) &&
            ask_draws(a, a->run.seed_dropout, run->seed_dropout);
    if (!*owns)
        return OK;
    status st = ask_common(&a->run, trains, &r, &mine);
    if (!st && !(st = ask_common(run, trains, &t, &its)))
        st = ask_same(&r, &t, owns);
    mem_free(mine);
    mem_free(its);
    return st;
}

bool ask_pooled(const ask *a, const ask *b)
{
    return ask_alike(a, b) && !strcmp(a->vary, b->vary) &&
           (!strcmp(a->vary, "all") || a->run.seed == b->run.seed);
}

typedef struct looks { /* what the asks so far brought */
    const ask **asks;
    double *d;
    size_t n, n_d;
} looks;

static status ask_names(const ask *a, const char *space_, bool *names)
{
    char **spaces;
    size_t n;
    status st = key_cut(a->run.space, " ", &spaces, &n);
    *names = false;
    if (st)
        return st;
    for (size_t i = 0; i < n; i++)
        *names = *names || !strcmp(spaces[i], space_);
    key_parts_free(spaces, n);
    return OK;
}

static bool ask_adds_seeds(const ask *a, const looks *l)
{
    if (a->search) /* how many seeds it takes it finds out; the same search again is no ask of its own */
        return true;
    for (size_t seed = a->run.seed; seed < a->run.seed + a->seeds; seed++) {
        bool met = false;
        for (size_t i = 0; i < l->n && !met; i++)
            met = seed >= l->asks[i]->run.seed && seed - l->asks[i]->run.seed < l->asks[i]->seeds;
        if (!met)
            return true;
    }
    return false;
}

static status ask_adds_d(const ask *a, looks *l, bool *adds)
{
    double *d, *more;
    size_t n, before = l->n_d;
    status st = key_numbers("d", a->d, &d, &n);
    if (st)
        return st;
    if ((more = mem_resize(l->d, before + n, sizeof *more)))
        l->d = more;
    for (size_t i = 0; i < n && more; i++) {
        bool met = false;
        for (size_t k = 0; k < before && !met; k++)
            met = d[i] <= l->d[k] && d[i] >= l->d[k];
        if (!met)
            l->d[l->n_d++] = d[i];
    }
    mem_free(d);
    *adds = l->n_d > before;
    return more ? OK : ERR_MEMORY;
}

status ask_looks(const ask_list *list, const ask *last, const char *space_, size_t *n)
{
    looks l = {.asks = mem_array(list->n, sizeof *l.asks)};
    status st = l.asks ? OK : ERR_MEMORY;
    *n = 0;
    for (size_t i = 0; i < list->n && !st; i++) {
        const ask *a = &list->asks[i];
        bool names, more_d;
        if (!ask_pooled(a, last) || (st = ask_names(a, space_, &names)) || !names ||
            (st = ask_adds_d(a, &l, &more_d)))
            continue;
        *n += more_d || ask_adds_seeds(a, &l);
        l.asks[l.n++] = a;
    }
    mem_free(l.asks);
    mem_free(l.d);
    return st;
}

/* ------------------------------------------------------------------ sweep.json */

static void ask_members(const key *keys, const ask *a, text *t)
{
    text value = {0};
    for (const key *k = keys; k->name; k++) {
        if (ask_leaves_out(k))
            continue;
        text_clear(&value);
        key_value(k, a, &value);
        bool first = t->length && t->text[t->length - 1] == '{';
        text_add(t, "%s\"%s\": ", first ? "" : ", ", k->name);
        jsonl_string(t, value.text ? value.text : "");
        t->failed |= value.failed;
    }
    text_clear(&value);
}

static void ask_write(const ask *a, text *t)
{
    text_add(t, "{");
    ask_members(run_keys, a, t);
    ask_members(ask_keys, a, t);
    text_add(t, "}");
}

static status ask_read(const json_t *object, ask *a, key_texts *texts)
{
    static const key *const tables[] = {run_keys, ask_keys};
    status st = ask_defaults(a, texts);
    for (size_t i = 0; i < 2; i++)
        for (const key *k = tables[i]; k->name && !st; k++) {
            const char *value = jsonl_get_string(object, k->name, NULL);
            if (value && !ask_leaves_out(k))
                st = key_set("d90", tables[i], k->name, value, a, texts);
        }
    return st;
}

void ask_clear(ask_list *list)
{
    mem_free(list->asks);
    key_texts_clear(&list->texts);
    *list = (ask_list){0};
}

static char *ask_path(const char *folder)
{
    return mem_printf("%s/sweep.json", folder);
}

static status ask_parse(const char *path, const char *bytes, size_t n, ask_list *list)
{
    json_error_t error;
    json_t *all = json_loadb(bytes, n, JSON_REJECT_DUPLICATES, &error);
    const json_t *asks = json_object_get(all, "asks");
    status st = OK;
    if (!all)
        return error_set(ERR_FORMAT, "%s:%d: %s; mend the line, or move the file away", path,
                         error.line, error.text);
    double format = jsonl_get_number(all, "format", 0);
    if (format != ASK_FORMAT)
        st = error_set(
            ERR_FORMAT,
            "%s: format %g, this program reads %d; read it with the idim that wrote it, or "
            "take another --out",
            path, format, ASK_FORMAT);
    else if (!json_is_array(asks))
        st = error_set(ERR_FORMAT, "%s: no list \"asks\" is in it; move the file away", path);
    else if (!(list->asks = mem_array(json_array_size(asks), sizeof *list->asks)))
        st = ERR_MEMORY;
    for (size_t i = 0; !st && i < json_array_size(asks); i++)
        if (!(st = ask_read(json_array_get(asks, i), &list->asks[i], &list->texts)))
            list->n++;
        else
            error_prefix("%s: ask %zu: ", path, i + 1);
    json_decref(all);
    return st;
}

status ask_load(const char *folder, ask_list *list)
{
    char *path = ask_path(folder), *bytes = NULL;
    size_t n;
    status st = path ? OK : ERR_MEMORY;
    *list = (ask_list){0};
    if (!st && file_exists(path) && !(st = file_read(path, ASK_FILE, &bytes, &n)))
        st = ask_parse(path, bytes, n, list);
    mem_free(bytes);
    mem_free(path);
    if (st)
        ask_clear(list);
    return st;
}

static bool ask_equal(const ask *a, const ask *b)
{
    static const key *const tables[] = {run_keys, ask_keys};
    for (size_t i = 0; i < 2; i++)
        for (const key *k = tables[i]; k->name; k++)
            if (!ask_leaves_out(k) && !key_same(k, a, b))
                return false;
    return true;
}

size_t ask_find(const ask_list *list, const ask *a, size_t likely)
{
    if (likely < list->n && ask_equal(&list->asks[likely], a))
        return likely;
    for (size_t i = 0; i < list->n; i++)
        if (ask_equal(&list->asks[i], a))
            return i;
    return SIZE_MAX;
}

static status ask_append(const char *folder, const ask *a, const ask_list *list)
{
    text all = {0};
    char *path = ask_path(folder);
    text_add(&all, "{\"format\": %d, \"asks\": [\n", ASK_FORMAT);
    for (size_t i = 0; i < list->n; i++) {
        text_add(&all, "  ");
        ask_write(&list->asks[i], &all);
        text_add(&all, ",\n");
    }
    text_add(&all, "  ");
    ask_write(a, &all);
    text_add(&all, "\n]}\n");
    status st = all.failed || !path ? ERR_MEMORY : file_write(path, all.text, all.length);
    text_clear(&all);
    mem_free(path);
    return st;
}

status ask_note(const char *folder, const ask *a, ask_list *list)
{
    status st = ask_load(folder, list);
    size_t at = st ? SIZE_MAX : ask_find(list, a, 0);
    const bool fresh = at == SIZE_MAX;
    if (!st && fresh && !(st = ask_append(folder, a, list))) {
        ask_clear(list);
        if (!(st = ask_load(folder, list)) && (at = ask_find(list, a, list->n - 1)) == SIZE_MAX)
            st = error_set(ERR_FILE, "%s/sweep.json: another process overwrote it; start again",
                           folder);
    }
    list->at = at;
    list->fresh = fresh;
    if (st)
        ask_clear(list);
    return st;
}
