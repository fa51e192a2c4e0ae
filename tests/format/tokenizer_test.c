/* tokenizer_test.c -- ids of known texts, texts that come back, and hostile files.
 *
 * Golden ids of GPT-2 and BERT: Hugging Face's tokenizers (Rust; npm @anush008/tokenizers 0.6.0) with the two
 * vocabularies and the steps of gpt2 and bert-base-uncased, tokenizer.encode(text, add_special_tokens =
 * false). Those of tok512.bin: a search through the whole text after each merge, as llama2.c's run.c
 * describes it, in 20 lines of Python. */
#include "tests/format/hostile.h"

#include "base/hash.h"
#include "format/tokenizer.h"
#include "tests/format/vocabularies.h"

static char folder[256];

static int setup(void **state)
{
    test_folder(folder);
    return 0;
}

static int teardown(void **state)
{
    test_folder_end(folder);
    return 0;
}

static char *put(const char *name, const void *bytes, size_t n)
{
    char *path = mem_printf("%s/%s", folder, name);
    assert_ok(file_make_folder_of(path));
    assert_ok(file_write(path, bytes, n));
    return path;
}

static tokenizer *opened(const char *path)
{
    tokenizer *t;
    assert_ok(tokenizer_open(&t, path));
    return t;
}

/* A small tokenizer of a form: "llama", "wordpiece", byte-level "gpt2", "roberta", "bos". */
static tokenizer *small(const char *form)
{
    text t = {0};
    char *path, *merges = NULL;
    if (!strcmp(form, "llama")) {
        vocabulary_llama(&t);
        path = put("tok.bin", t.text, t.length);
    } else if (!strcmp(form, "wordpiece")) {
        path = put("words/vocab.txt", vocabulary_wordpiece, sizeof vocabulary_wordpiece - 1);
    } else {
        vocabulary_bytes(&t, strcmp(form, "gpt2") != 0);
        if (!strcmp(form, "bos"))
            memcpy(strstr(t.text, "<mask>"), "<more>", 6);
        path = put("a-vocab.json", t.text, t.length);
        merges = put("a-merges.txt", vocabulary_merges, sizeof vocabulary_merges - 1);
    }
    tokenizer *made = opened(path);
    text_clear(&t);
    mem_free(path);
    mem_free(merges);
    return made;
}

/* The ids of a text, as "1 2 3". */
static void assert_ids(const tokenizer *t, const char *bytes, const char *ids)
{
    token_list list = {0};
    text got = {0};
    assert_ok(tokenizer_encode(t, bytes, strlen(bytes), &list));
    for (size_t i = 0; i < list.n; i++)
        text_add(&got, i ? " %d" : "%d", (int)list.ids[i]);
    assert_string_equal(got.text ? got.text : "", ids);
    text_clear(&got);
    token_list_clear(&list);
}

static void assert_comes_back(const tokenizer *t, const char *bytes, size_t n, const char *as)
{
    token_list list = {0};
    text back = {0};
    assert_ok(tokenizer_encode(t, bytes, n, &list));
    tokenizer_decode(t, list.ids, list.n, &back);
    assert_false(text_failed(&back));
    assert_int_equal(back.length, as ? strlen(as) : n);
    if (back.length)
        assert_memory_equal(back.text, as ? as : bytes, back.length);
    text_clear(&back);
    token_list_clear(&list);
}

/* ------------------------------------------------------------------ small ones, by hand */

static void the_best_score_is_merged_first(void **state)
{
    tokenizer *t = small("llama");
    assert_int_equal(tokenizer_size(t), 267);
    assert_string_equal(tokenizer_kind(t), "llama2.c BPE");
    /* " abc": b c (-1) before a b (-2); then a bc; " a" would have had -4 */
    assert_ids(t, "abc", "260 265");
    assert_ids(t, "ab", "260 259");
    assert_ids(t, "a", "266");
    assert_ids(t, "", "");
    /* e with an accent is no word: its bytes c3 a9, from 3 on */
    assert_ids(t, "\xc3\xa9z", "260 198 172 125");
    assert_int_equal(tokenizer_specials(t)->bos, 1);
    assert_int_equal(tokenizer_specials(t)->eos, 2);
    assert_int_equal(tokenizer_specials(t)->mask, -1);
    assert_comes_back(t, "abc  \xff cab\n", 11, NULL);
    tokenizer_free(t);
}

