/* unpack.c -- idim unpack: the z that a packed file holds, and the checkpoint that it makes. */
#include "base/file.h"
#include "experiments/command.h"
#include "experiments/rebuilt.h"

typedef struct options {
    run_spec run; /* first: run_keys */
    const char *save;
} options;

static const key keys[] = {
    KEY_TEXT("save", options, save, "",
             "writes the model as a Hugging Face folder too; of a run that starts --from one"),
    {0},
};

/* A whole z is written without making its model. */
static status unpack_z(const options *o, const char *packed_, const char *path, FILE *out)
{
    rebuilt w = {0};
    kept alone;
    char d[32];
    status st = kept_read(&alone, packed_);
    const kept *k = &alone;
    if (!st && !alone.z && !(st = rebuilt_open(&w, &o->run, packed_, 1)) && !(st = rebuilt_z(&w)))
        k = &w.kept;
    if (!st && !(st = file_make_folder_of(path)) && !(st = kept_write(k, path)))
        fprintf(out, "%s: %s numbers of run %s\n", path, count_text(k->d, d), k->id);
    rebuilt_close(&w);
    kept_clear(&alone);
    return st;
}

static status unpack_model(const options *o, const char *packed_, FILE *out)
{
    rebuilt w;
    status st = rebuilt_open(&w, &o->run, packed_, 1);
    if (st)
        return st;
    if (!runner_checkpoint(w.runner))
        st = error_set(ERR_USAGE,
                       "save=%s: %s does not start from a checkpoint, whose folder it "
                       "would be like; leave --save out",
                       o->save, packed_);
    else if (!(st = pretrained_save(runner_checkpoint(w.runner), &w.model->layout, w.theta, NULL,
                                    o->save)))
        st = rebuilt_saved(o->save, &w.model->layout, out);
    rebuilt_close(&w);
    return st;
}

static int unpack_run(void *options_, size_t n, char *const *names, FILE *out)
{
    const options *o = options_;
    (void)n;
    status st = unpack_z(o, names[0], names[1], out);
    if (!st && *o->save)
        st = unpack_model(o, names[0], out);
    return command_end(st);
}

const command command_unpack = {
    .name = "unpack",
    .group = "models",
    .doc = "what idim pack made, as it was before",
    .takes = "PACKED Z",
    .least = 2,
    .most = 2,
    .examples = {"idim unpack model.idim z.safetensors",
                 "idim unpack --from gpt2 task.idim task.safetensors",
                 "idim unpack --from gpt2 task.idim task.safetensors --save whole"},
    .usual = " from save ",
    .tables = {run_keys, keys},
    .size = sizeof(options),
    .run = unpack_run,
};
