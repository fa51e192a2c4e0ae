/* clean_test.c -- what of a folder is no longer needed goes, and nothing while anybody may be at work in it. */
#include "base/os.h"
#include "sweep/clean.h"
#include "tests/test.h"

static char folder[256];

static void put(const char *name)
{
    char *path = mem_printf("%s/%s", folder, name);
    assert_non_null(path);
    assert_ok(file_make_folder_of(path));
    assert_ok(file_write(path, "x\n", 2));
    mem_free(path);
}

static size_t listed(char busy[CLAIMS_NAME])
{
    store *s;
    clean_list l;
    assert_ok(store_open(&s, folder));
    assert_ok(clean_look(s, &l));
    size_t n = l.n;
    snprintf(busy, CLAIMS_NAME, "%s", l.busy);
    if (!*busy)
        assert_ok(clean_do(&l));
    clean_clear(&l);
    assert_ok(store_close(s));
    return n;
}

static void what_nobody_needs_goes(void **state)
{
    char busy[CLAIMS_NAME];
    test_folder(folder);
    put("runs.csv");
    put("runs.csv.0123456789abcdef.tmp");
    put("z/0123456789abcdef0123.safetensors");
    put("partial/0123456789abcdef0123.safetensors"); /* it goes on there */
    put("runs/gone.bits");
    put("running/there-7.json");
    assert_int_equal(listed(busy), 4);
    assert_string_equal(busy, "");
    assert_int_equal(listed(busy), 0);
    test_folder_end(folder);
}

static void what_a_killed_import_left_goes(void **state)
{
    char busy[CLAIMS_NAME], host[64], *name, *at_work, *left;
    test_folder(folder);
    os_host(host);
    name = mem_printf("working/%s-1-0123abcd", host); /* runs everywhere: an import may be at it */
    at_work = mem_printf("%s/%s", folder, name);
    left = mem_printf("%s/import-0123456789abcdef.tmp", folder);
    assert_true(name && at_work && left);
    put("import-0123456789abcdef.tmp/sweep.json");
    put("import-0123456789abcdef.tmp/runs/here-7-0123abcd.jsonl");
    put("import-0123456789abcdef.tmp/runs/here-7-0123abcd.bits.fedcba9876543210.tmp");
    put("import-notes.txt");
    put(name);
    assert_int_equal(listed(busy), 0);
    assert_true(file_exists(left));
    assert_int_equal(remove(at_work), 0);
    assert_int_equal(listed(busy), 5); /* three files, two folders */
    assert_false(file_exists(left));
    assert_int_equal(listed(busy), 0);
    mem_free(left);
    mem_free(at_work);
    mem_free(name);
    test_folder_end(folder);
}

static void nothing_goes_while_anybody_may_be_at_work(void **state)
{
    char busy[CLAIMS_NAME], host[64], *name;
    test_folder(folder);
    put("z/0123456789abcdef0123.safetensors");
    put("working/there-7-0123abcd"); /* however old it is: nobody can ask there */
    assert_int_equal(listed(busy), 0);
    assert_string_equal(busy, "there-7-0123abcd");
    test_folder_end(folder);
    test_folder(folder);
    os_host(host);
    name = mem_printf("working/%s-1-0123abcd",
                      host); /* that process runs everywhere; no word in running/ */
    assert_non_null(name);
    put("z/0123456789abcdef0123.safetensors");
    put(name);
    assert_int_equal(listed(busy), 0);
    assert_string_equal(busy, name + sizeof "working");
    mem_free(name);
    test_folder_end(folder);
}

static void who_ended_keeps_nothing(void **state)
{
    char busy[CLAIMS_NAME], host[64], *name;
    test_folder(folder);
    os_host(host);
    name = mem_printf("working/%s-4194305-0123abcd", host); /* above pid_max */
    assert_non_null(name);
    put("z/0123456789abcdef0123.safetensors");
    put(name);
    assert_int_equal(listed(busy), 2);
    assert_int_equal(listed(busy), 0);
    mem_free(name);
    test_folder_end(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_nobody_needs_goes),
        cmocka_unit_test(what_a_killed_import_left_goes),
        cmocka_unit_test(nothing_goes_while_anybody_may_be_at_work),
        cmocka_unit_test(who_ended_keeps_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
