/* show.c -- idim show: a results folder as curve and headline, from its CSVs alone; of several questions each. */
#include "experiments/answer.h"
#include "experiments/folder.h"

static status show_folder(const char *path, FILE *out)
{
    char **measured;
    size_t n;
    status st = folder_measured(path, &measured, &n);
    for (size_t i = 0; i < n && !st; i++) {
        if (n > 1)
            fprintf(out, "%s%s\n", i ? "\n" : "", measured[i]);
        st = answer_folder(measured[i], true, out);
    }
    key_parts_free(measured, n);
    return st;
}

static int show_run(void *options, size_t n, char *const *names, FILE *out)
{
    status st = OK;
    (void)options;
    for (size_t i = 0; i < n && !st; i++) {
        char *path = folder_path(names[i], "");
        st = path ? show_folder(path, out) : ERR_MEMORY;
        mem_free(path);
    }
    return command_end(st);
}

const command command_show = {
    .name = "show",
    .group = "look",
    .doc = "curve and d90 of a results folder",
    .takes = "NAME...",
    .least = 1,
    .most = 16,
    .examples = {"idim show demo", "idim show results/demo", "idim show demo other"},
    .run = show_run,
};
