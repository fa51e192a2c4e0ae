/* terminal.c -- see terminal.h. A grid of cells is filled, later things over earlier ones, then written
 * out line by line:
 *
 *     LEFT columns |  axis  |  the plot, `width` columns  |  RIGHT columns of labels */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "report/terminal.h"
#include "report/words.h"

enum { LEFT = 8, RIGHT = 17, LEAST = 44, TICKS = 64 };

typedef enum ink { INK_PLAIN, INK_FAINT, INK_BASE, INK_BAR, INK_CURVE, INK_RUN, INK_D90 } ink;
/* Colours that are read on light and on dark grounds. */
static const char *const ink_code[] = {"",        "\33[2m",    "\33[32m",  "\33[33m",
                                       "\33[34m", "\33[36;1m", "\33[35;1m"};

/* In UTF-8, and what stands for it in ASCII. */
typedef enum mark {
    BLANK,
    LEVEL,
    DASHES,
    DOTS,
    DROP,
    RUN,
    CROSS,
    TO_LEFT,
    TO_RIGHT,
    END_LEFT,
    END_RIGHT,
    BAND,
    SIDE,
    SIDE_TICK,
    CORNER,
    FOOT,
    FOOT_TICK,
    LINE /* LINE + i: braille with the dots of i */
} mark;
static const char *const mark_utf8[] = {" ", "─", "╌", "┈", "┊", "•", "◆", "◀", "▶",
                                        "├", "┤", "─", "│", "┤", "└", "─", "┬"};
static const char mark_ascii[] = " -~.:o#<>[]=|++-+";

typedef struct cell {
    uint16_t mark;
    uint8_t ink;
} cell;

typedef struct drawing {
    const curve_space *s;
    terminal_look look;
    size_t width, height;  /* of the plot, in cells */
    double x0, x1, y0, y1; /* ln d and score at the middles of the outer cells */
    cell *cells;           /* (height, width) */
} drawing;

/* ------------------------------------------------------------------ places */

/* 0 to n - 1, from the value that lies at a to the one at b; what is outside is put at the edge. */
static double terminal_place(double v, double a, double b, size_t n)
{
    double at = (v - a) / (b - a) * (double)(n - 1);
    return fmin(fmax(at, 0), (double)(n - 1));
}

static size_t terminal_column(const drawing *w, double d)
{
    return (size_t)(terminal_place(log(d), w->x0, w->x1, w->width) + .5);
}

static size_t terminal_row(const drawing *w, double y)
{
    return (size_t)(terminal_place(y, w->y1, w->y0, w->height) + .5);
}

static void terminal_put(drawing *w, size_t row, size_t column, unsigned m, ink i)
{
    w->cells[row * w->width + column] = (cell){(uint16_t)m, (uint8_t)i};
}

static cell terminal_at(const drawing *w, size_t row, size_t column)
{
    return w->cells[row * w->width + column];
}

/* The floor is shown where it costs at most a third of the height. */
static bool terminal_floor(const drawing *w)
{
    double out = fmax(w->y0 - w->s->floor, w->s->floor - w->y1);
    return isfinite(w->s->floor) && out < .34 * (w->y1 - w->y0);
}

static void terminal_ranges(drawing *w)
{
    const curve_space *s = w->s;
    double low = fmin(s->baseline, s->threshold), high = fmax(s->baseline, s->threshold);
    for (size_t i = 0; i < s->n_runs; i++) { /* fmin and fmax pass NaN over */
        low = fmin(low, s->runs[i].score);
        high = fmax(high, s->runs[i].score);
    }
    w->y0 = low;
    w->y1 = high;
    if (terminal_floor(w)) {
        w->y0 = fmin(low, s->floor);
        w->y1 = fmax(high, s->floor);
    }
    if (!(w->y1 - w->y0 > 1e-9 * fmax(fabs(w->y0), fabs(w->y1)))) {
        double room = fmax(fabs(high), 1e-9);
        w->y0 -= room / 2;
        w->y1 += room / 2;
    }
    double least = s->d_min, most = s->d_max;
    for (size_t i = 0; i < s->n_runs; i++) {
        least = fmin(least, s->runs[i].d);
        most = fmax(most, s->runs[i].d);
    }
    w->x0 = log(least);
    w->x1 = log(most);
    if (!(w->x1 - w->x0 > 1e-9)) {
        w->x0 -= 1;
        w->x1 += 1;
    }
    double edge = 1.5 * (w->x1 - w->x0) / (double)(w->width - 4); /* no dot on the frame */
    w->x0 -= edge;
    w->x1 += edge;
}

/* ------------------------------------------------------------------ what is drawn */

