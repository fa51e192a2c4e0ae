/* plot.c -- idim plot: the figures of a results folder, by gnuplot. */
#include <string.h>

#include "base/file.h"
#include "experiments/folder.h"
#include "report/plot.h"

typedef struct options {
    const char *format, *figure;
} options;

static const key keys[] = {
    KEY_TEXT("format", options, format, "svg+pdf+png", "which files: a list of svg, pdf, png"),
    KEY_TEXT("figure", options, figure, "d90",
             "which figure: d90, history, lr; of updates spectra, depth, similarity, intruders"),
    {0},
};

/* Is it a figure of runs? What others read is said where it is missing. */
static bool plot_runs(const char *figure)
{
    return !strcmp(figure, "d90") || !strcmp(figure, "history") || !strcmp(figure, "lr");
}

static int plot_run(void *options_, size_t n, char *const *names, FILE *out)
{
    const options *o = options_;
    status st = OK;
    for (size_t i = 0; i < n && !st; i++) {
        char *path = folder_path(names[i], ""),
             *csv_ = path ? mem_printf("%s/runs.csv", path) : NULL,
             *d90 = path ? mem_printf("%s/d90.csv", path) : NULL;
        if (!csv_ || !d90)
            st = ERR_MEMORY;
        else if (!file_exists(csv_) && plot_runs(o->figure))
            st = error_set(ERR_FILE, "%s: not there; `idim collect` makes it", csv_);
        else if (!strcmp(o->figure, "d90") && !file_exists(d90))
            st = error_set(ERR_FILE,
                           "%s: not there, for nothing was measured: --figure history draws the "
                           "runs, idim d90 --out measures",
                           d90);
        else if (!(st = plot_draw(path, o->figure, o->format)))
            fprintf(out, "%s/plots: %s as %s\n", path, o->figure, o->format);
        mem_free(path);
        mem_free(csv_);
        mem_free(d90);
    }
    return command_end(st);
}

const command command_plot = {
    .name = "plot",
    .group = "look",
    .doc = "figures of a results folder",
    .takes = "NAME...",
    .least = 1,
    .most = 16,
    .examples = {"idim plot demo", "idim plot demo --format pdf",
                 "idim plot demo --figure history"},
    .tables = {keys},
    .size = sizeof(options),
    .run = plot_run,
};
