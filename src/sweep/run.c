/* run.c -- see run.h. */
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/kind.h"
#include "format/jsonl.h"
#include "models/pretrained.h"
#include "spaces/space.h"
#include "sweep/exec.h"
#include "train/optimiser.h"
#include "train/trainer.h"

const key run_keys[] = {
    KEY_TEXT("data", run_spec, data, "fashion-mnist", "the task: `idim list data`"),
    KEY_TEXT("data.content", run_spec, data_content, "",
             "SHA-256 of the data's files; empty: of what is there"),
    KEY_TEXT("model", run_spec, model, "fc", "the network: `idim list models`"),
    KEY_PLACE("from", run_spec, from, "",
              "checkpoint to start from: a Hugging Face folder, a llama2.c file; empty: scratch"),
    KEY_PLACE("adapter", run_spec, adapter, "",
              "LoRA adapter that is merged into the checkpoint first; empty: none"),
    KEY("adapter.alpha", run_spec, adapter_alpha, "0", 0, 1e9, "",
        "of an adapter that does not say its own; 0: it does"),
    KEY_TEXT("from.content", run_spec, from_content, "",
             "SHA-256 of checkpoint and adapter; empty: of what is there"),
    KEY_WORD("frozen", run_spec, frozen, "float", "float+bf16",
             "matrices that nothing trains: as they are, or in half the memory"),
    KEY_TEXT("space", run_spec, space, "full", "what is trained: `idim list spaces`"),
    KEY_TEXT("trainer", run_spec, trainer, "supervised",
             "how a step learns: `idim list trainers`; an environment's own is taken by itself"),
    KEY_TEXT("exec", run_spec, exec, "",
             "a program of yours that trains in idim's place: 'python3 train.py --d {d} --lr {lr} "
             "--seed {seed}'; it prints score=X val=Y"),
    KEY_PLACE("exec-files", run_spec, exec_files, "",
              "files that decide what it does, a list a+b: other contents, other runs"),
    KEY_TEXT("exec.content", run_spec, exec_content, "",
             "SHA-256 of those files; empty: of what is there"),
    KEY_WORD("better", run_spec, better, "higher", "higher+lower",
             "which scores of --exec and --scores are"),
    KEY_TEXT("optimiser", run_spec, optimiser, "adam", "what makes steps: `idim list optimisers`"),
    KEY_TEXT("schedule", run_spec, schedule, "constant",
             "of the learning rate: `idim list schedules`"),
    KEY("epochs", run_spec, epochs, "20", 0, 1e9, "epochs", "passes over the training split"),
    KEY("steps", run_spec, steps, "0", 0, 1e12, "steps", "in place of epochs when not 0"),
    KEY("batch", run_spec, batch, "128", 1, 1e9, "samples", "of a step"),
    KEY("clip", run_spec, clip, "0", 0, 1e30, "",
        "longest gradient of z in a step; 0: no clipping"),
    KEY("l2", run_spec, l2, "0", 0, 1e6, "", "pulls weight matrices to 0 (Li et al.: 1e-4)"),
    KEY_WORD("role", run_spec, role, "score", "score+tune", "tune: chooses rates, never scored"),
    KEY("seed", run_spec, seed, "1", 0, 1e15, "", "the first: of all randomness of a run"),
    KEY("seed.theta0", run_spec, seed_theta0, "-1", -1, 1e15, "",
        "of the weights at step 0; -1: as seed"),
    KEY("seed.P", run_spec, seed_P, "-1", -1, 1e15, "", "of the space; -1: as seed"),
    KEY("seed.order", run_spec, seed_order, "-1", -1, 1e15, "",
        "of the order of samples; -1: as seed"),
    KEY("seed.dropout", run_spec, seed_dropout, "-1", -1, 1e15, "",
        "of dropout masks; -1: as seed"),
    {0},
};
enum { RUN_KEYS = sizeof run_keys / sizeof *run_keys - 1 };

/* The kinds of a run but its space, whose grammar composes. */
static const struct {
    const char *name, *what;
    size_t field;
} kinds[] = {
    {"data", "data set", offsetof(run_spec, data)},
    {"model", "model", offsetof(run_spec, model)},
    {"trainer", "trainer", offsetof(run_spec, trainer)},
    {"optimiser", "optimiser", offsetof(run_spec, optimiser)},
    {"schedule", "schedule", offsetof(run_spec, schedule)},
};
enum { KINDS = sizeof kinds / sizeof *kinds };

