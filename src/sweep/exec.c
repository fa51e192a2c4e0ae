/* exec.c -- see exec.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/job.h"
#include "spaces/space.h"
#include "sweep/exec.h"
#include "train/optimiser.h"

/* Tuning runs get seeds of their own, so that no scored run's randomness was tuned on. */
enum { EXEC_TUNE = 1000000 };

/* Names that are no keys of a run. */
static const char *const exec_own[] = {"space", "d", "rank", "lr", "out"};
enum { EXEC_OWN = sizeof exec_own / sizeof *exec_own, EXEC_NAMES = 64 };

static const char exec_letters[] =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

/* ------------------------------------------------------------------ the command */

/* The length of "{name}" at s, 0: none is there. */
static size_t exec_name(const char *s)
{
    size_t n = *s == '{' ? strspn(s + 1, exec_letters) : 0;
    return n && s[n + 1] == '}' ? n + 2 : 0;
}

/* The same of "{{name}}", which stands for itself. */
static size_t exec_braces(const char *s)
{
    size_t n = *s == '{' ? exec_name(s + 1) : 0;
    return n && s[n + 1] == '}' ? n + 2 : 0;
}

bool exec_names(const char *command, const char *name)
{
    size_t n, length = strlen(name);
    for (const char *s = command; *s; s += n ? n : 1) {
        if ((n = exec_braces(s)))
            continue;
        if ((n = exec_name(s)) == length + 2 && !strncmp(s + 1, name, length))
            return true;
    }
    return false;
}

bool exec_trains(const run_spec *run)
{
    return run->epochs || run->steps;
}

/* "7" of "fastfood:form=single,d=7@lora:r=8": a key of the first kind; "0": it has none. */
static const char *exec_number_of(const char *space_, const char *name, size_t *length)
{
    const char *end = space_ + strcspn(space_, "@");
    size_t n = strlen(name);
    for (const char *s = strchr(space_, ':'); s && s < end; s = strchr(s + 1, ','))
        if (!strncmp(s + 1, name, n) && s[n + 1] == '=') {
            *length = strcspn(s + n + 2, ",@+");
            return s + n + 2;
        }
    *length = 1;
    return "0";
}

double exec_d(const run_spec *run)
{
    size_t n;
    double d = strtod(exec_number_of(run->space, "d", &n), NULL);
    return d >= 0 && d < 9e15 ? d : 0; /* who takes it makes a count of it */
}

status exec_rate(const run_spec *run, double *lr)
{
    optimiser *o;
    status st = optimiser_new(&o, run->optimiser);
    *lr = !st && exec_trains(run) ? o->lr : 0;
    optimiser_free(o);
    return st;
}

static status exec_unknown(const char *name)
{
    const char *all[EXEC_NAMES];
    char mean[80];
    size_t n = 0;
    for (; n < EXEC_OWN; n++)
        all[n] = exec_own[n];
    for (const key *k = run_keys; k->name && n < EXEC_NAMES; k++)
        all[n++] = k->name;
    return error_set(ERR_USAGE, "exec: no {%s} is known%s; {{%s}} stands for the braces themselves",
                     name, key_did_you_mean(name, all, n, mean), name);
}

/* Appends the value of a name. */
static status exec_value(const run_spec *run, const char *name, const char *out, text *word)
{
    const char *swept = exec_swept(run->exec, run->space);
    char *bare, number[32];
    double lr;
    size_t n;
    status st;
    if (!strcmp(name, "space")) {
        if ((st = exec_with(run->space, swept ? swept : "", NULL, &bare)))
            return st;
        text_add(word, "%s", bare);
        mem_free(bare);
    } else if (!strcmp(name, "d") || !strcmp(name, "rank")) {
        const char *value = exec_number_of(run->space, *name == 'd' ? "d" : "r", &n);
        text_bytes(word, value, n);
    } else if (!strcmp(name, "lr")) {
        if ((st = exec_rate(run, &lr)))
            return st;
        text_add(word, "%s", key_number_text(lr, number));
    } else if (!strcmp(name, "out")) {
        text_add(word, "%s", out);
    } else if (!strncmp(name, "seed", 4)) {
        text own = {0};
        run_value(run, name, &own);
        if (!own.length) {
            st = own.failed ? ERR_MEMORY : exec_unknown(name);
            text_clear(&own);
            return st;
        }
        if (!strcmp(own.text, "-1") || !strcmp(name, "seed"))
            text_add(word, "%zu", run->seed + (run->role == RUN_TUNE ? EXEC_TUNE : 0));
        else
            text_add(word, "%s", own.text);
        word->failed |= own.failed;
        text_clear(&own);
    } else {
        bool known = false;
        for (const key *k = run_keys; k->name && !known; k++)
            known = !strcmp(k->name, name) && strncmp(name, "exec", 4) != 0;
        if (!known)
            return exec_unknown(name);
        run_value(run, name, word);
    }
    return word->failed ? ERR_MEMORY : OK;
}

