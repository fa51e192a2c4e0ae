/* attention_test.c -- tiles against the formula written out in double, and every gradient against central
 * differences: samples of several lengths, groups of heads, prefix rows, dropout, more keys than
 * queries. Golden: softmax(q k^T / sqrt 2) v of two rows, worked by hand. */
#include "tests/test.h"

#include "base/pool.h"
#include "nn/attention.h"
#include "nn/dropout.h"

enum { SAMPLES = 3, HEADS = 4, KV = 2, WIDTH = 3, PREFIX = 2, LDQ = 17, LDK = 13, MOST = 420 };

typedef struct world {
    attention a;
    attention_in in;
    idim_batch batch;
    idim_pass pass;
    idim_slot pk, pv;
    uint32_t q_starts[SAMPLES + 1], k_starts[SAMPLES + 1], index[SAMPLES];
    real q[MOST * LDQ], k[MOST * LDK], v[MOST * LDK], prefix_k[PREFIX * KV * WIDTH],
        prefix_v[PREFIX * KV * WIDTH];
    real g_q[MOST * LDQ], g_k[MOST * LDK], g_v[MOST * LDK], g_pk[PREFIX * KV * WIDTH],
        g_pv[PREFIX * KV * WIDTH];
    real logs[MOST * HEADS], y[MOST * HEADS * WIDTH], g_y[MOST * HEADS * WIDTH];
} world;

/* lengths: of keys; fewer: how many of them have no query. */
static void world_init(world *w, const uint32_t lengths[SAMPLES], uint32_t fewer, bool causal,
                       bool prefix, double drop)
{
    memset(w, 0, sizeof *w);
    for (size_t s = 0; s < SAMPLES; s++) {
        w->k_starts[s + 1] = w->k_starts[s] + lengths[s];
        w->q_starts[s + 1] = w->q_starts[s] + lengths[s] - fewer;
        w->index[s] = (uint32_t)(7 * s + 2);
    }
    assert_true(w->k_starts[SAMPLES] <= MOST);
    test_fill(w->q, MOST * LDQ, 1);
    test_fill(w->k, MOST * LDK, 2);
    test_fill(w->v, MOST * LDK, 3);
    test_fill(w->g_y, MOST * HEADS * WIDTH, 4);
    test_fill(w->prefix_k, PREFIX * KV * WIDTH, 5);
    test_fill(w->prefix_v, PREFIX * KV * WIDTH, 6);
    for (size_t i = 0; i < MOST * LDQ; i++)
        w->q[i] *= 2; /* rows that are far from even */
    w->pk = (idim_slot){.value = w->prefix_k, .grad = w->g_pk, .scale = 1};
    w->pv = (idim_slot){.value = w->prefix_v, .grad = w->g_pv, .scale = 1};
    w->a = (attention){.heads = HEADS,
                       .kv_heads = KV,
                       .width = WIDTH,
                       .causal = causal,
                       .scale = 1.3,
                       .drop = drop,
                       .place = 4,
                       .prefix = prefix ? PREFIX : 0,
                       .prefix_k = &w->pk,
                       .prefix_v = &w->pv};
    w->in = (attention_in){w->q, w->k, w->v, LDQ, LDK, w->q_starts, w->k_starts};
    w->batch = (idim_batch){.n = SAMPLES, .index = w->index};
    w->pass = (idim_pass){.mode = IDIM_TRAIN, .dropout = {{1, 2}, {3, 4}}, .step = 9};
}

static double world_loss(world *w)
{
    double loss = 0;
    attention_forward(&w->a, &w->in, &w->batch, &w->pass, w->logs, w->y);
    for (size_t i = 0; i < w->q_starts[SAMPLES] * HEADS * WIDTH; i++)
        loss += (double)w->g_y[i] * (double)w->y[i];
    return loss;
}

static void world_gradient(world *w)
{
    world_loss(w);
    attention_backward(&w->a, &w->in, &w->batch, &w->pass, w->logs, w->y, w->g_y, w->g_q, w->g_k,
                       w->g_v);
}

