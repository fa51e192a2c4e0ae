/* vocabularies.h -- small tokenizers of each form, as bytes of their files. The text is the caller's. */
#ifndef TESTS_FORMAT_VOCABULARIES_H
#define TESTS_FORMAT_VOCABULARIES_H

#include "tests/test.h"

static inline void vocabulary_u32(text *t, uint32_t x)
{
    const char bytes[] = {(char)x, (char)(x >> 8), (char)(x >> 16), (char)(x >> 24)};
    text_bytes(t, bytes, 4);
}

static inline void vocabulary_scored(text *t, const char *word, float score)
{
    uint32_t bits;
    memcpy(&bits, &score, sizeof bits);
    vocabulary_u32(t, bits);
    vocabulary_u32(t, (uint32_t)strlen(word));
    text_add(t, "%s", word);
}

/* llama2.c: 259 "ab", 260 " ", 261 "a", 262 "b", 263 "c", 264 "bc", 265 "abc", 266 " a". "bc" has a better
 * score than "ab". */
static inline void vocabulary_llama(text *t)
{
    static const struct {
        const char *word;
        float score;
    } more[] = {{"ab", -2}, {" ", -9},  {"a", -9},   {"b", -9},
                {"c", -9},  {"bc", -1}, {"abc", -3}, {" a", -4}};
    char name[16];
    vocabulary_u32(t, 6);
    vocabulary_scored(t, "<unk>", 0);
    vocabulary_scored(t, "\n<s>\n", 0);
    vocabulary_scored(t, "\n</s>\n", 0);
    for (unsigned i = 0; i < 256; i++) {
        snprintf(name, sizeof name, "<0x%02X>", i);
        vocabulary_scored(t, name, 0);
    }
    for (size_t i = 0; i < sizeof more / sizeof *more; i++)
        vocabulary_scored(t, more[i].word, more[i].score);
}

/* Byte-level BPE: ids 0..255 the bytes in their order; 256 "ab", 257 " c", 258 "abab", 259 "<|endoftext|>"
 * (or 259 <s>, 260 </s>, 261 <mask>). The alphabet of GPT-2: U+0120 is the blank. */
static inline void vocabulary_bytes(text *t, bool roberta)
{
    unsigned other = 0;
    text_add(t, "{");
    for (unsigned i = 0; i < 256; i++) {
        bool visible = (i >= 33 && i <= 126) || (i >= 161 && i <= 172) || i >= 174;
        text_add(t, "\"\\u%04x\": %u, ", visible ? i : 256 + other, i);
        other += !visible;
    }
    text_add(t, "\"ab\": 256, \"\\u0120c\": 257, \"abab\": 258, ");
    text_add(t,
             roberta ? "\"<s>\": 259, \"</s>\": 260, \"<mask>\": 261}" : "\"<|endoftext|>\": 259}");
}
static const char vocabulary_merges[] = "#version: 0.2\na b\n\xc4\xa0 c\nab ab\n";

static const char vocabulary_wordpiece[] =
    "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nun\n##aff\n##able\nthe\n,\n\xe4\xb8\xad\n##s\ncafe\n";

#endif
