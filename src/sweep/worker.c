/* worker.c -- the far end of worker.h's lines. */
#include <stdio.h>
#include <string.h>

#include "base/os.h"
#include "sweep/worker.h"

typedef struct worker {
    runner *runner;
    store *store;
    int in, out;
    text line; /* what was read and not yet used */
} worker;

static int worker_told(void *context, size_t epoch, size_t epochs)
{
    const worker *w = context;
    char line[64];
    int n = snprintf(line, sizeof line, "epoch %zu %zu\n", epoch, epochs);
    return os_write(w->out, line, (size_t)n) != OK;
}

static void worker_said(void *context, const char *sentence)
{
    const worker *w = context;
    char line[2048];
    int n = snprintf(line, sizeof line - 1, "said %s", sentence);
    size_t length = n < 0 ? 0 : strlen(line);
    line[length++] = '\n';
    (void)os_write(w->out, line, length); /* a leader that is gone has nobody to tell */
}

/* The records of a unit that ended in an error: the fault is each run's own. */
static status worker_failed(worker *w, const run_spec *runs, size_t n, int fd, status why)
{
    char sentence[1024];
    const bool outside = why == ERR_MEMORY || why == ERR_FILE;
    const task *t = NULL;
    status st;
    snprintf(sentence, sizeof sentence, "%s", error_text());
    if (!*runs[0].exec && (st = runner_task(w->runner, runs[0].data, fd, &t)))
        return st;
    for (size_t i = 0; i < n && !st; i++) {
        record r;
        char id[RUN_ID];
        if (!(st = run_id(&runs[i], NULL, t ? task_content(t) : "", id, NULL)) &&
            !(st = record_failed(&r, &runs[i], id, sentence, outside)))
            st = store_add_all(w->store, &r, 1);
    }
    return st;
}

static status worker_unit(worker *w, const run_spec *runs, size_t n, int fd, const runner_how *how)
{
    record *records = mem_array(n, sizeof *records);
    status st;
    if (!records)
        return ERR_MEMORY;
    st = runner_unit(w->runner, runs, n, fd, how, records);
    /* what was asked for is wrong, or does not fit: every such run would end so, the leader is told */
    if (st == ERR_STOPPED || st == ERR_USAGE || st == ERR_LIMIT) {
        mem_free(records);
        return st;
    }
    if (st == ERR_MEMORY && n > 1) { /* one of the team may be too large: each by itself */
        mem_free(records);
        for (size_t i = 0; i < n; i++)
            if ((st = worker_unit(w, runs + i, 1, fd, how)))
                return st;
        return OK;
    }
    st = st ? worker_failed(w, runs, n, fd, st) : store_add_all(w->store, records, n);
    mem_free(records);
    return st;
}

static status worker_line(worker *w, const char *line, size_t n)
{
    json_error_t error;
    json_t *unit = json_loadb(line, n, 0, &error);
    key_texts texts = {0};
    if (!unit)
        return error_set(ERR_FORMAT, "worker: a line from the leader is no JSON: %s", error.text);
    const json_t *list = json_object_get(unit, "runs");
    size_t count = json_array_size(list);
    run_spec *runs = mem_array(count, sizeof *runs);
    status st = runs ? OK : ERR_MEMORY;
    if (!count)
        st = error_set(ERR_FORMAT, "worker: a unit without runs");
    for (size_t i = 0; i < count && !st; i++)
        st = run_read(json_array_get(list, i), &runs[i], &texts);
    const runner_how how = {.folder = store_folder(w->store),
                            .keep_z = json_is_true(json_object_get(unit, "keep_z")),
                            .grace_s = jsonl_get_number(unit, "grace", 0),
                            .stop_epoch = (size_t)jsonl_get_number(unit, "stop", 0),
                            .told = worker_told,
                            .said = worker_said,
                            .context = w};
    if (!st)
        st = worker_unit(w, runs, count, (int)jsonl_get_number(unit, "fd", -1), &how);
    json_decref(unit);
    mem_free(runs);
    key_texts_clear(&texts);
    return st ? st : os_write(w->out, "done\n", 5);
}

/* Reads until a whole line is there; *n = 0 at the end. */
static status worker_read(worker *w, size_t *n)
{
    char some[4096];
    size_t got;
    status st;
    const char *stop;
    for (;;) {
        *n = 0;
        if (w->line.length && (stop = memchr(w->line.text, '\n', w->line.length))) {
            *n = (size_t)(stop - w->line.text) + 1;
            return OK;
        }
        if ((st = os_read(w->in, some, sizeof some, &got)))
            return st;
        if (!got)
            return OK;
        text_bytes(&w->line, some, got);
        if (w->line.failed)
            return ERR_MEMORY;
    }
}

status worker_main(const char *folder, size_t threads, size_t memory, int in, int out)
{
    worker w = {.in = in, .out = out};
    size_t n;
    status st, st2;
    os_catch_signals();
    os_die_with_parent();
    if ((st = runner_new(&w.runner, NULL, threads, memory)) ||
        (st = store_open_blind(&w.store, folder)))
        goto done;
    while (!(st = worker_read(&w, &n)) && n && !os_signal()) {
        if ((st = worker_line(&w, w.line.text, n - 1)))
            break;
        memmove(w.line.text, w.line.text + n, w.line.length - n + 1);
        w.line.length -= n;
    }
done:
    if (st && st != ERR_STOPPED) {
        text t = {0};
        text_add(&t, "failed %d %s\n", (int)st, error_text());
        if (!t.failed)
            os_write(out, t.text, t.length);
        text_clear(&t);
    }
    st2 = store_close(w.store);
    runner_free(w.runner);
    text_clear(&w.line);
    return st ? st : st2;
}
