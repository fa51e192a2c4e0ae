/* pissa_test.c -- what pissa and lora-xs take out of the weights, against NumPy's factorisations of the same matrix:
 * fc2.weight (4, 6) of the first small layout, filled by world_fill(., ., 2). Signs of singular vectors are free, so
 * products are compared. */
#include "tests/spaces/world.h"

enum { OUT = 4, IN = 6, R = 2, AT = 42 };

static const layout *const fc = &world_layouts[0];
static const double top[OUT * IN] = {
    0.554203394705059,  -0.547281018493789, 0.290837033652008,
    0.382117473911593,  -0.637582374070127, 0.679380232389787,
    0.298123431010185,  -0.663316196605089, 0.732116115440092,
    -0.1862015778761,   -0.195994835913611, 0.538266327325872,
    -0.510058250827477, 0.231886702871365,  0.156453417449452,
    -0.640306447732803, 0.695084275229712,  -0.497948421451008,
    0.265932321810845,  0.234483339808321,  -0.636119737734475,
    0.711224528154997,  -0.503989603318304, 0.0931512470164154}; /* U_2 S_2 V_2^T */
static const double first[OUT * IN] = {
    0.602059685028733,  -0.583034494936054, 0.227303073889418,   0.428751748172929,
    -0.699847702421737, 0.646223700516759,  0.21579613382851,    -0.50289466630102,
    0.46714949261572,   -0.160777396530009, -0.143336908738723,  0.297394471261957,
    -0.549190770490819, 0.395526621097188,  -0.0284780409194436, -0.536935657494062,
    0.688251087771371,  -0.558975205746313, 0.183436570131079,   0.443014484397493,
    -0.745164388483439, 0.794654564350309,  -0.44025405849095,   0.0580115087273148}; /* Q_2 R_2 */
static const double last[OUT * OUT] = {0.541783361549963,   -0.35382556375427, 0.342636835186248,
                                       -0.0752437393083977, -0.35382556375427, 0.429023007547939,
                                       0.0452013770767906,  0.343113060793078, 0.342636835186248,
                                       0.0452013770767906,  0.582163393398282, 0.351860784216135,
                                       -0.0752437393083977, 0.343113060793078, 0.351860784216135,
                                       0.447030237503817}; /* U U^T of the smallest two */
static const double largest[R] = {1.95718512161291, 1.44249716536946};

static const double near = sizeof(real) == sizeof(double) ? 1e-12 : 2e-6;
static real theta0[WORLD_MOST], z[WORLD_MOST], g_z[WORLD_MOST];

static void bound(world *w, const char *spec, view *v)
{
    const real *in = z;
    real *out = g_z;
    world_fill(theta0, fc->n, 2);
    world_open(w, spec, fc, theta0, 1);
    space_start(w->s, w->mem, z);
    assert_int_equal(view_init(v, fc), OK);
    view_point(v, theta0, NULL);
    space_bind(1, (const space *const *)&w->s, &w->mem, &in, &out, &v);
}

static void closed(world *w, view *v)
{
    view_clear(v);
    world_close(w);
}

/* sum_a x_ia y_aj (turned: y_ja) is `by` times golden (rows, cols). */
static void is_product(const real *x, const real *y, bool turned, size_t rows, size_t cols,
                       double by, const double *golden)
{
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < cols; j++) {
            double sum = 0;
            for (size_t a = 0; a < R; a++)
                sum += (double)x[i * R + a] * (double)(turned ? y[j * R + a] : y[a * cols + j]);
            assert_true(fabs(sum - by * golden[i * cols + j]) < near);
        }
}

static void factors_begin_at_the_largest_singular_values(void **state)
{
    world w;
    view v;
    bound(&w, "pissa:r=2,targets=\"fc2.w*\",alpha=3", &v); /* s = 3 */
    const rider *r = v.slots[3].riders;
    assert_int_equal(w.s->d, R * (OUT + IN));
    assert_true(r[0].s == 3 && r[0].g_A && r[0].g_B && r[0].A == z && r[0].B == z + R * IN);
    is_product(r->B, r->A, false, OUT, IN, 1. / 3, top);
    assert_true(v.slots[3].n_riders == 2 && r[1].s == -3 && !r[1].g_A && !r[1].g_B);
    assert_memory_equal(r[1].A, r[0].A, R * IN * sizeof(real));
    assert_true(r[1].A != r[0].A);
    assert_false(space_regenerable(w.s) || space_moved(w.s));
    closed(&w, &v);
}

