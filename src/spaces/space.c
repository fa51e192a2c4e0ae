/* space.c -- the frame round one kind: makes it, gives it the calls it leaves out, and sends the calls
 * of a run through compositions.
 *
 *   a@b    bind: z_b = lift_a(z), then b binds at z_b;  gather: b's gradient at z_b, then a pulls it
 *   a++b   both on their own stretch of z
 *
 * A team's calls go through here with all its members at once, so that a kind with lift_n reads its
 * frozen parts once for all; for every other kind it is one after another. */
#include <assert.h>
#include <string.h>

#include "base/kind.h"
#include "base/os.h"
#include "spaces/frame.h"

KIND_ROW(space_ops);

/* Members whose pointers are on the stack at a time; a larger team reads once per so many. */
enum { TEAM = 32 };

/* ------------------------------------------------------------------ making one kind */

space *frame_alloc(const space_ops *ops, size_t size, frame_how how, const frame_ask *ask)
{
    space *s = mem_array(1, size);
    frame *own = mem_array(1, sizeof *own);
    if (!s || !own) {
        mem_free(s);
        mem_free(own);
        return NULL;
    }
    s->ops = ops;
    s->own = own;
    s->stream = ask->stream;
    s->memory_limit = ask->memory_limit;
    own->how = how;
    own->given = ask->l;
    own->given_theta0 = ask->theta0;
    return s;
}

bool space_whole(const space *s, size_t k)
{
    return s->layout->tensors[k].n == frame_of(s)->given->tensors[s->selected[k]].n;
}

size_t frame_offset(const space *s, size_t k)
{
    const tensor *t = &frame_of(s)->given->tensors[s->selected[k]];
    return t->offset + s->row0[k] * frame_row(t);
}

/* Tensor k of the packed layout is a block of rows: "h.0.attn.c_attn.weight[q]", with the role q. */
static status frame_block(frame *own, size_t k, const piece *p)
{
    const tensor *whole = &own->given->tensors[p->place];
    tensor *t = &own->tensors[k];
    const char *at = whole->blocks, *name = "";
    size_t length = 0, rows, row0 = 0;
    while (blocks_next(&at, &name, &length, &rows) && row0 < p->row0)
        row0 += rows;
    t->shape[0] = p->rows;
    t->n = p->rows * frame_row(whole);
    t->blocks = NULL;
    char **texts = own->names + 2 * k;
    texts[0] = mem_printf("%s[%.*s]", whole->name, (int)length, name);
    texts[1] = mem_printf("%.*s+%s", (int)length, name, whole->roles);
    if (!texts[0] || !texts[1])
        return ERR_MEMORY;
    t->name = texts[0];
    t->roles = texts[1];
    return OK;
}

status frame_pack(space *s, const piece *pieces, size_t count)
{
    frame *own = frame_of(s);
    bool one_piece = true, elsewhere = false;
    status st;
    own->tensors = mem_array(count, sizeof *own->tensors);
    own->selected = mem_array(count, sizeof *own->selected);
    own->row0 = mem_array(count, sizeof *own->row0);
    own->names = mem_array(2 * count, sizeof *own->names);
    if (!own->tensors || !own->selected || !own->row0 || !own->names)
        return ERR_MEMORY;
    own->n_names = 2 * count;
    s->selected = own->selected;
    s->row0 = own->row0;
    for (size_t k = 0; k < count; k++) {
        const piece *p = &pieces[k];
        own->tensors[k] = own->given->tensors[p->place];
        own->selected[k] = p->place;
        own->row0[k] = p->row0;
        if (p->rows < own->tensors[k].shape[0] && (st = frame_block(own, k, p)))
            return st;
        own->tensors[k].offset = s->n;
        s->n += own->tensors[k].n;
        one_piece = one_piece && frame_offset(s, k) == frame_offset(s, 0) + own->tensors[k].offset;
        elsewhere = elsewhere || own->given->tensors[p->place].offset == LAYOUT_ELSEWHERE;
    }
    own->packed = (layout){.tensors = own->tensors, .n_tensors = count, .n = s->n};
    s->layout = &own->packed;
    if (elsewhere)
        return OK;
    if (one_piece) {
        s->theta0 = own->given_theta0 + frame_offset(s, 0);
        return OK;
    }
    if (!(own->theta0 = mem_raw(s->n, sizeof *own->theta0)))
        return ERR_MEMORY;
    for (size_t k = 0; k < count; k++)
        memcpy(own->theta0 + own->tensors[k].offset, own->given_theta0 + frame_offset(s, k),
               own->tensors[k].n * sizeof *own->theta0);
    s->theta0 = own->theta0;
    return OK;
}

