/* library.c -- idim_d90 of idim.h: the same stages in the caller's own process. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "sweep/results.h"

/* "name:keys" */
static status library_spec(const char *what, const char *name, const char *keys, const char *field,
                           ask *a, key_texts *texts)
{
    char *spec;
    status st;
    if (!name)
        return error_set(ERR_USAGE, "idim_d90: the ask has no %s row", what);
    if (!(spec = mem_printf(keys && *keys ? "%s:%s" : "%s%s", name, keys && *keys ? keys : "")))
        return ERR_MEMORY;
    st = key_set("idim_d90", run_keys, field, spec, a, texts);
    mem_free(spec);
    return st;
}

static status library_text(const char *name, const char *value, ask *a, key_texts *texts)
{
    for (const key *k = run_keys; k->name; k++)
        if (!strcmp(k->name, name))
            return value ? key_set("idim_d90", run_keys, name, value, a, texts) : OK;
    return value ? key_set("idim_d90", ask_keys, name, value, a, texts) : OK;
}

static status library_ask(const idim_d90_ask *in, ask *a, key_texts *texts)
{
    status st;
    if ((st = ask_defaults(a, texts)) ||
        (st = library_spec("model", in->model ? in->model->name : NULL, in->model_keys, "model", a,
                           texts)) ||
        (st = library_spec("task", in->task ? in->task->name : NULL, in->task_keys, "data", a,
                           texts)) ||
        (st = library_text("space", in->space, a, texts)) ||
        (st = library_text("optimiser", in->optimiser, a, texts)) ||
        (st = library_text("d", in->d, a, texts)) || (st = library_text("lr", in->lr, a, texts)))
        return st;
    a->run.epochs = in->epochs ? in->epochs : a->run.epochs;
    a->run.batch = in->batch ? in->batch : a->run.batch;
    a->run.seed = in->seed ? in->seed : a->run.seed;
    a->seeds = in->seeds ? in->seeds : a->seeds;
    a->tune_seeds = in->tune_seeds ? in->tune_seeds : a->tune_seeds;
    return OK;
}

static void library_answer(const d90_row *row, size_t epochs, size_t D, size_t runs,
                           idim_d90_answer *out)
{
    *out = (idim_d90_answer){.state = row->state,
                             .d90 = row->fit,
                             .low = row->low,
                             .high = row->high,
                             .d_min = row->d_min,
                             .d_max = row->d_max,
                             .baseline = row->baseline,
                             .floor = row->floor,
                             .threshold = row->threshold,
                             .D = D,
                             .runs = runs};
    snprintf(out->rule, sizeof out->rule, "%.120s, %zu epochs", row->words, epochs);
}

idim_status idim_d90(const idim_d90_ask *in, idim_d90_answer *answer)
{
    const task_row *tasks[] = {in->task, NULL};
    const model_row *models[] = {in->model, NULL};
    const run_rows rows = {tasks, models};
    sweep_options options = {.folder = in->out,
                             .threads = in->threads ? in->threads : 1,
                             .rows = &rows,
                             .told = in->told,
                             .context = in->context};
    key_texts texts = {0};
    ask given, a;
    ask_list asks = {0};
    sweep *s = NULL;
    stages *p = NULL;
    results r = {0};
    status st, st2;
    *answer = (idim_d90_answer){0};
    if ((st = library_ask(in, &given, &texts)) ||
        (st = stages_canonical(&given, &rows, &a, &texts)) || (st = sweep_open(&s, &options)) ||
        (st = stages_open(&p, s, &a)) ||
        (in->out && (st = ask_note(in->out, stages_ask(p), &asks))))
        goto done;
    if (!in->out)
        asks = (ask_list){.asks = &a, .n = 1};
    else if (asks.n) /* those that came later are no part of what was asked */
        asks.n = asks.at + 1;
    if (!(st = stages_train(p)) &&
        !(st = results_d90(s, &asks, in->rule ? in->rule : "own,.9", 0, &r)))
        library_answer(&r.rows[0], a.run.epochs, stages_about(p)->D, sweep_done(s) + sweep_found(s),
                       answer);
done:
    results_clear(&r);
    if (in->out)
        ask_clear(&asks);
    stages_free(p);
    st2 = sweep_close(s);
    key_texts_clear(&texts);
    return st ? st : st2;
}
