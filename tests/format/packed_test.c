/* packed_test.c -- packed models: written and read, and every way in which a file can be wrong refused by name. */
#include "tests/test.h"

#include "base/hash.h"
#include "format/packed.h"

static char run[] = "data=mnist\nepochs=3\nspace=file:content=0123456789abcdef,d=2\n",
            notes[] = "core 1\nreal 4\ncontent 12ab\n";
static real z[] = {(real)0.5, (real)-3e-7}, values[] = {1, 2, 3};

static void pack(const char *path)
{
    packed_tensor tensor = {.index = 4, .n = 3, .values = values};
    packed p = {.run = run,
                .notes = notes,
                .kind = "0123456789abcdef",
                .right = 50,
                .samples = 60,
                .z = {.d = 2, .whole = z},
                .tensors = &tensor,
                .n_tensors = 1};
    assert_ok(packed_write(&p, path));
    assert_int_equal(p.weight_bytes, 16 + sizeof values);
}

static int folder(void **state)
{
    static char path[256], file[300];
    test_folder(path);
    snprintf(file, sizeof file, "%s/model.idim", path);
    pack(file);
    *state = file;
    return 0;
}
static int end(void **state)
{
    char path[300];
    snprintf(path, sizeof path, "%s", (char *)*state);
    *strrchr(path, '/') = '\0';
    test_folder_end(path);
    return 0;
}

static void what_is_packed_comes_back(void **state)
{
    packed p;
    assert_true(packed_is(*state));
    assert_ok(packed_read(*state, &p));
    assert_string_equal(p.run, run);
    assert_string_equal(p.notes, notes);
    assert_string_equal(p.kind, "0123456789abcdef");
    assert_true(!p.regenerable && p.right == 50 && p.samples == 60);
    assert_memory_equal(p.z.whole, z, sizeof z);
    assert_true(p.n_tensors == 1 && p.tensors[0].index == 4 && p.tensors[0].n == 3);
    assert_memory_equal(p.tensors[0].values, values, sizeof values);
    /* the parts are all there is */
    char *bytes;
    size_t n;
    assert_ok(file_read(*state, 1 << 16, &bytes, &n));
    assert_int_equal(n, PACKED_HEAD + p.run_bytes + p.notes_bytes + p.code_bytes + p.weight_bytes);
    mem_free(bytes);
    packed_clear(&p);
}

static void a_usual_configuration_takes_few_bytes(void **state)
{
    packed p;
    assert_ok(packed_read(*state, &p));
    assert_true(p.run_bytes < 45); /* of 61 letters, 16 of them a hash */
    packed_clear(&p);
}

/* The file with one change, sealed again or not. */
static status changed(const char *path, size_t at, char to, long longer, bool sealed)
{
    char other[300], *bytes;
    size_t n;
    packed p;
    assert_ok(file_read(path, 1 << 16, &bytes, &n));
    size_t m = (size_t)((long)n + longer);
    char *copy = mem_array(m, 1);
    memcpy(copy, bytes, n < m ? n : m);
    if (at < m)
        copy[at] = to;
    uint32_t crc = m > 16 ? hash_crc32(copy + 16, m - 16) : 0;
    if (sealed && m > 16)
        memcpy(copy + 12, &crc, 4);
    snprintf(other, sizeof other, "%s.other", path);
    assert_ok(file_write(other, copy, m));
    mem_free(bytes);
    mem_free(copy);
    status st = packed_read(other, &p);
    assert_true(st == OK || (!p.run && !p.notes && !p.z.d && !p.tensors));
    packed_clear(&p);
    return st;
}

static void a_changed_byte_is_found(void **state)
{
    char *bytes;
    size_t n;
    assert_ok(file_read(*state, 1 << 16, &bytes, &n));
    for (size_t i = 0; i < n; i++)
        assert_int_equal(changed(*state, i, (char)(bytes[i] ^ 4), 0, false), ERR_FORMAT);
    mem_free(bytes);
    assert_refused(changed(*state, 100, '!', 0, false), ERR_FORMAT, "checksum");
}

