/* intruders.c -- see intruders.h. */
#include <math.h>
#include <string.h>

#include <gsl/gsl_cdf.h>

#include "base/mem.h"
#include "linalg/linalg.h"
#include "linalg/svd.h"
#include "measure/intruders.h"

const char *const intruders_sides[] = {"left", "right"};

#define COLUMN(...) D90_COLUMN(intruders_row, __VA_ARGS__)
const d90_column intruders_columns[] = {
    COLUMN("tensor", D90_WORD, tensor, "", "as in updates.csv"),
    COLUMN("role", D90_WORD, role, "", "as in updates.csv"),
    COLUMN("layer", D90_NUMBER, layer, "", "counted from 0; empty: of none"),
    COLUMN("rows", D90_COUNT, m, "", "outputs"),
    COLUMN("columns", D90_COUNT, n, "", "inputs"),
    COLUMN("rank", D90_COUNT, r, "", "of the update's factors; 0: a difference"),
    COLUMN("side", D90_WORD, side, "", "left: of outputs; right: of inputs"),
    COLUMN("whole", D90_FLAG, whole, "", "0: the weights before do not span this side"),
    COLUMN("floor", D90_NUMBER, floor, "", "median cosine of a random direction"),
    COLUMN("epsilon", D90_NUMBER, epsilon, "", "an intruder's cosines are all below"),
    COLUMN("epsilon_floor", D90_NUMBER, multiple, "", "epsilon / floor"),
    COLUMN("k", D90_COUNT, k, "",
           "vectors looked at, the largest first; all where there are fewer"),
    COLUMN("intruders", D90_COUNT, count, "", "among them"),
    COLUMN("null_gaussian", D90_NUMBER, null_gaussian, "",
           "the same with a Gaussian update of equal norm"),
    COLUMN("null_rank", D90_NUMBER, null_rank, "",
           "the same with a random update of equal rank and norm"),
    COLUMN("scaled", D90_FLAG, scaled, "", "0: the scale is not known, the update is B A"),
    {0},
};
#undef COLUMN
#define COLUMN(...) D90_COLUMN(intruders_direction, __VA_ARGS__)
const d90_column intruders_direction_columns[] = {
    COLUMN("tensor", D90_WORD, tensor, "", "as in intruders.csv"),
    COLUMN("role", D90_WORD, role, "", "as in intruders.csv"),
    COLUMN("layer", D90_NUMBER, layer, "", "counted from 0; empty: of none"),
    COLUMN("side", D90_WORD, side, "", "left, right"),
    COLUMN("index", D90_COUNT, index, "", "of the tuned weights' vector, 1: the largest"),
    COLUMN("sigma", D90_NUMBER, sigma, "weights", "its singular value"),
    COLUMN("cosine", D90_NUMBER, cosine, "", "largest with a vector of the weights before"),
    COLUMN("best", D90_COUNT, best, "", "index of that vector"),
    COLUMN("window", D90_NUMBER, window, "",
           "largest projection on a run of neighbouring vectors of the weights before"),
    COLUMN("floor", D90_NUMBER, floor, "", "median cosine of a random direction"),
    {0},
};

/* ------------------------------------------------------------------ vectors */

void intruders_base_clear(intruders_base *b)
{
    mem_free(b->U);
    mem_free(b->V);
    *b = (intruders_base){0};
}

/* U (m, k), sigma (k) and V (n, k), all fresh. */
static status intruders_vectors(size_t m, size_t n, const real *W, real **U, double **sigma,
                                real **V)
{
    size_t k = m < n ? m : n;
    real *s = mem_array(k, sizeof *s), *Vt = mem_raw(k * n, sizeof *Vt);
    *U = mem_raw(m * k, sizeof **U);
    *V = mem_raw(n * k, sizeof **V);
    *sigma = mem_array(k, sizeof **sigma);
    status st = s && Vt && *U && *V && *sigma ? svd_thin(m, n, W, n, *U, s, Vt) : ERR_MEMORY;
    for (size_t j = 0; j < k && !st; j++) {
        (*sigma)[j] = (double)s[j];
        for (size_t i = 0; i < n; i++)
            (*V)[i * k + j] = Vt[j * n + i];
    }
    mem_free(s);
    mem_free(Vt);
    return st;
}

status intruders_base_of(size_t m, size_t n, const real *W0, intruders_base *out)
{
    double *sigma;
    *out = (intruders_base){.m = m, .n = n, .k = m < n ? m : n};
    status st = intruders_vectors(m, n, W0, &out->U, &sigma, &out->V);
    mem_free(sigma);
    if (st)
        intruders_base_clear(out);
    return st;
}

double intruders_floor(size_t n, size_t k)
{
    double share = exp(-log(2) / (double)k); /* of |x| below f sqrt n, one coordinate */
    return gsl_cdf_ugaussian_Pinv((1 + share) / 2) / sqrt((double)n);
}

