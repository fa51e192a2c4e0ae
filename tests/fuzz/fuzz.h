/* fuzz.h -- one reader of what comes from outside, asked with hostile bytes. It may take or refuse them;
 * it must not crash, leak or overrun (the sanitisers watch), must leave one printable sentence when it
 * refuses, and must leave nothing behind it.
 *
 * A program defines fuzz_try (one input) and fuzz_valid (calls fuzz_seed for inputs that are good).
 * Built as usual it is a test: every good input is taken, and so is what was ever found to break a
 * reader (tests/fuzz/seeds/NAME/) replayed; then every prefix of each and FUZZ_CHANGES versions of it
 * that the project's own random streams draw. Built by `make fuzz` (IDIM_FUZZ) it is libFuzzer's; a
 * corpus folder named first gets the good inputs. */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include "tests/test.h"

#include "base/hash.h"
#include "base/os.h"
#include "base/rng.h"

#ifndef FUZZ_CHANGES
#define FUZZ_CHANGES 1500
#endif
enum { FUZZ_PREFIXES = 400 }; /* of longer inputs so many, spread evenly */

static const char *const fuzz_name; /* "idx": its folder of seeds */
static status fuzz_try(const uint8_t *bytes, size_t n);
static void fuzz_valid(void);

/* ------------------------------------------------------------------ for the programs */

/* The bytes as a file in memory, whose path a reader can open: no disk is written. */
typedef struct fuzz_file {
    int fd;
    char path[64];
} fuzz_file;

static inline void fuzz_file_open(fuzz_file *f, const void *bytes, size_t n)
{
    void *map;
    f->fd = -1;
    snprintf(f->path, sizeof f->path, "/dev/null"); /* no bytes: nothing can be mapped */
    if (!n)
        return;
    if (os_shared_new("fuzz", n, &f->fd, &map))
        abort();
    memcpy(map, bytes, n);
    os_unmap(map, n);
    snprintf(f->path, sizeof f->path, "/proc/self/fd/%d", f->fd);
}

static inline void fuzz_file_close(fuzz_file *f)
{
    if (f->fd >= 0)
        os_close(f->fd);
}

/* A folder of this process's own, made by the first call, removed at its end; in memory where there is
 * a place for that, for thousands of files are written. */
static inline void fuzz_folder_end(void);
static inline const char *fuzz_folder(void)
{
    static char folder[256];
    if (!*folder) {
        snprintf(folder, sizeof folder, "/dev/shm/idim-test-XXXXXX");
        if (!mkdtemp(folder))
            test_folder(folder);
        atexit(fuzz_folder_end);
    }
    return folder;
}
static inline void fuzz_folder_end(void)
{
    test_folder_end(fuzz_folder());
}

/* NAME in a folder, written without waiting for the disk. */
static inline void fuzz_put(const char *folder, const char *name, const void *bytes, size_t n)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *out = fopen(path, "wb");
    if (!out || fwrite(bytes, 1, n, out) != n || fclose(out))
        abort();
}

/* Of n ways to use an input, is i to be tried? The replay tries all; libFuzzer, whose inputs are many, the one
 * that the bytes draw. */
static inline bool fuzz_turn(const uint8_t *bytes, size_t n, size_t i, size_t of)
{
#ifdef IDIM_FUZZ
    return hash_crc32(bytes, n) % of == i;
#else
    (void)bytes;
    (void)n;
    return i < of;
#endif
}

/* What a program promises beyond not crashing: said, then aborted, so that both drivers see it. */
#define FUZZ_MUST(truth, ...)                                                                      \
    do {                                                                                           \
        if (!(truth)) {                                                                            \
            fprintf(stderr, "broken promise: " __VA_ARGS__);                                       \
            fprintf(stderr, "\n");                                                                 \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

/* ------------------------------------------------------------------ one input */

static inline status fuzz_one(const uint8_t *bytes, size_t n)
{
    error_set(ERR_FAILED, "%s", "");
    uint8_t *copy = malloc(n ? n : 1); /* of its very size: a byte too far is seen */
    if (!copy)
        abort();
    if (n)
        memcpy(copy, bytes, n);
    status st = fuzz_try(copy, n);
    free(copy);
    FUZZ_MUST(!st || *error_text(), "status %d without a sentence", (int)st);
    FUZZ_MUST(st != ERR_MEMORY, "memory asked for that the input does not need: %s", error_text());
    for (const char *c = error_text(); st && *c; c++)
        FUZZ_MUST((unsigned char)*c >= 0x20 && *c != 0x7f, "control character in: %s",
                  error_text());
    return st;
}

static void (*fuzz_use)(const void *bytes, size_t n); /* what is done with a good input */
static inline void fuzz_seed(const void *bytes, size_t n)
{
    fuzz_use(bytes, n);
}
static inline void fuzz_text(const char *text_)
{
    fuzz_use(text_, strlen(text_));
}

#ifdef IDIM_FUZZ /* ------------------------------------------------ libFuzzer's */

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    fuzz_one(bytes, n);
    return 0;
}

static const char *fuzz_corpus;
static inline void fuzz_write(const void *bytes, size_t n)
{
    static int count;
    char name[64];
    snprintf(name, sizeof name, "valid-%s-%03d", fuzz_name, count++);
    fuzz_put(fuzz_corpus, name, bytes, n);
}

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    fuzz_corpus = *argc > 1 ? (*argv)[1] : "-";
    fuzz_use = fuzz_write;
    if (file_is_folder(fuzz_corpus))
        fuzz_valid();
    return 0;
}

