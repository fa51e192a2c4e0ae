/* acting_test.c -- environments and the trainers that act in them: dynamics against an independent program, values of
 * a chain in closed form, a target that evolution strategies must find, runs that were left and taken up again. */
#include "tests/test.h"

#include "train/trainer.h"

/* ------------------------------------------------------------------ small environments */

/* A walk on 0 .. 3: action 1 goes right with reward 0, action 0 stays with reward .05; at 3 it ends with reward 1. */
static void chain_reset(const task *t, const stream *s, double *state)
{
    state[0] = (double)rng_below(s, 0, 3);
}

static void chain_observe(const task *t, const double *state, real *x)
{
    for (size_t i = 0; i < 3; i++)
        x[i] = (size_t)state[0] == i;
}

static bool chain_step(const task *t, double *state, const real *outputs, double *reward)
{
    bool right = outputs[1] > outputs[0];
    state[0] += right;
    *reward = state[0] >= 3 ? 1 : right ? 0 : .05;
    return state[0] < 3;
}

static const idim_environment chain_environment = {.n_state = 1,
                                                   .choice = true,
                                                   .trainer = "dqn",
                                                   .reset = chain_reset,
                                                   .observe = chain_observe,
                                                   .step = chain_step};

static status chain_init(task *t)
{
    t->loss = &idim_loss_return;
    t->n_features = t->shape[0] = 3;
    t->shape[1] = t->shape[2] = 1;
    t->n_outputs = 2;
    t->horizon = 20;
    t->episodes = stream_make(0, "episodes");
    t->splits[IDIM_SPLIT_TRAIN].n = 32;
    t->splits[IDIM_SPLIT_VAL].n = t->splits[IDIM_SPLIT_TEST].n = 7;
    return OK;
}

/* One step; the return is 1 - (output - .7)^2, always 1, or 1 where the output is above 0 and else 0. */
static enum { AIM, AIM_FLAT, AIM_STEP } aimed;
static void aim_reset(const task *t, const stream *s, double *state)
{
    state[0] = 0;
}

static void aim_observe(const task *t, const double *state, real *x)
{
    x[0] = 0; /* the bias alone decides */
}

static bool aim_step(const task *t, double *state, const real *outputs, double *reward)
{
    double off = (double)outputs[0] - .7;
    *reward = aimed == AIM ? 1 - off * off : aimed == AIM_FLAT ? 1 : outputs[0] > 0;
    return false;
}

static const idim_environment aim_environment = {
    .n_state = 1, .trainer = "es", .reset = aim_reset, .observe = aim_observe, .step = aim_step};

static status aim_init(task *t)
{
    status st = chain_init(t);
    t->n_features = t->shape[0] = t->n_outputs = 1;
    return st;
}

static const key none[] = {{0}};
static const task_row chain = {.name = "chain",
                               .example = "chain",
                               .revision = 1,
                               .keys = none,
                               .size = sizeof(task),
                               .init = chain_init,
                               .environment = &chain_environment};
static const task_row aim = {.name = "aim",
                             .example = "aim",
                             .revision = 1,
                             .keys = none,
                             .size = sizeof(task),
                             .init = aim_init,
                             .environment = &aim_environment};

/* ------------------------------------------------------------------ one run */

typedef struct world {
    task *t;
    model *m;
    real *theta0;
    space *s;
    trainer *trainer;
    optimiser *o;
    schedule *c;
    train_plan plan;
    train_member member;
    train_result r;
    size_t steps, leave;
} world;

static train_word world_told(void *context, size_t row, size_t rows, bool fresh)
{
    world *w = context;
    return ++w->steps == w->leave ? TRAIN_STOP : TRAIN_GO_ON;
}

