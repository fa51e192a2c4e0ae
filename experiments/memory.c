/* memory.c -- idim memory: what training and serving a transformer takes, method by method, from its config.json
 * or keys alone. */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "experiments/folder.h"
#include "experiments/shape.h"
#include "measure/memory.h"
#include "measure/peak.h"
#include "models/pretrained.h"

typedef struct options {
    const char *space, *out;
    size_t batch, length, classes, frozen, states, tasks, measure;
    bool recompute;
} options;

static const key keys[] = {
    KEY_TEXT("space", options, space, "",
             "methods: full, lora, presets; houlsby, pfeiffer, prefix; empty: all of these"),
    KEY("batch", options, batch, "8", 1, 1e6, "texts", "of a step"),
    KEY("length", options, length, "0", 0, 1e7, "tokens",
        "of a text; 0: 512, or the longest it takes"),
    KEY("classes", options, classes, "0", 0, 1e6, "classes",
        "a text's; 0: gpt2 and llama predict tokens, bert and roberta two classes"),
    KEY("frozen", options, frozen, "4", 1, 8, "bytes", "of a frozen weight"),
    KEY("states", options, states, "2", 0, 8, "numbers",
        "that the optimiser keeps for a trained one: adam 2, sgd 0 or 1"),
    KEY("recompute", options, recompute, "no", 0, 0, "",
        "each layer's input is kept alone, and the layer run again"),
    KEY("tasks", options, tasks, "10", 1, 1e9, "tasks", "that are stored side by side"),
    KEY("measure", options, measure, "0", 0, 1e6, "steps",
        "of the one method of --space are run, on drawn weights, and the memory they take is read "
        "beside the count"),
    KEY_TEXT("out", options, out, "",
             "results folder for memory.csv, parameters.csv, peak.csv; empty: none"),
    {0},
};

static status ask_of(const options *o, const char *name, memory_ask *a, char **spec)
{
    size_t longest;
    status st = shape_of(name, a, &longest, spec);
    a->batch = o->batch;
    a->frozen = o->frozen;
    a->states = o->states;
    a->tasks = o->tasks;
    a->recompute = o->recompute;
    a->length = o->length ? o->length : longest && longest < 512 ? longest : 512;
    a->language = a->language && !o->classes;
    a->classes = o->classes ? o->classes : 2;
    return st;
}

/* ------------------------------------------------------------------ methods */

typedef struct work {
    memory_row *rows;
    char **methods; /* their texts */
    size_t n, n_methods;
    memory_role *roles;
    size_t n_roles;
} work;

static status work_method(work *w, const memory_ask *a, const char *method, bool must)
{
    char **texts = mem_resize(w->methods, w->n_methods + 1, sizeof *texts);
    memory_row *rows = mem_resize(w->rows, w->n + 1, sizeof *rows);
    if (texts)
        w->methods = texts;
    if (rows)
        w->rows = rows;
    if (!texts || !rows || !(texts[w->n_methods] = mem_string(method)))
        return ERR_MEMORY;
    w->n_methods++;
    status st = memory_of(a, texts[w->n_methods - 1], &rows[w->n]);
    if (!st)
        w->n++;
    return st == ERR_USAGE && !must ? OK : st; /* llama has no biases */
}

static status work_all(const options *o, const memory_ask *a, const memory_model *m, work *w)
{
    static const char *const usual[] = {"bias",
                                        "norms",
                                        "houlsby:bottleneck=64",
                                        "pfeiffer:bottleneck=64",
                                        "prefix:prefix=16",
                                        "lora:r=8,targets=q+v",
                                        "lora:r=8,targets=q+k+v+o"};
    status st = OK;
    if (*o->space) {
        char *list = mem_string(o->space);
        for (char *at = list;
             at && *at && !st;) { /* repeating the option makes a list cut by blanks */
            size_t n = strcspn(at, " ");
            bool more = at[n] != '\0';
            at[n] = '\0';
            st = work_method(w, a, at, true);
            at += n + more;
        }
        mem_free(list);
        return list ? st : ERR_MEMORY;
    }
    char top[64];
    snprintf(top, sizeof top, "full:targets=%zu..%zu", m->blocks > 1 ? m->blocks - 2 : 0,
             m->blocks - 1);
    if (!(st = work_method(w, a, "full", true)))
        st = work_method(w, a, top, false);
    for (size_t i = 0; i < sizeof usual / sizeof *usual && !st; i++)
        st = work_method(w, a, usual[i], false);
    return st;
}

/* ------------------------------------------------------------------ said and written */

