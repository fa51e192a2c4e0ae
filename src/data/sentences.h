/* sentences.h -- sentences or pairs of them with a class: what sst2, mrpc and a user's own table share. */
#ifndef DATA_SENTENCES_H
#define DATA_SENTENCES_H

#include "data/tokens.h"
#include "format/csv.h"

typedef struct sentences_options {
    samples_options samples;
    const char *tokenizer;
    size_t length;
    int metric;
} sentences_options;
#define SENTENCES_KEYS(struct_, field_, metric_)                                                   \
    KEY_PLACE("dir", struct_, field_.samples.dir, "",                                              \
              "folder of the files; empty: the usual places"),                                     \
        TOKENS_KEY(struct_, field_.tokenizer),                                                     \
        KEY("length", struct_, field_.length, "128", 8, 65536, "tokens",                           \
            "of a sample; of a pair that is longer, the longer text is cut"),                      \
        KEY_WORD("metric", struct_, field_.metric, metric_, "accuracy+f1+matthews",                \
                 "of the score; f1: of the second of two classes"),                                \
        KEY_WORD("shuffle", struct_, field_.samples.shuffle, "none", "none+labels",                \
                 "labels: scored on training data, for memorisation"),                             \
        KEY("train", struct_, field_.samples.n_train, "0", 0, 1e9, "samples",                      \
            "training samples; 0: all"),                                                           \
        KEY("test", struct_, field_.samples.n_test, "0", 0, 1e9, "samples",                        \
            "test samples; 0: all"),                                                               \
        KEY("val", struct_, field_.samples.val, ".1", 0, .9, "share",                              \
            "training samples held out for validation, stratified, the same for every seed"),      \
        KEY("seed", struct_, field_.samples.data_seed, "0", 0, 1e15, "",                           \
            "of the split and the shuffle")

/* Names of columns; pair: "" for single sentences. */
typedef struct sentences_columns {
    const char *text, *pair, *label;
} sentences_columns;

/* Reads tab-separated files (test "": a sixth of the samples is set aside), makes a class of each label that
 * training has, in order of numbers or else of bytes, and samples as the tokenizer's models take them. Fills
 * the task whole. */
status sentences_fill(task *t, const sentences_options *options, const char *sub, const char *train,
                      const char *test, const sentences_columns *columns);

#endif
