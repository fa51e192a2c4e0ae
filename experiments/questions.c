/* questions.c -- see questions.h. */
#include <string.h>

#include "base/file.h"
#include "experiments/questions.h"
#include "format/csv.h"

/* Is this ask the last one of its question? */
static bool question_ends(const questions *q, size_t i)
{
    for (size_t k = i + 1; k < q->n; k++)
        if (ask_alike(&q->asks[i], &q->asks[k]))
            return false;
    return true;
}

size_t questions_count(const questions *q)
{
    size_t n = 0;
    for (size_t i = 0; i < q->n; i++)
        n += question_ends(q, i);
    return n;
}

/* ------------------------------------------------------------------ names */

/* File systems end a name at 255 bytes. */
enum { WORD = 40, NAME = 200 };

/* A kind, and its keys: "\nfc\nwidth=8"; what a program takes in place of one is a word. */
static void words_of_kind(const char *spec, text *out)
{
    char kind[64], **keys = NULL;
    const char *args;
    size_t n = 0;
    bool is =
        !key_kind(spec, kind, sizeof kind, &args) && !(*args && key_cut(args, ",", &keys, &n));
    text_add(out, "\n%s", is ? kind : spec);
    for (size_t i = 0; i < n; i++)
        text_add(out, "\n%s", keys[i]);
    key_parts_free(keys, n);
}

/* What a name can say of a question, between ends of lines: kinds, and KEY=VALUE. */
static status question_words(const run_spec *r, text *out)
{
    /* said already, or no part of a question, or a number that a place stands for */
    static const char silent[] = " data model space seed role from.content exec.content ";
    words_of_kind(r->data, out);
    words_of_kind(r->model, out);
    for (const key *k = run_keys; k->name; k++) {
        char name[64];
        snprintf(name, sizeof name, " %s ", k->name);
        if (strstr(silent, name))
            continue;
        text_add(out, "\n%s=", k->name);
        key_value(k, r, out);
    }
    text_add(out, "\n");
    return text_failed(out) ? ERR_MEMORY : OK;
}

static bool words_have(const char *words, const char *word, size_t length)
{
    while (*words && (strncmp(words + 1, word, length) != 0 || words[1 + length] != '\n'))
        words += 1 + strcspn(words + 1, "\n");
    return *words;
}

/* "small-mnist-fc-width-8": the part, the kinds, and of the other words of question i as many as no other question has
 * all of; of a long one its end. like (n) is work space. */
