/* terminal.c -- see terminal.h. A grid of cells is filled, later things over earlier ones, then written
 * out line by line. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "report/terminal.h"

enum { LEFT = 8, RIGHT = 18, MARKS = 9 };
typedef enum mark { NOTHING, LINE, DASH, DROP, SEED, MEAN, BAND, BAR, AXIS } mark;

static const char *const plain[MARKS] = {" ", "-", ".", ":", "o", "#", "=", "|", "-"};
static const char *const utf8[MARKS] = {" ", "─", "╌", "┆", "·", "●", "━", "┃", "─"};
static const char *const colours[MARKS] = {
    "", "", "\33[33m", "\33[36m", "\33[34m", "\33[34;1m", "\33[36m", "\33[36;1m", ""};

typedef struct drawing {
    const curve_space *s;
    terminal_look look;
    size_t width, height; /* of the plot */
    double x0, x1, y0, y1;
    uint8_t *cells; /* (height, width) */
} drawing;

static size_t column_of(const drawing *w, double d)
{
    double x = (log(d) - w->x0) / (w->x1 - w->x0) * (double)(w->width - 1);
    return x < 0 ? 0 : x > (double)(w->width - 1) ? w->width - 1 : (size_t)(x + .5);
}

static size_t row_of(const drawing *w, double y)
{
    double r = (w->y1 - y) / (w->y1 - w->y0) * (double)(w->height - 1);
    return r < 0 ? 0 : r > (double)(w->height - 1) ? w->height - 1 : (size_t)(r + .5);
}

static void put(drawing *w, size_t row, size_t column, mark m)
{
    w->cells[row * w->width + column] = (uint8_t)m;
}

static void level(drawing *w, double y, mark m)
{
    for (size_t c = 0; isfinite(y) && c < w->width; c++)
        put(w, row_of(w, y), c, m);
}

static void ranges(drawing *w)
{
    const curve_space *s = w->s;
    double low = fmin(s->baseline, s->threshold), high = fmax(s->baseline, s->threshold);
    for (size_t i = 0; i < s->n_runs; i++) { /* fmin and fmax pass NaN over */
        low = fmin(low, s->runs[i].score);
        high = fmax(high, s->runs[i].score);
    }
    w->x0 = log(s->d_min);
    w->x1 = s->d_max > s->d_min ? log(s->d_max) : w->x0 + 1;
    w->y0 = low;
    w->y1 = high > low ? high : low + 1;
}

static int by_d(const void *a, const void *b)
{
    const curve_run *x = a, *y = b;
    return x->d < y->d ? -1 : x->d > y->d;
}

static void points(drawing *w)
{
    const curve_space *s = w->s;
    for (size_t i = 0; i < s->n_runs; i++)
        put(w, row_of(w, s->runs[i].score), column_of(w, s->runs[i].d), SEED);
    for (size_t i = 0, end; i < s->n_runs; i = end) {
        double sum = 0;
        for (end = i; end < s->n_runs && s->runs[end].d <= s->runs[i].d; end++)
            sum += s->runs[end].score;
        put(w, row_of(w, sum / (double)(end - i)), column_of(w, s->runs[i].d), MEAN);
    }
}

/* ------------------------------------------------------------------ lines of text */

static void cell_out(const drawing *w, mark m, text *out)
{
    const char *const *set = w->look.utf8 ? utf8 : plain;
    if (w->look.colour && *colours[m])
        text_add(out, "%s%s\33[0m", colours[m], set[m]);
    else
        text_add(out, "%s", set[m]);
}

