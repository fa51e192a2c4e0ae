/* zcode_test.c -- the codes of z and the coder below them: bytes of a second writer (tests/format/zcode.py), lengths
 * of closed form, ways there and back, and what is no code. */
#include "tests/test.h"

#include "base/rng.h"
#include "format/arithmetic.h"
#include "format/zcode.h"

/* ------------------------------------------------------------------ the coder */

/* n bits, each 1 with probability p. */
static void bits_make(bool *bits, size_t n, double p, unsigned seed)
{
    stream s = stream_make(seed, "bits");
    for (size_t i = 0; i < n; i++)
        bits[i] = rng_uniform(&s, i) < p;
}

static size_t length_of(const bool *bits, size_t n)
{
    arithmetic_writer w;
    arithmetic_model m = {0}, again = {0};
    arithmetic_reader r;
    arithmetic_begin(&w);
    for (size_t i = 0; i < n; i++)
        arithmetic_put(&w, &m, bits[i]);
    arithmetic_end(&w);
    size_t length = w.out.length;
    arithmetic_open(&r, w.out.text, length);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(arithmetic_get(&r, &again), bits[i]);
    assert_true(arithmetic_done(&r));
    text_clear(&w.out);
    return length;
}

static void bits_cost_what_krichevsky_and_trofimov_say(void **state)
{
    enum { N = 20000 };
    static bool bits[N];
    const double share[] = {.5, .9, .03};
    for (size_t k = 0; k < 3; k++) {
        size_t ones = 0;
        bits_make(bits, N, share[k], (unsigned)k);
        for (size_t i = 0; i < N; i++)
            ones += bits[i];
        /* P = Gamma(ones + 1/2) Gamma(zeros + 1/2) / (pi Gamma(N + 1)) */
        double nats = log(acos(-1)) + lgamma(N + 1.0) - lgamma((double)ones + .5) -
                      lgamma((double)(N - ones) + .5);
        double bytes = nats / log(2) / 8;
        /* the end takes up to a byte; P is a multiple of 2^-16, which costs 1e-4 of it at .03 */
        assert_true(fabs((double)length_of(bits, N) - bytes) < 1.5 + 2e-4 * bytes);
    }
}

static void every_row_of_twelve_bits_comes_back(void **state)
{
    for (unsigned x = 0; x < 1 << 12; x++) {
        bool bits[12];
        for (size_t i = 0; i < 12; i++)
            bits[i] = x >> i & 1;
        assert_true(length_of(bits, 12) <= 3);
    }
}

/* Counts are halved on the way, and P is held below 511/512. */
static void a_long_row_of_one_kind_is_short_and_comes_back(void **state)
{
    enum { N = 200000 };
    bool *bits = mem_array(N, sizeof *bits);
    for (int kind = 0; kind < 2; kind++) {
        for (size_t i = 0; i < N; i++)
            bits[i] = kind;
        bits[N - 1] = !kind;
        size_t length = length_of(bits, N);
        assert_true(length > N / 512 / 8 && length < 100);
        assert_true(N < arithmetic_most(length));
    }
    mem_free(bits);
}

static void plain_bits_cost_one_each(void **state)
{
    arithmetic_writer w;
    arithmetic_reader r;
    arithmetic_begin(&w);
    for (uint64_t i = 0; i < 50; i++)
        arithmetic_put_plain(&w, i * UINT64_C(0x9e3779b97f4a7c15), 64);
    arithmetic_end(&w);
    assert_true(w.out.length >= 399 && w.out.length <= 401);
    arithmetic_open(&r, w.out.text, w.out.length);
    for (uint64_t i = 0; i < 50; i++)
        assert_true(arithmetic_get_plain(&r, 64) == i * UINT64_C(0x9e3779b97f4a7c15));
    assert_true(arithmetic_done(&r));
    for (int i = 0; i < 2; i++)
        (void)arithmetic_get_plain(&r, 64);
    assert_true(arithmetic_short(&r));
    text_clear(&w.out);
}

/* ------------------------------------------------------------------ codes of z */

#ifndef IDIM_DOUBLE
static void assert_hex(const text *code, const char *hex)
{
    text got = {0};
    for (size_t i = 0; i < code->length; i++)
        text_add(&got, "%02x", (unsigned char)code->text[i]);
    assert_string_equal(got.text, hex);
    text_clear(&got);
}

