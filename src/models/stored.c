/* stored.c -- see stored.h. */
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "linalg/linalg.h"
#include "models/stored.h"
#include "nn/bf16.h"

enum { ROWS = 64 }; /* of a tensor, formed at a time */

status stored_init(stored *s, const layout *l, const bool *reals)
{
    size_t halves = 0;
    *s = (stored){.tensors = mem_array(l->n_tensors, sizeof *s->tensors),
                  .slots = mem_array(l->n_tensors, sizeof *s->slots)};
    if (!s->tensors || !s->slots)
        return ERR_MEMORY;
    s->layout = (layout){.tensors = s->tensors, .n_tensors = l->n_tensors};
    for (size_t k = 0; k < l->n_tensors; k++) {
        s->tensors[k] = l->tensors[k];
        s->tensors[k].offset = reals[k] ? s->layout.n : LAYOUT_ELSEWHERE;
        *(reals[k] ? &s->layout.n : &halves) += l->tensors[k].n;
    }
    s->theta = mem_array(s->layout.n, sizeof *s->theta);
    s->halves = mem_array(halves, sizeof *s->halves);
    if (!s->theta || !s->halves)
        return ERR_MEMORY;
    halves = 0;
    for (size_t k = 0; k < l->n_tensors; k++) {
        s->slots[k].scale = 1;
        if (reals[k]) {
            s->slots[k].value = s->theta + s->tensors[k].offset;
            continue;
        }
        s->slots[k].value = s->halves + halves;
        s->slots[k].storage = IDIM_STORED_BF16;
        halves += l->tensors[k].n;
    }
    return OK;
}

void stored_put(stored *s, size_t k, const real *values)
{
    const tensor *t = &s->tensors[k];
    if (t->offset != LAYOUT_ELSEWHERE) {
        memcpy(s->theta + t->offset, values, t->n * sizeof *values);
        return;
    }
    uint16_t *halves = s->halves + ((const uint16_t *)s->slots[k].value - s->halves);
    for (size_t i = 0; i < t->n; i++)
        halves[i] = bf16_nearest(values[i]);
}

void stored_clear(stored *s)
{
    mem_free(s->theta);
    mem_free(s->halves);
    mem_free(s->slots);
    mem_free(s->tensors);
    *s = (stored){0};
}

/* ------------------------------------------------------------------ how far it moved */

static size_t row_length(const tensor *t)
{
    return t->n / t->shape[0];
}

static size_t rank_most(const slot *s)
{
    size_t most = 0;
    for (size_t i = 0; i < s->n_riders; i++)
        most = s->riders[i].r > most ? s->riders[i].r : most;
    return most;
}

size_t stored_distance_work(const view *now)
{
    size_t most = 0;
    for (size_t k = 0; k < now->layout->n_tensors; k++) {
        size_t one = 2 * row_length(&now->layout->tensors[k]) + rank_most(&now->slots[k]);
        most = one > most ? one : most;
    }
    return ROWS * most;
}

static void rows_of(const slot *s, size_t first, size_t n, real *x)
{
    if (s->storage == IDIM_STORED_BF16)
        bf16_values((const uint16_t *)s->value + first, n, x);
    else
        memcpy(x, (const real *)s->value + first, n * sizeof *x);
}

/* D += s e o B (m o A) on rows row .. row + rows of the tensor; bent: (rows, r). */
static void rider_add(const rider *p, size_t row, size_t rows, size_t in, real *bent, real *D)
{
    size_t from = row > p->row0 ? row : p->row0;
    size_t end = row + rows < p->row0 + p->rows ? row + rows : p->row0 + p->rows;
    for (size_t i = from; i < end; i++)
        for (size_t j = 0; j < p->r; j++) {
            size_t own = i - p->row0;
            double e = p->e ? (double)p->e[own] : 1, m = p->m ? (double)p->m[j] : 1;
            bent[(i - from) * p->r + j] = (real)(p->s * e * m * (double)p->B[own * p->ldb + j]);
        }
    if (from < end)
        mat_gemm(false, false, end - from, in, p->r, 1, bent, p->r, p->A, p->lda, 1,
                 D + (from - row) * in, in);
}

static double tensor_distance(const tensor *t, const slot *now, const slot *then, real *work)
{
    size_t in = row_length(t);
    real *D = work, *was = D + ROWS * in, *bent = was + ROWS * in;
    bool whole = now->value != then->value || now->c; /* else what rides is all that moved */
    double sum = 0;
    if (!whole && !now->n_riders)
        return 0;
    for (size_t row = 0; row < t->shape[0]; row += ROWS) {
        size_t rows = t->shape[0] - row < ROWS ? t->shape[0] - row : ROWS, n = rows * in;
        memset(D, 0, n * sizeof *D);
        if (whole)
            rows_of(now, row * in, n, D);
        for (size_t i = 0; i < n; i++)
            D[i] *= now->scale;
        for (size_t i = 0; i < now->n_riders; i++)
            rider_add(&now->riders[i], row, rows, in, bent, D);
        if (whole)
            rows_of(then, row * in, n, was);
        for (size_t i = 0; i < n; i++) {
            double c = now->c ? (double)now->c[row + i / in] : 1;
            double moved = c * (double)D[i] - (whole ? (double)was[i] : 0);
            sum += moved * moved;
        }
    }
    return sum;
}

double stored_distance(const view *now, const slot *then, real *work)
{
    double sum = 0;
    for (size_t k = 0; k < now->layout->n_tensors; k++)
        sum += tensor_distance(&now->layout->tensors[k], &now->slots[k], &then[k], work);
    return sqrt(sum);
}
