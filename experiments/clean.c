/* clean.c -- idim clean: what of a results folder can go. */
#include "experiments/folder.h"
#include "sweep/clean.h"

typedef struct options {
    bool yes;
} options;

static const key keys[] = {
    KEY("yes", options, yes, "no", 0, 0, "", "do it; without it nothing is touched"),
    {0},
};

static int clean_run(void *options_, size_t n, char *const *names, FILE *out)
{
    const options *o = options_;
    char *path = folder_path(names[0], ""), size[16];
    store *s = NULL;
    clean_list list = {0};
    status st = path ? folder_check(path) : ERR_MEMORY;
    (void)n;
    if (!st && !(st = store_open(&s, path)) && !(st = clean_look(s, &list))) {
        for (size_t i = 0; i < list.n; i++)
            fprintf(out, "%9s  %s: %s\n", mem_bytes_text((double)list.items[i].bytes, size),
                    list.items[i].path, list.items[i].why);
        if (*list.busy)
            st = error_set(ERR_FAILED,
                           "%s: %s is at work in it; start again when it has ended, or, where its "
                           "machine died, remove working/%s",
                           path, list.busy, list.busy);
        else if (o->yes)
            st = clean_do(&list);
        if (!st)
            fprintf(out, "%zu files, %s: %s\n", list.n, mem_bytes_text((double)list.bytes, size),
                    !list.n  ? "nothing to do"
                    : o->yes ? "gone"
                             : "nothing was touched; --yes does it");
    }
    clean_clear(&list);
    store_close(s);
    mem_free(path);
    return command_end(st);
}

const command command_clean = {
    .name = "clean",
    .group = "sweep",
    .doc = "what of a results folder can go: dry run first, --yes does it",
    .takes = "NAME",
    .least = 1,
    .most = 1,
    .examples = {"idim clean demo", "idim clean demo --yes", "idim clean ./sweep7"},
    .tables = {keys},
    .size = sizeof(options),
    .run = clean_run,
};
