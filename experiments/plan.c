/* plan.c -- see plan.h. */
#include <string.h>

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

/* A comma in a number is no place to break. */
static bool plan_breaks(const char *at)
{
    return at[-1] == ' ' || (at[-1] == ',' && !(*at >= '0' && *at <= '9'));
}

void plan_wrap(const char *line, FILE *out)
{
    enum { WIDTH = 80, INDENT = 4 };
    for (bool first = true; *line; first = false) {
        size_t n = strlen(line), room = WIDTH - (first ? 0 : INDENT), k = n;
        if (n > room) {
            for (k = room; k > 0 && !plan_breaks(line + k); k--)
                ;
            for (k = k ? k : room; k < n && !plan_breaks(line + k); k++) /* a long word */
                ;
        }
        bool blank = k < n && line[k - 1] == ' ';
        fprintf(out, "%*s%.*s\n", first ? 0 : INDENT, "", (int)(blank ? k - 1 : k), line);
        line += k;
    }
}

status plan_say(const char *space_, const runner_about *about, FILE *out)
{
    text words = {0};
    status st = space_describe(space_, about->layout, &words);
    for (char *line = words.text, *end; !st && line && *line; line = end + 1) {
        if (!(end = strchr(line, '\n')))
            break;
        *end = '\0';
        plan_wrap(line, out);
    }
    text_clear(&words);
    return st;
}
