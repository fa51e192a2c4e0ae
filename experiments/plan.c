/* plan.c -- see plan.h. */
#include "experiments/plan.h"
#include "spaces/space.h"
#include "train/optimiser.h"

/* Its theta0 is 0: which numbers it holds changes neither d nor what is refused. */
static status plan_space(const char *spec, const model *m, size_t *d)
{
    real *theta0 = mem_array(m->layout.n, sizeof *theta0);
    space *s = NULL;
    status st = theta0 ? space_new(&s, spec, &m->layout, theta0, stream_make(1, "P")) : ERR_MEMORY;
    if (!st)
        *d = s->d;
    space_free(s);
    mem_free(theta0);
    return st;
}

status plan_run(const run_spec *run, plan *out)
{
    task *t = NULL;
    model *m = NULL;
    optimiser *o = NULL;
    schedule *c = NULL;
    status st;
    *out = (plan){0};
    if ((st = optimiser_new(&o, run->optimiser)) || (st = schedule_new(&c, run->schedule)) ||
        (st = task_new(&t, run->data)) || (st = model_new(&m, run->model, t)))
        goto done;
    out->D = m->D;
    out->lr = o->lr;
    st = plan_space(run->space, m, &out->d);
done:
    model_free(m);
    task_free(t);
    schedule_free(c);
    optimiser_free(o);
    return st;
}

status plan_say(const char *space_, const runner_about *about, FILE *out)
{
    text words = {0};
    status st = space_describe(space_, about->layout, &words);
    if (!st && words.length)
        fputs(words.text, out);
    text_clear(&words);
    return st;
}
