/* fitting.c -- whether a unit fits into memory beside what is under way: by what such runs took (room.h), before any
 * ended by its weights and what spaces may take. See leading.h. */
#include <string.h>

#include "sweep/leading.h"

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

size_t hands_busy(const sweep *s)
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

status stage_room(stage *g)
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

status hand_has_room(stage *g, const hand *h, const unit *u, bool *room_)
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
