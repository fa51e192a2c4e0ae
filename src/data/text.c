/* text.c -- anyone's own plain text (plain, .gz or .xz): language models. */
#include "data/plain.h"

typedef struct text_task {
    task base;
    plain_options options;
    plain_shares shares;
    const char *file, *val_file, *test_file;
} text_task;

static const key keys[] = {
    KEY_PLACE("file", text_task, file, NULL, "the text; all of it, or what is trained on"),
    KEY_PLACE("val_file", text_task, val_file, "", "text for validation; goes with test_file"),
    KEY_PLACE("test_file", text_task, test_file, "", "text for testing; empty: parts of file"),
    PLAIN_KEYS(text_task, options),
    PLAIN_SHARE_KEYS(text_task, shares),
    {0},
};

static status text_init(task *t)
{
    const text_task *m = (const text_task *)t;
    const char *const names[IDIM_SPLITS] = {m->file, m->val_file, m->test_file};
    if (*m->val_file && !*m->test_file)
        return error_set(ERR_USAGE, "text: val_file without test_file; give both or none");
    return plain_fill(t, &m->options, "", names, &m->shares);
}

const task_row task_text = {
    .name = "text",
    .doc = "your own plain text: language models",
    .source = "ours",
    .example = "text:file=book.txt,length=64",
    .revision = 1,
    .keys = keys,
    .size = sizeof(text_task),
    .init = text_init,
};
