/* merge.c -- idim merge: a checkpoint with its adapter, or with a kept z, as one Hugging Face folder. */
#include <math.h>

#include "base/mem.h"
#include "experiments/command.h"
#include "experiments/rebuilt.h"

typedef struct options {
    run_spec run; /* first: run_keys */
    const char *z, *save;
} options;

static const key keys[] = {
    KEY_TEXT("z", options, z, "", "a kept z in place of an adapter"),
    KEY_TEXT("save", options, save, "", "folder that is written: config.json, model.safetensors"),
    {0},
};

/* Every tensor of the checkpoint, heads of other tasks too. */
static status merge_adapter(const options *o, FILE *out)
{
    const run_spec *r = &o->run;
    pretrained *p;
    pretrained_whole w;
    status st = pretrained_open(&p, r->from, r->adapter, r->adapter_alpha);
    if (st)
        return st;
    if (!(st = pretrained_read(p, &w))) {
        if (!(st = pretrained_save(p, &w.layout, w.theta, NULL, o->save)))
            st = rebuilt_saved(o->save, &w.layout, out);
        pretrained_whole_clear(&w);
    }
    pretrained_close(p);
    return st;
}

static status merge_z(const options *o, FILE *out)
{
    rebuilt w;
    status st = rebuilt_open(&w, &o->run, o->z, 1);
    if (st)
        return st;
    const pretrained *p = runner_checkpoint(w.runner);
    if (!p)
        st = error_set(ERR_USAGE,
                       "%s: its run does not start from a checkpoint, so there is no folder to "
                       "merge it into",
                       o->z);
    else if (!(st = pretrained_save(p, &w.model->layout, w.theta, NULL, o->save)))
        st = rebuilt_saved(o->save, &w.model->layout, out);
    rebuilt_close(&w);
    return st;
}

static int merge_run(void *options_, size_t n, char *const *names, FILE *out)
{
    const options *o = options_;
    status st;
    (void)n;
    (void)names;
    if (!*o->save || !*o->run.from || !*o->run.adapter == !*o->z)
        st = error_set(ERR_USAGE, "idim merge: give --from, one of --adapter and --z, and --save");
    else
        st = *o->z ? merge_z(o, out) : merge_adapter(o, out);
    return command_end(st);
}

const command command_merge = {
    .name = "merge",
    .group = "models",
    .doc = "a checkpoint and its adapter (or z) as one model",
    .examples = {"idim merge --from gpt2 --adapter my-adapter --save merged",
                 "idim merge --from gpt2 --z results/train/z/ID.safetensors --save tuned",
                 "idim merge --from gpt2 --adapter my-adapter --adapter.alpha 16 --save stronger"},
    .usual = " from adapter z save ",
    .tables = {run_keys, keys},
    .size = sizeof(options),
    .run = merge_run,
};
