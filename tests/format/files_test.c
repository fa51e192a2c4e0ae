/* files_test.c -- IDX, NPY, NPZ, gzip, tar and CSV: what they say, and hostile versions of each. */
#include "tests/format/hostile.h"

#include <lzma.h>

#include "base/key.h"
#include "format/csv.h"
#include "format/idx.h"
#include "format/inflate.h"
#include "format/npy.h"
#include "format/tar.h"
#include "tests/format/pack.h"

static char folder[256];

static int setup(void **state)
{
    test_folder(folder);
    return 0;
}

static int teardown(void **state)
{
    test_folder_end(folder);
    return 0;
}

static char *put(const char *name, const void *bytes, size_t n)
{
    char *path = mem_printf("%s/%s", folder, name);
    assert_non_null(path);
    assert_ok(file_write(path, bytes, n));
    return path;
}

/* ------------------------------------------------------------------ IDX */

/* 2 x 3 numbers of u8: magic 00 00 08 02, sizes big-endian. */
static const unsigned char idx_file[] = {0, 0, 8, 2, 0, 0, 0,   2,   0,
                                         0, 0, 3, 1, 2, 3, 250, 251, 252};

static status idx_reader(const char *path)
{
    idx x;
    status st = idx_open(&x, path);
    idx_clear(&x);
    return st;
}

static void idx_is_read(void **state)
{
    idx x;
    char *path = put("a.idx", idx_file, sizeof idx_file);
    assert_ok(idx_open(&x, path));
    assert_int_equal(x.dims, 2);
    assert_true(x.shape[0] == 2 && x.shape[1] == 3 && x.n == 6);
    assert_true(idx_at(&x, 0) == 1 && idx_at(&x, 5) == 252);
    idx_clear(&x);
    mem_free(path);
}

static void idx_holds_other_numbers(void **state)
{
    static const unsigned char i16[] = {0, 0, 11, 1, 0, 0, 0, 1, 0xff, 0xfe};
    static const unsigned char f32[] = {0, 0, 13, 1, 0, 0, 0, 1, 0xc0, 0x20, 0, 0};
    static const unsigned char f64[] = {0, 0, 14, 1, 0, 0, 0, 1, 0x3f, 0xf8, 0, 0, 0, 0, 0, 0};
    const struct {
        const unsigned char *bytes;
        size_t n;
        double value;
    } all[] = {{i16, sizeof i16, -2}, {f32, sizeof f32, -2.5}, {f64, sizeof f64, 1.5}};
    for (size_t k = 0; k < 3; k++) {
        idx x;
        char *path = put("b.idx", all[k].bytes, all[k].n);
        assert_ok(idx_open(&x, path));
        assert_true(idx_at(&x, 0) == all[k].value);
        idx_clear(&x);
        mem_free(path);
    }
}

static void hostile_idx_is_refused(void **state)
{
    /* a changed byte is taken where it is data (6 bytes, 3 bits each), and where u8 becomes i8 */
    assert_true(hostile_try(folder, "h.idx", idx_file, sizeof idx_file, idx_reader) <= 6 * 3 + 1);
    static const unsigned char huge[] = {0,   0,   14,  3,   255, 255, 255, 255, 255,
                                         255, 255, 255, 255, 255, 255, 255, 1};
    char *path = put("huge.idx", huge, sizeof huge);
    assert_int_equal(idx_reader(path), ERR_LIMIT);
    mem_free(path);
}

/* ------------------------------------------------------------------ gzip, xz */

static void packed_files_are_what_they_pack(void **state)
{
    unsigned char gz[200], xz[300], *all;
    char *bytes, *path;
    size_t n_gz = pack_gzip(idx_file, sizeof idx_file, gz, sizeof gz), n_xz = 0, n;
    assert_int_equal(lzma_easy_buffer_encode(6, LZMA_CHECK_CRC64, NULL, idx_file, sizeof idx_file,
                                             xz, &n_xz, sizeof xz),
                     LZMA_OK);
    path = put("a.gz", gz, n_gz);
    assert_ok(idx_reader(path));
    mem_free(path);
    path = put("a.xz", xz, n_xz);
    assert_ok(idx_reader(path));
    mem_free(path);
    all = mem_array(2 * n_gz, 1); /* two members, one behind the other, are one text */
    memcpy(all, gz, n_gz);
    memcpy(all + n_gz, gz, n_gz);
    path = put("two.gz", all, 2 * n_gz);
    assert_ok(inflate_file(path, 1000, &bytes, &n));
    assert_int_equal(n, 2 * sizeof idx_file);
    mem_free(bytes);
    mem_free(path);
    mem_free(all);
    /* a flipped bit is found by the sum; 19 of the gzip header say nothing (time, system, a hint),
     * nor do 2 behind the last code of the deflate stream: the unpacked bytes are the same */
    assert_true(hostile_try(folder, "h.gz", gz, n_gz, idx_reader) <= 21);
    assert_int_equal(hostile_try(folder, "h.xz", xz, n_xz, idx_reader), 0);
}