void intruders_look_clear(intruders_look *l)
{
    mem_free(l->U);
    mem_free(l->V);
    mem_free(l->sigma);
    for (size_t s = 0; s < INTRUDERS_SIDES; s++) {
        mem_free(l->cosine[s]);
        mem_free(l->window[s]);
        mem_free(l->best[s]);
    }
    *l = (intruders_look){0};
}

/* X (n, k) of before, Y (n, k) of after. */
static status look_side(size_t n, size_t k, const real *X, const real *Y, size_t side, size_t w,
                        intruders_look *l)
{
    size_t top = l->top;
    real *M = mem_raw(k * top, sizeof *M);
    status st = M && (l->cosine[side] = mem_array(top, sizeof(double))) &&
                        (l->window[side] = mem_array(top, sizeof(double))) &&
                        (l->best[side] = mem_array(top, sizeof(size_t)))
                    ? OK
                    : ERR_MEMORY;
    if (!st)
        mat_gemm(true, false, k, top, n, 1, X, k, Y, k, 0, M, top);
    for (size_t j = 0; j < top && !st; j++) {
        double run = 0, most = 0;
        for (size_t i = 0; i < k; i++) {
            double c = fabs((double)M[i * top + j]),
                   gone = i < w ? 0 : (double)M[(i - w) * top + j];
            if (c > l->cosine[side][j]) {
                l->cosine[side][j] = c;
                l->best[side][j] = i;
            }
            run += c * c - gone * gone;
            most = fmax(most, run);
        }
        l->window[side][j] = sqrt(most);
    }
    mem_free(M);
    return st;
}

status intruders_look_at(const intruders_base *b, const real *W, size_t top, size_t w,
                         intruders_look *out)
{
    *out = (intruders_look){.m = b->m, .n = b->n, .k = b->k, .top = top < b->k ? top : b->k};
    status st = intruders_vectors(b->m, b->n, W, &out->U, &out->sigma, &out->V);
    if (!st)
        st = look_side(b->m, b->k, b->U, out->U, 0, w, out);
    if (!st)
        st = look_side(b->n, b->k, b->V, out->V, 1, w, out);
    if (st)
        intruders_look_clear(out);
    return st;
}

size_t intruders_count(const intruders_look *l, size_t side, double epsilon, size_t k)
{
    size_t n = 0;
    for (size_t j = 0; j < k && j < l->top; j++)
        n += l->cosine[side][j] < epsilon;
    return n;
}

size_t intruders_mitigate(const intruders_look *l, double epsilon, size_t k, double lambda,
                          bool all, real *W)
{
    size_t n = 0, side = l->m > l->n; /* the side that is whole */
    for (size_t j = 0; j < k && j < l->top && (all || !n); j++) {
        if (!(l->cosine[side][j] < epsilon))
            continue;
        double less = (lambda - 1) * l->sigma[j];
        for (size_t a = 0; a < l->m; a++)
            for (size_t b = 0; b < l->n; b++)
                W[a * l->n + b] +=
                    (real)(less * (double)l->U[a * l->k + j] * (double)l->V[b * l->k + j]);
        n++;
    }
    return n;
}

/* ------------------------------------------------------------------ a tensor */

/* A random matrix of the norm: Gaussian, or of rank r where r is not 0. */
static status null_update(size_t m, size_t n, size_t r, double norm, const stream *s, real *W)
{
    stream left = stream_named(s, "B"), right = stream_named(s, "A");
    real *A = r ? mem_raw(r * n, sizeof *A) : NULL, *B = r ? mem_raw(m * r, sizeof *B) : NULL;
    status st = !r || (A && B) ? OK : ERR_MEMORY;
    if (!st && r) {
        rng_normals(&right, 0, r * n, A);
        rng_normals(&left, 0, m * r, B);
        mat_gemm(false, false, m, n, r, 1, B, r, A, n, 0, W, n);
    } else if (!st) {
        rng_normals(s, 0, m * n, W);
    }
    double scale = st ? 0 : norm / vec_norm(W, m * n);
    for (size_t i = 0; i < m * n && !st; i++)
        W[i] *= (real)scale;
    mem_free(A);
    mem_free(B);
    return st;
}

typedef struct lookers { /* the tuned weights, and two nulls beside them */
    intruders_look tuned, gaussian, rank;
    bool has_gaussian, has_rank;
} lookers;

static status look_null(const update *u, const intruders_base *b, size_t r, double norm, size_t top,
                        size_t w, const stream *s, real *W, intruders_look *out)
{
    status st = null_update(b->m, b->n, r, norm, s, W);
    for (size_t i = 0; i < b->m * b->n && !st; i++)
        W[i] += u->W0[i];
    return st ? st : intruders_look_at(b, W, top, w, out);
}

