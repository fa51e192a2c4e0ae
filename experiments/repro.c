/* repro.c -- idim repro: what papers published, run again and set beside ours. Everything stands in files that a
 * user can change: NAME.sweep with its scales as sub-sweeps, experiments.csv, published.csv. */
#include <math.h>
#include <string.h>

#include "base/file.h"
#include "base/os.h"
#include "experiments/folder.h"
#include "format/csv.h"
#include "report/table.h"
#include "report/words.h"

typedef struct options {
    int scale;
    bool markdown, dry;
    size_t jobs;
    const char *files;
} options;

static const char *const scales[] = {"quick", "desk", "paper"};
enum { SCALES = 3 };

static const key keys[] = {
    KEY_WORD("scale", options, scale, "quick", "quick+desk+paper",
             "run: minutes, a night, or as published"),
    KEY("jobs", options, jobs, "0", 0, 4096, "processes", "run: as in idim run"),
    KEY("dry", options, dry, "no", 0, 0, "", "run: the plan, nothing is trained"),
    KEY("markdown", options, markdown, "no", 0, 0, "", "report: a table for a page"),
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
    return mem_printf("%s/../share/idim/repro", self);
}

static status repro_open(csv **c, const char *files, const char *name)
{
    char *path = mem_printf("%s/%s", files, name);
    status st = path ? csv_open(c, path) : ERR_MEMORY;
    mem_free(path);
    return st;
}

/* ------------------------------------------------------------------ list */

static status repro_list(const char *files, FILE *out)
{
    static const char *const names[] = {"name",  "paper", "figure",     "data",
                                        "quick", "desk",  "paper_scale"};
    enum { N = 7 };
    csv *c = NULL;
    size_t at[N];
    status st = repro_open(&c, files, "experiments.csv");
    for (size_t k = 0; k < N && !st; k++)
        st = csv_need(c, names[k], &at[k]);
    if (!st)
        fprintf(out, "%-28s %-15s %-18s %-8s %s\n", "name", "paper", "figure", "data",
                "CPU minutes at most: quick, desk, paper");
    for (size_t i = 0; !st && i < csv_rows(c); i++) {
        fprintf(out, "%-28s %-15s %-18s %-8s", csv_cell(c, i, at[0]), csv_cell(c, i, at[1]),
                csv_cell(c, i, at[2]), csv_cell(c, i, at[3]));
        for (size_t k = 4; k < N; k++) {
            const char *cost = csv_cell(c, i, at[k]);
            fprintf(out, " %6s", *cost ? cost : "?");
        }
        fputc('\n', out);
    }
    csv_free(c);
    return st;
}

/* ------------------------------------------------------------------ run */

static int repro_run_one(const options *o, const char *files, const char *name, FILE *out)
{
    const char *scale = scales[o->scale];
    char *file = mem_printf("%s/%s.sweep", files, name), jobs[32];
    char *folder = mem_printf("results/repro/%s-%s", name, scale);
    status st = file && folder ? OK : ERR_MEMORY;
    int code = EXIT_DONE;
    snprintf(jobs, sizeof jobs, "%zu", o->jobs);
    if (!st && !file_exists(file))
        st = error_set(ERR_USAGE, "%s: not there; `idim repro list` names the experiments", file);
    if (!st) {
        char only[] = "--only", to[] = "--out", with[] = "--jobs", which[8];
        char *argv[] = {file, only, which, to, folder, with, jobs};
        snprintf(which, sizeof which, "%s", scale);
        fprintf(out, "idim %s %s --only %s --out %s --jobs %s\n", o->dry ? "plan" : "run", file,
                scale, folder, jobs);
        fflush(out);
        code = command_main(o->dry ? &command_plan : &command_run, 7, argv);
    }
    mem_free(file);
    mem_free(folder);
    return st ? command_end(st) : code;
}

/* ------------------------------------------------------------------ report */

/* A row of published.csv. */
typedef struct published {
    const char *name;
    const char *question; /* a part of its folder's name, where a sweep has a folder for each; "" */
    const char *rule_text, *value, *committed, *note;
    double low, high; /* NaN: no band */
    d90_rule rule;
} published;

static const char *verdict(const published *p, const d90_row *r)
{
    if (isnan(p->low) || isnan(p->high))
        return "no band";
    if (r->state == IDIM_ABOVE)
        return r->d_max >= p->high ? "differs" : "open";
    if (r->state == IDIM_BELOW)
        return r->d_min <= p->low ? "differs" : "open";
    if (r->state != IDIM_EXACT)
        return "open";
    if (r->fit >= p->low && r->fit <= p->high)
        return "agrees";
    return r->low <= p->high && r->high >= p->low ? "interval touches the band" : "differs";
}

enum { CELLS = 8 };

static void say_line(const options *o, const char *const cells[CELLS], text *t)
{
    static const int wide[] = {27, 9, 11, 9, 9, 10, 16, 0};
    for (size_t k = 0; k < CELLS; k++) {
        if (o->markdown) {
            text_add(t, "| ");
            table_pipe(cells[k], t);
            text_add(t, k + 1 == CELLS ? " |\n" : " ");
        } else
            text_add(t, "%-*s%s", wide[k], cells[k], k + 1 == CELLS ? "\n" : " ");
    }
}

static bool fits(const published *p, const d90_row *r)
{
    static const char *const kinds[] = {"raw", "gain", "absolute"};
    return !strcmp(r->rule_base, p->rule.base == D90_FIXED ? "fixed" : "own") &&
           !strcmp(r->rule_kind, kinds[p->rule.kind]) && fabs(r->level - p->rule.level) < 1e-9;
}

