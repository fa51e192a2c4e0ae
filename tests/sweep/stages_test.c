/* stages_test.c -- which runs an ask needs, which rates are tried and chosen; trained here, in memory. */
#include "base/file.h"
#include "tests/sweep/asked.h"

/* The rates that were tried for (d), rising; with the mean validation score of each. d = 0: full. */
typedef struct tried {
    double lr[16], val[16];
    size_t runs[16], n;
} tried;

static tried tried_at(world *w, size_t d)
{
    store *s = sweep_store(w->sweep);
    tried t = {0};
    for (size_t i = 0; i < store_count(s); i++) {
        const record *r = store_at(s, i);
        bool full = !strcmp(r->run.space, "full");
        size_t at = 0;
        if (r->run.role != RUN_TUNE || (d ? full || r->d != d : !full))
            continue;
        while (at < t.n && t.lr[at] < r->lr)
            at++;
        if (at == t.n || t.lr[at] > r->lr) {
            for (size_t k = t.n++; k > at; k--) {
                t.lr[k] = t.lr[k - 1];
                t.val[k] = t.val[k - 1];
                t.runs[k] = t.runs[k - 1];
            }
            t.lr[at] = r->lr;
            t.val[at] = 0;
            t.runs[at] = 0;
        }
        t.val[at] += r->result.val;
        t.runs[at]++;
    }
    return t;
}

/* The rate of the scored runs at d, the same for all of its seeds. */
static double scored_at(world *w, size_t d)
{
    store *s = sweep_store(w->sweep);
    double lr = 0;
    for (size_t i = 0; i < store_count(s); i++) {
        const record *r = store_at(s, i);
        const char *role = world_role(r);
        if (strcmp(role, d ? "score" : "baseline") != 0 || (d && r->d != d))
            continue;
        if (lr > 0)
            assert_near(r->lr, lr, 0);
        lr = r->lr;
    }
    assert_true(lr > 0);
    return lr;
}

static size_t best_of(const tried *t)
{
    size_t best = 0;
    for (size_t i = 1; i < t->n; i++)
        if (t->val[i] > t->val[best])
            best = i;
    return best;
}

static void one_rate_needs_scores_alone(void **state)
{
    world w;
    world_start(&w);
    world_ask(&w, "d=5+10+20");
    assert_int_equal(stages_about(w.p)->D, 43);
    assert_int_equal(stages_most(w.p), 2 + 2 + 6);
    assert_ok(stages_train(w.p));
    assert_int_equal(world_count(&w, "floor"), 2);
    assert_int_equal(world_count(&w, "baseline"), 2);
    assert_int_equal(world_count(&w, "score"), 6);
    assert_int_equal(world_count(&w, "tune"), 0);
    assert_near(scored_at(&w, 10), .1, 0);
    assert_near(scored_at(&w, 0), .01, 0);
    world_end(&w);
}

static void what_is_there_is_not_trained_again(void **state)
{
    world w;
    world_start(&w);
    world_ask(&w, "");
    assert_ok(stages_train(w.p));
    size_t done = sweep_done(w.sweep);
    world_ask(&w, "");
    assert_ok(stages_train(w.p));
    assert_int_equal(sweep_done(w.sweep), done);
    world_ask(&w, "seeds=3 d=5+10+20"); /* a floor, a baseline, 2 d; and d = 20 for three */
    assert_ok(stages_train(w.p));
    assert_int_equal(sweep_done(w.sweep), done + 1 + 1 + 2 + 3);
    world_end(&w);
}

static void rates_are_tuned_on_seeds_that_are_never_scored(void **state)
{
    world w;
    world_start(&w);
    world_ask(&w, "lr=.01+.1+1 lr-full=.001+.01+.1 tune-seeds=2");
    assert_ok(stages_train(w.p));
    store *s = sweep_store(w.sweep);
    for (size_t i = 0; i < store_count(s); i++) {
        const record *r = store_at(s, i);
        bool tune = r->run.role == RUN_TUNE;
        assert_int_equal(isnan(r->result.score) != 0, tune); /* no test score */
    }
    tried t = tried_at(&w, 5);
    assert_true(t.n >= 3);
    for (size_t i = 0; i < t.n; i++)
        assert_int_equal(t.runs[i], 2);
    world_end(&w);
}

