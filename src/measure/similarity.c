/* similarity.c -- see similarity.h. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "linalg/linalg.h"
#include "linalg/svd.h"
#include "measure/similarity.h"

const char *const similarity_words[] = {"A", "B", "A_start", "update_in", "update_out"};

#define COLUMN(...) D90_COLUMN(similarity_row, __VA_ARGS__)
const d90_column similarity_columns[] = {
    COLUMN("tensor", D90_WORD, tensor, "", "of the first adapter"),
    COLUMN("other", D90_WORD, other, "", "of the second, or of another layer of the same one"),
    COLUMN("role", D90_WORD, role, "", "of both"),
    COLUMN("layer", D90_NUMBER, layer, "", "of tensor"),
    COLUMN("other_layer", D90_NUMBER, other_layer, "", "of other"),
    COLUMN("what", D90_WORD, what, "",
           "A, B: of the factor; A_start: of A at step 0, of kept runs; update_in, update_out: of "
           "the update"),
    COLUMN("n", D90_COUNT, n, "", "dimension of the space"),
    COLUMN("i", D90_COUNT, i, "", "directions of tensor, the largest first"),
    COLUMN("j", D90_COUNT, j, "", "directions of other"),
    COLUMN("phi", D90_NUMBER, phi, "", "subspace similarity of Hu et al."),
    COLUMN("random", D90_NUMBER, random, "", "its expectation for random subspaces, max(i, j)/n"),
    COLUMN("excess", D90_NUMBER, excess, "", "phi - random"),
    {0},
};
#undef COLUMN
#define COLUMN(...) D90_COLUMN(similarity_angle, __VA_ARGS__)
const d90_column similarity_angle_columns[] = {
    COLUMN("tensor", D90_WORD, tensor, "", "as in similarity.csv"),
    COLUMN("other", D90_WORD, other, "", "as in similarity.csv"),
    COLUMN("role", D90_WORD, role, "", "of both"),
    COLUMN("layer", D90_NUMBER, layer, "", "of tensor"),
    COLUMN("other_layer", D90_NUMBER, other_layer, "", "of other"),
    COLUMN("what", D90_WORD, what, "", "as in similarity.csv"),
    COLUMN("n", D90_COUNT, n, "", "dimension of the space"),
    COLUMN("rank", D90_COUNT, k, "", "directions of tensor"),
    COLUMN("other_rank", D90_COUNT, other_k, "", "directions of other"),
    COLUMN("index", D90_COUNT, index, "", "1: the smallest angle"),
    COLUMN("cosine", D90_NUMBER, cosine, "", "of the principal angle between the two spans"),
    COLUMN("degrees", D90_NUMBER, degrees, "degrees", "the angle"),
    {0},
};
#undef COLUMN
#define COLUMN(...) D90_COLUMN(amplification_row, __VA_ARGS__)
const d90_column amplification_columns[] = {
    COLUMN("tensor", D90_WORD, tensor, "", "as in updates.csv"),
    COLUMN("role", D90_WORD, role, "", "as in updates.csv"),
    COLUMN("layer", D90_NUMBER, layer, "", "counted from 0"),
    COLUMN("r", D90_COUNT, r, "", "directions, the largest of each"),
    COLUMN("norm", D90_NUMBER, norm, "weights", "of the update dW, Frobenius"),
    COLUMN("weight_norm", D90_NUMBER, weight_norm, "weights", "of the weights before, W"),
    COLUMN("projected", D90_NUMBER, projected, "weights", "U^T W V, U and V of dW"),
    COLUMN("own", D90_NUMBER, own, "weights", "U^T W V, U and V of W itself"),
    COLUMN("random", D90_NUMBER, random, "weights", "U^T W V, U and V random"),
    COLUMN("factor", D90_NUMBER, factor, "", "amplification: norm / projected"),
    COLUMN("factor_random", D90_NUMBER, of_random, "", "norm / random: what any U, V give"),
    COLUMN("enrichment", D90_NUMBER, enrichment, "",
           "projected sqrt(rows columns) / (r weight_norm): 1 for random U, V"),
    COLUMN("scaled", D90_FLAG, scaled, "", "0: the scale is not known, dW is B A"),
    {0},
};

/* ------------------------------------------------------------------ subspaces */

