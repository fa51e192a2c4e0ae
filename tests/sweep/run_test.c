/* run_test.c -- canonical form and id of a run: what moves an id, and what must not. */
#include "tests/test.h"

#include "format/jsonl.h"
#include "sweep/run.h"

static key_texts texts;

static run_spec run_of(const char *pairs)
{
    run_spec given, r;
    key_texts_clear(&texts);
    assert_ok(run_defaults(&given, &texts));
    assert_ok(key_parse("run", run_keys, pairs, &given, &texts));
    assert_ok(run_canonical(&given, NULL, &r, &texts));
    return r;
}

static const char *id_of(const char *pairs)
{
    static char ids[4][RUN_ID];
    static size_t at;
    run_spec r = run_of(pairs);
    char *id = ids[at++ % 4];
    assert_ok(run_id(&r, NULL, "content", id, NULL));
    return id;
}

#define BASE "data=synth"

/* Sorted keys that are not at their default, then what else decides the numbers; the task is always
 * named. This text is what ids of stored runs were made from: it must not change. */
static void the_hashed_form_holds_what_is_not_default(void **state)
{
    run_spec r = run_of(BASE ",epochs=5,space=\"onehot:d=7\",seed.P=3,optimiser=\"adam:lr=.01\"");
    char id[RUN_ID], *form, expected[512];
    assert_ok(run_id(&r, NULL, "content", id, &form));
    snprintf(expected, sizeof expected,
             "data=synth\nepochs=5\noptimiser=adam:lr=0.01\nseed.P=3\nspace=onehot:d=7\n"
             "core %d\nreal %zu\ncontent content\ndata 1\nmodel 1\noptimiser 1\nschedule 1\n"
             "space onehot=1\n",
             RUN_REVISION, sizeof(real));
    assert_string_equal(form, expected);
    mem_free(form);
}

/* So a key that is new, with a default, orphans no stored run: runs that do not name it and runs that
 * name its default are one. */
static void naming_a_default_moves_no_id(void **state)
{
    key_texts keep = {0};
    run_spec defaults;
    char plain[RUN_ID];
    memcpy(plain, id_of(BASE), RUN_ID);
    assert_ok(run_defaults(&defaults, &keep));
    for (const key *k = run_keys; k->name; k++) {
        text value = {0}, pairs = {0};
        if (!strcmp(k->name, "data"))
            continue;
        key_value(k, &defaults, &value);
        text_add(&pairs, BASE ",%s=%s", k->name, value.text);
        assert_string_equal(id_of(pairs.text), plain);
        text_clear(&value);
        text_clear(&pairs);
    }
    key_texts_clear(&keep);
}

static void a_kind_s_defaults_move_no_id(void **state)
{
    assert_string_equal(id_of("data=synth,model=\"fc:width=200,depth=2\""), id_of("data=synth"));
    assert_string_equal(id_of("data=\"synth:classes=4\""), id_of("data=synth"));
    assert_string_equal(id_of("data=synth,space=\"onehot:d=7\""),
                        id_of("space=\"onehot:d=7.0\",data=synth")); /* nor does order */
    assert_string_equal(id_of("data=synth,optimiser=\"adam:lr=1e-2\""),
                        id_of("data=synth,optimiser=\"adam:lr=.01\""));
}

static void whatever_moves_numbers_moves_the_id(void **state)
{
    static const char *const others[] = {
        BASE,
        "data=\"synth:n=512\"",
        BASE ",model=\"fc:width=201\"",
        BASE ",space=\"onehot:d=7\"",
        BASE ",space=\"onehot:d=8\"",
        BASE ",optimiser=sgd",
        BASE ",optimiser=\"adam:lr=.02\"",
        BASE ",schedule=cosine",
        "data=cartpole,trainer=es",
        "data=cartpole,trainer=\"es:sigma=.2\"",
        "data=cartpole,trainer=dqn",
        BASE ",epochs=21",
        BASE ",steps=20",
        BASE ",batch=64",
        BASE ",clip=1",
        BASE ",l2=1e-4",
        BASE ",role=tune",
        BASE ",seed=2",
        BASE ",seed.theta0=2",
        BASE ",seed.P=2",
        BASE ",seed.order=2",
        BASE ",seed.dropout=2",
        BASE ",from.content=0123",
        BASE ",adapter.alpha=16",
        BASE ",frozen=bf16",
        "exec=true",
        "exec=true,better=lower",
        "exec=true,exec.content=0123",
    };
    enum { N = sizeof others / sizeof *others };
    char ids[N][RUN_ID];
    for (size_t i = 0; i < N; i++) {
        memcpy(ids[i], id_of(others[i]), RUN_ID);
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(ids[i], ids[k]);
    }
    for (const key *k = run_keys; k->name; k++) { /* every key has its line above */
        bool met = false;
        char word[64];
        snprintf(word, sizeof word, "%s=", k->name);
        for (size_t i = 0; i < N; i++)
            met = met || strstr(others[i], word);
        /* what lies there is in from.content, and what data hold a line of its own */
        if (!met && !k->place && strcmp(k->name, "data.content") != 0)
            fail_msg("%s is not among the keys that are tried", k->name);
    }
}

static void other_data_under_one_name_move_the_id(void **state)
{
    run_spec r = run_of(BASE);
    char a[RUN_ID], b[RUN_ID], c[RUN_ID];
    assert_ok(run_id(&r, NULL, "content", a, NULL));
    assert_ok(run_id(&r, NULL, "contents", b, NULL));
    assert_string_not_equal(a, b);
    r.data_content = "contents"; /* ids of before it was told stay */
    assert_ok(run_id(&r, NULL, "contents", c, NULL));
    assert_string_equal(b, c);
    assert_int_equal(strlen(a), RUN_ID - 1);
    assert_int_equal(strspn(a, "0123456789abcdef"), RUN_ID - 1);
}

