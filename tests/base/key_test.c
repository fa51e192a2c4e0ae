/* key_test.c -- the grammar of everything a user names. */
#include "tests/test.h"

#include "base/key.h"

typedef struct thing {
    size_t d;
    double lr;
    bool fast;
    const char *targets;
    int form;
} thing;

static const key keys[] = {
    KEY("d", thing, d, NULL, 1, 1000, "numbers", "how many"),
    KEY("lr", thing, lr, "1e-3", 0, 10, "", "rate"),
    KEY("fast", thing, fast, "no", 0, 0, "", "or not"),
    KEY_TEXT("targets", thing, targets, "all", "which"),
    KEY_WORD("form", thing, form, "stacked", "stacked+single", "how"),
    {0},
};

static status parse(const char *args, thing *t, key_texts *texts)
{
    key_texts_clear(texts);
    return key_parse("thing", keys, args, t, texts);
}

static void values_go_into_their_fields(void **state)
{
    thing t;
    key_texts texts = {0};
    assert_ok(parse("d=750,lr=.5,fast=yes,form=single,targets=q+v", &t, &texts));
    assert_int_equal(t.d, 750);
    assert_true(t.lr == .5 && t.fast && t.form == 1);
    assert_string_equal(t.targets, "q+v");
    assert_ok(parse("targets=\"a,b=c\",d=1", &t, &texts));
    assert_string_equal(t.targets, "a,b=c");
    assert_true(t.lr == 1e-3 && !t.fast && t.form == 0);
    key_texts_clear(&texts);
}

static void what_is_wrong_is_named(void **state)
{
    static const struct {
        const char *args, *part;
    } wrong[] = {
        {"", "d"},
        {"d=7,d=8", "twice"},
        {"d=7,from=single", "did you mean form"},
        {"d=x", "d"},
        {"d=1.5", "d"},
        {"d=0", "1 to 1000"},
        {"d=1001", "1000"},
        {"d=7,lr=-1", "lr"},
        {"d=7,fast=maybe", "neither yes nor no"},
        {"d", "d"},
        {"d=7,", ""},
        {"d=7,form=singel", "did you mean single"},
        {"d=12k", "d"},
        {"d=7,lr=nan", "lr"},
        {"d=-1", "d"},
        {"=7", ""},
        {"d=7,targets=\"a", ""},
        {"d=99999999999999999999", "d"},
    };
    thing t;
    key_texts texts = {0};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        status st = parse(wrong[i].args, &t, &texts);
        if (st != ERR_USAGE || !strstr(error_text(), wrong[i].part))
            fail_msg("%s: status %d: %s", wrong[i].args, (int)st, error_text());
    }
    key_texts_clear(&texts);
}

static void canonical_is_sorted_without_defaults_and_reads_back(void **state)
{
    static const struct {
        const char *args, *canonical;
    } forms[] = {
        {"d=750", "thing:d=750"},
        {"lr=0.001,d=750", "thing:d=750"},
        {"lr=.010,d=750,form=single", "thing:d=750,form=single,lr=0.01"},
        {"targets=\"a b\",d=1", "thing:d=1,targets=\"a b\""},
        {"fast=yes,d=1", "thing:d=1,fast=yes"},
    };
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        thing t, back;
        key_texts texts = {0}, more = {0};
        text out = {0}, again = {0};
        assert_ok(parse(forms[i].args, &t, &texts));
        key_canonical("thing", keys, &t, &out);
        assert_string_equal(out.text, forms[i].canonical);
        assert_ok(parse(out.text + 6, &back, &more));
        key_canonical("thing", keys, &back, &again);
        assert_string_equal(again.text, out.text);
        text_clear(&out);
        text_clear(&again);
        key_texts_clear(&texts);
        key_texts_clear(&more);
    }
}

static void numbers_are_lists_and_ranges(void **state)
{
    static const struct {
        const char *given;
        size_t n;
        double first, second, last;
    } lists[] = {
        {"5", 1, 5, 5, 5},
        {"100+200+500", 3, 100, 200, 500},
        {"1..12/1", 12, 1, 2, 12},
        {"10..1000/log4", 9, 10, 18, 1000},
        {"500+100..300/100", 4, 100, 200, 500},
        {"100..100", 1, 100, 100, 100},
    };
    double *x;
    size_t n;
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        assert_ok(key_numbers("d", lists[i].given, &x, &n));
        assert_int_equal(n, lists[i].n);
        assert_near(x[0], lists[i].first, 1e-12);
        assert_near(x[n > 1], lists[i].second, 1e-12);
        assert_near(x[n - 1], lists[i].last, 1e-12);
        mem_free(x);
    }
    assert_int_equal(key_numbers("d", "12..1/1", &x, &n), ERR_USAGE);
    assert_int_equal(key_numbers("d", "1..2/0", &x, &n), ERR_USAGE);
    assert_int_equal(key_numbers("d", "0..2/log3", &x, &n), ERR_USAGE);
    assert_int_equal(key_numbers("d", "1..1e12/1", &x, &n), ERR_LIMIT);
    assert_int_equal(key_numbers("d", "", &x, &n), ERR_USAGE);
}

static void numbers_are_written_as_short_as_they_read_back(void **state)
{
    static const struct {
        double x;
        const char *text;
    } numbers[] = {{.1, "0.1"},
                   {750, "750"},
                   {1.0 / 3, "0.3333333333333333"},
                   {1e-5, "1e-05"},
                   {-2.5, "-2.5"}};
    char out[32];
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        assert_string_equal(key_number_text(numbers[i].x, out), numbers[i].text);
    for (int i = 0; i < 2000; i++) {
        double x = sin(i) * pow(10, i % 40 - 20), back;
        assert_ok(key_number("x", key_number_text(x, out), &back));
        assert_true(back == x);
    }
}