/* Takes what stands at *s, which is no quote and no blank, into the word: a name's value, or a byte. */
static status exec_take(const run_spec *run, const char *out, const char **s, text *word)
{
    char name[64];
    size_t n = exec_braces(*s);
    if (n) {
        text_bytes(word, *s + 1, n - 2);
    } else if ((n = exec_name(*s))) {
        snprintf(name, sizeof name, "%.*s", (int)(n < 64 ? n - 2 : 62), *s + 1);
        status st = exec_value(run, name, out, word);
        if (st)
            return st;
    } else {
        n = 1;
        text_bytes(word, *s, 1);
    }
    *s += n;
    return OK;
}

static status exec_shell(const char *s)
{
    return error_set(ERR_USAGE,
                     "exec: %c is a shell's word, and no shell reads the command: quote it, or put "
                     "the whole into sh -c '...'",
                     *s);
}

/* One word from *s on; *s moves behind it. */
static status exec_word(const run_spec *run, const char *out, const char **s, text *word)
{
    char quote = 0;
    status st = OK;
    text_bytes(word, "", 0);
    while (**s && !st) {
        if (quote ? **s == quote : **s == '\'' || **s == '"') {
            quote = quote ? 0 : **s;
            ++*s;
        } else if (**s == '\\' && quote != '\'' && (!quote || strchr("\"\\", (*s)[1])) && (*s)[1]) {
            text_bytes(word, *s + 1, 1);
            *s += 2;
        } else if (!quote && strchr(" \t\n", **s)) {
            break;
        } else if (quote != '\'' && strchr(quote ? "$`" : "$`|&;<>()", **s)) {
            st = exec_shell(*s);
        } else {
            st = exec_take(run, out, s, word);
        }
    }
    if (!st && quote)
        st = error_set(ERR_USAGE, "exec: a %c has no other at its end: %.60s", quote, run->exec);
    return !st && word->failed ? ERR_MEMORY : st;
}

static status exec_words_all(const run_spec *run, const char *out, char **words, size_t *n)
{
    const char *s = run->exec;
    status st = OK;
    while (!st && *(s += strspn(s, " \t\n"))) {
        text word = {0};
        if ((st = exec_word(run, out, &s, &word)))
            text_clear(&word);
        else
            words[(*n)++] = word.text;
    }
    if (!st && !*n)
        st = error_set(ERR_USAGE, "exec: no program stands in it");
    if (!st && strchr(words[0], '='))
        st = error_set(ERR_USAGE, "exec: %s sets a variable for a shell; write env %s ...",
                       words[0], words[0]);
    return st ? st : job_found(words[0]);
}

status exec_words(const run_spec *run, const char *out, char ***words, size_t *n)
{
    *n = 0;
    if (!(*words = mem_array(strlen(run->exec) / 2 + 2, sizeof **words)))
        return ERR_MEMORY;
    status st = exec_words_all(run, out, *words, n);
    if (st) {
        key_parts_free(*words, *n);
        *words = NULL;
        *n = 0;
    }
    return st;
}

bool exec_heeds(const run_spec *run, const char *name)
{
    static const char *const ours[] = {"data",   "model", "optimiser",  "role",
                                       "better", "exec",  "exec-files", "exec.content"};
    if (!*run->exec)
        return true;
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
        if (!strcmp(name, ours[i]))
            return true;
    if (!strcmp(name, "space"))
        return exec_names(run->exec, "space") || exec_names(run->exec, "d") ||
               exec_names(run->exec, "rank");
    return exec_names(run->exec, name);
}

