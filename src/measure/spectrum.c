/* spectrum.c -- see spectrum.h. */
#include <float.h>
#include <math.h>

#include "base/mem.h"
#include "linalg/linalg.h"
#include "linalg/randomized.h"
#include "linalg/svd.h"
#include "measure/marchenko.h"
#include "measure/spectrum.h"
#include "measure/tail.h"

#define COLUMN(...) D90_COLUMN(spectrum_row, __VA_ARGS__)

const d90_column spectrum_columns[] = {
    COLUMN("tensor", D90_WORD, about.tensor, "", "its name, or its module's"),
    COLUMN("role", D90_WORD, about.role, "", "what the name says: q, k, v, qkv, o, up, down, ..."),
    COLUMN("layer", D90_NUMBER, layer, "", "counted from 0; empty: of none"),
    COLUMN("rows", D90_COUNT, about.m, "", "outputs"),
    COLUMN("columns", D90_COUNT, about.n, "", "inputs"),
    COLUMN("rank", D90_COUNT, about.r, "", "of the factors; 0: a difference of two matrices"),
    COLUMN("alpha", D90_NUMBER, about.alpha, "", "LoRA's; empty: not known"),
    COLUMN("scale", D90_NUMBER, about.scale, "", "s of s B A; empty: not known, values are of B A"),
    COLUMN("scaled", D90_FLAG, about.scaled, "", "0: the scale is not known"),
    COLUMN("method", D90_WORD, about.method, "", "factors, exact, randomized"),
    COLUMN("values", D90_COUNT, values, "", "singular values that are known"),
    COLUMN("bound", D90_NUMBER, bound, "weights",
           "randomized: the largest certified error of a value"),
    COLUMN("norm", D90_NUMBER, about.norm, "weights", "Frobenius norm of the update"),
    COLUMN("spectral", D90_NUMBER, spectral, "weights", "largest singular value"),
    COLUMN("weight_norm", D90_NUMBER, about.weight_norm, "weights",
           "Frobenius norm of the weights before"),
    COLUMN("relative", D90_NUMBER, relative, "", "norm / weight_norm"),
    COLUMN("effective_rank", D90_NUMBER, effective_rank, "", "exp(-sum p ln p), p = sigma / sum"),
    COLUMN("stable_rank", D90_NUMBER, stable_rank, "", "norm^2 / spectral^2"),
    COLUMN("participation", D90_NUMBER, participation, "", "(sum sigma^2)^2 / sum sigma^4"),
    COLUMN("numerical_rank", D90_NUMBER, numerical_rank, "",
           "values above spectral max(rows, columns) eps"),
    COLUMN("rank90", D90_NUMBER, rank90, "", "fewest values with 90 % of the squares"),
    COLUMN("null_effective_rank", D90_NUMBER, null_effective_rank, "",
           "of a random update of equal rank and norm"),
    COLUMN("noise", D90_NUMBER, noise, "weights",
           "deviation of the bulk, from the median value; of full-rank updates"),
    COLUMN("noise_edge", D90_NUMBER, noise_edge, "weights", "Marchenko and Pastur's"),
    COLUMN("noise_above", D90_NUMBER, noise_above, "", "values above that edge"),
    COLUMN("noise_effective_rank", D90_NUMBER, noise_effective_rank, "", "of those values alone"),
    COLUMN("unchanged", D90_NUMBER, about.unchanged, "share", "entries that are exactly the same"),
    COLUMN("rounding", D90_NUMBER, about.rounding, "weights",
           "deviation of the bulk that 16 bits leave; empty: neither has 16 bits"),
    COLUMN("rounding_edge", D90_NUMBER, rounding_edge, "weights", "of that bulk"),
    COLUMN("rounding_above", D90_NUMBER, rounding_above, "", "values above that edge"),
    COLUMN("rounding_effective_rank", D90_NUMBER, rounding_effective_rank, "",
           "of those values alone"),
    COLUMN("tail_alpha", D90_NUMBER, tail_alpha, "",
           "exponent of the density of sigma^2; empty: fewer than 50 values, or p below .1"),
    COLUMN("tail_n", D90_NUMBER, tail_n, "", "values in that tail"),
    COLUMN("tail_p", D90_NUMBER, tail_p, "", "of the power law, by bootstrap"),
    {0},
};

/* ------------------------------------------------------------------ values */

static void spectrum_doubles(size_t k, const real *s, double *sigma)
{
    for (size_t i = 0; i < k; i++)
        sigma[i] = (double)s[i];
}

/* The product itself, where r is no less than a side. */
static status factors_formed(size_t m, size_t n, size_t r, const real *A, const real *B, real *U,
                             real *s, real *Vt)
{
    real *W = mem_array(m * n, sizeof *W);
    if (!W)
        return ERR_MEMORY;
    mat_gemm(false, false, m, n, r, 1, B, r, A, n, 0, W, n);
    status st = svd_thin(m, n, W, n, U, s, Vt);
    mem_free(W);
    return st;
}

