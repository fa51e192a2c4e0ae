/* tokenizer_json.c -- JSON: a vocabulary of byte-level BPE, { "word": id, ... }; or a tokenizer.json of
 * Hugging Face's tokenizers, whole. What such a file may ask for is much more than what we do, so each
 * step is compared with what GPT-2, RoBERTa and BERT have, and another one is refused by its name. */
#include <string.h>

#include "format/jsonl.h"
#include "format/tokenizer_kind.h"

/* ------------------------------------------------------------------ words */

/* words[id] of one member; every id once. */
static status json_word(const char *path, const char *word, const json_t *value, const char **words,
                        size_t n)
{
    json_int_t id = json_integer_value(value);
    if (!json_is_integer(value) || id < 0 || (size_t)id >= n)
        return error_set(ERR_FORMAT, "%s: the id of \"%.40s\" is not one of 0..%zu", path, word,
                         n - 1);
    if (words[id] && strcmp(words[id], word))
        return error_set(ERR_FORMAT, "%s: \"%.40s\" and \"%.40s\" have the same id %zu", path,
                         words[id], word, (size_t)id);
    words[id] = word;
    return OK;
}

/* The vocabulary, and tokens added to it (NULL: none), in the order of their ids. */
static status json_words(tokenizer *t, const char *path, json_t *vocab_, const json_t *added)
{
    size_t n = json_object_size(vocab_), i;
    const char *word, **words;
    json_t *value;
    status st = OK;
    json_array_foreach(added, i, value)
    {
        const char *content = jsonl_get_string(value, "content", "");
        n += *content && !json_object_get(vocab_, content);
    }
    if (!n)
        return error_set(ERR_FORMAT, "%s: a vocabulary without words", path);
    if (!(words = mem_array(n, sizeof *words)))
        return ERR_MEMORY;
    json_object_foreach(vocab_, word,
                        value) if ((st = json_word(path, word, value, words, n))) goto done;
    json_array_foreach(added, i, value)
    {
        const char *content = jsonl_get_string(value, "content", "");
        if (*content && (st = json_word(path, content, json_object_get(value, "id"), words, n)))
            goto done;
    }
    for (i = 0; i < n && !st; i++)
        st = words[i] ? vocab_add(&t->words, words[i], strlen(words[i]))
                      : error_set(ERR_FORMAT, "%s: no word has the id %zu", path, i);
done:
    mem_free(words);
    return st;
}

/* ------------------------------------------------------------------ what is refused */

/* A member that must be absent, null, false, 0 or "". */
static status json_without(const char *path, const json_t *object, const char *name)
{
    const json_t *v = json_object_get(object, name);
    if (!v || json_is_null(v) || json_is_false(v) ||
        (json_is_number(v) && !(json_number_value(v) > 0) && !(json_number_value(v) < 0)) ||
        (json_is_string(v) && !*json_string_value(v)))
        return OK;
    return error_set(ERR_FORMAT,
                     "%s: a model with %s; idim reads tokenizers of GPT-2, RoBERTa and BERT, "
                     "which have none",
                     path, name);
}

/* A step ("normalizer", "pre_tokenizer") that must be of this type; "": absent or null. */
static status json_step(const char *path, const json_t *root, const char *name, const char *type)
{
    const json_t *step = json_object_get(root, name);
    const char *is = jsonl_get_string(step, "type", "");
    if (!strcmp(is, type))
        return OK;
    return error_set(ERR_FORMAT, "%s: its %s is %.40s; idim reads %s here", path, name,
                     *is ? is : "none", *type ? type : "none");
}

/* ------------------------------------------------------------------ the two kinds */

static status json_merges(tokenizer *t, const char *path, const json_t *merges)
{
    size_t i;
    json_t *merge;
    status st = tokenizer_make_bpe(t, path, json_array_size(merges));
    json_array_foreach(merges, i, merge)
    {
        const char *left = json_string_value(json_array_get(merge, 0));
        const char *right = json_string_value(json_array_get(merge, 1));
        size_t n_left = left ? strlen(left) : 0;
        if (json_is_string(merge)) {
            left = json_string_value(merge);
            n_left = strcspn(left, " ");
            right = left[n_left] ? left + n_left + 1 : NULL;
        }
        if (!st && (!left || !right))
            st = error_set(ERR_FORMAT, "%s: merge %zu is not two words", path, i);
        if (!st)
            st = tokenizer_bpe_merge(t, path, i, left, n_left, right, strlen(right));
        if (st)
            return st;
    }
    return st;
}