static void a_bomb_is_refused_before_it_goes_off(void **state)
{
    enum { N = 40 << 20 };
    unsigned char *zeros = mem_array(N, 1), *gz = mem_array(1 << 20, 1);
    char *bytes;
    size_t n, packed = pack_gzip(zeros, N, gz, 1 << 20);
    char *path = put("bomb.gz", gz, packed);
    assert_refused(inflate_file(path, 1 << 20, &bytes, &n), ERR_LIMIT, "bomb.gz");
    assert_null(bytes);
    mem_free(path);
    mem_free(zeros);
    mem_free(gz);
}

/* ------------------------------------------------------------------ tar */

static status tar_reader(const char *path)
{
    const char *member;
    char *bytes;
    size_t n, n_member;
    status st = inflate_file(path, 1 << 20, &bytes, &n);
    if (!st)
        st = tar_find(path, bytes, n, "data_batch_1.bin", &member, &n_member);
    mem_free(bytes);
    return st;
}

/* A folder, a link, the file, and one whose name only ends alike, at the end of a field of 100 without a zero. */
static size_t tar_small(unsigned char *out)
{
    char name[101];
    memset(name, 'x', 100);
    memcpy(name + 100 - 16, "data_batch_1.bin", 17);
    size_t at = tar_add(out, 0, "cifar-10-batches-bin/", '5', NULL, 0);
    at = tar_add(out, at, "link/data_batch_1.bin", '2', NULL, 0);
    at = tar_add(out, at, "cifar-10-batches-bin/data_batch_1.bin", '0', "records", 7);
    at = tar_add(out, at, name, '0', "others", 6);
    return tar_end(out, at);
}

static void a_member_is_found_by_its_name_in_any_folder(void **state)
{
    unsigned char file[8 * 512];
    const char *member;
    size_t n_member, n = tar_small(file);
    assert_ok(tar_find("a.tar", (char *)file, n, "data_batch_1.bin", &member, &n_member));
    assert_int_equal(n_member, 7);
    assert_memory_equal(member, "records", 7);
    assert_refused(tar_find("a.tar", (char *)file, n, "batch_1.bin", &member, &n_member), ERR_FILE,
                   "a.tar: batch_1.bin is not in the archive");
    assert_null(member);
}

static void hostile_tar_is_refused(void **state)
{
    unsigned char file[10 * 512];
    const char *member;
    size_t n_member, n = tar_small(file);
    /* the sum covers the headers; taken are changes of what it cannot see: a member's bytes and filling
     * (2 blocks), and in each of 4 headers the two bytes that end the sum's own field */
    assert_true(hostile_try(folder, "h.tar", file, n, tar_reader) <= 3 * 2 * 512 + 3 * 4 * 2);
    size_t at = tar_add(file, 0, "data_batch_1.bin", '0', "one", 3);
    at = tar_end(file, tar_add(file, at, "b/data_batch_1.bin", '0', "two", 3));
    assert_refused(tar_find("t.tar", (char *)file, at, "data_batch_1.bin", &member, &n_member),
                   ERR_FORMAT, "is there twice");
    static const struct {
        const char *size, *part;
    } sizes[] = {{"77777777777 ", "8589934591 bytes promised"},
                 {"777777777777", "68719476735 bytes promised"},
                 {"00000000001x", "no octal number"},
                 {"            ", "no octal number"},
                 {"\x80\0\0\0\1\0\0\0\0\0\0", "no octal number"}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        at = tar_end(file, tar_add(file, 0, "data_batch_1.bin", '0', "one", 3));
        memcpy(file + 124, sizes[i].size, 12);
        tar_sign(file);
        assert_refused(tar_find("s.tar", (char *)file, at, "data_batch_1.bin", &member, &n_member),
                       ERR_FORMAT, sizes[i].part);
    }
}