static void the_best_mean_validation_score_chooses(void **state)
{
    world w;
    world_start(&w);
    world_ask(&w, "lr=.0001+.1+300 lr-full=1e-5+.03+100 tune-seeds=2 epochs=2 "
                  "data=synth:n=1000,val=.3 model=fc:width=40,depth=1 d=5+10");
    assert_ok(stages_train(w.p));
    for (size_t d = 0; d <= 10; d += 5) {
        tried t = tried_at(&w, d);
        assert_int_equal(t.n, 3);
        assert_int_equal(best_of(&t), 1); /* far too small and far too large lose */
        assert_near(scored_at(&w, d), t.lr[1], 0);
    }
    world_end(&w);
}

/* From rates that are far too small the grid goes up by its own ratio, two rates and no more. */
static void a_best_rate_at_the_edge_makes_the_grid_longer(void **state)
{
    world w;
    stages_score *scores;
    size_t n;
    world_start(&w);
    world_ask(&w, "lr=.0002+.002 lr-full=.0001+.001 epochs=2 data=synth:n=2000,val=.3 d=20");
    assert_ok(stages_train(w.p));
    tried t = tried_at(&w, 20);
    assert_int_equal(t.n, 4);
    assert_near(t.lr[0], .0002, 0);
    assert_near(t.lr[2], .02, 0);
    assert_near(t.lr[3], .2, 0);
    assert_ok(stages_scores(w.p, &scores, &n));
    for (size_t i = 0; i < n; i++) {
        const char *role = world_role(scores[i].record);
        if (!strcmp(role, "score"))
            assert_int_equal(scores[i].edge, best_of(&t) == 3);
    }
    mem_free(scores);
    world_end(&w);
}

static void a_last_rate_that_is_still_best_is_flagged(void **state)
{
    world w;
    stages_score *scores;
    size_t n, flagged = 0;
    world_start(&w);
    world_ask(&w, "lr=1e-7+1.1e-7 d=5");
    assert_ok(stages_train(w.p));
    tried t = tried_at(&w, 5);
    assert_int_equal(t.n, 2 + STAGES_MORE);
    assert_ok(stages_scores(w.p, &scores, &n));
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(scores[i].edge, scores[i].space != NULL); /* the baseline has one rate */
        flagged += scores[i].edge;
    }
    assert_int_equal(flagged, 2);
    mem_free(scores);
    world_end(&w);
}

/* Three digits of the full space's best times sqrt(D / d), D = 43; SGD: D / d. */
static void relative_rates_are_rounded_to_three_digits(void **state)
{
    static const struct {
        const char *ask;
        double lr;
    } want[] = {
        {"lr=rel:1 lr-full=.0123 d=5", .0361},               /* .0123 sqrt(8.6) = .036071 */
        {"lr=rel:.3 lr-full=.0123 d=7", .00915},             /* .00369 2.47848 = .0091456 */
        {"lr=rel:1 lr-full=.0123 d=7 optimiser=sgd", .0756}, /* .0123 6.142857 = .0755571 */
        {"lr=rel:1 lr-full=.0123 d=43", .0123},
    };
    for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
        world w;
        char digits[32];
        world_start(&w);
        world_ask(&w, want[i].ask);
        assert_ok(stages_train(w.p));
        double lr = 0;
        for (size_t k = 0; k < store_count(sweep_store(w.sweep)); k++)
            if (!strcmp(world_role(store_at(sweep_store(w.sweep), k)), "score"))
                lr = store_at(sweep_store(w.sweep), k)->lr;
        assert_near(lr, want[i].lr, 1e-15);
        snprintf(digits, sizeof digits, "%.2e", lr);
        assert_near(strtod(digits, NULL), lr, 0);
        world_end(&w);
    }
}

