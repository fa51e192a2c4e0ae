/* tokenizer_bpe.c -- byte-level BPE of GPT-2 and RoBERTa (Radford et al. 2019; openai/gpt-2 src/encoder.py).
 *
 * A text is cut into words by
 *
 *     's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
 *
 * and each word's bytes are merged, lowest rank first. The files write a byte as a visible character:
 * itself where it is one (33..126, 161..172, 174..255), else character 256 + its place among the rest, so
 * that a blank is U+0120. Here words are kept as the bytes that they are; what has other characters (added
 * tokens) stands as it is written. */
#include <string.h>

#include "format/tokenizer_kind.h"
#include "format/unicode.h"

/* ------------------------------------------------------------------ cutting */

typedef enum bpe_class { BPE_OTHER, BPE_LETTER, BPE_NUMBER, BPE_SPACE } bpe_class;

/* The class of the character at i and its bytes. */
static bpe_class bpe_class_at(const char *s, size_t n, size_t i, size_t *k)
{
    uint32_t c;
    *k = unicode_next(s + i, n - i, &c);
    switch (unicode_class_of(c)) {
    case UNICODE_LETTER:
        return BPE_LETTER;
    case UNICODE_NUMBER:
        return BPE_NUMBER;
    case UNICODE_SPACE:
        return BPE_SPACE;
    default:
        return BPE_OTHER;
    }
}

static size_t bpe_contraction(const char *s, size_t n)
{
    static const char *const ends[] = {"'s", "'t", "'re", "'ve", "'m", "'ll", "'d"};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        size_t k = strlen(ends[i]);
        if (k <= n && !memcmp(s, ends[i], k))
            return k;
    }
    return 0;
}

/* Bytes of the first word of n > 0. */
static size_t bpe_word(const char *s, size_t n)
{
    size_t k, at, last = 0, short_ = bpe_contraction(s, n);
    if (short_)
        return short_;
    at = *s == ' ' && n > 1 ? 1 : 0;
    bpe_class kind = bpe_class_at(s, n, at, &k), next;
    if (kind != BPE_SPACE) {
        for (at += k; at < n && bpe_class_at(s, n, at, &k) == kind; at += k)
            ;
        return at;
    }
    for (at = 0; at < n && (next = bpe_class_at(s, n, at, &k)) == BPE_SPACE; at += k)
        last = at;
    return at < n && last ? last : at; /* the last blank goes with the word behind it */
}

/* ------------------------------------------------------------------ encoding */

static bool bpe_merge(const tokenizer *t, int32_t left, int32_t right, int32_t *id, double *cost)
{
    const merge_rule *r = merge_table_find(&t->merges, left, right);
    if (!r)
        return false;
    *id = r->id;
    *cost = r->rank;
    return true;
}

static status bpe_encode_word(const tokenizer *t, const char *s, size_t n, token_list *bytes,
                              merge_work *work, token_list *list)
{
    status st;
    bytes->n = 0;
    for (size_t i = 0; i < n; i++)
        if ((st = token_add(bytes, t->of_byte[(unsigned char)s[i]])))
            return st;
    return merge_run(t, bpe_merge, bytes->ids, n, work, list);
}

static status bpe_encode_all(const tokenizer *t, const char *s, size_t n, token_list *list)
{
    token_list bytes = {0};
    merge_work work = {0};
    status st = OK;
    for (size_t i = 0, k; i < n && !st; i += k) {
        k = bpe_word(s + i, n - i);
        st = bpe_encode_word(t, s + i, k, &bytes, &work, list);
    }
    merge_work_clear(&work);
    token_list_clear(&bytes);
    return st;
}

static status bpe_encode(const tokenizer *t, const char *s, size_t n, token_list *list)
{
    if (!t->space_first || *s == ' ')
        return bpe_encode_all(t, s, n, list);
    char *with = mem_raw(n + 1, 1);
    if (!with)
        return ERR_MEMORY;
    *with = ' ';
    memcpy(with + 1, s, n);
    status st = bpe_encode_all(t, with, n + 1, list);
    mem_free(with);
    return st;
}

const tokenizer_ops tokenizer_bpe = {
    .name = "byte-level BPE", .pairs = TOKENIZER_TEXTS, .encode = bpe_encode};

/* ------------------------------------------------------------------ making one */

