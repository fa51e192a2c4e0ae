/* report.c -- idim report: a results folder as one page, and as what a paper takes from it. */
#include "experiments/folder.h"
#include "report/page.h"
#include "report/paper.h"
#include "report/plot.h"

typedef struct options {
    bool latex, markdown, plot;
} options;

static const key keys[] = {
    KEY("latex", options, latex, "no", 0, 0, "",
        "tables.tex, chosen_rates.tex (booktabs), numbers.tex (a macro for each d90), methods.tex "
        "(the "
        "settings)"),
    KEY("markdown", options, markdown, "no", 0, 0, "", "report.md"),
    KEY("plot", options, plot, "yes", 0, 0, "", "draw the figure first, where gnuplot is there"),
    {0},
};

/* The command that the last ask of a folder stands for; "": none is noted. */
static status report_command(const char *path, const char *name, text *line)
{
    ask_list asks;
    status st = ask_load(path, &asks);
    if (st || !asks.n)
        return st;
    command d90 = command_d90; /* its options begin with the ask; the others are not noted */
    d90.tables[2] = NULL;
    d90.size = sizeof(ask);
    asks.asks[asks.n - 1].run.data_content = asks.asks[asks.n - 1].run.exec_content = "";
    command_line(&d90, &asks.asks[asks.n - 1], line);
    text_add(line, " --out ");
    command_quoted(name, line);
    ask_clear(&asks);
    return text_failed(line) ? ERR_MEMORY : OK;
}

static status report_folder(const options *o, const char *path, const char *name, FILE *out)
{
    text line = {0};
    if (o->plot && plot_draw(path, "d90", "svg")) /* the page draws a curve of letters then */
        fprintf(stderr, "%s\n", error_text());
    status st = report_command(path, name, &line);
    if (!st)
        st = page_write(path, line.text);
    if (!st && o->latex)
        st = paper_latex(path);
    if (!st && o->markdown)
        st = paper_markdown(path);
    if (!st)
        fprintf(out, "%s/report.html%s%s\n", path,
                o->latex ? "  tables.tex  numbers.tex  methods.tex  chosen_rates.tex" : "",
                o->markdown ? "  report.md" : "");
    text_clear(&line);
    return st;
}

/* One page for each question of it. */
static status report_all(const options *o, const char *path, const char *name, FILE *out)
{
    char **measured;
    size_t n;
    status st = folder_measured(path, &measured, &n);
    for (size_t i = 0; i < n && !st; i++)
        st = report_folder(o, measured[i], name, out);
    key_parts_free(measured, n);
    return st;
}

static int report_run(void *options_, size_t n, char *const *names, FILE *out)
{
    status st = OK;
    for (size_t i = 0; i < n && !st; i++) {
        char *path = folder_path(names[i], "");
        st = path ? report_all(options_, path, names[i], out) : ERR_MEMORY;
        mem_free(path);
    }
    return command_end(st);
}

const command command_report = {
    .name = "report",
    .group = "look",
    .doc = "a results folder as one page, and for LaTeX",
    .takes = "NAME...",
    .least = 1,
    .most = 16,
    .examples = {"idim report demo", "idim report demo --latex", "idim report demo --markdown"},
    .tables = {keys},
    .size = sizeof(options),
    .run = report_run,
};
