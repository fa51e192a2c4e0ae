/* world.h -- small layouts, fills and views that the tests of spaces share. */
#ifndef TESTS_SPACES_WORLD_H
#define TESTS_SPACES_WORLD_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "linalg/linalg.h"
#include "spaces/space.h"

enum { WORLD_MOST = 128 }; /* numbers of the largest small layout */

/* 0: dense layers with a norm; 1: a convolution; 2: one matrix whose size is a power of two;
 * 3: a matrix that fuses three by rows. */
static const tensor world_fc_tensors[] = {
    {.name = "fc1.weight",
     .roles = "fc+kernel",
     .shape = {6, 5},
     .offset = 0,
     .n = 30,
     .layer = 0,
     .decay = true},
    {.name = "fc1.bias", .roles = "fc+bias", .shape = {6}, .offset = 30, .n = 6, .layer = 0},
    {.name = "norm.scale", .roles = "norm", .shape = {6}, .offset = 36, .n = 6, .layer = 0},
    {.name = "fc2.weight",
     .roles = "head+kernel",
     .shape = {4, 6},
     .offset = 42,
     .n = 24,
     .layer = 1,
     .decay = true},
    {.name = "fc2.bias", .roles = "head+bias", .shape = {4}, .offset = 66, .n = 4, .layer = 1},
};
static const tensor world_conv_tensors[] = {
    {.name = "conv1.weight",
     .roles = "conv+kernel",
     .shape = {3, 2, 2, 2},
     .offset = 0,
     .n = 24,
     .layer = 0,
     .decay = true},
    {.name = "conv1.bias",
     .roles = "conv+bias+norm",
     .shape = {3},
     .offset = 24,
     .n = 3,
     .layer = 0},
    {.name = "head.weight",
     .roles = "head+kernel",
     .shape = {4, 12},
     .offset = 27,
     .n = 48,
     .layer = 1,
     .decay = true},
    {.name = "head.bias", .roles = "head+bias", .shape = {4}, .offset = 75, .n = 4, .layer = 1},
};
static const tensor world_square_tensors[] = {
    {.name = "w",
     .roles = "head+kernel",
     .shape = {8, 8},
     .offset = 0,
     .n = 64,
     .layer = 0,
     .decay = true},
};
static const tensor world_fused_tensors[] = {
    {.name = "attn.weight",
     .roles = "attn+kernel",
     .shape = {8, 5},
     .offset = 0,
     .n = 40,
     .layer = 0,
     .decay = true,
     .blocks = "q:3+k:2+v:3"},
    {.name = "attn.bias", .roles = "attn+bias", .shape = {8}, .offset = 40, .n = 8, .layer = 0},
    {.name = "out.weight",
     .roles = "head+kernel",
     .shape = {4, 8},
     .offset = 48,
     .n = 32,
     .layer = 0,
     .decay = true},
};
static const layout world_layouts[] = {
    {.tensors = world_fc_tensors, .n_tensors = 5, .n = 70},
    {.tensors = world_conv_tensors, .n_tensors = 4, .n = 79},
    {.tensors = world_square_tensors, .n_tensors = 1, .n = 64},
    {.tensors = world_fused_tensors, .n_tensors = 3, .n = 80},
};
enum { WORLD_LAYOUTS = 4 };

/* Where packed tensor k of a space begins in the whole layout. */
static inline size_t world_place(const space *s, const layout *l, size_t k)
{
    const tensor *t = &l->tensors[s->selected[k]];
    return t->offset + s->row0[k] * (t->n / t->shape[0]);
}

/* No 0, no 1, no symmetry: nothing can cancel. */
static inline void world_fill(real *x, size_t n, unsigned seed)
{
    for (size_t i = 0; i < n; i++)
        x[i] = (real)(0.1 + 0.7 * sin(1.3 * (double)(i + 1) + 2.1 * seed + 0.01 * (double)(i * i)));
}

static inline double world_dot(const real *x, const real *y, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (double)x[i] * (double)y[i];
    return sum;
}

static inline stream world_stream(uint64_t seed)
{
    return stream_make(seed, "P");
}

/* A made space with its mem; fails the test with the sentence when it cannot be made. */
typedef struct world {
    space *s;
    space_mem *mem;
} world;

static inline void world_open(world *w, const char *spec, const layout *l, const real *theta0,
                              uint64_t seed)
{
    *w = (world){0};
    if (space_new(&w->s, spec, l, theta0, world_stream(seed)) || space_mem_new(&w->mem, w->s))
        fail_msg("%s: %s", spec, error_text());
}

