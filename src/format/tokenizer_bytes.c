/* tokenizer_bytes.c -- the two tokenizers without a file.
 *
 *   bytes   token i is byte i. Specials are the control characters that ASCII has for the purpose and
 *           that no text holds: NUL pads, STX begins, ETX ends, US separates, SUB stands for what is not
 *           known or is masked. So the vocabulary stays 256.
 *   chars   the characters of one text, in order of their code points, as of char-rnn (Karpathy 2015);
 *           bytes that are no UTF-8 are characters of their own, behind all others. No specials. */
#include "format/tokenizer_kind.h"
#include "format/unicode.h"

static status bytes_encode(const tokenizer *t, const char *bytes, size_t n, token_list *list)
{
    uint32_t c;
    status st = OK;
    for (size_t i = 0, k; i < n && !st; i += k) {
        k = t->utf8 ? unicode_next(bytes + i, n - i, &c) : 1;
        int32_t id = vocab_find(&t->words, bytes + i, k);
        if (id < 0)
            return error_set(ERR_FORMAT,
                             "chars: the text from which they were made has no character \"%.*s\"",
                             (int)k, bytes + i);
        st = token_add(list, id);
    }
    return st;
}

const tokenizer_ops tokenizer_bytes = {
    .name = "bytes", .pairs = TOKENIZER_BERT, .encode = bytes_encode};
static const tokenizer_ops tokenizer_chars = {
    .name = "chars", .pairs = TOKENIZER_TEXTS, .encode = bytes_encode};

status tokenizer_make_bytes(tokenizer *t)
{
    enum { NUL, STX = 2, ETX = 3, SUB = 26, US = 31 };
    status st = OK;
    t->ops = &tokenizer_bytes;
    t->pairs = t->ops->pairs;
    t->special = (tokenizer_special){STX, ETX, NUL, STX, US, SUB, SUB};
    for (int i = 0; i < 256 && !st; i++) {
        char c = (char)i;
        st = vocab_add(&t->words, &c, 1);
    }
    return st;
}

/* A byte that is no character: behind the last code point. */
enum { BYTE = 0x110000 };

/* The different characters of a text, which are many fewer than its length. A short text costs no more than
 * the pages that it needs: what is met is noted page by page. */
enum { PAGE = 256, PAGES = BYTE / PAGE + 1 };

static status chars_of(const char *bytes, size_t n, uint32_t **found, size_t *n_found)
{
    uint8_t **pages = mem_array(PAGES, sizeof *pages);
    status st = pages ? OK : ERR_MEMORY;
    uint32_t c;
    *n_found = 0;
    *found = NULL;
    for (size_t i = 0; i < n && !st;) {
        size_t k = unicode_next(bytes + i, n - i, &c);
        if (c == UNICODE_NONE)
            c = BYTE + (unsigned char)bytes[i];
        uint8_t **page = &pages[c / PAGE];
        if (!*page && !(*page = mem_array(PAGE, 1)))
            st = ERR_MEMORY;
        else {
            *n_found += !(*page)[c % PAGE];
            (*page)[c % PAGE] = 1;
        }
        i += k;
    }
    if (!st && !(*found = mem_array(*n_found, sizeof **found)))
        st = ERR_MEMORY;
    for (size_t p = 0, k = 0; pages && p < PAGES; p++) {
        for (size_t i = 0; !st && pages[p] && i < PAGE; i++)
            if (pages[p][i])
                (*found)[k++] = (uint32_t)(p * PAGE + i);
        mem_free(pages[p]);
    }
    mem_free(pages);
    return st;
}

status tokenizer_make_chars(tokenizer *t, const char *bytes, size_t n)
{
    uint32_t *found;
    size_t n_found;
    char c[4];
    t->ops = &tokenizer_chars;
    t->pairs = t->ops->pairs;
    t->utf8 = true;
    if (!n)
        return error_set(ERR_FORMAT, "chars: the text is empty");
    status st = chars_of(bytes, n, &found, &n_found);
    for (size_t i = 0; i < n_found && !st; i++) {
        size_t k = 1;
        if (found[i] >= BYTE)
            c[0] = (char)(found[i] - BYTE);
        else
            k = unicode_put(found[i], c);
        st = vocab_add(&t->words, c, k);
    }
    mem_free(found);
    return st;
}
