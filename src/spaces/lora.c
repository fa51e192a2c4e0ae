/* lora.c -- the update of each weight matrix is a product of two thin factors, which are trained.
 *
 *   W = W0 + s B A      A (r, in), B (out, r);   s = alpha / r  (scale=plain),  alpha / sqrt(r)  (rs)
 *   g_A = s B^T g_W     g_B = s g_W A^T
 *   step 0: A uniform in +-1/sqrt(in), B zero, so that W = W0
 *
 * z holds A then B of every tensor, in layout order. Bound, nothing is lifted: each tensor has a rider
 * that points into z and g_z, and a layer adds s B (A x) to W0 x, so that no gradient of W is formed.
 * A tensor with more than two dimensions (a convolution: (out, in, h, w)) is the matrix (out, in h w) and
 * carries no rider; one such tensor, and the whole space is lifted and pulled (all weights are then
 * formed, and dropout, which belongs to the rider, is refused). Tensors with one dimension are refused
 * by name.
 * alpha stays where it is when r changes, as in Hu et al. (who set it to the first r they tried):
 * s then falls as 1/r, and as 1/sqrt(r) with rs. ratio is LoRA+: B's rate over A's.
 * A's rows come from the stream of their tensor, so those of a smaller r are the first of a larger.
 * Source: Hu et al. 2021, section 4.1; Kalajdzievski 2023 (rs); Hayou et al. 2024 (ratio); the
 * start of A as in PEFT's lora/layer.py (Kaiming uniform with a = sqrt 5). */
#include <math.h>
#include <string.h>

#include "linalg/linalg.h"
#include "spaces/space.h"

enum { SCALE_PLAIN, SCALE_RS };

typedef struct lora_block { /* one tensor */
    size_t out, in, A, B;   /* its matrix; where A and B begin in z */
} lora_block;

typedef struct lora {
    space base;
    size_t r;
    double alpha, drop, ratio;
    int scale;
    double s;
    lora_block *blocks; /* (layout->n_tensors) */
    tensor *tensors;    /* of zlayout: A, B of each */
    char **texts;       /* their names and roles */
    real *z0;
} lora;

static const key keys[] = {
    KEY("r", lora, r, "8", 1, 65536, "rows", "rank of every update"),
    KEY("alpha", lora, alpha, "16", 0, 1e9, "", "scale: s = alpha/r; the same for every r"),
    KEY_WORD("scale", lora, scale, "plain", "plain+rs", "rs: s = alpha/sqrt(r)"),
    KEY("drop", lora, drop, "0", 0, .99, "share", "dropout of the input of A"),
    KEY("ratio", lora, ratio, "1", 1e-6, 1e6, "", "LoRA+: learning rate of B over that of A"),
    {0},
};

static status lora_blocks(lora *s)
{
    space *base = &s->base;
    size_t most = 0;
    for (size_t k = 0; k < base->layout->n_tensors; k++) {
        const tensor *t = &base->layout->tensors[k];
        lora_block *b = &s->blocks[k];
        if (!t->shape[1])
            return error_set(
                ERR_USAGE,
                "lora: targets=%s: %s has one dimension and no rank; name the matrices "
                "alone (targets=matrix, a name, a \"pattern\"), and train it beside with "
                "++full:targets=%s",
                base->targets, t->name, t->name);
        if (t->shape[2] || t->bare) {
            base->lifted = true;
            if (s->drop > 0)
                return error_set(
                    ERR_USAGE,
                    "lora: drop=%g: %s can only be lifted as a whole (its layer takes matrices "
                    "without low-rank paths), which leaves no place for dropout; drop=0, or other "
                    "targets",
                    s->drop, t->name);
        }
        b->out = t->shape[0];
        b->in = t->n / t->shape[0];
        size_t rank = b->out < b->in ? b->out : b->in;
        most = rank > most ? rank : most;
        b->A = base->d;
        b->B = b->A + s->r * b->in;
        base->d = b->B + b->out * s->r;
    }
    if (s->r > most)
        return error_set(ERR_USAGE,
                         "lora: r=%zu is more than the rank %zu of its largest tensor; "
                         "lower r",
                         s->r, most);
    return OK;
}

static status lora_zlayout(lora *s)
{
    space *base = &s->base;
    size_t count = 2 * base->layout->n_tensors;
    for (size_t i = 0; i < count; i++) {
        const tensor *t = &base->layout->tensors[i / 2];
        const lora_block *b = &s->blocks[i / 2];
        const char *factor = i % 2 ? "B" : "A";
        char *name = s->texts[2 * i] = mem_printf("%s.%s", t->name, factor);
        char *roles = s->texts[2 * i + 1] = mem_printf("%s+%s", factor, t->roles);
        if (!name || !roles)
            return ERR_MEMORY;
        s->tensors[i] = (tensor){.name = name,
                                 .roles = roles,
                                 .shape = {i % 2 ? b->out : s->r, i % 2 ? s->r : b->in},
                                 .offset = i % 2 ? b->B : b->A,
                                 .n = s->r * (i % 2 ? b->out : b->in),
                                 .layer = t->layer,
                                 .decay = true,
                                 .lr_factor = i % 2 ? s->ratio : 1};
    }
    base->zlayout = (layout){.tensors = s->tensors, .n_tensors = count, .n = base->d};
    return OK;
}

