/* words.h -- a task of texts for transformers: tokens, lengths, segments and labels without meaning. */
#ifndef TESTS_MODELS_WORDS_H
#define TESTS_MODELS_WORDS_H

#include "tests/test.h"

#include "data/data.h"

typedef struct words_task {
    task base;
    size_t length, n, vocabulary, classes;
    int labels; /* one a sample, the next token, or hidden tokens */
} words_task;

static const key words_keys[] = {
    KEY("length", words_task, length, "7", 1, 1000, "", ""),
    KEY("n", words_task, n, "24", 1, 1000, "", ""),
    KEY("vocabulary", words_task, vocabulary, "11", 2, 1e6, "", ""),
    KEY("classes", words_task, classes, "3", 2, 100, "", ""),
    KEY_WORD("labels", words_task, labels, "classes", "classes+next+hidden", ""),
    {0},
};

static status words_init(task *t)
{
    const words_task *w = (const words_task *)t;
    size_t all = w->n * w->length, V = w->vocabulary;
    int32_t *tokens = task_alloc(t, all, sizeof *tokens),
            *labels = task_alloc(t, all, sizeof *labels);
    uint8_t *segments = task_alloc(t, all, 1);
    assert_true(tokens && labels && segments);
    for (size_t i = 0; i < w->n; i++) {
        size_t words_ = i % 3 ? w->length : 1 + i % w->length; /* every third is short */
        for (size_t k = 0; k < w->length; k++) {
            size_t at = i * w->length + k, x = (i * 31 + k * k * 7 + 5 * k) % 101;
            tokens[at] = k < words_ ? (int32_t)(x % V) : -1;
            segments[at] = k < words_ && k > w->length / 2;
            labels[at] = k + 1 < words_ || k + 1 == w->length ? (int32_t)((x * 3 + 1) % V) : -1;
        }
        if (w->labels == 0)
            labels[i] = (int32_t)(i * i % w->classes);
    }
    t->length = w->length;
    t->vocabulary = V;
    t->n_labels = w->labels ? w->length : 1;
    t->n_outputs = w->labels ? V : w->classes;
    t->loss = w->labels ? &idim_loss_tokens : &idim_loss_softmax;
    t->mask_share = w->labels == 2 ? .4 : 0;
    t->mask_token = 2;
    for (int k = 0; k < IDIM_SPLITS; k++)
        t->splits[k] =
            (samples){.n = w->n, .tokens = tokens, .segments = segments, .labels = labels};
    return OK;
}

static const task_row words_row = {
    .name = "words", .keys = words_keys, .size = sizeof(words_task), .init = words_init};

#endif
