/* tokenizer.h -- text to token ids and back, by the vocabularies that models come with.
 *
 *   llama2.c      its .bin (karpathy/llama2.c): SentencePiece BPE by scores, bytes as <0xXX>
 *   byte-level    vocab.json with merges.txt, or encoder.json with vocab.bpe (Radford et al. 2019): GPT-2,
 *                 RoBERTa
 *   WordPiece     vocab.txt, one token a line (Devlin et al. 2019): BERT
 *   tokenizer.json  of the two kinds before, with the steps that these models take; others are refused
 *   bytes, chars  no file: 256 tokens; the characters of a text in order of their code points
 *
 * Special tokens are never read out of a text: who wants one puts its id in. A tokenizer is const and
 * shared by threads once made. Texts are bytes; what is no UTF-8 gets a token of bytes where there are
 * some, else the unknown token. */
#ifndef FORMAT_TOKENIZER_H
#define FORMAT_TOKENIZER_H

#include "base/mem.h"
#include "base/status.h"

typedef struct tokenizer tokenizer;

/* Token ids that grow; {0} is empty. */
typedef struct token_list {
    int32_t *ids;
    size_t n, room;
} token_list;
status token_add(token_list *list, int32_t id); /* ERR_MEMORY */
void token_list_clear(token_list *list);

/* Ids with a meaning, -1 where the vocabulary has none. `bytes` takes ASCII's control characters. */
typedef struct tokenizer_special {
    int32_t bos, eos, pad, cls, sep, mask, unk;
} tokenizer_special;

/* What two texts look like to a classifier. */
typedef enum tokenizer_pairs {
    TOKENIZER_BERT,    /* cls a sep b sep, the second of another segment */
    TOKENIZER_ROBERTA, /* cls a sep sep b sep, all of one segment */
    TOKENIZER_TEXTS    /* bos a eos b eos */
} tokenizer_pairs;

/* path: a file, a folder, or `bytes`. ERR_FILE; ERR_FORMAT: what is wrong and where; ERR_LIMIT;
 * ERR_USAGE for `chars`, which needs a text. */
status tokenizer_open(tokenizer **t, const char *path);
/* The same, and `chars` is made from this text. */
status tokenizer_open_for(tokenizer **t, const char *path, const char *text, size_t n);
void tokenizer_free(tokenizer *t);

/* The names of a tokenizer's files in a folder: the first TOKENIZER_MAIN are looked for in this order, the others lie
 * beside them. */
enum { TOKENIZER_MAIN = 5, TOKENIZER_NAMES = 11, TOKENIZER_PARTS = TOKENIZER_NAMES };
const char *tokenizer_name(size_t i);
/* The files of the tokenizer at `path` (a folder, or a file with the merges that belong to it) and the names that they
 * have in a folder of their own; *n 0: there is none. Cleared by tokenizer_parts_clear. ERR_MEMORY. */
typedef struct tokenizer_part {
    char *path;
    const char *name;
} tokenizer_part;
status tokenizer_parts(const char *path, tokenizer_part parts[TOKENIZER_PARTS], size_t *n);
void tokenizer_parts_clear(tokenizer_part *parts, size_t n);
/* Where it was read: NULL of bytes and chars. Borrowed. */
const char *tokenizer_place(const tokenizer *t);

const char *tokenizer_kind(const tokenizer *t); /* "byte-level BPE" */
size_t tokenizer_size(const tokenizer *t);      /* ids are below it */
const tokenizer_special *tokenizer_specials(const tokenizer *t);
tokenizer_pairs tokenizer_pairs_of(const tokenizer *t);
/* SHA-256 of what it is: files and options, not where they lie. */
const char *tokenizer_content(const tokenizer *t);

/* Appends the tokens of n bytes, nothing before or behind them. ERR_MEMORY, ERR_LIMIT (2^31 bytes);
 * ERR_FORMAT: `chars` met another character. */
status tokenizer_encode(const tokenizer *t, const char *bytes, size_t n, token_list *list);

/* The bytes of a token as it stands in a text (WordPiece: without ##); "" for special ones. Borrowed. */
const char *tokenizer_piece(const tokenizer *t, int32_t id, size_t *n);

/* Appends the text of tokens: the text itself for bytes, chars and byte-level BPE; for llama2.c without
 * the space that encoding put in front; for WordPiece words with blanks between them. Ids that are none
 * are left out. Failing: out->failed. */
void tokenizer_decode(const tokenizer *t, const int32_t *ids, size_t n, text *out);

#endif
