/* answer.c -- see answer.h. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/kind.h"
#include "base/os.h"
#include "base/progress.h"
#include "data/data.h"
#include "experiments/answer.h"
#include "experiments/command.h"
#include "report/compare.h"
#include "report/ranks.h"
#include "report/terminal.h"
#include "report/words.h"
#include "spaces/space.h"

/* Measured by the papers' authors; own: with the baseline that they trained, as recomputed from their data
 * (fc: three seeds; of one seed 575); fixed: with a baseline of 1. 0: not given, or with another one. Their
 * LeNet with ties alone is another network than ours. */
static const struct {
    const char *data, *model, *paper;
    size_t D, fixed, own;
} published[] = {
    {"mnist", "fc", "Li et al. 2018", 199210, 750, 625},
    {"mnist", "lenet", "Li et al. 2018", 44426, 290, 275},
    {"mnist", "lenet", "Li et al. 2018", 286334, 600, 450},
    {"mnist", "lenet", "Li et al. 2018", 3640574, 2000, 1400},
    {"mnist:shuffle=pixels", "lenet", "Li et al. 2018", 44426, 1400, 750},
    {"cifar10", "lenet", "Li et al. 2018", 62006, 0, 2900},
    {"cifar10", "lenet", "Li et al. 2018", 658238, 0, 15000},
    {"toy", "toy", "Li et al. 2018", 1000, 10, 10},
};

void answer_published(const run_spec *run, size_t D, FILE *out)
{
    char kind[64], *data;
    const char *args;
    unsigned revision;
    if (key_kind(run->model, kind, sizeof kind, &args) ||
        kind_canonical("data set", run->data, (const void *const *)task_rows, true, &data,
                       &revision)) /* wherever its files lie */
        return;
    for (size_t i = 0; i < sizeof published / sizeof *published; i++) {
        char a[32], b[32];
        if (strcmp(data, published[i].data) || strcmp(kind, published[i].model) ||
            D != published[i].D)
            continue;
        fprintf(out, "  %s:", published[i].paper);
        if (published[i].fixed)
            fprintf(out, " %s (baseline 1.0)", count_text(published[i].fixed, a));
        if (published[i].own)
            fprintf(out, "%s %s (own baseline)", published[i].fixed ? "," : "",
                    count_text(published[i].own, b));
        fputc('\n', out);
    }
    mem_free(data);
}

/* Does the terminal read UTF-8? By the locale's names, as terminals set them. */
static bool speaks_utf8(void)
{
    static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *value = getenv(names[i]);
        if (value && *value)
            return strstr(value, "UTF-8") || strstr(value, "utf8") || strstr(value, "UTF8");
    }
    return false;
}

static void headline(const curves *c, const curve_space *s, text *t)
{
    char d90[WORDS], interval[WORDS];
    const d90_row *r = &s->row;
    words_d90(r, d90);
    words_interval(r, interval);
    if (c->n > 1)
        text_add(t, "%s: ", s->space);
    text_add(t, "d90 %s%s%s%s (", r->state == IDIM_EXACT ? "= " : "", d90,
             *interval ? ", 95 % " : "", interval);
    words_rule(c, r, t);
    text_add(t, ")\n  baseline %.4f", r->baseline);
    if (isfinite(r->floor))
        text_add(t, ", floor %.4f", r->floor);
    if (isfinite(r->threshold))
        text_add(t, ", threshold %.4f", r->threshold);
    if (r->state == IDIM_EXACT && r->grid_state == IDIM_EXACT)
        text_add(t, "; first d that passes: %g", r->grid);
    text_add(t, "\n");
}

/* Where nothing crosses: further. Where something does: what half the interval would cost; nothing, where
 * it is open, for more seeds do not close it. */
static void next_step(const curves *c, const curve_space *s, text *t)
{
    const d90_row *r = &s->row;
    /* a grid, and where they are the seed's own its baseline and floor */
    size_t per_seed = r->n_d + (r->n_baseline > 1) + (r->n_floor > 1);
    double least = ranks_swept(c, s, r->d_min), most = ranks_swept(c, s, r->d_max), to = 10 * most;
    const char *key_ = space_swept(s->space);
    if (key_ && !strcmp(key_, "d") && c->D > most && c->D < to)
        to = c->D;
    if (key_ && r->state == IDIM_ABOVE && isfinite(most))
        text_add(t, "  go on: --d %.0f..%.0f/log6\n", most, to);
    if (key_ && r->state == IDIM_BELOW && least > 1)
        text_add(t, "  go on: --d %.0f..%.0f/log6\n", ceil(least / 10), least);
    if (r->state == IDIM_EXACT && r->seeds_half && r->low > 0 && isfinite(r->high))
        text_add(t, "  an interval half as wide takes about %zu seeds: %zu more runs\n",
                 r->seeds_half, (r->seeds_half - r->n_seeds) * per_seed);
}

void answer_words(const char *words, FILE *out)
{
    for (const char *line = words, *stop; *line; line = stop + 1) {
        text one = {0}, lines = {0};
        int indent = (int)strspn(line, " ");
        stop = strchr(line, '\n'); /* every line has one */
        text_bytes(&one, line + indent, (size_t)(stop - line) - (size_t)indent);
        key_wrapped(one.text ? one.text : "", (size_t)indent + 2, 80, &lines);
        fprintf(out, "%*s%s", indent, "", lines.text ? lines.text : "\n");
        text_clear(&one);
        text_clear(&lines);
    }
}

status answer_folder(const char *path, bool title, FILE *out)
{
    curves c;
    compare other;
    text t = {0}, words = {0};
    char D[WORDS];
    size_t columns = os_columns();
    terminal_look look = {
        .columns = columns < 80 ? columns : 80, .utf8 = speaks_utf8(), .colour = log_colour(out)};
    status st = curves_load(&c, path);
    if (st)
        return st;
    if ((st = compare_load(&other, path))) {
        curves_clear(&c);
        return st;
    }
    if (title && *c.data && isfinite(c.D))
        text_add(&t, "%s, %s, D = %s\n", c.data, c.model, words_count(c.D, D));
    for (size_t i = 0; i < c.n; i++) {
        if (c.n > 1)
            text_add(&t, "%s\n", c.spaces[i].space);
        terminal_curve(&c.spaces[i], look, &t);
    }
    for (size_t i = 0; i < c.n; i++) {
        headline(&c, &c.spaces[i], &words);
        words_flags(&c, &c.spaces[i].row, "  note: ", "\n", &words);
        next_step(&c, &c.spaces[i], &words);
    }
    compare_sources(&other, "  ", "\n", &words);
    compare_pairs(&other, "  ", "\n", &words);
    if (t.failed || words.failed)
        st = ERR_MEMORY;
    else {
        fputs(t.text ? t.text : "", out);
        answer_words(words.text ? words.text : "", out);
    }
    text_clear(&t);
    text_clear(&words);
    compare_clear(&other);
    curves_clear(&c);
    return st;
}
