/* watch.c -- see watch.h. A leader's word counts while its process runs, or, of another machine, for two minutes. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/os.h"
#include "sweep/watch.h"

enum { WATCH_FORMAT = 1, WATCH_LIMIT = 1 << 24 };

/* ------------------------------------------------------------------ leaders */

static char *word_path(const char *folder)
{
    char host[64];
    os_host(host);
    return mem_printf("%s/running/%s-%ld.json", folder, host, os_process());
}

void watch_say(const char *folder, const run_spec *const *runs, size_t n)
{
    char *path = word_path(folder), time[32], host[64];
    text members = {0}, line = {0};
    os_host(host);
    os_time_text(time);
    text_add(&members, "\"format\":%d,\"time\":\"%s\",\"host\":", WATCH_FORMAT, time);
    jsonl_string(&members, host);
    text_add(&members, ",\"process\":%ld,\"runs\":[", os_process());
    for (size_t i = 0; i < n; i++) {
        text_add(&members, i ? "," : "");
        run_write(runs[i], &members);
    }
    text_add(&members, "]");
    if (!members.failed)
        jsonl_seal(members.text, &line);
    if (path && !members.failed && !line.failed && !file_make_folder_of(path))
        (void)file_write(path, line.text, line.length);
    text_clear(&members);
    text_clear(&line);
    mem_free(path);
}

void watch_end(const char *folder)
{
    char *path = word_path(folder), *running = mem_printf("%s/running", folder);
    if (path)
        remove(path);
    if (running)
        remove(running); /* when it was the last one */
    mem_free(path);
    mem_free(running);
}

/* "2026-11-24T12:00:00Z" in seconds of a calendar of months of 31 days: for differences of minutes. */
static double time_of(const char *time)
{
    double y = 0, m = 0, d = 0, h = 0, min = 0, s = 0;
    sscanf(time, "%lf-%lf-%lfT%lf:%lf:%lfZ", &y, &m, &d, &h, &min, &s);
    return ((((y * 12 + m) * 31 + d) * 24 + h) * 60 + min) * 60 + s;
}

static bool leader_lives(const json_t *word, const char *now)
{
    enum { PATIENCE_S = 120 };
    char host[64];
    double age = time_of(now) - time_of(jsonl_get_string(word, "time", ""));
    os_host(host);
    if (!strcmp(jsonl_get_string(word, "host", ""), host))
        return os_process_runs((long)jsonl_get_number(word, "process", 0));
    return fabs(age) < PATIENCE_S;
}

/* ------------------------------------------------------------------ rows */

static status row_find(watch *w, const char *space_, double d, watch_row **out)
{
    for (size_t i = 0; i < w->n; i++)
        if (w->rows[i].d == d && !strcmp(w->rows[i].space, space_)) {
            *out = &w->rows[i];
            return OK;
        }
    watch_row *more = mem_resize(w->rows, w->n + 1, sizeof *more);
    if (!more)
        return ERR_MEMORY;
    w->rows = more;
    const char *kept = key_texts_take(&w->texts, mem_string(space_));
    if (!kept)
        return ERR_MEMORY;
    more[w->n] = (watch_row){.space = kept, .d = d, .best = (double)NAN, .left_s = (double)NAN};
    *out = &more[w->n++];
    return OK;
}

static status want(watch *w, const char *space_, double d, size_t seeds)
{
    watch_row *row;
    status st = row_find(w, space_, d, &row);
    if (!st && seeds > row->want_here)
        row->want_here = seeds;
    return st;
}

/* What an ask wants of scores: its rates are known when they are chosen, and a search's d when it is there. */
static status want_of(watch *w, const ask *a)
{
    char **spaces;
    size_t n, n_d;
    double *d;
    status st;
    if (a->search)
        return OK;
    if ((st = ask_spaces(&a->run, &spaces, &n)))
        return st;
    if (!(st = key_numbers("d", a->d, &d, &n_d))) {
        for (size_t i = 0; i < n && !st; i++)
            for (size_t k = 0; k < n_d && !st; k++)
                st = want(w, spaces[i], run_swept(&a->run, spaces[i]) ? d[k] : 0, a->seeds);
        mem_free(d);
    }
    key_parts_free(spaces, n);
    return st;
}

