/* ask_test.c -- asks: their spaces, which belong together, the list in sweep.json. */
#include <math.h>
#include "tests/test.h"

#include "sweep/ask.h"
#include "sweep/stages.h"

static key_texts texts;

/* "name=value" pairs of both tables, cut at blanks; spaces are listed with '|'. */
static ask ask_of(const char *pairs)
{
    ask given, a;
    char copy[512], *rest = copy;
    assert_ok(ask_defaults(&given, &texts));
    snprintf(copy, sizeof copy, "data=synth %s", pairs);
    for (char *p; (p = strtok_r(rest, " ", &rest));) {
        char *value = strchr(p, '=');
        *value++ = '\0';
        for (char *c = value; *c; c++)
            *c = *c == '|' ? ' ' : *c;
        bool run = false;
        for (const key *k = run_keys; k->name; k++)
            run |= !strcmp(k->name, p);
        assert_ok(key_set("d90", run ? run_keys : ask_keys, p, value, &given, &texts));
    }
    assert_ok(stages_canonical(&given, NULL, &a, &texts));
    return a;
}

static void defaults_are_those_of_the_command(void **state)
{
    ask a;
    assert_ok(ask_defaults(&a, &texts));
    assert_string_equal(a.run.data, "fashion-mnist");
    assert_string_equal(a.run.space, "fastfood");
    assert_string_equal(a.d, "auto");
    assert_string_equal(a.vary, "all");
    assert_int_equal(a.seeds, 3);
    assert_int_equal(a.tune_seeds, 1);
}

static void a_grid_of_ranks_is_not_one_of_numbers(void **state)
{
    assert_string_equal(ask_of("d=auto").d, "100..2000/log6");
    assert_string_equal(ask_of("d=auto space=lora").d, "1..16/log4");
    assert_string_equal(ask_of("d=auto space=lora|fastfood").d, "100..2000/log6");
    assert_string_equal(ask_of("d=5+9 space=lora").d, "5+9");
}

static void what_is_swept_is_d_or_the_rank(void **state)
{
    assert_string_equal(space_swept("fastfood"), "d");
    assert_string_equal(space_swept("lora"), "r");
    assert_string_equal(space_swept("onehot@lora:r=2"), "d");
    assert_null(space_swept("full"));
    assert_float_equal(space_number("lora:r=3,targets=q", "r"), 3, 0);
    assert_float_equal(space_number("lora:targets=q", "r"), 8, 0); /* its default */
    assert_float_equal(space_number("onehot:d=5@lora:r=2", "d"), 5, 0);
    assert_true(isnan(space_number("onehot:d=5@lora:r=2", "r")));
}

static void spaces_are_canonical_without_what_is_swept(void **state)
{
    char **spaces;
    size_t n;
    assert_ok(ask_spaces(
        &(run_spec){.space = "fastfood:form=stacked fastfood:form=single onehot@lora:r=3",
                    .exec = ""},
        &spaces, &n));
    assert_int_equal(n, 3);
    assert_string_equal(spaces[0], "fastfood");
    assert_string_equal(spaces[1], "fastfood:form=single");
    assert_string_equal(spaces[2], "onehot@lora:r=3");
    key_parts_free(spaces, n);
    assert_refused(
        ask_spaces(&(run_spec){.space = "fastfood fastfood:form=stacked", .exec = ""}, &spaces, &n),
        ERR_USAGE, "twice");
    assert_null(spaces);
    assert_refused(ask_spaces(&(run_spec){.space = "full lora:r=8", .exec = ""}, &spaces, &n),
                   ERR_USAGE, "lora:r=8: r is what is swept");
    assert_refused(ask_sweeps(&(run_spec){.space = "full norms", .exec = ""}), ERR_USAGE,
                   "neither d nor r");
    assert_ok(ask_sweeps(&(run_spec){.space = "full lora", .exec = ""}));
    assert_refused(ask_spaces(&(run_spec){.space = "fastfod", .exec = ""}, &spaces, &n), ERR_USAGE,
                   "fastfood");
}

