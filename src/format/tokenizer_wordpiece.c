/* tokenizer_wordpiece.c -- WordPiece of BERT (Devlin et al. 2019; google-research/bert tokenization.py).
 *
 * Clean: byte 0, U+FFFD, control and format characters, and what is no UTF-8, go; white space is a blank.
 * Every CJK character is a word. Uncased: lower case, without accents (unicode_fold). Words end at blanks;
 * every punctuation mark is a word. A word is cut from its left into the longest words of the vocabulary,
 * those behind the first written with ##; [UNK] where that fails, or above 100 characters. */
#include <string.h>

#include "format/tokenizer_kind.h"
#include "format/unicode.h"

enum { CHARS = 100, ROOM = 4 * CHARS + 3 };

/* A word that grows, with its characters' ends; `chars` above CHARS: too long, the rest is dropped. */
typedef struct wordpiece_word {
    char bytes[ROOM];
    size_t ends[CHARS + 1]; /* ends[k]: bytes of the first k characters */
    size_t chars;
} wordpiece_word;

static void word_put(wordpiece_word *w, uint32_t c)
{
    if (w->chars < CHARS)
        w->ends[w->chars + 1] = w->ends[w->chars] + unicode_put(c, w->bytes + w->ends[w->chars]);
    w->chars += w->chars <= CHARS;
}

/* The longest piece that begins with character `from`; *to: behind it. */
static int32_t word_piece(const tokenizer *t, const wordpiece_word *w, size_t from, size_t *to)
{
    char piece[ROOM + 2] = "##";
    size_t mark = from ? 2 : 0;
    for (size_t end = w->chars; end > from; end--) {
        size_t n = w->ends[end] - w->ends[from];
        if (n + mark > t->longest)
            continue;
        memcpy(piece + mark, w->bytes + w->ends[from], n);
        int32_t id = vocab_find(&t->words, piece, n + mark);
        if (id >= 0) {
            *to = end;
            return id;
        }
    }
    return -1;
}

/* Appends the word's tokens and empties it. */
static status word_end(const tokenizer *t, wordpiece_word *w, token_list *list)
{
    size_t began = list->n, at = 0;
    status st = OK;
    bool known = w->chars <= CHARS;
    while (known && at < w->chars && !st) {
        int32_t id = word_piece(t, w, at, &at);
        known = id >= 0;
        if (known)
            st = token_add(list, id);
    }
    if (!known && !st) {
        list->n = began;
        st = token_add(list, t->special.unk);
    }
    w->chars = 0;
    return st;
}

/* tokenization.py, _is_chinese_char */
static bool wordpiece_is_cjk(uint32_t c)
{
    static const uint32_t blocks[][2] = {{0x4e00, 0x9fff},   {0x3400, 0x4dbf},   {0x20000, 0x2a6df},
                                         {0x2a700, 0x2b73f}, {0x2b740, 0x2b81f}, {0x2b820, 0x2ceaf},
                                         {0xf900, 0xfaff},   {0x2f800, 0x2fa1f}};
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++)
        if (c >= blocks[i][0] && c <= blocks[i][1])
            return true;
    return false;
}

/* All that ASCII has beside letters, digits and blanks, and what Unicode calls punctuation. */
static bool wordpiece_is_mark(uint32_t c)
{
    if (c < 0x80)
        return (c >= 33 && c <= 47) || (c >= 58 && c <= 64) || (c >= 91 && c <= 96) ||
               (c >= 123 && c <= 126);
    return unicode_class_of(c) == UNICODE_PUNCTUATION;
}

static bool wordpiece_is_space(uint32_t c)
{
    return c == '\t' || c == '\n' || c == '\r' || c == ' ' ||
           (c > 0x9f && unicode_class_of(c) == UNICODE_SPACE);
}

/* What tokenization.py's cleaning drops: with 0x0b, 0x0c and 0x85, which Unicode counts as space. */
static bool wordpiece_is_dropped(uint32_t c)
{
    return c == UNICODE_NONE || c == 0xfffd || c < 0x20 || (c >= 0x7f && c <= 0x9f) ||
           unicode_class_of(c) == UNICODE_CONTROL;
}

