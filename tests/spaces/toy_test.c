/* toy_test.c -- the toy problem of Li et al. 2018 in dense and fastfood spaces: what training through
 * lift, model, loss and pull reaches is the least-squares optimum of the closed form.
 *
 * outputs = A z, A_ij = sum over group i of column j; loss = |A z - b|^2 / 10, b = 1..10. Its least value
 * comes from the singular values of A (GSL), training from GSL's BFGS on our own loss and gradient. */
#include "tests/test.h"

#include <gsl/gsl_errno.h>
#include <gsl/gsl_linalg.h>
#include <gsl/gsl_multimin.h>

#include "spaces/space.h"

enum { D = 1000, GROUPS = 10, D_MOST = 12, SEEDS = 20 };

typedef struct toy {
    task *t;
    model *m;
    space *s;
    space_mem *mem;
    view v;
    batch_buffer b;
    real theta0[D], z[D_MOST], g_z[D_MOST], outputs[GROUPS], g_outputs[GROUPS];
} toy;

static void toy_open(toy *w, const char *kind, size_t d, uint64_t seed)
{
    static const uint32_t first = 0;
    char spec[64];
    memset(w, 0, sizeof *w);
    snprintf(spec, sizeof spec, "%s:d=%zu", kind, d);
    assert_ok(task_new(&w->t, "toy:n=1"));
    assert_ok(model_new(&w->m, "toy", w->t));
    assert_ok(space_new(&w->s, spec, &w->m->layout, w->theta0, stream_make(seed, "P")));
    assert_ok(space_mem_new(&w->mem, w->s));
    assert_ok(view_init(&w->v, &w->m->layout));
    assert_ok(batch_init(&w->b, w->t, 1));
    task_fetch(w->t, IDIM_SPLIT_TRAIN, &first, 1, 1, &w->b);
}

static void toy_close(toy *w)
{
    batch_clear(&w->b);
    view_clear(&w->v);
    space_mem_free(w->mem);
    space_free(w->s);
    model_free(w->m);
    task_free(w->t);
}

/* Loss at z; its gradient when g is not NULL. Everything that training calls, nothing else. */
static double toy_loss(toy *w, const gsl_vector *z, gsl_vector *g)
{
    const space *s = w->s;
    const real *zs = w->z;
    real *g_z = w->g_z;
    view *v = &w->v;
    pass p = {.mode = IDIM_TRAIN};
    idim_tally sum = {0};
    for (size_t j = 0; j < s->d; j++)
        w->z[j] = (real)gsl_vector_get(z, j);
    view_point(v, w->theta0, NULL);
    space_bind(1, &s, &w->mem, &zs, &g_z, &v);
    w->m->row->forward(w->m, v, &w->b.batch, &p, NULL, w->outputs);
    model_loss(w->m, v, &w->b.batch, &p, NULL, w->outputs, w->g_outputs, &sum, NULL);
    if (!g)
        return sum.loss;
    w->m->row->backward(w->m, v, &w->b.batch, &p, NULL, w->g_outputs);
    space_gather(1, &s, &w->mem, &zs, &g_z, &v);
    for (size_t j = 0; j < s->d; j++)
        gsl_vector_set(g, j, (double)w->g_z[j]);
    return sum.loss;
}

static double loss_of(const gsl_vector *z, void *w)
{
    return toy_loss(w, z, NULL);
}

static void gradient_of(const gsl_vector *z, void *w, gsl_vector *g)
{
    toy_loss(w, z, g);
}

static void both_of(const gsl_vector *z, void *w, double *loss, gsl_vector *g)
{
    *loss = toy_loss(w, z, g);
}

static double trained(toy *w)
{
    gsl_multimin_function_fdf f = {loss_of, gradient_of, both_of, w->s->d, w};
    gsl_vector *z = gsl_vector_calloc(w->s->d);
    gsl_multimin_fdfminimizer *m =
        gsl_multimin_fdfminimizer_alloc(gsl_multimin_fdfminimizer_vector_bfgs2, w->s->d);
    gsl_multimin_fdfminimizer_set(m, &f, z, 1, .1);
    for (int i = 0, stuck = 0; i < 3000 && stuck < 3; i++) {
        bool moved = !gsl_multimin_fdfminimizer_iterate(m);
        stuck = moved ? 0 : stuck + 1; /* at the end restarts change nothing any more */
        if (!moved)
            gsl_multimin_fdfminimizer_restart(m);
    }
    double loss = gsl_multimin_fdfminimizer_minimum(m);
    gsl_multimin_fdfminimizer_free(m);
    gsl_vector_free(z);
    return loss;
}

/* The least loss, and the rank of the group sums. */
static double closed_form(toy *w, size_t *rank)
{
    size_t d = w->s->d;
    gsl_matrix *A = gsl_matrix_calloc(D_MOST > GROUPS ? D_MOST : GROUPS, d);
    gsl_matrix *V = gsl_matrix_alloc(d, d);
    gsl_vector *sigma = gsl_vector_alloc(d), *work = gsl_vector_alloc(d);
    real z[D_MOST], theta[D];
    double loss = 0;
    for (size_t j = 0; j < d; j++) {
        memset(z, 0, sizeof z);
        z[j] = 1;
        space_lift(w->s, w->mem, z, theta);
        for (size_t i = 0; i < D; i++)
            *gsl_matrix_ptr(A, i / (D / GROUPS), j) += (double)theta[i];
    }
    gsl_linalg_SV_decomp(A, V, sigma, work);
    *rank = 0;
    for (size_t j = 0; j < d; j++)
        *rank += gsl_vector_get(sigma, j) > 1e-10 * gsl_vector_get(sigma, 0);
    for (size_t i = 0; i < GROUPS; i++) { /* what is left of b outside the span of A */
        double left = (double)(i + 1);
        for (size_t j = 0; j < *rank; j++) {
            double dot = 0;
            for (size_t k = 0; k < GROUPS; k++)
                dot += gsl_matrix_get(A, k, j) * (double)(k + 1);
            left -= dot * gsl_matrix_get(A, i, j);
        }
        loss += left * left / GROUPS;
    }
    gsl_matrix_free(A);
    gsl_matrix_free(V);
    gsl_vector_free(sigma);
    gsl_vector_free(work);
    return loss;
}

static void every_seed(const char *kind)
{
    double mean[D_MOST + 1] = {0};
    size_t lucky = 0;
    assert_ok(idim_start()); /* GSL reports by status */
    for (size_t d = 1; d <= D_MOST; d++)
        for (uint64_t seed = 1; seed <= SEEDS; seed++) {
            toy w;
            size_t rank;
            toy_open(&w, kind, d, seed);
            double best = closed_form(&w, &rank), got = trained(&w);
            assert_int_equal(rank, d < GROUPS ? d : GROUPS);
            assert_near(exp(-got), exp(-best), 1e-3);
            mean[d] += exp(-got) / SEEDS;
            lucky += d == 9 && exp(-got) > .9;
            toy_close(&w);
        }
    for (size_t d = 1; d < 10; d++)
        assert_true(mean[d] < .9);
    for (size_t d = 10; d <= D_MOST; d++)
        assert_true(mean[d] > .999);
    assert_true(lucky > 0 &&
                lucky < SEEDS); /* single seeds pass at d = 9: one seed is not enough */
}

static void dense_reaches_the_closed_form(void **state)
{
    every_seed("dense");
}

static void fastfood_reaches_the_closed_form(void **state)
{
    every_seed("fastfood");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        double_test(dense_reaches_the_closed_form),
        double_test(fastfood_reaches_the_closed_form),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
