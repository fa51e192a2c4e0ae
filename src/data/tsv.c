/* tsv.c -- anyone's own sentences or pairs with labels, tab-separated (plain, .gz or .xz), the first line
 * names the columns; perhaps a test set, else a sixth is set aside. A quote is a character like any other. */
#include "data/sentences.h"

typedef struct tsv_task {
    task base;
    sentences_options options;
    const char *file, *test_file, *text, *pair, *label;
} tsv_task;

static const key keys[] = {
    KEY_PLACE("file", tsv_task, file, NULL, "the table; all of it, or what is trained on"),
    KEY_PLACE("test_file", tsv_task, test_file, "", "test samples; empty: a sixth is set aside"),
    KEY_TEXT("text", tsv_task, text, "sentence", "column of the text"),
    KEY_TEXT("pair", tsv_task, pair, "", "column of the second text of a pair; empty: no pairs"),
    KEY_TEXT("label", tsv_task, label, "label", "column of the class: numbers or words"),
    SENTENCES_KEYS(tsv_task, options, "accuracy"),
    {0},
};

static status tsv_init(task *t)
{
    const tsv_task *m = (const tsv_task *)t;
    const sentences_columns columns = {m->text, m->pair, m->label};
    return sentences_fill(t, &m->options, "", m->file, m->test_file, &columns);
}

const task_row task_tsv = {
    .name = "tsv",
    .doc = "your own sentences or pairs of them with labels, tab-separated",
    .source = "GLUE's file format",
    .example = "tsv:file=reviews.tsv,length=32",
    .revision = 1,
    .keys = keys,
    .size = sizeof(tsv_task),
    .init = tsv_init,
};