static void spaces_d_rates_and_seeds_make_no_other_question(void **state)
{
    static const char *const alike[] = {
        "space=dense",       "d=5+7",   "lr=.1",  "lr-full=.1",       "tune-seeds=2",
        "tune-d=100",        "seeds=5", "seed=4", "space=dense|srht", "vary=P",
        "model=fc:width=200"};
    static const char *const unlike[] = {
        "model=fc:width=5", "epochs=3", "batch=32", "optimiser=sgd",
        "data=synth:n=64",  "clip=1",   "l2=.1",    "seed.P=4"};
    ask a = ask_of("");
    for (size_t i = 0; i < sizeof alike / sizeof *alike; i++) {
        ask b = ask_of(alike[i]);
        assert_true(ask_alike(&a, &b));
    }
    for (size_t i = 0; i < sizeof unlike / sizeof *unlike; i++) {
        ask b = ask_of(unlike[i]);
        assert_false(ask_alike(&a, &b));
        assert_false(ask_pooled(&a, &b));
    }
    ask here = ask_of("data=mnist:dir=/here"), elsewhere = ask_of("data=mnist:dir=/there");
    assert_true(ask_alike(&here, &elsewhere));
    assert_false(ask_alike(&here, &a));
}

/* One run of an ask, as stages make it. */
static run_spec run_of(const ask *a, double lr, const char *space_)
{
    run_spec r = a->run, canonical;
    char *with;
    assert_ok(optimiser_with_lr(r.optimiser, lr > 0 ? lr : .1, &with));
    r.optimiser = with;
    r.space = space_;
    r.seed = 17;
    if (!(lr > 0))
        assert_ok(run_untrained(&r));
    assert_ok(run_canonical(&r, NULL, &canonical, &texts));
    mem_free(with);
    return canonical;
}

static bool owns(const ask *a, run_spec run)
{
    bool is = false;
    assert_ok(ask_owns(a, &run, &is));
    return is;
}

static void data_are_told_by_their_content(void **state)
{
    ask a = ask_of("data.content=01"), b = ask_of("data.content=02"), older = ask_of("");
    assert_false(ask_alike(&a, &b));
    assert_true(ask_alike(&a, &older)); /* which does not say */
    text what = {0};
    ask_difference(&a, &b, &what);
    assert_string_equal(what.text, "other data under the same name");
    text_clear(&what);
    ask longer = ask_of("epochs=3");
    ask_difference(&a, &longer, &what);
    assert_string_equal(what.text, "epochs=3, not 20");
    text_clear(&what);
    ask here = ask_of("data=mnist:dir=/here batch=7"), there = ask_of("data=mnist:dir=/there");
    ask_difference(&here, &there, &what);
    assert_string_equal(what.text, "batch=128, not 7"); /* not where they lie */
    text_clear(&what);
    run_spec run = run_of(&a, .1, "fastfood:d=9");
    assert_true(owns(&a, run));
    assert_false(owns(&b, run));
}

static void a_question_owns_its_runs_and_no_others(void **state)
{
    static const char *const others[] = {"model=fc:width=5",
                                         "epochs=3",
                                         "batch=32",
                                         "optimiser=sgd",
                                         "data=synth:n=64",
                                         "clip=1",
                                         "l2=.1",
                                         "schedule=cosine",
                                         "seed.P=4",
                                         "steps=7",
                                         "optimiser=adam:beta1=.5"};
    ask a = ask_of(""), longer = ask_of("epochs=3"), small = ask_of("batch=32");
    run_spec tuned = run_of(&a, .3, "dense:d=4");
    assert_true(owns(&a, run_of(&a, .1, "fastfood:d=9")));
    assert_true(owns(&a, run_of(&a, .2, "full")));
    tuned.role = RUN_TUNE;
    assert_true(owns(&a, tuned));
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        ask b = ask_of(others[i]);
        assert_false(owns(&a, run_of(&b, .1, "fastfood:d=9")));
        assert_true(owns(&b, run_of(&b, .1, "fastfood:d=9")));
    }
    /* at step 0 it is all one how long would be trained, but not on what */
    assert_true(owns(&a, run_of(&longer, 0, "full")));
    assert_false(owns(&a, run_of(&small, 0, "full")));
    ask P = ask_of("vary=P");
    run_spec moved = run_of(&P, .1, "fastfood:d=9");
    moved.seed_P = 3;
    assert_true(owns(&P, moved));
    assert_false(owns(&a, moved));
}

static void only_draws_of_one_population_are_pooled(void **state)
{
    ask all = ask_of(""), later = ask_of("seed=7 seeds=5"), P = ask_of("vary=P");
    ask more = ask_of("vary=P seeds=9 space=dense"), other = ask_of("vary=P seed=2");
    ask list = ask_of("vary=data+P"), turned = ask_of("vary=P+data");
    assert_true(ask_pooled(&all, &later));
    assert_false(ask_pooled(&all, &P));
    assert_true(ask_pooled(&P, &more));
    assert_false(ask_pooled(&P, &other)); /* another theta0 stays still there */
    assert_true(ask_pooled(&list, &turned));
    assert_string_equal(list.vary, "P+data");
}

