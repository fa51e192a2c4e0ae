/* command.c -- see command.h. */
#include <stdlib.h>
#include <string.h>

#include "base/os.h"
#include "experiments/command.h"

enum { NAMES = 64, CANDIDATES = 128, WIDTH = 80 };

/* ------------------------------------------------------------------ parsing */

static const key *option_find(const command *c, const char *name, size_t n, size_t *table)
{
    for (size_t i = 0; i < COMMAND_TABLES && c->tables[i]; i++)
        for (const key *k = c->tables[i]; k->name; k++)
            if (strlen(k->name) == n && !strncmp(k->name, name, n)) {
                *table = i;
                return k;
            }
    return NULL;
}

static status option_unknown(const command *c, const char *arg)
{
    const char *names[CANDIDATES];
    char word[64], mean[80];
    size_t n = 0;
    snprintf(word, sizeof word, "%.*s", (int)strcspn(arg, "="), arg);
    for (size_t i = 0; i < COMMAND_TABLES && c->tables[i]; i++)
        for (const key *k = c->tables[i]; k->name && n < CANDIDATES; k++)
            names[n++] = k->name;
    return error_set(ERR_USAGE, "idim %s: no option --%s%s; `idim %s --help all` shows them all",
                     c->name, word, key_did_you_mean(word, names, n, mean), c->name);
}

/* Is the option in " data model "? NULL: no. */
static bool option_among(const char *names, const key *k)
{
    char word[64];
    snprintf(word, sizeof word, " %s ", k->name);
    return names && strstr(names, word);
}

bool command_repeats(const command *c, const key *k)
{
    return option_among(c->lists, k);
}

typedef struct given { /* which options were there before */
    const key *keys[CANDIDATES];
    size_t n;
} given;

static status option_twice(const command *c, const key *k, given *g, bool *before)
{
    *before = false;
    for (size_t i = 0; i < g->n; i++)
        *before = *before || g->keys[i] == k;
    if (*before && !command_repeats(c, k))
        return error_set(ERR_USAGE, "idim %s: --%s is there twice; %s", c->name, k->name,
                         option_among(" data model space ", k)
                             ? "it takes one: `idim d90` and a sweep file (`idim run`) take several"
                             : "once is enough");
    if (g->n < CANDIDATES)
        g->keys[g->n++] = k;
    return OK;
}

/* One option at argv[*i]; its value may be the next word. */
static status option_set(const command *c, int argc, char **argv, int *i, void *options,
                         key_texts *texts, given *g)
{
    const char *arg = argv[*i] + 2, *value;
    size_t table = 0, n = strcspn(arg, "=");
    const key *k = option_find(c, arg, n, &table);
    bool before;
    status st;
    if (!k)
        return option_unknown(c, arg);
    if (arg[n])
        value = arg + n + 1;
    else if (k->type == IDIM_BOOL) /* --plot, --plot no */
        value = *i + 1 < argc && (!strcmp(argv[*i + 1], "yes") || !strcmp(argv[*i + 1], "no"))
                    ? argv[++*i]
                    : "yes";
    else if (*i + 1 < argc)
        value = argv[++*i];
    else
        return error_set(ERR_USAGE, "idim %s: --%s needs a value: %s", c->name, k->name, k->doc);
    if (c->over && table)
        return c->over(options, k, value);
    if ((st = option_twice(c, k, g, &before)))
        return st;
    if (!before)
        return key_set(c->name, c->tables[table], k->name, value, options, texts);
    const char *const *field = (const char *const *)((const char *)options + k->offset);
    char *list = mem_printf("%s %s", *field, value);
    st = list ? key_set(c->name, c->tables[table], k->name, list, options, texts) : ERR_MEMORY;
    mem_free(list);
    return st;
}

static status options_default(const command *c, void *options, key_texts *texts)
{
    status st = OK;
    for (size_t i = 0; i < COMMAND_TABLES && c->tables[i] && !st; i++)
        st = key_parse(c->name, c->tables[i], NULL, options, texts);
    if (!st && c->defaults)
        c->defaults(options);
    return st;
}

