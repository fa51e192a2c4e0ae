/* tinyshakespeare.c -- plays of Shakespeare joined, 1,115,394 characters (Karpathy 2015). The file has no
 * splits: the first 90 % train, the next 5 % validate, the last 5 % test, cut at ends of lines. */
#include "data/plain.h"

typedef struct tinyshakespeare {
    task base;
    plain_options options;
    plain_shares shares;
} tinyshakespeare;

static const key keys[] = {
    PLAIN_KEYS(tinyshakespeare, options),
    PLAIN_SHARE_KEYS(tinyshakespeare, shares),
    {0},
};

static status tinyshakespeare_init(task *t)
{
    static const char *const names[IDIM_SPLITS] = {"input.txt", NULL, NULL};
    const tinyshakespeare *m = (const tinyshakespeare *)t;
    return plain_fill(t, &m->options, "tinyshakespeare", names, &m->shares);
}

const task_row task_tinyshakespeare = {
    .name = "tinyshakespeare",
    .doc = "plays of Shakespeare, a megabyte of plain text: language models",
    .source = "Karpathy 2015, char-rnn",
    .example = "tinyshakespeare",
    .revision = 1,
    .keys = keys,
    .size = sizeof(tinyshakespeare),
    .init = tinyshakespeare_init,
};