static void world_open(world *w, const task_row *row, const char *args, const char *space_,
                       const char *trainer_, const char *optimiser_)
{
    stream s = stream_make(1, "theta0");
    *w = (world){0};
    assert_ok(task_new_row(&w->t, row, args));
    assert_ok(model_new(&w->m, row->environment->n_state > 1 ? "fc:width=6,depth=1" : "fc:depth=0",
                        w->t));
    w->theta0 = mem_array(w->m->layout.n, sizeof(real));
    assert_non_null(w->theta0);
    w->m->row->theta0(w->m, &s, w->theta0);
    assert_ok(space_new(&w->s, space_, &w->m->layout, w->theta0, stream_make(1, "P")));
    assert_ok(trainer_new(&w->trainer, trainer_));
    assert_ok(optimiser_new(&w->o, optimiser_));
    assert_ok(schedule_new(&w->c, "cosine"));
    w->plan = (train_plan){.trainer = w->trainer,
                           .task = w->t,
                           .model = w->m,
                           .theta0 = w->theta0,
                           .batch = 32,
                           .epochs = 5,
                           .order = stream_make(1, "order"),
                           .dropout = stream_make(1, "dropout"),
                           .test = true,
                           .kind = "here",
                           .told = world_told,
                           .context = w};
    w->member = (train_member){.space = w->s, .optimiser = w->o, .schedule = w->c, .id = "run"};
}

static void world_train(world *w)
{
    train_result_clear(&w->r);
    w->steps = 0;
    assert_ok(train_team(&w->plan, &w->member, 1, &w->r));
}

static void world_close(world *w)
{
    train_result_clear(&w->r);
    schedule_free(w->c);
    optimiser_free(w->o);
    trainer_free(w->trainer);
    space_free(w->s);
    mem_free(w->theta0);
    model_free(w->m);
    task_free(w->t);
}

/* ------------------------------------------------------------------ what is promised */

static const task_row *row_of(const char *name)
{
    const task_row *row;
    assert_ok(task_find(name, &row));
    return row;
}

/* Three steps of a cart and its pole by the equations of cart.h in NumPy (float64), pushed right, left, right. */
static void the_cart_moves_as_an_independent_program_says(void **state)
{
    static const double golden[3][4] = {
        {0.096, -0.005625065781779709, 0.056, 0.02349585151852651},
        {0.09588749868436441, -0.20150353082316982, 0.056469917030370534, 0.33330835948131543},
        {0.09185742806790102, -0.007228885091288606, 0.06313608421999684, 0.058954235555359724}};
    const real right[2] = {0, 1}, left[2] = {1, 0};
    double at[4] = {.1, -.2, .05, .3}, reward;
    task *t;
    assert_ok(task_new(&t, "cartpole"));
    for (size_t k = 0; k < 3; k++) {
        assert_true(t->row->environment->step(t, at, k == 1 ? left : right, &reward));
        assert_true(reward == 1);
        for (size_t i = 0; i < 4; i++)
            assert_near(at[i], golden[k][i], 1e-14);
    }
    at[0] = 2.5;
    assert_false(t->row->environment->step(t, at, right, &reward));
    at[0] = 0;
    at[2] = .22; /* 12.6 degrees */
    assert_false(t->row->environment->step(t, at, right, &reward));
    task_free(t);
}

static void episodes_end_at_the_horizon_and_side_by_side_as_alone(void **state)
{
    world w;
    idim_tally tally;
    world_open(&w, row_of("cartpole"), "n=64,episodes=9,horizon=12", "full", "dqn", "adam");
    assert_ok(train_evaluate(w.t, w.m, w.theta0, IDIM_SPLIT_TEST, NULL, &tally, NULL));
    assert_int_equal(tally.n, 9);
    assert_true(tally.loss <= 9 * 12 && tally.loss >= 9 * 8);
    view v;
    episodes e;
    pass ps = {.mode = IDIM_EVAL};
    assert_ok(view_init(&v, &w.m->layout));
    view_point(&v, w.theta0, NULL);
    void *work = mem_array(w.m->row->work(w.m, &v, 1, IDIM_EVAL), 1);
    assert_ok(episodes_init(&e, w.t, w.m, 1, work));
    const stream all = task_episodes(w.t, IDIM_SPLIT_TEST); /* room for one: one after another */
    assert_true(episodes_play(&e, w.t, w.m, &v, &ps, &all, 9) == tally.loss);
    episodes_clear(&e);
    mem_free(work);
    view_clear(&v);
    world_close(&w);
}