static status look_all(const update *u, const intruders_how *how, const intruders_base *b,
                       size_t top, const real *dW, real *W, lookers *l)
{
    const spectrum_about *a = &u->about;
    size_t size = a->m * a->n, r = how->rank ? how->rank : a->r;
    double norm = vec_norm(dW, size);
    stream seed = stream_make(how->seed, "intruders"), s = stream_named(&seed, a->tensor);
    stream gaussian = stream_named(&s, "gaussian"), rank = stream_named(&s, "rank");
    status st;
    if (how->nulls && norm > 0) {
        if ((st = look_null(u, b, 0, norm, top, how->window, &gaussian, W, &l->gaussian)))
            return st;
        l->has_gaussian = true;
        if (r && (st = look_null(u, b, r, norm, top, how->window, &rank, W, &l->rank)))
            return st;
        l->has_rank = r > 0;
    }
    for (size_t i = 0; i < size; i++)
        W[i] = u->W0[i] + dW[i];
    return intruders_look_at(b, W, top, how->window, &l->tuned);
}

static void found_rows(const update *u, const intruders_how *how, const lookers *l,
                       intruders_found *f)
{
    const spectrum_about *a = &u->about;
    double layer = a->layer < 0 ? (double)NAN : (double)a->layer;
    for (size_t side = 0; side < INTRUDERS_SIDES; side++) {
        size_t n = side ? a->n : a->m, least = a->m < a->n ? a->m : a->n;
        double floor = intruders_floor(n, least);
        for (size_t e = 0; e < how->n_epsilons; e++)
            for (size_t i = 0; i < how->n_ks; i++) {
                size_t k = (size_t)how->ks[i];
                double epsilon = how->epsilons[e];
                f->rows[f->n_rows++] = (intruders_row){
                    .tensor = a->tensor,
                    .role = a->role,
                    .side = intruders_sides[side],
                    .layer = layer,
                    .m = a->m,
                    .n = a->n,
                    .r = a->r,
                    .whole = n == least,
                    .epsilon = epsilon,
                    .floor = floor,
                    .multiple = epsilon / floor,
                    .k = k,
                    .count = intruders_count(&l->tuned, side, epsilon, k),
                    .null_gaussian = l->has_gaussian
                                         ? (double)intruders_count(&l->gaussian, side, epsilon, k)
                                         : (double)NAN,
                    .null_rank = l->has_rank ? (double)intruders_count(&l->rank, side, epsilon, k)
                                             : (double)NAN,
                    .scaled = a->scaled};
            }
        for (size_t j = 0; j < l->tuned.top; j++)
            f->directions[f->n_directions++] = (intruders_direction){a->tensor,
                                                                     a->role,
                                                                     intruders_sides[side],
                                                                     layer,
                                                                     j + 1,
                                                                     l->tuned.best[side][j] + 1,
                                                                     l->tuned.sigma[j],
                                                                     l->tuned.cosine[side][j],
                                                                     l->tuned.window[side][j],
                                                                     floor};
    }
}

void intruders_found_clear(intruders_found *f)
{
    mem_free(f->rows);
    mem_free(f->directions);
    mem_free(f->W);
    *f = (intruders_found){0};
}

status intruders_of(const update *u, const intruders_how *how, intruders_found *out)
{
    const spectrum_about *a = &u->about;
    intruders_base b = {0};
    lookers l = {0};
    real *dW = NULL, *W = NULL;
    double most = how->k;
    *out = (intruders_found){0};
    for (size_t i = 0; i < how->n_ks; i++)
        most = fmax(most, how->ks[i]);
    size_t least = a->m < a->n ? a->m : a->n, top = most < (double)least ? (size_t)most : least;
    status st = update_formed(u, &dW);
    if (st)
        return st;
    if (!(W = mem_raw(a->m * a->n, sizeof *W)) ||
        !(out->rows =
              mem_array(INTRUDERS_SIDES * how->n_epsilons * how->n_ks, sizeof *out->rows)) ||
        !(out->directions = mem_array(INTRUDERS_SIDES * top, sizeof *out->directions)))
        st = ERR_MEMORY;
    if (!st && !(st = intruders_base_of(a->m, a->n, u->W0, &b)) &&
        !(st = look_all(u, how, &b, top, dW, W, &l))) {
        found_rows(u, how, &l, out);
        if (how->lambda < 1 || how->lambda > 1) {
            out->mitigated = intruders_mitigate(&l.tuned, how->epsilon, (size_t)how->k, how->lambda,
                                                how->all, W);
            out->W = W;
            W = NULL;
        }
    }
    intruders_look_clear(&l.tuned);
    intruders_look_clear(&l.gaussian);
    intruders_look_clear(&l.rank);
    intruders_base_clear(&b);
    mem_free(dW);
    mem_free(W);
    if (st) {
        error_prefix("%s: ", a->tensor);
        intruders_found_clear(out);
    }
    return st;
}