static void the_lowest_rank_is_merged_first_within_words(void **state)
{
    tokenizer *t = small("gpt2");
    assert_ids(t, "ababab c", "258 256 257"); /* the leftmost of equal ones */
    assert_ids(t, "ab  c", "256 32 257");
    assert_ids(t, "c ab", "99 32 256"); /* not "c" " " "a" "b": the blank goes with ab */
    assert_int_equal(tokenizer_specials(t)->bos, 259);
    assert_int_equal(tokenizer_pairs_of(t), TOKENIZER_TEXTS);
    assert_comes_back(t, "ab\0\xff c\r\n", 9, NULL);
    tokenizer_free(t);
    t = small("roberta");
    assert_int_equal(tokenizer_pairs_of(t), TOKENIZER_ROBERTA);
    assert_int_equal(tokenizer_specials(t)->cls, 259);
    assert_int_equal(tokenizer_specials(t)->sep, 260);
    assert_int_equal(tokenizer_specials(t)->mask, 261);
    tokenizer_free(t);
    t = small("bos"); /* what begins its texts with <s> and hides nothing is no RoBERTa */
    assert_int_equal(tokenizer_pairs_of(t), TOKENIZER_TEXTS);
    tokenizer_free(t);
}

static void the_longest_pieces_are_taken(void **state)
{
    tokenizer *t = small("wordpiece");
    assert_ids(t, "UNAFFABLE, the", "5 6 7 9 8"); /* un ##aff ##able , the */
    assert_ids(t, "caf\xc3\xa9s caf\xc3\xa9x", "12 11 1");
    assert_ids(t, "the\xe4\xb8\xadthe\tthe\x01the", "8 10 8 1"); /* thethe */
    assert_ids(t, "the\x0b, the\xc2\x85, \xff\xef\xbf\xbd", "8 9 8 9");
    assert_int_equal(tokenizer_specials(t)->cls, 2);
    assert_int_equal(tokenizer_specials(t)->sep, 3);
    assert_int_equal(tokenizer_specials(t)->pad, 0);
    assert_comes_back(t, "Unaffable,the", 13, "unaffable , the");
    tokenizer_free(t);
}

static void case_counts_where_the_vocabulary_has_capitals(void **state)
{
    char *path = put("cased.txt", "[UNK]\nThe\nthe\n", 14), *config;
    tokenizer *t = opened(path);
    assert_ids(t, "The the THE", "1 2 0");
    tokenizer_free(t);
    mem_free(path);
    path = put("config/vocab.txt", "[UNK]\nthe\n", 10);
    config = put("config/tokenizer_config.json", "{\"do_lower_case\": false}", 24);
    *strrchr(path, '/') = '\0';
    t = opened(path);
    assert_ids(t, "The the", "0 1"); /* the folder says so */
    tokenizer_free(t);
    mem_free(config);
    mem_free(path);
}

static void bytes_and_chars_need_no_file(void **state)
{
    tokenizer *t = opened("bytes"), *c;
    assert_int_equal(tokenizer_size(t), 256);
    assert_ids(t, "a\xff", "97 255");
    assert_comes_back(t, "a\0b\x02", 4, NULL); /* its specials are bytes as well */
    tokenizer_free(t);
    assert_ok(tokenizer_open_for(&c, "chars", "b\xc3\xa9 a\xff", 6));
    assert_int_equal(tokenizer_size(c), 5);
    assert_ids(c, "a b\xc3\xa9\xff", "1 0 2 3 4");
    token_list list = {0};
    assert_refused(tokenizer_encode(c, "ax", 2, &list), ERR_FORMAT, "no character \"x\"");
    token_list_clear(&list);
    tokenizer_free(c);
    assert_refused(tokenizer_open(&t, "chars"), ERR_USAGE, "take bytes");
    assert_refused(tokenizer_open_for(&t, "chars", "", 0), ERR_FORMAT, "empty");
}

