/* plot.c -- idim plot: the figures of a results folder, by gnuplot. */
#include <string.h>

#include "base/file.h"
#include "experiments/folder.h"
#include "report/plot.h"

typedef struct options {
    const char *format, *figure, *by, *x, *y;
    int width;
} options;

enum { PLOT_PAGE = 1 }; /* of width, the default */

static const key keys[] = {
    KEY_TEXT("format", options, format, "svg+pdf+png", "which files: a list of svg, pdf, png"),
    KEY_TEXT("figure", options, figure, "d90",
             "which figure: d90, history, lr; of updates spectra, depth, similarity, intruders"),
    KEY_TEXT("by", options, by, "",
             "all folders in one figure, told apart by a column of runs.csv: space, model, folder"),
    KEY_TEXT("x", options, x, "d_total", "of the figure of --by: the column across"),
    KEY_TEXT("y", options, y, "score", "of the figure of --by: the column upwards"),
    KEY_WORD("width", options, width, "page", "column+page+slide",
             "of the figure of --by: 3.25, 6.75 or 10 inches, with letters of 8 pt"),
    {0},
};

/* Is it a figure of runs? What others read is said where it is missing. */
static bool plot_runs(const char *figure)
{
    return !strcmp(figure, "d90") || !strcmp(figure, "history") || !strcmp(figure, "lr");
}

static status plot_one(const options *o, const char *path, FILE *out)
{
    status st = plot_draw(path, o->figure, o->format);
    if (!st)
        fprintf(out, "%s/plots: %s as %s\n", path, o->figure, o->format);
    return st;
}

/* The curve of each question of it. */
static status plot_d90(const options *o, const char *path, FILE *out)
{
    char **measured;
    size_t n;
    status st = folder_measured(path, &measured, &n);
    for (size_t i = 0; i < n && !st; i++)
        st = plot_one(o, measured[i], out);
    key_parts_free(measured, n);
    return st;
}

static status plot_folder(const options *o, const char *path, FILE *out)
{
    char *runs = mem_printf("%s/runs.csv", path);
    status st = runs ? OK : ERR_MEMORY;
    if (!st && !file_exists(runs) && plot_runs(o->figure) && !(st = folder_check(path)))
        st = error_set(ERR_FILE, "%s: not there; `idim collect` makes it", runs);
    mem_free(runs);
    if (st)
        return st;
    return strcmp(o->figure, "d90") ? plot_one(o, path, out) : plot_d90(o, path, out);
}

/* All in one figure, beside the first. */
static status plot_all(const options *o, char *const *paths, size_t n, FILE *out)
{
    static const char *const widths[] = {"column", "page", "slide"};
    const plot_sweeps how = {o->by, o->x, o->y, widths[o->width], o->format};
    status st = plot_over(&how, (const char *const *)paths, n);
    if (!st)
        fprintf(out, "%s/plots: overlay as %s; overlay.gp draws it again without idim\n", paths[0],
                o->format);
    return st;
}

/* ERR_USAGE: an option of the figure of --by without it. */
static status plot_check(const options *o)
{
    const char *of_by = o->width != PLOT_PAGE     ? "width"
                        : strcmp(o->x, "d_total") ? "x"
                        : strcmp(o->y, "score")   ? "y"
                                                  : NULL;
    return *o->by || !of_by
               ? OK
               : error_set(ERR_USAGE,
                           "idim plot: --%s is of the figure over folders; give --by space too",
                           of_by);
}

static int plot_run(void *options_, size_t n, char *const *names, FILE *out)
{
    const options *o = options_;
    char **paths = mem_array(n, sizeof *paths);
    status st = paths ? plot_check(o) : ERR_MEMORY;
    for (size_t i = 0; i < n && !st; i++)
        st = (paths[i] = folder_path(names[i], "")) ? OK : ERR_MEMORY;
    if (!st && *o->by)
        st = plot_all(o, paths, n, out);
    for (size_t i = 0; i < n && !st && !*o->by; i++)
        st = plot_folder(o, paths[i], out);
    key_parts_free(paths, n);
    return command_end(st);
}

const command command_plot = {
    .name = "plot",
    .group = "look",
    .doc = "figures of a results folder",
    .takes = "NAME...",
    .least = 1,
    .most = 16,
    .examples = {"idim plot demo --format pdf", "idim plot demo --figure history",
                 "idim plot demo other --by space --x d_total --width column"},
    .usual = " figure format by x width ",
    .tables = {keys},
    .size = sizeof(options),
    .run = plot_run,
};
