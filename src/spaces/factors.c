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
        if (f[k].r > most && !ask->cut)
            return error_set(ERR_USAGE,
                             "%s: r=%zu is more than the rank %zu of its largest tensor; lower r",
                             s->ops->name, f[k].r, most);
        if (ask->cut && f[k].r > factor_rank(&f[k]))
            f[k].r = factor_rank(&f[k]);
        double by[] = {
            [FACTOR_PLAIN] = (double)f[k].r, [FACTOR_RS] = sqrt((double)f[k].r), [FACTOR_ONE] = 1};
        f[k].s = ask->alpha ? alpha[k] / by[ask->scale] : 1;
    }
    return OK;
}

status factors_new(factor **out, space *s, const factors_ask *ask)
{
    size_t n = s->layout->n_tensors;
    factor *f = mem_array(n, sizeof *f);
    double *r = mem_array(n, sizeof *r), *alpha = mem_array(n, sizeof *alpha);
    status st = f && r && alpha ? OK : ERR_MEMORY;
    for (size_t k = 0; k < n && !st; k++)
        st = factor_shape(s, k, ask, &f[k]);
    for (size_t k = 0; k < n && !st && !ask->r; k++)
        f[k].s = 1;
    if (!st && ask->r && !(st = space_map(s, "r", ask->r, r)) &&
        !(st = ask->alpha ? space_map(s, "alpha", ask->alpha, alpha) : OK))
        st = factor_ranks(s, ask, r, alpha, f);
    mem_free(r);
    mem_free(alpha);
    if (st) {
        mem_free(f);
        f = NULL;
    }
    *out = f;
    return st;
}

/* ------------------------------------------------------------------ z */

status zparts_init(zparts *z, size_t room)
{
    *z = (zparts){.room = room, .decay = true};
    z->tensors = mem_array(room, sizeof *z->tensors);
    z->texts = mem_array(2 * room, sizeof *z->texts);
    return z->tensors && z->texts ? OK : ERR_MEMORY;
}

status zparts_add(zparts *z, space *s, size_t k, const char *part, size_t rows, size_t cols,
                  double lr_factor, size_t *offset)
{
    const tensor *of = &s->layout->tensors[k];
    char **texts = z->texts + 2 * z->n;
    size_t n;
    status st = size_mul(rows, cols ? cols : 1, &n);
    if (st)
        return st;
    texts[0] = mem_printf("%s.%s", of->name, part);
    texts[1] = mem_printf("%s+%s", part, of->roles);
    z->tensors[z->n++] = (tensor){.name = texts[0],
                                  .roles = texts[1],
                                  .shape = {rows, cols},
                                  .offset = s->d,
                                  .n = n,
                                  .layer = of->layer,
                                  .decay = z->decay,
                                  .lr_factor = lr_factor};
    *offset = s->d;
    if (!texts[0] || !texts[1])
        return ERR_MEMORY;
    return size_add(s->d, n, &s->d);
}

void zparts_done(const zparts *z, space *s)
{
    s->zlayout = (layout){.tensors = z->tensors, .n_tensors = z->n, .n = s->d};
}

void zparts_clear(zparts *z)
{
    for (size_t i = 0; z->texts && i < 2 * z->n; i++)
        mem_free(z->texts[i]);
    mem_free(z->texts);
    mem_free(z->tensors);
}

status factors_room(space *s, real **z0, size_t n_frozen, real **frozen)
{
    status st =
        space_needs(s, ((double)s->d + (double)n_frozen) * sizeof(real), "its factors at step 0",
                    "lower r, or select fewer tensors by targets=");
    if (st)
        return st;
    s->z0 = *z0 = mem_array(s->d, sizeof **z0);
    if (frozen)
        *frozen = mem_array(n_frozen, sizeof **frozen);
    return *z0 && (!frozen || *frozen) ? OK : ERR_MEMORY;
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

rider *factor_ride(const factor *f, const space *s, space_mem *mem, size_t k, view *v,
                   const real *A, const real *B)
{
    rider *r = space_ride(s, mem, k, v);
    r->r = f->r;
    r->s = f->s;
    r->A = A;
    r->B = B;
    r->lda = f->in;
    r->ldb = f->r;
    return r;
}
