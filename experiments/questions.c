/* questions.c -- see questions.h. */
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "experiments/questions.h"
#include "format/csv.h"

typedef struct place { /* of an ask of the command in the noted list */
    size_t at, part;
    bool fresh; /* nobody asked it before */
} place;

struct questions {
    const char *path;            /* borrowed */
    const questions_part *parts; /* borrowed */
    size_t n_parts, n_asks;      /* of all parts */
    ask_list before, noted;
    bool covers; /* all that was there before is asked again */
    place *places;
    size_t n;             /* of places */
    questions_part whole; /* of questions_of */
};

/* ------------------------------------------------------------------ what may come in */

static bool asks_have(const ask *asks, size_t n, const ask *a)
{
    for (size_t i = 0; i < n; i++)
        if (ask_alike(&asks[i], a))
            return true;
    return false;
}

/* The k-th ask of the command; NULL: there are no more. Those that were noted say which data they found. */
static const ask *questions_own(const questions *q, size_t k)
{
    if (k < q->n)
        return &q->noted.asks[q->places[k].at];
    for (size_t j = 0; j < q->n_parts; k -= q->parts[j++].n)
        if (k < q->parts[j].n)
            return &q->parts[j].asks[k];
    return NULL;
}

/* Is all that was there asked again, by others than the k-th ask? */
static bool questions_cover(const questions *q, size_t k)
{
    for (size_t i = 0; i < q->before.n; i++) {
        const ask *own;
        bool met = false;
        for (size_t j = 0; !met && (own = questions_own(q, j)); j++)
            met = j != k && ask_alike(own, &q->before.asks[i]);
        if (!met)
            return false;
    }
    return true;
}

static status questions_fit(const questions *q, const ask *a)
{
    text what = {0};
    if (asks_have(q->before.asks, q->before.n, a) ||
        (q->covers && (!*a->run.data_content || questions_cover(q, q->n))))
        return OK;
    ask_difference(&q->before.asks[q->before.n - 1], a, &what);
    status st = text_failed(&what)
                    ? ERR_MEMORY
                    : error_set(ERR_USAGE,
                                "%s: it holds the runs of another question (%.200s); give this one "
                                "a folder of its own: --out NAME",
                                q->path, what.text);
    text_clear(&what);
    return st;
}

status questions_open(questions **out, const char *path, const questions_part *parts, size_t n)
{
    questions *q = mem_array(1, sizeof *q);
    status st;
    *out = NULL;
    if (!q)
        return ERR_MEMORY;
    *q = (questions){.path = path, .parts = parts, .n_parts = n};
    for (size_t k = 0; k < n; k++)
        q->n_asks += parts[k].n;
    if (!(st = ask_load(path, &q->before)) && !(q->places = mem_array(q->n_asks, sizeof(place))))
        st = ERR_MEMORY;
    q->covers = !st && questions_cover(q, SIZE_MAX);
    for (size_t k = 0; k < n && !st; k++)
        for (size_t i = 0; i < parts[k].n && !st; i++)
            st = questions_fit(q, &parts[k].asks[i]);
    if (st) {
        questions_free(q);
        return st;
    }
    *out = q;
    return OK;
}

status questions_of(questions **out, const char *path, const measured *how)
{
    questions *q = mem_array(1, sizeof *q);
    status st;
    *out = NULL;
    if (!q)
        return ERR_MEMORY;
    *q = (questions){
        .path = path, .parts = &q->whole, .n_parts = 1, .whole = {.part = "", .how = *how}};
    if (!(st = ask_load(path, &q->noted)) && !(q->places = mem_array(q->noted.n, sizeof(place))))
        st = ERR_MEMORY;
    if (st) {
        questions_free(q);
        return st;
    }
    for (; q->n < q->noted.n; q->n++)
        q->places[q->n].at = q->n;
    *out = q;
    return OK;
}

void questions_free(questions *q)
{
    if (!q)
        return;
    ask_clear(&q->before);
    ask_clear(&q->noted);
    mem_free(q->places);
    mem_free(q);
}

/* The list as it is now, with what others asked since, and with a new ask (NULL: none). Ours that another process
 * overwrote are put back, until all stand in one list: places and list belong together. */