static void olora_begins_at_the_first_of_qr(void **state)
{
    world w;
    view v;
    bound(&w, "pissa:r=2,targets=\"fc2.w*\",start=qr", &v);
    is_product(v.slots[3].riders->B, v.slots[3].riders->A, false, OUT, IN, 1, first);
    closed(&w, &v);
}

static void mica_trains_a_beside_the_smallest_directions(void **state)
{
    world w;
    view v;
    bound(&w, "pissa:r=2,targets=\"fc2.w*\",start=minor", &v);
    const rider *r = v.slots[3].riders;
    assert_int_equal(w.s->d, R * IN);
    assert_true(v.slots[3].n_riders == 1 && r->g_A && !r->g_B);
    is_product(r->B, r->B, true, OUT, OUT, 1, last);
    for (size_t i = 0; i < R * IN; i++)
        assert_true(z[i] == 0);
    closed(&w, &v);
}

static void lora_xs_moves_within_the_largest_directions(void **state)
{
    world w;
    view v;
    real theta[WORLD_MOST];
    bound(&w, "lora-xs:r=2,targets=\"fc2.w*\",alpha=6", &v); /* s = 3 */
    assert_int_equal(w.s->d, R * R);
    assert_true(space_moved(w.s) && !space_regenerable(w.s));
    assert_true(v.slots[3].riders->s == 3 && !v.slots[3].riders->g_B);
    for (size_t i = 0; i < R * R; i++) {
        assert_true(z[i] != 0 && fabs((double)z[i]) < 5e-5);
        z[i] = i % 3 == 0; /* the unit matrix */
    }
    space_lift(w.s, w.mem, z, theta);
    for (size_t i = 0; i < OUT * IN; i++)
        assert_true(fabs((double)theta[i] - (double)theta0[AT + i] - 3 * top[i]) < 4 * near);
    closed(&w, &v);
}

static void a_root_of_each_singular_value_goes_to_both_sides(void **state)
{
    world w;
    view v;
    bound(&w, "lora-xs:r=2,targets=\"fc2.w*\",split=sqrt,start=zero", &v);
    const real *B = v.slots[3].riders->B;
    for (size_t a = 0; a < R; a++)
        for (size_t b = 0; b < R; b++) { /* B^T B = S */
            double sum = 0;
            for (size_t i = 0; i < OUT; i++)
                sum += (double)B[i * R + a] * (double)B[i * R + b];
            assert_true(fabs(sum - (a == b) * largest[a]) < near);
        }
    assert_true(z[0] == 0 && z[3] == 0 && !space_moved(w.s));
    closed(&w, &v);
}

static void refused(const char *spec, status expected, const char *part)
{
    space *s;
    assert_int_equal(space_new(&s, spec, fc, theta0, world_stream(1)), expected);
    assert_non_null(strstr(error_text(), part));
}

static void a_rank_above_the_matrix_and_no_scale_are_refused(void **state)
{
    world_fill(theta0, fc->n, 2);
    refused("pissa:r=5,targets=\"fc2.w*\"", ERR_USAGE, "lower r");
    refused("lora-xs:r=5,targets=\"fc2.w*\"", ERR_USAGE, "lower r");
    refused("pissa:alpha=0,targets=\"fc2.w*\",r=2", ERR_USAGE, "alpha above 0");
    theta0[AT] = (real)NAN;
    refused("pissa:r=2,targets=\"fc2.w*\"", ERR_FAILED, "fc2.weight");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(factors_begin_at_the_largest_singular_values),
        cmocka_unit_test(olora_begins_at_the_first_of_qr),
        cmocka_unit_test(mica_trains_a_beside_the_smallest_directions),
        cmocka_unit_test(lora_xs_moves_within_the_largest_directions),
        cmocka_unit_test(a_root_of_each_singular_value_goes_to_both_sides),
        cmocka_unit_test(a_rank_above_the_matrix_and_no_scale_are_refused),
    };
    return cmocka_run_group_tests_name("spaces/pissa", tests, NULL, NULL);
}