/* Bellman by hand, gamma = .9, scaled by .1: V(2) = .1, V(1) = .09, V(0) = .081; staying is worth .005 + .9 V. */
static void q_learning_finds_the_values_of_a_chain(void **state)
{
    static const double right[3] = {.081, .09, .1};
    static const char *const ways[] = {
        "dqn:gamma=.9,keep=500,warm=50,target=20,last=.5",
        "dqn:gamma=.9,keep=500,warm=50,target=20,last=.5,double=yes,play=2"};
    for (size_t k = 0; k < 2; k++) {
        world w;
        world_open(&w, &chain, "", "full", ways[k], "adam:lr=.02");
        w.plan.epochs = 3000;
        world_train(&w);
        const real *W = w.r.z, *b = w.r.z + 6; /* outputs = W x + b */
        for (size_t i = 0; i < 3; i++) {
            assert_near(W[3 + i] + b[1], right[i], 2e-3);
            assert_near(W[i] + b[0], .005 + .9 * right[i], 2e-3);
        }
        assert_near(w.r.score, 1, 1e-12); /* right, right, right */
        assert_int_equal(w.r.n_bits, 0);
        world_close(&w);
    }
}

static void evolution_finds_the_best_output_in_any_space(void **state)
{
    static const char *const spaces[] = {"full", "dense:d=1"};
    for (size_t k = 0; k < 2; k++) {
        world w;
        aimed = AIM;
        world_open(&w, &aim, "", spaces[k], "es:sigma=.05", "sgd:lr=.05");
        w.plan.epochs = 60;
        world_train(&w);
        assert_true(w.r.score > .995 && w.r.score <= 1);
        assert_true(w.r.history[0].train_score < w.r.history[59].train_score);
        world_close(&w);
    }
}

static void equal_returns_say_nothing(void **state)
{
    world w;
    aimed = AIM_FLAT;
    world_open(&w, &aim, "", "full", "es", "sgd:lr=.5");
    world_train(&w);
    assert_memory_equal(w.r.z, w.theta0, w.r.d * sizeof(real));
    assert_near(w.r.train, 1, 1e-12);
    world_close(&w);
}

/* The sum of the head of es.c, with ranks counted pair by pair, on the perturbations that the streams give. */
static void a_step_of_evolution_is_its_formula_where_returns_are_equal(void **state)
{
    enum { N = 8 };
    world w;
    real e[N / 2][2], up[2] = {0};
    double returns[N];
    aimed = AIM_STEP;
    world_open(&w, &aim, "", "full", "es:sigma=.2", "sgd:lr=1");
    w.plan.batch = N;
    w.plan.steps = 1;
    w.theta0[0] = 0;        /* kernel; x is 0 */
    w.theta0[1] = (real).1; /* bias: some pairs are both above 0 */
    space_free(w.s);
    assert_ok(space_new(&w.s, "full", &w.m->layout, w.theta0, stream_make(1, "P")));
    w.member.space = w.s;
    world_train(&w);
    const stream step = stream_sub(&w.plan.order, 0), all = stream_named(&step, "perturbations");
    for (size_t i = 0; i < N / 2; i++) {
        const stream own = stream_sub(&all, i);
        rng_normals(&own, 0, 2, e[i]);
        returns[2 * i] = .1 + .2 * (double)e[i][1] > 0;
        returns[2 * i + 1] = .1 - .2 * (double)e[i][1] > 0;
    }
    for (size_t i = 0; i < N; i++) {
        double below = 0, same = -1;
        for (size_t k = 0; k < N; k++) {
            below += returns[k] < returns[i];
            same += returns[k] == returns[i];
        }
        double u = (below + same / 2) / (N - 1) - .5;
        for (size_t j = 0; j < 2; j++)
            up[j] += (real)(u * (i % 2 ? -1 : 1) * (double)e[i / 2][j] / (N * .2));
    }
    for (size_t j = 0; j < 2; j++)
        assert_near(w.r.z[j] - w.theta0[j], up[j], 1e-6);
    world_close(&w);
}