/* May frozen parts be borrowed? What they depend on must be the same; otherwise we draw our own. */
static bool sibling_fits(const space *s, const space *other)
{
    return other && other->ops == s->ops && other->n == s->n &&
           other->layout->n_tensors == s->layout->n_tensors &&
           !memcmp(other->selected, s->selected, s->layout->n_tensors * sizeof *s->selected) &&
           !memcmp(other->row0, s->row0, s->layout->n_tensors * sizeof *s->row0) &&
           !memcmp(&other->stream, &s->stream, sizeof s->stream) && spec_same_but_d(s, other) &&
           other->d >= s->d;
}

/* Leaves what other parts of a++b name to them, where this one names nothing. */
static status frame_yield(const char *spec, const frame_ask *ask, piece *pieces, size_t *count)
{
    const space_ops *row;
    char *targets;
    bool given;
    status st;
    if (!ask->others)
        return OK;
    if (!(st = spec_targets(spec, &row, &targets, &given)) && !given)
        taken_leave(ask->others, pieces, count);
    mem_free(targets);
    if (!st && *count == 0)
        st = error_set(ERR_USAGE, "%s: the other parts take all that it covers; give it `targets`",
                       spec);
    return st;
}

status frame_kind(space **out, const char *spec, const frame_ask *ask)
{
    const space_ops *row;
    const char *args;
    piece *pieces = NULL;
    size_t count;
    status st;
    *out = NULL;
    if ((st = spec_open(spec, &row, &args)))
        return st;
    space *s = frame_alloc(row, row->size, FRAME_KIND, ask);
    if (!s)
        return ERR_MEMORY;
    frame *own = frame_of(s);
    if ((st = spec_parse(row, args, s, &own->texts)) ||
        (st = targets_select(row->name, s->targets, ask->l, &pieces, &count)) ||
        (st = frame_yield(spec, ask, pieces, &count)) || (st = frame_pack(s, pieces, count)))
        goto done;
    s->sibling = sibling_fits(s, ask->sibling) ? ask->sibling : NULL;
    own->started = true;
    if ((st = row->init(s)))
        goto done;
    if (!s->zlayout.tensors) {
        own->z = (tensor){.name = "z",
                          .roles = "z",
                          .shape = {s->d},
                          .n = s->d,
                          .layer = -1,
                          .decay = true,
                          .lr_factor = 1};
        s->zlayout = (layout){.tensors = &own->z, .n_tensors = 1, .n = s->d};
    }
    s->state_bytes = (s->state_bytes + 63) / 64 * 64; /* states of a composition lie end to end */
    assert(s->d >= 1 && s->zlayout.n == s->d);
done:
    mem_free(pieces);
    if (st) {
        space_free(s);
        return st;
    }
    *out = s;
    return OK;
}

status space_needs(space *s, double bytes, const char *sum, const char *mend)
{
    char needed[16], limit[16];
    if (bytes > (double)s->memory_limit)
        return error_set(ERR_LIMIT, "%s: %s, %s, more than the limit of %s; %s", s->ops->name, sum,
                         mem_bytes_text(bytes, needed),
                         mem_bytes_text((double)s->memory_limit, limit), mend);
    s->frozen_bytes = (size_t)bytes;
    return OK;
}

status space_check_d(const space *s)
{
    if (s->d > s->n)
        return error_set(ERR_USAGE, "%s: d=%zu is more than its %zu weights; lower d", s->ops->name,
                         s->d, s->n);
    return OK;
}

status space_new_beside(space **s, const char *spec, const layout *l, const real *theta0,
                        stream stream_, const space *sibling, size_t memory_limit)
{
    frame_ask ask = {.l = l,
                     .theta0 = theta0,
                     .stream = stream_,
                     .sibling = sibling,
                     .memory_limit = memory_limit ? memory_limit : (size_t)(os_memory() / 2)};
    return compose_new(s, spec, &ask);
}

status space_new(space **s, const char *spec, const layout *l, const real *theta0, stream stream_)
{
    return space_new_beside(s, spec, l, theta0, stream_, NULL, 0);
}

