/* tokenizer.c -- which kind a file or folder is of, and what all kinds share. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "format/inflate.h"
#include "format/tokenizer_kind.h"

/* ------------------------------------------------------------------ lists of ids */

status token_add(token_list *list, int32_t id)
{
    if (list->n == list->room) {
        size_t room = list->room ? 2 * list->room : 256;
        int32_t *ids = mem_resize(list->ids, room, sizeof *ids);
        if (!ids)
            return ERR_MEMORY;
        list->ids = ids;
        list->room = room;
    }
    list->ids[list->n++] = id;
    return OK;
}

void token_list_clear(token_list *list)
{
    mem_free(list->ids);
    *list = (token_list){0};
}

/* ------------------------------------------------------------------ special tokens */

int32_t tokenizer_find(const tokenizer *t, const char *const *words)
{
    for (int32_t id; *words; words++)
        if ((id = vocab_word(&t->words, *words)) >= 0)
            return id;
    return -1;
}

void tokenizer_name_specials(tokenizer *t)
{
    static const char *const bos[] = {"<s>", "<|endoftext|>", "[CLS]", NULL};
    static const char *const eos[] = {"</s>", "<|endoftext|>", "[SEP]", NULL};
    static const char *const pad[] = {"<pad>", "[PAD]", NULL};
    static const char *const cls[] = {"[CLS]", "<s>", NULL};
    static const char *const sep[] = {"[SEP]", "</s>", NULL};
    static const char *const mask[] = {"[MASK]", "<mask>", NULL};
    static const char *const unk[] = {"[UNK]", "<unk>", NULL};
    t->special = (tokenizer_special){
        .bos = tokenizer_find(t, bos),
        .eos = tokenizer_find(t, eos),
        .pad = tokenizer_find(t, pad),
        .cls = tokenizer_find(t, cls),
        .sep = tokenizer_find(t, sep),
        .mask = tokenizer_find(t, mask),
        .unk = tokenizer_find(t, unk),
    };
}

/* ------------------------------------------------------------------ files */

/* One file of a tokenizer, noted in what the tokenizer is. */
static status tokenizer_read(const char *path, char **bytes, size_t *n, text *notes)
{
    char hex[HASH_HEX];
    status st = inflate_file(path, TOKENIZER_FILE, bytes, n);
    if (st)
        return st;
    hash_bytes(*bytes, *n, hex);
    text_add(notes, "%s\n", hex);
    return OK;
}

static const char *const with_merges[][2] = {{"vocab.json", "merges.txt"},
                                             {"encoder.json", "vocab.bpe"}};

/* Merges beside their vocabulary, with whatever stands before those names. */
static status tokenizer_merges(tokenizer *t, const char *path, text *notes)
{
    size_t length = strlen(path), n;
    for (size_t i = 0; i < 2; i++) {
        size_t tail = strlen(with_merges[i][0]);
        if (length < tail || strcmp(path + length - tail, with_merges[i][0]))
            continue;
        char *bytes, *merges = mem_printf("%.*s%s", (int)(length - tail), path, with_merges[i][1]);
        status st = merges ? tokenizer_read(merges, &bytes, &n, notes) : ERR_MEMORY;
        if (!st) {
            st = tokenizer_bpe_merges(t, merges, bytes, n);
            mem_free(bytes);
        }
        mem_free(merges);
        return st;
    }
    return error_set(ERR_USAGE,
                     "%s: a vocabulary without merges; name it vocab.json with merges.txt beside "
                     "it, or encoder.json with vocab.bpe",
                     path);
}

static bool tokenizer_begins(const char *bytes, size_t n, char c)
{
    for (size_t i = 0; i < n; i++)
        if (!strchr(" \t\r\n\xef\xbb\xbf", bytes[i]) || !bytes[i])
            return bytes[i] == c;
    return false;
}

/* By the first bytes: JSON; a number of four bytes, whose last is 0 in every file there is; else lines. */
static status tokenizer_file(tokenizer *t, const char *path, text *notes)
{
    char *bytes;
    size_t n;
    bool alone = false;
    status st = tokenizer_read(path, &bytes, &n, notes);
    if (st)
        return st;
    if (tokenizer_begins(bytes, n, '{'))
        st = tokenizer_make_json(t, path, bytes, n, &alone);
    else if (memchr(bytes, 0, n < 4 ? n : 4))
        st = tokenizer_make_llama(t, path, bytes, n);
    else
        st = tokenizer_make_wordpiece(t, path, bytes, n);
    mem_free(bytes);
    if (!st && alone)
        st = tokenizer_merges(t, path, notes);
    return st;
}

