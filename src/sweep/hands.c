/* hands.c -- the workers as their leader has them: started, given a unit, listened to, missed. See leading.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sweep/leading.h"

/* WAIT_MS: a signal between the look for one and the wait is seen after that time */
enum { WAIT_MS = 500 };

void hand_dismiss(hand *h)
{
    os_close(h->child.in);
    h->child.in = -1;
}

void hand_end(hand *h, bool hard)
{
    int code;
    if (!h->alive)
        return;
    if (hard)
        os_kill(&h->child, false);
    os_reap(&h->child, &code);
    h->alive = h->busy = false;
    text_clear(&h->line);
}

static status hand_start(sweep *s, hand *h)
{
    char path[4096], threads[32], memory[32], gpu[128];
    status st = os_executable(path, sizeof path);
    if (st)
        return st;
    if (s->n_gpus)
        snprintf(gpu, sizeof gpu, "CUDA_VISIBLE_DEVICES=%s",
                 s->gpus[(size_t)(h - s->hands) % s->n_gpus]);
    snprintf(threads, sizeof threads, "%zu", s->options.threads);
    snprintf(memory, sizeof memory, "%zu", sweep_share(s, s->options.jobs));
    const char *const argv[] = {path, "worker", s->options.folder, threads, memory, NULL};
    const char *const env[] = {"OPENBLAS_NUM_THREADS=1", s->n_gpus ? gpu : NULL, NULL};
    if ((st = os_spawn(&h->child, path, argv, env)))
        return st;
    h->alive = true;
    h->busy = false;
    h->tasks = s->n_tasks;
    if (sweep_tells(s, LOG_DEBUG))
        log_say(&s->options.log, LOG_DEBUG, "process %ld: a worker starts", h->child.process);
    return OK;
}

static status hand_give(stage *g, hand *h, size_t which)
{
    const unit *u = &g->units[which];
    const packed_task *p;
    text t = {0};
    status st = sweep_task(g->s, &g->runs[u->runs[0]], &p);
    if (!st && p->fd >= 0 && (size_t)(p - g->s->tasks) >= h->tasks) {
        hand_dismiss(h);
        hand_end(h, false);
        st = hand_start(g->s, h);
    }
    if (st)
        return st;
    text_add(&t, "{\"fd\":%d,\"stop\":%zu,\"keep_z\":%s,\"grace\":%g,\"runs\":[", p->fd,
             g->stop_epoch, g->s->options.keep_z ? "true" : "false", g->s->options.grace_s);
    for (size_t i = 0; i < u->n; i++) {
        text_add(&t, i ? "," : "");
        run_write(&g->runs[u->runs[i]], &t);
    }
    text_add(&t, "]}\n");
    st = t.failed ? ERR_MEMORY : os_write(h->child.in, t.text, t.length);
    text_clear(&t);
    h->busy = !st;
    h->unit = which;
    h->share = 0;
    if (!st && sweep_tells(g->s, LOG_DEBUG))
        log_say(&g->s->options.log, LOG_DEBUG,
                "process %ld: takes %zu runs, the first %s, seed %zu", h->child.process, u->n,
                g->runs[u->runs[0]].space, g->runs[u->runs[0]].seed);
    return st;
}

/* A worker died with a unit in its hands: each of its runs failed from outside, and is tried again
 * by this same stage when tries are left. */
static status hand_lost(stage *g, hand *h)
{
    sweep *s = g->s;
    const unit *u = &g->units[h->unit];
    char why[128];
    int code = 0;
    bool busy = h->busy;
    status st = os_reap(&h->child, &code);
    h->alive = h->busy = false;
    text_clear(&h->line);
    if (st || !busy)
        return st;
    snprintf(why, sizeof why, "its worker ended with %s %d", code > 128 ? "signal" : "exit code",
             code > 128 ? code - 128 : code);
    if (sweep_tells(s, LOG_WARN))
        log_say(&s->options.log, LOG_WARN, "process %ld, %zu runs: %s; they are tried again",
                h->child.process, u->n, why);
    for (size_t i = 0; i < u->n && !st; i++) {
        const run_spec *run = &g->runs[u->runs[i]];
        record r;
        char id[RUN_ID];
        if (!(st = sweep_id(s, run, id)) && !(st = record_failed(&r, run, id, why, true)))
            st = store_add_all(s->store, &r, 1);
    }
    return st ? st : stage_finish(g, h->unit);
}

static status hand_line(stage *g, hand *h, const char *line)
{
    size_t epoch, epochs;
    status st;
    if (sscanf(line, "epoch %zu %zu", &epoch, &epochs) == 2) {
        h->share = (double)epoch / (double)epochs;
        return stage_show(g, h->unit);
    }
    if (!strncmp(line, "said ", 5)) {
        store_say(g->s->store, line + 5);
        return OK;
    }
    if (!strcmp(line, "done")) {
        h->busy = false;
        if ((st = store_refresh(g->s->store)))
            return st;
        return stage_finish(g, h->unit);
    }
    if (!strncmp(line, "failed ", 7)) {
        const char *sentence = strchr(line + 7, ' ');
        return error_set((status)strtol(line + 7, NULL, 10), "%s", sentence ? sentence + 1 : "");
    }
    return error_set(ERR_FAILED, "a worker said what no worker says: %.60s", line);
}

static status hand_read(stage *g, hand *h)
{
    char some[4096], *stop;
    size_t got;
    status st = os_read(h->child.out, some, sizeof some, &got);
    if (st)
        return st;
    if (!got)
        return hand_lost(g, h);
    text_bytes(&h->line, some, got);
    if (h->line.failed)
        return ERR_MEMORY;
    while (h->line.length && (stop = memchr(h->line.text, '\n', h->line.length))) {
        size_t n = (size_t)(stop - h->line.text) + 1;
        *stop = '\0';
        if ((st = hand_line(g, h, h->line.text)))
            return st;
        memmove(h->line.text, h->line.text + n, h->line.length - n + 1);
        h->line.length -= n;
    }
    return OK;
}

status stage_workers(stage *g)
{
    sweep *s = g->s;
    os_child *children = mem_array(s->n_hands, sizeof *children);
    status st = children ? OK : ERR_MEMORY;
    while (!st) {
        size_t which = 0;
        bool waits = false;
        if ((st = stage_signal()))
            break;
        for (size_t i = 0; i < s->n_hands && which < g->n_units && !st; i++) {
            hand *h = &s->hands[i];
            if (h->busy)
                continue;
            if (!(st = stage_next(g, h, &which, &waits)) && which < g->n_units &&
                (h->alive || !(st = hand_start(s, h))) && (st = hand_give(g, h, which)) &&
                os_signal()) /* which ended the worker too */
                st = stage_signal();
        }
        if (st || (!hands_busy(s) && which == g->n_units && !waits))
            break;
        if (s->claims &&
            (st = claims_refresh(s->claims))) /* shows the others that this one is there */
            break;
        for (size_t i = 0; i < s->n_hands; i++) {
            children[i] = s->hands[i].child;
            if (!s->hands[i].alive)
                children[i].out = -1;
        }
        st = os_wait_any(children, s->n_hands, waits ? OTHERS_MS : WAIT_MS, &which);
        /* a worker that the same signal ended has not failed */
        if (!st && !(st = stage_signal()) && which < s->n_hands)
            st = hand_read(g, &s->hands[which]);
    }
    mem_free(children);
    return st;
}
