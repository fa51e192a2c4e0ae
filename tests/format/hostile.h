/* hostile.h -- every prefix of a file, and every byte of it changed: a reader must refuse or read it, say
 * why in a sentence, and never crash (the sanitisers watch). */
#ifndef TESTS_FORMAT_HOSTILE_H
#define TESTS_FORMAT_HOSTILE_H

#include "tests/test.h"

typedef status hostile_reader(const char *path);

/* Thousands are written: without fsync, and not over the last one, which ext4 brings to disk then. */
static inline void hostile_put(const char *path, const void *bytes, size_t n)
{
    remove(path);
    FILE *out = fopen(path, "wb");
    assert_non_null(out);
    assert_int_equal(fwrite(bytes, 1, n, out), n);
    assert_int_equal(fclose(out), 0);
}

/* Returns how many of the changed files were taken. */
static inline size_t hostile_try(const char *folder, const char *name, const void *bytes, size_t n,
                                 hostile_reader *reader)
{
    char *path = mem_printf("%s/%s", folder, name);
    unsigned char *copy = mem_copy(bytes, n, 1);
    size_t taken = 0;
    assert_true(path && copy);
    for (size_t length = 0; length < n; length++) {
        hostile_put(path, bytes, length);
        status st = reader(path);
        if (st == OK)
            fail_msg("%s: the first %zu of %zu bytes were taken", name, length, n);
        assert_non_null(strstr(error_text(), name));
    }
    for (size_t i = 0; i < n; i++)
        for (unsigned bit = 0; bit < 8; bit += 3) {
            copy[i] ^= (unsigned char)(1u << bit);
            hostile_put(path, copy, n);
            status st = reader(path);
            taken += st == OK;
            if (st)
                assert_non_null(strstr(error_text(), name));
            copy[i] ^= (unsigned char)(1u << bit);
        }
    mem_free(copy);
    mem_free(path);
    return taken;
}

#endif
