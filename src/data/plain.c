/* plain.c -- see plain.h.
 *
 *   lm    sample i: tokens i L .. i L + L - 1 of its split, labels the tokens one further on. So each token
 *         but the first is predicted once, from up to L - 1 before it; the last sample may be short.
 *   mlm   sample i: L tokens of the split, none in two samples; with a beginning and an end where the
 *         tokenizer has them ([CLS] ... [SEP]). Labels are the tokens themselves; which of them count the
 *         frame draws (idim.h, mask_share).
 *
 * Each split is tokenized by itself, so no token and no text reaches over a boundary. */
#include <math.h>
#include <string.h>

#include "data/plain.h"

enum { HEAD_LM, HEAD_MLM };

static const char *const plain_parts[IDIM_SPLITS] = {"train", "val", "test"};

/* ------------------------------------------------------------------ the text */

typedef struct plain_text { /* all of it, and where each split ends */
    char *bytes;
    size_t n, ends[IDIM_SPLITS];
} plain_text;

/* Where the first line begins that does not begin before byte `at`. */
static size_t plain_line(const plain_text *p, size_t at)
{
    const char *end = at && at < p->n ? memchr(p->bytes + at - 1, '\n', p->n - at + 1) : NULL;
    return end ? (size_t)(end - p->bytes) + 1 : at ? p->n : 0;
}

/* The first file, which ends at ends[TRAIN], is cut for the parts that have no file of their own. */
static status plain_cut(plain_text *p, const char *path, bool val, bool test, const plain_shares *s)
{
    size_t end = p->ends[IDIM_SPLIT_TRAIN];
    double n = (double)end, kept = 1 - (test ? s->test : 0);
    if (s->val + s->test >= 1)
        return error_set(ERR_USAGE, "%s: val=%g and test_share=%g leave nothing to train on", path,
                         s->val, s->test);
    if (test)
        p->ends[IDIM_SPLIT_VAL] = plain_line(p, (size_t)(n * kept));
    if (val)
        p->ends[IDIM_SPLIT_TRAIN] = plain_line(p, (size_t)(n * (kept - s->val)));
    else if (test)
        p->ends[IDIM_SPLIT_TRAIN] = p->ends[IDIM_SPLIT_VAL];
    return OK;
}

static status plain_read(task *t, const plain_options *o, const char *sub,
                         const char *const names[IDIM_SPLITS], const plain_shares *shares,
                         plain_text *p)
{
    char path[TOKENS_PATH], first[TOKENS_PATH] = "";
    bool there[IDIM_SPLITS];
    for (int s = 0; s < IDIM_SPLITS; s++) {
        char *bytes, *all;
        size_t n = 0;
        status st;
        there[s] = names[s] && *names[s];
        if (there[s]) {
            if ((st = tokens_file(t, o->dir, sub, names[s], s ? path : first, &bytes, &n)))
                return st;
            if ((all = mem_resize(p->bytes, p->n + n + 1, 1))) {
                p->bytes = all;
                memcpy(all + p->n, bytes, n);
                p->n += n;
            }
            mem_free(bytes);
            if (!all)
                return ERR_MEMORY;
        }
        p->ends[s] = p->n;
    }
    return shares ? plain_cut(p, first, !there[IDIM_SPLIT_VAL] && shares->val > 0,
                              !there[IDIM_SPLIT_TEST], shares)
                  : OK;
}

/* ------------------------------------------------------------------ samples */

static status plain_too_many(const task *t, split which, size_t asked, size_t n)
{
    return error_set(ERR_USAGE, "%s: %s=%zu, there are %zu", task_spec(t), plain_parts[which],
                     asked, n);
}

/* How many samples of `all` are wanted: the first so many. */
static status plain_count(const task *t, const plain_options *o, split which, size_t all, size_t *n)
{
    size_t asked = which == IDIM_SPLIT_TRAIN  ? o->n_train
                   : which == IDIM_SPLIT_TEST ? o->n_test
                                              : 0;
    *n = asked ? asked : all;
    return asked > all ? plain_too_many(t, which, asked, all) : OK;
}

