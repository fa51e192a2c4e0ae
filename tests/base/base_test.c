/* base_test.c -- memory, sizes, files, hashes, threads, progress: what each promises. */
#include <sys/stat.h>

#include "tests/test.h"

#include "base/hash.h"
#include "base/os.h"
#include "base/pool.h"
#include "base/progress.h"

static void sizes_that_overflow_are_refused(void **state)
{
    size_t out;
    assert_int_equal(size_mul(SIZE_MAX / 2, 3, &out), ERR_LIMIT);
    assert_int_equal(size_add(SIZE_MAX, 1, &out), ERR_LIMIT);
    assert_ok(size_mul(1u << 20, 1u << 20, &out));
    assert_int_equal(out, (size_t)1 << 40);
    assert_null(mem_array(SIZE_MAX / 2, 3));
    assert_true(strlen(error_text()) > 0);
}

static void memory_is_zeroed_and_aligned(void **state)
{
    for (size_t n = 0; n < 200; n += 13) {
        unsigned char *p = mem_array(n, 1);
        assert_non_null(p);
        assert_int_equal((uintptr_t)p % 64, 0);
        for (size_t i = 0; i < n; i++)
            assert_int_equal(p[i], 0);
        p = mem_resize(p, n + 100, 1);
        assert_non_null(p);
        mem_free(p);
    }
}

static void a_text_grows(void **state)
{
    text t = {0};
    for (int i = 0; i < 1000; i++)
        text_add(&t, "%d,", i % 10);
    assert_int_equal(t.length, 2000);
    assert_string_equal(t.text + 1990, "5,6,7,8,9,");
    text_clear(&t);
    assert_null(t.text);
}

static void a_place_is_put_before_the_sentence(void **state)
{
    error_set(ERR_FILE, "%s is missing", "it");
    error_prefix("run %d: ", 7);
    assert_string_equal(error_text(), "run 7: it is missing");
    assert_string_equal(idim_error_text(), error_text());
}

static void a_sentence_is_one_line_whatever_it_quotes(void **state)
{
    error_set(ERR_FORMAT, "%s: no number", "a\nb\x1b[2Jc\x7f\xc3\xa9");
    error_prefix("%s: ", "line\t1");
    assert_string_equal(error_text(), "line?1: a?b?[2Jc?\xc3\xa9: no number");
    error_set(ERR_FORMAT, "a\xc2\x9b"
                          "2J\xc2\x80\xc2\xa0"); /* C1, which begins a command alone */
    assert_string_equal(error_text(), "a??2J??\xc2\xa0");
}

