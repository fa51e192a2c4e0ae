/* compose.c -- two spaces as one.
 *
 *   a@b     theta = lift_b(lift_a(z))              g_z = J_a^T J_b^T g_theta
 *           a's layout is b's zlayout, a's theta0 is b's z0; only a's z is trained, and what a's
 *           targets leave out stays at b's z0 (full:targets=B@lora)
 *   a++b    theta_a = lift_a(z_a), theta_b = lift_b(z_b), on disjoint tensors; z = (z_a, z_b)
 *
 * A part of a++b that names no targets leaves to the others what they name.
 *
 * @ binds tighter; more than two nest to the right: a@(b@c), a++(b++c). The first part draws from the
 * stream of the whole, the rest from a stream named after the sign, so that what stands behind a
 * space does not change what it draws. */
#include <string.h>

#include "spaces/frame.h"

/* ------------------------------------------------------------------ a@b */

static void chain_lift(const space *s, space_mem *mem, const real *restrict z, real *restrict theta)
{
    const frame *own = frame_of(s);
    space_merge(own->part[0], mem->part[0], z, mem->z);
    space_lift(own->part[1], mem->part[1], mem->z, theta);
}

static void chain_pull(const space *s, space_mem *mem, const real *restrict z,
                       const real *restrict g_theta, real *restrict g_z)
{
    const frame *own = frame_of(s);
    space_merge(own->part[0], mem->part[0], z, mem->z); /* b may pull differently at every z */
    space_pull(own->part[1], mem->part[1], mem->z, g_theta, mem->g_z);
    frame_collect(own->part[0], mem->g_z);
    space_pull(own->part[0], mem->part[0], z, mem->g_z, g_z);
}

static const space_ops chain_ops = {
    .name = "@",
    .doc = "a space of the z of another",
    .lift = chain_lift,
    .pull = chain_pull,
};

/* Rates and after_step of b would act on a z that nobody trains. */
static status chain_check(const space *b)
{
    const space *first = b;
    while (frame_of(first)->how == FRAME_CHAIN)
        first = frame_of(first)->part[0];
    if (first->ops->after_step)
        return error_set(
            ERR_USAGE,
            "%s: it changes its z between steps, which only the first space of a@b can "
            "do; put it first or leave it out",
            first->ops->name);
    for (size_t k = 0; k < b->zlayout.n_tensors; k++) {
        double factor = b->zlayout.tensors[k].lr_factor;
        if (factor != 0 && factor != 1)
            return error_set(ERR_USAGE,
                             "%s: the learning-rate factor %g of its %s does nothing behind an @, "
                             "where another z is trained; leave it at 1",
                             first->ops->name, factor, b->zlayout.tensors[k].name);
    }
    return OK;
}

static status chain_new(space **out, char *const *specs, size_t n, const frame_ask *ask)
{
    if (n == 1)
        return frame_kind(out, specs[0], ask);
    const frame *sibling = NULL;
    status st;
    *out = NULL;
    if (ask->sibling && frame_of(ask->sibling)->how == FRAME_CHAIN)
        sibling = frame_of(ask->sibling);
    space *s = frame_alloc(&chain_ops, sizeof *s, FRAME_CHAIN, ask);
    if (!s)
        return ERR_MEMORY;
    frame *own = frame_of(s);
    frame_ask below = *ask, above = *ask;
    below.stream = stream_named(&ask->stream, "@");
    below.sibling = sibling ? sibling->part[1] : NULL;
    if ((st = chain_new(&own->part[1], specs + 1, n - 1, &below)) ||
        (st = chain_check(own->part[1])))
        goto done;
    const space *b = own->part[1];
    if (!b->z0 && !(own->z0 = mem_array(b->d, sizeof *own->z0))) {
        st = ERR_MEMORY;
        goto done;
    }
    above.l = &b->zlayout;
    above.others = NULL; /* parts of z are b's alone */
    above.theta0 = b->z0 ? b->z0 : own->z0;
    above.sibling = sibling ? sibling->part[0] : NULL;
    above.memory_limit = ask->memory_limit - b->frozen_bytes;
    if ((st = frame_kind(&own->part[0], specs[0], &above)))
        goto done;
    const space *a = own->part[0];
    s->d = a->d;
    s->n = b->n;
    s->layout = b->layout;
    s->theta0 = b->theta0;
    s->selected = b->selected;
    s->row0 = b->row0;
    s->targets = b->targets;
    s->zlayout = a->zlayout;
    s->z0 = a->z0;
    s->state_bytes = a->state_bytes + b->state_bytes;
    s->frozen_bytes = a->frozen_bytes + b->frozen_bytes;
done:
    if (st)
        space_free(s);
    else
        *out = s;
    return st;
}

