/* disk_test.c -- what a folder's file system says, and that of the nearest one where there is no folder. */
#include "tests/test.h"

#include "base/disk.h"

static void a_folder_that_is_not_there_is_asked_of_the_nearest_above(void **state)
{
    static const struct {
        const char *folder, *place;
    } cases[] = {{"/proc/nothing/here", "/proc"},
                 {"/nothing/at/all", "/"},
                 {"/", "/"},
                 {"nothing/here", "."},
                 {"", "."}};
    disk d;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_ok(disk_find(cases[i].folder, &d));
        assert_string_equal(d.place, cases[i].place);
    }
}

static void a_file_system_without_blocks_has_no_room_and_no_count_of_files(void **state)
{
    disk d; /* the kernel's, in memory; statvfs(3) gives it zeros */
    assert_ok(disk_find("/proc", &d));
    assert_int_equal(d.free, 0);
    assert_true(d.files == UINT64_MAX);
    assert_false(d.network);
}

static void a_file_has_no_folder_below_it(void **state)
{
    disk d;
    assert_refused(disk_find("/proc/self/exe/x", &d), ERR_FILE, "file system");
    char *name = mem_array(400, 1);
    memset(name, 'a', 399);
    assert_refused(disk_find(name, &d), ERR_FILE, "too long");
    mem_free(name);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_folder_that_is_not_there_is_asked_of_the_nearest_above),
        cmocka_unit_test(a_file_system_without_blocks_has_no_room_and_no_count_of_files),
        cmocka_unit_test(a_file_has_no_folder_below_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
