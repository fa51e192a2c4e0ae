/* leader.c -- hands units of runs to workers and keeps the count.
 *
 * Which worker trains what, and in which order, moves no number: ids are known before anything
 * starts, and every journal is read into the store before a stage ends. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/os.h"
#include "sweep/claims.h"
#include "sweep/keep.h"
#include "sweep/room.h"
#include "sweep/watch.h"
#include "sweep/worker.h"

/* WAIT_MS: a signal between the look for one and the wait is seen after that time */
enum { LEADER_TASKS = 64, WAIT_MS = 500, OTHERS_MS = 100 };

typedef struct unit { /* runs of one stage that go to one worker together */
    size_t *runs;     /* places in the stage */
    size_t n, share;  /* whose */
    bool given;       /* to one of ours, or done by others */
    double theta0;    /* bytes of the weights at step 0; 0 of a program */
} unit;

typedef struct hand { /* a worker as the leader sees it */
    os_child child;
    bool alive, busy;
    size_t tasks; /* that were there when it started: it has the descriptors of no later one */
    size_t unit;
    double share; /* of the unit that is done */
    text line;
} hand;

typedef struct packed { /* a task made once and handed round */
    char *spec;
    int fd;
    char content[80];
    size_t n_train;
} packed;

struct sweep {
    sweep_options options;
    store *store;
    runner *runner; /* of this process: sizes, and runs when jobs = 0 */
    progress *progress;
    packed tasks[LEADER_TASKS];
    size_t n_tasks;
    hand *hands;
    size_t n_hands;
    char **gpus;
    size_t n_gpus;
    key_texts texts;
    size_t done, found, failed, expected;
    double started, shares;
    double said; /* when others were told what is under way (watch.h) */
    bool announced;
    char (*redone)[RUN_ID]; /* whole runs that were taken up again: once is what was asked for */
    size_t n_redone;
    claims *claims; /* NULL: in memory, nobody else can come */
    size_t share, shares_n;
    room room;
};

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

/* A worker ends with its stdin. */
static void hand_dismiss(hand *h)
{
    os_close(h->child.in);
    h->child.in = -1;
}

static void hand_end(hand *h, bool hard)
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

