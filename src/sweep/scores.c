/* scores.c -- see scores.h. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "format/csv.h"
#include "sweep/scores.h"
#include "sweep/stages.h"

typedef struct line {
    const char *space;
    double d, seed, score, lr, val;
    bool edge;
} line;

typedef struct scores {
    csv *file;
    line *lines;
    size_t n;
} scores;

static status number_or(const csv *c, const char *name, size_t row, double fallback, double *value)
{
    size_t column = csv_find(c, name);
    *value = fallback;
    return column == SIZE_MAX ? OK : csv_cell_number(c, row, column, value);
}

/* runs.csv of a results folder says the whole of d; head is in it already. */
static bool scores_of_ours(const csv *c)
{
    return csv_find(c, "d") == SIZE_MAX && csv_find(c, "d_total") != SIZE_MAX;
}

/* A row of runs.csv that is no score: one that chose a rate or is a search's step 0, or did not end. */
static bool line_skipped(const csv *c, size_t row)
{
    size_t role = csv_find(c, "role"), end = csv_find(c, "status");
    if (!scores_of_ours(c) || role == SIZE_MAX || end == SIZE_MAX)
        return false;
    const char *word = csv_cell(c, row, end);
    size_t score = csv_find(c, "score");
    return !strcmp(csv_cell(c, row, role), "tune") ||
           (!strcmp(csv_cell(c, row, role), "floor") && score != SIZE_MAX &&
            !*csv_cell(c, row, score)) ||
           (strcmp(word, record_status_text[RECORD_OK]) != 0 &&
            strcmp(word, record_status_text[RECORD_DIVERGED]) != 0);
}

static status line_read(const csv *c, const char *path, size_t row, line *l)
{
    size_t space_, d, seed, score;
    double head;
    bool ours = scores_of_ours(c);
    status st;
    if ((st = csv_need(c, "space", &space_)) || (st = csv_need(c, ours ? "d_total" : "d", &d)) ||
        (st = csv_need(c, "seed", &seed)) || (st = csv_need(c, "score", &score)) ||
        (st = csv_cell_number(c, row, d, &l->d)) ||
        (st = csv_cell_number(c, row, seed, &l->seed)) ||
        (st = csv_cell_number(c, row, score, &l->score)) ||
        (st = number_or(c, "lr", row, (double)NAN, &l->lr)) ||
        (st = number_or(c, "val", row, (double)NAN, &l->val)) ||
        (st = number_or(c, "d_head", row, 0, &head)))
        return st;
    l->space = csv_cell(c, row, space_);
    bool full = !strcmp(l->space, "full");
    if (l->d < 0)
        return csv_wrong(c, row, d, "is below 0; it counts trained numbers, and 0 is step 0");
    if (!*l->space || (!full && !(l->d >= 0)) || !(l->seed >= 0) || !isfinite(l->score))
        return error_set(ERR_FORMAT, "%s: row %zu: space, d, seed and score must all be there",
                         path, row + 1);
    if (l->seed > 0x1p53 || l->seed != floor(l->seed))
        return csv_wrong(c, row, seed, "is no whole number from 0 to 2^53");
    if (l->d > 0 && head > 0 && !ours)
        l->d += head;
    return OK;
}

static bool line_floor(const line *l)
{
    return l->d <= 0; /* NaN, an empty d: a baseline */
}

static bool same_place(const line *a, const line *b)
{
    return !strcmp(a->space, b->space) && (a->d <= b->d && a->d >= b->d);
}