/* One line for each space that the folder measured by that rule, and under it why it may differ. */
static status say_folder(const options *o, const published *p, const char *folder, size_t *said,
                         text *t)
{
    char band[64] = "", d90[WORDS], interval[WORDS];
    curves c;
    status st = curves_load(&c, folder);
    if (st)
        return st;
    if (!isnan(p->low) && !isnan(p->high))
        snprintf(band, sizeof band, "%g to %g", p->low, p->high);
    for (size_t i = 0; i < c.n_rows; i++) {
        const d90_row *r = &c.rows[i];
        bool twice = false; /* the headline's rule stands in d90.csv once; be sure */
        for (size_t k = 0; k < i; k++)
            twice |= !strcmp(c.rows[k].space, r->space) && fits(p, &c.rows[k]);
        if (!fits(p, r) || twice)
            continue;
        const char *v = verdict(p, r);
        char *where = mem_printf("%s (%s, %s epochs)", v, r->space, c.epochs);
        if (!where) {
            st = ERR_MEMORY;
            break;
        }
        const char *const cells[CELLS] = {p->name,
                                          p->question,
                                          p->rule_text,
                                          p->value,
                                          words_d90(r, d90),
                                          band,
                                          words_interval(r, interval),
                                          where};
        say_line(o, cells, t);
        mem_free(where);
        if (!o->markdown) {
            text_add(t, "    %s", folder);
            if (strcmp(v, "agrees") && *p->note)
                text_add(t, ": %s", p->note);
            text_add(t, "\n");
            if (strcmp(v, "agrees"))
                words_flags(&c, r, "    ", "\n", t);
        }
        ++*said;
    }
    curves_clear(&c);
    return st;
}

/* The folder itself, or those below it, one for each question. */
static status say_folders(const options *o, const published *p, const char *folder, size_t *said,
                          text *t)
{
    char **names = NULL, *own = mem_printf("%s/d90.csv", folder);
    size_t n = 0;
    status st = own ? OK : ERR_MEMORY;
    if (!st && file_exists(own))
        st = say_folder(o, p, folder, said, t);
    else if (!st)
        st = file_names(folder, "", &names, &n);
    for (size_t i = 0; i < n && !st; i++) {
        char *below = mem_printf("%s/%s", folder, names[i]),
             *csv_ = mem_printf("%s/%s/d90.csv", folder, names[i]);
        if (!below || !csv_)
            st = ERR_MEMORY;
        else if (strstr(names[i], p->question) && file_exists(csv_))
            st = say_folder(o, p, below, said, t);
        mem_free(below);
        mem_free(csv_);
    }
    file_names_free(names, n);
    mem_free(own);
    return st;
}

static status say_published(const options *o, const published *p, text *t)
{
    size_t said = 0, n = 0;
    char **committed = NULL;
    status st = *p->committed ? key_cut(p->committed, "+", &committed, &n) : OK;
    for (size_t i = 0; i < n && !st; i++) {
        char *folder = mem_printf("results/reference/%s", committed[i]);
        st = !folder                  ? ERR_MEMORY
             : file_is_folder(folder) ? say_folders(o, p, folder, &said, t)
                                      : OK;
        mem_free(folder);
    }
    for (size_t i = SCALES; i-- > 0 && !st;) {
        char *folder = mem_printf("results/repro/%s-%s", p->name, scales[i]);
        st = !folder                  ? ERR_MEMORY
             : file_is_folder(folder) ? say_folders(o, p, folder, &said, t)
                                      : OK;
        mem_free(folder);
    }
    key_parts_free(committed, n);
    if (!st && !said) {
        const char *const cells[CELLS] = {p->name, p->question, p->rule_text, p->value,
                                          "",      "",          "",           "not run"};
        say_line(o, cells, t);
    }
    return st;
}

static status repro_report(const options *o, const char *files, FILE *out)
{
    static const char *const names[] = {"name",      "question", "rule", "published",
                                        "committed", "note",     "low",  "high"};
    static const char *const heads[CELLS] = {"name", "question", "rule",     "published",
                                             "d90",  "band",     "interval", "verdict"};
    csv *c = NULL;
    size_t at[8];
    text t = {0};
    status st = repro_open(&c, files, "published.csv");
    for (size_t k = 0; k < 8 && !st; k++)
        st = csv_need(c, names[k], &at[k]);
    say_line(o, heads, &t);
    if (o->markdown)
        text_add(&t, "|---|---|---|---:|---:|---|---|---|\n");
    for (size_t i = 0; !st && i < csv_rows(c); i++) {
        published p = {.name = csv_cell(c, i, at[0]),
                       .question = csv_cell(c, i, at[1]),
                       .rule_text = csv_cell(c, i, at[2]),
                       .value = csv_cell(c, i, at[3]),
                       .committed = csv_cell(c, i, at[4]),
                       .note = csv_cell(c, i, at[5])};
        if (!(st = d90_rule_parse(p.rule_text, D90_RAW, &p.rule)) &&
            !(st = csv_cell_number(c, i, at[6], &p.low)) &&
            !(st = csv_cell_number(c, i, at[7], &p.high)))
            st = say_published(o, &p, &t);
    }
    if (!st && text_failed(&t))
        st = ERR_MEMORY;
    if (!st)
        fputs(t.text, out);
    text_clear(&t);
    csv_free(c);
    return st;
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
        code = command_end(repro_report(o, files, out));
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
                 "idim repro report --markdown"},
    .tables = {keys},
    .size = sizeof(options),
    .run = repro_run,
};