#else /* ------------------------------------------------------------ the replay */

/* Numbers at which sizes, signs and widths turn. */
static const char *const fuzz_numbers[] = {
    "0",
    "1",
    "-1",
    "255",
    "65536",
    "2147483648",
    "4294967295",
    "9007199254740993",
    "9223372036854775807",
    "18446744073709551616",
    "1e308",
    "-1e-320",
    "1e999",
    ".",
};

/* One change: a bit, a byte, a few bytes gone or twice, four bytes to one of the edges, a number. */
static inline size_t fuzz_change(const stream *s, uint64_t *at, uint8_t *x, size_t n, size_t room)
{
    static const uint8_t edges[][4] = {
        {0, 0, 0, 0}, {255, 255, 255, 255}, {127, 255, 255, 255}, {128, 0, 0, 0}, {1, 0, 0, 0}};
    uint64_t kind = rng_below(s, (*at)++, 6);
    size_t i = n ? (size_t)rng_below(s, (*at)++, n) : 0;
    size_t k = n ? (size_t)rng_below(s, (*at)++, n - i < 16 ? n - i : 16) + 1 : 0;
    if (!n)
        return n;
    if (kind == 0)
        x[i] ^= (uint8_t)(1u << rng_below(s, (*at)++, 8));
    else if (kind == 1)
        x[i] = (uint8_t)rng_below(s, (*at)++, 256);
    else if (kind == 2) {
        memmove(x + i, x + i + k, n - i - k);
        n -= k;
    } else if (kind == 3 && n + k <= room) {
        memmove(x + i + k, x + i, n - i);
        n += k;
    } else if (kind == 4)
        memcpy(x + i, edges[rng_below(s, (*at)++, 5)], k < 4 ? k : 4);
    else if (kind == 5) { /* the digits from here on, if there are any, become another number */
        while (i < n && (x[i] < '0' || x[i] > '9'))
            i++;
        for (k = i; k < n && x[k] >= '0' && x[k] <= '9';)
            k++;
        const char *number =
            fuzz_numbers[rng_below(s, (*at)++, sizeof fuzz_numbers / sizeof *fuzz_numbers)];
        size_t length = strlen(number);
        if (k > i && n - (k - i) + length <= room) {
            memmove(x + i + length, x + k, n - k);
            memcpy(x + i, number, length);
            n = n - (k - i) + length;
        }
    }
    return n;
}

static size_t fuzz_n, fuzz_taken;

static inline void fuzz_replay(const void *bytes, size_t n)
{
    size_t step = n > FUZZ_PREFIXES ? n / FUZZ_PREFIXES : 1, room = n + 64;
    stream s = stream_make(fuzz_n++, "fuzz");
    uint8_t *x = mem_array(room, 1);
    uint64_t at = 0;
    for (size_t length = 0; length < n; length += step)
        fuzz_one(bytes, length);
    for (size_t i = 0; i < FUZZ_CHANGES; i++) {
        size_t m = n;
        memcpy(x, bytes, n);
        for (size_t k = i % 3 + 1; k-- > 0;)
            m = fuzz_change(&s, &at, x, m, room);
        fuzz_taken += fuzz_one(x, m) == OK;
    }
    mem_free(x);
}

static inline void fuzz_take(const void *bytes, size_t n)
{
    if (fuzz_one(bytes, n))
        fail_msg("%.60s: good and refused: %s", (const char *)bytes, error_text());
}

static inline void good_input_is_taken(void **state)
{
    fuzz_use = fuzz_take;
    fuzz_valid();
}

static inline void hostile_input_is_survived(void **state)
{
    fuzz_use = fuzz_replay;
    fuzz_valid();
    print_message("%s: of %zu good inputs' %d changes each, %zu were taken\n", fuzz_name, fuzz_n,
                  FUZZ_CHANGES, fuzz_taken);
}

static inline void what_broke_it_once_is_survived(void **state)
{
    char folder[64], path[512], **names, *bytes;
    size_t n, length;
    snprintf(folder, sizeof folder, "tests/fuzz/seeds/%s", fuzz_name);
    assert_ok(file_names(folder, "", &names, &n));
    for (size_t i = 0; i < n; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        assert_ok(file_read(path, 1 << 20, &bytes, &length));
        fuzz_one((const uint8_t *)bytes, length);
        mem_free(bytes);
    }
    file_names_free(names, n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_input_is_taken),
        cmocka_unit_test(hostile_input_is_survived),
        cmocka_unit_test(what_broke_it_once_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
#endif

#endif