static void another_file_is_another_content(void **state)
{
    tokenizer *a = small("llama"), *b = small("llama"), *c = small("gpt2"), *d = opened("bytes");
    tokenizer *e, *f;
    assert_string_equal(tokenizer_content(a), tokenizer_content(b));
    assert_string_not_equal(tokenizer_content(a), tokenizer_content(c));
    assert_string_not_equal(tokenizer_content(c), tokenizer_content(d));
    assert_int_equal(strlen(tokenizer_content(d)), 64);
    assert_ok(tokenizer_open_for(&e, "chars", "ab", 2));
    assert_ok(tokenizer_open_for(&f, "chars", "ac", 2));
    assert_string_not_equal(tokenizer_content(e), tokenizer_content(f));
    tokenizer_free(e);
    tokenizer_free(f);
    tokenizer_free(a);
    tokenizer_free(b);
    tokenizer_free(c);
    tokenizer_free(d);
}

/* ------------------------------------------------------------------ tokenizer.json */

static const char wordpiece_json[] =
    "{\"added_tokens\": [{\"id\": 1, \"content\": \"[CLS]\"}], \"normalizer\": {\"type\": \"%s\", "
    "\"clean_text\": true, \"handle_chinese_chars\": true, \"strip_accents\": null, "
    "\"lowercase\": %s}, \"pre_tokenizer\": {\"type\": \"BertPreTokenizer\"}, \"model\": "
    "{\"type\": \"%s\", \"unk_token\": \"[UNK]\", \"max_input_chars_per_word\": %d, "
    "\"vocab\": {\"[UNK]\": 0, \"ab\": 2, \"##c\": 3}}}";

static status json_open(tokenizer **t, const char *normalizer, const char *lower, const char *model,
                        int most)
{
    text file = {0};
    text_add(&file, wordpiece_json, normalizer, lower, model, most);
    char *path = put("tokenizer.json", file.text, file.length);
    status st = tokenizer_open(t, path);
    text_clear(&file);
    mem_free(path);
    return st;
}

static void a_tokenizer_json_says_its_steps(void **state)
{
    tokenizer *t;
    assert_ok(json_open(&t, "BertNormalizer", "true", "WordPiece", 100));
    assert_ids(t, "ABC ab", "2 3 2");
    assert_int_equal(tokenizer_specials(t)->cls, 1);
    tokenizer_free(t);
    assert_ok(json_open(&t, "BertNormalizer", "false", "WordPiece", 100));
    assert_ids(t, "ABC ab", "0 2");
    tokenizer_free(t);
    assert_refused(json_open(&t, "Lowercase", "true", "WordPiece", 100), ERR_FORMAT,
                   "its normalizer is Lowercase");
    assert_refused(json_open(&t, "BertNormalizer", "true", "Unigram", 100), ERR_FORMAT,
                   "its model is Unigram");
    assert_refused(json_open(&t, "BertNormalizer", "true", "WordPiece", 7), ERR_FORMAT,
                   "100 characters");
    assert_null(t);
}

static status bpe_json_open(tokenizer **t, const char *merges, const char *more, const char *cut)
{
    text vocabulary = {0}, file = {0};
    vocabulary_bytes(&vocabulary, false);
    text_add(&file,
             "{\"normalizer\": null, \"pre_tokenizer\": {\"type\": \"%s\", \"add_prefix_space\": "
             "true}, \"model\": {\"type\": \"BPE\", %s \"vocab\": %s, \"merges\": %s}}",
             cut, more, vocabulary.text, merges);
    char *path = put("tokenizer.json", file.text, file.length);
    status st = tokenizer_open(t, path);
    text_clear(&file);
    text_clear(&vocabulary);
    mem_free(path);
    return st;
}