/* BERT's folders say in tokenizer_config.json whether case counts; a vocab.txt alone shows it by its
 * words. */
static status tokenizer_folder_case(tokenizer *t, const char *folder, text *notes)
{
    char *path = mem_printf("%s/tokenizer_config.json", folder), *bytes;
    size_t n;
    status st = OK;
    if (!path)
        return ERR_MEMORY;
    if (t->ops == &tokenizer_wordpiece && file_exists(path) &&
        !(st = file_read(path, TOKENIZER_FILE, &bytes, &n))) {
        json_error_t error;
        json_t *config = json_loadb(bytes, n, 0, &error);
        const json_t *lower = json_object_get(config, "do_lower_case");
        if (!config)
            st = error_set(ERR_FORMAT, "%s:%d: %s", path, error.line, error.text);
        else if (json_is_boolean(lower) && json_is_true(lower) != t->fold) {
            t->fold = json_is_true(lower);
            text_add(notes, "do_lower_case %d\n", t->fold);
        }
        json_decref(config);
        mem_free(bytes);
    }
    mem_free(path);
    return st;
}

static status tokenizer_folder(tokenizer *t, const char *folder, text *notes)
{
    for (size_t i = 0; i < TOKENIZER_MAIN; i++) {
        char *path = mem_printf("%s/%s", folder, tokenizer_name(i));
        status st = path ? OK : ERR_MEMORY;
        bool there = path && file_exists(path);
        if (there)
            st = tokenizer_file(t, path, notes);
        mem_free(path);
        if (st || there)
            return st ? st : tokenizer_folder_case(t, folder, notes);
    }
    return error_set(ERR_FILE,
                     "%s: no tokenizer in this folder; it needs vocab.json and merges.txt, "
                     "encoder.json and vocab.bpe, vocab.txt, tokenizer.json or tokenizer.bin",
                     folder);
}

static status tokenizer_make(tokenizer *t, const char *path, const char *text_, size_t n,
                             text *notes)
{
    if (!strcmp(path, "bytes"))
        return tokenizer_make_bytes(t);
    if (!strcmp(path, "chars")) {
        if (!text_)
            return error_set(ERR_USAGE, "chars: these tokens are made from a plain text, and there "
                                        "is none here; take bytes");
        return tokenizer_make_chars(t, text_, n);
    }
    if (!file_exists(path))
        return error_set(ERR_FILE,
                         "%s: no such tokenizer; it is a file, a folder, or one of the words bytes "
                         "and chars",
                         path);
    if (!(t->place = mem_string(path)))
        return ERR_MEMORY;
    return (file_is_folder(path) ? tokenizer_folder : tokenizer_file)(t, path, notes);
}

status tokenizer_open_for(tokenizer **out, const char *path, const char *text_, size_t n)
{
    tokenizer *t = mem_array(1, sizeof *t);
    text notes = {0};
    status st = ERR_MEMORY;
    *out = NULL;
    if (!t)
        return st;
    t->special = (tokenizer_special){-1, -1, -1, -1, -1, -1, -1};
    st = tokenizer_make(t, path, text_, n, &notes);
    if (!st) { /* words: chars have no file */
        text_add(&notes, "%s %zu\n", t->ops->name, tokenizer_size(t));
        if (t->utf8)
            text_bytes(&notes, t->words.bytes, t->words.n_bytes);
        st = text_failed(&notes) ? ERR_MEMORY : OK;
    }
    if (!st)
        hash_bytes(notes.text, notes.length, t->content);
    text_clear(&notes);
    if (st) {
        tokenizer_free(t);
        return st;
    }
    *out = t;
    return OK;
}

status tokenizer_open(tokenizer **t, const char *path)
{
    return tokenizer_open_for(t, path, NULL, 0);
}

void tokenizer_free(tokenizer *t)
{
    if (!t)
        return;
    vocab_clear(&t->words);
    vocab_clear(&t->pieces);
    merge_table_clear(&t->merges);
    mem_free(t->scores);
    mem_free(t->place);
    mem_free(t);
}

/* ------------------------------------------------------------------ copies */

const char *tokenizer_name(size_t i)
{
    static const char *const names[TOKENIZER_NAMES] = {
        "vocab.json",      "encoder.json",          "vocab.txt",
        "tokenizer.json",  "tokenizer.bin",         "merges.txt",
        "vocab.bpe",       "tokenizer_config.json", "special_tokens_map.json",
        "tokenizer.model", "added_tokens.json"};
    return names[i];
}