static char *question_name(const char *part, const text *all, size_t n, size_t i, bool *like)
{
    text name = {0};
    size_t left = 0;
    text_add(&name, "%s", part);
    for (size_t k = 0; k < n; k++)
        left += like[k] = all[k].text && k != i;
    for (const char *word = all[i].text + 1; *word; word += strcspn(word, "\n") + 1) {
        size_t length = strcspn(word, "\n"), cut = length > WORD ? length - WORD : 0, before = left;
        for (size_t k = 0; k < n; k++)
            if (like[k] && !words_have(all[k].text, word, length)) {
                like[k] = false;
                left--;
            }
        if (left < before || !memchr(word, '=', length))
            text_add(&name, "%s%.*s", name.length ? "-" : "", (int)(length - cut), word + cut);
    }
    for (char *c = name.text; c && *c; c++)
        if (!((*c >= '0' && *c <= '9') || (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') ||
              strchr("._-", *c)))
            *c = '-';
    if (name.length > NAME)
        name.text[NAME] = '\0';
    if (!text_failed(&name))
        return name.text;
    text_clear(&name);
    return NULL;
}

/* Names of the questions, at the place of each one's last ask; NULL at others. Two that a name cannot tell apart are
 * numbered. */
static status question_names(const questions *q, char **names)
{
    text *all = mem_array(q->n, sizeof *all);
    bool *like = mem_array(q->n, sizeof *like);
    status st = all && like ? OK : ERR_MEMORY;
    for (size_t i = 0; i < q->n && !st; i++)
        if (question_ends(q, i))
            st = question_words(&q->asks[i].run, &all[i]);
    for (size_t i = 0; i < q->n && !st; i++) {
        if (!all[i].text)
            continue;
        char *name = question_name(q->part, all, q->n, i, like);
        bool taken = false;
        for (size_t k = 0; k < i && name; k++)
            taken = taken || (names[k] && !strcmp(names[k], name));
        names[i] = taken ? mem_printf("%s-%zu", name, i + 1) : name;
        if (taken)
            mem_free(name);
        st = names[i] ? OK : ERR_MEMORY;
    }
    for (size_t i = 0; all && i < q->n; i++)
        text_clear(&all[i]);
    mem_free(all);
    mem_free(like);
    return st;
}

/* A folder that was made when questions were numbered stays what it is. */
static char *question_folder(const char *path, const questions *q, const char *name, const ask *a,
                             size_t k)
{
    char *numbered = mem_printf("%.100s%s%.60s-%.60s-%zu", q->part, *q->part ? "-" : "",
                                a->run.data, a->run.model, k),
         *folder = NULL;
    for (char *c = numbered; c && *c; c++)
        if (strchr("/ :,=\"'*?+@", *c))
            *c = '-';
    if (numbered && (folder = mem_printf("%s/%s", path, numbered)) && !file_is_folder(folder)) {
        mem_free(folder);
        folder = mem_printf("%s/%s", path, name);
    }
    mem_free(numbered);
    return folder;
}

/* ------------------------------------------------------------------ answers */

/* Is the run one of the question's, whichever of its asks brought it? */
static status question_owns(const ask_list *asks, const record *r, bool *owns)
{
    status st = OK;
    *owns = false;
    for (size_t i = 0; r && i < asks->n && !*owns && !st; i++)
        st = ask_owns(&asks->asks[i], &r->run, owns);
    return st;
}

/* runs.csv of one question: the rows of the folder's that are its own. */
static status question_runs(const store *s, const char *folder, const ask_list *asks)
{
    char *all = mem_printf("%s/runs.csv", store_folder(s));
    csv *c = NULL;
    text t = {0};
    size_t id;
    status st = all ? csv_open(&c, all) : ERR_MEMORY;
    if (!st)
        st = csv_need(c, "run_id", &id);
    for (size_t k = 0; !st && k < csv_columns(c); k++)
        csv_text(&t, csv_name(c, k));
    if (!st)
        csv_end(&t);
    for (size_t i = 0; !st && i < csv_rows(c); i++) {
        bool own;
        if ((st = question_owns(asks, store_find(s, csv_cell(c, i, id)), &own)) || !own)
            continue;
        for (size_t k = 0; k < csv_columns(c); k++)
            csv_text(&t, csv_cell(c, i, k));
        csv_end(&t);
    }
    csv_free(c);
    mem_free(all);
    if (!st)
        return folder_put(folder, "runs.csv", &t);
    text_clear(&t);
    return st;
}

status questions_answer(const measured *o, sweep *s, const questions *q, bool alone,
                        const ask_list *noted, const char *path, FILE *out, size_t *failed)
{
    char **names = mem_array(q->n, sizeof *names);
    ask *mine = mem_array(noted->n, sizeof *mine);
    size_t k = 0;
    status st = names && mine ? question_names(q, names) : ERR_MEMORY;
    for (size_t i = 0; i < q->n && !st; i++) {
        if (!names[i])
            continue;
        ask_list like = {.asks = mine};
        size_t bad = 0;
        char *folder =
            alone ? mem_string(path) : question_folder(path, q, names[i], &q->asks[i], ++k);
        st = folder ? OK : ERR_MEMORY;
        for (size_t j = 0; j < noted->n && !st; j++)
            if (ask_alike(&noted->asks[j], &q->asks[i]))
                mine[like.n++] = noted->asks[j];
        if (!st && !alone && !(st = file_make_folder(folder)))
            st = question_runs(sweep_store(s), folder, &like);
        if (!st && !alone)
            fprintf(out, "%s\n", folder);
        if (!st)
            st = measured_answer(o, s, &like, folder, alone ? "idim run" : NULL, out, &bad);
        *failed = bad > *failed ? bad : *failed;
        mem_free(folder);
    }
    key_parts_free(names, q->n);
    mem_free(mine);
    return st;
}
