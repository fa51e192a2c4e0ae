/* terminal.h -- a curve drawn with characters: score against d on a log axis. */
#ifndef REPORT_TERMINAL_H
#define REPORT_TERMINAL_H

#include "report/curve.h"

typedef struct terminal_look {
    size_t columns, rows; /* of the whole drawing and of the plot; 0: 80 and 14 */
    bool utf8, colour;
} terminal_look;

/* Appends the drawing of one space: baseline and threshold as lines, every run as a dot (dots that would
 * lie on one another stand side by side), the mean as a line, d90 and its interval under the axis.
 * Nothing for a space without runs, or in less than 44 columns. */
void terminal_curve(const curve_space *s, terminal_look look, text *out);

#endif