/* ------------------------------------------------------------------ a++b */

/* Where part p's packed tensors stand in the whole, one behind another? Then no copy is made. */
static bool sum_one_piece(const space *s, size_t p)
{
    const frame *own = frame_of(s);
    size_t n = own->part[p]->layout->n_tensors;
    return own->place[p][n - 1] - own->place[p][0] == n - 1;
}

static real *sum_piece(const space *s, size_t p, real *theta)
{
    const frame *own = frame_of(s);
    return theta + s->layout->tensors[own->place[p][0]].offset;
}

static void sum_lift(const space *s, space_mem *mem, const real *restrict z, real *restrict theta)
{
    const frame *own = frame_of(s);
    for (size_t p = 0; p < 2; p++) {
        const space *a = own->part[p];
        bool whole = sum_one_piece(s, p);
        real *to = whole ? sum_piece(s, p, theta) : mem->work;
        space_lift(a, mem->part[p], z, to);
        for (size_t k = 0; k < a->layout->n_tensors && !whole; k++)
            memcpy(theta + s->layout->tensors[own->place[p][k]].offset,
                   to + a->layout->tensors[k].offset, a->layout->tensors[k].n * sizeof *theta);
        z += a->d;
    }
}

static void sum_pull(const space *s, space_mem *mem, const real *restrict z,
                     const real *restrict g_theta, real *restrict g_z)
{
    const frame *own = frame_of(s);
    for (size_t p = 0; p < 2; p++) {
        const space *a = own->part[p];
        bool whole = sum_one_piece(s, p);
        real *work = mem->work;
        for (size_t k = 0; k < a->layout->n_tensors && !whole; k++)
            memcpy(work + a->layout->tensors[k].offset,
                   g_theta + s->layout->tensors[own->place[p][k]].offset,
                   a->layout->tensors[k].n * sizeof *work);
        space_pull(a, mem->part[p], z,
                   whole ? g_theta + s->layout->tensors[own->place[p][0]].offset : work, g_z);
        z += a->d;
        g_z += a->d;
    }
}

static const space_ops sum_ops = {
    .name = "++",
    .doc = "two spaces side by side",
    .lift = sum_lift,
    .pull = sum_pull,
};

/* Both selections as one, in layout order: a fresh array. ERR_USAGE where they meet. */
static status sum_select(space *s, const char *a_spec, const char *b_spec, piece **pieces,
                         size_t *count)
{
    frame *own = frame_of(s);
    size_t n[2] = {own->part[0]->layout->n_tensors, own->part[1]->layout->n_tensors};
    size_t at[2] = {0, 0}, k = 0;
    *pieces = mem_array(n[0] + n[1], sizeof **pieces);
    own->place[0] = mem_array(n[0], sizeof *own->place[0]);
    own->place[1] = mem_array(n[1], sizeof *own->place[1]);
    if (!*pieces || !own->place[0] || !own->place[1])
        return ERR_MEMORY;
    while (at[0] < n[0] || at[1] < n[1]) {
        piece next[2] = {{SIZE_MAX, 0, 0}, {SIZE_MAX, 0, 0}};
        for (size_t p = 0; p < 2; p++)
            if (at[p] < n[p])
                next[p] = (piece){own->part[p]->selected[at[p]], own->part[p]->row0[at[p]],
                                  own->part[p]->layout->tensors[at[p]].shape[0]};
        size_t first = next[0].place < next[1].place ||
                               (next[0].place == next[1].place && next[0].row0 <= next[1].row0)
                           ? 0
                           : 1;
        const piece *a = &next[first], *b = &next[1 - first];
        if (a->place == b->place && a->row0 + a->rows > b->row0)
            return error_set(
                ERR_USAGE, "%s and %s both train %s; give them `targets` that do not meet", a_spec,
                b_spec, own->part[1 - first]->layout->tensors[at[1 - first]].name);
        own->place[first][at[first]++] = k;
        (*pieces)[k++] = *a;
    }
    *count = k;
    return OK;
}

