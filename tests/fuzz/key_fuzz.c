/* key_fuzz.c -- the grammar of everything a user names: numbers, lists, keys, rules, and the rows of
 * models, data, optimisers and schedules. A canonical text is its own canonical text. */
#include "tests/fuzz/fuzz.h"

#include "base/kind.h"
#include "measure/d90.h"
#include "models/model.h"
#include "train/optimiser.h"

static const char *const fuzz_name = "key";

typedef struct thing {
    size_t n;
    double x;
    bool yes;
    const char *text;
    int word;
} thing;

static const key keys[] = {
    KEY("n", thing, n, "3", 0, 1e15, "", "a count"),
    KEY("x", thing, x, ".5", -1e300, 1e300, "", "a number"),
    KEY("yes", thing, yes, "no", 0, 0, "", "a truth"),
    KEY_TEXT("text", thing, text, "", "a text"),
    KEY_WORD("word", thing, word, "b", "a+b+c", "a word"),
    {0},
};

static const struct {
    const char *what;
    const void *const *rows;
} tables[] = {
    {"model", (const void *const *)model_rows},
    {"data set", (const void *const *)task_rows},
    {"optimiser", (const void *const *)optimiser_rows},
    {"schedule", (const void *const *)schedule_rows},
};

/* "thing:args" through parse and canonical form, twice. */
static status keys_twice(const char *args)
{
    thing a = {0}, b = {0};
    key_texts texts = {0};
    text once = {0}, twice = {0};
    status st = key_parse("thing", keys, args, &a, &texts);
    if (!st) {
        key_canonical("thing", keys, &a, &once);
        const char *colon = strchr(once.text, ':');
        FUZZ_MUST(!key_parse("thing", keys, colon ? colon + 1 : "", &b, &texts),
                  "%s is canonical and refused: %s", once.text, error_text());
        key_canonical("thing", keys, &b, &twice);
        FUZZ_MUST(!strcmp(once.text, twice.text), "%s became %s", once.text, twice.text);
        FUZZ_MUST(a.n == b.n && !(a.x < b.x) && !(a.x > b.x) && a.word == b.word &&
                      !strcmp(a.text, b.text),
                  "%s: another thing", once.text);
    }
    text_clear(&once);
    text_clear(&twice);
    key_texts_clear(&texts);
    return st;
}

static status kind_twice(size_t i, const char *spec)
{
    char *once, *twice;
    unsigned revision;
    status st = kind_canonical(tables[i].what, spec, tables[i].rows, false, &once, &revision);
    FUZZ_MUST(!st || !once, "a refused spec left something");
    if (st)
        return st;
    FUZZ_MUST(!kind_canonical(tables[i].what, once, tables[i].rows, false, &twice, &revision),
              "%s is canonical and refused: %s", once, error_text());
    FUZZ_MUST(!strcmp(once, twice), "%s became %s", once, twice);
    mem_free(once);
    mem_free(twice);
    return OK;
}

static status numbers(const char *s)
{
    double *values, one;
    size_t n;
    (void)key_number("x", s, &one);
    status st = key_numbers("x", s, &values, &n);
    FUZZ_MUST(!st || (!values && !n), "refused numbers left something");
    for (size_t i = 1; i < n; i++)
        FUZZ_MUST(values[i] > values[i - 1], "%s: not in order", s);
    mem_free(values);
    return st;
}

static status cut(const char *s)
{
    static const char *const at[] = {",", "+", "@", "++", " "};
    status st = OK;
    for (size_t i = 0; i < 5; i++) {
        char **parts;
        size_t n, length = 0;
        st = key_cut(s, at[i], &parts, &n);
        FUZZ_MUST(!st || (!parts && !n), "a refused text left parts");
        for (size_t k = 0; k < n; k++)
            length += strlen(parts[k]);
        FUZZ_MUST(st || length + (n - 1) * strlen(at[i]) == strlen(s), "%s: cut and lost", s);
        key_parts_free(parts, n);
    }
    return st;
}

/* Taken when anything takes it. */
static status fuzz_try(const uint8_t *bytes, size_t n)
{
    char *s = mem_raw(n + 1, 1);
    d90_rule rule;
    bool taken = false;
    status st;
    memcpy(s, bytes, n);
    s[n] = '\0';
    (void)cut(s);
    taken |= !numbers(s);
    taken |= !keys_twice(s);
    taken |= !d90_rule_parse(s, D90_RAW, &rule);
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        taken |= !(st = kind_twice(i, s));
    mem_free(s);
    return taken ? OK : st;
}

static void fuzz_valid(void)
{
    static const char *const texts[] = {
        "750",           "1e-3",       "100+200+500",    "10..1000/log4",
        "1..12/1",       ".5..2/.25",  "n=7,x=1e-3",     "yes=on,word=c,text=\"a,b@c\"",
        "text=h.*.attn", "own,raw,.9", "fixed,gain,.95", "absolute,.85",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        fuzz_text(texts[i]);
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        for (const void *const *row = tables[i].rows; *row; row++)
            fuzz_text(((const kind_row *)*row)->example);
}