static void terminal_level(drawing *w, double y, mark m, ink i)
{
    for (size_t c = 0; isfinite(y) && c < w->width; c++)
        terminal_put(w, terminal_row(w, y), c, m, i);
}

/* Braille: 2 columns and 4 rows of dots a cell. */
static void terminal_braille(drawing *w, size_t x, size_t y)
{
    static const uint8_t bits[4][2] = {{0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}};
    cell *c = &w->cells[y / 4 * w->width + x / 2];
    int before = c->mark >= LINE ? c->mark - LINE : 0;
    *c = (cell){(uint16_t)(LINE + (before | bits[y % 4][x % 2])), INK_CURVE};
}

/* The line through the means, dot by dot along x; steep parts are filled in y. */
static void terminal_mean(drawing *w)
{
    const curve_space *s = w->s;
    double cell_x = (w->x1 - w->x0) / (double)(w->width - 1);
    double cell_y = (w->y1 - w->y0) / (double)(w->height - 1);
    /* the outer edges of the outer cells, since dots divide cells */
    double a = w->x0 - cell_x / 4, b = w->x1 + cell_x / 4;
    double top = w->y1 + cell_y * 3 / 8, bottom = w->y0 - cell_y * 3 / 8;
    for (size_t i = 0; i + 1 < s->n_means; i++) {
        double x[2], y[2];
        for (size_t k = 0; k < 2; k++) {
            x[k] = terminal_place(log(s->means[i + k].d), a, b, 2 * w->width);
            y[k] = terminal_place(s->means[i + k].mean, top, bottom, 4 * w->height);
        }
        double steps = ceil(fmax(fabs(x[1] - x[0]), fabs(y[1] - y[0]))) + 1;
        for (double k = 0; k <= steps; k++)
            terminal_braille(w, (size_t)(x[0] + (x[1] - x[0]) * k / steps + .5),
                             (size_t)(y[0] + (y[1] - y[0]) * k / steps + .5));
    }
}

/* Runs that would lie on one another stand side by side, at most half way to the next d. */
static void terminal_run(drawing *w, const curve_run *r, size_t most)
{
    size_t row = terminal_row(w, r->score), at = terminal_column(w, r->d);
    for (size_t k = 0; k <= 2 * most; k++) {
        size_t away = (k + 1) / 2, column = k % 2 ? at + away : at - away;
        if (column >= w->width) /* also below 0 */
            continue;
        unsigned there = terminal_at(w, row, column).mark;
        if (there != RUN && there != CROSS) {
            terminal_put(w, row, column, RUN, INK_RUN);
            return;
        }
    }
    terminal_put(w, row, at, RUN, INK_RUN);
}

static void terminal_runs(drawing *w)
{
    const curve_space *s = w->s;
    size_t nearest = w->width;
    for (size_t i = 0; i + 1 < s->n_means; i++) {
        size_t gap = terminal_column(w, s->means[i + 1].d) - terminal_column(w, s->means[i].d);
        nearest = gap < nearest ? gap : nearest;
    }
    for (size_t i = 0; i < s->n_runs; i++)
        terminal_run(w, &s->runs[i], nearest > 2 ? (nearest - 2) / 2 : 0);
}

static void terminal_d90(drawing *w)
{
    const curve_space *s = w->s;
    if (s->row.state != IDIM_EXACT || !isfinite(s->threshold))
        return;
    size_t column = terminal_column(w, s->d90), row = terminal_row(w, s->threshold);
    for (size_t r = row; r < w->height; r++)
        if (terminal_at(w, r, column).mark == BLANK)
            terminal_put(w, r, column, DROP, INK_D90);
    terminal_put(w, row, column, CROSS, INK_D90);
}

/* ------------------------------------------------------------------ lines of text */

static void terminal_ink(const drawing *w, ink i, ink *now, text *out)
{
    if (!w->look.colour || i == *now)
        return;
    if (*now != INK_PLAIN)
        text_add(out, "\33[0m");
    text_add(out, "%s", ink_code[i]);
    *now = i;
}

static void terminal_mark(const drawing *w, unsigned m, text *out)
{
    if (m < LINE) {
        text_bytes(out, w->look.utf8 ? mark_utf8[m] : &mark_ascii[m],
                   w->look.utf8 ? strlen(mark_utf8[m]) : 1);
    } else if (w->look.utf8) { /* U+2800 + bits */
        unsigned bits = m - LINE;
        const char bytes[3] = {(char)0xE2, (char)(0xA0 | bits >> 6), (char)(0x80 | (bits & 63))};
        text_bytes(out, bytes, sizeof bytes);
    } else {
        text_add(out, ".");
    }
}

