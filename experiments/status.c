/* status.c -- idim status: how far a results folder is, live in a terminal. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/os.h"
#include "experiments/folder.h"
#include "format/csv.h"
#include "sweep/watch.h"

enum { LOOK_MS = 2000 };

typedef struct options {
    bool once, csv;
} options;

static const key keys[] = {
    KEY("once", options, once, "no", 0, 0, "", "one look, also in a terminal"),
    KEY("csv", options, csv, "no", 0, 0, "",
        "one look as CSV, each row with the time that it is as of"),
    {0},
};

static void say_csv(const watch *w, text *t)
{
    static const char *const names[] = {"time",   "space", "d",       "asked", "done",
                                        "failed", "tuned", "running", "best",  "left_s"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        csv_text(t, names[i]);
    csv_end(t);
    for (size_t i = 0; i < w->n; i++) {
        const watch_row *r = &w->rows[i];
        const size_t counts[] = {r->want, r->done, r->failed, r->tuned, r->running};
        csv_text(t, w->time);
        csv_text(t, r->space);
        csv_number(t, r->d);
        for (size_t k = 0; k < sizeof counts / sizeof *counts; k++)
            csv_count(t, counts[k]);
        csv_number(t, r->best);
        csv_number(t, r->left_s);
        csv_end(t);
    }
}

static void say_left(double seconds, char out[16])
{
    if (seconds > 0 && isfinite(seconds))
        progress_time_text(seconds, out);
    else
        snprintf(out, 16, "%s", isnan(seconds) ? "" : "-");
}

static void say_table(const watch *w, const char *path, text *t)
{
    char left[16], d[32], best[32];
    int wide = 5;
    for (size_t i = 0; i < w->n; i++)
        wide = (int)strlen(w->rows[i].space) > wide ? (int)strlen(w->rows[i].space) : wide;
    wide = wide < 40 ? wide : 40;
    text_add(t, "%s at %s\n\n%-*s %9s %11s %7s %6s %7s %9s %9s\n", path, w->time, wide, "space",
             "d", "done", "failed", "tuned", "running", "best", "left");
    for (size_t i = 0; i < w->n; i++) {
        const watch_row *r = &w->rows[i];
        char done[32];
        snprintf(done, sizeof done, r->want ? "%zu/%zu" : "%zu", r->done, r->want);
        *best = '\0';
        if (!isnan(r->best))
            snprintf(best, sizeof best, "%.4f", r->best);
        say_left(r->left_s, left);
        text_add(t, "%-*.*s %9s %11s %7zu %6zu %7zu %9s %9s\n", wide, wide, r->space,
                 key_number_text(r->d, d), done, r->failed, r->tuned, r->running, best, left);
    }
    say_left(w->left_s, left);
    text_add(t, "\n%zu of %zu scores, %zu beside", w->done, w->want, w->beside);
    text_add(t, ", %zu failed, %zu tuning runs", w->failed, w->tuned);
    if (w->twice)
        text_add(t, ", %zu done twice", w->twice);
    text_add(t, "; %zu running under %zu leader%s", w->running, w->leaders,
             w->leaders == 1 ? "" : "s");
    text_add(t, *left && *left != '-' ? "; %s left\n" : "\n", left);
}

static status look(store *s, const options *o, const char *path, bool live, bool *over, FILE *out)
{
    watch w;
    text t = {0};
    status st = watch_look(s, &w);
    if (st)
        return st;
    if (o->csv)
        say_csv(&w, &t);
    else
        say_table(&w, path, &t);
    if (!text_failed(&t))
        fprintf(out, "%s%s", live ? "\033[H\033[J" : "", t.text);
    fflush(out);
    st = text_failed(&t) ? ERR_MEMORY : OK;
    *over = !w.leaders;
    text_clear(&t);
    watch_clear(&w);
    return st;
}

static int status_run(void *options_, size_t n, char *const *names, FILE *out)
{
    const options *o = options_;
    const char *term = getenv("TERM");
    char *path = folder_path(names[0], "");
    store *s = NULL;
    bool live = !o->once && !o->csv && os_is_terminal(fileno(out)) && term && strcmp(term, "dumb"),
         over = false;
    status st = path ? folder_check(path) : ERR_MEMORY;
    (void)n;
    if (live)
        os_catch_signals();
    if (!st)
        st = store_open(&s, path);
    while (!st && !(st = look(s, o, path, live, &over, out)) && live && !over && !os_signal()) {
        size_t which;
        if (os_wait_any(NULL, 0, LOOK_MS, &which))
            break;
    }
    store_close(s);
    mem_free(path);
    return command_end(st);
}

const command command_status = {
    .name = "status",
    .group = "sweep",
    .doc = "how far a sweep is: done, running, failed, best so far, time left",
    .takes = "NAME",
    .least = 1,
    .most = 1,
    .examples = {"idim status demo", "idim status demo --once", "idim status demo --csv"},
    .tables = {keys},
    .size = sizeof(options),
    .run = status_run,
};
