/* verify.c -- idim verify: some of a folder's runs, chosen by their ids, are trained again and compared
 * number by number. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "experiments/folder.h"

typedef struct options {
    const char *share;
    size_t threads;
} options;

static const key keys[] = {
    KEY_TEXT("share", options, share, "5%", "of the runs: 5%, or .05; 1: all"),
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
    double largest;
    char where[RUN_ID];
} tally;

static void compare(const record *a, const record *b, tally *t)
{
    t->all++;
    if (b && record_same(a, b) && a->bits_crc == b->bits_crc) {
        t->same++;
        return;
    }
    double difference = b ? fabs(a->result.score - b->result.score) : (double)INFINITY;
    if (!*t->where || !(difference <= t->largest)) {
        t->largest = difference;
        memcpy(t->where, a->id, RUN_ID);
    }
}

static status verify_all(const char *path, const options *o, tally *t)
{
    sweep_options in_memory = {.threads = o->threads, .show = stderr};
    store *s = NULL;
    sweep *again = NULL;
    run_spec *runs = NULL;
    double share;
    size_t n = 0;
    status st, st2;
    if ((st = share_of(o->share, &share)) || (st = store_open(&s, path)) ||
        (st = sweep_open(&again, &in_memory)))
        goto done;
    if (!(runs = mem_array(store_count(s), sizeof *runs))) {
        st = ERR_MEMORY;
        goto done;
    }
    for (size_t i = 0; i < store_count(s); i++)
        if (chosen(store_at(s, i), share))
            runs[n++] = store_at(s, i)->run;
    if (!n && store_count(s)) /* of a small folder at least one */
        runs[n++] = store_at(s, 0)->run;
    if ((st = sweep_stage(again, runs, n)))
        goto done;
    for (size_t i = 0; i < store_count(sweep_store(again)); i++) {
        const record *b = store_at(sweep_store(again), i), *a = store_find(s, b->id);
        if (a)
            compare(a, b, t);
    }
done:
    mem_free(runs);
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
        st = verify_all(path, options_, &t);
    mem_free(path);
    if (st)
        return command_end(st);
    fprintf(out, "%zu of %zu the same bytes\n", t.same, t.all);
    if (t.same == t.all)
        return EXIT_DONE;
    fprintf(out, "largest difference of a score: %g, run %s\n", t.largest, t.where);
    return EXIT_DIFFER;
}

const command command_verify = {
    .name = "verify",
    .group = "look",
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
