/* randomized_test.c -- the largest singular values in a few products, against all of them by LAPACK; the
 * bounds hold whether or not it converged. */
#include "tests/test.h"

#include "linalg/linalg.h"
#include "linalg/randomized.h"
#include "linalg/svd.h"

#ifdef IDIM_DOUBLE
#define ROUND 1e-12
#else
#define ROUND 3e-6 /* of the largest value: some dozen roundings of 6e-8 */
#endif

enum { M = 150, N = 110, R = 5 };

/* low-rank with values 1, 1/2, 1/4, ... and normals of deviation `noise` */
static void matrix(size_t m, size_t n, size_t rank, double noise, real *A)
{
    real *left = mem_array(m * rank, sizeof *left), *right = mem_array(n * rank, sizeof *right);
    stream s = stream_make(7, "matrix"), l = stream_named(&s, "left"),
           r = stream_named(&s, "right");
    assert_true(left && right);
    rng_normals(&s, 0, m * n, A);
    rng_normals(&l, 0, m * rank, left);
    rng_normals(&r, 0, n * rank, right);
    assert_ok(qr_thin(m, rank, left, rank, left, NULL));
    assert_ok(qr_thin(n, rank, right, rank, right, NULL));
    for (size_t i = 0; i < m * rank; i++)
        left[i] *= (real)ldexp(1, -(int)(i % rank));
    mat_gemm(false, true, m, n, rank, 1, left, rank, right, rank, (real)noise, A, n);
    mem_free(left);
    mem_free(right);
}

typedef struct found {
    real U[M * R], s[R], Vt[R * M], all[M];
    double bound[R];
    randomized_done done;
} found;

static void find(size_t m, size_t n, real *A, double tolerance, size_t passes, found *f)
{
    randomized how = {R, tolerance, passes, stream_make(1, "test")};
    assert_ok(svd_randomized(m, n, A, n, &how, f->U, f->s, f->Vt, f->bound, &f->done));
    assert_ok(svd_thin(m, n, A, n, NULL, f->all, NULL));
}

/* Every value has one of A's within its bound, and is not above its own. */
static void assert_bounds_hold(size_t m, size_t n, const real *A, const found *f)
{
    double round = ROUND * (double)f->all[0];
    for (size_t i = 0; i < R; i++) {
        double near = (double)INFINITY, left = 0, off = 0;
        for (size_t j = 0; j < (m < n ? m : n); j++)
            near = fmin(near, fabs((double)f->all[j] - (double)f->s[i]));
        assert_true(near <= f->bound[i] + round);
        assert_true(f->s[i] <= f->all[i] + (real)round);
        for (size_t a = 0; a < m; a++) {
            double sum = 0;
            for (size_t b = 0; b < n; b++)
                sum += (double)A[a * n + b] * (double)f->Vt[i * n + b];
            double d = sum - (double)f->s[i] * (double)f->U[a * R + i];
            off += d * d;
            left += (double)f->U[a * R + i] * (double)f->U[a * R + i];
        }
        assert_near(sqrt(off), f->bound[i], round);
        assert_near(left, 1, ROUND);
    }
}

static void values_are_found_to_the_tolerance(void **state)
{
    for (int wide = 0; wide < 2; wide++) {
        size_t m = wide ? N : M, n = wide ? M : N;
        real *A = mem_array(m * n, sizeof *A);
        found *f = mem_array(1, sizeof *f);
        assert_true(A && f);
        matrix(m, n, 8, 1e-4, A);
        find(m, n, A, 1e-5, 0, f);
        assert_true(f->done.converged && f->done.passes < 12);
        for (size_t i = 0; i < R; i++) {
            assert_true(f->bound[i] <= 1e-5 * (double)f->s[0]);
            assert_near(f->s[i], f->all[i], 1e-5);
        }
        assert_bounds_hold(m, n, A, f);
        mem_free(A);
        mem_free(f);
    }
}

static void what_did_not_converge_has_bounds_that_hold(void **state)
{
    real *A = mem_array(M * N, sizeof *A);
    found *f = mem_array(1, sizeof *f);
    assert_true(A && f);
    matrix(M, N, 1, 1, A); /* noise: its largest values lie close together */
    find(M, N, A, 1e-5, 5, f);
    assert_false(f->done.converged);
    assert_true(f->bound[R - 1] > 1e-3 * (double)f->s[0]);
    assert_bounds_hold(M, N, A, f);
    find(M, N, A, 1e-5, 400, f); /* and with patience it does */
    assert_true(f->done.converged);
    for (size_t i = 0; i < R; i++)
        assert_near(f->s[i], f->all[i], 1e-5 * (double)f->all[0]);
    mem_free(A);
    mem_free(f);
}

static void a_matrix_of_lower_rank_ends_in_zeros(void **state)
{
    real *A = mem_array(M * N, sizeof *A);
    found *f = mem_array(1, sizeof *f);
    assert_true(A && f);
    matrix(M, N, 2, 0, A);
    find(M, N, A, 1e-5, 0, f);
    assert_true(f->done.converged);
    assert_near(f->s[1], .5, 1e-5);
    for (size_t i = 2; i < R; i++)
        assert_true(f->s[i] < (real)1e-5);
    memset(A, 0, M * N * sizeof *A);
    find(M, N, A, 1e-5, 0, f);
    assert_true(f->done.converged && f->s[0] == 0);
    mem_free(A);
    mem_free(f);
}

static void a_small_matrix_is_done_whole(void **state)
{
    enum { SIDE = 20 };
    real A[SIDE * SIDE];
    found f;
    test_fill(A, SIDE * SIDE, 3);
    find(SIDE, SIDE, A, 1e-5, 0, &f);
    for (size_t i = 0; i < R; i++)
        assert_near(f.s[i], f.all[i], ROUND * (double)f.all[0]);
    assert_bounds_hold(SIDE, SIDE, A, &f);
}

static void as_many_values_as_the_smaller_side_are_the_most(void **state)
{
    real one = 1, U, s, Vt;
    double bound;
    randomized_done done;
    randomized how = {2, 1e-5, 0, stream_make(1, "test")};
    assert_refused(svd_randomized(1, 1, &one, 1, &how, &U, &s, &Vt, &bound, &done), ERR_USAGE,
                   "ask for 1 to 1");
    how.r = 1;
    assert_ok(svd_randomized(1, 1, &one, 1, &how, &U, &s, &Vt, &bound, &done));
    assert_near(s, 1, ROUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_found_to_the_tolerance),
        cmocka_unit_test(what_did_not_converge_has_bounds_that_hold),
        cmocka_unit_test(a_matrix_of_lower_rank_ends_in_zeros),
        cmocka_unit_test(a_small_matrix_is_done_whole),
        cmocka_unit_test(as_many_values_as_the_smaller_side_are_the_most),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
