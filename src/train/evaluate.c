/* evaluate.c -- see evaluate.h. */
#include <string.h>

#include "train/evaluate.h"

enum {
    EVAL_BATCH = 500,  /* divides the usual test sets; the batch size moves no bit of a score */
    EVAL_TOKENS = 4096 /* the same for text: positions a batch */
};

size_t evaluate_batch(const task *t)
{
    if (!t->length)
        return EVAL_BATCH;
    return t->length < EVAL_TOKENS ? EVAL_TOKENS / t->length : 1;
}

idim_tally evaluate(const task *t, const model *m, const view *v, split which, pool *p,
                    const passing *with, uint8_t *all_hits)
{
    size_t n = t->splits[which].n, most = evaluate_batch(t), labels = task_labels(t);
    pass ps = {.mode = IDIM_EVAL, .pool = (idim_pool *)p};
    idim_tally tally = {0};
    if (t->row->environment) {
        const stream all = task_episodes(t, which);
        return (idim_tally){.loss = episodes_play(with->play, t, m, v, &ps, &all, n), .n = n};
    }
    for (size_t i = 0; i < n; i += most) {
        size_t k = n - i < most ? n - i : most;
        for (size_t j = 0; j < k; j++)
            with->index[j] = (uint32_t)(i + j);
        task_fetch(t, which, with->index, k, 0, with->batch);
        const batch *b = &with->batch->batch;
        m->row->forward(m, v, b, &ps, with->work, with->outputs);
        model_loss(m, v, b, &ps, with->work, with->outputs, NULL, &tally, with->hits);
        if (all_hits)
            memcpy(all_hits + i * labels, with->hits, k * labels);
    }
    return tally;
}

status train_evaluate(const task *t, const model *m, const real *theta, split which, pool *p,
                      idim_tally *tally, uint8_t *hits)
{
    view v = {0};
    batch_buffer b = {0};
    size_t most = evaluate_batch(t);
    episodes play = {0};
    passing with = {.batch = &b, .play = &play};
    status st;
    *tally = (idim_tally){0};
    if (t->splits[which].n == 0)
        return error_set(ERR_USAGE, "%s: this split has no samples to score", task_spec(t));
    if ((st = view_init(&v, &m->layout)) || (st = batch_init(&b, t, most)))
        goto done;
    view_point(&v, theta, NULL);
    with.work = mem_array(m->row->work(m, &v, most, IDIM_EVAL), 1);
    with.outputs = mem_array(most * m->n_outputs, sizeof *with.outputs);
    with.index = mem_array(most, sizeof *with.index);
    with.hits = mem_array(most * task_labels(t), 1);
    if (!with.work || !with.outputs || !with.index || !with.hits) {
        st = ERR_MEMORY;
        goto done;
    }
    if (t->row->environment && (st = episodes_init(&play, t, m, most, with.work)))
        goto done;
    *tally = evaluate(t, m, &v, which, p, &with, hits);
done:
    episodes_clear(&play);
    mem_free(with.work);
    mem_free(with.outputs);
    mem_free(with.index);
    mem_free(with.hits);
    batch_clear(&b);
    view_clear(&v);
    return st;
}
