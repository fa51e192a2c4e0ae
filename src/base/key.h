/* key.h -- the one grammar of everything a user names:  kind:key=value,key=value
 *
 * Values: numbers (1e-3, 5000, .5), words, "quoted", lists q+v, maps q:4+v:8, ranges a..b,
 * a..b/step, a..b/logN (N a decade, default 4). A table of rows (idim_key) gives parsing with
 * "did you mean", help and the canonical form. Composition by @ and ++ is cut here and given its
 * meaning in spaces/. No option is parsed anywhere else. */
#ifndef BASE_KEY_H
#define BASE_KEY_H

#include "base/mem.h"
#include "base/status.h"

typedef idim_key key;

/* KEY("d", onehot, base.d, NULL, 1, UINT32_MAX, "numbers", "how many numbers are trained"): the
 * key's type is the field's type. size_t, double, bool, const char *. */
#define KEY(name_, struct_, field_, default_, min_, max_, unit_, doc_)                               \
    {                                                                                                \
        .name = (name_),                                                                           \
        .type = _Generic(((struct_ *)0)->field_,                                                   \
                 size_t: IDIM_SIZE,                                                                \
                 double: IDIM_NUMBER,                                                              \
                 bool: IDIM_BOOL,                                                                  \
                 const char *: IDIM_TEXT),                                                         \
        .offset = offsetof(struct_, field_), .fallback = (default_), .min = (min_), .max = (max_), \
        .unit = (unit_), .doc = (doc_) \
    }
#define KEY_TEXT(name_, struct_, field_, default_, doc_)                                           \
    KEY(name_, struct_, field_, default_, 0, 0, "", doc_)
/* A number, or a map of numbers: "8", "q:4+v:8". */
#define KEY_MAP(name_, struct_, field_, default_, min_, max_, unit_, doc_)                         \
    {                                                                                              \
        .name = (name_), .type = IDIM_MAP, .offset = offsetof(struct_, field_),                    \
        .fallback = (default_), .min = (min_), .max = (max_), .unit = (unit_), .doc = (doc_)       \
    }
/* A folder, a file or an archive's member whose content stands in the run id in its place. */
#define KEY_PLACE(name_, struct_, field_, default_, doc_)                                          \
    {                                                                                              \
        .name = (name_), .type = IDIM_TEXT, .offset = offsetof(struct_, field_),                   \
        .fallback = (default_), .unit = "", .doc = (doc_), .place = true                           \
    }
/* An int field that takes the place of the value in words_ ("stacked+single"): an enum. */
#define KEY_WORD(name_, struct_, field_, default_, words_, doc_)                                   \
    {                                                                                              \
        .name = (name_),                                                                           \
        .type = _Generic(((struct_ *)0)->field_, int                                               \
                         : IDIM_WORD),                                                             \
        .offset = offsetof(struct_, field_), .fallback = (default_), .words = (words_),            \
        .unit = "", .doc = (doc_)                                                                  \
    }

/* The texts that IDIM_TEXT fields of one object point into. {0} is empty. */
typedef struct key_texts {
    char **text;
    size_t n;
} key_texts;
void key_texts_clear(key_texts *t);
/* Takes a fresh text (NULL: none was to be had); NULL: ERR_MEMORY, and it is freed. */
const char *key_texts_take(key_texts *t, char *fresh);

/* Fills the object's fields: defaults first, then args ("d=750,form=single"; NULL or "": none).
 * `kind` stands in the sentences. ERR_USAGE: unknown key (with the nearest one), a key twice, a
 * missing one, a value of the wrong form or out of range. */
status key_parse(const char *kind, const key *keys, const char *args, void *object,
                 key_texts *texts);

/* One key of an object whose defaults are already in (options of commands). */
status key_set(const char *kind, const key *keys, const char *name, const char *value, void *object,
               key_texts *texts);

/* Appends "kind:key=value,..." with the keys sorted by name, those at their default left out, and
 * numbers in the shortest form that reads back exactly; "kind" alone when all are at default. */
void key_canonical(const char *kind, const key *keys, const void *object, text *out);
/* The same without places: what is hashed. */
void key_hashed(const char *kind, const key *keys, const void *object, text *out);

/* Cuts the next entry off a map that was read: its name (fresh; "" for the number of the rest) and its
 * number; *at moves behind it. *name NULL: none is left. ERR_MEMORY. */
status key_map_next(const char **at, char **name, double *number);

/* One key's value, as key_canonical writes it. */
void key_value(const key *k, const void *object, text *out);
/* Have two objects the same value of it? */
bool key_same(const key *k, const void *a, const void *b);

/* Does a value go on with another kind, "10+fc:width=20", where a list of kinds was meant? key_one: ERR_USAGE, and
 * where lists can stand. */
bool key_lists(const char *value);
status key_one(const char *spec);

/* Cuts "kind:args" : kind (room) is filled, *args points behind the colon (at '\0' when there is
 * none). ERR_USAGE for an empty kind or characters that no kind has. */
status key_kind(const char *spec, char *kind, size_t room, const char **args);

/* Cuts a text at `separator` ("++", "@", "+", ",") outside quotes: parts (mem_free each through
 * key_parts_free). "+" does not cut at "++". An empty part is ERR_USAGE naming the text. */
status key_cut(const char *text_, const char *separator, char ***parts, size_t *n);
void key_parts_free(char **parts, size_t n);

/* Numbers of a list of numbers and ranges: "100+200+500", "1..12/1", "10..1000/log4". Ranges of
 * whole numbers give whole numbers (log ranges are rounded), sorted, without repeats. The number of
 * values is limited to 1,000,000. */
status key_numbers(const char *what, const char *text_, double **values, size_t *n);

/* A number as a person writes it: 1e-3, .5, 5000; "12k" is refused. */
status key_number(const char *what, const char *text_, double *value);

/* The shortest text that reads back as the same double: "0.1", "1e-05", "750". `out` (32). */
const char *key_number_text(double value, char out[32]);

/* The candidate nearest to word when it is near enough to be meant (edit distance <= 1 + length/3),
 * else NULL. */
const char *key_nearest(const char *word, const char *const *candidates, size_t n);

/* "; did you mean X?" or "" ready to be put into a sentence. */
const char *key_did_you_mean(const char *word, const char *const *candidates, size_t n,
                             char out[80]);

/* The range of a number for sentences and tables: "0 to 1"; "" where there is none. */
const char *key_range(const key *k, char out[80]);

/* What a key means, for help: "DOC [words] (unit, range, default X)". fallback NULL: it must be given;
 * "": the doc says what empty means. */
void key_meaning(const key *k, const char *fallback, text *out);

/* Appends words broken into lines of at most `columns`; the cursor stands at the indent. Ends the line. */
void key_wrapped(const char *words, size_t indent, size_t columns, text *out);

/* Help lines for a table, two columns within `columns`:
 *     d=N          how many numbers are trained (numbers, 1..4294967295; must be given)        */
void key_help(const key *keys, size_t columns, text *out);

#endif
