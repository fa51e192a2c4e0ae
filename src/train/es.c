/* es.c -- evolution strategies on z: returns of perturbed policies say where to go, no gradient is formed.
 *
 *   z_i+- = z +- sigma e_i,   e_i ~ N(0, I_d),   i = 1 .. batch / 2
 *   g_z   = -1 / (batch sigma) sum_i (u_i+ - u_i-) e_i
 *
 * u: ranks of all returns, centred, from -1/2 to 1/2, equal returns sharing theirs; both policies of a pair play
 * the same episodes. The optimiser goes on as with any gradient.
 * Source: Salimans et al., arXiv 1703.03864; Li et al. 2018, section 3.3 (in the subspace, as here). */
#include <gsl/gsl_sort.h>
#include <string.h>

#include "base/mem.h"
#include "train/trainer.h"

typedef struct es {
    trainer base;
    double sigma;
    size_t episodes;
} es;

typedef struct scratch {
    view view;
    real *theta, *e, *z;    /* (layout.n) (d) (d) */
    double *returns, *rank; /* (batch) of perturbed policies */
    size_t *order;
} scratch;

static const key keys[] = {
    KEY("sigma", es, sigma, ".1", 1e-12, 1e6, "", "sd of the perturbations of z"),
    KEY("episodes", es, episodes, "1", 1, 500, "episodes", "that each perturbed policy plays"),
    {0},
};

static size_t pairs_of(const train_plan *plan)
{
    return plan->batch < 2 ? 1 : plan->batch / 2;
}

static status es_start(const trainer *tr, learner *l)
{
    const size_t n = 2 * pairs_of(l->plan);
    scratch *s = l->own = mem_array(1, sizeof *s);
    status st;
    (void)tr;
    if (!s)
        return ERR_MEMORY;
    if ((st = view_init(&s->view, &l->plan->model->layout)))
        return st;
    s->theta = mem_array(l->plan->model->layout.n, sizeof *s->theta);
    s->e = mem_array(l->space->d, sizeof *s->e);
    s->z = mem_array(l->space->d, sizeof *s->z);
    s->returns = mem_array(n, sizeof *s->returns);
    s->rank = mem_array(n, sizeof *s->rank);
    s->order = mem_array(n, sizeof *s->order);
    return s->theta && s->e && s->z && s->returns && s->rank && s->order ? OK : ERR_MEMORY;
}

static void es_end(learner *l)
{
    scratch *s = l->own;
    if (!s)
        return;
    view_clear(&s->view);
    mem_free(s->theta);
    mem_free(s->e);
    mem_free(s->z);
    mem_free(s->returns);
    mem_free(s->rank);
    mem_free(s->order);
    mem_free(s);
}

/* Mean return of the policy at z + by e in the episodes of a stream. */
static double es_return(const es *tr, learner *l, double by, const stream *plays)
{
    scratch *s = l->own;
    const pass ps = {.mode = IDIM_EVAL, .pool = (idim_pool *)l->plan->pool};
    for (size_t j = 0; j < l->space->d; j++)
        s->z[j] = l->z[j] + (real)by * s->e[j];
    space_merge(l->space, l->mem, s->z, s->theta);
    view_point(&s->view, s->theta, NULL);
    return episodes_play(l->play, l->plan->task, l->plan->model, &s->view, &ps, plays,
                         tr->episodes) /
           (double)tr->episodes;
}

/* Returns become centred ranks; equal ones share the mean of theirs. */
static void centred_ranks(double *x, size_t n, size_t *order, double *rank)
{
    gsl_sort_index(order, x, 1, n);
    for (size_t i = 0, j; i < n; i = j) {
        for (j = i + 1; j < n && x[order[j]] == x[order[i]];)
            j++;
        for (size_t k = i; k < j; k++)
            rank[order[k]] = (double)(i + j - 1) / 2 / (double)(n - 1) - .5;
    }
}

static bool es_gradient(const trainer *base, learner *l, idim_tally *tally)
{
    const es *tr = (const es *)base;
    const size_t pairs = pairs_of(l->plan), d = l->space->d;
    const stream step = stream_sub(&l->plan->order, l->step);
    const stream noise = stream_named(&step, "perturbations");
    const stream plays = stream_named(&step, "episodes");
    scratch *s = l->own;
    for (size_t i = 0; i < pairs; i++) {
        const stream e = stream_sub(&noise, i), play = stream_sub(&plays, i);
        rng_normals(&e, 0, d, s->e);
        s->returns[2 * i] = es_return(tr, l, tr->sigma, &play);
        s->returns[2 * i + 1] = es_return(tr, l, -tr->sigma, &play);
    }
    for (size_t i = 0; i < 2 * pairs; i++)
        tally->loss += s->returns[i];
    tally->n += 2 * pairs;
    centred_ranks(s->returns, 2 * pairs, s->order, s->rank);
    memset(l->g_z, 0, d * sizeof *l->g_z);
    for (size_t i = 0; i < pairs; i++) {
        const stream e = stream_sub(&noise, i);
        const double u = (s->rank[2 * i] - s->rank[2 * i + 1]) / (2 * (double)pairs * tr->sigma);
        rng_normals(&e, 0, d, s->e); /* the same again */
        for (size_t j = 0; j < d; j++)
            l->g_z[j] -= (real)(u * (double)s->e[j]);
    }
    return true;
}

const trainer_row trainer_es = {
    .name = "es",
    .doc = "evolution strategies: returns of perturbed policies, in an environment",
    .source = "Salimans et al., arXiv 1703.03864",
    .example = "es:sigma=.2",
    .revision = 1,
    .keys = keys,
    .size = sizeof(es),
    .start = es_start,
    .end = es_end,
    .gradient = es_gradient,
    .whole = true,
};
