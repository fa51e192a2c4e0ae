/* said.c -- a fastfood subspace whose layers have trained scales: structure-aware intrinsic dimension.
 *
 *   theta_i = theta0_i + lambda_l(i) (P z')_i        z = (z', lambda), d = (d - m) + m
 *   g_z' = P^T (lambda o g_theta)     g_lambda_l = sum of g_theta_i (P z')_i over l(i) = l
 *   step 0: z' = 0, lambda = 1; so lambda has no gradient at the first step
 *
 *   scales=layers   m = layers of the model, as in the paper; what belongs to no layer shares one
 *   scales=tensors  m = tensors, as in the released code (which holds one more that nothing reads)
 *   per, form, gauss: as fastfood's; the paper writes one P for all weights, the code draws one for each
 *   tensor and feeds all of them the same z'
 * d counts lambda, as in the paper; a d of m or less is refused. lambda, like a norm's scale, is not
 * decayed.
 * The released code's gradient is too small by 1/L_i for each tensor of padded length L_i: its Hadamard
 * transform is unnormalised forward and divided by sqrt(L) backward, twice. Large matrices hardly move
 * there. Ours is the true gradient (the law tests it), so published figures made with that code cannot be
 * met on purpose.
 * Source: Aghajanyan et al., arXiv 2012.13255, section 3; code: compacter seq2seq/projections/intrinsic.py. */
#include <string.h>

#include "linalg/linalg.h"
#include "spaces/projection.h"

enum { SCALES_LAYERS, SCALES_TENSORS };

typedef struct said {
    space base;
    int form, gauss, per, scales;
    projection P;
    size_t m;
    size_t *scale; /* (layout->n_tensors) which lambda */
    tensor parts[2];
    real *z0;
} said;

static const key keys[] = {
    KEY("d", said, base.d, NULL, 1, UINT32_MAX, "numbers",
        "how many numbers are trained, scales too"),
    KEY_WORD("scales", said, scales, "layers", "layers+tensors", "what has a scale of its own"),
    KEY_WORD("form", said, form, "single", "stacked+single", "as fastfood's; published: single"),
    KEY_WORD("gauss", said, gauss, "normal", "normal+sign", "how the diagonal G is drawn"),
    KEY_WORD("per", said, per, "whole", "whole+tensor",
             "tensor: each tensor has its own map of the same z, as the released code"),
    {0},
};

/* Gives every tensor its lambda. */
static void said_scales(said *s)
{
    const layout *l = s->base.layout;
    for (size_t k = 0; k < l->n_tensors; k++) {
        size_t first = k;
        if (s->scales == SCALES_LAYERS)
            for (first = 0; l->tensors[first].layer != l->tensors[k].layer;)
                first++;
        s->scale[k] = first == k ? s->m++ : s->scale[first];
    }
}

static status said_init(space *base)
{
    said *s = (said *)base;
    status st;
    if (!(s->scale = mem_array(base->layout->n_tensors, sizeof *s->scale)))
        return ERR_MEMORY;
    said_scales(s);
    if (base->d <= s->m)
        return error_set(ERR_USAGE,
                         "said: d=%zu: %zu of these are scales (scales=%s); d must be larger",
                         base->d, s->m, s->scales == SCALES_LAYERS ? "layers" : "tensors");
    size_t inner = base->d - s->m;
    if ((st = projection_init(&s->P, base, inner, (projection_per)s->per, (fastfood_form)s->form,
                              (fastfood_gauss)s->gauss, (double)base->d * sizeof(real))))
        return st;
    if (!(s->z0 = mem_array(base->d, sizeof *s->z0)))
        return ERR_MEMORY;
    for (size_t j = inner; j < base->d; j++)
        s->z0[j] = 1;
    s->parts[0] = (tensor){.name = "z",
                           .roles = "z",
                           .shape = {inner},
                           .n = inner,
                           .layer = -1,
                           .decay = true,
                           .lr_factor = 1};
    s->parts[1] = (tensor){.name = "lambda",
                           .roles = "lambda",
                           .shape = {s->m},
                           .offset = inner,
                           .n = s->m,
                           .layer = -1,
                           .lr_factor = 1};
    base->zlayout = (layout){.tensors = s->parts, .n_tensors = 2, .n = base->d};
    base->z0 = s->z0;
    base->work_bytes = (s->P.work_bytes + 63) / 64 * 64 + base->n * sizeof(real);
    return OK;
}

static void said_clear(space *base)
{
    said *s = (said *)base;
    projection_clear(&s->P);
    mem_free(s->scale);
    mem_free(s->z0);
}

/* Behind the transforms' work: n numbers. */
static real *said_room(const space *base, const space_mem *mem)
{
    return (real *)mem->work + (base->work_bytes / sizeof(real) - base->n);
}

static void said_lift(const space *base, space_mem *mem, const real *restrict z,
                      real *restrict theta)
{
    const said *s = (const said *)base;
    const real *lambda = z + s->P.d;
    projection_lift(&s->P, z, NULL, theta, mem->work);
    for (size_t k = 0; k < base->layout->n_tensors; k++) {
        const tensor *t = &base->layout->tensors[k];
        for (size_t i = t->offset; i < t->offset + t->n; i++)
            theta[i] = base->theta0[i] + lambda[s->scale[k]] * theta[i];
    }
}

static void said_pull(const space *base, space_mem *mem, const real *restrict z,
                      const real *restrict g_theta, real *restrict g_z)
{
    const said *s = (const said *)base;
    const real *lambda = z + s->P.d;
    real *g_lambda = g_z + s->P.d, *room = said_room(base, mem);
    projection_lift(&s->P, z, NULL, room, mem->work);
    memset(g_lambda, 0, s->m * sizeof *g_lambda);
    for (size_t k = 0; k < base->layout->n_tensors; k++) {
        const tensor *t = &base->layout->tensors[k];
        g_lambda[s->scale[k]] += (real)vec_dot(g_theta + t->offset, room + t->offset, t->n);
        for (size_t i = t->offset; i < t->offset + t->n; i++)
            room[i] = lambda[s->scale[k]] * g_theta[i];
    }
    projection_pull(&s->P, room, g_z, mem->work);
}

const space_ops space_said = {
    .name = "said",
    .doc = "did with a trained scale for every layer",
    .source = "Aghajanyan et al. 2020, arXiv 2012.13255",
    .example = "said:d=9",
    .revision = 1,
    .keys = keys,
    .size = sizeof(said),
    .cost = "as fastfood, n numbers of work more, and one transform more a step",
    .regenerable = true,
    .init = said_init,
    .clear = said_clear,
    .lift = said_lift,
    .pull = said_pull,
};
