/* mount.c -- what a run puts on the tensors of its weights view, whatever spaces are composed.
 *
 * Two parts of a++b may cover different rows of one tensor (q and v of GPT-2's c_attn), but a slot has one
 * list of riders, one place where its values are and one vector of factors. So these belong to the run: riders
 * are added one by one to the tensor's list, rows that are lifted are put among the others in one copy of
 * the tensor, and the factors of rows that have none are ones. */
#include <string.h>

#include "spaces/frame.h"

/* The spaces that are bound: in a@b it is b. */
typedef void mount_each(void *context, const space *leaf);
static void mount_walk(const space *s, mount_each *each, void *context)
{
    const frame *own = frame_of(s);
    if (own->how == FRAME_SUM)
        mount_walk(own->part[0], each, context);
    if (own->how != FRAME_KIND)
        mount_walk(own->part[1], each, context);
    else
        each(context, s);
}

/* For each tensor of the layout. */
typedef struct mount_count {
    size_t *riders;
    bool *formed, *scaled;
} mount_count;

static void mount_note(void *context, const space *leaf)
{
    const mount_count *c = context;
    for (size_t k = 0; k < leaf->layout->n_tensors; k++) {
        if (!frame_lifts(leaf)) {
            c->riders[leaf->selected[k]] += leaf->ops->rides;
            c->scaled[leaf->selected[k]] |= leaf->ops->scales;
        } else if (!space_whole(leaf, k)) {
            c->formed[leaf->selected[k]] = true;
        }
    }
}

/* The parts' mounts are the whole's. */
static void mounts_share(space_mem *mem, mount *mounts)
{
    mem->mounts = mounts;
    for (size_t p = 0; p < 2; p++)
        if (mem->part[p])
            mounts_share(mem->part[p], mounts);
}

status mounts_make(space_mem *mem, const space *s)
{
    const layout *l = frame_of(s)->given;
    mount_count c = {mem_array(l->n_tensors, sizeof *c.riders),
                     mem_array(l->n_tensors, sizeof *c.formed),
                     mem_array(l->n_tensors, sizeof *c.scaled)};
    size_t riders = 0, reals = 0, rows = 0;
    status st = ERR_MEMORY;
    mem->mounts = mem_array(l->n_tensors, sizeof *mem->mounts);
    if (!c.riders || !c.formed || !c.scaled || !mem->mounts)
        goto done;
    mount_walk(s, mount_note, &c);
    for (size_t i = 0; i < l->n_tensors; i++) {
        riders += c.riders[i];
        reals += c.formed[i] ? 2 * l->tensors[i].n : 0;
        rows += c.scaled[i] ? 2 * l->tensors[i].shape[0] : 0;
    }
    mem->riders = mem_array(riders, sizeof *mem->riders);
    mem->formed = mem_array(reals, sizeof *mem->formed);
    mem->factors = mem_array(rows, sizeof *mem->factors);
    if (!mem->riders || !mem->formed || !mem->factors)
        goto done;
    riders = reals = rows = 0;
    for (size_t i = 0; i < l->n_tensors; i++) {
        const tensor *t = &l->tensors[i];
        mem->mounts[i].riders = mem->riders + riders;
        riders += c.riders[i];
        if (c.scaled[i]) {
            mem->mounts[i].c = mem->factors + rows;
            mem->mounts[i].g_c = mem->factors + rows + t->shape[0];
            for (size_t row = 0; row < t->shape[0]; row++)
                mem->mounts[i].c[row] = 1;
            rows += 2 * t->shape[0];
        }
        if (!c.formed[i])
            continue;
        mem->mounts[i].value = mem->formed + reals;
        mem->mounts[i].grad = mem->formed + reals + t->n;
        memcpy(mem->mounts[i].value, frame_of(s)->given_theta0 + t->offset,
               t->n * sizeof *mem->formed);
        reals += 2 * t->n;
    }
    mounts_share(mem, mem->mounts);
    st = OK;
done:
    mem_free(c.riders);
    mem_free(c.formed);
    mem_free(c.scaled);
    return st;
}

void mounts_free(space_mem *mem)
{
    if (!mem)
        return;
    mem_free(mem->mounts);
    mem_free(mem->riders);
    mem_free(mem->formed);
    mem_free(mem->factors);
}

void mounts_point(const space *s, space_mem *mem, view *v)
{
    memset(mem->g_theta, 0, s->n * sizeof *mem->g_theta);
    for (size_t k = 0; k < s->layout->n_tensors; k++) {
        const tensor *t = &s->layout->tensors[k];
        const mount *m = &mem->mounts[s->selected[k]];
        slot *to = &v->slots[s->selected[k]];
        bool whole = space_whole(s, k);
        to->value = whole ? mem->theta + t->offset : m->value;
        to->grad = whole ? mem->g_theta + t->offset : m->grad;
        to->storage = IDIM_STORED_REAL;
        if (!whole)
            memcpy(m->value + s->row0[k] * frame_row(t), mem->theta + t->offset,
                   t->n * sizeof *m->value);
    }
}

void mounts_fetch(const space *s, space_mem *mem)
{
    for (size_t k = 0; k < s->layout->n_tensors; k++) {
        const tensor *t = &s->layout->tensors[k];
        if (!space_whole(s, k))
            memcpy(mem->g_theta + t->offset,
                   mem->mounts[s->selected[k]].grad + s->row0[k] * frame_row(t),
                   t->n * sizeof *mem->g_theta);
    }
}

void mounts_clear(const space *s, space_mem *mem, view *v)
{
    for (size_t k = 0; k < s->layout->n_tensors; k++) {
        const mount *m = &mem->mounts[s->selected[k]];
        const tensor *t = &frame_of(s)->given->tensors[s->selected[k]];
        slot *to = &v->slots[s->selected[k]];
        to->riders = NULL;
        to->n_riders = 0;
        to->c = to->g_c = NULL;
        if (m->grad)
            memset(m->grad, 0, t->n * sizeof *m->grad);
        if (m->g_c)
            memset(m->g_c, 0, t->shape[0] * sizeof *m->g_c);
    }
}

rider *space_ride(const space *s, space_mem *mem, size_t k, view *v)
{
    rider *riders = mem->mounts[s->selected[k]].riders;
    slot *to = &v->slots[s->selected[k]];
    to->riders = riders;
    riders += to->n_riders++;
    *riders = (rider){.row0 = s->row0[k], .rows = s->layout->tensors[k].shape[0]};
    return riders;
}

void space_row_factors(const space *s, space_mem *mem, size_t k, view *v, real **c, real **g_c)
{
    const mount *m = &mem->mounts[s->selected[k]];
    v->slots[s->selected[k]].c = m->c;
    v->slots[s->selected[k]].g_c = m->g_c;
    *c = m->c + s->row0[k];
    *g_c = m->g_c + s->row0[k];
}