static void what_a_terminal_obeys_is_told_from_letters(void **state)
{
    static const struct {
        const char *s;
        size_t n;
    } all[] = {{"", 0},         {" ", 0},    {"~", 0},        {"\n", 1},
               {"\x1b[", 1},    {"\x7f", 1}, {"\xc2\x80", 2}, {"\xc2\x9f", 2},
               {"\xc2\xa0", 0}, {"\xc2", 0}, {"\xc3\x80", 0}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        assert_int_equal(text_obeyed(all[i].s), all[i].n);
}

/* Root may write anywhere: it becomes nobody for this one call. */
static void a_folder_that_may_not_be_made_says_why(void **state)
{
    enum { NOBODY = 65534 };
    const uid_t me = geteuid();
    char folder[256];
    test_folder(folder);
    char *shut = mem_printf("%s/shut", folder), *below = mem_printf("%s/shut/x/y", folder);
    assert_ok(file_make_folder(shut));
    assert_int_equal(chmod(folder, 0711) || chmod(shut, 0555), 0);
    if (me == 0)
        assert_int_equal(seteuid(NOBODY), 0);
    status st = file_make_folder(below);
    assert_int_equal(seteuid(me), 0);
    assert_int_equal(st, ERR_FILE);
    assert_non_null(strstr(error_text(), "shut/x: cannot be made: Permission denied"));
    assert_int_equal(chmod(shut, 0755), 0);
    mem_free(shut);
    mem_free(below);
    test_folder_end(folder);
}

static void files_are_written_whole_and_read_back(void **state)
{
    char folder[256], *bytes;
    size_t n;
    test_folder(folder);
    char *path = mem_printf("%s/a/b/file", folder), *sub = mem_printf("%s/a/b", folder);
    assert_ok(file_make_folder(sub));
    assert_ok(file_make_folder(sub));
    assert_ok(file_write(path, "one", 3));
    assert_ok(file_write(path, "two!", 4));
    assert_ok(file_read(path, 100, &bytes, &n));
    assert_int_equal(n, 4);
    assert_string_equal(bytes, "two!");
    mem_free(bytes);
    assert_int_equal(file_read(path, 3, &bytes, &n), ERR_LIMIT);
    assert_refused(file_read(folder, 100, &bytes, &n), ERR_FILE, folder);
    char **names;
    assert_ok(file_names(sub, "", &names, &n));
    assert_int_equal(n, 1); /* no temporary is left */
    file_names_free(names, n);
    assert_ok(file_folders_with(folder, "b", &names, &n));
    assert_int_equal(n, 1);
    assert_string_equal(names[0], "a");
    file_names_free(names, n);
    assert_ok(file_folders_with(folder, "file", &names, &n)); /* it lies deeper */
    assert_true(n == 0 && !names);
    assert_refused(file_write("/nowhere/at/all", "x", 1), ERR_FILE, "/nowhere/at/all");
    mem_free(path);
    mem_free(sub);
    test_folder_end(folder);
}

/* The bytes of folder/name are `is`; "" : it is not there. */
static void assert_file(const char *folder, const char *name, const char *is)
{
    char *path = mem_printf("%s/%s", folder, name), *bytes = NULL;
    size_t n = 0;
    if (*is || file_exists(path))
        assert_ok(file_read(path, 100, &bytes, &n));
    assert_string_equal(bytes ? bytes : "", is);
    mem_free(bytes);
    mem_free(path);
}

static void what_was_made_is_not_replaced(void **state)
{
    const file_piece one[] = {{"on", 2}, {"", 0}, {"e", 1}}, two[] = {{"two", 3}};
    const file_part parts[] = {{"a", one, 3}, {"b", two, 1}}, other = {"a", two, 1};
    char folder[256];
    test_folder(folder);
    char *path = mem_printf("%s/file", folder), *sub = mem_printf("%s/sub", folder);
    assert_ok(file_write_once(path, one, 3));
    assert_ok(file_write_once(path, one, 3)); /* the same work done again */
    assert_refused(file_write_once(path, two, 1), ERR_USAGE, "another name");
    assert_refused(file_write_once(path, one, 2), ERR_USAGE, "another name"); /* it begins so */
    assert_refused(file_write_once(path, (file_piece[]){{"one and more", 12}}, 1), ERR_USAGE,
                   "another name");
    assert_file(folder, "file", "one");
    assert_refused(file_write_once(folder, one, 3), ERR_USAGE, "is a folder");

    assert_ok(file_write_folder(sub, parts, 2));
    assert_ok(file_write_folder(sub, parts, 2));
    assert_file(sub, "b", "two");
    assert_refused(file_write_folder(sub, &other, 1), ERR_USAGE, "sub/a: is there already");
    assert_refused(file_write_folder(sub, parts, 1), ERR_USAGE, "sub/b: is there already");
    assert_file(sub, "a", "one");
    /* nothing is written before everything may be */
    assert_refused(file_write_folder(folder, parts, 2), ERR_USAGE, "not mixed");
    assert_file(folder, "a", "");
    assert_ok(file_write_text(sub, ".hidden", &(text){.text = path, .length = 1}));
    assert_ok(file_write_folder(sub, parts, 2));
    assert_ok(file_holds_only("/nowhere/at/all", NULL, 0));
    mem_free(path);
    mem_free(sub);
    test_folder_end(folder);
}

static void hashes_have_the_published_answers(void **state)
{
    char hex[HASH_HEX];
    hash_bytes("abc", 3, hex); /* FIPS 180-2, appendix B.1 */
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_int_equal(hash_crc32("123456789", 9), 0xcbf43926); /* the check value of CRC-32 */
}

static void count_part(void *context, size_t i)
{
    unsigned *count = context;
    count[i]++;
}

static void a_pool_does_every_part_once(void **state)
{
    for (size_t threads = 1; threads <= 4; threads++) {
        pool *p;
        assert_ok(pool_new(&p, threads));
        assert_int_equal(pool_threads(p), threads);
        for (size_t parts = 0; parts < 40; parts += 13) {
            unsigned count[40] = {0};
            pool_run(p, count_part, count, parts);
            for (size_t i = 0; i < 40; i++)
                assert_int_equal(count[i], i < parts);
        }
        pool_free(p);
    }
    unsigned count[3] = {0};
    pool_run(NULL, count_part, count, 3);
    assert_true(count[0] == 1 && count[2] == 1);
}

static void a_log_says_what_its_level_lets_through(void **state)
{
    char line[64] = "";
    logger log = {tmpfile(), LOG_INFO}, none = {NULL, LOG_DEBUG};
    assert_non_null(log.out);
    log_say(&log, LOG_DEBUG, "too fine");
    log_say(&log, LOG_WARN, "run %d", 7);
    log_say(&none, LOG_WARN, "nowhere");
    rewind(log.out);
    assert_non_null(fgets(line, sizeof line, log.out));
    assert_string_equal(line, "run 7\n");
    assert_null(fgets(line, sizeof line, log.out));
    fclose(log.out);
}

static void progress_is_silent_where_nobody_looks(void **state)
{
    FILE *out = tmpfile();
    progress *p;
    assert_non_null(out);
    assert_ok(progress_new(&p, out, 10));
    progress_show(p, 3, 12, "d=5");
    progress_free(p);
    assert_int_equal(ftell(out), 0);
    fclose(out);
    char t[16];
    assert_string_equal(progress_time_text(58, t), "0:58");
    assert_string_equal(progress_time_text(725, t), "12:05");
    assert_string_equal(progress_time_text(11045, t), "3:04:05");
}

static void shared_memory_is_seen_through_its_descriptor(void **state)
{
    int fd;
    void *bytes;
    const void *seen;
    size_t n;
    assert_ok(os_shared_new("test", 100, &fd, &bytes));
    memcpy(bytes, "shared", 7);
    assert_ok(os_shared_map(fd, &seen, &n));
    assert_int_equal(n, 100);
    assert_string_equal(seen, "shared");
    os_unmap(seen, n);
    os_unmap(bytes, 100);
    os_close(fd);
}

static void the_machine_is_known(void **state)
{
    char cpu[64];
    os_cpu_name(cpu);
    assert_true(os_cores() >= 1 && os_memory() > 1 << 20 && os_peak_rss() > 0 && *cpu);
    assert_true(os_process_runs(os_process()));
}

static void a_name_belongs_to_one_host_and_process(void **state)
{
    char host[64], name[200];
    os_own_name(name);
    assert_int_equal(os_process_of(name), os_process());
    strcat(name, ".jsonl");
    assert_int_equal(os_process_of(name), os_process());
    os_host(host);
    snprintf(name, sizeof name, "%s-3-%ld-0123abcd", host, os_process()); /* of a host "HOST-3" */
    assert_int_equal(os_process_of(name), 0);
    snprintf(name, sizeof name, "x%s-3-0123abcd", host);
    assert_int_equal(os_process_of(name), 0);
    snprintf(name, sizeof name, "%s--3-0123abcd", host);
    assert_int_equal(os_process_of(name), 0);
    snprintf(name, sizeof name, "%s-3-0123abcde", host);
    assert_int_equal(os_process_of(name), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_that_overflow_are_refused),
        cmocka_unit_test(memory_is_zeroed_and_aligned),
        cmocka_unit_test(a_text_grows),
        cmocka_unit_test(a_place_is_put_before_the_sentence),
        cmocka_unit_test(a_sentence_is_one_line_whatever_it_quotes),
        cmocka_unit_test(what_a_terminal_obeys_is_told_from_letters),
        cmocka_unit_test(a_folder_that_may_not_be_made_says_why),
        cmocka_unit_test(files_are_written_whole_and_read_back),
        cmocka_unit_test(what_was_made_is_not_replaced),
        cmocka_unit_test(hashes_have_the_published_answers),
        cmocka_unit_test(a_pool_does_every_part_once),
        cmocka_unit_test(a_log_says_what_its_level_lets_through),
        cmocka_unit_test(progress_is_silent_where_nobody_looks),
        cmocka_unit_test(shared_memory_is_seen_through_its_descriptor),
        cmocka_unit_test(the_machine_is_known),
        cmocka_unit_test(a_name_belongs_to_one_host_and_process),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