/* The byte that a character of the files stands for; -1: none. */
static int bpe_byte_of(uint32_t c)
{
    if ((c >= 33 && c <= 126) || (c >= 161 && c <= 172) || (c >= 174 && c <= 255))
        return (int)c;
    if (c >= 256 && c < 256 + 33) /* 0..32 */
        return (int)c - 256;
    if (c >= 289 && c < 289 + 34) /* 127..160 */
        return (int)c - 289 + 127;
    return c == 323 ? 173 : -1;
}

/* A word of the files as bytes, into `out` (n); false: it has other characters. */
static bool bpe_bytes_of(const char *word, size_t n, char *out, size_t *n_out)
{
    uint32_t c;
    *n_out = 0;
    for (size_t i = 0; i < n;) {
        i += unicode_next(word + i, n - i, &c);
        int byte = bpe_byte_of(c);
        if (byte < 0)
            return false;
        out[(*n_out)++] = (char)byte;
    }
    return true;
}

/* The words of the file become what they stand for; their ids stay. */
static status bpe_to_bytes(tokenizer *t)
{
    vocab plain = {0};
    char *out = mem_raw(t->words.n_bytes + 1, 1);
    status st = out ? OK : ERR_MEMORY;
    for (size_t i = 0, n, n_out; i < t->words.n && !st; i++) {
        const char *word = vocab_at(&t->words, i, &n);
        if (bpe_bytes_of(word, n, out, &n_out))
            st = vocab_add(&plain, out, n_out);
        else
            st = vocab_add(&plain, word, n);
    }
    mem_free(out);
    if (st) {
        vocab_clear(&plain);
        return st;
    }
    vocab_clear(&t->words);
    t->words = plain;
    return OK;
}

status tokenizer_make_bpe(tokenizer *t, const char *path, size_t n_merges)
{
    status st;
    t->ops = &tokenizer_bpe;
    tokenizer_name_specials(t);
    t->pairs = t->special.cls >= 0 && t->special.mask >= 0 ? TOKENIZER_ROBERTA : TOKENIZER_TEXTS;
    if ((st = bpe_to_bytes(t)))
        return st;
    for (int i = 0; i < 256; i++) {
        char c = (char)i;
        if ((t->of_byte[i] = vocab_find(&t->words, &c, 1)) < 0)
            return error_set(ERR_FORMAT,
                             "%s: no token for byte 0x%02x; byte-level BPE has one for each", path,
                             (unsigned)i);
    }
    return merge_table_init(&t->merges, n_merges);
}

status tokenizer_bpe_merge(tokenizer *t, const char *path, size_t line, const char *left,
                           size_t n_left, const char *right, size_t n_right)
{
    size_t n, m;
    char *both = mem_raw(n_left + n_right + 1, 1);
    int32_t a = -1, b = -1, id = -1;
    if (!both)
        return ERR_MEMORY;
    if (n_left && n_right && bpe_bytes_of(left, n_left, both, &n) &&
        bpe_bytes_of(right, n_right, both + n, &m)) {
        a = vocab_find(&t->words, both, n);
        b = vocab_find(&t->words, both + n, m);
        id = vocab_find(&t->words, both, n + m);
    }
    mem_free(both);
    if (a < 0 || b < 0 || id < 0)
        return error_set(ERR_FORMAT,
                         "%s:%zu: the merge \"%.*s\" \"%.*s\": it or one of its parts is not in "
                         "the vocabulary; do the two files belong together?",
                         path, line, (int)(n_left < 40 ? n_left : 40), left,
                         (int)(n_right < 40 ? n_right : 40), right);
    merge_table_add(&t->merges, a, b, id, (int32_t)t->merges.n);
    return OK;
}

status tokenizer_bpe_merges(tokenizer *t, const char *path, const char *bytes, size_t n)
{
    size_t lines = 1, line = 0;
    status st;
    for (size_t i = 0; i < n; i++)
        lines += bytes[i] == '\n';
    if ((st = tokenizer_make_bpe(t, path, lines)))
        return st;
    for (const char *at = bytes, *end = bytes + n, *next; at < end && !st; at = next) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        stop = stop ? stop : end;
        next = stop + 1;
        if (stop > at && stop[-1] == '\r')
            stop--;
        line++;
        if (stop == at || (line == 1 && *at == '#')) /* #version: 0.2 */
            continue;
        const char *blank = memchr(at, ' ', (size_t)(stop - at));
        if (!blank)
            st = error_set(ERR_FORMAT, "%s:%zu: a merge is two words with a blank between them",
                           path, line);
        else
            st = tokenizer_bpe_merge(t, path, line, at, (size_t)(blank - at), blank + 1,
                                     (size_t)(stop - blank - 1));
    }
    return st;
}
