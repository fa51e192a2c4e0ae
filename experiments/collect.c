/* collect.c -- idim collect: a folder's journals into one, and its CSVs; what was asked in it and never measured (it
 * was imported, say) is measured. */
#include "experiments/questions.h"
#include "sweep/claims.h"

/* Without the data, or while runs are missing, the other CSVs are there all the same. */
static status collect_measure(const char *path, FILE *out)
{
    const folder_options folder = {
        .here = true, .quiet = true, .threads = 1, .gpus = "", .out = ""};
    const measured how = {.rule = "own,.9", .folder = &folder};
    questions *q = NULL;
    sweep *s = NULL;
    size_t failed = 0;
    bool several;
    status st = questions_of(&q, path, &how);
    if (!st && !(st = folder_open(&s, path, &folder)))
        st = questions_answer(q, s, NULL, out, &failed, &several);
    questions_free(q);
    st = folder_close(s, SIZE_MAX, st);
    if (st != ERR_FILE && st != ERR_USAGE && st != ERR_FAILED)
        return st;
    fprintf(stderr, "not measured: %s\n", error_text());
    return OK;
}

/* Was something asked, nothing measured, and is nobody at it? */
static status collect_unmeasured(const char *path, bool *is)
{
    ask_list asks;
    char **measured_, other[CLAIMS_NAME];
    size_t n;
    *is = false;
    if (!folder_measured(path, &measured_, &n)) {
        key_parts_free(measured_, n);
        return OK;
    }
    status st = ask_load(path, &asks);
    if (!st && !(st = claims_other(path, other)))
        *is = asks.n && !*other;
    ask_clear(&asks);
    return st;
}

static int collect_run(void *options, size_t n, char *const *names, FILE *out)
{
    store *s = NULL;
    char *path = folder_path(names[0], ""), count[32];
    size_t told = 0;
    bool measures;
    status st = path ? folder_check(path) : ERR_MEMORY, st2;
    (void)options;
    (void)n;
    if (!st && !(st = store_open(&s, path)) && !(st = folder_collect(s, &told)))
        fprintf(out, "%s runs: %s/runs.csv  history.csv  provenance.csv\n",
                count_text(store_count(s), count), path);
    st2 = store_close(s);
    st = st ? st : st2;
    if (!st && !(st = collect_unmeasured(path, &measures)) && measures)
        st = collect_measure(path, out);
    mem_free(path);
    return command_end(st);
}

const command command_collect = {
    .name = "collect",
    .group = "sweep",
    .doc = "the CSVs of a results folder, and d90 where it is missing",
    .takes = "NAME",
    .least = 1,
    .most = 1,
    .examples = {"idim collect demo", "idim collect results/demo", "idim collect ./sweep7"},
    .run = collect_run,
};