/* Two thin QRs and a small SVD. */
static status factors_thin(size_t m, size_t n, size_t r, const real *A, const real *B, real *U,
                           real *s, real *V)
{
    real *Qb = mem_raw(m * r, sizeof *Qb), *Qa = mem_raw(n * r, sizeof *Qa);
    real *Rb = mem_raw(r * r, sizeof *Rb), *Ra = mem_raw(r * r, sizeof *Ra);
    real *core = mem_raw(r * r, sizeof *core), *X = mem_raw(r * r, sizeof *X);
    real *Yt = mem_raw(r * r, sizeof *Yt);
    status st = Qb && Qa && Rb && Ra && core && X && Yt ? OK : ERR_MEMORY;
    if (st)
        goto done;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < r; j++)
            Qa[i * r + j] = A[j * n + i];
    if ((st = qr_thin(m, r, B, r, Qb, Rb)) || (st = qr_thin(n, r, Qa, r, Qa, Ra)))
        goto done;
    mat_gemm(false, true, r, r, r, 1, Rb, r, Ra, r, 0, core, r);
    if ((st = svd_thin(r, r, core, r, U ? X : NULL, s, U ? Yt : NULL)) || !U)
        goto done;
    mat_gemm(false, false, m, r, r, 1, Qb, r, X, r, 0, U, r);
    mat_gemm(false, true, n, r, r, 1, Qa, r, Yt, r, 0, V, r);
done:
    mem_free(Qb);
    mem_free(Qa);
    mem_free(Rb);
    mem_free(Ra);
    mem_free(core);
    mem_free(X);
    mem_free(Yt);
    return st;
}

status spectrum_factors(size_t m, size_t n, size_t r, double s, const real *A, const real *B,
                        real *U, double *sigma, real *V)
{
    size_t side = m < n ? m : n, k = r < side ? r : side;
    bool formed = r > side;
    real *values = mem_array(k, sizeof *values);
    real *Vt = formed && U ? mem_array(k * n, sizeof *Vt) : NULL;
    status st = values && (Vt || !formed || !U) ? OK : ERR_MEMORY;
    if (!st)
        st = formed ? factors_formed(m, n, r, A, B, U, values, Vt)
                    : factors_thin(m, n, r, A, B, U, values, V);
    for (size_t i = 0; !st && i < k; i++)
        sigma[i] = fabs(s) * (double)values[i];
    for (size_t i = 0; !st && Vt && i < n; i++)
        for (size_t j = 0; j < k; j++)
            V[i * k + j] = Vt[j * n + i];
    for (size_t i = 0; !st && U && s < 0 && i < m * k; i++)
        U[i] = -U[i];
    mem_free(values);
    mem_free(Vt);
    return st;
}

status spectrum_exact(size_t m, size_t n, const real *W, double *sigma)
{
    size_t k = m < n ? m : n;
    real *s = mem_array(k, sizeof *s);
    status st = s ? svd_thin(m, n, W, n, NULL, s, NULL) : ERR_MEMORY;
    if (!st)
        spectrum_doubles(k, s, sigma);
    mem_free(s);
    return st;
}

status spectrum_largest(size_t m, size_t n, const real *W, size_t r, double tolerance,
                        const stream *s, double *sigma, double *bound, bool *converged)
{
    const randomized how = {r, tolerance, 0, *s};
    randomized_done done = {0};
    real *U = mem_array(m * r, sizeof *U), *Vt = mem_array(r * n, sizeof *Vt);
    real *values = mem_array(r, sizeof *values);
    status st = U && Vt && values ? svd_randomized(m, n, W, n, &how, U, values, Vt, bound, &done)
                                  : ERR_MEMORY;
    if (!st)
        spectrum_doubles(r, values, sigma);
    *converged = done.converged;
    mem_free(U);
    mem_free(Vt);
    mem_free(values);
    return st;
}

status spectrum_null_factors(size_t m, size_t n, size_t r, double norm, const stream *s,
                             double *sigma)
{
    size_t side = m < n ? m : n, k = r < side ? r : side;
    stream a = stream_named(s, "A"), b = stream_named(s, "B");
    real *A = mem_raw(r * n, sizeof *A), *B = mem_raw(m * r, sizeof *B);
    status st = A && B ? OK : ERR_MEMORY;
    if (!st) {
        rng_normals(&a, 0, r * n, A);
        rng_normals(&b, 0, m * r, B);
        st = spectrum_factors(m, n, r, 1, A, B, NULL, sigma, NULL);
    }
    if (!st) {
        double squares = 0;
        for (size_t i = 0; i < k; i++)
            squares += sigma[i] * sigma[i];
        for (size_t i = 0; i < k && squares > 0; i++)
            sigma[i] *= norm / sqrt(squares);
    }
    mem_free(A);
    mem_free(B);
    return st;
}

/* ------------------------------------------------------------------ what they say */

