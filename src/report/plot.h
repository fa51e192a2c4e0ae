/* plot.h -- figures of a results folder, drawn by gnuplot from its CSVs.
 *
 * The scripts (plots/NAME.gp) work without idim; their bytes are in the library, and the one that drew a
 * figure is written beside it, to be edited and run again. The script's last line is a checksum of what
 * was written: a script that was edited is kept and drawn with; removed, it comes back as it was. */
#ifndef REPORT_PLOT_H
#define REPORT_PLOT_H

#include "base/status.h"

/* FOLDER/plots/NAME.gp and NAME.FORMAT for each of formats ("svg+pdf+png"), each whole or as before.
 * ERR_USAGE: no such script or format; ERR_FILE, ERR_FORMAT: a CSV that it reads is not there or is no
 * CSV; ERR_FAILED: gnuplot is not there, or could not draw, with what it said. */
status plot_draw(const char *folder, const char *name, const char *formats);

/* Sweeps over each other in one figure: FIRST/plots/overlay.gp and .FORMAT. The script names all folders and what is
 * asked for, and draws the same without idim. */
typedef struct plot_sweeps {
    const char *by;     /* a column of runs.csv that tells groups apart, or folder */
    const char *x, *y;  /* columns of numbers */
    const char *width;  /* column, page, slide */
    const char *format; /* "svg+pdf+png" */
} plot_sweeps;
/* As plot_draw; ERR_USAGE: a column that a folder does not have. */
status plot_over(const plot_sweeps *how, const char *const *folders, size_t n);

/* The scripts' names, "d90"; NULL behind the last. */
const char *plot_name(size_t i);

#endif
