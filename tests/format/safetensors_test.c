/* safetensors_test.c -- the published layout byte by byte, every rule of its validation, hostile files. */
#include "tests/format/hostile.h"

#include "format/safetensors.h"

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

static char *path_of(const char *name)
{
    char *path = mem_printf("%s/%s", folder, name);
    assert_non_null(path);
    return path;
}

/* N, header, data: a whole file of at most 1000 bytes. */
static size_t put(unsigned char out[1000], const char *header, const void *data, size_t n)
{
    size_t length = strlen(header);
    for (size_t i = 0; i < 8; i++)
        out[i] = (unsigned char)(length >> 8 * i);
    memcpy(out + 8, header, length);
    if (n)
        memcpy(out + 8 + length, data, n);
    return 8 + length + n;
}

static status opened(const char *name, const char *header, const void *data, size_t n)
{
    unsigned char file[1000];
    safetensors *f;
    char *path = path_of(name);
    assert_ok(file_write(path, file, put(file, header, data, n)));
    status st = safetensors_open(&f, path);
    safetensors_close(f);
    mem_free(path);
    return st;
}

static const unsigned char eight[16] = {0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0}; /* 1, -2 as F32 */

/* By hand from README.md of the format and the order of the reference's prepare(): F64 before F32 before
 * BF16 before U8, then by name; 8 + N is a multiple of 8. */
static void it_writes_the_published_bytes(void **state)
{
    static const char golden[] =
        "\0\x01\0\0\0\0\0\0" /* 253 and 3 of padding */
        "{\"__metadata__\":{\"m\":\"by \\\"hand\\\"\"},"
        "\"x\":{\"dtype\":\"F64\",\"shape\":[],\"data_offsets\":[0,8]},"
        "\"a\":{\"dtype\":\"F32\",\"shape\":[2,1],\"data_offsets\":[8,16]},"
        "\"b\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[16,16]},"
        "\"c\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[16,19]}}"
        "   "
        "\0\0\0\0\0\0\xf8\x3f"
        "\0\0\x80\x3f\0\0\0\xc0"
        "\x07\x08\x09";
    const double x = 1.5;
    const float a[2] = {1, -2};
    const unsigned char c[3] = {7, 8, 9};
    const size_t two[2] = {2, 1}, none = 0, three = 3;
    const safetensor all[] = {
        {.name = "c", .type = SAFETENSOR_U8, .dims = 1, .shape = &three, .data = c},
        {.name = "b", .type = SAFETENSOR_F32, .dims = 1, .shape = &none},
        {.name = "x", .type = SAFETENSOR_F64, .data = &x},
        {.name = "a", .type = SAFETENSOR_F32, .dims = 2, .shape = two, .data = a},
    };
    const safetensor_meta meta = {"m", "by \"hand\""};
    char *path = path_of("golden.safetensors"), *bytes;
    size_t n;
    assert_ok(safetensors_write(path, all, 4, &meta, 1));
    assert_ok(file_read(path, 10000, &bytes, &n));
    assert_int_equal(n, sizeof golden - 1);
    assert_memory_equal(bytes, golden, n);
    mem_free(bytes);
    mem_free(path);
}

static void it_reads_what_it_wrote(void **state)
{
    const float a[6] = {0, 1, 2, 3, 4, 5};
    const size_t shape[2] = {2, 3};
    const safetensor t = {
        .name = "w", .type = SAFETENSOR_F32, .dims = 2, .shape = shape, .data = a};
    const safetensor_meta meta = {"k", "v"};
    char *path = path_of("own.safetensors");
    safetensors *f;
    real out[3];
    assert_ok(safetensors_write(path, &t, 1, &meta, 1));
    assert_ok(safetensors_open(&f, path));
    assert_int_equal(safetensors_count(f), 1);
    assert_string_equal(safetensors_meta(f, "k"), "v");
    assert_null(safetensors_meta(f, "w"));
    assert_null(safetensors_find(f, "k"));
    const safetensor *w = safetensors_find(f, "w");
    assert_ptr_equal(w, safetensors_at(f, 0));
    assert_true(w->dims == 2 && w->shape[0] == 2 && w->shape[1] == 3 && w->n == 6);
    assert_int_equal(w->bytes, sizeof a);
    assert_memory_equal(w->data, a, sizeof a);
    assert_ok(safetensor_reals(w, 2, 3, out));
    assert_true(out[0] == 2 && out[2] == 4);
    safetensors_close(f);
    mem_free(path);
}

