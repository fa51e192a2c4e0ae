/* telling.c -- what the user, and who looks into the folder, sees of a stage. See leading.h. */
#include <stdio.h>
#include <string.h>

#include "sweep/leading.h"
#include "sweep/watch.h"

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

status stage_show(stage *g, size_t which)
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

bool sweep_tells(sweep *s, log_level level)
{
    if (!s->options.log.out || level > s->options.log.level)
        return false;
    progress_clear(s->progress);
    return true;
}

void stage_tell_runs(stage *g, const unit *u)
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
