/* repro.c -- idim repro: what papers published, run again and set beside ours. Everything stands in files that a
 * user can change: NAME.sweep with its scales as sub-sweeps, or, where a sweep needs steps before or behind it,
 * NAME.sh of idim commands; experiments.csv, published.csv, trends.csv. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/os.h"
#include "experiments/folder.h"
#include "format/csv.h"
#include "report/beside.h"

typedef struct options {
    int scale;
    bool markdown, latex, html, check, dry;
    size_t jobs;
    const char *files, *from;
} options;

static const key keys[] = {
    KEY_WORD("scale", options, scale, "quick", "quick+desk+paper",
             "run: minutes, a night, or as published"),
    KEY("jobs", options, jobs, "0", 0, 4096, "processes", "run: as in idim run"),
    KEY_TEXT(
        "from", options, from, "",
        "run: the checkpoint to start from; empty: the experiment's own, in $IDIM_DATA or ./data"),
    KEY("dry", options, dry, "no", 0, 0, "", "run: the plan, nothing is trained"),
    KEY("markdown", options, markdown, "no", 0, 0, "", "report: as pipe tables"),
    KEY("latex", options, latex, "no", 0, 0, "", "report: as booktabs tables"),
    KEY("html", options, html, "no", 0, 0, "", "report: as a page of one file"),
    KEY("check", options, check, "no", 0, 0, "", "report: exit 4 where something differs"),
    KEY_TEXT("files", options, files, "",
             "folder of the sweep files; empty: ./experiments/repro, or the installed ones"),
    {0},
};

/* Fresh; NULL: ERR_FILE, ERR_MEMORY. */
static char *repro_files(const options *o)
{
    char self[4096], *slash;
    if (*o->files)
        return mem_string(o->files);
    if (file_exists("experiments/repro/published.csv"))
        return mem_string("experiments/repro");
    if (os_executable(self, sizeof self) || !(slash = strrchr(self, '/')))
        return NULL;
    *slash = '\0';
    char *path = mem_printf("%s/../share/idim/repro", self);
    if (path && !file_is_folder(path)) {
        error_set(ERR_FILE,
                  "repro: the experiments are neither in ./experiments/repro nor in %s; name their "
                  "folder by --files",
                  path);
        mem_free(path);
        return NULL;
    }
    return path;
}

/* ------------------------------------------------------------------ list */

static status repro_list(const char *files, FILE *out)
{
    static const char *const names[] = {"name",  "paper", "figure",     "data",
                                        "quick", "desk",  "paper_scale"};
    enum { N = 7 };
    csv *c = NULL;
    size_t at[N];
    status st = csv_open_in(&c, files, "experiments.csv");
    for (size_t k = 0; k < N && !st; k++)
        st = csv_need(c, names[k], &at[k]);
    if (!st)
        fprintf(out, "%-27s %-18s %-15s quick  desk paper\n", "at most, in CPU minutes", "", "");
    const char *paper = "";
    for (size_t i = 0; !st && i < csv_rows(c); i++) {
        if (strcmp(paper, csv_cell(c, i, at[1])) != 0)
            fprintf(out, "\n%s\n", paper = csv_cell(c, i, at[1]));
        fprintf(out, "%-27s %-18s %-15s", csv_cell(c, i, at[0]), csv_cell(c, i, at[2]),
                csv_cell(c, i, at[3]));
        for (size_t k = 4; k < N; k++) {
            const char *cost = csv_cell(c, i, at[k]);
            fprintf(out, " %5s", *cost ? cost : "?");
        }
        fputc('\n', out);
    }
    csv_free(c);
    return st;
}

/* ------------------------------------------------------------------ run */

/* The checkpoint that an experiment starts from: --from, or what experiments.csv names, in the folders of data. Fresh;
 * "": it starts from none. ERR_FILE: it is nowhere. */
static status repro_from(const options *o, const char *files, const char *name, char **from)
{
    const char *const roots[] = {getenv("IDIM_DATA"), "data"};
    csv *c = NULL;
    size_t names, checkpoints;
    const char *wanted = "";
    status st = csv_open_in(&c, files, "experiments.csv");
    if (!st && !(st = csv_need(c, "name", &names)))
        st = csv_need(c, "checkpoint", &checkpoints);
    for (size_t i = 0; !st && i < csv_rows(c); i++)
        if (!strcmp(csv_cell(c, i, names), name))
            wanted = csv_cell(c, i, checkpoints);
    *from = NULL;
    if (!st && (*o->from || !*wanted))
        *from = mem_string(o->from);
    for (size_t k = 0; k < 2 && !st && !*o->from && *wanted && !*from; k++) {
        char *path = roots[k] ? mem_printf("%s/%s", roots[k], wanted) : NULL;
        if (path && (file_exists(path) || file_is_folder(path)))
            *from = path;
        else
            mem_free(path);
    }
    if (!st && !*from)
        st = *wanted
                 ? error_set(
                       ERR_FILE,
                       "%s starts from %s, which is neither in $IDIM_DATA nor in ./data; name a "
                       "checkpoint by --from",
                       name, wanted)
                 : ERR_MEMORY;
    csv_free(c);
    return st;
}