static void a_name_twice_is_not_written(void **state)
{
    const safetensor two[] = {{.name = "a", .type = SAFETENSOR_F32, .data = eight},
                              {.name = "a", .type = SAFETENSOR_U8, .data = eight}};
    const safetensor reserved = {.name = "__metadata__", .type = SAFETENSOR_U8, .data = eight};
    char *path = path_of("twice.safetensors");
    assert_refused(safetensors_write(path, two, 2, NULL, 0), ERR_USAGE, "taken");
    assert_refused(safetensors_write(path, &reserved, 1, NULL, 0), ERR_USAGE, "taken");
    assert_false(file_exists(path));
    mem_free(path);
}

/* Read at odd addresses: 8 + N is no multiple of anything here. Values by the standards of each type. */
static void every_type_that_models_use_is_converted(void **state)
{
    static const struct {
        const char *dtype;
        size_t bytes;
        unsigned char data[8];
        double value;
    } all[] = {
        {"F32", 4, {0, 0, 0x20, 0xc0}, -2.5},
        {"F64", 8, {0, 0, 0, 0, 0, 0, 0xf8, 0x3f}, 1.5},
        {"F16", 2, {0x00, 0x3e}, 1.5},
        {"F16", 2, {0x01, 0x00}, 0x1p-24}, /* the smallest */
        {"BF16", 2, {0x20, 0xc0}, -2.5},
        {"I64", 8, {0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, -2},
        {"I32", 4, {0xfd, 0xff, 0xff, 0xff}, -3},
        {"U8", 1, {200}, 200},
        {"I8", 1, {200}, -56},
        {"I16", 2, {0xfe, 0xff}, -2},
        {"U16", 2, {0xfe, 0xff}, 65534},
        {"U32", 4, {0, 0, 0, 0x80}, 0x1p31},
        {"U64", 8, {0, 0, 0, 0, 0, 0, 0, 0x80}, 0x1p63},
        {"BOOL", 1, {1}, 1},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        unsigned char file[1000], data[16] = {0};
        char header[200], *path = path_of("types.safetensors");
        safetensors *f;
        real x;
        snprintf(header, sizeof header,
                 "{\"x\":{\"dtype\":\"%s\",\"shape\":[2],\"data_offsets\":[0,%zu]}}%s",
                 all[i].dtype, 2 * all[i].bytes, i % 2 ? " " : "");
        memcpy(data + all[i].bytes, all[i].data, all[i].bytes);
        assert_ok(file_write(path, file, put(file, header, data, 2 * all[i].bytes)));
        assert_ok(safetensors_open(&f, path));
        assert_ok(safetensor_reals(safetensors_find(f, "x"), 1, 1, &x));
        if ((double)x != all[i].value)
            fail_msg("%s: %g", all[i].dtype, (double)x);
        safetensors_close(f);
        mem_free(path);
    }
}

static void other_types_are_known_by_size_and_refused_by_name(void **state)
{
    static const char header[] =
        "{\"x\":{\"dtype\":\"F8_E4M3\",\"shape\":[3],\"data_offsets\":[0,3]},"
        "\"y\":{\"dtype\":\"F4\",\"shape\":[2],\"data_offsets\":[3,4]}}";
    unsigned char file[1000];
    char *path = path_of("f8.safetensors");
    safetensors *f;
    real x[3];
    assert_ok(file_write(path, file, put(file, header, eight, 4)));
    assert_ok(safetensors_open(&f, path));
    assert_int_equal(safetensors_find(f, "y")->bytes, 1);
    assert_refused(safetensor_reals(safetensors_find(f, "x"), 0, 3, x), ERR_USAGE, "F8_E4M3");
    safetensors_close(f);
    mem_free(path);
}

static void legal_oddities_are_taken(void **state)
{
    static const char scalar[] = "{\"x\":{\"dtype\":\"F64\",\"shape\":[],\"data_offsets\":[0,8]}}";
    static const char empties[] =
        "{\"e\":{\"dtype\":\"F32\",\"shape\":[4,0],\"data_offsets\":[4,4]},"
        "\"x\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]},"
        "\"d\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]},"
        "\"w\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}   ";
    assert_ok(opened("o.safetensors", "{}", NULL, 0));
    assert_ok(opened("o.safetensors", "{\"__metadata__\":{}}  ", NULL, 0));
    assert_ok(opened("o.safetensors", scalar, eight, 8));
    assert_ok(opened("o.safetensors", empties, eight, 8));
}

#define X(rest) "{\"x\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}" rest "}"
#define ONE(dtype, shape, offsets)                                                                 \
    "{\"x\":{\"dtype\":\"" dtype "\",\"shape\":" shape ",\"data_offsets\":" offsets "}}"

static void what_breaks_a_rule_is_refused_by_it(void **state)
{
    static const struct {
        const char *header;
        size_t n;
        status st;
        const char *part;
    } broken[] = {
        {" {}", 0, ERR_FORMAT, "begin with {"},
        {"[]", 0, ERR_FORMAT, "begin with {"},
        {"", 0, ERR_FORMAT, "begin with {"},
        {"{", 0, ERR_FORMAT, "header, byte"},
        {"{}x", 0, ERR_FORMAT, "header, byte"},
        {"{\"\xff\":1}", 0, ERR_FORMAT, "header, byte"},
        {"{\"__metadata__\":{\"a\":1}}", 0, ERR_FORMAT, "a is no text"},
        {"{\"__metadata__\":[]}", 0, ERR_FORMAT, "no object"},
        {"{\"x\":1}", 0, ERR_FORMAT, "x: no shape"},
        {ONE("F33", "[2]", "[0,8]"), 8, ERR_FORMAT, "F33"},
        {ONE("F32", "[-2]", "[0,8]"), 8, ERR_FORMAT, "no count"},
        {ONE("F32", "[2.0]", "[0,8]"), 8, ERR_FORMAT, "no count"},
        {ONE("F32", "[2]", "[0,8,8]"), 8, ERR_FORMAT, "two counts"},
        {ONE("F32", "[3]", "[0,8]"), 8, ERR_FORMAT, "12 bytes"},
        {ONE("F32", "[2]", "[8,0]"), 8, ERR_FORMAT, "8 to 0"},
        {ONE("F32", "[1]", "[4,8]"), 8, ERR_FORMAT, "holes"},
        {ONE("F32", "[2]", "[0,8]"), 7, ERR_FORMAT, "cut short"},
        {ONE("F32", "[2]", "[0,8]"), 9, ERR_FORMAT, "1 bytes behind"},
        {ONE("F4", "[3]", "[0,1]"), 1, ERR_FORMAT, "whole byte"},
        {ONE("F32", "[4611686018427387904,8]", "[0,0]"), 0, ERR_LIMIT, "x: "},
        {ONE("F64", "[2305843009213693952]", "[0,0]"), 0, ERR_LIMIT, "x: "},
        {X(",\"x\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}"), 8, ERR_FORMAT,
         "duplicate"},
        {X(",\"y\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[4,12]}"), 12, ERR_FORMAT,
         "overlaps"},
        {X(",\"y\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[9,10]}"), 10, ERR_FORMAT,
         "y begins at byte 9"},
    };
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        assert_refused(opened("b.safetensors", broken[i].header, eight, broken[i].n), broken[i].st,
                       broken[i].part);
        assert_non_null(strstr(error_text(), "b.safetensors"));
    }
}