/* The name of a file that is no folder's: its own where it ends in one of the main ones, else by its ending. */
static const char *tokenizer_name_of(const char *path, size_t *tail)
{
    static const char *const ends[][2] = {
        {".json", "tokenizer.json"}, {".bin", "tokenizer.bin"}, {"", "vocab.txt"}};
    size_t length = strlen(path);
    for (size_t i = 0; i < TOKENIZER_MAIN; i++)
        if (length >= (*tail = strlen(tokenizer_name(i))) &&
            !strcmp(path + length - *tail, tokenizer_name(i)))
            return tokenizer_name(i);
    *tail = 0;
    for (size_t i = 0;; i++)
        if (length >= strlen(ends[i][0]) && !strcmp(path + length - strlen(ends[i][0]), ends[i][0]))
            return ends[i][1];
}

/* Takes the path, which may be NULL: no memory. */
static status tokenizer_part_add(tokenizer_part *parts, size_t *n, char *path, const char *name)
{
    if (!path)
        return ERR_MEMORY;
    if (file_exists(path))
        parts[(*n)++] = (tokenizer_part){path, name};
    else
        mem_free(path);
    return OK;
}

status tokenizer_parts(const char *path, tokenizer_part parts[TOKENIZER_PARTS], size_t *n)
{
    status st = OK;
    size_t tail;
    *n = 0;
    if (file_is_folder(path)) {
        for (size_t i = 0; i < TOKENIZER_NAMES && !st; i++)
            st = tokenizer_part_add(parts, n, mem_printf("%s/%s", path, tokenizer_name(i)),
                                    tokenizer_name(i));
    } else {
        const char *name = tokenizer_name_of(path, &tail);
        st = tokenizer_part_add(parts, n, mem_string(path), name);
        for (size_t i = 0; i < sizeof with_merges / sizeof *with_merges && !st; i++)
            if (!strcmp(name, with_merges[i][0]))
                st = tokenizer_part_add(
                    parts, n,
                    mem_printf("%.*s%s", (int)(strlen(path) - tail), path, with_merges[i][1]),
                    with_merges[i][1]);
    }
    if (st) {
        tokenizer_parts_clear(parts, *n);
        *n = 0;
    }
    return st;
}

void tokenizer_parts_clear(tokenizer_part *parts, size_t n)
{
    for (size_t i = 0; i < n; i++)
        mem_free(parts[i].path);
}

/* ------------------------------------------------------------------ use */

const char *tokenizer_place(const tokenizer *t)
{
    return t->place;
}

const char *tokenizer_kind(const tokenizer *t)
{
    return t->ops->name;
}

size_t tokenizer_size(const tokenizer *t)
{
    return t->words.n;
}

const tokenizer_special *tokenizer_specials(const tokenizer *t)
{
    return &t->special;
}

tokenizer_pairs tokenizer_pairs_of(const tokenizer *t)
{
    return t->pairs;
}

const char *tokenizer_content(const tokenizer *t)
{
    return t->content;
}

status tokenizer_encode(const tokenizer *t, const char *bytes, size_t n, token_list *list)
{
    if (n >= INT32_MAX)
        return error_set(ERR_LIMIT, "a text of %zu bytes; 2^31 are too many at once", n);
    return n ? t->ops->encode(t, bytes, n, list) : OK;
}

static bool tokenizer_is_special(const tokenizer *t, int32_t id)
{
    const tokenizer_special *s = &t->special;
    return id == s->bos || id == s->eos || id == s->pad || id == s->cls || id == s->sep ||
           id == s->mask || id == s->unk;
}

const char *tokenizer_piece(const tokenizer *t, int32_t id, size_t *n)
{
    const vocab *v = t->pieces.n ? &t->pieces : &t->words;
    *n = 0;
    if (id < 0 || (size_t)id >= v->n || (tokenizer_is_special(t, id) && t->ops != &tokenizer_bytes))
        return "";
    return vocab_at(v, (size_t)id, n);
}

void tokenizer_decode(const tokenizer *t, const int32_t *ids, size_t n, text *out)
{
    size_t length;
    if (t->ops->decode) {
        t->ops->decode(t, ids, n, out);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        const char *piece = tokenizer_piece(t, ids[i], &length);
        text_bytes(out, piece, length);
    }
}