void space_free(space *s)
{
    if (!s)
        return;
    frame *own = frame_of(s);
    if (own->started && s->ops->clear)
        s->ops->clear(s);
    space_free(own->part[0]); /* a before b: it borrows b's zlayout */
    space_free(own->part[1]);
    for (size_t k = 0; own->z_names && own->z_names[k]; k++)
        mem_free(own->z_names[k]);
    mem_free(own->z_names);
    mem_free(own->z_tensors);
    mem_free(own->place[0]);
    mem_free(own->place[1]);
    mem_free(own->z0);
    mem_free(own->theta0);
    for (size_t k = 0; k < own->n_names; k++)
        mem_free(own->names[k]);
    mem_free(own->names);
    mem_free(own->tensors);
    mem_free(own->selected);
    mem_free(own->row0);
    key_texts_clear(&own->texts);
    mem_free(own);
    mem_free(s);
}

/* ------------------------------------------------------------------ what a run owns */

bool frame_lifts(const space *s)
{
    return frame_of(s)->how == FRAME_KIND && (!s->ops->bind || s->lifted);
}

static void mem_release(space_mem *mem, bool owns_state)
{
    if (!mem)
        return;
    mem_release(mem->part[0], false);
    mem_release(mem->part[1], false);
    if (owns_state)
        mem_free(mem->state);
    mem_free(mem->work);
    mem_free(mem->theta);
    mem_free(mem->g_theta);
    mem_free(mem->z);
    mem_free(mem->g_z);
    mem_free(mem);
}

/* The states of the parts lie in one piece, the whole's: that is what is checkpointed. */
static status mem_make(space_mem **out, const space *s, char *state)
{
    const frame *own = frame_of(s);
    space_mem *mem = mem_array(1, sizeof *mem);
    status st = ERR_MEMORY;
    if (!mem)
        return ERR_MEMORY;
    mem->state = state;
    if (s->work_bytes && !(mem->work = mem_array(s->work_bytes, 1)))
        goto done;
    if (frame_lifts(s)) {
        mem->theta = mem_array(s->n, sizeof *mem->theta);
        mem->g_theta = mem_array(s->n, sizeof *mem->g_theta);
        if (!mem->theta || !mem->g_theta)
            goto done;
    }
    if (own->how == FRAME_CHAIN) {
        mem->z = mem_array(own->part[1]->d, sizeof *mem->z);
        mem->g_z = mem_array(own->part[1]->d, sizeof *mem->g_z);
        if (!mem->z || !mem->g_z)
            goto done;
    }
    st = OK;
    for (size_t p = 0; p < 2 && own->part[p] && !st; p++) {
        st = mem_make(&mem->part[p], own->part[p], state);
        state = state ? state + own->part[p]->state_bytes : NULL;
    }
done:
    if (st) {
        mem_release(mem, false);
        mem = NULL;
    }
    *out = mem;
    return st;
}

status space_mem_new(space_mem **mem, const space *s)
{
    char *state = NULL;
    status st;
    *mem = NULL;
    if (s->state_bytes && !(state = mem_array(s->state_bytes, 1)))
        return ERR_MEMORY;
    if ((st = mem_make(mem, s, state))) {
        mem_free(state);
        return st;
    }
    if ((st = mounts_make(*mem, s))) {
        space_mem_free(*mem);
        *mem = NULL;
    }
    return st;
}

void space_mem_free(space_mem *mem)
{
    mounts_free(mem);
    mem_release(mem, true);
}

static void start_state(const space *s, space_mem *mem)
{
    const frame *own = frame_of(s);
    for (size_t p = 0; p < 2 && own->part[p]; p++)
        start_state(own->part[p], mem->part[p]);
    if (own->how != FRAME_KIND)
        return;
    if (s->state_bytes)
        memset(mem->state, 0, s->state_bytes);
    if (s->ops->start)
        s->ops->start(s, mem);
}

void space_start(const space *s, space_mem *mem, real *z)
{
    if (s->z0)
        memcpy(z, s->z0, s->d * sizeof *z);
    else
        memset(z, 0, s->d * sizeof *z);
    start_state(s, mem);
}

/* ------------------------------------------------------------------ flat vectors */

void space_lift(const space *s, space_mem *mem, const real *z, real *theta)
{
    s->ops->lift(s, mem, z, theta);
}

void space_pull(const space *s, space_mem *mem, const real *z, const real *g_theta, real *g_z)
{
    s->ops->pull(s, mem, z, g_theta, g_z);
}

/* A packed tensor never lies behind its place in the whole layout, so that what was lifted to the
 * front can be moved apart from the last tensor on, without a second vector; and back. */