static void terminal_words(const drawing *w, ink i, const char *words, text *out)
{
    ink now = INK_PLAIN;
    terminal_ink(w, i, &now, out);
    text_add(out, "%s", words);
    terminal_ink(w, INK_PLAIN, &now, out);
}

/* The label beside a row: two levels in one row take the one beside it too, in their order. */
static void terminal_label(const drawing *w, size_t row, text *out)
{
    const curve_space *s = w->s;
    const struct {
        const char *word;
        double y;
        ink ink;
    } levels[] = {{"baseline", s->baseline, INK_BASE},
                  {"threshold", s->threshold, INK_BAR},
                  {"floor", s->floor, INK_FAINT}};
    bool used[256] = {false};
    size_t last = w->height - 1;
    bool up = isfinite(s->baseline) && s->threshold > s->baseline;
    for (size_t i = 0; i < 3; i++) {
        char words[WORDS];
        if (!isfinite(levels[i].y) || (i == 2 && !terminal_floor(w)))
            continue;
        size_t at = terminal_row(w, levels[i].y);
        if (used[at])
            at = up ? (at ? at - 1 : at + 1) : (at < last ? at + 1 : at - 1);
        if (used[at])
            continue;
        used[at] = true;
        snprintf(words, sizeof words, " %s %.3g", levels[i].word, levels[i].y);
        if (at == row)
            terminal_words(w, levels[i].ink, words, out);
    }
}

/* 1, 2 or 5 times a power of ten, so that labels are three rows apart or more. */
static double terminal_step(const drawing *w)
{
    double want = (w->y1 - w->y0) / (double)(w->height - 1) * 3, ten = pow(10, floor(log10(want)));
    return want <= ten ? ten : want <= 2 * ten ? 2 * ten : want <= 5 * ten ? 5 * ten : 10 * ten;
}

static bool terminal_tick(const drawing *w, double step, size_t row, double *value)
{
    double y = w->y1 - (w->y1 - w->y0) * (double)row / (double)(w->height - 1);
    *value = step * floor(y / step + .5);
    return *value >= w->y0 - step * 1e-6 && *value <= w->y1 + step * 1e-6 &&
           terminal_row(w, *value) == row;
}

static void terminal_line(const drawing *w, size_t row, double step, text *out)
{
    double value;
    ink now = INK_PLAIN;
    size_t ends = w->width;
    int decimals = step < 1 ? (int)ceil(-log10(step) - 1e-9) : 0;
    text label = {0};
    bool tick = terminal_tick(w, step, row, &value);
    if (tick && fabs(value) < 1e7 && decimals <= 6)
        text_add(out, "%*.*f ", LEFT - 1, decimals, fabs(value) < step / 2 ? 0. : value);
    else if (tick)
        text_add(out, "%*.1e ", LEFT - 1, value);
    else
        text_add(out, "%*s", LEFT, "");
    terminal_mark(w, tick ? SIDE_TICK : SIDE, out);
    terminal_label(w, row, &label);
    while (!label.length && ends && terminal_at(w, row, ends - 1).mark == BLANK)
        ends--;
    for (size_t c = 0; c < ends; c++) {
        cell x = terminal_at(w, row, c);
        terminal_ink(w, (ink)x.ink, &now, out);
        terminal_mark(w, x.mark, out);
    }
    terminal_ink(w, INK_PLAIN, &now, out);
    text_add(out, "%s\n", label.text ? label.text : "");
    out->failed |= label.failed;
    text_clear(&label);
}

/* ------------------------------------------------------------------ the axis of d */

typedef struct label {
    size_t column;
    char word[24];
} label;

/* Ticks at `digits` times powers of ten. 0: their labels would touch. */
static size_t terminal_ticks(const drawing *w, const char *digits, label ticks[TICKS])
{
    size_t n = 0, end = 0;
    for (double ten = pow(10, floor(w->x0 / log(10))); log(ten) <= w->x1; ten *= 10)
        for (const char *p = digits; *p; p++) {
            double d = (*p - '0') * ten;
            if (log(d) < w->x0 || log(d) > w->x1)
                continue;
            if (n == TICKS)
                return 0;
            ticks[n].column = terminal_column(w, d);
            size_t length =
                (size_t)snprintf(ticks[n].word, sizeof ticks->word, d < 1e7 ? "%.10g" : "%.0e", d);
            size_t from = LEFT + 1 + ticks[n].column;
            from = from > length / 2 ? from - length / 2 : 0;
            if (n && from < end + 2)
                return 0;
            end = from + length;
            n++;
        }
    return n;
}

