/* train_test.c -- what the loop promises: teams, threads and stops move no bits; divergence is a result;
 * test data are touched once. */
#include "tests/test.h"

#include "base/pool.h"
#include "train/train.h"

typedef struct world {
    task *t;
    model *m;
    real *theta0;
    space *s;
    optimiser *o;
    schedule *c;
    train_plan plan;
    train_member member;
    train_result r;
} world;

static const char data[] = "synth:features=12,classes=3,n=300";

static void world_open(world *w, const char *space_, const char *optimiser_)
{
    stream s = stream_make(1, "theta0");
    *w = (world){0};
    assert_ok(task_new(&w->t, data));
    assert_ok(model_new(&w->m, "fc:width=10", w->t));
    w->theta0 = mem_array(w->m->layout.n, sizeof(real));
    assert_non_null(w->theta0);
    w->m->row->theta0(w->m, &s, w->theta0);
    assert_ok(space_new(&w->s, space_, &w->m->layout, w->theta0, stream_make(1, "P")));
    assert_ok(optimiser_new(&w->o, optimiser_));
    assert_ok(schedule_new(&w->c, "cosine"));
    w->plan = (train_plan){.task = w->t,
                           .model = w->m,
                           .theta0 = w->theta0,
                           .batch = 32,
                           .epochs = 4,
                           .order = stream_make(1, "order"),
                           .dropout = stream_make(1, "dropout"),
                           .test = true};
    w->member = (train_member){.space = w->s, .optimiser = w->o, .schedule = w->c};
}

static void world_train(world *w)
{
    train_result_clear(&w->r);
    assert_ok(train_team(&w->plan, &w->member, 1, &w->r));
}

static void world_close(world *w)
{
    train_result_clear(&w->r);
    schedule_free(w->c);
    optimiser_free(w->o);
    space_free(w->s);
    mem_free(w->theta0);
    model_free(w->m);
    task_free(w->t);
}

static void training_learns_and_its_bits_are_its_score(void **state)
{
    world w;
    world_open(&w, "full", "adam:lr=.01");
    world_train(&w);
    assert_int_equal(w.r.end, TRAIN_OK);
    assert_true(w.r.score > .6); /* chance is a third */
    assert_int_equal(w.r.n_bits, 150);
    size_t right = 0;
    for (size_t i = 0; i < w.r.n_bits; i++)
        right += w.r.bits[i / 8] >> (i % 8) & 1;
    assert_near(w.r.score, (double)right / 150, 1e-12);
    assert_int_equal(w.r.n_history, 4);
    assert_int_equal(w.r.steps, 4 * ((270 + 31) / 32));
    assert_true(w.r.history[3].train_loss < w.r.history[0].train_loss);
    world_close(&w);
}

static void members_get_the_bits_that_they_get_alone(void **state)
{
    static const char *const rates[] = {"adam:lr=.003", "adam:lr=.01", "adam:lr=.03"};
    static const char *const spaces[] = {"dense:d=9", "dense:d=5", "dense:d=9"};
    world w;
    space *s[3];
    optimiser *o[3];
    train_member members[3];
    train_result together[3];
    world_open(&w, "dense:d=9", rates[0]);
    for (size_t i = 0; i < 3; i++) {
        assert_ok(optimiser_new(&o[i], rates[i]));
        assert_ok(space_new_beside(&s[i], spaces[i], &w.m->layout, w.theta0, stream_make(1, "P"),
                                   i ? s[0] : NULL, 0));
        members[i] = (train_member){.space = s[i], .optimiser = o[i], .schedule = w.c};
    }
    assert_ok(train_team(&w.plan, members, 3, together));
    for (size_t i = 0; i < 3; i++) {
        train_result alone;
        space *own;
        assert_ok(space_new(&own, spaces[i], &w.m->layout, w.theta0, stream_make(1, "P")));
        members[i].space = own;
        assert_ok(train_team(&w.plan, &members[i], 1, &alone));
        assert_memory_equal(alone.z, together[i].z, alone.d * sizeof *alone.z);
        assert_true(alone.score == together[i].score && alone.loss == together[i].loss);
        train_result_clear(&alone);
        train_result_clear(&together[i]);
        space_free(own);
    }
    for (size_t i = 3; i-- > 0;) {
        space_free(s[i]);
        optimiser_free(o[i]);
    }
    world_close(&w);
}

static void threads_change_no_bits(void **state)
{
    real *first = NULL;
    for (size_t threads = 1; threads <= 3; threads++) {
        world w;
        pool *p;
        assert_ok(pool_new(&p, threads));
        world_open(&w, "fastfood:d=20", "adam:lr=.01");
        w.plan.pool = p;
        world_train(&w);
        if (!first)
            first = mem_copy(w.r.z, w.r.d, sizeof *first);
        else
            assert_memory_equal(first, w.r.z, w.r.d * sizeof *first);
        world_close(&w);
        pool_free(p);
    }
    mem_free(first);
}

