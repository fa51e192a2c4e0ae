/* compare.c -- idim compare: two spaces of one results folder or of two, or anybody's scores, against each other. */
#include <math.h>
#include <string.h>

#include "base/file.h"
#include "experiments/answer.h"
#include "experiments/folder.h"
#include "report/compare.h"
#include "sweep/scores.h"

typedef struct options {
    const char *space, *rule, *out;
    double fixed;
    int better;
} options;

static const key keys[] = {
    KEY_TEXT("space", options, space, "",
             "of both, where more than one was measured and FOLDER:SPACE does not say it"),
    KEY_TEXT("rule", options, rule, "own,.9", "of d90, as in idim d90"),
    KEY("fixed", options, fixed, "0", 0, 1e9, "score",
        "baseline of fixed rules; 0: the published one"),
    KEY_WORD("better", options, better, "higher", "higher+lower", "which scores of a CSV are"),
    KEY_TEXT("out", options, out, "compare", "results folder for compare.csv"),
    {0},
};

typedef struct side {
    char *path, *label;
    const char *space; /* asked for; "": the only one */
    results_scores scores;
    d90_scores list; /* with that label */
    crossings x;
} side;

static void side_clear(side *s)
{
    crossings_clear(&s->x);
    results_scores_clear(&s->scores);
    mem_free(s->path);
    mem_free(s->label);
}

/* "FOLDER", "FOLDER:SPACE", "FILE.csv", "FILE.csv:SPACE": the longest part before a colon that is there. */
static status side_name(side *s, const char *name, const char *space_)
{
    size_t n = strlen(name);
    s->space = space_;
    for (;;) {
        char *part = mem_printf("%.*s", (int)n, name), *path = NULL;
        bool there = part && (file_exists(part) || file_is_folder(part));
        if (part && !there && (path = folder_path(part, "")))
            there = file_is_folder(path);
        s->path = path ? mem_string(path) : part ? mem_string(part) : NULL;
        mem_free(part);
        mem_free(path);
        if (!s->path)
            return ERR_MEMORY;
        if (there) {
            s->space = name[n] ? name + n + 1 : space_;
            return OK;
        }
        mem_free(s->path);
        s->path = NULL;
        while (n > 0 && name[n - 1] != ':')
            n--;
        if (!n)
            return error_set(ERR_FILE, "%s: there is no such results folder or file", name);
        n--;
    }
}

/* From the journals, with the runs' bits; nothing is trained. */
static status side_folder(side *s, const options *o)
{
    const folder_options folder = {.threads = 1, .quiet = true, .here = true};
    ask_list asks = {0};
    sweep *w = NULL;
    status st = ask_load(s->path, &asks);
    if (!st && !(st = folder_open(&w, s->path, &folder)))
        st = results_scores_of(w, &asks, o->rule, o->fixed, &s->scores);
    ask_clear(&asks);
    if (st && *error_text())
        error_prefix("%s: ", s->path);
    return w ? folder_close(w, store_notes(sweep_store(w)), st) : st;
}

/* A folder whose journals are gone still has runs.csv. */
static status side_scores(side *s, const options *o)
{
    char *runs = mem_printf("%s/runs", s->path), *csv_ = mem_printf("%s/runs.csv", s->path);
    status st = ERR_MEMORY;
    if (runs && csv_) {
        bool folder = file_is_folder(s->path);
        if (folder && file_is_folder(runs))
            st = side_folder(s, o);
        else
            st = scores_of(folder ? csv_ : s->path, o->rule, o->fixed, o->better == 1, &s->scores);
    }
    mem_free(runs);
    mem_free(csv_);
    return st;
}

static status side_pick(side *s)
{
    const results_scores *r = &s->scores;
    text names = {0};
    size_t at = r->n == 1 && !*s->space ? 0 : SIZE_MAX;
    for (size_t i = 0; i < r->n; i++) {
        if (!strcmp(r->lists[i].space, s->space))
            at = i;
        text_add(&names, "%s%s", i ? ", " : "", r->lists[i].space);
    }
    status st = OK;
    if (at == SIZE_MAX)
        st = error_set(ERR_USAGE, "%s: %s%s; there %s %s", s->path,
                       *s->space ? "no space " : "name a space, as in FOLDER:SPACE", s->space,
                       r->n == 1 ? "is" : "are", names.text ? names.text : "none");
    else
        s->list = r->lists[at];
    text_clear(&names);
    return st;
}

static status side_open(side *s, const char *name, const options *o)
{
    status st = side_name(s, name, o->space);
    if (!st && !(st = side_scores(s, o)))
        st = side_pick(s);
    return st;
}

/* In one folder a space's name tells it. */
static status sides_label(side *s)
{
    bool one = !strcmp(s[0].path, s[1].path);
    for (size_t i = 0; i < 2; i++) {
        s[i].label =
            one ? mem_string(s[i].list.space) : mem_printf("%s:%s", s[i].path, s[i].list.space);
        if (!s[i].label)
            return ERR_MEMORY;
        s[i].list.space = s[i].label;
    }
    if (s[0].list.lower_is_better != s[1].list.lower_is_better)
        return error_set(ERR_USAGE,
                         "scores of %s are better lower and those of the other higher; "
                         "they cannot be compared",
                         s[s[1].list.lower_is_better].label);
    return OK;
}