static void a_second_writer_has_the_same_bytes(void **state)
{
    real whole[] = {(real)0.5, (real)-1.25, (real)3e-9, (real)0.5};
    int32_t symbol[] = {0, -3, 700, 1, 0, 0}, level[] = {2, 0, 1}, many[80];
    zcode_group groups[] = {{1, 0.5f}, {5, 0.25f}}, three = {3, 2}, all = {80, 1};
    float levels[] = {-1, 0.5f, 1}, two[] = {0, 1};
    for (size_t i = 0; i < 80; i++)
        many[i] = i < 40;
    const struct {
        zcode z;
        const char *hex;
    } cases[] = {
        {{.d = 4, .whole = whole}, "cd81fffffe46683efdb0af37b534b116"},
        {{ZCODE_UNIFORM, .d = 6, .symbol = symbol, .groups = groups, .n_groups = 2},
         "889e07f9705fe1ff1396db"},
        {{ZCODE_MEANS, 3, NULL, level, &three, 1, levels, 3}, "4ecf7ffe7407fc0efc07f780"},
        {{ZCODE_MEANS, 80, NULL, many, &all, 1, two, 2},
         "40dcc0dd80febffef01fc5b09c5b6df580f7fffffb"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        text code = {0};
        assert_ok(zcode_write(&cases[i].z, &code));
        assert_hex(&code, cases[i].hex);
        text_clear(&code);
    }
}
#endif

/* Written, read, and pieces of it survived: zeros are read for what is cut off, which may be numbers too, and the
 * file's checksum is there for that. */
static void there_and_back(const zcode *z, zcode *back)
{
    text code = {0};
    assert_ok(zcode_write(z, &code));
    for (size_t n = 0; n < code.length; n++) {
        char *piece = mem_copy(code.text, n, 1); /* of its very size */
        status st = zcode_read("model.idim", piece, n, back);
        assert_true(!st || (strstr(error_text(), "model.idim: its code") && !back->symbol));
        assert_true(st || back->d == z->d || n < 4);
        zcode_clear(back);
        mem_free(piece);
    }
    text_bytes(&code, "123456789", 9);
    assert_refused(zcode_read("model.idim", code.text, code.length, back), ERR_FORMAT, "left over");
    assert_ok(zcode_read("model.idim", code.text, code.length - 9, back));
    assert_int_equal(back->d, z->d);
    text_clear(&code);
}

static void whole_numbers_come_back_bit_for_bit(void **state)
{
    real x[60];
    zcode back;
    text code = {0};
    test_fill(x, 60, 1);
    assert_ok(zcode_write(&(zcode){.d = 60, .whole = x}, &code));
    assert_refused(zcode_read("z", code.text, code.length / 2, &back), ERR_FORMAT,
                   "z: its code is cut short");
    text_clear(&code);
    x[3] = 0;
    x[4] = (real)-0.0;
    x[5] = (real)INFINITY;
    x[6] = (real)NAN;
    x[7] = (real)1e-42;
    there_and_back(&(zcode){.d = 60, .whole = x}, &back);
    assert_memory_equal(back.whole, x, sizeof x);
    zcode_clear(&back);
}

static void symbols_of_every_size_come_back(void **state)
{
    int32_t k[130] = {0};
    zcode_group groups[] = {{100, 0.5f}, {30, -3}};
    zcode back;
    for (size_t i = 0; i < 60; i++)
        k[2 * i] = i % 2 ? -(1 << i / 2) : (1 << i / 2) + (int)i / 3;
    k[129] = ZCODE_SYMBOL;
    there_and_back(
        &(zcode){.form = ZCODE_UNIFORM, .d = 130, .symbol = k, .groups = groups, .n_groups = 2},
        &back);
    assert_memory_equal(back.symbol, k, sizeof k);
    assert_true(back.groups[1].n == 30 && back.groups[1].scale == -3);
    zcode_clear(&back);
}

static void levels_of_every_number_come_back(void **state)
{
    float levels[37];
    int32_t k[90];
    zcode_group all = {90, 1};
    for (size_t n = 1; n <= 37; n++) {
        zcode back;
        for (size_t i = 0; i < n; i++)
            levels[i] = zcode_half((double)i / 7 - 2);
        for (size_t i = 0; i < 90; i++)
            k[i] = (int32_t)(i * i % n);
        there_and_back(&(zcode){ZCODE_MEANS, 90, NULL, k, &all, 1, levels, n}, &back);
        assert_memory_equal(back.symbol, k, sizeof k);
        assert_memory_equal(back.levels, levels, n * sizeof *levels);
        zcode_clear(&back);
    }
}

/* So that a part of z that did not move costs its scale alone. */
static void numbers_of_scale_0_take_no_bits(void **state)
{
    int32_t k[1003] = {0};
    zcode_group groups[] = {{1, 1}, {1000, 0}, {2, 1}};
    text code = {0};
    zcode back,
        z = {.form = ZCODE_UNIFORM, .d = 1003, .symbol = k, .groups = groups, .n_groups = 3};
    k[0] = 5;
    k[1001] = -7;
    assert_ok(zcode_write(&z, &code));
    assert_true(code.length < 20);
    assert_ok(zcode_read("z", code.text, code.length, &back));
    assert_memory_equal(back.symbol, k, sizeof k);
    zcode_clear(&back);
    text_clear(&code);
}

static void values_are_scale_times_level_from_z0(void **state)
{
    int32_t k[] = {-2, 3, 1}, level[] = {1, 0, 1};
    zcode_group groups[] = {{1, 0.5f}, {2, 4}};
    float levels[] = {-1, 0.25f};
    real z0[] = {10, 20, 30}, z[3];
    zcode u = {.form = ZCODE_UNIFORM, .d = 3, .symbol = k, .groups = groups, .n_groups = 2};
    zcode_values(&u, z0, z);
    assert_true(z[0] == 9 && z[1] == 32 && z[2] == 34);
    zcode_values(&u, NULL, z);
    assert_true(z[0] == -1 && z[1] == 12 && z[2] == 4);
    zcode m = {ZCODE_MEANS, 3, NULL, level, groups, 2, levels, 2};
    zcode_values(&m, z0, z);
    assert_true(z[0] == (real)10.125 && z[1] == 16 && z[2] == 31);
}

static void half_a_float_is_the_nearest(void **state)
{
    assert_true(zcode_half(1) == 1 && zcode_half(-0.75) == -0.75f);
    assert_true(zcode_half(1 + 1 / 256.0) == 1); /* the middle: to even */
    assert_true(zcode_half(1 + 1.01 / 256) == 1.0078125f);
}

/* A code made bit by bit, of what is none. */
static status made(const uint64_t (*fields)[2], size_t n, zcode *z)
{
    arithmetic_writer w;
    arithmetic_begin(&w);
    for (size_t i = 0; i < n; i++)
        arithmetic_put_plain(&w, fields[i][0], (unsigned)fields[i][1]);
    arithmetic_end(&w);
    text_bytes(&w.out, "\0\0\0\0\0\0\0", 8);
    status st = zcode_read("z", w.out.text, w.out.length, z);
    text_clear(&w.out);
    return st;
}

static void what_is_no_code_is_refused(void **state)
{
    /* values and how many bits they take; count(x) is 2 n ones and zeros and bits of x + 1 */
    const struct {
        uint64_t fields[6][2];
        const char *part;
    } cases[] = {
        {{{3, 2}, {0, 1}}, "form"},
        {{{0, 2}, {0, 1}}, "no numbers"},                                     /* d = 0 */
        {{{1, 2}, {UINT64_MAX, 62}, {UINT64_MAX, 62}}, "more than it holds"}, /* d = 2^63 */
        {{{1, 2}, {4, 3}, {0, 1}}, "no groups"},
        {{{1, 2}, {4, 3}, {6, 3}, {0, 62}}, "not its numbers"},                /* an empty group */
        {{{1, 2}, {4, 3}, {4, 3}, {0xc, 5}, {0x3f80, 16}}, "not its numbers"}, /* of 3 of 1 */
        {{{1, 2}, {4, 3}, {4, 3}, {4, 3}, {0x7f80, 16}}, "not its numbers"},   /* scale Inf */
        {{{2, 2}, {4, 3}, {4, 3}, {4, 3}, {0x3f80, 16}, {0, 1}}, "no levels"},
    };
    zcode z;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_refused(made(cases[i].fields, 6, &z), ERR_FORMAT, cases[i].part);
        assert_true(!z.whole && !z.symbol && !z.groups && !z.levels);
    }
    int32_t k = 0;
    zcode_group two = {2, 1};
    text code = {0};
    assert_refused(
        zcode_write(
            &(zcode){.form = ZCODE_UNIFORM, .d = 1, .symbol = &k, .groups = &two, .n_groups = 1},
            &code),
        ERR_FORMAT, "not its numbers");
    text_clear(&code);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bits_cost_what_krichevsky_and_trofimov_say),
        cmocka_unit_test(every_row_of_twelve_bits_comes_back),
        cmocka_unit_test(a_long_row_of_one_kind_is_short_and_comes_back),
        cmocka_unit_test(plain_bits_cost_one_each),
#ifndef IDIM_DOUBLE
        cmocka_unit_test(a_second_writer_has_the_same_bytes),
#endif
        cmocka_unit_test(whole_numbers_come_back_bit_for_bit),
        cmocka_unit_test(symbols_of_every_size_come_back),
        cmocka_unit_test(levels_of_every_number_come_back),
        cmocka_unit_test(numbers_of_scale_0_take_no_bits),
        cmocka_unit_test(values_are_scale_times_level_from_z0),
        cmocka_unit_test(half_a_float_is_the_nearest),
        cmocka_unit_test(what_is_no_code_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
