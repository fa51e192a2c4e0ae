/* projection.c -- see projection.h. */
#include <string.h>

#include "spaces/projection.h"

static size_t projection_seen(size_t d, size_t n)
{
    size_t padded = (size_t)1 << wht_log2(n);
    return d < padded ? d : padded;
}

static status projection_check(const space *s, size_t d, projection_per per)
{
    const layout *l = s->layout;
    size_t most = 0;
    for (size_t k = 0; k < l->n_tensors; k++)
        most = l->tensors[k].n > most ? l->tensors[k].n : most;
    if (per == PER_TENSOR && d > most)
        return error_set(ERR_USAGE,
                         "%s: per=tensor with d=%zu, and the largest tensor has %zu numbers; "
                         "lower d or use per=whole",
                         s->ops->name, s->d, most);
    return space_check_d(s);
}

status projection_init(projection *p, space *s, size_t d, projection_per per, fastfood_form form,
                       fastfood_gauss gauss, double more)
{
    const layout *l = s->layout;
    size_t count = per == PER_TENSOR ? l->n_tensors : 1;
    double bytes = more;
    status st = projection_check(s, d, per);
    if (st)
        return st;
    for (size_t k = 0; k < count; k++) {
        size_t n = per == PER_TENSOR ? l->tensors[k].n : s->n;
        bytes += (double)fastfood_bytes(projection_seen(d, n), n, form);
    }
    if ((st = space_needs(s, bytes, "its permutations and diagonals",
                          "form=stacked is smallest; or select fewer weights by targets=")))
        return st;
    p->d = d;
    p->maps = mem_array(count, sizeof *p->maps);
    p->d_of = mem_array(count, sizeof *p->d_of);
    p->offset = mem_array(count, sizeof *p->offset);
    if (!p->maps || !p->d_of || !p->offset)
        return ERR_MEMORY;
    for (size_t k = 0; k < count; k++) {
        size_t n = per == PER_TENSOR ? l->tensors[k].n : s->n;
        stream own = per == PER_TENSOR ? stream_sub(&s->stream, k) : s->stream;
        p->d_of[k] = projection_seen(d, n);
        p->offset[k] = per == PER_TENSOR ? l->tensors[k].offset : 0;
        if ((st = fastfood_init(&p->maps[k], p->d_of[k], n, form, gauss, &own)))
            return st;
        p->count++;
        size_t work = fastfood_work(&p->maps[k]);
        p->work_bytes = work > p->work_bytes ? work : p->work_bytes;
    }
    /* pull adds up what the tensors say: one of their g_z is kept behind the transforms' work */
    if (count > 1)
        p->work_bytes = (p->work_bytes + 63) / 64 * 64 + d * sizeof(real);
    return OK;
}

void projection_clear(projection *p)
{
    for (size_t k = 0; k < p->count; k++)
        fastfood_clear(&p->maps[k]);
    mem_free(p->maps);
    mem_free(p->d_of);
    mem_free(p->offset);
}

void projection_lift(const projection *p, const real *z, const real *theta0, real *theta,
                     void *work)
{
    for (size_t k = 0; k < p->count; k++)
        fastfood_lift(&p->maps[k], z, theta0 ? theta0 + p->offset[k] : NULL, theta + p->offset[k],
                      work);
}

void projection_pull(const projection *p, const real *g_theta, real *g_z, void *work)
{
    if (p->count == 1) {
        fastfood_pull(&p->maps[0], g_theta, g_z, work);
        return;
    }
    real *one = (real *)work + (p->work_bytes / sizeof(real) - p->d);
    memset(g_z, 0, p->d * sizeof *g_z);
    for (size_t k = 0; k < p->count; k++) {
        fastfood_pull(&p->maps[k], g_theta + p->offset[k], one, work);
        for (size_t j = 0; j < p->d_of[k]; j++)
            g_z[j] += one[j];
    }
}
