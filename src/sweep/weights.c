/* weights.c -- what becomes of a run's z: all weights, their updates, an adapter. See running.h. */
#include <string.h>

#include "models/adapted.h"
#include "sweep/running.h"

/* theta (layout.n) holds step 0; it moves to z. */
static status weights_at(const runner *r, const run_spec *run, const model *m, const real *z,
                         size_t d, real *theta)
{
    space *s;
    space_mem *mem = NULL;
    real *theta0 = mem_array(m->layout.n, sizeof *theta0);
    status st = theta0 ? OK : ERR_MEMORY;
    if (!st)
        memcpy(theta0, theta, m->layout.n * sizeof *theta0);
    if (!st)
        st = space_new_beside(&s, run->space, &m->layout, theta0, run_stream(run, "P"), NULL,
                              r->memory);
    if (st) {
        mem_free(theta0);
        return st;
    }
    if (s->d != d)
        st = error_set(ERR_USAGE, "%s: it trains %zu numbers here, and z has %zu", run->space, s->d,
                       d);
    else if (!(st = space_mem_new(&mem, s)))
        space_merge(s, mem, z, theta);
    space_mem_free(mem);
    space_free(s);
    mem_free(theta0);
    return st;
}

status runner_weights(runner *r, const run_spec *run, int fd, const real *z, size_t d,
                      const model **m, real **theta)
{
    const task *t;
    status st;
    *theta = NULL;
    if ((st = runner_task(r, run->data, fd, &t)) || (st = runner_model(r, run->model, m)))
        return st;
    real *all = mem_array((*m)->layout.n, sizeof *all);
    st = all ? runner_theta0(r, *m, run, all) : ERR_MEMORY;
    if (!st && z)
        st = weights_at(r, run, *m, z, d, all);
    if (st)
        mem_free(all);
    else
        *theta = all;
    return st;
}

void runner_start_clear(runner_start *start)
{
    mem_free(start->z0);
    mem_free(start->parts);
    *start = (runner_start){0};
}

status runner_start_of(runner *r, const run_spec *run, int fd, runner_start *start)
{
    const model *m;
    space *s = NULL;
    space_mem *mem = NULL;
    real *theta0;
    *start = (runner_start){0};
    status st = runner_weights(r, run, fd, NULL, 0, &m, &theta0);
    if (st || (st = space_new_beside(&s, run->space, &m->layout, theta0, run_stream(run, "P"), NULL,
                                     r->memory)))
        goto done;
    *start = (runner_start){.z0 = mem_array(s->d, sizeof *start->z0),
                            .d = s->d,
                            .parts = mem_array(s->zlayout.n_tensors, sizeof *start->parts),
                            .n_parts = s->zlayout.n_tensors,
                            .regenerable = space_regenerable(s)};
    st = start->z0 && start->parts ? space_mem_new(&mem, s) : ERR_MEMORY;
    if (!st)
        space_start(s, mem, start->z0);
    for (size_t i = 0; i < start->n_parts && !st; i++)
        start->parts[i] = s->zlayout.tensors[i].n;
done:
    space_mem_free(mem);
    space_free(s);
    mem_free(theta0);
    if (st)
        runner_start_clear(start);
    return st;
}