/* Asks of one question name the same scores again, those of two questions others. */
static status want_all(watch *w, const ask_list *list)
{
    status st = OK;
    for (size_t i = 0; i < list->n && !st; i++) {
        bool first = true;
        for (size_t k = 0; k < i; k++)
            first = first && !ask_alike(&list->asks[i], &list->asks[k]);
        for (size_t k = i; k < list->n && first && !st; k++)
            if (ask_alike(&list->asks[i], &list->asks[k]))
                st = want_of(w, &list->asks[k]);
        for (size_t k = 0; k < w->n && first; k++) {
            w->rows[k].want += w->rows[k].want_here;
            w->rows[k].want_here = 0;
        }
    }
    return st;
}

typedef struct spec { /* a space as runs name it, with its row */
    const record *r;
    const char *space;
    size_t order;
} spec;

static int by_space(const void *a, const void *b)
{
    const spec *x = a, *y = b;
    int order = strcmp(x->space, y->space);
    return order ? order : x->order < y->order ? -1 : x->order > y->order;
}

/* The space without what is swept, and its number. */
static status spec_cut(const run_spec *run, char **space_, double *d)
{
    const char *swept = run_swept(run, run->space);
    *d = 0;
    *space_ = NULL;
    if (!swept || !strcmp(run->space, "full"))
        return (*space_ = mem_string(run->space)) ? OK : ERR_MEMORY;
    *d = space_number(run->space, swept);
    *d = isnan(*d) ? 0 : *d;
    return run_with(run, run->space, swept, NULL, space_);
}

/* Where baselines are counted: the d of full is D, which their first result says. */
static double full_d(const watch *w)
{
    for (size_t i = 0; i < w->n; i++)
        if (!strcmp(w->rows[i].space, "full") && w->rows[i].d > 0)
            return w->rows[i].d;
    return 0;
}

/* The runs of a leader's word, each in its row. */
static status count_word(const json_t *word, watch *w)
{
    json_t *list = json_object_get(word, "runs"), *one;
    size_t k;
    status st = OK;
    w->leaders++;
    json_array_foreach(list, k, one)
    {
        run_spec run;
        key_texts texts = {0};
        char *space_ = NULL;
        double d;
        watch_row *row;
        if (!(st = run_read(one, &run, &texts)) && !(st = spec_cut(&run, &space_, &d)) &&
            !(st = row_find(w, space_, !strcmp(space_, "full") ? full_d(w) : d, &row))) {
            row->running++;
            w->running++;
        }
        mem_free(space_);
        key_texts_clear(&texts);
        if (st == ERR_MEMORY)
            return st;
    }
    return OK;
}

static status count_running(const char *folder, watch *w)
{
    char *running = mem_printf("%s/running", folder), **names = NULL;
    size_t n = 0;
    status st = running ? file_names(running, ".json", &names, &n) : ERR_MEMORY;
    for (size_t i = 0; i < n && !st; i++) {
        char *path = mem_printf("%s/%s", running, names[i]), *bytes = NULL;
        size_t length = 0;
        json_t *word = NULL;
        status bad = path ? file_read(path, WATCH_LIMIT, &bytes, &length) : ERR_MEMORY;
        if (!bad && length)
            bad = jsonl_open(bytes, length - 1, &word);
        if (bad == ERR_MEMORY)
            st = bad;
        else if (word &&
                 leader_lives(word, w->time)) /* one that is gone since it was listed is none */
            st = count_word(word, w);
        json_decref(word);
        mem_free(bytes);
        mem_free(path);
    }
    file_names_free(names, n);
    mem_free(running);
    return st;
}

