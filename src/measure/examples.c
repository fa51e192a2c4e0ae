/* examples.c -- see examples.h. A replicate's counts w_e are multinomial; a run's score is
 * sum_e w_e bit_e / n_test. Cost: replicates * runs * n_test byte products, which vectorise. */
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "measure/examples.h"

static const d90_point *examples_run(const d90_scores *in, size_t i)
{
    if (i < in->n_points)
        return &in->points[i];
    i -= in->n_points;
    return i < in->n_baseline ? &in->baseline[i] : &in->floor[i - in->n_baseline];
}

/* Are bits and score of the run at odds, or needed and absent? */
static bool examples_unfit(const d90_scores *in, size_t i)
{
    const d90_point *p = examples_run(in, i);
    if (!p->bits)
        return i < in->n_points + in->n_baseline && fabs(p->score) > 0;
    size_t hits = 0;
    for (size_t e = 0; e < in->n_test; e++)
        hits += p->bits[e / 8] >> (e % 8) & 1;
    return fabs((double)hits / (double)in->n_test - p->score) > 1e-6; /* a float's rounding */
}

static uint32_t examples_dot(const uint8_t *restrict w, const uint8_t *restrict hit, size_t n)
{
    uint32_t sum = 0;
    for (size_t e = 0; e < n; e++)
        sum += (uint32_t)(w[e] * hit[e]);
    return sum;
}

static void examples_draw(const examples *e, const d90_scores *in, uint8_t *w, const uint8_t *hits)
{
    const stream s = stream_make(in->seed, "bootstrap");
    const size_t n = in->n_test;
    for (size_t r = 0; r < e->replicates; r++) {
        memset(w, 0, n);
        for (size_t k = 0; k < n; k++) {
            uint8_t *place = &w[rng_below(&s, r * n + k, n)];
            *place = (uint8_t)(*place + (*place < UINT8_MAX)); /* mean 1: 255 is never met */
        }
        for (size_t i = 0; i < e->runs; i++) {
            const d90_point *p = examples_run(in, i);
            e->score[r * e->runs + i] =
                p->bits ? (double)examples_dot(w, hits + i * n, n) / (double)n : p->score;
        }
    }
}

status examples_init(examples *e, const d90_scores *in)
{
    *e = (examples){.replicates = in->replicates ? in->replicates : 2000,
                    .runs = in->n_points + in->n_baseline + in->n_floor};
    if (!in->n_test || in->n_test > UINT32_MAX || in->lower_is_better)
        return OK;
    for (size_t i = 0; i < e->runs; i++)
        if (examples_unfit(in, i))
            return OK;

    size_t cells = 0, bytes = 0;
    status st = size_mul(e->replicates, e->runs, &cells);
    if (!st)
        st = size_mul(e->runs, in->n_test, &bytes);
    if (st)
        return st;
    uint8_t *w = mem_array(in->n_test, 1), *hits = mem_array(bytes, 1);
    e->score = mem_array(cells, sizeof *e->score);
    if (!w || !hits || !e->score) {
        st = ERR_MEMORY;
        goto done;
    }
    for (size_t i = 0; i < e->runs; i++) {
        const uint8_t *bits = examples_run(in, i)->bits;
        for (size_t k = 0; bits && k < in->n_test; k++)
            hits[i * in->n_test + k] = bits[k / 8] >> (k % 8) & 1;
    }
    examples_draw(e, in, w, hits);
done:
    mem_free(w);
    mem_free(hits);
    if (st)
        examples_clear(e);
    return st;
}

void examples_clear(examples *e)
{
    mem_free(e->score);
    *e = (examples){0};
}

curve_values examples_replicate(const d90_scores *in, const examples *e, size_t r)
{
    const double *score = e->score + r * e->runs;
    return (curve_values){score, score + in->n_points, score + in->n_points + in->n_baseline};
}
