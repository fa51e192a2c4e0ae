/* synthtext.c -- sentences of a small random grammar, for quick tests of models of text.
 *
 * Each token may be followed by `branch` others, drawn once; one of them follows, all as likely. So a model
 * that knows the grammar loses at most ln(branch) nats a token, one that does not ln(vocabulary). With
 * classes each has a grammar of its own, and which one made a sample is its label. Needs no file and has
 * the same bits everywhere. */
#include <string.h>

#include "data/data.h"

typedef struct synthtext {
    task base;
    size_t length, vocabulary, classes, branch, n, data_seed;
    bool ragged;
} synthtext;

static const key keys[] = {
    KEY("length", synthtext, length, "16", 2, 65536, "tokens", "of a sample"),
    KEY("vocabulary", synthtext, vocabulary, "32", 2, 1e6, "tokens", "there are"),
    KEY("classes", synthtext, classes, "0", 0, 1e3, "", "0: a language model"),
    KEY("branch", synthtext, branch, "3", 1, 1e3, "tokens", "that may follow a token"),
    KEY("n", synthtext, n, "1024", 1, 1e7, "samples",
        "to train on; a quarter as many to validate, half as many to test"),
    KEY("ragged", synthtext, ragged, "no", 0, 0, "",
        "samples of different lengths, from half of it up, padded"),
    KEY("seed", synthtext, data_seed, "0", 0, 1e15, "", "of the grammar and the samples"),
    {0},
};

/* One sample: `length` tokens, and the one behind them. */
static void synthtext_draw(const synthtext *m, const stream *grammar, const stream *draws,
                           size_t sample, size_t class_, int32_t *out)
{
    uint64_t at = (uint64_t)sample * (m->length + 1);
    size_t token = rng_below(draws, at, m->vocabulary);
    for (size_t i = 0; i <= m->length; i++) {
        out[i] = (int32_t)token;
        uint64_t k = rng_below(draws, at + i + 1, m->branch);
        uint64_t rule = ((uint64_t)class_ * m->vocabulary + token) * m->branch + k;
        token = rng_below(grammar, rule, m->vocabulary);
    }
}

static status synthtext_split(task *t, split which, size_t n, const stream *all)
{
    const synthtext *m = (const synthtext *)t;
    stream grammar = stream_named(all, "grammar"), lengths = stream_named(all, "lengths");
    stream draws = stream_sub(all, (uint64_t)which), ragged = stream_sub(&lengths, (uint64_t)which);
    size_t length = m->length, per = m->classes ? 1 : length, numbers;
    status st = size_mul(n, length, &numbers);
    if (st)
        return st;
    int32_t *tokens = task_alloc(t, numbers, sizeof *tokens);
    int32_t *labels = task_alloc(t, n * per, sizeof *labels);
    int32_t *row = mem_array(length + 1, sizeof *row);
    if (!tokens || !labels || !row) {
        mem_free(row);
        return ERR_MEMORY;
    }
    for (size_t i = 0; i < n; i++) {
        size_t class_ = m->classes ? i % m->classes : 0;
        size_t k = m->ragged ? length - rng_below(&ragged, i, length / 2 + 1) : length;
        synthtext_draw(m, &grammar, &draws, i, class_, row);
        memset(tokens + i * length, 0xff, length * sizeof *tokens); /* -1 */
        memcpy(tokens + i * length, row, k * sizeof *tokens);
        if (m->classes) {
            labels[i] = (int32_t)class_;
        } else {
            memset(labels + i * length, 0xff, length * sizeof *labels);
            memcpy(labels + i * length, row + 1, k * sizeof *labels);
        }
    }
    mem_free(row);
    t->splits[which] = (samples){.n = n, .tokens = tokens, .labels = labels};
    return OK;
}

static status synthtext_init(task *t)
{
    const synthtext *m = (const synthtext *)t;
    stream all = stream_make(m->data_seed, "synthtext");
    status st;
    if (m->classes == 1)
        return error_set(ERR_USAGE, "synthtext: classes=1; 0 for a language model, else 2 or more");
    t->loss = m->classes ? &idim_loss_softmax : &idim_loss_tokens;
    t->length = m->length;
    t->vocabulary = m->vocabulary;
    t->n_labels = m->classes ? 1 : m->length;
    t->n_outputs = m->classes ? m->classes : m->vocabulary;
    if ((st = synthtext_split(t, IDIM_SPLIT_TRAIN, m->n, &all)) ||
        (st = synthtext_split(t, IDIM_SPLIT_VAL, (m->n + 3) / 4, &all)))
        return st;
    return synthtext_split(t, IDIM_SPLIT_TEST, (m->n + 1) / 2, &all);
}

const task_row task_synthtext = {
    .name = "synthtext",
    .doc = "sentences of a random grammar, made from the seed: for quick tests of models of text",
    .source = "ours",
    .example = "synthtext:length=8,vocabulary=12,n=40",
    .revision = 1,
    .keys = keys,
    .size = sizeof(synthtext),
    .init = synthtext_init,
};