static const char supervised[] = "supervised"; /* the default of run_keys */

status run_defaults(run_spec *r, key_texts *texts)
{
    memset(r, 0, sizeof *r);
    return key_parse("run", run_keys, NULL, r, texts);
}

static status kind_form(size_t i, const run_spec *r, const run_rows *own, bool hashed, char **form,
                        unsigned *revision)
{
    const void *const *tables[KINDS] = {
        (const void *const *)(own ? own->tasks : task_rows),
        (const void *const *)(own ? own->models : model_rows),
        (const void *const *)trainer_rows,
        (const void *const *)optimiser_rows,
        (const void *const *)schedule_rows,
    };
    const char *spec = *(const char *const *)((const char *)r + kinds[i].field);
    return kind_canonical(kinds[i].what, spec, tables[i], hashed, form, revision);
}

/* Puts a kind's canonical text into a field, and frees it. */
static status set_taken(const char *name, char *value, run_spec *r, key_texts *texts)
{
    status st = key_set("run", run_keys, name, value, r, texts);
    mem_free(value);
    return st;
}

/* "sst2:tokenizer=..." with the checkpoint's, where the data set reads text and none was named. */
static status data_tokenizer(const run_spec *r, const pretrained *p, char **data)
{
    const task_row *row;
    const char *args;
    char kind[64], *beside;
    bool reads = false;
    status st;
    *data = NULL;
    if ((st = key_kind(r->data, kind, sizeof kind, &args)) || (st = task_find(kind, &row)) ||
        (st = pretrained_tokenizer(p, &beside)))
        return st;
    for (const key *k = row->keys; k->name; k++)
        reads = reads || !strcmp(k->name, "tokenizer");
    *data = reads && beside && !strstr(args, "tokenizer=")
                ? mem_printf("%s%ctokenizer=\"%s\"", r->data, *args ? ',' : ':', beside)
                : mem_string(r->data);
    mem_free(beside);
    return *data ? OK : ERR_MEMORY;
}

/* What the checkpoint decides. */
static status run_from(run_spec *r, key_texts *texts)
{
    static const char scratch[] =
        "fc"; /* the default, which nobody asked for beside a checkpoint */
    const char *given = strcmp(r->model, scratch) ? r->model : "transformer";
    char hex[HASH_HEX], *taken;
    pretrained *p;
    status st = pretrained_open(&p, r->from, r->adapter, r->adapter_alpha);
    if (st)
        return st;
    if ((st = pretrained_spec(p, given, &taken)) || (st = set_taken("model", taken, r, texts)) ||
        (st = data_tokenizer(r, p, &taken)) || (st = set_taken("data", taken, r, texts)))
        goto done;
    if (!*r->from_content && !(st = pretrained_hash(p, hex)))
        st = key_set("run", run_keys, "from.content", hex, r, texts);
done:
    pretrained_close(p);
    return st;
}

/* An environment is learnt by its own trainer where none was named. */
static status run_trainer(run_spec *r, const run_rows *rows, key_texts *texts)
{
    const void *found = NULL;
    const task_row *row = NULL;
    const char *args;
    char kind[64];
    status st =
        rows ? kind_open("data set", r->data, (const void *const *)rows->tasks, &found, &args)
             : key_kind(r->data, kind, sizeof kind, &args);
    row = found;
    if (!st && !rows)
        st = task_find(kind, &row);
    if (st || !row->environment || strcmp(r->trainer, supervised))
        return st;
    return key_set("run", run_keys, "trainer", row->environment->trainer, r, texts);
}

/* Data set and model of a program are labels: none where nobody gave them. */
static void exec_label(const run_spec *r, const char *name, const char **label)
{
    for (const key *k = run_keys; k->name; k++)
        if (!strcmp(k->name, name) && !strcmp(*label, k->fallback) && !exec_names(r->exec, name))
            *label = "";
}