static status options_parse(const command *c, int argc, char **argv, void *options, char **names,
                            size_t *n, key_texts *texts)
{
    given g = {.n = 0};
    bool plain = false;
    status st = options_default(c, options, texts);
    *n = 0;
    for (int i = 0; i < argc && !st; i++) {
        if (!plain && !strcmp(argv[i], "--"))
            plain = true;
        else if (!plain && !strncmp(argv[i], "--", 2))
            st = option_set(c, argc, argv, &i, options, texts, &g);
        else if (!plain && argv[i][0] == '-' && argv[i][1])
            st = error_set(ERR_USAGE, "idim %s: %s: options begin with two dashes", c->name,
                           argv[i]);
        else if (*n == c->most || *n == NAMES)
            st = error_set(ERR_USAGE, "idim %s: %s: %s; `idim %s --help` shows how", c->name,
                           argv[i],
                           c->of_file ? "a sweep file stands before its options"
                           : c->takes ? "one too many"
                                      : "nothing stands beside its options",
                           c->name);
        else
            names[(*n)++] = argv[i];
    }
    if (!st && *n < c->least)
        st = error_set(ERR_USAGE, "idim %s: %s is missing; `idim %s --help` shows how", c->name,
                       c->takes, c->name);
    return st;
}

int command_end(status st)
{
    if (st == OK)
        return EXIT_DONE;
    fflush(stdout);
    fprintf(stderr, "%s\n", *error_text() ? error_text() : "idim: failed without a word");
    if (st == ERR_STOPPED)
        return os_signal() && os_signal() != 2 ? EXIT_AGAIN : EXIT_INT;
    return st == ERR_USAGE ? EXIT_USAGE : EXIT_FAILED;
}

int command_main(const command *c, int argc, char **argv)
{
    char *names[NAMES];
    size_t n = 0;
    key_texts texts = {0};
    void *options;
    int code;
    for (int i = 0; i < argc; i++)
        if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h")) {
            command_help(c, i + 1 < argc && !strcmp(argv[i + 1], "all"), stdout);
            return EXIT_DONE;
        }
    if (c->of_file && argc && *argv[0] != '-')
        c = c->of_file;
    if (!(options = mem_array(1, c->size ? c->size : 1)))
        return command_end(ERR_MEMORY);
    status st = options_parse(c, argc, argv, options, names, &n, &texts);
    code = st ? command_end(st) : c->run(options, n, names, stdout);
    key_texts_clear(&texts);
    mem_free(options);
    return code;
}

/* ------------------------------------------------------------------ what was asked, as it is typed */

static bool plain_word(const char *s)
{
    return *s && *s != '=' && /* zsh takes =word for a command's path */
           !s[strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                        "._-+:,=@%/")];
}

void command_quoted(const char *s, text *out)
{
    if (plain_word(s)) {
        text_add(out, "%s", s);
        return;
    }
    text_add(out, "'");
    for (; *s; s++)
        text_add(out, *s == '\'' ? "'\\''" : "%c", *s);
    text_add(out, "'");
}

/* A list is typed by repeating the option. */
static void option_line(const command *c, const key *k, const char *value, text *out)
{
    char **list = NULL;
    size_t n = 1;
    if (command_repeats(c, k) && key_cut(value, " ", &list, &n)) {
        out->failed = true; /* as one word it would be another command */
        return;
    }
    for (size_t i = 0; i < n; i++) {
        text_add(out, " --%s ", k->name);
        command_quoted(list ? list[i] : value, out);
    }
    key_parts_free(list, n);
}

