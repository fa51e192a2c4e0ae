/* latency.c -- idim latency: how long a text takes under each method, merged and unmerged. */
#include <math.h>
#include <string.h>

#include "base/file.h"
#include "experiments/folder.h"
#include "experiments/shape.h"
#include "measure/latency.h"

typedef struct options {
    const char *space, *length, *out;
    size_t batch, classes, threads, turns;
} options;

static const key keys[] = {
    KEY_TEXT("space", options, space,
             "lora:r=8,targets=q+v houlsby:bottleneck=64 pfeiffer:bottleneck=64 prefix:prefix=16",
             "methods: houlsby, pfeiffer, prefix; any space, merged and unmerged"),
    KEY_TEXT("length", options, length, "128+256+512+1024",
             "tokens of a text, a list; what the model has no positions for is left out"),
    KEY("batch", options, batch, "1", 1, 1e6, "texts", "of a pass"),
    KEY("classes", options, classes, "0", 0, 1e6, "classes",
        "a text's; 0: gpt2 and llama predict tokens, bert and roberta two classes"),
    KEY("threads", options, threads, "1", 1, 1024, "threads", ""),
    KEY("turns", options, turns, "15", 3, LATENCY_TURNS, "", "that are timed, all methods in each"),
    KEY_TEXT("out", options, out, "", "results folder for latency.csv; empty: none"),
    {0},
};

enum { LENGTHS = 32 };

/* "128+256" to numbers that the model takes, of at least one. */
static status latency_lengths(const options *o, size_t longest, size_t *lengths, size_t *n)
{
    char **parts;
    size_t count;
    status st = key_cut(o->length, "+", &parts, &count);
    *n = 0;
    for (size_t i = 0; i < count && !st; i++) {
        double x;
        if (!(st = key_number("length", parts[i], &x)) && (!(x >= 2) || x > 1e7 || *n == LENGTHS))
            st = error_set(ERR_USAGE, "length=%s: whole numbers of tokens, %d at most", o->length,
                           LENGTHS);
        if (!st && (!longest || (size_t)x <= longest))
            lengths[(*n)++] = (size_t)x;
    }
    if (!st && !*n)
        st = error_set(ERR_USAGE, "length=%s: the model has positions for %zu", o->length, longest);
    key_parts_free(parts, count);
    return st;
}

static void latency_say(const latency_row *rows, size_t n, FILE *out)
{
    char d[32], interval[32] = "";
    for (size_t i = 0; i < n; i++) {
        const latency_row *r = &rows[i];
        if (!i)
            fprintf(out, "\n%zu tokens\n%-26s %-8s %11s %9s %7s %14s\n", r->length, "method", "",
                    "numbers", "ms", "ratio", "95 %");
        if (i && !isnan(r->ratio_from))
            snprintf(interval, sizeof interval, "%.3f to %.3f", r->ratio_from, r->ratio_to);
        fprintf(out, "%-26.26s %-8s %11s %9.3g %7.3f %14s\n", r->method, r->form,
                count_text(r->d, d), r->ms, r->ratio, interval);
    }
}

static status latency_one(const memory_ask *asked, const options *o, char *const *methods, size_t n,
                          pool *p, bool first, text *csv, FILE *out)
{
    latency_row *rows;
    size_t n_rows;
    text all = {0};
    status st =
        latency_measure(asked, (const char *const *)methods, n, p, o->turns, &rows, &n_rows);
    if (st)
        return st;
    latency_say(rows, n_rows, out);
    fflush(out);
    results_csv(latency_columns, rows, sizeof *rows, n_rows, &all);
    const char *body = all.text ? strchr(all.text, '\n') : NULL;
    if (all.failed || !body)
        st = ERR_MEMORY;
    else
        text_add(csv, "%s", first ? all.text : body + 1);
    text_clear(&all);
    mem_free(rows);
    return st;
}

static status latency_all(const options *o, memory_ask *asked, size_t longest, FILE *out)
{
    size_t lengths[LENGTHS], n_lengths, n = 0;
    char **methods = NULL, *path = NULL;
    pool *p = NULL;
    text csv = {0};
    status st = latency_lengths(o, longest, lengths, &n_lengths);
    if (st || (st = key_cut(o->space, " ", &methods, &n)) || (st = pool_new(&p, o->threads)))
        goto done;
    asked->batch = o->batch;
    asked->language = asked->language && !o->classes;
    asked->classes = o->classes ? o->classes : 2;
    for (size_t i = 0; i < n_lengths && !st; i++) {
        asked->length = lengths[i];
        st = latency_one(asked, o, methods, n, p, !i, &csv, out);
    }
    if (st)
        goto done;
    fprintf(out, "\nbatch %zu, %zu threads; ratio: to base in the same turn, median of %zu\n",
            o->batch, o->threads, o->turns);
    if (*o->out && (!(path = folder_path(o->out, "")) || (st = file_make_folder(path)) ||
                    (st = folder_put(path, "latency.csv", &csv))))
        st = st ? st : ERR_MEMORY;
    else if (*o->out)
        fprintf(out, "%s/latency.csv\n", path);
done:
    text_clear(&csv);
    pool_free(p);
    key_parts_free(methods, n);
    mem_free(path);
    return st;
}

static int latency_run(void *options_, size_t n, char *const *names, FILE *out)
{
    const options *o = options_;
    memory_ask asked;
    size_t longest;
    char *spec;
    (void)n;
    status st = shape_of(names[0], &asked, &longest, &spec);
    if (!st)
        st = latency_all(o, &asked, longest, out);
    mem_free(spec);
    return command_end(st);
}

const command command_latency = {
    .name = "latency",
    .group = "models",
    .doc = "how long a text takes by method, merged and unmerged",
    .takes = "CONFIG",
    .least = 1,
    .most = 1,
    .examples = {"idim latency llama/config.json --length 128 --turns 3",
                 "idim latency llama/config.json --length 128+256 --space dora:targets=q",
                 "idim latency transformer:width=64,vocabulary=512 --length 64+128"},
    .usual = " space length batch threads out ",
    .lists = " space ",
    .tables = {keys},
    .size = sizeof(options),
    .run = latency_run,
};
