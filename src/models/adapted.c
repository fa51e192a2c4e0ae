/* adapted.c -- see adapted.h. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "linalg/linalg.h"
#include "models/adapted.h"

/* Names in a layout have no prefix of a class ("transformer.h.0..." is "h.0..."): the tensor whose name
 * is the end of this one, from a dot on. SIZE_MAX: none. */
static size_t find_tensor(const layout *l, const char *module, const char *end)
{
    char name[512];
    snprintf(name, sizeof name, "%s%s", module, end);
    for (const char *at = name; at; at = strchr(at, '.') ? strchr(at, '.') + 1 : NULL) {
        size_t k = layout_find(l, at);
        if (k != SIZE_MAX)
            return k;
    }
    return SIZE_MAX;
}

static const char *path_of(const adapter *a)
{
    return adapter_tensors(a) ? tensors_path(adapter_tensors(a)) : "the adapter";
}

/* W <- m o W / ||row|| */
static void rows_to_length(size_t rows, size_t cols, const real *m, real *W)
{
    for (size_t i = 0; i < rows; i++) {
        double norm = vec_norm(W + i * cols, cols);
        real factor = norm > 0 ? (real)((double)m[i] / norm) : 0;
        for (size_t j = 0; j < cols; j++)
            W[i * cols + j] *= factor;
    }
}

static status merge_pair(const adapter *a, const adapter_pair *p, const layout *l, bool *met,
                         real *theta)
{
    size_t k = find_tensor(l, p->module, ".weight");
    const tensor *t = k == SIZE_MAX ? NULL : &l->tensors[k];
    real *A = NULL, *B = NULL, *length = NULL;
    status st = ERR_MEMORY;
    if (!t)
        return error_set(ERR_FORMAT, "%s: the model has no %s; the adapter is another model's",
                         path_of(a), p->module);
    size_t rows = p->embedding ? p->in : p->out, cols = p->embedding ? p->out : p->in;
    if (t->shape[0] != rows || t->shape[1] != cols)
        return error_set(ERR_FORMAT, "%s: %s is %zu x %zu, the model's %s is %zu x %zu", path_of(a),
                         p->module, rows, cols, t->name, t->shape[0], t->shape[1]);
    if (isnan(p->scale))
        return error_set(ERR_USAGE, "%s: the scale of its updates is not known; give --alpha",
                         path_of(a));
    real *W = theta + t->offset;
    met[k] = true;
    A = mem_array(p->r * p->in, sizeof *A);
    B = mem_array(p->out * p->r, sizeof *B);
    length = mem_array(p->out, sizeof *length);
    if (!A || !B || !length || (st = adapter_factors(p, A, B)))
        goto done;
    if (p->embedding)
        mat_gemm(true, true, p->in, p->out, p->r, (real)p->scale, A, p->in, B, p->r, 1, W, p->out);
    else
        mat_gemm(false, false, p->out, p->in, p->r, (real)p->scale, B, p->r, A, p->in, 1, W, p->in);
    if (p->m && !(st = safetensor_reals(p->m, 0, p->out, length)))
        rows_to_length(rows, cols, length, W);
    if (!st && p->bias) {
        size_t b = find_tensor(l, p->module, ".bias");
        if (b == SIZE_MAX)
            st = error_set(ERR_FORMAT, "%s: %s has a bias, and the model's has none", path_of(a),
                           p->module);
        else if (!(st = safetensor_reals(p->bias, 0, p->out, length)))
            for (size_t i = 0; i < p->out; i++)
                theta[l->tensors[b].offset + i] += (real)p->scale * length[i];
    }
done:
    mem_free(A);
    mem_free(B);
    mem_free(length);
    return st;
}

