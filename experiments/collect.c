/* collect.c -- idim collect: a folder's journals into one, and its CSVs. */
#include "experiments/folder.h"

static int collect_run(void *options, size_t n, char *const *names, FILE *out)
{
    store *s = NULL;
    char *path = folder_path(names[0], ""), count[32];
    size_t told = 0;
    status st = path ? folder_check(path) : ERR_MEMORY, st2;
    (void)options;
    (void)n;
    if (!st && !(st = store_open(&s, path)) && !(st = folder_collect(s, &told)))
        fprintf(out, "%s runs: %s/runs.csv  history.csv  provenance.csv\n",
                count_text(store_count(s), count), path);
    st2 = store_close(s);
    mem_free(path);
    return command_end(st ? st : st2);
}

const command command_collect = {
    .name = "collect",
    .group = "sweep",
    .doc = "runs.csv, history.csv, provenance.csv of a results folder",
    .takes = "NAME",
    .least = 1,
    .most = 1,
    .examples = {"idim collect demo", "idim collect results/demo", "idim collect ./sweep7"},
    .run = collect_run,
};
