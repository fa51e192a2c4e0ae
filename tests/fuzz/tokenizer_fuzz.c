/* tokenizer_fuzz.c -- tokenizers of each form, then texts through them: ids are ids, and where no special
 * token was met, byte-level and llama2.c's give back the text. An input with "----" in it is a vocabulary
 * and its merges. The input is also a text for the tokenizers without a file. */
#define FUZZ_CHANGES 250
#include "tests/fuzz/fuzz.h"

#include "format/tokenizer.h"
#include "tests/format/vocabularies.h"

static const char *const fuzz_name = "tokenizer";
static const char mark[] = "----";
enum { MARK = sizeof mark - 1 };

static void through(const tokenizer *t, const char *bytes, size_t n)
{
    const tokenizer_special *s = tokenizer_specials(t);
    const int32_t special[] = {s->bos, s->eos, s->pad, s->cls, s->sep, s->mask, s->unk};
    token_list list = {0};
    text back = {0};
    bool same = strcmp(tokenizer_kind(t), "WordPiece") != 0;
    status st = tokenizer_encode(t, bytes, n, &list);
    FUZZ_MUST(!st, "a text was refused: %s", error_text());
    for (size_t i = 0; i < list.n; i++) {
        FUZZ_MUST(list.ids[i] >= 0 && (size_t)list.ids[i] < tokenizer_size(t), "id %d of %zu",
                  (int)list.ids[i], tokenizer_size(t));
        for (size_t k = 0; k < sizeof special / sizeof *special; k++)
            same = same && list.ids[i] != special[k];
    }
    tokenizer_decode(t, list.ids, list.n, &back);
    FUZZ_MUST(!same || (back.length == n && (!n || !memcmp(back.text, bytes, n))),
              "%zu bytes came back as %zu others", n, back.length);
    text_clear(&back);
    token_list_clear(&list);
}

static status open_and_use(const char *path, const uint8_t *bytes, size_t n)
{
    static const char words[] =
        "The caf\xc3\xa9's  12\n\nunaffable\xe4\xb8\xad abc, \xff\xf0\x9f\x98";
    tokenizer *t;
    status st = tokenizer_open(&t, path);
    FUZZ_MUST(!st || !t, "a refused tokenizer left something");
    if (st)
        return st;
    FUZZ_MUST(tokenizer_size(t), "no tokens");
    through(t, words, sizeof words - 1);
    through(t, (const char *)bytes, n < 600 ? n : 600);
    tokenizer_free(t);
    return OK;
}

static status fuzz_try(const uint8_t *bytes, size_t n)
{
    tokenizer *t;
    fuzz_file f;
    size_t cut = 0;
    while (cut + MARK <= n && memcmp(bytes + cut, mark, MARK))
        cut++;
    status st = tokenizer_open_for(&t, "chars", (const char *)bytes, n);
    if (!st)
        through(t, (const char *)bytes, n);
    tokenizer_free(t);
    if (cut + MARK <= n) {
        char path[300];
        fuzz_put(fuzz_folder(), "vocab.json", bytes, cut);
        fuzz_put(fuzz_folder(), "merges.txt", bytes + cut + MARK, n - cut - MARK);
        snprintf(path, sizeof path, "%s/vocab.json", fuzz_folder());
        return open_and_use(path, bytes, n);
    }
    fuzz_file_open(&f, bytes, n);
    st = open_and_use(f.path, bytes, n);
    fuzz_file_close(&f);
    return st;
}

static void fuzz_valid(void)
{
    text t = {0}, json = {0};
    vocabulary_llama(&t);
    fuzz_seed(t.text, t.length);
    text_clear(&t);
    fuzz_text(vocabulary_wordpiece);
    for (int roberta = 0; roberta < 2; roberta++) {
        vocabulary_bytes(&t, roberta);
        text_add(&json,
                 "{\"pre_tokenizer\": {\"type\": \"ByteLevel\", \"add_prefix_space\": false}, "
                 "\"model\": {\"type\": \"BPE\", \"vocab\": %s, \"merges\": [\"a b\", [\"ab\", "
                 "\"ab\"]]}}",
                 t.text);
        fuzz_text(json.text);
        text_add(&t, "%s%s", mark, vocabulary_merges);
        fuzz_text(t.text);
        text_clear(&json);
        text_clear(&t);
    }
    fuzz_text("{\"normalizer\": {\"type\": \"BertNormalizer\", \"clean_text\": true, "
              "\"lowercase\": true}, \"pre_tokenizer\": {\"type\": \"BertPreTokenizer\"}, "
              "\"added_tokens\": [{\"id\": 1, \"content\": \"[SEP]\"}], \"model\": {\"type\": "
              "\"WordPiece\", \"vocab\": {\"[UNK]\": 0, \"ab\": 2, \"##c\": 3}}}");
}
