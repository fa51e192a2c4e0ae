/* d90.h -- the intrinsic dimension d90 of a network, from scores. Numbers in, numbers out.
 *
 *   s(d, seed)   score of one run with d trained numbers
 *   b, c         baseline (the full space) and floor (step 0; where a fresh head is trained beside, the head
 *                alone), of the seed itself where it has them
 *   t            what a score must pass, by one of the rules
 *                    raw       t = level b
 *                    gain      t = c + level (b - c);  a loss: t = b + (1 - level)(c - b), the same
 *                    absolute  t = level
 *                with b measured (own) or given (fixed). Passing is s > t, for a loss s < t.
 *
 *   d90_grid     smallest d of the grid whose mean score passes             (Li et al. 2018)
 *   d90_fit      smallest d where the isotonic fit of the mean on ln d reaches t
 *                of a search (first_stage): d90_seeds, the middle of the seeds' own crossings, since its
 *                seeds are scored at places of their own; d90_grid and the like are then not known
 *   d_p50        smallest d of the grid at which half of the seeds pass     (Larsen et al. 2022)
 *   auc          area under the mean score against ln d, divided by the range of ln d
 *   low, high    interval: Student's t on ln d of the seeds' own crossings (interval.h)
 *
 * A run that diverged must come in with the worst value of its metric: it is a result. NaN and Inf
 * are refused. No share of a loss is worth reaching, so raw rules are unmeasurable on a loss, as is every
 * rule where b - c is not at least four of its standard errors. */
#ifndef MEASURE_D90_H
#define MEASURE_D90_H

#include "base/status.h"

typedef enum d90_base { D90_OWN, D90_FIXED } d90_base;
typedef enum d90_kind { D90_RAW, D90_GAIN, D90_ABSOLUTE } d90_kind;

typedef struct d90_rule {
    d90_base base;
    d90_kind kind;
    double level; /* a share in (0,1]; D90_ABSOLUTE: t itself */
} d90_rule;

/* {own, fixed} x {raw, gain} x {.5 .8 .9 .95 .99}, and the headline where it is none of them. */
enum { D90_RULES = 21, D90_WORDS = 160 };

/* "own,raw,.9", "fixed,gain,.95", "absolute,.85"; parts at their default (own, `kind`, .9) may be left
 * out. ERR_USAGE. */
status d90_rule_parse(const char *text, d90_kind kind, d90_rule *rule);

/* The headline first, then the others; without `fixed` the fixed rules are left out. Returns how
 * many. */
size_t d90_rule_list(d90_rule headline, bool fixed, d90_rule out[D90_RULES]);

/* One run. In baseline and floor lists d is not read. */
typedef struct d90_point {
    double d; /* d_total, > 0 */
    uint64_t seed;
    double score;      /* last epoch */
    double score_best; /* at the epoch best on validation data; NaN: not known */
    double gain;       /* of the validation score over the last tenth of training, > 0 is better
                            whatever the metric's direction; NaN: not known */
    bool lr_edge;      /* its learning rate is the tuning grid's first or last */
    const uint8_t
        *bits; /* borrowed; bit i%8 of byte i/8: was test example i right? NULL: not known */
} d90_point;

typedef struct d90_scores {
    const char *space; /* named in rows and sentences; borrowed by the rows */
    const d90_point *points, *baseline, *floor;
    size_t n_points, n_baseline, n_floor; /* baseline, floor: at most one a seed, perhaps none */
    bool lower_is_better;
    double fixed;  /* the baseline of fixed rules; NaN: none */
    size_t n_test; /* bits of each run; 0: none. Used only where every run has them */
    /* What the seeds move, for rows and sentences: "all", "P", "theta0*P"; NULL: not known. A seed's
     * baseline is the one whose seed is its own & baseline_mask; 0: its own. So where P alone moves,
     * all seeds have one baseline, by design. crossed: seeds are pairs and no sample: no interval. */
    const char *vary;
    uint64_t first_seed, baseline_mask, floor_mask;
    bool crossed;
    size_t first_stage; /* seeds whose spread decided how many there are (search.h); 0: none did */
    size_t
        asks; /* for this space, that brought new seeds or d, the first too; copied to the rows */
    uint64_t seed;     /* of the bootstrap's stream */
    size_t replicates; /* 0: 2000 */
} d90_scores;

