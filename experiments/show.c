/* show.c -- idim show: a results folder as curve and headline, from its CSVs alone. */
#include "base/file.h"
#include "experiments/answer.h"
#include "experiments/folder.h"

static status show_folder(const char *path, FILE *out)
{
    char *file = mem_printf("%s/d90.csv", path);
    status st = file ? OK : ERR_MEMORY;
    if (!st && !file_exists(file))
        st = error_set(ERR_FILE,
                       "%s: not there; `idim d90 --out %s` makes it, `idim collect` lists runs",
                       file, path);
    mem_free(file);
    return st ? st : answer_folder(path, true, out);
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