static void merges_stand_in_a_tokenizer_json(void **state)
{
    tokenizer *t;
    assert_ok(bpe_json_open(&t, "[\"a b\", [\"\\u0120\", \"c\"]]", "", "ByteLevel"));
    assert_ids(t, "cab ab", "257 256 32 256"); /* a blank is put in front */
    assert_ids(t, " c", "257");
    tokenizer_free(t);
    assert_refused(bpe_json_open(&t, "[\"a b\", 7]", "", "ByteLevel"), ERR_FORMAT,
                   "merge 1 is not two words");
    assert_refused(bpe_json_open(&t, "[\"a z\"]", "", "ByteLevel"), ERR_FORMAT, "belong together");
    assert_refused(bpe_json_open(&t, "[]", "\"byte_fallback\": true,", "ByteLevel"), ERR_FORMAT,
                   "a model with byte_fallback");
    assert_refused(bpe_json_open(&t, "[]", "", "Metaspace"), ERR_FORMAT,
                   "its pre_tokenizer is Metaspace");
}

/* ------------------------------------------------------------------ what is wrong */

static void refuse(const char *name, const void *bytes, size_t n, status st, const char *part)
{
    tokenizer *t;
    char *path = put(name, bytes, n);
    assert_refused(tokenizer_open(&t, path), st, part);
    assert_null(t);
    assert_non_null(strstr(error_text(), name));
    mem_free(path);
}
#define refuse_text(name, bytes, part) refuse(name, bytes, sizeof bytes - 1, ERR_FORMAT, part)

static void what_is_no_tokenizer_is_refused(void **state)
{
    text t = {0};
    tokenizer *made;
    refuse_text("a.json", "{\"a\": 0, \"a\": 1}", "a.json:1: duplicate");
    refuse_text("a.json", "{\"a\": 0, \"b\": 2}", "the id of \"b\" is not one of 0..1");
    refuse_text("a.json", "{\"a\": 0, \"b\": 0}", "\"a\" and \"b\" have the same id 0");
    refuse_text("a.json", "{\"a\": 1.5}", "the id of \"a\"");
    refuse_text("a.json", "{}", "without words");
    refuse_text("a.txt", "the\na\n", "no line [UNK]");
    refuse_text("a.txt", "[UNK]\na\0b\n", "a byte 0");
    refuse_text("a.bin", "\1\0\0\0", "0 tokens");
    refuse("b.json", "{\"a\": 0}", 8, ERR_USAGE, "without merges");
    mem_free(put("b-vocab.json", "{\"a\": 0}", 8));
    char *path = mem_printf("%s/b-vocab.json", folder);
    assert_refused(tokenizer_open(&made, path), ERR_FILE, "b-merges.txt");
    mem_free(path);
    vocabulary_llama(&t);
    t.text[4 + 15 + 8] = 'x'; /* the word of token 1; nobody looks at it */
    refuse("c.bin", t.text, t.length - 1, ERR_FORMAT, "token 266 has 2 bytes, 1 are there");
    t.text[t.length - 6] = 100;
    refuse("c.bin", t.text, t.length, ERR_FORMAT, "cut short or no tokenizer");
    t.text[4 + 13 + 13 + 14 + 8] = '(';
    refuse("c.bin", t.text, t.length, ERR_FORMAT, "token 3 is not <0x00>");
    t.text[6] = t.text[7] = '\x7f';
    t.text[6] = '\xc0';
    refuse("c.bin", t.text, t.length, ERR_FORMAT, "the score of token 0 is no number");
    text_clear(&t);
    vocabulary_bytes(&t, false);
    mem_free(put("d/vocab.json", t.text, t.length));
    refuse("d/merges.txt", "a b\n", 4, ERR_FORMAT, "no line [UNK]"); /* by itself it is lines */
    mem_free(put("d/merges.txt", "a b\na z\n", 8));
    path = mem_printf("%s/d", folder);
    assert_refused(tokenizer_open(&made, path), ERR_FORMAT,
                   "d/merges.txt:2: the merge \"a\" \"z\"");
    mem_free(put("d/merges.txt", "ab\n", 3));
    assert_refused(tokenizer_open(&made, path), ERR_FORMAT, "d/merges.txt:1: a merge is two words");
    mem_free(path);
    text_clear(&t);
    path = put("e/vocab.json", "{\"a\": 0}", 8);
    mem_free(put("e/merges.txt", "", 0));
    assert_refused(tokenizer_open(&made, path), ERR_FORMAT, "no token for byte 0x00");
    mem_free(path);
    path = mem_printf("%s/empty", folder);
    assert_ok(file_make_folder(path));
    assert_refused(tokenizer_open(&made, path), ERR_FILE, "no tokenizer in this folder");
    mem_free(path);
    assert_refused(tokenizer_open(&made, "/nowhere/x"), ERR_FILE, "/nowhere/x: no such tokenizer");
}

