/* wikitext2.c -- WikiText-2: articles of Wikipedia, one paragraph a line, words apart and rare ones
 * replaced by <unk> (Merity et al. 2016). It has its own splits. */
#include "data/plain.h"

typedef struct wikitext2 {
    task base;
    plain_options options;
} wikitext2;

static const key keys[] = {PLAIN_KEYS(wikitext2, options), {0}};

static status wikitext2_init(task *t)
{
    static const char *const names[IDIM_SPLITS] = {"train.txt", "valid.txt", "test.txt"};
    const wikitext2 *m = (const wikitext2 *)t;
    return plain_fill(t, &m->options, "wikitext2", names, NULL);
}

const task_row task_wikitext2 = {
    .name = "wikitext2",
    .doc = "articles of Wikipedia, 13 megabytes of plain text: language models",
    .source = "Merity et al. 2016",
    .example = "wikitext2",
    .revision = 1,
    .keys = keys,
    .size = sizeof(wikitext2),
    .init = wikitext2_init,
};