/* Labels are the tokens one further on in the same block. */
static status plain_lm(task *t, const plain_options *o, split which, const token_list *ids,
                       size_t bytes)
{
    size_t length = o->length, n, numbers;
    status st;
    if ((st = plain_count(t, o, which, (ids->n - 1 + length - 1) / length, &n)) ||
        (st = size_mul(n, length, &numbers)))
        return st;
    int32_t *tokens = task_alloc(t, numbers + 1, sizeof *tokens);
    if (!tokens)
        return ERR_MEMORY;
    for (size_t i = 0; i <= numbers; i++)
        tokens[i] = i < ids->n ? ids->ids[i] : -1;
    size_t counted = numbers < ids->n - 1 ? numbers : ids->n - 1;
    t->splits[which] =
        (samples){.n = n,
                  .tokens = tokens,
                  .labels = tokens + 1,
                  .text_bytes = (size_t)llround((double)bytes * (double)counted / (double)ids->n)};
    return OK;
}

static status plain_mlm(task *t, const plain_options *o, split which, const token_list *ids,
                        const tokenizer_special *special)
{
    size_t around = special->cls >= 0 && special->sep >= 0 ? 1 : 0;
    size_t inner = o->length - 2 * around, n, numbers;
    status st;
    if ((st = plain_count(t, o, which, (ids->n + inner - 1) / inner, &n)) ||
        (st = size_mul(n, o->length, &numbers)))
        return st;
    int32_t *tokens = task_alloc(t, numbers, sizeof *tokens);
    int32_t *labels = task_alloc(t, numbers, sizeof *labels);
    if (!tokens || !labels)
        return ERR_MEMORY;
    memset(tokens, 0xff, numbers * sizeof *tokens); /* -1 */
    memset(labels, 0xff, numbers * sizeof *labels);
    for (size_t i = 0; i < n; i++) {
        int32_t *row = tokens + i * o->length, *label = labels + i * o->length;
        size_t left = ids->n - i * inner, k = left < inner ? left : inner;
        memcpy(row + around, ids->ids + i * inner, k * sizeof *row);
        memcpy(label + around, ids->ids + i * inner, k * sizeof *label);
        if (around) {
            row[0] = special->cls;
            row[k + 1] = special->sep;
        }
    }
    t->splits[which] = (samples){.n = n, .tokens = tokens, .labels = labels};
    return OK;
}

static status plain_split(task *t, const plain_options *o, const tokenizer *tok, split which,
                          const char *bytes, size_t n)
{
    token_list ids = {0};
    status st = tokenizer_encode(tok, bytes, n, &ids);
    if (!st && ids.n < 2)
        st = error_set(ERR_USAGE,
                       "%s: %zu bytes of text for %s make %zu tokens, 2 are the fewest; give it "
                       "more of the text, which is cut at the ends of lines",
                       task_spec(t), n, plain_parts[which], ids.n);
    if (!st)
        st = o->head == HEAD_LM ? plain_lm(t, o, which, &ids, n)
                                : plain_mlm(t, o, which, &ids, tokenizer_specials(tok));
    token_list_clear(&ids);
    return st;
}

static status plain_masks(task *t, const plain_options *o, const tokenizer *tok)
{
    stream split_ = stream_make(o->data_seed, "split");
    t->mask_share = .15; /* Devlin et al. 2019, section 3.1 */
    t->mask_token = tokenizer_specials(tok)->mask;
    t->mask_stream = stream_named(&split_, "masks");
    if (t->mask_token < 0)
        return error_set(ERR_USAGE,
                         "%s: head=mlm hides tokens behind a mask, and %s has none; take bytes, or "
                         "a tokenizer of BERT or RoBERTa",
                         task_spec(t), tokenizer_kind(tok));
    return OK;
}

status plain_fill(task *t, const plain_options *o, const char *sub,
                  const char *const names[IDIM_SPLITS], const plain_shares *shares)
{
    plain_text p = {0};
    const tokenizer *tok;
    status st = plain_read(t, o, sub, names, shares, &p);
    if (st || (st = tokens_open(t, &tok, o->tokenizer, p.bytes, p.n)))
        goto done;
    t->loss = &idim_loss_tokens;
    t->length = t->n_labels = o->length;
    t->n_outputs = t->vocabulary;
    if (o->head == HEAD_MLM && (st = plain_masks(t, o, tok)))
        goto done;
    for (int s = 0; s < IDIM_SPLITS && !st; s++) {
        size_t from = s ? p.ends[s - 1] : 0;
        if (s != IDIM_SPLIT_VAL || p.ends[s] > from)
            st = plain_split(t, o, tok, (split)s, p.bytes + from, p.ends[s] - from);
    }
done:
    mem_free(p.bytes);
    return st;
}