static void a_run_reads_back_as_it_was_written(void **state)
{
    run_spec r = run_of(BASE ",epochs=7,clip=.1,space=\"onehot:d=7\",seed.order=12,role=tune"),
             back;
    text t = {0}, again = {0};
    key_texts read = {0};
    run_write(&r, &t);
    json_t *object = json_loads(t.text, 0, NULL);
    assert_non_null(object);
    assert_ok(run_read(object, &back, &read));
    run_write(&back, &again);
    assert_string_equal(again.text, t.text);
    json_decref(object);
    key_texts_clear(&read);
    text_clear(&t);
    text_clear(&again);
}

/* A journal of before a key was there. */
static void a_key_that_a_journal_lacks_is_at_its_default(void **state)
{
    run_spec r;
    key_texts read = {0};
    char id[RUN_ID];
    json_t *object = json_loads("{\"data\":\"synth\"}", 0, NULL);
    assert_ok(run_read(object, &r, &read));
    assert_ok(run_id(&r, NULL, "content", id, NULL));
    assert_string_equal(id, id_of(BASE));
    json_decref(object);
    key_texts_clear(&read);
}

static bool same(stream a, stream b)
{
    return rng_u64(&a, 0) == rng_u64(&b, 0) && rng_u64(&a, 5) == rng_u64(&b, 5);
}

static void a_stream_s_own_seed_moves_it_alone(void **state)
{
    static const char *const purposes[] = {"theta0", "P", "order", "dropout"};
    for (size_t moved = 0; moved < 4; moved++) {
        char pairs[64];
        snprintf(pairs, sizeof pairs, BASE ",seed=3,seed.%s=9", purposes[moved]);
        run_spec r = run_of(pairs);
        for (size_t i = 0; i < 4; i++) {
            stream s = run_stream(&r, purposes[i]);
            assert_true(same(s, stream_make(i == moved ? 9 : 3, purposes[i])));
        }
    }
}

static void tuning_has_streams_of_its_own(void **state)
{
    run_spec score = run_of(BASE ",seed=3");
    stream s = run_stream(&score, "P");
    run_spec tune = run_of(BASE ",seed=3,role=tune");
    assert_false(same(s, run_stream(&tune, "P")));
}

static void what_is_no_kind_is_refused_by_name(void **state)
{
    static const char *const bad[][2] = {{"data=synht", "synth"},
                                         {"model=fcc", "fc"},
                                         {"optimiser=adm", "adam"},
                                         {"schedule=cosin", "cosine"},
                                         {"space=onehott", "onehot"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        run_spec given, r;
        key_texts own = {0};
        assert_ok(run_defaults(&given, &own));
        assert_ok(key_parse("run", run_keys, bad[i][0], &given, &own));
        assert_refused(run_canonical(&given, NULL, &r, &own), ERR_USAGE, bad[i][1]);
        key_texts_clear(&own);
    }
}

/* What the files hold is in the id; where they lie is not. */
static void a_place_moves_no_id(void **state)
{
    assert_string_equal(id_of("data=\"mnist:dir=/a,train=600\""),
                        id_of("data=\"mnist:train=600\""));
    assert_string_not_equal(id_of("data=\"mnist:dir=/a\""), id_of("data=\"mnist:train=600\""));
    run_spec r = run_of("data=\"mnist:dir=/a,train=600\"");
    assert_string_equal(r.data, "mnist:dir=/a,train=600"); /* the run still knows */
    assert_string_equal(id_of("data=\"npy:file=a.npz,x=u,y=v,x_test=s,y_test=t,val=.2\""),
                        id_of("data=\"npy:val=.2\""));
    assert_string_equal(id_of("data=\"idx:x=a,y=b,x_test=c,y_test=d,val=.2\""),
                        id_of("data=\"idx:val=.2\""));
}

static void a_run_without_places_is_the_same_wherever_its_data_lie(void **state)
{
    key_texts own = {0};
    run_spec r = run_of("data=\"mnist:dir=/a,train=600\",model=\"fc:width=7\""), out;
    assert_ok(run_without_places(&r, NULL, &out, &own));
    assert_string_equal(out.data, "mnist:train=600");
    assert_string_equal(out.model, "fc:width=7");
    r.data = "mine:dir=/a"; /* a program's own row, that the tables do not know */
    assert_ok(run_without_places(&r, NULL, &out, &own));
    assert_string_equal(out.data, "mine:dir=/a");
    key_texts_clear(&own);
}

static int end(void **state)
{
    key_texts_clear(&texts);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_hashed_form_holds_what_is_not_default),
        cmocka_unit_test(naming_a_default_moves_no_id),
        cmocka_unit_test(a_kind_s_defaults_move_no_id),
        cmocka_unit_test(whatever_moves_numbers_moves_the_id),
        cmocka_unit_test(other_data_under_one_name_move_the_id),
        cmocka_unit_test(a_run_reads_back_as_it_was_written),
        cmocka_unit_test(a_key_that_a_journal_lacks_is_at_its_default),
        cmocka_unit_test(a_stream_s_own_seed_moves_it_alone),
        cmocka_unit_test(tuning_has_streams_of_its_own),
        cmocka_unit_test(what_is_no_kind_is_refused_by_name),
        cmocka_unit_test(a_place_moves_no_id),
        cmocka_unit_test(a_run_without_places_is_the_same_wherever_its_data_lie),
    };
    return cmocka_run_group_tests(tests, NULL, end);
}