static status questions_read(questions *q, size_t part, const ask *a)
{
    enum { PATIENCE = 1000 };
    ask_list now = {0};
    size_t n = q->n + (a != NULL), lost = 0;
    status st = a ? ask_note(q->path, a, &now) : ask_load(q->path, &now);
    if (a)
        q->places[q->n] = (place){now.at, part, now.fresh};
    for (size_t i = 0; i < n && !st;) {
        const ask *mine = i < q->n ? &q->noted.asks[q->places[i].at] : a;
        if (ask_find(&now, mine, q->places[i].at) != SIZE_MAX) {
            i++;
            continue;
        }
        ask_clear(&now);
        st = ++lost > PATIENCE ? error_set(ERR_FILE, "%s/sweep.json: others overwrite it", q->path)
                               : ask_note(q->path, mine, &now);
        i = 0;
    }
    for (size_t i = 0; i < n && !st; i++) {
        const ask *mine = i < q->n ? &q->noted.asks[q->places[i].at] : a;
        q->places[i].at = ask_find(&now, mine, q->places[i].at);
    }
    ask_list *old = st ? &now : &q->noted;
    ask_clear(old);
    if (st)
        return st;
    q->noted = now;
    q->n = n;
    return OK;
}

status questions_note(questions *q, size_t part, const ask *a)
{
    status st = questions_fit(q, a);
    return st ? st : questions_read(q, part, a);
}