extern const char *const d90_state_text[4]; /* by idim_d90_state: "exact", "above", ... */

/* One row of d90.csv: one space, one rule. A double that is NaN or infinite is an empty cell. */
typedef struct d90_row {
    const char *space, *rule_base,
        *rule_kind; /* "own", "fixed", "none"; "raw", "gain", "absolute" */
    double level;
    const char *better;    /* "higher", "lower" */
    char words[D90_WORDS]; /* "own baseline, raw .9, d90_fit, 3 seeds" */
    double baseline, baseline_sd, floor,
        threshold; /* means over seeds; floor: NaN, none is known */
    size_t n_baseline, n_floor;
    idim_d90_state state; /* of d90_fit */
    double fit;           /* NaN unless exact, as the next two */
    idim_d90_state grid_state, p50_state;
    double grid, p50;
    double fit_best; /* d90_fit of score_best; NaN: not known for all runs, or not exact */
    double d_min, d_max;
    size_t n_d, n_seeds; /* grid; seeds with a score in it */
    double seed_mean;    /* exp(mean ln crossing of the seeds): the interval's middle */
    double seed_sd;      /* sd of ln crossing between seeds; NaN below 2 seeds */
    double low, high;    /* 95 %; NaN: fewer than 3 seeds; low 0: below; high INFINITY: above */
    double test_low, test_high; /* with the test set's own error; NaN: no bits */
    double test_se; /* standard error of mean ln crossing from the test set; NaN: no bits */
    double auc;
    double fall, fall_z; /* largest fall of the mean against monotony, in score; in its s.e. */
    double end_gain;     /* mean gain at the largest d that does not pass (else at d_min) */
    bool unfinished;     /* end_gain is more than two standard errors above 0 */
    size_t lr_edges;     /* d of the grid, and the baseline, whose rate lies at its grid's edge */
    size_t seeds_above, seeds_below; /* seeds that never cross; that pass everywhere */
    size_t seeds_partial;            /* seeds without a score at every d */
    size_t seeds_shared; /* seeds measured against the mean baseline or floor, having no own */
    bool few_seeds;      /* fewer than 3: no interval */
    size_t seeds_half;   /* seeds for an interval half as wide (in ln d); 0: not known */
    size_t asks;
    const char *vary;
    size_t first_seed, first_stage;
} d90_row;

/* rows[k] for rules[k]. ERR_USAGE: no points, a value that is not finite, d <= 0, (d, seed) or a
 * baseline's seed twice, a fixed rule without `fixed`; ERR_MEMORY. */
status d90_measure(const d90_scores *in, const d90_rule *rules, size_t n_rules, d90_row *rows);

/* The columns of d90.csv, and of other tables of this floor. */
typedef enum d90_type {
    D90_WORD,   /* const char * */
    D90_TEXT,   /* char[D90_WORDS] */
    D90_STATE,  /* idim_d90_state */
    D90_NUMBER, /* double; NaN, Inf: empty */
    D90_BOUND,  /* double > 0; NaN, Inf and 0: empty, D90_LIMIT says why */
    D90_OPEN, /* the word of a double's kind: "above", "below" (the infinities), "exact", "" (NaN) */
    D90_LIMIT, /* the word of a double's kind: "exact", "above" (INFINITY), "below" (0), "" (NaN) */
    D90_COUNT, /* size_t */
    D90_FLAG   /* bool: 0, 1 */
} d90_type;

typedef struct d90_column {
    const char *name;
    d90_type type;
    size_t offset; /* in the row: d90_row, or that of another table of columns */
    const char *unit, *doc;
} d90_column;

/* A row of such a table: D90_COLUMN(variance_row, "sd", D90_NUMBER, c.sd, "ln d", "of d90"). */
#define D90_COLUMN(struct_, name_, type_, field_, unit_, doc_)                                     \
    {                                                                                              \
        .name = name_, .type = type_, .offset = offsetof(struct_, field_), .unit = unit_,          \
        .doc = doc_                                                                                \
    }

extern const d90_column d90_columns[]; /* the last row is all zeros */

/* The cell's text: numbers read back exactly, in the C locale; not quoted. Returns out. */
const char *d90_cell(const void *row, const d90_column *column, char out[D90_WORDS]);

#endif