/* Both views are there while the updates are made, for a space's riders lie in its memory. */
static status updates_at(const runner *r, const run_spec *run, const model *m, const real *z,
                         size_t d, real *theta0, real *theta, updates **u)
{
    space *s = NULL;
    space_mem *mem[2] = {NULL};
    view v[2] = {{0}};
    real *z0 = mem_array(d, sizeof *z0), *g_z = mem_array(d, sizeof *g_z);
    const real *at[2] = {z, z0};
    status st = z0 && g_z ? space_new_beside(&s, run->space, &m->layout, theta0,
                                             run_stream(run, "P"), NULL, r->memory)
                          : ERR_MEMORY;
    if (!st && s->d != d)
        st = error_set(ERR_USAGE, "%s: it trains %zu numbers here, and z has %zu", run->space, s->d,
                       d);
    for (size_t k = 0; k < 2 && !st; k++)
        if (!(st = space_mem_new(&mem[k], s)))
            st = view_init(&v[k], &m->layout);
    if (!st) {
        space_start(s, mem[1], z0);
        space_merge(s, mem[0], z, theta);
        for (size_t k = 0; k < 2; k++) {
            view_point(&v[k], theta0, NULL);
            space_bind(1, (const space *const *)&s, &mem[k], &at[k], &g_z, (view *const[]){&v[k]});
        }
        st = updates_of(u, &m->layout, theta0, theta, &v[0], &v[1]);
    } else {
        mem_free(theta0);
        mem_free(theta);
    }
    for (size_t k = 0; k < 2; k++) {
        view_clear(&v[k]);
        space_mem_free(mem[k]);
    }
    space_free(s);
    mem_free(z0);
    mem_free(g_z);
    return st;
}

status runner_updates(runner *r, const run_spec *run, int fd, const real *z, size_t d, updates **u)
{
    const model *m;
    real *theta0, *theta = NULL;
    *u = NULL;
    status st = runner_weights(r, run, fd, NULL, 0, &m, &theta0);
    if (!st && !(theta = mem_array(m->layout.n, sizeof *theta)))
        st = ERR_MEMORY;
    if (st) {
        mem_free(theta0);
        return st;
    }
    return updates_at(r, run, m, z, d, theta0, theta, u);
}

/* The view that training would have at z, and the adapter that it is. */
static status write_adapter(const runner *r, const run_spec *run, const model *m,
                            const real *theta0, const real *z, size_t d, const char *folder,
                            size_t *pairs)
{
    size_t n = m->layout.n_tensors;
    const char **names = mem_array(n, sizeof *names);
    real *g_z = mem_array(d, sizeof *g_z);
    space *s = NULL;
    space_mem *mem = NULL;
    view v = {0};
    adapter_make how = {.base = *run->from ? run->from : NULL,
                        .task = task_labels(m->task) > 1 ? "CAUSAL_LM" : "SEQ_CLS",
                        .fan_in_fan_out = r->from && pretrained_turned(r->from)};
    status st = names && g_z ? OK : ERR_MEMORY;
    for (size_t k = 0; k < n && !st; k++) {
        const tensor *t = &m->layout.tensors[k];
        names[k] = r->from ? pretrained_name(r->from, t) : t->name;
        how.layers = t->layer >= (int)how.layers ? (size_t)t->layer + 1 : how.layers;
    }
    if (st || (st = space_new_beside(&s, run->space, &m->layout, theta0, run_stream(run, "P"), NULL,
                                     r->memory)))
        goto done;
    if (s->d != d)
        st = error_set(ERR_USAGE, "%s: it trains %zu numbers here, and z has %zu", run->space, s->d,
                       d);
    else if (!(st = space_mem_new(&mem, s)) && !(st = view_init(&v, &m->layout))) {
        view_point(&v, theta0, NULL);
        space_bind(1, (const space *const *)&s, &mem, &z, &g_z, (view *const[]){&v});
        st = adapted_write(&v, theta0, names, &how, folder, pairs);
    }
done:
    view_clear(&v);
    space_mem_free(mem);
    space_free(s);
    mem_free(g_z);
    mem_free(names);
    return st;
}

status runner_adapter(runner *r, const run_spec *run, int fd, const real *z, size_t d,
                      const char *folder, size_t *pairs)
{
    const model *m;
    real *theta0;
    status st = runner_weights(r, run, fd, NULL, 0, &m, &theta0);
    *pairs = 0;
    if (!st)
        st = write_adapter(r, run, m, theta0, z, d, folder, pairs);
    mem_free(theta0);
    return st;
}

const pretrained *runner_checkpoint(const runner *r)
{
    return r->from;
}