/* Is the i-th of these the last one of its question? */
static bool question_ends(const ask *const *asks, size_t n, size_t i)
{
    for (size_t k = i + 1; k < n; k++)
        if (ask_alike(asks[i], asks[k]))
            return false;
    return true;
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

/* Names of the questions of these asks, at the place of each one's last; NULL at others. Two that a name cannot tell
 * apart are numbered. */
static status question_names(const char *part, const ask *const *asks, size_t n, char **names)
{
    text *all = mem_array(n, sizeof *all);
    bool *like = mem_array(n, sizeof *like);
    status st = all && like ? OK : ERR_MEMORY;
    for (size_t i = 0; i < n && !st; i++)
        if (question_ends(asks, n, i))
            st = question_words(&asks[i]->run, &all[i]);
    for (size_t i = 0; i < n && !st; i++) {
        if (!all[i].text)
            continue;
        char *name = question_name(part, all, n, i, like);
        bool taken = false;
        for (size_t k = 0; k < i && name; k++)
            taken = taken || (names[k] && !strcmp(names[k], name));
        names[i] = taken ? mem_printf("%s-%zu", name, i + 1) : name;
        if (taken)
            mem_free(name);
        st = names[i] ? OK : ERR_MEMORY;
    }
    for (size_t i = 0; all && i < n; i++)
        text_clear(&all[i]);
    mem_free(all);
    mem_free(like);
    return st;
}

/* A folder that was made when questions were numbered stays what it is. */
static char *question_folder(const char *path, const char *part, const char *name, const ask *a,
                             size_t k)
{
    char *numbered = mem_printf("%.100s%s%.60s-%.60s-%zu", part, *part ? "-" : "", a->run.data,
                                a->run.model, k),
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
    csv *c;
    text t = {0};
    size_t id;
    status st = csv_open_in(&c, store_folder(s), "runs.csv");
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
    if (!st)
        return folder_put(folder, "runs.csv", &t);
    text_clear(&t);
    return st;
}

/* The asks that answer the one at `last` of a part: see questions.h. Those of the command come last, in its order. */
static status question_asks(const questions *q, const place *last, ask *mine, ask_list *like)
{
    const ask *a = &q->noted.asks[last->at];
    bool *own = mem_array(q->noted.n, sizeof *own), fresh = false;
    size_t end = 0;
    if (!own)
        return ERR_MEMORY;
    for (size_t i = 0; i < q->n; i++) {
        const place *p = &q->places[i];
        if (!ask_alike(&q->noted.asks[p->at], a))
            continue;
        own[p->at] = true;
        fresh = fresh || p->fresh;
        end = p->at > end ? p->at : end;
    }
    *like = (ask_list){.asks = mine};
    for (size_t j = 0; j < q->noted.n; j++)
        if (!own[j] && (fresh || j < end) && ask_alike(&q->noted.asks[j], a))
            mine[like->n++] = q->noted.asks[j];
    for (size_t i = 0; i < q->n; i++)
        if (own[q->places[i].at]) {
            own[q->places[i].at] = false;
            mine[like->n++] = q->noted.asks[q->places[i].at];
        }
    mem_free(own);
    return OK;
}

/* One question, in a folder below or in the folder itself. */
static status question_answer(questions *q, const place *last, const char *folder, bool below,
                              sweep *s, const char *typed, FILE *out, size_t *failed)
{
    ask *mine = mem_array(q->noted.n, sizeof *mine);
    ask_list like = {0};
    size_t bad = 0;
    status st = mine ? question_asks(q, last, mine, &like) : ERR_MEMORY;
    if (!st && below && !(st = file_make_folder(folder)))
        st = question_runs(sweep_store(s), folder, &like);
    if (!st && below)
        fprintf(out, "%s\n", folder);
    if (!st)
        st = measured_answer(&q->parts[last->part].how, s, &like, folder, below ? NULL : typed, out,
                             &bad);
    *failed = bad > *failed ? bad : *failed;
    mem_free(mine);
    return st;
}

/* Names are told apart within a sub-sweep, else from all that the folder holds. */
static status part_answer(questions *q, size_t part, bool below, sweep *s, const char *typed,
                          FILE *out, size_t *failed)
{
    const char *name = q->parts[part].part;
    const ask **own = mem_array(q->n, sizeof *own), **set = mem_array(q->noted.n, sizeof *set);
    const place **at = mem_array(q->n, sizeof *at);
    char **names = mem_array(q->noted.n + q->n, sizeof *names);
    size_t n_own = 0, n_set = 0, k = 0;
    status st = own && set && at && names ? OK : ERR_MEMORY;
    for (size_t i = 0; i < q->n && !st; i++)
        if (q->places[i].part == part) {
            at[n_own] = &q->places[i];
            own[n_own++] = &q->noted.asks[q->places[i].at];
        }
    for (size_t j = 0; j < q->noted.n && !st && !*name; j++)
        set[n_set++] = &q->noted.asks[j];
    const ask *const *among = *name ? own : set;
    const size_t n = *name ? n_own : n_set;
    if (!st)
        st = question_names(name, among, n, names);
    for (size_t i = 0; i < n_own && !st; i++) {
        size_t j = 0;
        if (!question_ends(own, n_own, i))
            continue;
        while (!names[j] || !ask_alike(among[j], own[i]))
            j++;
        char *folder =
            below ? question_folder(q->path, name, names[j], own[i], ++k) : mem_string(q->path);
        st = folder ? question_answer(q, at[i], folder, below, s, typed, out, failed) : ERR_MEMORY;
        mem_free(folder);
    }
    key_parts_free(names, n);
    mem_free(at);
    mem_free(set);
    mem_free(own);
    return st;
}

/* Do several questions share the folder, or sub-sweeps one? */
static bool questions_several(const questions *q)
{
    size_t n = 0;
    for (size_t j = 1; j < q->noted.n; j++)
        n += !ask_alike(&q->noted.asks[j], &q->noted.asks[0]);
    for (size_t i = 1; i < q->n; i++)
        n += q->places[i].part != q->places[0].part;
    return n > 0;
}

/* What the folder had itself while it held one question: runs.csv beside it is no longer of that one alone. */
static status questions_move(const char *path)
{
    static const char *const names[] = {"d90.csv", "variance.csv", "paired.csv", "report.html"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char *file = mem_printf("%s/%s", path, names[i]);
        if (!file)
            return ERR_MEMORY;
        remove(file);
        mem_free(file);
    }
    return OK;
}

status questions_answer(questions *q, sweep *s, const char *typed, FILE *out, size_t *failed,
                        bool *several)
{
    status st = questions_read(q, 0, NULL);
    *several = !st && questions_several(q);
    if (!st && *several)
        st = questions_move(q->path);
    for (size_t k = 0; k < q->n_parts && !st; k++)
        st = part_answer(q, k, *several, s, typed, out, failed);
    return st;
}