static status wordpiece_char(const tokenizer *t, uint32_t c, wordpiece_word *w, token_list *list)
{
    status st;
    if (!wordpiece_is_mark(c) && !(t->split_cjk && wordpiece_is_cjk(c))) {
        word_put(w, c);
        return OK;
    }
    if ((st = word_end(t, w, list)))
        return st;
    word_put(w, c);
    return word_end(t, w, list);
}

static status wordpiece_encode(const tokenizer *t, const char *s, size_t n, token_list *list)
{
    wordpiece_word w = {.chars = 0};
    uint32_t c, folded[UNICODE_FOLD];
    status st = OK;
    for (size_t i = 0; i < n && !st;) {
        i += unicode_next(s + i, n - i, &c);
        if (wordpiece_is_space(c)) {
            st = word_end(t, &w, list);
            continue;
        }
        if (wordpiece_is_dropped(c))
            continue;
        size_t k = 1;
        folded[0] = c;
        if (t->fold)
            k = unicode_fold(c, folded);
        for (size_t j = 0; j < k && !st; j++)
            st = wordpiece_char(t, folded[j], &w, list);
    }
    return st ? st : word_end(t, &w, list);
}

static void wordpiece_decode(const tokenizer *t, const int32_t *ids, size_t n, text *out)
{
    size_t length;
    bool any = false;
    for (size_t i = 0; i < n; i++) {
        const char *piece = tokenizer_piece(t, ids[i], &length);
        bool glued = length > 2 && !memcmp(piece, "##", 2);
        if (!length)
            continue;
        if (any && !glued)
            text_add(out, " ");
        text_bytes(out, piece + (glued ? 2 : 0), length - (glued ? 2 : 0));
        any = true;
    }
}

const tokenizer_ops tokenizer_wordpiece = {.name = "WordPiece",
                                           .pairs = TOKENIZER_BERT,
                                           .encode = wordpiece_encode,
                                           .decode = wordpiece_decode};

/* An uncased vocabulary has no capital letter, beside [CLS] and its like. */
static bool wordpiece_is_uncased(const vocab *v)
{
    size_t n;
    for (size_t i = 0; i < v->n; i++) {
        const char *word = vocab_at(v, i, &n);
        if (n && *word == '[' && word[n - 1] == ']')
            continue;
        for (size_t k = 0; k < n; k++)
            if (word[k] >= 'A' && word[k] <= 'Z')
                return false;
    }
    return true;
}

status tokenizer_wordpiece_done(tokenizer *t, const char *path)
{
    size_t n;
    t->ops = &tokenizer_wordpiece;
    t->pairs = t->ops->pairs;
    t->fold = wordpiece_is_uncased(&t->words);
    t->split_cjk = true;
    tokenizer_name_specials(t);
    for (size_t i = 0; i < t->words.n; i++) {
        vocab_at(&t->words, i, &n);
        t->longest = n > t->longest ? n : t->longest;
    }
    if (t->special.unk < 0)
        return error_set(ERR_FORMAT,
                         "%s: no line [UNK]; a vocabulary of WordPiece has one, for words it does "
                         "not know",
                         path);
    return OK;
}

status tokenizer_make_wordpiece(tokenizer *t, const char *path, const char *bytes, size_t n)
{
    size_t line = 0;
    status st;
    for (const char *at = bytes, *end = bytes + n, *next; at < end; at = next) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        stop = stop ? stop : end;
        next = stop + 1;
        if (stop > at && stop[-1] == '\r')
            stop--;
        line++;
        if (memchr(at, 0, (size_t)(stop - at)))
            return error_set(ERR_FORMAT, "%s:%zu: a byte 0; this is no vocabulary of lines", path,
                             line);
        if ((st = vocab_add(&t->words, at, (size_t)(stop - at))))
            return st;
    }
    return tokenizer_wordpiece_done(t, path);
}
