/* runner.c -- see runner.h: the task, the model, the checkpoint and the weights at step 0 that runs start from; the last
 * of each is kept. */
#include <string.h>

#include "base/os.h"
#include "nn/bf16.h"
#include "sweep/running.h"

status runner_new(runner **out, const run_rows *rows, size_t threads, size_t memory)
{
    runner *r = mem_array(1, sizeof *r);
    status st;
    *out = NULL;
    if (!r)
        return ERR_MEMORY;
    r->rows = rows;
    r->memory = memory;
    if ((st = pool_new(&r->pool, threads)) || (st = numeric_kind(r->kind))) {
        runner_free(r);
        return st;
    }
    *out = r;
    return OK;
}

static void runner_drop_model(runner *r)
{
    model_free(r->model);
    mem_free(r->model_text);
    r->model = NULL;
    r->model_text = NULL;
}

static void runner_drop_task(runner *r)
{
    runner_drop_model(r);
    task_free(r->task);
    mem_free(r->task_text);
    r->task = NULL;
    r->task_text = NULL;
}

static void runner_drop_from(runner *r)
{
    pretrained_close(r->from);
    mem_free(r->from_text);
    r->from = NULL;
    r->from_text = NULL;
}

void runner_free(runner *r)
{
    if (!r)
        return;
    runner_drop_task(r);
    runner_drop_from(r);
    pool_free(r->pool);
    mem_free(r);
}

/* Rows that a program brings have no revision that we could trust: its own bytes stand for them. */
static status content_of(runner *r)
{
    char path[4096];
    status st;
    if (!r->rows) {
        memcpy(r->content, task_content(r->task), strlen(task_content(r->task)) + 1);
        return OK;
    }
    if ((st = os_executable(path, sizeof path)))
        return st;
    return hash_file(path, r->content);
}

status runner_task(runner *r, const char *spec, int fd, const task **t)
{
    status st;
    const char *args;
    char kind[64];
    *t = NULL;
    if (!r->task || strcmp(spec, r->task_text)) {
        runner_drop_task(r);
        if (fd >= 0)
            st = task_unpack(&r->task, fd);
        else if (r->rows)
            st = (st = key_kind(spec, kind, sizeof kind, &args))
                     ? st
                     : task_new_row(&r->task, r->rows->tasks[0], args);
        else
            st = task_new(&r->task, spec);
        if (st)
            return st;
        if (!(r->task_text = mem_string(spec)) || (st = content_of(r))) {
            runner_drop_task(r);
            return st ? st : ERR_MEMORY;
        }
    }
    *t = r->task;
    return OK;
}

const char *runner_content(const runner *r)
{
    return r->content;
}

const char *runner_kind(const runner *r)
{
    return r->kind;
}

status runner_model(runner *r, const char *spec, const model **m)
{
    status st;
    const char *args;
    char kind[64];
    *m = NULL;
    if (!r->model || strcmp(spec, r->model_text)) {
        runner_drop_model(r);
        if (r->rows)
            st = (st = key_kind(spec, kind, sizeof kind, &args))
                     ? st
                     : model_new_row(&r->model, r->rows->models[0], args, r->task);
        else
            st = model_new(&r->model, spec, r->task);
        if (st)
            return st;
        if (!(r->model_text = mem_string(spec))) {
            runner_drop_model(r);
            return ERR_MEMORY;
        }
    }
    *m = r->model;
    return OK;
}

/* The checkpoint of a run, opened once and looked at once: it must be the one that was asked for. */
static status runner_from(runner *r, const run_spec *run)
{
    char hex[HASH_HEX];
    status st;
    if (r->from && !strcmp(r->from_text, run->from_content))
        return OK;
    runner_drop_from(r);
    if (!(st = pretrained_open(&r->from, run->from, run->adapter, run->adapter_alpha)) &&
        !(st = pretrained_hash(r->from, hex))) {
        if (strcmp(hex, run->from_content))
            st = error_set(
                ERR_FORMAT,
                "%s: its content is %.16s... and the run was asked for with %.16s...; put "
                "that checkpoint back, or ask anew",
                run->from, hex, run->from_content);
        else if (!(r->from_text = mem_string(run->from_content)))
            st = ERR_MEMORY;
    }
    if (st)
        runner_drop_from(r);
    return st;
}

/* Which tensors of a run with frozen=bf16 stay in float: those of one dimension, what the space trains or reads, and
 * what a method adds. reals (n_tensors), fresh; NULL: all, the run is not one. */
static status runner_reals(const model *m, const run_spec *run, bool **reals)
{
    const layout *l = &m->layout;
    status st;
    *reals = NULL;
    if (run->frozen != RUN_BF16)
        return OK;
    if (!m->row->tensor0)
        return error_set(ERR_USAGE,
                         "frozen=bf16: the model %s computes on float weights alone; leave frozen "
                         "out, or take a transformer",
                         m->row->name);
    bool *is = mem_array(l->n_tensors, sizeof *is);
    if (!is || (st = space_reals(run->space, l, is))) {
        mem_free(is);
        return is ? st : ERR_MEMORY;
    }
    for (size_t k = 0; k < l->n_tensors; k++)
        is[k] = is[k] || !l->tensors[k].shape[1] || l->tensors[k].outside;
    *reals = is;
    return OK;
}

