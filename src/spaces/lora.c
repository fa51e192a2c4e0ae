/* lora.c -- the update of each weight matrix is a product of two thin factors, which are trained.
 *
 *   W = W0 + s B A      A (r, in), B (out, r);   s = alpha / r  (scale=plain),  alpha / sqrt(r)  (rs)
 *   g_A = s B^T g_W     g_B = s g_W A^T
 *   step 0: B zero, so that W = W0; A by init:
 *     kaiming      uniform in +-1/sqrt(in) (PEFT: Kaiming uniform with a = sqrt 5; loralib too)
 *     gaussian     normal, std 1/r (PEFT's word; Hu et al. say Gaussian and give no std)
 *     orthonormal  rows orthonormal: normals by Gram-Schmidt
 *     zero         for spaces whose own z starts elsewhere (unilora): alone it would never move
 *   An embedding (role embed) starts as PEFT's: its A normal with std 1. PEFT's embeddings are transposed,
 *   so what it calls A, the zero one, is our B.
 *
 * z holds A then B of every tensor, in layout order. Bound, nothing is lifted: each tensor has a rider
 * that points into z and g_z, and a layer adds s B (A x) to W0 x, so that no gradient of W is formed.
 * factors.h says what a convolution or a vector among the targets means.
 * freeze=A trains B alone (Shuttleworth et al. 2024, with init=orthonormal: most intruder dimensions go);
 * A is then no part of z.
 * alpha stays where it is when r changes, as in Hu et al. (who set it to the first r they tried):
 * s then falls as 1/r, and as 1/sqrt(r) with rs. r and alpha may be maps (PEFT's rank_pattern and
 * alpha_pattern, with the entries of targets in place of regular expressions). ratio is LoRA+: B's rate
 * over A's.
 * A's rows come from the stream of their tensor, so those of a smaller r are the first of a larger.
 * Source: Hu et al. 2021, section 4.1; Kalajdzievski 2023 (rs); Hayou et al. 2024 (ratio); the
 * starts of A as in PEFT's lora/layer.py. */
#include <math.h>
#include <string.h>

#include "linalg/linalg.h"
#include "spaces/factors.h"

enum { INIT_KAIMING, INIT_GAUSSIAN, INIT_ORTHONORMAL, INIT_ZERO };
enum { FREEZE_NONE, FREEZE_A };

typedef struct lora {
    space base;
    const char *r, *alpha;
    double drop, ratio;
    int scale, init, freeze;
    factors factors;
} lora;

static const key keys[] = {
    KEY_MAP("r", lora, r, "8", 1, 65536, "rows",
            "rank of every update, or by role or name: q:4+v:8+16, 16 for the rest"),
    KEY_MAP("alpha", lora, alpha, "16", 0, 1e9, "",
            "scale: s = alpha/r; the same for every r; or by role or name"),
    KEY_WORD("scale", lora, scale, "plain", FACTOR_SCALES, "rs: s = alpha/sqrt(r); one: s = alpha"),
    KEY("drop", lora, drop, "0", 0, .99, "share", "dropout of the input of A"),
    KEY("ratio", lora, ratio, "1", 1e-6, 1e6, "", "LoRA+: learning rate of B over that of A"),
    KEY_WORD("init", lora, init, "kaiming", "kaiming+gaussian+orthonormal+zero",
             "A at step 0; zero: for a space that drives it from elsewhere"),
    KEY_WORD("freeze", lora, freeze, "none", "none+A", "A: B alone is trained"),
    {0},
};

/* Rows one after another are freed of those before, twice: + - * / sqrt alone, so that the bits are the
 * same everywhere. */
static void lora_orthonormal(const factor *f, real *A)
{
    for (size_t i = 0; i < f->r; i++) {
        real *row = A + i * f->in;
        for (size_t pass_ = 0; pass_ < 2; pass_++)
            for (size_t j = 0; j < i; j++) {
                double dot = vec_dot(row, A + j * f->in, f->in);
                for (size_t c = 0; c < f->in; c++)
                    row[c] = (real)((double)row[c] - dot * (double)A[j * f->in + c]);
            }
        double norm = vec_norm(row, f->in);
        for (size_t c = 0; c < f->in; c++)
            row[c] = (real)((double)row[c] / norm);
    }
}

static void lora_start(const lora *s, size_t k)
{
    const factor *f = &s->factors.each[k];
    real *A = factors_start(&s->factors, k, FACTOR_A);
    size_t n = f->r * f->in;
    stream own = stream_sub(&s->base.stream, k);
    bool embeds = tensor_has_role(&s->base.layout->tensors[k], "embed");
    if (s->init == INIT_ZERO)
        return;
    if (s->init == INIT_KAIMING && !embeds) {
        factor_kaiming(f, &own, A);
        return;
    }
    rng_normals(&own, 0, n, A);
    if (s->init == INIT_GAUSSIAN && !embeds)
        for (size_t i = 0; i < n; i++)
            A[i] = (real)((double)A[i] / (double)f->r);
    if (s->init == INIT_ORTHONORMAL)
        lora_orthonormal(f, A);
}

static status lora_check(const lora *s)
{
    if (s->freeze == FREEZE_A && s->ratio != 1)
        return error_set(ERR_USAGE,
                         "lora: ratio=%g: with freeze=A there is one rate; leave ratio out",
                         s->ratio);
    if (s->freeze == FREEZE_A && s->init == INIT_ZERO)
        return error_set(ERR_USAGE,
                         "lora: init=zero with freeze=A: nothing would ever move; another init");
    for (size_t k = 0; k < s->base.layout->n_tensors && s->init == INIT_ORTHONORMAL; k++) {
        const factor *f = &s->factors.each[k];
        if (f->r > f->in)
            return error_set(ERR_USAGE,
                             "lora: init=orthonormal: %zu rows of %zu numbers (%s) cannot be "
                             "orthonormal; lower r",
                             f->r, f->in, s->base.layout->tensors[k].name);
    }
    return OK;
}

static status lora_init(space *base)
{
    lora *s = (lora *)base;
    const factors_ask ask = {
        .r = s->r, .alpha = s->alpha, .scale = (factor_scale)s->scale, .drop = s->drop};
    const factors_part parts[] = {{.what = FACTOR_A, .name = "A", .frozen = s->freeze == FREEZE_A},
                                  {.what = FACTOR_B, .name = "B", .rate = s->ratio}};
    status st;
    if ((st = factors_init(&s->factors, base, &ask)) || (st = lora_check(s)) ||
        (st = factors_parts(&s->factors, base, parts, 2, 0)))
        return st;
    for (size_t k = 0; k < base->layout->n_tensors; k++)
        lora_start(s, k);
    return OK;
}

static void lora_clear(space *base)
{
    factors_clear(&((lora *)base)->factors);
}

static void lora_lift(const space *base, space_mem *mem, const real *restrict z,
                      real *restrict theta)
{
    (void)mem;
    factors_lift(&((const lora *)base)->factors, base, z, theta);
}

static void lora_pull(const space *base, space_mem *mem, const real *restrict z,
                      const real *restrict g_theta, real *restrict g_z)
{
    (void)mem;
    factors_pull(&((const lora *)base)->factors, base, z, g_theta, g_z);
}

static void lora_bind(const space *base, space_mem *mem, const real *z, real *g_z, view *v)
{
    factors_bind(&((const lora *)base)->factors, base, mem, z, g_z, v);
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
    .targets = "linear",
    .regenerable = true,
    .rides = 1,
    .unread = true,
    .init = lora_init,
    .clear = lora_clear,
    .lift = lora_lift,
    .pull = lora_pull,
    .bind = lora_bind,
};
