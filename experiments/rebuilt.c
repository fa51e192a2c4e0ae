/* rebuilt.c -- see rebuilt.h. */
#include <string.h>

#include "experiments/command.h"
#include "experiments/rebuilt.h"
#include "format/tokenizer.h"
#include "models/pretrained.h"

/* Where data, checkpoints and a space's files lie is said by the options; a data set or space that was named
 * too must be the same in all else, which the id shows. */
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
        if (strcmp(options->space, defaults.space))
            run->space = options->space;
        if (*run->from_content && !*run->from)
            st = error_set(ERR_USAGE,
                           "this z starts from a checkpoint (%.16s...): name it by --from",
                           run->from_content);
    }
    key_texts_clear(&texts);
    return st;
}

/* The same id: the same data, model, checkpoint and space are here as were there. */
static status check_id(const rebuilt *w, const char *z)
{
    char here[RUN_ID];
    status st = run_id(&w->run, NULL, runner_content(w->runner), here, NULL);
    if (!st && strcmp(here, w->kept.id))
        st = error_set(ERR_USAGE,
                       "%s: it is of run %s, and what is named here makes run %s; give the same "
                       "data, checkpoint and program",
                       z, w->kept.id, here);
    return st;
}

status rebuilt_z(rebuilt *w)
{
    runner_start start;
    status st = w->kept.z ? OK : runner_start_of(w->runner, &w->run, -1, &start);
    if (st || w->kept.z)
        return st;
    st = kept_start(&w->kept, start.z0, start.d);
    runner_start_clear(&start);
    return st;
}

/* Where weights are stored they stand for what the space would make of z. */
static status take_weights(rebuilt *w, const char *z)
{
    const kept *k = &w->kept;
    bool stored = k->packed.n_tensors > 0;
    if (*z && !stored && !k->regenerable && strcmp(k->kind, runner_kind(w->runner)))
        return error_set(
            ERR_USAGE,
            "%s: what %s freezes is computed from the weights, and this machine computes "
            "other bits than the one that trained (numeric kind %s there, %s here); "
            "rebuild it there, or idim pack it there with its weights",
            z, w->run.space, k->kind, runner_kind(w->runner));
    status st = *z && !stored ? rebuilt_z(w) : OK;
    if (!st)
        st = runner_weights(w->runner, &w->run, -1, stored ? NULL : k->z, k->d, &w->model,
                            &w->theta);
    return st || !stored ? st : kept_weights(k, z, &w->model->layout, w->theta);
}

status rebuilt_open(rebuilt *w, const run_spec *run, const char *z, size_t threads)
{
    run_spec given = *run;
    status st;
    *w = (rebuilt){0};
    if (*z) {
        if ((st = kept_read(&w->kept, z)))
            goto done;
        given = w->kept.run;
        if ((st = take_places(run, &given)))
            goto done;
    } else {
        given.space = "full"; /* step 0: of no space */
    }
    if (!(st = run_canonical(&given, NULL, &w->run, &w->texts)) &&
        !(st = runner_new(&w->runner, NULL, threads, 0)) &&
        !(st = runner_task(w->runner, w->run.data, -1, &w->task)) &&
        (!*z || !(st = check_id(w, z))))
        st = take_weights(w, z);
done:
    if (st)
        rebuilt_close(w);
    return st;
}

status rebuilt_saved(const char *folder, const layout *l, FILE *out)
{
    char n[32], *path = NULL;
    tokenizer_part parts[TOKENIZER_PARTS];
    size_t found = 1;
    pretrained *p;
    status st = pretrained_open(&p, folder, "", 0);
    if (st)
        return st;
    if (!(st = pretrained_tokenizer(p, &path)) && path &&
        !(st = tokenizer_parts(path, parts, &found)))
        tokenizer_parts_clear(parts, found);
    pretrained_close(p);
    mem_free(path);
    if (!st)
        fprintf(out, "%s: %zu tensors, %s numbers%s\n", folder, l->n_tensors, count_text(l->n, n),
                found ? "" : "; no tokenizer was found to copy: --tokenizer names one");
    return st;
}

void rebuilt_close(rebuilt *w)
{
    mem_free(w->theta);
    runner_free(w->runner);
    kept_clear(&w->kept);
    key_texts_clear(&w->texts);
    *w = (rebuilt){0};
}
