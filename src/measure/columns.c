/* columns.c -- the columns of d90.csv: one table for the writer, the docs and the tests. */
#include <math.h>
#include <stdio.h>

#include "base/key.h"
#include "measure/d90.h"

const char *const d90_state_text[4] = {"exact", "above", "below", "unmeasurable"};

#define COLUMN(...) D90_COLUMN(d90_row, __VA_ARGS__)

const d90_column d90_columns[] = {
    COLUMN("space", D90_WORD, space, "", "which space's sweep"),
    COLUMN("baseline_rule", D90_WORD, rule_base, "", "own: measured here; fixed: given; none"),
    COLUMN("threshold_rule", D90_WORD, rule_kind, "", "raw, gain or absolute"),
    COLUMN("level", D90_NUMBER, level, "", "share; for absolute the score to pass"),
    COLUMN("better", D90_WORD, better, "", "higher or lower: which scores are better"),
    COLUMN("rule", D90_TEXT, words, "", "the rule in words"),
    COLUMN("baseline", D90_NUMBER, baseline, "score", "b: mean over seeds, or the fixed one"),
    COLUMN("baseline_sd", D90_NUMBER, baseline_sd, "score", "between seeds"),
    COLUMN("baseline_seeds", D90_COUNT, n_baseline, "seeds", "of the baseline"),
    COLUMN("floor", D90_NUMBER, floor, "score", "c: mean at step 0, or of the head alone"),
    COLUMN("floor_seeds", D90_COUNT, n_floor, "seeds", "of the floor"),
    COLUMN("threshold", D90_NUMBER, threshold, "score", "t, from mean baseline and floor"),
    COLUMN("d90_state", D90_STATE, state, "",
           "of d90_fit: exact, above d_max, below d_min, unmeasurable"),
    COLUMN("d90_fit", D90_NUMBER, fit, "numbers", "where the isotonic fit of the mean reaches t"),
    COLUMN("d90_low", D90_BOUND, low, "numbers", "95 % interval over seeds, from 3 seeds up"),
    COLUMN("d90_low_state", D90_LIMIT, low, "", "exact, or below: a seed passes at d_min"),
    COLUMN("d90_high", D90_BOUND, high, "numbers", "the upper end"),
    COLUMN("d90_high_state", D90_LIMIT, high, "", "exact, or above: a seed never crosses"),
    COLUMN("d90_test_low", D90_BOUND, test_low, "numbers",
           "the same with the test set's own error"),
    COLUMN("d90_test_low_state", D90_LIMIT, test_low, "", "as d90_low_state"),
    COLUMN("d90_test_high", D90_BOUND, test_high, "numbers", "the upper end"),
    COLUMN("d90_test_high_state", D90_LIMIT, test_high, "", "as d90_high_state"),
    COLUMN("test_se", D90_NUMBER, test_se, "ln d", "standard error that the test set adds"),
    COLUMN("d90_grid_state", D90_STATE, grid_state, "", "of d90_grid; below: d_min passes"),
    COLUMN("d90_grid", D90_NUMBER, grid, "numbers", "smallest d of the grid whose mean passes"),
    COLUMN("d_p50_state", D90_STATE, p50_state, "", "of d_p50"),
    COLUMN("d_p50", D90_NUMBER, p50, "numbers",
           "smallest d of the grid where half of the seeds pass"),
    COLUMN("d90_fit_best", D90_NUMBER, fit_best, "numbers", "d90_fit of score_best"),
    COLUMN("d_min", D90_NUMBER, d_min, "numbers", "smallest d of the grid"),
    COLUMN("d_max", D90_NUMBER, d_max, "numbers", "largest d of the grid"),
    COLUMN("grid_points", D90_COUNT, n_d, "", "how many d"),
    COLUMN("seeds", D90_COUNT, n_seeds, "seeds", "of the scores"),
    COLUMN("d90_seeds", D90_NUMBER, seed_mean, "numbers", "geometric mean of the seeds' crossings"),
    COLUMN("d90_seeds_sd", D90_NUMBER, seed_sd, "ln d", "between seeds"),
    COLUMN("auc", D90_NUMBER, auc, "score", "area under the mean against ln d over its range"),
    COLUMN("fall", D90_NUMBER, fall, "score", "largest fall of the mean as d grows"),
    COLUMN("fall_z", D90_NUMBER, fall_z, "standard errors", "of that fall"),
    COLUMN("end_gain", D90_NUMBER, end_gain, "score",
           "over the last tenth, at the largest d that fails"),
    COLUMN("unfinished", D90_FLAG, unfinished, "", "end_gain is over two standard errors"),
    COLUMN("lr_edges", D90_COUNT, lr_edges, "",
           "d (and baseline) with the rate at its grid's edge"),
    COLUMN("seeds_above", D90_COUNT, seeds_above, "seeds", "that never cross"),
    COLUMN("seeds_below", D90_COUNT, seeds_below, "seeds", "that pass everywhere"),
    COLUMN("seeds_partial", D90_COUNT, seeds_partial, "seeds", "without a score at every d"),
    COLUMN("seeds_shared", D90_COUNT, seeds_shared, "seeds",
           "without a baseline or floor of their own"),
    COLUMN("few_seeds", D90_FLAG, few_seeds, "", "fewer than 3: no interval"),
    COLUMN("seeds_half", D90_COUNT, seeds_half, "seeds",
           "for an interval half as wide; 0: not known"),
    COLUMN("asks", D90_COUNT, asks, "",
           "asks for this space that brought new seeds or d; 1: the first alone"),
    COLUMN("vary", D90_WORD, vary, "", "what the seeds move: all, or of theta0, P, data"),
    COLUMN("first_seed", D90_COUNT, first_seed, "", "where sources that do not move stay"),
    COLUMN("first_stage", D90_COUNT, first_stage, "seeds",
           "of a search, d90_seeds_sd is theirs; 0: of a fixed design"),
    {0},
};

static const char *columns_limit(double x)
{
    return isnan(x) ? "" : isinf(x) ? "above" : x > 0 ? "exact" : "below";
}

static void columns_number(double x, char out[D90_WORDS])
{
    out[0] = '\0';
    if (isfinite(x))
        key_number_text(x, out);
}

const char *d90_cell(const void *row, const d90_column *column, char out[D90_WORDS])
{
    const void *field = (const char *)row + column->offset;
    double x = 0;
    switch (column->type) { /* by type, not by column: a new column is a new row alone */
    case D90_WORD:
        snprintf(out, D90_WORDS, "%s", *(const char *const *)field);
        break;
    case D90_TEXT:
        snprintf(out, D90_WORDS, "%s", (const char *)field);
        break;
    case D90_STATE:
        snprintf(out, D90_WORDS, "%s", d90_state_text[*(const idim_d90_state *)field]);
        break;
    case D90_NUMBER:
        columns_number(*(const double *)field, out);
        break;
    case D90_BOUND:
        x = *(const double *)field;
        columns_number(x > 0 ? x : (double)NAN, out);
        break;
    case D90_OPEN:
        x = *(const double *)field;
        snprintf(out, D90_WORDS, "%s",
                 isnan(x)   ? ""
                 : isinf(x) ? x > 0 ? "above" : "below"
                            : "exact");
        break;
    case D90_LIMIT:
        x = *(const double *)field;
        snprintf(out, D90_WORDS, "%s", columns_limit(x));
        break;
    case D90_COUNT:
        snprintf(out, D90_WORDS, "%zu", *(const size_t *)field);
        break;
    case D90_FLAG:
        snprintf(out, D90_WORDS, "%d", *(const bool *)field);
        break;
    }
    return out;
}