/* tune-d=6+30 lies nearest to 5 and 20 of the grid; 8 is nearer to 5, 15 to 20 (on ln d). */
static void rates_are_carried_from_the_nearest_anchor(void **state)
{
    world w;
    world_start(&w);
    world_ask(&w, "d=5+8+15+20 tune-d=6+30 lr=rel:.01+rel:1+rel:100 lr-full=.01");
    assert_int_equal(stages_most(w.p), 2 + 2 + 2 * 3 + 8);
    assert_ok(stages_train(w.p));
    assert_true(tried_at(&w, 5).n >= 3 && tried_at(&w, 20).n >= 3);
    assert_int_equal(tried_at(&w, 8).n, 0);
    assert_int_equal(tried_at(&w, 15).n, 0);
    assert_near(scored_at(&w, 8) / (scored_at(&w, 5) * sqrt(5. / 8)), 1, .005); /* three digits */
    assert_near(scored_at(&w, 15) / (scored_at(&w, 20) * sqrt(20. / 15)), 1, .005);
    world_end(&w);
}

static void absolute_rates_are_carried_as_they_are(void **state)
{
    world w;
    world_start(&w);
    world_ask(&w, "d=5+8+20 tune-d=5 lr=.001+.1+10");
    assert_ok(stages_train(w.p));
    assert_near(scored_at(&w, 8), scored_at(&w, 5), 0);
    assert_near(scored_at(&w, 20), scored_at(&w, 5), 0);
    world_end(&w);
}

/* Of 3 draws of P: one floor and one baseline, all of the first seed. */
static void p_moves_neither_floor_nor_baseline(void **state)
{
    world w;
    stages_score *scores;
    size_t n, score = 0;
    world_start(&w);
    world_ask(&w, "vary=P seeds=3 seed=4");
    assert_int_equal(stages_most(w.p), 1 + 1 + 6);
    assert_ok(stages_train(w.p));
    assert_int_equal(sweep_done(w.sweep), 8);
    assert_ok(stages_scores(w.p, &scores, &n));
    assert_int_equal(n, 8);
    for (size_t i = 0; i < n; i++) {
        const run_spec *r = &scores[i].record->run;
        assert_int_equal(r->seed, 4);
        assert_near(r->seed_theta0, -1, 0);
        if (scores[i].space)
            score += r->seed_P >= 0;
        else
            assert_near(r->seed_P, -1, 0);
    }
    assert_int_equal(score, 4); /* d = 5 and 10, draws 2 and 3; the first draw is the plain run */
    mem_free(scores);
    world_ask(&w, "seeds=1 seed=4");
    assert_ok(stages_train(w.p));
    assert_int_equal(sweep_done(w.sweep), 8);
    world_end(&w);
}

static void tuning_is_the_same_for_all_designs(void **state)
{
    world w;
    world_start(&w);
    world_ask(&w, "lr=.01+.1+1 lr-full=.001+.01+.1");
    assert_ok(stages_train(w.p));
    size_t tune = world_count(&w, "tune");
    world_ask(&w, "lr=.01+.1+1 lr-full=.001+.01+.1 vary=theta0*data");
    assert_ok(stages_train(w.p));
    assert_int_equal(world_count(&w, "tune"), tune);
    world_end(&w);
}

static void world_again(world *w, const sweep_options *options)
{
    assert_ok(sweep_close(w->sweep));
    assert_ok(sweep_open(&w->sweep, options));
}

static void what_failed_by_itself_is_tried_again_where_that_is_asked(void **state)
{
    char folder[256];
    const sweep_options once = {.folder = folder, .threads = 1},
                        again = {.folder = folder, .threads = 1, .again = true};
    world w, all;
    world_start(&all);
    world_ask(&all, "lr=.01+.1");
    assert_ok(stages_train(all.p));
    size_t n = store_count(sweep_store(all.sweep));
    for (size_t k = 0; k < 2; k++) {
        test_folder(folder);
        world_start(&w);
        world_again(&w, &once);
        for (size_t i = 0; i < n; i++) {
            const record *r = store_at(sweep_store(all.sweep), i);
            record bad;
            assert_ok(record_failed(&bad, &r->run, r->id, "it broke", false));
            assert_ok(store_add_all(sweep_store(w.sweep), &bad, 1));
        }
        world_again(&w, k ? &again : &once);
        world_ask(&w, "lr=.01+.1");
        assert_ok(stages_train(w.p));
        if (k) /* rates too: each stage looks */
            assert_int_equal(sweep_done(w.sweep), n);
        world_end(&w);
        test_folder_end(folder);
    }
    world_end(&all);
}