/* Both zlayouts end to end. A name of b that a has too gets "++" behind it: names are unique. */
static status sum_zlayout(space *s)
{
    frame *own = frame_of(s);
    const space *a = own->part[0], *b = own->part[1];
    size_t na = a->zlayout.n_tensors, nb = b->zlayout.n_tensors, renamed = 0;
    own->z_tensors = mem_array(na + nb, sizeof *own->z_tensors);
    own->z_names = mem_array(nb + 1, sizeof *own->z_names);
    if (!own->z_tensors || !own->z_names)
        return ERR_MEMORY;
    memcpy(own->z_tensors, a->zlayout.tensors, na * sizeof *own->z_tensors);
    for (size_t k = 0; k < nb; k++) {
        tensor *t = &own->z_tensors[na + k];
        *t = b->zlayout.tensors[k];
        t->offset += a->d;
        if (layout_find(&a->zlayout, t->name) == SIZE_MAX)
            continue;
        if (!(own->z_names[renamed] = mem_printf("%s++", t->name)))
            return ERR_MEMORY;
        t->name = own->z_names[renamed++];
    }
    s->d = a->d + b->d;
    s->zlayout = (layout){.tensors = own->z_tensors, .n_tensors = na + nb, .n = s->d};
    if (!a->z0 && !b->z0)
        return OK;
    if (!(own->z0 = mem_array(s->d, sizeof *own->z0)))
        return ERR_MEMORY;
    if (a->z0)
        memcpy(own->z0, a->z0, a->d * sizeof *own->z0);
    if (b->z0)
        memcpy(own->z0 + a->d, b->z0, b->d * sizeof *own->z0);
    s->z0 = own->z0;
    return OK;
}

static status sum_part(space **out, const char *spec, const frame_ask *ask)
{
    char **chain;
    size_t n;
    status st = key_cut(spec, "@", &chain, &n);
    *out = NULL;
    if (st)
        return st;
    st = chain_new(out, chain, n, ask);
    key_parts_free(chain, n);
    return st;
}

static status sum_new(space **out, char *const *specs, size_t n, const frame_ask *ask)
{
    if (n == 1)
        return sum_part(out, specs[0], ask);
    const frame *sibling = NULL;
    piece *pieces = NULL;
    size_t count = 0;
    status st;
    *out = NULL;
    if (ask->sibling && frame_of(ask->sibling)->how == FRAME_SUM)
        sibling = frame_of(ask->sibling);
    space *s = frame_alloc(&sum_ops, sizeof *s, FRAME_SUM, ask);
    if (!s)
        return ERR_MEMORY;
    frame *own = frame_of(s);
    frame_ask first = *ask, rest = *ask;
    first.sibling = sibling ? sibling->part[0] : NULL;
    if ((st = sum_part(&own->part[0], specs[0], &first)))
        goto done;
    rest.stream = stream_named(&ask->stream, "++");
    rest.sibling = sibling ? sibling->part[1] : NULL;
    rest.memory_limit = ask->memory_limit - own->part[0]->frozen_bytes;
    if ((st = sum_new(&own->part[1], specs + 1, n - 1, &rest)) ||
        (st = sum_select(s, specs[0], specs[1], &pieces, &count)) ||
        (st = frame_pack(s, pieces, count)) || (st = sum_zlayout(s)))
        goto done;
    for (size_t p = 0; p < 2; p++) {
        const space *a = own->part[p];
        size_t bytes = sum_one_piece(s, p) ? 0 : a->n * sizeof(real);
        s->work_bytes = bytes > s->work_bytes ? bytes : s->work_bytes;
        s->state_bytes += a->state_bytes;
        s->frozen_bytes += a->frozen_bytes;
    }
done:
    mem_free(pieces);
    if (st)
        space_free(s);
    else
        *out = s;
    return st;
}

status compose_new(space **s, const char *spec, const frame_ask *ask)
{
    char **sums, *whole;
    size_t n;
    status st;
    *s = NULL;
    if ((st = preset_expand(spec, &whole)))
        return st;
    st = key_cut(whole, "++", &sums, &n);
    mem_free(whole);
    if (st)
        return st;
    taken others = {0};
    frame_ask all = *ask;
    if (n > 1 && !(st = taken_find(&others, sums, n, ask->l)))
        all.others = &others;
    if (!st)
        st = sum_new(s, sums, n, &all);
    mem_free(others.pieces);
    key_parts_free(sums, n);
    return st;
}
