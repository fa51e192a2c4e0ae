/* randomized.c -- see randomized.h. */
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "linalg/linalg.h"
#include "linalg/randomized.h"
#include "linalg/svd.h"

enum {
    EXTRA = 8,  /* columns of a block beyond the values wanted */
    FIRST = 3,  /* blocks before bounds are looked at: two seldom do, and a look costs a product */
    BLOCKS = 8, /* in Q before it begins again */
    PASSES = 64 /* the default */
};

typedef struct krylov {
    size_t m, n, lda, b, most; /* a block's columns; Q's at most */
    const real *A;
    size_t k;           /* columns of Q that are there */
    real *Q;            /* (m, most) */
    real *T;            /* (n, most) A^T Q */
    real *block, *rest; /* (m, b) the next columns; (most, b) */
    real *V, *R;        /* (n, most), (most, most): the QR of T */
    real *X, *Yt, *s;   /* (most, most) twice, (most) */
    size_t passes;
} krylov;

static void krylov_clear(krylov *w)
{
    real *all[] = {w->Q, w->T, w->block, w->rest, w->V, w->R, w->X, w->Yt, w->s};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        mem_free(all[i]);
}

static status krylov_init(krylov *w, size_t m, size_t n, const real *A, size_t lda, size_t b,
                          size_t most)
{
    *w = (krylov){.m = m, .n = n, .lda = lda, .b = b, .most = most, .A = A};
    const struct {
        real **at;
        size_t rows, columns;
    } all[] = {{&w->Q, m, most},    {&w->T, n, most},     {&w->block, m, b},
               {&w->rest, most, b}, {&w->V, n, most},     {&w->R, most, most},
               {&w->X, most, most}, {&w->Yt, most, most}, {&w->s, most, 1}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        size_t size;
        status st = size_mul(all[i].rows, all[i].columns, &size);
        if (st)
            return st;
        if (!(*all[i].at = mem_raw(size, sizeof(real))))
            return ERR_MEMORY;
    }
    return OK;
}

/* The block, made orthonormal and orthogonal to Q, joins it; and A^T times it joins T. Twice: what a first
 * removal leaves of a block that lay in Q's span is rounding, which is not orthogonal to anything. */
static status krylov_join(krylov *w)
{
    status st;
    for (int twice = 0; twice < (w->k ? 2 : 1); twice++) {
        if (w->k) {
            mat_gemm(true, false, w->k, w->b, w->m, 1, w->Q, w->most, w->block, w->b, 0, w->rest,
                     w->b);
            mat_gemm(false, false, w->m, w->b, w->k, -1, w->Q, w->most, w->rest, w->b, 1, w->block,
                     w->b);
        }
        if ((st = qr_thin(w->m, w->b, w->block, w->b, w->block, NULL)))
            return st;
    }
    for (size_t i = 0; i < w->m; i++)
        memcpy(w->Q + i * w->most + w->k, w->block + i * w->b, w->b * sizeof *w->Q);
    mat_gemm(true, false, w->n, w->b, w->m, 1, w->A, w->lda, w->block, w->b, 0, w->T + w->k,
             w->most);
    w->passes++;
    w->k += w->b;
    return OK;
}

/* The next block: A times the last columns of T. */
static void krylov_next(krylov *w)
{
    mat_gemm(false, false, w->m, w->b, w->n, 1, w->A, w->lda, w->T + w->k - w->b, w->most, 0,
             w->block, w->b);
    w->passes++;
}

/* T (n, k) = V X diag(s) Yt. */
static status krylov_values(krylov *w)
{
    status st = qr_thin(w->n, w->k, w->T, w->most, w->V, w->R);
    return st ? st : svd_thin(w->k, w->k, w->R, w->k, w->X, w->s, w->Yt);
}

/* U = Q Y, its first r columns, and V^T likewise. */
static void krylov_vectors(const krylov *w, size_t r, real *U, real *Vt)
{
    mat_gemm(false, true, w->m, r, w->k, 1, w->Q, w->most, w->Yt, w->k, 0, U, r);
    mat_gemm(true, true, r, w->n, w->k, 1, w->X, w->k, w->V, w->k, 0, Vt, w->n);
}