/* Its spaces are no kinds of ours either: a name and keys, whatever they mean. */
static status run_exec(run_spec *r, const run_rows *rows, key_texts *texts)
{
    char hex[HASH_HEX], *form;
    unsigned revision;
    status st;
    for (size_t i = 0; i < KINDS; i++) {
        if (!strcmp(kinds[i].name, "data") || !strcmp(kinds[i].name, "model"))
            continue;
        if ((st = kind_form(i, r, rows, false, &form, &revision)) ||
            (st = set_taken(kinds[i].name, form, r, texts)))
            return st;
    }
    if ((st = exec_with(r->space, "", NULL, &form)) || (st = set_taken("space", form, r, texts)) ||
        (st = exec_check(r)))
        return st;
    exec_label(r, "data", &r->data);
    exec_label(r, "model", &r->model);
    if (!*r->exec_files || *r->exec_content)
        return OK;
    return (st = exec_content(r->exec_files, hex))
               ? st
               : key_set("run", run_keys, "exec.content", hex, r, texts);
}

status run_canonical(const run_spec *r, const run_rows *rows, run_spec *canonical, key_texts *texts)
{
    status st;
    char *form, *revisions;
    unsigned revision;
    *canonical = *r;
    if (*r->exec)
        return run_exec(canonical, rows, texts);
    if (*r->exec_files || r->better)
        return error_set(ERR_USAGE, "%s: only a program of yours has it; name it by --exec",
                         r->better ? "better=lower" : "exec-files");
    if (*r->adapter && r->frozen == RUN_BF16)
        return error_set(ERR_USAGE,
                         "frozen=bf16: the adapter %s is merged in float; write the merged model "
                         "by idim merge and start --from it",
                         r->adapter);
    if (*r->adapter && !*r->from)
        return error_set(ERR_USAGE, "adapter=%s: name the base model that it belongs to by --from",
                         r->adapter);
    if (*r->from && (st = run_from(canonical, texts)))
        return st;
    if ((st = run_trainer(canonical, rows, texts)))
        return st;
    for (size_t i = 0; i < KINDS; i++)
        if ((st = kind_form(i, canonical, rows, false, &form, &revision)) ||
            (st = set_taken(kinds[i].name, form, canonical, texts)))
            return st;
    if ((st = space_canonical(r->space, &form, &revisions)))
        return st;
    mem_free(revisions);
    return set_taken("space", form, canonical, texts);
}

status run_without_places(const run_spec *r, const run_rows *rows, run_spec *out, key_texts *texts)
{
    *out = *r;
    out->from = out->adapter = out->exec_files = ""; /* their contents say which they were */
    if (*r->exec)
        return OK;
    for (size_t i = 0; i < KINDS; i++) {
        char *form;
        unsigned revision;
        status st = kind_form(i, r, rows, true, &form, &revision);
        if (st == ERR_MEMORY || (!st && (st = set_taken(kinds[i].name, form, out, texts))))
            return st;
    }
    char *space_;
    status st = space_hashed(r->space, &space_);
    return st == ERR_MEMORY ? st : st ? OK : set_taken("space", space_, out, texts);
}

status run_untrained(run_spec *r)
{
    char kind[64];
    const char *args;
    const void *row;
    status st = key_kind(r->optimiser, kind, sizeof kind, &args);
    if (st || (st = kind_find("optimiser", kind, (const void *const *)optimiser_rows, &row)))
        return st;
    r->optimiser = ((const kind_row *)row)->name;
    r->epochs = r->steps = 0;
    r->schedule = "constant";
    r->clip = r->l2 = 0;
    return OK;
}

static int by_name(const void *a, const void *b)
{
    return strcmp((*(const key *const *)a)->name, (*(const key *const *)b)->name);
}

static void sorted_keys(const key *sorted[RUN_KEYS])
{
    for (size_t i = 0; i < RUN_KEYS; i++)
        sorted[i] = &run_keys[i];
    qsort(sorted, RUN_KEYS, sizeof *sorted, by_name);
}

/* Of a program's run data set, model and space are plain texts. */
static bool form_plain(const run_spec *r, const char *name)
{
    return *r->exec && (!strcmp(name, "data") || !strcmp(name, "model") || !strcmp(name, "space"));
}