static status merge_whole(const adapter *a, size_t i, const layout *l, real *theta)
{
    const char *name = adapter_other_name(a, i);
    const safetensor *from = adapter_other(a, i);
    size_t k = find_tensor(l, name, "");
    if (k == SIZE_MAX)
        return error_set(ERR_FORMAT, "%s: %s has no place in the model; is it for another task?",
                         path_of(a), name);
    const tensor *t = &l->tensors[k];
    size_t dims = t->shape[1] ? 2 : 1;
    if (from->dims != dims || from->shape[0] != t->shape[0] ||
        (dims == 2 && from->shape[1] != t->shape[1]))
        return error_set(ERR_FORMAT,
                         "%s: %s has %zu numbers, the model's has %zu, or another shape",
                         path_of(a), name, from->n, t->n);
    return safetensor_reals(from, 0, from->n, theta + t->offset);
}

/* A matrix that the configuration asks an adapter for, and that has none, is a file cut short. */
static status all_targets_met(const adapter *a, const layout *l, const bool *met)
{
    for (size_t k = 0; k < l->n_tensors; k++) {
        const tensor *t = &l->tensors[k];
        size_t n = strlen(t->name);
        char module[512];
        bool targeted;
        status st;
        if (met[k] || n < 7 || strcmp(t->name + n - 7, ".weight") || !t->shape[1])
            continue;
        snprintf(module, sizeof module, "%.*s", (int)(n - 7), t->name);
        if ((st = adapter_targets(a, module, &targeted)))
            return st;
        if (targeted)
            return error_set(ERR_FORMAT,
                             "%s: its configuration asks for an update of %s, and none is in it",
                             path_of(a), module);
    }
    return OK;
}

status adapted_merge(const adapter *a, const layout *l, real *theta)
{
    bool *met = mem_array(l->n_tensors, sizeof *met);
    status st = met ? OK : ERR_MEMORY;
    for (size_t i = 0; i < adapter_count(a) && !st; i++)
        st = merge_pair(a, adapter_at(a, i), l, met, theta);
    for (size_t i = 0; i < adapter_others(a) && !st; i++)
        st = merge_whole(a, i, l, theta);
    if (!st)
        st = all_targets_met(a, l, met);
    mem_free(met);
    return st;
}

/* ------------------------------------------------------------------ from a view */

typedef struct taking { /* what the adapter borrows while it is made */
    adapter_part *parts;
    safetensor *whole;
    size_t (*shapes)[2];
    size_t n, n_whole;
    char **modules;
    real **arrays; /* A, B, m of each part */
} taking;

size_t adapted_rank(const slot *w)
{
    size_t r = 0;
    for (size_t k = 0; k < w->n_riders; k++)
        r += w->riders[k].r;
    return r;
}

/* B_k s_k e_k, m_k A_k */
void adapted_factors(const slot *w, double s, size_t in, size_t r, real *A, real *B)
{
    size_t at = 0;
    for (size_t k = 0; k < w->n_riders; k++) {
        const rider *p = &w->riders[k];
        for (size_t i = 0; i < p->r; i++)
            for (size_t j = 0; j < in; j++)
                A[(at + i) * in + j] = (p->m ? p->m[i] : 1) * p->A[i * p->lda + j];
        for (size_t row = 0; row < p->rows; row++)
            for (size_t i = 0; i < p->r; i++)
                B[(p->row0 + row) * r + at + i] =
                    (real)(p->s / s) * (p->e ? p->e[row] : 1) * p->B[row * p->ldb + i];
        at += p->r;
    }
}

/* m_i = c_i ||row i of W + s B A|| */
static status take_lengths(const slot *w, const adapter_part *p, double s, const real *W0, real *m)
{
    real *W = mem_array(p->out * p->in, sizeof *W);
    if (!W)
        return ERR_MEMORY;
    memcpy(W, W0, p->out * p->in * sizeof *W);
    mat_gemm(false, false, p->out, p->in, p->r, (real)s, p->B, p->r, p->A, p->in, 1, W, p->in);
    for (size_t i = 0; i < p->out; i++)
        m[i] = (real)((double)w->c[i] * vec_norm(W + i * p->in, p->in));
    mem_free(W);
    return OK;
}