double spectrum_effective_rank(size_t k, const double *sigma)
{
    double sum = 0, entropy = 0;
    for (size_t i = 0; i < k; i++)
        sum += sigma[i];
    for (size_t i = 0; i < k && sum > 0; i++)
        if (sigma[i] > 0)
            entropy -= sigma[i] / sum * log(sigma[i] / sum);
    return sum > 0 ? exp(entropy) : (double)NAN;
}

static size_t spectrum_above(size_t k, const double *sigma, double edge)
{
    size_t n = 0;
    while (n < k && sigma[n] > edge)
        n++;
    return n;
}

/* Counted over all of the update's squares, so that a spectrum that is cut short has a rank90 only where
 * its values reach that far. */
static double spectrum_rank90(size_t k, const double *sigma, double norm)
{
    double squares = 0;
    for (size_t i = 0; i < k; i++) {
        squares += sigma[i] * sigma[i];
        if (squares >= .9 * norm * norm)
            return (double)(i + 1);
    }
    return (double)NAN;
}

static void spectrum_shape(size_t k, const double *sigma, bool whole, spectrum_row *row)
{
    const spectrum_about *a = &row->about;
    double squares = a->norm * a->norm, fourth = 0,
           eps = sizeof(real) == 4 ? (double)FLT_EPSILON : DBL_EPSILON;
    for (size_t i = 0; i < k; i++)
        fourth += sigma[i] * sigma[i] * sigma[i] * sigma[i];
    row->stable_rank = squares / (sigma[0] * sigma[0]);
    row->rank90 = spectrum_rank90(k, sigma, a->norm);
    if (!whole)
        return;
    row->effective_rank = spectrum_effective_rank(k, sigma);
    row->participation = squares * squares / fourth;
    row->numerical_rank =
        (double)spectrum_above(k, sigma, sigma[0] * (double)(a->m > a->n ? a->m : a->n) * eps);
}

static status spectrum_bulks(size_t k, const double *sigma, bool whole, size_t replicates,
                             const stream *s, spectrum_row *row)
{
    const spectrum_about *a = &row->about;
    size_t side = a->m < a->n ? a->m : a->n;
    if (!isnan(a->rounding)) {
        row->rounding_edge = marchenko_edge(a->m, a->n, a->rounding);
        size_t n = spectrum_above(k, sigma, row->rounding_edge);
        if (n < k || whole) {
            row->rounding_above = (double)n;
            row->rounding_effective_rank = n ? spectrum_effective_rank(n, sigma) : 0;
        }
    }
    if (k < side || row->numerical_rank < (double)side)
        return OK;
    row->noise =
        marchenko_noise(a->m, a->n, k % 2 ? sigma[k / 2] : (sigma[k / 2 - 1] + sigma[k / 2]) / 2);
    row->noise_edge = marchenko_edge(a->m, a->n, row->noise);
    size_t n = spectrum_above(k, sigma, row->noise_edge);
    row->noise_above = (double)n;
    row->noise_effective_rank = n ? spectrum_effective_rank(n, sigma) : 0;
    if (!replicates)
        return OK;

    tail t;
    double *x = mem_array(k, sizeof *x);
    if (!x)
        return ERR_MEMORY;
    for (size_t i = 0; i < k; i++)
        x[i] = sigma[i] * sigma[i];
    status st = tail_fit(k, x, replicates, s, &t);
    mem_free(x);
    if (!st && t.n) {
        row->tail_p = t.p;
        row->tail_n = (double)t.n;
        row->tail_alpha = t.p >= .1 ? t.alpha : (double)NAN;
    }
    return st;
}

status spectrum_of(const spectrum_about *about, size_t k, const double *sigma, const double *null,
                   const double *bound, size_t replicates, const stream *s, spectrum_row *row)
{
    const double none = (double)NAN;
    size_t side = about->m < about->n ? about->m : about->n;
    bool whole = k == side || about->r; /* all that are not 0 are known */
    *row = (spectrum_row){.about = *about,
                          .layer = about->layer < 0 ? none : (double)about->layer,
                          .values = k,
                          .bound = none,
                          .spectral = k ? sigma[0] : 0,
                          .relative = about->norm / about->weight_norm,
                          .effective_rank = none,
                          .stable_rank = none,
                          .participation = none,
                          .numerical_rank = none,
                          .rank90 = none,
                          .null_effective_rank = none,
                          .noise = none,
                          .noise_edge = none,
                          .noise_above = none,
                          .noise_effective_rank = none,
                          .rounding_edge = none,
                          .rounding_above = none,
                          .rounding_effective_rank = none,
                          .tail_alpha = none,
                          .tail_n = none,
                          .tail_p = none};
    if (!k || !(sigma[0] > 0))
        return OK;
    for (size_t i = 0; bound && i < k; i++)
        row->bound = fmax(isnan(row->bound) ? 0 : row->bound, bound[i]);
    spectrum_shape(k, sigma, whole, row);
    if (null && whole)
        row->null_effective_rank = spectrum_effective_rank(k, null);
    return spectrum_bulks(k, sigma, whole, replicates, s, row);
}