void frame_spread(const space *s, real *theta_all)
{
    const frame *own = frame_of(s);
    size_t end = own->given->n;
    if (s->n == end)
        return;
    for (size_t k = s->layout->n_tensors; k-- > 0;) {
        size_t to = frame_offset(s, k), n = s->layout->tensors[k].n;
        memmove(theta_all + to, theta_all + s->layout->tensors[k].offset, n * sizeof *theta_all);
        memcpy(theta_all + to + n, own->given_theta0 + to + n, (end - to - n) * sizeof *theta_all);
        end = to;
    }
    memcpy(theta_all, own->given_theta0, end * sizeof *theta_all);
}

void frame_collect(const space *s, real *g_all)
{
    if (s->n == frame_of(s)->given->n)
        return;
    for (size_t k = 0; k < s->layout->n_tensors; k++)
        memmove(g_all + s->layout->tensors[k].offset, g_all + frame_offset(s, k),
                s->layout->tensors[k].n * sizeof *g_all);
}

void space_merge(const space *s, space_mem *mem, const real *z, real *theta_all)
{
    space_lift(s, mem, z, theta_all);
    frame_spread(s, theta_all);
}

/* ------------------------------------------------------------------ teams */

typedef struct team {
    size_t n;
    const space *s[TEAM];
    space_mem *mem[TEAM];
    const real *z[TEAM];
    real *g_z[TEAM];
    view *v[TEAM];
} team;

static void team_lift(const team *t, real *const *theta)
{
    if (t->n > 1 && t->s[0]->ops->lift_n) {
        t->s[0]->ops->lift_n(t->n, t->s, t->mem, t->z, theta);
        return;
    }
    for (size_t i = 0; i < t->n; i++)
        t->s[i]->ops->lift(t->s[i], t->mem[i], t->z[i], theta[i]);
}

static void team_pull(const team *t, const real *const *g_theta)
{
    if (t->n > 1 && t->s[0]->ops->pull_n) {
        t->s[0]->ops->pull_n(t->n, t->s, t->mem, t->z, g_theta, t->g_z);
        return;
    }
    for (size_t i = 0; i < t->n; i++)
        t->s[i]->ops->pull(t->s[i], t->mem[i], t->z[i], g_theta[i], t->g_z[i]);
}

/* The members' part p. In a@b, b's z is mem->z; in a++b, b's stretch of z begins behind a's. */
static void team_part(const team *t, size_t p, team *out)
{
    out->n = t->n;
    for (size_t i = 0; i < t->n; i++) {
        const frame *own = frame_of(t->s[i]);
        bool chain = own->how == FRAME_CHAIN;
        size_t skip = !chain && p ? own->part[0]->d : 0;
        out->s[i] = own->part[p];
        out->mem[i] = t->mem[i]->part[p];
        out->z[i] = chain && p ? t->mem[i]->z : t->z[i] + skip;
        out->g_z[i] = chain && p ? t->mem[i]->g_z : t->g_z[i] + skip;
        out->v[i] = t->v[i];
    }
}

static void team_bind(const team *t)
{
    team part;
    real *out[TEAM];
    switch (frame_of(t->s[0])->how) {
    case FRAME_SUM:
        team_part(t, 0, &part);
        team_bind(&part);
        team_part(t, 1, &part);
        team_bind(&part);
        return;
    case FRAME_CHAIN:
        team_part(t, 0, &part);
        for (size_t i = 0; i < t->n; i++)
            out[i] = t->mem[i]->z;
        team_lift(&part, out);
        for (size_t i = 0; i < t->n; i++)
            frame_spread(part.s[i], out[i]);
        team_part(t, 1, &part);
        team_bind(&part);
        return;
    case FRAME_KIND:
        if (!frame_lifts(t->s[0])) {
            for (size_t i = 0; i < t->n; i++)
                t->s[i]->ops->bind(t->s[i], t->mem[i], t->z[i], t->g_z[i], t->v[i]);
            return;
        }
        for (size_t i = 0; i < t->n; i++)
            out[i] = t->mem[i]->theta;
        team_lift(t, out);
        for (size_t i = 0; i < t->n; i++)
            mounts_point(t->s[i], t->mem[i], t->v[i]);
        return;
    }
}