status runner_theta0(runner *r, const model *m, const run_spec *run, real *theta0)
{
    stream s = run_stream(run, "theta0");
    bool *reals;
    size_t fresh;
    status st = runner_reals(m, run, &reals);
    if (st)
        return st;
    m->row->theta0(m, &s, theta0);
    if (*run->from && !(st = runner_from(r, run)))
        st = pretrained_load(r->from, m, theta0, &fresh);
    for (size_t k = 0; reals && k < m->layout.n_tensors; k++) {
        const tensor *t = &m->layout.tensors[k];
        for (size_t i = 0; i < t->n && !reals[k]; i++)
            theta0[t->offset + i] = bf16_value(bf16_nearest(theta0[t->offset + i]));
    }
    mem_free(reals);
    return st;
}

/* Room for them as the run stores them, and the look at its checkpoint. */
static status stored_empty(runner *r, const model *m, const run_spec *run, stored *to)
{
    bool *reals;
    size_t fresh;
    status st = runner_reals(m, run, &reals);
    if (!st && !(st = stored_init(to, &m->layout, reals)) && *run->from &&
        !(st = runner_from(r, run)))
        st = pretrained_load(r->from, m, NULL, &fresh);
    mem_free(reals);
    return st;
}

status runner_stored(runner *r, const model *m, const run_spec *run, stored *to)
{
    stream s = run_stream(run, "theta0");
    const layout *l = &m->layout;
    size_t most = 0;
    status st = stored_empty(r, m, run, to);
    for (size_t k = 0; k < l->n_tensors; k++)
        most = l->tensors[k].n > most ? l->tensors[k].n : most;
    real *values = st ? NULL : mem_array(most, sizeof *values);
    if (!st && !values)
        st = ERR_MEMORY;
    for (size_t k = 0; k < l->n_tensors && !st; k++) {
        m->row->tensor0(m, &s, k, values);
        if (*run->from)
            st = pretrained_tensor(r->from, m, k, values);
        stored_put(to, k, values);
    }
    mem_free(values);
    return st;
}

status runner_space(const stored *w, const real *theta0, const model *m, const char *spec, stream P,
                    const space *sibling, size_t memory, space **s)
{
    return space_new_beside(s, spec, w->slots ? &w->layout : &m->layout,
                            w->slots ? w->theta : theta0, P, sibling, memory);
}

status runner_describe(runner *r, const run_spec *run, int fd, runner_about *about)
{
    const task *t;
    const model *m;
    status st;
    *about = (runner_about){0};
    if (*run->exec) { /* the rest is known to the program alone */
        about->metric = "score";
        about->lower_is_better = run->better == 1;
        return OK;
    }
    if ((st = runner_task(r, run->data, fd, &t)) || (st = runner_model(r, run->model, &m)))
        return st;
    *about = (runner_about){.layout = &m->layout,
                            .D = m->D,
                            .n_features = t->n_features,
                            .n_outputs = m->n_outputs,
                            .n_train = t->splits[IDIM_SPLIT_TRAIN].n,
                            .n_val = t->splits[IDIM_SPLIT_VAL].n,
                            .n_test = t->splits[IDIM_SPLIT_TEST].n,
                            .metric = t->loss->metric,
                            .lower_is_better = t->loss->lower_is_better,
                            .memorise = t->memorise,
                            .published = t->published};
    bool *reals;
    st = runner_reals(m, run, &reals);
    for (size_t k = 0; reals && k < m->layout.n_tensors; k++)
        about->halves += reals[k] ? 0 : m->layout.tensors[k].n;
    mem_free(reals);
    return st;
}

status runner_fresh_head(runner *r, const run_spec *run, int fd, bool *fresh)
{
    const task *t;
    const model *m;
    pretrained *p;
    size_t drawn = 0;
    status st;
    *fresh = false;
    if ((st = runner_task(r, run->data, fd, &t)) || (st = runner_model(r, run->model, &m)))
        return st;
    for (size_t k = 0; k < m->layout.n_tensors; k++)
        drawn += !m->layout.tensors[k].tied && tensor_has_role(&m->layout.tensors[k], "head");
    if (drawn && *run->from &&
        !(st = pretrained_open(&p, run->from, run->adapter, run->adapter_alpha))) {
        st = pretrained_load(p, m, NULL, &drawn);
        pretrained_close(p);
        drawn -= st ? 0 : m->layout.n - m->D; /* what a method adds */
    }
    *fresh = !st && drawn;
    return st;
}

status runner_fits(runner *r, const run_spec *run, int fd, size_t memory)
{
    const task *t;
    const model *m;
    space *s = NULL;
    status st;
    if (*run->exec)
        return OK;
    if ((st = runner_task(r, run->data, fd, &t)) || (st = runner_model(r, run->model, &m)))
        return st;
    bool halves = run->frozen == RUN_BF16;
    stored made = {0};
    real *theta0 = mem_array(halves ? 0 : m->layout.n, sizeof *theta0);
    if (!theta0)
        st = ERR_MEMORY;
    else if (halves)
        st = stored_empty(r, m, run, &made);
    else if (*run->from) /* a checkpoint that does not fit its model is refused here too */
        st = runner_theta0(r, m, run, theta0);
    if (!st)
        st = runner_space(&made, theta0, m, run->space, run_stream(run, "P"), NULL, memory, &s);
    space_free(s);
    stored_clear(&made);
    mem_free(theta0);
    return st;
}