static status llama_reader(const char *path)
{
    tokenizer *t;
    status st = tokenizer_open(&t, path);
    tokenizer_free(t);
    return st;
}

static void every_cut_and_changed_llama_file_is_survived(void **state)
{
    text t = {0};
    vocabulary_llama(&t);
    /* whole tokens behind the bytes may be missing: the file does not say how many there are */
    size_t base = t.length - 8 * 8 - 12, more = t.length - base;
    char *path = mem_printf("%s/cut.bin", folder);
    for (size_t n = 0; n < t.length; n += n + 16 < base || n > base ? 1 : 7) {
        hostile_put(path, t.text, n);
        status st = llama_reader(path);
        assert_true(st == OK || strstr(error_text(), "cut.bin"));
        assert_true(st != OK || n >= base);
    }
    assert_int_equal(more, 76);
    mem_free(path);
    text_clear(&t);
}

/* ------------------------------------------------------------------ the real ones */

static const char *ids_hash(const tokenizer *t, const char *bytes, size_t n, size_t *n_ids)
{
    static char hex[HASH_HEX];
    token_list list = {0};
    assert_ok(tokenizer_encode(t, bytes, n, &list));
    hash_bytes(list.ids, list.n * sizeof *list.ids, hex);
    *n_ids = list.n;
    token_list_clear(&list);
    return hex;
}

static tokenizer *real_one(const char *name, char path[512])
{
    if (!test_data(name, path))
        skip();
    return opened(path);
}

static char *shakespeare(size_t *n)
{
    char path[512], *bytes;
    if (!test_data("tinyshakespeare/input.txt", path))
        skip();
    assert_ok(file_read(path, 1 << 24, &bytes, n));
    return bytes;
}

static void gpt2_gives_the_published_ids(void **state)
{
    char path[512];
    size_t n, n_ids;
    tokenizer *t = real_one("vocab/gpt2-encoder.json", path);
    assert_int_equal(tokenizer_size(t), 50257);
    assert_int_equal(tokenizer_specials(t)->eos, 50256);
    assert_ids(t, "Hello world", "15496 995");
    assert_ids(t, "I've  got\n\n 12 apples, don't\tyou?  ",
               "40 1053 220 1392 628 1105 22514 11 836 470 197 5832 30 220 220");
    assert_ids(t, "na\xc3\xafve caf\xc3\xa9 \xe2\x80\x94 \xe5\x8c\x97\xe4\xba\xac",
               "2616 38776 40304 851 10263 234 245 12859 105");
    assert_ids(t, " 'tis 'Twas we'll they'd\xc2\xa0x\xe3\x80\x80\n",
               "705 48010 705 5080 292 356 1183 484 1549 1849 87 5099 222 198");
    assert_ids(t, "a\xcc\x81 \xc2\xbd \xc2\xb2 \xe2\x85\xa7 x_y  \n\n\nend \n",
               "64 136 223 25208 1587 110 2343 227 100 2124 62 88 220 220 628 198 437 220 198");
    char *bytes = shakespeare(&n);
    assert_string_equal(ids_hash(t, bytes, n, &n_ids),
                        "0c00ab83dc7f46665805762aa7688fb7852f03f28c4a5d84061871e85ea7c815");
    assert_int_equal(n_ids, 338025);
    assert_comes_back(t, bytes, n, NULL);
    mem_free(bytes);
    tokenizer_free(t);
}