/* ------------------------------------------------------------------ NumPy */

/* numpy.save of arange(6, dtype='<f4').reshape(2, 3) and others: header by hand, padded to 64 as NumPy
 * does. */
static size_t npy_make(unsigned char *out, const char *descr, const char *fortran,
                       const char *shape, const void *data, size_t n)
{
    char header[119];
    int length =
        snprintf(header, sizeof header, "{'descr': '%s', 'fortran_order': %s, 'shape': %s, }",
                 descr, fortran, shape);
    memset(header + length, ' ', sizeof header - (size_t)length);
    header[117] = '\n';
    memcpy(out, "\x93NUMPY\x01\x00", 8);
    out[8] = 118;
    out[9] = 0;
    memcpy(out + 10, header, 118);
    memcpy(out + 128, data, n);
    return 128 + n;
}

static status npy_reader(const char *path)
{
    npy a;
    status st = npy_open(&a, path, "");
    for (size_t i = 0; !st && i < a.n; i++)
        if (npy_at(&a, i) > 1e300)
            break;
    npy_clear(&a);
    return st;
}

static void npy_is_read_in_every_order_and_width(void **state)
{
    static const float f4[6] = {0, 1, 2, 3, 4, 5};
    static const unsigned char i2big[4] = {0xff, 0xfe, 0, 7}, f2[4] = {0, 0x3e, 0, 0xc0};
    unsigned char file[256];
    npy a;
    size_t n = npy_make(file, "<f4", "False", "(2, 3)", f4, sizeof f4);
    char *path = put("a.npy", file, n);
    assert_ok(npy_open(&a, path, ""));
    assert_true(a.dims == 2 && a.shape[0] == 2 && a.shape[1] == 3);
    for (size_t i = 0; i < 6; i++)
        assert_true(npy_at(&a, i) == (double)i);
    npy_clear(&a);
    mem_free(path);
    n = npy_make(file, "<f4", "True", "(2, 3)", f4, sizeof f4); /* columns lie one behind another */
    path = put("f.npy", file, n);
    assert_ok(npy_open(&a, path, ""));
    static const double rows[6] = {0, 2, 4, 1, 3, 5};
    for (size_t i = 0; i < 6; i++)
        assert_true(npy_at(&a, i) == rows[i]);
    npy_clear(&a);
    mem_free(path);
    n = npy_make(file, ">i2", "False", "(2,)", i2big, sizeof i2big);
    path = put("b.npy", file, n);
    assert_ok(npy_open(&a, path, ""));
    assert_true(npy_at(&a, 0) == -2 && npy_at(&a, 1) == 7);
    npy_clear(&a);
    mem_free(path);
    n = npy_make(file, "<f2", "False", "(2,)", f2, sizeof f2);
    path = put("h.npy", file, n);
    assert_ok(npy_open(&a, path, ""));
    assert_true(npy_at(&a, 0) == 1.5 && npy_at(&a, 1) == -2);
    npy_clear(&a);
    mem_free(path);
}

static void hostile_npy_is_refused(void **state)
{
    static const float f4[6] = {0, 1, 2, 3, 4, 5};
    unsigned char file[256];
    size_t n = npy_make(file, "<f4", "False", "(2, 3)", f4, sizeof f4);
    hostile_try(folder, "hostile.npy", file, n, npy_reader);
    n = npy_make(file, "<f4", "False", "(4611686018427387904, 8)", f4, sizeof f4);
    char *path = put("overflow.npy", file, n);
    assert_int_equal(npy_reader(path), ERR_LIMIT);
    mem_free(path);
    n = npy_make(file, "|O", "False", "(6,)", f4, sizeof f4);
    path = put("object.npy", file, n);
    assert_int_equal(npy_reader(path), ERR_FORMAT);
    mem_free(path);
}

/* ------------------------------------------------------------------ CSV */

