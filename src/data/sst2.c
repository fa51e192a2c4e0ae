/* sst2.c -- SST-2: sentences of film reviews, 0 negative, 1 positive (Socher et al. 2013, as in GLUE). Its
 * test.tsv has no labels, so dev.tsv (872 sentences) is what is scored, as everybody does. */
#include "data/sentences.h"

typedef struct sst2 {
    task base;
    sentences_options options;
} sst2;

static const key keys[] = {SENTENCES_KEYS(sst2, options, "accuracy"), {0}};

static status sst2_init(task *t)
{
    const sst2 *m = (const sst2 *)t;
    const sentences_columns columns = {"sentence", "", "label"};
    return sentences_fill(t, &m->options, "sst2", "train.tsv", "dev.tsv", &columns);
}

const task_row task_sst2 = {
    .name = "sst2",
    .doc = "sentences of film reviews, good or bad",
    .source = "Socher et al. 2013; GLUE",
    .example = "sst2",
    .revision = 1,
    .keys = keys,
    .size = sizeof(sst2),
    .init = sst2_init,
};