static void bert_gives_the_published_ids(void **state)
{
    char path[512];
    size_t n, n_ids;
    tokenizer *t = real_one("vocab/bert-base-uncased-vocab.txt", path);
    assert_int_equal(tokenizer_size(t), 30522);
    assert_int_equal(tokenizer_specials(t)->cls, 101);
    assert_int_equal(tokenizer_specials(t)->sep, 102);
    assert_int_equal(tokenizer_specials(t)->mask, 103);
    assert_ids(t, "Hello world", "7592 2088");
    assert_ids(t, "I've  got\n\n 12 apples, don't\tyou?  ",
               "1045 1005 2310 2288 2260 18108 1010 2123 1005 1056 2017 1029");
    /* a ligature, capitals of Turkish, Greek and German, Hangul, Chinese, marks, a zero width space */
    assert_ids(t,
               "\xef\xac\x81n \xc4\xb0stanbul STRASSE "
               "\xce\xa3\xce\x8a\xce\xa3\xce\xa5\xce\xa6\xce\x9f\xce\xa3 \xe1\xba\x9e "
               "\xea\xb0\x81 \xe4\xb8\xad\xe6\x96\x87\xe5\xad\x97 (x)[y]~z unaffable\xe2\x80\x8bxx",
               "1984 2078 9960 2358 8180 3366 1173 18199 29733 29735 29736 29730 29733 1096 1455 "
               "30006 30020 1746 1861 100 1006 1060 1007 1031 1061 1033 1066 1062 14477 20961 3468 "
               "20348");
    char *bytes = shakespeare(&n), *a = mem_array(202, 1);
    assert_string_equal(ids_hash(t, bytes, n, &n_ids),
                        "6bf0df1ccd8eb08a8cfe266660d0b14d628bc3baae93d6230dd4e3e00288aa37");
    assert_int_equal(n_ids, 288719);
    memset(a, 'a', 101); /* a hundred characters are the most */
    assert_ids(t, a, "100");
    mem_free(a);
    mem_free(bytes);
    tokenizer_free(t);
}

static void stories_gives_the_ids_of_run_c(void **state)
{
    char path[512];
    size_t n, n_ids;
    tokenizer *t = real_one("checkpoints/stories260K/tok512.bin", path);
    assert_int_equal(tokenizer_size(t), 512);
    assert_ids(t, "Once upon a time, there was a little girl named Lily.",
               "403 407 261 378 432 383 286 261 376 298 315 421 395 317 426");
    assert_ids(t, "h\xc3\xa9llo \xe5\x8c\x97\xe4\xba\xac\n\t",
               "270 485 306 414 410 232 143 154 231 189 175 13 12");
    assert_ids(t, "  two  spaces ", "410 410 259 424 414 410 262 427 412 331 419 410");
    char *bytes = shakespeare(&n);
    assert_string_equal(ids_hash(t, bytes, 6000, &n_ids),
                        "654c3af20b6c04dfc4c4a7697d3fc11a2305e969e65ab3a871e84cc0071ec4e0");
    assert_int_equal(n_ids, 3668);
    assert_comes_back(t, bytes, n, NULL);
    static const int32_t ids[] = {1, 403, 407, 261, 378}; /* bos says nothing and takes the blank */
    text out = {0};
    tokenizer_decode(t, ids, 5, &out);
    assert_string_equal(out.text, "Once upon a time");
    text_clear(&out);
    mem_free(bytes);
    tokenizer_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_best_score_is_merged_first),
        cmocka_unit_test(the_lowest_rank_is_merged_first_within_words),
        cmocka_unit_test(the_longest_pieces_are_taken),
        cmocka_unit_test(case_counts_where_the_vocabulary_has_capitals),
        cmocka_unit_test(bytes_and_chars_need_no_file),
        cmocka_unit_test(another_file_is_another_content),
        cmocka_unit_test(a_tokenizer_json_says_its_steps),
        cmocka_unit_test(merges_stand_in_a_tokenizer_json),
        cmocka_unit_test(what_is_no_tokenizer_is_refused),
        cmocka_unit_test(every_cut_and_changed_llama_file_is_survived),
        cmocka_unit_test(gpt2_gives_the_published_ids),
        cmocka_unit_test(bert_gives_the_published_ids),
        cmocka_unit_test(stories_gives_the_ids_of_run_c),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
