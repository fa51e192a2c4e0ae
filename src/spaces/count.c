/* count.c -- how many numbers a spec trains on a layout that no memory has to hold (space.h): a model of
 * 8 billion weights is counted without one of them. Of full, lora and their presets, whose counts are closed. */
#include <stdlib.h>
#include <string.h>

#include "spaces/frame.h"

/* r of "lora:r=8,..."; its own default where it is not named. */
static status count_rank(const char *spec, size_t *r)
{
    const char *at = strstr(spec, "r=");
    double x;
    char number[32];
    *r = 8;
    while (at && at != spec && at[-1] != ':' && at[-1] != ',') /* "ratio=" ends otherwise */
        at = strstr(at + 1, "r=");
    if (!at)
        return OK;
    size_t n = strcspn(at + 2, ",");
    if (n >= sizeof number)
        n = sizeof number - 1;
    memcpy(number, at + 2, n);
    number[n] = '\0';
    if (strchr(number, ':') || key_number("lora: r", number, &x) || !(x >= 1))
        return error_set(ERR_USAGE, "%s: one rank for all is counted, a whole number", spec);
    *r = (size_t)x;
    return OK;
}

/* Something to point at: whether a gradient is wanted is asked, never where it is. */
static real *count_somewhere(void)
{
    static const real nowhere = 0;
    union {
        const real *of;
        real *at;
    } u = {&nowhere};
    return u.at;
}

static void count_ride(space_counted *c, const layout *l, const piece *p, size_t r, size_t at)
{
    const tensor *t = &l->tensors[p->place];
    slot *s = &c->view.slots[p->place];
    rider *own = &c->riders[at];
    *own = (rider){.row0 = p->row0, .rows = p->rows, .r = r, .s = 1};
    own->A = own->B = own->g_A = own->g_B = count_somewhere();
    own->lda = frame_row(t);
    own->ldb = r;
    if (!s->n_riders) /* the pieces of a tensor stand side by side */
        s->riders = own;
    s->n_riders++;
    c->d += r * (p->rows + frame_row(t));
}

void space_counted_clear(space_counted *c)
{
    view_clear(&c->view);
    mem_free(c->riders);
    *c = (space_counted){0};
}

status space_count(const char *spec, const layout *l, space_counted *c)
{
    char *whole = NULL, *targets = NULL;
    const space_ops *row;
    piece *pieces = NULL;
    size_t n = 0, r = 0;
    bool given, rides;
    *c = (space_counted){0};
    status st = preset_expand(spec, &whole);
    if (st || (st = view_init(&c->view, l)) || (st = spec_targets(whole, &row, &targets, &given)))
        goto done;
    rides = !strcmp(row->name, "lora");
    if (strchr(whole, '@') || strstr(whole, "++") || (!rides && strcmp(row->name, "full"))) {
        st = error_set(ERR_USAGE, "%s: full, lora and their presets are counted, one at a time",
                       spec);
        goto done;
    }
    if ((rides && (st = count_rank(whole, &r))) ||
        (st = targets_select(row->name, targets, l, &pieces, &n)))
        goto done;
    if (rides && !(c->riders = mem_array(n, sizeof *c->riders))) {
        st = ERR_MEMORY;
        goto done;
    }
    for (size_t k = 0; k < n; k++) {
        const tensor *t = &l->tensors[pieces[k].place];
        c->selected += pieces[k].rows * frame_row(t);
        c->tensors += !k || pieces[k].place != pieces[k - 1].place;
        if (rides && !t->shape[1]) {
            st = error_set(ERR_USAGE, "lora: targets=%s: %s has one dimension and no rank", targets,
                           t->name);
            goto done;
        }
        c->lifted = c->lifted || (rides && t->bare);
        if (rides) {
            count_ride(c, l, &pieces[k], r, k);
        } else {
            c->view.slots[pieces[k].place].grad = count_somewhere();
            c->d += pieces[k].rows * frame_row(t);
            c->in_place += pieces[k].rows * frame_row(t);
        }
    }
    for (size_t k = 0; k < n && c->lifted;
         k++) { /* the weights are formed, no tensor has a rider */
        slot *s = &c->view.slots[pieces[k].place];
        s->n_riders = 0;
        s->grad = count_somewhere();
    }
done:
    mem_free(whole);
    mem_free(targets);
    mem_free(pieces);
    if (st)
        space_counted_clear(c);
    return st;
}