static void runs_without_z_are_done_again_once_where_z_is_wanted(void **state)
{
    char folder[256], *z, **names;
    world w;
    stages_score *scores;
    size_t n, some;
    test_folder(folder);
    const sweep_options bare = {.folder = folder, .threads = 1},
                        keep = {.folder = folder, .threads = 1, .keep_z = true};
    world_start(&w);
    world_again(&w, &bare);
    world_ask(&w, "lr=.01+.1");
    assert_ok(stages_train(w.p));
    n = store_count(sweep_store(w.sweep));
    for (size_t k = 0; k < 2; k++) {
        world_again(&w, &keep);
        world_ask(&w, "lr=.01+.1");
        assert_ok(stages_scores(w.p, &scores, &some)); /* what is read is not done again */
        mem_free(scores);
        assert_ok(stages_train(w.p));
        assert_int_equal(sweep_done(w.sweep), k ? 0 : n);
    }
    z = mem_printf("%s/z", folder);
    assert_ok(file_names(z, "", &names, &some));
    assert_int_equal(some, n);
    char *path = mem_printf("%s/%s", z, names[0]);
    world_again(&w, &keep);
    world_ask(&w, "lr=.01+.1");
    for (size_t k = 0; k < 2; k++) { /* taken away under a sweep that made it */
        assert_int_equal(remove(path), 0);
        assert_ok(stages_train(w.p));
        assert_int_equal(sweep_done(w.sweep), 1);
        if (!k)
            assert_true(file_exists(path));
    }
    assert_false(file_exists(path));
    file_names_free(names, some);
    mem_free(path);
    mem_free(z);
    world_end(&w);
    test_folder_end(folder);
}

static void what_is_missing_is_no_choice(void **state)
{
    world w;
    stages_score *scores;
    size_t n;
    world_start(&w);
    world_ask(&w, "lr=.01+.1");
    assert_refused(stages_scores(w.p, &scores, &n), ERR_FAILED, "missing");
    assert_null(scores);
    assert_int_equal(n, 0);
    assert_int_equal(store_count(sweep_store(w.sweep)), 0); /* nothing was trained on the way */
    world_end(&w);
}

/* A rank of at most 3 (4 classes less one); 7 biases. */
/* bias: 4 + 3 numbers. Baseline and floor 2 + 1 runs, onehot 2 d x 2 seeds, bias 1 x 2. */
static void a_space_of_one_size_is_one_point_beside_those_that_are_swept(void **state)
{
    world w;
    stages_score *scores;
    size_t n, alone = 0;
    world_start(&w);
    world_ask(&w, "space=onehot|full:targets=bias");
    assert_ok(stages_fits(w.p, 0));
    assert_ok(stages_train(w.p));
    assert_ok(stages_scores(w.p, &scores, &n));
    for (size_t i = 0; i < n; i++)
        alone += scores[i].space && !strcmp(scores[i].space, "full:targets=bias") &&
                 scores[i].record->d == 7;
    assert_int_equal(alone, 2);
    assert_int_equal(world_count(&w, "score"), 4 + 2);
    mem_free(scores);
    world_end(&w);
}

