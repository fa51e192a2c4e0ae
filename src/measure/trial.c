/* trial.c -- see trial.h. */
#include <string.h>

#include "measure/trial.h"

static status trial_texts(trial *t, const memory_ask *ask)
{
    const stream s = stream_make(1, "trial");
    size_t n = ask->batch * ask->length, per = task_labels(&t->m.task);
    t->tokens = mem_array(n, sizeof *t->tokens);
    t->labels = mem_array(ask->batch * per, sizeof *t->labels);
    if (!t->tokens || !t->labels)
        return ERR_MEMORY;
    for (size_t i = 0; i < n; i++)
        t->tokens[i] = (int32_t)rng_below(&s, i, ask->vocabulary);
    for (size_t i = 0; i < ask->batch * per; i++)
        t->labels[i] = (int32_t)rng_below(&s, n + i, t->m.task.n_outputs);
    t->batch = (batch){.n = ask->batch,
                       .tokens = t->tokens,
                       .length = ask->length,
                       .labels = t->labels,
                       .n_labels = per,
                       .counted = ask->batch * per};
    return OK;
}

static status trial_space(trial *t, const char *spec)
{
    const stream s = stream_make(1, "P");
    status st = space_new(&t->space, spec, &t->m.model->layout, t->theta0, s);
    if (st || (st = space_mem_new(&t->mem, t->space)))
        return st;
    size_t d = t->space->d;
    t->z = mem_array(d, sizeof *t->z);
    t->g_z = mem_array(d, sizeof *t->g_z); /* binding zeroes it */
    if (!t->z || !t->g_z)
        return ERR_MEMORY;
    space_start(t->space, t->mem, t->z);
    for (size_t i = 0; i < d; i++)
        t->z[i] += (real)(1e-2 * (rng_uniform(&s, i) - .5));
    return OK;
}

static status trial_optimiser(trial *t, const memory_ask *ask)
{
    static const char *const specs[] = {"sgd", "adam"};
    status st;
    if (ask->states < 1 || ask->states > 2)
        return error_set(ERR_USAGE, "states=%zu: adam keeps 2, sgd 1; others are not run",
                         ask->states);
    if ((st = optimiser_new(&t->optimiser, specs[ask->states - 1])))
        return st;
    for (size_t k = 0; k < ask->states; k++)
        if (!(t->slot[k] = mem_array(t->space ? t->space->d : 0, sizeof *t->slot[k])))
            return ERR_MEMORY;
    return OK;
}

static void trial_bind(trial *t)
{
    if (t->space)
        space_bind(1, &(const space *){t->space}, &t->mem, &(const real *){t->z}, &t->g_z,
                   &(view *){&t->view});
}

status trial_open(trial *t, const memory_ask *ask, const char *method, bool train, pool *p)
{
    const stream draw = stream_make(1, "theta0");
    bool base = !strcmp(method, "base");
    char *extra = NULL, *space_ = NULL;
    *t = (trial){.pool = p};
    status st = memory_method(base ? "full" : method, &extra, &space_);
    if (st || (st = memory_model_init(&t->m, ask, extra)) || (st = trial_texts(t, ask)) ||
        (st = view_init(&t->view, &t->m.model->layout)))
        goto done;
    const model *net = t->m.model;
    size_t n = ask->batch * net->n_outputs;
    t->theta0 = mem_array(net->layout.n, sizeof *t->theta0);
    t->outputs = mem_array(n, sizeof *t->outputs);
    t->g_outputs = mem_array(train ? n : 0, sizeof *t->g_outputs);
    if (!t->theta0 || !t->outputs || !t->g_outputs) {
        st = ERR_MEMORY;
        goto done;
    }
    net->row->theta0(net, &draw, t->theta0);
    view_point(&t->view, t->theta0, NULL);
    if ((!base && (st = trial_space(t, space_))) || (train && (st = trial_optimiser(t, ask))))
        goto done;
    trial_bind(t); /* work depends on the riders that the space brings */
    size_t bytes = net->row->work(net, &t->view, ask->batch, train ? IDIM_TRAIN : IDIM_EVAL);
    if (!(t->work = mem_array(bytes, 1)))
        st = ERR_MEMORY;
done:
    mem_free(extra);
    mem_free(space_);
    if (st)
        trial_close(t);
    return st;
}

void trial_close(trial *t)
{
    real *const own[] = {t->g_z, t->slot[0], t->slot[1], t->g_outputs, t->theta0, t->z, t->outputs};
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        mem_free(own[i]);
    mem_free(t->work);
    mem_free(t->tokens);
    mem_free(t->labels);
    optimiser_free(t->optimiser);
    space_mem_free(t->mem);
    space_free(t->space);
    view_clear(&t->view);
    memory_model_clear(&t->m);
    *t = (trial){0};
}

static double trial_pass(trial *t, idim_mode mode, real *g_outputs)
{
    const model *net = t->m.model;
    const pass ps = {.mode = mode, .step = t->steps, .pool = t->pool};
    idim_tally tally = {0};
    net->row->forward(net, &t->view, &t->batch, &ps, t->work, t->outputs);
    model_loss(net, &t->view, &t->batch, &ps, t->work, t->outputs, g_outputs, &tally, NULL);
    if (g_outputs)
        net->row->backward(net, &t->view, &t->batch, &ps, t->work, g_outputs);
    return tally.loss / (double)tally.n;
}

void trial_step(trial *t)
{
    t->steps++;
    trial_bind(t);
    trial_pass(t, IDIM_TRAIN, t->g_outputs);
    if (!t->space)
        return;
    space_gather(1, &(const space *){t->space}, &t->mem, &(const real *){t->z}, &t->g_z,
                 &(view *){&t->view});
    t->optimiser->row->step(t->optimiser, t->steps, t->optimiser->lr, 0, 1, t->space->d, t->z,
                            t->g_z, t->slot);
}

double trial_run(trial *t)
{
    return trial_pass(t, IDIM_EVAL, NULL);
}

status trial_merge(trial *t)
{
    const layout *l = &t->m.model->layout;
    for (size_t k = 0; k < l->n_tensors; k++)
        if (l->tensors[k].outside)
            return error_set(ERR_USAGE, "%s: what it adds is beside the weights, nothing merges",
                             l->tensors[k].name);
    real *theta = mem_array(l->n, sizeof *theta);
    if (!theta)
        return ERR_MEMORY;
    if (t->space)
        space_merge(t->space, t->mem, t->z, theta);
    else
        memcpy(theta, t->theta0, l->n * sizeof *theta);
    mem_free(t->theta0);
    t->theta0 = theta;
    space_mem_free(t->mem);
    space_free(t->space);
    t->mem = NULL;
    t->space = NULL;
    view_point(&t->view, theta, NULL);
    return OK;
}
