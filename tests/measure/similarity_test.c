/* similarity_test.c -- phi against bases whose overlap is known, table 7 of Hu et al. from its own numbers.
 *
 * Two planes that share e_1 and have the angle t between their second directions:
 *     phi(1, 1) = 1, phi(2, 2) = (1 + cos^2 t) / 2, phi(1, 2) = phi(2, 1) = 1. */
#include "tests/test.h"

#include "linalg/linalg.h"
#include "linalg/svd.h"
#include "measure/similarity.h"

#ifdef IDIM_DOUBLE
#define ROUND 1e-12
#else
#define ROUND 2e-6
#endif

static void planes_have_the_similarity_of_their_angle(void **state)
{
    double t = .7, phi[4], cosines[2];
    real U[6] = {1, 0, 0, 1, 0, 0}, V[6] = {1, 0, 0, (real)cos(t), 0, (real)sin(t)};
    assert_ok(similarity_phi(3, 2, U, 2, V, phi));
    assert_near(phi[0], 1, ROUND);
    assert_near(phi[1], 1, ROUND);
    assert_near(phi[2], 1, ROUND);
    assert_near(phi[3], (1 + cos(t) * cos(t)) / 2, ROUND);
    assert_ok(similarity_cosines(3, 2, U, 2, V, cosines));
    assert_near(cosines[0], 1, ROUND);
    assert_near(cosines[1], cos(t), ROUND);
    /* phi = 1 - d^2 / p, d^2 = p - sum of cos^2 */
    double d2 = 2 - cosines[0] * cosines[0] - cosines[1] * cosines[1];
    assert_near(phi[3], 1 - d2 / 2, ROUND);
}

/* Orthonormal columns at random. */
static void random_basis(size_t n, size_t k, unsigned seed, real *U)
{
    stream s = stream_make(seed, "basis");
    rng_normals(&s, 0, n * k, U);
    assert_ok(qr_thin(n, k, U, k, U, NULL));
}

static void random_subspaces_have_the_expected_similarity(void **state)
{
    enum { N = 40, K1 = 3, K2 = 8, TIMES = 400 };
    double mean = 0, phi[K1 * K2];
    real U[N * K1], V[N * K2];
    for (unsigned t = 0; t < TIMES; t++) {
        random_basis(N, K1, 2 * t, U);
        random_basis(N, K2, 2 * t + 1, V);
        assert_ok(similarity_phi(N, K1, U, K2, V, phi));
        mean += phi[K1 * K2 - 1] / TIMES;
    }
    assert_near(similarity_random(N, K1, K2), 8.0 / 40, 1e-15);
    assert_near(mean, similarity_random(N, K1, K2), .01); /* its sd is .0025 */
}

static void table_7_is_made_of_its_numbers(void **state)
{
    /* GPT-3, layer 48: 12288 x 12288, ||W_q|| = 61.95; papers.md 3.12 */
    assert_near(amplification_factor(6.91, .32), 21.5, .1 / 21.5);
    assert_near(amplification_factor(3.57, 1.9), 1.9, .03);
    assert_near(amplification_enrichment(12288, 12288, 4, 61.95, .32), 15.9, .05);
    assert_near(amplification_enrichment(12288, 12288, 64, 61.95, 1.9), 5.9, .05);
}

/* s B A with A (r, n) and B (m, r) */
static update made(size_t m, size_t n, size_t r, real *A, real *B, real *W0)
{
    return (update){.about = {.tensor = "layers.1.q",
                              .role = "q",
                              .layer = 1,
                              .m = m,
                              .n = n,
                              .r = r,
                              .norm = (double)NAN,
                              .weight_norm = vec_norm(W0, m * n),
                              .scaled = true},
                    .s = 2,
                    .A = A,
                    .B = B,
                    .W0 = W0};
}

