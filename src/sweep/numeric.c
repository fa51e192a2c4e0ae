/* numeric.c -- how numbers come out on this machine: 50 fixed steps are trained and z is hashed.
 *
 * What differs between two machines (BLAS kernel, libm, vector width) differs somewhere in these steps:
 * a small fully-connected net on synthetic data, in a fastfood space, by Adam. Nothing here may change
 * without a new RUN_REVISION: kinds of old and new stores would look different. */
#include <string.h>

#include "base/hash.h"
#include "sweep/runner.h"

enum { STEPS = 50, BATCH = 64 };

status numeric_kind(char hex[17])
{
    task *t = NULL;
    model *m = NULL;
    space *s = NULL;
    optimiser *o = NULL;
    schedule *c = NULL;
    real *theta0 = NULL;
    train_result result = {0};
    char all[HASH_HEX];
    stream draw = stream_make(1, "numeric kind");
    status st;
    if ((st = task_new(&t, "synth")) || (st = model_new(&m, "fc:width=50,depth=2", t)))
        goto done;
    if (!(theta0 = mem_array(m->layout.n, sizeof *theta0))) {
        st = ERR_MEMORY;
        goto done;
    }
    m->row->theta0(m, &draw, theta0);
    if ((st = space_new(&s, "fastfood:d=100", &m->layout, theta0, draw)) ||
        (st = optimiser_new(&o, "adam:lr=0.01")) || (st = schedule_new(&c, "constant")))
        goto done;
    train_plan plan = {.task = t,
                       .model = m,
                       .theta0 = theta0,
                       .batch = BATCH,
                       .steps = STEPS,
                       .order = stream_sub(&draw, 1),
                       .dropout = stream_sub(&draw, 2)};
    train_member member = {.space = s, .optimiser = o, .schedule = c};
    if ((st = train_team(&plan, &member, 1, &result)))
        goto done;
    hash_bytes(result.z, result.d * sizeof *result.z, all);
    memcpy(hex, all, 16);
    hex[16] = '\0';
done:
    train_result_clear(&result);
    schedule_free(c);
    optimiser_free(o);
    space_free(s);
    mem_free(theta0);
    model_free(m);
    task_free(t);
    if (st)
        error_prefix("numeric kind: ");
    return st;
}