static void a_header_above_the_limit_is_refused_before_it_is_read(void **state)
{
    unsigned char file[16] = {0x01, 0xe1, 0xf5, 0x05, 0, 0, 0, 0, '{', '}'}; /* 100,000,001 */
    char *path = path_of("long.safetensors");
    safetensors *f;
    assert_ok(file_write(path, file, sizeof file));
    assert_refused(safetensors_open(&f, path), ERR_LIMIT, "100000000");
    assert_null(f);
    file[0] = 0; /* within it, but not in the file */
    assert_ok(file_write(path, file, sizeof file));
    assert_refused(safetensors_open(&f, path), ERR_FORMAT, "cut short");
    memset(file, 0xff, 8);
    assert_ok(file_write(path, file, sizeof file));
    assert_refused(safetensors_open(&f, path), ERR_LIMIT, "header");
    mem_free(path);
}

static status reader(const char *path)
{
    safetensors *f;
    real x[16];
    status st = safetensors_open(&f, path);
    for (size_t i = 0; !st && i < safetensors_count(f); i++)
        if (safetensors_at(f, i)->n <= 16) /* a type that is not read is no fault of the file */
            (void)safetensor_reals(safetensors_at(f, i), 0, safetensors_at(f, i)->n, x);
    safetensors_close(f);
    return st;
}

static void hostile_files_are_refused_or_read(void **state)
{
    unsigned char file[1000];
    size_t n = put(file,
                   X(",\"y\":{\"dtype\":\"BF16\",\"shape\":[2,2],\"data_offsets\":[8,16]},"
                     "\"__metadata__\":{\"k\":\"v\"}"),
                   eight, 16);
    /* taken: 16 bytes of data, 10 letters of names and their like; far fewer than a third of all */
    assert_true(hostile_try(folder, "hostile.safetensors", file, n, reader) < n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_writes_the_published_bytes),
        cmocka_unit_test(it_reads_what_it_wrote),
        cmocka_unit_test(a_name_twice_is_not_written),
        cmocka_unit_test(every_type_that_models_use_is_converted),
        cmocka_unit_test(other_types_are_known_by_size_and_refused_by_name),
        cmocka_unit_test(legal_oddities_are_taken),
        cmocka_unit_test(what_breaks_a_rule_is_refused_by_it),
        cmocka_unit_test(a_header_above_the_limit_is_refused_before_it_is_read),
        cmocka_unit_test(hostile_files_are_refused_or_read),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
