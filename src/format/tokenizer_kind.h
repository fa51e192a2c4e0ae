/* tokenizer_kind.h -- what the files of tokenizers share; nobody else includes it. */
#ifndef FORMAT_TOKENIZER_KIND_H
#define FORMAT_TOKENIZER_KIND_H

#include "base/hash.h"
#include "format/tokenizer.h"

enum { TOKENIZER_FILE = 1 << 28 }; /* bytes of a vocabulary's file, at most */

/* Byte strings numbered from 0, found by a hash table (open addressing, at most half full). */
typedef struct vocab {
    char *bytes;
    size_t *ends; /* (n) of each string in bytes */
    size_t n, n_bytes, ends_room, bytes_room;
    int32_t *slots; /* -1: free */
    size_t n_slots;
} vocab;
/* The next number; a string that is there already keeps its first one. ERR_MEMORY, ERR_LIMIT. */
status vocab_add(vocab *v, const char *bytes, size_t n);
int32_t vocab_find(const vocab *v, const char *bytes, size_t n); /* -1: not there */
int32_t vocab_word(const vocab *v, const char *word);
const char *vocab_at(const vocab *v, size_t i, size_t *n);
void vocab_clear(vocab *v);

/* Which two neighbours become one token: a hash table over pairs of ids. */
typedef struct merge_rule {
    uint64_t pair; /* left << 32 | right */
    int32_t id, rank;
} merge_rule;
typedef struct merge_table {
    merge_rule *slots; /* id -1: free */
    size_t n, n_slots;
} merge_table;
status merge_table_init(merge_table *m, size_t n); /* room for n rules */
void merge_table_add(merge_table *m, int32_t left, int32_t right, int32_t id, int32_t rank);
const merge_rule *merge_table_find(const merge_table *m, int32_t left, int32_t right);
void merge_table_clear(merge_table *m);

/* Scratch of merge_run, kept from one word to the next. */
typedef struct merge_work {
    struct merge_symbol *symbols;
    struct merge_candidate *heap;
    size_t room, n_heap;
} merge_work;
void merge_work_clear(merge_work *w);

/* What two tokens may become, and at what cost. false: they stay. */
typedef bool merge_of(const tokenizer *t, int32_t left, int32_t right, int32_t *id, double *cost);

/* Joins neighbours of ids[0..n), always the pair of least cost, of equal ones the leftmost, until none
 * may be; appends what is left. O(n log n). */
status merge_run(const tokenizer *t, merge_of *of, const int32_t *ids, size_t n, merge_work *w,
                 token_list *list);

/* A kind of tokenizer. */
typedef struct tokenizer_ops {
    const char *name;
    tokenizer_pairs pairs;
    status (*encode)(const tokenizer *t, const char *bytes, size_t n, token_list *list);
    void (*decode)(const tokenizer *t, const int32_t *ids, size_t n, text *out); /* NULL: pieces */
} tokenizer_ops;

struct tokenizer {
    const tokenizer_ops *ops;
    vocab words;  /* as the file has them: what is looked up */
    vocab pieces; /* as they stand in a text, by id; empty: as words */
    tokenizer_special special;
    tokenizer_pairs pairs;
    char content[HASH_HEX];
    char *place;          /* the file or folder; NULL: bytes, chars */
    double *scores;       /* llama2.c (n) */
    size_t longest;       /* llama2.c, WordPiece: bytes of the longest word */
    merge_table merges;   /* byte-level */
    int32_t of_byte[256]; /* byte-level: the token of each byte */
    bool space_first;     /* byte-level: a blank is put before a text without one */
    bool fold, split_cjk; /* WordPiece: lower case without accents; each CJK character a word */
    bool utf8;            /* chars; else bytes */
};

extern const tokenizer_ops tokenizer_bytes, tokenizer_llama, tokenizer_bpe, tokenizer_wordpiece;

/* Made from a file's bytes; `path` stands in sentences. The caller fills content. On failure the
 * caller clears. */
status tokenizer_make_bytes(tokenizer *t);
status tokenizer_make_chars(tokenizer *t, const char *bytes, size_t n);
status tokenizer_make_llama(tokenizer *t, const char *path, const char *bytes, size_t n);
status tokenizer_make_wordpiece(tokenizer *t, const char *path, const char *bytes, size_t n);
/* words are filled, in the alphabet of byte-level BPE; merges follow by tokenizer_add_merge, in order,
 * as two words (`line` for sentences), then tokenizer_bpe_done. */
status tokenizer_make_bpe(tokenizer *t, const char *path, size_t n_merges);
status tokenizer_bpe_merge(tokenizer *t, const char *path, size_t line, const char *left,
                           size_t n_left, const char *right, size_t n_right);
/* merges.txt, all of it. */
status tokenizer_bpe_merges(tokenizer *t, const char *path, const char *bytes, size_t n);
/* words are filled: unknown token, fold, longest. */
status tokenizer_wordpiece_done(tokenizer *t, const char *path);
/* A JSON file: tokenizer.json, whole; or a vocabulary of byte-level BPE, whose merges are missing
 * (*alone). */
status tokenizer_make_json(tokenizer *t, const char *path, const char *bytes, size_t n,
                           bool *alone);

/* The first of these words, of NULL-ended list, that the vocabulary has; -1. */
int32_t tokenizer_find(const tokenizer *t, const char *const *words);
/* Fills special from the usual names. */
void tokenizer_name_specials(tokenizer *t);

#endif