static void row_out(const drawing *w, size_t row, text *out)
{
    const curve_space *s = w->s;
    bool base = isfinite(s->baseline) && row_of(w, s->baseline) == row;
    bool bar = isfinite(s->threshold) && row_of(w, s->threshold) == row;
    size_t ends = w->width;
    if (row % 4 == 0 || row + 1 == w->height)
        text_add(out, "%7.3f %s", w->y1 - (w->y1 - w->y0) * (double)row / (double)(w->height - 1),
                 w->look.utf8 ? "┤" : "+");
    else
        text_add(out, "%7s %s", "", w->look.utf8 ? "│" : "|");
    while (ends && w->cells[row * w->width + ends - 1] == NOTHING)
        ends--;
    for (size_t c = 0; c < ends; c++)
        cell_out(w, (mark)w->cells[row * w->width + c], out);
    if (base)
        text_add(out, " baseline %.4f", s->baseline);
    else if (bar)
        text_add(out, " threshold %.4f", s->threshold);
    text_add(out, "\n");
}

/* 1, 2, 5 times powers of ten, where there is room. */
static void axis_out(const drawing *w, text *out)
{
    char labels[512];
    size_t used = 0,
           end = w->width + RIGHT < sizeof labels - 1 ? w->width + RIGHT : sizeof labels - 1;
    memset(labels, ' ', sizeof labels);
    text_add(out, "%8s%s", "", w->look.utf8 ? "└" : "+");
    bool *ticks = mem_array(w->width, sizeof *ticks);
    static const double steps[] = {1, 2, 5};
    for (int e = 0; ticks && e < 12; e++)
        for (size_t k = 0; k < 3; k++) {
            double d = steps[k] * pow(10, e);
            char word[24];
            if (log(d) < w->x0 - 1e-9 || log(d) > w->x1 + 1e-9)
                continue;
            size_t c = column_of(w, d), n = (size_t)snprintf(word, sizeof word, "%.0f", d);
            size_t from = c + LEFT + 1 > n / 2 ? c + LEFT + 1 - n / 2 : 0;
            ticks[c] = true;
            if (from >= used && from + n < end + LEFT) {
                memcpy(labels + from, word, n);
                used = from + n + 1;
            }
        }
    for (size_t c = 0; c < w->width; c++)
        text_add(out, "%s",
                 w->look.utf8 ? (ticks && ticks[c] ? "┬" : "─") : (ticks && ticks[c] ? "+" : "-"));
    text_add(out, "\n%.*s d\n", (int)used, labels);
    mem_free(ticks);
}

static void band_out(const drawing *w, text *out)
{
    const curve_space *s = w->s;
    if (!isfinite(s->d90))
        return;
    bool known = *s->low_state && *s->high_state;
    size_t at = column_of(w, s->d90);
    size_t from = known ? (isfinite(s->low) ? column_of(w, s->low) : 0) : at;
    size_t to = known ? (isfinite(s->high) ? column_of(w, s->high) : w->width - 1) : at;
    text_add(out, "%9s%*s", "", (int)from, "");
    for (size_t c = from; c <= to; c++)
        cell_out(w, c == at ? BAR : BAND, out);
    text_add(out, " d90%s\n", known ? ", 95 %" : "");
}

void terminal_curve(const curve_space *given, terminal_look look, text *out)
{
    curve_space s = *given;
    drawing w = {.s = &s, .look = look};
    w.look.columns = look.columns ? look.columns : 80;
    w.height = look.rows ? look.rows : 16;
    if (w.look.columns < LEFT + RIGHT + 20 || !s.n_runs)
        return;
    w.width = w.look.columns - LEFT - RIGHT - 2;
    w.cells = mem_array(w.height * w.width, 1);
    s.runs = mem_copy(given->runs, given->n_runs, sizeof *given->runs);
    if (w.cells && s.runs) {
        qsort(s.runs, s.n_runs, sizeof *s.runs, by_d);
        ranges(&w);
        level(&w, s.threshold, DASH);
        level(&w, s.baseline, LINE);
        for (size_t r = row_of(&w, s.threshold); isfinite(s.d90) && r < w.height; r++)
            put(&w, r, column_of(&w, s.d90), DROP);
        points(&w);
        for (size_t r = 0; r < w.height; r++)
            row_out(&w, r, out);
        axis_out(&w, out);
        band_out(&w, out);
    } else {
        out->failed = true;
    }
    mem_free(w.cells);
    mem_free(s.runs);
}