/* A key's value as it is hashed: kinds without their places. */
static status form_value(const key *k, const run_spec *r, const run_rows *rows, text *value)
{
    for (size_t i = 0; i < KINDS; i++) {
        char *form;
        unsigned revision;
        status st;
        if (strcmp(k->name, kinds[i].name) || form_plain(r, k->name))
            continue;
        if ((st = kind_form(i, r, rows, true, &form, &revision)))
            return st;
        text_add(value, "%s", form);
        mem_free(form);
        return value->failed ? ERR_MEMORY : OK;
    }
    if (!strcmp(k->name, "space") && !form_plain(r, k->name)) {
        char *form;
        status st = space_hashed(r->space, &form);
        if (st)
            return st;
        text_add(value, "%s", form);
        mem_free(form);
    } else {
        key_value(k, r, value);
    }
    return value->failed ? ERR_MEMORY : OK;
}

/* Appends the lines of what is not at its default. The task is always named. */
static status form_keys(const run_spec *r, const run_rows *rows, text *form)
{
    const key *sorted[RUN_KEYS];
    text value = {0}, fallback = {0};
    key_texts texts = {0};
    run_spec defaults;
    status st = run_defaults(&defaults, &texts);
    sorted_keys(sorted);
    for (size_t i = 0; !st && i < RUN_KEYS; i++) {
        text_clear(&value);
        text_clear(&fallback);
        if (sorted[i]->place || !strcmp(sorted[i]->name, "data.content")) /* form_rest has it */
            continue;
        if ((st = form_value(sorted[i], r, rows, &value)))
            break;
        key_value(sorted[i], &defaults, &fallback);
        if (fallback.failed)
            st = ERR_MEMORY;
        else if (strcmp(value.text, fallback.text) || !strcmp(sorted[i]->name, "data"))
            text_add(form, "%s=%s\n", sorted[i]->name, value.text);
    }
    text_clear(&value);
    text_clear(&fallback);
    key_texts_clear(&texts);
    return st;
}

/* Appends what else decides the numbers. */
static status form_rest(const run_spec *r, const run_rows *rows, const char *content, text *form)
{
    status st;
    char *spec, *revisions;
    unsigned revision;
    if (*r->exec) { /* the rest is the program's */
        text_add(form, "core %d\n", RUN_REVISION);
        return OK;
    }
    text_add(form, "core %d\nreal %zu\ncontent %s\n", RUN_REVISION, sizeof(real), content);
    for (size_t i = 0; i < KINDS; i++) {
        if ((st = kind_form(i, r, rows, true, &spec, &revision)))
            return st;
        if (strcmp(spec, supervised)) /* it came later: ids of runs that learn from samples stay */
            text_add(form, "%s %u\n", kinds[i].name, revision);
        mem_free(spec);
    }
    if ((st = space_canonical(r->space, &spec, &revisions)))
        return st;
    text_add(form, "space %s\n", revisions);
    mem_free(spec);
    mem_free(revisions);
    return OK;
}

status run_id(const run_spec *canonical, const run_rows *rows, const char *content, char id[RUN_ID],
              char **form)
{
    text t = {0};
    char hex[HASH_HEX];
    status st;
    id[0] = '\0';
    if (form)
        *form = NULL;
    if (!(st = form_keys(canonical, rows, &t)) && !(st = form_rest(canonical, rows, content, &t)) &&
        t.failed)
        st = ERR_MEMORY;
    if (!st) {
        hash_bytes(t.text, t.length, hex);
        memcpy(id, hex, RUN_ID - 1);
        id[RUN_ID - 1] = '\0';
    }
    if (!st && form)
        *form = t.text;
    else
        text_clear(&t);
    return st;
}

status run_ids(const run_spec *canonical, const run_rows *rows, const char *content,
               const size_t *seeds, size_t n, char (*ids)[RUN_ID])
{
    static const char line[] =
        "\nseed=2\n"; /* data=... stands before it; 1, the default, has none */
    run_spec one = *canonical;
    char *form, hex[HASH_HEX];
    text t = {0};
    one.seed = 2;
    status st = run_id(&one, rows, content, ids[0], &form);
    if (st)
        return st;
    const char *seed = strstr(form, line);
    for (size_t i = 0; i < n && !st; i++) {
        t.length = 0;
        text_bytes(&t, form, (size_t)(seed - form) + 1);
        if (seeds[i] != 1)
            text_add(&t, "seed=%zu\n", seeds[i]);
        text_add(&t, "%s", seed + sizeof line - 1);
        if (t.failed) {
            st = ERR_MEMORY;
            break;
        }
        hash_bytes(t.text, t.length, hex);
        memcpy(ids[i], hex, RUN_ID - 1);
        ids[i][RUN_ID - 1] = '\0';
    }
    text_clear(&t);
    mem_free(form);
    return st;
}