static void csv_writes_what_it_reads(void **state)
{
    text t = {0};
    csv *c;
    double x;
    csv_text(&t, "name");
    csv_text(&t, "a, \"quoted\"\nthing");
    csv_text(&t, "empty");
    csv_end(&t);
    csv_text(&t, "row");
    csv_number(&t, 1.0 / 3);
    csv_number(&t, (double)NAN);
    csv_end(&t);
    char *path = put("a.csv", t.text, t.length);
    assert_ok(csv_open(&c, path));
    assert_int_equal(csv_rows(c), 1);
    assert_int_equal(csv_columns(c), 3);
    assert_string_equal(csv_name(c, 1), "a, \"quoted\"\nthing");
    assert_ok(csv_cell_number(c, 0, 1, &x));
    assert_true(x == 1.0 / 3);
    assert_ok(csv_cell_number(c, 0, 2, &x));
    assert_true(isnan(x));
    assert_refused(csv_cell_number(c, 0, 0, &x), ERR_FORMAT, "a.csv:3: column name");
    size_t column;
    assert_refused(csv_need(c, "nam", &column), ERR_FORMAT, "did you mean name");
    csv_free(c);
    mem_free(path);
    text_clear(&t);
}

static void csv_from_elsewhere_is_taken(void **state)
{
    static const char file[] = "\xef\xbb\xbf"
                               "space,d\r\nmine,7\r\n\r\n\"yours\",8";
    csv *c;
    char *path = put("dos.csv", file, sizeof file - 1);
    assert_ok(csv_open(&c, path));
    assert_string_equal(csv_name(c, 0), "space");
    assert_int_equal(csv_rows(c), 2);
    assert_string_equal(csv_cell(c, 1, 0), "yours");
    assert_string_equal(csv_cell(c, 0, 1), "7");
    csv_free(c);
    mem_free(path);
}

static void broken_csv_is_refused(void **state)
{
    static const struct {
        const char *bytes, *part;
    } broken[] = {{"", "empty"},
                  {"a,b\n1\n", ":2: 1 cells"},
                  {"a,b\n1,2,3\n", ":2: 3 cells"},
                  {"a,a\n1,2\n", "twice"},
                  {"a,b\n\"1,2\n", ":2: a quote"},
                  {"a,b\n\"1\"x,2\n", "behind a closed quote"}};
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        csv *c;
        char *path = put("broken.csv", broken[i].bytes, strlen(broken[i].bytes));
        assert_refused(csv_open(&c, path), ERR_FORMAT, broken[i].part);
        assert_null(c);
        mem_free(path);
    }
    csv *c;
    char *path = put("zero.csv", "a\n\0\n", 4);
    assert_refused(csv_open(&c, path), ERR_FORMAT, "byte 0");
    mem_free(path);
}

static status take_tabs(csv **c, const char *bytes, size_t n)
{
    char *copy = mem_raw(n + 1, 1);
    memcpy(copy, bytes, n);
    copy[n] = '\0';
    return csv_take_tabs(c, "a.tsv", copy, n);
}

static void between_tabs_a_quote_is_text(void **state)
{
    static const char file[] =
        "\xef\xbb\xbfQuality\t#1 String\r\n1\t\"Yes, he said.\r\n0\ta\" b,\n";
    csv *c;
    assert_ok(take_tabs(&c, file, sizeof file - 1));
    assert_int_equal(csv_columns(c), 2);
    assert_int_equal(csv_rows(c), 2);
    assert_string_equal(csv_name(c, 0), "Quality");
    assert_string_equal(csv_cell(c, 0, 1), "\"Yes, he said.");
    assert_string_equal(csv_cell(c, 1, 1), "a\" b,");
    csv_free(c);
    assert_refused(take_tabs(&c, "a\tb\n1\n", 6), ERR_FORMAT, "a.tsv:2: 1 cells, the header has 2");
    assert_refused(take_tabs(&c, "a\tb\n1\0\n", 7), ERR_FORMAT, "a.tsv: a byte 0 at 5");
    assert_refused(take_tabs(&c, "a\ta\n", 4), ERR_FORMAT, "column a is there twice");
    assert_null(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(idx_is_read),
        cmocka_unit_test(idx_holds_other_numbers),
        cmocka_unit_test(hostile_idx_is_refused),
        cmocka_unit_test(packed_files_are_what_they_pack),
        cmocka_unit_test(a_bomb_is_refused_before_it_goes_off),
        cmocka_unit_test(a_member_is_found_by_its_name_in_any_folder),
        cmocka_unit_test(hostile_tar_is_refused),
        cmocka_unit_test(npy_is_read_in_every_order_and_width),
        cmocka_unit_test(hostile_npy_is_refused),
        cmocka_unit_test(csv_writes_what_it_reads),
        cmocka_unit_test(csv_from_elsewhere_is_taken),
        cmocka_unit_test(broken_csv_is_refused),
        cmocka_unit_test(between_tabs_a_quote_is_text),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
