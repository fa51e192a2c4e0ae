/* results_test.c -- from a store to rows: which asks are measured together, what is compared. */
#include "tests/sweep/asked.h"

static results measure_by(world *w, const char *rule)
{
    results r;
    const ask_list asks = {.asks = w->asks, .n = w->n};
    assert_ok(results_d90(w->sweep, &asks, rule, 0, &r));
    return r;
}

static results measure(world *w)
{
    return measure_by(w, "absolute,.4");
}

static void trained(world *w, const char *pairs)
{
    world_ask(w, pairs);
    assert_ok(stages_train(w->p));
}

static void asks_of_one_design_are_one(void **state)
{
    world w;
    world_start(&w);
    trained(&w, "d=5+10 seeds=2");
    trained(&w, "d=10+20 seeds=3");
    trained(&w, "d=10 seeds=2 epochs=2"); /* another question */
    trained(&w, "d=5 seeds=4");
    results r = measure(&w);
    assert_int_equal(r.n_rows, r.n_rules);
    assert_int_equal(r.rows[0].n_seeds, 4);
    assert_int_equal(r.rows[0].n_d, 3);
    assert_int_equal(r.rows[0].seeds_partial, 1); /* the fourth has d = 5 alone */
    assert_int_equal(r.rows[0].asks, 3);
    assert_int_equal(r.n_pairs, 0);
    results_clear(&r);
    world_end(&w);
}

static void designs_are_never_pooled(void **state)
{
    static const char *const order[] = {"data", "all", "theta0*P", "P"}; /* the last asked first */
    world w;
    world_start(&w);
    trained(&w, "vary=P seeds=3");
    trained(&w, "vary=theta0*P");
    trained(&w, "");
    trained(&w, "vary=data");
    results r = measure(&w);
    assert_int_equal(r.n_rows, 4 * r.n_rules);
    for (size_t i = 0; i < 4; i++) {
        const d90_row *row = &r.rows[i * r.n_rules];
        assert_string_equal(row->vary, order[i]);
        assert_int_equal(row->n_seeds, i == 2 ? 4 : i == 3 ? 3 : 2);
        assert_int_equal(row->n_baseline,
                         i == 3 ? 1 : 2); /* P has one, theta0*P one for each theta0 */
        assert_int_equal(row->n_floor, i == 3 || i == 0 ? 1 : 2);
        assert_int_equal(row->seeds_shared, 0);
        assert_int_equal(row->asks, 1);
    }
    /* one row a design, three of the crossed one */
    assert_int_equal(r.n_variances, 6);
    assert_string_equal(r.variances[2].source, "theta0");
    assert_string_equal(r.variances[3].source, "P");
    assert_string_equal(r.variances[4].source, "theta0*P");
    assert_int_equal(r.variances[4].c.n, 4);
    results_clear(&r);
    world_end(&w);
}

/* Mean score of the scored runs of a space; *n: how many. */
static double mean_of(world *w, const char *space_, size_t epochs, size_t *n)
{
    double sum = 0;
    *n = 0;
    for (size_t i = 0; i < store_count(sweep_store(w->sweep)); i++) {
        const record *r = store_at(sweep_store(w->sweep), i);
        if (strcmp(r->run.space, space_) || r->run.role != RUN_SCORE || r->run.epochs != epochs)
            continue;
        sum += r->result.score;
        ++*n;
    }
    return sum / (double)*n;
}

static void a_head_beside_is_told_from_one_alone_and_from_more(void **state)
{
    assert_true(stages_heads("lora:targets=q+v++full:targets=head"));
    assert_true(stages_heads("full:targets=head++lora"));
    assert_true(stages_heads("lora++full:targets=head++full:targets=norm"));
    assert_false(stages_heads("full:targets=head"));
    assert_false(stages_heads("lora++full:targets=head+norm"));
    assert_false(stages_heads("lora++full:targets=heads"));
    assert_false(stages_heads("fastfood@full:targets=head"));
    assert_false(stages_heads("full:targets=norm"));
}

/* Whoever trains a head beside is measured from the head alone, the others from step 0. */
static void the_head_alone_is_the_floor_of_those_beside_it(void **state)
{
    static const char *const spaces[] = {"space=onehot|onehot++full:targets=head",
                                         "space=full:targets=head|onehot++full:targets=head"};
    for (size_t i = 0; i < 2; i++) {
        world w;
        size_t n, n_head;
        world_start(&w);
        trained(&w, spaces[i]);
        results r = measure_by(&w, "own,gain,.9");
        double step0 = mean_of(&w, "full", 0, &n),
               head = mean_of(&w, "full:targets=head", w.asks[0].run.epochs, &n_head);
        assert_int_equal(r.n_rows, 2 * r.n_rules); /* of the head alone where it was asked for */
        assert_true(n == 2 && n_head == 2 && fabs(step0 - head) > .01);
        assert_near(r.rows[0].floor, step0, 1e-12);
        assert_near(r.rows[r.n_rules].floor, head, 1e-12);
        assert_int_equal(r.rows[r.n_rules].n_floor, 2);
        assert_int_equal(r.rows[r.n_rules].seeds_shared, 0);
        results_clear(&r);
        world_end(&w);
    }
}