static void a_run_that_was_left_ends_in_the_bytes_of_one_that_was_not(void **state)
{
    static const struct {
        const char *task, *trainer;
    } cases[] = {{"cartpole", "dqn:warm=8,keep=20,target=7,play=2"}, {"pendulum", "es:episodes=2"}};
    for (size_t k = 0; k < 2; k++)
        for (size_t leave = 1; leave < 15; leave += 4) {
            char folder[256], *file;
            world w;
            train_result again;
            test_folder(folder);
            file = mem_printf("%s/partial", folder);
            world_open(&w, row_of(cases[k].task), "n=96,episodes=4,horizon=25", "fastfood:d=9",
                       cases[k].trainer, "adam:lr=.01");
            world_train(&w);
            w.member.checkpoint = file;
            w.steps = 0;
            w.leave = leave;
            assert_refused(train_team(&w.plan, &w.member, 1, &again), ERR_STOPPED, "stopped after");
            w.leave = 0;
            assert_ok(train_team(&w.plan, &w.member, 1, &again));
            assert_memory_equal(again.z, w.r.z, again.d * sizeof *again.z);
            assert_true(again.score == w.r.score && again.val == w.r.val);
            for (size_t i = 0; i < again.n_history; i++)
                assert_true(again.history[i].val_score == w.r.history[i].val_score);
            train_result_clear(&again);
            world_close(&w);
            mem_free(file);
            test_folder_end(folder);
        }
}

static void values_that_are_no_numbers_end_the_run_as_a_result(void **state)
{
    world w;
    world_open(&w, row_of("cartpole"), "n=640,episodes=4,horizon=25", "full",
               "dqn:warm=40,keep=90,target=2", "sgd:lr=1e6");
    world_train(&w);
    assert_int_equal(w.r.end, TRAIN_DIVERGED);
    assert_true(w.r.score == 0);
    world_close(&w);
}

static void trainers_refuse_what_they_cannot_learn_from(void **state)
{
    world w;
    trainer *other;
    world_open(&w, row_of("pendulum"), "n=2,episodes=2,horizon=5", "full", "es", "adam");
    assert_ok(trainer_new(&other, "dqn"));
    w.plan.trainer = other;
    assert_refused(train_team(&w.plan, &w.member, 1, &w.r), ERR_USAGE, "take --trainer es");
    trainer_free(other);
    w.plan.trainer = NULL;
    assert_refused(train_team(&w.plan, &w.member, 1, &w.r), ERR_USAGE, "is an environment");
    w.plan.trainer = w.trainer;
    task *data;
    assert_ok(task_new(&data, "synth"));
    w.plan.task = data;
    assert_refused(train_team(&w.plan, &w.member, 1, &w.r), ERR_USAGE, "is a data set");
    w.plan.task = w.t;
    task_free(data);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_cart_moves_as_an_independent_program_says),
        cmocka_unit_test(episodes_end_at_the_horizon_and_side_by_side_as_alone),
        cmocka_unit_test(q_learning_finds_the_values_of_a_chain),
        cmocka_unit_test(evolution_finds_the_best_output_in_any_space),
        cmocka_unit_test(equal_returns_say_nothing),
        cmocka_unit_test(a_step_of_evolution_is_its_formula_where_returns_are_equal),
        cmocka_unit_test(a_run_that_was_left_ends_in_the_bytes_of_one_that_was_not),
        cmocka_unit_test(values_that_are_no_numbers_end_the_run_as_a_result),
        cmocka_unit_test(trainers_refuse_what_they_cannot_learn_from),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