static void memory_say(const memory_ask *a, const memory_model *m, const work *w, FILE *out)
{
    char n[32], b[16], cells[4][16];
    fprintf(out, "%s numbers", count_text(m->D, n));
    if (m->blocks)
        fprintf(out, ", %zu blocks of %s", m->blocks, count_text(m->block, n));
    fprintf(out, "\n\n%-34s %8s %14s\n", "roles", "tensors", "numbers");
    for (size_t i = 0; i < w->n_roles; i++)
        fprintf(out, "%-34.34s %8zu %14s\n", w->roles[i].roles, w->roles[i].tensors,
                count_text(w->roles[i].numbers, n));
    fprintf(out, "\ntraining on %zu texts of %zu tokens%s, frozen weights in %zu bytes\n", a->batch,
            a->length, a->recompute ? ", layers run again" : "", a->frozen);
    fprintf(out, "%-24s %13s %8s %9s %11s %9s\n", "method", "trained", "weights", "optimiser",
            "activations", "total");
    for (size_t i = 0; i < w->n; i++) {
        const memory_row *r = &w->rows[i];
        fprintf(out, "%-24.24s %13s %8s %9s %11s %9s\n", r->method, count_text(r->d, n),
                mem_bytes_text(r->weights, cells[0]),
                mem_bytes_text(r->gradients + r->optimiser, cells[1]),
                mem_bytes_text(r->activations, cells[2]), mem_bytes_text(r->total, cells[3]));
    }
    fprintf(out, "optimiser: with the gradients\n\n%-24s %13s %20s\n", "method", "stored",
            "of all tasks");
    for (size_t i = 0; i < w->n; i++)
        fprintf(out, "%-24.24s %13s %14s (%zu)\n", w->rows[i].method,
                mem_bytes_text(w->rows[i].stored, b), mem_bytes_text(w->rows[i].tasks, cells[0]),
                a->tasks);
    if (w->n)
        fprintf(out, "served merged, in 16 bits: %s and %s of keys and values\n",
                mem_bytes_text(w->rows[0].serving, b), mem_bytes_text(w->rows[0].cache, cells[0]));
}

static void peak_say(const peak_row *p, FILE *out)
{
    char b[4][16];
    fprintf(out, "\nmeasured over %zu steps: %s, with %s that the process held before\n", p->steps,
            mem_bytes_text(p->measured, b[0]), mem_bytes_text(p->before, b[1]));
    fprintf(out, "counted: %s, and %s of step 0: measured / counted = %.3f\n",
            mem_bytes_text(p->counted, b[2]), mem_bytes_text(p->step0, b[3]), p->ratio);
}

static status memory_write(const work *w, const peak_row *peak, const char *path)
{
    text t = {0};
    status st = file_make_folder(path);
    if (st)
        return st;
    results_csv(memory_columns, w->rows, sizeof *w->rows, w->n, &t);
    if ((st = folder_put(path, "memory.csv", &t)))
        return st;
    if (peak->steps) {
        results_csv(peak_columns, peak, sizeof *peak, 1, &t);
        if ((st = folder_put(path, "peak.csv", &t)))
            return st;
    }
    results_csv(memory_role_columns, w->roles, sizeof *w->roles, w->n_roles, &t);
    return folder_put(path, "parameters.csv", &t);
}

/* A process has one peak. */
static status memory_peak(const options *o, const memory_ask *a, const work *w, peak_row *peak)
{
    if (!o->measure)
        return OK;
    if (w->n != 1)
        return error_set(ERR_USAGE, "measure: one method a process; name one by --space");
    return peak_measure(a, w->rows[0].method, o->measure, peak);
}

static int memory_run(void *options_, size_t n, char *const *names, FILE *out)
{
    const options *o = options_;
    memory_ask asked;
    memory_model m = {0};
    work w = {0};
    peak_row peak = {0};
    char *spec = NULL, *path = *o->out ? folder_path(o->out, "") : NULL;
    status st = *o->out && !path ? ERR_MEMORY : OK;
    (void)n;
    if (!st && !(st = ask_of(o, names[0], &asked, &spec)) &&
        !(st = memory_model_init(&m, &asked, "")) &&
        !(st = memory_roles(&m, &w.roles, &w.n_roles)) && !(st = work_all(o, &asked, &m, &w)) &&
        !(st = memory_peak(o, &asked, &w, &peak)) &&
        (!path || !(st = memory_write(&w, &peak, path)))) {
        memory_say(&asked, &m, &w, out);
        if (peak.steps)
            peak_say(&peak, out);
        if (path)
            fprintf(out, "%s/memory.csv  parameters.csv%s\n", path, peak.steps ? "  peak.csv" : "");
    }
    for (size_t i = 0; i < w.n_methods; i++)
        mem_free(w.methods[i]);
    mem_free(w.methods);
    mem_free(w.rows);
    mem_free(w.roles);
    memory_model_clear(&m);
    mem_free(spec);
    mem_free(path);
    return command_end(st);
}

const command command_memory = {
    .name = "memory",
    .group = "models",
    .doc = "what training and serving a transformer takes, by method",
    .takes = "CONFIG",
    .least = 1,
    .most = 1,
    .examples = {"idim memory llama/config.json --batch 1 --length 2048",
                 "idim memory llama/ --space full --space lora:r=8,targets=q+v",
                 "idim memory transformer:width=768,layers=12,heads=12,vocabulary=50257"},
    .usual = " space batch length measure out ",
    .lists = " space ",
    .tables = {keys},
    .size = sizeof(options),
    .run = memory_run,
};