/* Of several rates at one (space, d) the one with the best mean val stays. */
static status rates_choose(const char *path, bool lower, scores *s)
{
    bool *drop = mem_array(s->n, sizeof *drop);
    size_t kept = 0;
    status st = drop ? OK : ERR_MEMORY;
    for (size_t i = 0; i < s->n && !st; i++) {
        double best = (double)NAN, top = -(double)INFINITY, first = (double)INFINITY, last = 0;
        bool several = false;
        for (size_t k = 0; k < s->n; k++)
            several = several ||
                      (same_place(&s->lines[i], &s->lines[k]) && s->lines[k].lr < s->lines[i].lr) ||
                      (same_place(&s->lines[i], &s->lines[k]) && s->lines[k].lr > s->lines[i].lr);
        if (!several)
            continue;
        for (size_t k = 0; k < s->n; k++) {
            double sum = 0, count = 0;
            if (!same_place(&s->lines[i], &s->lines[k]))
                continue;
            for (size_t j = 0; j < s->n; j++)
                if (same_place(&s->lines[k], &s->lines[j]) && s->lines[j].lr <= s->lines[k].lr &&
                    s->lines[j].lr >= s->lines[k].lr) {
                    sum += lower ? -s->lines[j].val : s->lines[j].val;
                    count++;
                }
            if (isnan(sum)) {
                st = error_set(ERR_FORMAT, "%s: %s, d=%g has several rates and no val to choose by",
                               path, s->lines[i].space, s->lines[i].d);
                break;
            }
            first = fmin(first, s->lines[k].lr);
            last = fmax(last, s->lines[k].lr);
            if (sum / count > top) {
                top = sum / count;
                best = s->lines[k].lr;
            }
        }
        drop[i] = s->lines[i].lr < best || s->lines[i].lr > best;
        s->lines[i].edge = best <= first || best >= last;
    }
    for (size_t i = 0; i < s->n && !st; i++)
        if (!drop[i])
            s->lines[kept++] = s->lines[i];
    if (!st)
        s->n = kept;
    mem_free(drop);
    return st;
}

static void scores_clear(scores *s)
{
    csv_free(s->file);
    mem_free(s->lines);
    *s = (scores){0};
}

static status scores_open(const char *path, bool lower, scores *s)
{
    status st;
    *s = (scores){0};
    if ((st = csv_open(&s->file, path)))
        return st;
    size_t rows = csv_rows(s->file);
    if (!(s->lines = mem_array(rows, sizeof *s->lines)))
        st = ERR_MEMORY;
    for (size_t i = 0; i < rows && !st; i++)
        if (!line_skipped(s->file, i))
            st = line_read(s->file, path, i, &s->lines[s->n++]);
    if (!st)
        st = rates_choose(path, lower, s);
    if (st)
        scores_clear(s);
    return st;
}

/* Lines of one space as points: its floors, or the others ("full": the baseline). */
static size_t points_of(const scores *s, const char *name, bool floor, d90_point *points)
{
    size_t n = 0;
    for (size_t i = 0; i < s->n; i++) {
        const line *l = &s->lines[i];
        if (line_floor(l) != floor || strcmp(l->space, name) != 0)
            continue;
        points[n++] = (d90_point){.d = l->d,
                                  .seed = (uint64_t)l->seed,
                                  .score = l->score,
                                  .score_best = (double)NAN,
                                  .gain = (double)NAN,
                                  .lr_edge = l->edge};
    }
    return n;
}

/* Whose floors stand in for a space that has none, step 0 being the network's: full's, else those of
 * the first space that has some; "full" where nobody has. */
static const char *floors_of_all(const scores *s)
{
    const char *first = NULL;
    for (size_t i = 0; i < s->n; i++)
        if (line_floor(&s->lines[i]) && (!first || !strcmp(s->lines[i].space, "full")))
            first = s->lines[i].space;
    return first ? first : "full";
}

static status names_of(const scores *s, key_texts *out)
{
    char **texts = mem_array(s->n, sizeof *texts);
    if (!texts)
        return ERR_MEMORY;
    *out = (key_texts){texts, 0};
    for (size_t i = 0; i < s->n; i++) {
        bool met = !strcmp(s->lines[i].space, "full") || line_floor(&s->lines[i]);
        for (size_t k = 0; k < out->n && !met; k++)
            met = !strcmp(texts[k], s->lines[i].space);
        if (!met && !(texts[out->n++] = mem_string(s->lines[i].space)))
            return ERR_MEMORY;
    }
    return OK;
}

