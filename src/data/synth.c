/* synth.c -- a small classification task with known structure, for quick tests: classes around
 * centres, some features without any information.
 *
 *   x = c_label + noise e,  c and e standard normal over the informative features; the rest is e
 *
 * Needs no file and has the same bits everywhere (normals are ours). */
#include "data/data.h"

typedef struct synth {
    task base;
    samples_options options;
    size_t features, informative, classes, n;
    double noise;
} synth;

static const key keys[] = {
    KEY("features", synth, features, "20", 1, 1e6, "numbers", "of a sample"),
    KEY("informative", synth, informative, "10", 1, 1e6, "numbers", "features that tell classes"),
    KEY("classes", synth, classes, "4", 2, 1e4, "", "as many of each"),
    KEY("n", synth, n, "1024", 2, 1e7, "samples",
        "for training and validation; half as many to test"),
    KEY("noise", synth, noise, "1", 0, 1e3, "", "standard deviation around the centres"),
    SAMPLES_KEYS(synth, options),
    {0},
};

static status synth_split(task *t, split which, size_t n, const stream *all)
{
    const synth *m = (const synth *)t;
    size_t k = m->features;
    stream centres = stream_named(all, "centres"), noise = stream_sub(all, (uint64_t)which);
    real *x = task_alloc(t, n * k, sizeof *x);
    int32_t *labels = task_alloc(t, n, sizeof *labels);
    if (!x || !labels)
        return ERR_MEMORY;
    rng_normals(&noise, 0, n * k, x);
    for (size_t i = 0; i < n; i++) {
        labels[i] = (int32_t)(i % m->classes);
        for (size_t j = 0; j < k; j++) {
            double c = j < m->informative ? rng_normal(&centres, (size_t)labels[i] * k + j) : 0;
            x[i * k + j] = (real)(c + m->noise * (double)x[i * k + j]);
        }
    }
    t->splits[which] = (samples){.n = n, .reals = x, .labels = labels};
    return OK;
}

static status synth_init(task *t)
{
    const synth *m = (const synth *)t;
    stream all = stream_make(m->options.data_seed, "synth");
    status st;
    t->loss = &idim_loss_softmax;
    t->n_outputs = m->classes;
    t->n_features = t->shape[0] = m->features;
    t->shape[1] = t->shape[2] = 1;
    if (m->informative > m->features)
        return error_set(ERR_USAGE, "synth: informative=%zu of features=%zu; lower it",
                         m->informative, m->features);
    if ((st = synth_split(t, IDIM_SPLIT_TRAIN, m->n, &all)) ||
        (st = synth_split(t, IDIM_SPLIT_TEST, (m->n + 1) / 2, &all)))
        return st;
    return task_apply(t, &m->options);
}

const task_row task_synth = {
    .name = "synth",
    .doc = "normal clouds around centres, made from the seed: for quick tests",
    .source = "ours",
    .example = "synth:features=6,informative=4,classes=3,n=60",
    .revision = 1,
    .keys = keys,
    .size = sizeof(synth),
    .init = synth_init,
};
