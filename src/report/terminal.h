/* terminal.h -- a curve drawn with characters: score against d on a log axis. */
#ifndef REPORT_TERMINAL_H
#define REPORT_TERMINAL_H

#include "report/curve.h"

typedef struct terminal_look {
    size_t columns, rows; /* of the whole drawing and of the plot; 0: 80 and 16 */
    bool utf8, colour;
} terminal_look;

/* Appends the drawing of one space: baseline and threshold as lines, every seed as a dot, the mean as a
 * mark, d90 and its interval under the axis. */
void terminal_curve(const curve_space *s, terminal_look look, text *out);

#endif
