/* leader.c -- a sweep: opened, asked for stages, closed; which runs and which worker is for the files of leading.h.
 *
 * Which worker trains what, and in which order, moves no number: ids are known before anything
 * starts, and every journal is read into the store before a stage ends. */
#include <stdio.h>
#include <string.h>

#include "sweep/leading.h"
#include "sweep/watch.h"

status sweep_open(sweep **out, const sweep_options *options)
{
    sweep *s = mem_array(1, sizeof *s);
    status st;
    *out = NULL;
    if (!s)
        return ERR_MEMORY;
    s->options = *options;
    s->n_hands = options->jobs;
    s->shares_n = 1;
    s->room.limit = options->memory > 0 ? options->memory : (double)os_memory();
    s->hands = mem_array(options->jobs, sizeof *s->hands);
    s->started = os_seconds();
    if (!s->hands) {
        sweep_close(s);
        return ERR_MEMORY;
    }
    if ((options->gpus && *options->gpus &&
         (st = key_cut(options->gpus, "+", &s->gpus, &s->n_gpus))) ||
        (st = store_open(&s->store, options->folder)) ||
        (options->folder && (st = claims_open(&s->claims, options->folder))) ||
        (options->show && (st = progress_new(&s->progress, options->show, 0))) ||
        (st = runner_new(&s->runner, options->rows, options->threads, 0))) {
        sweep_close(s);
        return st;
    }
    *out = s;
    return OK;
}

status sweep_close(sweep *s)
{
    status st;
    if (!s)
        return OK;
    for (size_t i = 0; s->hands && i < s->n_hands; i++)
        if (s->hands[i].alive)
            hand_dismiss(&s->hands[i]);
    for (size_t i = 0; s->hands && i < s->n_hands; i++)
        hand_end(&s->hands[i], s->hands[i].busy);
    for (size_t i = 0; i < s->n_tasks; i++) {
        os_close(s->tasks[i].fd);
        mem_free(s->tasks[i].spec);
    }
    if (s->announced)
        watch_end(s->options.folder);
    claims_close(s->claims);
    st = store_close(s->store);
    progress_free(s->progress);
    runner_free(s->runner);
    key_texts_clear(&s->texts);
    room_clear(&s->room);
    key_parts_free(s->gpus, s->n_gpus);
    mem_free(s->redone);
    mem_free(s->hands);
    mem_free(s);
    return st;
}

store *sweep_store(sweep *s)
{
    return s->store;
}

const char *sweep_kind(const sweep *s)
{
    return runner_kind(s->runner);
}

size_t sweep_done(const sweep *s)
{
    return s->done;
}

size_t sweep_found(const sweep *s)
{
    return s->found;
}

size_t sweep_failed(const sweep *s)
{
    return s->failed;
}

void sweep_share_of(sweep *s, size_t share, size_t of)
{
    s->share = share;
    s->shares_n = of;
}

void sweep_expect(sweep *s, size_t later)
{
    s->expected = later;
}

/* ------------------------------------------------------------------ tasks */

status sweep_task(sweep *s, const run_spec *run, const packed_task **out)
{
    static const packed_task none = {.fd = -1};
    const char *spec = run->data;
    const task *t;
    status st;
    if (*run->exec) { /* a program brings its own */
        *out = &none;
        return OK;
    }
    for (size_t i = 0; i < s->n_tasks; i++)
        if (!strcmp(s->tasks[i].spec, spec)) {
            *out = &s->tasks[i];
            return OK;
        }
    if (s->n_tasks == LEADER_TASKS)
        return error_set(ERR_LIMIT, "more than %d data sets in one sweep; split it", LEADER_TASKS);
    if ((st = runner_task(s->runner, spec, -1, &t)))
        return st;
    packed_task *p = &s->tasks[s->n_tasks];
    p->fd = -1;
    if (s->options.jobs && (st = task_pack(t, &p->fd)))
        return st;
    p->n_train = t->splits[IDIM_SPLIT_TRAIN].n;
    snprintf(p->content, sizeof p->content, "%s", runner_content(s->runner));
    if (!(p->spec = mem_string(spec)))
        return ERR_MEMORY;
    s->n_tasks++;
    *out = p;
    return OK;
}

status sweep_id(sweep *s, const run_spec *canonical, char id[RUN_ID])
{
    const packed_task *p;
    status st = sweep_task(s, canonical, &p);
    return st ? st : run_id(canonical, s->options.rows, p->content, id, NULL);
}

status sweep_run_of(sweep *s, const run_spec *r, run_spec *canonical, char id[RUN_ID])
{
    const packed_task *p;
    status st = run_canonical(r, s->options.rows, canonical, &s->texts);
    if (st || (st = sweep_task(s, canonical, &p)))
        return st;
    if (*r->data_content && strcmp(r->data_content, p->content) != 0)
        return error_set(ERR_USAGE,
                         "%s: its content is %.16s... and the run was asked for with %.16s...; put "
                         "the data of then into their place, or leave data.content out",
                         r->data, *p->content ? p->content : "empty", r->data_content);
    canonical->data_content = p->content;
    return run_id(canonical, s->options.rows, p->content, id, NULL);
}

status sweep_ids(sweep *s, const run_spec *canonical, const size_t *seeds, size_t n,
                 char (*ids)[RUN_ID])
{
    const packed_task *p;
    status st = sweep_task(s, canonical, &p);
    return st ? st : run_ids(canonical, s->options.rows, p->content, seeds, n, ids);
}

size_t sweep_share(const sweep *s, size_t jobs)
{
    size_t share = (size_t)(s->room.limit / 2) / jobs;
    return share ? share : 1;
}

