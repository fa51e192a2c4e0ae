/* optimiser.h -- rules that move z by its gradient, and schedules of their rate, behind two tables.
 *
 * An optimiser's step is called on ranges of z that share a rate and a decay (zlayout's tensors: LoRA+,
 * DoRA's magnitudes), in order; what it does to one number depends on that number's history alone. */
#ifndef TRAIN_OPTIMISER_H
#define TRAIN_OPTIMISER_H

#include "base/key.h"
#include "base/status.h"

typedef struct optimiser optimiser;

typedef struct optimiser_row {
    const char *name, *doc, *source, *example;
    unsigned revision;
    const key *keys; /* every row has lr and wd */
    size_t size;
    size_t slots; /* numbers kept per trained number: momentum 1, Adam 2 */
    /* One step on n numbers: t counts from 1; g is used times g_scale (clipping); lr and wd are this
     * range's. slot[i] (n) is the i-th kept array. */
    void (*step)(const optimiser *o, size_t t, double lr, double wd, double g_scale, size_t n,
                 real *restrict z, const real *restrict g, real *const *slot);
    /* The rate that full training's default grid is centred on, and whether a relative rate grows
     * with D/d or with its root (unit columns: Adam moves theta by lr sqrt(d) a step, SGD by lr). */
    double lr_centre;
    bool lr_linear;
} optimiser_row;

struct optimiser { /* first member of every kind */
    const optimiser_row *row;
    key_texts texts;
    double lr, wd;
};

extern const optimiser_row *const optimiser_rows[];
status optimiser_new(optimiser **o, const char *spec);
void optimiser_free(optimiser *o);

/* The canonical text of a spec with another lr: "adam:beta2=.99,lr=0.01". */
status optimiser_with_lr(const char *spec, double lr, char **out);

typedef struct schedule schedule;

typedef struct schedule_row {
    const char *name, *doc, *source, *example;
    unsigned revision;
    const key *keys;
    size_t size;
    /* The factor on lr for step t (from 0) of T, with `per_epoch` steps an epoch; after warm-up. */
    double (*factor)(const schedule *s, size_t t, size_t T, size_t per_epoch);
} schedule_row;

struct schedule {
    const schedule_row *row;
    key_texts texts;
    double warmup; /* share of T over which the factor rises linearly from 0; every row has it */
};

extern const schedule_row *const schedule_rows[];
status schedule_new(schedule **s, const char *spec);
void schedule_free(schedule *s);

/* The factor with warm-up: (t + 1) / W before step W, the row's after, on what is left. */
double schedule_factor(const schedule *s, size_t t, size_t T, size_t per_epoch);

#endif