static bool sides_same_test(const side *s)
{
    return s[0].scores.test && s[1].scores.test && !strcmp(s[0].scores.test, s[1].scores.test);
}

/* ------------------------------------------------------------------ for reading */

static void say_interval(double low, double high, FILE *out)
{
    char text_[64] = "";
    if (!isnan(low) && !isnan(high))
        snprintf(text_, sizeof text_, "%+.4f to %+.4f", low, high);
    fprintf(out, "  %-20s", text_);
}

/* Right-aligned; "" where it is not known. */
static void say_cell(bool known, const char *text_, FILE *out)
{
    fprintf(out, " %9s", known ? text_ : "");
}

static void say_score(double x, bool sign, FILE *out)
{
    char text_[32];
    snprintf(text_, sizeof text_, sign ? "%+.4f" : "%.4f", x);
    say_cell(isfinite(x), text_, out);
}

static void say_p(double p, FILE *out)
{
    char text_[32];
    snprintf(text_, sizeof text_, "%.2g", p);
    say_cell(isfinite(p), text_, out);
}

static void say_table(const paired_row *rows, size_t n, FILE *out)
{
    if (n > 1) /* the last is d90's */
        fprintf(out, "  %9s %9s %9s %9s  %-20s %9s %9s\n", "d", "a", "b", "a - b", "95 %", "p",
                "examples p");
    for (size_t i = 0; i + 1 < n; i++) {
        const paired_row *r = &rows[i];
        bool test = !isnan(r->test_low);
        fprintf(out, "  %9.10g", r->d);
        say_score(r->a, false, out);
        say_score(r->b, false, out);
        say_score(r->effect, true, out);
        say_interval(test ? r->test_low : r->low, test ? r->test_high : r->high, out);
        say_p(test ? r->test_p : r->p, out);
        say_p(r->mcnemar_p, out);
        fputc('\n', out);
    }
}

static void say_apart(const side *s, paired_how how, FILE *out)
{
    if (how.apart)
        fprintf(out, "not paired: neither has all of the other's seeds, so that all count and the "
                     "intervals are Welch's\n");
    if (how.other_test && s[0].list.n_test && s[1].list.n_test)
        fprintf(out, "test examples differ (%s, %s): each side's own error is counted\n",
                s[0].scores.test ? s[0].scores.test : "not known",
                s[1].scores.test ? s[1].scores.test : "not known");
}

static status compare_say(const options *o, side *s, paired_how how, paired_row *rows, size_t n,
                          FILE *out)
{
    text words = {0}, table = {0};
    char *path = folder_path(o->out, "");
    const compare all = {.pairs = rows, .n_pairs = n};
    fprintf(out, "a: %s\nb: %s\n", s[0].label, s[1].label);
    say_apart(s, how, out);
    say_table(rows, n, out);
    compare_pairs(&all, "", "\n", &words);
    status st = text_failed(&words) ? ERR_MEMORY : OK;
    if (!st)
        answer_words(words.text ? words.text : "", out);
    results_csv(compare_columns, rows, sizeof *rows, n, &table);
    if (!st && !(st = path ? file_make_folder(path) : ERR_MEMORY) &&
        !(st = folder_put(path, "compare.csv", &table)))
        fprintf(out, "%s/compare.csv\n", path);
    text_clear(&words);
    text_clear(&table);
    mem_free(path);
    return st;
}

static int compare_run(void *options_, size_t n, char *const *names, FILE *out)
{
    const options *o = options_;
    side s[2] = {0};
    paired_row *rows = NULL;
    d90_row row;
    status st = OK;
    (void)n;
    for (size_t i = 0; i < 2 && !st; i++)
        st = side_open(&s[i], names[i], o);
    if (!st)
        st = sides_label(s);
    for (size_t i = 0; i < 2 && !st; i++)
        st = crossings_init(&s[i].x, &s[i].list, s[i].scores.rules[0], true);
    if (!st)
        st = d90_measure(&s[0].list, s[0].scores.rules, 1, &row);
    paired_how how = {0};
    if (!st) {
        how = (paired_how){.apart = !paired_seeds(&s[0].list, &s[1].list),
                           .other_test = !sides_same_test(s)};
        st = paired_measure(&s[0].list, &s[1].list, &s[0].x, &s[1].x, row.words, how, &rows, &n);
    }
    if (!st)
        st = compare_say(o, s, how, rows, n, out);
    mem_free(rows);
    side_clear(&s[0]);
    side_clear(&s[1]);
    return command_end(st);
}

const command command_compare = {
    .name = "compare",
    .group = "measure",
    .doc = "the ratio of two d90 with its interval, and scores against scores",
    .takes = "A B",
    .least = 2,
    .most = 2,
    .examples = {"idim compare demo:fastfood demo:onehot",
                 "idim compare results/mnist-fc results/mnist-lenet --space fastfood",
                 "idim compare mine.csv theirs.csv --better lower"},
    .usual = " space rule out ",
    .tables = {keys},
    .size = sizeof(options),
    .run = compare_run,
};
