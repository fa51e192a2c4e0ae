/* plain.h -- language models on plain text: what tinyshakespeare, wikitext2 and a user's own file share. */
#ifndef DATA_PLAIN_H
#define DATA_PLAIN_H

#include "data/tokens.h"

typedef struct plain_options {
    const char *dir, *tokenizer;
    size_t length, n_train, n_test, data_seed;
    int head;
} plain_options;
#define PLAIN_KEYS(struct_, field_)                                                                \
    KEY_PLACE("dir", struct_, field_.dir, "", "folder of the files; empty: the usual places"),     \
        TOKENS_KEY(struct_, field_.tokenizer),                                                     \
        KEY("length", struct_, field_.length, "256", 3, 65536, "tokens", "of a sample"),           \
        KEY_WORD("head", struct_, field_.head, "lm", "lm+mlm",                                     \
                 "lm: each next token; mlm: 15 % of the tokens, hidden anew in each epoch"),       \
        KEY("train", struct_, field_.n_train, "0", 0, 1e9, "samples",                              \
            "the first so many of the training text; 0: all"),                                     \
        KEY("test", struct_, field_.n_test, "0", 0, 1e9, "samples",                                \
            "the first so many of the test text; 0: all"),                                         \
        KEY("seed", struct_, field_.data_seed, "0", 0, 1e15, "", "of what mlm hides")

/* Which parts of one text are held out, at its end: first validation, then test. */
typedef struct plain_shares {
    double val, test;
} plain_shares;
#define PLAIN_SHARE_KEYS(struct_, field_)                                                          \
    KEY("val", struct_, field_.val, ".05", 0, .9, "share",                                         \
        "of the text for validation, behind the training part"),                                   \
        KEY("test_share", struct_, field_.test, ".05", 1e-6, .9, "share",                          \
            "of the text for testing, at its end")

/* Reads the files of train, validation and test; where those of the last two are NULL or "", the first is
 * cut at ends of lines. Fills the task whole. */
status plain_fill(task *t, const plain_options *options, const char *sub,
                  const char *const names[IDIM_SPLITS], const plain_shares *shares);

#endif