const char *run_swept(const run_spec *r, const char *space_)
{
    return *r->exec ? exec_swept(r->exec, space_) : space_swept(space_);
}

status run_with(const run_spec *r, const char *space_, const char *key_, const char *value,
                char **out)
{
    return *r->exec ? exec_with(space_, key_, value, out) : space_with(space_, key_, value, out);
}

void run_value(const run_spec *r, const char *name, text *out)
{
    for (size_t i = 0; i < RUN_KEYS; i++)
        if (!strcmp(run_keys[i].name, name))
            key_value(&run_keys[i], r, out);
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

void run_write(const run_spec *r, text *out)
{
    const key *sorted[RUN_KEYS];
    text value = {0};
    sorted_keys(sorted);
    for (size_t i = 0; i < RUN_KEYS; i++) {
        text_clear(&value);
        key_value(sorted[i], r, &value);
        text_add(out, "%s\"%s\":", i ? "," : "{", sorted[i]->name);
        jsonl_string(out, value.text ? value.text : "");
        out->failed |= value.failed;
    }
    text_add(out, "}");
    text_clear(&value);
}

status run_read(const json_t *object, run_spec *r, key_texts *texts)
{
    status st = run_defaults(r, texts);
    for (size_t i = 0; !st && i < RUN_KEYS; i++) {
        const char *value = jsonl_get_string(object, run_keys[i].name, NULL);
        if (value)
            st = key_set("run", run_keys, run_keys[i].name, value, r, texts);
    }
    return st;
}

status run_form_read(const char *form, run_spec *r, key_texts *texts)
{
    status st = run_defaults(r, texts);
    for (size_t n; *form && !st; form += n + (form[n] == '\n')) {
        n = strcspn(form, "\n");
        const char *equals = memchr(form, '=', n);
        if (!equals)
            break;
        char *name = mem_printf("%.*s", (int)(equals - form), form);
        char *value = mem_printf("%.*s", (int)(form + n - equals) - 1, equals + 1);
        st = name && value ? key_set("run", run_keys, name, value, r, texts) : ERR_MEMORY;
        mem_free(name);
        mem_free(value);
    }
    return st;
}

status run_read_in(jsonl_span members, run_spec *r, key_texts *texts)
{
    const key *sorted[RUN_KEYS];
    jsonl_span name, value;
    size_t next = 0;
    status st = OK;
    sorted_keys(sorted);
    while (!st && jsonl_member(&members, &name, &value)) {
        char *fresh;
        size_t i = 0;
        while (i < RUN_KEYS && !jsonl_is(name, sorted[(next + i) % RUN_KEYS]->name))
            i++;
        if (i == RUN_KEYS)
            continue;
        const key *k = sorted[(next + i) % RUN_KEYS];
        next = (next + i + 1) % RUN_KEYS;
        if (value.n == strlen(k->fallback) + 2 && !memcmp(value.at + 1, k->fallback, value.n - 2))
            continue; /* most are */
        if (!(st = jsonl_text_in(value, &fresh)) && fresh)
            st = key_set("run", run_keys, k->name, fresh, r, texts);
        mem_free(fresh);
    }
    if (!st && members.n)
        st = error_set(ERR_FORMAT, "the line's run cannot be read");
    return st;
}

status run_copy(const run_spec *r, run_spec *copy, key_texts *texts)
{
    text value = {0};
    status st = OK;
    *copy = *r;
    for (size_t i = 0; !st && i < RUN_KEYS; i++) {
        if (run_keys[i].type != IDIM_TEXT)
            continue;
        text_clear(&value);
        text_add(&value, "%s", *(const char *const *)((const char *)r + run_keys[i].offset));
        st = value.failed ? ERR_MEMORY
                          : key_set("run", run_keys, run_keys[i].name, value.text, copy, texts);
    }
    text_clear(&value);
    return st;
}
