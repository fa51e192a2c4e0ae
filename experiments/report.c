/* report.c -- idim report: a results folder as one page, and as what a paper takes from it. */
#include "base/file.h"
#include "experiments/folder.h"
#include "report/page.h"
#include "report/paper.h"
#include "report/plot.h"

typedef struct options {
    bool latex, markdown, plot;
} options;

static const key keys[] = {
    KEY("latex", options, latex, "no", 0, 0, "",
        "tables.tex (booktabs), numbers.tex (a macro for each d90), methods.tex (the settings)"),
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
    asks.asks[asks.n - 1].run.exec_content = "";
    command_line(&d90, &asks.asks[asks.n - 1], line);
    text_add(line, " --out ");
    command_quoted(name, line);
    ask_clear(&asks);
    return text_failed(line) ? ERR_MEMORY : OK;
}

static status report_folder(const options *o, const char *path, const char *name, FILE *out)
{
    char *d90 = mem_printf("%s/d90.csv", path);
    text line = {0};
    status st = d90 ? OK : ERR_MEMORY;
    if (!st && !file_exists(d90))
        st = error_set(ERR_FILE,
                       "%s: not there, for nothing was measured; `idim d90 --out %s` makes it", d90,
                       path);
    if (!st && o->plot &&
        plot_draw(path, "d90", "svg")) /* the page draws a curve of letters then */
        fprintf(stderr, "%s\n", error_text());
    if (!st && !(st = report_command(path, name, &line)))
        st = page_write(path, line.text);
    if (!st && o->latex)
        st = paper_latex(path);
    if (!st && o->markdown)
        st = paper_markdown(path);
    if (!st)
        fprintf(out, "%s/report.html%s%s\n", path,
                o->latex ? "  tables.tex  numbers.tex  methods.tex" : "",
                o->markdown ? "  report.md" : "");
    text_clear(&line);
    mem_free(d90);
    return st;
}

static int report_run(void *options_, size_t n, char *const *names, FILE *out)
{
    status st = OK;
    for (size_t i = 0; i < n && !st; i++) {
        char *path = folder_path(names[i], "");
        st = path ? report_folder(options_, path, names[i], out) : ERR_MEMORY;
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