static int by_place(const void *a, const void *b)
{
    const watch_row *x = a, *y = b;
    int order = strcmp(x->space, y->space);
    return order ? order : (x->d > y->d) - (x->d < y->d);
}

typedef struct pace {
    double sum;
    size_t n;
} pace;

static void count_run(watch_row *row, const record *r, pace *all)
{
    if (r->status == RECORD_FAILED) {
        row->failed++;
        return;
    }
    if (r->status == RECORD_STOPPED)
        return;
    if (r->result.steps && isfinite(r->wall_s)) { /* step 0 says nothing of the pace */
        all->sum += r->wall_s;
        all->n++;
    }
    if (r->run.role == RUN_TUNE) {
        row->tuned++;
        return;
    }
    row->done++;
    row->lower_is_better = r->lower_is_better;
    double x = r->result.score;
    if (isnan(row->best) || (r->lower_is_better ? x < row->best : x > row->best))
        row->best = x;
}

static status count_all(store *s, watch *w, pace *all)
{
    size_t n = store_count(s);
    spec *specs = mem_array(n, sizeof *specs);
    status st = specs ? OK : ERR_MEMORY;
    for (size_t i = 0; i < n && !st; i++) {
        const record *r = store_at(s, i);
        specs[i] = (spec){r, r->run.space, i};
    }
    if (!st && n)
        qsort(specs, n, sizeof *specs, by_space);
    size_t at = 0; /* the row of the space that came last */
    const char *last = NULL;
    for (size_t i = 0; i < n && !st; i++) {
        const record *r = specs[i].r;
        watch_row *row;
        bool floor = !*r->run.exec && !r->run.epochs && !r->run.steps;
        if (floor) { /* the baseline, of the same space, has another row */
            st = row_find(w, "full", 0, &row);
        } else if (last && !strcmp(specs[i].space, last)) {
            row = &w->rows[at];
        } else {
            char *space_;
            double d;
            if ((st = spec_cut(&r->run, &space_, &d)))
                break;
            bool full = !strcmp(space_, "full"); /* of several networks: each its own D */
            if (full)
                d = (double)r->D;
            if (!(st = row_find(w, space_, d, &row))) {
                at = (size_t)(row - w->rows);
                last = full ? NULL : specs[i].space;
            }
            mem_free(space_);
        }
        if (st)
            break;
        count_run(row, r, all);
    }
    mem_free(specs);
    return st;
}

static void sum_up(watch *w, const pace *all)
{
    size_t running = w->running;
    for (size_t i = 0; i < w->n; i++) {
        watch_row *row = &w->rows[i];
        size_t open = row->want > row->done + row->failed ? row->want - row->done - row->failed : 0;
        w->want += row->want;
        *(row->want ? &w->done : &w->beside) += row->done;
        w->failed += row->failed;
        w->tuned += row->tuned;
        if (open && all->n)
            row->left_s =
                (double)open * all->sum / (double)all->n / (double)(running ? running : 1);
        else if (!open && row->want)
            row->left_s = 0;
        if (isfinite(row->left_s))
            w->left_s += row->left_s;
    }
    if (w->n)
        qsort(w->rows, w->n, sizeof *w->rows, by_place);
}

status watch_look(store *s, watch *out)
{
    ask_list asks = {0};
    pace all = {0};
    status st;
    *out = (watch){0};
    os_time_text(out->time);
    if ((st = store_refresh(s)) || (st = ask_load(store_folder(s), &asks)))
        return st;
    if (!(st = want_all(out, &asks)) && !(st = count_all(s, out, &all)) &&
        !(st = count_running(store_folder(s), out)))
        sum_up(out, &all);
    out->twice = store_twice(s);
    ask_clear(&asks);
    if (st)
        watch_clear(out);
    return st;
}

void watch_clear(watch *w)
{
    mem_free(w->rows);
    key_texts_clear(&w->texts);
    *w = (watch){0};
}