void command_line(const command *c, const void *options, text *out)
{
    void *defaults = mem_array(1, c->size);
    key_texts texts = {0};
    text value = {0}, fallback = {0};
    text_add(out, "idim %s", c->name);
    if (!defaults || options_default(c, defaults, &texts)) {
        out->failed = true;
        key_texts_clear(&texts);
        mem_free(defaults);
        return;
    }
    for (size_t i = 0; i < COMMAND_TABLES && c->tables[i]; i++)
        for (const key *k = c->tables[i]; k->name; k++) {
            text_clear(&value);
            text_clear(&fallback);
            key_value(k, options, &value);
            key_value(k, defaults, &fallback);
            bool usual = option_among(c->usual, k) || option_among(c->told, k);
            if (value.text && fallback.text && *value.text && /* nothing is no choice */
                (usual || strcmp(value.text, fallback.text)))
                option_line(c, k, value.text, out);
        }
    text_clear(&value);
    text_clear(&fallback);
    key_texts_clear(&texts);
    mem_free(defaults);
}

/* ------------------------------------------------------------------ help */

const char *command_form(const key *k)
{
    return k->type == IDIM_SIZE     ? " N"
           : k->type == IDIM_NUMBER ? " X"
           : k->type == IDIM_BOOL   ? ""
           : k->type == IDIM_WORD   ? " WORD"
           : k->type == IDIM_MAP    ? " N"
                                    : " TEXT";
}

/* The default of an option of this command, defaults() counted in. */
static void option_default(const command *c, const key *k, text *value)
{
    void *options = mem_array(1, c->size);
    key_texts texts = {0};
    if (options && !options_default(c, options, &texts))
        key_value(k, options, value);
    key_texts_clear(&texts);
    mem_free(options);
}

void command_meaning(const command *c, const key *k, text *out)
{
    text value = {0};
    option_default(c, k, &value);
    if (k->type == IDIM_BOOL) /* its form says that it is a switch */
        text_add(out, "%s", k->doc);
    else
        key_meaning(k, value.text ? value.text : "", out);
    if (command_repeats(c, k))
        text_add(out, "; repeated: a list");
    text_clear(&value);
}

bool command_usual(const command *c, const key *k)
{
    return !c->usual || option_among(c->usual, k);
}

static void option_help(const command *c, const key *k, FILE *out)
{
    enum { LEFT = 24 };
    char left[64];
    text right = {0}, lines = {0};
    command_meaning(c, k, &right);
    snprintf(left, sizeof left, "  --%s%s", k->name, command_form(k));
    fprintf(out, "%-*s", LEFT, left);
    if (strlen(left) >= LEFT)
        fprintf(out, "\n%*s", LEFT, "");
    key_wrapped(right.text ? right.text : "", LEFT, WIDTH - 1, &lines);
    fputs(lines.text ? lines.text : "\n", out);
    text_clear(&right);
    text_clear(&lines);
}

void command_help(const command *c, bool all, FILE *out)
{
    size_t rest = 0;
    fprintf(out, "idim %s: %s\n\n", c->name, c->doc);
    for (size_t i = 0; i < 3 && c->examples[i]; i++)
        fprintf(out, "  %s\n", c->examples[i]);
    if (c->of_file)
        fprintf(out, "  idim %s FILE: a sweep file first, as `idim run FILE`\n", c->name);
    if (c->tables[0])
        fprintf(out, "\n%s\n", c->usual && !all ? "usual options" : "options");
    for (size_t i = 0; i < COMMAND_TABLES && c->tables[i]; i++)
        for (const key *k = c->tables[i]; k->name; k++) {
            if (all || command_usual(c, k))
                option_help(c, k, out);
            else
                rest++;
        }
    if (rest)
        fprintf(out, "\n%zu more: idim %s --help all\n", rest, c->name);
}

const char *count_text(size_t n, char out[32])
{
    char digits[32];
    size_t length = (size_t)snprintf(digits, sizeof digits, "%zu", n), at = 0;
    for (size_t i = 0; i < length; i++) {
        if (i && (length - i) % 3 == 0)
            out[at++] = ',';
        out[at++] = digits[i];
    }
    out[at] = '\0';
    return out;
}