status similarity_phi(size_t n, size_t k1, const real *U1, size_t k2, const real *U2, double *phi)
{
    real *M = mem_array(k1 * k2, sizeof *M);
    if (!M)
        return ERR_MEMORY;
    mat_gemm(true, false, k1, k2, n, 1, U1, k1, U2, k2, 0, M, k2);
    for (size_t i = 0; i < k1; i++) /* sums of squares over the upper left block */
        for (size_t j = 0; j < k2; j++)
            phi[i * k2 + j] = (double)M[i * k2 + j] * (double)M[i * k2 + j] +
                              (i ? phi[(i - 1) * k2 + j] : 0) + (j ? phi[i * k2 + j - 1] : 0) -
                              (i && j ? phi[(i - 1) * k2 + j - 1] : 0);
    for (size_t i = 0; i < k1; i++)
        for (size_t j = 0; j < k2; j++)
            phi[i * k2 + j] /= (double)((i < j ? i : j) + 1);
    mem_free(M);
    return OK;
}

double similarity_random(size_t n, size_t i, size_t j)
{
    return (double)(i > j ? i : j) / (double)n;
}

status similarity_cosines(size_t n, size_t k1, const real *U1, size_t k2, const real *U2,
                          double *cosines)
{
    size_t k = k1 < k2 ? k1 : k2;
    real *M = mem_array(k1 * k2, sizeof *M), *s = mem_array(k, sizeof *s);
    status st = M && s ? OK : ERR_MEMORY;
    if (!st) {
        mat_gemm(true, false, k1, k2, n, 1, U1, k1, U2, k2, 0, M, k2);
        st = svd_thin(k1, k2, M, k2, NULL, s, NULL);
    }
    for (size_t i = 0; i < k && !st; i++)
        cosines[i] = fmin(1, (double)s[i]);
    mem_free(M);
    mem_free(s);
    return st;
}

/* How many values are no rounding. */
static size_t bases_rank(size_t m, size_t n, size_t k, const double *sigma, size_t most)
{
    double eps = sizeof(real) == 4 ? (double)FLT_EPSILON : DBL_EPSILON;
    size_t r = 0;
    while (r < k && (!most || r < most) && sigma[r] > sigma[0] * (double)(m > n ? m : n) * eps)
        r++;
    return r;
}

/* U (n, all), its first k columns. */
static status bases_take(size_t n, size_t all, size_t k, const real *U, similarity_what what,
                         similarity_bases *out)
{
    out->n[what] = n;
    if (!k)
        return OK;
    if (!(out->U[what] = mem_raw(n * k, sizeof(real))))
        return ERR_MEMORY;
    for (size_t i = 0; i < n; i++)
        memcpy(out->U[what] + i * k, U + i * all, k * sizeof(real));
    out->k[what] = k;
    return OK;
}

/* Left vectors of X (n, r) as they lie, or of its transpose (r, n). */
static status bases_factor(size_t n, size_t r, const real *X, bool transposed, similarity_what what,
                           size_t most, similarity_bases *out)
{
    size_t k = n < r ? n : r;
    real *turned = mem_raw(n * r, sizeof *turned), *U = mem_raw(n * k, sizeof *U);
    real *s = mem_raw(k, sizeof *s), *Vt = mem_raw(k * r, sizeof *Vt);
    double *sigma = mem_array(k, sizeof *sigma);
    status st = turned && U && s && Vt && sigma ? OK : ERR_MEMORY;
    for (size_t i = 0; i < n && !st; i++)
        for (size_t j = 0; j < r; j++)
            turned[i * r + j] = transposed ? X[j * n + i] : X[i * r + j];
    if (!st && !(st = svd_thin(n, r, turned, r, U, s, Vt))) {
        for (size_t i = 0; i < k; i++)
            sigma[i] = (double)s[i];
        st = bases_take(n, k, bases_rank(n, r, k, sigma, most), U, what, out);
    }
    mem_free(turned);
    mem_free(U);
    mem_free(s);
    mem_free(Vt);
    mem_free(sigma);
    return st;
}