static status take_pair(taking *t, const tensor *of, const slot *w, const char *name,
                        const real *W0)
{
    size_t r = adapted_rank(w), rows = of->shape[0], in = of->n / of->shape[0], n = strlen(name);
    real **own = t->arrays + 3 * t->n;
    /* the scale of the first stands in alpha, so that a lora's own comes back */
    double s = w->riders[0].s != 0 ? w->riders[0].s : 1;
    if (n < 8 || strcmp(name + n - 7, ".weight"))
        return error_set(ERR_USAGE, "%s: an adapter names modules, and this is no module's .weight",
                         name);
    own[0] = mem_array(r * in, sizeof **own);
    own[1] = mem_array(rows * r, sizeof **own);
    t->modules[t->n] = mem_printf("%.*s", (int)(n - 7), name);
    if (!own[0] || !own[1] || !t->modules[t->n])
        return ERR_MEMORY;
    adapted_factors(w, s, in, r, own[0], own[1]);
    adapter_part *p = &t->parts[t->n];
    *p = (adapter_part){.module = t->modules[t->n],
                        .r = r,
                        .in = in,
                        .out = rows,
                        .alpha = s * (double)r,
                        .A = own[0],
                        .B = own[1]};
    if (w->c) {
        status st;
        if (!(own[2] = mem_array(rows, sizeof **own)))
            return ERR_MEMORY;
        if ((st = take_lengths(w, p, s, W0, own[2])))
            return st;
        p->m = own[2];
    }
    t->n++;
    return OK;
}

static void take_whole(taking *t, const tensor *of, const slot *w, const char *name)
{
    size_t *shape = t->shapes[t->n_whole];
    shape[0] = of->shape[0];
    shape[1] = of->shape[1];
    t->whole[t->n_whole++] = (safetensor){.name = name,
                                          .type = SAFETENSOR_REAL,
                                          .dims = of->shape[1] ? 2 : 1,
                                          .shape = shape,
                                          .n = of->n,
                                          .bytes = of->n * sizeof(real),
                                          .data = w->value};
}

static void taking_clear(taking *t, size_t n)
{
    for (size_t i = 0; t->arrays && i < 3 * n; i++)
        mem_free(t->arrays[i]);
    for (size_t i = 0; t->modules && i < n; i++)
        mem_free(t->modules[i]);
    mem_free(t->arrays);
    mem_free(t->modules);
    mem_free(t->parts);
    mem_free(t->whole);
    mem_free(t->shapes);
}

status adapted_write(const view *v, const real *theta0, const char *const *names,
                     const adapter_make *how, const char *folder, size_t *pairs)
{
    const layout *l = v->layout;
    size_t n = l->n_tensors;
    adapter *a = NULL;
    adapter_make whole = *how;
    taking t = {.parts = mem_array(n, sizeof *t.parts),
                .whole = mem_array(n, sizeof *t.whole),
                .shapes = mem_array(n, sizeof *t.shapes),
                .modules = mem_array(n, sizeof *t.modules),
                .arrays = mem_array(3 * n, sizeof *t.arrays)};
    status st = t.parts && t.whole && t.shapes && t.modules && t.arrays ? OK : ERR_MEMORY;
    for (size_t k = 0; k < n && !st; k++) {
        const slot *w = &v->slots[k];
        const tensor *of = &l->tensors[k];
        if (w->n_riders)
            st = take_pair(&t, of, w, names[k], theta0 + of->offset);
        else if (w->value != theta0 + of->offset)
            take_whole(&t, of, w, names[k]);
    }
    if (!st && !t.n)
        st = error_set(ERR_USAGE, "this space puts no low-rank path on any matrix, so it is no "
                                  "adapter; `idim merge` writes the whole model");
    whole.others = t.whole;
    whole.n_others = t.n_whole;
    if (!st && !(st = adapter_new(&a, &whole, t.parts, t.n)))
        st = adapter_write(a, folder);
    *pairs = t.n;
    adapter_close(a);
    taking_clear(&t, n);
    return st;
}
