/* toy.c -- the model of Li et al.'s toy problem: a vector of D numbers in equal groups, and the sum of
 * each group as its output.  outputs_i = sum of theta over group i;  theta0 = 0. */
#include <string.h>

#include "models/model.h"

typedef struct toy {
    model base;
    size_t D;
} toy;

static const key keys[] = {
    KEY("D", toy, D, "1000", 1, 1e9, "numbers", "native parameters, a multiple of the outputs"),
    {0},
};

static status toy_init(model *base)
{
    toy *m = (toy *)base;
    size_t groups = base->task->n_outputs;
    if (m->D % groups)
        return error_set(ERR_USAGE, "D=%zu is no multiple of the %zu outputs of %s", m->D, groups,
                         base->task->row->name);
    base->n_outputs = groups;
    return idim_model_tensor(base, "theta", "head", 0, 1, &m->D);
}

static void toy_theta0(const model *base, const stream *s, real *theta0)
{
    (void)s;
    memset(theta0, 0, base->layout.n * sizeof *theta0);
}

static size_t toy_work(const model *base, const view *v, size_t n, idim_mode mode)
{
    (void)base;
    (void)v;
    (void)n;
    (void)mode;
    return 0;
}

static void toy_forward(const model *base, const view *v, const batch *b, const pass *pass_,
                        void *work, real *outputs)
{
    const real *theta = v->slots[0].value;
    size_t groups = base->n_outputs, size = base->layout.n / groups;
    (void)pass_;
    (void)work;
    for (size_t i = 0; i < groups; i++) {
        double sum = 0;
        for (size_t k = 0; k < size; k++)
            sum += (double)theta[i * size + k];
        for (size_t j = 0; j < b->n; j++) /* there is no input: all samples are alike */
            outputs[j * groups + i] = (real)sum * v->slots[0].scale;
    }
}

static void toy_backward(const model *base, const view *v, const batch *b, const pass *pass_,
                         void *work, const real *g_outputs)
{
    real *grad = v->slots[0].grad;
    size_t groups = base->n_outputs, size = base->layout.n / groups;
    (void)pass_;
    (void)work;
    if (!grad)
        return;
    for (size_t i = 0; i < groups; i++) {
        real g = 0;
        for (size_t j = 0; j < b->n; j++)
            g += g_outputs[j * groups + i] * v->slots[0].scale;
        for (size_t k = 0; k < size; k++)
            grad[i * size + k] += g;
    }
}

const model_row model_toy = {
    .name = "toy",
    .doc = "group sums of a vector, for the toy problem",
    .source = "Li et al. 2018, section 2",
    .example = "toy:D=30",
    .revision = 1,
    .keys = keys,
    .size = sizeof(toy),
    .init = toy_init,
    .theta0 = toy_theta0,
    .work = toy_work,
    .forward = toy_forward,
    .backward = toy_backward,
};