status exec_check(const run_spec *run)
{
    key_texts texts = {0};
    run_spec defaults;
    char **words;
    size_t n;
    status st = exec_words(run, "out", &words, &n);
    if (st)
        return st;
    key_parts_free(words, n);
    st = run_defaults(&defaults, &texts);
    for (const key *k = run_keys; k->name && !st; k++) {
        text value = {0}, fallback = {0};
        key_value(k, run, &value);
        key_value(k, &defaults, &fallback);
        if (value.failed || fallback.failed)
            st = ERR_MEMORY;
        else if (!strcmp(value.text, fallback.text) || exec_heeds(run, k->name))
            st = OK;
        else if (k->place || !strcmp(k->name, "from.content"))
            st = error_set(ERR_USAGE,
                           "%s=%s: what a program of yours starts from stands in its command; name "
                           "the file in --exec-files too",
                           k->name, value.text);
        else if (!strcmp(k->name, "seed"))
            st = error_set(ERR_USAGE,
                           "exec: it has no {seed}, so that runs of several seeds would be one and "
                           "the same; put {seed} into it, or ask for --seeds 1");
        else
            st = error_set(ERR_USAGE,
                           "%s=%s: the program would never see it: put {%s} into --exec, or leave "
                           "--%s out",
                           k->name, value.text,
                           strcmp(k->name, "space") ? k->name : "d}, {rank} or {space", k->name);
        text_clear(&value);
        text_clear(&fallback);
    }
    key_texts_clear(&texts);
    return st;
}

status exec_content(const char *files, char hex[HASH_HEX])
{
    char **parts;
    size_t n;
    text all = {0};
    status st = key_cut(files, "+", &parts, &n);
    if (st)
        return st;
    for (size_t i = 0; i < n && !st; i++) {
        size_t length = strlen(parts[i]);
        bool quoted = length > 1 && parts[i][0] == '"' && parts[i][length - 1] == '"';
        if (quoted)
            parts[i][length - 1] = '\0';
        const char *path = parts[i] + quoted, *slash = strrchr(path, '/');
        if (!(st = hash_file(path, hex)))
            text_add(&all, "%s %s\n", hex, slash ? slash + 1 : path);
    }
    key_parts_free(parts, n);
    if (!st && !(st = all.failed ? ERR_MEMORY : OK))
        hash_bytes(all.text, all.length, hex);
    text_clear(&all);
    return st;
}

/* ------------------------------------------------------------------ spaces */

const char *exec_swept(const char *command, const char *space_)
{
    bool d = exec_names(command, "d"), rank = exec_names(command, "rank");
    const char *known = d && rank ? space_swept(space_) : NULL;
    return known ? known : d ? "d" : rank ? "r" : NULL;
}

/* Of the first kind alone; what stands behind it, "@lora:r=8", stays. */
status exec_with(const char *space_, const char *key_, const char *value, char **out)
{
    char **chain = NULL, **parts = NULL, separator = ':', kind[64];
    const char *args;
    size_t n_chain = 0, n = 0, length = strlen(key_);
    text t = {0};
    status st = key_cut(space_, "@", &chain, &n_chain);
    *out = NULL;
    if (st || (st = key_kind(chain[0], kind, sizeof kind, &args)) ||
        (*args && (st = key_cut(args, ",", &parts, &n))))
        goto done;
    text_add(&t, "%s", kind);
    for (size_t i = 0; i < n; i++) {
        if (!strncmp(parts[i], key_, length) && parts[i][length] == '=')
            continue;
        text_add(&t, "%c%s", separator, parts[i]);
        separator = ',';
    }
    if (value)
        text_add(&t, "%c%s=%s", separator, key_, value);
    for (size_t i = 1; i < n_chain; i++)
        text_add(&t, "@%s", chain[i]);
    st = t.failed ? ERR_MEMORY : OK;
done:
    key_parts_free(parts, n);
    key_parts_free(chain, n_chain);
    if (st)
        text_clear(&t);
    else
        *out = t.text;
    return st;
}
