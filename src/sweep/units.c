/* units.c -- which runs of a stage are wanted, cut into units for workers; which of them is next. See leading.h. */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "sweep/keep.h"
#include "sweep/leading.h"

/* ------------------------------------------------------------------ what is wanted */

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

/* Is it not there, or not as the options want it? What failed again since this sweep was opened was tried again,
 * whoever did it. */
static bool sweep_lacks(const sweep *s, const record *r)
{
    const sweep_options *o = &s->options;
    return !r || !record_whole(r) ||
           (o->again && r->status == RECORD_FAILED && !store_failed_since(s->store, r->id)) ||
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
status stage_todo(stage *g, size_t n)
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

/* ------------------------------------------------------------------ units */

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

status stage_units(stage *g)
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

/* The ids of a unit's runs; NULL: ERR_MEMORY. */
static const char **unit_ids(const stage *g, const unit *u)
{
    const char **ids = mem_array(u->n, sizeof *ids);
    for (size_t i = 0; ids && i < u->n; i++)
        ids[i] = g->ids[u->runs[i]];
    return ids;
}

/* ------------------------------------------------------------------ who has which */

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

status stage_next(stage *g, const hand *h, size_t *which, bool *waits)
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

status stage_finish(stage *g, size_t which)
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
