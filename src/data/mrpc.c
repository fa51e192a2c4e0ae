/* mrpc.c -- MRPC: pairs of sentences of news, 1 where they say the same (Dolan and Brockett 2005). Train
 * 4076, test 1725; the files begin with a byte order mark, and their quotes are text. */
#include "data/sentences.h"

typedef struct mrpc {
    task base;
    sentences_options options;
} mrpc;

static const key keys[] = {SENTENCES_KEYS(mrpc, options, "accuracy"), {0}};

static status mrpc_init(task *t)
{
    const mrpc *m = (const mrpc *)t;
    const sentences_columns columns = {"#1 String", "#2 String", "Quality"};
    return sentences_fill(t, &m->options, "mrpc", "msr_paraphrase_train.txt",
                          "msr_paraphrase_test.txt", &columns);
}

const task_row task_mrpc = {
    .name = "mrpc",
    .doc = "pairs of sentences of news, the same in other words or not",
    .source = "Dolan and Brockett 2005",
    .example = "mrpc",
    .revision = 1,
    .keys = keys,
    .size = sizeof(mrpc),
    .init = mrpc_init,
};
