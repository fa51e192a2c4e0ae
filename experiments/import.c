/* import.c -- idim import: an exported sweep into a results folder. */
#include "experiments/folder.h"
#include "sweep/bundle.h"

typedef struct options {
    const char *out;
} options;

static const key keys[] = {
    KEY_TEXT("out", options, out, "",
             "results folder: a name under results/, or a path; empty: as it was called"),
    {0},
};

static void import_said(void *context, const char *sentence)
{
    (void)context;
    fprintf(stderr, "%s\n", sentence);
}

static int import_run(void *options_, size_t n, char *const *names, FILE *out)
{
    const options *o = options_;
    bundle_told told = {0};
    char *name = NULL, *path = NULL, count[32];
    status st = *o->out ? OK : bundle_name(names[0], &name);
    (void)n;
    if (!st && !(path = folder_path(*o->out ? o->out : name, "")))
        st = ERR_MEMORY;
    if (!st && !(st = bundle_import(names[0], path, import_said, NULL, &told)))
        fprintf(
            out,
            "%s: %s runs are new; every checksum of %zu files was right\nnext: idim collect %s\n",
            path, count_text(told.taken, count), told.files, path);
    mem_free(name);
    mem_free(path);
    return st ? command_end(st) : told.differ ? EXIT_DIFFER : EXIT_DONE;
}

const command command_import = {
    .name = "import",
    .group = "sweep",
    .doc = "merge an exported sweep into a results folder",
    .takes = "FILE",
    .least = 1,
    .most = 1,
    .examples = {"idim import demo.tar.gz", "idim import demo.tar.gz --out both",
                 "idim import sent.tar.xz --out ./there"},
    .tables = {keys},
    .size = sizeof(options),
    .run = import_run,
};