static int repro_sweep(const options *o, char *file, char *folder, char *from, FILE *out)
{
    char only[] = "--only", to[] = "--out", with[] = "--jobs", start[] = "--from", which[8],
         jobs[32];
    char *argv[] = {file, only, which, to, folder, with, jobs, start, from};
    snprintf(which, sizeof which, "%s", found_scales[o->scale]);
    snprintf(jobs, sizeof jobs, "%zu", o->jobs);
    fprintf(out, "idim %s %s --only %s --out %s --jobs %s%s%s\n", o->dry ? "plan" : "run", file,
            which, folder, jobs, *from ? " --from " : "", from);
    fflush(out);
    return command_main(o->dry ? &command_plan : &command_run, *from ? 9 : 7, argv);
}

/* The script is run in this process's place by a shell that says each command; with --dry it is shown. */
static status repro_script(const options *o, const char *files, const char *file,
                           const char *folder, const char *from, FILE *out)
{
    char self[4096], jobs[32], *bytes = NULL;
    size_t n = 0;
    status st = o->dry ? file_read(file, 1 << 20, &bytes, &n) : os_executable(self, sizeof self);
    if (!st && o->dry)
        fputs(bytes, out);
    mem_free(bytes);
    if (st || o->dry)
        return st;
    snprintf(jobs, sizeof jobs, "%zu", o->jobs);
    const char *const set[][2] = {
        {"IDIM", self},   {"OUT", folder}, {"SCALE", found_scales[o->scale]},
        {"FILES", files}, {"FROM", from},  {"JOBS", jobs}};
    for (size_t i = 0; i < sizeof set / sizeof *set && !st; i++)
        if (setenv(set[i][0], set[i][1], 1))
            st = error_errno(ERR_FILE, "%s", file);
    if (!st && !(st = file_make_folder(folder))) {
        fflush(out);
        execl("/bin/sh", "sh", "-eux", file, (char *)NULL);
        st = error_errno(ERR_FILE, "/bin/sh");
    }
    return st;
}

static int repro_run_one(const options *o, const char *files, const char *name, FILE *out)
{
    char *plain = mem_printf("%s/%s.sweep", files, name), *from = NULL;
    char *script = mem_printf("%s/%s.sh", files, name);
    char *folder = mem_printf("results/repro/%s-%s", name, found_scales[o->scale]);
    status st = plain && script && folder ? OK : ERR_MEMORY;
    int code = EXIT_DONE;
    if (!st && !file_exists(script) && !file_exists(plain))
        st = error_set(ERR_USAGE, "%s: not there; `idim repro list` names the experiments", plain);
    if (!st)
        st = repro_from(o, files, name, &from);
    if (!st && file_exists(script))
        st = repro_script(o, files, script, folder, from, out);
    else if (!st)
        code = repro_sweep(o, plain, folder, from, out);
    mem_free(from);
    mem_free(plain);
    mem_free(script);
    mem_free(folder);
    return st ? command_end(st) : code;
}

/* ------------------------------------------------------------------ report */

static int repro_report(const options *o, const char *files, FILE *out)
{
    beside b = {0};
    text t = {0};
    status st = o->markdown + o->latex + o->html > 1
                    ? error_set(ERR_USAGE, "repro report: one of --markdown, --latex and --html")
                    : beside_load(&b, files, (found_place){.root = "results"});
    if (!st) {
        (o->markdown ? beside_markdown
         : o->latex  ? beside_latex
         : o->html   ? beside_html
                     : beside_text)(&b, &t);
        st = text_failed(&t) ? ERR_MEMORY : OK;
    }
    if (!st)
        fputs(t.text, out);
    size_t differ = beside_count(&b, "differs");
    text_clear(&t);
    beside_clear(&b);
    return st ? command_end(st) : o->check && differ ? EXIT_DIFFER : EXIT_DONE;
}

static int repro_run(void *options_, size_t n, char *const *names, FILE *out)
{
    const options *o = options_;
    char *files = repro_files(o);
    const char *what = names[0];
    bool run = !strcmp(what, "run");
    int code = EXIT_DONE;
    if (!files)
        code = command_end(ERR_FILE);
    else if (run && n == 2)
        code = repro_run_one(o, files, names[1], out);
    else if (!strcmp(what, "list") && n == 1)
        code = command_end(repro_list(files, out));
    else if (!strcmp(what, "report") && n == 1)
        code = repro_report(o, files, out);
    else if (!strcmp(what, "report") || !strcmp(what, "list"))
        code =
            command_end(error_set(ERR_USAGE, "repro %s %s: it is of all experiments; leave %s out",
                                  what, names[1], names[1]));
    else
        code = command_end(error_set(
            ERR_USAGE, "repro %s: say `repro list`, `repro run NAME` or `repro report`", what));
    mem_free(files);
    return code;
}

const command command_repro = {
    .name = "repro",
    .group = "sweep",
    .doc = "published numbers, run again and set beside ours",
    .takes = "list|run|report [NAME]",
    .least = 1,
    .most = 2,
    .examples = {"idim repro list", "idim repro run mnist-fc --scale desk",
                 "idim repro report --html > repro.html"},
    .usual = " scale dry html check files ",
    .tables = {keys},
    .size = sizeof(options),
    .run = repro_run,
};