void similarity_bases_clear(similarity_bases *b)
{
    for (size_t k = 0; k < SIMILARITY_WHATS; k++)
        mem_free(b->U[k]);
    *b = (similarity_bases){0};
}

status similarity_bases_of(const update *u, size_t most, similarity_bases *out)
{
    const spectrum_about *a = &u->about;
    update_vectors v;
    status st;
    *out = (similarity_bases){.tensor = a->tensor, .role = a->role, .layer = a->layer};
    if ((st = update_vectors_of(u, most, &v)))
        goto done;
    size_t k = bases_rank(a->m, a->n, v.k, v.sigma, most);
    if ((st = bases_take(a->n, v.k, k, v.V, SIMILARITY_IN, out)) ||
        (st = bases_take(a->m, v.k, k, v.U, SIMILARITY_OUT, out)) || !u->A)
        goto done;
    if (!(st = bases_factor(a->n, a->r, u->A, true, SIMILARITY_A, most, out)) &&
        !(st = bases_factor(a->m, a->r, u->B, false, SIMILARITY_B, most, out)) && u->A0)
        st = bases_factor(a->n, a->r, u->A0, true, SIMILARITY_A0, most, out);
done:
    update_vectors_clear(&v);
    if (st) {
        error_prefix("%s: ", a->tensor);
        similarity_bases_clear(out);
    }
    return st;
}

/* ------------------------------------------------------------------ rows */

static double row_layer(int layer)
{
    return layer < 0 ? (double)NAN : (double)layer;
}

static status compare_rows(const similarity_bases *a, const similarity_bases *b,
                           similarity_what what, bool diagonal, similarity_table *t)
{
    size_t n = a->n[what], k1 = a->k[what], k2 = b->k[what], least = k1 < k2 ? k1 : k2;
    double *phi = mem_array(k1 * k2, sizeof *phi);
    similarity_row *more =
        mem_resize(t->rows, t->n_rows + (diagonal ? least : k1 * k2), sizeof *more);
    status st = phi && more ? similarity_phi(n, k1, a->U[what], k2, b->U[what], phi) : ERR_MEMORY;
    if (more)
        t->rows = more;
    for (size_t i = 0; i < k1 && !st; i++)
        for (size_t j = 0; j < k2; j++) {
            if (diagonal && i != j)
                continue;
            double random = similarity_random(n, i + 1, j + 1), x = phi[i * k2 + j];
            t->rows[t->n_rows++] = (similarity_row){a->tensor,
                                                    b->tensor,
                                                    a->role,
                                                    similarity_words[what],
                                                    row_layer(a->layer),
                                                    row_layer(b->layer),
                                                    n,
                                                    i + 1,
                                                    j + 1,
                                                    x,
                                                    random,
                                                    x - random};
        }
    mem_free(phi);
    return st;
}

static status compare_angles(const similarity_bases *a, const similarity_bases *b,
                             similarity_what what, similarity_table *t)
{
    size_t n = a->n[what], k1 = a->k[what], k2 = b->k[what], k = k1 < k2 ? k1 : k2;
    double *cosines = mem_array(k, sizeof *cosines), right = acos(-1) / 180;
    similarity_angle *more = mem_resize(t->angles, t->n_angles + k, sizeof *more);
    status st = cosines && more ? similarity_cosines(n, k1, a->U[what], k2, b->U[what], cosines)
                                : ERR_MEMORY;
    if (more)
        t->angles = more;
    for (size_t i = 0; i < k && !st; i++)
        t->angles[t->n_angles++] = (similarity_angle){a->tensor,
                                                      b->tensor,
                                                      a->role,
                                                      similarity_words[what],
                                                      row_layer(a->layer),
                                                      row_layer(b->layer),
                                                      n,
                                                      k1,
                                                      k2,
                                                      i + 1,
                                                      cosines[i],
                                                      acos(cosines[i]) / right};
    mem_free(cosines);
    return st;
}