static void what_does_not_fit_is_refused_before_anything_is_trained(void **state)
{
    static const char *const bad[][2] = {{"space=fastfood|lora d=1+9", "lora"},
                                         {"space=fastfood:targets=bias d=8+5", "d=8"}};
    world w;
    world_start(&w);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        world_ask(&w, bad[i][0]);
        assert_refused(stages_fits(w.p, 0), ERR_USAGE, bad[i][1]);
        assert_refused(stages_train(w.p), ERR_USAGE, bad[i][1]);
    }
    assert_int_equal(store_count(sweep_store(w.sweep)), 0);
    world_ask(&w, "space=dense d=43");
    assert_ok(stages_fits(w.p, 1));
    assert_refused(stages_fits(w.p, SIZE_MAX), ERR_LIMIT, "dense"); /* a byte each */
    world_end(&w);
}

/* D = 43, 2150 times less than the search's grid spans. */
static void a_grid_that_nobody_chose_ends_at_D(void **state)
{
    static const char *const asks[][2] = {{"d=auto", "2..43/log6"},
                                          {"d=100..2000/log6", "2..43/log6"}, /* as it is printed */
                                          {"d=auto search=yes", "1..43/log12"},
                                          {"d=auto data=synth:features=2000", "100..2000/log6"}};
    world w;
    size_t n;
    world_start(&w);
    for (size_t i = 0; i < sizeof asks / sizeof *asks; i++) {
        assert_ok(world_try(&w, asks[i][0]));
        assert_string_equal(stages_ask(w.p)->d, asks[i][1]);
        const double *d = stages_d(w.p, &n);
        assert_true(d[n - 1] <= (double)stages_about(w.p)->D);
        stages_free(w.p);
        w.p = NULL;
    }
    world_end(&w);
}

static void asks_that_make_no_sense_are_refused(void **state)
{
    static const char *const bad[][2] = {
        {"epochs=0", "trains nothing"},
        {"d=44", "D = 43"},
        {"d=2.5", "whole number"},
        {"d=0", "whole number"},
        {"lr=.1+.1", "twice"},
        {"lr=0", "larger than 0"},
        {"lr=fast", "fast"},
        {"lr-full=rel:1", "relative"},
        {"lr=rel:1+rel:2 data=synth:val=0", "no validation split"},
        {"space=onehot|onehot", "twice"},
        {"vary=seed", "none of all"},
        {"model=fcc", "fc"},
        {"optimiser=adam:lr=.1", "--lr-full"},
        {"optimiser=adam:beta1=.8,lr=1e-3", "--lr"}, /* its default too */
    };
    world w;
    world_start(&w);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        status st = world_try(&w, bad[i][0]);
        if (st != ERR_USAGE || !strstr(error_text(), bad[i][1]))
            fail_msg("%s: status %d, \"%s\" should hold \"%s\"", bad[i][0], (int)st, error_text(),
                     bad[i][1]);
        assert_null(w.p);
    }
    world_end(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_rate_needs_scores_alone),
        cmocka_unit_test(what_is_there_is_not_trained_again),
        cmocka_unit_test(rates_are_tuned_on_seeds_that_are_never_scored),
        cmocka_unit_test(the_best_mean_validation_score_chooses),
        cmocka_unit_test(a_best_rate_at_the_edge_makes_the_grid_longer),
        cmocka_unit_test(a_last_rate_that_is_still_best_is_flagged),
        cmocka_unit_test(relative_rates_are_rounded_to_three_digits),
        cmocka_unit_test(rates_are_carried_from_the_nearest_anchor),
        cmocka_unit_test(absolute_rates_are_carried_as_they_are),
        cmocka_unit_test(p_moves_neither_floor_nor_baseline),
        cmocka_unit_test(tuning_is_the_same_for_all_designs),
        cmocka_unit_test(what_failed_by_itself_is_tried_again_where_that_is_asked),
        cmocka_unit_test(runs_without_z_are_done_again_once_where_z_is_wanted),
        cmocka_unit_test(what_is_missing_is_no_choice),
        cmocka_unit_test(a_space_of_one_size_is_one_point_beside_those_that_are_swept),
        cmocka_unit_test(what_does_not_fit_is_refused_before_anything_is_trained),
        cmocka_unit_test(a_grid_that_nobody_chose_ends_at_D),
        cmocka_unit_test(asks_that_make_no_sense_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