static void a_stopped_run_is_a_prefix_without_a_test_score(void **state)
{
    world w;
    world_open(&w, "onehot:d=20", "adam:lr=.01");
    world_train(&w);
    train_result whole = w.r;
    w.r = (train_result){0};
    w.member.stop_epoch = 2;
    world_train(&w);
    assert_int_equal(w.r.end, TRAIN_STOPPED);
    assert_int_equal(w.r.epochs, 2);
    assert_true(isnan(w.r.score));
    assert_null(w.r.bits);
    assert_int_equal(w.r.n_history, 2);
    assert_memory_equal(w.r.history, whole.history, 2 * sizeof *whole.history);
    train_result_clear(&whole);
    world_close(&w);
}

static void a_rate_too_high_diverges_with_the_worst_score(void **state)
{
    world w;
    world_open(&w, "full", "sgd:lr=1,momentum=0");
    w.plan.epochs = 20;
    w.member.l2 = 1e6; /* kernels grow a million times a step: past what doubles hold in 52 */
    world_train(&w);
    assert_int_equal(w.r.end, TRAIN_DIVERGED);
    assert_true(w.r.score == 0);
    world_close(&w);
}

static void tuning_touches_no_test_data(void **state)
{
    world w;
    world_open(&w, "full", "adam:lr=.01");
    w.plan.test = false;
    world_train(&w);
    assert_true(isnan(w.r.score) && isnan(w.r.loss));
    assert_null(w.r.bits);
    assert_true(w.r.val > .5);
    world_close(&w);
}

static void step_0_is_scored_without_training(void **state)
{
    world w;
    world_open(&w, "full", "adam:lr=.01");
    w.plan.epochs = 0;
    world_train(&w);
    idim_tally tally;
    assert_ok(train_evaluate(w.t, w.m, w.theta0, IDIM_SPLIT_TEST, NULL, &tally, NULL));
    assert_true(w.r.score == w.t->loss->score(&tally));
    assert_true(w.r.loss == tally.loss / (double)tally.n);
    assert_int_equal(w.r.steps, 0);
    assert_true(w.r.update_norm == 0);
    world_close(&w);
}

static void step_0_of_a_tuning_run_is_scored_on_what_it_chooses_by(void **state)
{
    world w;
    world_open(&w, "full", "adam:lr=.01");
    w.plan.epochs = 0;
    w.plan.test = false;
    for (int memorise = 0; memorise < 2; memorise++) {
        idim_tally tally;
        split on = memorise ? IDIM_SPLIT_TRAIN : IDIM_SPLIT_VAL;
        w.t->memorise = memorise;
        world_train(&w);
        assert_ok(train_evaluate(w.t, w.m, w.theta0, on, NULL, &tally, NULL));
        assert_true(w.r.val == w.t->loss->score(&tally));
        assert_true(isnan(w.r.score) && isnan(w.r.loss));
    }
    world_close(&w);
}

static void clipping_bounds_the_step(void **state)
{
    world w;
    world_open(&w, "full", "sgd:lr=1,momentum=0");
    w.plan.epochs = 0;
    w.plan.steps = 1;
    w.member.clip = .01;
    world_train(&w);
    assert_near(w.r.update_norm, .01, 1e-5);
    world_close(&w);
}

static void l2_shrinks_kernels_and_is_refused_where_theta_is_never_formed(void **state)
{
    world w;
    double before = 0, after = 0;
    world_open(&w, "full", "sgd:lr=.1,momentum=0");
    w.member.l2 = 1;
    world_train(&w);
    for (size_t i = 0; i < w.m->layout.tensors[0].n; i++) {
        before += fabs((double)w.theta0[i]);
        after += fabs((double)w.r.z[i]);
    }
    assert_true(after < .5 * before);
    world_close(&w);
    world_open(&w, "lora:r=2", "adam:lr=.01");
    w.member.l2 = 1;
    assert_refused(train_team(&w.plan, &w.member, 1, &w.r), ERR_USAGE, "wd");
    world_close(&w);
}

static train_word stop_at_once(void *context, size_t row, size_t rows, bool fresh)
{
    return row >= 1 ? TRAIN_STOP : TRAIN_GO_ON;
}

static void a_callback_ends_it(void **state)
{
    world w;
    world_open(&w, "full", "adam:lr=.01");
    w.plan.told = stop_at_once;
    assert_int_equal(train_team(&w.plan, &w.member, 1, &w.r), ERR_STOPPED);
    assert_null(w.r.z);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(training_learns_and_its_bits_are_its_score),
        cmocka_unit_test(members_get_the_bits_that_they_get_alone),
        cmocka_unit_test(threads_change_no_bits),
        cmocka_unit_test(a_stopped_run_is_a_prefix_without_a_test_score),
        cmocka_unit_test(a_rate_too_high_diverges_with_the_worst_score),
        cmocka_unit_test(tuning_touches_no_test_data),
        cmocka_unit_test(step_0_is_scored_without_training),
        cmocka_unit_test(step_0_of_a_tuning_run_is_scored_on_what_it_chooses_by),
        cmocka_unit_test(clipping_bounds_the_step),
        cmocka_unit_test(l2_shrinks_kernels_and_is_refused_where_theta_is_never_formed),
        cmocka_unit_test(a_callback_ends_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
