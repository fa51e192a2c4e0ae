/* rebuilt.c -- see rebuilt.h. */
#include <string.h>

#include "experiments/rebuilt.h"
#include "sweep/keep.h"

/* Where data and checkpoints lie is said by the options; a data set that was named too must be the same
 * in all else, which the id shows. */
static status take_places(const run_spec *options, run_spec *run)
{
    run_spec defaults;
    key_texts texts = {0};
    status st = run_defaults(&defaults, &texts);
    if (!st) {
        run->from = options->from;
        run->adapter = options->adapter;
        run->adapter_alpha = options->adapter_alpha;
        if (strcmp(options->data, defaults.data))
            run->data = options->data;
        if (*run->from_content && !*run->from)
            st = error_set(ERR_USAGE,
                           "this z starts from a checkpoint (%.16s...): name it by --from",
                           run->from_content);
    }
    key_texts_clear(&texts);
    return st;
}

/* The same id: the same data, model, checkpoint and space are here as were there. */
static status check_id(const rebuilt *w, const char *z, const char id[RUN_ID])
{
    char here[RUN_ID];
    status st = run_id(&w->run, NULL, runner_content(w->runner), here, NULL);
    if (!st && strcmp(here, id))
        st = error_set(ERR_USAGE,
                       "%s: it is of run %s, and what is named here makes run %s; give the same "
                       "data, checkpoint and program",
                       z, id, here);
    return st;
}

status rebuilt_open(rebuilt *w, const run_spec *run, const char *z, size_t threads)
{
    run_spec given = *run;
    char id[RUN_ID];
    status st;
    *w = (rebuilt){0};
    if (*z && ((st = keep_z_read(z, &given, &w->texts, id, &w->z, &w->d)) ||
               (st = take_places(run, &given))))
        goto done;
    if (!*z)
        given.space = "full"; /* step 0: of no space */
    if ((st = run_canonical(&given, NULL, &w->run, &w->texts)) ||
        (st = runner_new(&w->runner, NULL, threads, 0)) ||
        (st = runner_task(w->runner, w->run.data, -1, &w->task)) ||
        (*z && (st = check_id(w, z, id))))
        goto done;
    st = runner_weights(w->runner, &w->run, -1, w->z, w->d, &w->model, &w->theta);
done:
    if (st)
        rebuilt_close(w);
    return st;
}

void rebuilt_close(rebuilt *w)
{
    mem_free(w->theta);
    mem_free(w->z);
    runner_free(w->runner);
    key_texts_clear(&w->texts);
    *w = (rebuilt){0};
}
