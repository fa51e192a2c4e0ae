/* tokenizer_llama.c -- the tokenizer of karpathy/llama2.c: SentencePiece's BPE, its words and scores.
 *
 *   int32 length of the longest word | for each token: float32 score, int32 length, bytes      (little-endian)
 *
 * How many there are the file's end says. Token 0 is unknown, 1 begins, 2 ends, 3 + b is byte b, written
 * <0xHH>. Encoding, as run.c's encode() without its bos and eos: one space in front of the text; every
 * character its token, or the tokens of its bytes; then neighbours whose words, joined, are a word are
 * merged, the best score first, of equal ones the leftmost. Decoding takes that space off again. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "format/tokenizer_kind.h"
#include "format/unicode.h"

enum { UNK, BOS, EOS, BYTES, WORDS = BYTES + 256, LONGEST = 512 };

static bool llama_joined(const tokenizer *t, int32_t left, int32_t right, int32_t *id, double *cost)
{
    char both[2 * LONGEST];
    size_t n, m;
    const char *a = vocab_at(&t->words, (size_t)left, &n);
    const char *b = vocab_at(&t->words, (size_t)right, &m);
    if (n + m > t->longest)
        return false;
    memcpy(both, a, n);
    memcpy(both + n, b, m);
    *id = vocab_find(&t->words, both, n + m);
    if (*id < 0 || t->scores[*id] <= -1e10) /* where run.c begins its search */
        return false;
    *cost = -t->scores[*id];
    return true;
}

static status llama_encode(const tokenizer *t, const char *bytes, size_t n, token_list *list)
{
    token_list first = {0};
    merge_work work = {0};
    int32_t space = vocab_find(&t->words, " ", 1);
    status st = token_add(&first, space >= 0 ? space : BYTES + ' ');
    uint32_t c;
    for (size_t i = 0, k; i < n && !st; i += k) {
        k = unicode_next(bytes + i, n - i, &c);
        int32_t id = vocab_find(&t->words, bytes + i, k);
        if (id >= 0)
            st = token_add(&first, id);
        for (size_t j = 0; j < k && id < 0 && !st; j++)
            st = token_add(&first, BYTES + (unsigned char)bytes[i + j]);
    }
    if (!st)
        st = merge_run(t, llama_joined, first.ids, first.n, &work, list);
    merge_work_clear(&work);
    token_list_clear(&first);
    return st;
}

static void llama_decode(const tokenizer *t, const int32_t *ids, size_t n, text *out)
{
    bool first = true; /* as at the beginning, so behind bos */
    size_t length;
    for (size_t i = 0; i < n; i++) {
        const char *piece = tokenizer_piece(t, ids[i], &length);
        size_t cut = first && length && *piece == ' ';
        text_bytes(out, piece + cut, length - cut);
        first = ids[i] == BOS;
    }
}

const tokenizer_ops tokenizer_llama = {.name = "llama2.c BPE",
                                       .pairs = TOKENIZER_TEXTS,
                                       .encode = llama_encode,
                                       .decode = llama_decode};

static uint32_t llama_u32(const char *p)
{
    const unsigned char *u = (const unsigned char *)p;
    return (uint32_t)u[0] | (uint32_t)u[1] << 8 | (uint32_t)u[2] << 16 | (uint32_t)u[3] << 24;
}

/* The token at *at. */
static status llama_token(tokenizer *t, const char *path, const char *bytes, size_t n, size_t *at)
{
    size_t i = t->words.n;
    uint32_t bits, length;
    float score;
    if (n - *at < 8)
        return error_set(ERR_FORMAT, "%s: cut short in token %zu, at byte %zu", path, i, *at);
    bits = llama_u32(bytes + *at);
    length = llama_u32(bytes + *at + 4);
    memcpy(&score, &bits, sizeof score);
    if (length > LONGEST || length > n - *at - 8)
        return error_set(ERR_FORMAT,
                         "%s: token %zu has %zu bytes, %zu are there, and %d the most; it is cut "
                         "short or no tokenizer of llama2.c",
                         path, i, (size_t)length, n - *at - 8, LONGEST);
    if (!isfinite(score))
        return error_set(ERR_FORMAT, "%s: the score of token %zu is no number", path, i);
    const char *word = bytes + *at + 8;
    char byte, name[8];
    if (i >= BYTES && i < WORDS) {
        byte = (char)(i - BYTES);
        snprintf(name, sizeof name, "<0x%02X>", (unsigned)(i - BYTES));
        if (length != 6 || memcmp(word, name, 6))
            return error_set(ERR_FORMAT, "%s: token %zu is not %s; tokens %d to %d are the bytes",
                             path, i, name, BYTES, WORDS - 1);
    }
    t->scores[i] = (double)score;
    t->longest = length > t->longest ? length : t->longest;
    *at += 8 + length;
    status st = vocab_add(&t->words, word, length);
    if (st)
        return st;
    return i < BYTES   ? vocab_add(&t->pieces, "", 0)
           : i < WORDS ? vocab_add(&t->pieces, &byte, 1)
                       : vocab_add(&t->pieces, word, length);
}

status tokenizer_make_llama(tokenizer *t, const char *path, const char *bytes, size_t n)
{
    size_t at = 4;
    status st = OK;
    t->ops = &tokenizer_llama;
    t->pairs = t->ops->pairs;
    t->special = (tokenizer_special){BOS, EOS, -1, -1, -1, -1, UNK};
    if (n < 4)
        return error_set(ERR_FORMAT, "%s: cut short at %zu bytes", path, n);
    if (!(t->scores = mem_array(n / 8 + 1, sizeof *t->scores)))
        return ERR_MEMORY;
    while (at < n && !st)
        st = llama_token(t, path, bytes, n, &at);
    if (st)
        return st;
    if (t->words.n < WORDS)
        return error_set(ERR_FORMAT,
                         "%s: %zu tokens; a tokenizer of llama2.c has %d and more (unknown, begin, "
                         "end, 256 bytes)",
                         path, t->words.n, WORDS);
    return OK;
}