static void asks_are_kept_in_order_and_once(void **state)
{
    char folder[256];
    ask_list list;
    ask a = ask_of("seeds=2"), b = ask_of("vary=theta0*P space=dense|srht lr=.1+.2");
    test_folder(folder);
    assert_ok(ask_load(folder, &list));
    assert_int_equal(list.n, 0);
    assert_ok(ask_note(folder, &a, &list));
    assert_int_equal(list.n, 1);
    ask_clear(&list);
    assert_ok(ask_note(folder, &b, &list));
    assert_int_equal(list.at, 1);
    assert_true(list.fresh);
    ask_clear(&list);
    assert_ok(ask_note(folder, &a, &list)); /* it is there: nothing is written */
    assert_int_equal(list.n, 2);
    assert_int_equal(list.at, 0);
    assert_false(list.fresh);
    assert_int_equal(ask_find(&list, &b, 0), 1);
    assert_int_equal(list.asks[0].seeds, 2);
    assert_string_equal(list.asks[1].vary, "theta0*P");
    assert_string_equal(list.asks[1].run.space, "dense srht");
    assert_string_equal(list.asks[1].lr, ".1+.2");
    assert_true(ask_pooled(&list.asks[1], &b));
    ask_clear(&list);
    test_folder_end(folder);
}

static void put(const char *folder, const char *bytes)
{
    char path[512];
    snprintf(path, sizeof path, "%s/sweep.json", folder);
    assert_ok(file_write(path, bytes, strlen(bytes)));
}

static void an_older_list_varies_everything(void **state)
{
    char folder[256];
    ask_list list;
    test_folder(folder);
    put(folder, "{\"format\": 1, \"asks\": [{\"data\": \"synth\", \"seeds\": \"4\"}]}");
    assert_ok(ask_load(folder, &list));
    assert_int_equal(list.n, 1);
    assert_string_equal(list.asks[0].vary, "all");
    assert_int_equal(list.asks[0].seeds, 4);
    ask_clear(&list);
    test_folder_end(folder);
}

static void a_damaged_list_is_refused_with_its_place(void **state)
{
    static const char *const bad[][2] = {
        {"{\"format\": 1,\n \"asks\": [", "sweep.json:2:"},
        {"{\"format\": 2, \"asks\": []}", "format 2, this program reads 1"},
        {"{\"format\": 1, \"asks\": 3}", "no list \"asks\""},
        {"{\"format\": 1, \"asks\": [{}, {\"seeds\": \"many\"}]}", "ask 2"},
        {"{\"format\": 1, \"format\": 1, \"asks\": []}", "sweep.json"},
    };
    char folder[256];
    ask_list list;
    ask a = ask_of("");
    test_folder(folder);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        status st;
        put(folder, bad[i][0]);
        st = ask_load(folder, &list);
        assert_true(st == ERR_FORMAT || st == ERR_USAGE);
        assert_non_null(strstr(error_text(), bad[i][1]));
        assert_int_equal(list.n, 0);
        assert_true(ask_note(folder, &a, &list) != OK); /* nor is it overwritten */
        char path[512], *bytes;
        size_t n;
        snprintf(path, sizeof path, "%s/sweep.json", folder);
        assert_ok(file_read(path, 1 << 20, &bytes, &n));
        assert_string_equal(bytes, bad[i][0]);
        mem_free(bytes);
    }
    test_folder_end(folder);
}

static int end(void **state)
{
    key_texts_clear(&texts);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_are_those_of_the_command),
        cmocka_unit_test(a_grid_of_ranks_is_not_one_of_numbers),
        cmocka_unit_test(what_is_swept_is_d_or_the_rank),
        cmocka_unit_test(spaces_are_canonical_without_what_is_swept),
        cmocka_unit_test(spaces_d_rates_and_seeds_make_no_other_question),
        cmocka_unit_test(data_are_told_by_their_content),
        cmocka_unit_test(a_question_owns_its_runs_and_no_others),
        cmocka_unit_test(only_draws_of_one_population_are_pooled),
        cmocka_unit_test(asks_are_kept_in_order_and_once),
        cmocka_unit_test(an_older_list_varies_everything),
        cmocka_unit_test(a_damaged_list_is_refused_with_its_place),
    };
    return cmocka_run_group_tests(tests, NULL, end);
}
