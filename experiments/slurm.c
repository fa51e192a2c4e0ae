/* slurm.c -- idim slurm: the script that has Slurm do what a sweep file asks for.
 *
 * One job array for each stage, behind the one before. An element is a share of the stage; what a share leaves is
 * trained by the others and by the stages behind, so that they wait for its end alone (afterany). */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "experiments/planned.h"
#include "experiments/scontrol.h"
#include "experiments/swept.h"

typedef struct options {
    swept_options swept; /* first */
    double hours;
    size_t cpus, most;
    const char *sbatch;
    folder_options folder;
} options;

static const key keys[] = {
    KEY("hours", options, hours, "4", .01, 8760, "hours",
        "time limit of an element; its share is planned to fill 80 %"),
    KEY("cpus", options, cpus, "0", 0, 4096, "cores", "of an element; 0: jobs times threads"),
    KEY("most", options, most, "0", 0, 1000000, "elements",
        "of an array; 0: below MaxArraySize of `scontrol show config`, 1000 without a Slurm"),
    KEY_TEXT("sbatch", options, sbatch, "",
             "more options of sbatch: '--partition=long --account=me'"),
    SWEPT_ONLY(options, swept),
    FOLDER_KEYS(options, folder),
    {0},
};

/* Below MaxArraySize as Slurm says it here. */
static size_t array_most(void)
{
    enum { USUAL = 1000 };
    size_t size = scontrol_array_size();
    return size > 1 ? size - 1 : USUAL;
}

/* Elements of a stage: so that each fills 80 % of its time. */
static size_t elements(const options *o, double seconds, size_t runs)
{
    double n = ceil(seconds / (.8 * o->hours * 3600 * (double)folder_jobs(&o->folder)));
    double most = (double)(runs < o->most ? runs : o->most);
    return n < 1 ? 1 : n > most ? (size_t)(most < 1 ? 1 : most) : (size_t)n;
}

/* The keys of the command line go with every share. */
static void say_over(const options *o, text *t)
{
    if (*o->swept.only) {
        text_add(t, " --only ");
        command_quoted(o->swept.only, t);
    }
    for (size_t i = 0; i < o->swept.n_over; i++) {
        text_add(t, " --%s ", o->swept.over[i].key->name);
        command_quoted(o->swept.over[i].value, t);
    }
}

static void say_stage(const options *o, const char *file, const char *path, int stage, size_t n,
                      text *t)
{
    const size_t jobs = folder_jobs(&o->folder);
    const double minutes = ceil(o->hours * 60);
    text_add(
        t,
        "\n# stage %d\nprevious=$(sbatch --parsable ${previous:+--dependency=afterany:$previous}",
        stage);
    if (*o->sbatch)
        text_add(t, " %s", o->sbatch);
    text_add(t,
             " <<'JOB'\n#!/bin/bash\n#SBATCH --job-name=idim-%d\n#SBATCH --array=0-%zu\n"
             "#SBATCH --time=%.0f\n#SBATCH --cpus-per-task=%zu\n#SBATCH --signal=USR1@300\n"
             "#SBATCH --requeue\n#SBATCH --open-mode=append\n#SBATCH --output=",
             stage, n - 1, minutes, o->cpus ? o->cpus : jobs * o->folder.threads);
    text_add(t, "%s/slurm-%%A_%%a.log\nsrun idim run ", path);
    command_quoted(file, t);
    text_add(t, " --out ");
    command_quoted(path, t);
    text_add(t, " --stage %d --shard $SLURM_ARRAY_TASK_ID/%zu --jobs %zu --threads %zu --quiet",
             stage, n, jobs, o->folder.threads);
    say_over(o, t);
    text_add(t, "\ncode=$?\n"
                "# 75: stopped at a checkpoint, 5 minutes before the limit or by a preemption\n"
                "[ $code -ne 75 ] || scontrol requeue "
                "${SLURM_ARRAY_JOB_ID}_${SLURM_ARRAY_TASK_ID}\nexit $code\nJOB\n) || exit 1\n");
}

static status slurm_say(const options *o, const char *file, const char *path, const planned *p,
                        FILE *out)
{
    text t = {0};
    double mean = planned_mean(p);
    text_add(&t,
             "#!/bin/sh\n# idim slurm: submits %s, one job array a stage; start it with sh\n"
             "set -u\nprevious=\nmkdir -p ",
             file);
    command_quoted(path, &t);
    text_add(&t, " || exit 1\n");
    size_t head = t.length;
    for (int k = 1; k < 4; k++) {
        size_t runs = planned_most(p, k);
        if (k == 3) /* plain runs are trained with the scores */
            runs += planned_most(p, 0);
        if (runs)
            say_stage(o, file, path, k, elements(o, mean * (double)runs, runs), &t);
    }
    if (t.length == head)
        text_add(&t, "echo all runs are done: idim run measures them\n");
    status st = text_failed(&t) ? ERR_MEMORY : OK;
    if (!st)
        fputs(t.text, out);
    text_clear(&t);
    return st;
}

static int slurm_run(void *options_, size_t n, char *const *names, FILE *out)
{
    options *o = options_;
    o->most = o->most ? o->most : array_most();
    swept s;
    planned *p = NULL;
    status st = swept_open(&s, &o->swept, names[0], keys, o, &o->folder);
    (void)n;
    if (!st && !(st = planned_new(&p, &s.sweep, s.folder, &o->folder, NULL)))
        st = slurm_say(o, names[0], s.folder, p, out);
    planned_free(p);
    swept_close(&s);
    return command_end(st);
}

const command command_slurm = {
    .name = "slurm",
    .group = "sweep",
    .doc = "the script that has Slurm do what a sweep file asks for",
    .takes = "FILE",
    .least = 1,
    .most = 1,
    .examples = {"idim slurm sweep.idim > submit.sh", "idim slurm sweep.idim --most 100",
                 "idim slurm sweep.idim --hours 8 --jobs 16 --sbatch '--partition=long'"},
    .usual = " hours jobs cpus sbatch out ",
    .lists = SWEPT_LISTS,
    .tables = {keys, SWEPT_TABLES},
    .size = sizeof(options),
    .over = swept_over,
    .run = slurm_run,
};
