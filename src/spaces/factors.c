/* factors.c -- see factors.h. */
#include <math.h>
#include <string.h>

#include "linalg/linalg.h"
#include "linalg/svd.h"
#include "spaces/factors.h"

/* One tensor as a matrix. */
static status factor_shape(space *s, size_t k, const factors_ask *ask, factor *f)
{
    const tensor *t = &s->layout->tensors[k];
    const char *kind = s->ops->name;
    if (!t->shape[1])
        return error_set(ERR_USAGE,
                         "%s: targets=%s: %s has one dimension and no rank; name the matrices "
                         "alone (targets=linear, a name, a \"pattern\"), and train it beside with "
                         "++full:targets=%s",
                         kind, s->targets, t->name, t->name);
    if (t->shape[2] || t->bare) {
        s->lifted = true;
        if (ask->drop > 0)
            return error_set(
                ERR_USAGE,
                "%s: drop=%g: %s can only be lifted as a whole (its layer takes matrices "
                "without low-rank paths), which leaves no place for dropout; drop=0, or other "
                "targets",
                kind, ask->drop, t->name);
    }
    f->out = t->shape[0];
    f->in = t->n / t->shape[0];
    f->s = 1;
    return OK;
}

static size_t factor_rank(const factor *f)
{
    return f->out < f->in ? f->out : f->in;
}

/* r and s of each; a rank is refused where it is above all matrices that it is for. */
static status factor_ranks(const space *s, const factors_ask *ask, const double *r,
                           const double *alpha, factor *f)
{
    for (size_t k = 0; k < s->layout->n_tensors; k++) {
        size_t most = 0;
        if (r[k] != floor(r[k]))
            return error_set(ERR_USAGE, "%s: r=%s: a rank is a whole number", s->ops->name, ask->r);
        for (size_t i = 0; i < s->layout->n_tensors; i++)
            if (r[i] == r[k] && factor_rank(&f[i]) > most)
                most = factor_rank(&f[i]);
        f[k].r = (size_t)r[k];
        if (f[k].r > most)
            return error_set(ERR_USAGE,
                             "%s: r=%zu is more than the rank %zu of its largest tensor; lower r",
                             s->ops->name, f[k].r, most);
        double by[] = {
            [FACTOR_PLAIN] = (double)f[k].r, [FACTOR_RS] = sqrt((double)f[k].r), [FACTOR_ONE] = 1};
        if (ask->alpha)
            f[k].s = alpha[k] / by[ask->scale];
    }
    return OK;
}

status factors_init(factors *f, space *s, const factors_ask *ask)
{
    size_t n = s->layout->n_tensors;
    double *r = mem_array(n, sizeof *r), *alpha = mem_array(n, sizeof *alpha);
    *f = (factors){.each = mem_array(n, sizeof *f->each), .drop = ask->drop};
    status st = f->each && r && alpha ? OK : ERR_MEMORY;
    for (size_t k = 0; k < n && !st; k++)
        st = factor_shape(s, k, ask, &f->each[k]);
    if (!st && ask->r && !(st = space_map(s, "r", ask->r, r)) &&
        !(st = ask->alpha ? space_map(s, "alpha", ask->alpha, alpha) : OK))
        st = factor_ranks(s, ask, r, alpha, f->each);
    mem_free(r);
    mem_free(alpha);
    return st;
}

/* ------------------------------------------------------------------ parts */

/* Rows and columns (0: a vector). */
static void part_shape(const factor *f, factor_part what, size_t shape[2])
{
    const size_t shapes[FACTOR_PARTS][2] = {
        [FACTOR_A] = {f->r, f->in}, [FACTOR_B] = {f->out, f->r}, [FACTOR_R] = {f->r, f->r},
        [FACTOR_M] = {f->r, 0},     [FACTOR_E] = {f->out, 0},    [FACTOR_C] = {f->out, 0},
    };
    memcpy(shape, shapes[what], 2 * sizeof *shape);
}

