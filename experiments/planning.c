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
    swept s;
    planned *p = NULL;
    status st = swept_open(&s, &o->swept, names[0], keys, o, &o->folder);
    (void)n;
    if (!st)
        st = planned_new(&p, &s.sweep, s.folder, &o->folder, o->csv ? out : NULL);
    if (!st && !o->csv)
        planned_print(p, folder_jobs(&o->folder), out);
    planned_free(p);
    swept_close(&s);
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
    .lists = SWEPT_LISTS,
    .tables = {keys, SWEPT_TABLES},
    .size = sizeof(options),
    .over = swept_over,
    .run = plan_main,
};