static inline void world_close(world *w)
{
    space_mem_free(w->mem);
    space_free(w->s);
}

/* The d columns of the map of a linear space over one tensor of n numbers: (d, n), freed by mem_free. */
static inline real *world_columns(const char *spec, size_t n, uint64_t seed, size_t *d)
{
    tensor t = {.name = "w", .roles = "all", .shape = {n}, .n = n};
    layout l = {.tensors = &t, .n_tensors = 1, .n = n};
    real *theta0 = mem_array(n, sizeof *theta0);
    world w;
    world_open(&w, spec, &l, theta0, seed);
    *d = w.s->d;
    real *z = mem_array(w.s->d, sizeof *z);
    real *columns = mem_array(w.s->d * n, sizeof *columns);
    assert_true(theta0 && z && columns);
    for (size_t j = 0; j < w.s->d; j++) {
        z[j] = 1;
        space_lift(w.s, w.mem, z, columns + j * n);
        z[j] = 0;
    }
    world_close(&w);
    mem_free(theta0);
    mem_free(z);
    return columns;
}

/* The largest | ||p_j|| - 1 | and the root mean square of <p_i, p_j>, i < j. */
static inline void world_geometry(const real *columns, size_t d, size_t n, double *norm_error,
                                  double *rms)
{
    double sum = 0;
    *norm_error = 0;
    for (size_t j = 0; j < d; j++) {
        double error = fabs(sqrt(world_dot(columns + j * n, columns + j * n, n)) - 1);
        *norm_error = error > *norm_error ? error : *norm_error;
        for (size_t i = 0; i < j; i++) {
            double dot = world_dot(columns + i * n, columns + j * n, n);
            sum += dot * dot;
        }
    }
    *rms = sqrt(2 * sum / ((double)d * (double)(d - 1)));
}

/* What rides on one tensor: W (rows, in) += s e o B (m o A); or, with g = dL/dW, the gradients of those
 * that want one. */
static inline void world_ride(const rider *r, size_t in, real *W, const real *g)
{
    for (size_t row = 0; row < r->rows; row++)
        for (size_t a = 0; a < r->r; a++)
            for (size_t i = 0; i < in; i++) {
                real e = r->e ? r->e[row] : 1, m = r->m ? r->m[a] : 1;
                real A = r->A[a * r->lda + i], B = r->B[row * r->ldb + a], s = (real)r->s;
                size_t at = (r->row0 + row) * in + i;
                if (!g) {
                    W[at] += s * e * B * m * A;
                    continue;
                }
                if (r->g_A)
                    r->g_A[a * r->lda + i] += s * e * B * m * g[at];
                if (r->g_B)
                    r->g_B[row * r->ldb + a] += s * e * m * A * g[at];
                if (r->g_m)
                    r->g_m[a] += s * e * B * A * g[at];
                if (r->g_e)
                    r->g_e[row] += s * B * m * A * g[at];
            }
}

/* A model on a view: half of sum h_i (W_i - t_i)^2 over the weights that a layer would compute with,
 * riders and factors of rows included. Adds gradients as a layer's backward does; g_all (NULL: not
 * wanted) gets dL/dW of the whole layout. */
static inline double world_loss(const view *v, const real *h, const real *t, real *g_all)
{
    double loss = 0;
    real W[WORLD_MOST], g[WORLD_MOST];
    for (size_t k = 0; k < v->layout->n_tensors; k++) {
        const tensor *x = &v->layout->tensors[k];
        const slot *s = &v->slots[k];
        const real *value = s->value;
        size_t in = x->shape[0] ? x->n / x->shape[0] : x->n;
        for (size_t i = 0; i < x->n; i++)
            W[i] = s->scale * value[i];
        for (size_t q = 0; q < s->n_riders; q++)
            world_ride(&s->riders[q], in, W, NULL);
        for (size_t i = 0; i < x->n; i++) {
            real c = s->c ? s->c[i / in] : 1;
            real e = c * W[i] - t[x->offset + i];
            loss += 0.5 * (double)h[x->offset + i] * (double)e * (double)e;
            g[i] = h[x->offset + i] * e;
            if (g_all)
                g_all[x->offset + i] = g[i];
            if (s->c && s->g_c)
                s->g_c[i / in] += g[i] * W[i];
            g[i] *= c;
            if (s->grad)
                s->grad[i] += g[i];
        }
        for (size_t q = 0; q < s->n_riders; q++)
            world_ride(&s->riders[q], in, NULL, g);
    }
    return loss;
}

#endif