/* Row i of sample s, head h, as the header says it. */
static void formula(const world *w, size_t s, size_t i, size_t h, double y[WIDTH])
{
    size_t g = h / (HEADS / KV), n = w->k_starts[s + 1] - w->k_starts[s];
    size_t before = n - (w->q_starts[s + 1] - w->q_starts[s]), p = w->a.prefix;
    const real *q = w->q + (w->q_starts[s] + i) * LDQ + h * WIDTH;
    double sum = 0;
    stream layer = stream_sub(&w->pass.dropout, w->a.place);
    stream sample = dropout_sample(&layer, &w->batch, &w->pass, s);
    stream row = stream_sub(&sample, (uint64_t)h << 32 | (before + i));
    memset(y, 0, WIDTH * sizeof *y);
    for (size_t k = 0; k < p + n; k++) {
        size_t own = (w->k_starts[s] + k - p) * LDK + g * WIDTH;
        const real *key = k < p ? w->prefix_k + (k * KV + g) * WIDTH : w->k + own;
        const real *value = k < p ? w->prefix_v + (k * KV + g) * WIDTH : w->v + own;
        double score = 0;
        if (w->a.causal && k >= p && k - p > before + i)
            continue;
        for (size_t c = 0; c < WIDTH; c++)
            score += w->a.scale * (double)q[c] * (double)key[c];
        sum += exp(score);
        double keep =
            w->a.drop > 0 ? rng_uniform(&row, k) < w->a.drop ? 0 : 1 / (1 - w->a.drop) : 1;
        for (size_t c = 0; c < WIDTH; c++)
            y[c] += keep * exp(score) * (double)value[c];
    }
    for (size_t c = 0; c < WIDTH; c++)
        y[c] /= sum;
}

static const uint32_t small[SAMPLES] = {5, 2, 4}, large[SAMPLES] = {130, 1, 275};

static void forward_is_the_formula(void **state)
{
    static world w;
    for (unsigned way = 0; way < 32; way++) {
        bool fewer = way & 4;
        static const uint32_t lengths[SAMPLES] = {130, 9, 275};
        world_init(&w, lengths, fewer ? 3 : 0, way & 1, way & 2, way & 8 ? .3 : 0);
        w.pass.mode = way & 16 ? IDIM_EVAL : IDIM_TRAIN;
        world_loss(&w);
        if (way & 16)
            w.a.drop = 0;
        for (size_t s = 0; s < SAMPLES; s++)
            for (size_t i = 0; i < w.q_starts[s + 1] - w.q_starts[s]; i++)
                for (size_t h = 0; h < HEADS; h++) {
                    double y[WIDTH];
                    formula(&w, s, i, h, y);
                    for (size_t c = 0; c < WIDTH; c++)
                        assert_near(w.y[((w.q_starts[s] + i) * HEADS + h) * WIDTH + c], y[c], 3e-6);
                }
    }
}

static void check(world *w, real *x, const real *g, size_t n, size_t step, const char *what)
{
    for (size_t i = 0; i < n; i += step) {
        real keep = x[i], h = (real)1e-5;
        x[i] = keep + h;
        double up = world_loss(w);
        x[i] = keep - h;
        double down = world_loss(w);
        x[i] = keep;
        double slope = (up - down) / (2 * (double)h), got = (double)g[i];
        if (fabs(slope - got) > 1e-6 * fmax(1, fabs(slope)))
            fail_msg("%s[%zu]: gradient %.12g, differences %.12g", what, i, got, slope);
    }
}

static void gradients_agree_with_differences(void **state)
{
    static world w;
    for (unsigned way = 0; way < 16; way++) {
        const uint32_t *lengths = way & 8 ? large : small;
        size_t step = way & 8 ? 911 : 1;
        world_init(&w, lengths, 0, way & 1, way & 2, way & 4 ? .3 : 0);
        world_gradient(&w);
        size_t rows = w.k_starts[SAMPLES];
        check(&w, w.q, w.g_q, rows * LDQ, step, "q");
        check(&w, w.k, w.g_k, rows * LDK, step, "k");
        check(&w, w.v, w.g_v, rows * LDK, step, "v");
        check(&w, w.prefix_k, w.g_pk, PREFIX * KV * WIDTH, 1, "prefix k");
        check(&w, w.prefix_v, w.g_pv, PREFIX * KV * WIDTH, 1, "prefix v");
    }
}