static status scores_gather(const char *path, const scores *s, double fixed, bool lower,
                            d90_rule headline, results_scores *out)
{
    /* of the baseline, of shared floors, of the head alone, of all spaces with their floors: s->n each at most */
    d90_point *points = mem_array(4 * s->n, sizeof *points), *next = points;
    d90_scores in = {.lower_is_better = lower, .seed = 1, .asks = 1};
    status st = points ? names_of(s, &out->texts) : ERR_MEMORY;
    if (!st && !(out->owned = mem_array(1, sizeof *out->owned)))
        st = ERR_MEMORY;
    if (st) {
        mem_free(points);
        return st;
    }
    out->owned[out->n_owned++].points = points;
    if (!out->texts.n)
        return error_set(ERR_USAGE, "%s: no scores of any space beside full", path);
    in.baseline = next;
    next += in.n_baseline = points_of(s, "full", false, next);
    if (!in.n_baseline && headline.base == D90_OWN && headline.kind != D90_ABSOLUTE)
        return error_set(
            ERR_USAGE,
            "%s: there is no baseline: give rows whose space is `full`, or a fixed one "
            "by --rule fixed,raw,.9 --fixed SCORE",
            path);
    in.floor = next;
    next += in.n_floor = points_of(s, floors_of_all(s), true, next);
    const d90_point *head = next;
    size_t n_head = points_of(s, STAGES_HEAD, false, next);
    next += n_head;
    in.fixed = fixed > 0 ? fixed : (double)NAN;
    if (!(out->lists = mem_array(out->texts.n, sizeof *out->lists)))
        return ERR_MEMORY;
    for (out->n = 0; out->n < out->texts.n; out->n++) {
        d90_scores *l = &out->lists[out->n];
        *l = in;
        l->space = out->texts.text[out->n];
        l->points = next;
        next += l->n_points = points_of(s, l->space, false, next);
        size_t floors = points_of(s, l->space, true, next);
        if (floors) {
            l->floor = next;
            next += l->n_floor = floors;
        } else if (n_head && stages_heads(l->space)) {
            l->floor = head;
            l->n_floor = n_head;
        }
    }
    return OK;
}

status scores_of(const char *path, const char *rule, double fixed, bool lower, results_scores *out)
{
    d90_rule headline;
    scores s;
    status st;
    *out = (results_scores){0};
    if ((st = d90_rule_parse(rule, lower ? D90_GAIN : D90_RAW, &headline)) ||
        (st = scores_open(path, lower, &s)))
        return st;
    out->n_rules = d90_rule_list(headline, fixed > 0, out->rules);
    if (headline.base == D90_FIXED && headline.kind != D90_ABSOLUTE && !(fixed > 0))
        st = error_set(ERR_USAGE, "rule %s: say which baseline by --fixed", rule);
    else
        st = scores_gather(path, &s, fixed, lower, headline, out);
    scores_clear(&s);
    if (st)
        results_scores_clear(out);
    return st;
}

status scores_d90(const char *path, const char *rule, double fixed, bool lower, results *out)
{
    results_scores s;
    *out = (results){0};
    status st = scores_of(path, rule, fixed, lower, &s);
    if (st)
        return st;
    if ((st = results_add(out, s.lists, s.n, s.rules, s.n_rules, NULL)))
        error_prefix("%s: ", path);
    out->texts = s.texts; /* which the rows point into */
    s.texts = (key_texts){0};
    results_scores_clear(&s);
    if (st)
        results_clear(out);
    return st;
}

status scores_runs(const char *path, text *out)
{
    static const char *const names[] = {"space", "d_total", "D",     "role",   "seed", "metric",
                                        "score", "data",    "model", "epochs", "lr"};
    scores s;
    status st = scores_open(path, false, &s);
    if (st)
        return st;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        csv_text(out, names[i]);
    csv_end(out);
    for (size_t i = 0; i < s.n; i++) {
        const line *l = &s.lines[i];
        bool full = !strcmp(l->space, "full");
        csv_text(out, l->space);
        csv_number(out, l->d);
        csv_text(out, "");
        csv_text(out, line_floor(l) ? "floor" : full ? "baseline" : "score");
        csv_number(out, l->seed);
        csv_text(out, "score");
        csv_number(out, l->score);
        csv_text(out, path);
        csv_text(out, "");
        csv_text(out, "");
        csv_number(out, l->lr);
        csv_end(out);
    }
    scores_clear(&s);
    return out->failed ? ERR_MEMORY : OK;
}
