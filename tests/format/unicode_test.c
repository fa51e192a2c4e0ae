/* unicode_test.c -- characters, their classes and folded forms, against Python's unicodedata. */
#include "tests/test.h"

#include "base/hash.h"
#include "format/unicode.h"

enum { CODES = 0x110000 };

static void utf8_is_read_and_written(void **state)
{
    static const struct {
        const char *bytes;
        size_t n;
        uint32_t c;
    } good[] = {{"A", 1, 'A'},
                {"\xc3\xa9", 2, 0xe9},
                {"\xe4\xb8\xad", 3, 0x4e2d},
                {"\xf0\x9f\x98\x80", 4, 0x1f600}};
    char out[4];
    uint32_t c;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_int_equal(unicode_next(good[i].bytes, good[i].n, &c), good[i].n);
        assert_int_equal(c, good[i].c);
        assert_int_equal(unicode_put(c, out), good[i].n);
        assert_memory_equal(out, good[i].bytes, good[i].n);
        if (good[i].n > 1) { /* cut short */
            assert_int_equal(unicode_next(good[i].bytes, good[i].n - 1, &c), 1);
            assert_int_equal(c, UNICODE_NONE);
        }
    }
}

static void what_is_no_utf8_is_one_byte(void **state)
{
    /* a byte in the middle, two overlong forms, a surrogate, above the last, a lead before a letter */
    static const char *const bad[] = {
        "\x80", "\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xc3z", "\xff"};
    uint32_t c;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(unicode_next(bad[i], strlen(bad[i]), &c), 1);
        assert_int_equal(c, UNICODE_NONE);
    }
    assert_int_equal(unicode_class_of(UNICODE_NONE), UNICODE_OTHER);
}

/* Both sums are of python3.11's unicodedata 14.0.0: a byte a code point from category() and isspace() (less
 * 0x1c..0x1f, which lack White_Space); normalize("NFD", c.lower()) without Mn as 32-bit numbers, each list
 * ended by 0xffffffff. */
static void classes_are_those_of_unicode_14(void **state)
{
    static uint8_t all[CODES];
    char hex[HASH_HEX];
    for (uint32_t c = 0; c < CODES; c++)
        all[c] = (uint8_t)unicode_class_of(c);
    hash_bytes(all, sizeof all, hex);
    assert_string_equal(hex, "0a4f3a84f6626a590c8036fa9fb91d1e8a96bb12c6ddf0bc4c14209d270ecd2d");
}

static void folded_forms_are_those_of_unicode_14(void **state)
{
    uint32_t *all = mem_array((UNICODE_FOLD + 1) * (size_t)CODES, sizeof *all);
    char hex[HASH_HEX];
    size_t n = 0;
    for (uint32_t c = 0; c < CODES; c++) {
        if (c < 0xd800 || c > 0xdfff)
            n += unicode_fold(c, all + n);
        all[n++] = UINT32_MAX;
    }
    hash_bytes(all, n * sizeof *all, hex);
    assert_string_equal(hex, "373b23109027eb0d554e03beda9e20e2b1c25305a7f06aa1022f9dc4eb0e40b4");
    mem_free(all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(utf8_is_read_and_written),
        cmocka_unit_test(what_is_no_utf8_is_one_byte),
        cmocka_unit_test(classes_are_those_of_unicode_14),
        cmocka_unit_test(folded_forms_are_those_of_unicode_14),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