status sweep_fits(sweep *s, const run_spec *r, size_t jobs)
{
    const packed_task *p;
    status st = sweep_task(s, r, &p);
    jobs = jobs ? jobs : s->options.jobs;
    return st ? st : runner_fits(s->runner, r, p->fd, jobs ? sweep_share(s, jobs) : 0);
}

status sweep_describe(sweep *s, const run_spec *r, runner_about *about)
{
    const packed_task *p;
    status st = sweep_task(s, r, &p);
    return st ? st : runner_describe(s->runner, r, p->fd, about);
}

status sweep_fresh_head(sweep *s, const run_spec *r, bool *fresh)
{
    const packed_task *p;
    status st = sweep_task(s, r, &p);
    return st ? st : runner_fresh_head(s->runner, r, p->fd, fresh);
}

/* ------------------------------------------------------------------ in this process, one unit after another */

static void here_said(void *context, const char *sentence)
{
    const sweep *s = context;
    store_say(s->store, sentence);
}

static int here_told(void *context, size_t epoch, size_t epochs)
{
    const sweep *s = context;
    (void)epoch;
    (void)epochs;
    if (s->claims)
        (void)claims_refresh(s->claims); /* shows the others that this one is there */
    return 0;
}

static status stage_here(stage *g)
{
    sweep *s = g->s;
    const runner_how how = {.folder = s->options.folder,
                            .keep_z = s->options.keep_z,
                            .stop_epoch = g->stop_epoch,
                            .grace_s = s->options.grace_s,
                            .told = here_told,
                            .said = here_said,
                            .context = s};
    status st = OK;
    while (!st) { /* a unit that begins after a signal leaves its checkpoint */
        size_t k;
        bool waits;
        if ((st = stage_next(g, NULL, &k, &waits)) || (k == g->n_units && !waits))
            break;
        if (k == g->n_units) {
            if (!(st = stage_signal()))
                st = os_wait_any(NULL, 0, OTHERS_MS, &k);
            continue;
        }
        unit *u = &g->units[k];
        const packed_task *p;
        run_spec *runs = mem_array(u->n, sizeof *runs);
        record *records = mem_array(u->n, sizeof *records);
        st = runs && records ? OK : ERR_MEMORY;
        for (size_t i = 0; i < u->n && !st; i++)
            runs[i] = g->runs[u->runs[i]];
        if (!st && !(st = sweep_task(s, &runs[0], &p)))
            st = runner_unit(s->runner, runs, u->n, p->fd, &how, records);
        if (!st)
            st = store_add_all(s->store, records, u->n);
        mem_free(runs);
        mem_free(records);
        if (!st)
            st = stage_finish(g, k);
    }
    return st;
}

/* ------------------------------------------------------------------ stages */

/* What is under way stays in checkpoints: sweep_close ends the workers by TERM. */
status stage_signal(void)
{
    return os_signal()
               ? error_set(ERR_STOPPED,
                           "stopped by signal %d; everything finished so far is kept, start "
                           "again to go on",
                           os_signal())
               : OK;
}

static status stage_failures(stage *g, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        char id[RUN_ID];
        const record *r;
        status st = sweep_id(g->s, &g->runs[i], id);
        if (st)
            return st;
        r = store_find(g->s->store, id);
        g->s->failed += !r || r->status == RECORD_FAILED;
    }
    return OK;
}

status sweep_stage(sweep *s, const run_spec *runs, size_t n)
{
    return sweep_round(s, runs, n, 0);
}

status sweep_round(sweep *s, const run_spec *runs, size_t n, size_t stop_epoch)
{
    status st = store_refresh(s->store);
    for (int tries = 0; tries < RECORD_TRIES && !st; tries++) {
        stage g = {.s = s, .runs = runs, .before = s->done, .stop_epoch = stop_epoch};
        size_t found = s->found;
        if (!(st = stage_todo(&g, n)) && g.n_todo && !(st = stage_units(&g)) &&
            !(st = stage_room(&g))) {
            if (sweep_tells(s, LOG_INFO))
                log_say(&s->options.log, LOG_INFO, "a stage of %zu runs in %zu units", g.n_todo,
                        g.n_units);
            st = stage_show(&g, g.n_units);
            if (!st)
                st = s->options.jobs ? stage_workers(&g) : stage_here(&g);
        }
        for (size_t i = 0; g.units && i < g.n_units; i++)
            mem_free(g.units[i].runs);
        mem_free(g.units);
        mem_free(g.todo);
        mem_free(g.ids);
        if (tries)
            s->found = found; /* what this stage did itself was not found */
        if (!g.n_todo)
            break;
    }
    if (!s->expected || st) /* what comes now is not ours to disturb */
        progress_clear(s->progress);
    if (st == ERR_STOPPED && os_signal())
        return stage_signal();
    if (st)
        return st;
    stage g = {.s = s, .runs = runs};
    return stage_failures(&g, n);
}

status sweep_repeat(sweep *s, const run_spec *run, record *out)
{
    bool whole;
    return sweep_watch(s, run, NULL, NULL, out, &whole);
}

status sweep_watch(sweep *s, const run_spec *run, bool (*stepped)(void *context, bool scored),
                   void *context, record *out, bool *whole)
{
    const runner_how how = {.grace_s = s->options.grace_s, .stepped = stepped, .context = context};
    const packed_task *p;
    status st = sweep_task(s, run, &p);
    memset(out, 0, sizeof *out);
    if (!st)
        st = runner_unit(s->runner, run, 1, p->fd, &how, out);
    *whole = !st;
    return st != ERR_STOPPED ? st : stage_signal();
}