static void a_cut_file_is_refused(void **state)
{
    for (long less = 1; less < 150; less++)
        assert_int_equal(changed(*state, SIZE_MAX, 0, -less, true), ERR_FORMAT);
    assert_refused(changed(*state, SIZE_MAX, 0, -5, true), ERR_FORMAT, "cut short");
}

static void what_is_wrong_with_a_file_is_said(void **state)
{
    packed p;
    assert_refused(changed(*state, SIZE_MAX, 0, 1, true), ERR_FORMAT, "1 bytes behind its end");
    assert_refused(changed(*state, 8, 2, 0, true), ERR_FORMAT,
                   "packed in format 2, this program reads 1");
    assert_refused(changed(*state, 0, 'I', 0, true), ERR_FORMAT, "no packed model");
    assert_refused(changed(*state, 20, sizeof(real) == 4 ? 8 : 4, 0, true), ERR_FORMAT,
                   "numbers of");
    assert_refused(changed(*state, 48, 61, 0, true), ERR_FORMAT, "more right than");
    assert_refused(changed(*state, 64, 'g', 0, true), ERR_FORMAT, "numeric kind");
    assert_refused(changed(*state, 39, (char)255, 0, true), ERR_FORMAT,
                   "cut short"); /* 2^64 bytes */
    assert_refused(changed(*state, 80, (char)255, 0, true), ERR_FORMAT, "texts");
    assert_refused(packed_read("none.idim", &p), ERR_FILE, "none.idim");
    assert_false(packed_is("none.idim"));
    assert_false(packed_is("."));
}

static void what_would_not_be_read_is_not_written(void **state)
{
    char other[300], *most = mem_array((1 << 20) + 2, 1);
    packed p = {.run = run, .notes = notes, .kind = "0123456789abcdef", .z = {.d = 2, .whole = z}},
           back;
    snprintf(other, sizeof other, "%s.other", (char *)*state);
    memset(most, 'x', 1 << 20);
    p.notes = most; /* as long as may be */
    assert_ok(packed_write(&p, other));
    assert_ok(packed_read(other, &back));
    assert_string_equal(back.notes, most);
    packed_clear(&back);
    remove(other);
    most[1 << 20] = 'x';
    assert_refused(packed_write(&p, other), ERR_USAGE, "longer than 1 MiB");
    p.notes = notes;
    static char bell[] = "data=\a\n", c1[] = "data=\302\233\n";
    p.run = bell;
    assert_refused(packed_write(&p, other), ERR_USAGE, "control character");
    p.run = c1;
    assert_refused(packed_write(&p, other), ERR_USAGE, "control character");
    p.run = run;
    p.kind[3] = 'g';
    assert_refused(packed_write(&p, other), ERR_USAGE, "numeric kind");
    assert_false(file_exists(other));
    mem_free(most);
}

static void weights_that_are_not_there_are_not_believed(void **state)
{
    char *bytes;
    size_t n;
    assert_ok(file_read(*state, 1 << 16, &bytes, &n));
    mem_free(bytes);
    size_t count = n - sizeof values - 8;
    assert_refused(changed(*state, count, 4, 0, true), ERR_FORMAT, "weights are cut short");
    assert_refused(changed(*state, count + 7, 127, 0, true), ERR_FORMAT, "weights are cut short");
    assert_refused(changed(*state, count, 0, 0, true), ERR_FORMAT, "weights are cut short");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_packed_comes_back, folder, end),
        cmocka_unit_test_setup_teardown(a_usual_configuration_takes_few_bytes, folder, end),
        cmocka_unit_test_setup_teardown(a_changed_byte_is_found, folder, end),
        cmocka_unit_test_setup_teardown(a_cut_file_is_refused, folder, end),
        cmocka_unit_test_setup_teardown(what_would_not_be_read_is_not_written, folder, end),
        cmocka_unit_test_setup_teardown(what_is_wrong_with_a_file_is_said, folder, end),
        cmocka_unit_test_setup_teardown(weights_that_are_not_there_are_not_believed, folder, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
