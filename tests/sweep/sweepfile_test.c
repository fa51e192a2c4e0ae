/* sweepfile_test.c -- sweep files: how they are read, what they stand for, what is refused with its line; shares
 * and claims. */
#include "tests/test.h"

#include "base/os.h"
#include "sweep/claims.h"
#include "sweep/expand.h"
#include "sweep/shard.h"

typedef struct single { /* what a command has of its own */
    const char *out;
} single;
static const key own[] = {KEY_TEXT("out", single, out, "", "folder"), {0}};
static const key *const singles[] = {own, NULL};

static sweepfile f;
static expansion e;

static status opened(const char *words)
{
    expand_clear(&e);
    sweepfile_clear(&f);
    status st = sweepfile_read(&f, "a.idim", words, strlen(words), expand_tables, singles);
    return st ? st : expand(&f, &e);
}

static int end(void **state)
{
    expand_clear(&e);
    sweepfile_clear(&f);
    return 0;
}

static void lists_of_names_make_asks(void **state)
{
    assert_ok(opened("data = synth + synthtext # two tasks\nepochs = 20+40; seeds = 5\n"));
    assert_int_equal(e.n, 1);
    assert_int_equal(e.parts[0].n_asks, 4);
    const ask *a = e.parts[0].asks;
    assert_string_equal(a[0].run.data, "synth");
    assert_int_equal(a[1].run.epochs, 40);
    assert_string_equal(a[2].run.data, "synthtext");
    assert_int_equal(a[3].seeds, 5);
}

static void a_kind_with_keys_holds_plus_itself(void **state)
{
    assert_ok(opened(
        "data = synth\nd = 4+5\nspace = onehot:targets=matrix+bias dense++full:targets=bias\n"
        "space = fastfood\n"));
    assert_int_equal(e.parts[0].n_asks, 1);
    assert_non_null(strstr(e.parts[0].asks[0].run.space, "targets=matrix+bias"));
    assert_non_null(strstr(e.parts[0].asks[0].run.space, "dense++full"));
    assert_non_null(strstr(e.parts[0].asks[0].run.space, " fastfood"));
    assert_string_equal(e.parts[0].asks[0].d, "4+5");
}

static void a_zip_goes_in_pairs(void **state)
{
    assert_ok(opened("data = synth\nd = 4\nzip { model = fc:width=4 fc:width=5; epochs = 2+3 }\n"));
    const expand_part *p = &e.parts[0];
    assert_int_equal(p->n_asks, 2);
    assert_string_equal(p->asks[0].run.model, "fc:width=4");
    assert_int_equal(p->asks[0].run.epochs, 2);
    assert_string_equal(p->asks[1].run.model, "fc:width=5");
    assert_int_equal(p->asks[1].run.epochs, 3);
}

static void a_subsweep_inherits_and_has_its_own_word(void **state)
{
    assert_ok(opened("data = synth\nd = 4\nepochs = 7\nsweep a { sweep b { epochs = 8 }\nsweep c { "
                     "batch = 9 } }\n"
                     "sweep t { measure = train; lr = 1e-2 }"));
    assert_int_equal(e.n, 3);
    assert_string_equal(e.parts[0].name, "a.b");
    assert_int_equal(e.parts[0].asks[0].run.epochs, 8);
    assert_string_equal(e.parts[1].name, "a.c");
    assert_int_equal(e.parts[1].asks[0].run.epochs, 7);
    assert_int_equal(e.parts[1].asks[0].run.batch, 9);
    assert_int_equal(e.parts[2].n_runs, 1);
}

static void what_is_excluded_is_left_out(void **state)
{
    assert_ok(opened("data = synth\nd = 4+50+60\nspace = fastfood onehot\nepochs = 1+2\n"
                     "exclude { epochs = 2; space = onehot; d = 45..100 }\n"));
    const expand_part *p = &e.parts[0];
    assert_int_equal(p->n_asks, 3); /* the second epochs' spaces have grids of their own */
    assert_string_equal(p->asks[0].run.space, "fastfood onehot");
    assert_string_equal(p->asks[1].run.space, "fastfood");
    assert_string_equal(p->asks[1].d, "4+50+60");
    assert_string_equal(p->asks[2].run.space, "onehot");
    assert_string_equal(p->asks[2].d, "4");
    assert_refused(opened("data = synth\nexclude { data = synth }\n"), ERR_USAGE, "excluded");
}

