/* answer.c -- see answer.h. */
#include <math.h>
#include <string.h>

#include "experiments/answer.h"
#include "experiments/command.h"

/* Measured by the papers' authors; own: with the baseline that they trained, as recomputed from their
 * data. 0: not given. */
static const struct {
    const char *data, *model, *paper;
    size_t D, fixed, own;
} published[] = {
    {"mnist", "fc", "Li et al. 2018", 199210, 750, 0},
    {"mnist", "lenet", "Li et al. 2018", 44426, 290, 275},
    {"mnist:shuffle=pixels", "lenet", "Li et al. 2018", 44426, 1400, 750},
    {"cifar10", "lenet", "Li et al. 2018", 62006, 0, 2900},
    {"toy", "toy", "Li et al. 2018", 1000, 10, 10},
};

/* "312", "1,250": people read no digits that are not known. */
static const char *number(double x, char out[32])
{
    if (x < 100)
        snprintf(out, 32, "%.3g", x);
    else
        count_text((size_t)(x + .5), out);
    return out;
}

static void interval(const d90_row *r, FILE *out)
{
    char low[32], high[32], d_min[32], d_max[32];
    if (isnan(r->low) && isnan(r->high)) {
        fprintf(out, ", no interval from %zu seed%s", r->n_seeds, r->n_seeds == 1 ? "" : "s");
        return;
    }
    number(r->low, low);
    number(r->high, high);
    fprintf(out, ", 95 %% %s%s .. %s%s", r->low > 0 ? "" : "< ",
            r->low > 0 ? low : number(r->d_min, d_min), isinf(r->high) ? "> " : "",
            isinf(r->high) ? number(r->d_max, d_max) : high);
}

void answer_headline(const d90_row *r, const run_spec *run, bool several, FILE *out)
{
    char d[32], budget[64] = "";
    const char *word = r->level > .9 || r->level < .9 ? "d at this level" : "d90";
    if (run && run->steps)
        snprintf(budget, sizeof budget, ", %zu steps", run->steps);
    else if (run)
        snprintf(budget, sizeof budget, ", %zu epochs", run->epochs);
    if (several)
        fprintf(out, "%s: ", r->space);
    if (r->state == IDIM_EXACT) {
        fprintf(out, "%s = %s", word, number(r->fit, d));
        interval(r, out);
    } else if (r->state == IDIM_ABOVE) {
        fprintf(out, "%s > %s, the largest d that was tried", word, number(r->d_max, d));
    } else if (r->state == IDIM_BELOW) {
        fprintf(out, "%s < %s, the smallest d that was tried", word, number(r->d_min, d));
    } else {
        fprintf(out, "%s cannot be measured: baseline and floor are too near for this rule", word);
    }
    fprintf(out, " (%s%s)\n", r->words, budget);
    fprintf(out, "  baseline %.4f", r->baseline);
    if (isfinite(r->floor))
        fprintf(out, ", floor %.4f", r->floor);
    if (isfinite(r->threshold))
        fprintf(out, ", threshold %.4f", r->threshold);
    if (r->state == IDIM_EXACT && r->grid_state == IDIM_EXACT)
        fprintf(out, "; first d of the grid that passes: %s", number(r->grid, d));
    fputc('\n', out);
}

void answer_published(const run_spec *run, size_t D, FILE *out)
{
    char kind[64];
    const char *args;
    if (key_kind(run->model, kind, sizeof kind, &args))
        return;
    for (size_t i = 0; i < sizeof published / sizeof *published; i++) {
        char a[32], b[32];
        if (strcmp(run->data, published[i].data) || strcmp(kind, published[i].model) ||
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
}

void answer_flags(const d90_row *r, FILE *out)
{
    char d[32], more[32];
    if (r->state == IDIM_ABOVE)
        fprintf(out, "  go on: --d %s..%s/log6\n", key_number_text(r->d_max, d),
                key_number_text(10 * r->d_max, more));
    if (r->state == IDIM_BELOW)
        fprintf(out, "  go on: --d %s..%s/log6\n", key_number_text(ceil(r->d_min / 10), more),
                key_number_text(r->d_min, d));
    if (r->unfinished)
        fprintf(out, "  note: training was still improving at its end; more --epochs lower d90\n");
    if (r->fall_z > 3)
        fprintf(out,
                "  note: the score falls by %.4f as d grows (%.1f standard errors); look at the "
                "rates\n",
                r->fall, r->fall_z);
    if (r->lr_edges)
        fprintf(out, "  note: at %zu places the best rate is its grid's last; widen --lr\n",
                r->lr_edges);
    if (r->seeds_above && r->state == IDIM_EXACT)
        fprintf(out, "  note: %zu of %zu seeds never pass\n", r->seeds_above, r->n_seeds);
    if (r->seeds_partial)
        fprintf(out, "  note: %zu of %zu seeds have no score at some d\n", r->seeds_partial,
                r->n_seeds);
    if (r->asks > 1)
        fprintf(out, "  note: seeds or d were added %zu times after a result was seen\n",
                r->asks - 1);
    if (r->seeds_half && r->state == IDIM_EXACT)
        fprintf(out, "  an interval half as wide takes about %zu seeds\n", r->seeds_half);
}
