/* sentences.c -- see sentences.h.
 *
 *   WordPiece, bytes    [CLS] a [SEP]    [CLS] a [SEP] b [SEP]        second text: segment 1
 *   RoBERTa             <s> a </s>       <s> a </s> </s> b </s>       one segment
 *   others              bos a eos        bos a eos b eos              a causal model reads at the last
 *
 * A pair that is too long loses the last token of the longer text, of equal ones the second's, until it fits
 * (Devlin et al. 2019, create_pretraining_data.py and run_classifier.py). */
#include <stdlib.h>
#include <string.h>

#include "data/sentences.h"

enum { CLASSES = 1000, WITHOUT_STANDARD = 3 };

typedef struct sentences_table { /* one file */
    csv *rows;
    size_t text, pair, label; /* columns; pair SIZE_MAX: none */
} sentences_table;

static status sentences_open(task *t, const sentences_options *o, const char *sub, const char *name,
                             const sentences_columns *columns, sentences_table *f)
{
    char path[TOKENS_PATH], *bytes;
    size_t n;
    status st = tokens_file(t, o->samples.dir, sub, name, path, &bytes, &n);
    f->pair = SIZE_MAX;
    if (st || (st = csv_take_tabs(&f->rows, path, bytes, n)) ||
        (st = csv_need(f->rows, columns->text, &f->text)) ||
        (*columns->pair && (st = csv_need(f->rows, columns->pair, &f->pair))) ||
        (st = csv_need(f->rows, columns->label, &f->label)))
        return st;
    return csv_rows(f->rows) ? OK : error_set(ERR_FORMAT, "%s: no samples in it", path);
}

/* ------------------------------------------------------------------ classes */

typedef struct sentences_classes {
    const char *names[CLASSES]; /* borrowed from the training table */
    size_t n;
    bool numbers; /* all of them whole numbers */
} sentences_classes;