static void bases_are_those_of_factors_and_update(void **state)
{
    enum { M = 5, N = 4, R = 2 };
    /* A's rows 3 e_2 and e_1; B's columns e_1 and 5 e_2: B A = 3 e_1 e_2^T + 5 e_2 e_1^T */
    real A[R * N] = {0, 3, 0, 0, 1, 0, 0, 0}, B[M * R] = {1, 0, 0, 5}, W0[M * N] = {1};
    update u = made(M, N, R, A, B, W0);
    similarity_bases b;
    similarity_table t = {0};
    u.A0 = W0; /* e_1 alone: at step 0 its first row, and zeros */
    assert_ok(similarity_bases_of(&u, 0, &b));
    assert_int_equal(b.k[SIMILARITY_A0], 1);
    assert_near(fabs((double)b.U[SIMILARITY_A0][0]), 1, ROUND);
    u.A0 = NULL;
    similarity_bases_clear(&b);
    assert_ok(similarity_bases_of(&u, 0, &b));
    assert_int_equal(b.k[SIMILARITY_A0], 0); /* of a file nobody knows it */
    for (size_t w = 0; w < SIMILARITY_WHATS; w++)
        assert_int_equal(b.k[w], w == SIMILARITY_A0 ? 0 : 2);
    assert_near(fabs((double)b.U[SIMILARITY_A][1 * 2]), 1, ROUND);  /* e_2 first */
    assert_near(fabs((double)b.U[SIMILARITY_B][1 * 2]), 1, ROUND);  /* e_2 first */
    assert_near(fabs((double)b.U[SIMILARITY_IN][0 * 2]), 1, ROUND); /* e_1 first: 5 is the larger */
    assert_near(fabs((double)b.U[SIMILARITY_OUT][1 * 2]), 1, ROUND); /* e_2 first */
    assert_ok(similarity_compare(&b, &b, false, &t));
    assert_int_equal(t.n_rows, 4 * 4);
    assert_int_equal(t.n_angles, 4 * 2);
    for (size_t i = 0; i < t.n_rows; i++) {
        assert_near(t.rows[i].phi, 1, ROUND); /* with itself */
        assert_near(t.rows[i].excess, 1 - t.rows[i].random, ROUND);
    }
    for (size_t i = 0; i < t.n_angles; i++)
        assert_true(t.angles[i].degrees < .2);
    mem_free(t.rows);
    mem_free(t.angles);
    t = (similarity_table){0};
    assert_ok(similarity_compare(&b, &b, true, &t));
    assert_true(t.n_rows == 4 * 2 && t.n_angles == 0);
    mem_free(t.rows);
    similarity_bases_clear(&b);
}

static void what_is_zero_has_no_directions(void **state)
{
    real A[4] = {1, 2, 3, 4}, B[2] = {0, 0}, W0[8] = {1};
    update u = made(2, 4, 1, A, B, W0); /* as LoRA begins */
    similarity_bases b;
    similarity_table t = {0};
    assert_ok(similarity_bases_of(&u, 0, &b));
    assert_true(b.k[SIMILARITY_A] == 1 && b.k[SIMILARITY_B] == 0 && b.k[SIMILARITY_IN] == 0);
    assert_ok(similarity_compare(&b, &b, false, &t));
    assert_int_equal(t.n_rows, 1);
    mem_free(t.rows);
    mem_free(t.angles);
    similarity_bases_clear(&b);
}

static void an_update_along_the_weights_is_not_enriched_by_chance(void **state)
{
    enum { M = 60, N = 50 };
    real *W0 = mem_array(M * N, sizeof *W0), A[N], B[M];
    amplification_row row;
    update_vectors v;
    stream s = stream_make(3, "W0");
    assert_true(W0);
    rng_normals(&s, 0, M * N, W0);
    for (size_t i = 0; i < M; i++)
        B[i] = i == 7;
    for (size_t j = 0; j < N; j++)
        A[j] = j == 9 ? (real)1.5 : 0;
    W0[7 * N + 9] = 4;
    update u = made(M, N, 1, A, B, W0);
    assert_ok(update_vectors_of(&u, 0, &v));
    assert_ok(amplification_of(&u, &v, 1, 1, &row));
    assert_near(row.norm, 3, ROUND);
    assert_near(row.projected, 4, 1e-5); /* e_7^T W e_9 */
    assert_near(row.factor, .75, 1e-5);
    double norm = vec_norm(W0, M * N);
    assert_near(row.enrichment, 4 * sqrt(M * N) / norm, 1e-5);
    assert_true(row.own > row.projected && row.own < 20); /* the largest value, about 14.8 */
    assert_true(row.random < 4);
    update_vectors_clear(&v);
    mem_free(W0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(planes_have_the_similarity_of_their_angle),
        cmocka_unit_test(random_subspaces_have_the_expected_similarity),
        cmocka_unit_test(table_7_is_made_of_its_numbers),
        cmocka_unit_test(bases_are_those_of_factors_and_update),
        cmocka_unit_test(what_is_zero_has_no_directions),
        cmocka_unit_test(an_update_along_the_weights_is_not_enriched_by_chance),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
