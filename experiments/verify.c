/* verify.c -- idim verify: some of a folder's runs, chosen by their ids, are trained again and compared
 * number by number. */
#include <stdlib.h>
#include <string.h>

#include "experiments/folder.h"
#include "sweep/repeat.h"
#include "sweep/runner.h"

typedef struct options {
    const char *share, *data;
    size_t threads;
} options;

static const key keys[] = {
    KEY_TEXT("share", options, share, "5%", "of the runs: 5%, or .05; 1: all"),
    KEY_TEXT(
        "data", options, data, "",
        "of the runs, with where they lie here: npy:x=sv/x.npy,y=sv/y.npy; empty: where they lay"),
    KEY("threads", options, threads, "1", 1, 1024, "threads", "of one run"),
    {0},
};

static status share_of(const char *given, double *share)
{
    size_t n = strlen(given);
    char word[32];
    bool percent = n && given[n - 1] == '%';
    status st;
    snprintf(word, sizeof word, "%.*s", (int)(percent ? n - 1 : n), given);
    if ((st = key_number("share", word, share)))
        return st;
    *share /= percent ? 100 : 1;
    if (!(*share > 0) || *share > 1)
        return error_set(ERR_USAGE, "share=%s: more than 0 and up to 100%%", given);
    return OK;
}

/* The id is a hash already: its first 32 bits choose. */
static bool chosen(const record *r, double share)
{
    char first[9];
    memcpy(first, r->id, 8);
    first[8] = '\0';
    return r->status != RECORD_FAILED && (double)strtoul(first, NULL, 16) < share * 4294967296.0;
}

typedef struct tally {
    size_t same, all;
    size_t gone;   /* whose id nothing has any more */
    size_t failed; /* that were trained there and fail here */
    char gone_id[RUN_ID], failed_id[RUN_ID];
    repeat_difference worst;
    char why[256]; /* the first failure's reason */
} tally;

/* b: the run done again, NULL: under another id. Of another numeric kind the same numbers are the same. */
static status compare(const record *a, const record *b, tally *t)
{
    repeat_difference d;
    t->all++;
    if (!b) {
        if (!t->gone++)
            memcpy(t->gone_id, a->id, RUN_ID);
        return OK;
    }
    if (b->status == RECORD_FAILED) {
        if (!t->failed++) {
            memcpy(t->failed_id, a->id, RUN_ID);
            snprintf(t->why, sizeof t->why, "%s", b->reason);
        }
        return OK;
    }
    record here = *b; /* borrowed for this line */
    memcpy(here.kind, a->kind, sizeof here.kind);
    if (record_same(a, &here) && a->bits_crc == b->bits_crc) {
        t->same++;
        return OK;
    }
    status st = repeat_compare(a, b, &d);
    if (!*t->worst.id || d.largest > t->worst.largest)
        t->worst = d;
    return st;
}

static void say_kinds(store *s, const char *here, FILE *out)
{
    for (size_t i = 0; i < store_count(s); i++) {
        const char *kind = store_at(s, i)->kind;
        if (*kind && strcmp(kind, here) != 0) {
            fprintf(out, "numeric kind %s there, %s here\n", kind, here);
            return;
        }
    }
}

static status say(const tally *t, FILE *out)
{
    text words = {0};
    fprintf(out, "%zu of %zu the same bytes\n", t->same, t->all);
    if (t->gone)
        fprintf(out,
                "%zu not compared, run %s first: this program or its data give it another id\n",
                t->gone, t->gone_id);
    if (t->failed)
        fprintf(out, "%zu failed here, run %s first: %s\n", t->failed, t->failed_id, t->why);
    if (*t->worst.id && t->worst.largest > 0)
        repeat_words(&t->worst, &words);
    else if (*t->worst.id)
        text_add(&words, "run %s: its history and scores are the same, other numbers are not",
                 t->worst.id);
    if (words.text)
        fprintf(out, "largest difference: %s\n", words.text);
    status st = words.failed ? ERR_MEMORY : OK;
    text_clear(&words);
    return st;
}

static status verify_all(const char *path, const options *o, tally *t, FILE *out)
{
    sweep_options in_memory = {.threads = o->threads, .show = stderr};
    store *s = NULL;
    sweep *again = NULL;
    run_spec *runs = NULL;
    const record **there = NULL;
    double share;
    char kind[17];
    size_t n = 0;
    status st, st2;
    if ((st = share_of(o->share, &share)) || (st = store_open(&s, path)) ||
        (st = sweep_open(&again, &in_memory)))
        goto done;
    runs = mem_array(store_count(s), sizeof *runs);
    there = mem_array(store_count(s), sizeof *there);
    if (!runs || !there) {
        st = ERR_MEMORY;
        goto done;
    }
    for (size_t i = 0; i < store_count(s); i++)
        if (chosen(store_at(s, i), share))
            there[n++] = store_at(s, i);
    for (size_t i = 0; i < store_count(s) && !n; i++) /* of a small folder at least one */
        if (store_at(s, i)->status != RECORD_FAILED)
            there[n++] = store_at(s, i);
    for (size_t i = 0; i < n; i++) {
        runs[i] = there[i]->run;
        if (*o->data)
            runs[i].data = o->data; /* other ones would give the runs other ids */
    }
    if (!n) {
        st = error_set(ERR_FILE, "%s: no run of it was trained to its end: nothing to compare",
                       path);
        goto done;
    }
    if ((st = sweep_stage(again, runs, n)) || (st = numeric_kind(kind)))
        goto done;
    for (size_t i = 0; i < n && !st; i++)
        st = compare(there[i], store_find(sweep_store(again), there[i]->id), t);
    say_kinds(s, kind, out);
    if (!st)
        st = say(t, out);
done:
    mem_free(runs);
    mem_free(there);
    st2 = sweep_close(again);
    if (!st)
        st = st2;
    st2 = store_close(s);
    return st ? st : st2;
}

static int verify_run(void *options_, size_t n, char *const *names, FILE *out)
{
    tally t = {0};
    char *path = folder_path(names[0], "");
    status st = path ? folder_check(path) : ERR_MEMORY;
    (void)n;
    if (!st)
        st = verify_all(path, options_, &t, out);
    mem_free(path);
    return st ? command_end(st) : t.same == t.all ? EXIT_DONE : EXIT_DIFFER;
}

const command command_verify = {
    .name = "verify",
    .group = "sweep",
    .doc = "train some of a folder's runs again and compare",
    .takes = "NAME",
    .least = 1,
    .most = 1,
    .examples = {"idim verify demo", "idim verify results/demo --share 1",
                 "idim verify demo --share 20% --threads 2"},
    .tables = {keys},
    .size = sizeof(options),
    .run = verify_run,
};