static void team_gather(const team *t)
{
    team part;
    const real *g[TEAM];
    switch (frame_of(t->s[0])->how) {
    case FRAME_SUM:
        team_part(t, 0, &part);
        team_gather(&part);
        team_part(t, 1, &part);
        team_gather(&part);
        return;
    case FRAME_CHAIN:
        team_part(t, 1, &part);
        team_gather(&part);
        team_part(t, 0, &part);
        for (size_t i = 0; i < t->n; i++) {
            frame_collect(part.s[i], t->mem[i]->g_z);
            g[i] = t->mem[i]->g_z;
        }
        team_pull(&part, g);
        return;
    case FRAME_KIND:
        if (!frame_lifts(t->s[0])) {
            for (size_t i = 0; i < t->n && t->s[i]->ops->gather; i++)
                t->s[i]->ops->gather(t->s[i], t->mem[i], t->z[i], t->g_z[i], t->v[i]);
            return;
        }
        for (size_t i = 0; i < t->n; i++) {
            mounts_fetch(t->s[i], t->mem[i]);
            g[i] = t->mem[i]->g_theta;
        }
        team_pull(t, g);
        return;
    }
}

/* Calls each on teams of at most TEAM. */
static void team_each(void (*each)(const team *t), size_t n, const space *const *s,
                      space_mem *const *mem, const real *const *z, real *const *g_z, view *const *v)
{
    for (size_t i = 0; i < n; i += TEAM) {
        team t = {.n = n - i < TEAM ? n - i : TEAM};
        memcpy(t.s, s + i, t.n * sizeof *s);
        memcpy(t.mem, mem + i, t.n * sizeof *mem);
        memcpy(t.z, z + i, t.n * sizeof *z);
        memcpy(t.g_z, g_z + i, t.n * sizeof *g_z);
        memcpy(t.v, v + i, t.n * sizeof *v);
        each(&t);
    }
}

void space_bind(size_t n, const space *const *s, space_mem *const *mem, const real *const *z,
                real *const *g_z, view *const *v)
{
    for (size_t i = 0; i < n; i++)
        mounts_clear(s[i], mem[i], v[i]);
    team_each(team_bind, n, s, mem, z, g_z, v);
}

void space_gather(size_t n, const space *const *s, space_mem *const *mem, const real *const *z,
                  real *const *g_z, view *const *v)
{
    team_each(team_gather, n, s, mem, z, g_z, v);
    for (size_t i = 0; i < n; i++)
        space_penalty(s[i], mem[i], z[i], g_z[i]);
}

void space_penalty(const space *s, space_mem *mem, const real *z, real *g_z)
{
    const frame *own = frame_of(s);
    if (own->how == FRAME_KIND && s->ops->penalty)
        s->ops->penalty(s, mem, z, g_z);
    if (own->how == FRAME_CHAIN)
        space_penalty(own->part[0], mem->part[0], z, g_z);
    if (own->how == FRAME_SUM)
        for (size_t p = 0; p < 2; p++) {
            size_t skip = p ? own->part[0]->d : 0;
            space_penalty(own->part[p], mem->part[p], z + skip, g_z + skip);
        }
}

void space_after_step(const space *s, space_mem *mem, size_t t, size_t T, real *z, const real *g_z)
{
    const frame *own = frame_of(s);
    if (own->how == FRAME_KIND && s->ops->after_step)
        s->ops->after_step(s, mem, t, T, z, g_z);
    if (own->how == FRAME_CHAIN)
        space_after_step(own->part[0], mem->part[0], t, T, z, g_z);
    if (own->how == FRAME_SUM)
        for (size_t p = 0; p < 2; p++) {
            size_t skip = p ? own->part[0]->d : 0;
            space_after_step(own->part[p], mem->part[p], t, T, z + skip, g_z + skip);
        }
}

/* ------------------------------------------------------------------ questions */

bool space_rides(const space *s)
{
    const frame *own = frame_of(s);
    if (own->how == FRAME_CHAIN)
        return space_rides(own->part[1]);
    if (own->how == FRAME_SUM)
        return space_rides(own->part[0]) || space_rides(own->part[1]);
    return s->ops->rides > 0 && !s->lifted;
}

bool space_steps(const space *s)
{
    const frame *own = frame_of(s);
    if (own->how == FRAME_KIND)
        return s->ops->after_step != NULL;
    return space_steps(own->part[0]) || space_steps(own->part[1]);
}

bool space_moved(const space *s)
{
    const frame *own = frame_of(s);
    if (own->how == FRAME_KIND)
        return s->ops->moved || s->moved;
    return space_moved(own->part[0]) || space_moved(own->part[1]);
}

bool space_regenerable(const space *s)
{
    const frame *own = frame_of(s);
    if (own->how == FRAME_KIND)
        return s->ops->regenerable && !s->computed;
    return space_regenerable(own->part[0]) && space_regenerable(own->part[1]);
}