static void prefix_gradients_are_added_and_frozen_ones_left_alone(void **state)
{
    static world w;
    real once[PREFIX * KV * WIDTH];
    world_init(&w, small, 0, true, true, 0);
    world_gradient(&w);
    memcpy(once, w.g_pk, sizeof once);
    w.pv.grad = NULL;
    memset(w.g_pv, 0, sizeof w.g_pv);
    world_gradient(&w);
    for (size_t i = 0; i < PREFIX * KV * WIDTH; i++) {
        assert_near(w.g_pk[i], 2 * once[i], 1e-6);
        assert_true(w.g_pv[i] == 0);
    }
}

static void threads_change_no_bits(void **state)
{
    static world one, two;
    pool *p;
    assert_ok(pool_new(&p, 2));
    world_init(&one, large, 0, true, true, .2);
    world_init(&two, large, 0, true, true, .2);
    two.pass.pool = p;
    world_gradient(&one);
    world_gradient(&two);
    assert_memory_equal(one.g_q, two.g_q, sizeof one.g_q);
    assert_memory_equal(one.g_k, two.g_k, sizeof one.g_k);
    assert_memory_equal(one.g_v, two.g_v, sizeof one.g_v);
    assert_memory_equal(one.g_pk, two.g_pk, sizeof one.g_pk);
    pool_free(p);
}

/* Scores up to 300 that grow from tile to tile: e^300 is no float. */
static void large_scores_do_not_overflow(void **state)
{
    static world w;
    static const uint32_t lengths[SAMPLES] = {1, 1, 275};
    world_init(&w, lengths, 0, false, true, 0);
    for (size_t i = 0; i < 275; i++)
        for (size_t c = 0; c < LDK; c++)
            w.k[(2 + i) * LDK + c] = (real)i;
    for (size_t i = 0; i < MOST * LDQ; i++)
        w.q[i] = (real)(.2 + .1 * sin((double)i));
    world_loss(&w);
    for (size_t i = 0; i < 275; i++)
        for (size_t h = 0; h < HEADS; h++) {
            double y[WIDTH];
            formula(&w, 2, i, h, y);
            for (size_t c = 0; c < WIDTH; c++) /* scores of 300 are good to 2e-5 */
                assert_near(w.y[((2 + i) * HEADS + h) * WIDTH + c], y[c], 1e-4);
        }
}

/* q = (1, 0), (0, 2); k = (1, 1), (-1, 2); v = (1, 0), (0, 1); scale 1/sqrt 2. Row 0 sees key 0 alone;
 * row 1 has scores 2 and 4 over sqrt 2: weights 1/(1 + e^sqrt 2) = .19557 and .80443. */
static void a_causal_pair_has_the_weights_worked_by_hand(void **state)
{
    static const uint32_t starts[] = {0, 2};
    const real q[] = {1, 0, 0, 2}, k[] = {1, 1, -1, 2}, v[] = {1, 0, 0, 1};
    real y[4], logs[2];
    attention a = {.heads = 1, .kv_heads = 1, .width = 2, .causal = true, .scale = sqrt(.5)};
    attention_in in = {q, k, v, 2, 2, starts, starts};
    idim_batch b = {.n = 1};
    idim_pass pass = {0};
    attention_forward(&a, &in, &b, &pass, logs, y);
    assert_near(y[0], 1, 1e-7);
    assert_near(y[1], 0, 1e-7);
    assert_near(y[2], 1 / (1 + exp(sqrt(2))), 1e-6);
    assert_near(y[3], .80443, 1e-5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forward_is_the_formula),
        double_test(gradients_agree_with_differences),
        cmocka_unit_test(prefix_gradients_are_added_and_frozen_ones_left_alone),
        cmocka_unit_test(threads_change_no_bits),
        cmocka_unit_test(large_scores_do_not_overflow),
        cmocka_unit_test(a_causal_pair_has_the_weights_worked_by_hand),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