/* By a rule that reads the baseline, which P does not move: none of its seeds is without. */
static void seeds_of_p_have_the_one_baseline(void **state)
{
    world w;
    world_start(&w);
    trained(&w, "vary=P seeds=2 epochs=4 data=synth:val=.2 d=20+60");
    trained(&w, "vary=P seeds=3 epochs=4 data=synth:val=.2 d=20+60");
    results r = measure_by(&w, "own,raw,.7");
    assert_int_equal(r.rows[0].n_seeds, 3);
    assert_int_equal(r.rows[0].n_baseline, 1);
    assert_int_equal(r.rows[0].seeds_partial, 0);
    assert_int_equal(r.rows[0].asks, 2);
    assert_true(r.rows[0].state != IDIM_UNMEASURABLE);
    assert_int_equal(r.rows[0].seeds_shared, 0);
    results_clear(&r);
    world_end(&w);
}

/* Of each space by itself, and those alone that brought something. */
static void asks_that_bring_new_seeds_or_d_are_counted(void **state)
{
    world w;
    world_start(&w);
    trained(&w, "space=fastfood d=5+10");
    trained(&w, "space=onehot d=5+10");
    trained(&w, "space=fastfood|onehot d=5 lr=.2"); /* another rate of a place that was there */
    results r = measure(&w);
    assert_int_equal(r.n_rows, 2 * r.n_rules);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(r.rows[i * r.n_rules].asks, 1);
    results_clear(&r);
    trained(&w, "space=onehot d=7 seeds=2");
    r = measure(&w);
    assert_string_equal(r.rows[0].space, "onehot");
    assert_int_equal(r.rows[0].asks, 2);
    assert_int_equal(r.rows[r.n_rules].asks, 1);
    results_clear(&r);
    world_end(&w);
}

/* The scores themselves: a row's pairs hold the store's means, on the same labels. */
static void spaces_of_any_ask_are_paired(void **state)
{
    world w;
    world_start(&w);
    trained(&w, "space=fastfood d=5+10 seeds=3");
    trained(&w, "space=onehot d=10+20 seeds=2");
    results r = measure(&w);
    assert_int_equal(r.n_pairs, 2); /* d = 10, d90 */
    const paired_row *p = &r.pairs[0];
    assert_string_equal(p->space_a, "onehot"); /* of the last ask */
    assert_string_equal(p->space_b, "fastfood");
    assert_near(p->d, 10, 0);
    assert_int_equal(p->n_seeds, 2);
    double a = 0, b = 0;
    for (size_t i = 0; i < store_count(sweep_store(w.sweep)); i++) {
        const record *x = store_at(sweep_store(w.sweep), i);
        if (strcmp(world_role(x), "score") || x->d != 10 || x->run.seed > 2)
            continue;
        if (!strncmp(x->run.space, "onehot", 6))
            a += x->result.score / 2;
        else
            b += x->result.score / 2;
    }
    assert_near(p->a, a, 1e-12);
    assert_near(p->b, b, 1e-12);
    assert_near(p->effect, a - b, 1e-12);
    assert_true(!isnan(p->mcnemar_p)); /* the bits are there */
    results_clear(&r);
    world_end(&w);
}

static void a_crossed_design_with_runs_missing_has_no_components(void **state)
{
    world w;
    world_start(&w);
    trained(&w, "vary=theta0*P seeds=2");
    world_ask(&w, "vary=theta0*P seeds=3"); /* not trained */
    results r;
    const ask_list asks = {.asks = w.asks, .n = w.n};
    assert_ok(results_d90(w.sweep, &asks, "absolute,.4", 0, &r));
    assert_int_equal(r.n_variances, 3); /* 2 x 2 are whole */
    results_clear(&r);
    world_end(&w);
}

static void no_ask_is_refused(void **state)
{
    world w;
    results r;
    const ask_list none = {0};
    world_start(&w);
    assert_refused(results_d90(w.sweep, &none, "raw", 0, &r), ERR_USAGE, "no ask");
    trained(&w, "");
    const ask_list one = {.asks = w.asks, .n = 1};
    assert_refused(results_d90(w.sweep, &one, "fixed,raw,.9", 0, &r), ERR_USAGE, "give --fixed");
    assert_refused(results_d90(w.sweep, &one, "raw,7", 0, &r), ERR_USAGE, "raw,7");
    world_end(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(asks_of_one_design_are_one),
        cmocka_unit_test(designs_are_never_pooled),
        cmocka_unit_test(a_head_beside_is_told_from_one_alone_and_from_more),
        cmocka_unit_test(the_head_alone_is_the_floor_of_those_beside_it),
        cmocka_unit_test(seeds_of_p_have_the_one_baseline),
        cmocka_unit_test(asks_that_bring_new_seeds_or_d_are_counted),
        cmocka_unit_test(spaces_of_any_ask_are_paired),
        cmocka_unit_test(a_crossed_design_with_runs_missing_has_no_components),
        cmocka_unit_test(no_ask_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