static void texts_are_cut_outside_quotes(void **state)
{
    char **parts;
    size_t n;
    assert_ok(key_cut("a@\"b@c\"@d", "@", &parts, &n));
    assert_int_equal(n, 3);
    assert_string_equal(parts[1], "\"b@c\"");
    key_parts_free(parts, n);
    assert_ok(key_cut("a++b+c", "++", &parts, &n));
    assert_int_equal(n, 2);
    assert_string_equal(parts[1], "b+c");
    key_parts_free(parts, n);
    assert_int_equal(key_cut("a@@b", "@", &parts, &n), ERR_USAGE);
}

static void a_list_of_kinds_is_told_from_one_with_lists(void **state)
{
    static const char *const lists[] = {"10+fc:width=20", "relu + fc:act=gelu", "1 b:k=2",
                                        "fastfood:d=5+dense:d=4"};
    static const char *const one[] = {"q+v",  "q:4+v:8", "\"a+b:k=1\"", "a:k=1++b:k=2",
                                      "1..2", "",        "a:k=1@b:k=2"};
    char kind[32];
    const char *args;
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        assert_true(key_lists(lists[i]));
    for (size_t i = 0; i < sizeof one / sizeof *one; i++)
        assert_false(key_lists(one[i]));
    assert_refused(key_kind("fc+lenet", kind, sizeof kind, &args), ERR_USAGE, "sweep file");
    assert_refused(key_kind("f%c", kind, sizeof kind, &args), ERR_USAGE, "words such as");
}

static void the_nearest_word_is_meant(void **state)
{
    static const char *const words[] = {"fastfood", "dense", "sparse"};
    assert_string_equal(key_nearest("fastfod", words, 3), "fastfood");
    assert_string_equal(key_nearest("dence", words, 3), "dense");
    assert_null(key_nearest("transformer", words, 3));
}

typedef struct ranks {
    const char *r;
} ranks;

static const key rank_keys[] = {
    KEY_MAP("r", ranks, r, "8", 1, 64, "rows", "rank"),
    {0},
};

static void a_map_is_kept_in_its_shortest_form(void **state)
{
    static const char *const cases[][2] = {
        {"", "8"},
        {"r=08", "8"},
        {"r=4e0", "4"},
        {"r=q:4+v:.8e1", "q:4+v:8"},
        {"r=q:0..5:4+16.0", "q:0..5:4+16"},
        {"r=\"h.*:x+\":3+2", "\"h.*:x+\":3+2"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ranks t;
        key_texts texts = {0};
        text out = {0}, again = {0};
        assert_ok(key_parse("ranks", rank_keys, cases[i][0], &t, &texts));
        assert_string_equal(t.r, cases[i][1]);
        key_canonical("ranks", rank_keys, &t, &out);
        key_texts_clear(&texts);
        const char *args = strchr(out.text, ':');
        assert_true(!strcmp(cases[i][1], "8") == !args);
        assert_ok(key_parse("ranks", rank_keys, args ? args + 1 : "", &t, &texts));
        key_canonical("ranks", rank_keys, &t, &again);
        assert_string_equal(out.text, again.text);
        text_clear(&out);
        text_clear(&again);
        key_texts_clear(&texts);
    }
}

static void a_map_is_read_entry_by_entry(void **state)
{
    const char *at = "q:0..5:4+\"a+b:c\":2.5+16";
    static const char *const names[] = {"q:0..5", "\"a+b:c\"", ""};
    static const double numbers[] = {4, 2.5, 16};
    char *name;
    double x;
    for (size_t i = 0; i < 3; i++) {
        assert_ok(key_map_next(&at, &name, &x));
        assert_string_equal(name, names[i]);
        assert_true(x == numbers[i]);
        mem_free(name);
    }
    assert_ok(key_map_next(&at, &name, &x));
    assert_null(name);
}

static void a_map_of_what_is_no_number_is_refused(void **state)
{
    static const char *const wrong[][2] = {
        {"r=q", "number"},       {"r=0", "1 to 64"},  {"r=q:65", "1 to 64"}, {"r=q:4+", ""},
        {"r=4+q:2+8", "second"}, {"r=:4", "nothing"}, {"r=q:4+v:", ""},      {"r=\"a:4\"", ""},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        ranks t;
        key_texts texts = {0};
        assert_int_equal(key_parse("ranks", rank_keys, wrong[i][0], &t, &texts), ERR_USAGE);
        if (!strstr(error_text(), wrong[i][1]))
            fail_msg("%s: %s", wrong[i][0], error_text());
        key_texts_clear(&texts);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_map_is_kept_in_its_shortest_form),
        cmocka_unit_test(a_map_is_read_entry_by_entry),
        cmocka_unit_test(a_map_of_what_is_no_number_is_refused),
        cmocka_unit_test(values_go_into_their_fields),
        cmocka_unit_test(what_is_wrong_is_named),
        cmocka_unit_test(canonical_is_sorted_without_defaults_and_reads_back),
        cmocka_unit_test(numbers_are_lists_and_ranges),
        cmocka_unit_test(numbers_are_written_as_short_as_they_read_back),
        cmocka_unit_test(texts_are_cut_outside_quotes),
        cmocka_unit_test(a_list_of_kinds_is_told_from_one_with_lists),
        cmocka_unit_test(the_nearest_word_is_meant),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