static void terminal_axis(const drawing *w, text *out)
{
    static const char *const sets[] = {"123456789", "12345", "125", "13", "1"};
    label ticks[TICKS];
    size_t n = 0, next = 0, at = 0;
    for (size_t i = 0; i < sizeof sets / sizeof *sets && n < 2; i++)
        n = terminal_ticks(w, sets[i], ticks);
    text_add(out, "%*s", LEFT, "");
    terminal_mark(w, CORNER, out);
    for (size_t c = 0; c < w->width; c++) {
        bool here = next < n && ticks[next].column == c;
        terminal_mark(w, here ? FOOT_TICK : FOOT, out);
        next += here;
    }
    text_add(out, "\n");
    for (size_t i = 0; i < n; i++) {
        size_t length = strlen(ticks[i].word), from = LEFT + 1 + ticks[i].column;
        from = from > length / 2 ? from - length / 2 : 0;
        text_add(out, "%*s%s", (int)(from - at), "", ticks[i].word);
        at = from + length;
    }
    size_t name = LEFT + 1 + w->width;
    text_add(out, "%*sd\n", (int)(name > at + 1 ? name - at : 1), "");
}

/* d90 and its interval, under the axis, with the words where there is room. */
static void terminal_band(const drawing *w, text *out)
{
    const d90_row *r = &w->s->row;
    char value[WORDS], ends[WORDS];
    text words = {0}, bar = {0};
    size_t from, to, room = LEFT + 1 + w->width + RIGHT;
    words_d90(r, value);
    words_interval(r, ends);
    text_add(&words, "d90 %s%s%s%s%s", r->state == IDIM_EXACT ? "= " : "", value, *ends ? " (" : "",
             ends, *ends ? ")" : "");
    if (r->state == IDIM_EXACT) {
        from = to = terminal_column(w, r->fit);
        bool left = *ends && r->low > 0, right = *ends && isfinite(r->high);
        if (*ends) {
            from = left ? terminal_column(w, r->low) : 0;
            to = right ? terminal_column(w, r->high) : w->width - 1;
        }
        size_t at = terminal_column(w, r->fit);
        for (size_t c = from; c <= to; c++)
            terminal_mark(w,
                          c == at              ? CROSS
                          : c == from && !left ? TO_LEFT
                          : c == to && !right  ? TO_RIGHT
                          : c == from          ? END_LEFT
                          : c == to            ? END_RIGHT
                                               : BAND,
                          &bar);
    } else {
        from = to = r->state == IDIM_ABOVE ? w->width - 1 : 0;
        if (r->state != IDIM_UNMEASURABLE)
            terminal_mark(w, r->state == IDIM_ABOVE ? TO_RIGHT : TO_LEFT, &bar);
    }
    bool behind = LEFT + 1 + to + 2 + words.length <= room, before = words.length <= LEFT + from;
    if (before && !behind)
        text_add(out, "%*s ", (int)(LEFT + from), words.text ? words.text : "");
    else
        text_add(out, "%*s", (int)(LEFT + 1 + from), "");
    terminal_words(w, INK_D90, bar.text ? bar.text : "", out);
    if (behind || !before) /* or, where it fits on neither side, on a line of its own */
        text_add(out, "%s%s", behind ? bar.length ? " " : "" : "\n ", words.text ? words.text : "");
    text_add(out, "\n");
    out->failed |= words.failed || bar.failed;
    text_clear(&words);
    text_clear(&bar);
}

void terminal_curve(const curve_space *s, terminal_look look, text *out)
{
    drawing w = {.s = s, .look = look};
    size_t columns = look.columns ? look.columns : 80;
    w.height = look.rows ? look.rows : 14;
    w.height = w.height < 4 ? 4 : w.height > 200 ? 200 : w.height;
    if (columns < LEAST || !s->n_runs)
        return;
    w.width = columns - LEFT - 1 - RIGHT;
    w.cells = mem_array(w.height * w.width, sizeof *w.cells);
    if (!w.cells) {
        out->failed = true;
        return;
    }
    terminal_ranges(&w);
    if (terminal_floor(&w))
        terminal_level(&w, s->floor, DOTS, INK_FAINT);
    terminal_level(&w, s->threshold, DASHES, INK_BAR);
    terminal_level(&w, s->baseline, LEVEL, INK_BASE);
    terminal_mean(&w);
    terminal_d90(&w);
    terminal_runs(&w);
    double step = terminal_step(&w);
    text_add(out, "%*s\n", LEFT + 1, s->metric && *s->metric ? s->metric : "score");
    for (size_t r = 0; r < w.height; r++)
        terminal_line(&w, r, step, out);
    terminal_axis(&w, out);
    terminal_band(&w, out);
    mem_free(w.cells);
}
