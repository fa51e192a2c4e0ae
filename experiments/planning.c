/* planning.c -- idim plan: what a sweep file is, before anything starts. */
#include "experiments/planned.h"
#include "experiments/swept.h"

typedef struct options {
    swept_options swept; /* first */
    bool csv;
    folder_options folder;
} options;

static const key keys[] = {
    KEY("csv", options, csv, "no", 0, 0, "",
        "every run that is known: part, stage, id, state, keys"),
    SWEPT_ONLY(options, swept),
    FOLDER_KEYS(options, folder),
    {0},
};

static int plan_main(void *options_, size_t n, char *const *names, FILE *out)
{
    options *o = options_;
    key_texts texts = {0};
    sweepfile f = {0};
    expansion e = {0};
    planned *p = NULL;
    char *path = NULL;
    status st = swept_read(&o->swept, names[0], keys, o, &texts, &f, &e);
    (void)n;
    if (!st && !(path = swept_folder(o->folder.out, names[0])))
        st = ERR_MEMORY;
    if (!st && !(st = planned_new(&p, &e, path, &o->folder, o->csv ? out : NULL)) && !o->csv)
        planned_print(p, folder_jobs(&o->folder), out);
    planned_free(p);
    mem_free(path);
    expand_clear(&e);
    sweepfile_clear(&f);
    key_texts_clear(&texts);
    return command_end(st);
}

const command command_plan = {
    .name = "plan",
    .group = "sweep",
    .doc = "runs of a sweep file: how many, how many are done, what is left",
    .takes = "FILE",
    .least = 1,
    .most = 1,
    .examples = {"idim plan sweep.idim", "idim plan sweep.idim --csv",
                 "idim plan sweep.idim --seeds 10 --jobs 16"},
    .usual = " csv jobs threads out quiet ",
    .tables = {keys, SWEPT_TABLES},
    .size = sizeof(options),
    .over = swept_over,
    .run = plan_main,
};
