/* run.c -- see run.h. */
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/kind.h"
#include "models/model.h"
#include "spaces/space.h"
#include "sweep/run.h"
#include "train/optimiser.h"

#define SEED_DOC "stream of its own; -1: as seed"
const key run_keys[] = {
    KEY_TEXT("data", run_spec, data, "fashion-mnist", "the task: `idim list data`"),
    KEY_TEXT("model", run_spec, model, "fc", "the network: `idim list models`"),
    KEY_TEXT("space", run_spec, space, "full", "what is trained: `idim list spaces`"),
    KEY_TEXT("optimiser", run_spec, optimiser, "adam", "`idim list optimisers`"),
    KEY_TEXT("schedule", run_spec, schedule, "constant", "of the rate: `idim list schedules`"),
    KEY("epochs", run_spec, epochs, "20", 0, 1e9, "epochs", "passes over the training split"),
    KEY("steps", run_spec, steps, "0", 0, 1e12, "steps", "in place of epochs when not 0"),
    KEY("batch", run_spec, batch, "128", 1, 1e9, "samples", "a step"),
    KEY("clip", run_spec, clip, "0", 0, 1e30, "", "longest norm of g_z; 0: no clipping"),
    KEY("l2", run_spec, l2, "0", 0, 1e6, "", "factor of the kernels in g_theta (Li et al.: 1e-4)"),
    KEY_WORD("role", run_spec, role, "score", "score+tune", "tune: chooses rates, never scored"),
    KEY("seed", run_spec, seed, "1", 0, 1e15, "", "of theta0, P, order and dropout alike"),
    KEY("seed.theta0", run_spec, seed_theta0, "-1", -1, 1e15, "", SEED_DOC),
    KEY("seed.P", run_spec, seed_P, "-1", -1, 1e15, "", SEED_DOC),
    KEY("seed.order", run_spec, seed_order, "-1", -1, 1e15, "", SEED_DOC),
    KEY("seed.dropout", run_spec, seed_dropout, "-1", -1, 1e15, "", SEED_DOC),
    {0},
};

status run_defaults(run_spec *r, key_texts *texts)
{
    memset(r, 0, sizeof *r);
    return key_parse("run", run_keys, NULL, r, texts);
}

/* Puts a kind's canonical text into a field; takes the text. */
static status set_taken(const char *name, char *value, run_spec *r, key_texts *texts)
{
    status st = key_set("run", run_keys, name, value, r, texts);
    mem_free(value);
    return st;
}

/* The kinds of a run but its space, whose grammar composes. */
static const struct {
    const char *name, *what;
    size_t field;
    const void *const *rows;
} kinds[] = {
    {"data", "data set", offsetof(run_spec, data), (const void *const *)task_rows},
    {"model", "model", offsetof(run_spec, model), (const void *const *)model_rows},
    {"optimiser", "optimiser", offsetof(run_spec, optimiser), (const void *const *)optimiser_rows},
    {"schedule", "schedule", offsetof(run_spec, schedule), (const void *const *)schedule_rows},
};
enum { KINDS = sizeof kinds / sizeof *kinds };

static const char *kind_spec(const run_spec *r, size_t i)
{
    return *(const char *const *)((const char *)r + kinds[i].field);
}

status run_canonical(const run_spec *r, run_spec *canonical, key_texts *texts)
{
    status st;
    char *form, *revisions;
    unsigned revision;
    *canonical = *r;
    for (size_t i = 0; i < KINDS; i++)
        if ((st =
                 kind_canonical(kinds[i].what, kind_spec(r, i), kinds[i].rows, &form, &revision)) ||
            (st = set_taken(kinds[i].name, form, canonical, texts)))
            return st;
    if ((st = space_canonical(r->space, &form, &revisions)))
        return st;
    mem_free(revisions);
    return set_taken("space", form, canonical, texts);
}

static int by_name(const void *a, const void *b)
{
    return strcmp((*(const key *const *)a)->name, (*(const key *const *)b)->name);
}

/* The rows of run_keys, sorted by name. */
enum { RUN_KEYS = sizeof run_keys / sizeof *run_keys - 1 };
static void sorted_keys(const key *sorted[RUN_KEYS])
{
    for (size_t i = 0; i < RUN_KEYS; i++)
        sorted[i] = &run_keys[i];
    qsort(sorted, RUN_KEYS, sizeof *sorted, by_name);
}

status run_id(const run_spec *canonical, const char *content, char id[RUN_ID], char **form)
{
    const key *sorted[RUN_KEYS];
    text t = {0}, value = {0}, fallback = {0};
    run_spec defaults;
    key_texts texts = {0};
    char hex[HASH_HEX], *form_, *revisions = NULL;
    unsigned revision;
    status st = run_defaults(&defaults, &texts);
    sorted_keys(sorted);
    for (size_t i = 0; !st && i < RUN_KEYS; i++) {
        value.length = fallback.length = 0;
        key_value(sorted[i], canonical, &value);
        key_value(sorted[i], &defaults, &fallback);
        /* the task is always named: its default may change, what it is may not */
        if (value.failed || fallback.failed || strcmp(value.text, fallback.text) ||
            !strcmp(sorted[i]->name, "data"))
            text_add(&t, "%s=%s\n", sorted[i]->name, value.text ? value.text : "");
    }
    text_add(&t, "core %d\nreal %zu\ncontent %s\n", RUN_REVISION, sizeof(real), content);
    for (size_t i = 0; !st && i < KINDS; i++) {
        st = kind_canonical(kinds[i].what, kind_spec(canonical, i), kinds[i].rows, &form_,
                            &revision);
        text_add(&t, "%s %u\n", kinds[i].name, revision);
        mem_free(form_);
    }
    if (!st && !(st = space_canonical(canonical->space, &form_, &revisions))) {
        text_add(&t, "space %s\n", revisions);
        mem_free(form_);
        mem_free(revisions);
    }
    if (!st && (t.failed || value.failed || fallback.failed))
        st = ERR_MEMORY;
    if (!st) {
        hash_bytes(t.text, t.length, hex);
        memcpy(id, hex, RUN_ID - 1);
        id[RUN_ID - 1] = '\0';
    }
    if (form && !st)
        *form = t.text;
    else
        text_clear(&t);
    text_clear(&value);
    text_clear(&fallback);
    key_texts_clear(&texts);
    return st;
}

stream run_stream(const run_spec *r, const char *purpose)
{
    const struct {
        const char *purpose;
        double seed;
    } own[] = {{"theta0", r->seed_theta0},
               {"P", r->seed_P},
               {"order", r->seed_order},
               {"dropout", r->seed_dropout}};
    uint64_t seed = r->seed;
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if (!strcmp(own[i].purpose, purpose) && own[i].seed >= 0)
            seed = (uint64_t)own[i].seed;
    stream s = stream_make(seed, purpose);
    return r->role == RUN_TUNE ? stream_named(&s, "tune") : s;
}
