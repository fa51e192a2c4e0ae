/* examples_test.c -- resampled test examples: moments in closed form, one draw for all runs. */
#include "tests/test.h"

#include "measure/examples.h"

enum { N = 200, TIMES = 3000 };

static uint8_t right[3][N / 8];
static d90_point points[3];

/* 160, 160 and 40 of 200 right: the first two are the same examples, the third the other 40. */
static d90_scores make(void)
{
    static const double score[3] = {.8, .8, .2};
    memset(right, 0, sizeof right);
    for (size_t e = 0; e < N; e++) {
        right[0][e / 8] |= (uint8_t)((e < 160) << e % 8);
        right[2][e / 8] |= (uint8_t)((e >= 160) << e % 8);
    }
    memcpy(right[1], right[0], sizeof right[0]);
    for (size_t i = 0; i < 3; i++)
        points[i] = (d90_point){.d = 10, .seed = i, .score = score[i], .bits = right[i]};
    return (d90_scores){.space = "mine",
                        .points = points,
                        .n_points = 2,
                        .baseline = points + 2,
                        .n_baseline = 1,
                        .n_test = N,
                        .seed = 5,
                        .replicates = TIMES};
}

/* sd sqrt(.8 .2 / 200) = .0283; of the mean of 3,000 replicates 5e-4, of their sd 1.3 %. */
static void a_share_has_the_binomial_s_spread(void **state)
{
    d90_scores in = make();
    examples e;
    double sum = 0, squares = 0;
    assert_ok(examples_init(&e, &in));
    for (size_t r = 0; r < TIMES; r++)
        sum += e.score[r * 3];
    for (size_t r = 0; r < TIMES; r++)
        squares += pow(e.score[r * 3] - sum / TIMES, 2);
    assert_near(sum / TIMES, .8, 3 * 5.2e-4);
    assert_near(sqrt(squares / (TIMES - 1)) / sqrt(.8 * .2 / N), 1, 3 * .013);
    examples_clear(&e);
}

static void all_runs_meet_the_same_examples(void **state)
{
    d90_scores in = make();
    examples e;
    assert_ok(examples_init(&e, &in));
    for (size_t r = 0; r < TIMES; r++) {
        curve_values v = examples_replicate(&in, &e, r);
        assert_near(v.points[0], v.points[1], 0);
        assert_near(v.points[0] + v.baseline[0], 1, 1e-12); /* the rest of the draw */
    }
    examples_clear(&e);
}

/* What paired.h rests on: another list of the same seed and size meets the same draws. */
static void another_space_meets_them_too(void **state)
{
    d90_scores in = make(), other = make();
    examples a, b;
    other.points = points + 1;
    other.n_points = 1;
    other.n_baseline = 0;
    assert_ok(examples_init(&a, &in));
    assert_ok(examples_init(&b, &other));
    for (size_t r = 0; r < TIMES; r++)
        assert_near(a.score[r * 3 + 1], b.score[r], 0);
    examples_clear(&a);
    examples_clear(&b);
}

static void without_bits_nothing_is_drawn(void **state)
{
    examples e;
    d90_scores in = make();
    points[1].bits = NULL;
    assert_ok(examples_init(&e, &in));
    assert_null(e.score);
    in = make();
    points[0].score = .7; /* no share of its bits */
    assert_ok(examples_init(&e, &in));
    assert_null(e.score);
    in = make();
    in.lower_is_better = true;
    assert_ok(examples_init(&e, &in));
    assert_null(e.score);
    in = make();
    in.n_test = 0;
    assert_ok(examples_init(&e, &in));
    assert_null(e.score);
}

static void a_diverged_run_keeps_its_zero(void **state)
{
    examples e;
    d90_scores in = make();
    points[1].bits = NULL;
    points[1].score = 0;
    assert_ok(examples_init(&e, &in));
    assert_non_null(e.score);
    for (size_t r = 0; r < TIMES; r++)
        assert_near(e.score[r * 3 + 1], 0, 0);
    examples_clear(&e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_share_has_the_binomial_s_spread),
        cmocka_unit_test(all_runs_meet_the_same_examples),
        cmocka_unit_test(another_space_meets_them_too),
        cmocka_unit_test(without_bits_nothing_is_drawn),
        cmocka_unit_test(a_diverged_run_keeps_its_zero),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
