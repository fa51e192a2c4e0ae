/* episodes.c -- see episodes.h. */
#include <string.h>

#include "base/mem.h"
#include "train/episodes.h"

status episodes_init(episodes *e, const task *t, const model *m, size_t most, void *work)
{
    *e = (episodes){.most = most, .work = work};
    e->returns = mem_array(most, sizeof *e->returns);
    e->state = mem_array(most * t->row->environment->n_state, sizeof *e->state);
    e->index = mem_array(most, sizeof *e->index);
    e->x = mem_array(most * t->n_features, sizeof *e->x);
    e->outputs = mem_array(most * m->n_outputs, sizeof *e->outputs);
    return e->returns && e->state && e->index && e->x && e->outputs ? OK : ERR_MEMORY;
}

void episodes_clear(episodes *e)
{
    mem_free(e->returns);
    mem_free(e->state);
    mem_free(e->index);
    mem_free(e->x);
    mem_free(e->outputs);
}

/* One step of the first n of e->index; those that go on move up and are counted. */
static size_t step_all(episodes *e, const task *t, const model *m, const view *v, const pass *ps,
                       size_t n)
{
    const idim_environment *env = t->row->environment;
    size_t on = 0;
    for (size_t k = 0; k < n; k++)
        env->observe(t, e->state + e->index[k] * env->n_state, e->x + k * t->n_features);
    batch b = {.n = n, .x = e->x, .n_labels = 1, .counted = n, .index = e->index};
    m->row->forward(m, v, &b, ps, e->work, e->outputs);
    for (size_t k = 0; k < n; k++) {
        uint32_t i = e->index[k];
        double reward = 0;
        bool goes_on =
            env->step(t, e->state + i * env->n_state, e->outputs + k * m->n_outputs, &reward);
        e->returns[i] += reward;
        if (goes_on)
            e->index[on++] = i;
    }
    return on;
}

/* Episodes first .. first + n, n <= most, side by side. */
static void play_some(episodes *e, const task *t, const model *m, const view *v, const pass *ps,
                      const stream *all, size_t first, size_t n)
{
    const idim_environment *env = t->row->environment;
    memset(e->returns, 0, n * sizeof *e->returns);
    for (size_t k = 0; k < n; k++) {
        const stream own = stream_sub(all, first + k);
        e->index[k] = (uint32_t)k;
        env->reset(t, &own, e->state + k * env->n_state);
    }
    for (size_t s = 0; s < t->horizon && n; s++)
        n = step_all(e, t, m, v, ps, n);
}

double episodes_play(episodes *e, const task *t, const model *m, const view *v, const pass *ps,
                     const stream *all, size_t n)
{
    double sum = 0;
    for (size_t i = 0, k; i < n; i += k) {
        k = n - i < e->most ? n - i : e->most;
        play_some(e, t, m, v, ps, all, i, k);
        for (size_t j = 0; j < k; j++)
            sum += e->returns[j];
    }
    return sum;
}