/* Behind the `all` numbers before it. */
static status part_place(factor *f, factor_part what, size_t *all, size_t *n)
{
    size_t shape[2];
    part_shape(f, what, shape);
    f->at[what] = *all;
    status st = size_mul(shape[0], shape[1] ? shape[1] : 1, n);
    return st ? st : size_add(*all, *n, all);
}

static status part_trained(factors *f, space *s, size_t k, const factors_part *p)
{
    const tensor *of = &s->layout->tensors[k];
    char **texts = f->texts + f->n_texts;
    tensor *t = &f->tensors[s->zlayout.n_tensors++];
    *t = (tensor){.offset = s->d,
                  .layer = of->layer,
                  .decay = !p->undecayed,
                  .lr_factor = p->rate > 0 ? p->rate : 1};
    t->name = texts[0] = mem_printf("%s.%s", of->name, p->name);
    t->roles = texts[1] = mem_printf("%s+%s", p->name, of->roles);
    f->n_texts += 2;
    if (!texts[0] || !texts[1])
        return ERR_MEMORY;
    part_shape(&f->each[k], p->what, t->shape);
    return part_place(&f->each[k], p->what, &s->d, &t->n);
}

status factors_parts(factors *f, space *s, const factors_part *parts, size_t n, size_t more)
{
    size_t count = s->layout->n_tensors, frozen = 0, one;
    status st = OK;
    f->tensors = mem_array(n * count, sizeof *f->tensors);
    f->texts = mem_array(2 * n * count, sizeof *f->texts);
    if (!f->tensors || !f->texts)
        return ERR_MEMORY;
    s->d = 0;
    s->zlayout = (layout){.tensors = f->tensors};
    for (size_t k = 0; k < count; k++)
        for (size_t i = 0; i < n && !st; i++)
            if (!parts[i].frozen)
                st = part_trained(f, s, k, &parts[i]);
    s->zlayout.n = s->d;
    for (size_t i = 0; i < n; i++) {
        f->how[parts[i].what] = parts[i].frozen ? FACTOR_FROZEN : FACTOR_TRAINED;
        for (size_t k = 0; k < count && !st && parts[i].frozen; k++)
            st = part_place(&f->each[k], parts[i].what, &frozen, &one);
    }
    if (st || (st = size_add(frozen, more, &frozen)) ||
        (st = space_needs(s, ((double)s->d + (double)frozen) * sizeof(real),
                          "its factors at step 0", "lower r, or select fewer tensors by targets=")))
        return st;
    s->z0 = f->z0 = mem_array(s->d, sizeof *f->z0);
    f->frozen = mem_array(frozen, sizeof *f->frozen);
    return f->z0 && f->frozen ? OK : ERR_MEMORY;
}

real *factors_start(const factors *f, size_t k, factor_part what)
{
    return (f->how[what] == FACTOR_FROZEN ? f->frozen : f->z0) + f->each[k].at[what];
}

const real *factors_at(const factors *f, const real *z, size_t k, factor_part what)
{
    return (f->how[what] == FACTOR_FROZEN ? f->frozen : z) + f->each[k].at[what];
}

real *factors_grad(const factors *f, real *g_z, size_t k, factor_part what)
{
    return f->how[what] == FACTOR_TRAINED ? g_z + f->each[k].at[what] : NULL;
}

void factors_clear(factors *f)
{
    while (f->n_texts > 0)
        mem_free(f->texts[--f->n_texts]);
    mem_free(f->texts);
    mem_free(f->tensors);
    mem_free(f->each);
    mem_free(f->z0);
    mem_free(f->frozen);
}

/* ------------------------------------------------------------------ products */

void factor_kaiming(const factor *f, const stream *s, real *A)
{
    double reach = 1 / sqrt((double)f->in);
    rng_uniforms(s, 0, f->r * f->in, A);
    for (size_t i = 0; i < f->r * f->in; i++)
        A[i] = (real)((2 * (double)A[i] - 1) * reach);
}

