/* tokenize.c -- idim tokenize: what a tokenizer makes of a text, and whether it comes back. */
#include <string.h>

#include "experiments/command.h"
#include "format/inflate.h"
#include "format/tokenizer.h"

#define TEXT_LIMIT ((size_t)2 << 30)

typedef struct tokenize_options {
    const char *tokenizer;
    bool ids;
} tokenize_options;

static const key keys[] = {
    KEY_TEXT("tokenizer", tokenize_options, tokenizer, "bytes",
             "file, folder, or one of the words bytes and chars"),
    KEY("ids", tokenize_options, ids, "no", 0, 0, "", "the ids in place of their count"),
    {0},
};

static void print_ids(const token_list *list, FILE *out)
{
    for (size_t i = 0; i < list->n; i++)
        fprintf(out, i ? " %d" : "%d", (int)list->ids[i]);
    fputc('\n', out);
}

static void print_counts(const char *path, const char *bytes, size_t n, const token_list *list,
                         const text *back, FILE *out)
{
    char a[32], b[32];
    size_t same = 0;
    while (same < n && same < back->length && back->text[same] == bytes[same])
        same++;
    fprintf(out, "%s: %s bytes, %s tokens", path, count_text(n, a), count_text(list->n, b));
    if (list->n)
        fprintf(out, ", %.3g bytes a token", (double)n / (double)list->n);
    if (same == n && back->length == n)
        fprintf(out, "; decoded it is the same text\n");
    else
        fprintf(out, "; decoded it is another text from byte %s on\n", count_text(same, a));
}

static status tokenize_file(const char *path, const tokenize_options *o, FILE *out)
{
    char *bytes = NULL, count[32];
    tokenizer *t = NULL;
    token_list list = {0};
    text back = {0};
    size_t n;
    status st;
    if ((st = inflate_file(path, TEXT_LIMIT, &bytes, &n)) ||
        (st = tokenizer_open_for(&t, o->tokenizer, bytes, n)))
        goto done;
    if ((st = tokenizer_encode(t, bytes, n, &list))) {
        error_prefix("%s: ", path);
        goto done;
    }
    if (o->ids) {
        print_ids(&list, out);
        goto done;
    }
    tokenizer_decode(t, list.ids, list.n, &back);
    if (text_failed(&back)) {
        st = ERR_MEMORY;
        goto done;
    }
    fprintf(out, "%s: %s, %s tokens, SHA-256 %.16s\n", o->tokenizer, tokenizer_kind(t),
            count_text(tokenizer_size(t), count), tokenizer_content(t));
    print_counts(path, bytes, n, &list, &back, out);
done:
    mem_free(bytes);
    text_clear(&back);
    token_list_clear(&list);
    tokenizer_free(t);
    return st;
}

static int tokenize_run(void *options, size_t n, char *const *names, FILE *out)
{
    status st = OK;
    for (size_t i = 0; i < n && !st; i++)
        st = tokenize_file(names[i], options, out);
    return command_end(st);
}

const command command_tokenize = {
    .name = "tokenize",
    .group = "models",
    .doc = "tokens of a text, and the text they give back",
    .takes = "FILE...",
    .least = 1,
    .most = 16,
    .examples = {"idim tokenize book.txt", "idim tokenize book.txt --tokenizer vocab.txt",
                 "idim tokenize book.txt --tokenizer chars --ids"},
    .tables = {keys},
    .size = sizeof(tokenize_options),
    .run = tokenize_run,
};