static status json_bpe(tokenizer *t, const char *path, const json_t *root, const json_t *model)
{
    static const char *const without[] = {"dropout",       "continuing_subword_prefix",
                                          "byte_fallback", "end_of_word_suffix",
                                          "ignore_merges", "fuse_unk"};
    const json_t *cut = json_object_get(root, "pre_tokenizer");
    const json_t *regex = json_object_get(cut, "use_regex");
    status st;
    for (size_t i = 0; i < sizeof without / sizeof *without; i++)
        if ((st = json_without(path, model, without[i])))
            return st;
    if ((st = json_step(path, root, "normalizer", "")) ||
        (st = json_step(path, root, "pre_tokenizer", "ByteLevel")))
        return st;
    if (regex && !json_is_true(regex))
        return error_set(ERR_FORMAT,
                         "%s: its pre_tokenizer is without GPT-2's expression "
                         "(use_regex); idim reads it with",
                         path);
    t->space_first = json_is_true(json_object_get(cut, "add_prefix_space"));
    return json_merges(t, path, json_object_get(model, "merges"));
}

static status json_wordpiece(tokenizer *t, const char *path, const json_t *root,
                             const json_t *model)
{
    const json_t *steps = json_object_get(root, "normalizer");
    const json_t *strip = json_object_get(steps, "strip_accents");
    bool lower = json_is_true(json_object_get(steps, "lowercase"));
    status st;
    if ((st = json_step(path, root, "normalizer", "BertNormalizer")) ||
        (st = json_step(path, root, "pre_tokenizer", "BertPreTokenizer")))
        return st;
    if (json_is_boolean(strip) && json_is_true(strip) != lower)
        return error_set(ERR_FORMAT,
                         "%s: lower case and accents apart (strip_accents); idim does "
                         "both or none",
                         path);
    if (!json_is_true(json_object_get(steps, "clean_text")) ||
        strcmp(jsonl_get_string(model, "continuing_subword_prefix", "##"), "##") ||
        jsonl_get_count(model, "max_input_chars_per_word", 100) != 100 ||
        strcmp(jsonl_get_string(model, "unk_token", "[UNK]"), "[UNK]"))
        return error_set(ERR_FORMAT,
                         "%s: a WordPiece of its own; idim reads BERT's: clean_text, "
                         "##, 100 characters a word, [UNK]",
                         path);
    if ((st = tokenizer_wordpiece_done(t, path)))
        return st;
    t->fold = lower;
    t->split_cjk = json_is_true(json_object_get(steps, "handle_chinese_chars"));
    return OK;
}

static status json_whole(tokenizer *t, const char *path, const json_t *root)
{
    const json_t *model = json_object_get(root, "model");
    const char *type = jsonl_get_string(model, "type", "none");
    bool bpe = !strcmp(type, "BPE") /* older files do not say it */ ||
               (!strcmp(type, "none") && json_object_get(model, "merges"));
    status st;
    if (!bpe && strcmp(type, "WordPiece"))
        return error_set(ERR_FORMAT, "%s: its model is %.40s; idim reads BPE and WordPiece", path,
                         type);
    if ((st = json_words(t, path, json_object_get(model, "vocab"),
                         json_object_get(root, "added_tokens"))))
        return st;
    return bpe ? json_bpe(t, path, root, model) : json_wordpiece(t, path, root, model);
}

status tokenizer_make_json(tokenizer *t, const char *path, const char *bytes, size_t n, bool *alone)
{
    json_error_t error;
    json_t *root = json_loadb(bytes, n, JSON_REJECT_DUPLICATES, &error);
    if (!root)
        return error_set(ERR_FORMAT, "%s:%d: %s", path, error.line, error.text);
    *alone = !json_is_object(json_object_get(root, "model"));
    status st = *alone ? json_words(t, path, root, NULL) : json_whole(t, path, root);
    json_decref(root);
    return st;
}