status factor_svd(const space *s, size_t k, const factor *f, size_t first, real *U, real *values,
                  real *Vt)
{
    const tensor *t = &s->layout->tensors[k];
    size_t most = factor_rank(f);
    real *all_U = mem_array(f->out, most * sizeof *all_U);
    real *all = mem_array(most, sizeof *all), *all_Vt = mem_array(most, f->in * sizeof *all_Vt);
    status st = all_U && all && all_Vt ? OK : ERR_MEMORY;
    if (!st && (st = svd_thin(f->out, f->in, s->theta0 + t->offset, f->in, all_U, all, all_Vt)))
        error_prefix("%s: %s: ", s->ops->name, t->name);
    for (size_t i = 0; i < f->out && !st; i++)
        memcpy(U + i * f->r, all_U + i * most + first, f->r * sizeof *U);
    if (!st) {
        memcpy(values, all + first, f->r * sizeof *values);
        memcpy(Vt, all_Vt + first * f->in, f->r * f->in * sizeof *Vt);
    }
    mem_free(all_U);
    mem_free(all);
    mem_free(all_Vt);
    return st;
}

void factor_lift(const factor *f, const real *A, size_t lda, const real *B, size_t ldb, real *W)
{
    mat_gemm(false, false, f->out, f->in, f->r, (real)f->s, B, ldb, A, lda, 1, W, f->in);
}

void factor_pull(const factor *f, const real *A, size_t lda, const real *B, size_t ldb,
                 const real *g_W, real *g_A, real *g_B)
{
    if (g_A)
        mat_gemm(true, false, f->r, f->in, f->out, (real)f->s, B, ldb, g_W, f->in, 0, g_A, f->in);
    if (g_B)
        mat_gemm(false, true, f->out, f->r, f->in, (real)f->s, g_W, f->in, A, lda, 0, g_B, f->r);
}

rider *factors_ride(const factors *f, const space *s, space_mem *mem, size_t k, view *v,
                    const real *A, const real *B)
{
    rider *r = space_ride(s, mem, k, v);
    r->r = f->each[k].r;
    r->s = f->each[k].s;
    r->drop = f->drop;
    r->A = A;
    r->B = B;
    r->lda = f->each[k].in;
    r->ldb = f->each[k].r;
    return r;
}

void factors_lift(const factors *f, const space *s, const real *z, real *theta)
{
    memcpy(theta, s->theta0, s->n * sizeof *theta);
    for (size_t k = 0; k < s->layout->n_tensors; k++)
        factor_lift(&f->each[k], factors_at(f, z, k, FACTOR_A), f->each[k].in,
                    factors_at(f, z, k, FACTOR_B), f->each[k].r,
                    theta + s->layout->tensors[k].offset);
}

void factors_pull(const factors *f, const space *s, const real *z, const real *g_theta, real *g_z)
{
    for (size_t k = 0; k < s->layout->n_tensors; k++)
        factor_pull(&f->each[k], factors_at(f, z, k, FACTOR_A), f->each[k].in,
                    factors_at(f, z, k, FACTOR_B), f->each[k].r,
                    g_theta + s->layout->tensors[k].offset, factors_grad(f, g_z, k, FACTOR_A),
                    factors_grad(f, g_z, k, FACTOR_B));
}

void factors_bind(const factors *f, const space *s, space_mem *mem, const real *z, real *g_z,
                  view *v)
{
    memset(g_z, 0, s->d * sizeof *g_z);
    for (size_t k = 0; k < s->layout->n_tensors; k++) {
        rider *r = factors_ride(f, s, mem, k, v, factors_at(f, z, k, FACTOR_A),
                                factors_at(f, z, k, FACTOR_B));
        r->g_A = factors_grad(f, g_z, k, FACTOR_A);
        r->g_B = factors_grad(f, g_z, k, FACTOR_B);
        r->g_m = factors_grad(f, g_z, k, FACTOR_M);
        r->m = r->g_m ? factors_at(f, z, k, FACTOR_M) : NULL;
    }
}