static void a_rank_is_excluded_as_a_d_is(void **state)
{
    static const char sweep[] = "measure = ranks\ndata = synth\nspace = lora full:targets=head "
                                "fastfood dora\nranks = 1+2+4+8\nd = 4+50\n";
    char words[512];
    snprintf(words, sizeof words, "%sexclude { ranks = 2..4; space = lora }\n", sweep);
    assert_ok(opened(words));
    const expand_part *p = &e.parts[0];
    assert_int_equal(p->n_asks, 3);
    assert_string_equal(p->asks[0].run.space, "lora");
    assert_string_equal(p->asks[0].d, "1+8");
    assert_string_equal(p->asks[1].run.space, "full:targets=head dora");
    assert_string_equal(p->asks[1].d, "1+2+4+8");
    assert_string_equal(p->asks[2].run.space, "fastfood");
    assert_string_equal(p->asks[2].d, "4+50");
    snprintf(words, sizeof words, "%sexclude { d = 50 }\n", sweep); /* nothing that has ranks */
    assert_ok(opened(words));
    assert_int_equal(e.parts[0].n_asks, 2);
    assert_string_equal(e.parts[0].asks[0].run.space, "lora full:targets=head dora");
    assert_string_equal(e.parts[0].asks[1].d, "4");
    assert_ok(opened("measure = train\ndata = synth\nspace = lora\nranks = 1+2+4\n"
                     "exclude { ranks = 4 }\n"));
    assert_int_equal(e.parts[0].n_runs, 2);
    assert_string_equal(e.parts[0].runs[1].space, "lora:r=2");
}