status similarity_compare(const similarity_bases *a, const similarity_bases *b, bool diagonal,
                          similarity_table *t)
{
    status st = OK;
    for (similarity_what w = 0; w < SIMILARITY_WHATS && !st; w++)
        if (a->k[w] && b->k[w] && a->n[w] == b->n[w] &&
            !(st = compare_rows(a, b, w, diagonal, t)) && !diagonal)
            st = compare_angles(a, b, w, t);
    return st;
}

/* ------------------------------------------------------------------ amplification */

double amplification_factor(double norm, double projected)
{
    return norm / projected;
}

double amplification_enrichment(size_t m, size_t n, size_t r, double weight_norm, double projected)
{
    return projected * sqrt((double)m * (double)n) / ((double)r * weight_norm);
}

/* ||U^T W V||_F, the first r columns of U (m; ldu) and V (n; ldv); work (m, r) and (r, r). */
static double amplification_projected(size_t m, size_t n, size_t r, const real *W, const real *U,
                                      size_t ldu, const real *V, size_t ldv, real *work)
{
    real *core = work + m * r;
    mat_gemm(false, false, m, r, n, 1, W, n, V, ldv, 0, work, r);
    mat_gemm(true, false, r, r, m, 1, U, ldu, work, r, 0, core, r);
    return vec_norm(core, r * r);
}

static status amplification_random(size_t m, size_t n, size_t r, const real *W, uint64_t seed,
                                   const char *name, real *work, double *projected)
{
    stream s = stream_make(seed, "amplification"), own = stream_named(&s, name);
    stream left = stream_named(&own, "U"), right = stream_named(&own, "V");
    real *U = mem_raw(m * r, sizeof *U), *V = mem_raw(n * r, sizeof *V);
    status st = U && V ? OK : ERR_MEMORY;
    if (!st) {
        rng_normals(&left, 0, m * r, U);
        rng_normals(&right, 0, n * r, V);
        if (!(st = qr_thin(m, r, U, r, U, NULL)) && !(st = qr_thin(n, r, V, r, V, NULL)))
            *projected = amplification_projected(m, n, r, W, U, r, V, r, work);
    }
    mem_free(U);
    mem_free(V);
    return st;
}

status amplification_of(const update *u, const update_vectors *v, size_t r, uint64_t seed,
                        amplification_row *row)
{
    const spectrum_about *a = &u->about;
    stream s = stream_make(seed, "own");
    real *work = mem_raw(a->m * r + r * r, sizeof *work);
    double *own = mem_array(2 * r, sizeof *own), squares = 0;
    bool converged;
    status st = work && own ? OK : ERR_MEMORY;
    *row = (amplification_row){.tensor = a->tensor,
                               .role = a->role,
                               .layer = row_layer(a->layer),
                               .r = r,
                               .weight_norm = a->weight_norm,
                               .scaled = a->scaled};
    for (size_t i = 0; i < v->k; i++)
        squares += v->sigma[i] * v->sigma[i];
    row->norm = isnan(a->norm) ? sqrt(squares) : a->norm;
    if (!st)
        st = amplification_random(a->m, a->n, r, u->W0, seed, a->tensor, work, &row->random);
    if (!st) /* of W itself U^T W V is diagonal: its largest values */
        st = spectrum_largest(a->m, a->n, u->W0, r, 1e-3, &s, own, own + r, &converged);
    if (!st) {
        for (size_t i = 0; i < r; i++)
            row->own += own[i] * own[i];
        row->own = sqrt(row->own);
        row->projected =
            amplification_projected(a->m, a->n, r, u->W0, v->U, v->k, v->V, v->k, work);
        row->factor = amplification_factor(row->norm, row->projected);
        row->of_random = amplification_factor(row->norm, row->random);
        row->enrichment = amplification_enrichment(a->m, a->n, r, row->weight_norm, row->projected);
    }
    mem_free(work);
    mem_free(own);
    return st;
}
