/* library.c -- spaces as idim.h gives them to programs that train by themselves. */
#include <stdio.h>
#include <string.h>

#include "spaces/frame.h"

struct idim_space {
    space *space;
    space_mem *mem;
    size_t n;
    real *g; /* (n): dL/dweights, of the selection in front */
};

idim_status idim_space_new(idim_space **out, const char *spec, const idim_layout *l,
                           const idim_real *theta0, uint64_t seed)
{
    idim_space *s = mem_array(1, sizeof *s);
    status st = s ? OK : ERR_MEMORY;
    *out = NULL;
    if (st || (st = space_new(&s->space, spec, l, theta0, stream_make(seed, "P"))) ||
        (st = space_mem_new(&s->mem, s->space)))
        goto done;
    s->n = l->n;
    if (space_steps(s->space))
        st = error_set(ERR_USAGE,
                       "%s: what it does after every step belongs to idim's own training; take "
                       "another space, or idim train",
                       spec);
    else if (!(s->g = mem_array(s->n, sizeof *s->g)))
        st = ERR_MEMORY;
done:
    if (st)
        idim_space_free(s);
    else
        *out = s;
    return st;
}

void idim_space_free(idim_space *s)
{
    if (!s)
        return;
    space_mem_free(s->mem);
    space_free(s->space);
    mem_free(s->g);
    mem_free(s);
}

size_t idim_space_d(const idim_space *s)
{
    return s->space->d;
}

void idim_space_start(idim_space *s, idim_real *z)
{
    space_start(s->space, s->mem, z);
}

void idim_space_lift(idim_space *s, const idim_real *z, idim_real *theta)
{
    space_merge(s->space, s->mem, z, theta);
}

void idim_space_pull(idim_space *s, const idim_real *z, const idim_real *g_theta, idim_real *g_z)
{
    memcpy(s->g, g_theta, s->n * sizeof *s->g);
    frame_collect(s->space, s->g);
    space_pull(s->space, s->mem, z, s->g, g_z);
}

idim_status idim_space_spec(const char *spec, const char *key_, const char *value, char *out,
                            size_t room)
{
    char *whole;
    status st = space_with(spec, key_, value, &whole);
    if (st)
        return st;
    if ((size_t)snprintf(out, room, "%s", whole) >= room)
        st = error_set(ERR_LIMIT, "%s: longer than the %zu bytes it was given", spec, room);
    mem_free(whole);
    return st;
}