static void an_exclude_that_leaves_nothing_out_is_refused(void **state)
{
    static const char *const wrong[] = {
        "data = synth\nd = 4+50\nexclude { d = 5 }\n",
        "data = synth\nd = 4+50\nexclude { ranks = 4 }\n",           /* of no d90 */
        "data = synth\nd = 4+50\nlr = .1+.2\nexclude { lr = .1 }\n", /* tried by each question */
        "measure = ranks\ndata = synth\nspace = lora\nranks = 1+2\nexclude { ranks = 3 }\n",
        "measure = ranks\ndata = synth\nspace = lora\nd = 5\nexclude { d = 5 }\n",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_refused(opened(wrong[i]), ERR_USAGE, "this exclude leaves nothing out");
    assert_refused(opened(wrong[0]), ERR_USAGE, "a.idim:3: ");
    /* one sub-sweep of several is enough; so is what another leaves out too */
    assert_ok(opened("data = synth\nd = 4+50\nexclude { model = fc; d = 50 }\nexclude { d = 50 }\n"
                     "sweep a { model = fc }\nsweep b { model = toy }\n"));
    /* and where the command line narrows the sweep it may find nothing */
    assert_int_equal(opened(wrong[0]), ERR_USAGE);
    assert_ok(sweepfile_over(&f, "epochs", "2"));
    assert_refused(expand(&f, &e), ERR_USAGE, "leaves nothing out");
    assert_ok(sweepfile_over(&f, "d", "4"));
    assert_ok(expand(&f, &e));
}

static void train_is_a_plain_product(void **state)
{
    assert_ok(
        opened("measure = train\ndata = synth\nspace = full fastfood\nd = 4..6/1\nlr = .1+.2\n"
               "seeds = 5\nseed = 10\nexclude { space = fastfood; d = 5 }\n"));
    const expand_part *p = &e.parts[0];
    assert_int_equal(p->n_runs, (2 * 3 * 2 - 2) * 5);
    assert_string_equal(p->runs[0].space,
                        "full"); /* it has no d: one point, found again for each */
    assert_string_equal(p->runs[0].optimiser, "adam:lr=0.1");
    assert_int_equal(p->runs[4].seed, 14);
    assert_string_equal(p->runs[p->n_runs - 1].space, "fastfood:d=6");
    assert_string_equal(p->runs[p->n_runs - 1].optimiser, "adam:lr=0.2");
}

static void numbers_that_turn_fastest_keep_the_texts(void **state)
{
    assert_ok(opened(
        "measure = train\ndata = synth\nseed = 1..3/1\nspace = dense\nbatch = 8+16\nd = 4+9\n"));
    const expand_part *p = &e.parts[0];
    assert_int_equal(p->n_runs, 12);
    for (size_t i = 0; i < 12; i++) {
        assert_string_equal(p->runs[i].space, i < 6 ? "dense:d=4" : "dense:d=9");
        assert_int_equal(p->runs[i].seed, i % 6 / 2 + 1);
        assert_int_equal(p->runs[i].batch, i % 2 ? 16 : 8);
    }
}

static void the_command_line_has_the_last_word(void **state)
{
    const char *words =
        "data = synth\nd = 4\nzip { epochs = 1+2; batch = 8+16 }\nsweep a { batch = 3 }\n";
    assert_ok(opened(words));
    assert_ok(sweepfile_over(&f, "epochs", "9"));
    expand_clear(&e);
    assert_ok(expand(&f, &e));
    assert_int_equal(e.parts[0].n_asks, 1);
    assert_int_equal(e.parts[0].asks[0].run.epochs, 9);
    assert_int_equal(e.parts[0].asks[0].run.batch, 3);
    assert_refused(sweepfile_over(&f, "epoch", "9"), ERR_USAGE, "did you mean epochs");
    assert_ok(sweepfile_over(&f, "batch", "no"));
    expand_clear(&e);
    assert_refused(expand(&f, &e), ERR_USAGE, "--batch: ");
}

static void a_program_keeps_its_braces_and_quotes(void **state)
{
    assert_ok(opened("exec = /bin/echo 'a;b #c' {d} {seed} # the end\nd = 4 }\n") ? OK
                                                                                  : ERR_FAILED);
    assert_non_null(strstr(error_text(), "a.idim:2:"));
    assert_ok(opened("sweep x { exec = /bin/echo 'a;b #c' {d} {seed}; d = 4 }\n"));
    assert_string_equal(e.parts[0].asks[0].run.exec, "/bin/echo 'a;b #c' {d} {seed}");
}

static void what_is_wrong_is_said_with_its_line(void **state)
{
    static const struct {
        const char *words, *sentence;
    } bad[] = {
        {"data = synth\nepoch = 3\n", "a.idim:2: no key epoch; did you mean epochs"},
        {"epochs 3\n", "a.idim:1: epochs: a '=' and a value"},
        {"\n\nepochs =   # none\n", "a.idim:3: epochs: there is no value"},
        {"epochs = x\n", "a.idim:1: "},
        {"epochs = 1+-2\n", "a.idim:1: "},
        {"zip { epochs = 1+2\nbatch = 1 }\n", "a.idim:2: a zip takes as many"},
        {"epochs = 1\nzip { epochs = 1+2; batch = 1+2 }\n", "a.idim:1: epochs stands in a zip"},
        {"zip { }\n", "a.idim:1: zip { } with nothing"},
        {"zip { zip { } }\n", "a.idim:1: zip { stands inside of zip"},
        {"sweep { }\n", "a.idim:1: a sub-sweep has a name"},
        {"sweep a { }\nsweep a { }\n", "a.idim:2: sweep a is there already, in line 1"},
        {"sweep a {\n", "opened in line 1, is not closed"},
        {"}\n", "a.idim:1: a '}' without"},
        {"data = \"synth\n", "a.idim:1: a quote"},
        {"sweep a { out = x }\n", "a.idim:1: out holds for the whole file"},
        {"out = x\nout = y\n", "a.idim:2: out has one value, and line 1"},
        {"measure = d91\n", "a.idim:1: "},
        {"role = tune\n", "a.idim:1: role says nothing"},
        {"measure = train\nvary = P\n", "a.idim:2: vary says nothing"},
        {"measure = train\nlr = rel:1\n", "a.idim:2: "},
        {"data = sinth\n", "a.idim:1: sinth: no such data set; did you mean synth"},
        {"data = synth\nmodel = fc:width=4+fc:width=5\n",
         "a.idim:2: fc:width=4+fc:width=5: a list"},
        {"a\033[2Jb\n", "a.idim:1: a control character"},
        {"epochs = 1..20000/1\n", "split the file"},
        {"measure = train\nseed = 1..100000/1\nbatch = 1..99/1\n", "split the file"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        status st = opened(bad[i].words);
        if (!st || !strstr(error_text(), bad[i].sentence))
            fail_msg("%s: said: %s", bad[i].words, error_text());
    }
}

/* ------------------------------------------------------------------ shares */

static const char *const *environment;
static char *env_of(const char *name)
{
    for (size_t i = 0; environment[i]; i += 2)
        if (!strcmp(environment[i], name)) {
            union { /* getenv's type */
                const char *from;
                char *to;
            } value = {.from = environment[i + 1]};
            return value.to;
        }
    return NULL;
}

static void a_share_is_found_as_each_launcher_numbers_it(void **state)
{
    static const struct {
        const char *asked, *env[12];
        size_t i, n;
    } known[] = {
        {"", {NULL}, 0, 1},
        {"2/5", {"OMPI_COMM_WORLD_RANK", "1", "OMPI_COMM_WORLD_SIZE", "3"}, 2, 5},
        {"", {"OMPI_COMM_WORLD_RANK", "1", "OMPI_COMM_WORLD_SIZE", "3"}, 1, 3},
        {"", {"PMI_RANK", "2", "PMI_SIZE", "4"}, 2, 4},
        {"", {"SLURM_PROCID", "1", "SLURM_NTASKS", "4"}, 0, 1}, /* a batch script's own */
        {"", {"SLURM_STEP_ID", "0", "SLURM_PROCID", "1", "SLURM_NTASKS", "4"}, 1, 4},
        {"",
         {"SLURM_ARRAY_TASK_ID", "7", "SLURM_ARRAY_TASK_MIN", "5", "SLURM_ARRAY_TASK_COUNT", "3"},
         2,
         3},
        {"",
         {"SLURM_ARRAY_TASK_ID", "1", "SLURM_ARRAY_TASK_COUNT", "2", "SLURM_STEP_ID", "0",
          "SLURM_PROCID", "1", "SLURM_NTASKS", "3"},
         4,
         6},
        {"", {"JOB_COMPLETION_INDEX", "3", "JOB_COMPLETIONS", "8"}, 3, 8},
        {"", {"JOB_COMPLETION_INDEX", "3"}, 3, SHARD_UNKNOWN},
        {"", {"OMPI_COMM_WORLD_RANK", "x", "OMPI_COMM_WORLD_SIZE", "3"}, 0, 1},
    };
    shard s;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        environment = known[i].env;
        assert_ok(shard_find(known[i].asked, env_of, &s));
        assert_int_equal(s.i, known[i].i);
        assert_int_equal(s.n, known[i].n);
    }
    static const char *const wrong[] = {"1", "4/4", "-1/3", "a/3", "1/x", "1/0", "1/2000000000"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_refused(shard_find(wrong[i], env_of, &s), ERR_USAGE, "i/N");
}

/* ------------------------------------------------------------------ claims */

static void spaces_of_one_size_go_with_those_that_are_swept(void **state)
{
    assert_ok(opened("measure = ranks\ndata = synth\nspace = full:targets=head lora fastfood\n"));
    assert_int_equal(e.parts[0].n_asks, 2);
    assert_string_equal(e.parts[0].asks[0].run.space, "full:targets=head lora");
    assert_string_equal(e.parts[0].asks[1].run.space, "fastfood");
    assert_ok(opened("measure = ranks\ndata = synth\nspace = full:targets=head fastfood\n"));
    assert_int_equal(e.parts[0].n_asks, 1);
    assert_string_equal(e.parts[0].asks[0].run.space, "full:targets=head fastfood");
}

static void of_two_leaders_one_takes_a_run(void **state)
{
    static const char *const ids[] = {"0123456789abcdef0123", "0123456789abcdef0124"};
    char folder[256];
    claims *a, *b;
    bool taken;
    test_folder(folder);
    assert_ok(claims_open(&a, folder));
    assert_ok(claims_open(&b, folder));
    assert_ok(claims_refresh(a));
    assert_int_equal(claims_others(a), 1);
    assert_ok(claims_take(a, ids, 1, &taken));
    assert_true(taken);
    assert_ok(claims_take(b, ids, 2, &taken)); /* all or none */
    assert_false(taken);
    assert_ok(claims_take(a, ids + 1, 1, &taken));
    assert_true(taken);
    assert_ok(claims_release(a, ids + 1, 1));
    assert_ok(claims_release(a, ids, 1));
    assert_ok(claims_refresh(b));
    assert_ok(claims_take(b, ids, 2, &taken));
    assert_true(taken);
    claims_close(b); /* whose file is gone holds nothing */
    assert_ok(claims_refresh(a));
    assert_int_equal(claims_others(a), 0);
    claims_close(a);
    test_folder_end(folder);
}

/* b takes it between a's last look and a's word: whoever's name sorts first (they are drawn), a gives it back. */
static void what_another_has_is_not_taken_by_one_who_looked_too_early(void **state)
{
    static const char *const ids[] = {"0123456789abcdef0123"};
    for (int i = 0; i < 32; i++) {
        char folder[256];
        claims *a, *b;
        bool taken;
        test_folder(folder);
        assert_ok(claims_open(&b, folder));
        assert_ok(claims_open(&a, folder));
        assert_ok(claims_take(b, ids, 1, &taken));
        assert_true(taken);
        assert_ok(claims_take(a, ids, 1, &taken));
        assert_false(taken);
        assert_ok(claims_release(b, ids, 1));
        assert_ok(claims_refresh(a));
        assert_ok(claims_take(a, ids, 1, &taken)); /* its own word did not stay */
        assert_true(taken);
        claims_close(a);
        claims_close(b);
        test_folder_end(folder);
    }
}

static void who_was_taken_for_dead_says_again_what_it_has(void **state)
{
    static const char *const ids[] = {"0123456789abcdef0123", "0123456789abcdef0124"};
    char folder[256], **names;
    size_t n;
    claims *a, *b;
    bool taken;
    test_folder(folder);
    assert_ok(claims_open(&a, folder));
    assert_ok(claims_take(a, ids, 1, &taken));
    char *working = mem_printf("%s/working", folder);
    assert_ok(file_names(working, "", &names, &n));
    assert_int_equal(n, 1);
    char *path = mem_printf("%s/%s", working, names[0]);
    assert_int_equal(remove(path), 0);
    assert_ok(claims_release(a, ids + 1, 1)); /* any word */
    assert_ok(claims_open(&b, folder));
    assert_ok(claims_take(b, ids, 1, &taken));
    assert_false(taken);
    claims_close(b);
    claims_close(a);
    file_names_free(names, n);
    mem_free(path);
    mem_free(working);
    test_folder_end(folder);
}

static void a_leader_whose_process_is_gone_holds_nothing(void **state)
{
    static const char *const ids[] = {"0123456789abcdef0123"};
    char folder[256], host[64], other[CLAIMS_NAME], *path;
    claims *a;
    bool taken;
    test_folder(folder);
    os_host(host);
    assert_ok(claims_open(&a, folder));
    path = mem_printf("%s/working/%s-%ld-00000000", folder, host, 4194305L); /* above pid_max */
    assert_ok(file_write(path, "+0123456789abcdef0123\n", 22));
    assert_ok(claims_take(a, ids, 1, &taken));
    assert_true(taken);
    assert_ok(claims_release(a, ids, 1));
    assert_false(file_exists(path)); /* taken away */
    assert_ok(claims_other(folder, other));
    assert_string_equal(other, "");
    mem_free(path);
    path = mem_printf("%s/working/another-1-00000000", folder); /* nobody can ask there */
    assert_ok(file_write(path, "+0123456789abcdef0123\n", 22));
    assert_ok(claims_take(a, ids, 1, &taken));
    assert_false(taken);
    assert_ok(claims_other(folder, other));
    assert_string_equal(other, "another-1-00000000");
    claims_close(a);
    mem_free(path);
    test_folder_end(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_of_names_make_asks),
        cmocka_unit_test(a_kind_with_keys_holds_plus_itself),
        cmocka_unit_test(a_zip_goes_in_pairs),
        cmocka_unit_test(a_subsweep_inherits_and_has_its_own_word),
        cmocka_unit_test(what_is_excluded_is_left_out),
        cmocka_unit_test(a_rank_is_excluded_as_a_d_is),
        cmocka_unit_test(an_exclude_that_leaves_nothing_out_is_refused),
        cmocka_unit_test(train_is_a_plain_product),
        cmocka_unit_test(numbers_that_turn_fastest_keep_the_texts),
        cmocka_unit_test(the_command_line_has_the_last_word),
        cmocka_unit_test(a_program_keeps_its_braces_and_quotes),
        cmocka_unit_test(what_is_wrong_is_said_with_its_line),
        cmocka_unit_test(a_share_is_found_as_each_launcher_numbers_it),
        cmocka_unit_test(spaces_of_one_size_go_with_those_that_are_swept),
        cmocka_unit_test(of_two_leaders_one_takes_a_run),
        cmocka_unit_test(what_another_has_is_not_taken_by_one_who_looked_too_early),
        cmocka_unit_test(who_was_taken_for_dead_says_again_what_it_has),
        cmocka_unit_test(a_leader_whose_process_is_gone_holds_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, end);
}