static status lora_init(space *base)
{
    lora *s = (lora *)base;
    size_t count = base->layout->n_tensors;
    status st;
    s->s = s->scale == SCALE_RS ? s->alpha / sqrt((double)s->r) : s->alpha / (double)s->r;
    base->d = 0;
    s->blocks = mem_array(count, sizeof *s->blocks);
    s->tensors = mem_array(2 * count, sizeof *s->tensors);
    s->texts = mem_array(4 * count, sizeof *s->texts);
    if (!s->blocks || !s->tensors || !s->texts)
        return ERR_MEMORY;
    if ((st = lora_blocks(s)) ||
        (st = space_needs(base, (double)base->d * sizeof(real), "its factors at step 0",
                          "lower r, or select fewer tensors by targets=")) ||
        (st = lora_zlayout(s)))
        return st;
    if (!(s->z0 = mem_array(base->d, sizeof *s->z0)))
        return ERR_MEMORY;
    for (size_t k = 0; k < count; k++) {
        const lora_block *b = &s->blocks[k];
        stream own = stream_sub(&base->stream, k);
        double reach = 1 / sqrt((double)b->in);
        rng_uniforms(&own, 0, s->r * b->in, s->z0 + b->A);
        for (size_t i = b->A; i < b->B; i++)
            s->z0[i] = (real)((2 * (double)s->z0[i] - 1) * reach);
    }
    base->z0 = s->z0;
    return OK;
}

static void lora_clear(space *base)
{
    lora *s = (lora *)base;
    for (size_t i = 0; s->texts && i < 4 * base->layout->n_tensors; i++)
        mem_free(s->texts[i]);
    mem_free(s->texts);
    mem_free(s->tensors);
    mem_free(s->blocks);
    mem_free(s->z0);
}

static void lora_lift(const space *base, space_mem *mem, const real *restrict z,
                      real *restrict theta)
{
    const lora *s = (const lora *)base;
    (void)mem;
    memcpy(theta, base->theta0, base->n * sizeof *theta);
    for (size_t k = 0; k < base->layout->n_tensors; k++) {
        const lora_block *b = &s->blocks[k];
        mat_gemm(false, false, b->out, b->in, s->r, (real)s->s, z + b->B, s->r, z + b->A, b->in, 1,
                 theta + base->layout->tensors[k].offset, b->in);
    }
}

static void lora_pull(const space *base, space_mem *mem, const real *restrict z,
                      const real *restrict g_theta, real *restrict g_z)
{
    const lora *s = (const lora *)base;
    (void)mem;
    for (size_t k = 0; k < base->layout->n_tensors; k++) {
        const lora_block *b = &s->blocks[k];
        const real *g_W = g_theta + base->layout->tensors[k].offset;
        mat_gemm(true, false, s->r, b->in, b->out, (real)s->s, z + b->B, s->r, g_W, b->in, 0,
                 g_z + b->A, b->in);
        mat_gemm(false, true, b->out, s->r, b->in, (real)s->s, g_W, b->in, z + b->A, b->in, 0,
                 g_z + b->B, s->r);
    }
}

static void lora_bind(const space *base, space_mem *mem, const real *z, real *g_z, view *v)
{
    const lora *s = (const lora *)base;
    memset(g_z, 0, base->d * sizeof *g_z);
    for (size_t k = 0; k < base->layout->n_tensors; k++) {
        const lora_block *b = &s->blocks[k];
        rider *r = space_ride(base, mem, k, v);
        r->r = s->r;
        r->s = s->s;
        r->drop = s->drop;
        r->A = z + b->A;
        r->B = z + b->B;
        r->g_A = g_z + b->A;
        r->g_B = g_z + b->B;
        r->lda = b->in;
        r->ldb = s->r;
    }
}

const space_ops space_lora = {
    .name = "lora",
    .doc = "low-rank updates of weight matrices",
    .source = "Hu et al., arXiv 2106.09685; rs: 2312.03732; ratio: 2402.12354",
    .example = "lora:r=2",
    .revision = 1,
    .keys = keys,
    .size = sizeof(lora),
    .cost = "d = sum of r (in + out); no weights and no gradients of weights; 2 r (in + out) "
            "products a sample and pass. With a convolution among the targets: as full in time, "
            "2 n numbers more in memory",
    .targets = "matrix",
    .regenerable = true,
    .rides = 1,
    .init = lora_init,
    .clear = lora_clear,
    .lift = lora_lift,
    .pull = lora_pull,
    .bind = lora_bind,
};