static bool sentences_is_number(const char *label)
{
    size_t n = strspn(label, "0123456789");
    return n && n < 10 && !label[n];
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int by_number(const void *a, const void *b)
{
    long x = strtol(*(const char *const *)a, NULL, 10);
    long y = strtol(*(const char *const *)b, NULL, 10);
    return x != y ? (x > y) - (x < y) : by_bytes(a, b); /* 1 and 01 */
}

static size_t sentences_class(const sentences_classes *c, const char *label)
{
    size_t i = 0;
    while (i < c->n && strcmp(c->names[i], label))
        i++;
    return i;
}

static status sentences_find_classes(const sentences_table *f, sentences_classes *c)
{
    *c = (sentences_classes){.numbers = true};
    for (size_t i = 0; i < csv_rows(f->rows); i++) {
        const char *label = csv_cell(f->rows, i, f->label);
        if (!*label)
            return csv_wrong(f->rows, i, f->label, "is no label; every sample needs one");
        if (sentences_class(c, label) < c->n)
            continue;
        if (c->n == CLASSES)
            return csv_wrong(f->rows, i, f->label,
                             "is the 1001st label, 1000 are the most; is it the right column?");
        c->numbers = c->numbers && sentences_is_number(label);
        c->names[c->n++] = label;
    }
    if (c->n < 2)
        return csv_wrong(f->rows, 0, f->label,
                         "is the label of every training sample; there is nothing to tell apart");
    qsort(c->names, c->n, sizeof *c->names, c->numbers ? by_number : by_bytes);
    return OK;
}

static status sentences_labels(const sentences_table *f, const sentences_classes *c,
                               int32_t *labels)
{
    for (size_t i = 0; i < csv_rows(f->rows); i++) {
        size_t k = sentences_class(c, csv_cell(f->rows, i, f->label));
        if (k == c->n)
            return csv_wrong(f->rows, i, f->label, "is a label that no training sample has");
        labels[i] = (int32_t)k;
    }
    return OK;
}

/* ------------------------------------------------------------------ samples */

static void sentences_truncate(token_list *a, token_list *b, size_t most)
{
    while (a->n + b->n > most)
        (*(a->n > b->n ? &a->n : &b->n))--;
}

static size_t sentences_put(const token_list *list, int32_t *tokens)
{
    if (list->n)
        memcpy(tokens, list->ids, list->n * sizeof *tokens);
    return list->n;
}

/* One sample's tokens; segments NULL: all are of the first. */
static void sentences_row(const tokenizer *tok, token_list *a, token_list *b, bool pair,
                          size_t length, int32_t *tokens, uint8_t *segments)
{
    const tokenizer_special *s = tokenizer_specials(tok);
    bool twice = tokenizer_pairs_of(tok) == TOKENIZER_ROBERTA;
    int32_t begin = s->cls >= 0 ? s->cls : s->bos, end = s->sep >= 0 ? s->sep : s->eos;
    size_t at = 0;
    sentences_truncate(a, b, length - (pair ? twice ? 4 : 3 : 2));
    memset(tokens, 0xff, length * sizeof *tokens); /* -1 */
    tokens[at++] = begin;
    at += sentences_put(a, tokens + at);
    tokens[at++] = end;
    if (!pair)
        return;
    if (twice)
        tokens[at++] = end;
    if (segments)
        memset(segments + at, 1, b->n + 1);
    at += sentences_put(b, tokens + at);
    tokens[at] = end;
}

static status sentences_encode(const sentences_table *f, size_t row, size_t column,
                               const tokenizer *tok, token_list *list)
{
    const char *cell = column == SIZE_MAX ? "" : csv_cell(f->rows, row, column);
    list->n = 0;
    return tokenizer_encode(tok, cell, strlen(cell), list);
}

static status sentences_samples(task *t, const sentences_options *o, const tokenizer *tok,
                                const sentences_table *f, samples *s)
{
    size_t n = csv_rows(f->rows), length = o->length, numbers;
    bool pair = f->pair != SIZE_MAX;
    token_list a = {0}, b = {0};
    status st = size_mul(n, length, &numbers);
    if (st)
        return st;
    int32_t *tokens = task_alloc(t, numbers, sizeof *tokens);
    uint8_t *segments =
        pair && tokenizer_pairs_of(tok) == TOKENIZER_BERT ? task_alloc(t, numbers, 1) : NULL;
    if (!tokens || (pair && tokenizer_pairs_of(tok) == TOKENIZER_BERT && !segments))
        st = ERR_MEMORY;
    for (size_t i = 0; i < n && !st; i++) {
        if ((st = sentences_encode(f, i, f->text, tok, &a)) ||
            (st = sentences_encode(f, i, f->pair, tok, &b)))
            break;
        sentences_row(tok, &a, &b, pair, length, tokens + i * length,
                      segments ? segments + i * length : NULL);
    }
    s->n = n;
    s->tokens = tokens;
    s->segments = segments;
    token_list_clear(&a);
    token_list_clear(&b);
    return st;
}

static status sentences_split(task *t, const sentences_options *o, const tokenizer *tok,
                              const sentences_table *f, const sentences_classes *c, split which)
{
    int32_t *labels = task_alloc(t, csv_rows(f->rows), sizeof *labels);
    status st = labels ? sentences_labels(f, c, labels) : ERR_MEMORY;
    if (!st)
        st = sentences_samples(t, o, tok, f, &t->splits[which]);
    t->splits[which].labels = labels;
    return st;
}

/* A subset or a large share held out may leave a class, or the test, without samples. */
static status sentences_check(const task *t, const sentences_classes *c)
{
    const samples *s = &t->splits[IDIM_SPLIT_TRAIN];
    bool seen[CLASSES] = {false};
    if (!t->splits[IDIM_SPLIT_TEST].n)
        return error_set(ERR_USAGE, "%s: %zu samples are too few to set some aside for the test",
                         task_spec(t), s->n);
    for (size_t i = 0; i < s->n; i++)
        seen[s->labels[i]] = true;
    for (size_t i = 0; i < c->n; i++)
        if (!seen[i])
            return error_set(ERR_USAGE,
                             "%s: of %zu training samples none has the label \"%.40s\"; take more "
                             "of them, or hold out fewer",
                             task_spec(t), s->n, c->names[i]);
    return OK;
}

static status sentences_made(task *t, const sentences_options *o, const sentences_table f[2],
                             const sentences_classes *c)
{
    static const idim_loss_row *const losses[] = {&idim_loss_softmax, &idim_loss_f1,
                                                  &idim_loss_matthews};
    samples_options all = o->samples;
    const tokenizer *tok;
    status st;
    all.standardise = WITHOUT_STANDARD;
    if (o->metric && c->n != 2)
        return error_set(ERR_USAGE, "%s: %zu labels; f1 and matthews score two, take accuracy",
                         task_spec(t), c->n);
    if ((st = tokens_open(t, &tok, o->tokenizer, NULL, 0)))
        return st;
    t->loss = losses[o->metric];
    t->length = o->length;
    t->n_outputs = c->n;
    if (tokenizer_specials(tok)->bos < 0 || tokenizer_specials(tok)->eos < 0)
        st = error_set(ERR_USAGE,
                       "%s: tokenizer=%s has no tokens that begin and end a text ([CLS] and [SEP], "
                       "<s> and </s>, <|endoftext|>)",
                       task_spec(t), o->tokenizer);
    if (!st && !(st = sentences_split(t, o, tok, &f[0], c, IDIM_SPLIT_TRAIN)) && f[1].rows)
        st = sentences_split(t, o, tok, &f[1], c, IDIM_SPLIT_TEST);
    if (st || (st = task_apply(t, &all)))
        return st;
    return sentences_check(t, c);
}

status sentences_fill(task *t, const sentences_options *o, const char *sub, const char *train,
                      const char *test, const sentences_columns *columns)
{
    sentences_table f[2] = {{0}, {0}};
    sentences_classes c;
    status st;
    if (!(st = sentences_open(t, o, sub, train, columns, &f[0])) &&
        (!*test || !(st = sentences_open(t, o, sub, test, columns, &f[1]))) &&
        !(st = sentences_find_classes(&f[0], &c)))
        st = sentences_made(t, o, f, &c);
    csv_free(f[0].rows);
    csv_free(f[1].rows);
    return st;
}
