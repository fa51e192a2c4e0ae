/* progress.c -- see progress.h. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/os.h"
#include "base/progress.h"

enum { BAR = 20, LINE = 256 };

struct progress {
    FILE *out;
    bool live; /* a terminal that redraws */
    size_t total;
    double started, shown;
};

bool log_colour(FILE *out)
{
    const char *term = getenv("TERM"), *no = getenv("NO_COLOR");
    return os_is_terminal(fileno(out)) && !(no && *no) && term && strcmp(term, "dumb") != 0;
}

const char *progress_time_text(double seconds, char out[16])
{
    unsigned long s = seconds > 0 ? (unsigned long)(seconds + .5) : 0;
    if (s >= 3600)
        snprintf(out, 16, "%lu:%02lu:%02lu", s / 3600 % 100000, s / 60 % 60, s % 60);
    else
        snprintf(out, 16, "%lu:%02lu", s / 60, s % 60);
    return out;
}

status progress_new(progress **out, FILE *stream_, size_t total)
{
    progress *p = mem_array(1, sizeof *p);
    const char *term = getenv("TERM");
    *out = NULL;
    if (!p)
        return ERR_MEMORY;
    p->out = stream_;
    p->live = os_is_terminal(fileno(stream_)) && !(term && !strcmp(term, "dumb"));
    p->total = total;
    p->started = os_seconds();
    p->shown = -1;
    *out = p;
    return OK;
}

void progress_total(progress *p, size_t total)
{
    p->total = total;
}

void progress_show(progress *p, size_t done, double left_s, const char *now)
{
    char line[LINE], gone_text[16], left_text[16], bar[BAR + 1];
    double gone = os_seconds() - p->started;
    if (!p->live || (gone - p->shown < .1 && done < p->total))
        return;
    p->shown = gone;
    if (left_s < 0)
        left_s = done ? gone * (double)(p->total - done) / (double)done : 0;
    size_t full = p->total ? BAR * done / p->total : 0;
    memset(bar, '.', BAR);
    memset(bar, '#', full < BAR ? full : BAR);
    bar[BAR] = '\0';
    snprintf(line, sizeof line, "[%s] %zu/%zu | %s | %s gone, %s left", bar, done, p->total, now,
             progress_time_text(gone, gone_text), progress_time_text(left_s, left_text));
    fprintf(p->out, "\r%-*.*s", (int)os_columns() - 1, (int)os_columns() - 1, line);
    fflush(p->out);
}

void progress_clear(progress *p)
{
    if (!p || !p->live || p->shown < 0)
        return;
    fprintf(p->out, "\r%*s\r", (int)os_columns() - 1, "");
    fflush(p->out);
    p->shown = -1;
}

void progress_free(progress *p)
{
    progress_clear(p);
    mem_free(p);
}

void log_say(const logger *l, log_level level, const char *format, ...)
{
    va_list args;
    if (!l || !l->out || level > l->level)
        return;
    va_start(args, format);
    vfprintf(l->out, format, args);
    va_end(args);
    fputc('\n', l->out);
}