/* bound_i = ||A v_i - s_i u_i||; work (m, r). Returns the largest. */
static double randomized_bounds(size_t m, size_t n, const real *A, size_t lda, size_t r,
                                const real *U, const real *s, const real *Vt, real *work,
                                double *bound)
{
    double largest = 0;
    mat_gemm(false, true, m, r, n, 1, A, lda, Vt, n, 0, work, r);
    memset(bound, 0, r * sizeof *bound);
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < r; j++) {
            double off = (double)work[i * r + j] - (double)s[j] * (double)U[i * r + j];
            bound[j] += off * off;
        }
    for (size_t j = 0; j < r; j++) {
        bound[j] = sqrt(bound[j]);
        largest = fmax(largest, bound[j]);
    }
    return largest;
}

/* Q begins again from its best b vectors. */
static status krylov_again(krylov *w)
{
    mat_gemm(false, true, w->m, w->b, w->k, 1, w->Q, w->most, w->Yt, w->k, 0, w->block, w->b);
    w->k = 0;
    return krylov_join(w);
}

static status krylov_start(krylov *w, const stream *s)
{
    real *O = w->V; /* (n, b), free until the first values */
    rng_normals(s, 0, w->n * w->b, O);
    mat_gemm(false, false, w->m, w->b, w->n, 1, w->A, w->lda, O, w->b, 0, w->block, w->b);
    w->passes++;
    return krylov_join(w);
}

static status randomized_run(krylov *w, const randomized *how, real *U, real *s, real *Vt,
                             double *bound, randomized_done *done)
{
    size_t passes = how->passes ? how->passes : PASSES;
    real *work = mem_raw(w->m * how->r, sizeof *work);
    status st = work ? krylov_start(w, &how->stream) : ERR_MEMORY;
    while (!st) {
        krylov_next(w);
        if ((st = krylov_join(w)))
            break;
        if (w->k < FIRST * w->b && w->passes < passes)
            continue;
        if ((st = krylov_values(w)))
            break;
        krylov_vectors(w, how->r, U, Vt);
        memcpy(s, w->s, how->r * sizeof *s);
        double largest = randomized_bounds(w->m, w->n, w->A, w->lda, how->r, U, s, Vt, work, bound);
        w->passes++;
        done->converged = largest <= how->tolerance * (double)s[0];
        if (done->converged || w->passes >= passes)
            break;
        if (w->k + w->b > w->most)
            st = krylov_again(w);
    }
    done->passes = w->passes;
    mem_free(work);
    return st;
}

/* All values, then the first r of them. */
static status randomized_whole(size_t m, size_t n, const real *A, size_t lda, const randomized *how,
                               real *U, real *s, real *Vt, double *bound, randomized_done *done)
{
    size_t k = m < n ? m : n, r = how->r;
    real *all_U = mem_raw(m * k, sizeof *all_U), *all_s = mem_raw(k, sizeof *all_s);
    real *all_Vt = mem_raw(k * n, sizeof *all_Vt), *work = mem_raw(m * r, sizeof *work);
    status st = all_U && all_s && all_Vt && work ? svd_thin(m, n, A, lda, all_U, all_s, all_Vt)
                                                 : ERR_MEMORY;
    if (!st) {
        for (size_t i = 0; i < m; i++)
            memcpy(U + i * r, all_U + i * k, r * sizeof *U);
        memcpy(s, all_s, r * sizeof *s);
        memcpy(Vt, all_Vt, r * n * sizeof *Vt);
        double largest = randomized_bounds(m, n, A, lda, r, U, s, Vt, work, bound);
        done->converged = largest <= how->tolerance * (double)s[0];
        done->passes = 1;
    }
    mem_free(all_U);
    mem_free(all_s);
    mem_free(all_Vt);
    mem_free(work);
    return st;
}

status svd_randomized(size_t m, size_t n, const real *A, size_t lda, const randomized *how, real *U,
                      real *s, real *Vt, double *bound, randomized_done *done)
{
    size_t k = m < n ? m : n, b = how->r + EXTRA, blocks;
    krylov w;
    *done = (randomized_done){0};
    if (!how->r || how->r > k)
        return error_set(ERR_USAGE, "%zu singular values of a %zu x %zu matrix: ask for 1 to %zu",
                         how->r, m, n, k);
    blocks = k / b < BLOCKS ? k / b : BLOCKS;
    if (blocks < FIRST) /* Q would soon be a whole basis */
        return randomized_whole(m, n, A, lda, how, U, s, Vt, bound, done);
    status st = krylov_init(&w, m, n, A, lda, b, b * blocks);
    if (!st)
        st = randomized_run(&w, how, U, s, Vt, bound, done);
    krylov_clear(&w);
    return st;
}