static status sweep_task(sweep *s, const run_spec *run, const packed **out)
{
    static const packed none = {.fd = -1};
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
    packed *p = &s->tasks[s->n_tasks];
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

/* The id of a canonical run. */
static status sweep_id(sweep *s, const run_spec *canonical, char id[RUN_ID])
{
    const packed *p;
    status st = sweep_task(s, canonical, &p);
    return st ? st : run_id(canonical, s->options.rows, p->content, id, NULL);
}

status sweep_run_of(sweep *s, const run_spec *r, run_spec *canonical, char id[RUN_ID])
{
    status st = run_canonical(r, s->options.rows, canonical, &s->texts);
    return st ? st : sweep_id(s, canonical, id);
}

status sweep_ids(sweep *s, const run_spec *canonical, const size_t *seeds, size_t n,
                 char (*ids)[RUN_ID])
{
    const packed *p;
    status st = sweep_task(s, canonical, &p);
    return st ? st : run_ids(canonical, s->options.rows, p->content, seeds, n, ids);
}

/* Bytes that the frozen parts of a worker's spaces may take. */
static size_t sweep_share(const sweep *s, size_t jobs)
{
    size_t share = (size_t)(s->room.limit / 2) / jobs;
    return share ? share : 1;
}

status sweep_fits(sweep *s, const run_spec *r, size_t jobs)
{
    const packed *p;
    status st = sweep_task(s, r, &p);
    jobs = jobs ? jobs : s->options.jobs;
    return st ? st : runner_fits(s->runner, r, p->fd, jobs ? sweep_share(s, jobs) : 0);
}

status sweep_describe(sweep *s, const run_spec *r, runner_about *about)
{
    const packed *p;
    status st = sweep_task(s, r, &p);
    return st ? st : runner_describe(s->runner, r, p->fd, about);
}

status sweep_fresh_head(sweep *s, const run_spec *r, bool *fresh)
{
    const packed *p;
    status st = sweep_task(s, r, &p);
    return st ? st : runner_fresh_head(s->runner, r, p->fd, fresh);
}

/* ------------------------------------------------------------------ one stage */

typedef struct stage {
    sweep *s;
    const run_spec *runs;
    char (*ids)[RUN_ID];
    size_t *todo, n_todo; /* places in runs */
    unit *units;
    size_t n_units, done_runs, before; /* before: runs of earlier stages */
    size_t stop_epoch;
    double likely; /* bytes of the largest unit before any is measured */
    bool waited;   /* a unit for memory, which was told */
} stage;

static bool z_kept(const sweep *s, const char *id)
{
    char *path = keep_z(s->options.folder, id);
    bool kept = path && file_exists(path);
    mem_free(path);
    return kept;
}

static bool sweep_redone(const sweep *s, const char *id)
{
    for (size_t i = 0; i < s->n_redone; i++)
        if (!strcmp(s->redone[i], id))
            return true;
    return false;
}

static status sweep_redo(sweep *s, const char *id)
{
    char(*more)[RUN_ID] = mem_resize(s->redone, s->n_redone + 1, sizeof *more);
    if (!more)
        return ERR_MEMORY;
    s->redone = more;
    memcpy(more[s->n_redone++], id, RUN_ID);
    return OK;
}

/* Is it not there, or not as the options want it? */
static bool sweep_lacks(const sweep *s, const record *r)
{
    const sweep_options *o = &s->options;
    return !r || !record_whole(r) || (o->again && r->status == RECORD_FAILED) ||
           (o->keep_z && o->folder && r->status == RECORD_OK && !z_kept(s, r->id));
}

bool sweep_wants(const sweep *s, const record *r)
{
    return sweep_lacks(s, r) && !(r && record_whole(r) && sweep_redone(s, r->id));
}

static bool stage_far_enough(const stage *g, const record *r)
{
    return r && r->status == RECORD_STOPPED && g->stop_epoch && r->result.epochs >= g->stop_epoch;
}

static int by_id(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* Those that are wanted, each once. */
static status stage_todo(stage *g, size_t n)
{
    sweep *s = g->s;
    char(*met)[RUN_ID] = mem_array(n, sizeof *met);
    status st = met ? OK : ERR_MEMORY;
    size_t n_met = 0;
    g->todo = mem_array(n, sizeof *g->todo);
    g->ids = mem_array(n, sizeof *g->ids);
    if (!g->todo || !g->ids)
        st = ERR_MEMORY;
    for (size_t i = 0; i < n && !st; i++) {
        char *id = g->ids[i];
        if ((st = sweep_id(s, &g->runs[i], id)))
            break;
        const record *r = store_find(s->store, id);
        if (stage_far_enough(g, r) || !sweep_wants(s, r)) {
            s->found++;
            continue;
        }
        if (r && record_whole(r) && (st = sweep_redo(s, id)))
            break;
        memcpy(met[n_met++], id, RUN_ID);
        g->todo[g->n_todo++] = i;
    }
    if (!st && n_met > 1) { /* twins are rare: looked for one by one only when there are any */
        char(*sorted)[RUN_ID] = mem_copy(met, n_met, sizeof *met);
        bool twins = false;
        if (sorted)
            qsort(sorted, n_met, sizeof *sorted, by_id);
        for (size_t i = 1; sorted && i < n_met; i++)
            twins = twins || !strcmp(sorted[i], sorted[i - 1]);
        size_t kept = 0;
        for (size_t i = 0; sorted && twins && i < n_met; i++) {
            bool again = false;
            for (size_t k = 0; k < kept && !again; k++)
                again = !strcmp(met[k], met[i]);
            if (!again) {
                memmove(met[kept], met[i], RUN_ID);
                g->todo[kept++] = g->todo[i];
            }
        }
        if (twins)
            g->n_todo = kept;
        st = sorted ? OK : ERR_MEMORY;
        mem_free(sorted);
    }
    mem_free(met);
    return st;
}

typedef struct place { /* a run with its team's key ("": alone) */
    char *key;
    size_t i;
} place;

static int by_key(const void *a, const void *b)
{
    const place *x = a, *y = b;
    int order = strcmp(x->key, y->key);
    return order ? order : x->i < y->i ? -1 : x->i > y->i;
}

/* A share's own units in their order; behind them the others' from the far end, where their owners come
 * last. */
static int by_share(const void *a, const void *b)
{
    const unit *x = a, *y = b;
    if (!x->share != !y->share)
        return x->share ? 1 : -1;
    int order = x->runs[0] < y->runs[0] ? -1 : x->runs[0] > y->runs[0];
    return x->share ? -order : order;
}

/* 0: ours; ids are drawn evenly, so that shares are of one size, and no process has to know what another sees. */
static size_t unit_share(const sweep *s, const char *id)
{
    char digits[9];
    memcpy(digits, id, 8);
    digits[8] = '\0';
    return (strtoul(digits, NULL, 16) + s->shares_n - s->share) % s->shares_n;
}

/* Groups what may go side by side; a group is cut so that every job has a unit. */
static status stage_units(stage *g)
{
    size_t n = g->n_todo, groups = 0,
           jobs = (g->s->options.jobs ? g->s->options.jobs : 1) * g->s->shares_n;
    place *places = mem_array(n, sizeof *places);
    status st = places ? OK : ERR_MEMORY;
    g->units = mem_array(n, sizeof *g->units);
    if (!g->units)
        st = ERR_MEMORY;
    for (size_t i = 0; i < n && !st; i++) {
        text t = {0};
        text_bytes(&t, "", 0);
        st = run_team_key(&g->runs[g->todo[i]], &t);
        places[i] = (place){t.text, g->todo[i]};
        if (!t.text && !st)
            st = ERR_MEMORY;
    }
    if (st)
        goto done;
    qsort(places, n, sizeof *places, by_key);
    for (size_t i = 0; i < n; i++)
        groups += !i || !*places[i].key || strcmp(places[i].key, places[i - 1].key);
    size_t pieces = groups < jobs ? (jobs + groups - 1) / groups : 1;
    for (size_t i = 0, end; i < n && !st; i = end) {
        for (end = i + 1; end < n && *places[i].key && !strcmp(places[i].key, places[end].key);)
            end++;
        size_t cut = pieces < end - i ? pieces : end - i, first = g->n_units;
        for (size_t k = 0; k < cut && !st; k++) {
            unit *u = &g->units[g->n_units++];
            u->runs = mem_array(end - i, sizeof *u->runs);
            st = u->runs ? OK : ERR_MEMORY;
        }
        for (size_t k = i; k < end && !st; k++) {
            unit *u = &g->units[first + (k - i) % cut];
            u->runs[u->n++] = places[k].i;
        }
    }
    for (size_t i = 0; i < g->n_units && !st; i++)
        g->units[i].share = unit_share(g->s, g->ids[g->units[i].runs[0]]);
    if (!st) /* in the order in which they were asked for */
        qsort(g->units, g->n_units, sizeof *g->units, by_share);
done:
    for (size_t i = 0; places && i < n; i++)
        mem_free(places[i].key);
    mem_free(places);
    return st;
}

/* "d=316 seed 2": what tells one run from its neighbours. */
static void run_word(const run_spec *r, char out[64])
{
    const char *d = strstr(r->space, "d=");
    size_t n = d ? strcspn(d, ",@+") : strcspn(r->space, ":");
    snprintf(out, 64, "%.*s %s %zu", (int)(n < 24 ? n : 24), d ? d : r->space,
             r->role == RUN_TUNE ? "tuning" : "seed", r->seed);
}

/* Tells who looks into the folder what is under way, once a second at most. */
static void stage_announce(const stage *g, sweep *s)
{
    const run_spec **runs;
    size_t n = 0;
    if (!s->options.folder || !s->options.jobs || (s->announced && os_seconds() - s->said < 1) ||
        !(runs = mem_array(g->n_todo, sizeof *runs)))
        return;
    for (size_t i = 0; i < s->n_hands; i++)
        for (size_t k = 0; s->hands[i].busy && k < g->units[s->hands[i].unit].n; k++)
            runs[n++] = &g->runs[g->units[s->hands[i].unit].runs[k]];
    if (n || s->announced) {
        watch_say(s->options.folder, runs, n);
        s->announced = true;
        s->said = os_seconds();
    }
    mem_free(runs);
}

static status stage_show(stage *g, size_t which)
{
    sweep *s = g->s;
    char word[64] = "";
    double share = (double)g->done_runs;
    size_t total = g->before + g->n_todo + s->expected, done = g->before + g->done_runs;
    if (which < g->n_units)
        run_word(&g->runs[g->units[which].runs[0]], word);
    for (size_t i = 0; i < s->n_hands; i++)
        if (s->hands[i].busy)
            share += s->hands[i].share * (double)g->units[s->hands[i].unit].n;
    share += (double)g->before;
    double gone = os_seconds() - s->started;
    double left = share > 0 ? gone * ((double)total - share) / share : -1;
    stage_announce(g, s);
    if (s->progress) {
        progress_total(s->progress, total);
        progress_show(s->progress, done, left, word);
    }
    if (s->options.told && s->options.told(s->options.context, done, total, word))
        return error_set(ERR_STOPPED, "stopped after %zu of %zu runs; start again to go on", done,
                         total);
    return OK;
}

/* May a line of this level be written? Then the progress line makes room. */
static bool sweep_tells(sweep *s, log_level level)
{
    if (!s->options.log.out || level > s->options.log.level)
        return false;
    progress_clear(s->progress);
    return true;
}

/* A line for each run of a unit that ended. */
static void stage_tell_runs(stage *g, const unit *u)
{
    sweep *s = g->s;
    for (size_t i = 0; i < u->n && sweep_tells(s, LOG_INFO); i++) {
        const run_spec *run = &g->runs[u->runs[i]];
        char id[RUN_ID];
        const record *r = sweep_id(s, run, id) ? NULL : store_find(s->store, id);
        if (r && r->status == RECORD_FAILED)
            log_say(&s->options.log, LOG_INFO, "run %s: %s, seed %zu: failed: %s", r->id,
                    r->run.space, r->run.seed, r->reason);
        else if (r)
            log_say(&s->options.log, LOG_INFO,
                    "run %s: %s, %s %zu, lr %g: %s, validation %.4f, test %.4f, %.1f s", r->id,
                    r->run.space, r->run.role == RUN_TUNE ? "tuning" : "seed", r->run.seed, r->lr,
                    record_status_text[r->status], r->result.val, r->result.score, r->wall_s);
    }
}

/* The ids of a unit's runs; NULL: ERR_MEMORY. */
static const char **unit_ids(const stage *g, const unit *u)
{
    const char **ids = mem_array(u->n, sizeof *ids);
    for (size_t i = 0; ids && i < u->n; i++)
        ids[i] = g->ids[u->runs[i]];
    return ids;
}

static status stage_finish(stage *g, size_t which)
{
    size_t n = g->units[which].n;
    const char **ids = unit_ids(g, &g->units[which]);
    status st = !ids ? ERR_MEMORY : g->s->claims ? claims_release(g->s->claims, ids, n) : OK;
    for (size_t i = 0; i < n && !st; i++) {
        const record *r = store_find(g->s->store, ids[i]);
        st = r ? room_note(&g->s->room, r) : OK;
    }
    mem_free(ids);
    if (st)
        return st;
    stage_tell_runs(g, &g->units[which]);
    g->done_runs += n;
    g->s->done += n;
    return stage_show(g, which);
}

/* What is under way stays in checkpoints: sweep_close ends the workers by TERM. */
static status stage_signal(void)
{
    return os_signal()
               ? error_set(ERR_STOPPED,
                           "stopped by signal %d; everything finished so far is kept, start "
                           "again to go on",
                           os_signal())
               : OK;
}

/* Leaves of a unit what nobody else has done since. */
static void unit_shrink(stage *g, unit *u)
{
    sweep *s = g->s;
    size_t n = 0;
    for (size_t i = 0; i < u->n; i++) {
        const record *r = store_find(s->store, g->ids[u->runs[i]]);
        if (!stage_far_enough(g, r) && sweep_lacks(s, r)) {
            u->runs[n++] = u->runs[i];
            continue;
        }
        s->found++;
        g->done_runs++;
    }
    u->n = n;
}

/* ------------------------------------------------------------------ memory */

/* Bytes that a unit is counted with while it is under way. */
static double unit_bytes(const stage *g, const unit *u)
{
    const sweep *s = g->s;
    double measured = room_peak_of(&s->room, &g->runs[u->runs[0]]);
    size_t jobs = s->options.jobs ? s->options.jobs : 1;
    for (size_t i = 1; i < u->n; i++) {
        double more = room_peak_of(&s->room, &g->runs[u->runs[i]]);
        measured = more > measured ? more : measured;
    }
    if (measured > 0 || !(u->theta0 > 0)) /* a program's need is known when one has run */
        return measured;
    return u->theta0 * (1 + 2 * (double)u->n) + (double)sweep_share(s, jobs);
}

/* ERR_LIMIT: not even alone. */
static status unit_fits_alone(const stage *g, const unit *u)
{
    const sweep *s = g->s;
    const run_spec *r = &g->runs[u->runs[0]];
    double measured = room_peak_of(&s->room, r), bytes = measured > 0 ? measured : u->theta0,
           own = s->options.jobs ? (double)os_rss(os_process()) : 0;
    char sum[16], mine[16], limit[16];
    if (bytes + own <= s->room.limit)
        return OK;
    return error_set(ERR_LIMIT,
                     "%s %s: %s %s and the leader %s, more than the %s that there are; take a "
                     "smaller model or space, or give more by --memory",
                     *r->exec ? "program" : r->model, r->space,
                     measured > 0 ? "it took" : "its weights take", mem_bytes_text(bytes, sum),
                     mem_bytes_text(own, mine), mem_bytes_text(s->room.limit, limit));
}

static size_t hands_busy(const sweep *s)
{
    size_t n = 0;
    for (size_t i = 0; i < s->n_hands; i++)
        n += s->hands[i].busy;
    return n;
}

/* Do all jobs fit whatever they have in hand? Then nobody counts. */
static bool stage_wide(const stage *g)
{
    const sweep *s = g->s;
    double most = g->likely > s->room.most ? g->likely : s->room.most;
    return (double)s->n_hands * most + (double)os_rss(os_process()) <= s->room.limit;
}

static status room_read(sweep *s)
{
    status st = OK;
    for (size_t i = 0; i < store_count(s->store) && !st; i++)
        st = room_note(&s->room, store_at(s->store, i));
    return st;
}

/* From now on peaks are kept for each space. */
static status room_keep(sweep *s)
{
    if (s->room.keeps)
        return OK;
    s->room.keeps = true;
    return room_read(s);
}

/* Refuses what does not fit before anything starts. */
static status stage_room(stage *g)
{
    sweep *s = g->s;
    const run_spec *last = NULL;
    runner_about about = {0};
    status st = s->room.most > 0 ? OK : room_read(s);
    for (size_t i = 0; i < g->n_units && !st; i++) {
        unit *u = &g->units[i];
        const run_spec *r = &g->runs[u->runs[0]];
        if (!*r->exec) {
            if (!last || strcmp(last->data, r->data) || strcmp(last->model, r->model) ||
                last->frozen != r->frozen)
                st = sweep_describe(s, r, &about);
            last = r;
            u->theta0 = st ? 0 : room_theta0(&about);
        }
        double bytes = unit_bytes(g, u);
        g->likely = bytes > g->likely ? bytes : g->likely;
    }
    if (!st && !stage_wide(g))
        st = room_keep(s);
    for (size_t i = 0; i < g->n_units && !st; i++)
        st = unit_fits_alone(g, &g->units[i]);
    return st;
}

static double hands_bytes(const stage *g, const hand *but)
{
    double sum = (double)os_rss(os_process());
    for (const hand *h = g->s->hands; h < g->s->hands + g->s->n_hands; h++) {
        if (!h->alive || h == but)
            continue;
        double held = (double)os_rss(h->child.process),
               likely = h->busy ? unit_bytes(g, &g->units[h->unit]) : 0;
        sum += held > likely ? held : likely;
    }
    return sum;
}

/* Is there room for a unit in this hand, beside what is under way? Idle workers go where they are in its way. */
static status hand_has_room(stage *g, const hand *h, const unit *u, bool *room_)
{
    sweep *s = g->s;
    status st;
    *room_ = true;
    if (stage_wide(g))
        return OK;
    if ((st = room_keep(s)) || (st = unit_fits_alone(g, u)))
        return st;
    double bytes = unit_bytes(g, u);
    if (hands_bytes(g, h) + bytes <= s->room.limit)
        return OK;
    for (hand *other = s->hands; other < s->hands + s->n_hands; other++)
        if (other != h && other->alive && !other->busy) {
            hand_dismiss(other);
            hand_end(other, false);
        }
    /* one is always under way: another program's memory is not waited for */
    *room_ = !hands_busy(s) || hands_bytes(g, h) + bytes <= s->room.limit;
    if (!*room_ && !g->waited && sweep_tells(s, LOG_WARN)) {
        char sum[16], held[16], limit[16];
        log_say(&s->options.log, LOG_WARN,
                "memory: %s are under way and %s more of %s; some jobs wait",
                mem_bytes_text(hands_bytes(g, h), held), mem_bytes_text(bytes, sum),
                mem_bytes_text(s->room.limit, limit));
        g->waited = true;
    }
    return OK;
}

/* ------------------------------------------------------------------ the next unit */

/* Takes what is left of a unit, all or none: nobody else has it in hand from now on. The journals are read on behind
 * that (claims.h); what stands in them by then is given back. */
static status unit_take(stage *g, unit *u, bool *taken)
{
    sweep *s = g->s;
    const char **ids = unit_ids(g, u);
    size_t n = u->n, left = 0;
    status st = ids ? claims_take(s->claims, ids, n, taken) : ERR_MEMORY;
    if (!st && *taken && !(st = store_refresh(s->store))) {
        unit_shrink(g, u);
        for (size_t i = 0; i < n && !st; i++)
            if (left < u->n && ids[i] == g->ids[u->runs[left]])
                left++;
            else
                st = claims_release(s->claims, &ids[i], 1);
    }
    mem_free(ids);
    return st;
}

/* The next unit that no other leader has in hand or has done; n_units: none for now. *waits: others are at
 * some. For one of our hands (NULL: this process), which must have room for it. */
static status stage_next(stage *g, const hand *h, size_t *which, bool *waits)
{
    sweep *s = g->s;
    status st = OK;
    *waits = false;
    *which = g->n_units;
    if (s->claims && ((st = claims_refresh(s->claims)) ||
                      (claims_others(s->claims) && (st = store_refresh(s->store)))))
        return st;
    for (size_t k = 0; k < g->n_units && !st; k++) {
        unit *u = &g->units[k];
        bool taken = true;
        if (u->given)
            continue;
        if (s->claims && claims_others(s->claims))
            unit_shrink(g, u);
        if (h && u->n && ((st = hand_has_room(g, h, u, &taken)) || !taken))
            return st;
        if (s->claims && u->n && (st = unit_take(g, u, &taken)))
            return st;
        u->given = taken;
        *waits = *waits || !taken;
        if (taken && u->n) {
            *which = k;
            return OK;
        }
    }
    return st;
}

/* In this process, one unit after another. */
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
        const packed *p;
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

/* ------------------------------------------------------------------ workers */

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
    const packed *p;
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

static status stage_workers(stage *g)
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
    const runner_how how = {.grace_s = s->options.grace_s};
    const packed *p;
    status st = sweep_task(s, run, &p);
    memset(out, 0, sizeof *out);
    if (!st)
        st = runner_unit(s->runner, run, 1, p->fd, &how, out);
    return st == ERR_STOPPED && os_signal() ? stage_signal() : st;
}
