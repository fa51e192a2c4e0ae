/* crossings.c -- see crossings.h. */
#include "base/mem.h"
#include "measure/crossings.h"
#include "measure/examples.h"

/* The seeds' own scores, in the order points, baseline, floor. */
static void crossings_plain(const d90_scores *in, double *score)
{
    const d90_point *lists[] = {in->points, in->baseline, in->floor};
    const size_t n[] = {in->n_points, in->n_baseline, in->n_floor};
    for (size_t l = 0; l < 3; l++)
        for (size_t i = 0; i < n[l]; i++)
            *score++ = lists[l][i].score;
}

static status crossings_again(crossings *x, curve *c, d90_rule rule, const examples *e)
{
    size_t cells;
    status st = size_mul(e->replicates, x->n, &cells);
    if (st)
        return st;
    if (!(x->again = mem_array(cells, sizeof *x->again)))
        return ERR_MEMORY;
    x->replicates = e->replicates;
    for (size_t b = 0; b < e->replicates; b++) {
        curve_load(c, examples_replicate(c->in, e, b));
        for (size_t k = 0; k < x->n; k++)
            curve_cross_seed(c, rule, k, &x->again[b * x->n + k]);
    }
    return OK;
}

status crossings_init(crossings *x, const d90_scores *in, d90_rule rule, bool again)
{
    curve c = {0};
    examples e = {0};
    double *score = NULL;
    *x = (crossings){0};
    status st = curve_init(&c, in);
    if (st || (again && (st = examples_init(&e, in))))
        goto done;
    st = ERR_MEMORY;
    examples plain = {.runs = in->n_points + in->n_baseline + in->n_floor};
    if (!(score = plain.score = mem_array(plain.runs, sizeof *score)) ||
        !(x->seeds = mem_array(c.n_seeds, sizeof *x->seeds)) ||
        !(x->x = mem_array(c.n_seeds, sizeof *x->x)) ||
        !(x->state = mem_array(c.n_seeds, sizeof *x->state)))
        goto done;
    st = OK;
    crossings_plain(in, score);
    curve_load(&c, examples_replicate(in, &plain, 0));
    if (!curve_measurable(&c, rule, curve_aim(&c, rule, SIZE_MAX)))
        goto done;
    x->n =
        c.n_seeds; /* a seed has a score, and means stand in for what it lacks: all cross somewhere */
    for (size_t k = 0; k < x->n; k++) {
        x->state[k] = curve_cross_seed(&c, rule, k, &x->x[k]);
        x->seeds[k] = c.seeds[k];
    }
    if (e.score)
        st = crossings_again(x, &c, rule, &e);
done:
    mem_free(score);
    examples_clear(&e);
    curve_clear(&c);
    if (st)
        crossings_clear(x);
    return st;
}

void crossings_clear(crossings *x)
{
    mem_free(x->seeds);
    mem_free(x->x);
    mem_free(x->state);
    mem_free(x->again);
    *x = (crossings){0};
}
